//! Mailbox methods (RFC 8621 §2).

pub mod changes;
pub mod get;
pub mod query;
pub mod set;
