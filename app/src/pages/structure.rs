//! `/structure/{token}`: what the link of an invitation into a structure shows. No WebAssembly; whoever has it may refuse,
//! accepting takes a sign-in.

use leptos::prelude::*;

use super::{compte::structure::purposes, delegation};
use crate::{
    components::{Button, Checkbox, Field, Notice},
    i18n::{self, structure as words},
};

pub use super::delegation::Next;

/// What is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructureOffer {
    pub token: String,
    pub structure: String,
    pub finess: String,
    pub function: String,
    /// To administer: the address and the purpose of each BAL.
    pub administers: Option<Vec<(String, String)>>,
    pub next: Next,
    /// Field and code.
    pub error: Option<(String, String)>,
}

/// Draws it.
pub fn offer(page: StructureOffer) -> AnyView {
    let lang = i18n::lang();
    let action = ["/structure/", &page.token].concat();
    let error = page.error.as_ref();
    let general = error.filter(|(at, _)| ["", "engagement", "finalite"].contains(&at.as_str()));
    let general = general.map(|(_, code)| i18n::error(lang, code, &[]));
    let general = general.map(|text| view! { <Notice tone="danger" role="alert">{text}</Notice> });
    let lead = match page.administers {
        Some(_) => words::offer_admin_lead(lang, &page.structure),
        None => words::offer_lead(lang, &page.structure),
    };
    let way = match page.next {
        Next::SignIn { psc, join } => delegation::sign_in(&action, psc, join, error),
        Next::Answer { sign } => answer(&action, sign, page.administers, error),
    };
    view! {
        <p class="lead">{lead}</p>
        <dl class="facts">
            <div><dt>{words::structure(lang)}</dt><dd>{page.structure}</dd></div>
            <div><dt>{words::finess(lang)}</dt><dd>{page.finess}</dd></div>
            <div><dt>{words::function(lang)}</dt><dd>{page.function}</dd></div>
        </dl>
        <p>{i18n::delegation::offer_traced(lang)}</p>
        {general}
        {way}
        <form method="post" action=action>
            <button class="button" data-variant="quiet" type="submit" name="op" value="refuser">{i18n::delegation::refuse(lang)}</button>
        </form>
    }
    .into_any()
}

fn answer(
    action: &str,
    sign: Option<String>,
    administers: Option<Vec<(String, String)>>,
    error: Option<&(String, String)>,
) -> AnyView {
    use i18n::delegation as shared;
    let lang = i18n::lang();
    let refused = error.filter(|(at, _)| at == "signature");
    let refused = Signal::stored(refused.map(|(_, code)| i18n::error(lang, code, &[])));
    let bound = sign.is_none().then(|| view! { <p>{shared::status_bound(lang)}</p> });
    let admin = administers.map(|boxes| {
        let none = boxes.is_empty().then(|| view! { <p class="field-hint">{words::boxes_none(lang)}</p> });
        view! {
            <fieldset>
                <legend>{words::purposes(lang)}</legend>
                {none}
                {purposes(boxes)}
                <Checkbox id="finalite" name="finalite" label=words::engagement(lang)/>
            </fieldset>
        }
    });
    let undertaking = sign.map(|name| {
        let text = shared::secrecy(lang).iter().map(|line| view! { <p>{*line}</p> }).collect_view();
        view! {
            <fieldset>
                <legend>{shared::secrecy_title(lang)}</legend>
                {text}
                <Checkbox id="engagement" name="engagement" label=shared::secrecy_agree(lang)/>
                <Field id="signature" name="signature" label=shared::signature(lang, &name) error=refused autocomplete="off"
                    maxlength="100" required=true/>
            </fieldset>
        }
    });
    view! {
        <form method="post" action=action.to_owned()>
            {bound}
            {admin}
            {undertaking}
            <Button variant="primary" name="op" value="accepter">{shared::accept(lang)}</Button>
        </form>
    }
    .into_any()
}
