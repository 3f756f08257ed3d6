//! What came of an attempt, for people: the state of each recipient, and the notices.

use relay::notice::Reason;
use relay::send::{Outcome, Settlement, Trouble};
use store::notices::{Channel, Notice};
use store::relay_jobs::{Again, ClaimedJob, JobEnvelope, Settle};
use store::submissions::{Delivery, DeliveryUpdate};
use wire::id::PersonId;

use super::outbox::again_at;
use crate::service::notice::{self, Fate, Kind, Subject};
use crate::service::tell::{self, Told};
use crate::state::State;

const HOUR_MS: i64 = 3_600_000;

/// Writes what came of an attempt; false when the job is no longer ours.
///
/// # Errors
/// The store's.
pub async fn settle(state: &State, job: &ClaimedJob, settlement: &Settlement) -> Result<bool, store::Error> {
    let pairs: Vec<(&String, &Outcome)> = job.envelope.recipients.iter().zip(&settlement.outcomes).collect();
    let waiting: Vec<String> =
        pairs.iter().filter(|(_, outcome)| !outcome.is_final()).map(|(email, _)| (*email).clone()).collect();
    let again = again_at(settlement.next).filter(|_| !waiting.is_empty()).map(|due_at| Again {
        due_at,
        envelope: JobEnvelope { recipients: waiting, ..job.envelope.clone() },
        told_late: job.told_late || settlement.tell_late,
        reason: pairs.iter().find_map(|(_, outcome)| trouble(outcome)).map(|t| Reason::of_trouble(t).code().to_owned()),
    });
    let told_late = again.as_ref().is_some_and(|again| again.told_late);
    let updates = pairs.iter().map(|(email, outcome)| update(email, outcome, told_late, settlement.at)).collect();
    let settle = Settle {
        account: job.account,
        job: job.id,
        fence: settlement.token,
        actor: job.actor,
        submission: job.submission,
        domain: job.domain.clone(),
        updates,
        again,
        notices: notices(state, job, settlement, &pairs).await?,
        told: told(state, job, &pairs).await?,
    };
    let is_told = !settle.told.is_empty();
    let ours = state.store.relay_settle(settle).await?;
    if ours {
        if is_told {
            tell::wake(state);
        }
        for (_, outcome) in pairs {
            state.metrics.event("relay_out", word(outcome));
        }
    }
    Ok(ours)
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Sent(_) => "handed_over",
        Outcome::Failed { .. } => "failed",
        Outcome::Deferred { .. } => "deferred",
    }
}

fn trouble(outcome: &Outcome) -> Option<&Trouble> {
    match outcome {
        Outcome::Sent(_) => None,
        Outcome::Failed { trouble, .. } | Outcome::Deferred { trouble, .. } => Some(trouble),
    }
}

/// The reply as SMTP says it; ours where no host said anything.
fn reply(code: &str, trouble: &Trouble) -> String {
    match trouble {
        Trouble::Reply(reply) => reply.to_string(),
        other => format!("{code} {}", Reason::of_trouble(other).code()),
    }
}

/// What is known of a recipient after an attempt (RFC 8621 §7): handed over is `unknown`, until a report says more.
fn update(email: &str, outcome: &Outcome, told_late: bool, at: i64) -> DeliveryUpdate {
    let reason = trouble(outcome).map(|trouble| Reason::of_trouble(trouble).code().to_owned());
    let base = Delivery { email: email.to_owned(), remote: true, at, reason, ..Delivery::default() };
    DeliveryUpdate::Set(match outcome {
        Outcome::Sent(handed) => Delivery {
            delivered: "unknown".into(),
            reply: handed.reply.to_string(),
            operator: Some(handed.operator.clone()),
            at: handed.at,
            ..base
        },
        Outcome::Failed { trouble, .. } => Delivery { delivered: "no".into(), reply: reply("554 5.0.0", trouble), ..base },
        Outcome::Deferred { trouble, .. } => {
            Delivery { delivered: "queued".into(), reply: reply("451 4.0.0", trouble), late: told_late, ..base }
        }
    })
}

/// The notice lies in a BAL that the writer cannot open any more: they are told outside of it. Nobody is told about reports.
async fn told(
    state: &State,
    job: &ClaimedJob,
    pairs: &[(&String, &Outcome)],
) -> Result<Vec<(PersonId, Channel, Notice)>, store::Error> {
    let lost = pairs.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed { trouble: Trouble::NoRight, .. }));
    match job.actor.person.filter(|_| lost && job.submission.is_some()) {
        Some(writer) => tell::notices(state, writer, &Told::Unsent).await,
        None => Ok(Vec::new()),
    }
}

/// One notice about those that failed, one about those that are late. Nobody is told about reports.
async fn notices(
    state: &State,
    job: &ClaimedJob,
    settlement: &Settlement,
    pairs: &[(&String, &Outcome)],
) -> Result<Vec<store::emails::NewEmail>, store::Error> {
    let fates = |wanted: fn(&Outcome) -> bool| -> Vec<Fate> {
        let wanted = pairs.iter().filter(|(_, outcome)| wanted(outcome));
        wanted.map(|(email, outcome)| fate(email, outcome)).collect()
    };
    let failed = fates(|outcome| matches!(outcome, Outcome::Failed { .. }));
    let late = if settlement.tell_late { fates(|outcome| !outcome.is_final()) } else { Vec::new() };
    if job.envelope.from.is_none() || (failed.is_empty() && late.is_empty()) {
        return Ok(Vec::new());
    }
    let message = match state.store.blob_read(job.account, &job.blob, None).await {
        Err(error) if error.is_not_found() => bytes::Bytes::new(),
        other => other?,
    };
    let subject = Subject { account: job.account, message: &message, envid: job.envelope.envid.as_deref() };
    let mut notices = Vec::new();
    if !failed.is_empty() {
        let key = format!("relay-failed:{}:{}", job.id, settlement.token);
        notices.push(notice::write(state, subject, Kind::Failed, &failed, key).await?);
    }
    if !late.is_empty() {
        let end = job.queued_at + state.config.relay_out.policy().give_up_after_ms;
        let hours_left = ((end - settlement.at).max(0) + HOUR_MS - 1) / HOUR_MS;
        let key = format!("relay-late:{}", job.id);
        notices.push(notice::write(state, subject, Kind::Late { hours_left }, &late, key).await?);
    }
    Ok(notices)
}

fn fate(email: &str, outcome: &Outcome) -> Fate {
    let host = match outcome {
        Outcome::Sent(handed) => Some(handed.host.clone()),
        Outcome::Failed { host, .. } | Outcome::Deferred { host, .. } => host.clone(),
    };
    Fate { email: email.to_owned(), trouble: trouble(outcome).cloned(), host }
}
