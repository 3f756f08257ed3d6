//! Thread/get and Thread/changes (RFC 8621 §3).

use serde_json::{Value, json};
use store::changes::Type;
use wire::id::ThreadId;

use super::Batch;
use super::mailbox::changes::changed;
use super::types::{self, Answer, ChangesArgs, GetArgs, Object};
use crate::jmap::error::MethodError;

const PROPERTIES: &[&str] = &["id", "emailIds"];

/// The messages of each conversation, oldest first.
pub async fn get(batch: &mut Batch, arguments: Object) -> Answer {
    let args: GetArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let properties = types::select(args.properties, PROPERTIES, |name| PROPERTIES.contains(&name))?;
    let state = batch.states(granted.account()).await?.thread;
    let texts = args.ids.ok_or_else(|| MethodError::new("requestTooLarge").because("ids is needed"))?;
    let asked: Vec<(Option<ThreadId>, &str)> =
        types::distinct(&texts)?.into_iter().map(|t| (batch.parse_id(t), t)).collect();
    let ids: Vec<ThreadId> = asked.iter().filter_map(|(id, _)| *id).collect();
    let found = batch.state.store.threads(granted.account(), &ids).await?;
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    for (id, text) in asked {
        match found.iter().find(|(thread, _)| Some(*thread) == id) {
            Some((thread, emails)) => {
                let mut object = json!({"id": thread, "emailIds": emails});
                if let Value::Object(members) = &mut object {
                    types::keep(members, &properties);
                }
                list.push(object);
            }
            None => not_found.push(text.to_owned()),
        }
    }
    Ok(types::got(&args.account_id, state, list, not_found))
}

/// Which conversations changed.
pub async fn changes(batch: &mut Batch, arguments: Object) -> Answer {
    let args: ChangesArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let (since, max) = (types::since(&args.since_state)?, types::max_changes(args.max_changes)?);
    let changes = batch.state.store.changes(granted.account(), Type::Thread, since, max).await?;
    let changes = changed(changes, |id| ThreadId(id).to_string());
    Ok(Value::Object(types::changes(&args.account_id, &args.since_state, changes)))
}
