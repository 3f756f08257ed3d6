//! Pages for those who cannot sign in: a link, a second proof, a new password; suspending one's account.

use app::{
    pages::connexion::{CodePage, secours::Recovery},
    public::PublicPage,
};
use axum::{
    extract::{Path, State as AxumState},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use store::{Purpose, links::LinkPurpose};

use super::{
    extract::{self, ClientAddress, Form, Nonce},
    public::{self, Spoken},
    sign_in::{browser, challenge_cookie, challenge_token, refusal},
};
use crate::{
    auth::{means::SignedBy, password::rule, recovery, second, sign_in::SignInError},
    error::Error,
    state::State,
};

const PROOF: &str = "/connexion/preuve";
const NEW_PASSWORD: &str = "/connexion/nouveau-mot-de-passe";

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AskForm {
    login: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ProofForm {
    code: String,
    moyen: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct NewPasswordForm {
    password: String,
    again: String,
    mesurer: String,
}

fn page(state: &State, status: StatusCode, page: Recovery, spoken: Spoken, nonce: &Nonce) -> Response {
    public::page(status, PublicPage::Recovery(Box::new(page)), public::context(state, spoken, nonce))
}

/// A refusal that no field explains: the link or the browser's step is gone, or no second means is there.
fn lost(state: &State, error: SignInError, spoken: Spoken, nonce: &Nonce) -> Result<Response, Error> {
    let what = match error {
        SignInError::Expired | SignInError::UsedUp => Recovery::Gone,
        SignInError::NoMeans => Recovery::Impossible,
        other => return Err(refusal(other).err().unwrap_or(Error::NotFound)),
    };
    Ok(page(state, StatusCode::UNPROCESSABLE_ENTITY, what, spoken, nonce))
}

fn ask(suspend: bool, login: String, error: Option<&str>, wait_seconds: Option<u32>) -> Recovery {
    Recovery::Ask { suspend, login, error: error.map(String::from), wait_seconds }
}

/// `GET /connexion/oubli`.
pub async fn forgot_form(AxumState(state): AxumState<State>, spoken: Spoken, nonce: Nonce) -> Response {
    page(&state, StatusCode::OK, ask(false, String::new(), None, None), spoken, &nonce)
}

/// `GET /connexion/suspendre`.
pub async fn suspend_form(AxumState(state): AxumState<State>, spoken: Spoken, nonce: Nonce) -> Response {
    page(&state, StatusCode::OK, ask(true, String::new(), None, None), spoken, &nonce)
}

/// `POST /connexion/oubli`.
pub async fn forgot(
    AxumState(state): AxumState<State>,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<AskForm>,
) -> Result<Response, Error> {
    asked(&state, (address, &headers), spoken, &nonce, form.login, LinkPurpose::Recover).await
}

/// `POST /connexion/suspendre`.
pub async fn suspend(
    AxumState(state): AxumState<State>,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<AskForm>,
) -> Result<Response, Error> {
    asked(&state, (address, &headers), spoken, &nonce, form.login, LinkPurpose::Suspend).await
}

async fn asked(
    state: &State,
    (address, headers): (ClientAddress, &HeaderMap),
    spoken: Spoken,
    nonce: &Nonce,
    login: String,
    purpose: LinkPurpose,
) -> Result<Response, Error> {
    let login: String = login.trim().chars().take(254).collect();
    let suspend = purpose == LinkPurpose::Suspend;
    if let Err(fault) = wire::check::address(&login) {
        let what = ask(suspend, login, Some(fault.code()), None);
        return Ok(page(state, StatusCode::UNPROCESSABLE_ENTITY, what, spoken, nonce));
    }
    match recovery::ask(state, &login, purpose, &browser(address, headers, spoken)).await {
        Ok(()) => {
            let what = Recovery::Sent { minutes: state.config.sign_in.link_minutes };
            Ok(page(state, StatusCode::OK, what, spoken, nonce))
        }
        Err(error) => {
            let (status, code, wait) = refusal(error)?;
            Ok(page(state, status, ask(suspend, login, Some(code), wait), spoken, nonce))
        }
    }
}

/// `GET /connexion/lien/{token}`: what the link is for. Opening it does nothing: programs open links too.
pub async fn link_form(
    AxumState(state): AxumState<State>,
    Path(token): Path<String>,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let link = match recovery::link(&state, &token).await {
        Ok(link) => link,
        Err(error) => return lost(&state, error, spoken, &nonce),
    };
    let what = match link.purpose {
        LinkPurpose::Suspend => Recovery::Suspend { token },
        purpose => Recovery::Link { token, assisted: purpose == LinkPurpose::Assisted, error: None },
    };
    Ok(page(&state, StatusCode::OK, what, spoken, &nonce))
}

/// `POST /connexion/lien/{token}`.
pub async fn link(
    AxumState(state): AxumState<State>,
    Path(token): Path<String>,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ProofForm>,
) -> Result<Response, Error> {
    let browser = browser(address, &headers, spoken);
    let purpose = match recovery::link(&state, &token).await {
        Ok(link) => link.purpose,
        Err(error) => return lost(&state, error, spoken, &nonce),
    };
    let done = match purpose {
        LinkPurpose::Suspend => match recovery::suspend(&state, &token).await {
            Ok(()) => return Ok(page(&state, StatusCode::OK, Recovery::Suspended, spoken, &nonce)),
            Err(error) => Err(error),
        },
        LinkPurpose::Recover => recovery::go_on(&state, &token, &browser).await.map(|token| (token, PROOF)),
        LinkPurpose::Assisted => {
            recovery::assisted(&state, &token, &form.code, &browser).await.map(|token| (token, NEW_PASSWORD))
        }
    };
    match done {
        Ok((challenge, next)) => go(&state, &challenge, next),
        Err(error @ (SignInError::WrongCode | SignInError::Wait(_))) => {
            let (status, code, _) = refusal(error)?;
            let what = Recovery::Link { token, assisted: true, error: Some(code.into()) };
            Ok(page(&state, status, what, spoken, &nonce))
        }
        Err(error) => lost(&state, error, spoken, &nonce),
    }
}

fn go(state: &State, challenge: &str, next: &str) -> Result<Response, Error> {
    Ok(([(header::SET_COOKIE, challenge_cookie(state, challenge)?)], Redirect::to(next)).into_response())
}

async fn proof_page(
    state: &State,
    headers: &HeaderMap,
    spoken: Spoken,
    nonce: &Nonce,
    (status, error): (StatusCode, Option<&str>),
) -> Result<Response, Error> {
    let token = challenge_token(headers).unwrap_or_default();
    let waiting = match second::waiting(state, &token, Purpose::Recover).await {
        Ok(waiting) => waiting,
        Err(error) => return lost(state, error, spoken, nonce),
    };
    let others = recovery::proofs(state, waiting.person).await?;
    let code = CodePage {
        action: PROOF,
        means: waiting.means.code(),
        contact: waiting.contact,
        retour: String::new(),
        error: error.map(String::from),
        resend_in: waiting.resend_in,
        approval: None,
        others: others.into_iter().filter(|means| *means != waiting.means).map(SignedBy::code).collect(),
        cancel: "/connexion",
    };
    Ok(public::page(status, PublicPage::Code(Box::new(code)), public::context(state, spoken, nonce)))
}

/// `GET /connexion/preuve`.
pub async fn proof_form(
    AxumState(state): AxumState<State>,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    proof_page(&state, &headers, spoken, &nonce, (StatusCode::OK, None)).await
}

/// `POST /connexion/preuve`.
pub async fn proof(
    AxumState(state): AxumState<State>,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ProofForm>,
) -> Result<Response, Error> {
    let token = challenge_token(&headers).unwrap_or_default();
    let typed: String = form.code.chars().take(wire::limits::PASSWORD_CHARS + 1).collect();
    match recovery::prove(&state, &token, &typed, &browser(address, &headers, spoken)).await {
        Ok(granted) => go(&state, &granted, NEW_PASSWORD),
        Err(error @ (SignInError::WrongCode | SignInError::Wait(_))) => {
            let (status, code, _) = refusal(error)?;
            proof_page(&state, &headers, spoken, &nonce, (status, Some(code))).await
        }
        Err(error) => lost(&state, error, spoken, &nonce),
    }
}

/// `POST /connexion/preuve/renvoyer`: another code, or another means.
pub async fn proof_renew(
    AxumState(state): AxumState<State>,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ProofForm>,
) -> Result<Response, Error> {
    let token = challenge_token(&headers).unwrap_or_default();
    let browser = browser(address, &headers, spoken);
    let renewed = async {
        let waiting = second::waiting(&state, &token, Purpose::Recover).await?;
        let means = SignedBy::from_code(&form.moyen).unwrap_or(waiting.means);
        if !recovery::proofs(&state, waiting.person).await?.contains(&means) {
            return Err(SignInError::Expired);
        }
        second::renew(&state, &token, Purpose::Recover, means, &browser).await
    };
    match renewed.await {
        Ok(()) => Ok(Redirect::to(PROOF).into_response()),
        Err(error @ SignInError::TooSoon { .. }) => {
            let (status, code, _) = refusal(error)?;
            proof_page(&state, &headers, spoken, &nonce, (status, Some(code))).await
        }
        Err(error) => lost(&state, error, spoken, &nonce),
    }
}

/// `GET /connexion/nouveau-mot-de-passe`.
pub async fn password_form(
    AxumState(state): AxumState<State>,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    match recovery::granted(&state, &challenge_token(&headers).unwrap_or_default()).await {
        Ok(_) => Ok(page(&state, StatusCode::OK, Recovery::NewPassword { error: None, level: None }, spoken, &nonce)),
        Err(error) => lost(&state, error, spoken, &nonce),
    }
}

/// `POST /connexion/nouveau-mot-de-passe`.
pub async fn password(
    AxumState(state): AxumState<State>,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<NewPasswordForm>,
) -> Result<Response, Error> {
    let token = challenge_token(&headers).unwrap_or_default();
    let person = match recovery::granted(&state, &token).await {
        Ok(person) => person,
        Err(error) => return lost(&state, error, spoken, &nonce),
    };
    let level = Some(rule::strength(&form.password).level);
    let error = super::account_pages::password_fault(&state, person, &form.password, &form.again).await?;
    if error.is_some() || !form.mesurer.is_empty() {
        let error = error.filter(|_| form.mesurer.is_empty()).map(String::from);
        let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        return Ok(page(&state, status, Recovery::NewPassword { error, level }, spoken, &nonce));
    }
    match recovery::finish(&state, &token, &form.password).await {
        Ok(()) => {
            let gone = extract::set_cookie(extract::CHALLENGE_COOKIE, "", 0)?;
            Ok(([(header::SET_COOKIE, gone)], Redirect::to("/connexion?dit=recovered")).into_response())
        }
        Err(error) => lost(&state, error, spoken, &nonce),
    }
}
