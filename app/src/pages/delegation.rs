//! `/delegation/{token}`: what the link of an invitation shows. No WebAssembly; whoever has it may refuse, accepting takes
//! a sign-in.

use leptos::prelude::*;
use wire::delegation::DelegateRole;

use super::compte::delegations::role_given;
use super::structure::{self, StructureOffer};
use crate::{
    components::{Button, ButtonLink, Checkbox, Field, Notice},
    format::date,
    i18n::{self, Lang, delegation as words},
};

/// What is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub token: String,
    pub holder: String,
    pub address: String,
    pub role: DelegateRole,
    pub from_local: String,
    pub to_local: String,
    pub reason: String,
}

/// What the visitor can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nobody is signed in. `join`: the address that may become a means of sign-in here.
    SignIn { psc: bool, join: Option<String> },
    /// It is theirs. `sign`: the name under the undertaking, for whom their status does not bind.
    Answer { sign: Option<String> },
}

/// The page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfferPage {
    Gone,
    /// The one who is signed in is not the one it is for.
    Other,
    Offer {
        offered: Offered,
        next: Next,
        /// Field and code.
        error: Option<(String, String)>,
    },
    /// Into a structure.
    Structure(Box<StructureOffer>),
}

impl OfferPage {
    /// The heading, which is also the title of the document.
    pub fn title(&self, lang: Lang) -> &'static str {
        match self {
            Self::Gone => words::offer_gone_title(lang),
            Self::Other => words::offer_other_title(lang),
            Self::Offer { .. } => words::offer_title(lang),
            Self::Structure(_) => i18n::structure::offer_title(lang),
        }
    }

    /// Draws it.
    pub fn draw(self) -> AnyView {
        let lang = i18n::lang();
        let title = self.title(lang);
        let content = match self {
            Self::Gone => view! { <p>{words::offer_gone(lang)}</p> }.into_any(),
            Self::Other => view! {
                <p>{words::offer_other(lang)}</p>
                <form method="post" action="/deconnexion"><Button>{i18n::nav::sign_out(lang)}</Button></form>
            }
            .into_any(),
            Self::Offer { offered, next, error } => offer(offered, next, error),
            Self::Structure(page) => structure::offer(*page),
        };
        view! { <section class="card offer"><h1>{title}</h1>{content}</section> }.into_any()
    }
}

fn offer(offered: Offered, next: Next, error: Option<(String, String)>) -> AnyView {
    let lang = i18n::lang();
    let action = ["/delegation/", &offered.token].concat();
    let dates = words::offer_dates(lang, &date::day(lang, &offered.from_local), &date::day(lang, &offered.to_local));
    let general = error.as_ref().filter(|(at, _)| at.is_empty() || at == "engagement");
    let general = general.map(|(_, code)| i18n::error(lang, code, &[]));
    let general = general.map(|text| view! { <Notice tone="danger" role="alert">{text}</Notice> });
    let way = match next {
        Next::SignIn { psc, join } => sign_in(&action, psc, join, error.as_ref()),
        Next::Answer { sign } => answer(&action, sign, error.as_ref()),
    };
    view! {
        <p class="lead">{words::offer_lead(lang, &offered.address, &offered.holder)}</p>
        <dl class="facts">
            <div><dt>{words::offer_role(lang)}</dt><dd>{role_given(lang, offered.role)}</dd></div>
            <div><dt>{words::offer_when(lang)}</dt><dd>{dates}</dd></div>
            <div><dt>{words::offer_reason(lang)}</dt><dd>{offered.reason}</dd></div>
        </dl>
        <p>{words::offer_traced(lang)}</p>
        {general}
        {way}
        <form method="post" action=action>
            <button class="button" data-variant="quiet" type="submit" name="op" value="refuser">{words::refuse(lang)}</button>
        </form>
    }
    .into_any()
}

/// How one who is not signed in goes on: by signing in, or by making a means of sign-in.
pub(super) fn sign_in(action: &str, psc: bool, join: Option<String>, error: Option<&(String, String)>) -> AnyView {
    let lang = i18n::lang();
    let back = action.to_owned();
    let psc = psc.then(|| {
        let href = ["/connexion/psc?retour=", &back].concat();
        view! { <a class="button" href=href rel="external">{words::offer_psc(lang)}</a> }
    });
    let said = |field: &str| {
        let refused = error.filter(|(at, _)| at == field);
        Signal::stored(refused.map(|(_, code)| i18n::error(lang, code, &[])))
    };
    let join = join.map(|email| {
        view! {
            <h2>{words::offer_join_title(lang)}</h2>
            <p>{words::offer_join_lead(lang, &email)}</p>
            <form method="post" action=action.to_owned()>
                <input type="hidden" name="login" autocomplete="username" value=email.clone()/>
                <Field id="password" name="password" kind="password" label=words::offer_password(lang)
                    hint=i18n::password::hint(lang) error=said("password") autocomplete="new-password" required=true/>
                <Field id="again" name="again" kind="password" label=words::offer_again(lang) error=said("again")
                    autocomplete="new-password" required=true/>
                <Button name="op" value="creer">{words::offer_join(lang)}</Button>
            </form>
        }
    });
    let href = ["/connexion?retour=", action].concat();
    view! {
        <div class="form-acts">
            <ButtonLink href=href variant="primary">{words::offer_sign_in(lang)}</ButtonLink>
            {psc}
        </div>
        {join}
    }
    .into_any()
}

fn answer(action: &str, sign: Option<String>, error: Option<&(String, String)>) -> AnyView {
    let lang = i18n::lang();
    let refused = error.filter(|(at, _)| at == "signature");
    let refused = Signal::stored(refused.map(|(_, code)| i18n::error(lang, code, &[])));
    let bound = sign.is_none().then(|| view! { <p>{words::status_bound(lang)}</p> });
    let undertaking = sign.map(|name| {
        let text = words::secrecy(lang).iter().map(|line| view! { <p>{*line}</p> }).collect_view();
        view! {
            <fieldset>
                <legend>{words::secrecy_title(lang)}</legend>
                {text}
                <Checkbox id="engagement" name="engagement" label=words::secrecy_agree(lang)/>
                <Field id="signature" name="signature" label=words::signature(lang, &name) error=refused autocomplete="off"
                    maxlength="100" required=true/>
            </fieldset>
        }
    });
    view! {
        <form method="post" action=action.to_owned()>
            {bound}
            {undertaking}
            <Button variant="primary" name="op" value="accepter">{words::accept(lang)}</Button>
        </form>
    }
    .into_any()
}
