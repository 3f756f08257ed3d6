//! Arguments and rows: every column is BIGINT, TEXT or bytes on both engines.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Postgres, Row as _, Sqlite};

use crate::error::{Error, Result};

/// One bound value.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    Int(Option<i64>),
    Bytes(Option<Vec<u8>>),
    Text(Option<String>),
}

macro_rules! from {
    ($($type:ty => $kind:ident, |$value:ident| $convert:expr;)*) => {$(
        impl From<$type> for Arg {
            fn from($value: $type) -> Self {
                Self::$kind(Some($convert))
            }
        }
        impl From<Option<$type>> for Arg {
            fn from(value: Option<$type>) -> Self {
                Self::$kind(value.map(|$value: $type| $convert))
            }
        }
    )*};
}

from! {
    i64 => Int, |value| value;
    bool => Int, |value| i64::from(value);
    u32 => Int, |value| i64::from(value);
    Vec<u8> => Bytes, |value| value;
    &[u8] => Bytes, |value| value.to_vec();
    &Vec<u8> => Bytes, |value| value.clone();
    [u8; 32] => Bytes, |value| value.to_vec();
    &[u8; 32] => Bytes, |value| value.to_vec();
    String => Text, |value| value;
    &str => Text, |value| value.to_owned();
    wire::id::AccountId => Int, |value| value.0;
    wire::id::EmailId => Int, |value| value.0;
    wire::id::MailboxId => Int, |value| value.0;
    wire::id::ThreadId => Int, |value| value.0;
    wire::id::NoteId => Int, |value| value.0;
    wire::id::PatientId => Int, |value| value.0;
    wire::id::PersonId => Int, |value| value.0;
    wire::id::RecordId => Int, |value| value.0;
    wire::id::TemplateId => Int, |value| value.0;
    wire::id::SessionId => Int, |value| value.0;
    wire::id::TokenId => Int, |value| value.0;
    wire::id::SubmissionId => Int, |value| value.0;
    wire::id::IdentityId => Int, |value| value.0;
    wire::id::DelegationId => Int, |value| value.0;
    wire::id::SearchId => Int, |value| value.0;
    wire::id::OrganisationId => Int, |value| value.0;
    wire::id::MemberId => Int, |value| value.0;
    wire::id::GroupId => Int, |value| value.0;
    wire::id::ReviewId => Int, |value| value.0;
}

pub(super) fn bind_sqlite(
    mut query: Query<'_, Sqlite, SqliteArguments>,
    args: Vec<Arg>,
) -> Query<'_, Sqlite, SqliteArguments> {
    for arg in args {
        query = match arg {
            Arg::Int(value) => query.bind(value),
            Arg::Bytes(value) => query.bind(value),
            Arg::Text(value) => query.bind(value),
        };
    }
    query
}

pub(super) fn bind_postgres(
    mut query: Query<'_, Postgres, PgArguments>,
    args: Vec<Arg>,
) -> Query<'_, Postgres, PgArguments> {
    for arg in args {
        query = match arg {
            Arg::Int(value) => query.bind(value),
            Arg::Bytes(value) => query.bind(value),
            Arg::Text(value) => query.bind(value),
        };
    }
    query
}

pub(super) fn rows_sqlite(rows: Vec<SqliteRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Sqlite).collect()
}

pub(super) fn rows_postgres(rows: Vec<PgRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Postgres).collect()
}

/// One row; columns by position.
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident, $opt:ident -> $type:ty;)*) => {$(
        $(#[$doc])*
        pub fn $name(&self, column: usize) -> Result<$type> {
            match self {
                Self::Sqlite(row) => row.try_get_unchecked(column),
                Self::Postgres(row) => row.try_get(column),
            }
            .map_err(|error| Error::Database(error.to_string()))
        }

        /// The same, or none for NULL.
        pub fn $opt(&self, column: usize) -> Result<Option<$type>> {
            match self {
                Self::Sqlite(row) => row.try_get_unchecked(column),
                Self::Postgres(row) => row.try_get(column),
            }
            .map_err(|error| Error::Database(error.to_string()))
        }
    )*};
}

impl Row {
    getters! {
        /// A number.
        int, opt_int -> i64;
        /// Bytes.
        bytes, opt_bytes -> Vec<u8>;
        /// Text.
        text, opt_text -> String;
    }

    /// A number kept as 0 or 1.
    pub fn flag(&self, column: usize) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }
}
