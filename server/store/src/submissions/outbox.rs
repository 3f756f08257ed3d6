//! Leasing what is due, and recording what became of it.

use futures::FutureExt;
use serde_json::json;
use wire::id::AccountId;

use super::{DELIVERY, Delivery, DueSubmission, Next, SELECT, read_actor, read_submission};
use crate::Store;
use crate::changes::Type;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::Owner;
use crate::ledger::Ledger;
use crate::traces::{Chain, Trace, trace};

statements! {
    DUE = "SELECT account_id, submission_id, fence FROM submission
        WHERE state = 0 AND due_at <= $1 AND lease_until <= $1 ORDER BY due_at, account_id, submission_id LIMIT $2";
    LEASE = "UPDATE submission SET lease_until = $4, fence = fence + 1, attempts = attempts + 1, undo = 1, modseq = $5
        WHERE account_id = $1 AND submission_id = $2 AND fence = $3 AND state = 0
        RETURNING attempts, fence, person_id, session_id, means";
    OUTCOME = "UPDATE submission SET state = $4, due_at = $5, lease_until = 0, sealed_delivery = $6, modseq = $7
        WHERE account_id = $1 AND submission_id = $2 AND fence = $3 AND state = 0";
    NEXT_DUE = "SELECT MIN(due_at) FROM submission WHERE state = 0";
}

/// Takes one that was seen due, unless another took it or it was called back meanwhile.
async fn lease(tx: &mut Tx, account: AccountId, id: i64, fence: i64, until: i64) -> Result<Option<DueSubmission>> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let modseq = ledger.next(Type::Submission);
    let Some(row) = tx.fetch_optional(LEASE, args![account, id, fence, until, modseq]).await? else { return Ok(None) };
    ledger.save(tx).await?;
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let submission = read_submission(&keys, &tx.fetch_one(SELECT, args![account, id]).await?)?;
    let (attempts, fence, actor) = (row.int(0)? as u32, row.int(1)?, read_actor(&row, 2)?);
    Ok(Some(DueSubmission { account, actor, submission, attempts, fence }))
}

async fn outcome(tx: &mut Tx, due: &DueSubmission, deliveries: &[Delivery], next: Next) -> Result<()> {
    let (account, id) = (due.account, due.submission.id);
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let sealed = keys.seal_json(tx.random().as_ref(), DELIVERY, id.0, &deliveries)?;
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
    let delivered = deliveries.iter().filter(|one| one.delivered == "yes").count();
    let detail =
        json!({"submission": id, "recipients": deliveries.len(), "delivered": delivered, "done": next == Next::Done});
    trace(tx, Chain::Account(account), Trace::done("submission-attempt", due.actor, Some(account), detail)).await
}

impl Store {
    /// Leases what is due now, for `lease_ms`; at most `limit`. From here on it cannot be called back.
    pub async fn outbox_due(&self, now: i64, lease_ms: i64, limit: u32) -> Result<Vec<DueSubmission>> {
        let rows = self.read().await?.fetch_all(DUE, args![now, i64::from(limit)]).await?;
        let mut due = Vec::with_capacity(rows.len());
        for row in &rows {
            let input = (AccountId(row.int(0)?), row.int(1)?, row.int(2)?, now + lease_ms);
            let leased =
                self.write(input, |tx, (account, id, fence, until)| lease(tx, *account, *id, *fence, *until).boxed());
            due.extend(leased.await?);
        }
        Ok(due)
    }

    /// Records what became of a leased submission. `StateMismatch` when the lease passed to another.
    pub async fn outbox_delivered(&self, due: &DueSubmission, deliveries: Vec<Delivery>, next: Next) -> Result<()> {
        self.write((due.clone(), deliveries, next), |tx, (due, deliveries, next)| {
            outcome(tx, due, deliveries, *next).boxed()
        })
        .await
    }

    /// When the next waiting submission is due.
    pub async fn outbox_next_due(&self) -> Result<Option<i64>> {
        self.read().await?.fetch_one(NEXT_DUE, args![]).await?.opt_int(0)
    }
}
