//! What people do with messages: mark, star, archive, move, trash, destroy; one or several, by message or conversation.
//! Each answers what an undo needs.

use store::emails::{EmailChange, EmailRow, SetChange};
use store::mailboxes::Role;
use store::query::{Filter, Query, Sort as Order, SortBy, Window};
use wire::id::{EmailId, MailboxId, ThreadId};
use wire::mail::keyword;

use crate::auth::rights::{Acting, Sort};
use crate::state::State;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Read,
    Unread,
    Star,
    Unstar,
    /// What matters was copied to the patient's record.
    File,
    Unfile,
    Archive,
    Trash,
    Spam,
    Inbox,
    Move(MailboxId),
    /// For good.
    Destroy,
}

/// On what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// These messages.
    Emails(Vec<EmailId>),
    /// These conversations as the list of a folder shows them: moves take the messages of that folder, marks all.
    Threads(Vec<ThreadId>),
}

/// How messages were before: what an undo puts back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Before(pub Vec<(EmailId, Vec<MailboxId>, Vec<String>)>);

/// Messages changed in one transaction.
const BATCH: usize = 200;

/// Does `act` on `target`, seen from the folder `from`; answers how the messages were.
///
/// # Errors
/// The store's; `NotFound` when there is no folder of the role.
pub async fn act(
    state: &State,
    acting: &Acting<Sort>,
    act: Act,
    target: Target,
    from: Option<MailboxId>,
) -> Result<Before, store::Error> {
    let rows = rows(state, acting, act, target, from).await?;
    let before = Before(rows.iter().map(|row| (row.id, row.mailboxes.clone(), row.keywords.clone())).collect());
    if act == Act::Destroy {
        let ids = rows.iter().map(|row| row.id).collect();
        state.store.emails_destroy(acting.actor(), acting.account(), ids).await?;
        return Ok(Before::default());
    }
    let to = destination(state, acting, act).await?;
    let changes: Vec<EmailChange> = rows.iter().map(|row| change(row.id, act, to, from)).collect();
    for chunk in changes.chunks(BATCH) {
        state.store.emails_update(acting.actor(), acting.account(), chunk.to_vec()).await?;
    }
    Ok(before)
}

/// Puts messages back as they were; those destroyed meanwhile are left out.
///
/// # Errors
/// The store's.
pub async fn undo(state: &State, acting: &Acting<Sort>, before: Before) -> Result<(), store::Error> {
    let set = |(id, mailboxes, keywords): &(EmailId, Vec<MailboxId>, Vec<String>)| EmailChange {
        id: *id,
        keywords: SetChange { set: Some(keywords.clone()), ..SetChange::default() },
        mailboxes: SetChange { set: Some(mailboxes.clone()), ..SetChange::default() },
    };
    for chunk in before.0.chunks(BATCH) {
        let changes = chunk.iter().map(set).collect();
        state.store.emails_update(acting.actor(), acting.account(), changes).await?;
    }
    Ok(())
}

/// Takes all messages out of a folder: to the trash, unless they are elsewhere too.
///
/// # Errors
/// The store's.
pub async fn empty_into_trash(state: &State, acting: &Acting<Sort>, folder: MailboxId) -> Result<(), store::Error> {
    let trash = state.store.mailbox_by_role(acting.account(), Role::Trash).await?.ok_or(store::Error::NotFound)?;
    loop {
        let query = Query {
            filter: Filter::InMailbox(folder),
            sort: Order { by: SortBy::ReceivedAt, ascending: false },
            collapse_threads: false,
            window: Window::Position(0),
            limit: BATCH as u32,
            calculate_total: false,
        };
        let ids = state.store.email_query(acting.account(), &query).await?.ids;
        if ids.is_empty() {
            return Ok(());
        }
        let rows = state.store.emails(acting.account(), &ids).await?;
        let leave = |row: &EmailRow| EmailChange {
            id: row.id,
            keywords: SetChange::default(),
            mailboxes: SetChange {
                set: None,
                add: if row.mailboxes.len() == 1 { vec![trash] } else { Vec::new() },
                remove: vec![folder],
            },
        };
        let changes = rows.iter().map(leave).collect();
        state.store.emails_update(acting.actor(), acting.account(), changes).await?;
    }
}

/// The messages meant. Moving a conversation takes those of the folder it is seen from; without one, all but what was
/// sent or is being written.
async fn rows(
    state: &State,
    acting: &Acting<Sort>,
    act: Act,
    target: Target,
    from: Option<MailboxId>,
) -> Result<Vec<EmailRow>, store::Error> {
    let account = acting.account();
    let threads = match target {
        Target::Emails(ids) => return state.store.emails(account, &ids).await,
        Target::Threads(threads) => threads,
    };
    let ids: Vec<EmailId> = state.store.threads(account, &threads).await?.into_iter().flat_map(|(_, ids)| ids).collect();
    let mut rows = state.store.emails(account, &ids).await?;
    if matches!(act, Act::Read | Act::Unread | Act::Star | Act::Unstar | Act::File | Act::Unfile) {
        if matches!(act, Act::Star | Act::Unread) {
            newest_of_each(&mut rows, from);
        }
        return Ok(rows);
    }
    let stay =
        [state.store.mailbox_by_role(account, Role::Sent).await?, state.store.mailbox_by_role(account, Role::Drafts).await?];
    rows.retain(|row| match from {
        Some(folder) => row.mailboxes.contains(&folder),
        None => !row.mailboxes.iter().any(|folder| stay.contains(&Some(*folder))),
    });
    Ok(rows)
}

/// A conversation is starred, or made unread, by its newest message in the folder.
fn newest_of_each(rows: &mut Vec<EmailRow>, from: Option<MailboxId>) {
    if let Some(folder) = from {
        rows.retain(|row| row.mailboxes.contains(&folder));
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.received_at, row.id)));
    let mut seen = std::collections::HashSet::new();
    rows.retain(|row| seen.insert(row.thread));
}

async fn destination(state: &State, acting: &Acting<Sort>, act: Act) -> Result<Option<MailboxId>, store::Error> {
    let role = match act {
        Act::Archive => Role::Archive,
        Act::Trash => Role::Trash,
        Act::Spam => Role::Junk,
        Act::Inbox => Role::Inbox,
        Act::Move(folder) => return Ok(Some(folder)),
        Act::Read | Act::Unread | Act::Star | Act::Unstar | Act::File | Act::Unfile | Act::Destroy => return Ok(None),
    };
    state.store.mailbox_by_role(acting.account(), role).await?.map(Some).ok_or(store::Error::NotFound)
}

fn change(id: EmailId, act: Act, to: Option<MailboxId>, from: Option<MailboxId>) -> EmailChange {
    let mut change = EmailChange { id, ..EmailChange::default() };
    match act {
        Act::Read => change.keywords.add.push(keyword::SEEN.into()),
        Act::Unread => change.keywords.remove.push(keyword::SEEN.into()),
        Act::Star => change.keywords.add.push(keyword::FLAGGED.into()),
        Act::Unstar => change.keywords.remove.push(keyword::FLAGGED.into()),
        Act::File => change.keywords.add.push(keyword::FILED.into()),
        Act::Unfile => change.keywords.remove.push(keyword::FILED.into()),
        _ => match (to, from) {
            // Trash and spam take a message out of everywhere else.
            (Some(to), Some(from)) if from != to && !matches!(act, Act::Trash | Act::Spam) => {
                change.mailboxes.add.push(to);
                change.mailboxes.remove.push(from);
            }
            (Some(to), _) => change.mailboxes.set = Some(vec![to]),
            (None, _) => {}
        },
    }
    change
}
