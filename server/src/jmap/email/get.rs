//! Email/get (RFC 8621 §4.2) with the properties of our extension.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use store::emails::{EmailRow, Summary};
use store::query::{Filter, Query, Sort, SortBy, Window};
use store::submissions::Submission;
use wire::{
    id::{AccountId, EmailId, ThreadId},
    jmap::{PLI, TEAM},
    mail::{Card, Conversation},
    patient::Exchange,
    team::Work,
};

use super::body::{Bodies, BodyArgs};
use super::{header, properties};
use crate::jmap::Batch;
use crate::jmap::error::MethodError;
use crate::jmap::types::{self, Answer, GetArgs, Object};
use crate::service::content::Content;
use crate::service::structure::Structure;
use crate::service::{cards, conversations, patients, reading, receipts, team};

/// Takes the arguments on bodies out of the others.
///
/// # Errors
/// `invalidArguments`.
pub fn split_body_args(arguments: &mut Object) -> Result<BodyArgs, MethodError> {
    let mut body = Object::new();
    for name in BodyArgs::NAMES {
        if let Some(value) = arguments.remove(name).filter(|value| !value.is_null()) {
            body.insert(name.into(), value);
        }
    }
    types::arguments(body)
}

/// Answers the messages asked for.
pub async fn get(batch: &mut Batch, mut arguments: Object) -> Answer {
    let body = split_body_args(&mut arguments)?;
    let args: GetArgs = types::arguments(arguments)?;
    let granted = batch.granted(&args.account_id).await?;
    let account = granted.account();
    let extended = batch.uses(PLI);
    let team = batch.uses(TEAM);
    let known = |name: &str| properties::is_known(name, extended) || (team && properties::TEAM_EXTENSION.contains(&name));
    let wanted = types::select(args.properties, properties::DEFAULT, known)?;
    let body_properties = body.properties()?;
    let state = batch.states(account).await?.email;
    let (mut ids, mut not_found) = (Vec::new(), Vec::new());
    match &args.ids {
        Some(texts) => {
            for text in types::distinct(texts)? {
                match batch.parse_id::<EmailId>(text) {
                    Some(id) => ids.push((id, text.to_owned())),
                    None => not_found.push(text.to_owned()),
                }
            }
        }
        None => ids = every(batch, account).await?,
    }
    let zone = batch.zone_name().await?;
    let loaded = Loaded::read(batch, account, &zone, &ids.iter().map(|(id, _)| *id).collect::<Vec<_>>(), &wanted).await?;
    let mut list = Vec::with_capacity(ids.len());
    for (id, text) in ids {
        match loaded.rows.get(&id) {
            Some(row) => list.push(one(batch, account, row, &loaded, &wanted, (&body, &body_properties)).await?),
            None => not_found.push(text),
        }
    }
    reading::note(&batch.state, &batch.caller, account, &loaded.opened()).await?;
    Ok(types::got(&args.account_id, state, list, not_found))
}

/// `ids: null`: all, if they are not too many (RFC 8620 §5.1).
async fn every(batch: &Batch, account: AccountId) -> Result<Vec<(EmailId, String)>, MethodError> {
    let query = Query {
        filter: Filter::All,
        sort: Sort { by: SortBy::ReceivedAt, ascending: false },
        collapse_threads: false,
        window: Window::Position(0),
        limit: types::MAX_GET as u32,
        calculate_total: true,
    };
    let found = batch.state.store.email_query(account, &query).await?;
    if found.total.is_some_and(|total| total > types::MAX_GET as u64) {
        return Err(MethodError::new("requestTooLarge"));
    }
    Ok(found.ids.into_iter().map(|id| (id, id.to_string())).collect())
}

/// All that the properties asked for need, read at once for all messages.
struct Loaded {
    needs: properties::Needs,
    rows: HashMap<EmailId, EmailRow>,
    summaries: HashMap<EmailId, Summary>,
    structures: HashMap<EmailId, Structure>,
    conversations: HashMap<ThreadId, Conversation>,
    works: HashMap<ThreadId, Work>,
    exchanges: HashMap<ThreadId, Exchange>,
    cards: HashMap<String, Card>,
    /// The newest submission of each message that has one.
    submissions: HashMap<EmailId, Submission>,
}

impl Loaded {
    async fn read(
        batch: &Batch,
        account: AccountId,
        zone: &str,
        ids: &[EmailId],
        wanted: &[String],
    ) -> Result<Self, MethodError> {
        let store = &batch.state.store;
        let asked = |name: &str| wanted.iter().any(|w| w == name);
        let needs = properties::needs(wanted);
        let rows: HashMap<EmailId, EmailRow> =
            store.emails(account, ids).await?.into_iter().map(|row| (row.id, row)).collect();
        let found: Vec<EmailId> = ids.iter().copied().filter(|id| rows.contains_key(id)).collect();
        let mut loaded = Self {
            needs,
            rows,
            summaries: HashMap::new(),
            structures: HashMap::new(),
            conversations: HashMap::new(),
            works: HashMap::new(),
            exchanges: HashMap::new(),
            cards: HashMap::new(),
            submissions: HashMap::new(),
        };
        if needs.summary {
            loaded.summaries = store.summaries(account, &found).await?.into_iter().collect();
        }
        if needs.structure {
            let read = store.structures(account, &found).await?;
            loaded.structures = read.into_iter().map(|(id, bytes)| (id, Structure::from_bytes(&bytes))).collect();
        }
        if asked("conversation") || asked("work") || asked("patient") {
            let mut threads: Vec<ThreadId> = loaded.rows.values().map(|row| row.thread).collect();
            threads.sort_unstable();
            threads.dedup();
            if asked("conversation") {
                loaded.conversations = conversations::of(store, account, &threads).await?;
            }
            if asked("work") {
                loaded.works = team::of(store, account, batch.caller.person, &threads).await?;
            }
            if asked("patient") {
                loaded.exchanges = patients::of(&batch.state, account, zone, &threads).await?;
            }
        }
        if asked("card") {
            let senders = loaded.summaries.values().filter_map(|summary| summary.from.first());
            loaded.cards = cards::of(&batch.state, senders).await?;
        }
        if asked("pending") || asked("delivery") {
            for submission in store.submissions_of(account, &found).await? {
                loaded.submissions.entry(submission.email).or_insert(submission);
            }
        }
        Ok(loaded)
    }

    /// The messages of which more than the line of a list is answered: to be traced as read.
    fn opened(&self) -> Vec<EmailId> {
        if self.needs.structure { self.rows.keys().copied().collect() } else { Vec::new() }
    }
}

async fn one(
    batch: &mut Batch,
    account: AccountId,
    row: &EmailRow,
    loaded: &Loaded,
    wanted: &[String],
    body: (&BodyArgs, &[String]),
) -> Result<Value, MethodError> {
    let asked = |name: &str| wanted.iter().any(|w| w == name);
    let mut object = Map::new();
    properties::row(row, &mut object);
    if let Some(summary) = loaded.summaries.get(&row.id) {
        properties::summary(summary, &mut object);
        let card = summary.from.first().and_then(|from| loaded.cards.get(&cards::key(from)));
        object.insert("card".into(), json!(card));
    }
    if asked("receivedLocal") {
        object.insert("receivedLocal".into(), batch.local(row.received_at).await?.into());
    }
    if asked("conversation") {
        object.insert("conversation".into(), json!(loaded.conversations.get(&row.thread)));
    }
    if asked("work") {
        object.insert("work".into(), json!(loaded.works.get(&row.thread)));
    }
    if asked("patient") {
        object.insert("patient".into(), json!(loaded.exchanges.get(&row.thread)));
    }
    let submission = loaded.submissions.get(&row.id);
    if asked("pending") {
        let now = batch.state.clock.now_ms();
        object.insert("pending".into(), json!(submission.and_then(|one| reading::still_pending(one, now))));
    }
    if asked("delivery") {
        let zone = batch.zone_name().await?;
        let structure = loaded.structures.get(&row.id);
        let delivery = submission.map(|one| reading::delivery(one, structure, &zone)).unwrap_or_default();
        object.insert("delivery".into(), json!(delivery));
    }
    if let Some(structure) = loaded.structures.get(&row.id) {
        let content = Content::stored(&batch.state.store, account, row.blob);
        properties::structure(structure, &mut object);
        if asked("remoteRemoved") {
            let removed = reading::remote_removed(structure, &content).await?;
            object.insert("remoteRemoved".into(), removed.into());
        }
        if asked("receiptTo") {
            let asked = receipts::asked(&batch.state, account, row, structure).await?;
            object.insert("receiptTo".into(), json!(asked));
        }
        fill(&mut object, structure, &content, wanted, body).await?;
    }
    types::keep(&mut object, wanted);
    Ok(Value::Object(object))
}

/// Header fields and bodies: what Email/get and Email/parse share.
///
/// # Errors
/// The store's.
pub async fn fill(
    object: &mut Map<String, Value>,
    structure: &Structure,
    content: &Content,
    wanted: &[String],
    (args, body_properties): (&BodyArgs, &[String]),
) -> Result<(), MethodError> {
    if wanted.iter().any(|name| name == "headers" || name.starts_with("header:")) {
        let end = structure.parts.get(structure.root).map_or(0, |root| root.offsets.1);
        let bytes = content.range(0..end).await?;
        let headers = mail::parse::parse(&bytes, &mail::limits::Limits::default()).headers;
        for name in wanted {
            if name == "headers" {
                let all = headers.iter().map(|h| json!({"name": h.name, "value": h.raw_value})).collect();
                object.insert(name.clone(), all);
            } else if let Some(property) = header::property(name) {
                object.insert(name.clone(), header::value(&property, &headers));
            }
        }
    }
    let bodies = Bodies { structure, content, properties: body_properties };
    for name in wanted {
        let value = match name.as_str() {
            "bodyStructure" => bodies.tree().await?,
            "textBody" => bodies.list(&structure.text).await?,
            "htmlBody" => bodies.list(&structure.html).await?,
            "attachments" => bodies.list(&structure.attachments).await?,
            "bodyValues" => bodies.values(args).await?,
            _ => continue,
        };
        object.insert(name.clone(), value);
    }
    Ok(())
}
