//! Templates of messages to patients that a structure keeps for all its BALs.

use app::pages::{
    compte::structure::{StructurePage, TemplatesSheet},
    patients::rules::TemplatesPage,
};
use axum::{
    extract::{Query, State as AxumState},
    response::Response,
};

use super::{Asked, HOME, Said, done, show};
use crate::{
    auth::rights::Administering,
    error::Error,
    http::{
        extract::{Form, Nonce},
        patient_pages::templates::{Kept, TypedTemplate, WhichTemplate, drawn, keep},
        public::Spoken,
    },
    state::State,
};

async fn page(asked: Asked<'_>, acting: &Administering, page: TemplatesPage, said: Said) -> Result<Response, Error> {
    let structure = asked.state.store.organisation(acting.organisation()).await?;
    let list = asked.state.store.patient_templates(structure.id).await?.into_iter().map(drawn).collect();
    let refused = !page.errors.is_empty();
    let page = TemplatesPage { list, ..page };
    let sheet = TemplatesSheet { structure: structure.id.to_string(), structure_name: structure.name, page };
    show(asked, refused, StructurePage::Templates(sheet), said).await
}

/// `GET /compte/structure/{structure}/modeles`, with `?modele=` that is changed.
///
/// # Errors
/// The store's.
pub async fn form(
    AxumState(state): AxumState<State>,
    acting: Administering,
    spoken: Spoken,
    nonce: Nonce,
    Query(which): Query<WhichTemplate>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: acting.caller(), spoken, nonce: &nonce };
    let list = state.store.patient_templates(acting.organisation()).await?;
    let begun = which.form(list.into_iter().map(drawn), spoken.0);
    page(asked, &acting, TemplatesPage { form: begun, ..TemplatesPage::default() }, Said::of(which.dit)).await
}

/// `POST /compte/structure/{structure}/modeles`.
///
/// # Errors
/// The store's; a template that is not there.
pub async fn act(
    AxumState(state): AxumState<State>,
    acting: Administering,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<TypedTemplate>,
) -> Result<Response, Error> {
    let of = acting.organisation();
    match keep(&state, acting.actor(), of.into(), form).await? {
        Kept::Done(code) => Ok(done(&format!("{HOME}/{of}/modeles"), code)),
        Kept::Refused(form, errors) => {
            let asked = Asked { state: &state, caller: acting.caller(), spoken, nonce: &nonce };
            page(asked, &acting, TemplatesPage { form, errors, ..TemplatesPage::default() }, Said::default()).await
        }
    }
}
