//! What is taken away: the register of a BAL, and all that it holds about one patient with the history of accesses.

use app::{
    i18n::{Lang, patients as words},
    pages::patients::sheet::{deed_words, kind_words, means_words},
};
use axum::{
    body::Body,
    extract::{Path, State as AxumState},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use std::collections::HashMap;
use store::patients::register::Record;
use wire::id::{PatientId, PersonId};

use super::{Visit, patient_of};
use crate::{
    auth::{
        Caller,
        rights::{Acting, Manage},
    },
    clock,
    error::Error,
    http::{account_pages::access::row, extract::Nonce, public::Spoken},
    service::patients::{MOST, dossier},
    state::State,
};

/// The mark tells spreadsheets that the text is UTF-8.
const MARK: &str = "\u{feff}";

async fn voice(state: &State, caller: &Caller, spoken: Spoken) -> Result<(Lang, String), Error> {
    let preferences = state.store.preferences(caller.person).await?;
    Ok((preferences.language.as_deref().and_then(Lang::from_code).unwrap_or(spoken.0), preferences.zone))
}

fn file(body: impl Into<Body>, kind: &'static str, name: &'static str) -> Response {
    let disposition = match name {
        "messages.mbox" => "attachment; filename=\"messages.mbox\"",
        "registre.csv" => "attachment; filename=\"registre.csv\"",
        _ => "attachment; filename=\"dossier.csv\"",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
    ];
    (headers, body.into()).into_response()
}

/// The cells of an entry: kind, date, means, scope, channel, by, end, ended by, reason.
fn cells(lang: Lang, record: &Record, zone: &str, name: impl Fn(PersonId) -> String) -> Vec<String> {
    let day = |at: i64| clock::local_minutes(at, zone).get(..10).unwrap_or_default().to_owned();
    let end = record.ended.as_ref();
    vec![
        kind_words(lang, record.kind).to_owned(),
        day(record.at),
        means_words(lang, &record.words.means).to_owned(),
        record.words.scope.clone(),
        record.words.channel.clone(),
        name(record.by),
        end.map(|end| day(end.at)).unwrap_or_default(),
        end.and_then(|end| end.by).map(&name).unwrap_or_default(),
        end.map(|end| end.reason.clone()).unwrap_or_default(),
    ]
}

fn headings(lang: Lang) -> Vec<String> {
    let all = [
        words::csv_kind(lang),
        words::csv_date(lang),
        words::csv_means(lang),
        words::csv_scope(lang),
        words::csv_channel(lang),
        words::csv_by(lang),
        words::csv_ended(lang),
        words::csv_ended_by(lang),
        words::csv_reason(lang),
    ];
    all.map(str::to_owned).to_vec()
}

/// `GET /courrier/{account}/patients/registre.csv`: names, no matricule.
///
/// # Errors
/// The store's.
pub async fn register(
    AxumState(state): AxumState<State>,
    acting: Acting<Manage>,
    spoken: Spoken,
) -> Result<Response, Error> {
    let account = acting.account();
    let (lang, zone) = voice(&state, acting.caller(), spoken).await?;
    let records = state.store.register(account).await?;
    let patients: HashMap<PatientId, String> =
        state.store.patients(account, MOST).await?.into_iter().map(|patient| (patient.id, patient.traits.name())).collect();
    let persons: Vec<PersonId> = records
        .iter()
        .flat_map(|record| [Some(record.by), record.ended.as_ref().and_then(|end| end.by)])
        .flatten()
        .collect();
    let names = state.store.person_names(&persons).await?;
    let name = |person: PersonId| names.get(&person).cloned().unwrap_or_default();
    let mut text = MARK.to_owned();
    text.push_str(&row(&[vec![words::csv_patient(lang).to_owned()], headings(lang)].concat()));
    for record in &records {
        let patient = patients.get(&record.patient).cloned().unwrap_or_default();
        text.push_str(&row(&[vec![patient], cells(lang, record, &zone, name)].concat()));
    }
    state.store.register_exported(acting.actor(), account).await?;
    Ok(file(text, "text/csv; charset=utf-8", "registre.csv"))
}

/// `GET /courrier/{account}/patients/{patient}/dossier.csv`: traits, register, messages, and who consulted them.
///
/// # Errors
/// The store's; not found.
pub async fn sheet(
    AxumState(state): AxumState<State>,
    acting: Acting<Manage>,
    spoken: Spoken,
    Path((_, patient)): Path<(String, String)>,
) -> Result<Response, Error> {
    let (account, id) = (acting.account(), patient_of(&patient)?);
    let (lang, zone) = voice(&state, acting.caller(), spoken).await?;
    let dossier = dossier::gather(&state, account, acting.caller().person, &zone, id).await?;
    let local = |at: i64| clock::local_minutes(at, &zone);
    let traits = &dossier.patient.traits;
    let mut text = MARK.to_owned();
    let mut add = |cells: &[String]| text.push_str(&row(cells));
    add(&[words::csv_information(lang).to_owned(), words::csv_value(lang).to_owned()]);
    let facts = [
        (words::matricule(lang), &traits.matricule),
        (words::birth_name(lang), &traits.birth_name),
        (words::first_names(lang), &traits.first_names),
        (words::used_name(lang), &traits.used_name),
        (words::birth_date(lang), &traits.birth_date),
        (words::sex(lang), &traits.sex),
        (words::birth_place(lang), &traits.birth_place),
    ];
    facts.iter().for_each(|(name, value)| add(&[(*name).to_owned(), (*value).clone()]));
    add(&[]);
    add(&headings(lang));
    dossier.records.iter().for_each(|record| add(&cells(lang, record, &zone, |person| dossier.name(person))));
    add(&[]);
    for message in &dossier.messages {
        let who = if message.theirs { words::from_patient(lang) } else { words::to_patient(lang) };
        let subject = message.summary.subject.clone().unwrap_or_default();
        add(&[who.to_owned(), local(message.row.received_at), subject.clone()]);
        for one in dossier.consulted.iter().filter(|one| one.email == Some(message.row.id)) {
            add(&[deed_words(lang, one.what, &dossier.name(one.person)), local(one.at), subject.clone()]);
        }
    }
    add(&[]);
    for one in dossier.consulted.iter().filter(|one| one.email.is_none()) {
        add(&[deed_words(lang, one.what, &dossier.name(one.person)), local(one.at)]);
    }
    state.store.patient_seen(acting.actor(), account, id, "patient-export").await?;
    Ok(file(text, "text/csv; charset=utf-8", "dossier.csv"))
}

/// `GET /courrier/{account}/patients/{patient}/messages.mbox`.
///
/// # Errors
/// The store's; not found.
pub async fn messages(
    AxumState(state): AxumState<State>,
    acting: Acting<Manage>,
    spoken: Spoken,
    nonce: Nonce,
    Path((_, patient)): Path<(String, String)>,
) -> Result<Response, Error> {
    let (account, id) = (acting.account(), patient_of(&patient)?);
    let zone = Visit::of(&state, &acting, spoken, &nonce).zone().await?;
    let dossier = dossier::gather(&state, account, acting.caller().person, &zone, id).await?;
    let all = dossier::mbox(&state, account, &dossier).await?;
    state.store.patient_seen(acting.actor(), account, id, "patient-export").await?;
    Ok(file(all, "application/mbox", "messages.mbox"))
}
