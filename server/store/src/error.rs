//! What can go wrong in the store. Nothing here is shown to people: the edge translates.

/// Result of the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such object in this account (or no such account).
    #[error("not found")]
    NotFound,
    /// A named constraint refused the write.
    #[error("constraint {constraint}")]
    Conflict { constraint: String },
    /// A rule about the object refused the write; the code is stable (`mailbox-has-child`, `mailbox-has-email`…).
    #[error("refused: {0}")]
    Refused(&'static str),
    /// More than the store takes at once.
    #[error("limit: {what}")]
    Limit { what: &'static str },
    /// The state given is not the present one.
    #[error("state mismatch")]
    StateMismatch,
    /// The changes since that state are no longer known.
    #[error("cannot calculate changes")]
    CannotCalculate,
    /// Stored bytes are not what was stored: wrong key, tampering or damage.
    #[error("corrupt: {0}")]
    Corrupt(&'static str),
    /// The database was busy or restarted; the same call may succeed later.
    #[error("busy: {0}")]
    Busy(String),
    /// The database was made by a newer program.
    #[error("the database has schema {found}, this program knows {known}")]
    NewerSchema { found: i64, known: i64 },
    /// What was configured cannot be used.
    #[error("configuration: {0}")]
    Config(String),
    /// A statement of ours is wrong.
    #[error("statement {statement}: {message}")]
    Statement { statement: &'static str, message: String },
    /// The database refused for another reason.
    #[error("database: {0}")]
    Database(String),
    /// Files of large blobs.
    #[error("blobs: {0}")]
    Blobs(#[from] object_store::Error),
    #[error("files: {0}")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// The same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Io(_))
    }

    /// There is nothing of that id for this owner.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound)
    }

    /// The constraint that refused the write was this one.
    pub fn is_conflict(&self, name: &str) -> bool {
        matches!(self, Self::Conflict { constraint } if constraint == name)
    }
}

impl From<serde_json::Error> for Error {
    fn from(_: serde_json::Error) -> Self {
        Self::Corrupt("json")
    }
}
