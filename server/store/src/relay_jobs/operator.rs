//! The queue as its operator sees and steers it: domains, times and counts, never who writes to whom.

use futures::FutureExt;
use serde_json::json;
use wire::id::{AccountId, SubmissionId};

use crate::Store;
use crate::db::{Row, Tx, args, statements};
use crate::error::{Error, Result};
use crate::traces::{Actor, Chain, Trace, trace};

statements! {
    LIST = "SELECT account_id, job_id, submission_id, domain, due_at, queued_at, lease_until, attempts, held, reason
        FROM relay_job ORDER BY queued_at, account_id, job_id LIMIT $1";
    SEARCH = "SELECT account_id, job_id, submission_id, domain, due_at, queued_at, lease_until, attempts, held, reason
        FROM relay_job WHERE ($1 = '' OR domain = $1) AND ($2 = '' OR $2 = CASE WHEN held = 2 THEN 'dropped'
        WHEN held = 1 THEN 'held' WHEN lease_until > $3 THEN 'sending' WHEN attempts > 0 THEN 'deferred' ELSE 'queued' END)
        ORDER BY queued_at, account_id, job_id LIMIT $4";
    DOMAINS = "SELECT domain, COUNT(*) FROM relay_job GROUP BY domain ORDER BY domain LIMIT $1";
    FIND = "SELECT account_id, job_id, submission_id, domain, due_at, queued_at, lease_until, attempts, held, reason
        FROM relay_job WHERE job_id = $1";
    RETRY = "UPDATE relay_job SET due_at = $3 WHERE account_id = $1 AND job_id = $2";
    HOLD = "UPDATE relay_job SET held = $3 WHERE account_id = $1 AND job_id = $2";
    DROP = "UPDATE relay_job SET held = 2, due_at = $3 WHERE account_id = $1 AND job_id = $2";
    FIGURES = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN held = 1 THEN 1 ELSE 0 END), 0) AS BIGINT), MIN(queued_at),
        CAST(COALESCE(SUM(CASE WHEN attempts > 0 THEN 1 ELSE 0 END), 0) AS BIGINT) FROM relay_job";
}

/// Not tried until it is released.
const HELD: i64 = 1;
/// To be dropped, which who works the queue off does.
const DROPPED: i64 = 2;

/// One job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRow {
    pub account: AccountId,
    pub id: i64,
    pub submission: Option<SubmissionId>,
    pub domain: String,
    pub due_at: i64,
    pub queued_at: i64,
    /// A worker has it until then.
    pub lease_until: i64,
    pub attempts: i64,
    pub held: bool,
    /// It is about to be dropped.
    pub dropped: bool,
    /// Code of the last trouble.
    pub reason: Option<String>,
}

/// Figures of the whole queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueFigures {
    pub waiting: i64,
    pub held: i64,
    /// Tried at least once.
    pub tried: i64,
    /// When the oldest was queued.
    pub oldest_at: Option<i64>,
}

impl QueueRow {
    /// `queued`, `deferred` (tried before), `sending`, `held` or `dropped`: the words of the filter of `queue_search`.
    pub fn state(&self, now: i64) -> &'static str {
        match (self.dropped, self.held, self.lease_until > now) {
            (true, ..) => "dropped",
            (_, true, _) => "held",
            (.., true) => "sending",
            _ if self.attempts > 0 => "deferred",
            _ => "queued",
        }
    }
}

fn read(row: &Row) -> Result<QueueRow> {
    Ok(QueueRow {
        account: AccountId(row.int(0)?),
        id: row.int(1)?,
        submission: row.opt_int(2)?.map(SubmissionId),
        domain: row.text(3)?,
        due_at: row.int(4)?,
        queued_at: row.int(5)?,
        lease_until: row.int(6)?,
        attempts: row.int(7)?,
        held: row.int(8)? == HELD,
        dropped: row.int(8)? == DROPPED,
        reason: row.opt_text(9)?,
    })
}

async fn leave(tx: &mut Tx, actor: Actor, job: &QueueRow, kind: &'static str) -> Result<()> {
    let detail = json!({"submission": job.submission, "domain": job.domain});
    trace(tx, Chain::Account(job.account), Trace::done(kind, actor, Some(job.account), detail)).await
}

async fn found(tx: &mut Tx, id: i64) -> Result<QueueRow> {
    read(&tx.fetch_optional(FIND, args![id]).await?.ok_or(Error::NotFound)?)
}

impl Store {
    /// The jobs that wait, the oldest first.
    pub async fn queue_list(&self, limit: u32) -> Result<Vec<QueueRow>> {
        let rows = self.read().await?.fetch_all(LIST, args![i64::from(limit)]).await?;
        rows.iter().map(read).collect()
    }

    /// The jobs for a domain and in a state (`QueueRow::state`), the oldest first; empty text asks for any.
    pub async fn queue_search(&self, domain: &str, state: &str, limit: u32) -> Result<Vec<QueueRow>> {
        let now = self.now();
        let rows = self.read().await?.fetch_all(SEARCH, args![domain, state, now, i64::from(limit)]).await?;
        rows.iter().map(read).collect()
    }

    /// The domains that jobs wait for, by name, with how many.
    pub async fn queue_domains(&self, limit: u32) -> Result<Vec<(String, i64)>> {
        let rows = self.read().await?.fetch_all(DOMAINS, args![i64::from(limit)]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
    }

    /// One job. `NotFound`.
    pub async fn queue_find(&self, id: i64) -> Result<QueueRow> {
        read(&self.read().await?.fetch_optional(FIND, args![id]).await?.ok_or(Error::NotFound)?)
    }

    /// Makes a job due now. `NotFound`.
    pub async fn queue_retry(&self, actor: Actor, id: i64) -> Result<()> {
        self.write((actor, id), |tx, (actor, id)| {
            async move {
                let (job, now) = (found(tx, *id).await?, tx.now());
                tx.execute(RETRY, args![job.account, job.id, now]).await?;
                tx.touch(job.account.0);
                leave(tx, *actor, &job, "queue-retry").await
            }
            .boxed()
        })
        .await
    }

    /// Keeps a job from being tried, or lets it go again. An attempt under way ends. `NotFound`.
    pub async fn queue_hold(&self, actor: Actor, id: i64, held: bool) -> Result<()> {
        self.write((actor, id, held), |tx, (actor, id, held)| {
            async move {
                let job = found(tx, *id).await?;
                tx.execute(HOLD, args![job.account, job.id, i64::from(*held)]).await?;
                tx.touch(job.account.0);
                leave(tx, *actor, &job, if *held { "queue-hold" } else { "queue-release" }).await
            }
            .boxed()
        })
        .await
    }

    /// Asks for a job to be dropped: who works the queue off tells its sender. An attempt under way may still succeed.
    /// `NotFound`.
    pub async fn queue_drop(&self, actor: Actor, id: i64) -> Result<()> {
        self.write((actor, id), |tx, (actor, id)| {
            async move {
                let (job, now) = (found(tx, *id).await?, tx.now());
                tx.execute(DROP, args![job.account, job.id, now]).await?;
                tx.touch(job.account.0);
                leave(tx, *actor, &job, "queue-drop").await
            }
            .boxed()
        })
        .await
    }

    /// Figures of the queue.
    pub async fn queue_figures(&self) -> Result<QueueFigures> {
        let row = self.read().await?.fetch_one(FIGURES, args![]).await?;
        Ok(QueueFigures { waiting: row.int(0)?, held: row.int(1)?, oldest_at: row.opt_int(2)?, tried: row.int(3)? })
    }
}
