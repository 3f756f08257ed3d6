//! Errors of a method call (RFC 8620 §3.6.2) and of one object in a `/set` (§5.3), with the names of the RFCs.

use serde_json::{Map, Value, json};

const STATE_MISMATCH: &str = "stateMismatch";

/// Why a whole method call failed.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodError {
    /// The RFC's name.
    pub kind: &'static str,
    /// For developers; never content of messages.
    pub description: Option<String>,
    /// Further members of the error object.
    pub more: Map<String, Value>,
}

impl MethodError {
    /// An error without a description.
    pub fn new(kind: &'static str) -> Self {
        Self { kind, description: None, more: Map::new() }
    }

    /// `invalidArguments`, saying which.
    pub fn arguments(description: impl Into<String>) -> Self {
        Self::new("invalidArguments").because(description)
    }

    /// Adds a description.
    #[must_use]
    pub fn because(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The arguments of the `error` response.
    pub fn into_value(self) -> Value {
        let mut map = self.more;
        map.insert("type".into(), self.kind.into());
        if let Some(description) = self.description {
            map.insert("description".into(), description.into());
        }
        Value::Object(map)
    }
}

impl From<store::Error> for MethodError {
    /// What the database says is logged, not told.
    fn from(error: store::Error) -> Self {
        match &error {
            store::Error::StateMismatch => Self::new(STATE_MISMATCH),
            store::Error::CannotCalculate => Self::new("cannotCalculateChanges"),
            store::Error::Limit { what } => Self::new("requestTooLarge").because(*what),
            store::Error::Refused("anchor-not-found") => Self::new("anchorNotFound"),
            store::Error::Refused("unsupported-sort") => Self::new("unsupportedSort"),
            _ => {
                tracing::error!(error = %error, "store failed in a method call");
                Self::new(if error.is_transient() { "serverUnavailable" } else { "serverFail" })
            }
        }
    }
}

/// Why one object could not be created, updated or destroyed.
#[derive(Debug, Clone, PartialEq)]
pub struct SetError {
    /// The RFC's name.
    pub kind: &'static str,
    /// For developers.
    pub description: Option<String>,
    /// Of `invalidProperties`.
    pub properties: Vec<String>,
    /// Further members (`existingId`, `invalidRecipients`, `maxRecipients`, `notFound`…).
    pub more: Map<String, Value>,
}

impl SetError {
    /// An error without details.
    pub fn new(kind: &'static str) -> Self {
        Self { kind, description: None, properties: Vec::new(), more: Map::new() }
    }

    /// The state was another one than expected, which is an error of the whole call.
    pub fn is_state_mismatch(&self) -> bool {
        self.kind == STATE_MISMATCH
    }

    /// `notFound`.
    pub fn not_found() -> Self {
        Self::new("notFound")
    }

    /// `invalidProperties` naming them.
    pub fn properties<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        let mut error = Self::new("invalidProperties");
        error.properties = names.into_iter().map(Into::into).collect();
        error
    }

    /// Adds a description.
    #[must_use]
    pub fn because(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// A rule of the store refused: its stable code is the RFC's name where there is one.
    fn refused(code: &'static str) -> Self {
        match code {
            "mailbox-has-child" => Self::new("mailboxHasChild"),
            "mailbox-has-email" => Self::new("mailboxHasEmail"),
            "mailbox-depth" | "mailbox-parent" => Self::properties(["parentId"]),
            "no-mailbox" | "unknown-mailbox" => Self::properties(["mailboxIds"]),
            _ => Self::new("forbidden").because(code),
        }
    }

    /// Adds a member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.into(), value.into());
        self
    }

    /// The SetError object.
    pub fn into_value(self) -> Value {
        let mut map = self.more;
        map.insert("type".into(), self.kind.into());
        if let Some(description) = self.description {
            map.insert("description".into(), description.into());
        }
        if !self.properties.is_empty() {
            map.insert("properties".into(), json!(self.properties));
        }
        Value::Object(map)
    }
}

impl From<store::Error> for SetError {
    fn from(error: store::Error) -> Self {
        match &error {
            store::Error::NotFound => Self::not_found(),
            store::Error::StateMismatch => Self::new(STATE_MISMATCH),
            store::Error::Limit { what } => Self::new("overQuota").because(*what),
            store::Error::Refused(code) => Self::refused(code),
            store::Error::Conflict { constraint } if constraint == "mailbox_name_unique" => Self::properties(["name"]),
            store::Error::Conflict { constraint } if constraint == "mailbox_role_unique" => Self::properties(["role"]),
            _ => {
                tracing::error!(error = %error, "store failed for one object");
                Self::new("serverFail")
            }
        }
    }
}
