//! Which messages patients may answer: those that a BAL sent them and whose exchange is not closed (`domain.md` §3).
//! Addresses and Message-IDs are kept as codes under the BAL's key only. Who the patients are stands in `book`, how their
//! exchanges stand in `exchange`, what they were told and opposed in `register`, what the BAL says to them in `rules`
//! and `templates`.

use wire::id::{AccountId, PersonId};

use crate::Store;
use crate::db::{Tx, args, statements};
use crate::error::Result;
use crate::keys::{Keys, Owner};
use crate::query::sql::select_in;

pub mod book;
pub mod exchange;
pub mod register;
pub mod rules;
pub mod templates;

statements! {
    CLOSE = "UPDATE patient_message SET closed = 1 WHERE account_id = $1 AND patient_code = $2 AND closed = 0";
    INSERT = "INSERT INTO patient_message (account_id, patient_code, ref_code, closed, at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (account_id, patient_code, ref_code) DO UPDATE SET closed = excluded.closed";
}

/// References of an answer that are looked at.
const REFS: usize = 100;

/// A message to a patient, as it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The BAL that the answer goes to: the one that sent it, or that of its Reply-To.
    pub account: AccountId,
    /// The patient's address.
    pub patient: String,
    /// How the address is named in the message.
    pub name: Option<String>,
    /// The message itself may be answered; else it ends what was open with this patient.
    pub open: bool,
    /// Written by the server (an absence): the state of the exchange stays.
    pub quiet: bool,
}

/// `closed` of a message that the patient wrote: found by it, never answered by it.
const THEIRS: i64 = 2;

/// How an answer of a patient stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// To a message that may be answered.
    Open,
    /// To a message whose exchange was closed.
    Closed,
    /// To no message of this BAL to this patient.
    Never,
}

pub(crate) fn patient_code(keys: &Keys, address: &str) -> Vec<u8> {
    keys.lookup("patient", address.trim().to_lowercase().as_bytes()).to_vec()
}

fn ref_code(keys: &Keys, id: &str) -> i64 {
    keys.lookup_code("patient-message", id.as_bytes())
}

/// Ends the right to answer everything that was sent to a patient.
pub(crate) async fn close_all(tx: &mut Tx, account: AccountId, code: &[u8]) -> Result<()> {
    tx.execute(CLOSE, args![account, code]).await.map(drop)
}

/// Remembers a message of a patient, so that what answers or forwards it is known to be about them.
pub(crate) async fn record_theirs(tx: &mut Tx, account: AccountId, code: &[u8], message_ids: &[String]) -> Result<()> {
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let now = tx.now();
    for id in message_ids {
        tx.execute(INSERT, args![account, code, ref_code(&keys, id), THEIRS, now]).await?;
    }
    Ok(())
}

/// Remembers a message to a patient under its Message-IDs (without brackets) with what it does to the exchange, in the
/// caller's transaction. `by`: who sends it.
pub(crate) async fn record(tx: &mut Tx, sent: &Sent, message_ids: &[String], by: Option<PersonId>) -> Result<()> {
    let keys = tx.keys(Owner::Account(sent.account.0)).await?;
    let (code, now) = (patient_code(&keys, &sent.patient), tx.now());
    if !sent.open {
        close_all(tx, sent.account, &code).await?;
    }
    for id in message_ids {
        let closed = i64::from(!sent.open);
        tx.execute(INSERT, args![sent.account, code.clone(), ref_code(&keys, id), closed, now]).await?;
    }
    exchange::sent(tx, &keys, sent, by).await
}

impl Store {
    /// May this patient answer the messages that are named (Message-IDs without brackets)?
    pub async fn patient_answer(&self, account: AccountId, patient: &str, message_ids: &[String]) -> Result<Answer> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let code = patient_code(&keys, patient);
        let refs: Vec<i64> = message_ids.iter().take(REFS).map(|id| ref_code(&keys, id)).collect();
        let head = "SELECT patient_code, closed FROM patient_message WHERE account_id = ";
        let rows = select_in(&mut self.read().await?, head, account.0, " AND ref_code IN ", &refs, "").await?;
        let mut answer = Answer::Never;
        for row in &rows {
            match (row.bytes(0)? == code, row.int(1)?) {
                (true, 0) => return Ok(Answer::Open),
                (true, 1) => answer = Answer::Closed,
                _ => {}
            }
        }
        Ok(answer)
    }
}
