//! Uploads: blobs not yet in any message, until they expire.

use futures::FutureExt;
use wire::id::AccountId;

use crate::Store;
use crate::blobs::BlobId;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::Owner;

statements! {
    SAVE = "INSERT INTO upload (account_id, blob_id, sealed, size, expires_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (account_id, blob_id) DO UPDATE SET sealed = excluded.sealed,
        expires_at = CASE WHEN excluded.expires_at > upload.expires_at THEN excluded.expires_at ELSE upload.expires_at END";
    PRUNE = "DELETE FROM upload WHERE expires_at <= $1";
    SELECT = "SELECT sealed, size, expires_at FROM upload WHERE account_id = $1 AND blob_id = $2 AND expires_at > $3";
}

const TABLE: &str = "upload";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    pub blob: BlobId,
    pub kind: String,
    pub size: u64,
    pub expires_at: i64,
}

/// What binds the sealed media type to its blob.
fn row_id(blob: BlobId) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&blob.0[..8]);
    i64::from_be_bytes(first)
}

/// Forgets uploads that expired; their blobs are orphans from here on.
pub(crate) async fn prune(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(PRUNE, args![now]).await
}

impl Store {
    /// Remembers an upload with its media type until `expires_at`; the same content again prolongs it. `NotFound` when
    /// the blob is not there.
    pub async fn upload_record(&self, account: AccountId, blob: BlobId, kind: &str, expires_at: i64) -> Result<()> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let size = self.blob_size(account, &blob).await? as i64;
        let sealed = keys.seal(self.random(), TABLE, row_id(blob), kind.as_bytes())?;
        let row = args![account, blob.0.to_vec(), sealed, size, expires_at];
        self.write(row, |tx, row| async move { tx.execute(SAVE, row.clone()).await.map(drop) }.boxed()).await
    }

    /// An upload that has not expired.
    pub async fn upload(&self, account: AccountId, blob: BlobId) -> Result<Option<Upload>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let row = self.read().await?.fetch_optional(SELECT, args![account, blob.0.to_vec(), self.now()]).await?;
        let Some(row) = row else { return Ok(None) };
        let kind = keys.open(TABLE, row_id(blob), &row.bytes(0)?)?;
        let kind = String::from_utf8(kind).map_err(|_| Error::Corrupt("media type"))?;
        Ok(Some(Upload { blob, kind, size: row.int(1)? as u64, expires_at: row.int(2)? }))
    }
}
