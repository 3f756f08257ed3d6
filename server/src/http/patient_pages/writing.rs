//! Writing to a patient without JavaScript: one form with the three choices, templates, what the register lacks, files.

use app::pages::patients::{PatientsPage, write::WritePage};
use axum::{
    extract::{Path, Query, Request, State as AxumState},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use store::patients::book::Patient;
use store::patients::register::{NewRecord, Words};
use wire::{
    FieldError, ins,
    patient::{Answering, RecordKind, blanks, opens_in_place},
};

use super::{Said, Visit, fault, papers, patient_of, said};
use crate::{
    auth::{
        rights::{Acting, Granted, Send},
        sessions,
    },
    error::Error,
    http::{
        extract::Nonce,
        forms::{File, Posted},
        public::Spoken,
    },
    service::{
        compose,
        draft::{AttachmentRef, ComposeError, DraftInput},
        patients::{
            is_minor,
            templates::{self, Fields},
        },
        send::SubmitError,
    },
    state::State,
};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Which {
    modele: String,
}

/// What stands in the form from the start.
async fn blank(visit: &Visit<'_>, patient: &Patient) -> Result<WritePage, Error> {
    let (state, account) = (visit.state, visit.account);
    let records = state.store.records(account, patient.id).await?;
    let has = |kind: RecordKind| records.iter().any(|one| one.kind == kind && one.ended.is_none());
    let templates = templates::offered(state, account).await?.into_iter().map(|one| one.template);
    Ok(WritePage {
        id: patient.id.to_string(),
        name: patient.traits.name(),
        masked: ins::shown(&patient.traits.address),
        minor: is_minor(state, &patient.traits),
        begins: patient.begins(),
        informed: has(RecordKind::Information),
        consented: has(RecordKind::Consent),
        form: sessions::new_token(&*state.random),
        templates: templates.map(|one| (one.id.to_string(), one.name)).collect(),
        megaoctets: state.config.mss.patient_octets / 1_000_000,
        ..WritePage::default()
    })
}

/// `GET /courrier/{account}/patients/{patient}/ecrire`, with `?modele=` filled in from a template.
///
/// # Errors
/// The store's; not found.
pub async fn form(
    AxumState(state): AxumState<State>,
    acting: Acting<Send>,
    spoken: Spoken,
    nonce: Nonce,
    Path((_, patient)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Result<Response, Error> {
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let patient = state.store.patient(acting.account(), patient_of(&patient)?).await?;
    let mut page = blank(&visit, &patient).await?;
    let offered = templates::offered(&state, acting.account()).await?.into_iter();
    if let Some(one) = offered.map(|one| one.template).find(|one| one.id.to_string() == which.modele) {
        let fields = Fields::of(&state, acting.account(), &patient, &visit.zone().await?).await?;
        (page.subject, page.text) = (fields.fill(&one.subject), fields.fill(&one.text));
    }
    visit.page(StatusCode::OK, PatientsPage::Write(Box::new(page)), Said::default()).await
}

/// A file that is with the server already, as a value of the form that is drawn again.
fn value_of(file: &AttachmentRef) -> String {
    [file.blob.as_str(), &file.size.to_string(), &file.kind, &file.name].join("\t")
}

/// The files that a form which was drawn again keeps.
fn kept(form: &Posted) -> Vec<AttachmentRef> {
    let read = |value: &str| {
        let mut pieces = value.splitn(4, '\t').map(str::to_owned);
        let (blob, size, kind, name) = (pieces.next()?, pieces.next()?, pieces.next()?, pieces.next()?);
        Some(AttachmentRef { blob, name, kind, size: size.parse().ok()? })
    };
    form.all("attachment").filter_map(read).collect()
}

async fn attach(state: &State, acting: &Acting<Send>, files: Vec<File>) -> Result<Vec<AttachmentRef>, Error> {
    let mut out = Vec::with_capacity(files.len());
    for file in files {
        let size = file.content.len() as u64;
        let blob = state.store.blob_put(acting.account(), file.content).await?;
        out.push(AttachmentRef { blob: blob.to_string(), name: file.name, kind: file.kind, size });
    }
    Ok(out)
}

/// The information note as a file that Mon espace santé shows in place.
async fn note(visit: &Visit<'_>) -> Result<File, Error> {
    let (text, _) = papers::note_of(visit.state, visit.account, app::i18n::Lang::Fr).await?;
    let content = text.replace("**", "").trim().replace('\n', "\r\n").into_bytes();
    Ok(File { name: "note-information.txt".into(), kind: "text/plain".into(), content: content.into() })
}

/// Notes in the register what the form says that the patient was told.
async fn told(visit: &Visit<'_>, acting: &Acting<Send>, patient: &Patient, form: &Posted) -> Result<(), Error> {
    let now = visit.state.clock.now_ms();
    for (field, kind) in [("informe", RecordKind::Information), ("consenti", RecordKind::Consent)] {
        let means = form.get(field);
        if app::pages::patients::sheet::MEANS.contains(&means) {
            let words = Words { means: means.to_owned(), ..Words::default() };
            visit
                .state
                .store
                .record_add(acting.actor(), visit.account, patient.id, NewRecord { kind, at: now, words })
                .await?;
        }
    }
    if !form.get("note").is_empty() && form.get("informe").is_empty() {
        let words = Words { means: "message".into(), ..Words::default() };
        let new = NewRecord { kind: RecordKind::Information, at: now, words };
        visit.state.store.record_add(acting.actor(), visit.account, patient.id, new).await?;
    }
    Ok(())
}

/// `POST /courrier/{account}/patients/{patient}/ecrire`: sends, with the seconds of undo.
///
/// # Errors
/// Without the right to send; the store's.
pub async fn send(
    AxumState(state): AxumState<State>,
    granted: Granted,
    acting: Acting<Send>,
    spoken: Spoken,
    nonce: Nonce,
    Path((_, patient)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Error> {
    let mut form = Posted::read(&state, request).await?;
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let patient = state.store.patient(acting.account(), patient_of(&patient)?).await?;
    let here = visit.path(&format!("/{}", patient.id));
    let posted = Some(form.get("form").to_owned()).filter(|id| !id.is_empty() && id.len() <= 64);
    let reading = granted.acting()?;
    if let Some(id) = &posted
        && let Some((_, false)) = compose::of_form(&state, &reading, id).await?
    {
        return Ok(said(&here, "sending"));
    }
    let mut files = form.take_files();
    if !form.get("note").is_empty() {
        files.push(note(&visit).await?);
    }
    let answering = Answering::from_code(form.get("reponse")).unwrap_or_default();
    let name = Some(patient.traits.name()).filter(|name| !name.is_empty());
    let input = DraftInput {
        to: mail::Address { name, email: patient.traits.address.clone() }.display(),
        subject: form.get("subject").trim().to_owned(),
        text: form.get("text").replace("\r\n", "\n"),
        attachments: [kept(&form), attach(&state, &acting, files).await?].concat(),
        ends: answering != Answering::Allowed,
        ..DraftInput::default()
    };
    let mut errors: Vec<FieldError> = Vec::new();
    for (field, value) in [("subject", &input.subject), ("text", &input.text)] {
        if value.trim().is_empty() {
            errors.push(fault(field, "required"));
        }
        let blanks = blanks(value);
        if !blanks.is_empty() {
            let params = vec![blanks.join(", ")];
            errors.push(FieldError { field: field.into(), code: "template-blanks".into(), params });
        }
    }
    let odd: Vec<String> =
        input.attachments.iter().filter(|file| !opens_in_place(&file.name)).map(|file| file.name.clone()).collect();
    // Said once: who knows may send them all the same.
    let warned = !odd.is_empty() && form.get("formats").is_empty();
    if errors.is_empty() && !warned {
        match sent(&state, &granted, posted.as_deref(), &input).await? {
            Ok(()) => {
                told(&visit, &acting, &patient, &form).await?;
                return Ok(said(&here, "sending"));
            }
            Err(wrong) => errors = wrong,
        }
    }
    let page = WritePage {
        subject: input.subject,
        text: input.text,
        answering,
        files: input.attachments.iter().map(|file| (value_of(file), file.name.clone())).collect(),
        odd,
        errors,
        ..blank(&visit, &patient).await?
    };
    visit.page(StatusCode::UNPROCESSABLE_ENTITY, PatientsPage::Write(Box::new(page)), Said::default()).await
}

/// Keeps the draft and sends it; why not, at the fields it comes from.
async fn sent(
    state: &State,
    granted: &Granted,
    form: Option<&str>,
    input: &DraftInput,
) -> Result<Result<(), Vec<FieldError>>, Error> {
    let (drafting, acting) = (granted.acting()?, granted.acting::<Send>()?);
    let draft = match compose::save(state, &drafting, None, form, input).await {
        Ok(draft) => draft,
        Err(ComposeError::Fields(faults)) => return Ok(Err(faults)),
        Err(ComposeError::Store(error)) => return Err(error.into()),
        Err(error) => return Err(Error::Internal(anyhow::Error::new(error))),
    };
    match compose::send(state, &acting, draft, None, false).await {
        Ok(_) => Ok(Ok(())),
        Err(ComposeError::Submit(SubmitError::Patient(wrong))) => {
            state.store.emails_destroy(acting.actor(), acting.account(), vec![draft]).await?;
            let field = if wrong.code() == "patient-too-large" { "attachments" } else { "" };
            Ok(Err(vec![FieldError { field: field.into(), code: wrong.code().into(), params: wrong.params() }]))
        }
        Err(ComposeError::Submit(SubmitError::TooMuch(what, most))) => {
            state.store.emails_destroy(acting.actor(), acting.account(), vec![draft]).await?;
            let fault = FieldError { field: String::new(), code: format!("rate-{what}"), params: vec![most.to_string()] };
            Ok(Err(vec![fault]))
        }
        Err(ComposeError::Submit(SubmitError::Store(error)) | ComposeError::Store(error)) => Err(error.into()),
        Err(error) => Err(Error::Internal(anyhow::Error::new(error))),
    }
}
