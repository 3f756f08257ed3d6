//! The patients that a BAL writes with: matricule and identity traits, sealed; whether their INS is qualified, and who
//! attested that. There is no list of patients beyond those of one BAL.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::{AccountId, PatientId, PersonId};
use wire::patient::ExchangeState;

use super::patient_code;
use crate::Store;
use crate::db::{Row, Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::{Keys, Owner};
use crate::traces::{Actor, Chain, Trace, trace};

statements! {
    INSERT = "INSERT INTO patient (account_id, patient_id, code, conversation, sealed, attested_at, attested_by, opposed,
        state, state_at, closed_by, last_at, away_at, created_at)
        VALUES ($1, $2, $3, $4, $5, NULL, NULL, 0, 0, $6, NULL, NULL, NULL, $6)";
    BY_ID = "SELECT patient_id, sealed, attested_at, attested_by, opposed, state, state_at, closed_by, last_at, away_at,
        created_at, code, conversation FROM patient WHERE account_id = $1 AND patient_id = $2";
    BY_CODE = "SELECT patient_id, sealed, attested_at, attested_by, opposed, state, state_at, closed_by, last_at, away_at,
        created_at, code, conversation FROM patient WHERE account_id = $1 AND code = $2";
    ALL = "SELECT patient_id, sealed, attested_at, attested_by, opposed, state, state_at, closed_by, last_at, away_at,
        created_at, code, conversation FROM patient WHERE account_id = $1
        ORDER BY COALESCE(last_at, created_at) DESC, patient_id DESC LIMIT $2";
    SET_TRAITS = "UPDATE patient SET sealed = $3, attested_at = NULL, attested_by = NULL WHERE account_id = $1 AND patient_id = $2";
    ATTEST = "UPDATE patient SET attested_at = $3, attested_by = $4 WHERE account_id = $1 AND patient_id = $2";
    DELETE = "DELETE FROM patient WHERE account_id = $1 AND patient_id = $2";
    /// Who is named nowhere any more: the matricule goes, the code stays for the opposition that it must meet.
    BLANK = "UPDATE patient SET sealed = $3, attested_at = NULL, attested_by = NULL, last_at = NULL, state = 3, closed_by = NULL
        WHERE account_id = $1 AND patient_id = $2";
    FORGET_ANSWERS = "DELETE FROM patient_message WHERE account_id = $1 AND patient_code = $2";
}

const TABLE: &str = "patient";

/// Who a patient is, as the BAL keeps it beside the conversation (référentiel INS: the matricule and five traits).
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Traits {
    /// Empty once the patient was deleted.
    pub matricule: String,
    /// `wire::ins::Nature`.
    pub nature: String,
    /// In lower case, as mail knows it.
    pub address: String,
    pub birth_name: String,
    pub first_names: String,
    /// The name that is used, where it is another.
    pub used_name: String,
    /// `1979-03-01`.
    pub birth_date: String,
    /// `M` or `F`.
    pub sex: String,
    /// INSEE code of the place.
    pub birth_place: String,
}

impl std::fmt::Debug for Traits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Traits(…)")
    }
}

impl Traits {
    /// As screens name the patient: `MARTIN Lucie`.
    pub fn name(&self) -> String {
        let family = if self.used_name.trim().is_empty() { &self.birth_name } else { &self.used_name };
        [family.trim(), self.first_names.trim()].join(" ").trim().to_owned()
    }
}

/// A patient of a BAL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patient {
    pub id: PatientId,
    pub traits: Traits,
    /// Who attested that the INS is qualified, and when.
    pub attested: Option<(PersonId, i64)>,
    pub opposed: bool,
    pub state: ExchangeState,
    pub state_at: i64,
    /// Who closed the exchange; none: it closed by itself.
    pub closed_by: Option<PersonId>,
    pub last_at: Option<i64>,
    /// When they were last told of an absence.
    pub away_at: Option<i64>,
    pub created_at: i64,
    pub(crate) code: Vec<u8>,
    pub(crate) conversation: Vec<u8>,
}

impl Patient {
    /// The message that leaves now begins an exchange.
    pub fn begins(&self) -> bool {
        matches!(self.state, ExchangeState::New | ExchangeState::Closed)
    }
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    New(PatientId),
    /// This matricule is there, with traits of its own: nothing was changed.
    Known(PatientId),
}

pub(crate) fn state(code: i64) -> ExchangeState {
    match code {
        1 => ExchangeState::AwaitingPatient,
        2 => ExchangeState::AwaitingUs,
        3 => ExchangeState::Closed,
        _ => ExchangeState::New,
    }
}

fn read(keys: &Keys, row: &Row) -> Result<Patient> {
    let id = row.int(0)?;
    Ok(Patient {
        id: PatientId(id),
        traits: keys.open_json(TABLE, id, &row.bytes(1)?)?,
        attested: row.opt_int(3)?.map(PersonId).zip(row.opt_int(2)?),
        opposed: row.int(4)? != 0,
        state: state(row.int(5)?),
        state_at: row.int(6)?,
        closed_by: row.opt_int(7)?.map(PersonId),
        last_at: row.opt_int(8)?,
        away_at: row.opt_int(9)?,
        created_at: row.int(10)?,
        code: row.bytes(11)?,
        conversation: row.bytes(12)?,
    })
}

/// One of a BAL, in the caller's reading; `NotFound`.
pub(crate) async fn one(tx: &mut Tx, account: AccountId, id: PatientId) -> Result<Patient> {
    let row = tx.fetch_optional(BY_ID, args![account, id]).await?.ok_or(Error::NotFound)?;
    read(&*tx.keys(Owner::Account(account.0)).await?, &row)
}

/// The patient of an address, made where there is none yet.
pub(crate) async fn ensure(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    address: &str,
    name: Option<&str>,
) -> Result<PatientId> {
    let code = patient_code(keys, address);
    if let Some(row) = tx.fetch_optional(BY_CODE, args![account, &code]).await? {
        return row.int(0).map(PatientId);
    }
    let address = address.trim().to_lowercase();
    let matricule = address.split('@').next().unwrap_or_default().to_uppercase();
    let traits = Traits { matricule, address, used_name: name.unwrap_or_default().to_owned(), ..Traits::default() };
    insert(tx, keys, account, &traits).await
}

async fn insert(tx: &mut Tx, keys: &Keys, account: AccountId, traits: &Traits) -> Result<PatientId> {
    let (id, now) = (tx.new_id(), tx.now());
    let sealed = keys.seal_json(tx.random().as_ref(), TABLE, id, traits)?;
    let (code, conversation) = (patient_code(keys, &traits.address), conversation_code(keys, &traits.address));
    tx.execute(INSERT, args![account, id, code, conversation, sealed, now]).await?;
    Ok(PatientId(id))
}

/// The code under which the thread of a patient is found: that of `NewEmail::conversation`.
pub(crate) fn conversation_code(keys: &Keys, address: &str) -> Vec<u8> {
    keys.lookup("conversation", conversation(address).as_bytes()).to_vec()
}

/// What names the conversation with a patient, for `NewEmail::conversation`.
pub fn conversation(address: &str) -> String {
    address.trim().to_lowercase()
}

async fn leave(tx: &mut Tx, account: AccountId, kind: &'static str, actor: Actor, patient: PatientId) -> Result<()> {
    tx.touch(account.0);
    trace(tx, Chain::Account(account), Trace::done(kind, actor, Some(account), json!({"patient": patient}))).await
}

async fn attest(tx: &mut Tx, actor: Actor, account: AccountId, id: PatientId) -> Result<()> {
    let now = tx.now();
    if tx.execute(ATTEST, args![account, id, now, actor.person]).await? == 0 {
        return Err(Error::NotFound);
    }
    leave(tx, account, "patient-attest", actor, id).await
}

async fn add(tx: &mut Tx, actor: Actor, account: AccountId, traits: &Traits, attested: bool) -> Result<Added> {
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let found = tx.fetch_optional(BY_CODE, args![account, patient_code(&keys, &traits.address)]).await?;
    let id = match found {
        Some(row) => {
            let known = read(&keys, &row)?;
            // Only an entry that the server made of a message, or that was deleted, has no birth name.
            if !known.traits.birth_name.is_empty() {
                return Ok(Added::Known(known.id));
            }
            let sealed = keys.seal_json(tx.random().as_ref(), TABLE, known.id.0, traits)?;
            tx.execute(SET_TRAITS, args![account, known.id, sealed]).await?;
            known.id
        }
        None => insert(tx, &keys, account, traits).await?,
    };
    leave(tx, account, "patient-add", actor, id).await?;
    if attested {
        attest(tx, actor, account, id).await?;
    }
    Ok(Added::New(id))
}

async fn change(
    tx: &mut Tx,
    actor: Actor,
    account: AccountId,
    id: PatientId,
    traits: &Traits,
    attested: bool,
) -> Result<()> {
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let before = one(tx, account, id).await?.traits;
    // The matricule is who the patient is: another is another patient.
    let kept = Traits { matricule: before.matricule, nature: before.nature, address: before.address, ..traits.clone() };
    let sealed = keys.seal_json(tx.random().as_ref(), TABLE, id.0, &kept)?;
    tx.execute(SET_TRAITS, args![account, id, sealed]).await?;
    leave(tx, account, "patient-change", actor, id).await?;
    if attested { attest(tx, actor, account, id).await } else { Ok(()) }
}

async fn delete(tx: &mut Tx, actor: Actor, account: AccountId, id: PatientId) -> Result<()> {
    let patient = one(tx, account, id).await?;
    tx.execute(FORGET_ANSWERS, args![account, &patient.code]).await?;
    if patient.opposed {
        let keys = tx.keys(Owner::Account(account.0)).await?;
        let sealed = keys.seal_json(tx.random().as_ref(), TABLE, id.0, &Traits::default())?;
        tx.execute(BLANK, args![account, id, sealed]).await?;
    } else {
        super::register::forget(tx, account, id).await?;
        tx.execute(DELETE, args![account, id]).await?;
    }
    leave(tx, account, "patient-delete", actor, id).await
}

impl Store {
    /// Adds a patient, attested as qualified or not. The traits hold the matricule and its address.
    pub async fn patient_add(&self, actor: Actor, account: AccountId, traits: Traits, attested: bool) -> Result<Added> {
        self.write((actor, account, traits, attested), |tx, (actor, account, traits, attested)| {
            add(tx, *actor, *account, traits, *attested).boxed()
        })
        .await
    }

    /// Changes the traits, never the matricule; without a new attestation the INS is no longer qualified. `NotFound`.
    pub async fn patient_change(
        &self,
        actor: Actor,
        account: AccountId,
        id: PatientId,
        traits: Traits,
        attested: bool,
    ) -> Result<()> {
        self.write((actor, account, id, traits, attested), |tx, (actor, account, id, traits, attested)| {
            change(tx, *actor, *account, *id, traits, *attested).boxed()
        })
        .await
    }

    /// Forgets a patient: traits, register and what could be answered. Of one who opposed, a code stays with the
    /// opposition, so that it goes on being met. Messages are destroyed by themselves. `NotFound`.
    pub async fn patient_delete(&self, actor: Actor, account: AccountId, id: PatientId) -> Result<()> {
        self.write((actor, account, id), |tx, (actor, account, id)| delete(tx, *actor, *account, *id).boxed()).await
    }

    /// Traces that everything about a patient was looked at or taken away; `kind`: `patient-read` or `patient-export`.
    pub async fn patient_seen(&self, actor: Actor, account: AccountId, id: PatientId, kind: &'static str) -> Result<()> {
        self.write((actor, account, id, kind), |tx, (actor, account, id, kind)| {
            let entry = Trace::done(*kind, *actor, Some(*account), json!({"patient": *id}));
            async move { trace(tx, Chain::Account(*account), entry).await }.boxed()
        })
        .await
    }

    /// One of a BAL; `NotFound`.
    pub async fn patient(&self, account: AccountId, id: PatientId) -> Result<Patient> {
        one(&mut self.read().await?, account, id).await
    }

    /// The patient of an address; none: this BAL knows nobody of it.
    pub async fn patient_of_address(&self, account: AccountId, address: &str) -> Result<Option<Patient>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let row = self.read().await?.fetch_optional(BY_CODE, args![account, patient_code(&keys, address)]).await?;
        row.map(|row| read(&keys, &row)).transpose()
    }

    /// The patients of a BAL, those written with last first; at most `limit`.
    pub async fn patients(&self, account: AccountId, limit: u32) -> Result<Vec<Patient>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let rows = self.read().await?.fetch_all(ALL, args![account, limit]).await?;
        rows.iter().map(|row| read(&keys, row)).collect()
    }
}
