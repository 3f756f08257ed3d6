//! Rules on the message itself: a peer speaks only for its own domains, in every
//! From and Sender field (`domain.md` §1.3), and nothing goes round for ever.

use super::gate::Envelope;
use super::session::Context;
use super::settings::Settings;
use crate::smtp::Reply;
use crate::trust::{Peer, Standing, domain};

/// Header fields of a message that we take.
const MAX_FIELDS: usize = 999;

/// Checks the header of a whole message with the parser that later shows it.
pub(super) fn check(
    data: &[u8],
    peer: &Peer,
    envelope: &Envelope,
    settings: &Settings,
    context: &Context,
) -> Result<(), Reply> {
    // Beyond what the parser reads of a header another program would read other senders than we do.
    let end = memchr::memmem::find(data, b"\r\n\r\n").unwrap_or(data.len());
    if end > mail::Limits::default().max_header_bytes {
        return Err(Reply::new(554, (6, 0), "The header is too large"));
    }
    let fields = mail::parse_fields(data);
    if fields.len() > MAX_FIELDS {
        return Err(Reply::new(554, (6, 0), "Too many header fields"));
    }
    let named = |name: &str| fields.iter().filter(|f| f.name.eq_ignore_ascii_case(name)).collect::<Vec<_>>();
    // Ours is the first.
    if named("Received").len() > settings.max_hops {
        return Err(Reply::new(554, (4, 6), "Too many hops: this message is in a loop"));
    }
    let from = named("From");
    if from.len() != 1 {
        return Err(Reply::new(550, (6, 0), "A message has exactly one From field (RFC 5322 3.6)"));
    }
    if named("Sender").len() > 1 {
        return Err(Reply::new(550, (6, 0), "A message has at most one Sender field (RFC 5322 3.6)"));
    }
    for field in from.into_iter().chain(named("Sender")) {
        let mailboxes = mail::address::parse_header(&field.raw_value);
        if mailboxes.is_empty() || mailboxes.len() > 100 {
            return Err(Reply::new(550, (7, 1), format!("The {} field names no sender", field.name)));
        }
        for mailbox in &mailboxes {
            let Some(domain) = domain::of_address(&mailbox.email) else {
                return Err(Reply::new(550, (7, 1), format!("The {} field holds no valid address", field.name)));
            };
            speaks_for(peer, &domain, envelope, context).map_err(|standing| {
                super::replies::standing(standing, &domain).unwrap_or_else(|| Reply::new(550, (7, 1), "Not your domain"))
            })?;
        }
    }
    Ok(())
}

/// A report may also come in the name of the host that makes it, as mail systems do
/// (`MAILER-DAEMON@mx…`): a host name that its certificate bears.
fn speaks_for(peer: &Peer, domain: &str, envelope: &Envelope, context: &Context) -> Result<(), Standing> {
    match context.trust.standing(&peer.name, domain) {
        Standing::Listed => Ok(()),
        _ if envelope.from.is_none() && peer.hosts.iter().any(|h| h == domain) => Ok(()),
        standing => Err(standing),
    }
}
