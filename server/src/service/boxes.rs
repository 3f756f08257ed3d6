//! One inbox over all BALs that a person may open: the newest conversations of each, merged by date. Each BAL is read for
//! itself, with its own key; what one sees of each is what its rights allow.

use store::mailboxes::Role;
use store::query::{Filter, Query, Sort, SortBy, Window};
use wire::id::{AccountId, MailboxId, ThreadId};
use wire::portal::Account;

use crate::auth::Caller;
use crate::error::Error;
use crate::portal::me;
use crate::state::State;

/// Conversations of one page.
const PAGE: u32 = 40;

/// A conversation, with the BAL it lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    pub account: AccountId,
    pub inbox: MailboxId,
    pub thread: ThreadId,
    pub mailbox: String,
    pub own: bool,
    pub from: String,
    pub subject: String,
    pub preview: String,
    pub received_at: i64,
    pub unread: bool,
}

/// The BALs, one's own first, and the newest conversations of all of them.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub boxes: Vec<Account>,
    pub conversations: Vec<Conversation>,
    pub more: bool,
}

/// The conversations whose newest message came before `before`, the newest first.
///
/// # Errors
/// The store's.
pub async fn newest(state: &State, caller: &Caller, before: Option<i64>) -> Result<Found, Error> {
    let boxes = me::accounts(state, caller).await?;
    let mut conversations = Vec::new();
    for one in &boxes {
        conversations.extend(of_box(state, one, before).await?);
    }
    conversations.sort_by_key(|one| std::cmp::Reverse((one.received_at, one.account)));
    let more = conversations.len() > PAGE as usize;
    conversations.truncate(PAGE as usize);
    Ok(Found { boxes, conversations, more })
}

async fn of_box(state: &State, one: &Account, before: Option<i64>) -> Result<Vec<Conversation>, Error> {
    let Some(inbox) = state.store.mailbox_by_role(one.id, Role::Inbox).await? else { return Ok(Vec::new()) };
    let folder = Filter::InMailbox(inbox);
    let filter = match before {
        Some(before) => Filter::And(vec![folder, Filter::Before(before)]),
        None => folder,
    };
    let query = Query {
        filter,
        sort: Sort { by: SortBy::ReceivedAt, ascending: false },
        collapse_threads: true,
        window: Window::Position(0),
        limit: PAGE + 1,
        calculate_total: false,
    };
    let ids = state.store.email_query(one.id, &query).await?.ids;
    let rows = state.store.emails(one.id, &ids).await?;
    let summaries = state.store.summaries(one.id, &ids).await?;
    let mut list = Vec::with_capacity(rows.len());
    for row in rows {
        let Some((_, summary)) = summaries.iter().find(|(id, _)| *id == row.id) else { continue };
        let from = summary.from.first().map(|from| from.name.clone().unwrap_or_else(|| from.email.clone()));
        list.push(Conversation {
            account: one.id,
            inbox,
            thread: row.thread,
            mailbox: one.name.clone(),
            own: one.own,
            from: from.unwrap_or_default(),
            subject: summary.subject.clone().unwrap_or_default(),
            preview: summary.preview.clone(),
            received_at: row.received_at,
            unread: !row.keywords.iter().any(|word| word == wire::mail::keyword::SEEN),
        });
    }
    Ok(list)
}
