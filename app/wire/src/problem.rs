//! Problem documents (RFC 9457).

use serde::{Deserialize, Serialize};

/// What an API answers instead of a result. `kind` is `urn:pli:error:<code>`; screens translate the code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Of JMAP's `limit` (RFC 8620 §3.6.1): which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
}

/// One refused field: a stable code, with parameters for the sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    pub field: String,
    pub code: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<String>,
}

const PREFIX: &str = "urn:pli:error:";

impl Problem {
    /// `code` is a word of our own (`unauthenticated`, `too-large`); `status` an HTTP status.
    pub fn new(code: &str, status: u16, title: impl Into<String>) -> Self {
        Self {
            kind: format!("{PREFIX}{code}"),
            title: title.into(),
            status,
            request_id: None,
            errors: Vec::new(),
            limit: None,
        }
    }

    /// The code without its prefix; JMAP's own types are answered whole.
    pub fn code(&self) -> &str {
        self.kind.strip_prefix(PREFIX).unwrap_or(&self.kind)
    }

    /// The network or the server was away: the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        self.status == 0 || self.status == 429 || self.status >= 500
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.title, self.status)
    }
}

impl std::error::Error for Problem {}
