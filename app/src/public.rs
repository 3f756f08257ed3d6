//! Documents without WebAssembly: presentation, sign-in, account, help and legal pages, errors. Plain data in, text out.

use leptos::prelude::*;
use wire::{
    FieldError,
    portal::{Preferences, SignedIn},
};

use crate::{
    components::{ButtonLink, Icon, Notice, SiteBanner, SkipLink},
    format,
    i18n::{self, Lang},
    pages::{
        accueil::Home,
        annuaire::{Directory, DirectoryPage},
        approbation::{ApprovalPage, Approvals},
        boites::{self, Boxes},
        compte::{
            PreferencesForm, Sessions,
            account::{AccountPage, AccountSheet},
        },
        connexion::{
            Code, CodePage, SignIn,
            secours::{Recovery, RecoveryPage},
        },
        delegation::OfferPage,
        erreur::{ErrorPage, sentences},
        exploitation::{Operator, OperatorPage},
        impression::{self, Conversation},
        inscription::OpeningPage,
        patients::{Patients, PatientsScreen},
        portail::{AcceptCgu, AcceptPage, Article, ArticlePage, Contact, ContactPage},
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
    /// A second proof that is asked for.
    Code(Box<CodePage>),
    /// For those who cannot sign in.
    Recovery(Box<Recovery>),
    /// One's own account.
    Account(Box<AccountPage>),
    Sessions {
        list: Vec<SignedIn>,
    },
    Preferences {
        preferences: Preferences,
        errors: Vec<FieldError>,
    },
    Error {
        status: u16,
        code: String,
        request_id: Option<String>,
    },
    /// Help, legal texts, terms of service, status.
    Article(Box<Article>),
    Contact(Box<Contact>),
    AcceptCgu(Box<AcceptCgu>),
    /// The identity provider, and opening a BAL.
    Opening(Box<OpeningPage>),
    Directory(Box<DirectoryPage>),
    /// For who works for the operator.
    Operator(Box<OperatorPage>),
    /// An enrolled browser is asked.
    Approval(Box<ApprovalPage>),
    /// What the link of an invitation shows.
    Offer(Box<OfferPage>),
    /// One inbox over all BALs.
    Boxes(Box<Boxes>),
    /// A conversation for paper.
    Print(Box<Conversation>),
    /// The patients of a BAL.
    Patients(Box<PatientsScreen>),
}

impl PublicPage {
    fn title(&self, context: &PageContext) -> String {
        let lang = context.lang;
        let page = match self {
            Self::Home => return i18n::home::title(lang).to_owned(),
            Self::SignIn { .. } => i18n::sign_in::title(lang),
            Self::Code(_) => i18n::code::title(lang),
            Self::Recovery(page) => page.title(lang),
            Self::Account(page) => page.title(lang),
            Self::Sessions { .. } => i18n::sessions::title(lang),
            Self::Preferences { .. } => i18n::prefs::title(lang),
            Self::Error { status, code, .. } => sentences(lang, *status, code).0,
            Self::Article(article) => return format::page_title(lang, &article.title),
            Self::Contact(_) => i18n::contact::title(lang),
            Self::AcceptCgu(_) => i18n::cgu::accept_title(lang),
            Self::Opening(page) => page.title(lang),
            Self::Directory(_) => i18n::directory::title(lang),
            Self::Operator(page) => page.title(lang),
            Self::Approval(_) => i18n::approval::title(lang),
            Self::Offer(page) => page.title(lang),
            Self::Boxes(_) => i18n::boxes::title(lang),
            Self::Print(_) => i18n::message::print(lang),
            Self::Patients(screen) => screen.title(lang),
        };
        format::page_title(lang, page)
    }

    fn draw(self, context: &PageContext) -> AnyView {
        let signed_in = context.signed_in.is_some();
        match self {
            Self::Home => view! { <Home signed_in=signed_in opening=context.opening/> }.into_any(),
            Self::SignIn { login, retour, error, wait_seconds } => {
                view! { <SignIn login=login retour=retour error=error wait_seconds=wait_seconds/> }.into_any()
            }
            Self::Code(page) => view! { <Code page=*page/> }.into_any(),
            Self::Recovery(page) => view! { <RecoveryPage page=*page/> }.into_any(),
            Self::Account(page) => view! { <AccountSheet page=*page now_local=context.now_local.clone()/> }.into_any(),
            Self::Sessions { list } => view! { <Sessions list=list now_local=context.now_local.clone()/> }.into_any(),
            Self::Preferences { preferences, errors } => {
                view! { <PreferencesForm preferences=preferences errors=errors/> }.into_any()
            }
            Self::Error { status, code, request_id } => {
                view! { <ErrorPage status=status code=code request_id=request_id signed_in=signed_in/> }.into_any()
            }
            Self::Article(article) => view! { <ArticlePage article=*article/> }.into_any(),
            Self::Contact(contact) => view! { <ContactPage contact=*contact/> }.into_any(),
            Self::AcceptCgu(cgu) => view! { <AcceptPage cgu=*cgu/> }.into_any(),
            Self::Opening(page) => page.draw(),
            Self::Directory(page) => view! { <Directory page=*page/> }.into_any(),
            Self::Operator(page) => view! { <Operator page=*page now_local=context.now_local.clone()/> }.into_any(),
            Self::Approval(page) => view! { <Approvals page=*page now_local=context.now_local.clone()/> }.into_any(),
            Self::Offer(page) => page.draw(),
            Self::Boxes(page) => boites::boxes(*page, &context.now_local),
            Self::Print(page) => impression::conversation(*page),
            Self::Patients(screen) => view! { <Patients screen=*screen now_local=context.now_local.clone()/> }.into_any(),
        }
    }

    /// Pages that search engines may keep.
    fn is_indexed(&self) -> bool {
        match self {
            Self::Home | Self::Contact(_) => true,
            Self::Article(article) => article.indexed,
            _ => false,
        }
    }

    /// Small forms and errors stand in the middle of the screen.
    fn is_alone(&self) -> bool {
        match self {
            Self::SignIn { .. }
            | Self::Code(_)
            | Self::Recovery(_)
            | Self::Error { .. }
            | Self::Approval(_)
            | Self::Offer(_) => true,
            Self::Account(page) => matches!(**page, AccountPage::Confirm { .. }),
            _ => false,
        }
    }
}

/// The whole document, from `<!DOCTYPE html>` on. It holds no script but the modules of the site that wait and that ask
/// for passkeys.
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
    let (indexed, alone) = (page.is_indexed(), page.is_alone());
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
                <SiteBanner banner=context.banner.clone()/>
                <Header name=context.signed_in staff=context.staff alone=alone/>
                <main id="contenu" tabindex="-1" data-alone=alone.then_some("")>
                    {said.map(|text| view! { <Notice tone="ok" icon="check" role="status">{text}</Notice> })}
                    {content}
                </main>
                <Foot language/>
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
fn Header(name: Option<String>, staff: bool, alone: bool) -> impl IntoView {
    let lang = i18n::lang();
    let links = match name {
        Some(name) => view! {
            <nav aria-label=i18n::account::title(lang)>
                <a href="/courrier"><Icon name="inbox"/>{i18n::home::open(lang)}</a>
                {staff.then(|| view! { <a href="/admin/file">{i18n::operator::short(lang)}</a> })}
                <a href="/compte">{i18n::account::home(lang)}</a>
                <form method="post" action="/deconnexion">
                    <button class="button" data-variant="quiet" type="submit" title=name>{i18n::nav::sign_out(lang)}</button>
                </form>
            </nav>
        }
        .into_any(),
        None if alone => ().into_any(),
        None => view! {
            <nav aria-label=i18n::foot::service(lang)>
                <a href="/aide">{i18n::foot::help_title(lang)}</a>
                <a href="/contact">{i18n::foot::contact(lang)}</a>
                <ButtonLink href="/connexion">{i18n::foot::sign_in(lang)}</ButtonLink>
            </nav>
        }
        .into_any(),
    };
    view! {
        <header class="public-head">
            <a class="brand" href="/"><Icon name="pli"/>{i18n::app::name(lang)}</a>
            {links}
        </header>
    }
}

/// Columns of the foot: heading, then addresses and their words.
type FootColumn = (fn(Lang) -> &'static str, &'static [(&'static str, fn(Lang) -> &'static str)]);

const FOOT: [FootColumn; 3] = [
    (
        i18n::foot::service,
        &[
            ("/", i18n::foot::home),
            ("/configurations", i18n::foot::requirements),
            ("/etat", i18n::foot::status),
            ("/mentions-legales", i18n::foot::legal),
        ],
    ),
    (
        i18n::foot::help_title,
        &[
            ("/aide", i18n::nav::help),
            ("/securite", i18n::foot::security),
            ("/contact", i18n::foot::contact),
            ("/contact?motif=intrusion", i18n::foot::report),
        ],
    ),
    (
        i18n::foot::legal_title,
        &[
            ("/cgu", i18n::foot::cgu),
            ("/confidentialite", i18n::foot::privacy),
            ("/patients", i18n::foot::patients),
            ("/cookies", i18n::foot::cookies),
            ("/accessibilite", i18n::foot::accessibility),
        ],
    ),
];

#[component]
fn Foot<V: IntoView + 'static>(language: V) -> impl IntoView {
    let lang = i18n::lang();
    let columns = FOOT
        .iter()
        .map(|(title, links)| {
            let links = links.iter().map(|(href, words)| view! { <li><a href=*href>{words(lang)}</a></li> }).collect_view();
            view! { <div><p class="strong">{title(lang)}</p><ul>{links}</ul></div> }
        })
        .collect_view();
    view! {
        <footer class="public-foot">
            <nav aria-label=i18n::foot::label(lang)>{columns}</nav>
            <div class="foot-end">
                <p>{i18n::app::emergency(lang)}</p>
                {language}
            </div>
        </footer>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::{
        approbation::{Approval, RequestLine},
        compte::devices::{DeviceKind, Devices},
        portail::{ContactForm, Insert, Reachable, Table},
    };

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
            PublicPage::Code(Box::new(CodePage {
                action: "/connexion/code",
                means: "email",
                contact: "c…@e.fr".into(),
                error: Some("bad-code".into()),
                resend_in: 40,
                others: vec!["totp"],
                cancel: "/connexion",
                ..CodePage::default()
            })),
            PublicPage::Code(Box::new(CodePage {
                action: "/connexion/code",
                means: "approval",
                approval: Some(Approval { number: "42".into(), state: "waiting" }),
                cancel: "/connexion",
                ..CodePage::default()
            })),
            PublicPage::Approval(Box::new(ApprovalPage {
                browser: Some("<b>".into()),
                requests: vec![RequestLine {
                    id: "1".into(),
                    agent: "<script>".into(),
                    at_local: "2026-11-22T09:00".into(),
                    error: Some("approval-number".into()),
                }],
            })),
            PublicPage::Approval(Box::default()),
            PublicPage::Account(Box::new(AccountPage::Devices(Box::new(Devices {
                approval: true,
                totp: true,
                refused: Some((DeviceKind::Browser, "<b>".into(), "name-needed".into())),
                ..Devices::default()
            })))),
            PublicPage::Sessions { list: vec![SignedIn { current: true, ..session.clone() }, session] },
            PublicPage::Preferences { preferences: Preferences::default(), errors: Vec::new() },
            PublicPage::Error { status: 404, code: "not-found".into(), request_id: Some("r1".into()) },
            PublicPage::Article(Box::new(Article {
                title: "Titre".into(),
                text: "# <b>Un\n? Quoi ?\n- <script>\n@facts\n@keys".into(),
                inserts: vec![
                    Insert::Table(Table {
                        name: "facts",
                        caption: "c".into(),
                        head: vec!["a".into()],
                        rows: vec![vec!["<b>".into()]],
                    }),
                    Insert::Keys,
                ],
                contents: true,
                ..Article::default()
            })),
            PublicPage::Contact(Box::new(Contact {
                contacts: vec![Reachable { name: "Support".into(), phone: "01 02".into(), ..Reachable::default() }],
                form: ContactForm { kind: "panne".into(), text: "<script>".into(), ..ContactForm::default() },
                errors: vec![FieldError { field: "text".into(), code: "required".into(), params: Vec::new() }],
                ..Contact::default()
            })),
            PublicPage::AcceptCgu(Box::new(AcceptCgu {
                version: 2,
                reason: "Parce que".into(),
                text: "# Article 1 <script>\nTexte".into(),
                french: true,
                binding: None,
                notice: "22 novembre 2026".into(),
                retour: "/courrier".into(),
                read_cgu: true,
                read_privacy: false,
                refused: true,
                early: false,
            })),
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
        let page = PublicPage::Code(Box::new(CodePage {
            action: "/connexion/code",
            means: "email",
            contact: "c…@e.fr".into(),
            error: Some("bad-code".into()),
            resend_in: 0,
            others: vec!["totp"],
            cancel: "/connexion",
            ..CodePage::default()
        }));
        let html = render(page, PageContext::default());
        assert!(html.contains("autocomplete=\"one-time-code\"") && html.contains("inputmode=\"numeric\""));
        assert!(html.contains("aria-describedby=\"code-erreur code-aide\"") && html.contains("aria-invalid=\"true\""));
        assert!(html.contains("action=\"/connexion/code/renvoyer\""));
    }
}
