//! Signing in with a passkey: the browser's script asks for a challenge and posts what the authenticator signed as an
//! ordinary form, so that a refusal is a page with what was typed.

use axum::{
    Json,
    extract::State as AxumState,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    extract::{self, ClientAddress, Form, Nonce},
    public::{self, Spoken},
    sign_in::{browser, sign_in_page, signed_in},
};
use crate::{
    auth::passkeys::{self, Asked, MINUTES, PasskeyError},
    error::Error,
    state::State,
};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct KeyForm {
    cle: String,
    retour: String,
    /// What was typed beside, to be given back.
    login: String,
}

/// The token of the challenge that this browser was given.
pub(super) fn token(headers: &HeaderMap) -> Option<String> {
    extract::cookie(headers, extract::PASSKEY_COOKIE)
}

/// A challenge for the script, bound to this browser.
pub(super) fn handed(asked: Asked) -> Result<Response, Error> {
    let cookie = extract::set_cookie(extract::PASSKEY_COOKIE, &asked.token, MINUTES * 60)?;
    Ok(([(header::SET_COOKIE, cookie)], Json(asked.options)).into_response())
}

/// Why there is no challenge.
pub(super) fn problem(error: PasskeyError) -> Error {
    match error {
        PasskeyError::Off => Error::NotFound,
        PasskeyError::Wait(seconds) => Error::TooMany { seconds },
        PasskeyError::Store(error) => error.into(),
        PasskeyError::Internal(error) => error.into(),
        other => Error::Internal(other.into()),
    }
}

/// What the page says of a refusal: status, code, seconds to wait.
pub(super) fn said(error: PasskeyError) -> Result<(StatusCode, &'static str, Option<u32>), Error> {
    Ok(match error {
        PasskeyError::Expired => (StatusCode::UNPROCESSABLE_ENTITY, "passkey-expired", None),
        PasskeyError::Refused(_) => (StatusCode::UNPROCESSABLE_ENTITY, "passkey-refused", None),
        PasskeyError::Known => (StatusCode::UNPROCESSABLE_ENTITY, "passkey-known", None),
        PasskeyError::Limit => (StatusCode::UNPROCESSABLE_ENTITY, "device-limit", None),
        PasskeyError::Suspended => (StatusCode::FORBIDDEN, "account-suspended", None),
        PasskeyError::Wait(seconds) => (StatusCode::TOO_MANY_REQUESTS, "too-many", Some(seconds)),
        error @ (PasskeyError::Off | PasskeyError::Store(_) | PasskeyError::Internal(_)) => return Err(problem(error)),
    })
}

/// `POST /connexion/cle/options`: what the authenticator is asked, the same for everybody.
pub async fn options(
    AxumState(state): AxumState<State>,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
) -> Result<Response, Error> {
    handed(passkeys::sign_in_begin(&state, &browser(address, &headers, spoken)).await.map_err(problem)?)
}

/// `POST /connexion/cle`: the session begins.
pub async fn sign_in(
    AxumState(state): AxumState<State>,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<KeyForm>,
) -> Result<Response, Error> {
    let done = match token(&headers) {
        Some(token) => passkeys::sign_in(&state, &token, &form.cle, &browser(address, &headers, spoken)).await,
        None => Err(PasskeyError::Expired),
    };
    let mut response = match done {
        Ok(session) => signed_in(&state, &session, &form.retour)?,
        Err(error) => {
            let (status, code, wait) = said(error)?;
            let login = form.login.trim().chars().take(254).collect();
            let page = sign_in_page(login, &form.retour, Some(code.into()), wait);
            public::page(status, page, public::context(&state, spoken, &nonce))
        }
    };
    response.headers_mut().append(header::SET_COOKIE, extract::set_cookie(extract::PASSKEY_COOKIE, "", 0)?);
    Ok(response)
}
