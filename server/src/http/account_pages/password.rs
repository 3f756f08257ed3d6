//! The password of the account.

use app::pages::compte::{account::AccountPage, password::PasswordPage};
use axum::{
    extract::{Query, State as AxumState},
    response::Response,
};
use serde::Deserialize;

use super::{Asked, Said, done, password_fault, status_of};
use crate::{
    auth::{Caller, password::rule},
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
pub struct PasswordForm {
    password: String,
    again: String,
    mesurer: String,
}

async fn password_page(asked: Asked<'_>, error: Option<&str>, level: Option<u8>, said: Said) -> Result<Response, Error> {
    let zone = asked.zone().await?;
    let credential = asked.state.store.credential(asked.caller.person).await?;
    let page = PasswordPage {
        changed_local: credential.map(|credential| clock::local_minutes(credential.changed_at, &zone)),
        error: error.map(String::from),
        level,
    };
    asked.page(status_of(error), AccountPage::Password(page), said).await
}

/// `GET /compte/mot-de-passe`.
pub async fn password_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    password_page(asked, None, None, said).await
}

/// `POST /compte/mot-de-passe`: measures it, or keeps it and closes the other sessions.
pub async fn password(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let level = Some(rule::strength(&form.password).level);
    if !form.mesurer.is_empty() {
        return password_page(asked, None, level, Said::default()).await;
    }
    if let Some(error) = password_fault(&state, caller.person, &form.password, &form.again).await? {
        return password_page(asked, Some(error), level, Said::default()).await;
    }
    let phc = state.passwords.hash(&form.password, &*state.random).await?;
    state.store.password_change(caller.actor(), caller.person, phc, caller.session).await?;
    tell::person(&state, caller.person, Told::PasswordChanged).await?;
    Ok(done("/compte/mot-de-passe", "password-changed"))
}
