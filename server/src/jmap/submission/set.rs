//! EmailSubmission/set (RFC 8621 §7.5): sending, calling back, and what follows a success.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::changes::Type;
use store::submissions::{Cancelled, Envelope, EnvelopeAddress, Submission, Undo};
use wire::id::SubmissionId;
use wire::jmap::PLI;

use super::get;
use crate::auth::rights::{Acting, Draft, Granted, Send, Sort};
use crate::jmap::Batch;
use crate::jmap::email;
use crate::jmap::error::{MethodError, SetError};
use crate::jmap::patch;
use crate::jmap::session::MAX_DELAY;
use crate::jmap::types::{self, Answer, InState, Object, SetAnswer, SetArgs};
use crate::service::send::{Submit, SubmitError, submit_to};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct After {
    on_success_update_email: Option<Map<String, Value>>,
    on_success_destroy_email: Option<Vec<String>>,
}

/// Sends drafts, calls messages back, forgets finished submissions.
pub async fn set(batch: &mut Batch, mut arguments: Object) -> Answer {
    let mut after = Object::new();
    for name in ["onSuccessUpdateEmail", "onSuccessDestroyEmail"] {
        if let Some(value) = arguments.remove(name) {
            after.insert(name.into(), value);
        }
    }
    let after: After = types::arguments(after)?;
    let args: SetArgs = types::arguments(arguments)?;
    args.check_size()?;
    let granted = batch.granted(&args.account_id).await?;
    let acting = granted.acting::<Send>()?;
    let old = batch.states(granted.account()).await?.submission;
    let mut in_state = InState::new(args.if_in_state.as_deref(), granted.account(), Type::Submission, old)?;
    let mut answer = SetAnswer::default();
    // The messages of what succeeded, by submission id and by `#creation`.
    let mut done: Vec<(String, String)> = Vec::new();
    for (key, object) in args.create.unwrap_or_default() {
        let result = create(batch, &acting, &in_state, &object).await;
        in_state.tried(&result);
        if let Ok(submission) = &result {
            batch.made(&key, submission.id);
            done.push((format!("#{key}"), submission.email.to_string()));
            done.push((submission.id.to_string(), submission.email.to_string()));
        }
        answer.created(key, result.map(|submission| created(batch, &submission)));
    }
    for (text, change) in args.update.unwrap_or_default() {
        let result = update(batch, &acting, &in_state, &text, &change).await;
        in_state.tried(&result);
        if let Ok(email) = &result {
            done.push((text.clone(), email.clone()));
        }
        answer.updated(text, result.map(|_| Value::Null));
    }
    for text in args.destroy.unwrap_or_default() {
        let result = destroy(batch, &acting, &in_state, &text).await;
        in_state.tried(&result);
        if let Ok(email) = &result {
            done.push((text.clone(), email.clone()));
        }
        answer.destroyed(text, result.map(|_| ()));
    }
    let new = batch.states(granted.account()).await?.submission;
    follow(batch, &granted, &args.account_id, after, &done).await;
    answer.finish(&args.account_id, old, new)
}

/// The implicit Email/set (RFC 8621 §7.5), answered after this call under the same id.
async fn follow(batch: &mut Batch, granted: &Granted, account: &str, after: After, done: &[(String, String)]) {
    let email_of = |text: &String| done.iter().find(|(id, _)| id == text).map(|(_, email)| email.clone());
    let mut update = Map::new();
    for (text, change) in after.on_success_update_email.unwrap_or_default() {
        if let Some(email) = email_of(&text) {
            update.insert(email, change);
        }
    }
    let destroy: Vec<String> = after.on_success_destroy_email.unwrap_or_default().iter().filter_map(email_of).collect();
    if update.is_empty() && destroy.is_empty() {
        return;
    }
    let args = SetArgs {
        account_id: account.into(),
        if_in_state: None,
        create: None,
        update: Some(update),
        destroy: Some(destroy),
    };
    let allowed = granted.acting::<Sort>().is_ok() || granted.acting::<Draft>().is_ok();
    let result =
        if allowed { email::set::run(batch, granted, args).await } else { Err(MethodError::new("accountReadOnly")) };
    match result {
        Ok(answer) => batch.also("Email/set", answer),
        Err(error) => batch.also("error", error.into_value()),
    }
}

fn created(batch: &Batch, submission: &Submission) -> Value {
    let names = ["id", "threadId", "sendAt", "undoStatus", "deliveryStatus", "dsnBlobIds", "mdnBlobIds", "envelope"];
    let mut object = get::object(submission, &names.map(str::to_owned), batch.uses(PLI));
    if batch.uses(PLI) {
        let left = (submission.send_at - batch.state.clock.now_ms()).max(0);
        object["undoSeconds"] = ((left + 999) / 1000).into();
    }
    object
}

async fn create(batch: &Batch, acting: &Acting<Send>, in_state: &InState, object: &Value) -> Result<Submission, SetError> {
    let members = object.as_object().ok_or_else(|| SetError::new("invalidProperties"))?;
    // `patientsConfirmed` (our extension): who sends knows that patients and others see each other.
    let known = ["identityId", "emailId", "envelope", "patientsConfirmed"];
    if let Some(bad) = members.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(SetError::properties([bad]));
    }
    let confirmed = batch.uses(PLI) && members.get("patientsConfirmed").and_then(Value::as_bool).unwrap_or(false);
    let text = |name: &str| members.get(name).and_then(Value::as_str).ok_or_else(|| SetError::properties([name]));
    let email = batch.parse_id(text("emailId")?).ok_or_else(|| SetError::properties(["emailId"]))?;
    let identity = batch.parse_id(text("identityId")?).ok_or_else(|| SetError::properties(["identityId"]))?;
    let envelope = members.get("envelope").filter(|v| !v.is_null()).map(envelope).transpose()?;
    let now = batch.state.clock.now_ms();
    let send_at = envelope.as_ref().map_or(Ok(None), |envelope| held_until(envelope, now))?;
    let asked = Submit { email, identity: Some(identity), envelope, send_at, confirmed };
    let outbox = in_state.store(&batch.state.store);
    submit_to(&batch.state, &outbox, acting, asked).await.map_err(refusal)
}

fn envelope(value: &Value) -> Result<Envelope, SetError> {
    let wrong = || SetError::properties(["envelope"]);
    let rcpt = value.get("rcptTo").and_then(Value::as_array).ok_or_else(wrong)?;
    Ok(Envelope {
        mail_from: address(value.get("mailFrom").ok_or_else(wrong)?)?,
        rcpt_to: rcpt.iter().map(address).collect::<Result<_, _>>()?,
    })
}

fn address(value: &Value) -> Result<EnvelopeAddress, SetError> {
    let wrong = || SetError::properties(["envelope"]);
    let email = value.get("email").and_then(Value::as_str).ok_or_else(wrong)?.to_owned();
    let mut parameters = Vec::new();
    if let Some(given) = value.get("parameters").filter(|v| !v.is_null()) {
        for (name, value) in given.as_object().ok_or_else(wrong)? {
            let value = if value.is_null() { None } else { Some(value.as_str().ok_or_else(wrong)?.to_owned()) };
            parameters.push((name.to_uppercase(), value));
        }
    }
    Ok(EnvelopeAddress { email, parameters })
}

/// When an envelope asks to be sent (RFC 4865 §4). Parameters of other extensions are refused: none is announced.
fn held_until(envelope: &Envelope, now: i64) -> Result<Option<i64>, SetError> {
    let wrong = |what: &str| SetError::properties(["envelope"]).because(what.to_owned());
    if envelope.rcpt_to.iter().any(|rcpt| !rcpt.parameters.is_empty()) {
        return Err(wrong("parameters of recipients are not supported"));
    }
    let mut at = None;
    for (name, value) in &envelope.mail_from.parameters {
        let value = value.as_deref().ok_or_else(|| wrong(name))?;
        let time = match name.as_str() {
            "HOLDFOR" => {
                let seconds = value.parse::<u64>().ok().filter(|seconds| *seconds <= MAX_DELAY);
                now + seconds.ok_or_else(|| wrong("HOLDFOR"))? as i64 * 1000
            }
            "HOLDUNTIL" => {
                let time = value.parse::<jiff::Timestamp>().map_err(|_| wrong("HOLDUNTIL"))?.as_millisecond();
                if time > now + MAX_DELAY as i64 * 1000 {
                    return Err(wrong("HOLDUNTIL"));
                }
                time
            }
            _ => return Err(wrong("an unknown parameter")),
        };
        if at.replace(time).is_some() {
            return Err(wrong("HOLDFOR and HOLDUNTIL together"));
        }
    }
    Ok(at)
}

fn refusal(error: SubmitError) -> SetError {
    match error {
        SubmitError::NoEmail => SetError::properties(["emailId"]),
        SubmitError::NoIdentity => SetError::properties(["identityId"]),
        SubmitError::ForbiddenMailFrom => SetError::new("forbiddenMailFrom"),
        SubmitError::ForbiddenFrom => SetError::new("forbiddenFrom"),
        SubmitError::NoRecipients => SetError::new("noRecipients"),
        SubmitError::TooManyRecipients(max) => SetError::new("tooManyRecipients").with("maxRecipients", max),
        SubmitError::InvalidRecipients(bad) => {
            let reasons: Vec<String> = bad.iter().map(|(email, state)| format!("{email}: {state}")).collect();
            let list: Vec<String> = bad.into_iter().map(|(email, _)| email).collect();
            SetError::new("invalidRecipients").with("invalidRecipients", json!(list)).because(reasons.join(", "))
        }
        SubmitError::InvalidEmail(names) => SetError::new("invalidEmail").with("properties", json!(names)),
        SubmitError::TooLarge(max) => SetError::new("tooLarge").with("maxSize", max),
        SubmitError::Patient(fault) => SetError::new(fault.code()).because(fault.params().join(", ")),
        SubmitError::TooMuch(what, max) => SetError::new("rateLimit").because(format!("{what}: {max}")),
        SubmitError::Store(error) => error.into(),
    }
}

async fn find(batch: &Batch, acting: &Acting<Send>, text: &str) -> Result<Submission, SetError> {
    let id: SubmissionId = batch.parse_id(text).ok_or_else(SetError::not_found)?;
    let found = batch.state.store.submissions(acting.account(), Some(&[id])).await?.pop();
    found.ok_or_else(SetError::not_found)
}

/// Only `undoStatus` changes, from pending to canceled. Answers the message's id.
async fn update(
    batch: &Batch,
    acting: &Acting<Send>,
    in_state: &InState,
    text: &str,
    change: &Value,
) -> Result<String, SetError> {
    let submission = find(batch, acting, text).await?;
    let change = change.as_object().ok_or_else(|| SetError::new("invalidPatch"))?;
    let known: Vec<String> = get::PROPERTIES.iter().map(|name| (*name).to_owned()).collect();
    let now = get::object(&submission, &known, batch.uses(PLI));
    let mut cancel = false;
    for (path, value) in patch::parse(change)? {
        let [name] = path.as_slice() else { return Err(SetError::new("invalidPatch")) };
        match name.as_str() {
            "undoStatus" if value == "canceled" => cancel = submission.undo != Undo::Canceled,
            name if now.get(name) == Some(value) => {}
            _ => return Err(SetError::properties([name])),
        }
    }
    if cancel {
        let store = in_state.store(&batch.state.store);
        match store.submission_cancel(acting.actor(), acting.account(), submission.id).await? {
            Cancelled::Cancelled => {}
            Cancelled::TooLate => return Err(SetError::new("cannotUnsend")),
        }
    }
    Ok(submission.email.to_string())
}

/// A waiting one is not called back by destroying it (RFC 8621 §7.5): it has to be cancelled first.
async fn destroy(batch: &Batch, acting: &Acting<Send>, in_state: &InState, text: &str) -> Result<String, SetError> {
    let submission = find(batch, acting, text).await?;
    let store = in_state.store(&batch.state.store);
    let gone = store.submissions_destroy(acting.actor(), acting.account(), vec![submission.id]).await?;
    if gone.is_empty() {
        return Err(SetError::new("forbidden").because("it is still waiting to be sent"));
    }
    Ok(submission.email.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(parameters: Value) -> Result<Option<i64>, &'static str> {
        let envelope = envelope(&json!({"mailFrom": {"email": "a@b.fr", "parameters": parameters}, "rcptTo": []})).unwrap();
        held_until(&envelope, 1_000).map_err(|error| error.kind)
    }

    #[test]
    fn delays_are_read() {
        assert_eq!(hold(Value::Null), Ok(None));
        assert_eq!(hold(json!({"holdfor": "10"})), Ok(Some(11_000)));
        assert_eq!(hold(json!({"HOLDUNTIL": "1970-01-01T00:01:00Z"})), Ok(Some(60_000)));
        for bad in [
            json!({"HOLDFOR": "-1"}),
            json!({"HOLDFOR": null}),
            json!({"HOLDFOR": "99999999"}),
            json!({"RET": "FULL"}),
            json!({"HOLDFOR": "1", "HOLDUNTIL": "1970-01-01T00:01:00Z"}),
        ] {
            assert_eq!(hold(bad.clone()), Err("invalidProperties"), "{bad}");
        }
    }
}
