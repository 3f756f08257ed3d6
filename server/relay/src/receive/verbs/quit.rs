//! QUIT (RFC 5321 §4.1.1.10).

use crate::receive::session::{Action, Session};
use crate::smtp::Reply;

/// Ends the dialogue.
pub(super) fn quit(session: &mut Session) -> Action {
    session.close(Reply::new(221, (0, 0), "Bye"))
}
