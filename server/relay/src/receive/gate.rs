//! What the receiving side asks of the server, and the values that cross.

use std::future::Future;
use std::net::IpAddr;

use super::budget::Reservation;
use crate::UnixMs;
use crate::smtp::{Path, Reply};
use crate::trust::Peer;

/// How much of the message a notice returns (RFC 3461 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ret {
    /// All of it.
    Full,
    /// Its header.
    Headers,
}

/// When the sender wants to be told about a recipient (RFC 3461 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notify {
    /// When delivered.
    pub success: bool,
    /// When it failed.
    pub failure: bool,
    /// When it is late.
    pub delay: bool,
}

impl Default for Notify {
    fn default() -> Notify {
        Notify { success: false, failure: true, delay: true }
    }
}

impl Notify {
    /// `NEVER`.
    pub const NEVER: Notify = Notify { success: false, failure: false, delay: false };
}

/// An accepted recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The address.
    pub path: Path,
    /// NOTIFY; the default when it was not given.
    pub notify: Notify,
    /// ORCPT, decoded, with its type (`rfc822;a@b`).
    pub orcpt: Option<String>,
}

/// The envelope (RFC 5321 §2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// MAIL FROM; `None` is the null reverse-path.
    pub from: Option<Path>,
    /// RCPT TO.
    pub recipients: Vec<Recipient>,
    /// SIZE as announced.
    pub size: Option<usize>,
    /// BODY=8BITMIME.
    pub eight_bit: bool,
    /// SMTPUTF8.
    pub utf8: bool,
    /// RET.
    pub ret: Option<Ret>,
    /// ENVID, decoded.
    pub envid: Option<String>,
}

/// Asked for each RCPT.
#[derive(Debug)]
pub struct RecipientQuery<'a> {
    /// Who speaks.
    pub peer: &'a Peer,
    /// MAIL FROM.
    pub from: Option<&'a Path>,
    /// RCPT TO.
    pub to: &'a Path,
    /// SIZE as announced.
    pub size: Option<usize>,
}

/// What may be done for a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The message may come.
    Accept,
    /// There is no such BAL.
    Unknown,
    /// The domain is not ours: no relaying.
    NotOurs,
    /// The BAL is closed or suspended.
    Closed,
    /// The BAL is full.
    OverQuota,
    /// A rule forbids it; the text is for the sender (a patient may read it).
    Refused(String),
    /// Cannot be said now.
    Later(String),
}

/// The store does not answer; the peer is asked to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// A whole message, all rules of this crate fulfilled.
#[derive(Debug)]
pub struct Incoming {
    /// Who handed it over.
    pub peer: Peer,
    /// From which address.
    pub address: IpAddr,
    /// The envelope.
    pub envelope: Envelope,
    /// The report it carries, when its reverse-path is null.
    pub report: Option<mail::report::Report>,
    /// The message with our Received field first, CRLF line ends.
    pub data: Vec<u8>,
    /// When its end was read.
    pub received_at: UnixMs,
    /// Holds its share of the memory for messages.
    pub reservation: Reservation,
}

/// The end of a message's reception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// It is on durable storage for all its recipients: 250, with this id in the reply.
    Accepted(String),
    /// It is refused for all its recipients (virus, rule on the content …).
    Refused(Reply),
    /// It cannot be stored now: 451.
    Later,
}

/// What happened, for figures and the operator's journal. Holds no address of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A connection came.
    Connected,
    /// A connection was turned away at once.
    Busy,
    /// A TLS handshake failed.
    Handshake(String),
    /// A reply 4xx or 5xx was given.
    Refused(Reply),
    /// A message was accepted.
    Accepted {
        /// Its bytes.
        bytes: usize,
    },
    /// A connection ended.
    Closed,
}

/// The server behind the receiving side.
pub trait Gate: Send + Sync + 'static {
    /// May a message from `from` come to `to`? Asked at RCPT.
    fn recipient(&self, query: &RecipientQuery<'_>) -> impl Future<Output = Verdict> + Send;

    /// The domains to which `bal` sent the messages that a report is about (by
    /// original Message-ID, In-Reply-To or ENVID). Empty: it sent none of them.
    fn sent_to(
        &self,
        bal: &str,
        about: &mail::report::About,
    ) -> impl Future<Output = Result<Vec<String>, Unavailable>> + Send;

    /// Stores a message for all its recipients. Returns when it is durable; 250
    /// is said after that and only then.
    fn accept(&self, incoming: Incoming) -> impl Future<Output = Acceptance> + Send;

    /// Something happened.
    fn note(&self, _note: Note) {}
}
