//! What crosses the network between the server and the pages: ids, the JMAP envelope with the lean subset our client
//! reads, portal requests and answers, problem documents, limits and the checks that form and handler share.
//!
//! Only serde here, for both targets. No input or output, no clock, no words for people (screens translate codes).

pub mod check;
pub mod id;
pub mod jmap;
pub mod limits;
pub mod mail;
pub mod password;
pub mod portal;
pub mod problem;

pub use problem::{FieldError, Problem};
