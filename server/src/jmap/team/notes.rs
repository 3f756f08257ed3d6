//! `Note`: internal notes.

use serde_json::{Value, json};
use store::changes::Type;
use store::team::notes::{Editor, Note as Kept};
use wire::id::{NoteId, PersonId, ThreadId};
use wire::portal::Action;
use wire::team::Note;

use crate::auth::rights::{Granted, Sort};
use crate::jmap::Batch;
use crate::jmap::error::{MethodError, SetError};
use crate::jmap::mailbox::changes::changed;
use crate::jmap::types::{self, Answer, ChangesArgs, GetArgs, InState, Object, SetAnswer, SetArgs};
use crate::service::team;

const PROPERTIES: &[&str] = &["id", "threadId", "authorId", "authorName", "text", "createdLocal", "mayDestroy"];

/// Note/get: by ids, which Work/get gives (`noteIds`).
pub async fn get(batch: &mut Batch, arguments: Object) -> Answer {
    let args: GetArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let properties = types::select(args.properties, PROPERTIES, |name| PROPERTIES.contains(&name))?;
    let state = batch.states(granted.account()).await?.note;
    let texts = args.ids.ok_or_else(|| MethodError::new("requestTooLarge").because("ids is needed"))?;
    let texts: Vec<String> = types::distinct(&texts)?.into_iter().map(str::to_owned).collect();
    let ids: Vec<NoteId> = texts.iter().filter_map(|text| batch.parse_id(text)).collect();
    let found = batch.state.store.notes(granted.account(), &ids).await?;
    let authors: Vec<PersonId> = found.iter().map(|note| note.author).collect();
    let names = batch.state.store.person_names(&authors).await?;
    let (me, manages) = (batch.caller.person, granted.require(Action::Manage).is_ok());
    let sorts = granted.require(Action::Sort).is_ok();
    let mut list = Vec::with_capacity(found.len());
    for Kept { id, thread, author, text, created_at } in found {
        let note = Note {
            id,
            thread_id: thread,
            author_id: author,
            author_name: names.get(&author).cloned().unwrap_or_default(),
            text,
            created_local: batch.local(created_at).await?,
            may_destroy: sorts && (author == me || manages),
        };
        let mut object = json!(note);
        if let Value::Object(members) = &mut object {
            types::keep(members, &properties);
        }
        list.push((id.to_string(), object));
    }
    let not_found = texts.into_iter().filter(|text| !list.iter().any(|(id, _)| id == text)).collect();
    Ok(types::got(&args.account_id, state, list.into_iter().map(|(_, note)| note).collect(), not_found))
}

/// Note/changes.
pub async fn changes(batch: &mut Batch, arguments: Object) -> Answer {
    let args: ChangesArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let (since, max) = (types::since(&args.since_state)?, types::max_changes(args.max_changes)?);
    let changes = batch.state.store.changes(granted.account(), Type::Note, since, max).await?;
    let changes = changed(changes, |id| NoteId(id).to_string());
    Ok(Value::Object(types::changes(&args.account_id, &args.since_state, changes)))
}

/// Note/set.
pub async fn set(batch: &mut Batch, arguments: Object) -> Answer {
    let args: SetArgs = types::arguments(arguments)?;
    args.check_size()?;
    let granted = batch.granted(&args.account_id).await?;
    granted.acting::<Sort>()?;
    let old = batch.states(granted.account()).await?.note;
    let mut in_state = InState::new(args.if_in_state.as_deref(), granted.account(), Type::Note, old)?;
    let mut answer = SetAnswer::default();
    for (key, object) in args.create.unwrap_or_default() {
        let result = create(batch, &granted, &in_state, &object).await;
        in_state.tried(&result);
        if let Ok(id) = &result {
            batch.made(&key, id);
        }
        answer.created(key, result.map(|id| json!({"id": id})));
    }
    for (text, change) in args.update.unwrap_or_default() {
        let result = update(batch, &granted, &in_state, &text, &change).await;
        in_state.tried(&result);
        answer.updated(text, result.map(|()| Value::Null));
    }
    for text in args.destroy.unwrap_or_default() {
        let result = destroy(batch, &granted, &in_state, &text).await;
        in_state.tried(&result);
        answer.destroyed(text, result);
    }
    let new = batch.states(granted.account()).await?.note;
    answer.finish(&args.account_id, old, new)
}

/// The only members that clients give.
fn check_names(object: &Object, known: &[&str]) -> Result<(), SetError> {
    let bad: Vec<&str> = object.keys().map(String::as_str).filter(|name| !known.contains(name)).collect();
    if bad.is_empty() { Ok(()) } else { Err(SetError::properties(bad)) }
}

fn text(object: &Object) -> Result<String, SetError> {
    let typed = object.get("text").and_then(Value::as_str);
    typed.and_then(team::note_text).ok_or_else(|| SetError::properties(["text"]))
}

async fn create(batch: &Batch, granted: &Granted, in_state: &InState, object: &Value) -> Result<NoteId, SetError> {
    let object = object.as_object().ok_or_else(|| SetError::new("invalidProperties"))?;
    check_names(object, &["threadId", "text"])?;
    let thread = object.get("threadId").and_then(Value::as_str).and_then(|text| batch.parse_id::<ThreadId>(text));
    let thread = thread.ok_or_else(|| SetError::properties(["threadId"]))?;
    let (acting, text) = (granted.acting::<Sort>()?, text(object)?);
    let store = in_state.store(&batch.state.store);
    let made = store.note_create(acting.actor(), acting.account(), thread, batch.caller.person, text).await;
    made.map_err(|error| if error.is_not_found() { SetError::properties(["threadId"]) } else { error.into() })
}

async fn update(batch: &Batch, granted: &Granted, in_state: &InState, id: &str, change: &Value) -> Result<(), SetError> {
    let note: NoteId = batch.parse_id(id).ok_or_else(SetError::not_found)?;
    let change = change.as_object().ok_or_else(|| SetError::new("invalidPatch"))?;
    check_names(change, &["text"])?;
    let (acting, text) = (granted.acting::<Sort>()?, text(change)?);
    let store = in_state.store(&batch.state.store);
    Ok(store.note_update(acting.actor(), acting.account(), note, batch.caller.person, text).await?)
}

async fn destroy(batch: &Batch, granted: &Granted, in_state: &InState, id: &str) -> Result<(), SetError> {
    let note: NoteId = batch.parse_id(id).ok_or_else(SetError::not_found)?;
    let acting = granted.acting::<Sort>()?;
    let by = Editor { person: batch.caller.person, manages: granted.require(Action::Manage).is_ok() };
    Ok(in_state.store(&batch.state.store).note_destroy(acting.actor(), acting.account(), note, by).await?)
}
