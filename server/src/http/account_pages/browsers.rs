//! Browsers that approve sign-ins: this one is enrolled, any is removed.

use app::pages::compte::devices::DeviceKind;
use axum::{
    extract::State as AxumState,
    http::{HeaderMap, header},
    response::Response,
};
use serde::Deserialize;

use super::{
    Asked, Said,
    devices::{NAME_CHARS, devices_page, name_of},
    done,
};
use crate::{
    auth::{
        Caller, approval,
        means::{self, SignedBy},
    },
    error::Error,
    http::{
        cookies::APPROVER_SECONDS,
        extract::{self, Form, Fresh, Nonce},
        public::Spoken,
    },
    state::State,
};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct BrowserForm {
    nom: String,
    appareil: String,
}

/// `POST /compte/appareils/navigateur`: this browser approves from now on.
pub async fn add(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<BrowserForm>,
) -> Result<Response, Error> {
    if !means::is_on(&state, SignedBy::Approval) {
        return Err(Error::NotFound);
    }
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let refused = |code| Some((DeviceKind::Browser, form.nom.chars().take(NAME_CHARS).collect(), code));
    let Some(name) = name_of(&form.nom) else {
        return devices_page(asked, &headers, refused("name-needed"), Said::default()).await;
    };
    match approval::enrol(&state, &caller, &name).await {
        Ok(token) => {
            let cookie = extract::set_cookie(extract::APPROVER_COOKIE, &token, APPROVER_SECONDS)?;
            let mut response = done("/compte/appareils", "browser-added");
            response.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(store::Error::Limit { .. }) => devices_page(asked, &headers, refused("device-limit"), Said::default()).await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /compte/appareils/navigateur/retirer`.
pub async fn remove(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    Form(form): Form<BrowserForm>,
) -> Result<Response, Error> {
    let id = form.appareil.parse().map_err(|_| Error::NotFound)?;
    if !approval::remove(&state, &caller, id).await? {
        return Err(Error::NotFound);
    }
    Ok(done("/compte/appareils", "browser-removed"))
}
