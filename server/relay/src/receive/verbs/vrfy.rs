//! VRFY (RFC 5321 §4.1.1.6): says nothing about who exists (§7.3).

use crate::receive::replies;
use crate::receive::session::{Action, Security, Session};
use crate::smtp::Reply;

/// Neither confirms nor denies.
pub(super) fn vrfy(session: &mut Session) -> Action {
    if session.security == Security::Plain {
        return session.refuse(replies::needs_tls());
    }
    Action::Reply(Reply::new(252, (5, 0), "Send a message to find out"))
}
