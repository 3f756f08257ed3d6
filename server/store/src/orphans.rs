//! Removes what nothing refers to: blobs of failed writes, of destroyed messages, of expired uploads; old tombstones.

use futures::{FutureExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt};
use wire::id::AccountId;

use crate::Store;
use crate::blobs::{self, BlobId};
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};
use crate::uploads;

statements! {
    UNUSED = "SELECT b.account_id, b.blob_id, b.place FROM blob b WHERE b.created_at < $1
        AND NOT EXISTS (SELECT 1 FROM email e WHERE e.account_id = b.account_id AND e.blob_id = b.blob_id)
        AND NOT EXISTS (SELECT 1 FROM upload u WHERE u.account_id = b.account_id AND u.blob_id = b.blob_id)
        AND NOT EXISTS (SELECT 1 FROM relay_job j WHERE j.account_id = b.account_id AND j.blob_id = b.blob_id)
        LIMIT 500";
    DELETE = "DELETE FROM blob WHERE account_id = $1 AND blob_id = $2 AND created_at < $3
        AND NOT EXISTS (SELECT 1 FROM email e WHERE e.account_id = blob.account_id AND e.blob_id = blob.blob_id)
        AND NOT EXISTS (SELECT 1 FROM upload u WHERE u.account_id = blob.account_id AND u.blob_id = blob.blob_id)
        AND NOT EXISTS (SELECT 1 FROM relay_job j WHERE j.account_id = blob.account_id AND j.blob_id = blob.blob_id)";
    KNOWN = "SELECT place FROM blob WHERE account_id = $1 AND blob_id = $2";
    RAISE_FLOORS = "UPDATE account SET floor = (SELECT MAX(t.modseq) FROM tombstone t
        WHERE t.account_id = account.account_id AND t.at < $1)
        WHERE EXISTS (SELECT 1 FROM tombstone t WHERE t.account_id = account.account_id AND t.at < $1)";
    PRUNE = "DELETE FROM tombstone WHERE at < $1";
}

async fn unused(tx: &mut Tx, older_than: i64) -> Result<Vec<(i64, BlobId, bool)>> {
    uploads::prune(tx).await?;
    let mut gone = Vec::new();
    for row in tx.fetch_all(UNUSED, args![older_than]).await? {
        let (account, blob) = (row.int(0)?, row.bytes(1)?);
        if tx.execute(DELETE, args![account, &blob, older_than]).await? > 0 {
            let id = BlobId(blob.as_slice().try_into().map_err(|_| Error::Corrupt("blob id"))?);
            gone.push((account, id, row.flag(2)?));
        }
    }
    Ok(gone)
}

impl Store {
    /// Collects blobs and files made before `older_than` that nothing refers to; how many.
    pub async fn collect_orphans(&self, older_than: i64) -> Result<u64> {
        let mut collected = 0;
        loop {
            let gone = self.write(older_than, |tx, older_than| unused(tx, *older_than).boxed()).await?;
            for (account, id, in_file) in &gone {
                // Kept again since: the file is of the new row.
                if *in_file && !self.blob_known(*account, id).await? {
                    self.remove_file(&blobs::path(*account, id)).await?;
                }
            }
            collected += gone.len() as u64;
            if gone.is_empty() {
                break;
            }
        }
        Ok(collected + self.collect_files(older_than).await?)
    }

    /// Files without a row: their transaction never came.
    async fn collect_files(&self, older_than: i64) -> Result<u64> {
        let mut listing = self.inner.files.store.list(None);
        let mut collected = 0;
        while let Some(file) = listing.try_next().await? {
            if file.last_modified.timestamp_millis() >= older_than {
                continue;
            }
            let mut parts = file.location.parts();
            let account = parts.next().and_then(|part| part.as_ref().parse::<AccountId>().ok());
            let id = parts.next_back().and_then(|part| part.as_ref().parse::<BlobId>().ok());
            let (Some(account), Some(id)) = (account, id) else { continue };
            if !self.blob_known(account.0, &id).await? {
                self.remove_file(&file.location).await?;
                collected += 1;
            }
        }
        Ok(collected)
    }

    async fn blob_known(&self, account: i64, id: &BlobId) -> Result<bool> {
        Ok(self.read().await?.fetch_optional(KNOWN, args![account, id.0.to_vec()]).await?.is_some())
    }

    async fn remove_file(&self, path: &object_store::path::Path) -> Result<()> {
        match self.inner.files.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets tombstones made before `older_than`: clients with older states start again. How many.
    pub async fn prune_tombstones(&self, older_than: i64) -> Result<u64> {
        self.write(older_than, |tx, older_than| {
            async move {
                tx.execute(RAISE_FLOORS, args![*older_than]).await?;
                tx.execute(PRUNE, args![*older_than]).await
            }
            .boxed()
        })
        .await
    }
}
