//! Email/changes (RFC 8621 §4.3).

use serde_json::Value;
use store::changes::Type;
use wire::id::EmailId;

use crate::jmap::Batch;
use crate::jmap::mailbox::changes::changed;
use crate::jmap::types::{self, Answer, ChangesArgs, Object};

/// Which messages changed.
pub async fn changes(batch: &mut Batch, arguments: Object) -> Answer {
    let args: ChangesArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let (since, max) = (types::since(&args.since_state)?, types::max_changes(args.max_changes)?);
    let changes = batch.state.store.changes(granted.account(), Type::Email, since, max).await?;
    let changes = changed(changes, |id| EmailId(id).to_string());
    Ok(Value::Object(types::changes(&args.account_id, &args.since_state, changes)))
}
