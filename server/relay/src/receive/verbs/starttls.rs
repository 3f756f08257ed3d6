//! STARTTLS (RFC 3207).

use bytes::BytesMut;

use crate::receive::replies;
use crate::receive::session::{Action, Phase, Security, Session};
use crate::smtp::Reply;

/// Starts TLS. What a peer (or somebody between) sent along after the command
/// would be taken as said under TLS: the connection ends (RFC 3207 §4.2, §6).
pub(super) fn starttls(session: &mut Session, rest: &str, input: &BytesMut) -> Action {
    if !rest.is_empty() {
        return session.refuse(replies::syntax("STARTTLS takes no parameter"));
    }
    if session.security != Security::Plain {
        return session.refuse(replies::bad_sequence("TLS is already active"));
    }
    if !matches!(session.phase, Phase::Ready) || !session.extended {
        return session.refuse(replies::bad_sequence("Say EHLO first"));
    }
    if !input.is_empty() {
        return session.close(Reply::new(554, (5, 1), "Nothing may follow STARTTLS before TLS"));
    }
    Action::StartTls(Reply::new(220, (0, 0), "Ready to start TLS"))
}
