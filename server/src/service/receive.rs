//! Mail that other operators hand over: who may have it, and how it gets into each BAL once.
//!
//! What the protocol can judge by itself (certificates, whose domains a peer speaks for, sizes) is judged before, in the
//! crate `relay`. Here is what only the store knows.

mod delivered;
pub mod patients;

use bytes::Bytes;
use relay::receive::{Acceptance, Incoming, RecipientQuery, Verdict};
use relay::smtp::Reply;
use relay::trust::domain;
use sha2::{Digest, Sha256};
use store::emails::{NewEmail, receive::Origin};
use store::patients::book::conversation;
use store::receiving::{Door, Rules};
use wire::id::AccountId;

use super::outbox::inbox;
use super::patients::letters;
use super::prepare::{Place, prepare};
use super::reports;
use crate::scan;
use crate::state::State;

/// What is said of the BAL of a program that takes no mail; the sender may read it.
pub const SENDS_ONLY: &str = "Cette boîte ne fait qu’envoyer : elle ne reçoit pas de messages.";

/// A BAL that takes a message.
#[derive(Debug, Clone, Copy)]
pub struct Taker {
    account: AccountId,
    rules: Rules,
}

/// What stands behind an address, `postmaster` included (RFC 5321 §4.5.1).
async fn door(state: &State, address: &str) -> Result<Door, store::Error> {
    let address = mail::address::normalise(address).to_lowercase();
    let door = state.store.door(&address).await?;
    let postmaster = &state.config.relay.postmaster;
    if door == Door::Unknown && !postmaster.is_empty() && address.starts_with("postmaster@") {
        let (_, domain) = address.rsplit_once('@').unwrap_or_default();
        if domain == state.config.relay.hostname || state.store.domain_is_ours(&address).await? {
            return state.store.door(postmaster).await;
        }
    }
    Ok(door)
}

/// The octets a BAL may hold; none: without limit.
pub fn quota(state: &State, rules: &Rules) -> Option<u64> {
    Some(rules.quota.unwrap_or(state.config.quota.mailbox_octets)).filter(|octets| *octets > 0)
}

/// Has the BAL room for so many octets more?
///
/// # Errors
/// The store's.
pub async fn has_room(state: &State, account: AccountId, rules: &Rules, octets: u64) -> Result<bool, store::Error> {
    let Some(quota) = quota(state, rules) else { return Ok(true) };
    Ok(state.store.account_octets(account).await?.saturating_add(octets) <= quota)
}

/// May a message come to this recipient? Said in the dialogue.
///
/// # Errors
/// The store's.
pub async fn recipient(state: &State, query: &RecipientQuery<'_>) -> Result<Verdict, store::Error> {
    Ok(match door(state, &query.to.address).await? {
        Door::Unknown if state.store.domain_is_ours(&query.to.address).await? => Verdict::Unknown,
        Door::Unknown => Verdict::NotOurs,
        Door::Closed | Door::Suspended => Verdict::Closed,
        // What became of a program's own messages still comes.
        Door::Open { rules, .. } if rules.sends_only && query.from.is_some() => Verdict::Refused(SENDS_ONLY.into()),
        Door::Open { account, rules } => {
            let octets = u64::try_from(query.size.unwrap_or(0)).unwrap_or(u64::MAX);
            // A report takes no room worth speaking of, and says what became of a message of this very BAL.
            let room = query.from.is_none() || has_room(state, account, &rules, octets).await?;
            if room { Verdict::Accept } else { Verdict::OverQuota }
        }
    })
}

/// Stores a message for all its recipients; durable when this returns.
///
/// # Errors
/// The store's: the operator is asked to come back, and what was delivered already is not delivered again.
pub async fn accept(state: &State, incoming: Incoming) -> Result<Acceptance, store::Error> {
    match scan::scan(state, &incoming.data).await {
        scan::Verdict::Clean => {}
        scan::Verdict::Unavailable => return Ok(Acceptance::Later),
        scan::Verdict::Infected(name) => {
            let text = format!("Ce message contient un virus ({name}) : il n’a pas été remis.");
            return Ok(Acceptance::Refused(Reply::new(554, (7, 1), text)));
        }
    }
    let mut takers = Vec::with_capacity(incoming.envelope.recipients.len());
    for recipient in &incoming.envelope.recipients {
        match door(state, &recipient.path.address).await? {
            Door::Open { account, rules } if !rules.sends_only || incoming.report.is_some() => {
                takers.push(Taker { account, rules });
            }
            // It was closed since RCPT: the operator comes back and is told so there.
            _ => return Ok(Acceptance::Later),
        }
    }
    let sender = incoming.envelope.from.as_ref().map_or("", |path| &path.address);
    let raw = Bytes::from([format!("Return-Path: <{sender}>\r\n").as_bytes(), &incoming.data].concat());
    if incoming.report.is_some() {
        return report(state, &incoming, &takers, &raw).await;
    }
    if let Some(refusal) = patients::refusal(state, &incoming, &takers).await? {
        state.metrics.event("patient_mail", "refused");
        return Ok(Acceptance::Refused(refusal));
    }
    deliver(state, &incoming, &takers, raw).await
}

/// A report about a message of ours changes what its sender sees of it.
async fn report(state: &State, incoming: &Incoming, takers: &[Taker], raw: &Bytes) -> Result<Acceptance, store::Error> {
    let (Some(report), [taker]) = (&incoming.report, takers) else { return Ok(Acceptance::Later) };
    let trust = state.relay.as_ref().map(|relay| relay.book.current());
    let speaks_for = |address: &str| {
        let domain = domain::of_address(address);
        trust.as_ref().zip(domain).is_some_and(|(trust, domain)| trust.speaks_for(&incoming.peer, &domain))
    };
    if reports::apply(state, taker.account, report, raw, &speaks_for).await? {
        return Ok(Acceptance::Accepted("report".into()));
    }
    let text = "This notice is about no message sent to you from this mailbox";
    Ok(Acceptance::Refused(Reply::new(550, (7, 1), text)))
}

async fn deliver(state: &State, incoming: &Incoming, takers: &[Taker], raw: Bytes) -> Result<Acceptance, store::Error> {
    let origin = Origin { operator: incoming.peer.name.operator(), digest: digest(&incoming.data) };
    let mut id = String::new();
    // A receipt may come from the BAL itself, and is ordinary mail then; it speaks for that BAL alone.
    let read = mail::report::read(&raw, &mail::Limits::default());
    let sender = incoming.envelope.from.as_ref().map_or("", |path| path.address.as_str());
    let patient = patients::writer(state, incoming);
    for (taker, recipient) in takers.iter().zip(&incoming.envelope.recipients) {
        let wanted = delivered::report(state, taker.account, incoming, recipient, &raw).await?;
        let place = Place {
            received_at: incoming.received_at,
            mailboxes: vec![inbox(state, taker.account).await?],
            ..Place::default()
        };
        let raw = raw.clone();
        let email = tokio::task::spawn_blocking(move || prepare(raw, place).0).await;
        let email = email.map_err(|_| store::Error::Busy("preparing stopped".into()))?;
        let conversation = patient.as_ref().map(|patient| conversation(&patient.address).into_bytes());
        let email = NewEmail { conversation, ..email };
        let kept = state.store.email_receive(taker.account, &origin, email, wanted, patient.clone()).await?;
        let new = matches!(kept, store::emails::Inserted::New(_));
        state.metrics.event("received", if new { "new" } else { "duplicate" });
        if let Some(patient) = patient.as_ref().filter(|_| new) {
            // The message is in: an absence that could not be told is no reason to have it handed over again.
            if let Err(error) = letters::away(state, taker.account, patient).await {
                tracing::warn!(error = %error, "an absence could not be told to a patient");
            }
        }
        id = kept.id().to_string();
        if let Some(report) = &read {
            reports::note(state, taker.account, report, &|recipient| recipient.eq_ignore_ascii_case(sender)).await?;
        }
    }
    tracing::info!(operator = origin.operator, recipients = takers.len(), octets = incoming.data.len(), "mail taken");
    Ok(Acceptance::Accepted(id))
}

/// What makes it the same message when it comes again: its Message-ID and all that it holds, but for the fields that hosts
/// put on it on the way. Not the certificate: the operator's other host may bring it, and has another one.
fn digest(data: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut in_head = true;
    let mut skipped = false;
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        if in_head {
            in_head = !line.trim_ascii().is_empty();
            if !line.starts_with(b" ") && !line.starts_with(b"\t") {
                skipped = is_trace_field(line);
            }
            if skipped && in_head {
                continue;
            }
        }
        hash.update(line);
    }
    hash.finalize().into()
}

fn is_trace_field(line: &[u8]) -> bool {
    let name = line.split(|&byte| byte == b':').next().unwrap_or_default().trim_ascii_end();
    [&b"received"[..], b"return-path", b"delivered-to"].iter().any(|field| name.eq_ignore_ascii_case(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_comes_again_is_the_same_whatever_way_it_took() {
        let first = digest(b"Received: by us;\r\n\tone\r\nReceived: x\r\nMessage-ID: <1@a>\r\n\r\nReceived: body\r\n");
        assert_eq!(first, digest(b"Received: by us;\r\n\ttwo\r\nMessage-ID: <1@a>\r\n\r\nReceived: body\r\n"));
        assert_ne!(first, digest(b"Message-ID: <2@a>\r\n\r\nReceived: body\r\n"));
        assert_ne!(first, digest(b"Message-ID: <1@a>\r\n\r\n"));
        assert_ne!(first, digest(b"Message-ID: <1@a>\r\n\tx\r\n\r\nReceived: body\r\n"));
    }
}
