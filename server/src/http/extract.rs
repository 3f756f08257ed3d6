//! What handlers take out of a request: who asks, the proof of a right, forms, JSON. Each refuses by itself, with the
//! edge's error.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, FromRequest, FromRequestParts, Request, rejection::FormRejection, rejection::JsonRejection},
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::{
    auth::{
        Caller,
        rights::{Acting, Administering, Granted, Right},
        sessions::{self, Live},
    },
    error::Error,
    http::{layers, listener::Peer},
    state::State,
};

/// Cookie of the session.
pub const SESSION_COOKIE: &str = "__Host-pli";
/// Cookie of the browser that gave the right password and now owes a code.
pub const CHALLENGE_COOKIE: &str = "__Host-pli-essai";
/// Cookie of the browser that went to the identity provider.
pub const PSC_COOKIE: &str = "__Host-pli-psc";
/// Cookie of the browser that was asked for a passkey.
pub const PASSKEY_COOKIE: &str = "__Host-pli-cle";
/// Cookie of a browser that approves sign-ins.
pub const APPROVER_COOKIE: &str = "__Host-pli-appareil";
/// Cookie of the browser in which a BAL is being opened.
pub const OPENING_COOKIE: &str = "__Host-pli-inscription";
/// Cookie of the language chosen before signing in.
pub const LANGUAGE_COOKIE: &str = "__Host-pli-langue";
/// Header of requests that are not an act of the person: they do not extend the session.
pub const AUTOMATIC: &str = "x-pli-auto";

pub use super::cookies::set as set_cookie;

/// What scripts and styles of this answer carry.
#[derive(Debug, Clone, Default)]
pub struct Nonce(pub Arc<str>);

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name && !value.is_empty()).then(|| value.to_owned())
    })
}

/// The token of `Authorization: Bearer` (RFC 6750 §2.1).
pub fn bearer(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

impl FromRequestParts<State> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Error> {
        parts.extensions.get::<Self>().cloned().ok_or(Error::Unauthenticated)
    }
}

/// Who asks, on pages open to everyone.
pub struct Visitor(pub Option<Caller>);

impl FromRequestParts<State> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Error> {
        Ok(Self(parts.extensions.get::<Caller>().cloned()))
    }
}

impl FromRequestParts<State> for Nonce {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Error> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

impl FromRequestParts<State> for Live {
    type Rejection = Error;

    /// Only a browser's session has an end: a bearer token is refused here.
    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Error> {
        parts.extensions.get::<Self>().cloned().ok_or(Error::Forbidden)
    }
}

/// The proof that the person gave a whole proof of who they are within the last minutes: asked for by everything that
/// concerns the access itself. A bearer token never gives it.
pub struct Fresh(());

impl FromRequestParts<State> for Fresh {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        let live = parts.extensions.get::<Live>().ok_or(Error::ProofNeeded)?;
        if sessions::is_fresh(state, live.strong_at) { Ok(Self(())) } else { Err(Error::ProofNeeded) }
    }
}

impl<R: Right> FromRequestParts<State> for Acting<R> {
    type Rejection = Error;

    /// The decision was made for the row (`Access::Account`) and is turned here into the proof the handler asks for.
    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Error> {
        let granted = parts.extensions.get::<Granted>().ok_or(Error::NotFound)?;
        Ok(granted.acting()?)
    }
}

impl FromRequestParts<State> for Granted {
    type Rejection = Error;

    /// All that the decision for the row gave, for handlers that need more than one right.
    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Error> {
        parts.extensions.get::<Self>().cloned().ok_or(Error::NotFound)
    }
}

impl FromRequestParts<State> for Administering {
    type Rejection = Error;

    /// The decision was made for the row (`Access::Administrator`).
    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Error> {
        parts.extensions.get::<Self>().cloned().ok_or(Error::NotFound)
    }
}

/// Where the request comes from, as attempts are counted.
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<State> for ClientAddress {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        let peer = parts.extensions.get::<ConnectInfo<Peer>>();
        Ok(Self(layers::client_address(&state.config, peer, &parts.headers)))
    }
}

/// A form (`application/x-www-form-urlencoded`) within the row's limit.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned> FromRequest<State> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &State) -> Result<Self, Error> {
        match axum::Form::<T>::from_request(request, state).await {
            Ok(axum::Form(value)) => Ok(Self(value)),
            Err(FormRejection::InvalidFormContentType(_)) => Err(Error::UnsupportedType),
            Err(rejection) if rejection.status() == 413 => Err(Error::TooLarge),
            Err(_) => Err(Error::BadRequest("bad-form")),
        }
    }
}

/// A JSON body within the row's limit.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<State> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &State) -> Result<Self, Error> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Error::UnsupportedType),
            Err(rejection) if rejection.status() == 413 => Err(Error::TooLarge),
            Err(_) => Err(Error::BadRequest("bad-json")),
        }
    }
}

/// A path to come back to: ours, relative, or none. `//host` and `/\host` are other sites for browsers.
pub fn return_path(text: &str) -> Option<&str> {
    own_path(text).filter(|path| !path.starts_with("/connexion"))
}

/// The same, the sign-in pages included.
pub fn own_path(text: &str) -> Option<&str> {
    let ok = text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= 500
        && !text.contains(['\\', '#'])
        && text.chars().all(|c| c.is_ascii_graphic());
    ok.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_our_own_paths_are_returned_to() {
        assert_eq!(return_path("/courrier/a1/m2?avant=x"), Some("/courrier/a1/m2?avant=x"));
        for bad in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "courrier",
            "/a\r\nSet-Cookie: x",
            "/connexion",
        ] {
            assert_eq!(return_path(bad), None, "{bad}");
        }
        assert_eq!(own_path("/connexion?retour=/aide"), Some("/connexion?retour=/aide"));
        assert_eq!(own_path("//evil.example"), None);
    }

    #[test]
    fn cookies_and_bearers_are_found() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=1; __Host-pli=abc; __Host-pli-essai=def"));
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("bearer  tok"));
        assert_eq!(cookie(&headers, SESSION_COOKIE).as_deref(), Some("abc"));
        assert_eq!(cookie(&headers, "b"), None);
        assert_eq!(bearer(&headers).as_deref(), Some("tok"));
    }
}
