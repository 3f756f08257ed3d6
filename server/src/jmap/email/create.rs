//! Creation of an Email from its properties (RFC 8621 §4.6): the message is written here, never given whole.

use std::collections::HashSet;

use bytes::Bytes;
use mail::build::{Content as PartContent, HeaderValue, NewPart, build_tree};
use mail::header::{DateTime, Form};
use serde_json::{Map, Value, json};
use wire::mail::keyword;

use super::{header, set};
use crate::auth::rights::{Draft, Granted};
use crate::jmap::Batch;
use crate::jmap::error::SetError;
use crate::jmap::types::{self, InState};
use crate::service::content::BlobName;
use crate::service::on_behalf;
use crate::service::prepare::{Place, parties, prepare, with_patient};
use crate::service::send::new_message_id;

/// Writes and keeps a message; answers its id, blob, thread and size.
///
/// # Errors
/// Why it cannot be, by the RFC's names.
pub async fn create(batch: &Batch, granted: &Granted, in_state: &InState, object: &Value) -> Result<Value, SetError> {
    let acting = granted.acting::<Draft>()?;
    let object = object.as_object().ok_or_else(|| SetError::new("invalidProperties"))?;
    let mailboxes = set::mailboxes(batch, object.get("mailboxIds").unwrap_or(&Value::Null))?;
    let keywords = object.get("keywords").filter(|v| !v.is_null()).map_or(Ok(Vec::new()), set::keywords)?;
    let now = batch.state.clock.now_ms();
    let received_at = match object.get("receivedAt").filter(|v| !v.is_null()) {
        Some(value) => value.as_str().and_then(types::parse_utc_date).ok_or_else(|| SetError::properties(["receivedAt"]))?,
        None => now,
    };
    let mut builder =
        Builder { batch, granted, values: object.get("bodyValues").unwrap_or(&Value::Null), missing: Vec::new() };
    let root = builder.root(object).await?;
    if !builder.missing.is_empty() {
        return Err(SetError::new("blobNotFound").with("notFound", json!(builder.missing)));
    }
    let address = batch.state.store.account(granted.account()).await?.address;
    let mut headers = headers(object, now, new_message_id(&batch.state, &address))?;
    let named = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("sender"));
    if !named && keywords.iter().any(|word| word == keyword::DRAFT) {
        // Who writes on behalf of the holder stands in the draft already.
        let sender = on_behalf::sender(&batch.state, acting.caller().person, acting.account()).await?;
        headers.extend(sender.map(|sender| ("Sender".to_owned(), HeaderValue::Addresses(vec![sender]))));
    }
    let raw = build_tree(headers, root).map_err(|error| SetError::new("invalidProperties").because(error.to_string()))?;
    if raw.len() as u64 > batch.state.config.limits.message_octets {
        return Err(SetError::new("tooLarge"));
    }
    let raw = Bytes::from(raw);
    let place = Place { received_at, mailboxes, keywords, dedup_key: None };
    let domain = batch.state.config.mss.patient_domain.clone();
    let prepared = tokio::task::spawn_blocking(move || {
        let all = parties(&raw);
        with_patient(prepare(raw, place).0, &all, &domain)
    });
    let email = prepared.await.map_err(|_| SetError::new("serverFail"))?;
    let store = in_state.store(&batch.state.store);
    let record = store.email_insert(acting.actor(), acting.account(), email).await?;
    Ok(json!({"id": record.id, "blobId": record.blob.to_string(), "threadId": record.thread, "size": record.size}))
}

/// Properties that are not header fields.
const OTHERS: [&str; 8] =
    ["mailboxIds", "keywords", "receivedAt", "bodyStructure", "bodyValues", "textBody", "htmlBody", "attachments"];

/// The convenience properties and the fields that they write.
const FIELDS: [(&str, &str, Form); 11] = [
    ("sentAt", "Date", Form::Date),
    ("from", "From", Form::Addresses),
    ("sender", "Sender", Form::Addresses),
    ("replyTo", "Reply-To", Form::Addresses),
    ("to", "To", Form::Addresses),
    ("cc", "Cc", Form::Addresses),
    ("bcc", "Bcc", Form::Addresses),
    ("subject", "Subject", Form::Text),
    ("messageId", "Message-ID", Form::MessageIds),
    ("inReplyTo", "In-Reply-To", Form::MessageIds),
    ("references", "References", Form::MessageIds),
];

fn headers(object: &Map<String, Value>, now: i64, message_id: String) -> Result<Vec<(String, HeaderValue)>, SetError> {
    let mut out: Vec<(String, HeaderValue)> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    for (name, field, form) in FIELDS {
        let Some(value) = object.get(name).filter(|v| !v.is_null()) else { continue };
        let written = header::written(form, value).ok_or_else(|| SetError::properties([name]))?;
        seen.insert(field.to_lowercase());
        let empty = matches!(&written, HeaderValue::Addresses(list) if list.is_empty())
            || matches!(&written, HeaderValue::MessageIds(list) if list.is_empty());
        if !empty {
            out.push((field.into(), written));
        }
    }
    for (name, value) in object {
        if OTHERS.contains(&name.as_str()) || FIELDS.iter().any(|(known, ..)| known == name) {
            continue;
        }
        let property = header::property(name).ok_or_else(|| SetError::properties([name]))?;
        let field = property.field.to_lowercase();
        if !seen.insert(field.clone()) || field.starts_with("content-") {
            return Err(SetError::properties([name]).because("a field is written twice or is not one of the message"));
        }
        write_property(&mut out, name, &property, value)?;
    }
    if !seen.contains("date") {
        out.insert(0, ("Date".into(), HeaderValue::Date(DateTime { unix_ms: now, offset_minutes: 0 })));
    }
    if !seen.contains("message-id") {
        out.push(("Message-ID".into(), HeaderValue::MessageIds(vec![message_id])));
    }
    Ok(out)
}

fn write_property(
    out: &mut Vec<(String, HeaderValue)>,
    name: &str,
    property: &header::Property,
    value: &Value,
) -> Result<(), SetError> {
    let wrong = || SetError::properties([name]);
    if value.is_null() && !property.all {
        return Ok(());
    }
    let values = if property.all { value.as_array().ok_or_else(wrong)?.iter().collect() } else { vec![value] };
    for value in values {
        out.push((property.field.clone(), header::written(property.form, value).ok_or_else(wrong)?));
    }
    Ok(())
}

struct Builder<'a> {
    batch: &'a Batch,
    granted: &'a Granted,
    values: &'a Value,
    missing: Vec<String>,
}

impl Builder<'_> {
    async fn root(&mut self, object: &Map<String, Value>) -> Result<NewPart, SetError> {
        let given = |name: &str| object.get(name).filter(|v| !v.is_null());
        if let Some(structure) = given("bodyStructure") {
            if ["textBody", "htmlBody", "attachments"].iter().any(|name| given(name).is_some()) {
                return Err(SetError::properties(["bodyStructure"]));
            }
            return self.part(structure, "bodyStructure", None).await;
        }
        let text = self.body(given("textBody"), "textBody", "text/plain").await?;
        let html = self.body(given("htmlBody"), "htmlBody", "text/html").await?;
        let mut files = Vec::new();
        let mut inline = Vec::new();
        for part in self.list(given("attachments"), "attachments")? {
            let part = self.part(part, "attachments", None).await?;
            let embedded = part.cid.is_some() && part.disposition.as_deref() == Some("inline") && html.is_some();
            if embedded { inline.push(part) } else { files.push(part) }
        }
        let html = html.map(|html| match inline.is_empty() {
            true => html,
            false => NewPart::multi("multipart/related", [vec![html], std::mem::take(&mut inline)].concat()),
        });
        let body = match (text, html) {
            (Some(text), Some(html)) => NewPart::multi("multipart/alternative", vec![text, html]),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => NewPart::text("text/plain", String::new()),
        };
        Ok(if files.is_empty() { body } else { NewPart::multi("multipart/mixed", [vec![body], files].concat()) })
    }

    fn list<'v>(&self, value: Option<&'v Value>, name: &str) -> Result<Vec<&'v Value>, SetError> {
        let Some(value) = value else { return Ok(Vec::new()) };
        Ok(value.as_array().ok_or_else(|| SetError::properties([name]))?.iter().collect())
    }

    /// textBody and htmlBody hold exactly one part of their type.
    async fn body(&mut self, value: Option<&Value>, name: &str, kind: &str) -> Result<Option<NewPart>, SetError> {
        match self.list(value, name)?.as_slice() {
            [] if value.is_none() => Ok(None),
            [one] => {
                let part = self.part(one, name, Some(kind)).await?;
                if part.content_type != kind {
                    return Err(SetError::properties([name]).because("of another type"));
                }
                Ok(Some(part))
            }
            _ => Err(SetError::properties([name]).because("exactly one part")),
        }
    }

    async fn part(&mut self, value: &Value, place: &str, implied: Option<&str>) -> Result<NewPart, SetError> {
        let wrong = |what: &str| SetError::properties([place]).because(what.to_owned());
        let members = value.as_object().ok_or_else(|| wrong("a part is an object"))?;
        let text = |name: &str| match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_str().map(|s| Some(s.to_owned())).ok_or_else(|| wrong(name)),
        };
        let has_children = members.get("subParts").is_some_and(|v| v.as_array().is_some_and(|a| !a.is_empty()));
        let default = if has_children { "multipart/mixed" } else { implied.unwrap_or("text/plain") };
        let kind = text("type")?.unwrap_or_else(|| default.to_owned()).to_lowercase();
        let mut part = NewPart {
            disposition: text("disposition")?.map(|d| d.to_lowercase()),
            cid: text("cid")?,
            name: text("name")?,
            location: text("location")?,
            charset: text("charset")?,
            ..NewPart::default()
        };
        if let Some(languages) = members.get("language").filter(|v| !v.is_null()) {
            let tags = languages.as_array().and_then(|tags| tags.iter().map(|t| t.as_str().map(str::to_owned)).collect());
            part.language = tags.ok_or_else(|| wrong("language"))?;
        }
        self.part_fields(members, place, &mut part)?;
        part.content = self.content(members, place, &kind, part.charset.is_some()).await?;
        part.content_type = kind;
        Ok(part)
    }

    fn part_fields(&self, members: &Map<String, Value>, place: &str, part: &mut NewPart) -> Result<(), SetError> {
        const KNOWN: [&str; 11] = [
            "partId",
            "blobId",
            "size",
            "name",
            "type",
            "charset",
            "disposition",
            "cid",
            "language",
            "location",
            "subParts",
        ];
        for (name, value) in members.iter().filter(|(name, _)| !KNOWN.contains(&name.as_str())) {
            let property = header::property(name).ok_or_else(|| SetError::properties([format!("{place}/{name}")]))?;
            if property.field.eq_ignore_ascii_case("content-transfer-encoding") {
                return Err(SetError::properties([format!("{place}/{name}")]));
            }
            write_property(&mut part.headers, name, &property, value)?;
        }
        Ok(())
    }

    async fn content(
        &mut self,
        members: &Map<String, Value>,
        place: &str,
        kind: &str,
        has_charset: bool,
    ) -> Result<PartContent, SetError> {
        let wrong = |what: &str| SetError::properties([format!("{place}/{what}")]);
        let text = |name: &str| {
            members.get(name).filter(|v| !v.is_null()).map(|v| v.as_str().ok_or_else(|| wrong(name))).transpose()
        };
        let (part_id, blob_id) = (text("partId")?, text("blobId")?);
        if kind.starts_with("multipart/") {
            if part_id.is_some() || blob_id.is_some() {
                return Err(wrong("partId"));
            }
            let mut children = Vec::new();
            for child in self.list(members.get("subParts").filter(|v| !v.is_null()), "subParts")? {
                children.push(Box::pin(self.part(child, place, None)).await?);
            }
            return Ok(PartContent::Multi(children));
        }
        match (part_id, blob_id) {
            (Some(id), None) => {
                if has_charset {
                    return Err(wrong("charset"));
                }
                self.value(id).map(PartContent::Text)
            }
            (None, Some(blob)) => self.blob(blob).await.map(|bytes| PartContent::Bytes(bytes.to_vec())),
            _ => Err(wrong("partId").because("exactly one of partId and blobId")),
        }
    }

    fn value(&self, part_id: &str) -> Result<String, SetError> {
        let wrong = || SetError::properties(["bodyValues"]);
        let value = self.values.get(part_id).and_then(Value::as_object).ok_or_else(wrong)?;
        let flagged = |name: &str| value.get(name).is_some_and(|v| !v.is_null() && *v != Value::Bool(false));
        if flagged("isEncodingProblem") || flagged("isTruncated") {
            return Err(wrong());
        }
        value.get("value").and_then(Value::as_str).map(str::to_owned).ok_or_else(wrong)
    }

    /// A missing blob is remembered: all of them are named at once.
    async fn blob(&mut self, text: &str) -> Result<Bytes, SetError> {
        let name: Option<BlobName> = text.parse().ok();
        let read = match &name {
            Some(name) => name.read(&self.batch.state.store, self.granted.account()).await,
            None => Err(store::Error::NotFound),
        };
        match read {
            Err(error) if error.is_not_found() => {
                self.missing.push(text.to_owned());
                Ok(Bytes::new())
            }
            other => Ok(other?),
        }
    }
}
