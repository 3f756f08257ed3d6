//! Forgets what ended by itself: sessions, one-time codes, tokens, counted failures, uploads, old searches.

use futures::FutureExt;

use crate::{Result, Store, approvals, attempts, ceremonies, codes, searches, sessions, tokens, uploads};

/// What was removed of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expired {
    pub sessions: u64,
    pub challenges: u64,
    pub ceremonies: u64,
    pub approvals: u64,
    pub tokens: u64,
    pub attempts: u64,
    pub uploads: u64,
    pub searches: u64,
}

impl Expired {
    /// How many rows in all.
    pub fn total(&self) -> u64 {
        self.sessions
            + self.challenges
            + self.ceremonies
            + self.approvals
            + self.tokens
            + self.attempts
            + self.uploads
            + self.searches
    }
}

impl Store {
    /// Removes what has expired by now. Sessions end after `idle_ms` without an act; searches are kept for
    /// `searches_ms` after they were last made.
    pub async fn prune_expired(&self, idle_ms: i64, searches_ms: i64) -> Result<Expired> {
        self.write((idle_ms, searches_ms), |tx, (idle_ms, searches_ms)| {
            async move {
                let now = tx.now();
                Ok(Expired {
                    sessions: sessions::prune(tx, *idle_ms).await?,
                    challenges: codes::prune(tx).await?,
                    ceremonies: ceremonies::prune(tx).await?,
                    approvals: approvals::prune(tx).await?,
                    tokens: tokens::prune(tx).await?,
                    attempts: attempts::prune(tx).await?,
                    uploads: uploads::prune(tx).await?,
                    searches: searches::prune(tx, now - searches_ms).await?,
                })
            }
            .boxed()
        })
        .await
    }
}
