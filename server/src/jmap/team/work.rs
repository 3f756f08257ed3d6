//! `Work` and `Member`.

use serde::Deserialize;
use serde_json::{Value, json};
use store::changes::Type;
use store::team::WorkChange;
use wire::id::{AccountId, EmailId, MailboxId, PersonId, ThreadId};
use wire::team::{WORK_PROPERTIES, WorkCount, WorkState};

use super::local;
use crate::auth::rights::{Draft, Granted, Read, Sort};
use crate::jmap::Batch;
use crate::jmap::error::{MethodError, SetError};
use crate::jmap::mailbox::changes::changed;
use crate::jmap::patch;
use crate::jmap::types::{self, Answer, ChangesArgs, GetArgs, InState, Object, SetAnswer, SetArgs};
use crate::service::team;

/// Work/get.
pub async fn get(batch: &mut Batch, arguments: Object) -> Answer {
    let args: GetArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let properties = types::select(args.properties, WORK_PROPERTIES, |name| WORK_PROPERTIES.contains(&name))?;
    let state = batch.states(granted.account()).await?.work;
    let texts = args.ids.ok_or_else(|| MethodError::new("requestTooLarge").because("ids is needed"))?;
    let asked: Vec<(Option<ThreadId>, String)> =
        types::distinct(&texts)?.into_iter().map(|text| (batch.parse_id(text), text.to_owned())).collect();
    let ids: Vec<ThreadId> = asked.iter().filter_map(|(id, _)| *id).collect();
    let (store, account) = (batch.state.store.clone(), granted.account());
    let mut found = team::of(&store, account, batch.caller.person, &ids).await?;
    let wants = |name: &str| properties.iter().any(|property| property == name);
    let notes = if wants("noteIds") { store.note_ids(account, &ids).await? } else { Vec::new() };
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    for (id, text) in asked {
        let Some(mut work) = id.and_then(|id| found.remove(&id)) else {
            not_found.push(text);
            continue;
        };
        let thread = work.id;
        if wants("readers") || wants("answers") {
            let (readers, answers) = team::touches(&store, account, thread).await?;
            work.readers = local(batch, readers).await?;
            work.answers = local(batch, answers).await?;
        }
        let own: Vec<_> = notes.iter().filter(|(of, _)| *of == thread).map(|(_, note)| *note).collect();
        let mut object = json!({"noteIds": own, "readers": work.readers, "answers": work.answers});
        if let (Value::Object(members), Ok(Value::Object(more))) = (&mut object, serde_json::to_value(&work)) {
            members.extend(more);
            types::keep(members, &properties);
        }
        list.push(object);
    }
    Ok(types::got(&args.account_id, state, list, not_found))
}

/// Work/changes.
pub async fn changes(batch: &mut Batch, arguments: Object) -> Answer {
    let args: ChangesArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let (since, max) = (types::since(&args.since_state)?, types::max_changes(args.max_changes)?);
    let changes = batch.state.store.changes(granted.account(), Type::Work, since, max).await?;
    let changes = changed(changes, |id| ThreadId(id).to_string());
    Ok(Value::Object(types::changes(&args.account_id, &args.since_state, changes)))
}

/// Work/set: only updates, since every conversation has its work.
pub async fn set(batch: &mut Batch, arguments: Object) -> Answer {
    let args: SetArgs = types::arguments(arguments)?;
    args.check_size()?;
    let granted = batch.granted(&args.account_id).await?;
    granted.acting::<Sort>()?;
    let old = batch.states(granted.account()).await?.work;
    let mut in_state = InState::new(args.if_in_state.as_deref(), granted.account(), Type::Work, old)?;
    let mut answer = SetAnswer::default();
    for key in args.create.unwrap_or_default().keys() {
        answer.created(key.clone(), Err(SetError::new("forbidden")));
    }
    for (text, change) in args.update.unwrap_or_default() {
        let result = update(batch, &granted, &in_state, &text, &change).await;
        in_state.tried(&result);
        answer.updated(text, result.map(|()| Value::Null));
    }
    for text in args.destroy.unwrap_or_default() {
        answer.destroyed(text, Err(SetError::new("forbidden")));
    }
    let new = batch.states(granted.account()).await?.work;
    answer.finish(&args.account_id, old, new)
}

async fn update(batch: &Batch, granted: &Granted, in_state: &InState, text: &str, change: &Value) -> Result<(), SetError> {
    let thread: ThreadId = batch.parse_id(text).ok_or_else(SetError::not_found)?;
    let change = change.as_object().ok_or_else(|| SetError::new("invalidPatch"))?;
    let mut wanted = WorkChange::default();
    for (path, value) in patch::parse(change)? {
        let [name] = path.as_slice() else { return Err(SetError::new("invalidPatch")) };
        let wrong = || SetError::properties([name.as_str()]);
        match (name.as_str(), value) {
            ("assigneeId", Value::Null) => wanted.assignee = Some(None),
            ("assigneeId", value) => {
                let person: PersonId = value.as_str().and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
                wanted.assignee = Some(Some(person));
            }
            ("state", Value::Null) => wanted.state = Some(None),
            ("state", value) => {
                wanted.state = Some(Some(value.as_str().and_then(WorkState::from_code).ok_or_else(wrong)?));
            }
            _ => return Err(wrong()),
        }
    }
    let actor = granted.acting::<Sort>()?.actor();
    let done = in_state.store(&batch.state.store).work_set(actor, granted.account(), thread, wanted).await;
    done.map_err(|error| match error {
        store::Error::Refused("not-a-member") => SetError::properties(["assigneeId"]),
        other => other.into(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CountArgs {
    account_id: String,
    #[serde(default)]
    mailbox_id: Option<String>,
}

/// Work/count.
pub async fn count(batch: &mut Batch, arguments: Object) -> Answer {
    let args: CountArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let wrong = || MethodError::arguments("mailboxId");
    let mailbox = match &args.mailbox_id {
        Some(text) => Some(batch.parse_id::<MailboxId>(text).ok_or_else(wrong)?),
        None => None,
    };
    let state = batch.states(granted.account()).await?.work;
    let counts = batch.state.store.work_counts(granted.account(), mailbox).await?;
    let count = |one: store::team::WorkCount| WorkCount { assignee_id: one.assignee, state: one.state, total: one.total };
    let list: Vec<WorkCount> = counts.into_iter().map(count).collect();
    Ok(json!({"accountId": args.account_id, "state": state.to_string(), "list": list}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HandOver {
    account_id: String,
    from_id: PersonId,
    #[serde(default)]
    to_id: Option<PersonId>,
}

/// Work/handOver.
pub async fn hand_over(batch: &mut Batch, arguments: Object) -> Answer {
    let args: HandOver = types::arguments(arguments)?;
    let acting = batch.granted(&args.account_id).await?.acting::<Sort>()?;
    let store = &batch.state.store;
    match store.work_hand_over(acting.actor(), acting.account(), args.from_id, args.to_id).await {
        Ok(total) => Ok(json!({"accountId": args.account_id, "total": total})),
        Err(store::Error::Refused("not-a-member")) => Err(MethodError::arguments("toId may not open the account")),
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AnsweringArgs {
    account_id: String,
    email_id: String,
    active: bool,
}

/// Work/answering.
pub async fn answering(batch: &mut Batch, arguments: Object) -> Answer {
    let args: AnsweringArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let (draft, read) = (granted.acting::<Draft>()?, granted.acting::<Read>()?);
    let gone = || MethodError::arguments("emailId");
    let email: EmailId = batch.parse_id(&args.email_id).ok_or_else(gone)?;
    let thread = match team::thread_of(&batch.state.store, granted.account(), email).await {
        Err(error) if error.is_not_found() => return Err(gone()),
        found => found?,
    };
    team::sign(&batch.state, &draft, thread, args.active).await?;
    let others = team::others(&batch.state, &read, batch.caller.person, thread).await?;
    let answers = local(batch, others.answers).await?;
    Ok(json!({"accountId": args.account_id, "threadId": thread, "answering": others.answering, "answers": answers}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MemberArgs {
    account_id: String,
}

/// Member/get: all of them.
pub async fn members(batch: &mut Batch, arguments: Object) -> Answer {
    let args: MemberArgs = types::arguments(arguments)?;
    let account: AccountId = batch.granted(&args.account_id).await?.account();
    let list = team::members(&batch.state.store, account, batch.caller.person).await?;
    Ok(json!({"accountId": args.account_id, "state": "", "list": list, "notFound": []}))
}
