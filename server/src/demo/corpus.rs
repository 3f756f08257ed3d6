//! The mail of the demonstration and of the bench: invented people writing to
//! each other about invented patients, the same for the same seed.
//!
//! [`people`] are the holders of mailboxes, [`demo`] their correspondence,
//! [`bench`] one large mailbox. Nothing here reads a clock, a file or the
//! network, and nothing here is a real person, number or address.

mod bulk;
mod dates;
mod documents;
mod fill;
mod html;
mod letters;
mod message;
mod mime;
mod people;
mod source;
#[cfg(test)]
mod tests;
mod timeline;
mod ugly;
mod words;

pub use people::{Kind, Person, correspondents, people};

/// Where a copy lies in its mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The inbox.
    Inbox,
    /// What the holder sent.
    Sent,
    /// Put aside.
    Archive,
    /// Thrown away less than a month ago.
    Trash,
    /// Unwanted.
    Spam,
    /// A folder of the holder's own, by its name.
    Folder(&'static str),
    /// Begun and not sent.
    Drafts,
}

/// One copy of a message in one mailbox.
#[derive(Clone, Debug)]
pub struct Item {
    /// Address of the mailbox.
    pub account: &'static str,
    /// Where in the mailbox.
    pub place: Place,
    /// When it came, in milliseconds since 1970.
    pub received_at_ms: i64,
    /// Already read.
    pub seen: bool,
    /// Starred.
    pub flagged: bool,
    /// Already answered.
    pub answered: bool,
    /// The message (RFC 5322), sometimes broken on purpose.
    pub raw: Vec<u8>,
}

/// `count` copies in the mailboxes of [`people`], oldest first, over the
/// eighteen months before `now_ms`. A message between two holders is in the
/// sender's Sent and the recipient's mailbox with the same bytes apart from
/// `Bcc`, `Return-Path` and `Received`.
pub fn demo(seed: u64, count: usize, now_ms: i64) -> impl Iterator<Item = Item> {
    timeline::Plan::new(seed, count, now_ms).items()
}

/// `count` messages of about 50 kB on average for the first holder, oldest
/// first, each made when it is asked for.
pub fn bench(seed: u64, count: usize, now_ms: i64) -> impl Iterator<Item = Item> {
    (0..count).map(move |index| bulk::item(seed, index, count, now_ms))
}
