//! Mailbox/query (RFC 8621 §2.3). A BAL has few folders: they are filtered and sorted in memory.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};
use store::mailboxes::{Mailbox, Role};
use wire::id::MailboxId;

use super::get::all;
use crate::jmap::Batch;
use crate::jmap::error::MethodError;
use crate::jmap::types::{self, Answer, MAX_QUERY, Object};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Args {
    account_id: String,
    #[serde(default)]
    filter: Option<Value>,
    #[serde(default)]
    sort: Option<Vec<Comparator>>,
    #[serde(default)]
    position: i64,
    #[serde(default)]
    anchor: Option<String>,
    #[serde(default)]
    anchor_offset: i64,
    #[serde(default)]
    limit: Option<u64>,
    #[serde(default)]
    calculate_total: bool,
    #[serde(default)]
    sort_as_tree: bool,
    #[serde(default)]
    filter_as_tree: bool,
}

/// RFC 8620 §5.5.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparator {
    /// What is compared.
    pub property: String,
    /// Smallest first.
    #[serde(default = "yes")]
    pub is_ascending: bool,
    /// How text is compared.
    #[serde(default)]
    pub collation: Option<String>,
    /// Of Email's keyword sorts.
    #[serde(default)]
    pub keyword: Option<String>,
}

fn yes() -> bool {
    true
}

/// Answers the ids of matching folders, by default in the order of the list.
pub async fn query(batch: &mut Batch, arguments: Object) -> Answer {
    let args: Args = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let state = batch.states(granted.account()).await?.mailbox;
    let boxes = all(batch, &granted).await?;
    let mut matching: HashSet<MailboxId> = HashSet::new();
    for mailbox in &boxes {
        if args.filter.as_ref().map_or(Ok(true), |filter| matches(batch, filter, mailbox, 0))? {
            matching.insert(mailbox.id);
        }
    }
    if args.filter_as_tree {
        keep_with_ancestors(&boxes, &mut matching);
    }
    let order = args.sort.unwrap_or_default();
    check(&order)?;
    let sorted = if args.sort_as_tree { as_tree(&boxes, &order) } else { flat(&boxes, &order) };
    let ids: Vec<MailboxId> = sorted.into_iter().map(|mailbox| mailbox.id).filter(|id| matching.contains(id)).collect();
    let window = Window {
        position: args.position,
        anchor: args.anchor.as_deref().map(|text| batch.parse_id(text)),
        anchor_offset: args.anchor_offset,
        limit: args.limit,
    };
    let (position, page) = window.cut(&ids)?;
    let mut answer = json!({
        "accountId": args.account_id,
        "queryState": state.to_string(),
        "canCalculateChanges": false,
        "position": position,
        "ids": page,
    });
    if args.calculate_total {
        answer["total"] = ids.len().into();
    }
    Ok(answer)
}

/// Mailbox/queryChanges: answered by asking again.
pub async fn query_changes(batch: &mut Batch, arguments: Object) -> Answer {
    cannot(batch, &arguments).await
}

/// `cannotCalculateChanges` after the account was checked.
pub async fn cannot(batch: &mut Batch, arguments: &Object) -> Answer {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let account = text("accountId").ok_or_else(|| MethodError::arguments("accountId is missing"))?;
    text("sinceQueryState").ok_or_else(|| MethodError::arguments("sinceQueryState is missing"))?;
    batch.granted(account).await?;
    Err(MethodError::new("cannotCalculateChanges"))
}

/// Which part of a list is asked for (RFC 8620 §5.5).
pub struct Window<I> {
    /// Index of the first, from the end when negative.
    pub position: i64,
    /// An id to stand at; the inner none when it is no id.
    pub anchor: Option<Option<I>>,
    /// Added to the anchor's index.
    pub anchor_offset: i64,
    /// How many.
    pub limit: Option<u64>,
}

impl<I: PartialEq + Clone> Window<I> {
    /// The page and the index of its first.
    ///
    /// # Errors
    /// `anchorNotFound`.
    pub fn cut(&self, ids: &[I]) -> Result<(usize, Vec<I>), MethodError> {
        let total = ids.len() as i64;
        let start = match &self.anchor {
            Some(anchor) => {
                let found = anchor.as_ref().and_then(|anchor| ids.iter().position(|id| id == anchor));
                let found = found.ok_or_else(|| MethodError::new("anchorNotFound"))?;
                (found as i64).saturating_add(self.anchor_offset).max(0)
            }
            None if self.position < 0 => total.saturating_add(self.position).max(0),
            None => self.position,
        };
        let limit = self.limit.unwrap_or(MAX_QUERY).min(MAX_QUERY) as usize;
        let start = start.min(i64::MAX) as usize;
        Ok((start, ids.iter().skip(start).take(limit).cloned().collect()))
    }
}

fn matches(batch: &Batch, filter: &Value, mailbox: &Mailbox, depth: usize) -> Result<bool, MethodError> {
    let filter = filter.as_object().filter(|_| depth < 20).ok_or_else(|| MethodError::arguments("a malformed filter"))?;
    if let Some(operator) = filter.get("operator") {
        let conditions = filter.get("conditions").and_then(Value::as_array);
        let conditions = conditions.ok_or_else(|| MethodError::arguments("an operator without conditions"))?;
        let results = conditions.iter().map(|c| matches(batch, c, mailbox, depth + 1)).collect::<Result<Vec<_>, _>>()?;
        return match operator.as_str() {
            Some("AND") => Ok(results.iter().all(|r| *r)),
            Some("OR") => Ok(results.iter().any(|r| *r)),
            Some("NOT") => Ok(!results.iter().any(|r| *r)),
            _ => Err(MethodError::arguments("an unknown operator")),
        };
    }
    for (name, value) in filter {
        if !condition(batch, name, value, mailbox)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn condition(batch: &Batch, name: &str, value: &Value, mailbox: &Mailbox) -> Result<bool, MethodError> {
    let wrong = || MethodError::arguments(format!("{name} is of the wrong type"));
    let nullable = || if value.is_null() { Ok(None) } else { value.as_str().map(Some).ok_or_else(wrong) };
    match name {
        "parentId" => Ok(nullable()?
            .map_or(mailbox.parent.is_none(), |id| mailbox.parent.is_some() && mailbox.parent == batch.parse_id(id))),
        "role" => Ok(mailbox.role.map(Role::code) == nullable()?),
        "name" => {
            let wanted = value.as_str().ok_or_else(wrong)?;
            Ok(mail::search::fold(&mailbox.name).contains(&mail::search::fold(wanted)))
        }
        "hasAnyRole" => Ok(mailbox.role.is_some() == value.as_bool().ok_or_else(wrong)?),
        "isSubscribed" => Ok(mailbox.subscribed == value.as_bool().ok_or_else(wrong)?),
        _ => Err(MethodError::new("unsupportedFilter").because(name.to_owned())),
    }
}

/// With `filterAsTree`, a folder needs all its ancestors (RFC 8621 §2.3).
fn keep_with_ancestors(boxes: &[Mailbox], matching: &mut HashSet<MailboxId>) {
    loop {
        let before = matching.len();
        for mailbox in boxes {
            if mailbox.parent.is_some_and(|parent| !matching.contains(&parent)) {
                matching.remove(&mailbox.id);
            }
        }
        if matching.len() == before {
            return;
        }
    }
}

fn check(order: &[Comparator]) -> Result<(), MethodError> {
    for by in order {
        let collation = by.collation.as_deref().is_none_or(|c| c == "i;unicode-casemap" || c == "i;ascii-casemap");
        if !collation || !["sortOrder", "name"].contains(&by.property.as_str()) {
            return Err(MethodError::new("unsupportedSort").because(by.property.clone()));
        }
    }
    Ok(())
}

fn compare(order: &[Comparator], a: &Mailbox, b: &Mailbox) -> Ordering {
    let by_name = || mail::search::fold(&a.name).cmp(&mail::search::fold(&b.name)).then_with(|| a.name.cmp(&b.name));
    let mut result = Ordering::Equal;
    for by in order {
        let one = if by.property == "name" { by_name() } else { a.sort_order.cmp(&b.sort_order) };
        result = result.then(if by.is_ascending { one } else { one.reverse() });
    }
    if order.is_empty() {
        result = a.sort_order.cmp(&b.sort_order).then_with(by_name);
    }
    result.then(a.id.cmp(&b.id))
}

fn flat<'a>(boxes: &'a [Mailbox], order: &[Comparator]) -> Vec<&'a Mailbox> {
    let mut sorted: Vec<&Mailbox> = boxes.iter().collect();
    sorted.sort_by(|a, b| compare(order, a, b));
    sorted
}

/// Parents before their children, brothers sorted (RFC 8621 §2.3).
fn as_tree<'a>(boxes: &'a [Mailbox], order: &[Comparator]) -> Vec<&'a Mailbox> {
    let sorted = flat(boxes, order);
    let mut out = Vec::with_capacity(boxes.len());
    let mut open: Vec<&Mailbox> = sorted.iter().rev().filter(|m| m.parent.is_none()).copied().collect();
    while let Some(mailbox) = open.pop() {
        out.push(mailbox);
        open.extend(sorted.iter().rev().filter(|m| m.parent == Some(mailbox.id)));
    }
    out
}
