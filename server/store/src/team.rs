//! Team work in a BAL: who has a conversation in hand and how far it is. Notes, the sign that somebody answers and who
//! read or answered what stand in the children. All of it is data of the BAL, gone with its conversation.

use std::collections::HashMap;

use futures::FutureExt;
use serde_json::json;
use wire::id::{AccountId, MailboxId, PersonId, ThreadId};
use wire::portal::Action;
use wire::team::WorkState;

use crate::Store;
use crate::changes::Type;
use crate::db::{Row, Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::Owner;
use crate::ledger::Ledger;
use crate::query::sql::{Sql, select_in};
use crate::traces::{Actor, Chain, Trace, trace};

pub(crate) mod answering;
pub mod notes;
pub mod readers;

statements! {
    MEMBERS = "SELECT DISTINCT person_id FROM account_right
        WHERE account_id = $1 AND action = $2 AND from_at <= $3 AND (to_at IS NULL OR to_at > $3) ORDER BY person_id";
    IN_HAND = "SELECT DISTINCT person_id FROM work WHERE account_id = $1 AND person_id IS NOT NULL ORDER BY person_id";
    SELECT = "SELECT t.thread_id, w.person_id, w.state, w.notes FROM thread t
        LEFT JOIN work w ON w.account_id = t.account_id AND w.thread_id = t.thread_id
        WHERE t.account_id = $1 AND t.thread_id = $2";
    SAVE = "INSERT INTO work (account_id, thread_id, person_id, state, notes, created_modseq, modseq)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        ON CONFLICT (account_id, thread_id) DO UPDATE SET person_id = excluded.person_id, state = excluded.state,
        notes = excluded.notes, modseq = excluded.modseq";
    OPEN_OF = "SELECT thread_id FROM work
        WHERE account_id = $1 AND person_id = $2 AND (state IS NULL OR state <> 4) ORDER BY thread_id LIMIT $3";
    REASSIGN = "UPDATE work SET person_id = $3, modseq = $4 WHERE account_id = $1 AND thread_id = $2";
    RESTING = "SELECT thread_id FROM work WHERE account_id = $1 AND thread_id = $2 AND state IN (3, 4)";
    WAKE = "UPDATE work SET state = 1, modseq = $3 WHERE account_id = $1 AND thread_id = $2";
    COUNT = "SELECT person_id, state, CAST(COUNT(*) AS BIGINT) FROM work WHERE account_id = $1
        GROUP BY person_id, state ORDER BY person_id, state";
    COUNT_IN = "SELECT w.person_id, w.state, CAST(COUNT(*) AS BIGINT) FROM mailbox_thread m
        LEFT JOIN work w ON w.account_id = m.account_id AND w.thread_id = m.thread_id
        WHERE m.account_id = $1 AND m.mailbox_id = $2 GROUP BY w.person_id, w.state ORDER BY w.person_id, w.state";
    FORGET = "DELETE FROM work WHERE account_id = $1 AND thread_id = $2 RETURNING created_modseq";
}

/// The work on one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkRow {
    pub thread: ThreadId,
    pub assignee: Option<PersonId>,
    pub state: Option<WorkState>,
    pub notes: u32,
}

/// A change of it; none stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WorkChange {
    pub assignee: Option<Option<PersonId>>,
    pub state: Option<Option<WorkState>>,
}

/// Which conversations, by the work on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkFilter {
    /// This person has them in hand; none: nobody.
    Assignee(Option<PersonId>),
    /// None: no state was given.
    State(Option<WorkState>),
}

/// How many conversations of somebody (or nobody) are in a state (or none).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkCount {
    pub assignee: Option<PersonId>,
    pub state: Option<WorkState>,
    pub total: u32,
}

/// As kept.
pub(crate) fn state_code(state: WorkState) -> i64 {
    match state {
        WorkState::Todo => 1,
        WorkState::Doing => 2,
        WorkState::Waiting => 3,
        WorkState::Done => 4,
    }
}

fn read_state(code: Option<i64>) -> Result<Option<WorkState>> {
    let state = |code| WorkState::ALL.into_iter().find(|state| state_code(*state) == code).ok_or(Error::Corrupt("work"));
    code.map(state).transpose()
}

fn read_row(row: &Row) -> Result<WorkRow> {
    Ok(WorkRow {
        thread: ThreadId(row.int(0)?),
        assignee: row.opt_int(1)?.map(PersonId),
        state: read_state(row.opt_int(2)?)?,
        notes: row.opt_int(3)?.unwrap_or(0) as u32,
    })
}

/// The work on a conversation as it stands; `NotFound` when there is no such conversation.
async fn current(tx: &mut Tx, account: AccountId, thread: ThreadId) -> Result<WorkRow> {
    read_row(&tx.fetch_optional(SELECT, args![account, thread]).await?.ok_or(Error::NotFound)?)
}

async fn save(tx: &mut Tx, ledger: &mut Ledger, row: &WorkRow) -> Result<()> {
    let modseq = ledger.next(Type::Work);
    let state = row.state.map(state_code);
    tx.execute(SAVE, args![ledger.account, row.thread, row.assignee, state, row.notes, modseq]).await?;
    Ok(())
}

async fn members(tx: &mut Tx, account: AccountId) -> Result<Vec<PersonId>> {
    let now = tx.now();
    let rows = tx.fetch_all(MEMBERS, args![account, Action::Read.code(), now]).await?;
    rows.iter().map(|row| row.int(0).map(PersonId)).collect()
}

/// `Refused("not-a-member")` unless this person may open the BAL now.
async fn check_member(tx: &mut Tx, account: AccountId, person: Option<PersonId>) -> Result<()> {
    let Some(person) = person else { return Ok(()) };
    if members(tx, account).await?.contains(&person) { Ok(()) } else { Err(Error::Refused("not-a-member")) }
}

async fn set(tx: &mut Tx, actor: Actor, account: AccountId, thread: ThreadId, change: WorkChange) -> Result<()> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let old = current(tx, account, thread).await?;
    let mut new =
        WorkRow { assignee: change.assignee.unwrap_or(old.assignee), state: change.state.unwrap_or(old.state), ..old };
    // What somebody has in hand is at least to be done.
    if new.assignee.is_some() && change.state.is_none() {
        new.state = new.state.or(Some(WorkState::Todo));
    }
    if new == old {
        return Ok(());
    }
    if new.assignee != old.assignee {
        check_member(tx, account, new.assignee).await?;
    }
    save(tx, &mut ledger, &new).await?;
    ledger.save(tx).await?;
    let detail = json!({"thread": thread, "assignee": new.assignee, "state": new.state});
    trace(tx, Chain::Account(account), Trace::done("work-set", actor, Some(account), detail)).await
}

async fn hand_over(
    tx: &mut Tx,
    actor: Actor,
    account: AccountId,
    from: PersonId,
    to: Option<PersonId>,
    most: i64,
) -> Result<u64> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    check_member(tx, account, to).await?;
    let rows = tx.fetch_all(OPEN_OF, args![account, from, most]).await?;
    for row in &rows {
        let modseq = ledger.next(Type::Work);
        tx.execute(REASSIGN, args![account, row.int(0)?, to, modseq]).await?;
    }
    ledger.save(tx).await?;
    if !rows.is_empty() {
        let detail = json!({"from": from, "to": to, "count": rows.len()});
        trace(tx, Chain::Account(account), Trace::done("work-hand-over", actor, Some(account), detail)).await?;
    }
    Ok(rows.len() as u64)
}

/// A message came in: conversations that waited or were done are to be done again.
pub(crate) async fn wake(tx: &mut Tx, ledger: &mut Ledger, threads: impl IntoIterator<Item = i64>) -> Result<()> {
    for thread in threads {
        if tx.fetch_optional(RESTING, args![ledger.account, thread]).await?.is_some() {
            let modseq = ledger.next(Type::Work);
            tx.execute(WAKE, args![ledger.account, thread, modseq]).await?;
        }
    }
    Ok(())
}

/// A conversation is gone, and with it the work on it.
pub(crate) async fn forget(tx: &mut Tx, ledger: &mut Ledger, thread: i64) -> Result<()> {
    // Notes and signs of answering have a row of work beside them.
    let Some(row) = tx.fetch_optional(FORGET, args![ledger.account, thread]).await? else { return Ok(()) };
    let created = row.int(0)?;
    ledger.bury(tx, Type::Work, thread, created).await?;
    notes::forget(tx, ledger, thread).await?;
    answering::forget(tx, ledger.account, thread).await
}

impl Store {
    /// Who may open this BAL now.
    pub async fn members(&self, account: AccountId) -> Result<Vec<PersonId>> {
        members(&mut self.read().await?, account).await
    }

    /// Who has conversations of this BAL in hand, whether or not they may still open it.
    pub async fn assignees(&self, account: AccountId) -> Result<Vec<PersonId>> {
        let rows = self.read().await?.fetch_all(IN_HAND, args![account]).await?;
        rows.iter().map(|row| row.int(0).map(PersonId)).collect()
    }

    /// Names of persons; those nobody knows any more are left out.
    pub async fn person_names(&self, persons: &[PersonId]) -> Result<HashMap<PersonId, String>> {
        let mut ids: Vec<i64> = persons.iter().map(|person| person.0).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut names = HashMap::with_capacity(ids.len());
        if ids.is_empty() {
            return Ok(names);
        }
        let mut sql = Sql::new("SELECT person_id, from_at, sealed FROM trace_person WHERE person_id IN ");
        sql.ids(&ids).push(" ORDER BY person_id, from_at");
        for row in self.read().await?.fetch_composed(sql.done()).await? {
            let person = row.int(0)?;
            let keys = match self.keys(Owner::TracePerson(person)).await {
                Err(Error::NotFound) => continue,
                keys => keys?,
            };
            // The last identity is the one that holds.
            let (name, _): (String, Vec<String>) = keys.open_json("trace_person", person, &row.bytes(2)?)?;
            names.insert(PersonId(person), name);
        }
        Ok(names)
    }

    /// The work on these conversations, in the order asked; those that are not there left out.
    pub async fn works(&self, account: AccountId, threads: &[ThreadId]) -> Result<Vec<WorkRow>> {
        let asked: Vec<i64> = threads.iter().map(|thread| thread.0).collect();
        let head = "SELECT t.thread_id, w.person_id, w.state, w.notes FROM thread t
            LEFT JOIN work w ON w.account_id = t.account_id AND w.thread_id = t.thread_id WHERE t.account_id = ";
        let rows = select_in(&mut self.read().await?, head, account.0, " AND t.thread_id IN ", &asked, "").await?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in &rows {
            let work = read_row(row)?;
            found.insert(work.thread, work);
        }
        Ok(threads.iter().filter_map(|thread| found.remove(thread)).collect())
    }

    /// Gives a conversation to somebody, or another state. `NotFound`; `Refused("not-a-member")` when that person may
    /// not open the BAL.
    pub async fn work_set(&self, actor: Actor, account: AccountId, thread: ThreadId, change: WorkChange) -> Result<()> {
        self.write((actor, account, thread, change), |tx, (actor, account, thread, change)| {
            set(tx, *actor, *account, *thread, *change).boxed()
        })
        .await
    }

    /// Gives everything that somebody has in hand and is not done to another, or to nobody: how many conversations.
    /// `Refused("not-a-member")` as above.
    pub async fn work_hand_over(
        &self,
        actor: Actor,
        account: AccountId,
        from: PersonId,
        to: Option<PersonId>,
    ) -> Result<u64> {
        const BATCH: i64 = 200;
        let mut total = 0;
        if to == Some(from) {
            return Ok(total);
        }
        loop {
            let done = self
                .write((actor, account, from, to), |tx, (actor, account, from, to)| {
                    hand_over(tx, *actor, *account, *from, *to, BATCH).boxed()
                })
                .await?;
            total += done;
            if done < BATCH as u64 {
                return Ok(total);
            }
        }
    }

    /// How many conversations each has in each state: of one folder (those nobody took care of count too), or of the
    /// whole BAL.
    pub async fn work_counts(&self, account: AccountId, mailbox: Option<MailboxId>) -> Result<Vec<WorkCount>> {
        let mut tx = self.read().await?;
        let rows = match mailbox {
            Some(mailbox) => tx.fetch_all(COUNT_IN, args![account, mailbox]).await?,
            None => tx.fetch_all(COUNT, args![account]).await?,
        };
        let count = |row: &Row| {
            let (assignee, state) = (row.opt_int(0)?.map(PersonId), read_state(row.opt_int(1)?)?);
            Ok(WorkCount { assignee, state, total: row.int(2)? as u32 })
        };
        rows.iter().map(count).collect()
    }
}
