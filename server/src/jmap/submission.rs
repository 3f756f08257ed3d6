//! EmailSubmission methods (RFC 8621 §7), with delay and undo by HOLDFOR and HOLDUNTIL (RFC 4865).

pub mod get;
pub mod query;
pub mod set;
