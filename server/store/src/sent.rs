//! Which messages a BAL sent to which domains: found again by the Message-ID or ENVID that a report names. Outlives the
//! submission, which its owner may forget.

use futures::FutureExt;
use wire::id::{AccountId, SubmissionId};

use crate::Store;
use crate::db::{Tx, args, statements};
use crate::error::Result;
use crate::keys::{Keys, Owner};
use crate::query::sql::select_in;
use crate::submissions::Onward;

statements! {
    INSERT = "INSERT INTO sent_ref (account_id, ref_code, domain, submission_id, at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (account_id, ref_code, domain) DO UPDATE SET submission_id = excluded.submission_id, at = excluded.at";
    PRUNE = "DELETE FROM sent_ref WHERE at < $1";
}

/// A message that was sent, as a report names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub submission: SubmissionId,
    /// The domain of some of its recipients.
    pub domain: String,
}

fn id_code(keys: &Keys, id: &str) -> i64 {
    keys.lookup_code("sent-id", id.as_bytes())
}

fn envid_code(keys: &Keys, envid: &str) -> i64 {
    keys.lookup_code("sent-envid", envid.as_bytes())
}

/// Remembers a message, in the caller's transaction.
pub(crate) async fn record(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    submission: SubmissionId,
    onward: &Onward,
) -> Result<()> {
    let now = tx.now();
    let mut codes: Vec<i64> = onward.message_ids.iter().map(|id| id_code(keys, id)).collect();
    codes.push(envid_code(keys, &submission.to_string()));
    for domain in &onward.domains {
        for code in &codes {
            tx.execute(INSERT, args![account, *code, domain.as_str(), submission, now]).await?;
        }
    }
    Ok(())
}

impl Store {
    /// The messages that this BAL sent under one of these Message-IDs (without brackets) or this ENVID.
    pub async fn sent_find(&self, account: AccountId, message_ids: &[String], envid: Option<&str>) -> Result<Vec<Sent>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let mut codes: Vec<i64> = message_ids.iter().take(50).map(|id| id_code(&keys, id)).collect();
        codes.extend(envid.map(|envid| envid_code(&keys, envid)));
        let head = "SELECT submission_id, domain FROM sent_ref WHERE account_id = ";
        let rows = select_in(&mut self.read().await?, head, account.0, " AND ref_code IN ", &codes, "").await?;
        let mut found: Vec<Sent> = Vec::with_capacity(rows.len());
        for row in &rows {
            let sent = Sent { submission: SubmissionId(row.int(0)?), domain: row.text(1)? };
            if !found.contains(&sent) {
                found.push(sent);
            }
        }
        Ok(found)
    }

    /// Forgets what was sent before `before`: no report comes so late. How many rows.
    pub async fn sent_prune(&self, before: i64) -> Result<u64> {
        self.write(before, |tx, before| async move { tx.execute(PRUNE, args![*before]).await }.boxed()).await
    }
}
