//! RSET (RFC 5321 §4.1.1.5).

use crate::receive::replies;
use crate::receive::session::{Action, Phase, Session};

/// Forgets the message begun.
pub(super) fn rset(session: &mut Session, rest: &str) -> Action {
    if !rest.is_empty() {
        return session.refuse(replies::syntax("RSET takes no parameter"));
    }
    if !matches!(session.phase, Phase::Start) {
        session.phase = Phase::Ready;
    }
    Action::Reply(replies::ok())
}
