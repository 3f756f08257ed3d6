//! Looks for viruses with clamd: the whole message goes to it (INSTREAM), which takes it apart by itself. Without a
//! scanner everything passes; with one that does not answer nothing does.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, bail};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    time::timeout,
};

use crate::{config, state::State};

/// Octets of one piece of the stream.
const PIECE: usize = 64 * 1024;
/// The longest answer of clamd that is read.
const ANSWER: u64 = 4096;

/// What the scanner says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Clean,
    /// With the name that the scanner gives to what it found.
    Infected(String),
    /// It does not answer, or not as it should: nobody knows.
    Unavailable,
}

/// What was found in a message that leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Nothing,
    /// The name of the file that holds it, when one does.
    Virus {
        file: Option<String>,
        name: String,
    },
    Unavailable,
}

/// Where clamd listens.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Tcp(String),
    Unix(PathBuf),
}

/// The scanner of attachments.
#[derive(Debug, Clone)]
pub struct Scanner {
    place: Place,
    timeout: Duration,
}

impl Scanner {
    /// Takes the section `[scan]`; none when nothing looks for viruses. Nothing is connected yet.
    pub fn new(scan: &config::Scan) -> Option<Self> {
        if scan.clamd.is_empty() {
            return None;
        }
        let place = match scan.clamd.strip_prefix("unix:") {
            Some(path) => Place::Unix(path.into()),
            None => Place::Tcp(scan.clamd.clone()),
        };
        Some(Self { place, timeout: Duration::from_secs(scan.timeout_seconds.into()) })
    }

    async fn ask(&self, bytes: &[u8]) -> anyhow::Result<Verdict> {
        let answer = match &self.place {
            Place::Tcp(address) => stream(TcpStream::connect(address).await?, bytes).await?,
            Place::Unix(path) => stream(UnixStream::connect(path).await?, bytes).await?,
        };
        read(&answer)
    }
}

/// One dialogue: the command, the pieces each after its length, a length of zero, the answer (clamd(8), INSTREAM).
async fn stream(mut socket: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> anyhow::Result<String> {
    socket.write_all(b"zINSTREAM\0").await?;
    for piece in bytes.chunks(PIECE) {
        socket.write_all(&u32::try_from(piece.len())?.to_be_bytes()).await?;
        // Beyond its limit clamd answers and closes before the end: what it says tells more than the broken pipe.
        if socket.write_all(piece).await.is_err() {
            break;
        }
    }
    let _ = socket.write_all(&[0; 4]).await;
    let _ = socket.flush().await;
    let mut answer = Vec::new();
    socket.take(ANSWER).read_to_end(&mut answer).await.context("the answer broke off")?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// `stream: OK`, `stream: NAME FOUND`, or an error.
fn read(answer: &str) -> anyhow::Result<Verdict> {
    let said = answer.trim_end_matches(['\0', '\n', '\r']);
    let Some(said) = said.strip_prefix("stream: ") else { bail!("clamd said {said:?}") };
    match said.strip_suffix(" FOUND") {
        Some(name) => Ok(Verdict::Infected(name.chars().filter(|c| c.is_ascii_graphic()).take(100).collect())),
        None if said == "OK" => Ok(Verdict::Clean),
        None => bail!("clamd said {said:?}"),
    }
}

/// Is there a virus in these bytes?
pub async fn scan(state: &State, bytes: &[u8]) -> Verdict {
    let Some(scanner) = &state.scanner else { return Verdict::Clean };
    let verdict = match timeout(scanner.timeout, scanner.ask(bytes)).await {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(error)) => {
            tracing::error!(error = %format!("{error:#}"), "the scanner cannot be asked: mail waits");
            Verdict::Unavailable
        }
        Err(_) => {
            tracing::error!("the scanner does not answer in time: mail waits");
            Verdict::Unavailable
        }
    };
    let word = match &verdict {
        Verdict::Clean => "clean",
        Verdict::Infected(_) => "infected",
        Verdict::Unavailable => "unavailable",
    };
    state.metrics.event("scan", word);
    verdict
}

/// Is there a virus in this message, and in which of its files? For the person who sends it.
pub async fn message(state: &State, raw: &[u8]) -> Found {
    let name = match scan(state, raw).await {
        Verdict::Clean => return Found::Nothing,
        Verdict::Unavailable => return Found::Unavailable,
        Verdict::Infected(name) => name,
    };
    let parsed = mail::parse::parse(raw, &mail::Limits::default());
    for part in parsed.parts.iter().filter(|part| part.children.is_empty() && part.name.is_some()) {
        if let Verdict::Infected(name) = scan(state, &mail::parse::decode_part(raw, part)).await {
            return Found::Virus { file: part.name.clone(), name };
        }
    }
    Found::Virus { file: None, name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ok_is_clean() {
        assert_eq!(read("stream: OK\0").unwrap(), Verdict::Clean);
        assert_eq!(read("stream: Eicar-Test-Signature FOUND\0").unwrap(), Verdict::Infected("Eicar-Test-Signature".into()));
        for odd in ["", "INSTREAM size limit exceeded. ERROR\0", "stream: OK and more\0", "PONG\0", "OK"] {
            assert!(read(odd).is_err(), "{odd}");
        }
    }
}
