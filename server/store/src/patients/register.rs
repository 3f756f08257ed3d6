//! What a patient was told, agreed to and opposed (RGPD, articles 13 and 21; art. L.1110-4 CSP): date, scope, means, and
//! its end. Entries are ended, never changed.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::{AccountId, PatientId, PersonId, RecordId};
use wire::patient::RecordKind;

use super::book;
use crate::Store;
use crate::db::{Row, Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::{Keys, Owner};
use crate::traces::{Actor, Chain, Trace, trace};

statements! {
    INSERT = "INSERT INTO patient_record (account_id, record_id, patient_id, kind, at, person_id, created_at, sealed, ended_at,
        ended_by, sealed_end) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL, NULL)";
    OF_PATIENT = "SELECT record_id, patient_id, kind, at, person_id, created_at, sealed, ended_at, ended_by, sealed_end
        FROM patient_record WHERE account_id = $1 AND patient_id = $2 ORDER BY at DESC, record_id DESC";
    OF_ACCOUNT = "SELECT record_id, patient_id, kind, at, person_id, created_at, sealed, ended_at, ended_by, sealed_end
        FROM patient_record WHERE account_id = $1 ORDER BY at, record_id";
    END = "UPDATE patient_record SET ended_at = $4, ended_by = $5, sealed_end = $6
        WHERE account_id = $1 AND record_id = $2 AND patient_id = $3 AND ended_at IS NULL";
    OPPOSED = "UPDATE patient SET opposed = CASE WHEN EXISTS (SELECT 1 FROM patient_record r WHERE r.account_id = $1
        AND r.patient_id = $2 AND r.kind = 3 AND r.ended_at IS NULL) THEN 1 ELSE 0 END
        WHERE account_id = $1 AND patient_id = $2";
    FORGET = "DELETE FROM patient_record WHERE account_id = $1 AND patient_id = $2";
}

const TABLE: &str = "patient_record";
const END_OF: &str = "patient_record_end";

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Words {
    /// What it is about, in the patient's or the professional's words.
    pub scope: String,
    /// How: notice on the wall, hand-out, message, said.
    pub means: String,
    /// Of an opposition: by what other channel the patient is reached.
    pub channel: String,
}

/// An entry to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    pub kind: RecordKind,
    /// When it was given: a day that is past.
    pub at: i64,
    pub words: Words,
}

/// The end of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordEnd {
    pub at: i64,
    pub by: Option<PersonId>,
    pub reason: String,
}

/// An entry of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: RecordId,
    pub patient: PatientId,
    pub kind: RecordKind,
    pub at: i64,
    pub by: PersonId,
    pub created_at: i64,
    pub words: Words,
    pub ended: Option<RecordEnd>,
}

fn code(kind: RecordKind) -> i64 {
    match kind {
        RecordKind::Information => 1,
        RecordKind::Consent => 2,
        RecordKind::Opposition => 3,
    }
}

fn kind(code: i64) -> RecordKind {
    match code {
        1 => RecordKind::Information,
        2 => RecordKind::Consent,
        _ => RecordKind::Opposition,
    }
}

fn read(keys: &Keys, row: &Row) -> Result<Record> {
    let id = row.int(0)?;
    let ended = match (row.opt_int(7)?, row.opt_bytes(9)?) {
        (Some(at), Some(sealed)) => {
            let by = row.opt_int(8)?.map(PersonId);
            Some(RecordEnd { at, by, reason: keys.open_json(END_OF, id, &sealed)? })
        }
        _ => None,
    };
    Ok(Record {
        id: RecordId(id),
        patient: PatientId(row.int(1)?),
        kind: kind(row.int(2)?),
        at: row.int(3)?,
        by: PersonId(row.int(4)?),
        created_at: row.int(5)?,
        words: keys.open_json(TABLE, id, &row.bytes(6)?)?,
        ended,
    })
}

/// Removes the entries of a patient who is forgotten.
pub(super) async fn forget(tx: &mut Tx, account: AccountId, patient: PatientId) -> Result<()> {
    tx.execute(FORGET, args![account, patient]).await.map(drop)
}

async fn leave(
    tx: &mut Tx,
    account: AccountId,
    kind: &'static str,
    actor: Actor,
    patient: PatientId,
    what: RecordKind,
) -> Result<()> {
    tx.execute(OPPOSED, args![account, patient]).await?;
    tx.touch(account.0);
    let detail = json!({"patient": patient, "what": what.code()});
    trace(tx, Chain::Account(account), Trace::done(kind, actor, Some(account), detail)).await
}

async fn add(tx: &mut Tx, actor: Actor, account: AccountId, patient: PatientId, new: &NewRecord) -> Result<RecordId> {
    let person = actor.person.ok_or(Error::Refused("no-person"))?;
    book::one(tx, account, patient).await?;
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let (id, now) = (tx.new_id(), tx.now());
    let sealed = keys.seal_json(tx.random().as_ref(), TABLE, id, &new.words)?;
    tx.execute(INSERT, args![account, id, patient, code(new.kind), new.at.min(now), person, now, sealed]).await?;
    leave(tx, account, "patient-record", actor, patient, new.kind).await?;
    Ok(RecordId(id))
}

impl Store {
    /// Adds an entry about a patient. `NotFound`.
    pub async fn record_add(
        &self,
        actor: Actor,
        account: AccountId,
        patient: PatientId,
        new: NewRecord,
    ) -> Result<RecordId> {
        self.write((actor, account, patient, new), |tx, (actor, account, patient, new)| {
            add(tx, *actor, *account, *patient, new).boxed()
        })
        .await
    }

    /// Ends an entry: a consent is withdrawn, an opposition lifted. `NotFound` when there is none, or it has ended.
    pub async fn record_end(
        &self,
        actor: Actor,
        account: AccountId,
        patient: PatientId,
        record: RecordId,
        reason: String,
    ) -> Result<()> {
        self.write((actor, account, patient, record, reason), |tx, (actor, account, patient, record, reason)| {
            async move {
                let keys = tx.keys(Owner::Account(account.0)).await?;
                let sealed = keys.seal_json(tx.random().as_ref(), END_OF, record.0, reason)?;
                let now = tx.now();
                let ended = tx.execute(END, args![*account, *record, *patient, now, actor.person, sealed]).await?;
                if ended == 0 {
                    return Err(Error::NotFound);
                }
                let rows = tx.fetch_all(OF_PATIENT, args![*account, *patient]).await?;
                let kind =
                    rows.iter().map(|row| read(&keys, row)).find(|row| row.as_ref().is_ok_and(|row| row.id == *record));
                let kind = kind.transpose()?.map_or(RecordKind::Opposition, |row| row.kind);
                leave(tx, *account, "patient-record-end", *actor, *patient, kind).await
            }
            .boxed()
        })
        .await
    }

    /// The entries about a patient, the newest first.
    pub async fn records(&self, account: AccountId, patient: PatientId) -> Result<Vec<Record>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let rows = self.read().await?.fetch_all(OF_PATIENT, args![account, patient]).await?;
        rows.iter().map(|row| read(&keys, row)).collect()
    }

    /// The whole register of a BAL, the oldest first.
    pub async fn register(&self, account: AccountId) -> Result<Vec<Record>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let rows = self.read().await?.fetch_all(OF_ACCOUNT, args![account]).await?;
        rows.iter().map(|row| read(&keys, row)).collect()
    }

    /// Traces that the register was taken away.
    pub async fn register_exported(&self, actor: Actor, account: AccountId) -> Result<()> {
        let entry = Trace::done("patient-register-export", actor, Some(account), json!({}));
        self.trace(Chain::Account(account), entry).await
    }
}
