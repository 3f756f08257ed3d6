//! What must outlive a restart to know whom we trust: the last white list that verified and the last good revocation
//! lists. Public documents, kept as they were fetched; whoever reads them verifies them again.

use futures::FutureExt;

use crate::Store;
use crate::db::{args, statements};
use crate::error::Result;

statements! {
    ALL = "SELECT name, data, confirmed_at FROM trust_kept ORDER BY name";
    STAMPS = "SELECT name, confirmed_at FROM trust_kept ORDER BY name";
    PUT = "INSERT INTO trust_kept (name, data, confirmed_at) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET data = excluded.data, confirmed_at = excluded.confirmed_at";
    CONFIRM = "UPDATE trust_kept SET confirmed_at = $2 WHERE name = $1";
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub name: String,
    pub data: Vec<u8>,
    /// When it was last fetched.
    pub confirmed_at: i64,
}

impl Store {
    /// All documents.
    pub async fn kept_all(&self) -> Result<Vec<Kept>> {
        let rows = self.read().await?.fetch_all(ALL, args![]).await?;
        rows.iter().map(|row| Ok(Kept { name: row.text(0)?, data: row.bytes(1)?, confirmed_at: row.int(2)? })).collect()
    }

    /// Names and times: cheap to compare.
    pub async fn kept_stamps(&self) -> Result<Vec<(String, i64)>> {
        let rows = self.read().await?.fetch_all(STAMPS, args![]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
    }

    /// Keeps a document in place of the last one of its name.
    pub async fn kept_put(&self, document: Kept) -> Result<()> {
        self.write(document, |tx, document| {
            async move {
                let args = args![document.name.as_str(), document.data.clone(), document.confirmed_at];
                tx.execute(PUT, args).await.map(drop)
            }
            .boxed()
        })
        .await
    }

    /// The document was fetched again and is the same.
    pub async fn kept_confirm(&self, name: &str, at: i64) -> Result<()> {
        self.write((name.to_owned(), at), |tx, (name, at)| {
            async move { tx.execute(CONFIRM, args![name.as_str(), *at]).await.map(drop) }.boxed()
        })
        .await
    }
}
