//! What outlives a page: who is signed in, folders and their counters, the rows on screen with the changes under way,
//! the open conversation, toasts and undo, live updates. Records of the server are never edited: changes not yet
//! confirmed are laid over them and go when the server's own word arrives.
//!
//! Enter at `Mail`, which every screen takes from the context.

pub mod acts;
pub mod drafts;
pub mod list;
pub mod live;
pub mod mail;
pub mod opening;
pub mod quote;
pub mod reading;
pub mod session;
pub mod team;
pub mod toasts;

pub use mail::{Mail, use_mail};

use wire::Problem;

/// How far something asked of the server is.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    Ready,
    Loading,
    Failed(Problem),
}
