//! Leasing what is due, and recording what became of it.

use std::collections::BTreeMap;

use futures::FutureExt;
use serde_json::json;
use wire::id::{AccountId, SubmissionId};

use super::{DELIVERY, Delivery, DeliveryUpdate, DueSubmission, Next, Onward, SELECT, read_actor, read_submission};
use crate::changes::Type;
use crate::db::{Tx, args, statements};
use crate::emails::{InsertOptions, insert};
use crate::error::{Error, Result};
use crate::keys::{Keys, Owner};
use crate::ledger::Ledger;
use crate::traces::{Actor, Chain, Trace, trace};
use crate::{Store, patients, relay_jobs, sent};

statements! {
    DUE = "SELECT account_id, submission_id, fence FROM submission
        WHERE state = 0 AND due_at <= $1 AND lease_until <= $1 ORDER BY due_at, account_id, submission_id LIMIT $2";
    LEASE = "UPDATE submission SET lease_until = $4, fence = fence + 1, attempts = attempts + 1, undo = 1, modseq = $5
        WHERE account_id = $1 AND submission_id = $2 AND fence = $3 AND state = 0
        RETURNING attempts, fence, person_id, session_id, means";
    OUTCOME = "UPDATE submission SET state = $4, due_at = $5, lease_until = 0, sealed_delivery = $6, modseq = $7
        WHERE account_id = $1 AND submission_id = $2 AND fence = $3 AND state = 0";
    DELIVERIES = "SELECT sealed_delivery FROM submission WHERE account_id = $1 AND submission_id = $2";
    SET_DELIVERIES = "UPDATE submission SET sealed_delivery = $3, modseq = $4 WHERE account_id = $1 AND submission_id = $2";
    NEXT_DUE = "SELECT MIN(due_at) FROM submission WHERE state = 0";
}

/// Takes those of a BAL that were seen due, (id, fence), unless another took them or they were called back meanwhile.
async fn lease(tx: &mut Tx, account: AccountId, seen: &[(i64, i64)], until: i64) -> Result<Vec<DueSubmission>> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let mut leased = Vec::with_capacity(seen.len());
    for (id, fence) in seen {
        let modseq = ledger.next(Type::Submission);
        let Some(row) = tx.fetch_optional(LEASE, args![account, *id, *fence, until, modseq]).await? else { continue };
        let submission = read_submission(&keys, &tx.fetch_one(SELECT, args![account, *id]).await?)?;
        let (attempts, fence, actor) = (row.int(0)? as u32, row.int(1)?, read_actor(&row, 2)?);
        leased.push(DueSubmission { account, actor, submission, attempts, fence });
    }
    if !leased.is_empty() {
        ledger.save(tx).await?;
    }
    Ok(leased)
}

/// What is known of the recipients; none: there is no such submission (any more).
async fn deliveries(tx: &mut Tx, keys: &Keys, account: i64, id: SubmissionId) -> Result<Option<Vec<Delivery>>> {
    let Some(row) = tx.fetch_optional(DELIVERIES, args![account, id]).await? else { return Ok(None) };
    match row.opt_bytes(0)? {
        Some(sealed) => keys.open_json(DELIVERY, id.0, &sealed).map(Some),
        None => Ok(Some(Vec::new())),
    }
}

/// Changes what is known of some recipients, in the caller's transaction; false when the submission is gone.
pub(crate) async fn update_deliveries(
    tx: &mut Tx,
    ledger: &mut Ledger,
    keys: &Keys,
    id: SubmissionId,
    updates: &[DeliveryUpdate],
) -> Result<bool> {
    let account = ledger.account;
    let Some(mut list) = deliveries(tx, keys, account, id).await? else { return Ok(false) };
    let before = list.clone();
    updates.iter().for_each(|update| update.apply(&mut list));
    if list != before {
        let sealed = keys.seal_json(tx.random().as_ref(), DELIVERY, id.0, &list)?;
        let modseq = ledger.next(Type::Submission);
        tx.execute(SET_DELIVERIES, args![account, id, sealed, modseq]).await?;
    }
    Ok(true)
}

/// Records what a report says of a submission, and files its notices.
pub(crate) async fn report(
    tx: &mut Tx,
    account: AccountId,
    id: SubmissionId,
    updates: &[DeliveryUpdate],
    notices: &insert::Batch,
) -> Result<bool> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let there = update_deliveries(tx, &mut ledger, &keys, id, updates).await?;
    ledger.save(tx).await?;
    let detail = json!({"submission": id, "recipients": updates.len()});
    trace(tx, Chain::Account(account), Trace::done("report-apply", Actor::SYSTEM, Some(account), detail)).await?;
    if !notices.is_empty() {
        insert::run(tx, notices).await?;
    }
    Ok(there)
}

/// What one attempt gave.
struct Attempt {
    due: DueSubmission,
    deliveries: Vec<Delivery>,
    next: Next,
    onward: Onward,
    notices: insert::Batch,
}

async fn outcome(tx: &mut Tx, attempt: &Attempt) -> Result<()> {
    let Attempt { due, deliveries: new, next, onward, notices } = attempt;
    let next = *next;
    let (account, id) = (due.account, due.submission.id);
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let known = deliveries(tx, &keys, account.0, id).await?.unwrap_or_default();
    // What the relay has said meanwhile stays: it alone speaks of those that it got.
    let of_relay = |email: &str| known.iter().find(|one| one.remote && one.email == email);
    let merged: Vec<Delivery> = new.iter().map(|one| of_relay(&one.email).unwrap_or(one).clone()).collect();
    let sealed = keys.seal_json(tx.random().as_ref(), DELIVERY, id.0, &merged)?;
    let (state, due_at) = match next {
        Next::Done => (1, due.submission.due_at),
        Next::RetryAt(at) => (0, at),
    };
    let modseq = ledger.next(Type::Submission);
    let row = args![account, id, due.fence, i64::from(state), due_at, sealed, modseq];
    if tx.execute(OUTCOME, row).await? == 0 {
        return Err(Error::StateMismatch);
    }
    ledger.save(tx).await?;
    relay_jobs::queue(tx, &keys, due.actor, account, Some(id), &onward.jobs).await?;
    sent::record(tx, &keys, account, id, onward).await?;
    for patient in &onward.patients {
        patients::record(tx, patient, &onward.message_ids, due.actor.person).await?;
    }
    let delivered = merged.iter().filter(|one| one.delivered == "yes").count();
    let detail = json!({
        "submission": id, "recipients": merged.len(), "delivered": delivered, "done": next == Next::Done,
        "queued": onward.jobs.iter().map(|job| job.envelope.recipients.len()).sum::<usize>(),
    });
    trace(tx, Chain::Account(account), Trace::done("submission-attempt", due.actor, Some(account), detail)).await?;
    if !notices.is_empty() {
        insert::run(tx, notices).await?;
    }
    crate::notices::add_all(tx, &onward.told).await
}

impl Store {
    /// Leases what is due now, for `lease_ms`; at most `limit`. From here on it cannot be called back.
    pub async fn outbox_due(&self, now: i64, lease_ms: i64, limit: u32) -> Result<Vec<DueSubmission>> {
        let rows = self.read().await?.fetch_all(DUE, args![now, i64::from(limit)]).await?;
        let mut seen: BTreeMap<AccountId, Vec<(i64, i64)>> = BTreeMap::new();
        for row in &rows {
            seen.entry(AccountId(row.int(0)?)).or_default().push((row.int(1)?, row.int(2)?));
        }
        let mut due = Vec::with_capacity(rows.len());
        // One transaction per BAL: nobody waits for another's.
        for (account, seen) in seen {
            let input = (account, seen, now + lease_ms);
            due.extend(self.write(input, |tx, (account, seen, until)| lease(tx, *account, seen, *until).boxed()).await?);
        }
        due.sort_by_key(|one: &DueSubmission| one.submission.due_at);
        Ok(due)
    }

    /// Records what became of a leased submission, queues what goes to other operators and files the notices.
    /// `StateMismatch` when the lease passed to another.
    pub async fn outbox_delivered(
        &self,
        due: &DueSubmission,
        deliveries: Vec<Delivery>,
        next: Next,
        mut onward: Onward,
    ) -> Result<()> {
        let options = InsertOptions { skip_existing: true, ..InsertOptions::default() };
        let letters = std::mem::take(&mut onward.notices);
        let notices = self.email_batch(Actor::SYSTEM, due.account, letters, options, None).await?;
        let attempt = Attempt { due: due.clone(), deliveries, next, onward, notices };
        self.write(attempt, |tx, attempt| outcome(tx, attempt).boxed()).await
    }

    /// When the next waiting submission is due.
    pub async fn outbox_next_due(&self) -> Result<Option<i64>> {
        self.read().await?.fetch_one(NEXT_DUE, args![]).await?.opt_int(0)
    }
}
