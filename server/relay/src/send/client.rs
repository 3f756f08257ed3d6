//! One connection to a host: lines out, replies in, a limit on every wait.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::outcome::Trouble;
use super::sender::Timeouts;
use crate::smtp::{Reply, ReplyReader};

/// What a host announced in answer to EHLO (RFC 5321 §4.1.1.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Capabilities {
    pub start_tls: bool,
    /// SIZE; `Some(0)` is no limit (RFC 1870 §4).
    pub size: Option<usize>,
    pub eight_bit: bool,
    pub utf8: bool,
    pub dsn: bool,
    pub pipelining: bool,
}

impl Capabilities {
    fn read(reply: &Reply) -> Capabilities {
        let mut found = Capabilities::default();
        for line in reply.lines.iter().skip(1) {
            let mut words = line.split_ascii_whitespace();
            match words.next().unwrap_or("").to_ascii_uppercase().as_str() {
                "STARTTLS" => found.start_tls = true,
                "SIZE" => found.size = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0)),
                "8BITMIME" => found.eight_bit = true,
                "SMTPUTF8" => found.utf8 = true,
                "DSN" => found.dsn = true,
                "PIPELINING" => found.pipelining = true,
                _ => {}
            }
        }
        found
    }
}

enum Link {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection.
pub(super) struct Client {
    link: Option<Link>,
    input: BytesMut,
    reader: ReplyReader,
    pub timeouts: Timeouts,
}

impl Client {
    /// Connects.
    pub async fn connect(address: SocketAddr, timeouts: Timeouts) -> Result<Client, Trouble> {
        let stream = match timeout(timeouts.connect, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(Trouble::Unreachable(error.to_string())),
            Err(_) => return Err(Trouble::Unreachable("timeout".to_owned())),
        };
        let _ = stream.set_nodelay(true);
        Ok(Client { link: Some(Link::Plain(stream)), input: BytesMut::new(), reader: ReplyReader::default(), timeouts })
    }

    /// Sends bytes.
    pub async fn write(&mut self, bytes: &[u8], wait: Duration) -> Result<(), Trouble> {
        let writing = async {
            match &mut self.link {
                Some(Link::Plain(stream)) => stream.write_all(bytes).await,
                Some(Link::Tls(stream)) => {
                    stream.write_all(bytes).await?;
                    stream.flush().await
                }
                None => Err(std::io::ErrorKind::NotConnected.into()),
            }
        };
        match timeout(wait, writing).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Trouble::Dropped),
            Err(_) => Err(Trouble::Silent),
        }
    }

    /// Reads one reply; 421 is the end of the connection and comes as trouble (RFC 5321 §3.8).
    pub async fn reply(&mut self, wait: Duration) -> Result<Reply, Trouble> {
        let reading = async {
            loop {
                match self.reader.next(&mut self.input) {
                    Ok(Some(reply)) if reply.code == 421 => return Err(Trouble::Reply(reply)),
                    Ok(Some(reply)) => return Ok(reply),
                    Ok(None) => {}
                    Err(_) => return Err(Trouble::Nonsense),
                }
                let read = match &mut self.link {
                    Some(Link::Plain(stream)) => stream.read_buf(&mut self.input).await,
                    Some(Link::Tls(stream)) => stream.read_buf(&mut self.input).await,
                    None => Ok(0),
                };
                if !matches!(read, Ok(n) if n > 0) {
                    return Err(Trouble::Dropped);
                }
            }
        };
        timeout(wait, reading).await.unwrap_or(Err(Trouble::Silent))
    }

    /// Sends a line and reads its reply.
    pub async fn command(&mut self, line: &str, wait: Duration) -> Result<Reply, Trouble> {
        self.write(format!("{line}\r\n").as_bytes(), wait).await?;
        self.reply(wait).await
    }

    /// Reads the greeting (RFC 5321 §3.1).
    pub async fn greeting(&mut self) -> Result<(), Trouble> {
        let reply = self.reply(self.timeouts.greeting).await?;
        // 554 and 521 turn the connection away, not the message: another host may take it.
        if reply.code == 220 { Ok(()) } else { Err(Trouble::Unreachable(reply.to_string())) }
    }

    /// Says EHLO.
    pub async fn ehlo(&mut self, name: &str) -> Result<Capabilities, Trouble> {
        let reply = self.command(&format!("EHLO {name}"), self.timeouts.command).await?;
        match reply.code {
            250 => Ok(Capabilities::read(&reply)),
            500 | 502 => Ok(Capabilities::default()),
            _ => Err(Trouble::Unreachable(reply.to_string())),
        }
    }

    /// Starts TLS and gives what the host showed (RFC 3207).
    pub async fn start_tls(
        &mut self,
        config: &Arc<ClientConfig>,
        host: &str,
    ) -> Result<Vec<CertificateDer<'static>>, Trouble> {
        let reply = self.command("STARTTLS", self.timeouts.command).await?;
        if reply.code != 220 {
            return Err(Trouble::NoTls);
        }
        // What came along before TLS could have been put there by anybody.
        let Some(Link::Plain(stream)) = self.link.take().filter(|_| self.input.is_empty()) else {
            return Err(Trouble::Nonsense);
        };
        let name = host.trim_end_matches('.').to_owned();
        let name = ServerName::try_from(name).map_err(|e| Trouble::Handshake(e.to_string()))?;
        let connecting = TlsConnector::from(config.clone()).connect(name, stream);
        let stream = match timeout(self.timeouts.handshake, connecting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(Trouble::Handshake(error.to_string())),
            Err(_) => return Err(Trouble::Silent),
        };
        let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let chain = chain.iter().map(|c| c.clone().into_owned()).collect();
        self.link = Some(Link::Tls(Box::new(stream)));
        Ok(chain)
    }

    /// Says goodbye, and does not wait long.
    pub async fn quit(&mut self) {
        let wait = Duration::from_secs(2).min(self.timeouts.command);
        let _ = self.command("QUIT", wait).await;
        let _ = match &mut self.link {
            Some(Link::Plain(stream)) => timeout(wait, stream.shutdown()).await,
            Some(Link::Tls(stream)) => timeout(wait, stream.shutdown()).await,
            None => return,
        };
    }
}
