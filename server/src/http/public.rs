//! Documents without WebAssembly: the one place where handlers meet `app::public`.

use app::{
    i18n::Lang,
    public::{PublicPage, render},
    shell::{AssetUrls, PageContext},
};
use axum::{
    extract::State as AxumState,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use wire::{Problem, portal::Preferences};

use super::{
    cookies::LANGUAGE_SECONDS,
    extract::{self, Form, Nonce, Visitor},
};
use crate::{
    auth::means::{self, SignedBy},
    clock,
    error::Error,
    portal::maintenance,
    state::State,
};

/// The language of a request: the cookie, then what the browser accepts.
#[derive(Debug, Clone, Copy)]
pub struct Spoken(pub Lang);

impl Spoken {
    /// Reads it from the headers.
    pub fn of(headers: &HeaderMap) -> Self {
        let chosen = extract::cookie(headers, extract::LANGUAGE_COOKIE).and_then(|code| Lang::from_code(&code));
        let accepted = || headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).map(Lang::accepted);
        Self(chosen.or_else(accepted).unwrap_or_default())
    }
}

impl axum::extract::FromRequestParts<State> for Spoken {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &State) -> Result<Self, Error> {
        Ok(Self::of(&parts.headers))
    }
}

/// Addresses of the built files.
pub fn assets(state: &State) -> AssetUrls {
    let url = |name| state.assets.url(name).to_owned();
    AssetUrls {
        css: url("app.css"),
        js: url("app.js"),
        wasm: url("app_bg.wasm"),
        sprite: url("sprite.svg"),
        favicon: url("favicon.svg"),
        manifest: url("site.webmanifest"),
        passkey: url("passkey.js"),
        waiting: url("waiting.js"),
    }
}

/// What a page knows before it is drawn, for nobody in particular.
pub fn context(state: &State, spoken: Spoken, nonce: &Nonce) -> PageContext {
    let zone = Preferences::default().zone;
    let passkeys = state.passkeys.as_ref().filter(|_| means::is_on(state, SignedBy::Passkey));
    PageContext {
        nonce: nonce.0.to_string(),
        lang: spoken.0,
        assets: assets(state),
        now_local: clock::local_minutes(state.clock.now_ms(), &zone),
        banner: maintenance::both(&state.config.maintenance, state.clock.now_ms()),
        psc: state.psc.is_some() && means::is_on(state, SignedBy::Psc),
        passkeys: passkeys.map(|passkeys| passkeys.origin().to_owned()),
        opening: state.config.is_open(),
        ..PageContext::default()
    }
}

/// The same, for a person: their language, theme and zone win.
pub fn personal(mut context: PageContext, preferences: &Preferences, name: String, now_ms: i64) -> PageContext {
    if let Some(lang) = preferences.language.as_deref().and_then(Lang::from_code) {
        context.lang = lang;
    }
    context.theme = preferences.theme.clone();
    context.density = preferences.density.clone();
    context.now_local = clock::local_minutes(now_ms, &preferences.zone);
    context.signed_in = Some(name);
    context
}

/// A page with its status.
pub fn page(status: StatusCode, page: PublicPage, context: PageContext) -> Response {
    (status, Html(render(page, context))).into_response()
}

/// A problem as a page.
pub fn error(state: &State, problem: &Problem, spoken: Spoken, nonce: &Nonce) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // A page has one sentence: that of the first refused field, when there is one.
    let code = problem.errors.first().map_or(problem.code(), |error| error.code.as_str());
    let what = PublicPage::Error {
        status: status.as_u16(),
        code: sentence(code).to_owned(),
        request_id: problem.request_id.clone(),
    };
    page(status, what, context(state, spoken, nonce))
}

/// The code of the locales that says this to people.
fn sentence(code: &str) -> &str {
    match code {
        "account-read-only" => "accountReadOnly",
        "bad-form" | "method-not-allowed" | "unsupported-type" => "bad-request",
        "busy" | "timeout" => "unavailable",
        other => other,
    }
}

/// The address of the sign-in page that comes back to `path`.
pub fn sign_in_path(path: &str) -> String {
    with_back("/connexion", path)
}

/// The address of `page` that leads back to `path` afterwards.
pub fn with_back(page: &str, path: &str) -> String {
    match extract::return_path(path) {
        Some("/" | "/courrier") | None => page.into(),
        Some(path) => format!("{page}?retour={}", encode(path)),
    }
}

/// Percent-encodes what may not stand in a query.
fn encode(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// `GET /`: the public home, or the mail for who is signed in.
pub async fn home(AxumState(state): AxumState<State>, Visitor(who): Visitor, spoken: Spoken, nonce: Nonce) -> Response {
    if who.is_some() {
        return Redirect::to("/courrier").into_response();
    }
    page(StatusCode::OK, PublicPage::Home, context(&state, spoken, &nonce))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LanguageForm {
    langue: String,
}

/// `POST /langue`: keeps the language of who is not signed in, and comes back to the page (`Referrer-Policy` lets the
/// browser say which).
pub async fn language(
    AxumState(state): AxumState<State>,
    headers: HeaderMap,
    Form(form): Form<LanguageForm>,
) -> Result<Response, Error> {
    let lang = Lang::from_code(&form.langue).ok_or(Error::BadRequest("bad-form"))?;
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let back = referer.and_then(|url| url.strip_prefix(state.config.origin())).and_then(extract::own_path);
    let kept = extract::set_cookie(extract::LANGUAGE_COOKIE, lang.code(), LANGUAGE_SECONDS)?;
    Ok(([(header::SET_COOKIE, kept)], Redirect::to(back.unwrap_or("/"))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_where_one_was() {
        assert_eq!(sign_in_path("/courrier"), "/connexion");
        assert_eq!(
            sign_in_path("/courrier/a1/m2?avant=x&filtre=y"),
            "/connexion?retour=/courrier/a1/m2%3Favant%3Dx%26filtre%3Dy"
        );
        assert_eq!(sign_in_path("//evil.example"), "/connexion");
    }
}
