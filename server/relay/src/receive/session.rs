//! The dialogue as a state machine without input or output: bytes in, actions
//! out. The connection carries the actions out and brings the answers back.

use std::sync::Arc;

use bytes::{Buf, BytesMut};
use rustls::pki_types::CertificateDer;

use super::body::{Body, DataReader};
use super::budget::{Budget, Reservation};
use super::gate::{Envelope, Recipient, Verdict};
use super::{content, replies, settings::Settings, verbs};
use crate::UnixMs;
use crate::smtp::Reply;
use crate::trust::{Peer, Trust};

/// What a judgement needs from outside.
#[derive(Debug, Clone)]
pub struct Context {
    /// The trust in force.
    pub trust: Arc<Trust>,
    /// Now.
    pub now: UnixMs,
}

/// What protects the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// Nothing yet.
    Plain,
    /// TLS (RFC 3207).
    Tls {
        /// What the peer showed, leaf first; possession of its key was proved.
        chain: Vec<CertificateDer<'static>>,
        /// `TLSv1.3 with cipher …`, for the Received field.
        description: String,
    },
}

/// What to do next.
#[derive(Debug)]
pub enum Action {
    /// More bytes are needed.
    Read,
    /// Send this and go on.
    Reply(Reply),
    /// Send this, then start TLS and call [`Session::secured`].
    StartTls(Reply),
    /// Ask about this recipient and call [`Session::recipient`]. The envelope is [`Session::envelope`].
    Ask(Box<Recipient>),
    /// A whole message: judge and store it, then call [`Session::delivered`].
    Deliver(Box<Message>),
    /// Send this and close.
    Close(Reply),
}

/// A message that fulfils all rules that need no store.
#[derive(Debug)]
pub struct Message {
    /// Who handed it over.
    pub peer: Peer,
    /// The envelope.
    pub envelope: Envelope,
    /// The whole, our Received field first.
    pub data: Vec<u8>,
    /// Its share of the memory.
    pub reservation: Reservation,
}

/// Where the dialogue stands.
#[derive(Debug)]
pub(super) enum Phase {
    /// No EHLO yet (or none since TLS).
    Start,
    /// Between messages.
    Ready,
    /// After MAIL.
    Mail(Box<Transaction>),
    /// In the text after DATA.
    Data(Box<Transaction>, DataReader),
    /// In a chunk of BDAT; without a transaction it is thrown away.
    Chunk(Option<Box<Transaction>>, Chunk),
    /// Nothing more is read.
    Closed,
}

/// A message on its way in.
#[derive(Debug)]
pub(super) struct Transaction {
    pub peer: Peer,
    pub envelope: Envelope,
    /// What BDAT brought so far.
    pub chunks: Option<Body>,
}

/// A chunk being read (RFC 3030 §2).
#[derive(Debug)]
pub(super) struct Chunk {
    pub left: usize,
    pub last: bool,
    /// Said once the chunk is read, when it does not count.
    pub refusal: Option<Reply>,
}

/// One connection's dialogue.
#[derive(Debug)]
pub struct Session {
    pub(super) settings: Arc<Settings>,
    pub(super) budget: Arc<Budget>,
    pub(super) phase: Phase,
    pub(super) security: Security,
    pub(super) helo: String,
    pub(super) extended: bool,
    pub(super) errors: usize,
    pub(super) refused_recipients: usize,
    pub(super) messages: usize,
    /// Commands since the last message.
    commands: usize,
    /// Octets of an over-long command line thrown away so far.
    skipped: Option<usize>,
    address: String,
}

impl Session {
    /// A new dialogue with the client at `address` (for the Received field).
    pub fn new(settings: Arc<Settings>, budget: Arc<Budget>, address: String) -> Session {
        Session {
            settings,
            budget,
            phase: Phase::Start,
            security: Security::Plain,
            helo: String::new(),
            extended: false,
            errors: 0,
            refused_recipients: 0,
            messages: 0,
            commands: 0,
            skipped: None,
            address,
        }
    }

    /// The greeting (RFC 5321 §4.2): nothing of our software in it.
    pub fn greeting(&self) -> Reply {
        Reply::plain(220, vec![format!("{} ESMTP", self.settings.hostname)])
    }

    /// TLS is up: everything said before is forgotten (RFC 3207 §4.2).
    pub fn secured(&mut self, chain: Vec<CertificateDer<'static>>, description: String) {
        self.security = Security::Tls { chain, description };
        self.phase = Phase::Start;
        self.helo.clear();
    }

    /// Whether a message text is being received.
    pub fn in_message(&self) -> bool {
        matches!(self.phase, Phase::Data(..) | Phase::Chunk(..))
    }

    /// Whether nothing would be lost by closing now.
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Start | Phase::Ready)
    }

    /// The envelope of the message at hand.
    pub fn envelope(&self) -> Option<(&Peer, &Envelope)> {
        match &self.phase {
            Phase::Mail(transaction) => Some((&transaction.peer, &transaction.envelope)),
            _ => None,
        }
    }

    /// Goes one step: takes what it needs of `input`.
    pub fn step(&mut self, input: &mut BytesMut, context: &Context) -> Action {
        match &mut self.phase {
            Phase::Closed => Action::Read,
            Phase::Data(_, reader) => {
                if !reader.read(input) {
                    return Action::Read;
                }
                match std::mem::replace(&mut self.phase, Phase::Ready) {
                    Phase::Data(transaction, reader) => self.whole(*transaction, reader.into_body(), context),
                    _ => Action::Read,
                }
            }
            Phase::Chunk(..) => self.chunk(input, context),
            Phase::Start | Phase::Ready | Phase::Mail(_) => self.command(input, context),
        }
    }

    /// The answer to [`Action::Ask`].
    pub fn recipient(&mut self, recipient: Recipient, verdict: Verdict) -> Action {
        verbs::rcpt::answer(self, recipient, verdict)
    }

    /// The answer to [`Action::Deliver`].
    pub fn delivered(&mut self, reply: Reply) -> Action {
        self.messages += 1;
        self.commands = 0;
        Action::Reply(reply)
    }

    /// An empty text for a message, our Received field at its head.
    pub(super) fn body(&self, envelope: &Envelope, context: &Context) -> Body {
        let head = super::trace::received(self, envelope, &self.address, context.now).into_bytes();
        Body::new(head, self.settings.max_size, self.settings.max_text_line, &self.budget)
    }

    /// A refused command: counted, and one too many ends the connection.
    pub(super) fn refuse(&mut self, reply: Reply) -> Action {
        self.errors += 1;
        if self.errors > self.settings.max_errors {
            return self.close(replies::too_many_errors());
        }
        Action::Reply(reply)
    }

    /// Says a last word.
    pub(super) fn close(&mut self, reply: Reply) -> Action {
        self.phase = Phase::Closed;
        Action::Close(reply)
    }

    fn command(&mut self, input: &mut BytesMut, context: &Context) -> Action {
        let Some(end) = memchr::memchr(b'\n', input) else {
            return self.long_line(input);
        };
        if let Some(skipped) = self.skipped.take() {
            input.advance(end + 1);
            return if skipped + end > 16 * self.settings.max_command_line {
                self.close(replies::too_many_errors())
            } else {
                self.refuse(replies::long_command())
            };
        }
        let line = input.split_to(end + 1);
        let Some(line) = line.strip_suffix(b"\r\n") else { return self.close(replies::bare_line_end()) };
        if line.contains(&b'\r') || line.contains(&0) {
            return self.close(replies::bare_line_end());
        }
        if line.len() + 2 > self.settings.max_command_line {
            return self.refuse(replies::long_command());
        }
        self.commands += 1;
        if self.commands > self.settings.max_commands {
            return self.close(replies::too_many_errors());
        }
        match std::str::from_utf8(line) {
            Ok(line) => verbs::dispatch(self, line, input, context),
            Err(_) => self.refuse(Reply::new(500, (5, 2), "The command is not UTF-8")),
        }
    }

    /// No end of line yet: wait for it, but keep no more than a line.
    fn long_line(&mut self, input: &mut BytesMut) -> Action {
        if self.skipped.is_some() || input.len() > self.settings.max_command_line {
            let skipped = self.skipped.unwrap_or(0) + input.len();
            self.skipped = Some(skipped);
            input.clear();
            if skipped > 16 * self.settings.max_command_line {
                return self.close(replies::too_many_errors());
            }
        }
        Action::Read
    }

    pub(super) fn chunk(&mut self, input: &mut BytesMut, context: &Context) -> Action {
        let Phase::Chunk(transaction, chunk) = &mut self.phase else { return Action::Read };
        let piece = input.split_to(chunk.left.min(input.len()));
        chunk.left -= piece.len();
        if let Some(body) = transaction.as_mut().and_then(|t| t.chunks.as_mut()) {
            body.push(&piece);
        }
        if chunk.left > 0 {
            return Action::Read;
        }
        match std::mem::replace(&mut self.phase, Phase::Ready) {
            Phase::Chunk(transaction, chunk) => self.end_of_chunk(transaction, chunk, context),
            _ => Action::Read,
        }
    }

    fn end_of_chunk(&mut self, transaction: Option<Box<Transaction>>, chunk: Chunk, context: &Context) -> Action {
        if let Some(reply) = chunk.refusal {
            return self.refuse(reply);
        }
        let Some(mut transaction) = transaction else { return self.refuse(replies::bad_sequence("No message begun")) };
        let fault = transaction.chunks.as_ref().and_then(Body::fault);
        match transaction.chunks.take() {
            Some(body) if chunk.last || fault.is_some() => self.whole(*transaction, body, context),
            chunks => {
                transaction.chunks = chunks;
                self.phase = Phase::Mail(transaction);
                Action::Reply(Reply::new(250, (0, 0), "Chunk received"))
            }
        }
    }

    /// The text is whole: the rules that need no store.
    fn whole(&mut self, transaction: Transaction, body: Body, context: &Context) -> Action {
        let Transaction { peer, envelope, .. } = transaction;
        let (data, reservation) = match body.finish() {
            Ok(body) => body,
            Err(fault) => {
                let reply = replies::body(fault, self.settings.max_size, self.settings.max_text_line);
                // After a bare line end nobody knows where the peer thinks the message ends.
                return match fault {
                    super::BodyFault::BareLineEnd => self.close(reply),
                    _ => self.refuse(reply),
                };
            }
        };
        if let Err(reply) = content::check(&data, &peer, &envelope, &self.settings, context) {
            return self.refuse(reply);
        }
        Action::Deliver(Box::new(Message { peer, envelope, data, reservation }))
    }
}
