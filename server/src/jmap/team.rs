//! Methods of our extension `urn:pli:team`: team work in a BAL. It is data of the BAL: whoever may read the BAL sees it,
//! whoever may sort changes it, and none of it is ever part of a message.
//!
//! - `Work` is the work on one conversation and has its id (RFC 8621 §3): `assigneeId` and `state` (`todo`, `doing`,
//!   `waiting`, `done` or null) can be set; the server sets `assigneeName`, `noteCount`, `noteIds`, `answering` (others who
//!   write an answer now, each with the seconds after which the sign ends), `readers` (who read first) and `answers` (who
//!   sent what). Every conversation has one; `/changes` tells of those that somebody took care of. A message that comes in
//!   makes `todo` of `waiting` and `done`.
//! - `Work/set` updates only. `Work/count` counts conversations by assignee and state, in a folder (`mailboxId`) or in
//!   the BAL. `Work/handOver` gives what `fromId` has in hand and is not done to `toId`, or to nobody (null).
//! - `Work/answering` says that one answers the conversation of `emailId` (`active`), to be said again before
//!   `answeringSeconds` (in the account's capability) are over, and answers what the others do or did: ask before sending.
//! - `Note`: `threadId` and `text` make one; only its author changes it, its author or who manages the BAL removes it.
//! - `Member/get`: who may open the BAL, and who still has conversations in hand (`active` false).
//! - Email/query takes the conditions `assigneeId` (null: nobody) and `workState`; Email has the property `work`.
//! - State changes are pushed for the types `Work` and `Note`; a sign of answering changes the state of `Work`.

mod notes;
mod work;

pub use notes::{changes as note_changes, get as note_get, set as note_set};
pub use work::{answering, changes, count, get, hand_over, members, set};

use wire::team::Touch;

use super::Batch;
use super::error::MethodError;
use crate::service::team::Named;

/// Touches as they cross the network.
async fn local(batch: &mut Batch, touches: Vec<Named>) -> Result<Vec<Touch>, MethodError> {
    let mut list = Vec::with_capacity(touches.len());
    for Named { person, name, email, at } in touches {
        list.push(Touch { person_id: person, name, local: batch.local(at).await?, email_id: email });
    }
    Ok(list)
}
