//! The mail pages, rendered before they are sent. What they ask for is answered in process, with the caller's rights.

use std::sync::Arc;

use app::{
    api::{Backend, compose::Composer},
    shell::shell,
};
use async_trait::async_trait;
use axum::{
    extract::{FromRequestParts, Request, State as AxumState},
    http::{HeaderValue, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::{nonce::Nonce as LeptosNonce, prelude::provide_context};
use serde_json::Value;
use store::mailboxes::Role;
use wire::{Problem, id::AccountId, jmap, portal::Me};

use super::{
    extract::Nonce,
    headers,
    public::{self, Spoken},
};
use crate::{
    auth::{
        Caller,
        rights::{self, Acting, Read},
        sessions::{self, Live},
    },
    error::Error,
    portal::me,
    state::State,
};

/// What a page asks, answered for the person it is rendered for.
struct InProcess {
    state: State,
    caller: Caller,
    me: Me,
    composer: Composer,
}

#[async_trait]
impl Backend for InProcess {
    async fn jmap(&self, request: jmap::Request) -> Result<jmap::Response, Problem> {
        crate::jmap::handle(&self.state, &self.caller, request).await
    }

    fn composer(&self) -> Composer {
        self.composer.clone()
    }

    async fn portal(&self, method: &'static str, path: String, _: Option<Value>) -> Result<Value, Problem> {
        match (method, path.as_str()) {
            ("GET", "/api/me") => serde_json::to_value(&self.me).map_err(|e| Error::Internal(e.into()).into_problem()),
            _ => Err(Error::NotFound.into_problem()),
        }
    }
}

async fn inbox_path(state: &State, account: AccountId) -> Result<String, Error> {
    let inbox = state.store.mailbox_by_role(account, Role::Inbox).await?.ok_or(Error::NotFound)?;
    Ok(format!("/courrier/{account}/{inbox}"))
}

/// `GET /courrier`: the inbox of one's own account, else of the first that one may read.
pub async fn home(AxumState(state): AxumState<State>, caller: Caller) -> Result<Redirect, Error> {
    let own = rights::own(&state, &caller).await?;
    let mut accounts = rights::accounts(&state, &caller).await?;
    accounts.sort_by_key(|(account, _)| (!own.contains(account), *account));
    let Some((first, _)) = accounts.first() else {
        // Who works for the operator may have no BAL at all.
        let staff = state.store.staff_since(caller.person).await?;
        return staff.map(|_| Redirect::to("/admin/file")).ok_or(Error::NotFound);
    };
    Ok(Redirect::to(&inbox_path(&state, *first).await?))
}

/// `GET /courrier/{account}`.
pub async fn account(AxumState(state): AxumState<State>, acting: Acting<Read>) -> Result<Redirect, Error> {
    Ok(Redirect::to(&inbox_path(&state, acting.account()).await?))
}

/// What a handler needs of its request to draw a mail page.
pub struct Page {
    live: Option<Live>,
    /// The language of the browser.
    pub spoken: Spoken,
    nonce: Nonce,
}

impl FromRequestParts<State> for Page {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        let live = Live::from_request_parts(parts, state).await.ok();
        let spoken = Spoken::from_request_parts(parts, state).await?;
        Ok(Self { live, spoken, nonce: Nonce::from_request_parts(parts, state).await? })
    }
}

/// `GET /courrier/{account}/…`: the list, a conversation, the composer.
pub async fn mail(
    AxumState(state): AxumState<State>,
    acting: Acting<Read>,
    page: Page,
    request: Request,
) -> Result<Response, Error> {
    draw(&state, acting.caller(), &page, new_composer(&state), request).await
}

/// What a composer that is drawn now starts with: the id of this drawing, which makes posting it twice harmless.
pub fn new_composer(state: &State) -> Composer {
    Composer { form: sessions::new_token(&*state.random), refused: None }
}

/// Draws the mail page of the request's address for this person. With a refused composer it is drawn without
/// WebAssembly, since the address in the browser is another.
///
/// # Errors
/// The store's.
pub async fn draw(
    state: &State,
    caller: &Caller,
    page: &Page,
    composer: Composer,
    request: Request,
) -> Result<Response, Error> {
    let left = page.live.as_ref().map_or((0, 0), |live| (live.idle_seconds, live.absolute_seconds));
    let me = me::me(state, caller, left).await?;
    let nonce = page.nonce.clone();
    let context = public::context(state, page.spoken, &nonce);
    let mut context = public::personal(context, &me.preferences, me.name.clone(), state.clock.now_ms());
    context.said = said(request.uri().query());
    context.plain = composer.refused.is_some();
    let backend: Arc<dyn Backend> = Arc::new(InProcess { state: state.clone(), caller: caller.clone(), me, composer });
    let policy = headers::page_policy(&nonce.0);
    let render = leptos_axum::render_app_async_with_context(
        move || {
            provide_context(LeptosNonce::from_value(nonce.0.clone()));
            provide_context(backend.clone());
        },
        move || shell(context.clone()),
    );
    let mut response = render(request).await.into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(axum::http::header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// The code after `?dit=`.
fn said(query: Option<&str>) -> Option<String> {
    let mut pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(key, value)| (key == "dit").then(|| value.chars().take(40).collect()))
}
