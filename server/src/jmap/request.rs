//! From bytes to a request (RFC 8620 §3.6.1): what is refused as a whole.

use std::collections::HashSet;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use wire::{Problem, jmap::Request};

/// Octets of one request.
pub const MAX_SIZE: usize = 10_000_000;
/// Calls in one request.
pub const MAX_CALLS: usize = 64;
/// Requests of one person at the same time.
pub const MAX_CONCURRENT: usize = 10;

/// A refusal with a type of the RFC.
pub fn refusal(kind: &str, status: u16, detail: &str) -> Problem {
    let mut problem = Problem::new("", status, detail);
    problem.kind = format!("urn:ietf:params:jmap:error:{kind}");
    problem
}

/// `limit`, naming the limit.
pub fn limit(name: &str) -> Problem {
    let mut problem = refusal("limit", 400, "A limit of this server is exceeded");
    problem.limit = Some(name.to_owned());
    problem
}

/// Reads a request.
///
/// # Errors
/// `notJSON` (also for repeated members, which I-JSON forbids: RFC 7493 §2.3), `notRequest`, `limit`.
pub fn read(content_type: Option<&str>, body: &[u8]) -> Result<Request, Problem> {
    let media = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/json") {
        return Err(refusal("notJSON", 400, "The content type is not application/json"));
    }
    if body.len() > MAX_SIZE {
        return Err(limit("maxSizeRequest"));
    }
    let Strict(value) = serde_json::from_slice(body).map_err(|_| refusal("notJSON", 400, "The body is not I-JSON"))?;
    let request = Request::deserialize(value)
        .map_err(|error| refusal("notRequest", 400, &format!("Not a Request object: {error}")))?;
    let ids_are_text = request.created_ids.as_ref().is_none_or(|ids| ids.values().all(Value::is_string));
    if !ids_are_text || request.method_calls.iter().any(|call| !call.1.is_object()) {
        return Err(refusal("notRequest", 400, "Not a Request object: arguments are objects, created ids are strings"));
    }
    Ok(request)
}

/// A JSON value without repeated members.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Strict, E> {
        Ok(Strict(v.into()))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Strict, E> {
        Ok(Strict(v.into()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Strict, E> {
        Ok(Strict(v.into()))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Strict, E> {
        Ok(Strict(v.into()))
    }

    fn visit_str<E>(self, v: &str) -> Result<Strict, E> {
        Ok(Strict(v.into()))
    }

    fn visit_string<E>(self, v: String) -> Result<Strict, E> {
        Ok(Strict(v.into()))
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Strict, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Strict(items.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strict, A::Error> {
        let mut members = serde_json::Map::new();
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom("a member is repeated"));
            }
            let Strict(value) = map.next_value()?;
            members.insert(name, value);
        }
        Ok(Strict(Value::Object(members)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_the_names_of_the_rfc() {
        let kind =
            |content_type: &str, body: &str| read(Some(content_type), body.as_bytes()).map(|_| ()).map_err(|p| p.kind);
        let named = |name: &str| Err(format!("urn:ietf:params:jmap:error:{name}"));
        let json = "application/json; charset=utf-8";
        assert_eq!(kind("text/plain", "{}"), named("notJSON"));
        assert_eq!(kind(json, "{"), named("notJSON"));
        assert_eq!(kind(json, r#"{"using":[],"using":[],"methodCalls":[]}"#), named("notJSON"));
        assert_eq!(kind(json, r#"{"using":[]}"#), named("notRequest"));
        assert_eq!(kind(json, r#"{"using":[],"methodCalls":[["a",1,"b"]]}"#), named("notRequest"));
        assert_eq!(kind(json, r#"{"using":[],"methodCalls":[["a",{},"b"]],"createdIds":{"x":1}}"#), named("notRequest"));
        assert_eq!(kind(json, r#"{"using":[],"methodCalls":[["a",{},"b"]]}"#), Ok(()));
    }
}
