//! The session object (RFC 8620 §2): one account per BAL that the person may open.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use wire::{
    id::AccountId,
    jmap::{CORE, MAIL, PLI, SUBMISSION, TEAM},
    limits,
    portal::Action,
};

use super::{request, types};
use crate::auth::{Caller, rights};
use crate::error::Error;
use crate::http::jmap::MAX_CONCURRENT_UPLOAD;
use crate::state::State;

/// How long a message may wait before it is sent, in seconds (FUTURERELEASE, RFC 4865).
pub const MAX_DELAY: u64 = 30 * 24 * 3600;
/// Folders inside one another.
pub const MAX_DEPTH: usize = 10;

/// `sessionState`: a hash of who the person is and what may be done where.
///
/// # Errors
/// The store's.
pub async fn state(state: &State, caller: &Caller) -> Result<String, store::Error> {
    Ok(hash(caller, &rights::accounts(state, caller).await?))
}

fn hash(caller: &Caller, grants: &[(AccountId, Vec<Action>)]) -> String {
    let mut text = format!("{}", caller.person);
    for (account, actions) in grants {
        let mut codes: Vec<&str> = actions.iter().map(|action| action.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        text.push_str(&format!(";{account}:{}", codes.join(",")));
    }
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The whole session object.
///
/// # Errors
/// The store's.
pub async fn object(state: &State, caller: &Caller) -> Result<Value, Error> {
    let (grants, owned) = (rights::accounts(state, caller).await?, rights::own(state, caller).await?);
    let mut accounts = Map::new();
    let mut primary: Option<(bool, AccountId)> = None;
    for (id, actions) in &grants {
        let account = state.store.account(*id).await?;
        let own = owned.contains(id);
        if primary.is_none_or(|(is_own, _)| own && !is_own) {
            primary = Some((own, *id));
        }
        accounts.insert(
            id.to_string(),
            json!({
                "name": account.address,
                "isPersonal": own,
                "isReadOnly": actions.iter().all(|action| *action == Action::Read),
                "accountCapabilities": account_capabilities(state, actions),
            }),
        );
    }
    let primary_accounts: Map<String, Value> = primary
        .into_iter()
        .flat_map(|(_, id)| [MAIL, SUBMISSION, PLI, TEAM].map(|capability| (capability.to_owned(), id.to_string().into())))
        .collect();
    let base = state.config.web.public_url.trim_end_matches('/');
    Ok(json!({
        "capabilities": capabilities(state),
        "accounts": accounts,
        "primaryAccounts": primary_accounts,
        "username": state.store.person(caller.person).await?.name,
        "apiUrl": format!("{base}/jmap"),
        "downloadUrl": format!("{base}/jmap/download/{{accountId}}/{{blobId}}/{{name}}?accept={{type}}"),
        "uploadUrl": format!("{base}/jmap/upload/{{accountId}}"),
        "eventSourceUrl": format!("{base}/jmap/events?types={{types}}&closeafter={{closeafter}}&ping={{ping}}"),
        "state": hash(caller, &grants),
    }))
}

fn capabilities(state: &State) -> Value {
    json!({
        CORE: {
            "maxSizeUpload": state.config.limits.upload_octets,
            "maxConcurrentUpload": MAX_CONCURRENT_UPLOAD,
            "maxSizeRequest": request::MAX_SIZE,
            "maxConcurrentRequests": request::MAX_CONCURRENT,
            "maxCallsInRequest": request::MAX_CALLS,
            "maxObjectsInGet": types::MAX_GET,
            "maxObjectsInSet": types::MAX_SET,
            "collationAlgorithms": ["i;unicode-casemap"],
        },
        MAIL: {},
        SUBMISSION: {},
        PLI: {},
        TEAM: {},
    })
}

fn account_capabilities(state: &State, actions: &[Action]) -> Value {
    json!({
        MAIL: {
            "maxMailboxesPerEmail": null,
            "maxMailboxDepth": MAX_DEPTH,
            "maxSizeMailboxName": limits::MAILBOX_NAME_CHARS * 4,
            "maxSizeAttachmentsPerEmail": state.config.limits.upload_octets,
            "emailQuerySortOptions": super::email::sorting::SORTS,
            "mayCreateTopLevelMailbox": actions.contains(&Action::Sort),
        },
        SUBMISSION: {
            "maxDelayedSend": MAX_DELAY,
            "submissionExtensions": {"FUTURERELEASE": [MAX_DELAY.to_string()]},
        },
        PLI: {"undoSeconds": limits::UNDO_SECONDS},
        TEAM: {
            "mayAssign": actions.contains(&Action::Sort),
            "maxNoteChars": limits::NOTE_CHARS,
            "answeringSeconds": limits::ANSWERING_SECONDS,
        },
    })
}
