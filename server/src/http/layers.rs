//! What stands around every handler, in order: request id and log line; origin of writes; who and may they; how much
//! and how long; then, on the way out, refused pages made readable and the security headers.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    RequestExt,
    body::Body,
    extract::{ConnectInfo, RawPathParams, Request},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use store::Means;
use wire::{
    Problem,
    id::{AccountId, OrganisationId},
};

use super::{
    compress::Coding,
    extract::{self, Nonce},
    headers,
    listener::Peer,
    public,
    routes::{Access, Kind, Route},
};
use crate::{
    auth::{Caller, rights, sessions, tokens},
    config::Config,
    error::{Error, PROOF_NEEDED},
    portal,
    state::State,
    telemetry,
};

/// Name of the header that gives a request its id in answers.
const REQUEST_ID: &str = "x-request-id";

/// The id of the row that answered, for the log.
#[derive(Clone, Copy)]
struct Answered(&'static Route);

/// Around everything: gives the request an id, logs one line and counts it. Never the path: it holds ids.
pub async fn outside(state: State, mut request: Request, next: Next) -> Response {
    let mut bytes = [0; 8];
    state.random.fill(&mut bytes);
    let id = format!("{:016x}", u64::from_be_bytes(bytes));
    let nonce = sessions::new_token(&*state.random);
    request.extensions_mut().insert(Nonce(nonce.into()));
    let method = request.method().clone();
    let _in_flight = state.metrics.enter();
    let started = Instant::now();
    let mut response = telemetry::in_request(id.clone(), next.run(request)).await;
    let took = started.elapsed();
    let route = response.extensions().get::<Answered>().map_or("unmatched", |answered| answered.0.id);
    let status = response.status().as_u16();
    state.metrics.request(route, status, took);
    tracing::info!(request = id, %method, route, status, micros = took.as_micros() as u64, "answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Around one row: everything that its declaration asks for.
pub async fn guard(state: State, route: &'static Route, mut request: Request, next: Next) -> Response {
    let nonce = request.extensions().get::<Nonce>().cloned().unwrap_or_default();
    let from = Asked::of(&state.config, &request);
    let dynamic = matches!(route.kind, Kind::Page | Kind::Form | Kind::Api);
    let coding = Coding::wanted(request.headers()).filter(|_| dynamic);
    let mut response = match admit(&state, route, &mut request).await {
        Ok(()) => run(route, request, next).await,
        Err(error) => error.into_response(),
    };
    if matches!(route.kind, Kind::Page | Kind::Form)
        && let Some(problem) = response.extensions_mut().remove::<Problem>()
    {
        response = readable(&state, &problem, &from, &nonce);
    }
    headers::secure(response.headers_mut(), route.kind, &nonce.0, state.config.is_https());
    response.extensions_mut().insert(Answered(route));
    match coding {
        Some(coding) => coding.shrunk(response).await,
        None => response,
    }
}

/// What of a request a refusal needs once the request is gone.
struct Asked {
    /// The page that was asked for or that a form was posted from.
    back: String,
    spoken: public::Spoken,
    /// There was a session once.
    had_session: bool,
}

impl Asked {
    fn of(config: &Config, request: &Request) -> Self {
        let headers = request.headers();
        let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
        let back = match request.method().is_safe() {
            true => request.uri().path_and_query().map(|path| path.as_str()),
            false => referer.and_then(|url| url.strip_prefix(config.origin())),
        };
        Self {
            back: back.unwrap_or_default().to_owned(),
            spoken: public::Spoken::of(headers),
            had_session: extract::cookie(headers, extract::SESSION_COOKIE).is_some(),
        }
    }
}

/// A refused page as a page: sign-in when that is what is missing, otherwise what happened.
fn readable(state: &State, problem: &Problem, from: &Asked, nonce: &Nonce) -> Response {
    if problem.code() == PROOF_NEEDED {
        return Redirect::to(&public::with_back("/compte/confirmer", &from.back)).into_response();
    }
    if problem.code() == portal::cgu::NOT_ACCEPTED {
        return Redirect::to(&public::with_back("/cgu/accepter", &from.back)).into_response();
    }
    if problem.status != 401 {
        return public::error(state, problem, from.spoken, nonce);
    }
    let mut path = public::sign_in_path(&from.back);
    if from.had_session {
        path.push_str(if path.contains('?') { "&dit=expired" } else { "?dit=expired" });
    }
    Redirect::to(&path).into_response()
}

async fn run(route: &'static Route, request: Request, next: Next) -> Response {
    let request: Request<Body> = request.with_limited_body().map(Body::new);
    match tokio::time::timeout(Duration::from_secs(route.seconds()), next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::Timeout.into_response(),
    }
}

/// May this request go on? Leaves who asks, and what they may do there, in the request's extensions.
async fn admit(state: &State, route: &Route, request: &mut Request) -> Result<(), Error> {
    let bearer = extract::bearer(request.headers());
    if !request.method().is_safe() && bearer.is_none() {
        same_origin(&state.config, request.headers())?;
    }
    too_long(route, request.headers())?;
    if route.kind == Kind::Frame && !framed(request.headers()) {
        return Err(Error::NotFound);
    }
    let caller = identify(state, bearer.as_deref(), request).await?;
    if caller.as_ref().is_some_and(|caller| caller.means == Means::Application) && !route.is_for_software() {
        return Err(Error::Forbidden);
    }
    match route.access {
        Access::Public => Ok(()),
        Access::BeforeCgu => caller.map(|_| ()).ok_or(Error::Unauthenticated),
        Access::SignedIn | Access::InBody => portal::cgu::accepted(state, &caller.ok_or(Error::Unauthenticated)?).await,
        Access::Staff => {
            let caller = caller.ok_or(Error::Unauthenticated)?;
            // An application password opens none of these pages: only a session, which a second proof began.
            if caller.session.is_none() || state.store.staff_since(caller.person).await?.is_none() {
                return Err(Error::NotFound);
            }
            portal::cgu::accepted(state, &caller).await
        }
        Access::Administrator => {
            let caller = caller.ok_or(Error::Unauthenticated)?;
            let administering = rights::administering(state, &caller, structure_of(request).await?).await?;
            portal::cgu::accepted(state, &caller).await?;
            request.extensions_mut().insert(administering);
            Ok(())
        }
        Access::Account(action) => {
            let caller = caller.ok_or(Error::Unauthenticated)?;
            portal::cgu::accepted(state, &caller).await?;
            let account = account_of(request).await?;
            let granted = rights::granted(state, &caller, account).await?;
            granted.require(action)?;
            request.extensions_mut().insert(granted);
            Ok(())
        }
    }
}

async fn identify(state: &State, bearer: Option<&str>, request: &mut Request) -> Result<Option<Caller>, Error> {
    if let Some(token) = bearer {
        // A token that is not one is refused even where nothing is asked for: a client should know.
        let caller = tokens::find(state, token).await?.ok_or(Error::Unauthenticated)?;
        request.extensions_mut().insert(caller.clone());
        return Ok(Some(caller));
    }
    let Some(token) = extract::cookie(request.headers(), extract::SESSION_COOKIE) else {
        return certified(state, request).await;
    };
    let act = !request.headers().contains_key(extract::AUTOMATIC);
    let Some(live) = sessions::find(state, &token, act).await? else { return Ok(None) };
    let caller = live.caller.clone();
    request.extensions_mut().insert(caller.clone());
    request.extensions_mut().insert(live);
    Ok(Some(caller))
}

/// The program whose certificate the connection showed.
async fn certified(state: &State, request: &mut Request) -> Result<Option<Caller>, Error> {
    let Some(peer) = request.extensions().get::<ConnectInfo<Peer>>() else { return Ok(None) };
    let chain = peer.0.chain.clone();
    let caller = tokens::of_certificate(state, &chain).await?;
    if let Some(caller) = &caller {
        request.extensions_mut().insert(caller.clone());
    }
    Ok(caller)
}

async fn structure_of(request: &mut Request) -> Result<OrganisationId, Error> {
    let params: RawPathParams = request.extract_parts().await.map_err(|_| Error::NotFound)?;
    let text = params.iter().find_map(|(name, value)| (name == "structure").then_some(value));
    text.and_then(|text| text.parse().ok()).ok_or(Error::NotFound)
}

async fn account_of(request: &mut Request) -> Result<AccountId, Error> {
    let params: RawPathParams = request.extract_parts().await.map_err(|_| Error::NotFound)?;
    let text = params.iter().find_map(|(name, value)| (name == "account").then_some(value));
    text.and_then(|text| text.parse().ok()).ok_or(Error::NotFound)
}

/// Writes with a cookie must come from our own pages. Browsers that send `Sec-Fetch-Site` are believed; others must
/// send an equal `Origin`.
fn same_origin(config: &Config, headers: &HeaderMap) -> Result<(), Error> {
    let ok = match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => headers.get(header::ORIGIN).is_some_and(|origin| origin == config.origin()),
    };
    if ok { Ok(()) } else { Err(Error::CrossSite) }
}

/// A message is shown in a frame of ours, never as a page of its own.
fn framed(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_some_and(|dest| dest == "iframe")
        && headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin")
}

fn too_long(route: &Route, headers: &HeaderMap) -> Result<(), Error> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<usize>().ok());
    if length.is_some_and(|length| length > route.body) { Err(Error::TooLarge) } else { Ok(()) }
}

/// Where a request comes from: the peer or, when the peer is a proxy we trust, the last address before our proxies.
pub fn client_address(config: &Config, peer: Option<&ConnectInfo<Peer>>, headers: &HeaderMap) -> IpAddr {
    let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.address.ip().to_canonical());
    let trusted = |address: &IpAddr| config.web.trusted_proxies.contains(address);
    if !trusted(&peer) {
        return peer;
    }
    let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.iter().rev() {
        match hop.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(address) if trusted(&address) => {}
            Ok(address) => return address,
            Err(_) => return peer,
        }
    }
    peer
}

/// No row matches: a page for people, a problem for programs.
pub async fn unmatched(state: State, request: Request) -> Response {
    refuse(&state, &request, Error::NotFound)
}

/// A row matches, but not with this method.
pub async fn wrong_method(state: State, request: Request) -> Response {
    refuse(&state, &request, Error::MethodNotAllowed)
}

fn refuse(state: &State, request: &Request, error: Error) -> Response {
    let nonce = request.extensions().get::<Nonce>().cloned().unwrap_or_default();
    let accepts_html = |v: &HeaderValue| v.to_str().is_ok_and(|v| v.contains("text/html"));
    let page = request.method() == Method::GET && request.headers().get(header::ACCEPT).is_some_and(accepts_html);
    let (mut response, kind) = if page {
        let spoken = public::Spoken::of(request.headers());
        (public::error(state, &error.into_problem(), spoken, &nonce), Kind::Page)
    } else {
        (error.into_response(), Kind::Api)
    };
    headers::secure(response.headers_mut(), kind, &nonce.0, state.config.is_https());
    response
}

/// The guard as axum wants it: a function of the request and what is next.
pub fn guarding(
    state: State,
    route: &'static Route,
) -> impl Fn(Request, Next) -> futures::future::BoxFuture<'static, Response> + Clone {
    let state = Arc::new(state);
    move |request, next| {
        let state = State::clone(&state);
        Box::pin(guard(state, route, request, next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Loaded;

    fn config(proxies: &str) -> Config {
        let environment = [("PLI_WEB__TRUSTED_PROXIES".to_owned(), proxies.to_owned())];
        Loaded::read(None, environment.into_iter()).and_then(|loaded| loaded.config()).unwrap()
    }

    fn seen(proxies: &str, peer: &str, forwarded: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_str(forwarded).unwrap());
        let address = std::net::SocketAddr::new(peer.parse().unwrap(), 1);
        let peer = ConnectInfo(Peer { address, chain: Default::default() });
        client_address(&config(proxies), Some(&peer), &headers).to_string()
    }

    #[test]
    fn forwarded_addresses_are_believed_from_our_proxies_only() {
        assert_eq!(seen("", "192.0.2.1", "198.51.100.9"), "192.0.2.1");
        assert_eq!(seen("192.0.2.1", "192.0.2.1", "198.51.100.9"), "198.51.100.9");
        assert_eq!(seen("192.0.2.1", "192.0.2.1", "10.0.0.1, 198.51.100.9"), "198.51.100.9");
        assert_eq!(seen("192.0.2.1,192.0.2.2", "192.0.2.1", "198.51.100.9, 192.0.2.2"), "198.51.100.9");
        assert_eq!(seen("192.0.2.1", "192.0.2.1", "198.51.100.9, garbage"), "192.0.2.1");
    }

    #[test]
    fn writes_come_from_our_own_pages() {
        let config = config("");
        let of = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs.iter().map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v))).collect();
            same_origin(&config, &headers).is_ok()
        };
        assert!(of(&[("sec-fetch-site", "same-origin")]));
        assert!(of(&[("origin", "http://127.0.0.1:3000")]));
        assert!(!of(&[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:3000")]));
        assert!(!of(&[("sec-fetch-site", "none")]));
        assert!(!of(&[("origin", "https://evil.example")]));
        assert!(!of(&[("origin", "null")]));
        assert!(!of(&[]));
    }
}
