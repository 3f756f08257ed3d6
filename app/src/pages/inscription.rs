//! `/inscription` and what one sees of the identity provider: opening a BAL step by step, by ordinary forms. What the
//! provider says is shown, never asked.

use leptos::prelude::*;

use crate::{
    components::{Button, ButtonLink, Checkbox, Field, Icon, Notice},
    i18n::{self, Lang},
};

mod steps;

pub use steps::{ChoiceLine, Head};
use steps::{CodeStep, ContactStep, IdentityStep, PasswordStep, TermsStep};

/// One page of the opening. Refusals are codes of `[error]` in the locales.
#[derive(Debug, Clone, PartialEq)]
pub enum OpeningPage {
    /// `open`: people may open a BAL by themselves here. `resumed`: one was being opened in this browser.
    Start {
        open: bool,
        resumed: bool,
    },
    /// Known at the provider, not entitled here: `no-profession`, `student`, `not-served`, `already`.
    Refused {
        reason: String,
    },
    /// Nobody came in: a code that begins with `psc-`.
    Failed {
        code: String,
        opening: bool,
    },
    Identity {
        head: Head,
        name: String,
        national_id: String,
        choices: Vec<ChoiceLine>,
        selected: Option<u64>,
        error: Option<String>,
    },
    Contact {
        head: Head,
        /// Somebody with a BAL here already: their address is known.
        known: bool,
        email: String,
        /// None where no text message is sent.
        mobile: Option<String>,
        mobile_error: Option<String>,
        liste_rouge: bool,
        /// The telephone of the place, when the provider gave one.
        phone: Option<String>,
        publish_phone: bool,
        error: Option<String>,
    },
    Code {
        head: Head,
        /// The mobile is verified, not the address.
        mobile: bool,
        masked_contact: String,
        error: Option<String>,
        resend_in: u32,
    },
    Password {
        head: Head,
        login: String,
        error: Option<String>,
        again_error: Option<String>,
    },
    Terms {
        head: Head,
        address: String,
        name: String,
        controller: String,
        email: String,
        mobile: Option<String>,
        liste_rouge: bool,
        /// The version in force and the day it began; none where nothing is published.
        cgu: Option<(i64, String)>,
        error: Option<String>,
    },
    Ready {
        address: String,
        controller: String,
        opened: String,
    },
    /// Signed out here, on the way to the provider.
    Leaving {
        url: String,
    },
}

impl OpeningPage {
    /// The title of the page.
    pub fn title(&self, lang: Lang) -> &'static str {
        match self {
            Self::Refused { .. } => i18n::opening::refused_title(lang),
            Self::Failed { .. } => i18n::opening::failed_title(lang),
            Self::Ready { .. } => i18n::opening::ready_title(lang),
            Self::Leaving { .. } => i18n::opening::leaving_title(lang),
            _ => i18n::opening::title(lang),
        }
    }

    /// Draws it.
    pub fn draw(self) -> AnyView {
        match self {
            Self::Start { open, resumed } => view! { <Start open=open resumed=resumed/> }.into_any(),
            Self::Refused { reason } => view! { <Refused reason=reason/> }.into_any(),
            Self::Failed { code, opening } => view! { <Failed code=code opening=opening/> }.into_any(),
            Self::Identity { head, name, national_id, choices, selected, error } => view! {
                <IdentityStep head=head name=name national_id=national_id choices=choices selected=selected error=error/>
            }
            .into_any(),
            Self::Contact { head, known, email, mobile, mobile_error, liste_rouge, phone, publish_phone, error } => view! {
                <ContactStep head=head known=known email=email mobile=mobile mobile_error=mobile_error liste_rouge=liste_rouge phone=phone publish_phone=publish_phone error=error/>
            }
            .into_any(),
            Self::Code { head, mobile, masked_contact, error, resend_in } => {
                view! { <CodeStep head=head mobile=mobile masked_contact=masked_contact error=error resend_in=resend_in/> }.into_any()
            }
            Self::Password { head, login, error, again_error } => {
                view! { <PasswordStep head=head login=login error=error again_error=again_error/> }.into_any()
            }
            Self::Terms { head, address, name, controller, email, mobile, liste_rouge, cgu, error } => view! {
                <TermsStep head=head address=address name=name controller=controller email=email mobile=mobile liste_rouge=liste_rouge cgu=cgu error=error/>
            }
            .into_any(),
            Self::Ready { address, controller, opened } => {
                view! { <Ready address=address controller=controller opened=opened/> }.into_any()
            }
            Self::Leaving { url } => view! { <Leaving url=url/> }.into_any(),
        }
    }
}

/// The link to the identity provider. `opening`: to open a BAL, not only to sign in.
#[component]
pub fn PscLink(#[prop(optional, into)] retour: String, #[prop(optional)] opening: bool) -> impl IntoView {
    let lang = i18n::lang();
    let href = match (opening, retour.as_str()) {
        (true, _) => "/connexion/psc?pour=inscription".to_owned(),
        (false, "") => "/connexion/psc".to_owned(),
        (false, back) => ["/connexion/psc?retour=", &encoded(back)].concat(),
    };
    view! {
        <a class="button psc" data-variant="primary" href=href rel="external nofollow">
            <Icon name="shield"/>
            {i18n::opening::psc(lang)}
        </a>
    }
}

/// Percent-encodes what may not stand in a query.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[component]
fn Start(open: bool, resumed: bool) -> impl IntoView {
    let lang = i18n::lang();
    let needs = i18n::opening::needs(lang).iter().map(|need| view! { <li><Icon name="check"/><span>{*need}</span></li> });
    let action = match open {
        true => view! {
            <PscLink opening=true/>
            <p class="field-hint">{i18n::opening::psc_what(lang)}</p>
        }
        .into_any(),
        false => view! { <Notice tone="info">{i18n::opening::closed(lang)}</Notice> }.into_any(),
    };
    view! {
        <section class="sheet opening">
            <h1>{i18n::opening::title(lang)}</h1>
            <p class="lead">{i18n::opening::lead(lang)}</p>
            {resumed.then(|| view! { <Notice tone="info" role="status">{i18n::opening::resume(lang)}</Notice> })}
            <h2>{i18n::opening::needs_title(lang)}</h2>
            <ul class="opening-needs">{needs.collect_view()}</ul>
            {action}
            <h2>{i18n::opening::others_title(lang)}</h2>
            <p>{i18n::opening::others(lang)}</p>
            <p class="card-foot"><span>{i18n::opening::has_account(lang)} " "<a href="/connexion">{i18n::home::sign_in(lang)}</a></span></p>
        </section>
    }
}

#[component]
fn Refused(reason: String) -> impl IntoView {
    let lang = i18n::lang();
    let (why, what) = match reason.as_str() {
        "student" => (i18n::opening::refused_student(lang), i18n::opening::refused_student_what(lang)),
        "not-served" => (i18n::opening::refused_not_served(lang), i18n::opening::refused_not_served_what(lang)),
        _ => (i18n::opening::refused_no_profession(lang), i18n::opening::refused_no_profession_what(lang)),
    };
    view! {
        <section class="sheet opening">
            <h1>{i18n::opening::refused_title(lang)}</h1>
            <Notice tone="warning">{why}</Notice>
            <h2>{i18n::opening::refused_what(lang)}</h2>
            <p>{what}</p>
            <p>{i18n::opening::refused_nothing(lang)}</p>
            <p class="opening-links">
                <a href="/contact">{i18n::opening::to_support(lang)}</a>
                <a href="/aide">{i18n::nav::help(lang)}</a>
                <a href="/connexion">{i18n::home::sign_in(lang)}</a>
            </p>
        </section>
    }
}

#[component]
fn Failed(code: String, opening: bool) -> impl IntoView {
    let lang = i18n::lang();
    let suspended = code == "psc-suspended";
    let again = match suspended {
        true => ().into_any(),
        false => view! { <PscLink opening=opening/> }.into_any(),
    };
    view! {
        <section class="card">
            <h1>{i18n::opening::failed_title(lang)}</h1>
            <Notice tone="danger" role="alert">{i18n::error(lang, &code, &[])}</Notice>
            <p>{i18n::opening::failed_what(lang)}</p>
            {again}
            <div class="card-foot">
                <p><a href="/connexion">{i18n::opening::other_means(lang)}</a></p>
                <p><a href="/contact">{i18n::opening::to_support(lang)}</a></p>
                <p>{i18n::opening::never_asks(lang)}</p>
            </div>
        </section>
    }
}

#[component]
fn Ready(address: String, controller: String, opened: String) -> impl IntoView {
    let lang = i18n::lang();
    let next = i18n::opening::next(lang).iter().map(|text| view! { <li><span>{*text}</span></li> });
    view! {
        <section class="sheet opening">
            <h1>{i18n::opening::ready_title(lang)}</h1>
            <p class="lead">{i18n::opening::ready_lead(lang)}</p>
            <dl class="opening-facts">
                <div><dt>{i18n::opening::address(lang)}</dt><dd class="opening-address">{address}</dd></div>
                <div><dt>{i18n::opening::controller(lang)}</dt><dd>{controller}</dd></div>
                <div><dt>{i18n::opening::opened(lang)}</dt><dd>{crate::format::date::day(lang, &opened)}</dd></div>
            </dl>
            <ButtonLink href="/courrier" variant="primary">{i18n::home::open(lang)}</ButtonLink>
            <h2>{i18n::opening::next_title(lang)}</h2>
            <ul class="plain-list">{next.collect_view()}</ul>
            <p class="opening-links">
                <a href="/compte">{i18n::opening::to_account(lang)}</a>
                <a href="/annuaire">{i18n::directory::title(lang)}</a>
                <a href="/aide">{i18n::nav::help(lang)}</a>
            </p>
        </section>
    }
}

#[component]
fn Leaving(url: String) -> impl IntoView {
    let lang = i18n::lang();
    view! {
        <section class="card">
            <h1>{i18n::opening::leaving_title(lang)}</h1>
            <p>{i18n::opening::leaving(lang)}</p>
            <p><a href=url rel="external">{i18n::opening::leaving_go(lang)}</a></p>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        public::{PublicPage, render},
        shell::PageContext,
    };

    fn pages() -> Vec<OpeningPage> {
        let head = Head { at: 2, of: 5, before: Some("/inscription/identite".into()) };
        let line = |index| ChoiceLine {
            index,
            profession: "Médecin".into(),
            speciality: Some("<b>".into()),
            place: "<script>".into(),
            employed: index == 1,
            controller: "CH".into(),
            address: "a.b@medecin.mssante.example".into(),
        };
        let identity = |choices| OpeningPage::Identity {
            head: Head { at: 1, of: 5, before: None },
            name: "<b>".into(),
            national_id: "8".into(),
            choices,
            selected: Some(1),
            error: Some("required".into()),
        };
        vec![
            OpeningPage::Start { open: true, resumed: true },
            OpeningPage::Start { open: false, resumed: false },
            OpeningPage::Refused { reason: "student".into() },
            OpeningPage::Failed { code: "psc-down".into(), opening: true },
            identity(vec![line(0), line(1)]),
            identity(vec![line(0)]),
            OpeningPage::Contact {
                head: head.clone(),
                known: false,
                email: "\"><script>".into(),
                mobile: Some("<b>".into()),
                mobile_error: Some("mobile-bad".into()),
                liste_rouge: true,
                phone: Some("01".into()),
                publish_phone: false,
                error: Some("email-is-mssante".into()),
            },
            OpeningPage::Code {
                head: head.clone(),
                mobile: false,
                masked_contact: "c…@e.fr".into(),
                error: None,
                resend_in: 4,
            },
            OpeningPage::Code { head: head.clone(), mobile: true, masked_contact: "+336".into(), error: None, resend_in: 0 },
            OpeningPage::Password {
                head: head.clone(),
                login: "a".into(),
                error: Some("required".into()),
                again_error: None,
            },
            OpeningPage::Terms {
                head,
                address: "a".into(),
                name: "b".into(),
                controller: "<b>".into(),
                email: "d".into(),
                mobile: Some("+33612345678".into()),
                liste_rouge: false,
                cgu: Some((3, "1er mai 2026".into())),
                error: Some("cgu-needed".into()),
            },
            OpeningPage::Ready { address: "a".into(), controller: "b".into(), opened: "2026-11-22T09:00".into() },
            OpeningPage::Leaving { url: "https://auth.example/?a=\"<".into() },
        ]
    }

    #[test]
    fn every_page_is_a_document_that_asks_for_nothing_the_provider_says() {
        for lang in [Lang::Fr, Lang::En] {
            for page in pages() {
                let html =
                    render(PublicPage::Opening(Box::new(page.clone())), PageContext { lang, ..PageContext::default() });
                for forbidden in ["<script", " style=", "<b>", "name=\"name\"", "name=\"address\"", "name=\"profession\""] {
                    assert!(!html.contains(forbidden), "{forbidden} in {page:?}: {html}");
                }
                assert_eq!(html.matches("<h1").count(), 1, "{page:?}: {html}");
            }
        }
    }
}
