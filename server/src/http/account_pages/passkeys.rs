//! Passkeys of the account: enrolled with the browser's script, removed without.

use app::pages::compte::devices::DeviceKind;
use axum::{
    extract::State as AxumState,
    http::{HeaderMap, header},
    response::Response,
};
use serde::Deserialize;

use super::{
    Asked, Said,
    devices::{NAME_CHARS, account_name, devices_page, name_of},
    done,
};
use crate::{
    auth::{
        Caller,
        passkeys::{self, PasskeyError},
    },
    error::Error,
    http::{
        extract::{self, Form, Fresh, Nonce},
        passkeys::{handed, problem, said, token},
        public::Spoken,
    },
    state::State,
};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PasskeyForm {
    nom: String,
    cle: String,
    appareil: String,
}

/// `POST /compte/appareils/cle/options`: what the authenticator is asked.
pub async fn options(AxumState(state): AxumState<State>, caller: Caller, _fresh: Fresh) -> Result<Response, Error> {
    let login = account_name(&state, &caller).await?;
    handed(passkeys::enrol_begin(&state, caller.person, &login).await.map_err(problem)?)
}

/// `POST /compte/appareils/cle`: keeps what the authenticator made.
pub async fn add(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<PasskeyForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let refused = |code| Some((DeviceKind::Passkey, form.nom.chars().take(NAME_CHARS).collect(), code));
    let Some(name) = name_of(&form.nom) else {
        return devices_page(asked, &headers, refused("name-needed"), Said::default()).await;
    };
    if form.cle.is_empty() {
        return devices_page(asked, &headers, refused("passkey-script"), Said::default()).await;
    }
    let added = match token(&headers) {
        Some(token) => passkeys::enrol(&state, &caller, &token, name, &form.cle).await,
        None => Err(PasskeyError::Expired),
    };
    let mut response = match added {
        Ok(()) => done("/compte/appareils", "passkey-added"),
        Err(error) => {
            let (_, code, _) = said(error)?;
            devices_page(asked, &headers, refused(code), Said::default()).await?
        }
    };
    let gone = extract::set_cookie(extract::PASSKEY_COOKIE, "", 0)?;
    response.headers_mut().append(header::SET_COOKIE, gone);
    Ok(response)
}

/// `POST /compte/appareils/cle/retirer`.
pub async fn remove(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    Form(form): Form<PasskeyForm>,
) -> Result<Response, Error> {
    let id = form.appareil.parse().map_err(|_| Error::NotFound)?;
    if !passkeys::remove(&state, caller.actor(), caller.person, id).await? {
        return Err(Error::NotFound);
    }
    Ok(done("/compte/appareils", "passkey-removed"))
}
