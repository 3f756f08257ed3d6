//! Both ends of SMTP by hand: a client that says anything, a peer that follows a script.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::receive::{provider, server_config};
use crate::smtp::{Reply, ReplyReader};
use crate::trust::Identity;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Trusts everybody: the client of tests looks at replies.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

/// A client that says anything.
pub struct RawClient {
    stream: Option<Box<dyn Stream>>,
    input: BytesMut,
    reader: ReplyReader,
}

impl RawClient {
    /// Connects and reads the greeting.
    pub async fn connect(address: SocketAddr) -> (RawClient, Option<Reply>) {
        let stream = TcpStream::connect(address).await.unwrap();
        let mut client =
            RawClient { stream: Some(Box::new(stream)), input: BytesMut::new(), reader: ReplyReader::default() };
        let greeting = client.reply().await;
        (client, greeting)
    }

    /// Connects, says EHLO, starts TLS with `identity`, says EHLO again.
    pub async fn secured(address: SocketAddr, identity: Option<&Identity>) -> RawClient {
        let (client, _) = RawClient::connect(address).await;
        client.start_tls(identity, &[&rustls::version::TLS13, &rustls::version::TLS12]).await.unwrap()
    }

    /// EHLO, STARTTLS, EHLO. None when the handshake fails.
    pub async fn start_tls(
        mut self,
        identity: Option<&Identity>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Option<RawClient> {
        assert_eq!(self.say("EHLO client.example").await.unwrap().code, 250);
        assert_eq!(self.say("STARTTLS").await.unwrap().code, 220);
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(versions)
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody));
        let config = match identity {
            Some(identity) => builder.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key()).unwrap(),
            None => builder.with_no_client_auth(),
        };
        let name = ServerName::try_from("pli.example").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, self.stream.take()?).await.ok()?;
        self.stream = Some(Box::new(stream));
        self.say("EHLO client.example").await?;
        Some(self)
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        let stream = self.stream.as_mut().unwrap();
        stream.write_all(bytes).await.is_ok() && stream.flush().await.is_ok()
    }

    /// Reads one reply; None when the connection ended or it is none.
    pub async fn reply(&mut self) -> Option<Reply> {
        loop {
            if let Some(reply) = self.reader.next(&mut self.input).ok()? {
                return Some(reply);
            }
            let read = self.stream.as_mut()?.read_buf(&mut self.input);
            match tokio::time::timeout(Duration::from_secs(20), read).await {
                Ok(Ok(n)) if n > 0 => {}
                _ => return None,
            }
        }
    }

    /// Sends a line and reads its reply.
    pub async fn say(&mut self, line: &str) -> Option<Reply> {
        self.send(format!("{line}\r\n").as_bytes()).await;
        self.reply().await
    }

    /// MAIL, RCPT, DATA, text: the last reply, or the first that is no success.
    pub async fn message(&mut self, from: &str, to: &str, text: &str) -> Reply {
        for line in [format!("MAIL FROM:<{from}>"), format!("RCPT TO:<{to}>"), "DATA".to_owned()] {
            let reply = self.say(&line).await.unwrap();
            if !reply.is_positive() {
                return reply;
            }
        }
        self.send(format!("{text}\r\n.\r\n").as_bytes()).await;
        self.reply().await.unwrap()
    }
}

/// One step of a script.
#[derive(Debug, Clone)]
pub enum Step {
    /// Sends these bytes.
    Say(&'static str),
    /// Reads a line that must begin so.
    Expect(&'static str),
    /// Starts TLS.
    Tls,
    /// Reads a text up to its end.
    Text,
    /// Reads at least so many bytes.
    Bytes(usize),
    /// Says nothing for so long.
    Silent(Duration),
    /// Closes.
    Close,
}

/// What a peer does, connection by connection.
pub type Script = Vec<Vec<Step>>;

/// A peer that plays a script on loopback; what it read is kept per connection.
pub async fn scripted_peer(identity: Identity, script: Script) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = heard.clone();
    tokio::spawn(async move {
        for steps in script {
            let (stream, _) = listener.accept().await.unwrap();
            let (identity, kept) = (identity.clone(), kept.clone());
            kept.lock().unwrap().push(String::new());
            let index = kept.lock().unwrap().len() - 1;
            tokio::spawn(async move { play(Box::new(stream), steps, &identity, &kept, index).await });
        }
    });
    (address, heard)
}

async fn play(
    stream: Box<dyn Stream>,
    steps: Vec<Step>,
    identity: &Identity,
    heard: &Mutex<Vec<String>>,
    index: usize,
) -> Option<()> {
    let mut stream = stream;
    let mut input = BytesMut::new();
    for step in steps {
        match step {
            Step::Say(text) => {
                stream.write_all(text.as_bytes()).await.ok()?;
                stream.flush().await.ok()?;
            }
            Step::Expect(start) => {
                let line = until(&mut stream, &mut input, b"\r\n").await?;
                heard.lock().unwrap()[index].push_str(&line);
                if !line.starts_with(start) {
                    heard.lock().unwrap()[index].push_str(&format!("(expected {start})"));
                    return None;
                }
            }
            Step::Text => {
                let text = until(&mut stream, &mut input, b"\r\n.\r\n").await?;
                heard.lock().unwrap()[index].push_str(&text);
            }
            Step::Bytes(count) => {
                while input.len() < count {
                    if stream.read_buf(&mut input).await.ok()? == 0 {
                        return None;
                    }
                }
                input.clear();
            }
            Step::Tls => {
                let config = server_config(identity).unwrap();
                stream = Box::new(TlsAcceptor::from(config).accept(stream).await.ok()?);
            }
            Step::Silent(time) => tokio::time::sleep(time).await,
            Step::Close => return None,
        }
    }
    // Whatever else is said until the client goes.
    while stream.read_buf(&mut input).await.ok()? > 0 {}
    Some(())
}

async fn until(stream: &mut Box<dyn Stream>, input: &mut BytesMut, end: &[u8]) -> Option<String> {
    loop {
        if let Some(at) = memchr::memmem::find(input, end) {
            let line = input.split_to(at + end.len());
            return Some(String::from_utf8_lossy(&line).into_owned());
        }
        if stream.read_buf(input).await.ok()? == 0 {
            return None;
        }
    }
}
