//! Pages of one's own account: sessions and preferences. No WebAssembly.

use app::public::PublicPage;
use axum::{
    extract::{Query, State as AxumState},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    extract::{self, Form, Nonce},
    public::{self, Spoken},
};
use crate::{auth::Caller, error::Error, portal, state::State};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Said {
    dit: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct EndForm {
    session: String,
    partout: String,
}

async fn personal(
    state: &State,
    caller: &Caller,
    spoken: Spoken,
    nonce: &Nonce,
    said: Said,
) -> Result<app::shell::PageContext, Error> {
    let preferences = state.store.preferences(caller.person).await?;
    let name = state.store.person(caller.person).await?.name;
    let context = public::context(state, spoken, nonce);
    let mut context = public::personal(context, &preferences, name, state.clock.now_ms());
    context.said = said.dit;
    Ok(context)
}

/// `GET /compte/sessions`.
pub async fn sessions(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let context = personal(&state, &caller, spoken, &nonce, said).await?;
    let list = portal::sessions::list(&state, &caller).await?;
    Ok(public::page(StatusCode::OK, PublicPage::Sessions { list }, context))
}

/// `POST /compte/sessions`: ends the session named, or with `partout` all of them.
pub async fn end_session(
    AxumState(state): AxumState<State>,
    caller: Caller,
    Form(form): Form<EndForm>,
) -> Result<Response, Error> {
    let session = form.session.parse().ok();
    if !form.partout.is_empty() || session.is_some() && session == caller.session {
        portal::sessions::end(&state, &caller, !form.partout.is_empty()).await?;
        let gone = extract::set_cookie(extract::SESSION_COOKIE, "", 0)?;
        return Ok(([(header::SET_COOKIE, gone)], Redirect::to("/connexion?dit=signed-out")).into_response());
    }
    portal::sessions::revoke(&state, &caller, session.ok_or(Error::NotFound)?).await?;
    Ok(Redirect::to("/compte/sessions?dit=session-ended").into_response())
}

/// `GET /compte/preferences`.
pub async fn preferences(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let context = personal(&state, &caller, spoken, &nonce, said).await?;
    let preferences = state.store.preferences(caller.person).await?;
    Ok(public::page(StatusCode::OK, PublicPage::Preferences { preferences, errors: Vec::new() }, context))
}
