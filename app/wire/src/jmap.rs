//! The JMAP envelope (RFC 8620 §3) and a builder of batches with back-references.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::Problem;

pub const CORE: &str = "urn:ietf:params:jmap:core";
pub const MAIL: &str = "urn:ietf:params:jmap:mail";
pub const SUBMISSION: &str = "urn:ietf:params:jmap:submission";
/// Our extension: see `docs` of the session object. Cursor paging, conversations, cards, correspondents, searches.
pub const PLI: &str = "urn:pli:mail";

/// One call or answer: name, arguments, call id (RFC 8620 §3.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invocation(pub String, pub Value, pub String);

/// RFC 8620 §3.3.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    pub using: Vec<String>,
    pub method_calls: Vec<Invocation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_ids: Option<serde_json::Map<String, Value>>,
}

/// RFC 8620 §3.4.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    pub method_responses: Vec<Invocation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_ids: Option<serde_json::Map<String, Value>>,
    pub session_state: String,
}

impl Request {
    pub fn new() -> Self {
        Self { using: [CORE, MAIL, SUBMISSION, PLI].map(String::from).to_vec(), method_calls: Vec::new(), created_ids: None }
    }

    /// Adds a call; its id is its position (`"0"`, `"1"`…).
    pub fn call(mut self, name: &str, arguments: Value) -> Self {
        let id = self.method_calls.len().to_string();
        self.method_calls.push(Invocation(name.into(), arguments, id));
        self
    }
}

impl Default for Request {
    fn default() -> Self {
        Self::new()
    }
}

/// A back-reference (RFC 8620 §3.7) to the answer of call number `call`: the value of an argument named `#…`.
pub fn result_of(call: usize, name: &str, path: &str) -> Value {
    json!({"resultOf": call.to_string(), "name": name, "path": path})
}

impl Response {
    /// The arguments answered to call number `call`, read as `T`. A method error becomes a problem whose code is the
    /// JMAP error type (`accountNotFound`, `invalidArguments`…).
    pub fn answer<T: DeserializeOwned>(&self, call: usize) -> Result<T, Problem> {
        let id = call.to_string();
        let found = self.method_responses.iter().find(|invocation| invocation.2 == id);
        let Invocation(name, arguments, _) = found.ok_or_else(|| Problem::new("missing-answer", 502, "No answer"))?;
        if name == "error" {
            let kind = arguments.get("type").and_then(Value::as_str).unwrap_or("serverFail");
            let title = arguments.get("description").and_then(Value::as_str).unwrap_or(kind);
            return Err(Problem::new(kind, 400, title));
        }
        T::deserialize(arguments).map_err(|error| Problem::new("unreadable-answer", 502, error.to_string()))
    }
}
