//! The sign that somebody writes an answer: kept for seconds, given again while they write, told to whoever watches.

use futures::FutureExt;
use wire::id::{AccountId, PersonId, ThreadId};

use super::{current, save};
use crate::Store;
use crate::db::{Row, Tx, args, statements};
use crate::error::Result;
use crate::ledger::Ledger;
use crate::query::sql::select_in;

statements! {
    SIGN = "INSERT INTO work_answering (account_id, thread_id, person_id, until_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account_id, thread_id, person_id) DO UPDATE SET until_at = excluded.until_at";
    TAKE = "DELETE FROM work_answering WHERE account_id = $1 AND thread_id = $2 AND person_id = $3";
    OVER = "DELETE FROM work_answering WHERE account_id = $1 AND until_at <= $2";
    FORGET = "DELETE FROM work_answering WHERE account_id = $1 AND thread_id = $2";
}

async fn sign(tx: &mut Tx, account: AccountId, person: PersonId, thread: ThreadId, until: Option<i64>) -> Result<()> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let (now, work) = (tx.now(), current(tx, account, thread).await?);
    tx.execute(OVER, args![account, now]).await?;
    let changed = match until {
        Some(until) => tx.execute(SIGN, args![account, thread, person, until]).await?,
        None => tx.execute(TAKE, args![account, thread, person]).await?,
    };
    // Those who watch ask again: what they know ends at the time that they were told.
    if changed > 0 {
        save(tx, &mut ledger, &work).await?;
    }
    ledger.save(tx).await
}

/// The signs on a conversation that is gone.
pub(super) async fn forget(tx: &mut Tx, account: i64, thread: i64) -> Result<()> {
    tx.execute(FORGET, args![account, thread]).await.map(drop)
}

impl Store {
    /// Says until when somebody answers a conversation, or that they do not any more. `NotFound` when there is no such
    /// conversation.
    pub async fn answering_sign(
        &self,
        account: AccountId,
        person: PersonId,
        thread: ThreadId,
        until: Option<i64>,
    ) -> Result<()> {
        self.write((account, person, thread, until), |tx, (account, person, thread, until)| {
            sign(tx, *account, *person, *thread, *until).boxed()
        })
        .await
    }

    /// Who answers these conversations now, and until when unless the sign is given again.
    pub async fn answering(&self, account: AccountId, threads: &[ThreadId]) -> Result<Vec<(ThreadId, PersonId, i64)>> {
        let asked: Vec<i64> = threads.iter().map(|thread| thread.0).collect();
        let head = "SELECT thread_id, person_id, until_at FROM work_answering WHERE account_id = ";
        let tail = " ORDER BY thread_id, person_id";
        let rows = select_in(&mut self.read().await?, head, account.0, " AND thread_id IN ", &asked, tail).await?;
        let now = self.now();
        let one = |row: &Row| Ok((ThreadId(row.int(0)?), PersonId(row.int(1)?), row.int(2)?));
        let mut all = rows.iter().map(one).collect::<Result<Vec<_>>>()?;
        all.retain(|(_, _, until)| *until > now);
        Ok(all)
    }
}
