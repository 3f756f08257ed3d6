//! Which messages patients may answer: those that a BAL sent them and whose exchange is not closed (`domain.md` §3).
//! Addresses and Message-IDs are kept as codes under the BAL's key only.

use wire::id::AccountId;

use crate::Store;
use crate::db::{Tx, args, statements};
use crate::error::Result;
use crate::keys::{Keys, Owner};
use crate::query::sql::select_in;

statements! {
    CLOSE = "UPDATE patient_message SET closed = 1 WHERE account_id = $1 AND patient_code = $2";
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
    /// The message itself may be answered; else it ends what was open with this patient.
    pub open: bool,
}

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

fn patient_code(keys: &Keys, address: &str) -> Vec<u8> {
    keys.lookup("patient", address.trim().to_lowercase().as_bytes()).to_vec()
}

fn ref_code(keys: &Keys, id: &str) -> i64 {
    keys.lookup_code("patient-message", id.as_bytes())
}

/// Remembers a message to a patient under its Message-IDs (without brackets), in the caller's transaction.
pub(crate) async fn record(tx: &mut Tx, sent: &Sent, message_ids: &[String]) -> Result<()> {
    let keys = tx.keys(Owner::Account(sent.account.0)).await?;
    let (code, now) = (patient_code(&keys, &sent.patient), tx.now());
    if !sent.open {
        tx.execute(CLOSE, args![sent.account, code.clone()]).await?;
    }
    for id in message_ids {
        let closed = i64::from(!sent.open);
        tx.execute(INSERT, args![sent.account, code.clone(), ref_code(&keys, id), closed, now]).await?;
    }
    Ok(())
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
                (true, _) => answer = Answer::Closed,
                (false, _) => {}
            }
        }
        Ok(answer)
    }
}
