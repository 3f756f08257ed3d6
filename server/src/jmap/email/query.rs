//! Email/query (RFC 8621 §4.4), with the `cursor` of our extension: a place in the list (sort key and id) that survives
//! the departure of its row.

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use store::query::{Cursor, Direction, Query, Sort, SortBy, Window};
use wire::id::EmailId;
use wire::jmap::PLI;

use super::{filter, sorting};
use crate::jmap::Batch;
use crate::jmap::error::MethodError;
use crate::jmap::mailbox::query::{Comparator, cannot};
use crate::jmap::types::{self, Answer, MAX_QUERY, Object};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Args {
    account_id: String,
    #[serde(default)]
    filter: Value,
    #[serde(default)]
    sort: Option<Vec<Comparator>>,
    #[serde(default)]
    position: Option<i64>,
    #[serde(default)]
    anchor: Option<String>,
    #[serde(default)]
    anchor_offset: Option<i64>,
    #[serde(default)]
    limit: Option<u64>,
    #[serde(default)]
    calculate_total: Option<bool>,
    #[serde(default)]
    collapse_threads: Option<bool>,
    /// Absent: by position. Null: from the top.
    #[serde(default, deserialize_with = "present")]
    cursor: Option<Option<String>>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Answers the ids that match, in order.
pub async fn query(batch: &mut Batch, arguments: Object) -> Answer {
    let args: Args = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    if args.cursor.is_some() && !batch.uses(PLI) {
        return Err(MethodError::arguments("cursor needs urn:pli:mail"));
    }
    let filter = filter::read(batch, &args.filter)?.filter;
    let order = args.sort.as_deref().unwrap_or_default();
    let by_database = sort(order);
    let query = Query {
        filter,
        sort: by_database.unwrap_or(NEWEST_FIRST),
        collapse_threads: args.collapse_threads.unwrap_or(false),
        window: window(batch, &args)?,
        limit: args.limit.unwrap_or(MAX_QUERY).min(MAX_QUERY) as u32,
        calculate_total: args.calculate_total.unwrap_or(false),
    };
    let result = match by_database {
        Some(_) => batch.state.store.email_query(granted.account(), &query).await?,
        None => sorting::sorted(batch, granted.account(), query.clone(), order).await?,
    };
    let mut answer = json!({
        "accountId": args.account_id,
        "queryState": result.state.to_string(),
        "canCalculateChanges": false,
        "position": result.position,
        "ids": result.ids,
    });
    if args.limit.is_none_or(|asked| asked > MAX_QUERY) {
        answer["limit"] = MAX_QUERY.into();
    }
    if let Some(total) = result.total.filter(|_| query.calculate_total) {
        answer["total"] = total.into();
    }
    if args.cursor.is_some() {
        answer["nextCursor"] = result.next.map_or(Value::Null, |cursor| cursor_text(cursor).into());
        answer["previousCursor"] = result.previous.map_or(Value::Null, |cursor| cursor_text(cursor).into());
    }
    Ok(answer)
}

/// Email/queryChanges: answered by asking again.
pub async fn query_changes(batch: &mut Batch, arguments: Object) -> Answer {
    cannot(batch, &arguments).await
}

/// The order of lists.
const NEWEST_FIRST: Sort = Sort { by: SortBy::ReceivedAt, ascending: false };

/// The order, if the database can make it.
fn sort(order: &[Comparator]) -> Option<Sort> {
    match order {
        [] => Some(NEWEST_FIRST),
        [one] => {
            let by = match one.property.as_str() {
                "receivedAt" => SortBy::ReceivedAt,
                "sentAt" => SortBy::SentAt,
                "size" => SortBy::Size,
                _ => return None,
            };
            Some(Sort { by, ascending: one.is_ascending })
        }
        _ => None,
    }
}

fn window(batch: &Batch, args: &Args) -> Result<Window, MethodError> {
    if let Some(cursor) = &args.cursor {
        let cursor = cursor.as_deref().map(|text| read_cursor(text).ok_or_else(|| MethodError::arguments("not a cursor")));
        return Ok(Window::Cursor(cursor.transpose()?));
    }
    match &args.anchor {
        Some(text) => {
            let email: EmailId = batch.parse_id(text).ok_or_else(|| MethodError::new("anchorNotFound"))?;
            Ok(Window::Anchor { email, offset: args.anchor_offset.unwrap_or(0) })
        }
        None => Ok(Window::Position(args.position.unwrap_or(0))),
    }
}

/// A cursor as it crosses the network; it fits in an address.
pub fn cursor_text(cursor: Cursor) -> String {
    let direction = if cursor.direction == Direction::Next { 'n' } else { 'p' };
    format!("{}.{}.{direction}", cursor.key, cursor.email)
}

/// Reads a cursor.
pub fn read_cursor(text: &str) -> Option<Cursor> {
    let mut words = text.split('.');
    let (key, email) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let direction = match words.next()? {
        "n" => Direction::Next,
        "p" => Direction::Previous,
        _ => return None,
    };
    words.next().is_none().then_some(Cursor { key, email, direction })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_the_wire() {
        let cursor = Cursor { key: 1_700_000_000_000, email: EmailId(12345), direction: Direction::Previous };
        assert_eq!(read_cursor(&cursor_text(cursor)), Some(cursor));
        assert_eq!(read_cursor("1.e.n"), None);
        assert_eq!(read_cursor(&format!("{}.x", cursor_text(cursor))), None);
    }
}
