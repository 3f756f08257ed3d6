//! What is for paper: the information note of the BAL, and the letter that answers an opposition.

use app::{
    format::date,
    i18n::{Lang, patients as words},
    pages::patients::{
        PatientsPage,
        paper::{PaperKind, PaperPage},
    },
};
use axum::{
    extract::{Path, Query, State as AxumState},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use wire::{id::AccountId, patient::RecordKind};

use super::{Said, Visit, patient_of};
use crate::{
    auth::rights::{Acting, Read},
    clock,
    error::Error,
    http::{extract::Nonce, public::Spoken},
    state::State,
};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Form {
    forme: String,
}

/// The note of a BAL with all that article 13 of the RGPD asks for, and whether what it must say is set.
///
/// # Errors
/// The store's.
pub(super) async fn note_of(state: &State, account: AccountId, lang: Lang) -> Result<(String, bool), Error> {
    let bal = state.store.account(account).await?;
    let rules = state.store.patient_rules(account).await?;
    let controller = bal.profile.controller.unwrap_or(bal.name);
    let or = |text: &str| if text.trim().is_empty() { "—".to_owned() } else { text.trim().to_owned() };
    let (editor, host) = (state.config.legal.editor.get(lang), state.config.legal.host.get(lang));
    // In the order of their names.
    let text = words::note_text(lang, &controller, &or(&rules.contact), &or(&rules.dpo), &or(editor), &or(host));
    Ok((text, rules.contact.is_empty()))
}

/// The language of papers and examples: the person's.
pub(super) async fn lang(visit: &Visit<'_>) -> Result<Lang, Error> {
    let preferences = visit.state.store.preferences(visit.caller.person).await?;
    Ok(preferences.language.as_deref().and_then(Lang::from_code).unwrap_or(visit.spoken.0))
}

/// `GET /courrier/{account}/patients/note`: as a hand-out, or as a poster (`?forme=affiche`).
///
/// # Errors
/// The store's.
pub async fn note(
    AxumState(state): AxumState<State>,
    acting: Acting<Read>,
    spoken: Spoken,
    nonce: Nonce,
    Query(form): Query<Form>,
) -> Result<Response, Error> {
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let (text, incomplete) = note_of(&state, acting.account(), lang(&visit).await?).await?;
    let kind = if form.forme == "affiche" { PaperKind::Poster } else { PaperKind::Note };
    let page = PaperPage { kind, text, incomplete, back: None };
    visit.page(StatusCode::OK, PatientsPage::Paper(page), Said::default()).await
}

/// `GET /courrier/{account}/patients/{patient}/opposition`: the letter about the opposition in force.
///
/// # Errors
/// The store's; not found, also where none is in force.
pub async fn opposition(
    AxumState(state): AxumState<State>,
    acting: Acting<Read>,
    spoken: Spoken,
    nonce: Nonce,
    Path((_, patient)): Path<(String, String)>,
) -> Result<Response, Error> {
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let (account, id, zone) = (acting.account(), patient_of(&patient)?, visit.zone().await?);
    let patient = state.store.patient(account, id).await?;
    let records = state.store.records(account, id).await?;
    let in_force = records.into_iter().find(|one| one.kind == RecordKind::Opposition && one.ended.is_none());
    let opposition = in_force.ok_or(Error::NotFound)?;
    let (lang, rules, bal) =
        (lang(&visit).await?, state.store.patient_rules(account).await?, state.store.account(account).await?);
    let day = |at: i64| date::day(lang, &clock::local_minutes(at, &zone));
    let or = |text: &str| if text.trim().is_empty() { "—".to_owned() } else { text.trim().to_owned() };
    // In the order of their names: bal, channel, contact, date, patient, scope, today.
    let text = words::letter_text(
        lang,
        &bal.name,
        &or(&opposition.words.channel),
        &or(&rules.contact),
        &day(opposition.at),
        &patient.traits.name(),
        &or(&opposition.words.scope),
        &day(state.clock.now_ms()),
    );
    let back = Some(visit.path(&format!("/{id}")));
    let page = PaperPage { kind: PaperKind::Opposition, text, incomplete: rules.contact.is_empty(), back };
    visit.page(StatusCode::OK, PatientsPage::Paper(page), Said::default()).await
}
