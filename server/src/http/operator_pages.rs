//! Pages of who works for the operator: the queue and trust. Domains, times, counts and names of certificates: never an
//! address, a subject or a content. Without WebAssembly; what is done in the queue is traced as by `pli queue`.

pub mod structures;

use app::{
    pages::exploitation::{AlarmLine, DatedLine, OperatorPage, QueueFilter, QueueLine, QueuePage, TrustPage},
    public::PublicPage,
};
use axum::{
    extract::{Query, State as AxumState},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use store::relay_jobs::QueueRow;

use super::{
    account_pages::{Said, personal},
    extract::{Form, Nonce},
    public::{self, Spoken},
};
use crate::{
    auth::Caller,
    clock,
    error::Error,
    relay::status::{self, Alarm, Dated, What},
    state::State,
};

/// Rows and domains of one page at most.
const MOST: u32 = 200;

/// Which rows are looked at, and what was just done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    domaine: String,
    etat: String,
    dit: Option<String>,
}

/// A button of a row.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Act {
    op: String,
    id: String,
    /// Dropping was confirmed.
    certain: String,
    domaine: String,
    etat: String,
}

/// What a filter may be: the name of a domain, the code of a state. Anything else is no filter.
fn filter(domain: &str, state: &str) -> QueueFilter {
    let is_name = domain.len() <= 253 && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let known = app::pages::exploitation::STATES.contains(&state);
    QueueFilter {
        domain: if is_name { domain.to_lowercase() } else { String::new() },
        state: if known { state.to_owned() } else { String::new() },
    }
}

fn line(row: QueueRow, now: i64, zone: &str) -> QueueLine {
    let state = row.state(now);
    QueueLine {
        id: row.id.to_string(),
        domain: row.domain,
        queued_local: clock::local_minutes(row.queued_at, zone),
        next_local: matches!(state, "queued" | "deferred").then(|| clock::local_minutes(row.due_at.max(now), zone)),
        attempts: u64::try_from(row.attempts).unwrap_or_default(),
        reason: row.reason,
        state,
    }
}

async fn show(
    state: &State,
    caller: &Caller,
    context: (Spoken, &Nonce),
    page: OperatorPage,
    said: Option<String>,
) -> Result<Response, Error> {
    show_as(false, state, caller, context, page, said).await
}

/// The same; `refused`: a form is shown again.
async fn show_as(
    refused: bool,
    state: &State,
    caller: &Caller,
    (spoken, nonce): (Spoken, &Nonce),
    page: OperatorPage,
    said: Option<String>,
) -> Result<Response, Error> {
    let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut context = personal(state, caller, spoken, nonce, Said::default()).await?;
    context.said = said;
    Ok(public::page(status, PublicPage::Operator(Box::new(page)), context))
}

/// `GET /admin/file`: what waits for other operators.
///
/// # Errors
/// The store's.
pub async fn queue(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let (store, now) = (&state.store, state.clock.now_ms());
    let zone = store.preferences(caller.person).await?.zone;
    let filter = filter(&asked.domaine, &asked.etat);
    let figures = store.queue_figures().await?;
    let rows = store.queue_search(&filter.domain, &filter.state, MOST).await?;
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    let page = QueuePage {
        waiting: count(figures.waiting),
        tried: count(figures.tried),
        held: count(figures.held),
        domains: store.queue_domains(MOST).await?.into_iter().map(|(domain, n)| (domain, count(n))).collect(),
        more: rows.len() >= MOST as usize,
        rows: rows.into_iter().map(|row| line(row, now, &zone)).collect(),
        filter,
    };
    show(&state, &caller, (spoken, &nonce), OperatorPage::Queue(page), asked.dit).await
}

/// `POST /admin/file`: does what a button of a row says; dropping asks first.
///
/// # Errors
/// An act that is none, or the store's.
pub async fn act(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<Act>,
) -> Result<Response, Error> {
    let filter = filter(&form.domaine, &form.etat);
    let id: i64 = form.id.parse().map_err(|_| Error::BadRequest("bad-form"))?;
    let (store, actor) = (&state.store, caller.actor());
    let (outcome, said) = match form.op.as_str() {
        "retry" => (store.queue_retry(actor, id).await, "queue-retry"),
        "hold" => (store.queue_hold(actor, id, true).await, "queue-hold"),
        "release" => (store.queue_hold(actor, id, false).await, "queue-release"),
        "drop" if !form.certain.is_empty() => (store.queue_drop(actor, id).await, "queue-drop"),
        "drop" => match store.queue_find(id).await {
            Ok(row) => {
                let zone = store.preferences(caller.person).await?.zone;
                let page = OperatorPage::Drop { line: line(row, state.clock.now_ms(), &zone), filter };
                return show(&state, &caller, (spoken, &nonce), page, None).await;
            }
            Err(error) => (Err(error), ""),
        },
        _ => return Err(Error::BadRequest("bad-form")),
    };
    let said = match outcome {
        Ok(()) => said,
        // It went, or was dropped, since the page was drawn.
        Err(error) if error.is_not_found() => "queue-gone",
        Err(error) => return Err(error.into()),
    };
    Ok(Redirect::to(&filter.path(Some(said))).into_response())
}

fn dated(dated: Dated, now: i64, zone: &str) -> DatedLine {
    DatedLine {
        what: match dated.what {
            What::OwnCertificate => "own",
            What::SignerCertificate => "signer",
            What::AuthorityCertificate => "authority",
            What::RevocationList => "crl",
        },
        name: dated.name,
        until_local: clock::local_minutes(dated.until, zone),
        days: status::days(dated.until, now),
    }
}

/// `GET /admin/confiance`: how it stands with trust, as `pli trust status` says it.
///
/// # Errors
/// The store's.
pub async fn trust(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let zone = state.store.preferences(caller.person).await?.zone;
    let now = state.clock.now_ms();
    let page = state.relay.as_ref().map(|relay| {
        let status = status::read(relay, &state.config, now);
        let alarm = |alarm: Alarm| match alarm {
            Alarm::NoList => AlarmLine::NoList,
            Alarm::Late(hours) => AlarmLine::Late(hours),
            Alarm::Ends(one, _) => AlarmLine::Ends(dated(one, now, &zone)),
            Alarm::Stale(name) => AlarmLine::Stale(name),
            Alarm::Failing(source) => AlarmLine::Failing(source),
        };
        TrustPage {
            alarms: status.alarms().into_iter().map(alarm).collect(),
            hostname: status.hostname,
            domains: status.domains.map(|n| n as u64),
            generated_local: status.generated_at.map(|at| clock::local_minutes(at, &zone)),
            age_minutes: status.age_ms.map(|age| u64::try_from(age / 60_000).unwrap_or_default()),
            last_failure: status.last_failure,
            certificates: status.certificates.into_iter().map(|one| dated(one, now, &zone)).collect(),
            crls: status.crls.into_iter().map(|one| dated(one, now, &zone)).collect(),
            warn_days: status.warn_days,
        }
    });
    show(&state, &caller, (spoken, &nonce), OperatorPage::Trust(page), None).await
}
