//! The two databases behind one face: statements with `$1`, dynamic arguments, rows read by position, transactions.
//!
//! Enter by `Store::write` (a closure that may run twice), `Store::read` (a connection for reading). SQL is declared with
//! `statements!` beside the function that runs it; only `query.rs` composes SQL. Nothing outside this folder names an
//! engine, except `dialect.rs`.

use std::sync::Arc;

use futures::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::context::Context;
use crate::dialect;
use crate::error::{Error, Result};

mod value;
mod writer;

pub use value::{Arg, Row};
pub(crate) use writer::Writer;

/// One registered statement: its name, text and number of parameters.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    pub name: &'static str,
    pub sql: &'static str,
    pub params: usize,
}

impl Statement {
    /// Counts the parameters in the text.
    pub const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, params: count_params(sql) }
    }
}

const fn count_params(sql: &str) -> usize {
    let (bytes, mut at, mut most) = (sql.as_bytes(), 0, 0);
    while at < bytes.len() {
        if bytes[at] == b'$' {
            let mut number = 0;
            at += 1;
            while at < bytes.len() && bytes[at].is_ascii_digit() {
                number = number * 10 + (bytes[at] - b'0') as usize;
                at += 1;
            }
            if number > most {
                most = number;
            }
        } else {
            at += 1;
        }
    }
    most
}

/// Declares statements as constants and registers them in the module's `STATEMENTS` (listed in `registry.rs`).
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* const $name: $crate::db::Statement = $crate::db::Statement::new(stringify!($name), $sql);)*
        /// The statements of this module.
        pub(crate) const STATEMENTS: &[$crate::db::Statement] = &[$($name),*];
    };
}
pub(crate) use statements;

/// Arguments in the order of the placeholders.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Arg::from($value)),*] };
}
pub(crate) use args;

/// SQL composed by `query.rs`, with its arguments.
#[derive(Debug, Default)]
pub(crate) struct Composed {
    pub(crate) sql: String,
    pub(crate) args: Vec<Arg>,
}

/// An open database.
pub(crate) enum Db {
    Sqlite { readers: SqlitePool, writer: Writer },
    Postgres(PgPool),
}

impl Db {
    /// A connection for reading.
    pub(crate) async fn reader(&self, context: &Arc<Context>) -> Result<Tx> {
        let conn = match self {
            Self::Sqlite { readers, .. } => Conn::Sqlite(readers.acquire().await.map_err(dialect::error)?),
            Self::Postgres(pool) => Conn::Postgres(pool.acquire().await.map_err(dialect::error)?),
        };
        Ok(Tx { conn, context: context.clone(), touched: Vec::new() })
    }

    /// A connection that sees the database as it is at its first statement.
    pub(crate) async fn snapshot(&self, context: &Arc<Context>) -> Result<Tx> {
        const REPEATABLE: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
        let conn = match self {
            Self::Sqlite { readers, .. } => Conn::SqliteTx(readers.begin().await.map_err(dialect::error)?),
            Self::Postgres(pool) => Conn::PostgresTx(begin(pool, REPEATABLE).await?),
        };
        Ok(Tx { conn, context: context.clone(), touched: Vec::new() })
    }

    /// Runs a closure in a transaction. It may run again after a conflict between transactions (PostgreSQL).
    pub(crate) async fn write<I, T, F>(&self, context: &Arc<Context>, input: I, act: F) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Tx, &'t I) -> BoxFuture<'t, Result<T>> + Send + Sync + 'static,
    {
        match self {
            Self::Sqlite { writer, .. } => writer.run(input, act).await,
            Self::Postgres(pool) => {
                let mut turn = 0;
                loop {
                    turn += 1;
                    match write_postgres(pool, context, &input, &act).await {
                        Err(error) if error.is_transient() && turn < 5 => {
                            tokio::time::sleep(std::time::Duration::from_millis(5 << turn)).await;
                        }
                        outcome => return outcome,
                    }
                }
            }
        }
    }
}

/// Begins a transaction, in a task of its own: when it is given up half-way (a request whose client went away), sqlx 0.9
/// hands the connection to the next one with the transaction still open, whose reads then see an old database.
async fn begin(pool: &PgPool, how: &'static str) -> Result<Transaction<'static, Postgres>> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(how).await }).await;
    begun.map_err(|_| Error::Busy("beginning stopped".into()))?.map_err(dialect::error)
}

async fn write_postgres<I, T, F>(pool: &PgPool, context: &Arc<Context>, input: &I, act: &F) -> Result<T>
where
    F: for<'t> Fn(&'t mut Tx, &'t I) -> BoxFuture<'t, Result<T>>,
{
    let conn = Conn::PostgresTx(begin(pool, "BEGIN").await?);
    let mut tx = Tx { conn, context: context.clone(), touched: Vec::new() };
    let value = act(&mut tx, input).await?;
    let touched = std::mem::take(&mut tx.touched);
    dialect::notify(&mut tx, &touched).await?;
    if let Conn::PostgresTx(transaction) = tx.conn {
        transaction.commit().await.map_err(dialect::error)?;
    }
    context.hint(&touched);
    Ok(value)
}

/// Opens the database a URL names: `sqlite:PATH` or `postgres://…`.
pub(crate) async fn open(url: &str, context: &Arc<Context>) -> Result<Db> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = std::path::Path::new(path.strip_prefix("//").unwrap_or(path));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        return writer::open(path, context).await;
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Db::Postgres(dialect::postgres_pool(url).await?));
    }
    Err(Error::Config("database: sqlite:PATH or postgres://… expected".into()))
}

/// What one talks to the database through: a connection, in a transaction when it writes.
pub struct Tx {
    pub(crate) conn: Conn,
    pub(crate) context: Arc<Context>,
    pub(crate) touched: Vec<i64>,
}

pub(crate) enum Conn {
    Sqlite(PoolConnection<Sqlite>),
    SqliteTx(Transaction<'static, Sqlite>),
    Postgres(PoolConnection<Postgres>),
    PostgresTx(Transaction<'static, Postgres>),
}

/// Runs `$call` of a query with its arguments bound, on whichever connection there is.
macro_rules! on_conn {
    ($tx:expr, $sql:expr, $args:expr, $call:ident, $wrap:expr) => {{
        match &mut $tx.conn {
            Conn::Sqlite(conn) => {
                let query = value::bind_sqlite(sqlx::query($sql), $args);
                query.$call(&mut **conn).await.map($wrap.0)
            }
            Conn::SqliteTx(conn) => {
                let query = value::bind_sqlite(sqlx::query($sql), $args);
                query.$call(&mut **conn).await.map($wrap.0)
            }
            Conn::Postgres(conn) => {
                let query = value::bind_postgres(sqlx::query($sql), $args);
                query.$call(&mut **conn).await.map($wrap.1)
            }
            Conn::PostgresTx(conn) => {
                let query = value::bind_postgres(sqlx::query($sql), $args);
                query.$call(&mut **conn).await.map($wrap.1)
            }
        }
    }};
}

impl Tx {
    /// Clock, random numbers, keys.
    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Milliseconds now.
    pub fn now(&self) -> i64 {
        self.context.clock.now_ms()
    }

    /// After the commit, those who watch are told that this account changed.
    pub fn touch(&mut self, account: i64) {
        if !self.touched.contains(&account) {
            self.touched.push(account);
        }
    }

    /// Runs a statement; the number of rows it changed.
    pub async fn execute(&mut self, statement: Statement, args: Vec<Arg>) -> Result<u64> {
        check(&statement, &args)?;
        let done = on_conn!(
            self,
            statement.sql,
            args,
            execute,
            (
                |done: sqlx::sqlite::SqliteQueryResult| done.rows_affected(),
                |done: sqlx::postgres::PgQueryResult| done.rows_affected()
            )
        );
        done.map_err(|error| dialect::error_of(statement.name, error))
    }

    /// All rows of a statement.
    pub async fn fetch_all(&mut self, statement: Statement, args: Vec<Arg>) -> Result<Vec<Row>> {
        check(&statement, &args)?;
        let rows = on_conn!(self, statement.sql, args, fetch_all, (value::rows_sqlite, value::rows_postgres));
        rows.map_err(|error| dialect::error_of(statement.name, error))
    }

    /// The first row of a statement, if any.
    pub async fn fetch_optional(&mut self, statement: Statement, args: Vec<Arg>) -> Result<Option<Row>> {
        check(&statement, &args)?;
        let row = on_conn!(
            self,
            statement.sql,
            args,
            fetch_optional,
            (
                |row: Option<sqlx::sqlite::SqliteRow>| row.map(Row::Sqlite),
                |row: Option<sqlx::postgres::PgRow>| row.map(Row::Postgres)
            )
        );
        row.map_err(|error| dialect::error_of(statement.name, error))
    }

    /// The row of a statement that always has one; `NotFound` otherwise.
    pub async fn fetch_one(&mut self, statement: Statement, args: Vec<Arg>) -> Result<Row> {
        self.fetch_optional(statement, args).await?.ok_or(Error::NotFound)
    }

    /// All rows of composed SQL.
    pub(crate) async fn fetch_composed(&mut self, composed: Composed) -> Result<Vec<Row>> {
        let sql = sqlx::AssertSqlSafe(composed.sql);
        let rows = on_conn!(self, sql, composed.args, fetch_all, (value::rows_sqlite, value::rows_postgres));
        rows.map_err(dialect::error)
    }

    /// Runs composed SQL; the number of rows it changed.
    pub(crate) async fn execute_composed(&mut self, composed: Composed) -> Result<u64> {
        let sql = sqlx::AssertSqlSafe(composed.sql);
        let done = on_conn!(
            self,
            sql,
            composed.args,
            execute,
            (
                |done: sqlx::sqlite::SqliteQueryResult| done.rows_affected(),
                |done: sqlx::postgres::PgQueryResult| done.rows_affected()
            )
        );
        done.map_err(dialect::error)
    }

    /// Runs a script of several statements without arguments (migrations).
    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<()> {
        use sqlx::Executor;
        match &mut self.conn {
            Conn::Sqlite(conn) => conn.execute(sqlx::raw_sql(sql)).await.map(drop),
            Conn::SqliteTx(conn) => conn.execute(sqlx::raw_sql(sql)).await.map(drop),
            Conn::Postgres(conn) => conn.execute(sqlx::raw_sql(sql)).await.map(drop),
            Conn::PostgresTx(conn) => conn.execute(sqlx::raw_sql(sql)).await.map(drop),
        }
        .map_err(dialect::error)
    }

    /// Asks the engine to parse a statement (for the test of all statements): the number of parameters it sees.
    #[cfg(any(test, feature = "testing"))]
    pub async fn prepare(&mut self, statement: &Statement) -> Result<usize> {
        use sqlx::{Either, Executor, SqlSafeStr, Statement as _};
        let sql = statement.sql.into_sql_str();
        let sqlite =
            |found: sqlx::sqlite::SqliteStatement| found.parameters().map(|p| p.either(|types| types.len(), |count| count));
        let postgres = |found: sqlx::postgres::PgStatement| {
            found.parameters().map(|p: Either<_, _>| p.either(|types| types.len(), |count| count))
        };
        let found = match &mut self.conn {
            Conn::Sqlite(conn) => conn.prepare(sql).await.map(sqlite),
            Conn::SqliteTx(conn) => conn.prepare(sql).await.map(sqlite),
            Conn::Postgres(conn) => conn.prepare(sql).await.map(postgres),
            Conn::PostgresTx(conn) => conn.prepare(sql).await.map(postgres),
        };
        Ok(found.map_err(|error| dialect::error_of(statement.name, error))?.unwrap_or(0))
    }
}

fn check(statement: &Statement, args: &[Arg]) -> Result<()> {
    if statement.params == args.len() {
        return Ok(());
    }
    let message = format!("{} parameters, {} arguments", statement.params, args.len());
    Err(Error::Statement { statement: statement.name, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_counted() {
        assert_eq!(Statement::new("A", "SELECT 1").params, 0);
        assert_eq!(Statement::new("A", "SELECT $1, $12, $2").params, 12);
        assert!(check(&Statement::new("A", "SELECT $2, $1"), &args![1_i64]).is_err());
    }
}
