//! Changes to messages: marks and places, with what is needed to take them back.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use wire::{
    Problem,
    id::{AccountId, EmailId, MailboxId, ThreadId},
    jmap::{Request, result_of},
    mail::{Created, GetAnswer, SetAnswer, SetError},
    pairs::Pairs,
};

use super::{Api, get_arguments};

/// Marks and places of one message.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    pub id: EmailId,
    pub thread_id: ThreadId,
    pub mailbox_ids: Pairs<MailboxId, bool>,
    pub keywords: Pairs<String, bool>,
}

/// Properties of [`Place`].
pub(super) const PLACE_PROPERTIES: &[&str] = &["id", "threadId", "mailboxIds", "keywords"];

/// A patch of one message (RFC 8620 §5.3) and the one that undoes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    pub email: EmailId,
    pub forward: Map<String, Value>,
    pub backward: Map<String, Value>,
}

impl Api {
    /// Marks and places of every message of some conversations.
    pub async fn places(&self, account: AccountId, threads: &[ThreadId]) -> Result<Vec<Place>, Problem> {
        let ids = result_of(0, "Thread/get", "/list/*/emailIds");
        let request = Request::new()
            .call("Thread/get", json!({"accountId": account, "ids": threads}))
            .call("Email/get", get_arguments(&account.to_string(), ids, PLACE_PROPERTIES));
        Ok(self.jmap(request).await?.answer::<GetAnswer<Place>>(1)?.list)
    }

    /// Marks and places of some messages.
    pub async fn places_of(&self, account: AccountId, emails: &[EmailId]) -> Result<Vec<Place>, Problem> {
        let get = get_arguments(&account.to_string(), json!(emails), PLACE_PROPERTIES);
        Ok(self.jmap(Request::new().call("Email/get", get)).await?.answer::<GetAnswer<Place>>(0)?.list)
    }

    /// Applies patches (RFC 8621 §4.6). Fails when one is refused.
    pub async fn patch(&self, account: AccountId, patches: &[(EmailId, Map<String, Value>)]) -> Result<(), Problem> {
        let update: Map<String, Value> =
            patches.iter().map(|(email, patch)| (email.to_string(), Value::Object(patch.clone()))).collect();
        let set = json!({"accountId": account, "update": update});
        accepted(&self.jmap(Request::new().call("Email/set", set)).await?.answer(0)?)
    }

    /// Destroys messages for good.
    pub async fn destroy(&self, account: AccountId, emails: &[EmailId]) -> Result<(), Problem> {
        let set = json!({"accountId": account, "destroy": emails});
        accepted(&self.jmap(Request::new().call("Email/set", set)).await?.answer(0)?)
    }
}

/// The patch that sets or clears a keyword; none when the message is so already.
pub fn keyword_patch(place: &Place, keyword: &str, on: bool) -> Option<Patch> {
    if place.keywords.contains_key(keyword) == on {
        return None;
    }
    let path = format!("keywords/{keyword}");
    let value = |set: bool| if set { json!(true) } else { Value::Null };
    Some(Patch {
        email: place.id,
        forward: Map::from_iter([(path.clone(), value(on))]),
        backward: Map::from_iter([(path, value(!on))]),
    })
}

/// The patch that moves a message from `from` (or from everywhere) to `to`; none when it is not there or moves nowhere.
pub fn move_patch(place: &Place, from: Option<MailboxId>, to: MailboxId) -> Option<Patch> {
    let leaving: Vec<MailboxId> =
        place.mailbox_ids.keys().copied().filter(|id| *id != to && from.is_none_or(|from| from == *id)).collect();
    if leaving.is_empty() {
        return None;
    }
    let path = |id: MailboxId| format!("mailboxIds/{id}");
    let mut forward: Map<String, Value> = leaving.iter().map(|id| (path(*id), Value::Null)).collect();
    let mut backward: Map<String, Value> = leaving.iter().map(|id| (path(*id), json!(true))).collect();
    if !place.mailbox_ids.contains_key(&to) {
        forward.insert(path(to), json!(true));
        backward.insert(path(to), Value::Null);
    }
    Some(Patch { email: place.id, forward, backward })
}

/// What was created under the creation id `key`, or its refusal as a problem.
pub(super) fn created(mut answer: SetAnswer, key: &str) -> Result<Created, Problem> {
    if let Some(made) = answer.created.as_mut().and_then(|created| created.remove(key)) {
        return Ok(made);
    }
    Err(answer.not_created.as_mut().and_then(|refused| refused.remove(key)).map_or_else(missing, refusal))
}

/// Fails with the first refusal of a set.
pub(super) fn accepted(answer: &SetAnswer) -> Result<(), Problem> {
    let sets = [&answer.not_created, &answer.not_updated, &answer.not_destroyed];
    let refused = sets.into_iter().flatten().flat_map(|map| map.values()).next();
    refused.map_or(Ok(()), |error| Err(refusal(error.clone())))
}

fn missing() -> Problem {
    Problem::new("missing-answer", 502, "No answer")
}

/// A SetError (RFC 8620 §5.3) as a problem with one field error per property or recipient refused.
pub(super) fn refusal(error: SetError) -> Problem {
    let mut problem = Problem::new(&error.kind, 400, error.description.unwrap_or_else(|| error.kind.clone()));
    let field = |code: &str, field: String| wire::FieldError { field, code: code.into(), params: Vec::new() };
    problem.errors.extend(error.properties.into_iter().flatten().map(|name| field(&error.kind, name)));
    problem.errors.extend(error.invalid_recipients.into_iter().flatten().map(|address| field("recipient", address)));
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            id: EmailId(1),
            thread_id: ThreadId(1),
            mailbox_ids: Pairs::from([(MailboxId(1), true), (MailboxId(2), true)]),
            keywords: Pairs::from([("$seen".into(), true)]),
        }
    }

    #[test]
    fn a_keyword_is_patched_only_when_it_changes() {
        assert_eq!(keyword_patch(&place(), "$seen", true), None);
        let patch = keyword_patch(&place(), "$seen", false).map(|patch| (patch.forward, patch.backward));
        let path = |value| Map::from_iter([("keywords/$seen".to_string(), value)]);
        assert_eq!(patch, Some((path(Value::Null), path(json!(true)))));
    }

    #[test]
    fn a_move_undone_gives_back_every_place() {
        let patch = move_patch(&place(), Some(MailboxId(1)), MailboxId(3)).map(|patch| (patch.forward, patch.backward));
        let one = format!("mailboxIds/{}", MailboxId(1));
        let three = format!("mailboxIds/{}", MailboxId(3));
        let forward = Map::from_iter([(one.clone(), Value::Null), (three.clone(), json!(true))]);
        let backward = Map::from_iter([(one, json!(true)), (three, Value::Null)]);
        assert_eq!(patch, Some((forward, backward)));
        assert_eq!(move_patch(&place(), Some(MailboxId(4)), MailboxId(3)), None);
    }
}
