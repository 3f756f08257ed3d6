//! HTTPS over real sockets: a certificate from files, changed while connections are open; nothing in plain on a network.

use std::{net::UdpSocket, path::Path, sync::Arc, time::Duration};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName},
};
use server::{
    http::listener::Door,
    service::letter::{self, Letter},
};
use store::testing::{Engine, TempDir};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{harness::TestApp, on_both, process::Pli};

on_both! {
    a_new_certificate_drops_no_connection
}

/// Writes a new certificate for `localhost` with its key.
fn certificate(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    cert.der().clone()
}

async fn connect(app: &TestApp, trusted: &[&CertificateDer<'static>]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for one in trusted {
        roots.add((*one).clone()).unwrap();
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(app.address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// The certificate that a new connection is shown.
async fn shown(app: &TestApp, trusted: &[&CertificateDer<'static>]) -> Option<CertificateDer<'static>> {
    let stream = connect(app, trusted).await.ok()?;
    stream.get_ref().1.peer_certificates()?.first().map(|leaf| leaf.clone().into_owned())
}

/// One request on a connection that stays open; the head and the beginning of the body.
async fn ask(stream: &mut TlsStream<TcpStream>, head: &str) -> String {
    stream.write_all(format!("GET {head}\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    read(stream, "\r\n\r\n").await
}

async fn read(stream: &mut TlsStream<TcpStream>, until: &str) -> String {
    let mut text = String::new();
    let reading = async {
        let mut piece = [0; 4096];
        while !text.contains(until) {
            let count = stream.read(&mut piece).await.unwrap();
            assert!(count > 0, "the connection ended: {text}");
            text.push_str(&String::from_utf8_lossy(&piece[..count]));
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reading).await.expect("nothing came");
    text
}

async fn a_new_certificate_drops_no_connection(engine: Engine) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = TempDir::new();
    let first = certificate(folder.path());
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let settings = [
        ("PLI_WEB__PUBLIC_URL", "https://localhost"),
        ("PLI_TLS__CERTIFICATE_FILE", cert.to_str().unwrap()),
        ("PLI_TLS__KEY_FILE", key.to_str().unwrap()),
        ("PLI_TLS__CHECK_SECONDS", "1"),
    ];
    let app = TestApp::with(engine, &settings).await;
    let martin = app.holder("dr-martin").await;
    let mut open = connect(&app, &[&first]).await.unwrap();
    let answer = ask(&mut open, "/healthz HTTP/1.1").await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("strict-transport-security: max-age=63072000"),
        "{answer}"
    );
    let mut events = connect(&app, &[&first]).await.unwrap();
    let head = format!("/jmap/events?types=*&closeafter=no&ping=0 HTTP/1.1\r\nAuthorization: {}", martin.authorization());
    ask(&mut events, &head).await;

    // A file that cannot be used changes nothing.
    std::fs::write(&cert, "-----BEGIN CERTIFICATE-----\nnothing\n").unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(shown(&app, &[&first]).await.as_ref(), Some(&first));
    // The key of another certificate neither.
    let second = certificate(folder.path());
    let good = std::fs::read(&cert).unwrap();
    std::fs::write(&cert, rcgen_pem()).unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let known = [&first, &second];
    let before = shown(&app, &known).await;
    std::fs::write(&cert, good).unwrap();
    let mut now = before;
    for _ in 0..60 {
        now = shown(&app, &known).await;
        if now.as_ref() == Some(&second) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(now.as_ref(), Some(&second), "new connections are shown the new certificate");
    // What was open goes on: requests, and a stream in the middle of its answer.
    assert!(ask(&mut open, "/healthz HTTP/1.1").await.starts_with("HTTP/1.1 200"));
    let letter = Letter { key: "a".into(), subject: "a".into(), text: "a".into() };
    letter::put(&app.state, martin.account(), letter).await.unwrap();
    assert!(read(&mut events, "StateChange").await.contains("Email"));

    // In plain, this door answers nothing.
    let mut plain = TcpStream::connect(app.address).await.unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut raw = Vec::new();
    let _ = plain.read_to_end(&mut raw).await;
    assert!(!raw.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&raw));
}

fn rcgen_pem() -> String {
    generate_simple_self_signed(vec!["localhost".into()]).unwrap().cert.pem()
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_on_a_network_is_refused_at_start() {
    let app = TestApp::new(Engine::Sqlite).await;
    let pli = Pli::new(&app);
    for arguments in [&["serve"][..], &["config", "check"]] {
        let mut command = pli.command(arguments);
        let output = command.env("PLI_SERVER__LISTEN", "0.0.0.0:0").output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        assert!(said.contains("would speak plain HTTP to the network") && said.trim().lines().count() == 1, "{said}");
        let mut command = pli.command(arguments);
        let files = [("PLI_TLS__CERTIFICATE_FILE", "/none.pem"), ("PLI_TLS__KEY_FILE", "/none.key")];
        command.env("PLI_SERVER__LISTEN", "127.0.0.1:0").env("PLI_WEB__PUBLIC_URL", "https://localhost").envs(files);
        let output = command.output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("/none.pem cannot be read"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_is_answered_to_known_proxies_only() {
    use axum::serve::Listener;
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    // An address of ours that is not the loopback; nothing is sent to find it.
    let probe = UdpSocket::bind("0.0.0.0:0").unwrap();
    let own = probe.connect("192.0.2.1:9").and_then(|()| probe.local_addr()).map(|address| address.ip());
    let mut door = Door::plain(listener, Vec::new());
    let accepting = tokio::spawn(async move { door.accept().await.1 });
    if let Ok(own) = own.as_ref().copied()
        && !own.is_loopback()
    {
        let mut stranger = TcpStream::connect((own, port)).await.unwrap();
        assert_eq!(stranger.read(&mut [0; 1]).await.unwrap_or(0), 0, "closed at once");
    }
    let near = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    assert_eq!(accepting.await.unwrap(), near.local_addr().unwrap());
    if let Ok(own) = own {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut door = Door::plain(listener, vec![own]);
        let accepting = tokio::spawn(async move { door.accept().await.1 });
        let proxy = TcpStream::connect((own, port)).await.unwrap();
        assert_eq!(accepting.await.unwrap(), proxy.local_addr().unwrap());
    }
}
