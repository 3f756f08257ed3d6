//! EmailSubmission/get and /changes (RFC 8621 §7.1, §7.2).

use serde_json::{Map, Value, json};
use store::changes::Type;
use store::submissions::{Delivery, EnvelopeAddress, Submission, Undo};
use wire::id::SubmissionId;
use wire::jmap::PLI;

use crate::jmap::Batch;
use crate::jmap::mailbox::changes::changed;
use crate::jmap::types::{self, Answer, ChangesArgs, GetArgs, Object};

/// All properties.
pub const PROPERTIES: &[&str] = &[
    "id",
    "identityId",
    "emailId",
    "threadId",
    "envelope",
    "sendAt",
    "undoStatus",
    "deliveryStatus",
    "dsnBlobIds",
    "mdnBlobIds",
];

/// The submissions asked for, or all.
pub async fn get(batch: &mut Batch, arguments: Object) -> Answer {
    let args: GetArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let properties = types::select(args.properties, PROPERTIES, |name| PROPERTIES.contains(&name))?;
    let state = batch.states(granted.account()).await?.submission;
    let extended = batch.uses(PLI);
    let store = &batch.state.store;
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    match args.ids {
        None => {
            let all = store.submissions(granted.account(), None).await?;
            list.extend(all.iter().map(|submission| object(submission, &properties, extended)));
        }
        Some(texts) => {
            let asked: Vec<(Option<SubmissionId>, &str)> =
                types::distinct(&texts)?.into_iter().map(|t| (batch.parse_id(t), t)).collect();
            let ids: Vec<SubmissionId> = asked.iter().filter_map(|(id, _)| *id).collect();
            let found = store.submissions(granted.account(), Some(&ids)).await?;
            for (id, text) in asked {
                match found.iter().find(|submission| Some(submission.id) == id) {
                    Some(submission) => list.push(object(submission, &properties, extended)),
                    None => not_found.push(text.to_owned()),
                }
            }
        }
    }
    Ok(types::got(&args.account_id, state, list, not_found))
}

/// Which submissions changed.
pub async fn changes(batch: &mut Batch, arguments: Object) -> Answer {
    let args: ChangesArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let (since, max) = (types::since(&args.since_state)?, types::max_changes(args.max_changes)?);
    let changes = batch.state.store.changes(granted.account(), Type::Submission, since, max).await?;
    let changes = changed(changes, |id| SubmissionId(id).to_string());
    Ok(Value::Object(types::changes(&args.account_id, &args.since_state, changes)))
}

/// `pending`, `final` or `canceled`.
pub fn undo_status(submission: &Submission) -> &'static str {
    match submission.undo {
        Undo::Pending => "pending",
        Undo::Final => "final",
        Undo::Canceled => "canceled",
    }
}

/// What is known of a recipient (RFC 8621 §7); `extended`: with what our extension says of it.
fn status(delivery: &Delivery, extended: bool) -> Value {
    let displayed = delivery.receipt.as_ref().is_some_and(|(what, _)| what == "displayed");
    let mut status = json!({
        "smtpReply": delivery.reply,
        "delivered": delivery.delivered,
        "displayed": if displayed { "yes" } else { "unknown" },
    });
    if extended {
        status["pli"] = json!({
            "operator": delivery.operator,
            "at": types::utc_date(delivery.at),
            "reason": delivery.reason,
            "late": delivery.late,
            "receipt": delivery.receipt.as_ref().map(|(what, _)| what),
        });
    }
    status
}

/// A submission with the properties asked for.
pub fn object(submission: &Submission, properties: &[String], extended: bool) -> Value {
    let address = |address: &EnvelopeAddress| {
        let parameters: Map<String, Value> =
            address.parameters.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({"email": address.email, "parameters": if parameters.is_empty() { Value::Null } else { parameters.into() }})
    };
    let envelope = &submission.envelope;
    let status: Map<String, Value> = submission.deliveries.iter().map(|d| (d.email.clone(), status(d, extended))).collect();
    let mut object = json!({
        "id": submission.id,
        "identityId": submission.identity,
        "emailId": submission.email,
        "threadId": submission.thread,
        "envelope": {
            "mailFrom": address(&envelope.mail_from),
            "rcptTo": envelope.rcpt_to.iter().map(address).collect::<Vec<_>>(),
        },
        "sendAt": types::utc_date(submission.send_at),
        "undoStatus": undo_status(submission),
        "deliveryStatus": if status.is_empty() { Value::Null } else { status.into() },
        "dsnBlobIds": [],
        "mdnBlobIds": [],
    });
    if let Value::Object(members) = &mut object {
        types::keep(members, properties);
    }
    object
}
