//! Email/copy (RFC 8621 §4.7): messages of one account to another.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::changes::Type;
use wire::id::EmailId;

use super::set;
use crate::auth::rights::{Draft, Granted};
use crate::jmap::Batch;
use crate::jmap::error::{MethodError, SetError};
use crate::jmap::types::{self, Answer, InState, MAX_SET, Object, SetArgs};
use crate::service::prepare::{Place, prepare};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Args {
    from_account_id: String,
    #[serde(default)]
    if_from_in_state: Option<String>,
    account_id: String,
    #[serde(default)]
    if_in_state: Option<String>,
    create: Map<String, Value>,
    #[serde(default)]
    on_success_destroy_original: bool,
    #[serde(default)]
    destroy_from_if_in_state: Option<String>,
}

/// Copies messages between accounts of which both are open to the person.
pub async fn copy(batch: &mut Batch, arguments: Object) -> Answer {
    let args: Args = types::arguments(arguments)?;
    if args.create.len() > MAX_SET {
        return Err(MethodError::new("requestTooLarge"));
    }
    if args.from_account_id == args.account_id {
        return Err(MethodError::arguments("both accounts are the same"));
    }
    let from = batch.granted(&args.from_account_id).await.map_err(|error| match error.kind {
        "accountNotFound" => MethodError::new("fromAccountNotFound"),
        _ => error,
    })?;
    let to = batch.granted(&args.account_id).await?;
    to.acting::<Draft>()?;
    types::check_state(args.if_from_in_state.as_deref(), batch.states(from.account()).await?.email)?;
    let old = batch.states(to.account()).await?.email;
    let mut in_state = InState::new(args.if_in_state.as_deref(), to.account(), Type::Email, old)?;
    let (mut created, mut not_created, mut originals) = (Map::new(), Map::new(), Vec::new());
    for (key, value) in args.create {
        let result = one(batch, &from, &to, &in_state, &value).await;
        in_state.tried(&result);
        match result {
            Ok(made) => {
                if let Some(id) = made["id"].as_str() {
                    batch.made(&key, id);
                }
                originals.extend(value["id"].as_str().map(str::to_owned));
                created.insert(key, made);
            }
            Err(error) if error.is_state_mismatch() => return Err(store::Error::StateMismatch.into()),
            Err(error) => {
                not_created.insert(key, error.into_value());
            }
        }
    }
    if args.on_success_destroy_original && !originals.is_empty() {
        let destroy = SetArgs {
            account_id: args.from_account_id.clone(),
            if_in_state: args.destroy_from_if_in_state,
            create: None,
            update: None,
            destroy: Some(originals),
        };
        let (name, answer) = match set::run(batch, &from, destroy).await {
            Ok(answer) => ("Email/set", answer),
            Err(error) => ("error", error.into_value()),
        };
        batch.also(name, answer);
    }
    let new = batch.states(to.account()).await?.email;
    let some = |map: Map<String, Value>| if map.is_empty() { Value::Null } else { Value::Object(map) };
    Ok(json!({
        "fromAccountId": args.from_account_id,
        "accountId": args.account_id,
        "oldState": old.to_string(),
        "newState": new.to_string(),
        "created": some(created),
        "notCreated": some(not_created),
    }))
}

async fn one(batch: &Batch, from: &Granted, to: &Granted, in_state: &InState, value: &Value) -> Result<Value, SetError> {
    let members = value.as_object().ok_or_else(|| SetError::new("invalidProperties"))?;
    if let Some(bad) = members.keys().find(|name| !["id", "mailboxIds", "keywords", "receivedAt"].contains(&name.as_str())) {
        return Err(SetError::properties([bad]));
    }
    let id: EmailId =
        members.get("id").and_then(Value::as_str).and_then(|t| batch.parse_id(t)).ok_or_else(SetError::not_found)?;
    let store = &batch.state.store;
    let row = store.emails(from.account(), &[id]).await?.pop().ok_or_else(SetError::not_found)?;
    let mailboxes = set::mailboxes(batch, members.get("mailboxIds").unwrap_or(&Value::Null))?;
    let keywords = members.get("keywords").filter(|v| !v.is_null()).map_or(Ok(row.keywords.clone()), set::keywords)?;
    let received_at = match members.get("receivedAt").filter(|v| !v.is_null()) {
        Some(value) => value.as_str().and_then(types::parse_utc_date).ok_or_else(|| SetError::properties(["receivedAt"]))?,
        None => row.received_at,
    };
    let raw = store.blob_read(from.account(), &row.blob, None).await?;
    let place = Place { received_at, mailboxes, keywords, dedup_key: None };
    let email = tokio::task::spawn_blocking(move || prepare(raw, place).0).await.map_err(|_| SetError::new("serverFail"))?;
    let record = in_state.store(store).email_insert(to.acting::<Draft>()?.actor(), to.account(), email).await?;
    Ok(json!({"id": record.id, "blobId": record.blob.to_string(), "threadId": record.thread, "size": record.size}))
}
