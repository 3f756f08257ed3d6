//! Email/parse (RFC 8621 §4.9): a blob read as a message, without keeping it.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use wire::id::AccountId;

use super::get::{fill, split_body_args};
use super::{header, properties};
use crate::jmap::Batch;
use crate::jmap::error::MethodError;
use crate::jmap::types::{self, Answer, MAX_GET, Object};
use crate::service::content::{BlobName, Content};
use crate::service::structure::Structure;

/// Properties when none are named.
const DEFAULT: &[&str] = &[
    "messageId",
    "inReplyTo",
    "references",
    "sender",
    "from",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "sentAt",
    "hasAttachment",
    "preview",
    "bodyValues",
    "textBody",
    "htmlBody",
    "attachments",
];
/// Metadata that only a kept message has.
const METADATA: [&str; 6] = ["id", "threadId", "mailboxIds", "keywords", "receivedAt", "blobId"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Args {
    account_id: String,
    blob_ids: Vec<String>,
    #[serde(default)]
    properties: Option<Vec<String>>,
}

/// Reads blobs as messages.
pub async fn parse(batch: &mut Batch, mut arguments: Object) -> Answer {
    let body = split_body_args(&mut arguments)?;
    let args: Args = types::arguments(arguments)?;
    if args.blob_ids.len() > MAX_GET {
        return Err(MethodError::new("requestTooLarge"));
    }
    let granted = batch.granted(&args.account_id).await?;
    let wanted = args.properties.unwrap_or_else(|| DEFAULT.iter().map(|name| (*name).to_owned()).collect());
    if let Some(bad) = wanted.iter().find(|name| !properties::is_known(name, false) && header::property(name).is_none()) {
        return Err(MethodError::arguments(format!("unknown property {bad}")));
    }
    let body_properties = body.properties()?;
    let (mut parsed, mut not_parsable, mut not_found) = (Map::new(), Vec::new(), Vec::new());
    for text in args.blob_ids {
        let Some(raw) = read(batch, granted.account(), &text).await? else {
            not_found.push(text);
            continue;
        };
        let content = Content::here(raw.clone(), text.clone());
        let structure = tokio::task::spawn_blocking(move || {
            Structure::from(&mail::parse::parse(&raw, &mail::limits::Limits::default()))
        });
        let structure = structure.await.map_err(|_| MethodError::new("serverFail"))?;
        if structure.damaged {
            not_parsable.push(text);
            continue;
        }
        let mut object = Map::new();
        properties::structure(&structure, &mut object);
        object.insert("size".into(), structure.parts.get(structure.root).map_or(0, |p| p.offsets.2).into());
        fill(&mut object, &structure, &content, &wanted, (&body, &body_properties)).await?;
        for name in METADATA.iter().filter(|name| wanted.iter().any(|w| w == *name)) {
            object.insert((*name).into(), if *name == "blobId" { text.clone().into() } else { Value::Null });
        }
        types::keep(&mut object, &wanted);
        parsed.insert(text, Value::Object(object));
    }
    let some = |list: Vec<String>| if list.is_empty() { Value::Null } else { json!(list) };
    Ok(json!({
        "accountId": args.account_id,
        "parsed": if parsed.is_empty() { Value::Null } else { Value::Object(parsed) },
        "notParsable": some(not_parsable),
        "notFound": some(not_found),
    }))
}

async fn read(batch: &Batch, account: AccountId, text: &str) -> Result<Option<Bytes>, MethodError> {
    let Ok(name) = text.parse::<BlobName>() else { return Ok(None) };
    match name.read(&batch.state.store, account).await {
        Err(error) if error.is_not_found() => Ok(None),
        other => Ok(Some(other?)),
    }
}
