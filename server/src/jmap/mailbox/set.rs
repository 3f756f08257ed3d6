//! Mailbox/set (RFC 8621 §2.5).

use serde_json::{Map, Value};
use store::changes::Type;
use store::mailboxes::{Mailbox, MailboxChange, NewMailbox, Role};
use wire::id::MailboxId;

use super::get;
use crate::auth::rights::{Granted, Sort};
use crate::jmap::Batch;
use crate::jmap::error::SetError;
use crate::jmap::patch;
use crate::jmap::types::{self, Answer, InState, Object, SetAnswer, SetArgs};
use crate::service::folders;

/// Makes, changes and destroys folders, in this order.
pub async fn set(batch: &mut Batch, mut arguments: Object) -> Answer {
    let remove_emails = match arguments.remove("onDestroyRemoveEmails") {
        None | Some(Value::Null) => false,
        Some(value) => value.as_bool().ok_or_else(|| crate::jmap::error::MethodError::arguments("onDestroyRemoveEmails"))?,
    };
    let args: SetArgs = types::arguments(arguments)?;
    args.check_size()?;
    let granted = batch.granted(&args.account_id).await?;
    granted.acting::<Sort>()?;
    let old = batch.states(granted.account()).await?.mailbox;
    let mut in_state = InState::new(args.if_in_state.as_deref(), granted.account(), Type::Mailbox, old)?;
    let mut answer = SetAnswer::default();
    create_all(batch, &granted, &mut in_state, args.create.unwrap_or_default(), &mut answer).await;
    for (text, change) in args.update.unwrap_or_default() {
        let result = update(batch, &granted, &in_state, &text, &change).await;
        in_state.tried(&result);
        answer.updated(text, result.map(|()| Value::Null));
    }
    for text in children_first(batch, &granted, args.destroy.unwrap_or_default()).await {
        let result = destroy(batch, &granted, &in_state, &text, remove_emails).await;
        in_state.tried(&result);
        answer.destroyed(text, result);
    }
    let new = batch.states(granted.account()).await?.mailbox;
    answer.finish(&args.account_id, old, new)
}

/// A creation may name another of the same call as its parent, in any order.
async fn create_all(
    batch: &mut Batch,
    granted: &Granted,
    in_state: &mut InState,
    creations: Map<String, Value>,
    answer: &mut SetAnswer,
) {
    let mut waiting: Vec<(String, Value)> = creations.into_iter().collect();
    loop {
        let before = waiting.len();
        let mut later = Vec::new();
        let keys: Vec<String> = waiting.iter().map(|(key, _)| key.clone()).collect();
        for (key, object) in waiting {
            let parent = object.get("parentId").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
            if parent.is_some_and(|p| keys.iter().any(|k| k == p) && p != key && batch.id(&format!("#{p}")).is_none()) {
                later.push((key, object));
                continue;
            }
            let result = create(batch, granted, in_state, &object).await;
            in_state.tried(&result);
            if let Some(id) = result.as_ref().ok().and_then(|made| made.get("id")).and_then(Value::as_str) {
                batch.made(&key, id.to_owned());
            }
            answer.created(key, result);
        }
        if later.is_empty() || later.len() == before {
            later.into_iter().for_each(|(key, _)| answer.created(key, Err(SetError::properties(["parentId"]))));
            return;
        }
        waiting = later;
    }
}

async fn create(batch: &Batch, granted: &Granted, in_state: &InState, object: &Value) -> Result<Value, SetError> {
    let object = object.as_object().ok_or_else(|| SetError::new("invalidProperties"))?;
    let mut change = MailboxChange::default();
    for (name, value) in object {
        read(batch, &mut change, name, value)?;
    }
    let name = change.name.ok_or_else(|| SetError::properties(["name"]))?;
    let new = NewMailbox {
        name,
        parent: change.parent.flatten(),
        role: change.role.flatten(),
        sort_order: change.sort_order.unwrap_or(0),
        subscribed: change.subscribed.unwrap_or(true),
    };
    let actor = granted.acting::<Sort>()?.actor();
    let store = in_state.store(&batch.state.store);
    let id = store.mailbox_create(actor, granted.account(), new).await.map_err(fault)?;
    let all = batch.state.store.mailboxes(granted.account()).await?;
    let made = all.iter().find(|mailbox| mailbox.id == id).ok_or_else(SetError::not_found)?;
    let properties: Vec<String> = get::PROPERTIES.iter().map(|name| (*name).to_owned()).collect();
    let mut answer = get::object(made, granted, &properties);
    if let Value::Object(members) = &mut answer {
        members.retain(|name, value| object.get(name) != Some(value));
    }
    Ok(answer)
}

/// Reads one property that clients may set.
fn read(batch: &Batch, change: &mut MailboxChange, name: &str, value: &Value) -> Result<(), SetError> {
    let wrong = || SetError::properties([name]);
    match name {
        "name" => {
            let text = value.as_str().ok_or_else(wrong)?;
            change.name = Some(folders::check_name(text).map_err(|_| wrong())?);
        }
        "parentId" if value.is_null() => change.parent = Some(None),
        "parentId" => {
            let id: MailboxId = value.as_str().and_then(|text| batch.parse_id(text)).ok_or_else(wrong)?;
            change.parent = Some(Some(id));
        }
        "role" if value.is_null() => change.role = Some(None),
        "role" => {
            let role = value.as_str().and_then(|text| Role::from_code(&text.to_lowercase())).ok_or_else(wrong)?;
            change.role = Some(Some(role));
        }
        "sortOrder" => {
            let order = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n < 1 << 31);
            change.sort_order = Some(order.ok_or_else(wrong)?);
        }
        "isSubscribed" => change.subscribed = Some(value.as_bool().ok_or_else(wrong)?),
        _ => return Err(wrong()),
    }
    Ok(())
}

async fn update(batch: &Batch, granted: &Granted, in_state: &InState, text: &str, change: &Value) -> Result<(), SetError> {
    let id: MailboxId = batch.parse_id(text).ok_or_else(SetError::not_found)?;
    let all = batch.state.store.mailboxes(granted.account()).await?;
    let mailbox = all.iter().find(|mailbox| mailbox.id == id).ok_or_else(SetError::not_found)?;
    let change = change.as_object().ok_or_else(|| SetError::new("invalidPatch"))?;
    let mut wanted = MailboxChange::default();
    for (path, value) in patch::parse(change)? {
        let [name] = path.as_slice() else {
            return Err(if path[0] == "myRights" {
                SetError::properties([&path[0]])
            } else {
                SetError::new("invalidPatch")
            });
        };
        if is_unchanged(granted, mailbox, name, value) {
            continue;
        }
        read(batch, &mut wanted, name, value)?;
    }
    if mailbox.role == Some(Role::Inbox) && (wanted.name.is_some() || wanted.parent.is_some() || wanted.role.is_some()) {
        return Err(SetError::new("forbidden").because("the inbox stays where it is"));
    }
    if wanted == MailboxChange::default() {
        return Ok(());
    }
    let actor = granted.acting::<Sort>()?.actor();
    in_state.store(&batch.state.store).mailbox_update(actor, granted.account(), id, wanted).await.map_err(fault)
}

/// What the server sets may be given as it is (RFC 8620 §5.3).
fn is_unchanged(granted: &Granted, mailbox: &Mailbox, name: &str, value: &Value) -> bool {
    let now = get::object(mailbox, granted, &[name.to_owned()]);
    now.get(name) == Some(value)
}

fn fault(error: store::Error) -> SetError {
    match error {
        store::Error::Limit { .. } => SetError::new("tooManyMailboxes"),
        other => other.into(),
    }
}

async fn children_first(batch: &Batch, granted: &Granted, ids: Vec<String>) -> Vec<String> {
    let all = batch.state.store.mailboxes(granted.account()).await.unwrap_or_default();
    let depth = |text: &String| {
        let mut id: Option<MailboxId> = batch.parse_id(text);
        let mut depth = 0;
        while let Some(mailbox) = id.and_then(|id| all.iter().find(|m| m.id == id)).filter(|_| depth <= all.len()) {
            depth += 1;
            id = mailbox.parent;
        }
        std::cmp::Reverse(depth)
    };
    let mut ids = ids;
    ids.sort_by_cached_key(depth);
    ids
}

async fn destroy(
    batch: &Batch,
    granted: &Granted,
    in_state: &InState,
    text: &str,
    remove_emails: bool,
) -> Result<(), SetError> {
    let id: MailboxId = batch.parse_id(text).ok_or_else(SetError::not_found)?;
    let actor = granted.acting::<Sort>()?.actor();
    Ok(in_state.store(&batch.state.store).mailbox_destroy(actor, granted.account(), id, remove_emails).await?)
}
