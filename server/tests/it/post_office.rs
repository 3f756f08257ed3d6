//! A real, small SMTP server that keeps what it is given: where one-time codes arrive.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// One message that arrived.
#[derive(Debug, Clone)]
pub struct Letter {
    pub to: String,
    pub text: String,
}

/// The server; it lives as long as the test.
#[derive(Clone)]
pub struct PostOffice {
    letters: Arc<Mutex<Vec<Letter>>>,
    pub port: u16,
}

impl PostOffice {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let office = Self { letters: Arc::default(), port: listener.local_addr().unwrap().port() };
        let letters = office.letters.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, letters.clone()));
            }
        });
        office
    }

    /// Everything that arrived for an address.
    pub fn letters(&self, to: &str) -> Vec<Letter> {
        self.letters.lock().unwrap().iter().filter(|letter| letter.to == to).cloned().collect()
    }

    /// The text of the `nth` letter to an address, waiting for it. Quoted-printable is read.
    pub async fn letter(&self, to: &str, nth: usize) -> String {
        for _ in 0..200 {
            if let Some(letter) = self.letters(to).get(nth) {
                return read(letter);
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("letter {nth} to {to} did not arrive");
    }

    /// Waits until so many letters to an address say these words, in whatever order letters arrive.
    pub async fn told(&self, to: &str, words: &str, count: usize) {
        for _ in 0..200 {
            if self.letters(to).iter().filter(|letter| read(letter).contains(words)).count() >= count {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("{to} was not told {count} times: {words}");
    }

    /// The first code in the letters to an address from the `nth` on, waiting for it: a notice may come between.
    pub async fn code(&self, to: &str, nth: usize) -> String {
        for _ in 0..200 {
            if let Some(code) = self.letters(to).iter().skip(nth).find_map(|letter| code_in(&letter.text)) {
                return code;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("no code came to {to} from letter {nth} on");
    }
}

fn read(letter: &Letter) -> String {
    let parsed = mail::parse(letter.text.as_bytes(), &mail::Limits::default());
    let part = &parsed.parts[parsed.text_body[0]];
    mail::part_text(letter.text.as_bytes(), part).value
}

/// Six digits that stand alone, after the head of the letter.
fn code_in(text: &str) -> Option<String> {
    let body = text.split_once("\n\n").map_or(text, |(_, body)| body);
    let words = body.split(|c: char| !c.is_ascii_alphanumeric());
    words.map(str::to_owned).find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit()))
}

async fn converse(stream: TcpStream, letters: Arc<Mutex<Vec<Letter>>>) -> Option<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 test ESMTP\r\n").await.ok()?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await.ok()? {
        let verb = line.get(..4).unwrap_or(&line).to_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" => b"250-test\r\n250 8BITMIME\r\n",
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                b"250 ok\r\n"
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await.ok()?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                    text.push_str(&line);
                    text.push('\n');
                }
                letters.lock().unwrap().push(Letter { to: to.clone(), text });
                b"250 kept\r\n"
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await.ok()?;
                return None;
            }
            _ => b"250 ok\r\n",
        };
        writer.write_all(answer).await.ok()?;
    }
    Some(())
}
