//! The JMAP envelope (RFC 8620 §3) and a builder of batches with back-references.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::Problem;

pub const CORE: &str = "urn:ietf:params:jmap:core";
pub const MAIL: &str = "urn:ietf:params:jmap:mail";
pub const SUBMISSION: &str = "urn:ietf:params:jmap:submission";
/// Our extension: see `docs` of the session object. Cursor paging, conversations, cards, correspondents, searches.
pub const PLI: &str = "urn:pli:mail";
/// Our extension for team work in a BAL: see `team` for the objects. `Work/get`, `/changes`, `/set` (assignee and state of
/// a conversation), `Work/count`, `Work/handOver`, `Work/answering` (the sign that one answers), `Note/get`, `/changes`,
/// `/set` (internal notes), `Member/get`; the conditions `assigneeId` (null: nobody) and `workState` of Email/query; the
/// property `work` of Email; the types `Work` and `Note` of state changes. The server's `jmap/team.rs` says more.
pub const TEAM: &str = "urn:pli:team";

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
    pub created_ids: Option<Map<String, Value>>,
}

/// RFC 8620 §3.4.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    pub method_responses: Vec<Invocation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_ids: Option<Map<String, Value>>,
    pub session_state: String,
}

impl Request {
    pub fn new() -> Self {
        Self {
            using: [CORE, MAIL, SUBMISSION, PLI, TEAM].map(String::from).to_vec(),
            method_calls: Vec::new(),
            created_ids: None,
        }
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

fn invocation(value: Value) -> Option<Invocation> {
    let Value::Array(parts) = value else { return None };
    match <[Value; 3]>::try_from(parts) {
        Ok([Value::String(name), arguments, Value::String(id)]) => Some(Invocation(name, arguments, id)),
        _ => None,
    }
}

impl Response {
    /// Reads a response without copying what the calls answered.
    ///
    /// # Errors
    /// The text is not JSON, or has no list of answers.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        let mut whole: Map<String, Value> = serde_json::from_str(text)?;
        let mut take = |name: &str| whole.remove(name).unwrap_or_default();
        let answers = match take("methodResponses") {
            Value::Array(answers) => answers.into_iter().filter_map(invocation).collect(),
            _ => return Err(serde::de::Error::custom("no methodResponses")),
        };
        let created_ids = match take("createdIds") {
            Value::Object(ids) => Some(ids),
            _ => None,
        };
        let session_state = take("sessionState").as_str().unwrap_or_default().to_owned();
        Ok(Self { method_responses: answers, created_ids, session_state })
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_reads_as_it_was_written() {
        let answer = Invocation("Core/echo".into(), json!({"a": [1, null]}), "0".into());
        let mut response = Response { method_responses: vec![answer], created_ids: None, session_state: "s".into() };
        for ids in [None, Some(Map::from_iter([("k".to_owned(), json!("e1"))]))] {
            response.created_ids = ids;
            let text = serde_json::to_string(&response).unwrap();
            assert_eq!(Response::read(&text).unwrap(), response);
        }
        assert!(Response::read("{}").is_err());
    }
}
