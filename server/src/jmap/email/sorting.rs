//! Sorts that the database cannot make, because what they compare is encrypted or there are several (RFC 8621 §4.4.2):
//! the messages found are read and sorted in memory, up to a bound.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use store::emails::{Addr, EmailRow, Summary};
use store::query::{Query, QueryResult, Window};
use wire::id::{AccountId, EmailId, ThreadId};

use crate::jmap::Batch;
use crate::jmap::error::MethodError;
use crate::jmap::mailbox::query::{Comparator, Window as Page};

/// Messages that are sorted at most.
const MAX: usize = 20_000;
/// Ids asked of the store at once.
const PAGE: u32 = 500;
/// Messages read at once.
const CHUNK: usize = 512;

/// All that lists can be sorted by.
pub const SORTS: [&str; 9] = [
    "receivedAt",
    "sentAt",
    "size",
    "from",
    "to",
    "subject",
    "hasKeyword",
    "allInThreadHaveKeyword",
    "someInThreadHaveKeyword",
];

/// Runs `query` (its filter, collapsing and window) with any order.
///
/// # Errors
/// `unsupportedSort` for an unknown property, a missing keyword, or too many messages; `anchorNotFound`.
pub async fn sorted(
    batch: &Batch,
    account: AccountId,
    query: Query,
    order: &[Comparator],
) -> Result<QueryResult, MethodError> {
    for by in order {
        let known = SORTS.contains(&by.property.as_str());
        if !known || (by.property.ends_with("Keyword") && by.keyword.is_none()) {
            return Err(MethodError::new("unsupportedSort").because(by.property.clone()));
        }
    }
    let (found, state) = all(batch, account, &query).await?;
    let mut items = read(batch, account, &found, order).await?;
    let threads = threads(batch, account, &items, order).await?;
    items.sort_by(|a, b| compare(order, &threads, a, b));
    if query.collapse_threads {
        let mut seen = HashSet::new();
        items.retain(|item| seen.insert(item.row.thread));
    }
    let ids: Vec<EmailId> = items.iter().map(|item| item.row.id).collect();
    let (position, anchor, anchor_offset) = match query.window {
        Window::Position(position) => (position, None, 0),
        Window::Anchor { email, offset } => (0, Some(Some(email)), offset),
        Window::Cursor(_) => return Err(MethodError::new("unsupportedSort").because("cursor")),
    };
    let page = Page { position, anchor, anchor_offset, limit: Some(u64::from(query.limit)) };
    let (position, page) = page.cut(&ids)?;
    Ok(QueryResult {
        ids: page,
        position: position as u64,
        total: Some(ids.len() as u64),
        next: None,
        previous: None,
        state,
    })
}

/// The ids of all messages that match, page by page, and the state before the first.
async fn all(batch: &Batch, account: AccountId, query: &Query) -> Result<(Vec<EmailId>, i64), MethodError> {
    let mut ids: Vec<EmailId> = Vec::new();
    let mut state = None;
    loop {
        let window = Window::Position(ids.len() as i64);
        let page = Query { window, collapse_threads: false, limit: PAGE, calculate_total: false, ..query.clone() };
        let found = batch.state.store.email_query(account, &page).await?;
        let state = *state.get_or_insert(found.state);
        let last = found.ids.len() < PAGE as usize;
        ids.extend(found.ids);
        if ids.len() > MAX {
            return Err(MethodError::new("unsupportedSort").because("too many messages for this sort"));
        }
        if last {
            return Ok((ids, state));
        }
    }
}

struct Item {
    row: EmailRow,
    summary: Summary,
}

async fn read(batch: &Batch, account: AccountId, ids: &[EmailId], order: &[Comparator]) -> Result<Vec<Item>, MethodError> {
    let sealed = order.iter().any(|by| ["from", "to", "subject"].contains(&by.property.as_str()));
    let mut items = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows = batch.state.store.emails(account, chunk).await?;
        let summaries = if sealed { batch.state.store.summaries(account, chunk).await? } else { Vec::new() };
        let mut summaries: HashMap<EmailId, Summary> = summaries.into_iter().collect();
        items.extend(rows.into_iter().map(|row| Item { summary: summaries.remove(&row.id).unwrap_or_default(), row }));
    }
    Ok(items)
}

/// The keywords of all messages of each thread, when an order asks for them.
async fn threads(
    batch: &Batch,
    account: AccountId,
    items: &[Item],
    order: &[Comparator],
) -> Result<HashMap<ThreadId, Vec<Vec<String>>>, MethodError> {
    let mut out: HashMap<ThreadId, Vec<Vec<String>>> = HashMap::new();
    if !order.iter().any(|by| by.property.contains("InThread")) {
        return Ok(out);
    }
    let ids: HashSet<ThreadId> = items.iter().map(|item| item.row.thread).collect();
    let ids: Vec<ThreadId> = ids.into_iter().collect();
    for chunk in ids.chunks(CHUNK) {
        let emails: Vec<EmailId> =
            batch.state.store.threads(account, chunk).await?.into_iter().flat_map(|(_, ids)| ids).collect();
        for emails in emails.chunks(CHUNK) {
            for row in batch.state.store.emails(account, emails).await? {
                out.entry(row.thread).or_default().push(row.keywords);
            }
        }
    }
    Ok(out)
}

fn compare(order: &[Comparator], threads: &HashMap<ThreadId, Vec<Vec<String>>>, a: &Item, b: &Item) -> Ordering {
    let mut result = Ordering::Equal;
    for by in order {
        let keyword = by.keyword.as_deref().unwrap_or_default().to_lowercase();
        let has = |keywords: &Vec<String>| keywords.contains(&keyword);
        let of = |item: &Item| threads.get(&item.row.thread).cloned().unwrap_or_default();
        let one = match by.property.as_str() {
            "sentAt" => sent(&a.row).cmp(&sent(&b.row)),
            "size" => a.row.size.cmp(&b.row.size),
            "from" => person(&a.summary.from).cmp(&person(&b.summary.from)),
            "to" => person(&a.summary.to).cmp(&person(&b.summary.to)),
            "subject" => subject(&a.summary).cmp(&subject(&b.summary)),
            "hasKeyword" => has(&a.row.keywords).cmp(&has(&b.row.keywords)),
            "allInThreadHaveKeyword" => of(a).iter().all(has).cmp(&of(b).iter().all(has)),
            "someInThreadHaveKeyword" => of(a).iter().any(has).cmp(&of(b).iter().any(has)),
            _ => a.row.received_at.cmp(&b.row.received_at),
        };
        result = result.then(if by.is_ascending { one } else { one.reverse() });
    }
    result.then(b.row.id.cmp(&a.row.id))
}

fn sent(row: &EmailRow) -> i64 {
    row.sent_at.unwrap_or(row.received_at)
}

fn person(list: &[Addr]) -> String {
    let shown = list.first().map(|a| a.name.as_deref().filter(|n| !n.is_empty()).unwrap_or(&a.email));
    mail::search::fold(shown.unwrap_or_default())
}

fn subject(summary: &Summary) -> String {
    mail::search::fold(&mail::thread::base_subject(summary.subject.as_deref().unwrap_or_default()))
}
