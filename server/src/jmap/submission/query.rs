//! EmailSubmission/query (RFC 8621 §7.3). The outbox of a BAL is small: filtered and sorted in memory.

use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::{Value, json};
use store::submissions::Submission;
use wire::id::SubmissionId;

use super::get::undo_status;
use crate::jmap::Batch;
use crate::jmap::error::MethodError;
use crate::jmap::mailbox::query::{Comparator, Window, cannot};
use crate::jmap::types::{self, Answer, Object};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Args {
    account_id: String,
    #[serde(default)]
    filter: Option<Value>,
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
}

/// The ids of submissions that match, newest first by default.
pub async fn query(batch: &mut Batch, arguments: Object) -> Answer {
    let args: Args = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let state = batch.states(granted.account()).await?.submission;
    let mut all = batch.state.store.submissions(granted.account(), None).await?;
    if let Some(filter) = args.filter.as_ref().filter(|f| !f.is_null()) {
        let mut kept = Vec::with_capacity(all.len());
        for submission in all {
            if matches(filter, &submission, 0)? {
                kept.push(submission);
            }
        }
        all = kept;
    }
    sort(&mut all, &args.sort.unwrap_or_default())?;
    let ids: Vec<SubmissionId> = all.iter().map(|submission| submission.id).collect();
    let window = Window {
        position: args.position.unwrap_or(0),
        anchor: args.anchor.as_deref().map(|text| batch.parse_id(text)),
        anchor_offset: args.anchor_offset.unwrap_or(0),
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
    if args.calculate_total.unwrap_or(false) {
        answer["total"] = ids.len().into();
    }
    Ok(answer)
}

/// EmailSubmission/queryChanges: answered by asking again.
pub async fn query_changes(batch: &mut Batch, arguments: Object) -> Answer {
    cannot(batch, &arguments).await
}

fn matches(filter: &Value, submission: &Submission, depth: usize) -> Result<bool, MethodError> {
    let members = filter.as_object().filter(|_| depth < 20).ok_or_else(|| MethodError::arguments("a malformed filter"))?;
    if let Some(operator) = members.get("operator") {
        let conditions = members.get("conditions").and_then(Value::as_array);
        let conditions = conditions.ok_or_else(|| MethodError::arguments("an operator without conditions"))?;
        let results = conditions.iter().map(|c| matches(c, submission, depth + 1)).collect::<Result<Vec<_>, _>>()?;
        return match operator.as_str() {
            Some("AND") => Ok(results.iter().all(|r| *r)),
            Some("OR") => Ok(results.iter().any(|r| *r)),
            Some("NOT") => Ok(!results.iter().any(|r| *r)),
            _ => Err(MethodError::arguments("an unknown operator")),
        };
    }
    for (name, value) in members {
        if !condition(name, value, submission)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn condition(name: &str, value: &Value, submission: &Submission) -> Result<bool, MethodError> {
    let wrong = || MethodError::arguments(format!("{name} is of the wrong type"));
    let among = |id: String| {
        let ids = value.as_array().ok_or_else(wrong)?;
        Ok(ids.iter().any(|one| one.as_str() == Some(id.as_str())))
    };
    let date = || value.as_str().and_then(types::parse_utc_date).ok_or_else(wrong);
    match name {
        "identityIds" => among(submission.identity.to_string()),
        "emailIds" => among(submission.email.to_string()),
        "threadIds" => among(submission.thread.to_string()),
        "undoStatus" => Ok(value.as_str().ok_or_else(wrong)? == undo_status(submission)),
        "before" => Ok(submission.send_at < date()?),
        "after" => Ok(submission.send_at >= date()?),
        _ => Err(MethodError::new("unsupportedFilter").because(name.to_owned())),
    }
}

fn sort(all: &mut [Submission], order: &[Comparator]) -> Result<(), MethodError> {
    let known = |by: &Comparator| ["emailId", "threadId", "sentAt", "sendAt"].contains(&by.property.as_str());
    if let Some(bad) = order.iter().find(|by| !known(by)) {
        return Err(MethodError::new("unsupportedSort").because(bad.property.clone()));
    }
    all.sort_by(|a, b| {
        let mut result = Ordering::Equal;
        for by in order {
            let one = match by.property.as_str() {
                "emailId" => a.email.cmp(&b.email),
                "threadId" => a.thread.cmp(&b.thread),
                _ => a.send_at.cmp(&b.send_at),
            };
            result = result.then(if by.is_ascending { one } else { one.reverse() });
        }
        if order.is_empty() { b.send_at.cmp(&a.send_at).then(b.id.cmp(&a.id)) } else { result.then(a.id.cmp(&b.id)) }
    });
    Ok(())
}
