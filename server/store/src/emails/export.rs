//! Every message of a BAL in order of arrival, for whoever takes a copy of it away.

use serde_json::json;
use wire::id::AccountId;

use crate::blobs::BlobId;
use crate::db::{Row, args, statements};
use crate::traces::{Actor, Chain, Trace};
use crate::{Error, Result, Store};

statements! {
    PAGE = "SELECT number, blob_id, received_at FROM email WHERE account_id = $1 AND number > $2 ORDER BY number LIMIT $3";
}

/// A message to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Its place in the order of arrival.
    pub number: i64,
    pub blob: BlobId,
    pub received_at: i64,
}

impl Store {
    /// The messages that came after `number` (0: all), at most `limit`.
    pub async fn emails_export(&self, account: AccountId, number: i64, limit: u32) -> Result<Vec<Exported>> {
        let rows = self.read().await?.fetch_all(PAGE, args![account, number, limit]).await?;
        let one = |row: &Row| {
            let blob = row.bytes(1)?.as_slice().try_into().map_err(|_| Error::Corrupt("blob id"))?;
            Ok(Exported { number: row.int(0)?, blob: BlobId(blob), received_at: row.int(2)? })
        };
        rows.iter().map(one).collect()
    }

    /// Leaves the trace of a copy of a whole BAL that somebody begins to take.
    pub async fn emails_exported(&self, actor: Actor, account: AccountId) -> Result<()> {
        self.trace(Chain::Account(account), Trace::done("account-export", actor, Some(account), json!({}))).await
    }
}
