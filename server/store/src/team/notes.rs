//! Internal notes on a conversation: sealed with the BAL's key, seen by whoever may open the BAL, part of no message.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::{AccountId, NoteId, PersonId, ThreadId};

use super::{current, save};
use crate::Store;
use crate::changes::Type;
use crate::db::{Row, Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::{Keys, Owner};
use crate::ledger::Ledger;
use crate::query::sql::select_in;
use crate::traces::{Actor, Chain, Trace, trace};

statements! {
    INSERT = "INSERT INTO work_note (account_id, note_id, thread_id, person_id, sealed, created_at, created_modseq, modseq)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
    SELECT = "SELECT thread_id, person_id, created_modseq FROM work_note WHERE account_id = $1 AND note_id = $2";
    UPDATE = "UPDATE work_note SET sealed = $3, modseq = $4 WHERE account_id = $1 AND note_id = $2";
    DELETE = "DELETE FROM work_note WHERE account_id = $1 AND note_id = $2";
    OF_THREAD = "SELECT note_id, created_modseq FROM work_note WHERE account_id = $1 AND thread_id = $2";
    FORGET = "DELETE FROM work_note WHERE account_id = $1 AND thread_id = $2";
}

const TABLE: &str = "work_note";
/// Notes of one conversation at most.
const MOST: u32 = 500;

#[derive(Serialize, Deserialize)]
struct Sealed {
    text: String,
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub id: NoteId,
    pub thread: ThreadId,
    pub author: PersonId,
    pub text: String,
    pub created_at: i64,
}

/// Who may change a note: its author, or whoever runs the BAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Editor {
    pub person: PersonId,
    /// Has the right to manage the BAL.
    pub manages: bool,
}

fn read_note(keys: &Keys, row: &Row) -> Result<Note> {
    let id = row.int(0)?;
    let Sealed { text } = keys.open_json(TABLE, id, &row.bytes(3)?)?;
    let (thread, author) = (ThreadId(row.int(1)?), PersonId(row.int(2)?));
    Ok(Note { id: NoteId(id), thread, author, text, created_at: row.int(4)? })
}

/// Where a note stands: its conversation, author and first modseq.
async fn found(tx: &mut Tx, account: AccountId, note: NoteId) -> Result<(ThreadId, PersonId, i64)> {
    let row = tx.fetch_optional(SELECT, args![account, note]).await?.ok_or(Error::NotFound)?;
    Ok((ThreadId(row.int(0)?), PersonId(row.int(1)?), row.int(2)?))
}

async fn leave(tx: &mut Tx, kind: &'static str, actor: Actor, account: AccountId, at: (ThreadId, NoteId)) -> Result<()> {
    let detail = json!({"thread": at.0, "note": at.1});
    trace(tx, Chain::Account(account), Trace::done(kind, actor, Some(account), detail)).await
}

async fn create(
    tx: &mut Tx,
    actor: Actor,
    account: AccountId,
    thread: ThreadId,
    author: PersonId,
    text: &str,
) -> Result<NoteId> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let (keys, random, now) = (tx.keys(Owner::Account(account.0)).await?, tx.random(), tx.now());
    let mut work = current(tx, account, thread).await?;
    if work.notes >= MOST {
        return Err(Error::Limit { what: "notes of a conversation" });
    }
    let id = tx.new_id();
    let sealed = keys.seal_json(random.as_ref(), TABLE, id, &Sealed { text: text.to_owned() })?;
    let modseq = ledger.next(Type::Note);
    tx.execute(INSERT, args![account, id, thread, author, sealed, now, modseq]).await?;
    work.notes += 1;
    save(tx, &mut ledger, &work).await?;
    ledger.save(tx).await?;
    leave(tx, "note-create", actor, account, (thread, NoteId(id))).await?;
    Ok(NoteId(id))
}

async fn update(tx: &mut Tx, actor: Actor, account: AccountId, note: NoteId, by: PersonId, text: &str) -> Result<()> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let (keys, random) = (tx.keys(Owner::Account(account.0)).await?, tx.random());
    let (thread, author, _) = found(tx, account, note).await?;
    // Not even who runs the BAL puts words into another's mouth.
    if author != by {
        return Err(Error::Refused("not-the-author"));
    }
    let sealed = keys.seal_json(random.as_ref(), TABLE, note.0, &Sealed { text: text.to_owned() })?;
    let modseq = ledger.next(Type::Note);
    tx.execute(UPDATE, args![account, note, sealed, modseq]).await?;
    let work = current(tx, account, thread).await?;
    save(tx, &mut ledger, &work).await?;
    ledger.save(tx).await?;
    leave(tx, "note-update", actor, account, (thread, note)).await
}

async fn destroy(tx: &mut Tx, actor: Actor, account: AccountId, note: NoteId, by: Editor) -> Result<()> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let (thread, author, created) = found(tx, account, note).await?;
    if author != by.person && !by.manages {
        return Err(Error::Refused("not-the-author"));
    }
    tx.execute(DELETE, args![account, note]).await?;
    ledger.bury(tx, Type::Note, note.0, created).await?;
    let mut work = current(tx, account, thread).await?;
    work.notes = work.notes.saturating_sub(1);
    save(tx, &mut ledger, &work).await?;
    ledger.save(tx).await?;
    leave(tx, "note-destroy", actor, account, (thread, note)).await
}

/// The notes of a conversation that is gone.
pub(super) async fn forget(tx: &mut Tx, ledger: &mut Ledger, thread: i64) -> Result<()> {
    for row in tx.fetch_all(OF_THREAD, args![ledger.account, thread]).await? {
        let (note, created) = (row.int(0)?, row.int(1)?);
        ledger.bury(tx, Type::Note, note, created).await?;
    }
    tx.execute(FORGET, args![ledger.account, thread]).await?;
    Ok(())
}

impl Store {
    /// These notes, in the order asked; those that are not there left out.
    pub async fn notes(&self, account: AccountId, ids: &[NoteId]) -> Result<Vec<Note>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let asked: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let head = "SELECT note_id, thread_id, person_id, sealed, created_at FROM work_note WHERE account_id = ";
        let rows = select_in(&mut self.read().await?, head, account.0, " AND note_id IN ", &asked, "").await?;
        let mut notes = rows.iter().map(|row| read_note(&keys, row)).collect::<Result<Vec<_>>>()?;
        notes.sort_by_key(|note| asked.iter().position(|id| *id == note.id.0));
        Ok(notes)
    }

    /// The notes of each conversation, oldest first.
    pub async fn note_ids(&self, account: AccountId, threads: &[ThreadId]) -> Result<Vec<(ThreadId, NoteId)>> {
        let asked: Vec<i64> = threads.iter().map(|thread| thread.0).collect();
        let head = "SELECT thread_id, note_id FROM work_note WHERE account_id = ";
        let tail = " ORDER BY thread_id, note_id";
        let rows = select_in(&mut self.read().await?, head, account.0, " AND thread_id IN ", &asked, tail).await?;
        rows.iter().map(|row| Ok((ThreadId(row.int(0)?), NoteId(row.int(1)?)))).collect()
    }

    /// Writes a note. `NotFound` when there is no such conversation; `Limit` past 500 notes.
    pub async fn note_create(
        &self,
        actor: Actor,
        account: AccountId,
        thread: ThreadId,
        author: PersonId,
        text: String,
    ) -> Result<NoteId> {
        self.write((actor, account, thread, author, text), |tx, (actor, account, thread, author, text)| {
            create(tx, *actor, *account, *thread, *author, text).boxed()
        })
        .await
    }

    /// Changes one's note. `NotFound`; `Refused("not-the-author")`.
    pub async fn note_update(
        &self,
        actor: Actor,
        account: AccountId,
        note: NoteId,
        by: PersonId,
        text: String,
    ) -> Result<()> {
        self.write((actor, account, note, by, text), |tx, (actor, account, note, by, text)| {
            update(tx, *actor, *account, *note, *by, text).boxed()
        })
        .await
    }

    /// Removes a note. `NotFound`; `Refused("not-the-author")`.
    pub async fn note_destroy(&self, actor: Actor, account: AccountId, note: NoteId, by: Editor) -> Result<()> {
        self.write((actor, account, note, by), |tx, (actor, account, note, by)| {
            destroy(tx, *actor, *account, *note, *by).boxed()
        })
        .await
    }
}
