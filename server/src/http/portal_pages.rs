//! The public pages: help, legal texts, terms of service, contact, status. No WebAssembly, no script.

use app::{
    i18n::{self, Lang},
    pages::portail::{AcceptCgu, Article, ContactForm},
    public::PublicPage,
    shell::PageContext,
};
use axum::{
    extract::{Path, Query, State as AxumState},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use store::{
    Actor, Means,
    cgu::{CguText, CguVersion},
};
use wire::FieldError;

use super::{
    extract::{self, ClientAddress, Form, Nonce, Visitor},
    public::{self, Spoken},
};
use crate::{
    auth::Caller,
    error::Error,
    portal::{cgu, rtf, site, support},
    state::State,
};

/// What a page knows of whoever looks at it: their language and theme when they are signed in.
async fn context(state: &State, visitor: Visitor, spoken: Spoken, nonce: &Nonce) -> Result<PageContext, Error> {
    let context = public::context(state, spoken, nonce);
    let Some(caller) = visitor.0 else { return Ok(context) };
    let preferences = state.store.preferences(caller.person).await?;
    let name = state.store.person(caller.person).await?.name;
    Ok(public::personal(context, &preferences, name, state.clock.now_ms()))
}

fn show(article: Article, context: PageContext) -> Response {
    public::page(StatusCode::OK, PublicPage::Article(Box::new(article)), context)
}

macro_rules! articles {
    ($($(#[$doc:meta])* $name:ident = |$state:ident, $lang:ident| $article:expr;)*) => {$(
        $(#[$doc])*
        pub async fn $name(
            AxumState($state): AxumState<State>,
            visitor: Visitor,
            spoken: Spoken,
            nonce: Nonce,
        ) -> Result<Response, Error> {
            let context = context(&$state, visitor, spoken, &nonce).await?;
            let $lang = context.lang;
            Ok(show($article, context))
        }
    )*};
}

articles! {
    /// `GET /aide`.
    help = |state, lang| site::help(lang);
    /// `GET /configurations`.
    requirements = |state, lang| site::requirements(lang);
    /// `GET /securite`.
    security = |state, lang| site::security(&state.config, lang);
    /// `GET /mentions-legales`.
    legal = |state, lang| site::legal(&state.config, lang);
    /// `GET /confidentialite`.
    privacy = |state, lang| site::privacy(&state.config, lang);
    /// `GET /patients`.
    patients = |state, lang| site::patients(&state.config, lang);
    /// `GET /cookies`.
    cookies = |state, lang| site::cookies(&state.config, lang);
    /// `GET /accessibilite`.
    accessibility = |state, lang| site::accessibility(lang);
    /// `GET /etat`.
    status = |state, lang| site::status(&state, lang).await;
    /// `GET /cgu`: the version in force.
    cgu = |state, lang| match state.store.cgu_current(state.clock.now_ms()).await? {
        Some(current) => cgu_article(&state, lang, current.version).await?,
        None => Article {
            title: i18n::cgu::none(lang).into(),
            lead: i18n::cgu::none_what(lang).into(),
            text: versions(lang, &state.store.cgu_versions().await?, state.clock.now_ms()),
            ..Article::default()
        },
    };
}

/// `GET /cgu/{version}`.
pub async fn cgu_version(
    AxumState(state): AxumState<State>,
    Path(version): Path<String>,
    visitor: Visitor,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let context = context(&state, visitor, spoken, &nonce).await?;
    let article = cgu_article(&state, context.lang, number(&version)?).await?;
    Ok(show(article, context))
}

async fn cgu_article(state: &State, lang: Lang, version: i64) -> Result<Article, Error> {
    use i18n::cgu as words;
    let text = state.store.cgu_text(version).await?;
    let (all, now) = (state.store.cgu_versions().await?, state.clock.now_ms());
    let current = state.store.cgu_current(now).await?.map(|current| current.version);
    let number = version.to_string();
    let from = cgu::day(lang, text.version.from_at);
    // The newest first: the one before a version in the list came after it.
    let next = all.iter().filter(|other| other.version > version).min_by_key(|other| other.version);
    let lead = match next {
        _ if Some(version) == current => words::lead_current(lang, &from, &number),
        _ if text.version.from_at > now => words::lead_coming(lang, &from, &number),
        Some(next) => words::lead_past(lang, &from, &cgu::day(lang, next.from_at), &number),
        None => words::lead_coming(lang, &from, &number),
    };
    let digest: String = text.version.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let (body, french, binding) = spoken_text(lang, &text);
    let remark = binding.map(|text| app::pages::portail::Remark { tone: "info", text });
    Ok(Article {
        title: words::title(lang).into(),
        lead,
        text: [&body, "\n\n", &versions(lang, &all, now)].concat(),
        contents: true,
        remark,
        links: vec![(format!("/cgu/{version}/texte"), words::download(lang).into())],
        indexed: true,
        text_lang: french.then_some("fr"),
        foot: Some(words::digest(lang, &digest)),
        ..Article::default()
    })
}

/// The text in this language, whether it is French on an English page, and what is said of that.
fn spoken_text(lang: Lang, text: &CguText) -> (String, bool, Option<String>) {
    match (lang, &text.translation) {
        (Lang::Fr, _) => (text.body.clone(), false, None),
        (Lang::En, Some(translation)) => (translation.clone(), false, Some(i18n::cgu::binding(lang).into())),
        (Lang::En, None) => (text.body.clone(), true, Some(i18n::cgu::binding_only_french(lang).into())),
    }
}

/// All versions as links, in the marks of a text.
fn versions(lang: Lang, all: &[CguVersion], now: i64) -> String {
    use i18n::cgu as words;
    if all.is_empty() {
        return String::new();
    }
    let current = all.iter().filter(|version| version.from_at <= now).map(|version| version.version).max();
    let line = |version: &CguVersion| {
        let words = words::version_line(lang, &cgu::day(lang, version.from_at), &version.version.to_string());
        let state = match (Some(version.version) == current, version.from_at > now) {
            (true, _) => format!(" ({})", i18n::cgu::version_current(lang)),
            (_, true) => format!(" ({})", i18n::cgu::version_coming(lang)),
            _ => String::new(),
        };
        format!("- [{words}](/cgu/{}){state}\n", version.version)
    };
    format!("# {}\n\n{}", words::versions(lang), all.iter().map(line).collect::<String>())
}

/// The number of a version as it stands in an address.
fn number(text: &str) -> Result<i64, Error> {
    text.parse().map_err(|_| Error::NotFound)
}

/// A file to keep.
fn file(body: String, kind: &'static str, name: &str) -> Result<Response, Error> {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.map_err(|error| Error::Internal(error.into()))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, disposition)], body)
        .into_response())
}

/// `GET /cgu/{version}/texte`: exactly what was published, which the digest is of.
pub async fn cgu_text(AxumState(state): AxumState<State>, Path(version): Path<String>) -> Result<Response, Error> {
    let version = number(&version)?;
    let text = state.store.cgu_text(version).await?;
    file(text.body, "text/plain; charset=utf-8", &format!("cgu-{version}.txt"))
}

/// `GET /patients/modele.rtf`.
pub async fn patients_template(AxumState(state): AxumState<State>, spoken: Spoken) -> Result<Response, Error> {
    let name = i18n::site::template_title(spoken.0);
    let name: String = app::format::prose::slug(name);
    file(rtf::document(&site::patients_note(&state.config, spoken.0)), "application/rtf", &format!("{name}.rtf"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AcceptQuery {
    retour: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AcceptForm {
    version: i64,
    cgu: String,
    notice: String,
    retour: String,
}

/// `GET /cgu/accepter`.
pub async fn cgu_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(query): Query<AcceptQuery>,
) -> Result<Response, Error> {
    let form = AcceptForm { retour: query.retour, ..AcceptForm::default() };
    accept_page(&state, caller, spoken, &nonce, form, false).await
}

/// `POST /cgu/accepter`.
pub async fn cgu_accept(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<AcceptForm>,
) -> Result<Response, Error> {
    let wanted = cgu::to_accept(&state, caller.person).await?.map(|(version, _)| version);
    // What was read must be what is in force now: a version published meanwhile is shown first.
    if form.cgu.is_empty() || form.notice.is_empty() || wanted.is_some_and(|wanted| wanted != form.version) {
        return accept_page(&state, caller, spoken, &nonce, form, true).await;
    }
    if wanted.is_some() {
        cgu::accept(&state, &caller, form.version).await?;
    }
    Ok(Redirect::to(extract::return_path(&form.retour).unwrap_or("/courrier")).into_response())
}

async fn accept_page(
    state: &State,
    caller: Caller,
    spoken: Spoken,
    nonce: &Nonce,
    form: AcceptForm,
    refused: bool,
) -> Result<Response, Error> {
    use i18n::cgu as words;
    let Some((version, early)) = cgu::to_accept(state, caller.person).await? else {
        return Ok(Redirect::to(extract::return_path(&form.retour).unwrap_or("/courrier")).into_response());
    };
    let first = state.store.cgu_accepted(caller.person).await?.is_empty();
    let context = context(state, Visitor(Some(caller)), spoken, nonce).await?;
    let lang = context.lang;
    let text = state.store.cgu_text(version).await?;
    let from = cgu::day(lang, text.version.from_at);
    let (body, french, binding) = spoken_text(lang, &text);
    let cgu = AcceptCgu {
        version,
        reason: match (early, first) {
            (true, _) => words::accept_early(lang, &from),
            (false, true) => words::accept_first(lang).into(),
            (false, false) => words::accept_new(lang, &from),
        },
        text: body,
        french,
        binding,
        notice: app::format::date::day(lang, cgu::NOTICE),
        retour: extract::return_path(&form.retour).unwrap_or_default().into(),
        read_cgu: !form.cgu.is_empty() && form.version == version,
        read_privacy: !form.notice.is_empty(),
        refused,
        early,
    };
    let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(public::page(status, PublicPage::AcceptCgu(Box::new(cgu)), context))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ContactQuery {
    motif: String,
    /// The reference of what was just sent, and its motif.
    envoi: String,
}

/// `GET /contact`.
pub async fn contact(
    AxumState(state): AxumState<State>,
    visitor: Visitor,
    spoken: Spoken,
    nonce: Nonce,
    Query(query): Query<ContactQuery>,
) -> Result<Response, Error> {
    let context = context(&state, visitor, spoken, &nonce).await?;
    let motif = support::motif(&query.motif);
    let form = ContactForm { kind: motif.into(), ..ContactForm::default() };
    let mut page = support::page(&state, context.lang, form);
    // Only what can be a reference is shown back.
    page.sent = store::support::from_reference(&query.envoi)
        .map(|id| (store::support::reference(id), matches!(motif, "identifiants" | "intrusion")));
    Ok(public::page(StatusCode::OK, PublicPage::Contact(Box::new(page)), context))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct WriteForm {
    kind: String,
    to: String,
    name: String,
    reply_to: String,
    address: String,
    text: String,
    /// Nobody sees this field: what fills it in is not a person.
    website: String,
}

/// `POST /contact`.
pub async fn contact_write(
    AxumState(state): AxumState<State>,
    visitor: Visitor,
    ClientAddress(from): ClientAddress,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<WriteForm>,
) -> Result<Response, Error> {
    let actor = visitor.0.as_ref().map_or(Actor { person: None, session: None, means: Means::Web }, Caller::actor);
    let context = context(&state, visitor, spoken, &nonce).await?;
    let short = |text: String, most: usize| text.chars().take(most).collect::<String>();
    let typed = ContactForm {
        kind: support::motif(&form.kind).into(),
        to: short(form.to, 100),
        name: short(form.name, 100),
        reply_to: short(form.reply_to, 254),
        address: short(form.address, 254),
        text: short(form.text, support::TEXT_CHARS + 1),
    };
    let mut page = support::page(&state, context.lang, typed);
    if !form.website.is_empty() {
        page.errors = vec![FieldError { field: "website".into(), code: "bad-request".into(), params: Vec::new() }];
        return Ok(public::page(StatusCode::UNPROCESSABLE_ENTITY, PublicPage::Contact(Box::new(page)), context));
    }
    let status = match support::write(&state, actor, from, context.lang, &page.form).await? {
        support::Written::Kept { reference } => {
            return Ok(Redirect::to(&format!("/contact?motif={}&envoi={reference}", page.form.kind)).into_response());
        }
        support::Written::Refused(errors) => {
            page.errors = errors;
            StatusCode::UNPROCESSABLE_ENTITY
        }
        support::Written::TooMany { minutes } => {
            page.wait_minutes = Some(minutes);
            StatusCode::TOO_MANY_REQUESTS
        }
    };
    Ok(public::page(status, PublicPage::Contact(Box::new(page)), context))
}
