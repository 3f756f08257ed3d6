//! The demonstration's catcher: a process of its own that speaks SMTP (RFC 5321) to whoever sends ordinary mail and takes
//! text messages as an SMS gateway does, keeps the newest in memory, and shows them on a page. It delivers nothing.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// What the demonstration's server proves itself with to the SMS gateway.
pub const SMS_SECRET: &str = "demonstration";
const KEPT: usize = 200;
const MESSAGE_OCTETS: usize = 1024 * 1024;
const LINE_OCTETS: usize = 4096;

#[derive(Clone)]
struct Caught {
    to: Vec<String>,
    subject: String,
    text: String,
}

type Box = Arc<Mutex<VecDeque<Caught>>>;

/// Listens for SMTP on `smtp` and shows what came on `page` until the process ends. Fails when a port is taken.
pub async fn run(smtp: SocketAddr, page: SocketAddr) -> anyhow::Result<()> {
    let caught = Box::default();
    let pages = TcpListener::bind(page).await.with_context(|| format!("listening on {page}"))?;
    let mails = TcpListener::bind(smtp).await.with_context(|| format!("listening on {smtp}"))?;
    let shown = caught.clone();
    let router = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let shown = shown.clone();
        async move {
            if method == Method::POST && uri.path() == "/sms" {
                text_message(&headers, &body, &shown)
            } else {
                show(&uri, &shown)
            }
        }
    });
    tokio::spawn(async move { axum::serve(pages, router).await });
    loop {
        let (stream, _) = mails.accept().await?;
        let caught = caught.clone();
        tokio::spawn(async move {
            if let Err(error) = dialogue(stream, &caught).await {
                tracing::debug!(%error, "catcher: connection ended");
            }
        });
    }
}

async fn dialogue(stream: TcpStream, caught: &Box) -> anyhow::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut to = Vec::new();
    say(&mut stream, "220 catcher.pli.example ESMTP").await?;
    while let Some(line) = line(&mut stream).await? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => say(&mut stream, "250-catcher.pli.example\r\n250-8BITMIME\r\n250 SMTPUTF8").await?,
            "HELO" | "NOOP" | "MAIL" => say(&mut stream, "250 2.0.0 Ok").await?,
            "RCPT" => {
                to.extend(between(&line, '<', '>').map(str::to_owned));
                say(&mut stream, "250 2.1.5 Ok").await?;
            }
            "RSET" => {
                to.clear();
                say(&mut stream, "250 2.0.0 Ok").await?;
            }
            "DATA" if to.is_empty() => say(&mut stream, "503 5.5.1 Recipients first").await?,
            "DATA" => {
                say(&mut stream, "354 Go ahead").await?;
                let raw = data(&mut stream).await?;
                keep(caught, std::mem::take(&mut to), &raw);
                say(&mut stream, "250 2.0.0 Kept").await?;
            }
            "QUIT" => return say(&mut stream, "221 2.0.0 Bye").await,
            _ => say(&mut stream, "502 5.5.2 Not known here").await?,
        }
    }
    Ok(())
}

async fn say(stream: &mut BufReader<TcpStream>, text: &str) -> anyhow::Result<()> {
    stream.write_all(text.as_bytes()).await?;
    Ok(stream.write_all(b"\r\n").await?)
}

async fn line(stream: &mut BufReader<TcpStream>) -> anyhow::Result<Option<String>> {
    let mut bytes = Vec::new();
    if stream.read_until(b'\n', &mut bytes).await? == 0 {
        return Ok(None);
    }
    anyhow::ensure!(bytes.len() <= LINE_OCTETS, "line too long");
    Ok(Some(String::from_utf8_lossy(&bytes).trim_end().to_owned()))
}

async fn data(stream: &mut BufReader<TcpStream>) -> anyhow::Result<Vec<u8>> {
    let mut raw = Vec::new();
    loop {
        let mut bytes = Vec::new();
        anyhow::ensure!(stream.read_until(b'\n', &mut bytes).await? > 0, "ended within data");
        if bytes == b".\r\n" {
            return Ok(raw);
        }
        raw.extend_from_slice(bytes.strip_prefix(b".").unwrap_or(&bytes));
        anyhow::ensure!(raw.len() <= MESSAGE_OCTETS, "message too large");
    }
}

fn between(text: &str, open: char, close: char) -> Option<&str> {
    let (_, rest) = text.split_once(open)?;
    rest.split_once(close).map(|(inner, _)| inner)
}

fn keep(caught: &Box, to: Vec<String>, raw: &[u8]) {
    let parsed = mail::parse(raw, &mail::Limits::default());
    let text = parsed.text_body.first().and_then(|index| parsed.parts.get(*index));
    let text = text.map(|part| mail::part_text(raw, part).value).unwrap_or_default();
    let mut all = caught.lock().unwrap_or_else(PoisonError::into_inner);
    all.push_front(Caught { to, subject: parsed.subject.unwrap_or_default(), text });
    all.truncate(KEPT);
}

/// What an SMS gateway takes: `{"to", "text"}` with the bearer secret.
fn text_message(headers: &HeaderMap, body: &Bytes, caught: &Box) -> Response {
    #[derive(serde::Deserialize)]
    struct Sms {
        to: String,
        text: String,
    }
    let known = headers.get(header::AUTHORIZATION).is_some_and(|value| value == &format!("Bearer {SMS_SECRET}"));
    let Some(sms) = serde_json::from_slice::<Sms>(body).ok().filter(|_| known) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let mut all = caught.lock().unwrap_or_else(PoisonError::into_inner);
    all.push_front(Caught { to: vec![sms.to], subject: "SMS".into(), text: sms.text });
    all.truncate(KEPT);
    StatusCode::ACCEPTED.into_response()
}

fn show(uri: &Uri, caught: &Box) -> Response {
    let all = caught.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if uri.path() == "/messages.json" {
        let list: Vec<_> =
            all.iter().map(|one| serde_json::json!({"to": one.to, "subject": one.subject, "text": one.text})).collect();
        return axum::Json(list).into_response();
    }
    let rows: String = all
        .iter()
        .map(|one| {
            format!(
                "<article><h2>{}</h2><p>À : {}</p><pre>{}</pre></article>",
                escape(&one.subject),
                escape(&one.to.join(", ")),
                escape(&one.text)
            )
        })
        .collect();
    let rows = if rows.is_empty() { "<p>Aucun message pour l’instant.</p>".to_owned() } else { rows };
    let page = format!(
        "<!doctype html><html lang=fr><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <meta http-equiv=refresh content=5><title>Courrier ordinaire de la démonstration</title>\
         <style>body{{font:15px/1.45 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}}\
         article{{border:1px solid #8886;border-radius:6px;padding:0 1rem;margin:1rem 0}}h2{{font-size:1rem}}\
         pre{{white-space:pre-wrap;font:inherit}}</style>\
         <h1>Courrier ordinaire de la démonstration</h1>{rows}"
    );
    ([(header::CACHE_CONTROL, "no-store")], Html(page)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
