//! What waits to be sent to people outside the service: a queue that survives crashes. A notice is leased before it is
//! sent and gone once it was; one whose process died meanwhile is sent again only when that is better than never.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use wire::id::PersonId;

use crate::db::{Tx, args, statements};
use crate::keys::Owner;
use crate::{Result, Store};

statements! {
    INSERT = "INSERT INTO notice (notice_id, person_id, channel, sealed, due_at, state, attempts, again, leased_at)
        VALUES ($1, $2, $3, $4, $5, 0, 0, $6, 0)";
    DUE = "SELECT notice_id FROM notice WHERE state = 0 AND due_at <= $1 ORDER BY due_at, notice_id LIMIT $2";
    LEASE = "UPDATE notice SET state = 1, leased_at = $2, attempts = attempts + 1 WHERE notice_id = $1 AND state = 0
        RETURNING person_id, channel, sealed, attempts";
    RETRY = "UPDATE notice SET state = 0, due_at = $2 WHERE notice_id = $1 AND state = 1";
    DELETE = "DELETE FROM notice WHERE notice_id = $1";
    STALE = "SELECT notice_id FROM notice WHERE state = 1 AND leased_at < $1 LIMIT 1";
    AGAIN = "UPDATE notice SET state = 0 WHERE state = 1 AND again = 1 AND leased_at < $1";
    LOST = "DELETE FROM notice WHERE state = 1 AND again = 0 AND leased_at < $1";
    WAITING = "SELECT COUNT(*) FROM notice WHERE person_id = $1";
}

const TABLE: &str = "notice";
/// A process that sends for longer than this has died.
const LEASE_MS: i64 = 5 * 60_000;

/// How a notice reaches a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Email,
    Sms,
}

impl Channel {
    fn code(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }
}

/// A notice to send. Never health data, a sender or a subject of mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Where to; none: the person's contact when it is sent.
    pub to: Option<String>,
    pub subject: String,
    pub text: String,
    /// Sent again after a crash, at the risk of twice.
    pub again: bool,
}

/// A notice that is ours to send now.
#[derive(Debug, Clone)]
pub struct DueNotice {
    pub id: i64,
    pub person: PersonId,
    pub channel: Channel,
    pub notice: Notice,
    pub attempts: i64,
}

impl Store {
    /// Puts notices into the queue.
    pub async fn notices_add(&self, notices: Vec<(PersonId, Channel, Notice)>) -> Result<()> {
        self.write(notices, |tx, notices| add_all(tx, notices).boxed()).await
    }

    /// Leases what is due; at most `limit`.
    pub async fn notices_due(&self, limit: u32) -> Result<Vec<DueNotice>> {
        let now = self.now();
        let lost = now - LEASE_MS;
        let rows = self.read().await?.fetch_all(DUE, args![now, i64::from(limit)]).await?;
        let stale = self.read().await?.fetch_optional(STALE, args![lost]).await?.is_some();
        if stale {
            self.write(lost, |tx, lost| {
                async move {
                    tx.execute(AGAIN, args![*lost]).await?;
                    tx.execute(LOST, args![*lost]).await.map(drop)
                }
                .boxed()
            })
            .await?;
        }
        let mut due = Vec::with_capacity(rows.len());
        for row in &rows {
            due.extend(self.write(row.int(0)?, |tx, id| lease(tx, *id).boxed()).await?);
        }
        Ok(due)
    }

    /// It was sent, or given up.
    pub async fn notice_done(&self, id: i64) -> Result<()> {
        self.write(id, |tx, id| async move { tx.execute(DELETE, args![*id]).await.map(drop) }.boxed()).await
    }

    /// It could not be sent: again at `due_at`.
    pub async fn notice_retry(&self, id: i64, due_at: i64) -> Result<()> {
        self.write((id, due_at), |tx, (id, due_at)| {
            async move { tx.execute(RETRY, args![*id, *due_at]).await.map(drop) }.boxed()
        })
        .await
    }

    /// How many notices wait for a person.
    pub async fn notices_waiting(&self, person: PersonId) -> Result<i64> {
        self.read().await?.fetch_one(WAITING, args![person]).await?.int(0)
    }
}

/// Puts a notice into the queue, in the caller's transaction.
/// Puts notices into the queue, in the caller's transaction.
pub(crate) async fn add_all(tx: &mut Tx, notices: &[(PersonId, Channel, Notice)]) -> Result<()> {
    for (person, channel, notice) in notices {
        add(tx, *person, *channel, notice).await?;
    }
    Ok(())
}

pub(crate) async fn add(tx: &mut Tx, person: PersonId, channel: Channel, notice: &Notice) -> Result<()> {
    let (id, now, random) = (tx.new_id(), tx.now(), tx.random());
    let keys = tx.keys(Owner::Person(person.0)).await?;
    let sealed = keys.seal_json(random.as_ref(), TABLE, id, notice)?;
    let row = args![id, person, channel.code(), sealed, now, i64::from(notice.again)];
    tx.execute(INSERT, row).await.map(drop)
}

async fn lease(tx: &mut Tx, id: i64) -> Result<Option<DueNotice>> {
    let now = tx.now();
    let Some(row) = tx.fetch_optional(LEASE, args![id, now]).await? else { return Ok(None) };
    let person = PersonId(row.int(0)?);
    let channel = if row.text(1)? == "sms" { Channel::Sms } else { Channel::Email };
    let notice = tx.keys(Owner::Person(person.0)).await?.open_json(TABLE, id, &row.bytes(2)?)?;
    Ok(Some(DueNotice { id, person, channel, notice, attempts: row.int(3)? }))
}
