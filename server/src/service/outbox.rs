//! Delivery of what is due: to the BALs of this server at once, each in a transaction of its own (idempotent by submission
//! and recipient); what goes to other operators is queued for the relay in the transaction that records the attempt; what
//! fails is told to the sender.

use std::collections::BTreeMap;

use bytes::Bytes;
use relay::send::Trouble;
use relay::smtp::Reply;
use store::Actor;
use store::blobs::BlobId;
use store::emails::DeliveryKey;
use store::mailboxes::Role;
use store::receiving::Door;
use store::relay_jobs::{ClaimedJob, JobEnvelope, NewJob, Settle};
use store::submissions::{Delivery, DueSubmission, Next, Onward};
use wire::id::{AccountId, MailboxId};
use wire::portal::Action;

use super::notice::{self, Fate, Kind, Subject};
use super::on_behalf;
use super::patients::{notice as patient_notice, sending};
use super::prepare::{Place, prepare};
use super::receive::{self, patients};
use super::reports;
use super::tell::{self, Told};
use super::transit::Passage;
use crate::scan::{self, Found};
use crate::state::State;

/// How long another process leaves a submission alone.
const LEASE_MS: i64 = 60_000;
/// Submissions taken up at once.
const BATCH: u32 = 20;
/// Attempts before a recipient of this server counts as failed.
const MAX_ATTEMPTS: u32 = 8;

/// What became of one recipient in one attempt.
enum Outcome {
    Delivered,
    /// For another operator.
    Onward,
    /// Final.
    Refused(Trouble),
    /// To be tried again.
    Later,
}

/// A message whose time has come.
struct Message {
    blob: BlobId,
    /// As it is kept, Bcc and all.
    raw: Bytes,
}

/// A message that may not go, for the notice that names it.
struct Refused {
    trouble: Trouble,
    raw: Bytes,
}

/// Delivers what is due; how many submissions and reports were taken up.
///
/// # Errors
/// The store's, when nothing could be leased.
pub async fn run(state: &State) -> Result<usize, store::Error> {
    let now = state.clock.now_ms();
    let due = state.store.outbox_due(now, LEASE_MS, BATCH).await?;
    let reports = state.store.relay_due(true, now, BATCH as usize, &[]).await?;
    let reports = state.store.relay_lease(reports, now, now + LEASE_MS).await?;
    let count = due.len() + reports.len();
    for submission in due {
        if let Err(error) = one(state, &submission).await {
            tracing::error!(%error, attempts = submission.attempts, "a submission could not be finished, it stays in the outbox");
        }
    }
    for job in reports {
        if let Err(error) = report(state, &job).await {
            tracing::error!(%error, "a report could not be delivered, it stays in the queue");
        }
    }
    Ok(count)
}

/// When something is due next.
///
/// # Errors
/// The store's.
pub async fn next_due(state: &State) -> Result<Option<i64>, store::Error> {
    let (submissions, reports) = (state.store.outbox_next_due().await?, state.store.relay_next_due(true).await?);
    Ok(submissions.into_iter().chain(reports).min())
}

async fn one(state: &State, due: &DueSubmission) -> Result<(), store::Error> {
    let now = state.clock.now_ms();
    let message = load(state, due).await?;
    let recipients = &due.submission.envelope.rcpt_to;
    let mut deliveries = Vec::with_capacity(recipients.len());
    let (mut onward, mut failed, mut waiting) = (Vec::new(), Vec::new(), false);
    for (index, recipient) in recipients.iter().enumerate() {
        let email = &recipient.email;
        // The relay got it in an attempt before this one.
        if let Some(known) = due.submission.deliveries.iter().find(|one| one.remote && one.email == *email) {
            deliveries.push(known.clone());
            continue;
        }
        let outcome = match &message {
            Ok(message) => deliver(state, due, message, index as u32, email).await,
            Err(refused) => Outcome::Refused(refused.trouble.clone()),
        };
        let outcome = match outcome {
            Outcome::Later if due.attempts + 1 >= MAX_ATTEMPTS => Outcome::Refused(too_often()),
            other => other,
        };
        waiting |= matches!(outcome, Outcome::Later);
        match &outcome {
            Outcome::Onward => onward.push(email.clone()),
            Outcome::Refused(trouble) => {
                failed.push(Fate { email: email.clone(), trouble: Some(trouble.clone()), host: None });
            }
            Outcome::Delivered | Outcome::Later => {}
        }
        deliveries.push(delivery(email, &outcome, now));
    }
    if waiting {
        // Told once, when all is said.
        failed.clear();
    }
    let onward = match &message {
        Ok(message) => forwarded(state, due, message, onward, &failed).await?,
        Err(refused) => Onward {
            notices: told(state, due, &refused.raw, &failed).await?,
            told: match (&refused.trouble, due.actor.person) {
                // The notice lies in a BAL that the writer cannot open any more: they are told outside of it.
                (Trouble::NoRight, Some(writer)) => tell::notices(state, writer, &Told::Unsent).await?,
                _ => Vec::new(),
            },
            ..Onward::default()
        },
    };
    let is_told = !onward.told.is_empty();
    let next = if waiting { Next::RetryAt(now + backoff(due.attempts)) } else { Next::Done };
    match state.store.outbox_delivered(due, deliveries, next, onward).await {
        // The lease passed to another, which does the same and records it.
        Err(store::Error::StateMismatch) => return Ok(()),
        other => other?,
    }
    if is_told {
        tell::wake(state);
    }
    Ok(())
}

/// What is recorded of a recipient.
fn delivery(email: &str, outcome: &Outcome, at: i64) -> Delivery {
    let (delivered, reply) = match outcome {
        Outcome::Delivered => ("yes", "250 2.1.5 Delivered".to_owned()),
        Outcome::Onward => ("queued", "250 2.0.0 Queued".to_owned()),
        Outcome::Later => ("queued", "451 4.3.0 Will be tried again".to_owned()),
        Outcome::Refused(Trouble::Reply(reply)) => ("no", reply.to_string()),
        Outcome::Refused(_) => ("no", "550 5.7.1 The message cannot be sent any more".to_owned()),
    };
    let reason = match outcome {
        Outcome::Refused(trouble) => Some(relay::notice::Reason::of_trouble(trouble).code().to_owned()),
        _ => None,
    };
    let remote = matches!(outcome, Outcome::Onward);
    Delivery { email: email.to_owned(), delivered: delivered.into(), reply, reason, remote, at, ..Delivery::default() }
}

fn unknown() -> Trouble {
    Trouble::Reply(Reply::new(550, (1, 1), "No such BAL"))
}

fn closed() -> Trouble {
    Trouble::Reply(Reply::new(550, (2, 1), "This BAL is closed"))
}

fn full() -> Trouble {
    Trouble::Reply(Reply::new(552, (2, 2), "This BAL is full"))
}

fn too_often() -> Trouble {
    Trouble::Reply(Reply::new(451, (4, 5), "Tried too often"))
}

/// What goes with the record of the attempt: jobs for other operators, what reports find the message by, the notice.
async fn forwarded(
    state: &State,
    due: &DueSubmission,
    message: &Message,
    remote: Vec<String>,
    failed: &[Fate],
) -> Result<Onward, store::Error> {
    let from = &due.submission.envelope.mail_from.email;
    let asked = mail::parse_fields(&message.raw).iter().any(|f| f.name.eq_ignore_ascii_case("Disposition-Notification-To"));
    let mut by_domain: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for email in remote {
        by_domain.entry(domain(&email)).or_default().push(email);
    }
    let job = |(domain, recipients): (String, Vec<String>)| NewJob {
        domain,
        local: false,
        envelope: JobEnvelope {
            from: Some(from.clone()),
            recipients,
            envid: Some(due.submission.id.to_string()),
            notify_success: asked,
        },
        blob: message.blob,
    };
    let mut domains: Vec<String> = due.submission.envelope.rcpt_to.iter().map(|rcpt| domain(&rcpt.email)).collect();
    domains.sort_unstable();
    domains.dedup();
    let id = due.submission.id.to_string();
    let passage = passage(state, due, &id, &message.raw, 0);
    let addresses: Vec<String> = by_domain.values().flatten().cloned().collect();
    Ok(Onward {
        patients: patients::sent(state, due.account, &message.raw, &addresses).await?,
        notices: told(state, due, &message.raw, failed).await?,
        told: Vec::new(),
        jobs: by_domain.into_iter().map(job).collect(),
        message_ids: passage.message_ids(),
        domains,
    })
}

/// The domain of an address in the form the white list knows it by.
fn domain(address: &str) -> String {
    relay::trust::domain::of_address(address)
        .unwrap_or_else(|| address.rsplit_once('@').map_or("", |(_, domain)| domain).to_lowercase())
}

/// The notice to the sender about those that failed.
async fn told(
    state: &State,
    due: &DueSubmission,
    message: &[u8],
    failed: &[Fate],
) -> Result<Vec<store::emails::NewEmail>, store::Error> {
    if failed.is_empty() {
        return Ok(Vec::new());
    }
    let subject = Subject { account: due.account, message, envid: None };
    let key = format!("notice:{}", due.submission.id);
    Ok(vec![notice::write(state, subject, Kind::Failed, failed, key).await?])
}

/// 5 s, 10 s, 20 s… up to an hour.
fn backoff(attempts: u32) -> i64 {
    (5_000_i64 << attempts.min(10)).min(3_600_000)
}

/// The message to deliver, or why not: its sender lost the right to, it is gone, something was found in it.
async fn load(state: &State, due: &DueSubmission) -> Result<Result<Message, Refused>, store::Error> {
    let Some(row) = state.store.emails(due.account, &[due.submission.email]).await?.pop() else {
        return Ok(Err(Refused { trouble: Trouble::Gone, raw: Bytes::new() }));
    };
    let raw = state.store.blob_read(due.account, &row.blob, None).await?;
    if let Some(person) = due.actor.person {
        let rights = state.store.rights_on(person, due.account).await?;
        if !rights.contains(&Action::Send) {
            return Ok(Err(Refused { trouble: Trouble::NoRight, raw }));
        }
    }
    match scan::message(state, &raw).await {
        Found::Nothing => {
            if sending::opposed_since(state, due, &raw).await? {
                return Ok(Err(Refused { trouble: Trouble::Opposed, raw }));
            }
            let (blob, raw) = on_behalf::outgoing(state, due, row.blob, raw).await?;
            let (blob, raw) = patient_notice::outgoing(state, due, blob, raw).await?;
            Ok(Ok(Message { blob, raw }))
        }
        Found::Virus { file, name } => Ok(Err(Refused { trouble: Trouble::Infected(file.unwrap_or(name)), raw })),
        // Nobody knows: it waits for the end of its lease.
        Found::Unavailable => Err(store::Error::Busy("the scanner does not answer".into())),
    }
}

async fn deliver(state: &State, due: &DueSubmission, message: &Message, index: u32, address: &str) -> Outcome {
    match try_deliver(state, due, message, index, address).await {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::warn!(%error, "a delivery failed, it will be tried again");
            Outcome::Later
        }
    }
}

async fn try_deliver(
    state: &State,
    due: &DueSubmission,
    message: &Message,
    index: u32,
    address: &str,
) -> Result<Outcome, store::Error> {
    let (account, rules) = match state.store.door(address).await? {
        Door::Open { rules, .. } if rules.sends_only => return Ok(Outcome::Refused(closed())),
        Door::Open { account, rules } => (account, rules),
        Door::Closed | Door::Suspended => return Ok(Outcome::Refused(closed())),
        Door::Unknown => {
            let ours = state.store.domain_is_ours(address).await?;
            return Ok(match (&state.relay, ours) {
                (Some(_), false) => Outcome::Onward,
                (None, false) => Outcome::Refused(Trouble::NotListed),
                (_, true) => Outcome::Refused(unknown()),
            });
        }
    };
    let now = state.clock.now_ms();
    let id = due.submission.id.to_string();
    let raw = passage(state, due, &id, &message.raw, now).into_bal(address);
    let key = DeliveryKey { submission: due.submission.id, recipient: index };
    let room = receive::has_room(state, account, &rules, raw.len() as u64).await?;
    if !room && !state.store.was_delivered(account, key).await? {
        return Ok(Outcome::Refused(full()));
    }
    let place =
        Place { received_at: now, mailboxes: vec![inbox(state, account).await?], keywords: Vec::new(), dedup_key: None };
    let read = mail::report::read(&raw, &mail::Limits::default());
    let prepared = tokio::task::spawn_blocking(move || prepare(raw, place).0).await;
    let email = prepared.map_err(|_| store::Error::Busy("preparing stopped".into()))?;
    state.store.email_deliver(Actor { means: store::Means::Relay, ..due.actor }, account, key, email).await?;
    if let Some(report) = read {
        // Written by the sender's own software: it speaks for this BAL alone, and lies in the inbox already.
        let sender = &due.submission.envelope.mail_from.email;
        reports::note(state, account, &report, &|recipient| recipient.eq_ignore_ascii_case(sender)).await?;
    }
    Ok(Outcome::Delivered)
}

fn passage<'a>(state: &'a State, due: &'a DueSubmission, id: &'a str, message: &'a [u8], at: i64) -> Passage<'a> {
    Passage { message, id, from: Some(&due.submission.envelope.mail_from.email), product: &state.config.mss.product, at }
}

/// A receipt of reading from one BAL of this server to another.
async fn report(state: &State, job: &ClaimedJob) -> Result<(), store::Error> {
    let raw = state.store.blob_read(job.account, &job.blob, None).await?;
    let own = state.store.account(job.account).await?.address;
    let read = mail::report::read(&raw, &mail::Limits::default());
    if let (Some(report), Some(to)) = (read, job.envelope.recipients.first())
        && let Some(account) = state.store.account_by_address(to).await?
    {
        reports::apply(state, account, &report, &raw, &|recipient| recipient.eq_ignore_ascii_case(&own)).await?;
    }
    let settle = Settle {
        account: job.account,
        job: job.id,
        fence: job.fence,
        actor: job.actor,
        submission: None,
        domain: job.domain.clone(),
        updates: Vec::new(),
        again: None,
        notices: Vec::new(),
        told: Vec::new(),
    };
    state.store.relay_settle(settle).await.map(drop)
}

/// Where mail comes in.
///
/// # Errors
/// The store's; `NotFound` without an inbox.
pub async fn inbox(state: &State, account: AccountId) -> Result<MailboxId, store::Error> {
    state.store.mailbox_by_role(account, Role::Inbox).await?.ok_or(store::Error::NotFound)
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
}
