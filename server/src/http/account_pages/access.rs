//! The access log of a BAL, for whoever holds or runs it: who opened, moved, deleted, sent, exported or printed what kind
//! of thing, and when. Read from the traces; taking it away leaves a trace itself.

use std::collections::HashMap;

use app::{
    i18n::Lang,
    pages::compte::{
        acces::{self, AccessLine, AccessLog, Asking},
        account::AccountPage,
    },
};
use axum::{
    body::Body,
    extract::{Query, State as AxumState},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use futures::{Stream, stream};
use serde::Deserialize;
use serde_json::json;
use store::{
    Chain, Trace,
    access_log::{Access, Category, LogFilter},
};
use wire::{
    id::{AccountId, PersonId},
    portal::Action,
};

use super::{Asked, Said};
use crate::{
    auth::{
        Caller,
        rights::{self, Acting, Manage},
    },
    clock,
    error::Error,
    http::{extract::Nonce, public::Spoken},
    state::State,
};

/// Lines of a page, and of one piece of the file.
const LINES: u32 = 100;
const PIECE: u32 = 500;
const DAY_MS: i64 = 86_400_000;

/// What the log is narrowed to, as the form asks.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LogQuery {
    qui: String,
    genre: String,
    du: String,
    au: String,
    avant: String,
}

impl LogQuery {
    /// As the store reads it; none when something in it cannot be read.
    fn filter(&self, zone: &str) -> Option<LogFilter> {
        let mut filter = LogFilter::default();
        if !self.qui.is_empty() {
            filter.person = Some(self.qui.parse().ok()?);
        }
        if !self.genre.is_empty() {
            filter.category = Some(Category::from_code(&self.genre)?);
        }
        if !self.du.is_empty() {
            filter.from = clock::begins(&self.du, zone)?;
        }
        if !self.au.is_empty() {
            // The whole day: noon of the next one lies in it, whatever the clocks do that night.
            let next = clock::begins(&self.au, zone)?.checked_add(DAY_MS + DAY_MS / 2)?;
            filter.to = clock::begins(clock::local_minutes(next, zone).get(..10)?, zone)?;
        }
        if !self.avant.is_empty() {
            filter.before = Some(self.avant.parse().ok()?);
        }
        Some(filter)
    }

    /// What stays the same from page to page, as a query.
    fn kept(&self) -> String {
        let pairs = [("qui", &self.qui), ("genre", &self.genre), ("du", &self.du), ("au", &self.au)];
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty() && plain(value));
        pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }
}

/// The BALs whose log one may read: id and address.
async fn boxes(state: &State, caller: &Caller) -> Result<Vec<(String, String)>, Error> {
    let mut list = Vec::new();
    for (id, may) in rights::accounts(state, caller).await? {
        if may.contains(&Action::Manage) {
            list.push((id.to_string(), state.store.account(id).await?.address));
        }
    }
    Ok(list)
}

/// `GET /compte/acces`: to the log of the only BAL that one runs, else the choice.
pub async fn start(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let boxes = boxes(&state, &caller).await?;
    if let [(only, _)] = boxes.as_slice() {
        return Ok(Redirect::to(&format!("/compte/acces/{only}")).into_response());
    }
    let log = AccessLog { boxes, ..AccessLog::default() };
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    asked.page(StatusCode::OK, AccountPage::Access(Box::new(log)), Said::default()).await
}

/// `GET /compte/acces/{account}`.
pub async fn page(
    AxumState(state): AxumState<State>,
    acting: Acting<Manage>,
    spoken: Spoken,
    nonce: Nonce,
    Query(query): Query<LogQuery>,
) -> Result<Response, Error> {
    let (account, caller) = (acting.account(), acting.caller());
    let asked = Asked { state: &state, caller, spoken, nonce: &nonce };
    let zone = asked.zone().await?;
    let filter = query.filter(&zone);
    let wanted = LogFilter { limit: LINES + 1, ..filter.unwrap_or_default() };
    let mut found = if filter.is_some() { state.store.accesses(account, &wanted).await? } else { Vec::new() };
    let more = found.len() > LINES as usize;
    found.truncate(LINES as usize);
    let older = found.last().filter(|_| more).map(|last| with(&query.kept(), &format!("avant={}", last.seq)));
    let lines = lines(&state, found, &zone).await?;
    let log = AccessLog {
        boxes: boxes(&state, caller).await?,
        chosen: Some((account.to_string(), state.store.account(account).await?.address)),
        persons: persons(&state, account).await?,
        refused: filter.is_none(),
        kept: query.kept(),
        asking: Asking { person: query.qui, kind: query.genre, from: query.du, to: query.au },
        lines,
        older,
    };
    let status = if log.refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    asked.page(status, AccountPage::Access(Box::new(log)), Said::default()).await
}

fn with(query: &str, more: &str) -> String {
    if query.is_empty() { more.to_owned() } else { format!("{query}&{more}") }
}

async fn persons(state: &State, account: AccountId) -> Result<Vec<(String, String)>, Error> {
    let persons = state.store.access_persons(account).await?;
    let names = state.store.person_names(&persons).await?;
    let named = |person: PersonId| (person.to_string(), names.get(&person).cloned().unwrap_or_default());
    let mut list: Vec<(String, String)> = persons.into_iter().map(named).collect();
    list.sort_by_cached_key(|(_, name)| name.to_lowercase());
    Ok(list)
}

async fn lines(state: &State, found: Vec<Access>, zone: &str) -> Result<Vec<AccessLine>, Error> {
    let persons: Vec<PersonId> = found.iter().map(|access| access.person).collect();
    let names = state.store.person_names(&persons).await?;
    Ok(found.into_iter().map(|access| line(access, &names, zone)).collect())
}

fn line(access: Access, names: &HashMap<PersonId, String>, zone: &str) -> AccessLine {
    let detail = &access.detail;
    // Deeds of one kind of trace that people tell apart.
    let deed = match access.kind.as_str() {
        "read" => format!("read-{}", detail["way"].as_str().unwrap_or_default()),
        "email-update" if detail["moved"] == true => "email-move".to_owned(),
        "email-update" => "email-mark".to_owned(),
        kind => kind.to_owned(),
    };
    let listed = detail["emails"].as_array().map(|emails| emails.len() as u64);
    let count = detail["count"].as_u64().or(listed).unwrap_or(1);
    AccessLine {
        who: names.get(&access.person).cloned().unwrap_or_default(),
        at_local: clock::local_minutes(access.at, zone),
        deed,
        count,
        means: access.means,
        refused: access.result != "ok",
    }
}

/// `GET /compte/acces/{account}/journal.csv`: everything that the filter takes, the newest first.
pub async fn export(
    AxumState(state): AxumState<State>,
    acting: Acting<Manage>,
    spoken: Spoken,
    Query(query): Query<LogQuery>,
) -> Result<Response, Error> {
    let account = acting.account();
    let preferences = state.store.preferences(acting.caller().person).await?;
    let lang = preferences.language.as_deref().and_then(Lang::from_code).unwrap_or(spoken.0);
    let filter = query.filter(&preferences.zone).ok_or(Error::BadRequest("bad-form"))?;
    let entry = Trace::done("access-log-export", acting.actor(), Some(account), json!({}));
    state.store.trace(Chain::Account(account), entry).await?;
    let mut response = Response::new(Body::from_stream(csv(state, account, filter, preferences.zone, lang)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"journal.csv\""));
    Ok(response)
}

/// The file in pieces; a piece that cannot be read ends it early, and the browser says so.
fn csv(
    state: State,
    account: AccountId,
    filter: LogFilter,
    zone: String,
    lang: Lang,
) -> impl Stream<Item = Result<Bytes, Error>> {
    // The mark tells spreadsheets that the text is UTF-8.
    let head = format!("\u{feff}{}", row(&acces::headings(lang).map(str::to_owned)));
    let first = LogFilter { limit: PIECE, ..filter };
    stream::try_unfold((Some(head), Some(first)), move |(head, filter)| {
        let (state, zone) = (state.clone(), zone.clone());
        async move {
            let Some(filter) = filter else { return Ok(None) };
            let found = state.store.accesses(account, &filter).await?;
            let last = found.last().filter(|_| found.len() == PIECE as usize).map(|last| last.seq);
            let next = last.map(|seq| LogFilter { before: Some(seq), ..filter });
            let mut text = head.unwrap_or_default();
            for line in lines(&state, found, &zone).await? {
                text.push_str(&row(&acces::cells(lang, &line)));
            }
            Ok::<_, Error>(Some((Bytes::from(text), (None, next))))
        }
    })
}

/// One line of the file (RFC 4180, with the separator of French spreadsheets). A cell is never a formula.
pub(crate) fn row(cells: &[String]) -> String {
    let cell = |text: &String| {
        let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(";") + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_no_formulas_and_stay_in_their_place() {
        assert_eq!(row(&["=1+1".into(), "a;\"b\"".into()]), "\"'=1+1\";\"a;\"\"b\"\"\"\r\n");
    }

    #[test]
    fn a_day_is_whole_also_when_clocks_change() {
        let hours = |day: &str| {
            let query = LogQuery { du: day.into(), au: day.into(), ..LogQuery::default() };
            query.filter("Europe/Paris").map(|filter| (filter.to - filter.from) / 3_600_000)
        };
        assert_eq!((hours("2026-11-22"), hours("2026-03-29"), hours("2026-10-25")), (Some(24), Some(23), Some(25)));
        assert_eq!(hours("demain"), None);
    }

    #[test]
    fn only_what_is_plain_is_kept_in_addresses() {
        let query = LogQuery { qui: "p0000000000001".into(), du: "\"><script>".into(), ..LogQuery::default() };
        assert_eq!(query.kept(), "qui=p0000000000001");
    }
}
