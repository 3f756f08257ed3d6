//! Documents without WebAssembly: presentation, sign-in, account, help, errors. Plain data in, text out.

use leptos::prelude::*;
use wire::{
    FieldError,
    portal::{Preferences, SignedIn},
};

use crate::{
    components::{Icon, Notice, SkipLink},
    format,
    i18n::{self, Lang},
    pages::{
        accueil::Home,
        aide::Help,
        compte::{PreferencesForm, Sessions},
        connexion::{Code, SignIn},
        erreur::{ErrorPage, sentences},
    },
    shell::{PageContext, head_links, provide_page},
};

/// A document and what it needs. Refusals are codes of `[error]` in the locales.
#[derive(Debug, Clone, PartialEq)]
pub enum PublicPage {
    Home,
    /// `retour` is the relative path to come back to, empty for the mail.
    SignIn {
        login: String,
        retour: String,
        error: Option<String>,
        wait_seconds: Option<u32>,
    },
    /// `resend_in`: seconds until another code may be asked for, 0 when now.
    Code {
        masked_contact: String,
        retour: String,
        error: Option<String>,
        resend_in: u32,
    },
    Sessions {
        list: Vec<SignedIn>,
    },
    Preferences {
        preferences: Preferences,
        errors: Vec<FieldError>,
    },
    Help,
    Error {
        status: u16,
        code: String,
        request_id: Option<String>,
    },
}

impl PublicPage {
    fn title(&self, context: &PageContext) -> String {
        let lang = context.lang;
        let page = match self {
            Self::Home => return i18n::home::title(lang).to_owned(),
            Self::SignIn { .. } => i18n::sign_in::title(lang),
            Self::Code { .. } => i18n::code::title(lang),
            Self::Sessions { .. } => i18n::sessions::title(lang),
            Self::Preferences { .. } => i18n::prefs::title(lang),
            Self::Help => i18n::help::title(lang),
            Self::Error { status, code, .. } => sentences(lang, *status, code).0,
        };
        format::page_title(lang, page)
    }

    fn draw(self, context: &PageContext) -> AnyView {
        let signed_in = context.signed_in.is_some();
        match self {
            Self::Home => view! { <Home signed_in=signed_in/> }.into_any(),
            Self::SignIn { login, retour, error, wait_seconds } => {
                view! { <SignIn login=login retour=retour error=error wait_seconds=wait_seconds/> }.into_any()
            }
            Self::Code { masked_contact, retour, error, resend_in } => {
                view! { <Code masked_contact=masked_contact retour=retour error=error resend_in=resend_in/> }.into_any()
            }
            Self::Sessions { list } => view! { <Sessions list=list now_local=context.now_local.clone()/> }.into_any(),
            Self::Preferences { preferences, errors } => {
                view! { <PreferencesForm preferences=preferences errors=errors/> }.into_any()
            }
            Self::Help => view! { <Help/> }.into_any(),
            Self::Error { status, code, request_id } => {
                view! { <ErrorPage status=status code=code request_id=request_id signed_in=signed_in/> }.into_any()
            }
        }
    }
}

/// The whole document, from `<!DOCTYPE html>` on. It holds no script.
pub fn render(page: PublicPage, context: PageContext) -> String {
    let owner = Owner::new();
    let html = owner.with(|| {
        provide_page(context.clone());
        document(page, context).to_html()
    });
    owner.cleanup();
    html
}

fn document(page: PublicPage, context: PageContext) -> impl IntoView + RenderHtml {
    let lang = context.lang;
    let title = page.title(&context);
    let indexed = matches!(page, PublicPage::Home | PublicPage::Help);
    let alone =
        !matches!(page, PublicPage::Home | PublicPage::Help | PublicPage::Sessions { .. } | PublicPage::Preferences { .. });
    let said = context.said.as_deref().and_then(|code| i18n::said(lang, code, 1));
    let content = page.draw(&context);
    // Who is signed in has a preference.
    let language = context.signed_in.is_none().then(|| view! { <OtherLanguage/> });
    view! {
        <!DOCTYPE html>
        <html lang=lang.code() data-theme=context.theme.clone()>
            <head>
                {head_links(&context)}
                <title>{title}</title>
                <meta name="description" content=i18n::app::tagline(lang)/>
                {(!indexed).then(|| view! { <meta name="robots" content="noindex"/> })}
            </head>
            <body class="public">
                <SkipLink/>
                <Header name=context.signed_in/>
                <main id="contenu" tabindex="-1" data-alone=alone.then_some("")>
                    {said.map(|text| view! { <Notice tone="ok" icon="check" role="status">{text}</Notice> })}
                    {content}
                </main>
                <footer class="public-foot">
                    <a href="/aide">{i18n::nav::help(lang)}</a>
                    {language}
                    <span>{i18n::app::emergency(lang)}</span>
                </footer>
            </body>
        </html>
    }
}

/// The same page in the other language, in the words of that language.
#[component]
fn OtherLanguage() -> impl IntoView {
    let lang = i18n::lang();
    let (other, words) = match lang {
        Lang::Fr => (Lang::En, i18n::app::english(lang)),
        Lang::En => (Lang::Fr, i18n::app::french(lang)),
    };
    view! {
        <form method="post" action="/langue">
            <button class="link" type="submit" name="langue" value=other.code() lang=other.code()>{words}</button>
        </form>
    }
}

#[component]
fn Header(name: Option<String>) -> impl IntoView {
    let lang = i18n::lang();
    let links = name.map(|name| {
        view! {
            <nav aria-label=i18n::account::title(lang)>
                <a href="/courrier"><Icon name="inbox"/>{i18n::home::open(lang)}</a>
                <a href="/compte/preferences">{i18n::prefs::title(lang)}</a>
                <a href="/compte/sessions">{i18n::sessions::title(lang)}</a>
                <form method="post" action="/deconnexion">
                    <button class="button" data-variant="quiet" type="submit" title=name>{i18n::nav::sign_out(lang)}</button>
                </form>
            </nav>
        }
    });
    view! {
        <header class="public-head">
            <a class="brand" href="/"><Icon name="pli"/>{i18n::app::name(lang)}</a>
            {links}
        </header>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> Vec<PublicPage> {
        let session = SignedIn {
            id: wire::id::SessionId(4),
            current: false,
            created_local: "2026-11-20T08:00".into(),
            seen_local: "2026-11-22T09:00".into(),
            agent: "Firefox, Windows".into(),
        };
        vec![
            PublicPage::Home,
            PublicPage::SignIn {
                login: "<b>\"".into(),
                retour: "/courrier".into(),
                error: Some("bad-credentials".into()),
                wait_seconds: None,
            },
            PublicPage::Code {
                masked_contact: "c…@e.fr".into(),
                retour: String::new(),
                error: Some("bad-code".into()),
                resend_in: 40,
            },
            PublicPage::Sessions { list: vec![SignedIn { current: true, ..session.clone() }, session] },
            PublicPage::Preferences { preferences: Preferences::default(), errors: Vec::new() },
            PublicPage::Help,
            PublicPage::Error { status: 404, code: "not-found".into(), request_id: Some("r1".into()) },
        ]
    }

    #[test]
    fn every_page_is_a_document_in_both_languages_without_script_or_style() {
        for lang in [Lang::Fr, Lang::En] {
            for page in pages() {
                let context = PageContext {
                    lang,
                    signed_in: Some("Claire".into()),
                    now_local: "2026-11-22T09:30".into(),
                    ..PageContext::default()
                };
                let html = render(page.clone(), context);
                assert!(html.starts_with("<!DOCTYPE html><html lang=\""), "{html}");
                assert!(html.contains(&format!("lang=\"{}\"", lang.code())));
                for forbidden in ["<script", " style=", "<b>"] {
                    assert!(!html.contains(forbidden), "{page:?}: {html}");
                }
                assert_eq!(html.matches("<h1").count(), 1, "{page:?}: {html}");
                assert!(html.contains("<title>") && html.contains("id=\"contenu\""));
            }
        }
    }

    #[test]
    fn a_refused_code_is_said_with_its_field() {
        let page = PublicPage::Code {
            masked_contact: "c…@e.fr".into(),
            retour: String::new(),
            error: Some("bad-code".into()),
            resend_in: 0,
        };
        let html = render(page, PageContext::default());
        assert!(html.contains("autocomplete=\"one-time-code\"") && html.contains("inputmode=\"numeric\""));
        assert!(html.contains("aria-describedby=\"code-erreur code-aide\"") && html.contains("aria-invalid=\"true\""));
        assert!(html.contains("action=\"/connexion/code/renvoyer\""));
    }
}
