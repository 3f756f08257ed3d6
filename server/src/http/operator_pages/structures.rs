//! `/admin/structures`: makes structures and their BALs, names who administers. Nothing of their messages.

use app::pages::exploitation::{
    OperatorPage,
    structures::{StructureLine, StructuresPage, Typed},
};
use axum::{
    extract::{Query, State as AxumState},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use store::organisations::{Admin, Organisation, State as Standing};
use wire::id::OrganisationId;

use super::show_as;
use crate::{
    auth::Caller,
    clock,
    error::Error,
    http::{
        account_pages::structures::refused,
        extract::{Form, Nonce},
        public::Spoken,
    },
    service::organisation::{self, OrganisationError, TypedBox, TypedMember},
    state::State,
};

const PATH: &str = "/admin/structures";

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    dit: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Act {
    op: String,
    structure: String,
    nom: String,
    finess: String,
    #[serde(rename = "type")]
    kind: String,
    adresse: String,
    boite: String,
    finalite: String,
    responsable: String,
    rpps: String,
    recoit: String,
    qui: String,
    personne: String,
    fonction: String,
}

async fn line(state: &State, one: Organisation, zone: &str) -> Result<StructureLine, Error> {
    let mut boxes = Vec::new();
    for found in state.store.structure_boxes(one.id).await? {
        let address = state.store.account(found.account).await?.address;
        boxes.push((address, found.software, found.suspended_at.is_some()));
    }
    let members = state.store.structure_members(one.id).await?;
    let there = members.iter().filter(|one| matches!(one.state, Standing::Active | Standing::Invited));
    let admins = there.clone().filter(|one| one.admin != Admin::No);
    let admins = admins.map(|one| (one.name.clone(), one.admin == Admin::Accepted)).collect();
    let review = state.store.review_latest(one.id).await?.filter(|review| review.closed_at.is_none());
    Ok(StructureLine {
        id: one.id.to_string(),
        name: one.name,
        finess: one.finess,
        boxes,
        admins,
        members: there.count() as u64,
        review_local: clock::local_minutes(one.review_due_at, zone),
        reviewed: review.map(|review| review.suspended_at.is_some()),
    })
}

async fn page(
    state: &State,
    caller: &Caller,
    (spoken, nonce): (Spoken, &Nonce),
    (typed, error): (Typed, Option<(&str, &str)>),
    said: Option<String>,
) -> Result<Response, Error> {
    let zone = state.store.preferences(caller.person).await?.zone;
    let mut list = Vec::new();
    for one in state.store.organisations().await? {
        list.push(line(state, one, &zone).await?);
    }
    let error = error.map(|(field, code)| (field.to_owned(), code.to_owned()));
    let refused = error.is_some();
    let page = OperatorPage::Structures(Box::new(StructuresPage { list, typed, error }));
    show_as(refused, state, caller, (spoken, nonce), page, said).await
}

/// `GET /admin/structures`.
///
/// # Errors
/// The store's.
pub async fn form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    page(&state, &caller, (spoken, &nonce), Default::default(), asked.dit).await
}

async fn done(state: &State, caller: &Caller, form: &Act) -> Result<Result<&'static str, OrganisationError>, Error> {
    let actor = caller.actor();
    let structure = || form.structure.parse::<OrganisationId>().map_err(|_| Error::NotFound);
    Ok(match form.op.as_str() {
        "structure" => {
            let made = organisation::create(state, actor, &form.nom, &form.finess).await;
            made.map(|_| "staff-structure")
        }
        "boite" => {
            let software = (form.kind == "APP").then(|| (!form.recoit.is_empty(), Default::default()));
            let typed = TypedBox {
                address: form.adresse.clone(),
                name: form.boite.clone(),
                purpose: form.finalite.clone(),
                professional: form.responsable.clone(),
                rpps: form.rpps.clone(),
                software,
            };
            organisation::open_box(state, actor, structure()?, &typed).await.map(|_| "staff-box")
        }
        "administrateur" => {
            let typed = TypedMember {
                who: form.qui.clone(),
                name: form.personne.clone(),
                function: form.fonction.clone(),
                admin: true,
            };
            organisation::invite(state, actor, structure()?, &typed).await.map(|_| "staff-admin")
        }
        "revue" => {
            let asked = state.store.review_bring_forward(actor, structure()?).await;
            asked.map(|()| "staff-review").map_err(Into::into)
        }
        _ => return Err(Error::BadRequest("bad-form")),
    })
}

/// `POST /admin/structures`.
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
    match done(&state, &caller, &form).await? {
        Ok(said) => Ok(Redirect::to(&format!("{PATH}?dit={said}")).into_response()),
        Err(error) => {
            let at = refused(error)?;
            let typed = Typed {
                op: form.op,
                structure: form.structure,
                name: form.nom,
                finess: form.finess,
                address: form.adresse,
                label: if form.personne.is_empty() { form.boite } else { form.personne },
                purpose: form.finalite,
                professional: form.responsable,
                rpps: form.rpps,
                kind: form.kind,
                receives: !form.recoit.is_empty(),
                who: form.qui,
                function: form.fonction,
            };
            page(&state, &caller, (spoken, &nonce), (typed, Some(at)), None).await
        }
    }
}
