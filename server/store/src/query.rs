//! The only composed SQL: filters, windows and id lists, from constant fragments.

use wire::id::{AccountId, EmailId, MailboxId, ThreadId};

use crate::Store;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::keys::Owner;
use crate::team::WorkFilter;

mod filter;
pub(crate) mod sql;
mod window;

use filter::Plan;

/// Which messages (RFC 8621 §4.4.1).
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    All,
    And(Vec<Filter>),
    Or(Vec<Filter>),
    /// None of them (JMAP's NOT).
    Not(Vec<Filter>),
    InMailbox(MailboxId),
    InMailboxOtherThan(Vec<MailboxId>),
    /// Received before, at or after.
    Before(i64),
    After(i64),
    MinSize(u64),
    MaxSize(u64),
    HasKeyword(String),
    NotKeyword(String),
    AllInThreadHaveKeyword(String),
    SomeInThreadHaveKeyword(String),
    NoneInThreadHaveKeyword(String),
    HasAttachment(bool),
    InThread(ThreadId),
    /// By the work on the conversation.
    Work(WorkFilter),
    /// Words, all of which stand in the fields (`emails::field` bits), folded by the caller as the terms of messages
    /// are; those of one or two letters match whole, others by their beginnings.
    Words {
        words: Vec<String>,
        fields: u8,
    },
}

/// What to sort by. Id breaks ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    ReceivedAt,
    SentAt,
    Size,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub by: SortBy,
    pub ascending: bool,
}

/// Which way from a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The rows after it in the list.
    Next,
    /// The rows before it.
    Previous,
}

/// A place in a list that survives the departure of its row: sort key and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub key: i64,
    pub email: EmailId,
    pub direction: Direction,
}

/// Which rows of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// From a cursor, or from the top. Only for receivedAt descending.
    Cursor(Option<Cursor>),
    /// JMAP's position; negative counts from the end.
    Position(i64),
    /// JMAP's anchor: `Refused("anchor-not-found")` when it is not in the list.
    Anchor { email: EmailId, offset: i64 },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub filter: Filter,
    pub sort: Sort,
    pub collapse_threads: bool,
    pub window: Window,
    pub limit: u32,
    pub calculate_total: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryResult {
    pub ids: Vec<EmailId>,
    pub position: u64,
    pub total: Option<u64>,
    pub next: Option<Cursor>,
    pub previous: Option<Cursor>,
    /// The e-mail state before the list was read.
    pub state: i64,
}

/// Rows of one answer at most.
const MOST_ROWS: u32 = 500;

impl Store {
    /// The messages a query finds. `Refused("unsupported-sort")` for a cursor with another sort,
    /// `Refused("anchor-not-found")`, `Limit` for a filter too large.
    pub async fn email_query(&self, account: AccountId, query: &Query) -> Result<QueryResult> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let mut tx = self.read().await?;
        let state = crate::accounts::states_in(&mut tx, account).await?.email;
        let plan = Plan::new(&mut tx, &keys, account.0, query).await?;
        let limit = i64::from(query.limit.min(MOST_ROWS));
        let mut result = match query.window {
            Window::Cursor(cursor) => by_cursor(&mut tx, &plan, query, cursor, limit).await?,
            Window::Position(position) => by_position(&mut tx, &plan, query, position, limit).await?,
            Window::Anchor { email, offset } => by_anchor(&mut tx, &plan, email, offset, limit).await?,
        };
        if query.calculate_total && result.total.is_none() {
            result.total = Some(plan.total(&mut tx).await? as u64);
        }
        result.state = state;
        Ok(result)
    }
}

async fn by_cursor(tx: &mut Tx, plan: &Plan, query: &Query, cursor: Option<Cursor>, limit: i64) -> Result<QueryResult> {
    if query.sort != (Sort { by: SortBy::ReceivedAt, ascending: false }) {
        return Err(Error::Refused("unsupported-sort"));
    }
    let direction = cursor.map_or(Direction::Next, |cursor| cursor.direction);
    let from = cursor.map(|cursor| (cursor.key, cursor.email.0));
    let mut rows = plan.beside(tx, from, direction, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    if direction == Direction::Previous {
        rows.reverse();
    }
    let place =
        |row: Option<&(i64, i64)>, direction| row.map(|(key, id)| Cursor { key: *key, email: EmailId(*id), direction });
    let (has_next, has_previous) = match direction {
        Direction::Next => (more, cursor.is_some()),
        Direction::Previous => (true, more),
    };
    let (first, last) = (rows.first().copied().or(from), rows.last().copied().or(from));
    let mut result = QueryResult {
        next: place(last.as_ref(), Direction::Next).filter(|_| has_next),
        previous: place(first.as_ref(), Direction::Previous).filter(|_| has_previous),
        ids: rows.iter().map(|(_, id)| EmailId(*id)).collect(),
        ..QueryResult::default()
    };
    if let (true, Some(first), Some(_)) = (query.calculate_total, rows.first(), cursor) {
        result.position = plan.rank(tx, *first).await? as u64;
    }
    Ok(result)
}

async fn by_position(tx: &mut Tx, plan: &Plan, query: &Query, position: i64, limit: i64) -> Result<QueryResult> {
    let mut total = None;
    let mut from = position;
    if position < 0 {
        let all = plan.total(tx).await?;
        total = Some(all as u64);
        from = (all + position).max(0);
    }
    let rows = plan.page(tx, from, limit + 1).await?;
    let mut result = listed(&rows, from, limit);
    // A first page that is not full tells the total.
    if query.calculate_total && total.is_none() && from == 0 && rows.len() <= limit as usize {
        total = Some(rows.len() as u64);
    }
    result.total = total;
    Ok(result)
}

async fn by_anchor(tx: &mut Tx, plan: &Plan, email: EmailId, offset: i64, limit: i64) -> Result<QueryResult> {
    let anchor = plan.find(tx, email.0).await?.ok_or(Error::Refused("anchor-not-found"))?;
    let from = (plan.rank(tx, anchor).await? + offset).max(0);
    let rows = plan.page(tx, from, limit + 1).await?;
    Ok(listed(&rows, from, limit))
}

fn listed(rows: &[(i64, i64)], from: i64, limit: i64) -> QueryResult {
    let ids = rows.iter().take(limit as usize).map(|(_, id)| EmailId(*id)).collect();
    QueryResult { ids, position: from as u64, ..QueryResult::default() }
}
