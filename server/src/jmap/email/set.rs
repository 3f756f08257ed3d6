//! Email/set (RFC 8621 §4.6).

use serde_json::{Map, Value, json};
use store::changes::Type;
use store::emails::{EmailChange, EmailFault, SetChange};
use wire::id::{EmailId, MailboxId};

use super::{create, get};
use crate::auth::rights::{Draft, Granted, Sort};
use crate::jmap::Batch;
use crate::jmap::error::{MethodError, SetError};
use crate::jmap::patch;
use crate::jmap::types::{self, Answer, InState, Object, SetAnswer, SetArgs};

/// Makes drafts, changes keywords and folders, destroys messages.
pub async fn set(batch: &mut Batch, arguments: Object) -> Answer {
    let args: SetArgs = types::arguments(arguments)?;
    args.check_size()?;
    let granted = batch.granted(&args.account_id).await?;
    if granted.acting::<Draft>().is_err() {
        granted.acting::<Sort>()?;
    }
    run(batch, &granted, args).await
}

/// The method after its checks; EmailSubmission/set calls it for what follows a success.
pub async fn run(batch: &mut Batch, granted: &Granted, args: SetArgs) -> Answer {
    let old = batch.states(granted.account()).await?.email;
    let mut in_state = InState::new(args.if_in_state.as_deref(), granted.account(), Type::Email, old)?;
    let mut answer = SetAnswer::default();
    for (key, object) in args.create.unwrap_or_default() {
        let result = create::create(batch, granted, &in_state, &object).await;
        in_state.tried(&result);
        if let Some(id) = result.as_ref().ok().and_then(|made| made.get("id")).and_then(Value::as_str) {
            batch.made(&key, id.to_owned());
        }
        answer.created(key, result);
    }
    update_all(batch, granted, &mut in_state, args.update.unwrap_or_default(), &mut answer).await?;
    destroy_all(batch, granted, &in_state, args.destroy.unwrap_or_default(), &mut answer).await?;
    let new = batch.states(granted.account()).await?.email;
    answer.finish(&args.account_id, old, new)
}

async fn update_all(
    batch: &mut Batch,
    granted: &Granted,
    in_state: &mut InState,
    updates: Map<String, Value>,
    answer: &mut SetAnswer,
) -> Result<(), MethodError> {
    let mut changes = Vec::with_capacity(updates.len());
    let mut texts = Vec::with_capacity(updates.len());
    for (text, change) in updates {
        match read_update(batch, granted, &text, &change).await {
            Ok(change) => {
                changes.push(change);
                texts.push(text);
            }
            Err(error) => answer.updated(text, Err(error)),
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    let actor = match granted.acting::<Sort>() {
        Ok(acting) => acting.actor(),
        Err(_) => {
            texts.into_iter().for_each(|text| answer.updated(text, Err(SetError::new("forbidden"))));
            return Ok(());
        }
    };
    let results = in_state.store(&batch.state.store).emails_update(actor, granted.account(), changes).await;
    in_state.tried(&results);
    let results = results?;
    for (text, (_, result)) in texts.into_iter().zip(results) {
        answer.updated(text, result.map(|()| Value::Null).map_err(fault));
    }
    Ok(())
}

/// The store's refusal of one message, as the RFC names it.
pub fn fault(fault: EmailFault) -> SetError {
    match fault {
        EmailFault::NotFound => SetError::not_found(),
        EmailFault::NoMailbox | EmailFault::UnknownMailbox => SetError::properties(["mailboxIds"]),
        EmailFault::TooManyMailboxes => SetError::new("tooManyMailboxes"),
        EmailFault::TooManyKeywords => SetError::new("tooManyKeywords"),
        EmailFault::BadKeyword => SetError::properties(["keywords"]),
    }
}

async fn read_update(batch: &mut Batch, granted: &Granted, text: &str, change: &Value) -> Result<EmailChange, SetError> {
    let id: EmailId = batch.parse_id(text).ok_or_else(SetError::not_found)?;
    let change = change.as_object().ok_or_else(|| SetError::new("invalidPatch"))?;
    let mut out = EmailChange { id, ..EmailChange::default() };
    let mut others: Vec<String> = Vec::new();
    for (path, value) in patch::parse(change)? {
        match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["keywords"] => out.keywords.set = Some(keywords(value)?),
            ["keywords", name] => member(&mut out.keywords, keyword(name)?, value, "keywords")?,
            ["mailboxIds"] => out.mailboxes.set = Some(mailboxes(batch, value)?),
            ["mailboxIds", id] => {
                let id = batch.parse_id(id);
                match id {
                    Some(id) => member(&mut out.mailboxes, id, value, "mailboxIds")?,
                    None if value.is_null() => {}
                    None => return Err(SetError::properties(["mailboxIds"])),
                }
            }
            [name] => others.push((*name).to_owned()),
            _ => return Err(SetError::new("invalidPatch")),
        }
    }
    if !others.is_empty() {
        unchanged(batch, granted, id, change, &others).await?;
    }
    Ok(out)
}

/// Other properties may be given only as they are (RFC 8620 §5.3).
async fn unchanged(
    batch: &mut Batch,
    granted: &Granted,
    id: EmailId,
    change: &Map<String, Value>,
    names: &[String],
) -> Result<(), SetError> {
    let arguments = json!({"accountId": granted.account(), "ids": [id], "properties": names});
    let Value::Object(arguments) = arguments else { return Err(SetError::new("serverFail")) };
    let found = Box::pin(get::get(batch, arguments)).await.map_err(|_| SetError::properties(names.to_vec()))?;
    let Some(object) = found["list"].get(0) else { return Err(SetError::not_found()) };
    let differing: Vec<String> = names.iter().filter(|name| object.get(*name) != change.get(*name)).cloned().collect();
    if differing.is_empty() { Ok(()) } else { Err(SetError::properties(differing)) }
}

fn member<T>(change: &mut SetChange<T>, item: T, value: &Value, property: &str) -> Result<(), SetError> {
    match value {
        Value::Bool(true) => change.add.push(item),
        Value::Null => change.remove.push(item),
        _ => return Err(SetError::properties([property])),
    }
    Ok(())
}

/// A keyword in lower case (RFC 8621 §4.1.1).
///
/// # Errors
/// `invalidProperties` for characters that IMAP does not know.
pub fn keyword(name: &str) -> Result<String, SetError> {
    let good = |b: u8| (0x21..=0x7e).contains(&b) && !b"(){]%*\"\\".contains(&b);
    if name.is_empty() || name.len() > 255 || !name.bytes().all(good) {
        return Err(SetError::properties(["keywords"]));
    }
    Ok(name.to_ascii_lowercase())
}

/// A set of keywords: an object whose values are all true.
///
/// # Errors
/// `invalidProperties`.
pub fn keywords(value: &Value) -> Result<Vec<String>, SetError> {
    members(value, "keywords")?.into_iter().map(keyword).collect()
}

/// A set of folders.
///
/// # Errors
/// `invalidProperties`, also for an unknown creation id.
pub fn mailboxes(batch: &Batch, value: &Value) -> Result<Vec<MailboxId>, SetError> {
    let ids = members(value, "mailboxIds")?.into_iter().map(|text| batch.parse_id(text)).collect::<Option<Vec<_>>>();
    ids.filter(|ids| !ids.is_empty()).ok_or_else(|| SetError::properties(["mailboxIds"]))
}

fn members<'a>(value: &'a Value, property: &str) -> Result<Vec<&'a str>, SetError> {
    let wrong = || SetError::properties([property]);
    let object = value.as_object().ok_or_else(wrong)?;
    if object.values().any(|v| *v != Value::Bool(true)) {
        return Err(wrong());
    }
    Ok(object.keys().map(String::as_str).collect())
}

async fn destroy_all(
    batch: &Batch,
    granted: &Granted,
    in_state: &InState,
    texts: Vec<String>,
    answer: &mut SetAnswer,
) -> Result<(), MethodError> {
    let mut ids: Vec<(String, EmailId)> = Vec::new();
    for text in texts {
        match batch.parse_id(&text) {
            Some(id) => ids.push((text, id)),
            None => answer.destroyed(text, Err(SetError::not_found())),
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    let actor = match granted.acting::<Sort>() {
        Ok(acting) => acting.actor(),
        Err(_) => {
            ids.into_iter().for_each(|(text, _)| answer.destroyed(text, Err(SetError::new("forbidden"))));
            return Ok(());
        }
    };
    let wanted = ids.iter().map(|(_, id)| *id).collect();
    let gone = in_state.store(&batch.state.store).emails_destroy(actor, granted.account(), wanted).await?;
    for (text, id) in ids {
        answer.destroyed(text, if gone.contains(&id) { Ok(()) } else { Err(SetError::not_found()) });
    }
    Ok(())
}
