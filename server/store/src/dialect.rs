//! All that differs between SQLite and PostgreSQL.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};

use crate::db::{Conn, Statement, Tx, args};
use crate::error::{Error, Result};
use crate::migrations;

/// Where PostgreSQL processes tell each other what changed.
pub(crate) const CHANNEL: &str = "pli_changed";

const NOTIFY: Statement = Statement::new("NOTIFY", "SELECT 1 FROM (SELECT pg_notify('pli_changed', $1)) AS told");

/// Tells other processes within the transaction; SQLite needs no telling (`PRAGMA data_version`).
pub(crate) async fn notify(tx: &mut Tx, touched: &[i64]) -> Result<()> {
    if matches!(tx.conn, Conn::Sqlite(_) | Conn::SqliteTx(_)) {
        return Ok(());
    }
    for account in touched {
        tx.fetch_all(NOTIFY, args![account.to_string()]).await?;
    }
    Ok(())
}

const NEXT_SPACE: Statement = Statement::new("NEXT_SPACE", "SELECT COALESCE(MAX(space), 0) + 1 FROM account");

/// What the postings of a new account are keyed by. SQLite keeps small numbers in few octets, so accounts are counted
/// there; PostgreSQL takes eight octets for any, and its rows are spread by the account's id.
pub(crate) async fn space(tx: &mut Tx, account: i64) -> Result<i64> {
    match tx.conn {
        Conn::Sqlite(_) | Conn::SqliteTx(_) => tx.fetch_one(NEXT_SPACE, args![]).await?.int(0),
        Conn::Postgres(_) | Conn::PostgresTx(_) => Ok(account),
    }
}

/// `cache` in KiB. WAL; FULL, since NORMAL loses acknowledged commits on power cut; what is deleted is overwritten.
pub(crate) fn sqlite_options(path: &Path, cache: u32) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("secure_delete", "ON")
        .pragma("cache_size", format!("-{cache}"))
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", "4000")
        .pragma("journal_size_limit", "67108864")
        .statement_cache_capacity(256)
}

/// A pool of at most `most` connections.
pub(crate) async fn sqlite_pool(options: SqliteConnectOptions, most: u32) -> Result<SqlitePool> {
    SqlitePoolOptions::new()
        .max_connections(most)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(options)
        .await
        .map_err(error)
}

/// Refuses to run when the pragmas did not take.
pub(crate) async fn check_sqlite(pool: &SqlitePool) -> Result<()> {
    let read = |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(pool);
    let full = read("PRAGMA synchronous").await.map_err(error)?;
    let secure = read("PRAGMA secure_delete").await.map_err(error)?;
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await.map_err(error)?;
    if full < 2 || secure == 0 || journal != "wal" {
        return Err(Error::Config(format!("SQLite did not take its settings: {full} {secure} {journal}")));
    }
    Ok(())
}

pub(crate) async fn postgres_pool(url: &str) -> Result<PgPool> {
    // A process that is stopped in the middle of a transaction (a paused machine, a debugger) would hold its locks, and
    // with them the work of all others, for as long as it sleeps. No transaction of ours waits for anything outside.
    let options: PgConnectOptions = url.parse().map_err(error)?;
    let options = options.options([("idle_in_transaction_session_timeout", "20s")]);
    PgPoolOptions::new()
        .max_connections(12)
        .acquire_timeout(Duration::from_secs(30))
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .map_err(error)
}

/// Names what a statement's failure was.
pub(crate) fn error_of(statement: &'static str, failure: sqlx::Error) -> Error {
    match error(failure) {
        Error::Database(message) => Error::Statement { statement, message },
        other => other,
    }
}

/// Translates a failure of the driver: constraints by name, conflicts between transactions as transient.
pub(crate) fn error(failure: sqlx::Error) -> Error {
    match &failure {
        sqlx::Error::Database(db) => {
            if let Some(constraint) = db.constraint() {
                return Error::Conflict { constraint: constraint.to_owned() };
            }
            let code = db.code().unwrap_or_default().into_owned();
            if let Some(constraint) = sqlite_constraint(db.message()) {
                return Error::Conflict { constraint };
            }
            // PostgreSQL: serialisation failure, deadlock, too long idle, shutdown; SQLite: busy, locked.
            let transient = ["40001", "40P01", "25P03", "57P01", "57P03", "5", "6", "261", "517"];
            if transient.contains(&code.as_str()) {
                return Error::Busy(code);
            }
            Error::Database(format!("{code} {}", db.message()))
        }
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            Error::Busy(failure.to_string())
        }
        sqlx::Error::RowNotFound => Error::NotFound,
        _ => Error::Database(failure.to_string()),
    }
}

/// SQLite names the columns of a unique constraint, not the constraint: its name is found in the migrations.
fn sqlite_constraint(message: &str) -> Option<String> {
    if let Some(at) = message.find("CHECK constraint failed: ") {
        return Some(message[at + 25..].trim().to_owned());
    }
    let at = message.find("UNIQUE constraint failed: ")?;
    let columns = message[at + 26..].trim();
    let known = unique_constraints();
    Some(known.get(columns).cloned().unwrap_or_else(|| columns.to_owned()))
}

/// `table.column, table.column` → name of the constraint, read from the migrations of SQLite.
pub(crate) fn unique_constraints() -> &'static HashMap<String, String> {
    static KNOWN: OnceLock<HashMap<String, String>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut known = HashMap::new();
        for migration in migrations::MIGRATIONS {
            let mut table = "";
            for line in migration.sqlite.lines().map(str::trim) {
                if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                    table = rest.split([' ', '(']).next().unwrap_or_default();
                } else if let Some(rest) = line.strip_prefix("CONSTRAINT ") {
                    let Some((name, rest)) = rest.split_once(' ') else { continue };
                    let unique = rest.starts_with("UNIQUE") || rest.starts_with("PRIMARY KEY");
                    let Some((columns, _)) = rest.split_once('(').and_then(|(_, rest)| rest.split_once(')')) else {
                        continue;
                    };
                    if unique {
                        let columns: Vec<_> =
                            columns.split(',').map(|column| format!("{table}.{}", column.trim())).collect();
                        known.insert(columns.join(", "), name.to_owned());
                    }
                }
            }
        }
        known
    })
}
