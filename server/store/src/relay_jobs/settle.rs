//! What came of an attempt, in one transaction under the job's fence.

use futures::FutureExt;
use serde_json::json;
use wire::id::{AccountId, PersonId, SubmissionId};

use super::{JobEnvelope, TABLE};
use crate::db::{Tx, args, statements};
use crate::emails::{InsertOptions, NewEmail, insert};
use crate::error::Result;
use crate::keys::Owner;
use crate::ledger::Ledger;
use crate::notices::{self, Channel, Notice};
use crate::submissions::DeliveryUpdate;
use crate::submissions::outbox::update_deliveries;
use crate::traces::{Actor, Chain, Trace, trace};
use crate::{Store, submissions};

statements! {
    DONE = "DELETE FROM relay_job WHERE account_id = $1 AND job_id = $2 AND fence = $3";
    AGAIN = "UPDATE relay_job SET due_at = $4, lease_until = 0, attempts = attempts + 1, told_late = $5, reason = $6,
        sealed = $7 WHERE account_id = $1 AND job_id = $2 AND fence = $3";
}

/// The recipients that still wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    pub due_at: i64,
    /// With those recipients only.
    pub envelope: JobEnvelope,
    pub told_late: bool,
    /// Code of the trouble, for the operator.
    pub reason: Option<String>,
}

/// What is written after an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Settle {
    pub account: AccountId,
    pub job: i64,
    /// Written only while the job has it.
    pub fence: i64,
    pub actor: Actor,
    pub submission: Option<SubmissionId>,
    pub domain: String,
    pub updates: Vec<DeliveryUpdate>,
    /// None: every recipient has its answer.
    pub again: Option<Again>,
    /// Notices for the sender's inbox, each once by its `dedup_key`.
    pub notices: Vec<NewEmail>,
    /// For persons, outside of the service.
    pub told: Vec<(PersonId, Channel, Notice)>,
}

struct Input {
    settle: Settle,
    notices: insert::Batch,
}

async fn run(tx: &mut Tx, input: &Input) -> Result<bool> {
    let settle = &input.settle;
    let (account, job, fence) = (settle.account, settle.job, settle.fence);
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let held = match &settle.again {
        None => tx.execute(DONE, args![account, job, fence]).await?,
        Some(again) => {
            let sealed = keys.seal_json(tx.random().as_ref(), TABLE, job, &again.envelope)?;
            let (late, reason) = (i64::from(again.told_late), again.reason.clone());
            tx.execute(AGAIN, args![account, job, fence, again.due_at, late, reason, sealed]).await?
        }
    };
    if held == 0 {
        return Ok(false);
    }
    if let Some(submission) = settle.submission {
        update_deliveries(tx, &mut ledger, &keys, submission, &settle.updates).await?;
    }
    ledger.save(tx).await?;
    let count = |word: &str| settle.updates.iter().filter(|update| update.is(word)).count();
    let detail = json!({
        "submission": settle.submission, "domain": settle.domain, "handed_over": count("unknown") + count("yes"),
        "refused": count("no"), "waiting": settle.again.as_ref().map_or(0, |again| again.envelope.recipients.len()),
    });
    trace(tx, Chain::Account(account), Trace::done("relay-attempt", settle.actor, Some(account), detail)).await?;
    if !input.notices.is_empty() {
        insert::run(tx, &input.notices).await?;
    }
    notices::add_all(tx, &settle.told).await?;
    Ok(true)
}

impl Store {
    /// Writes what came of an attempt. False when the job passed to another, or was dropped: nothing was written.
    pub async fn relay_settle(&self, mut settle: Settle) -> Result<bool> {
        let options = InsertOptions { skip_existing: true, ..InsertOptions::default() };
        let letters = std::mem::take(&mut settle.notices);
        let notices = self.email_batch(Actor::SYSTEM, settle.account, letters, options, None).await?;
        self.write(Input { settle, notices }, |tx, input| run(tx, input).boxed()).await
    }

    /// Records what reports say of a submission and files their notices, in one transaction. False when the submission is
    /// gone: the notices are filed all the same.
    pub async fn report_apply(
        &self,
        account: AccountId,
        submission: SubmissionId,
        updates: Vec<DeliveryUpdate>,
        notices: Vec<NewEmail>,
    ) -> Result<bool> {
        let options = InsertOptions { skip_existing: true, ..InsertOptions::default() };
        let notices = self.email_batch(Actor::SYSTEM, account, notices, options, None).await?;
        self.write((account, submission, updates, notices), |tx, (account, submission, updates, notices)| {
            submissions::outbox::report(tx, *account, *submission, updates, notices).boxed()
        })
        .await
    }
}
