//! Hints that something changed, after the commit: in this process at once, from other processes by LISTEN/NOTIFY or by
//! `PRAGMA data_version` every 250 ms. A hint may be missed; those who care poll slowly behind it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::broadcast;
use wire::id::AccountId;

use crate::db::Db;
use crate::error::Result;
use crate::{Inner, Store, dialect};

const POLL: Duration = Duration::from_millis(250);

/// Something changed in this account, or (none) somewhere, through another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hint {
    pub account: Option<AccountId>,
}

impl Store {
    /// Hints from now on. A receiver that lags loses the oldest.
    pub fn changed(&self) -> broadcast::Receiver<Hint> {
        self.inner.context.hints.subscribe()
    }
}

/// Starts the task that hears of other processes; it ends with the store.
pub(crate) async fn watch(inner: &Arc<Inner>) -> Result<()> {
    let weak = Arc::downgrade(inner);
    match &inner.db {
        Db::Sqlite { readers, .. } => drop(tokio::spawn(poll(readers.clone(), weak))),
        Db::Postgres(pool) => {
            let mut listener = PgListener::connect_with(pool).await.map_err(dialect::error)?;
            listener.ignore_pool_close_event(true);
            listener.listen(dialect::CHANNEL).await.map_err(dialect::error)?;
            tokio::spawn(listen(listener, weak));
        }
    }
    Ok(())
}

async fn poll(readers: sqlx::SqlitePool, inner: Weak<Inner>) {
    // One connection of its own: data_version is relative to the connection that asks.
    let mut held = None;
    let mut last = None;
    loop {
        tokio::time::sleep(POLL).await;
        let Some(inner) = inner.upgrade() else { return };
        if inner.context.hints.receiver_count() == 0 {
            held = None;
            last = None;
            continue;
        }
        if held.is_none() {
            held = readers.acquire().await.ok();
        }
        let Some(conn) = held.as_mut() else { continue };
        match sqlx::query_scalar::<_, i64>("PRAGMA data_version").fetch_one(&mut **conn).await {
            Ok(version) => {
                if last.replace(version).is_some_and(|last| last != version) {
                    let _ = inner.context.hints.send(Hint { account: None });
                }
            }
            Err(_) => held = None,
        }
    }
}

async fn listen(mut listener: PgListener, inner: Weak<Inner>) {
    loop {
        let heard = tokio::time::timeout(Duration::from_secs(5), listener.recv()).await;
        let Some(inner) = inner.upgrade() else { return };
        match heard {
            Ok(Ok(notification)) => {
                let account = notification.payload().parse().ok().map(AccountId);
                let _ = inner.context.hints.send(Hint { account });
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "listening to PostgreSQL failed, trying again");
                drop(inner);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(_) => {}
        }
    }
}
