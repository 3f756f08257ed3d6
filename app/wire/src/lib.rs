//! What crosses the network between the server and the pages: ids, the JMAP envelope with the lean subset our client
//! reads, portal requests and answers, problem documents, limits and the checks that form and handler share.
//!
//! Only serde here, for both targets. No input or output, no clock, no words for people (screens translate codes).

pub mod check;
pub mod delegation;
pub mod id;
pub mod ins;
pub mod jmap;
pub mod limits;
pub mod mail;
pub mod pairs;
pub mod password;
pub mod patient;
pub mod portal;
pub mod problem;
pub mod team;

pub use problem::{FieldError, Problem};

/// Reads JSON. By way of a `Value`: the browser then has one piece of code per type, however the type is come by.
///
/// # Errors
/// The text is not JSON, or not of this shape.
pub fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    T::deserialize(&serde_json::from_str::<serde_json::Value>(text)?)
}
