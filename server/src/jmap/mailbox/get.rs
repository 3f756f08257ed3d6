//! Mailbox/get (RFC 8621 §2.1).

use serde_json::{Value, json};
use store::mailboxes::{Mailbox, Role};
use wire::portal::Action;

use crate::auth::rights::Granted;
use crate::jmap::Batch;
use crate::jmap::error::MethodError;
use crate::jmap::types::{self, Answer, GetArgs, Object};

/// All properties of a Mailbox.
pub const PROPERTIES: &[&str] = &[
    "id",
    "name",
    "parentId",
    "role",
    "sortOrder",
    "totalEmails",
    "unreadEmails",
    "totalThreads",
    "unreadThreads",
    "myRights",
    "isSubscribed",
];

/// Answers the mailboxes asked for, or all.
pub async fn get(batch: &mut Batch, arguments: Object) -> Answer {
    let args: GetArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let properties = types::select(args.properties, PROPERTIES, |name| PROPERTIES.contains(&name))?;
    let state = batch.states(granted.account()).await?.mailbox;
    let all = batch.state.store.mailboxes(granted.account()).await?;
    let (list, not_found) = match args.ids {
        None => (all.iter().map(|mailbox| object(mailbox, &granted, &properties)).collect(), Vec::new()),
        Some(ids) => chosen(batch, &all, &types::distinct(&ids)?, &granted, &properties),
    };
    Ok(types::got(&args.account_id, state, list, not_found))
}

fn chosen(
    batch: &Batch,
    all: &[Mailbox],
    ids: &[&str],
    granted: &Granted,
    properties: &[String],
) -> (Vec<Value>, Vec<String>) {
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    for text in ids {
        let id = batch.parse_id(text);
        match all.iter().find(|mailbox| Some(mailbox.id) == id) {
            Some(mailbox) => list.push(object(mailbox, granted, properties)),
            None => not_found.push((*text).to_owned()),
        }
    }
    (list, not_found)
}

/// A Mailbox with the properties asked for.
pub fn object(mailbox: &Mailbox, granted: &Granted, properties: &[String]) -> Value {
    let sort = granted.require(Action::Sort).is_ok();
    let movable = sort && mailbox.role != Some(Role::Inbox);
    let mut object = json!({
        "id": mailbox.id,
        "name": mailbox.name,
        "parentId": mailbox.parent,
        "role": mailbox.role.map(Role::code),
        "sortOrder": mailbox.sort_order,
        "totalEmails": mailbox.total_emails,
        "unreadEmails": mailbox.unread_emails,
        "totalThreads": mailbox.total_threads,
        "unreadThreads": mailbox.unread_threads,
        "isSubscribed": mailbox.subscribed,
        "myRights": {
            "mayReadItems": true,
            "mayAddItems": sort,
            "mayRemoveItems": sort,
            "maySetSeen": sort,
            "maySetKeywords": sort,
            "mayCreateChild": sort,
            "mayRename": movable,
            "mayDelete": movable,
            "maySubmit": granted.require(Action::Send).is_ok(),
        },
    });
    if let Value::Object(members) = &mut object {
        types::keep(members, properties);
    }
    object
}

/// The mailboxes of an account.
///
/// # Errors
/// The store's.
pub async fn all(batch: &Batch, granted: &Granted) -> Result<Vec<Mailbox>, MethodError> {
    Ok(batch.state.store.mailboxes(granted.account()).await?)
}
