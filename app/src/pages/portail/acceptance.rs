//! `/cgu/accepter`: the terms of service before anything else.

use leptos::prelude::*;

use super::Prose;
use crate::{
    components::{Button, Checkbox, Icon, Notice},
    format::prose,
    i18n,
};

/// What is to be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptCgu {
    pub version: i64,
    /// Why one is asked.
    pub reason: String,
    pub text: String,
    /// The text is in French on an English page.
    pub french: bool,
    /// What is said of the language of the text, if anything.
    pub binding: Option<String>,
    /// The privacy notice's version, as people read dates.
    pub notice: String,
    pub retour: String,
    /// Ticked already, when the form comes back.
    pub read_cgu: bool,
    pub read_privacy: bool,
    /// The form came back.
    pub refused: bool,
    /// Nothing is in the way yet: one may also go on without.
    pub early: bool,
}

/// The page.
#[component]
pub fn AcceptPage(cgu: AcceptCgu) -> impl IntoView {
    let lang = i18n::lang();
    use i18n::cgu as words;
    let version = cgu.version.to_string();
    let missing = |given: bool| {
        (cgu.refused && !given).then(|| {
            view! {
                <p class="field-error" role="alert"><Icon name="warning"/><span>{words::needed(lang)}</span></p>
            }
        })
    };
    let (missing_cgu, missing_privacy) = (missing(cgu.read_cgu), missing(cgu.read_privacy));
    let text_lang = cgu.french.then_some("fr");
    let leaving = (!cgu.early).then(|| {
        view! {
            <form method="post" action="/deconnexion" class="accept-refuse">
                <Button variant="quiet">{words::accept_refuse(lang)}</Button>
                <p class="field-hint">{words::accept_refuse_what(lang)}</p>
            </form>
        }
    });
    view! {
        <section class="sheet accept">
            <h1>{words::accept_title(lang)}</h1>
            <p class="lead">{cgu.reason}</p>
            {cgu.binding.map(|text| view! { <Notice tone="info" icon="text">{text}</Notice> })}
            <div class="accept-text" role="region" aria-label=words::accept_text(lang) tabindex="0" lang=text_lang>
                <Prose blocks=prose::parse(&cgu.text)/>
            </div>
            <p><a href=["/cgu/", &version, "/texte"].concat()><Icon name="download"/>{words::download(lang)}</a></p>
            <form method="post" action="/cgu/accepter">
                <input type="hidden" name="version" value=version.clone()/>
                <input type="hidden" name="retour" value=cgu.retour/>
                <Checkbox id="accept-cgu" name="cgu" label=words::accept_cgu(lang, &version) checked=cgu.read_cgu/>
                {missing_cgu}
                <Checkbox id="accept-notice" name="notice" label=words::accept_privacy(lang, &cgu.notice) checked=cgu.read_privacy/>
                {missing_privacy}
                <p><a href="/confidentialite">{words::accept_read_privacy(lang)}</a></p>
                <Button variant="primary">{words::accept_submit(lang)}</Button>
            </form>
            {leaving}
        </section>
    }
}
