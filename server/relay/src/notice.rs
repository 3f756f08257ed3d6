//! What became of a message, for people: reasons that screens and notices can
//! say, the notices themselves, and the rule for receipts of reading.
//!
//! [`reason`] turns replies, troubles and reports into a [`Reason`]; [`french`]
//! says what it means and what to do next; [`compose`] writes the notices that a
//! BAL receives from its own server; [`receipt`] decides about receipts (`domain.md` §2.6).

pub mod compose;
pub mod french;
pub mod reason;
pub mod receipt;

pub use reason::Reason;
