//! A real, small SMS gateway that keeps what it is given.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

pub const SECRET: &str = "gateway-secret";

/// The gateway; it lives as long as the test.
#[derive(Clone)]
pub struct SmsOffice {
    messages: Arc<Mutex<Vec<(String, String)>>>,
    pub url: String,
}

impl SmsOffice {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/sms", listener.local_addr().unwrap());
        let office = Self { messages: Arc::default(), url };
        let messages = office.messages.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, messages.clone()));
            }
        });
        office
    }

    /// What a server of this test is configured with.
    pub fn settings(&self) -> [(&str, &str); 2] {
        [("PLI_SMS__URL", self.url.as_str()), ("PLI_SMS__SECRET", SECRET)]
    }

    /// The texts that arrived for a number.
    pub fn texts(&self, to: &str) -> Vec<String> {
        self.messages.lock().unwrap().iter().filter(|(number, _)| number == to).map(|(_, text)| text.clone()).collect()
    }

    /// The code of the `nth` text to a number, waiting for it.
    pub async fn code(&self, to: &str, nth: usize) -> String {
        for _ in 0..200 {
            if let Some(text) = self.texts(to).get(nth) {
                let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
                return words.find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())).unwrap().to_owned();
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("text {nth} to {to} did not arrive");
    }
}

async fn converse(mut stream: TcpStream, messages: Arc<Mutex<Vec<(String, String)>>>) -> Option<()> {
    let mut raw = Vec::new();
    let body = loop {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
        raw.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&raw).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        assert!(head.contains(&format!("authorization: bearer {SECRET}")), "{head}");
        let length: usize = head.split("content-length: ").nth(1)?.lines().next()?.parse().ok()?;
        if body.len() >= length {
            break body.to_owned();
        }
    };
    let sms: serde_json::Value = serde_json::from_str(&body).ok()?;
    messages.lock().unwrap().push((sms["to"].as_str()?.to_owned(), sms["text"].as_str()?.to_owned()));
    stream.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await.ok()
}
