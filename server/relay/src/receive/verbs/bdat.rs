//! BDAT (RFC 3030 §2). The octets of a chunk follow whatever we think of the
//! command: they are read and thrown away, or the connection ends; they are never
//! taken for commands.

use bytes::BytesMut;

use crate::receive::replies;
use crate::receive::session::{Action, Chunk, Context, Phase, Security, Session};
use crate::smtp::Reply;

/// Begins a chunk.
pub(super) fn bdat(session: &mut Session, rest: &str, input: &mut BytesMut, context: &Context) -> Action {
    let Some((left, last)) = parse(rest) else {
        return session.close(replies::syntax("Syntax: BDAT size [LAST]"));
    };
    if session.security == Security::Plain {
        return session.close(replies::needs_tls());
    }
    if left > session.settings.max_size {
        return session.close(replies::too_large(session.settings.max_size));
    }
    let (transaction, refusal) = match std::mem::replace(&mut session.phase, Phase::Ready) {
        Phase::Mail(mut transaction) if !transaction.envelope.recipients.is_empty() => {
            if transaction.chunks.is_none() {
                transaction.chunks = Some(session.body(&transaction.envelope, context));
            }
            (Some(transaction), None)
        }
        Phase::Mail(_) => (None, Some(Reply::new(554, (5, 1), "No valid recipient"))),
        Phase::Start => return session.close(replies::bad_sequence("Say EHLO first")),
        _ => (None, Some(replies::bad_sequence("Say MAIL first"))),
    };
    session.phase = Phase::Chunk(transaction, Chunk { left, last, refusal });
    session.chunk(input, context)
}

fn parse(rest: &str) -> Option<(usize, bool)> {
    let mut words = rest.split(' ').filter(|w| !w.is_empty());
    let size = words.next().filter(|w| w.len() <= 20 && w.bytes().all(|b| b.is_ascii_digit()))?;
    let last = match words.next() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("LAST") => true,
        Some(_) => return None,
    };
    words.next().is_none().then(|| size.parse().ok().map(|size| (size, last))).flatten()
}
