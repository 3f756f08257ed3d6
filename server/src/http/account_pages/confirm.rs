//! The fresh proof that sensitive pages ask for: the password and a second proof, or a passkey.

use app::{
    pages::{compte::account::AccountPage, connexion::CodePage},
    public::PublicPage,
};
use axum::{
    extract::{Query, State as AxumState},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use store::Purpose;

use super::{Asked, Said, personal};
use crate::{
    auth::{
        Caller, limits,
        means::{self, SignedBy},
        passkeys::{self, PasskeyError},
        second,
        sign_in::SignInError,
    },
    error::Error,
    http::{
        extract::{self, ClientAddress, Form, Nonce},
        passkeys::{handed, problem, said, token},
        public::{self, Spoken},
        sign_in::{approval_shown, browser, challenge_cookie, challenge_token, refusal},
    },
    state::State,
};

const CONFIRM_CODE: &str = "/compte/confirmer/code";

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ConfirmForm {
    password: String,
    code: String,
    cle: String,
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
        has_passkey: passkeys::has(asked.state, asked.caller.person).await?,
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
        let offered = means::second(&state, caller.person).await?;
        second::begin(&state, caller.person, Purpose::Confirm, &offered, &browser).await
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
        Err(SignInError::ApprovalRefused) => {
            let (status, code, _) = refusal(SignInError::ApprovalRefused)?;
            return confirm_page(asked, retour, (status, Some(code), None)).await;
        }
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
        approval: waiting.approval.map(approval_shown),
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
        return confirm_code_page(asked, &headers, &form.retour, (StatusCode::OK, None)).await;
    }
    match second::attempt(&state, &token, Purpose::Confirm, &form.code, &browser(address, &headers, spoken)).await {
        Ok((challenge, means)) => {
            state.store.session_strengthen(caller.actor(), challenge.person, session, means.code()).await?;
            confirmed(&form.retour, extract::CHALLENGE_COOKIE)
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
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ConfirmForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let token = challenge_token(&headers).unwrap_or_default();
    let browser = browser(address, &headers, spoken);
    let renewed = async {
        let waiting = second::waiting(&state, &token, Purpose::Confirm).await?;
        let wanted = SignedBy::from_code(&form.moyen).unwrap_or(waiting.means);
        if waiting.person != caller.person || !means::second(&state, caller.person).await?.contains(&wanted) {
            return Err(SignInError::Expired);
        }
        second::renew(&state, &token, Purpose::Confirm, wanted, &browser).await
    };
    match renewed.await {
        Ok(()) => Ok(Redirect::to(&public::with_back(CONFIRM_CODE, &form.retour)).into_response()),
        Err(error) => {
            let (status, code, _) = refusal(error)?;
            confirm_code_page(asked, &headers, &form.retour, (status, Some(code))).await
        }
    }
}

/// Goes on to the page that asked; what proved it is gone from the browser.
fn confirmed(retour: &str, cookie: &str) -> Result<Response, Error> {
    let next = extract::return_path(retour).unwrap_or("/compte");
    let gone = extract::set_cookie(cookie, "", 0)?;
    Ok(([(header::SET_COOKIE, gone)], Redirect::to(next)).into_response())
}

/// `POST /compte/confirmer/cle/options`: what the authenticator is asked.
pub async fn passkey_options(AxumState(state): AxumState<State>, caller: Caller) -> Result<Response, Error> {
    handed(passkeys::confirm_begin(&state, caller.person).await.map_err(problem)?)
}

/// `POST /compte/confirmer/cle`: the session counts as freshly proved.
pub async fn passkey(
    AxumState(state): AxumState<State>,
    caller: Caller,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ConfirmForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let session = caller.session.ok_or(Error::Forbidden)?;
    let done = match token(&headers) {
        Some(token) => passkeys::confirm(&state, &caller, session, &token, &form.cle).await,
        None => Err(PasskeyError::Expired),
    };
    match done {
        Ok(()) => confirmed(&form.retour, extract::PASSKEY_COOKIE),
        Err(error) => {
            let (status, code, wait) = said(error)?;
            confirm_page(asked, &form.retour, (status, Some(code), wait)).await
        }
    }
}
