//! What came of an attempt, per recipient.

use crate::UnixMs;
use crate::smtp::Reply;
use crate::trust::CertFault;

/// The peer took the message over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOver {
    /// The operator as its certificate names it.
    pub operator: String,
    /// The host.
    pub host: String,
    /// Its reply to the end of data.
    pub reply: Reply,
    /// When.
    pub at: UnixMs,
    /// Whether the peer makes delivery notices when asked (RFC 3461 §5.2.2).
    pub dsn: bool,
}

/// Why a message did not go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The domain is not on the white list: nothing leaves the espace de confiance.
    NotListed,
    /// We have no valid list.
    NoList,
    /// The domain does not exist, or says that it takes no mail (RFC 7505).
    NoSuchDomain,
    /// The directory of names does not answer.
    NameService(String),
    /// No host of the domain could be reached.
    Unreachable(String),
    /// The host offers no TLS.
    NoTls,
    /// The TLS handshake failed.
    Handshake(String),
    /// The host's certificate is not to be trusted.
    Certificate(CertFault),
    /// The host's certificate is good but not listed for the domain; its subject.
    OtherCertificate(String),
    /// A reply 4xx or 5xx.
    Reply(Reply),
    /// No answer in time.
    Silent,
    /// The connection broke before the message was whole.
    Dropped,
    /// What the host said is no SMTP.
    Nonsense,
    /// The message is larger than the host takes; its limit.
    TooLarge(usize),
    /// The host does not take addresses or headers beyond ASCII (RFC 6531).
    NoUtf8,
    /// The host does not take 8-bit text (RFC 6152).
    NoEightBit,
    /// Our own work was taken away before the message was whole (lease, shutdown).
    Withdrawn,
    /// The message was whole, the host did not say whether it took it: it may have.
    Uncertain,
    /// Who sent it lost the right to before it left.
    NoRight,
    /// The message was destroyed before it left.
    Gone,
    /// A patient whom it goes to, or is about, opposed it before it left.
    Opposed,
    /// The operator took it out of the queue.
    Cancelled,
    /// Our own scanner found something in this file.
    Infected(String),
}

impl Trouble {
    /// Whether trying again is useless.
    pub fn is_permanent(&self) -> bool {
        match self {
            Trouble::NotListed
            | Trouble::NoSuchDomain
            | Trouble::TooLarge(_)
            | Trouble::NoUtf8
            | Trouble::NoEightBit
            | Trouble::NoRight
            | Trouble::Gone
            | Trouble::Opposed
            | Trouble::Cancelled
            | Trouble::Infected(_) => true,
            Trouble::Reply(reply) => reply.is_permanent(),
            _ => false,
        }
    }

    /// Whether the message may have arrived all the same.
    pub fn is_uncertain(&self) -> bool {
        *self == Trouble::Uncertain
    }

    /// Whether another host of the domain may do better: everything about this
    /// one host and connection, nothing about the message or the recipient.
    pub(crate) fn is_of_the_host(&self) -> bool {
        match self {
            Trouble::Unreachable(_)
            | Trouble::NoTls
            | Trouble::Handshake(_)
            | Trouble::Certificate(_)
            | Trouble::OtherCertificate(_)
            | Trouble::Silent
            | Trouble::Dropped
            | Trouble::Nonsense => true,
            Trouble::Reply(reply) => reply.is_transient(),
            _ => false,
        }
    }
}

/// What came of a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Handed over.
    Sent(HandedOver),
    /// Not, and never will be.
    Failed {
        /// Why.
        trouble: Trouble,
        /// The host that said so, if one did.
        host: Option<String>,
    },
    /// Not yet.
    Deferred {
        /// Why.
        trouble: Trouble,
        /// The host that said so, if one did.
        host: Option<String>,
    },
}

impl Outcome {
    /// The outcome that a trouble means.
    pub(crate) fn of(trouble: Trouble, host: Option<&str>) -> Outcome {
        let host = host.map(str::to_owned);
        if trouble.is_permanent() { Outcome::Failed { trouble, host } } else { Outcome::Deferred { trouble, host } }
    }

    /// Whether nothing more will be tried.
    pub fn is_final(&self) -> bool {
        !matches!(self, Outcome::Deferred { .. })
    }
}
