//! One connection: bytes between the socket and the [`Session`], with a limit on every wait.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::admission::Place;
use super::gate::{Acceptance, Gate, Incoming, Note, Recipient, RecipientQuery, Verdict};
use super::server::Shared;
use super::session::{Action, Context, Message, Session};
use super::{replies, reports};
use crate::smtp::Reply;
use crate::trust::Usage;

/// Replies kept back until the peer's commands are all answered (RFC 2920 §3.2).
const MAX_HELD: usize = 16 * 1024;

/// The stream, before and after STARTTLS.
enum Link {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Link {
    async fn read(&mut self, input: &mut BytesMut) -> io::Result<usize> {
        input.reserve(16 * 1024);
        match self {
            Link::Plain(stream) => stream.read_buf(input).await,
            Link::Tls(stream) => stream.read_buf(input).await,
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Link::Plain(stream) => stream.write_all(bytes).await,
            Link::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    async fn close(&mut self) {
        let _ = match self {
            Link::Plain(stream) => stream.shutdown().await,
            Link::Tls(stream) => stream.shutdown().await,
        };
    }
}

/// Why a connection ended before its QUIT; nothing is done about it.
struct Gone;

impl From<io::Error> for Gone {
    fn from(_: io::Error) -> Gone {
        Gone
    }
}

impl From<tokio::time::error::Elapsed> for Gone {
    fn from(_: tokio::time::error::Elapsed) -> Gone {
        Gone
    }
}

/// A connection being served.
pub(super) struct Connection<G> {
    shared: Arc<Shared<G>>,
    session: Session,
    link: Option<Link>,
    input: BytesMut,
    output: Vec<u8>,
    place: Place,
    address: IpAddr,
    tls: Arc<ServerConfig>,
    stop: watch::Receiver<bool>,
    /// When what is being waited for must be there.
    deadline: Instant,
    /// When the whole text must be there, while one is being read.
    text_deadline: Option<Instant>,
    /// When the next step must be taken, however often the peer says something without
    /// effect: first a good certificate, then message after message.
    patience: Instant,
    /// A good certificate was shown.
    proven: bool,
}

impl<G: Gate> Connection<G> {
    pub fn new(
        shared: Arc<Shared<G>>,
        stream: TcpStream,
        address: IpAddr,
        place: Place,
        tls: Arc<ServerConfig>,
        stop: watch::Receiver<bool>,
    ) -> Connection<G> {
        let session = Session::new(shared.settings.clone(), shared.budget.clone(), shown(address));
        let deadline = Instant::now() + shared.settings.command_timeout;
        Connection {
            shared,
            session,
            link: Some(Link::Plain(stream)),
            input: BytesMut::new(),
            output: Vec::new(),
            place,
            address,
            tls,
            stop,
            deadline,
            text_deadline: None,
            patience: deadline,
            proven: false,
        }
    }

    /// Serves until one side is done.
    pub async fn run(mut self) {
        self.shared.gate.note(Note::Connected);
        let _ = self.dialogue().await;
        if let Some(link) = &mut self.link {
            let _ = timeout(Duration::from_secs(5), link.close()).await;
        }
        self.shared.gate.note(Note::Closed);
    }

    async fn dialogue(&mut self) -> Result<(), Gone> {
        let greeting = self.session.greeting();
        self.say(&greeting).await?;
        loop {
            let context = self.context();
            let mut action = self.session.step(&mut self.input, &context);
            loop {
                action = match action {
                    Action::Read => {
                        if let Some(last_word) = self.read().await? {
                            return self.last(&last_word).await;
                        }
                        break;
                    }
                    Action::Reply(reply) => {
                        self.say(&reply).await?;
                        self.deadline = Instant::now() + self.shared.settings.command_timeout;
                        break;
                    }
                    Action::StartTls(reply) => {
                        self.start_tls(&reply).await?;
                        break;
                    }
                    Action::Ask(recipient) => self.ask(*recipient).await?,
                    Action::Deliver(message) => {
                        self.flush().await?;
                        let reply = self.deliver(*message, &context).await;
                        if self.proven {
                            self.patience = Instant::now() + self.shared.settings.message_timeout;
                        }
                        self.session.delivered(reply)
                    }
                    Action::Close(reply) => return self.last(&reply).await,
                };
            }
        }
    }

    fn context(&self) -> Context {
        Context { trust: self.shared.trust.current(), now: self.shared.clock.now_ms() }
    }

    /// Reads more. Some: the connection ends with these words.
    async fn read(&mut self) -> Result<Option<Reply>, Gone> {
        self.flush().await?;
        let settings = self.shared.settings.clone();
        let deadline = if self.session.in_message() {
            let whole = *self.text_deadline.get_or_insert_with(|| Instant::now() + settings.message_timeout);
            whole.min(Instant::now() + settings.block_timeout)
        } else {
            self.text_deadline = None;
            self.deadline.min(self.patience)
        };
        let idle = self.session.is_idle();
        let Some(link) = &mut self.link else { return Err(Gone) };
        let read = tokio::select! {
            _ = self.stop.wait_for(|stop| *stop), if idle => return Ok(Some(replies::shutting_down())),
            read = timeout_at(deadline, link.read(&mut self.input)) => read,
        };
        match read {
            Err(_) => Ok(Some(replies::timed_out())),
            Ok(Ok(0)) | Ok(Err(_)) => Err(Gone),
            Ok(Ok(_)) => Ok(None),
        }
    }

    async fn say(&mut self, reply: &Reply) -> Result<(), Gone> {
        if reply.code >= 400 {
            self.shared.gate.note(Note::Refused(reply.clone()));
        }
        self.output.extend_from_slice(&reply.to_bytes());
        // What waits in `input` is answered first, then all replies go together.
        if self.output.len() > MAX_HELD || self.input.is_empty() { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Gone> {
        if self.output.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.output);
        let Some(link) = &mut self.link else { return Err(Gone) };
        Ok(timeout(self.shared.settings.write_timeout, link.write(&bytes)).await??)
    }

    async fn last(&mut self, reply: &Reply) -> Result<(), Gone> {
        self.say(reply).await?;
        self.flush().await
    }

    async fn start_tls(&mut self, reply: &Reply) -> Result<(), Gone> {
        self.say(reply).await?;
        self.flush().await?;
        let Some(Link::Plain(stream)) = self.link.take() else { return Err(Gone) };
        let acceptor = TlsAcceptor::from(self.tls.clone());
        let stream = match timeout(self.shared.settings.handshake_timeout, acceptor.accept(stream)).await? {
            Ok(stream) => stream,
            Err(error) => {
                self.shared.gate.note(Note::Handshake(error.to_string()));
                return Err(Gone);
            }
        };
        let state = stream.get_ref().1;
        let chain: Vec<_> = state.peer_certificates().unwrap_or_default().iter().map(|c| c.clone().into_owned()).collect();
        let version = match state.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "TLSv1.2",
        };
        let cipher = state.negotiated_cipher_suite().and_then(|s| s.suite().as_str()).unwrap_or("?").to_owned();
        self.link = Some(Link::Tls(Box::new(stream)));
        let context = self.context();
        // Only a certificate that is good is counted under its name: nobody can fill up another's places.
        if let Ok(peer) = context.trust.authority.judge(&chain, Usage::Client, context.now) {
            if !self.place.of_peer(peer.name, &self.shared.settings) {
                self.shared.gate.note(Note::Busy);
                self.last(&replies::busy()).await?;
                return Err(Gone);
            }
            self.proven = true;
            self.patience = Instant::now() + self.shared.settings.message_timeout;
        }
        self.session.secured(chain, format!("{version} with cipher {cipher}"));
        self.deadline = Instant::now() + self.shared.settings.command_timeout;
        Ok(())
    }

    async fn ask(&mut self, recipient: Recipient) -> Result<Action, Gone> {
        let verdict = match self.session.envelope() {
            Some((peer, envelope)) => {
                let query = RecipientQuery { peer, from: envelope.from.as_ref(), to: &recipient.path, size: envelope.size };
                self.shared.gate.recipient(&query).await
            }
            None => Verdict::Later("No message begun".to_owned()),
        };
        Ok(self.session.recipient(recipient, verdict))
    }

    /// Judges reports, stores the message, and gives the reply that says so.
    async fn deliver(&mut self, message: Message, context: &Context) -> Reply {
        self.text_deadline = None;
        let Message { peer, envelope, data, reservation } = message;
        let gate = &self.shared.gate;
        let report = match reports::admit(gate, &context.trust, &peer, &envelope, &data).await {
            Ok(report) => report,
            Err(reply) => return reply,
        };
        let bytes = data.len();
        let received_at = self.shared.clock.now_ms();
        let incoming = Incoming { peer, address: self.address, envelope, report, data, received_at, reservation };
        match gate.accept(incoming).await {
            Acceptance::Accepted(id) => {
                gate.note(Note::Accepted { bytes });
                Reply::new(250, (0, 0), format!("Accepted as {id}"))
            }
            // A "refusal" that is none must not lose the message.
            Acceptance::Refused(reply) if reply.code >= 400 => reply,
            Acceptance::Refused(_) | Acceptance::Later => replies::unavailable(),
        }
    }
}

/// The address as a Received field has it (RFC 5321 §4.1.3).
fn shown(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => format!("[{v4}]"),
        IpAddr::V6(v6) => format!("[IPv6:{v6}]"),
    }
}
