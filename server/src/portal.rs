//! Small JSON resources under `/api`: one file each. Use cases are plain functions of the state and the caller, so
//! that pages rendered in process call them too.

pub mod cgu;
pub mod delegation;
pub mod maintenance;
pub mod me;
pub mod opening;
pub mod preferences;
pub mod rtf;
pub mod sessions;
pub mod site;
pub mod support;
