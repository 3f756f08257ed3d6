//! EHLO and HELO (RFC 5321 §4.1.1.1).

use crate::receive::replies;
use crate::receive::session::{Action, Phase, Security, Session};
use crate::smtp::Reply;
use crate::trust::domain;

/// EHLO: forgets a message begun and announces what we can do.
pub(super) fn ehlo(session: &mut Session, name: &str) -> Action {
    if !greet(session, name, true) {
        return session.refuse(replies::syntax("Syntax: EHLO hostname"));
    }
    let mut lines = vec![
        session.settings.hostname.clone(),
        "PIPELINING".to_owned(),
        format!("SIZE {}", session.settings.max_size),
        "8BITMIME".to_owned(),
        "SMTPUTF8".to_owned(),
        "ENHANCEDSTATUSCODES".to_owned(),
        "DSN".to_owned(),
    ];
    lines.push(match session.security {
        Security::Plain => "STARTTLS".to_owned(),
        // Chunks before TLS could only be thrown away.
        Security::Tls { .. } => "CHUNKING".to_owned(),
    });
    Action::Reply(Reply::plain(250, lines))
}

/// HELO: answered as the RFC asks; without STARTTLS nothing follows from it.
pub(super) fn helo(session: &mut Session, name: &str) -> Action {
    if !greet(session, name, false) {
        return session.refuse(replies::syntax("Syntax: HELO hostname"));
    }
    Action::Reply(Reply::plain(250, vec![session.settings.hostname.clone()]))
}

/// A host name or an address literal; what it says proves nothing and goes only into the Received field.
fn greet(session: &mut Session, name: &str, extended: bool) -> bool {
    let literal = |n: &str| {
        n.len() < 100
            && n.starts_with('[')
            && n.ends_with(']')
            && n[1..n.len() - 1].bytes().all(|b| b.is_ascii_alphanumeric() || b".:".contains(&b))
    };
    let Some(name) = domain::normalise(name).or_else(|| literal(name).then(|| name.to_owned())) else { return false };
    session.helo = name;
    session.extended = extended;
    session.phase = Phase::Ready;
    true
}
