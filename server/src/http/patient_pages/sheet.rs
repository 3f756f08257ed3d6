//! The sheet of a patient, and what is done there: closing and reopening, the register, deletion.

use app::pages::patients::{
    PatientsPage,
    sheet::{ConsultedLine, DeletePage, DocumentLine, MEANS, MessageLine, RecordLine, SheetPage},
};
use axum::{
    extract::{Path, Query, State as AxumState},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use store::mailboxes::Role;
use store::patients::register::{NewRecord, Record, Words};
use wire::{
    FieldError,
    id::PatientId,
    ins::{self, Nature},
    patient::RecordKind,
};

use super::{Said, Visit, fault, patient_of, said};
use crate::{
    auth::rights::{self, Acting, Manage, Read, Send},
    clock,
    error::Error,
    http::{
        extract::{Form, Nonce},
        public::Spoken,
    },
    service::patients::{
        dossier::{self, Dossier},
        is_minor, letters,
    },
    state::State,
};

/// Characters of what is said in the register.
const WORDS: usize = 300;

/// An act of the sheet.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SheetForm {
    op: String,
    genre: String,
    date: String,
    moyen: String,
    portee: String,
    canal: String,
    entree: String,
    motif: String,
}

fn record(record: &Record, dossier: &Dossier, zone: &str) -> RecordLine {
    let ended = record.ended.as_ref().map(|end| {
        let by = end.by.map_or_else(|| "—".to_owned(), |by| dossier.name(by));
        (clock::local_minutes(end.at, zone), by, end.reason.clone())
    });
    RecordLine {
        id: record.id.to_string(),
        kind: record.kind,
        at_local: clock::local_minutes(record.at, zone),
        by: dossier.name(record.by),
        scope: record.words.scope.clone(),
        means: record.words.means.clone(),
        channel: record.words.channel.clone(),
        ended,
    }
}

/// What the sheet shows.
async fn drawn(visit: &Visit<'_>, id: PatientId, errors: Vec<FieldError>) -> Result<SheetPage, Error> {
    let (state, account, zone) = (visit.state, visit.account, visit.zone().await?);
    let dossier = dossier::gather(state, account, visit.caller.person, &zone, id).await?;
    let patient = &dossier.patient;
    let inbox = state.store.mailbox_by_role(account, Role::Inbox).await?.ok_or(Error::NotFound)?;
    let local = |at: i64| clock::local_minutes(at, &zone);
    let mut documents = Vec::new();
    let mut messages = Vec::with_capacity(dossier.messages.len());
    for message in &dossier.messages {
        let (email, at_local) = (message.row.id, local(message.row.received_at));
        let url = |part: usize| format!("/telecharger/{account}/{email}/{part}");
        documents.extend(message.documents.iter().map(|(part, name, octets)| DocumentLine {
            url: url(*part),
            name: name.clone(),
            octets: *octets,
            at_local: at_local.clone(),
        }));
        messages.push(MessageLine {
            url: format!("/courrier/{account}/{inbox}/{}", message.row.thread),
            subject: message.summary.subject.clone().unwrap_or_default(),
            theirs: message.theirs,
            at_local,
        });
    }
    let subject = |email| {
        let found = dossier.messages.iter().find(|message| Some(message.row.id) == email);
        found.and_then(|message| message.summary.subject.clone())
    };
    let consulted = dossier.consulted.iter().map(|one| ConsultedLine {
        who: dossier.name(one.person),
        what: one.what,
        subject: subject(one.email),
        at_local: local(one.at),
    });
    let traits = &patient.traits;
    let nature = Nature::from_code(&traits.nature).unwrap_or_default();
    let grouped = ins::parse(&traits.matricule, nature).map(|(matricule, _)| matricule.grouped());
    Ok(SheetPage {
        id: id.to_string(),
        name: traits.name(),
        masked: ins::shown(&traits.address),
        matricule: grouped.unwrap_or_else(|_| traits.matricule.clone()),
        oid: nature.oid(),
        traits: [&traits.birth_name, &traits.first_names, &traits.birth_date, &traits.sex, &traits.birth_place]
            .map(String::clone),
        attested: patient.attested.map(|(by, at)| (dossier.name(by), local(at))),
        opposed: patient.opposed,
        minor: is_minor(state, traits),
        state: dossier.exchange.as_ref().map_or(patient.state, |exchange| exchange.state),
        since_local: local(patient.state_at),
        closed_by: patient.closed_by.map(|by| dossier.name(by)),
        in_hand: dossier.in_hand.clone(),
        messages,
        documents,
        records: dossier.records.iter().map(|one| record(one, &dossier, &zone)).collect(),
        consulted: consulted.collect(),
        today: local(state.clock.now_ms()).get(..10).unwrap_or_default().to_owned(),
        errors,
    })
}

/// `GET /courrier/{account}/patients/{patient}`: traced as everything of the patient being looked at.
///
/// # Errors
/// The store's; not found.
pub async fn show(
    AxumState(state): AxumState<State>,
    acting: Acting<Read>,
    spoken: Spoken,
    nonce: Nonce,
    Path((_, patient)): Path<(String, String)>,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let id = patient_of(&patient)?;
    let page = drawn(&visit, id, Vec::new()).await?;
    state.store.patient_seen(acting.actor(), acting.account(), id, "patient-read").await?;
    visit.page(StatusCode::OK, PatientsPage::Sheet(Box::new(page)), said).await
}

/// A new entry of the register, as typed.
fn typed(form: &SheetForm, zone: &str, now: i64) -> Result<NewRecord, Vec<FieldError>> {
    let cut = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(WORDS).collect::<String>();
    let kind = RecordKind::from_code(&form.genre);
    let at = clock::begins(&form.date, zone).filter(|at| *at <= now);
    let words = Words {
        scope: cut(&form.portee),
        means: if MEANS.contains(&form.moyen.as_str()) { form.moyen.clone() } else { String::new() },
        channel: cut(&form.canal),
    };
    let mut errors = Vec::new();
    if at.is_none() {
        errors.push(fault("date", "record-date"));
    }
    if kind == Some(RecordKind::Opposition) && words.channel.is_empty() {
        errors.push(fault("canal", "record-channel"));
    }
    match (kind, at) {
        (Some(kind), Some(at)) if errors.is_empty() => Ok(NewRecord { kind, at, words }),
        _ => Err(errors),
    }
}

/// `POST /courrier/{account}/patients/{patient}`: closes, reopens, notes, ends an entry.
///
/// # Errors
/// Without the right to send; the store's.
pub async fn act(
    AxumState(state): AxumState<State>,
    acting: Acting<Send>,
    spoken: Spoken,
    nonce: Nonce,
    Path((_, patient)): Path<(String, String)>,
    Form(form): Form<SheetForm>,
) -> Result<Response, Error> {
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let (id, account) = (patient_of(&patient)?, acting.account());
    let here = visit.path(&format!("/{id}"));
    let code = match form.op.as_str() {
        "clore" if letters::close(&state, &acting, id).await? => "patient-closed",
        "rouvrir" if letters::reopen(&state, &acting, id).await? => "patient-reopened",
        "clore" | "rouvrir" => "patient-same",
        "noter" => match typed(&form, &visit.zone().await?, state.clock.now_ms()) {
            Ok(new) => {
                state.store.record_add(acting.actor(), account, id, new).await?;
                "patient-noted"
            }
            Err(errors) => {
                let page = drawn(&visit, id, errors).await?;
                let page = PatientsPage::Sheet(Box::new(page));
                return visit.page(StatusCode::UNPROCESSABLE_ENTITY, page, Said::default()).await;
            }
        },
        "terminer" => {
            let record = form.entree.parse().map_err(|_| Error::NotFound)?;
            let reason: String = form.motif.trim().chars().take(WORDS).collect();
            state.store.record_end(acting.actor(), account, id, record, reason).await?;
            "patient-ended"
        }
        _ => return Err(Error::Fields(vec![fault("", "bad-request")])),
    };
    Ok(said(&here, code))
}

/// `GET /courrier/{account}/patients/{patient}/supprimer`: asks first. Only who holds the BAL may.
///
/// # Errors
/// Without that right; the store's; not found.
pub async fn delete_form(
    AxumState(state): AxumState<State>,
    acting: Acting<Manage>,
    spoken: Spoken,
    nonce: Nonce,
    Path((_, patient)): Path<(String, String)>,
) -> Result<Response, Error> {
    rights::holding(&state, acting.caller(), acting.account()).await?;
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let id = patient_of(&patient)?;
    let zone = visit.zone().await?;
    let dossier = dossier::gather(&state, acting.account(), acting.caller().person, &zone, id).await?;
    let page = DeletePage {
        id: id.to_string(),
        name: dossier.patient.traits.name(),
        messages: dossier.messages.len() as u64,
        opposed: dossier.patient.opposed,
    };
    visit.page(StatusCode::OK, PatientsPage::Delete(page), Said::default()).await
}

/// `POST /courrier/{account}/patients/{patient}/supprimer`. Only who holds the BAL may.
///
/// # Errors
/// Without that right; the store's; not found.
pub async fn delete(
    AxumState(state): AxumState<State>,
    acting: Acting<Manage>,
    Path((_, patient)): Path<(String, String)>,
) -> Result<Response, Error> {
    let holding = rights::holding(&state, acting.caller(), acting.account()).await?;
    dossier::delete(&state, &holding, patient_of(&patient)?).await?;
    Ok(said(&format!("/courrier/{}/patients", acting.account()), "patient-deleted"))
}
