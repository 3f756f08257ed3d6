//! Pages of one's own account. No WebAssembly. Here the overview, sessions, preferences and the proof that sensitive pages
//! ask for; `access` is about who gets in, `outside` about what others see and what one is told.

pub mod access;
pub mod outside;

use app::{
    pages::{
        compte::account::{AccountPage, Held, Overview},
        connexion::CodePage,
    },
    public::PublicPage,
};
use axum::{
    extract::{Query, State as AxumState},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use store::Purpose;
use wire::{id::PersonId, portal::Action};

use super::{
    extract::{self, ClientAddress, Form, Nonce},
    public::{self, Spoken},
    sign_in::{browser, challenge_cookie, challenge_token, refusal},
};
use crate::{
    auth::{
        Caller, limits,
        means::{self, SignedBy},
        password::rule,
        rights, second,
        sign_in::SignInError,
    },
    clock,
    error::Error,
    portal,
    service::tell,
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
        let signature = state.store.identities(id).await?.into_iter().next().map(|identity| identity.text_signature);
        list.push(Held {
            id: id.to_string(),
            address: state.store.account(id).await?.address,
            used: state.store.account_octets(id).await?,
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

const CONFIRM_CODE: &str = "/compte/confirmer/code";

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ConfirmForm {
    password: String,
    code: String,
    moyen: String,
    retour: String,
}

/// `GET /compte/confirmer`: before a page that concerns the access itself.
pub async fn confirm_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(form): Query<ConfirmForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    confirm_page(asked, &form.retour, (StatusCode::OK, None, None)).await
}

async fn confirm_page(
    asked: Asked<'_>,
    retour: &str,
    (status, error, wait_seconds): (StatusCode, Option<&str>, Option<u32>),
) -> Result<Response, Error> {
    let page = AccountPage::Confirm {
        retour: extract::return_path(retour).unwrap_or_default().to_owned(),
        has_password: asked.state.store.credential(asked.caller.person).await?.is_some(),
        error: error.map(String::from),
        wait_seconds,
    };
    asked.page(status, page, Said::default()).await
}

/// `POST /compte/confirmer`: the password, then the second proof.
pub async fn confirm(
    AxumState(state): AxumState<State>,
    caller: Caller,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ConfirmForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let browser = browser(address, &headers, spoken);
    let begun = async {
        let attempt = limits::begin(&state, &caller.person.to_string(), browser.address).await?;
        let credential = state.store.credential(caller.person).await?;
        let typed: String = form.password.chars().take(wire::limits::PASSWORD_CHARS + 1).collect();
        let right = state.passwords.check(&typed, credential.as_ref().map(|one| one.phc.as_str())).await?;
        state.store.sign_in_traced(Some(caller.person), "password", right).await?;
        if !right {
            return Err(SignInError::Wrong);
        }
        limits::succeeded(&state, &attempt).await?;
        let first = *means::second(&state, caller.person).await?.first().ok_or(SignInError::NoMeans)?;
        second::begin(&state, caller.person, Purpose::Confirm, first, spoken.0).await
    };
    match begun.await {
        Ok(token) => {
            let next = public::with_back(CONFIRM_CODE, &form.retour);
            Ok(([(header::SET_COOKIE, challenge_cookie(&state, &token)?)], Redirect::to(&next)).into_response())
        }
        Err(error) => {
            let (status, code, wait) = refusal(error)?;
            confirm_page(asked, &form.retour, (status, Some(code), wait)).await
        }
    }
}

async fn confirm_code_page(
    asked: Asked<'_>,
    headers: &HeaderMap,
    retour: &str,
    (status, error): (StatusCode, Option<&str>),
) -> Result<Response, Error> {
    let token = challenge_token(headers).unwrap_or_default();
    let waiting = match second::waiting(asked.state, &token, Purpose::Confirm).await {
        Ok(waiting) if waiting.person == asked.caller.person => waiting,
        _ => return Ok(Redirect::to(&public::with_back("/compte/confirmer", retour)).into_response()),
    };
    let others = means::second(asked.state, waiting.person).await?;
    let page = CodePage {
        action: CONFIRM_CODE,
        means: waiting.means.code(),
        contact: waiting.contact,
        retour: extract::return_path(retour).unwrap_or_default().to_owned(),
        error: error.map(String::from),
        resend_in: waiting.resend_in,
        others: others.into_iter().filter(|one| *one != waiting.means).map(SignedBy::code).collect(),
        cancel: "/compte",
    };
    let context = personal(asked.state, asked.caller, asked.spoken, asked.nonce, Said::default()).await?;
    Ok(public::page(status, PublicPage::Code(Box::new(page)), context))
}

/// `GET /compte/confirmer/code`.
pub async fn confirm_code_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Query(form): Query<ConfirmForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    confirm_code_page(asked, &headers, &form.retour, (StatusCode::OK, None)).await
}

/// `POST /compte/confirmer/code`: the session counts as freshly proved.
pub async fn confirm_code(
    AxumState(state): AxumState<State>,
    caller: Caller,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ConfirmForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let token = challenge_token(&headers).unwrap_or_default();
    // Only this person's own challenge, and only in a session.
    let session = caller.session.ok_or(Error::Forbidden)?;
    let waiting = second::waiting(&state, &token, Purpose::Confirm).await;
    if !matches!(&waiting, Ok(waiting) if waiting.person == caller.person) {
        return Ok(Redirect::to(&public::with_back("/compte/confirmer", &form.retour)).into_response());
    }
    match second::attempt(&state, &token, Purpose::Confirm, &form.code, &browser(address, &headers, spoken)).await {
        Ok((challenge, means)) => {
            state.store.session_strengthen(caller.actor(), challenge.person, session, means.code()).await?;
            let next = extract::return_path(&form.retour).unwrap_or("/compte");
            let gone = extract::set_cookie(extract::CHALLENGE_COOKIE, "", 0)?;
            Ok(([(header::SET_COOKIE, gone)], Redirect::to(next)).into_response())
        }
        Err(error) => {
            let (status, code, _) = refusal(error)?;
            confirm_code_page(asked, &headers, &form.retour, (status, Some(code))).await
        }
    }
}

/// `POST /compte/confirmer/code/renvoyer`.
pub async fn confirm_renew(
    AxumState(state): AxumState<State>,
    caller: Caller,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ConfirmForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let token = challenge_token(&headers).unwrap_or_default();
    let renewed = async {
        let waiting = second::waiting(&state, &token, Purpose::Confirm).await?;
        let wanted = SignedBy::from_code(&form.moyen).unwrap_or(waiting.means);
        if waiting.person != caller.person || !means::second(&state, caller.person).await?.contains(&wanted) {
            return Err(SignInError::Expired);
        }
        second::renew(&state, &token, Purpose::Confirm, wanted, spoken.0).await
    };
    match renewed.await {
        Ok(()) => Ok(Redirect::to(&public::with_back(CONFIRM_CODE, &form.retour)).into_response()),
        Err(error) => {
            let (status, code, _) = refusal(error)?;
            confirm_code_page(asked, &headers, &form.retour, (status, Some(code))).await
        }
    }
}

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
