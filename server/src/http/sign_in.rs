//! Signing in and out, by forms that need no script.

use app::{
    pages::{approbation::Approval, connexion::CodePage},
    public::PublicPage,
};
use axum::{
    extract::{Query, State as AxumState},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use store::approvals::Awaited;

use super::{
    extract::{self, ClientAddress, Form, Nonce, Visitor},
    public::{self, Spoken},
};
use crate::{
    auth::{
        Caller, approval,
        means::SignedBy,
        psc,
        sessions::token_hash,
        sign_in::{self, Browser, SignInError},
    },
    error::Error,
    state::State,
};

/// Where one goes without a place to come back to.
const HOME: &str = "/courrier";

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Back {
    retour: String,
    /// A confirmation or refusal of a closed list: `signed-out`, `expired`, `code-sent`, `code-expired`…
    dit: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PasswordForm {
    login: String,
    password: String,
    retour: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct CodeForm {
    code: String,
    retour: String,
    /// Another means than the one that is waited for.
    moyen: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SignOutForm {
    partout: String,
}

/// Who tries, from where.
pub(super) fn browser(address: ClientAddress, headers: &HeaderMap, spoken: Spoken) -> Browser {
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    Browser { address: address.0, agent: agent.to_owned(), lang: spoken.0 }
}

/// The token of what this browser owes.
pub(super) fn challenge_token(headers: &HeaderMap) -> Option<String> {
    extract::cookie(headers, extract::CHALLENGE_COOKIE)
}

/// The cookie of what this browser owes from now on.
pub(super) fn challenge_cookie(state: &State, token: &str) -> Result<axum::http::HeaderValue, Error> {
    extract::set_cookie(extract::CHALLENGE_COOKIE, token, u64::from(state.config.codes.minutes) * 60)
}

fn with_back(path: &str, retour: &str) -> String {
    match public::sign_in_path(retour).strip_prefix("/connexion") {
        Some(query) => format!("{path}{query}"),
        None => path.into(),
    }
}

/// `GET /connexion`: the form, or where one was going for who is signed in.
pub async fn form(
    AxumState(state): AxumState<State>,
    Visitor(who): Visitor,
    Query(back): Query<Back>,
    spoken: Spoken,
    nonce: Nonce,
) -> Response {
    if who.is_some() {
        return Redirect::to(extract::return_path(&back.retour).unwrap_or(HOME)).into_response();
    }
    let errors = ["code-expired", "code-used-up", "account-suspended", "approval-refused"];
    let error = errors.contains(&back.dit.as_str()).then(|| back.dit.clone());
    let mut context = public::context(&state, spoken, &nonce);
    context.said = (error.is_none() && !back.dit.is_empty()).then_some(back.dit);
    public::page(StatusCode::OK, sign_in_page(String::new(), &back.retour, error, None), context)
}

pub(super) fn sign_in_page(login: String, retour: &str, error: Option<String>, wait_seconds: Option<u32>) -> PublicPage {
    let retour = extract::return_path(retour).unwrap_or_default().to_owned();
    PublicPage::SignIn { login, retour, error, wait_seconds }
}

/// `POST /connexion`: checks the password and sends a code.
pub async fn password(
    AxumState(state): AxumState<State>,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Error> {
    let login: String = form.login.trim().chars().take(254).collect();
    let secret: String = form.password.chars().take(wire::limits::PASSWORD_CHARS + 1).collect();
    let browser = browser(address, &headers, spoken);
    match sign_in::password(&state, &login, &secret, &browser).await {
        Ok(token) => {
            let cookie = challenge_cookie(&state, &token)?;
            let next = with_back("/connexion/code", &form.retour);
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&next)).into_response())
        }
        Err(error) => {
            let (status, code, wait) = refusal(error)?;
            let page = sign_in_page(login, &form.retour, Some(code.into()), wait);
            Ok(public::page(status, page, public::context(&state, spoken, &nonce)))
        }
    }
}

/// What the page says of a refusal: status, code, seconds to wait.
pub(super) fn refusal(error: SignInError) -> Result<(StatusCode, &'static str, Option<u32>), Error> {
    Ok(match error {
        SignInError::Wrong => (StatusCode::UNPROCESSABLE_ENTITY, "bad-credentials", None),
        SignInError::WrongCode => (StatusCode::UNPROCESSABLE_ENTITY, "bad-code", None),
        SignInError::UsedUp => (StatusCode::UNPROCESSABLE_ENTITY, "code-used-up", None),
        SignInError::Expired => (StatusCode::UNPROCESSABLE_ENTITY, "code-expired", None),
        SignInError::TooSoon { seconds } => (StatusCode::TOO_MANY_REQUESTS, "code-too-soon", Some(seconds)),
        SignInError::Wait(seconds) => (StatusCode::TOO_MANY_REQUESTS, "too-many", Some(seconds)),
        SignInError::Suspended => (StatusCode::FORBIDDEN, "account-suspended", None),
        SignInError::NotYet => (StatusCode::UNPROCESSABLE_ENTITY, "approval-waiting", None),
        SignInError::ApprovalRefused => (StatusCode::FORBIDDEN, "approval-refused", None),
        SignInError::ApprovalLapsed => (StatusCode::UNPROCESSABLE_ENTITY, "approval-lapsed", None),
        SignInError::NoMeans => (StatusCode::FORBIDDEN, "no-means", None),
        SignInError::Store(error) => return Err(error.into()),
        SignInError::Internal(error) => return Err(error.into()),
    })
}

/// Back to the password, saying why.
fn restart(retour: &str, code: &str) -> Response {
    let path = public::sign_in_path(retour);
    let mark = if path.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{path}{mark}dit={code}")).into_response()
}

/// `GET /connexion/code`.
pub async fn code_form(
    AxumState(state): AxumState<State>,
    Query(back): Query<Back>,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let said = (back.dit == "code-sent").then(|| back.dit.clone());
    code_page(&state, &headers, spoken, &nonce, &back.retour, (StatusCode::OK, None, said)).await
}

async fn code_page(
    state: &State,
    headers: &HeaderMap,
    spoken: Spoken,
    nonce: &Nonce,
    retour: &str,
    (status, error, said): (StatusCode, Option<&'static str>, Option<String>),
) -> Result<Response, Error> {
    let Some(token) = challenge_token(headers) else { return Ok(restart(retour, "code-expired")) };
    let (waiting, others) = match sign_in::waiting(state, &token).await {
        Ok(waiting) => waiting,
        Err(error) => {
            let (_, code, _) = refusal(error)?;
            return Ok(restart(retour, code));
        }
    };
    let page = PublicPage::Code(Box::new(CodePage {
        action: "/connexion/code",
        means: waiting.means.code(),
        contact: waiting.contact,
        retour: extract::return_path(retour).unwrap_or_default().to_owned(),
        error: error.map(String::from),
        resend_in: waiting.resend_in,
        approval: waiting.approval.map(approval_shown),
        others: others.into_iter().map(SignedBy::code).collect(),
        cancel: "/connexion",
    }));
    let mut context = public::context(state, spoken, nonce);
    context.said = said;
    Ok(public::page(status, page, context))
}

/// The digits for the enrolled browser, as the page shows them.
pub(super) fn approval_shown(awaited: Awaited) -> Approval {
    Approval { number: awaited.number, state: approval::word(Some(awaited.state)) }
}

/// `GET /connexion/code/attente`: how the approval stands that this browser waits for.
pub async fn approval_state(AxumState(state): AxumState<State>, headers: HeaderMap) -> Result<Response, Error> {
    let awaited = match challenge_token(&headers) {
        Some(token) => state.store.approval_awaited(token_hash(&token)).await?,
        None => None,
    };
    let word = approval::word(awaited.map(|awaited| awaited.state));
    Ok(axum::Json(serde_json::json!({"state": word})).into_response())
}

/// `POST /connexion/code`: the session begins.
pub async fn code(
    AxumState(state): AxumState<State>,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<CodeForm>,
) -> Result<Response, Error> {
    let Some(token) = challenge_token(&headers) else { return Ok(restart(&form.retour, "code-expired")) };
    let browser = browser(address, &headers, spoken);
    match sign_in::code(&state, &token, &form.code, &browser).await {
        Ok(session) => signed_in(&state, &session, &form.retour),
        Err(
            error @ (SignInError::UsedUp | SignInError::Expired | SignInError::Suspended | SignInError::ApprovalRefused),
        ) => {
            let (_, code, _) = refusal(error)?;
            Ok(restart(&form.retour, code))
        }
        Err(error) => {
            let (status, code, _) = refusal(error)?;
            code_page(&state, &headers, spoken, &nonce, &form.retour, (status, Some(code), None)).await
        }
    }
}

pub(super) fn signed_in(state: &State, token: &str, retour: &str) -> Result<Response, Error> {
    let seconds = u64::from(state.config.sessions.absolute_hours) * 3600;
    let mut response = Redirect::to(extract::return_path(retour).unwrap_or(HOME)).into_response();
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, extract::set_cookie(extract::SESSION_COOKIE, token, seconds)?);
    headers.append(header::SET_COOKIE, extract::set_cookie(extract::CHALLENGE_COOKIE, "", 0)?);
    Ok(response)
}

/// `POST /connexion/code/renvoyer`.
pub async fn resend(
    AxumState(state): AxumState<State>,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<CodeForm>,
) -> Result<Response, Error> {
    let Some(token) = challenge_token(&headers) else { return Ok(restart(&form.retour, "code-expired")) };
    let browser = browser(address, &headers, spoken);
    match sign_in::resend(&state, &token, SignedBy::from_code(&form.moyen), &browser).await {
        Ok(()) => {
            let path = with_back("/connexion/code", &form.retour);
            let mark = if path.contains('?') { '&' } else { '?' };
            let sent = ![SignedBy::Totp, SignedBy::Approval].map(SignedBy::code).contains(&form.moyen.as_str());
            let said = if !sent { String::new() } else { format!("{mark}dit=code-sent") };
            Ok(Redirect::to(&format!("{path}{said}")).into_response())
        }
        Err(error @ (SignInError::Expired | SignInError::ApprovalRefused)) => {
            let (_, code, _) = refusal(error)?;
            Ok(restart(&form.retour, code))
        }
        Err(error) => {
            let (status, code, _) = refusal(error)?;
            code_page(&state, &headers, spoken, &nonce, &form.retour, (status, Some(code), None)).await
        }
    }
}

/// `POST /deconnexion`: this browser or, with `partout`, all of them.
pub async fn sign_out(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<SignOutForm>,
) -> Result<Response, Error> {
    // Asked before the session is gone: a session that began at the identity provider ends there too.
    let leaving = match (&state.psc, caller.session) {
        (Some(provider), Some(session)) => psc::end_session_url(&state, provider, session).await?,
        _ => None,
    };
    crate::portal::sessions::end(&state, &caller, !form.partout.is_empty()).await?;
    let gone = extract::set_cookie(extract::SESSION_COOKIE, "", 0)?;
    let next = match leaving {
        Some(url) => super::psc::leaving(&state, &url, spoken, &nonce),
        None => Redirect::to("/connexion?dit=signed-out").into_response(),
    };
    Ok(([(header::SET_COOKIE, gone)], next).into_response())
}
