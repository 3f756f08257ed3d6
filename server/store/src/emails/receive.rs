//! Keeping messages that other operators hand over: each once, however often it comes.

use futures::FutureExt;
use wire::id::{AccountId, EmailId};

use super::insert::{self, Batch};
use super::{InsertOptions, Inserted, NewEmail};
use crate::Store;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::Owner;
use crate::patients::exchange::{self, Writer};
use crate::receipts::Receipt;
use crate::relay_jobs::{self, JobEnvelope, NewJob};
use crate::traces::{Actor, Means};

statements! {
    /// Of two transactions that bring the same message one waits here for the other.
    TAKE = "INSERT INTO received (account_id, code, email_id, at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account_id, code) DO NOTHING";
    TAKEN = "SELECT email_id FROM received WHERE account_id = $1 AND code = $2";
    PRUNE = "DELETE FROM received WHERE at < $1";
}

/// Where a message comes from, and what makes it the same message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The operator, as its certificate names it.
    pub operator: String,
    /// Of its Message-ID and its content.
    pub digest: [u8; 32],
}

const ACTOR: Actor = Actor { person: None, session: None, means: Means::Relay };

/// What one transaction takes.
struct Taking {
    batch: Batch,
    code: Vec<u8>,
    reports: Vec<NewJob>,
    patient: Option<Writer>,
}

async fn take(tx: &mut Tx, taking: &Taking) -> Result<Inserted> {
    let account = taking.batch.account;
    let id = taking.batch.emails.first().ok_or(Error::Corrupt("receive"))?.id;
    let now = tx.now();
    if tx.execute(TAKE, args![account, taking.code.clone(), id, now]).await? == 0 {
        let row = tx.fetch_one(TAKEN, args![account, taking.code.clone()]).await?;
        return Ok(Inserted::Existing(EmailId(row.int(0)?)));
    }
    let kept = insert::run(tx, &taking.batch).await?.pop().ok_or(Error::Corrupt("receive"))?;
    let keys = tx.keys(Owner::Account(account.0)).await?;
    relay_jobs::queue(tx, &keys, ACTOR, account, None, &taking.reports).await?;
    if let Some(patient) = &taking.patient {
        exchange::received(tx, &keys, account, patient).await?;
    }
    Ok(kept)
}

impl Store {
    /// Keeps a message of another operator, once per BAL, and queues with it the report that its sender wants of that.
    /// `patient`: who wrote it, where a patient did. Durable when this returns.
    pub async fn email_receive(
        &self,
        account: AccountId,
        origin: &Origin,
        new: NewEmail,
        report: Option<Receipt>,
        patient: Option<Writer>,
    ) -> Result<Inserted> {
        let mut reports = Vec::new();
        if let Some(report) = report {
            let domain = report.to.rsplit_once('@').map_or("", |(_, domain)| domain).to_lowercase();
            let envelope = JobEnvelope { recipients: vec![report.to], ..JobEnvelope::default() };
            let blob = self.blob_put(account, report.report).await?;
            reports.push(NewJob { domain, local: report.local, envelope, blob });
        }
        let mut batch = self.email_batch(ACTOR, account, vec![new], InsertOptions::default(), None).await?;
        batch.operator = Some(origin.operator.clone());
        let keys = self.keys(Owner::Account(account.0)).await?;
        let named = [origin.operator.as_bytes(), b"\0", &origin.digest].concat();
        let code = keys.lookup("received", &named).to_vec();
        self.write(Taking { batch, code, reports, patient }, |tx, taking| take(tx, taking).boxed()).await
    }

    /// Forgets what was received before `before`: nobody hands a message over again so late. How many rows.
    pub async fn received_prune(&self, before: i64) -> Result<u64> {
        self.write(before, |tx, before| async move { tx.execute(PRUNE, args![*before]).await }.boxed()).await
    }
}
