//! THE table of routes: method, path, who may, what kind of answer, handler. The router, the OpenAPI document and the
//! authorisation test are made from it; a test refuses routes declared anywhere else.

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{self, Next},
    routing::{MethodRouter, delete, get, patch, post},
};
use wire::portal::Action;

use super::{account_pages, assets, body, download, events, forms, health, jmap, layers, openapi, pages, public, sign_in};
use crate::{portal, state::State};

/// Who may use a row. The guard asks before the handler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone.
    Public,
    /// Whoever is signed in; what is answered is about them.
    SignedIn,
    /// Whoever is signed in; which BAL is touched stands in the body, and the use case asks for the right.
    InBody,
    /// Who has this right over the BAL `{account}` of the path.
    Account(Action),
}

/// What kind of answer a row gives: it decides the security policy and how refusals look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page: refusals are pages, and sign-in for who is not.
    Page,
    /// The post of a page's form: the same.
    Form,
    /// JSON: refusals are problem documents.
    Api,
    /// One message in its frame.
    Frame,
    /// Bytes that the browser saves.
    Download,
    /// Events without end.
    Stream,
    /// Files of the site.
    Asset,
}

/// One row.
#[derive(Debug)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
    pub kind: Kind,
    /// Name in logs, counters and the OpenAPI document.
    pub id: &'static str,
    pub summary: &'static str,
    /// Octets of the body at most.
    pub body: usize,
}

impl Route {
    /// How long an answer may take to begin.
    pub fn seconds(&self) -> u64 {
        if self.body > SMALL { 600 } else { 60 }
    }
}

/// Bodies of forms and small JSON.
const SMALL: usize = 64 * 1024;
/// Bodies that their handler counts by itself, to refuse them as RFC 8620 says.
const COUNTED: usize = 1024 * 1024 * 1024;
/// The composer's form with its files.
const COMPOSED: usize = wire::limits::MESSAGE_OCTETS as usize + 1024 * 1024;

macro_rules! body {
    () => {
        SMALL
    };
    ($octets:expr) => {
        $octets
    };
}

macro_rules! routes {
    ($($verb:ident $method:literal $path:literal $kind:ident $access:expr, $id:literal, $handler:expr, $summary:literal $(, $octets:expr)?;)*) => {
        /// Every route of the web listener.
        pub const ROUTES: &[Route] = &[$(Route {
            method: $method,
            path: $path,
            access: $access,
            kind: Kind::$kind,
            id: $id,
            summary: $summary,
            body: body!($($octets)?),
        }),*];

        fn handlers() -> Vec<MethodRouter<State>> {
            vec![$($verb($handler)),*]
        }
    };
}

use Access::{Account, InBody, Public, SignedIn};

routes! {
    get "GET" "/" Page Public, "home", public::home, "The public home";
    get "GET" "/aide" Page Public, "help", public::help, "Help";
    post "POST" "/langue" Form Public, "language", public::language, "Keeps the language of who is not signed in";
    get "GET" "/connexion" Page Public, "sign-in-form", sign_in::form, "Form of the password";
    post "POST" "/connexion" Form Public, "sign-in-password", sign_in::password, "Checks the password, sends a code";
    get "GET" "/connexion/code" Page Public, "sign-in-code-form", sign_in::code_form, "Form of the code";
    post "POST" "/connexion/code" Form Public, "sign-in-code", sign_in::code, "Checks the code, begins a session";
    post "POST" "/connexion/code/renvoyer" Form Public, "sign-in-resend", sign_in::resend, "Sends a new code";
    post "POST" "/deconnexion" Form SignedIn, "sign-out-form", sign_in::sign_out, "Ends the session, or all of them";

    get "GET" "/compte/sessions" Page SignedIn, "account-sessions", account_pages::sessions, "Where one is signed in";
    post "POST" "/compte/sessions" Form SignedIn, "account-session-end", account_pages::end_session, "Ends one session";
    get "GET" "/compte/preferences" Page SignedIn, "account-preferences", account_pages::preferences, "Form of the preferences";
    post "POST" "/compte/preferences" Form SignedIn, "account-preferences-set", portal::preferences::post, "Keeps preferences";

    get "GET" "/courrier" Page SignedIn, "mail", pages::home, "To the first inbox";
    get "GET" "/courrier/{account}" Page Account(Action::Read), "mail-account", pages::account, "To the inbox of an account";
    get "GET" "/courrier/{account}/{*place}" Page Account(Action::Read), "mail-page", pages::mail, "The mail pages";

    post "POST" "/courrier/faire" Form InBody, "mail-act", forms::act, "Does what a form of the mail pages asks", COMPOSED;
    post "POST" "/courrier/chercher" Form InBody, "mail-search", forms::seek, "Saves a search";
    get "GET" "/corps/{account}/{email}" Frame Account(Action::Read), "mail-body", body::body, "One message, for its frame";
    get "GET" "/telecharger/{account}/{email}/{part}" Download Account(Action::Read), "mail-download", download::part, "A message or one of its parts";

    get "GET" "/.well-known/jmap" Api SignedIn, "jmap-discovery", jmap::session, "The JMAP session object (RFC 8620 §2.2)";
    get "GET" "/jmap/session" Api SignedIn, "jmap-session", jmap::session, "The JMAP session object (RFC 8620 §2)";
    post "POST" "/jmap" Api InBody, "jmap", jmap::api, "JMAP requests (RFC 8620 §3)", COUNTED;
    post "POST" "/jmap/upload/{account}" Api Account(Action::Draft), "jmap-upload", jmap::upload, "Uploads a blob (RFC 8620 §6.1)", COUNTED;
    get "GET" "/jmap/download/{account}/{blob}/{name}" Download Account(Action::Read), "jmap-download", download::blob, "Downloads a blob (RFC 8620 §6.2)";
    get "GET" "/jmap/events" Stream SignedIn, "jmap-events", events::events, "Changes as they happen (RFC 8620 §7.3)";

    get "GET" "/api/me" Api SignedIn, "me", portal::me::get, "Who is signed in, with their accounts";
    patch "PATCH" "/api/me/preferences" Api SignedIn, "me-preferences", portal::preferences::patch, "Changes preferences";
    post "POST" "/api/session/stay" Api SignedIn, "session-stay", portal::sessions::stay, "Keeps the session alive";
    get "GET" "/api/sessions" Api SignedIn, "sessions", portal::sessions::get, "Where one is signed in";
    delete "DELETE" "/api/sessions/{session}" Api SignedIn, "session-end", portal::sessions::delete, "Ends one session";
    post "POST" "/api/sign-out" Api SignedIn, "sign-out", portal::sessions::sign_out, "Ends the session, or all of them";
    get "GET" "/api/openapi.json" Api Public, "openapi", openapi::get, "This document";

    get "GET" "/assets/{*path}" Asset Public, "asset", assets::serve, "Files of the site";
    get "GET" "/healthz" Api Public, "alive", health::alive, "The process lives";
    get "GET" "/readyz" Api Public, "ready", health::ready, "The service can answer";
}

/// The whole web service.
pub fn router(state: State) -> Router {
    let mut router = Router::new();
    for (route, handler) in ROUTES.iter().zip(handlers()) {
        let guard = middleware::from_fn(layers::guarding(state.clone(), route));
        let handler = handler.route_layer(guard).route_layer(DefaultBodyLimit::max(route.body));
        router = router.route(route.path, handler);
    }
    let (missing, wrong, outside) = (state.clone(), state.clone(), state.clone());
    router
        .fallback(move |request: Request| layers::unmatched(missing.clone(), request))
        .method_not_allowed_fallback(move |request: Request| layers::wrong_method(wrong.clone(), request))
        .layer(middleware::from_fn(move |request: Request, next: Next| layers::outside(outside.clone(), request, next)))
        .with_state(state)
}

/// What the listener of the counters answers.
pub fn metrics_router(state: State) -> Router {
    Router::new().route("/metrics", get(health::metrics)).with_state(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn rows_are_distinct_and_named() {
        let rows: HashSet<_> = ROUTES.iter().map(|route| (route.method, route.path)).collect();
        let ids: HashSet<_> = ROUTES.iter().map(|route| route.id).collect();
        assert_eq!((rows.len(), ids.len()), (ROUTES.len(), ROUTES.len()));
    }

    #[test]
    fn a_path_with_an_account_asks_for_a_right_over_it() {
        for route in ROUTES {
            let named = route.path.contains("{account}");
            assert_eq!(named, matches!(route.access, Access::Account(_)), "{} {}", route.method, route.path);
        }
    }
}
