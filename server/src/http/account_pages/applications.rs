//! Application passwords: each is shown once.

use app::pages::compte::account::{AccountPage, TokenLine};
use axum::{
    extract::{Query, State as AxumState},
    response::Response,
};
use serde::Deserialize;

use super::{Asked, Said, devices::name_of, done, status_of};
use crate::{
    auth::{Caller, tokens},
    clock,
    error::Error,
    http::{
        extract::{Form, Fresh, Nonce},
        public::Spoken,
    },
    service::tell::{self, Told},
    state::State,
};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TokenForm {
    nom: String,
    token: String,
}

async fn applications_page(
    asked: Asked<'_>,
    made: Option<String>,
    error: Option<&str>,
    said: Said,
) -> Result<Response, Error> {
    let zone = asked.zone().await?;
    let tokens = asked.state.store.tokens(asked.caller.person).await?;
    let list = tokens.into_iter().map(|token| TokenLine {
        id: token.id.to_string(),
        name: token.name,
        created_local: clock::local_minutes(token.created_at, &zone),
        seen_local: token.seen_at.map(|at| clock::local_minutes(at, &zone)),
    });
    let page = AccountPage::Applications { list: list.collect(), made, error: error.map(String::from) };
    asked.page(status_of(error), page, said).await
}

/// `GET /compte/applications`.
pub async fn applications_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    applications_page(Asked { state: &state, caller: &caller, spoken, nonce: &nonce }, None, None, said).await
}

/// `POST /compte/applications`: makes one and shows it, once.
pub async fn application_add(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<TokenForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let Some(name) = name_of(&form.nom) else {
        return applications_page(asked, None, Some("name-needed"), Said::default()).await;
    };
    let token = match tokens::create(&state.store, &*state.random, caller.actor(), caller.person, &name).await {
        Ok((token, _)) => token,
        // A page that is loaded again posts its form again: what it asked for is there already, and is not shown twice.
        Err(store::Error::Refused(code)) => return applications_page(asked, None, Some(code), Said::default()).await,
        Err(error) => return Err(error.into()),
    };
    tell::person(&state, caller.person, Told::TokenMade).await?;
    applications_page(asked, Some(token), None, Said::default()).await
}

/// `POST /compte/applications/retirer`.
pub async fn application_end(
    AxumState(state): AxumState<State>,
    caller: Caller,
    Form(form): Form<TokenForm>,
) -> Result<Response, Error> {
    let id = form.token.parse().map_err(|_| Error::NotFound)?;
    if !state.store.token_revoke(caller.actor(), caller.person, id).await? {
        return Err(Error::NotFound);
    }
    Ok(done("/compte/applications", "token-ended"))
}
