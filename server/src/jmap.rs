//! The mail API (RFC 8620, RFC 8621): from a request to its answers. Enter by [`handle`]; `METHODS` is the table of all
//! methods, each in its file. Nothing here decides about rights: a method asks for a [`Granted`] and its proofs.

pub mod email;
pub mod error;
pub mod identity;
pub mod mailbox;
pub mod patch;
pub mod pli;
pub mod reference;
pub mod request;
pub mod session;
pub mod snippet;
pub mod submission;
pub mod team;
pub mod thread;
pub mod types;

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use serde_json::{Map, Value};
use store::accounts::States;
use wire::{
    Problem,
    id::AccountId,
    jmap::{CORE, Invocation, MAIL, PLI, Request, Response, SUBMISSION, TEAM},
    portal::Action,
};

use self::error::{MethodError, SetError};
use self::types::{Answer, Object};
use crate::auth::{
    Caller,
    rights::{self, Granted, RightError},
};
use crate::state::State;

/// What runs a method: its arguments in, its answer out.
type Handler = for<'a> fn(&'a mut Batch, Object) -> BoxFuture<'a, Answer>;

/// A row of the table of methods.
pub struct Method {
    /// `Email/get`…
    pub name: &'static str,
    /// The capability that must be in `using`.
    pub capability: &'static str,
    /// One of these rights lets in; what each object needs is asked again by the method. Empty: no account.
    pub right: &'static [Action],
    handler: Handler,
}

macro_rules! methods {
    ($($name:literal $capability:ident [$($right:ident),*] $handler:path;)*) => {
        /// All methods that answer.
        pub const METHODS: &[Method] = &[$(Method {
            name: $name,
            capability: $capability,
            right: &[$(Action::$right),*],
            handler: |batch, arguments| Box::pin($handler(batch, arguments)),
        }),*];
    };
}

methods! {
    "Core/echo" CORE [] echo;
    "Mailbox/get" MAIL [Read] mailbox::get::get;
    "Mailbox/changes" MAIL [Read] mailbox::changes::changes;
    "Mailbox/query" MAIL [Read] mailbox::query::query;
    "Mailbox/queryChanges" MAIL [Read] mailbox::query::query_changes;
    "Mailbox/set" MAIL [Sort] mailbox::set::set;
    "Thread/get" MAIL [Read] thread::get;
    "Thread/changes" MAIL [Read] thread::changes;
    "Email/get" MAIL [Read] email::get::get;
    "Email/changes" MAIL [Read] email::changes::changes;
    "Email/query" MAIL [Read] email::query::query;
    "Email/queryChanges" MAIL [Read] email::query::query_changes;
    "Email/set" MAIL [Sort, Draft] email::set::set;
    "Email/copy" MAIL [Draft] email::copy::copy;
    "Email/import" MAIL [Draft] email::import::import;
    "Email/parse" MAIL [Read] email::parse::parse;
    "SearchSnippet/get" MAIL [Read] snippet::get;
    "Identity/get" SUBMISSION [Read] identity::get;
    "Identity/changes" SUBMISSION [Read] identity::changes;
    "Identity/set" SUBMISSION [Manage] identity::set;
    "EmailSubmission/get" SUBMISSION [Read] submission::get::get;
    "EmailSubmission/changes" SUBMISSION [Read] submission::get::changes;
    "EmailSubmission/query" SUBMISSION [Read] submission::query::query;
    "EmailSubmission/queryChanges" SUBMISSION [Read] submission::query::query_changes;
    "EmailSubmission/set" SUBMISSION [Send] submission::set::set;
    "Correspondent/query" PLI [Read] pli::correspondents;
    "Recipient/check" PLI [Read] pli::check;
    "PatientTemplate/query" PLI [Draft] pli::templates;
    "Receipt/answer" PLI [Send] pli::receipt_answer;
    "Search/get" PLI [Read] pli::search_get;
    "Email/printed" PLI [Read] pli::printed;
    "Search/set" PLI [Read] pli::search_set;
    "Member/get" TEAM [Read] team::members;
    "Work/get" TEAM [Read] team::get;
    "Work/changes" TEAM [Read] team::changes;
    "Work/set" TEAM [Sort] team::set;
    "Work/count" TEAM [Read] team::count;
    "Work/handOver" TEAM [Sort] team::hand_over;
    "Work/answering" TEAM [Draft] team::answering;
    "Note/get" TEAM [Read] team::note_get;
    "Note/changes" TEAM [Read] team::note_changes;
    "Note/set" TEAM [Sort] team::note_set;
}

/// All that a client may name in `using`.
pub const CAPABILITIES: [&str; 5] = [CORE, MAIL, SUBMISSION, PLI, TEAM];

/// Runs the calls of a request in order (RFC 8620 §3.3).
///
/// # Errors
/// `unknownCapability`, `limit`: then nothing was run.
pub async fn handle(state: &State, caller: &Caller, request: Request) -> Result<Response, Problem> {
    if let Some(unknown) = request.using.iter().find(|used| !CAPABILITIES.contains(&used.as_str())) {
        return Err(request::refusal("unknownCapability", 400, &format!("Unknown capability {unknown}")));
    }
    if request.method_calls.len() > request::MAX_CALLS {
        return Err(request::limit("maxCallsInRequest"));
    }
    let session_state =
        session::state(state, caller).await.map_err(|error| crate::error::Error::from(error).into_problem())?;
    let given = request.created_ids.is_some();
    let text = |(key, id): (String, Value)| id.as_str().map(|id| (key, id.to_owned()));
    let mut batch = Batch {
        state: state.clone(),
        caller: caller.clone(),
        using: request.using,
        created: request.created_ids.into_iter().flatten().filter_map(text).collect(),
        extra: Vec::new(),
        zone: None,
        admitted: None,
    };
    let mut responses = Vec::with_capacity(request.method_calls.len());
    for Invocation(name, arguments, id) in request.method_calls {
        match batch.run(&name, arguments, &responses).await {
            Ok(answer) => responses.push(Invocation(name, answer, id.clone())),
            Err(error) => responses.push(Invocation("error".into(), error.into_value(), id.clone())),
        }
        let more = std::mem::take(&mut batch.extra);
        responses.extend(more.into_iter().map(|(name, answer)| Invocation(name.into(), answer, id.clone())));
    }
    let created: Map<String, Value> = batch.created.into_iter().map(|(key, id)| (key, id.into())).collect();
    Ok(Response { method_responses: responses, created_ids: given.then_some(created), session_state })
}

/// What the calls of one request share.
pub struct Batch {
    /// The server.
    pub state: State,
    /// Who asks.
    pub caller: Caller,
    using: Vec<String>,
    /// Ids of what this request made, by creation id (RFC 8620 §3.3).
    created: BTreeMap<String, String>,
    /// Answers of implicit calls, after the one at hand (RFC 8621 §7.5).
    extra: Vec<(&'static str, Value)>,
    zone: Option<jiff::tz::TimeZone>,
    /// What the call at hand was admitted with.
    admitted: Option<(String, Granted)>,
}

impl Batch {
    async fn run(&mut self, name: &str, arguments: Value, responses: &[Invocation]) -> Answer {
        let method = METHODS.iter().find(|m| m.name == name && self.uses(m.capability));
        let method = method.ok_or_else(|| MethodError::new("unknownMethod"))?;
        let Value::Object(mut arguments) = arguments else {
            return Err(MethodError::arguments("the arguments are not an object"));
        };
        reference::resolve(&mut arguments, responses)?;
        self.admit(method, &arguments).await?;
        (method.handler)(self, arguments).await
    }

    /// The right that the table asks for, before anything else is looked at.
    async fn admit(&mut self, method: &Method, arguments: &Object) -> Result<(), MethodError> {
        self.admitted = None;
        let Some(account) = arguments.get("accountId").and_then(Value::as_str).filter(|_| !method.right.is_empty()) else {
            return Ok(());
        };
        let granted = self.granted(account).await?;
        if !method.right.iter().any(|action| granted.require(*action).is_ok()) {
            return Err(MethodError::new("accountReadOnly"));
        }
        self.admitted = Some((account.to_owned(), granted));
        Ok(())
    }

    /// Whether the request names this capability.
    pub fn uses(&self, capability: &str) -> bool {
        self.using.iter().any(|used| used == capability)
    }

    /// What the caller may do in an account.
    ///
    /// # Errors
    /// `accountNotFound`.
    pub async fn granted(&self, account: &str) -> Result<Granted, MethodError> {
        if let Some((_, granted)) = self.admitted.as_ref().filter(|(known, _)| known == account) {
            return Ok(granted.clone());
        }
        let id: AccountId = account.parse().map_err(|_| MethodError::new("accountNotFound"))?;
        rights::granted(&self.state, &self.caller, id).await.map_err(MethodError::from)
    }

    /// The counters behind the state strings of an account.
    ///
    /// # Errors
    /// The store's.
    pub async fn states(&self, account: AccountId) -> Result<States, MethodError> {
        Ok(self.state.store.states(account).await?)
    }

    /// The id in a reference: itself, or what `#creation` made (RFC 8620 §5.3).
    pub fn id(&self, text: &str) -> Option<String> {
        match text.strip_prefix('#') {
            Some(key) => self.created.get(key).cloned(),
            None => Some(text.to_owned()),
        }
    }

    /// Reads an id of a type out of a reference.
    pub fn parse_id<T: std::str::FromStr>(&self, text: &str) -> Option<T> {
        self.id(text)?.parse().ok()
    }

    /// Remembers what a creation id became.
    pub fn made(&mut self, key: &str, id: impl ToString) {
        self.created.insert(key.to_owned(), id.to_string());
    }

    /// Adds the answer of an implicit call.
    pub fn also(&mut self, name: &'static str, answer: Value) {
        self.extra.push((name, answer));
    }

    /// The name of the person's zone.
    ///
    /// # Errors
    /// The store's.
    pub async fn zone_name(&self) -> Result<String, MethodError> {
        Ok(self.state.store.preferences(self.caller.person).await?.zone)
    }

    /// Wall clock of the person's zone: `2026-11-22T09:05`.
    ///
    /// # Errors
    /// The store's.
    pub async fn local(&mut self, ms: i64) -> Result<String, MethodError> {
        if self.zone.is_none() {
            let name = self.state.store.preferences(self.caller.person).await?.zone;
            self.zone = Some(jiff::tz::TimeZone::get(&name).unwrap_or(jiff::tz::TimeZone::UTC));
        }
        let zone = self.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
        let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Ok(time.to_zoned(zone).strftime("%Y-%m-%dT%H:%M").to_string())
    }
}

impl From<RightError> for MethodError {
    fn from(error: RightError) -> Self {
        match error {
            RightError::NotFound => Self::new("accountNotFound"),
            RightError::ReadOnly => Self::new("accountReadOnly"),
            RightError::Store(error) => Self::from(error),
        }
    }
}

/// The right is lacking for one object of a `/set` only.
impl From<RightError> for SetError {
    fn from(error: RightError) -> Self {
        match error {
            RightError::Store(error) => Self::from(error),
            RightError::NotFound | RightError::ReadOnly => Self::new("forbidden"),
        }
    }
}

/// Core/echo (RFC 8620 §4).
async fn echo(_: &mut Batch, arguments: Object) -> Answer {
    Ok(Value::Object(arguments))
}
