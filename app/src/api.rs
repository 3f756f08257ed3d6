//! The typed client: one function per question, each one JMAP batch (RFC 8620 §3.3) or one portal request.
//!
//! Enter at `Api`. Nothing here knows of screens; what fails comes back as a `Problem` whose code screens translate.

pub mod change;
pub mod compose;
pub mod folders;
pub mod list;
pub mod portal;
pub mod search;
pub mod team;
pub mod thread;
pub mod transport;

pub use transport::{Api, Backend};

use serde_json::{Value, json};

/// The arguments of an Email/get of `ids`, or of a back-reference when `ids` is an object.
fn get_arguments(account: &str, ids: Value, properties: &[&str]) -> Value {
    let key = if ids.is_object() { "#ids" } else { "ids" };
    let mut arguments = json!({"accountId": account, "properties": properties});
    if let Some(map) = arguments.as_object_mut() {
        map.insert(key.into(), ids);
    }
    arguments
}
