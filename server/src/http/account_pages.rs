//! Pages of one's own account. No WebAssembly. Here the overview, sessions and preferences; who gets in stands in
//! `password`, `contacts`, `devices` (with `passkeys` and `browsers`), `applications` and `security`: whatever changes the
//! access wants a fresh proof of who asks (`Fresh`, given by `confirm`), is traced, and is told to the person outside the
//! service. `outside` is about what others see and what one is told.

pub mod access;
pub mod applications;
pub mod browsers;
pub mod confirm;
pub mod contacts;
pub mod delegations;
pub mod devices;
pub mod drafts;
pub mod export;
pub mod outside;
pub mod passkeys;
pub mod password;
pub mod security;
pub mod structures;

use app::{
    pages::compte::account::{AccountPage, Held, Overview},
    public::PublicPage,
};
use axum::{
    extract::{Query, State as AxumState},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use wire::{id::PersonId, portal::Action};

use super::{
    extract::{self, Form, Nonce},
    public::{self, Spoken},
};
use crate::{
    auth::{
        self, Caller,
        means::{self, SignedBy},
        password::rule,
        rights,
    },
    clock,
    error::Error,
    portal,
    service::{receive, tell},
    state::State,
};

/// What every page of the account is made with.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub state: &'a State,
    pub caller: &'a Caller,
    pub spoken: Spoken,
    pub nonce: &'a Nonce,
}

impl Asked<'_> {
    /// Draws a page of the account.
    pub async fn page(self, status: StatusCode, page: AccountPage, said: Said) -> Result<Response, Error> {
        let context = personal(self.state, self.caller, self.spoken, self.nonce, said).await?;
        Ok(public::page(status, PublicPage::Account(Box::new(page)), context))
    }

    /// Wall clock of a moment in the person's zone.
    pub async fn zone(self) -> Result<String, Error> {
        Ok(self.state.store.preferences(self.caller.person).await?.zone)
    }
}

/// Back to a page, saying what was done.
pub(super) fn done(path: &str, said: &str) -> Response {
    Redirect::to(&format!("{path}?dit={said}")).into_response()
}

/// The status of a page that is shown again with a refusal, or for the first time.
pub(super) fn status_of(error: Option<&str>) -> StatusCode {
    if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

/// What is wrong with a password that a person wants, if anything.
///
/// # Errors
/// The store's.
pub async fn password_fault(
    state: &State,
    person: PersonId,
    password: &str,
    again: &str,
) -> Result<Option<&'static str>, Error> {
    let name = state.store.person(person).await?.name;
    let contact = state.store.contact(person).await?;
    let mut personal = vec![name, contact.ordinary_email];
    for right in state.store.rights(person).await?.into_iter().filter(|right| right.action == Action::Manage) {
        personal.push(state.store.account(right.account).await?.address);
    }
    let personal: Vec<&str> = personal.iter().map(String::as_str).collect();
    Ok(match rule::check(password, &personal) {
        Err(fault) => Some(fault.code()),
        Ok(_) if password != again => Some("password-differ"),
        Ok(_) => None,
    })
}

/// The BALs that the caller holds.
pub(super) async fn held(state: &State, caller: &Caller) -> Result<Vec<Held>, Error> {
    let zone = state.store.preferences(caller.person).await?.zone;
    let mut list = Vec::new();
    for (id, may) in rights::accounts(state, caller).await? {
        if !may.contains(&Action::Manage) {
            continue;
        }
        let listing = state.store.directory_listing(id).await?;
        let closing = state.store.closing(id).await?;
        let account = state.store.account(id).await?;
        let signature = state.store.identities(id).await?.into_iter().next().map(|identity| identity.text_signature);
        let rules = state.store.account_rules(id).await?;
        list.push(Held {
            id: id.to_string(),
            controller: account.profile.controller.unwrap_or(account.name),
            address: account.address,
            used: state.store.account_octets(id).await?,
            quota: receive::quota(state, &rules),
            suspended: rules.suspended_at.is_some(),
            signature: signature.unwrap_or_default(),
            liste_rouge: listing.liste_rouge,
            publish_phone: listing.publish_phone,
            closing: closing.map(|closing| tell::day(&clock::local_minutes(closing.due_at, &zone))),
        });
    }
    Ok(list)
}

/// `GET /compte`.
pub async fn overview(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let zone = asked.zone().await?;
    let contact = state.store.contact(caller.person).await?;
    let devices = state.store.devices(caller.person).await?;
    let professional = state.store.professional(caller.person).await?;
    let by_operator = state.store.identity_last_checked(caller.person).await?;
    let by_psc = professional.map(|found| (found.checked_at, "psc".to_owned()));
    let checked = [by_psc, by_operator].into_iter().flatten().max_by_key(|(at, _)| *at);
    let has = [
        (SignedBy::Psc, checked.as_ref().is_some_and(|(_, source)| source == "psc")),
        (SignedBy::Passkey, auth::passkeys::has(&state, caller.person).await?),
        (SignedBy::Approval, !state.store.approvers(caller.person).await?.is_empty()),
        (SignedBy::Totp, devices.iter().any(|device| device.confirmed_at.is_some())),
        (SignedBy::Sms, contact.mobile.is_some()),
        (SignedBy::Email, true),
    ];
    let page = Overview {
        name: state.store.person(caller.person).await?.name,
        checked: checked.map(|(at, source)| (clock::local_minutes(at, &zone), source)),
        email: contact.ordinary_email,
        mobile: contact.mobile,
        held: held(&state, &caller).await?,
        means: has.into_iter().filter(|(one, _)| means::is_on(&state, *one)).map(|(one, has)| (one.code(), has)).collect(),
    };
    asked.page(StatusCode::OK, AccountPage::Overview(page), said).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Said {
    dit: Option<String>,
}

impl Said {
    /// That this was just done.
    pub fn of(code: Option<String>) -> Self {
        Self { dit: code }
    }

    /// The code of what was just done.
    pub fn code(self) -> Option<String> {
        self.dit
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct EndForm {
    session: String,
    partout: String,
}

pub(super) async fn personal(
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
    context.staff = state.store.staff_since(caller.person).await?.is_some();
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
