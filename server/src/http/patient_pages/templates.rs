//! The templates of a BAL; what a form of templates does, here and on the page of a structure.

use app::{
    i18n::Lang,
    pages::patients::{
        PatientsPage,
        rules::{TemplateForm, TemplatesPage, examples},
    },
};
use axum::{
    extract::{Query, State as AxumState},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use store::{
    Actor,
    patients::templates::{Shelf, Template},
};
use wire::{FieldError, id::AccountId};

use super::{Said, Visit, papers, said};
use crate::{
    auth::rights::{Acting, Draft},
    error::Error,
    http::{
        extract::{Form, Nonce},
        public::Spoken,
    },
    service::patients::templates,
    state::State,
};

/// A template as typed.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TypedTemplate {
    op: String,
    modele: String,
    nom: String,
    objet: String,
    texte: String,
}

/// Which template is changed, and what was done.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct WhichTemplate {
    modele: String,
    exemple: String,
    pub(in crate::http) dit: Option<String>,
}

impl WhichTemplate {
    /// What the form begins with: one that is there, an example, or nothing.
    pub(in crate::http) fn form(&self, mut list: impl Iterator<Item = TemplateForm>, lang: Lang) -> TemplateForm {
        let example = || {
            let (_, [name, subject, text]) = examples(lang).into_iter().find(|(code, _)| *code == self.exemple)?;
            Some(TemplateForm { id: String::new(), name, subject, text })
        };
        list.find(|one| one.id == self.modele).or_else(example).unwrap_or_default()
    }
}

/// A template as its form has it.
pub(in crate::http) fn drawn(one: Template) -> TemplateForm {
    TemplateForm { id: one.id.to_string(), name: one.name, subject: one.subject, text: one.text }
}

/// What stands on the page of the templates of a BAL, with those of its structure beside.
async fn all(state: &State, account: AccountId) -> Result<TemplatesPage, Error> {
    let mut page = TemplatesPage::default();
    for one in templates::offered(state, account).await? {
        if one.of_structure { &mut page.shared } else { &mut page.list }.push(drawn(one.template));
    }
    Ok(page)
}

/// `GET /courrier/{account}/patients/modeles`, with `?modele=` that is changed.
///
/// # Errors
/// The store's.
pub async fn form(
    AxumState(state): AxumState<State>,
    acting: Acting<Draft>,
    spoken: Spoken,
    nonce: Nonce,
    Query(which): Query<WhichTemplate>,
) -> Result<Response, Error> {
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let mut page = all(&state, acting.account()).await?;
    page.form = which.form(page.list.iter().cloned(), papers::lang(&visit).await?);
    visit.page(StatusCode::OK, PatientsPage::Templates(page), Said::of(which.dit)).await
}

/// What became of a form of templates.
pub(in crate::http) enum Kept {
    Done(&'static str),
    Refused(TemplateForm, Vec<FieldError>),
}

/// Keeps or deletes a template of a BAL or of a structure.
///
/// # Errors
/// The store's; a template that is not there.
pub(in crate::http) async fn keep(state: &State, actor: Actor, shelf: Shelf, form: TypedTemplate) -> Result<Kept, Error> {
    let id = match form.modele.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| Error::NotFound)?),
    };
    if form.op == "supprimer" {
        state.store.patient_template_delete(actor, shelf, id.ok_or(Error::NotFound)?).await?;
        return Ok(Kept::Done("template-deleted"));
    }
    match templates::read([&form.nom, &form.objet, &form.texte]) {
        Ok(template) => {
            state.store.patient_template_save(actor, shelf, id, template).await?;
            Ok(Kept::Done("template-kept"))
        }
        Err(errors) => {
            let typed = TemplateForm { id: form.modele, name: form.nom, subject: form.objet, text: form.texte };
            Ok(Kept::Refused(typed, errors))
        }
    }
}

/// `POST /courrier/{account}/patients/modeles`.
///
/// # Errors
/// The store's; a template that is not there.
pub async fn act(
    AxumState(state): AxumState<State>,
    acting: Acting<Draft>,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<TypedTemplate>,
) -> Result<Response, Error> {
    let visit = Visit::of(&state, &acting, spoken, &nonce);
    let account = acting.account();
    match keep(&state, acting.actor(), account.into(), form).await? {
        Kept::Done(code) => Ok(said(&visit.path("/modeles"), code)),
        Kept::Refused(form, errors) => {
            let page = TemplatesPage { form, errors, ..all(&state, account).await? };
            visit.page(StatusCode::UNPROCESSABLE_ENTITY, PatientsPage::Templates(page), Said::default()).await
        }
    }
}
