//! What waits to be handed to other operators: one row per message and domain, claimed under a lease with a fencing token.
//!
//! Rows are made in the transaction that records what became of a submission here (`submissions::outbox`), or with a
//! receipt of reading (`receipts`). `settle` writes what came of an attempt in one transaction: the row, the state of each
//! recipient in the submission, the notice in the inbox. `operator` is what the command line needs.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use wire::id::{AccountId, SubmissionId};

use crate::Store;
use crate::blobs::BlobId;
use crate::db::{Row, Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::{Keys, Owner};
use crate::query::sql::Sql;
use crate::submissions::read_actor;
use crate::traces::Actor;

pub mod operator;
pub mod settle;

pub use operator::{QueueFigures, QueueRow};
pub use settle::{Again, Settle};

statements! {
    INSERT = "INSERT INTO relay_job (account_id, job_id, submission_id, person_id, session_id, means, domain, local, due_at,
        queued_at, lease_until, fence, attempts, told_late, held, reason, blob_id, sealed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, 0, 0, 0, NULL, $11, $12)";
    LEASE = "UPDATE relay_job SET lease_until = $4, fence = fence + 1
        WHERE account_id = $1 AND job_id = $2 AND fence = $3 AND held <> 1 AND lease_until <= $5
        RETURNING fence, submission_id, person_id, session_id, means, domain, attempts, queued_at, told_late, blob_id, sealed, held";
    RENEW = "UPDATE relay_job SET lease_until = $4 WHERE account_id = $1 AND job_id = $2 AND fence = $3";
    POSTPONE = "UPDATE relay_job SET lease_until = 0, due_at = $4 WHERE account_id = $1 AND job_id = $2 AND fence = $3";
    NEXT_DUE = "SELECT MIN(CASE WHEN lease_until > due_at THEN lease_until ELSE due_at END) FROM relay_job
        WHERE local = $1 AND held <> 1";
    DELETE = "DELETE FROM relay_job WHERE account_id = $1 AND job_id = $2";
}

const TABLE: &str = "relay_job";

/// Whom a job goes to, and what was asked of the other side (RFC 3461).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JobEnvelope {
    /// None: the null reverse-path of reports.
    pub from: Option<String>,
    /// Those who still wait.
    pub recipients: Vec<String>,
    pub envid: Option<String>,
    /// To be told of success too.
    #[serde(default)]
    pub notify_success: bool,
}

/// A job to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    pub domain: String,
    /// For BALs of this server.
    pub local: bool,
    pub envelope: JobEnvelope,
    /// The message as kept, Bcc and all: what goes out is made of it when it goes.
    pub blob: BlobId,
}

/// A job that may be claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueJob {
    account: AccountId,
    id: i64,
    fence: i64,
    pub domain: String,
}

/// A job held under a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedJob {
    pub account: AccountId,
    pub id: i64,
    /// Proves the lease.
    pub fence: i64,
    /// None for reports.
    pub submission: Option<SubmissionId>,
    pub actor: Actor,
    pub domain: String,
    pub envelope: JobEnvelope,
    pub blob: BlobId,
    /// Attempts before this one.
    pub attempts: u32,
    pub queued_at: i64,
    pub told_late: bool,
    /// The operator wants it dropped.
    pub dropped: bool,
}

/// Queues jobs in the caller's transaction.
pub(crate) async fn queue(
    tx: &mut Tx,
    keys: &Keys,
    actor: Actor,
    account: AccountId,
    submission: Option<SubmissionId>,
    jobs: &[NewJob],
) -> Result<()> {
    let now = tx.now();
    for job in jobs {
        let id = tx.new_id();
        let sealed = keys.seal_json(tx.random().as_ref(), TABLE, id, &job.envelope)?;
        let row = args![
            account,
            id,
            submission.map(|id| id.0),
            actor.person,
            actor.session,
            actor.means.code(),
            job.domain.as_str(),
            i64::from(job.local),
            now,
            now,
            job.blob.0.to_vec(),
            sealed
        ];
        tx.execute(INSERT, row).await?;
    }
    Ok(())
}

fn read_claim(keys: &Keys, account: AccountId, id: i64, row: &Row) -> Result<ClaimedJob> {
    let blob = row.bytes(9)?;
    Ok(ClaimedJob {
        account,
        id,
        fence: row.int(0)?,
        submission: row.opt_int(1)?.map(SubmissionId),
        actor: read_actor(row, 2)?,
        domain: row.text(5)?,
        attempts: u32::try_from(row.int(6)?).unwrap_or(u32::MAX),
        queued_at: row.int(7)?,
        told_late: row.flag(8)?,
        blob: BlobId(blob.as_slice().try_into().map_err(|_| Error::Corrupt("blob id"))?),
        envelope: keys.open_json(TABLE, id, &row.bytes(10)?)?,
        dropped: row.int(11)? == 2,
    })
}

/// Takes those of `seen` that nobody took meanwhile.
async fn lease(tx: &mut Tx, seen: &[DueJob], now: i64, until: i64) -> Result<Vec<ClaimedJob>> {
    let mut claimed = Vec::with_capacity(seen.len());
    for DueJob { account, id, fence, .. } in seen {
        let Some(row) = tx.fetch_optional(LEASE, args![*account, *id, *fence, until, now]).await? else { continue };
        match tx.keys(Owner::Account(account.0)).await {
            Ok(keys) => claimed.push(read_claim(&keys, *account, *id, &row)?),
            // The BAL was erased: its mail can never be read again.
            Err(error) if error.is_not_found() => drop(tx.execute(DELETE, args![*account, *id]).await?),
            Err(error) => return Err(error),
        }
    }
    Ok(claimed)
}

impl Store {
    /// What is due now and held by nobody, the earliest first, at most `most`. `local`: what goes to BALs of this server, or
    /// the rest; none of it to a domain of `except`.
    pub async fn relay_due(&self, local: bool, now: i64, most: usize, except: &[&str]) -> Result<Vec<DueJob>> {
        let mut sql = Sql::new("SELECT account_id, job_id, fence, domain FROM relay_job WHERE held <> 1 AND local = ");
        sql.bind(i64::from(local)).push(" AND due_at <= ").bind(now).push(" AND lease_until <= ").bind(now);
        for domain in except {
            sql.push(" AND domain <> ").bind(*domain);
        }
        sql.push(" ORDER BY due_at, account_id, job_id LIMIT ").bind(i64::try_from(most).unwrap_or(i64::MAX));
        let rows = self.read().await?.fetch_composed(sql.done()).await?;
        let due = |row: &Row| {
            Ok(DueJob { account: AccountId(row.int(0)?), id: row.int(1)?, fence: row.int(2)?, domain: row.text(3)? })
        };
        rows.iter().map(due).collect()
    }

    /// Claims those of `due` that nobody took meanwhile, until `until`.
    pub async fn relay_lease(&self, mut due: Vec<DueJob>, now: i64, until: i64) -> Result<Vec<ClaimedJob>> {
        if due.is_empty() {
            return Ok(Vec::new());
        }
        // Rows are locked in one order by all.
        due.sort_unstable_by_key(|job| (job.account, job.id));
        let mut claimed =
            self.write((due, now, until), |tx, (due, now, until)| lease(tx, due, *now, *until).boxed()).await?;
        claimed.sort_by_key(|job| job.queued_at);
        Ok(claimed)
    }

    /// Prolongs a lease. False when it passed to another.
    pub async fn relay_renew(&self, account: AccountId, job: i64, fence: i64, until: i64) -> Result<bool> {
        self.write(args![account, job, fence, until], |tx, row| {
            async move { Ok(tx.execute(RENEW, row.clone()).await? > 0) }.boxed()
        })
        .await
    }

    /// Gives a job back untried, due again at `due`; nothing when the lease passed to another.
    pub async fn relay_postpone(&self, account: AccountId, job: i64, fence: i64, due: i64) -> Result<()> {
        self.write(args![account, job, fence, due], |tx, row| {
            async move { tx.execute(POSTPONE, row.clone()).await.map(drop) }.boxed()
        })
        .await
    }

    /// When the next job is due.
    pub async fn relay_next_due(&self, local: bool) -> Result<Option<i64>> {
        self.read().await?.fetch_one(NEXT_DUE, args![i64::from(local)]).await?.opt_int(0)
    }
}
