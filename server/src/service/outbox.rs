//! Delivery between the BALs of this server: what is due is taken up under a lease, put into each recipient's BAL in a
//! transaction of its own (idempotent by submission and recipient), and what fails is told to the sender.

use bytes::Bytes;
use store::Actor;
use store::emails::DeliveryKey;
use store::mailboxes::Role;
use store::submissions::{Delivery, DueSubmission, Next};
use wire::id::{AccountId, MailboxId};
use wire::portal::Action;

use super::notice;
use super::prepare::{Place, prepare};
use crate::state::State;

/// How long another process leaves a submission alone.
const LEASE_MS: i64 = 60_000;
/// Submissions taken up at once.
const BATCH: u32 = 20;
/// Attempts before a recipient counts as failed.
const MAX_ATTEMPTS: u32 = 8;

/// What became of one recipient in one attempt.
enum Outcome {
    Delivered,
    /// Final, with the reply as SMTP says it and our code of the reason.
    Refused(&'static str, notice::Reason),
    /// To be tried again.
    Later,
}

/// Delivers what is due; how many submissions were taken up.
///
/// # Errors
/// The store's, when nothing could be leased.
pub async fn run(state: &State) -> Result<usize, store::Error> {
    let due = state.store.outbox_due(state.clock.now_ms(), LEASE_MS, BATCH).await?;
    let count = due.len();
    for submission in due {
        if let Err(error) = one(state, &submission).await {
            tracing::error!(%error, attempts = submission.attempts, "a submission could not be finished, it stays in the outbox");
        }
    }
    Ok(count)
}

async fn one(state: &State, due: &DueSubmission) -> Result<(), store::Error> {
    let recipients = &due.submission.envelope.rcpt_to;
    let message = load(state, due).await?;
    let mut deliveries = Vec::with_capacity(recipients.len());
    let mut failed: Vec<(String, notice::Reason)> = Vec::new();
    let mut waiting = false;
    for (index, recipient) in recipients.iter().enumerate() {
        let outcome = match &message {
            Ok(message) => deliver(state, due, message, index as u32, &recipient.email).await,
            Err(reason) => Outcome::Refused("550 5.7.1 The message cannot be sent any more", *reason),
        };
        let (delivered, reply) = match outcome {
            Outcome::Delivered => ("yes", "250 2.1.5 Delivered"),
            Outcome::Refused(reply, reason) => {
                failed.push((recipient.email.clone(), reason));
                ("no", reply)
            }
            Outcome::Later if due.attempts + 1 >= MAX_ATTEMPTS => {
                failed.push((recipient.email.clone(), notice::Reason::TooLong));
                ("no", "451 4.4.7 Tried too often")
            }
            Outcome::Later => {
                waiting = true;
                ("queued", "451 4.3.0 Will be tried again")
            }
        };
        deliveries.push(Delivery { email: recipient.email.clone(), delivered: delivered.into(), reply: reply.into() });
    }
    if !failed.is_empty() && !waiting {
        notice::failed(state, due, &failed).await?;
    }
    let next = if waiting { Next::RetryAt(state.clock.now_ms() + backoff(due.attempts)) } else { Next::Done };
    match state.store.outbox_delivered(due, deliveries, next).await {
        // The lease passed to another, which does the same and records it.
        Err(store::Error::StateMismatch) => Ok(()),
        other => other,
    }
}

/// 5 s, 10 s, 20 s… up to an hour.
fn backoff(attempts: u32) -> i64 {
    (5_000_i64 << attempts.min(10)).min(3_600_000)
}

/// The bytes to deliver, if the sender may still send and the message is still there.
async fn load(state: &State, due: &DueSubmission) -> Result<Result<Bytes, notice::Reason>, store::Error> {
    if let Some(person) = due.actor.person {
        let rights = state.store.rights_on(person, due.account).await?;
        if !rights.contains(&Action::Send) {
            return Ok(Err(notice::Reason::NoRight));
        }
    }
    let Some(row) = state.store.emails(due.account, &[due.submission.email]).await?.pop() else {
        return Ok(Err(notice::Reason::Gone));
    };
    let raw = state.store.blob_read(due.account, &row.blob, None).await?;
    Ok(Ok(Bytes::from(mail::build::strip_bcc(&raw))))
}

async fn deliver(state: &State, due: &DueSubmission, message: &Bytes, index: u32, address: &str) -> Outcome {
    match try_deliver(state, due, message, index, address).await {
        Ok(true) => Outcome::Delivered,
        Ok(false) => Outcome::Refused("550 5.1.1 No such BAL", notice::Reason::Unknown),
        Err(error) => {
            tracing::warn!(%error, "a delivery failed, it will be tried again");
            Outcome::Later
        }
    }
}

/// False: there is no such BAL (any more).
async fn try_deliver(
    state: &State,
    due: &DueSubmission,
    message: &Bytes,
    index: u32,
    address: &str,
) -> Result<bool, store::Error> {
    let Some(account) = state.store.account_by_address(address).await? else { return Ok(false) };
    let now = state.clock.now_ms();
    let raw = with_trace_fields(due, message, address, &state.config.mss.product, now);
    let place =
        Place { received_at: now, mailboxes: vec![inbox(state, account).await?], keywords: Vec::new(), dedup_key: None };
    let prepared = tokio::task::spawn_blocking(move || prepare(raw, place).0).await;
    let email = prepared.map_err(|_| store::Error::Busy("preparing stopped".into()))?;
    let key = DeliveryKey { submission: due.submission.id, recipient: index };
    state.store.email_deliver(Actor { means: store::Means::Relay, ..due.actor }, account, key, email).await?;
    Ok(true)
}

/// Where mail comes in.
///
/// # Errors
/// The store's; `NotFound` without an inbox.
pub async fn inbox(state: &State, account: AccountId) -> Result<MailboxId, store::Error> {
    state.store.mailbox_by_role(account, Role::Inbox).await?.ok_or(store::Error::NotFound)
}

/// Return-Path and Received (RFC 5321 §4.4), and the field that every MSSanté message carries.
fn with_trace_fields(due: &DueSubmission, message: &Bytes, address: &str, product: &str, now: i64) -> Bytes {
    let domain = address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let time = jiff::Timestamp::from_millisecond(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let date = time.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000");
    let mut raw = format!(
        "Return-Path: <{}>\r\nReceived: by {domain} (Pli) with LMTP id {};\r\n\t{date}\r\n",
        due.submission.envelope.mail_from.email, due.submission.id
    )
    .into_bytes();
    let head = mail::parse::parse_head(message);
    let has_product =
        message.get(..2).is_some() && header_names(message).any(|name| name.eq_ignore_ascii_case(b"X-MSS-NIL"));
    if !has_product {
        raw.extend_from_slice(format!("X-MSS-NIL: {product}\r\n").as_bytes());
    }
    if head.message_id.is_empty() {
        raw.extend_from_slice(format!("Message-ID: <{}@{domain}>\r\n", due.submission.id).as_bytes());
    }
    if head.sent_at.is_none() {
        raw.extend_from_slice(format!("Date: {date}\r\n").as_bytes());
    }
    raw.extend_from_slice(message);
    raw.into()
}

/// The names of the header fields of a message.
fn header_names(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    message
        .split(|&byte| byte == b'\n')
        .take_while(|line| !line.is_empty() && *line != b"\r")
        .filter(|line| !line.starts_with(b" ") && !line.starts_with(b"\t"))
        .filter_map(|line| line.split(|&byte| byte == b':').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_longer_and_longer() {
        assert_eq!(backoff(0), 5_000);
        assert_eq!(backoff(1), 10_000);
        assert_eq!(backoff(40), 3_600_000);
    }

    #[test]
    fn names_of_fields() {
        let names: Vec<&[u8]> = header_names(b"A: 1\r\nB: 2\r\n\tc: d\r\n\r\nE: 3").collect();
        assert_eq!(names, [b"A", b"B"]);
    }
}
