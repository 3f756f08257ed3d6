//! Going to the identity provider and coming back. Links, not forms: a policy of forms would stop the redirection.

use app::{pages::inscription::OpeningPage, public::PublicPage};
use axum::{
    extract::{Query, State as AxumState},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    extract::{self, ClientAddress, Nonce},
    public::{self, Spoken},
};
use crate::{
    auth::{
        means::{self, SignedBy},
        psc::{self, Answer, Entered, Psc, PscError, Purpose},
    },
    error::Error,
    state::State,
};

/// Where one goes without a place to come back to.
const HOME: &str = "/courrier";

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Wanted {
    retour: String,
    /// `inscription`: to open a BAL.
    pour: String,
}

fn provider(state: &State) -> Result<&Psc, Error> {
    state.psc.as_ref().filter(|_| means::is_on(state, SignedBy::Psc)).ok_or(Error::NotFound)
}

fn purpose(pour: &str) -> Purpose {
    if pour == "inscription" { Purpose::Open } else { Purpose::SignIn }
}

/// `GET /connexion/psc`: to the provider.
pub async fn start(
    AxumState(state): AxumState<State>,
    Query(wanted): Query<Wanted>,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let back = extract::return_path(&wanted.retour).unwrap_or_default();
    match psc::start(&state, provider(&state)?, purpose(&wanted.pour), back).await {
        Ok(start) => {
            let cookie = extract::set_cookie(extract::PSC_COOKIE, &start.cookie, psc::START_MINUTES * 60)?;
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&start.url)).into_response())
        }
        Err(error) => Ok(failed(&state, &error, purpose(&wanted.pour), spoken, &nonce)),
    }
}

/// `GET /connexion/psc/retour`: back from the provider.
pub async fn back(
    AxumState(state): AxumState<State>,
    Query(answer): Query<Answer>,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let cookie = extract::cookie(&headers, extract::PSC_COOKIE);
    let taken = psc::take_up(&state, provider(&state)?, cookie.as_deref(), &answer, address.0).await;
    let mut response = match taken {
        Ok(vouched) => {
            let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
            let retour = vouched.back.clone();
            match psc::enter(&state, vouched, agent).await {
                Ok(entered) => into(&state, entered, &retour, spoken, &nonce)?,
                Err(PscError::Store(error)) => return Err(error.into()),
                Err(error) => failed(&state, &error, Purpose::SignIn, spoken, &nonce),
            }
        }
        Err(error) => failed(&state, &error, Purpose::SignIn, spoken, &nonce),
    };
    response.headers_mut().append(header::SET_COOKIE, extract::set_cookie(extract::PSC_COOKIE, "", 0)?);
    Ok(response)
}

fn into(state: &State, entered: Entered, retour: &str, spoken: Spoken, nonce: &Nonce) -> Result<Response, Error> {
    let (path, cookie) = match entered {
        Entered::SignedIn(token) => {
            let seconds = u64::from(state.config.sessions.absolute_hours) * 3600;
            let path = extract::return_path(retour).unwrap_or(HOME);
            (path, extract::set_cookie(extract::SESSION_COOKIE, &token, seconds)?)
        }
        Entered::Opening(token) => {
            let seconds = u64::from(state.config.opening.hours) * 3600;
            ("/inscription", extract::set_cookie(extract::OPENING_COOKIE, &token, seconds)?)
        }
        Entered::NotEntitled(reason) => {
            let page = OpeningPage::Refused { reason: reason.code().into() };
            return Ok(shown(state, StatusCode::FORBIDDEN, page, spoken, nonce));
        }
        Entered::Suspended => {
            let page = OpeningPage::Failed { code: "psc-suspended".into(), opening: false };
            return Ok(shown(state, StatusCode::FORBIDDEN, page, spoken, nonce));
        }
    };
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(path)).into_response())
}

fn shown(state: &State, status: StatusCode, page: OpeningPage, spoken: Spoken, nonce: &Nonce) -> Response {
    public::page(status, PublicPage::Opening(Box::new(page)), public::context(state, spoken, nonce))
}

fn failed(state: &State, error: &PscError, purpose: Purpose, spoken: Spoken, nonce: &Nonce) -> Response {
    let status = match error {
        PscError::Down(_) | PscError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        PscError::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::FORBIDDEN,
    };
    let page = OpeningPage::Failed { code: error.code().into(), opening: purpose == Purpose::Open };
    shown(state, status, page, spoken, nonce)
}

/// Signed out here; the browser goes on to the provider, where its session ends too. A page with the header `Refresh`:
/// the form that was posted may only lead to this site.
pub fn leaving(state: &State, url: &str, spoken: Spoken, nonce: &Nonce) -> Response {
    let page = OpeningPage::Leaving { url: url.to_owned() };
    let mut response = shown(state, StatusCode::OK, page, spoken, nonce);
    if let Ok(value) = HeaderValue::from_str(&format!("0; url={url}")) {
        response.headers_mut().insert("refresh", value);
    }
    response
}

/// `GET /connexion/psc/sortie`: signed out at the provider too.
pub async fn left() -> Redirect {
    Redirect::to("/connexion?dit=signed-out")
}
