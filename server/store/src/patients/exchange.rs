//! How the exchange with a patient stands: who is awaited, or that it is closed. What leaves and what comes in change it in
//! their own transactions; people close and reopen it; what nobody goes on with closes by itself.

use std::collections::HashMap;

use futures::FutureExt;
use serde_json::json;
use wire::id::{AccountId, PatientId, PersonId, ThreadId};
use wire::patient::ExchangeState;

use super::{Sent, book, patient_code};
use crate::Store;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::{Keys, Owner};
use crate::query::sql::select_in;
use crate::traces::{Actor, Chain, Trace, trace};

statements! {
    SET = "UPDATE patient SET state = $3, state_at = $4, last_at = $4, closed_by = $5 WHERE account_id = $1 AND patient_id = $2";
    TURN = "UPDATE patient SET state = $4, state_at = $5, closed_by = $6
        WHERE account_id = $1 AND patient_id = $2 AND (state = 3) = ($3 = 1)";
    AWAY = "UPDATE patient SET away_at = $3 WHERE account_id = $1 AND patient_id = $2 AND (away_at IS NULL OR away_at < $4)";
    /// Nobody wrote for the days of the BAL: the patient is awaited, or what they wrote was treated.
    IDLE = "SELECT p.account_id, p.patient_id FROM patient p LEFT JOIN patient_rule r ON r.account_id = p.account_id
        WHERE p.last_at IS NOT NULL AND COALESCE(r.close_days, $1) > 0
        AND p.last_at + COALESCE(r.close_days, $1) * 86400000 <= $2
        AND (p.state = 1 OR (p.state = 2 AND EXISTS (SELECT 1 FROM thread t
            JOIN work w ON w.account_id = t.account_id AND w.thread_id = t.thread_id
            WHERE t.account_id = p.account_id AND t.conversation_code = p.conversation AND w.state = 4)))
        ORDER BY p.last_at, p.account_id, p.patient_id LIMIT $3";
    THREAD = "SELECT thread_id FROM thread WHERE account_id = $1 AND conversation_code = $2 ORDER BY thread_id LIMIT 1";
    THREADS = "SELECT p.patient_id, MIN(t.thread_id) FROM patient p
        JOIN thread t ON t.account_id = p.account_id AND t.conversation_code = p.conversation
        WHERE p.account_id = $1 GROUP BY p.patient_id";
}

const OPEN: i64 = 1;
const WRITTEN: i64 = 2;
const CLOSED: i64 = 3;

/// A message of a patient, as it comes in.
#[derive(Clone, PartialEq, Eq)]
pub struct Writer {
    pub address: String,
    /// As their messaging names them.
    pub name: Option<String>,
    /// Of the message, without brackets.
    pub message_ids: Vec<String>,
}

/// How the exchange of a conversation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub patient: PatientId,
    pub state: ExchangeState,
    pub state_at: i64,
    pub closed_by: Option<PersonId>,
    pub opposed: bool,
    pub qualified: bool,
}

/// A message to a patient leaves.
pub(super) async fn sent(tx: &mut Tx, keys: &Keys, sent: &Sent, by: Option<PersonId>) -> Result<()> {
    let id = book::ensure(tx, keys, sent.account, &sent.patient, sent.name.as_deref()).await?;
    if sent.quiet {
        return Ok(());
    }
    let now = tx.now();
    let (state, by) = if sent.open { (OPEN, None) } else { (CLOSED, by) };
    tx.execute(SET, args![sent.account, id, state, now, by]).await.map(drop)
}

/// A patient wrote.
pub(crate) async fn received(tx: &mut Tx, keys: &Keys, account: AccountId, writer: &Writer) -> Result<()> {
    let id = book::ensure(tx, keys, account, &writer.address, writer.name.as_deref()).await?;
    super::record_theirs(tx, account, &patient_code(keys, &writer.address), &writer.message_ids).await?;
    let now = tx.now();
    tx.execute(SET, args![account, id, WRITTEN, now, None::<PersonId>]).await.map(drop)
}

async fn turn(tx: &mut Tx, actor: Actor, account: AccountId, id: PatientId, open: bool) -> Result<bool> {
    let patient = book::one(tx, account, id).await?;
    let now = tx.now();
    let (state, by) = if open { (OPEN, None) } else { (CLOSED, actor.person) };
    // `$3`: it is closed now.
    let turned = tx.execute(TURN, args![account, id, i64::from(open), state, now, by]).await? > 0;
    if turned {
        if !open {
            super::close_all(tx, account, &patient.code).await?;
        }
        let kind = if open { "patient-reopen" } else { "patient-close" };
        tx.touch(account.0);
        trace(tx, Chain::Account(account), Trace::done(kind, actor, Some(account), json!({"patient": id}))).await?;
    }
    Ok(turned)
}

impl Store {
    /// Closes the exchange with a patient: nothing sent so far may be answered. False when it was closed. `NotFound`.
    pub async fn exchange_close(&self, actor: Actor, account: AccountId, id: PatientId) -> Result<bool> {
        self.write((actor, account, id), |tx, (actor, account, id)| turn(tx, *actor, *account, *id, false).boxed()).await
    }

    /// Reopens it: the next message may be answered. False when it was open. `NotFound`.
    pub async fn exchange_reopen(&self, actor: Actor, account: AccountId, id: PatientId) -> Result<bool> {
        self.write((actor, account, id), |tx, (actor, account, id)| turn(tx, *actor, *account, *id, true).boxed()).await
    }

    /// Takes it upon this process to tell a patient of an absence; false when they were told since `since`.
    pub async fn patient_away(&self, account: AccountId, id: PatientId, since: i64) -> Result<bool> {
        self.write((account, id, since), |tx, (account, id, since)| {
            async move {
                let now = tx.now();
                Ok(tx.execute(AWAY, args![*account, *id, now, *since]).await? > 0)
            }
            .boxed()
        })
        .await
    }

    /// Exchanges in which nobody wrote for the days of their BAL (`default_days` where it set none); at most `limit`.
    pub async fn exchanges_idle(&self, default_days: u32, limit: u32) -> Result<Vec<(AccountId, PatientId)>> {
        let rows = self.read().await?.fetch_all(IDLE, args![default_days, self.now(), limit]).await?;
        rows.iter().map(|row| Ok((AccountId(row.int(0)?), PatientId(row.int(1)?)))).collect()
    }

    /// The thread of a patient, if anything was written yet. `NotFound` without such a patient.
    pub async fn patient_thread(&self, account: AccountId, id: PatientId) -> Result<Option<ThreadId>> {
        let mut tx = self.read().await?;
        let patient = book::one(&mut tx, account, id).await?;
        let row = tx.fetch_optional(THREAD, args![account, &patient.conversation]).await?;
        row.map(|row| row.int(0).map(ThreadId)).transpose()
    }

    /// The threads of all patients of a BAL with whom anything was written.
    pub async fn patient_threads(&self, account: AccountId) -> Result<HashMap<PatientId, ThreadId>> {
        let rows = self.read().await?.fetch_all(THREADS, args![account]).await?;
        rows.iter().map(|row| Ok((PatientId(row.int(0)?), ThreadId(row.int(1)?)))).collect()
    }

    /// Which of these conversations are with patients, and how they stand.
    pub async fn exchanges(&self, account: AccountId, threads: &[ThreadId]) -> Result<HashMap<ThreadId, Standing>> {
        let asked: Vec<i64> = threads.iter().map(|thread| thread.0).collect();
        let head =
            "SELECT t.thread_id, p.patient_id, p.state, p.state_at, p.closed_by, p.opposed, p.attested_at FROM thread t
            JOIN patient p ON p.account_id = t.account_id AND p.conversation = t.conversation_code WHERE t.account_id = ";
        let rows = select_in(&mut self.read().await?, head, account.0, " AND t.thread_id IN ", &asked, "").await?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in &rows {
            let standing = Standing {
                patient: PatientId(row.int(1)?),
                state: book::state(row.int(2)?),
                state_at: row.int(3)?,
                closed_by: row.opt_int(4)?.map(PersonId),
                opposed: row.int(5)? != 0,
                qualified: row.opt_int(6)?.is_some(),
            };
            found.insert(ThreadId(row.int(0)?), standing);
        }
        Ok(found)
    }

    /// Patients who opposed, among those whom a message is about: `thread` is its conversation, `message_ids` (without
    /// brackets) those it answers, forwards or refers to.
    pub async fn about_opposed(
        &self,
        account: AccountId,
        thread: ThreadId,
        message_ids: &[String],
    ) -> Result<Option<PatientId>> {
        let standing = self.exchanges(account, &[thread]).await?.remove(&thread);
        if let Some(standing) = standing.filter(|standing| standing.opposed) {
            return Ok(Some(standing.patient));
        }
        let keys = self.keys(Owner::Account(account.0)).await?;
        let refs: Vec<i64> = message_ids.iter().take(super::REFS).map(|id| super::ref_code(&keys, id)).collect();
        let head = "SELECT p.patient_id FROM patient_message m
            JOIN patient p ON p.account_id = m.account_id AND p.code = m.patient_code WHERE p.opposed = 1 AND m.account_id = ";
        let rows = select_in(&mut self.read().await?, head, account.0, " AND m.ref_code IN ", &refs, "").await?;
        rows.first().map(|row| row.int(0).map(PatientId)).transpose()
    }

    /// The exchange of one conversation; `NotFound` when it is with no patient.
    pub async fn exchange_of(&self, account: AccountId, thread: ThreadId) -> Result<Standing> {
        self.exchanges(account, &[thread]).await?.remove(&thread).ok_or(Error::NotFound)
    }
}
