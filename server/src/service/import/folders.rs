//! Where imported messages go: folders with the names that mail programs give to inbox, sent mail, trash… go to ours of
//! that role; others are made.

use std::collections::HashMap;

use anyhow::Context;
use store::mailboxes::{Mailbox, NewMailbox, Role};
use store::{Actor, Store};
use wire::id::{AccountId, MailboxId};

use super::source::Found;
use crate::service::folders::check_name;

/// The role that a folder's name stands for.
fn role(name: &str) -> Option<Role> {
    match mail::search::fold(name).as_str() {
        "inbox" | "boite de reception" | "reception" => Some(Role::Inbox),
        "sent" | "sent items" | "sent mail" | "sent messages" | "envoyes" | "elements envoyes" | "messages envoyes" => {
            Some(Role::Sent)
        }
        "drafts" | "draft" | "brouillons" => Some(Role::Drafts),
        "trash" | "deleted items" | "deleted messages" | "corbeille" | "elements supprimes" => Some(Role::Trash),
        "junk" | "spam" | "junk e-mail" | "indesirables" | "courrier indesirable" => Some(Role::Junk),
        "archive" | "archives" => Some(Role::Archive),
        _ => None,
    }
}

/// The folder of each path that was found; those missing are made.
///
/// # Errors
/// The store's, or a name that no folder can have.
pub async fn targets(
    store: &Store,
    account: AccountId,
    default: &str,
    found: &[Found],
) -> anyhow::Result<HashMap<Vec<String>, MailboxId>> {
    let mut paths: Vec<&Vec<String>> = found.iter().map(|message| &message.folder).collect();
    paths.sort();
    paths.dedup();
    let mut targets = HashMap::new();
    for path in paths {
        let wanted = if path.is_empty() { vec![default.to_owned()] } else { path.clone() };
        let id =
            folder(store, account, &wanted).await.with_context(|| format!("cannot make the folder {}", wanted.join("/")))?;
        targets.insert(path.clone(), id);
    }
    Ok(targets)
}

async fn folder(store: &Store, account: AccountId, path: &[String]) -> anyhow::Result<MailboxId> {
    let mut parent: Option<MailboxId> = None;
    let mut at = None;
    for name in path {
        let all = store.mailboxes(account).await?;
        let by_role = role(name).filter(|_| parent.is_none());
        let clean = check_name(name).map_err(|fault| anyhow::anyhow!("the name is refused: {fault:?}"))?;
        let is_it = |mailbox: &&Mailbox| match by_role {
            Some(role) => mailbox.role == Some(role),
            None => mailbox.parent == parent && mailbox.name == clean,
        };
        let id = match all.iter().find(is_it) {
            Some(mailbox) => mailbox.id,
            None => {
                let new = NewMailbox { name: clean, parent, role: by_role, sort_order: 100, subscribed: true };
                store.mailbox_create(Actor::COMMAND, account, new).await?
            }
        };
        parent = Some(id);
        at = Some(id);
    }
    at.context("a folder without a name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_usual_names() {
        assert_eq!(role("Éléments envoyés"), Some(Role::Sent));
        assert_eq!(role("INBOX"), Some(Role::Inbox));
        assert_eq!(role("Patients"), None);
    }
}
