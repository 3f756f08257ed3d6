//! The event source: changes arrive live, and a stream ends within a second or so when its session, token or rights end.

use std::time::Duration;

use serde_json::json;
use store::{Actor, testing::Engine};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use wire::portal::Action;

use crate::{
    harness::{TestApp, User},
    jmap::{keep, ok},
    on_both,
};

on_both! {
    changes_arrive_live
    a_page_learns_what_happened_since_it_was_made
    a_stream_ends_with_its_rights
}

pub struct Stream {
    tcp: TcpStream,
    text: String,
}

impl Stream {
    pub async fn open(app: &TestApp, user: &User<'_>, query: &str) -> Self {
        let mut tcp = TcpStream::connect(app.address).await.unwrap();
        let head =
            format!("GET /jmap/events?{query} HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\n\r\n", user.authorization());
        tcp.write_all(head.as_bytes()).await.unwrap();
        let mut stream = Self { tcp, text: String::new() };
        assert!(stream.until(": open").await, "{}", stream.text);
        stream
    }

    /// Reads until `what` was seen; false when the stream ended first.
    pub async fn until(&mut self, what: &str) -> bool {
        let read = async {
            let mut piece = [0; 4096];
            while !self.text.contains(what) {
                match self.tcp.read(&mut piece).await {
                    Ok(0) | Err(_) => return false,
                    Ok(count) => self.text.push_str(&String::from_utf8_lossy(&piece[..count])),
                }
            }
            true
        };
        timeout(Duration::from_secs(8), read).await.expect("nothing came")
    }

    pub async fn ended(&mut self) -> bool {
        !self.until("0\r\n\r\n").await || self.text.ends_with("0\r\n\r\n")
    }
}

async fn changes_arrive_live(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    let mut stream = Stream::open(&app, &user, "types=*&closeafter=no&ping=0").await;
    let mut one = Stream::open(&app, &user, "types=Email&closeafter=state&ping=0").await;
    let started = std::time::Instant::now();
    keep(&app, &user, "Subject: a\n\na\n").await;
    assert!(stream.until("\"@type\":\"StateChange\"").await, "{}", stream.text);
    assert!(started.elapsed() < Duration::from_secs(3));
    assert!(stream.text.contains("event: state") && stream.text.contains("Mailbox"), "{}", stream.text);
    let state = ok(&user, "Email/get", json!({"accountId": user.account(), "ids": []})).await["state"].clone();
    assert!(stream.until(&format!("\"Email\":{state}")).await);
    assert!(one.until("StateChange").await && !one.text.contains("Mailbox"), "{}", one.text);
    assert!(one.ended().await);
}

async fn a_page_learns_what_happened_since_it_was_made(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = app.holder("dr-martin").await;
    keep(&app, &user, "Subject: a\n\na\n").await;
    let state = ok(&user, "Email/get", json!({"accountId": user.account(), "ids": []})).await["state"].clone();
    let mut stream = Stream::open(&app, &user, "types=*&closeafter=no&ping=0&initial=yes").await;
    assert!(stream.until(&format!("\"Email\":{state}")).await, "{}", stream.text);
}

async fn a_stream_ends_with_its_rights(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, secretary) = (app.holder("dr-martin").await, app.staff("secretary").await);
    app.grant(&secretary, &martin, &[Action::Read]).await;
    let mut stream = Stream::open(&app, &secretary, "types=*&closeafter=no&ping=0").await;
    app.state.store.right_end(Actor::SYSTEM, secretary.person, martin.account(), &Action::ALL).await.unwrap();
    let started = std::time::Instant::now();
    assert!(stream.ended().await);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}
