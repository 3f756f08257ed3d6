//! Enrolled devices: the page of all of them, and the applications that make codes (TOTP).

use app::{
    i18n,
    pages::compte::{
        account::{AccountPage, DeviceNew},
        devices::{DeviceKind, DeviceLine, Devices},
    },
};
use axum::{
    extract::{Query, State as AxumState},
    http::{HeaderMap, header},
    response::Response,
};
use serde::Deserialize;
use store::devices::DeviceContent;

use super::{Asked, Said, done, status_of};
use crate::{
    auth::{
        Caller, approval, code,
        means::{self, SignedBy},
        sessions, totp,
    },
    clock,
    error::Error,
    http::{
        extract::{self, Form, Fresh, Nonce},
        public::Spoken,
    },
    service::tell::{self, Told},
    state::State,
};

/// Characters of a name that a person gives to a device or an application.
pub(super) const NAME_CHARS: usize = 60;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct DeviceForm {
    nom: String,
    appareil: String,
    code: String,
}

/// Why the page is shown again: at which form, what was typed there, the code of the refusal.
pub(super) type Refusal = Option<(DeviceKind, String, &'static str)>;

/// The page of all devices. The cookie says which browser this is.
pub(super) async fn devices_page(
    asked: Asked<'_>,
    headers: &HeaderMap,
    refusal: Refusal,
    said: Said,
) -> Result<Response, Error> {
    let (state, person) = (asked.state, asked.caller.person);
    let zone = asked.zone().await?;
    let line = |id: i64, name: String, created_at: i64, used_at: Option<i64>| DeviceLine {
        id: id.to_string(),
        name,
        added_local: clock::local_minutes(created_at, &zone),
        used_local: used_at.map(|at| clock::local_minutes(at, &zone)),
        here: false,
    };
    let here = approval::approver(state, extract::cookie(headers, extract::APPROVER_COOKIE).as_deref()).await?;
    let here = here.filter(|approver| approver.person == person).map(|approver| approver.id);
    let applications = state.store.devices(person).await?.into_iter().filter(|device| device.confirmed_at.is_some());
    let passkeys = state.store.passkeys(person).await?.into_iter();
    let browsers = state.store.approvers(person).await?.into_iter();
    let status = status_of(refusal.as_ref().map(|(_, _, code)| *code));
    let page = Devices {
        passkeys: passkeys.map(|one| line(one.id, one.content.name, one.created_at, one.used_at)).collect(),
        browsers: browsers
            .map(|one| DeviceLine { here: Some(one.id) == here, ..line(one.id, one.name, one.created_at, one.used_at) })
            .collect(),
        applications: applications.map(|one| line(one.id, one.content.name, one.created_at, one.used_at)).collect(),
        approval: means::is_on(state, SignedBy::Approval),
        totp: means::is_on(state, SignedBy::Totp),
        this_browser: here.is_some(),
        proposed: sessions::short_agent(headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default()),
        refused: refusal.map(|(kind, typed, code)| (kind, typed, code.to_owned())),
    };
    asked.page(status, AccountPage::Devices(Box::new(page)), said).await
}

/// `GET /compte/appareils`.
pub async fn devices_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    devices_page(asked, &headers, None, said).await
}

/// What a person's authenticators call the account: the first BAL, or the name.
pub(super) async fn account_name(state: &State, caller: &Caller) -> Result<String, Error> {
    let own = super::held(state, caller).await?;
    match own.into_iter().next() {
        Some(held) => Ok(held.address),
        None => Ok(state.store.person(caller.person).await?.name),
    }
}

/// The name that a person gives to a device or an application.
pub(super) fn name_of(text: &str) -> Option<String> {
    let name: String = text.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
    (!name.is_empty()).then_some(name)
}

/// `POST /compte/appareils`: makes a secret and shows it as a QR code.
pub async fn device_add(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<DeviceForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let refused = |code| Some((DeviceKind::Application, form.nom.chars().take(NAME_CHARS).collect(), code));
    let Some(name) = name_of(&form.nom) else {
        return devices_page(asked, &headers, refused("name-needed"), Said::default()).await;
    };
    let content = DeviceContent { name, secret: totp::new_secret(&*state.random) };
    match state.store.totp_begin(caller.person, content).await {
        Ok(id) => device_page(asked, id, None).await,
        Err(store::Error::Limit { .. }) => devices_page(asked, &headers, refused("device-limit"), Said::default()).await,
        Err(error) => Err(error.into()),
    }
}

async fn device_page(asked: Asked<'_>, id: i64, error: Option<&str>) -> Result<Response, Error> {
    let devices = asked.state.store.devices(asked.caller.person).await?;
    let waiting = devices.into_iter().find(|device| device.id == id && device.confirmed_at.is_none());
    let secret = waiting.ok_or(Error::NotFound)?.content.secret;
    let account = account_name(asked.state, asked.caller).await?;
    let issuer = i18n::app::name(asked.spoken.0);
    let (size, path) = totp::qr(&totp::uri(&secret, &account, issuer))?;
    let secret = totp::base32(&secret);
    let letters: Vec<char> = secret.chars().collect();
    let secret = letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ");
    let page = DeviceNew { id: id.to_string(), size, path, secret, error: error.map(String::from) };
    asked.page(status_of(error), AccountPage::DeviceNew(page), Said::default()).await
}

/// `POST /compte/appareils/confirmer`: the first code makes the device count.
pub async fn device_confirm(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<DeviceForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let id: i64 = form.appareil.parse().map_err(|_| Error::NotFound)?;
    let devices = state.store.devices(caller.person).await?;
    let device = devices.into_iter().find(|device| device.id == id && device.confirmed_at.is_none());
    let secret = device.ok_or(Error::NotFound)?.content.secret;
    let Some(step) = totp::step_of(&secret, &code::typed(&form.code), state.clock.now_ms()) else {
        return device_page(asked, id, Some("bad-code")).await;
    };
    if !state.store.device_confirm(caller.actor(), caller.person, id, step).await? {
        return Err(Error::NotFound);
    }
    tell::person(&state, caller.person, Told::DeviceAdded).await?;
    Ok(done("/compte/appareils", "device-added"))
}

/// `POST /compte/appareils/retirer`.
pub async fn device_remove(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    Form(form): Form<DeviceForm>,
) -> Result<Response, Error> {
    let id = form.appareil.parse().map_err(|_| Error::NotFound)?;
    if !state.store.device_remove(caller.actor(), caller.person, id).await? {
        return Err(Error::NotFound);
    }
    tell::person(&state, caller.person, Told::DeviceRemoved).await?;
    Ok(done("/compte/appareils", "device-removed"))
}
