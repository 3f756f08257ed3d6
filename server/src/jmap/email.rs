//! Email methods (RFC 8621 §4).

pub mod body;
pub mod changes;
pub mod copy;
pub mod create;
pub mod filter;
pub mod get;
pub mod header;
pub mod import;
pub mod parse;
pub mod properties;
pub mod query;
pub mod set;
pub mod sorting;
