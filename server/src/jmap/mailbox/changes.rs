//! Mailbox/changes (RFC 8621 §2.2).

use serde_json::{Value, json};
use store::changes::{Changes, Type};
use wire::id::MailboxId;

use crate::jmap::Batch;
use crate::jmap::types::{self, Answer, Changed, ChangesArgs, Object};

/// Properties that only counters change.
const COUNTERS: [&str; 4] = ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"];

/// Answers which folders changed; `updatedProperties` when it was only their counters.
pub async fn changes(batch: &mut Batch, arguments: Object) -> Answer {
    let args: ChangesArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let since = types::since(&args.since_state)?;
    let max = types::max_changes(args.max_changes)?;
    let changes = batch.state.store.changes(granted.account(), Type::Mailbox, since, max).await?;
    let only_counters = changes.counters_only && !changes.updated.is_empty();
    let mut answer = types::changes(&args.account_id, &args.since_state, changed(changes, |id| MailboxId(id).to_string()));
    answer.insert("updatedProperties".into(), if only_counters { json!(COUNTERS) } else { Value::Null });
    Ok(Value::Object(answer))
}

/// What the store found, as it stands on the wire.
pub fn changed(changes: Changes, id: impl Fn(i64) -> String) -> Changed {
    Changed {
        created: changes.created.into_iter().map(&id).collect(),
        updated: changes.updated.into_iter().map(&id).collect(),
        destroyed: changes.destroyed.into_iter().map(&id).collect(),
        new_state: changes.new_state,
        has_more: changes.has_more,
    }
}
