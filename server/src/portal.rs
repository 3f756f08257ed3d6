//! Small JSON resources under `/api`: one file each. Use cases are plain functions of the state and the caller, so
//! that pages rendered in process call them too.

pub mod me;
pub mod preferences;
pub mod sessions;
