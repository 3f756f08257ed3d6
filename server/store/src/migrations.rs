//! Forward-only migrations, the same numbers and names for both engines, run under a lock.

use futures::FutureExt;

use crate::Store;
use crate::db::{Conn, Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::Owner;

pub(crate) struct Migration {
    number: i64,
    name: &'static str,
    pub(crate) sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migration {
    ($number:literal, $name:literal) => {
        Migration {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }
    };
}

pub(crate) const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_mail"),
    migration!(2, "0002_people"),
    migration!(3, "0003_portal"),
    migration!(4, "0004_professionals"),
    migration!(5, "0005_means"),
    migration!(6, "0006_passkeys"),
    migration!(7, "0007_outgoing"),
    migration!(8, "0008_received"),
    migration!(9, "0009_staff"),
    migration!(10, "0010_delegation"),
    migration!(11, "0011_team"),
    migration!(12, "0012_organisations"),
    migration!(13, "0013_patients"),
];

statements! {
    VERSION = "SELECT CAST(COALESCE(MAX(number), 0) AS BIGINT) FROM schema_version";
    RECORD = "INSERT INTO schema_version (number, name, applied_at) VALUES ($1, $2, $3)";
}

pub(crate) const CREATE: &str = "CREATE TABLE IF NOT EXISTS schema_version (
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    applied_at BIGINT NOT NULL,
    CONSTRAINT schema_version_pk PRIMARY KEY (number)
)";
const LOCK_POSTGRES: &str = "SELECT pg_advisory_xact_lock(7064809)";

/// The number of the last migration applied; 0 when there is none.
pub(crate) async fn version(tx: &mut Tx) -> Result<i64> {
    match tx.fetch_one(VERSION, args![]).await {
        Ok(row) => row.int(0),
        Err(Error::Statement { message, .. }) if message.contains("schema_version") => Ok(0),
        Err(error) => Err(error),
    }
}

/// Applies what is missing, all in one transaction.
pub(crate) async fn run(store: &Store) -> Result<()> {
    store.write((), |tx, ()| apply(tx).boxed()).await
}

async fn apply(tx: &mut Tx) -> Result<()> {
    let postgres = !matches!(tx.conn, Conn::Sqlite(_) | Conn::SqliteTx(_));
    if postgres {
        tx.script(LOCK_POSTGRES).await?;
    }
    tx.script(CREATE).await?;
    let found = version(tx).await?;
    let known = MIGRATIONS.iter().map(|migration| migration.number).max().unwrap_or(0);
    if found > known {
        return Err(Error::NewerSchema { found, known });
    }
    for migration in MIGRATIONS.iter().filter(|migration| migration.number > found) {
        tracing::info!(number = migration.number, name = migration.name, "migration");
        tx.script(if postgres { migration.postgres } else { migration.sqlite }).await?;
        let now = tx.now();
        tx.execute(RECORD, args![migration.number, migration.name, now]).await?;
    }
    tx.create_keys(Owner::Operator).await?;
    Ok(())
}

/// Number, name and text of each migration for PostgreSQL, to make the template of tests.
#[cfg(feature = "testing")]
pub(crate) fn scripts() -> impl Iterator<Item = (i64, &'static str, &'static str)> {
    MIGRATIONS.iter().map(|migration| (migration.number, migration.name, migration.postgres))
}
