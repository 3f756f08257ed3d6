//! Folders that people make: names, making, renaming, deleting.

use store::mailboxes::{MailboxChange, NewMailbox, Role};
use wire::id::MailboxId;
use wire::limits::MAILBOX_NAME_CHARS;

use crate::auth::rights::{Acting, Sort};
use crate::state::State;

/// What is wrong with a folder's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// Nothing but blanks.
    Empty,
    /// More than [`MAILBOX_NAME_CHARS`].
    TooLong,
    /// Control or invisible characters.
    BadCharacter,
}

/// Why a folder was not made, renamed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The name is none.
    #[error("bad name")]
    Name(NameFault),
    /// Its role forbids it.
    #[error("a folder of the system")]
    System,
    /// Taken, not empty, not there…
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A name as it is kept: trimmed, in normal form.
///
/// # Errors
/// What is wrong with it.
pub fn check_name(name: &str) -> Result<String, NameFault> {
    let name = mail::header::text(name);
    if name.is_empty() {
        return Err(NameFault::Empty);
    }
    if name.chars().count() > MAILBOX_NAME_CHARS {
        return Err(NameFault::TooLong);
    }
    if name.chars().any(|c| c.is_control() || mail::address::is_invisible(c)) {
        return Err(NameFault::BadCharacter);
    }
    Ok(name)
}

/// Makes a folder below `parent`.
///
/// # Errors
/// The name's fault, or the store's (`Conflict mailbox_name_unique`…).
pub async fn create(
    state: &State,
    acting: &Acting<Sort>,
    name: &str,
    parent: Option<MailboxId>,
) -> Result<MailboxId, FolderError> {
    let name = check_name(name).map_err(FolderError::Name)?;
    let new = NewMailbox { name, parent, role: None, sort_order: 100, subscribed: true };
    Ok(state.store.mailbox_create(acting.actor(), acting.account(), new).await?)
}

/// Renames a folder that people made.
///
/// # Errors
/// As [`create`]; `System` for those of the system.
pub async fn rename(state: &State, acting: &Acting<Sort>, id: MailboxId, name: &str) -> Result<(), FolderError> {
    let name = check_name(name).map_err(FolderError::Name)?;
    if role(state, acting, id).await?.is_some() {
        return Err(FolderError::System);
    }
    let change = MailboxChange { name: Some(name), ..MailboxChange::default() };
    Ok(state.store.mailbox_update(acting.actor(), acting.account(), id, change).await?)
}

/// Deletes a folder that people made; its messages go to the trash unless they are elsewhere too.
///
/// # Errors
/// As [`rename`]; `Refused("mailbox-has-child")`.
pub async fn delete(state: &State, acting: &Acting<Sort>, id: MailboxId) -> Result<(), FolderError> {
    if role(state, acting, id).await?.is_some() {
        return Err(FolderError::System);
    }
    super::actions::empty_into_trash(state, acting, id).await?;
    Ok(state.store.mailbox_destroy(acting.actor(), acting.account(), id, false).await?)
}

async fn role(state: &State, acting: &Acting<Sort>, id: MailboxId) -> Result<Option<Role>, FolderError> {
    let boxes = state.store.mailboxes(acting.account()).await?;
    let found = boxes.iter().find(|mailbox| mailbox.id == id).ok_or(store::Error::NotFound)?;
    Ok(found.role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(check_name("  Labo e\u{301}té "), Ok("Labo été".into()));
        assert_eq!(check_name(" \n"), Err(NameFault::Empty));
        assert_eq!(check_name(&"x".repeat(101)), Err(NameFault::TooLong));
        assert_eq!(check_name("a\u{202e}b"), Err(NameFault::BadCharacter));
    }
}
