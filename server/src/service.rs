//! Use cases: what the API, the pages without JavaScript and the commands have in common. Flat functions that take the
//! server's state and, where a BAL is touched, the proof of a right. No HTTP, no JSON of JMAP, no SQL.

pub mod actions;
pub mod application;
pub mod boxes;
pub mod cards;
pub mod compose;
pub mod content;
pub mod conversations;
pub mod delegation;
pub mod draft;
pub mod folders;
pub mod import;
pub mod letter;
pub mod nomenclature;
pub mod notice;
pub mod on_behalf;
pub mod opening;
pub mod organisation;
pub mod outbox;
pub mod paper;
pub mod patients;
pub mod prepare;
pub mod reading;
pub mod receipts;
pub mod receive;
pub mod recipients;
pub mod reports;
pub mod review;
pub mod search;
pub mod send;
pub mod structure;
pub mod team;
pub mod tell;
pub mod transit;
pub mod welcome;
