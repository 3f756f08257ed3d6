//! Email/import (RFC 8621 §4.8): an uploaded message becomes an Email.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::changes::Type;

use super::set;
use crate::auth::rights::{Draft, Granted};
use crate::jmap::Batch;
use crate::jmap::error::{MethodError, SetError};
use crate::jmap::types::{self, Answer, InState, MAX_SET, Object};
use crate::service::content::BlobName;
use crate::service::prepare::{Place, prepare};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Args {
    account_id: String,
    #[serde(default)]
    if_in_state: Option<String>,
    emails: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EmailImport {
    blob_id: String,
    mailbox_ids: Value,
    #[serde(default)]
    keywords: Value,
    #[serde(default)]
    received_at: Option<String>,
}

/// Takes uploaded messages into the account.
pub async fn import(batch: &mut Batch, arguments: Object) -> Answer {
    let args: Args = types::arguments(arguments)?;
    if args.emails.len() > MAX_SET {
        return Err(MethodError::new("requestTooLarge"));
    }
    let granted = batch.granted(&args.account_id).await?;
    granted.acting::<Draft>()?;
    let old = batch.states(granted.account()).await?.email;
    let mut in_state = InState::new(args.if_in_state.as_deref(), granted.account(), Type::Email, old)?;
    let (mut created, mut not_created) = (Map::new(), Map::new());
    for (key, value) in args.emails {
        let result = one(batch, &granted, &in_state, value).await;
        in_state.tried(&result);
        match result {
            Ok(made) => {
                if let Some(id) = made["id"].as_str() {
                    batch.made(&key, id);
                }
                created.insert(key, made);
            }
            Err(error) if error.is_state_mismatch() => return Err(store::Error::StateMismatch.into()),
            Err(error) => {
                not_created.insert(key, error.into_value());
            }
        }
    }
    let new = batch.states(granted.account()).await?.email;
    let some = |map: Map<String, Value>| if map.is_empty() { Value::Null } else { Value::Object(map) };
    Ok(json!({
        "accountId": args.account_id,
        "oldState": old.to_string(),
        "newState": new.to_string(),
        "created": some(created),
        "notCreated": some(not_created),
    }))
}

async fn one(batch: &Batch, granted: &Granted, in_state: &InState, value: Value) -> Result<Value, SetError> {
    let import: EmailImport =
        serde_json::from_value(value).map_err(|e| SetError::new("invalidProperties").because(e.to_string()))?;
    let blob: BlobName = import.blob_id.parse().map_err(|()| SetError::properties(["blobId"]))?;
    let raw = match blob.read(&batch.state.store, granted.account()).await {
        Err(error) if error.is_not_found() => return Err(SetError::properties(["blobId"]).because("no such blob")),
        other => other?,
    };
    if raw.len() as u64 > batch.state.config.limits.message_octets {
        return Err(SetError::new("tooLarge"));
    }
    let mailboxes = set::mailboxes(batch, &import.mailbox_ids)?;
    let keywords = if import.keywords.is_null() { Vec::new() } else { set::keywords(&import.keywords)? };
    let received_at = match &import.received_at {
        Some(text) => types::parse_utc_date(text).ok_or_else(|| SetError::properties(["receivedAt"]))?,
        None => received(&raw).unwrap_or_else(|| batch.state.clock.now_ms()),
    };
    let place = Place { received_at, mailboxes, keywords, dedup_key: None };
    let prepared = tokio::task::spawn_blocking(move || prepare(raw, place)).await;
    let (email, damaged) = prepared.map_err(|_| SetError::new("serverFail"))?;
    if damaged {
        return Err(SetError::new("invalidEmail"));
    }
    let store = in_state.store(&batch.state.store);
    let record = store.email_insert(granted.acting::<Draft>()?.actor(), granted.account(), email).await?;
    Ok(json!({"id": record.id, "blobId": record.blob.to_string(), "threadId": record.thread, "size": record.size}))
}

/// The time of the newest Received field.
fn received(raw: &[u8]) -> Option<i64> {
    let parsed = mail::parse::parse(raw, &mail::limits::Limits::default());
    let newest = parsed.headers.iter().find(|h| h.name.eq_ignore_ascii_case("received"))?;
    let (_, date) = newest.raw_value.rsplit_once(';')?;
    mail::header::date(date).map(|date| date.unix_ms)
}
