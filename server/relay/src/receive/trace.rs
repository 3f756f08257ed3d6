//! The Received field (RFC 5321 §4.4, RFC 3848): what is needed to follow a
//! message and to find loops, and nothing about recipients.

use rand::RngCore;

use super::gate::Envelope;
use super::session::{Security, Session};
use crate::UnixMs;

/// The field, folded, with its line end.
pub(super) fn received(session: &Session, envelope: &Envelope, address: &str, now: UnixMs) -> String {
    let (protocol, tls) = match &session.security {
        Security::Plain => ("ESMTP", String::new()),
        Security::Tls { description, .. } => {
            (if envelope.utf8 { "UTF8SMTPS" } else { "ESMTPS" }, format!("\r\n\t(using {description})"))
        }
    };
    let id = rand::rng().next_u64();
    format!(
        "Received: from {} ({address}){tls}\r\n\tby {} with {protocol} id {id:016x};\r\n\t{}\r\n",
        session.helo,
        session.settings.hostname,
        date(now)
    )
}

/// A date of RFC 5322 §3.3, in UTC.
pub(crate) fn date(now: UnixMs) -> String {
    let stamp = jiff::Timestamp::from_millisecond(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    stamp.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
