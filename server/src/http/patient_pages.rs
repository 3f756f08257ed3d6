//! The patients of a BAL, as pages: list, sheet, writing, register, settings, papers. Each row of the table of routes asks
//! for a right over the BAL; what needs more takes its proof here. No page names a patient in its address or title.

pub mod files;
pub mod papers;
pub mod sheet;
pub mod templates;
pub mod writing;

use app::{
    pages::patients::{
        Desk, PatientsPage, PatientsScreen,
        entry::{EntryForm, EntryPage},
        list::{ListPage, PatientLine},
        rules::RulesPage,
    },
    public::PublicPage,
};
use axum::{
    extract::{Path, Query, State as AxumState},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use store::patients::{book::Added, rules::PatientRules};
use wire::{
    FieldError,
    id::{AccountId, PatientId, ThreadId},
    ins,
    portal::Action,
};

use super::{
    account_pages::{Said, personal},
    extract::{Form, Nonce},
    public::{self, Spoken},
};
use crate::{
    auth::{
        Caller,
        rights::{self, Acting, Manage, Read, Send},
    },
    clock,
    error::Error,
    service::patients::{self, Entry, MOST},
    state::State,
};

const DAY_MS: i64 = 86_400_000;

/// Who asks, in which BAL.
pub(super) struct Visit<'a> {
    pub state: &'a State,
    pub caller: &'a Caller,
    pub account: AccountId,
    pub spoken: Spoken,
    pub nonce: &'a Nonce,
}

impl<'a> Visit<'a> {
    pub fn of<R: rights::Right>(state: &'a State, acting: &'a Acting<R>, spoken: Spoken, nonce: &'a Nonce) -> Self {
        Self { state, caller: acting.caller(), account: acting.account(), spoken, nonce }
    }

    pub async fn zone(&self) -> Result<String, Error> {
        Ok(self.state.store.preferences(self.caller.person).await?.zone)
    }

    async fn desk(&self) -> Result<Desk, Error> {
        let may = self.state.store.rights_on(self.caller.person, self.account).await?;
        Ok(Desk {
            account: self.account.to_string(),
            name: self.state.store.account(self.account).await?.name,
            may_send: may.contains(&Action::Send),
            may_manage: may.contains(&Action::Manage),
            holds: self.state.store.holds(self.caller.person, self.account).await?,
        })
    }

    /// Draws a page of these.
    pub async fn page(&self, status: StatusCode, page: PatientsPage, said: Said) -> Result<Response, Error> {
        let context = personal(self.state, self.caller, self.spoken, self.nonce, said).await?;
        let screen = PatientsScreen { desk: self.desk().await?, page };
        Ok(public::page(status, PublicPage::Patients(Box::new(screen)), context))
    }

    /// The address of a page of these patients.
    pub fn path(&self, rest: &str) -> String {
        format!("/courrier/{}/patients{rest}", self.account)
    }
}

pub(super) fn said(path: &str, code: &str) -> Response {
    Redirect::to(&format!("{path}?dit={code}")).into_response()
}

pub(super) fn fault(field: &str, code: &str) -> FieldError {
    FieldError { field: field.into(), code: code.into(), params: Vec::new() }
}

fn status_of(errors: &[FieldError]) -> StatusCode {
    if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

/// The id in the path; what is none is no patient.
pub(super) fn patient_of(text: &str) -> Result<PatientId, Error> {
    text.parse().map_err(|_| Error::NotFound)
}

/// `GET /courrier/{account}/patients`.
///
/// # Errors
/// The store's.
pub async fn list(
    AxumState(state): AxumState<State>,
    acting: Acting<Read>,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let (zone, account) = (visit.zone().await?, acting.account());
    let threads = state.store.patient_threads(account).await?;
    let asked: Vec<ThreadId> = threads.values().copied().collect();
    let mut exchanges = patients::of(&state, account, &zone, &asked).await?;
    let mut lines = Vec::new();
    for patient in state.store.patients(account, MOST).await? {
        // Who was deleted stays for the opposition alone.
        if patient.traits.matricule.is_empty() {
            continue;
        }
        let exchange = threads.get(&patient.id).and_then(|thread| exchanges.remove(thread));
        lines.push(PatientLine {
            id: patient.id.to_string(),
            name: patient.traits.name(),
            masked: ins::shown(&patient.traits.address),
            state: exchange.as_ref().map_or(patient.state, |exchange| exchange.state),
            since_local: clock::local_minutes(patient.state_at, &zone),
            closed_by: exchange.and_then(|exchange| exchange.closed_by),
            last_local: patient.last_at.map(|at| clock::local_minutes(at, &zone)),
            opposed: patient.opposed,
            qualified: patient.attested.is_some(),
        });
    }
    visit.page(StatusCode::OK, PatientsPage::List(ListPage { lines }), said).await
}

/// A patient as the form has it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TypedEntry {
    matricule: String,
    nature: String,
    nom: String,
    prenoms: String,
    usage: String,
    naissance: String,
    sexe: String,
    lieu: String,
    qualifiee: String,
    certain: String,
}

impl TypedEntry {
    fn entry(&self) -> Entry {
        Entry {
            matricule: self.matricule.clone(),
            nature: self.nature.clone(),
            birth_name: self.nom.clone(),
            first_names: self.prenoms.clone(),
            used_name: self.usage.clone(),
            birth_date: self.naissance.clone(),
            sex: self.sexe.clone(),
            birth_place: self.lieu.clone(),
        }
    }

    fn drawn(&self) -> EntryForm {
        EntryForm {
            matricule: self.matricule.clone(),
            nature: self.nature.clone(),
            birth_name: self.nom.clone(),
            first_names: self.prenoms.clone(),
            used_name: self.usage.clone(),
            birth_date: self.naissance.clone(),
            sex: self.sexe.clone(),
            birth_place: self.lieu.clone(),
            attested: !self.qualifiee.is_empty(),
        }
    }
}

/// `GET /courrier/{account}/patients/ajouter`.
///
/// # Errors
/// The store's.
pub async fn add_form(
    AxumState(state): AxumState<State>,
    acting: Acting<Send>,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let page = EntryPage { tests: state.config.mss.takes_tests(), ..EntryPage::default() };
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    visit.page(StatusCode::OK, PatientsPage::Entry(Box::new(page)), Said::default()).await
}

/// `POST /courrier/{account}/patients/ajouter`.
///
/// # Errors
/// The store's.
pub async fn add(
    AxumState(state): AxumState<State>,
    acting: Acting<Send>,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<TypedEntry>,
) -> Result<Response, Error> {
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let mut page = EntryPage { tests: state.config.mss.takes_tests(), form: form.drawn(), ..EntryPage::default() };
    match patients::read(&state, &form.entry()) {
        Err(errors) => page.errors = errors,
        Ok(read) if !read.doubts.is_empty() && form.certain.is_empty() => {
            page.doubts = read.doubts.into_iter().map(str::to_owned).collect();
        }
        Ok(read) => match patients::add(&state, &acting, read.traits, !form.qualifiee.is_empty()).await? {
            Added::New(id) => return Ok(said(&visit.path(&format!("/{id}")), "patient-added")),
            Added::Known(id) => page.known = Some(id.to_string()),
        },
    }
    visit.page(StatusCode::UNPROCESSABLE_ENTITY, PatientsPage::Entry(Box::new(page)), Said::default()).await
}

/// `GET /courrier/{account}/patients/{patient}/identite`.
///
/// # Errors
/// The store's; not found.
pub async fn change_form(
    AxumState(state): AxumState<State>,
    acting: Acting<Send>,
    spoken: Spoken,
    nonce: Nonce,
    Path((_, patient)): Path<(String, String)>,
) -> Result<Response, Error> {
    let known = state.store.patient(acting.account(), patient_of(&patient)?).await?;
    let form = EntryForm {
        birth_name: known.traits.birth_name,
        first_names: known.traits.first_names,
        used_name: known.traits.used_name,
        birth_date: known.traits.birth_date,
        sex: known.traits.sex,
        birth_place: known.traits.birth_place,
        ..EntryForm::default()
    };
    let page = EntryPage { id: Some(patient), masked: ins::shown(&known.traits.address), form, ..EntryPage::default() };
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    visit.page(StatusCode::OK, PatientsPage::Entry(Box::new(page)), Said::default()).await
}

/// `POST /courrier/{account}/patients/{patient}/identite`.
///
/// # Errors
/// The store's; not found.
pub async fn change(
    AxumState(state): AxumState<State>,
    acting: Acting<Send>,
    spoken: Spoken,
    nonce: Nonce,
    Path((_, patient)): Path<(String, String)>,
    Form(form): Form<TypedEntry>,
) -> Result<Response, Error> {
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let id = patient_of(&patient)?;
    let known = state.store.patient(acting.account(), id).await?;
    match patients::change(&state, &acting, id, &form.entry(), !form.qualifiee.is_empty()).await? {
        Ok(()) => Ok(said(&visit.path(&format!("/{id}")), "patient-changed")),
        Err(errors) => {
            let masked = ins::shown(&known.traits.address);
            let page = EntryPage { id: Some(patient), masked, form: form.drawn(), errors, ..EntryPage::default() };
            visit.page(StatusCode::UNPROCESSABLE_ENTITY, PatientsPage::Entry(Box::new(page)), Said::default()).await
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TypedRules {
    cloture: String,
    delai: String,
    absence: String,
    absent_du: String,
    absent_au: String,
    contact: String,
    dpo: String,
}

/// `GET /courrier/{account}/patients/reglages`.
///
/// # Errors
/// The store's.
pub async fn rules_form(
    AxumState(state): AxumState<State>,
    acting: Acting<Manage>,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let rules = state.store.patient_rules(acting.account()).await?;
    let zone = visit.zone().await?;
    let day = |at: i64| clock::local_minutes(at, &zone).get(..10).unwrap_or_default().to_owned();
    let page = RulesPage {
        close_days: rules.close_days.map(|days| days.to_string()).unwrap_or_default(),
        default_days: state.config.mss.patient_close_days,
        answer_days: rules.answer_days.to_string(),
        away: rules.away,
        away_from: rules.away_from.map(day).unwrap_or_default(),
        // The last day is whole: its end is the beginning of the next.
        away_to: rules.away_to.map(|at| day(at - 1)).unwrap_or_default(),
        contact: rules.contact,
        dpo: rules.dpo,
        errors: Vec::new(),
    };
    visit.page(StatusCode::OK, PatientsPage::Rules(page), said).await
}

/// `POST /courrier/{account}/patients/reglages`.
///
/// # Errors
/// The store's.
pub async fn rules(
    AxumState(state): AxumState<State>,
    acting: Acting<Manage>,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<TypedRules>,
) -> Result<Response, Error> {
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let zone = visit.zone().await?;
    let mut errors = Vec::new();
    let mut days = |field: &str, text: &str| match text.trim() {
        "" => None,
        text => match text.parse::<u32>() {
            Ok(days) if days <= 365 => Some(days),
            _ => {
                errors.push(fault(field, "days-bad"));
                None
            }
        },
    };
    let (close_days, answer_days) = (days("cloture", &form.cloture), days("delai", &form.delai).unwrap_or(0));
    let mut day = |field: &str, text: &str| match text.trim() {
        "" => None,
        text => {
            let at = clock::begins(text, &zone);
            if at.is_none() {
                errors.push(fault(field, "date-bad"));
            }
            at
        }
    };
    let (from, to) = (day("absent_du", &form.absent_du), day("absent_au", &form.absent_au));
    // Noon of the next day lies in it, whatever the clocks do that night.
    let next = to.and_then(|to| clock::begins(clock::local_minutes(to + DAY_MS + DAY_MS / 2, &zone).get(..10)?, &zone));
    if !errors.is_empty() {
        let page = RulesPage {
            close_days: form.cloture,
            default_days: state.config.mss.patient_close_days,
            answer_days: form.delai,
            away: form.absence,
            away_from: form.absent_du,
            away_to: form.absent_au,
            contact: form.contact,
            dpo: form.dpo,
            errors,
        };
        return visit.page(status_of(&page.errors), PatientsPage::Rules(page), Said::default()).await;
    }
    let cut = |text: String, most: usize| text.replace("\r\n", "\n").trim().chars().take(most).collect::<String>();
    let rules = PatientRules {
        close_days,
        answer_days,
        away: cut(form.absence, 2_000),
        away_from: from,
        away_to: next,
        contact: cut(form.contact, 300),
        dpo: cut(form.dpo, 300),
    };
    state.store.patient_rules_set(acting.actor(), acting.account(), rules).await?;
    Ok(said(&visit.path("/reglages"), "patient-rules"))
}
