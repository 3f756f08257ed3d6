//! Why a message did not arrive, as few reasons as a person can act on.

use mail::report::{RecipientStatus, Status};

use crate::send::Trouble;
use crate::smtp::{Enhanced, Reply};

/// A reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// There is no such address.
    NoSuchAddress,
    /// The BAL was closed or suspended.
    Closed,
    /// The BAL is full.
    Full,
    /// Larger than the other side takes.
    TooLarge,
    /// The domain is not in the espace de confiance.
    OutsideTrust,
    /// The domain takes no mail.
    NoSuchDomain,
    /// The other operator's certificate is not in order.
    Certificate,
    /// The other operator offers no protected connection.
    NoTls,
    /// The other operator cannot be reached or does not answer.
    Unreachable,
    /// The other operator asks to come back later.
    Busy,
    /// A rule of the recipient or its operator forbids it.
    Forbidden,
    /// The content was refused (virus, attachment type, form).
    Content,
    /// The other side cannot take this form of message.
    Unsupported,
    /// It goes round without end.
    Loop,
    /// Something of our own is missing; the operator must act.
    OurSide,
    /// It may have arrived; the other side did not say.
    Uncertain,
    /// The right to send was taken away before it left.
    NoRight,
    /// It was destroyed before it left.
    Gone,
    /// A patient opposed it before it left.
    Opposed,
    /// The operator took it out of the queue.
    Cancelled,
    /// Our own scanner found something in it.
    Infected,
    /// None of these.
    Other,
}

impl Reason {
    /// A stable word for it, for screens to translate.
    pub fn code(self) -> &'static str {
        match self {
            Reason::NoSuchAddress => "no-such-address",
            Reason::Closed => "closed",
            Reason::Full => "full",
            Reason::TooLarge => "too-large",
            Reason::OutsideTrust => "outside-trust",
            Reason::NoSuchDomain => "no-such-domain",
            Reason::Certificate => "certificate",
            Reason::NoTls => "no-tls",
            Reason::Unreachable => "unreachable",
            Reason::Busy => "busy",
            Reason::Forbidden => "forbidden",
            Reason::Content => "content",
            Reason::Unsupported => "unsupported",
            Reason::Loop => "loop",
            Reason::OurSide => "our-side",
            Reason::Uncertain => "uncertain",
            Reason::NoRight => "no-right",
            Reason::Gone => "gone",
            Reason::Opposed => "opposed",
            Reason::Cancelled => "cancelled",
            Reason::Infected => "infected",
            Reason::Other => "other",
        }
    }

    /// The reason of a trouble of the sending side.
    pub fn of_trouble(trouble: &Trouble) -> Reason {
        match trouble {
            Trouble::NotListed => Reason::OutsideTrust,
            Trouble::NoList | Trouble::NameService(_) | Trouble::Withdrawn => Reason::OurSide,
            Trouble::NoSuchDomain => Reason::NoSuchDomain,
            Trouble::Unreachable(_) | Trouble::Silent | Trouble::Dropped | Trouble::Nonsense => Reason::Unreachable,
            Trouble::NoTls => Reason::NoTls,
            Trouble::Handshake(_) | Trouble::Certificate(_) | Trouble::OtherCertificate(_) => Reason::Certificate,
            Trouble::TooLarge(_) => Reason::TooLarge,
            Trouble::NoUtf8 | Trouble::NoEightBit => Reason::Unsupported,
            Trouble::Uncertain => Reason::Uncertain,
            Trouble::NoRight => Reason::NoRight,
            Trouble::Gone => Reason::Gone,
            Trouble::Opposed => Reason::Opposed,
            Trouble::Cancelled => Reason::Cancelled,
            Trouble::Infected(_) => Reason::Infected,
            Trouble::Reply(reply) => Reason::of_reply(reply),
        }
    }

    /// The reason of a reply.
    pub fn of_reply(reply: &Reply) -> Reason {
        let enhanced = reply.enhanced.map(|e| (e.subject, e.detail));
        of_codes(enhanced, Some(reply.code), reply.is_transient())
    }

    /// The reason of a recipient in a delivery report (RFC 3464).
    pub fn of_report(recipient: &RecipientStatus) -> Reason {
        let Status(class, subject, detail) = recipient.status;
        // A report may say only "failed" and give the reply in its diagnostic.
        let diagnostic = recipient.diagnostic.as_deref().unwrap_or("");
        let mut words = diagnostic.split([' ', '-']);
        let code = words.next().and_then(|w| w.parse().ok()).filter(|c| (400..600).contains(c));
        let enhanced = words.next().and_then(Enhanced::parse).map(|e| (e.subject, e.detail));
        let status = Some((subject, detail)).filter(|s| *s != (0, 0));
        of_codes(status.or(enhanced), code, class == 4)
    }
}

/// RFC 3463 §3 first, then the reply codes of RFC 5321 §4.2.3.
fn of_codes(enhanced: Option<(u16, u16)>, code: Option<u16>, transient: bool) -> Reason {
    match enhanced {
        Some((1, 0 | 1 | 3 | 6)) => Reason::NoSuchAddress,
        Some((1, 2 | 10)) => Reason::NoSuchDomain,
        Some((1, 7 | 8)) => Reason::Forbidden,
        Some((2, 1)) => Reason::Closed,
        Some((2, 2)) => Reason::Full,
        Some((2, 3) | (3, 4)) => Reason::TooLarge,
        Some((4, 6)) => Reason::Loop,
        Some((4, 1 | 2)) => Reason::Unreachable,
        Some((4, 5) | (3, 1 | 2)) if transient => Reason::Busy,
        Some((5, 3)) => Reason::Busy,
        Some((6, 7..=10 | 3)) => Reason::Unsupported,
        Some((6, _)) => Reason::Content,
        Some((7, 4..=7 | 10)) => Reason::Certificate,
        Some((7, _)) => Reason::Forbidden,
        _ => match code {
            Some(550 | 551 | 553) => Reason::NoSuchAddress,
            Some(552) => Reason::TooLarge,
            Some(554) => Reason::Forbidden,
            Some(530) => Reason::Certificate,
            _ if transient => Reason::Busy,
            _ => Reason::Other,
        },
    }
}
