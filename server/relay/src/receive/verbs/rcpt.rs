//! RCPT (RFC 5321 §4.1.1.3) with NOTIFY and ORCPT (RFC 3461).

use super::mail::strip_word;
use crate::receive::gate::{Envelope, Notify, Recipient, Verdict};
use crate::receive::replies;
use crate::receive::session::{Action, Context, Phase, Security, Session};
use crate::receive::settings::Settings;
use crate::smtp::{Path, PathError, Reply};

/// Names a recipient: what can be said without the store is said here.
pub(super) fn rcpt(session: &mut Session, rest: &str, _context: &Context) -> Action {
    if session.security == Security::Plain {
        return session.refuse(replies::needs_tls());
    }
    let Phase::Mail(transaction) = &session.phase else {
        return session.refuse(replies::bad_sequence("Say MAIL first"));
    };
    if transaction.chunks.is_some() {
        return session.refuse(replies::bad_sequence("The text has begun"));
    }
    let envelope = &transaction.envelope;
    if envelope.recipients.len() >= most(envelope, &session.settings) {
        // The peer sends the message once more for the others (RFC 5321 §4.5.3.1.10).
        return Action::Reply(Reply::new(452, (5, 3), "Too many recipients for one message"));
    }
    match parse(rest, envelope.utf8, &session.settings) {
        Ok(recipient) => Action::Ask(Box::new(recipient)),
        Err(reply) => session.refuse(reply),
    }
}

/// One recipient for reports and for domains whose content decides, so that the answer to it is exact.
fn most(envelope: &Envelope, settings: &Settings) -> usize {
    let single = match &envelope.from {
        None => true,
        Some(from) => settings.single_recipient_domains.iter().any(|d| *d == from.domain),
    };
    if single { 1 } else { settings.max_recipients }
}

fn parse(rest: &str, utf8: bool, settings: &Settings) -> Result<Recipient, Reply> {
    let rest = strip_word(rest, "TO:").ok_or_else(|| replies::syntax("Syntax: RCPT TO:<address>"))?;
    // RFC 5321 §4.5.1: <Postmaster> without a domain.
    let postmaster =
        strip_word(rest.trim_start(), "<postmaster>").map(|after| format!("<postmaster@{}>{after}", settings.hostname));
    let (path, mut params) = Path::parse(postmaster.as_deref().unwrap_or(rest)).map_err(|e| replies::path(e, false))?;
    let path = path.ok_or_else(|| replies::path(PathError::Address, false))?;
    if !path.address.is_ascii() && !utf8 {
        return Err(replies::path(PathError::NotAscii, false));
    }
    let notify = match params.take("NOTIFY") {
        None => Notify::default(),
        Some(value) => notify(&value.unwrap_or_default()).ok_or_else(|| replies::syntax("NOTIFY is malformed"))?,
    };
    let orcpt = match params.take("ORCPT") {
        None => None,
        Some(value) => {
            let value = value.filter(|v| v.len() <= 500 && v.contains(';')).and_then(|v| xtext(&v));
            Some(value.ok_or_else(|| replies::syntax("ORCPT is malformed"))?)
        }
    };
    if params.rest().is_some() {
        return Err(Reply::new(555, (5, 4), "Parameter not recognised"));
    }
    Ok(Recipient { path, notify, orcpt })
}

/// NEVER, or a list of SUCCESS, FAILURE, DELAY (RFC 3461 §4.1).
fn notify(value: &str) -> Option<Notify> {
    let value = value.to_ascii_uppercase();
    if value == "NEVER" {
        return Some(Notify::NEVER);
    }
    let mut notify = Notify::NEVER;
    for word in value.split(',') {
        match word {
            "SUCCESS" => notify.success = true,
            "FAILURE" => notify.failure = true,
            "DELAY" => notify.delay = true,
            _ => return None,
        }
    }
    Some(notify)
}

/// xtext (RFC 3461 §4): `+` and two upper-case hexadecimal digits for what is not printable.
pub(super) fn xtext(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(b) = rest.next() {
        match b {
            b'+' => {
                let digit = |b: Option<u8>| {
                    b.filter(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b)).and_then(|b| char::from(b).to_digit(16))
                };
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                bytes.push(u8::try_from(high * 16 + low).ok()?);
            }
            b'=' | 0..=32 | 127 => return None,
            b => bytes.push(b),
        }
    }
    String::from_utf8(bytes).ok().filter(|t| !t.chars().any(char::is_control))
}

/// Says what the store decided.
pub(in crate::receive) fn answer(session: &mut Session, recipient: Recipient, verdict: Verdict) -> Action {
    let reply = match verdict {
        Verdict::Accept => {
            if let Phase::Mail(transaction) = &mut session.phase {
                transaction.envelope.recipients.push(recipient);
            }
            return Action::Reply(Reply::new(250, (1, 5), "Recipient accepted"));
        }
        Verdict::Unknown => Reply::new(550, (1, 1), "No such mailbox here"),
        Verdict::NotOurs => Reply::new(550, (7, 1), "Not a domain of this server: relaying denied"),
        Verdict::Closed => Reply::new(550, (2, 1), "This mailbox is closed"),
        Verdict::OverQuota => Reply::new(552, (2, 2), "This mailbox is full"),
        Verdict::Refused(text) => Reply::new(550, (7, 1), text),
        Verdict::Later(text) => Reply::new(451, (2, 0), text),
    };
    session.refused_recipients += 1;
    if session.refused_recipients > session.settings.max_refused_recipients {
        return session.close(replies::too_many_errors());
    }
    Action::Reply(reply)
}
