//! Identity methods (RFC 8621 §6). A BAL has the identity that the operator gave it: clients read it, and may neither
//! add nor change nor remove one.

use serde_json::{Value, json};
use store::changes::Type;
use store::identities::Identity;
use wire::id::IdentityId;

use super::Batch;
use super::error::SetError;
use super::mailbox::changes::changed;
use super::types::{self, Answer, ChangesArgs, GetArgs, Object, SetAnswer, SetArgs};
use crate::auth::rights::Manage;

const PROPERTIES: &[&str] = &["id", "name", "email", "replyTo", "bcc", "textSignature", "htmlSignature", "mayDelete"];

/// The identities asked for, or all.
pub async fn get(batch: &mut Batch, arguments: Object) -> Answer {
    let args: GetArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let properties = types::select(args.properties, PROPERTIES, |name| PROPERTIES.contains(&name))?;
    let state = batch.states(granted.account()).await?.identity;
    let all = batch.state.store.identities(granted.account()).await?;
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    match args.ids {
        None => list.extend(all.iter().map(|identity| object(identity, &properties))),
        Some(texts) => {
            for text in types::distinct(&texts)? {
                let id: Option<IdentityId> = batch.parse_id(text);
                match all.iter().find(|identity| Some(identity.id) == id) {
                    Some(identity) => list.push(object(identity, &properties)),
                    None => not_found.push(text.to_owned()),
                }
            }
        }
    }
    Ok(types::got(&args.account_id, state, list, not_found))
}

fn object(identity: &Identity, properties: &[String]) -> Value {
    let mut object = json!({
        "id": identity.id,
        "name": identity.name,
        "email": identity.email,
        "replyTo": null,
        "bcc": null,
        "textSignature": identity.text_signature,
        "htmlSignature": "",
        "mayDelete": false,
    });
    if let Value::Object(members) = &mut object {
        types::keep(members, properties);
    }
    object
}

/// Which identities changed.
pub async fn changes(batch: &mut Batch, arguments: Object) -> Answer {
    let args: ChangesArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let (since, max) = (types::since(&args.since_state)?, types::max_changes(args.max_changes)?);
    let changes = batch.state.store.changes(granted.account(), Type::Identity, since, max).await?;
    let changes = changed(changes, |id| IdentityId(id).to_string());
    Ok(Value::Object(types::changes(&args.account_id, &args.since_state, changes)))
}

/// Refuses each change by name (RFC 8621 §6.3 foresees it).
pub async fn set(batch: &mut Batch, arguments: Object) -> Answer {
    let args: SetArgs = types::arguments(arguments)?;
    args.check_size()?;
    let granted = batch.granted(&args.account_id).await?;
    granted.acting::<Manage>()?;
    let state = batch.states(granted.account()).await?.identity;
    types::check_state(args.if_in_state.as_deref(), state)?;
    let all = batch.state.store.identities(granted.account()).await?;
    let refusal = |text: &str| {
        let id: Option<IdentityId> = batch.parse_id(text);
        if all.iter().any(|identity| Some(identity.id) == id) { SetError::new("forbidden") } else { SetError::not_found() }
    };
    let mut answer = SetAnswer::default();
    for (key, value) in args.create.unwrap_or_default() {
        let own = value["email"].as_str().is_some_and(|email| all.iter().any(|i| i.email.eq_ignore_ascii_case(email)));
        answer.created(key, Err(SetError::new(if own { "forbidden" } else { "forbiddenFrom" })));
    }
    for text in args.update.unwrap_or_default().keys() {
        answer.updated(text.clone(), Err(refusal(text)));
    }
    for text in args.destroy.unwrap_or_default() {
        let error = refusal(&text);
        answer.destroyed(text, Err(error));
    }
    answer.finish(&args.account_id, state, state)
}
