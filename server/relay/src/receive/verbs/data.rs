//! DATA (RFC 5321 §4.1.1.4).

use crate::receive::body::DataReader;
use crate::receive::replies;
use crate::receive::session::{Action, Context, Phase, Security, Session};
use crate::smtp::Reply;

/// Begins the text.
pub(super) fn data(session: &mut Session, rest: &str, context: &Context) -> Action {
    if session.security == Security::Plain {
        return session.refuse(replies::needs_tls());
    }
    if !rest.is_empty() {
        return session.refuse(replies::syntax("DATA takes no parameter"));
    }
    match std::mem::replace(&mut session.phase, Phase::Ready) {
        Phase::Mail(transaction) if transaction.chunks.is_some() => {
            session.refuse(replies::bad_sequence("DATA and BDAT do not mix"))
        }
        Phase::Mail(transaction) if !transaction.envelope.recipients.is_empty() => {
            let body = session.body(&transaction.envelope, context);
            session.phase = Phase::Data(transaction, DataReader::new(body));
            Action::Reply(Reply::plain(354, vec!["Go ahead, end with <CRLF>.<CRLF>".to_owned()]))
        }
        phase @ Phase::Mail(_) => {
            session.phase = phase;
            session.refuse(Reply::new(554, (5, 1), "No valid recipient"))
        }
        phase => {
            session.phase = phase;
            session.refuse(replies::bad_sequence("Say MAIL first"))
        }
    }
}
