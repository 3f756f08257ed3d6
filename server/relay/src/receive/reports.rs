//! The null reverse-path (RFC 5321 §4.5.5): only for a report about a message
//! that this BAL sent to a domain of this peer. Anything else under it would be
//! mail without a sender.

use super::gate::{Envelope, Gate};
use crate::smtp::Reply;
use crate::trust::{Peer, Trust};

/// Gives the report, or the refusal. Messages with a sender pass untouched.
pub(super) async fn admit<G: Gate>(
    gate: &G,
    trust: &Trust,
    peer: &Peer,
    envelope: &Envelope,
    data: &[u8],
) -> Result<Option<mail::report::Report>, Reply> {
    if envelope.from.is_some() {
        return Ok(None);
    }
    let Some(report) = mail::report::read(data, &mail::Limits::default()) else {
        return Err(Reply::new(550, (7, 1), "Without a sender only delivery and reading notices are accepted"));
    };
    let about = report.about();
    let nameless = about.message_ids.is_empty() && about.envelope_id.is_none();
    let Some(recipient) = envelope.recipients.first().filter(|_| !nameless) else {
        return Err(Reply::new(550, (7, 1), "This notice does not say which message it is about"));
    };
    let domains = gate.sent_to(&recipient.path.address, about).await.map_err(|_| super::replies::unavailable())?;
    if domains.iter().any(|d| trust.speaks_for(peer, d)) {
        return Ok(Some(report));
    }
    Err(Reply::new(550, (7, 1), "This notice is about no message sent to you from this mailbox"))
}
