//! Methods of our extension `urn:pli:mail`: correspondents, recipients, templates, saved searches, what is printed.

use serde::Deserialize;
use serde_json::json;
use wire::id::{EmailId, SearchId};
use wire::mail::{Correspondent, Recipient};

use super::Batch;
use super::error::{MethodError, SetError};
use super::types::{self, Answer, GetArgs, Object, SetAnswer, SetArgs};
use crate::auth::rights::{Draft, Send};
use crate::service::{cards, patients, reading, receipts, recipients, search};

/// Answers of one completion.
const MAX_COMPLETIONS: usize = 20;
/// Addresses of one check.
const MAX_ADDRESSES: usize = 300;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Completion {
    account_id: String,
    text: String,
    #[serde(default)]
    limit: Option<usize>,
}

/// Correspondent/query: patients and others that this BAL wrote with, then holders of this server.
pub async fn correspondents(batch: &mut Batch, arguments: Object) -> Answer {
    let args: Completion = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let limit = args.limit.unwrap_or(8).min(MAX_COMPLETIONS);
    let text = args.text.chars().take(100).collect::<String>();
    let store = &batch.state.store;
    let own = store.account(granted.account()).await?.address;
    let mut list: Vec<Correspondent> = Vec::new();
    // Those patients that this BAL writes with, by name alone: nobody is looked for by their INS.
    for (name, email) in patients::named(&batch.state, granted.account(), &text, limit).await? {
        list.push(Correspondent { name: Some(name), email, card: None });
    }
    for known in store.correspondents(granted.account(), &text, limit).await? {
        list.push(Correspondent { name: known.name, email: known.email, card: None });
    }
    if list.len() < limit {
        for card in store.directory_search(&text, limit).await? {
            list.push(Correspondent { name: Some(card.name), email: card.address, card: None });
        }
    }
    let mut seen = std::collections::HashSet::new();
    list.retain(|one| seen.insert(one.email.to_lowercase()) && !one.email.eq_ignore_ascii_case(&own));
    list.truncate(limit);
    for one in &mut list {
        one.card = Some(cards::card(&batch.state, one.name.as_deref(), &one.email).await?);
    }
    Ok(json!({"accountId": args.account_id, "list": list}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Check {
    account_id: String,
    addresses: Vec<String>,
}

/// Recipient/check: what would become of mail to each address.
pub async fn check(batch: &mut Batch, arguments: Object) -> Answer {
    let args: Check = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    if args.addresses.len() > MAX_ADDRESSES {
        return Err(MethodError::new("requestTooLarge"));
    }
    let list: Vec<Recipient> = recipients::check(&batch.state, granted.account(), &args.addresses).await?;
    Ok(json!({"accountId": args.account_id, "list": list}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ForPatient {
    account_id: String,
    email: String,
}

/// PatientTemplate/query: the templates to write to a patient with, their fields filled in; none for who is not known.
pub async fn templates(batch: &mut Batch, arguments: Object) -> Answer {
    let args: ForPatient = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    granted.acting::<Draft>()?;
    let (person, account) = (batch.caller.person, granted.account());
    let list = patients::templates::for_patient(&batch.state, account, person, &args.email).await?;
    Ok(json!({"accountId": args.account_id, "list": list}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Printed {
    account_id: String,
    email_ids: Vec<String>,
}

/// Email/printed: a page says that it prints messages, which is traced.
pub async fn printed(batch: &mut Batch, arguments: Object) -> Answer {
    let args: Printed = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let ids: Vec<EmailId> = types::distinct(&args.email_ids)?.into_iter().filter_map(|text| batch.parse_id(text)).collect();
    reading::printed(&batch.state, &batch.caller, granted.account(), &ids).await?;
    Ok(json!({"accountId": args.account_id}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReceiptAnswer {
    account_id: String,
    email_id: String,
    send: bool,
}

/// Receipt/answer: sends the receipt of reading that a message asks for, or declines it. `done` is false when that was
/// done before, or none is due.
pub async fn receipt_answer(batch: &mut Batch, arguments: Object) -> Answer {
    let args: ReceiptAnswer = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let acting = granted.acting::<Send>()?;
    let email = batch.parse_id(&args.email_id).ok_or_else(|| MethodError::arguments("emailId is no id"))?;
    let done = match receipts::answer(&batch.state, &acting, email, args.send).await {
        Err(error) if error.is_not_found() => return Err(MethodError::arguments("no such message")),
        other => other?,
    };
    Ok(json!({"accountId": args.account_id, "done": done}))
}

/// Search/get: words and field of saved searches, and the filter that they stand for.
pub async fn search_get(batch: &mut Batch, arguments: Object) -> Answer {
    let args: GetArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let texts = args.ids.ok_or_else(|| MethodError::arguments("ids is needed"))?;
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    for text in types::distinct(&texts)? {
        let found = match batch.parse_id::<SearchId>(text) {
            Some(id) => batch.state.store.search(granted.account(), id).await,
            None => Err(store::Error::NotFound),
        };
        match found {
            Ok(saved) => list.push(json!({
                "id": saved.id, "words": saved.words, "field": saved.field, "filter": search::filter(&saved),
            })),
            Err(error) if error.is_not_found() => not_found.push(text.to_owned()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(types::got(&args.account_id, 0, list, not_found))
}

/// Search/set: only creation; the same words keep their id.
pub async fn search_set(batch: &mut Batch, arguments: Object) -> Answer {
    let args: SetArgs = types::arguments(arguments)?;
    args.check_size()?;
    let granted = batch.granted(&args.account_id).await?;
    let mut answer = SetAnswer::default();
    for (key, value) in args.create.unwrap_or_default() {
        let words = value["words"].as_str().unwrap_or_default().to_owned();
        let field = value["field"].as_str().unwrap_or("text").to_owned();
        let saved = search::save(&batch.state, &batch.caller, granted.account(), &words, &field).await?;
        if let Some(id) = saved {
            batch.made(&key, id);
        }
        answer.created(key, saved.map(|id| json!({"id": id})).ok_or_else(|| SetError::properties(["words"])));
    }
    for text in args.update.unwrap_or_default().keys() {
        answer.updated(text.clone(), Err(SetError::new("forbidden")));
    }
    for text in args.destroy.unwrap_or_default() {
        answer.destroyed(text, Err(SetError::new("forbidden")));
    }
    answer.finish(&args.account_id, 0, 0)
}
