//! What went wrong with a page, in words: never the technical reason, always a way on.

use leptos::prelude::*;

use crate::{
    components::{ButtonLink, Icon},
    i18n::{self, Lang},
};

/// Title and explanation of an HTTP status; a known problem code says more than the general sentence.
pub fn sentences(lang: Lang, status: u16, code: &str) -> (&'static str, String) {
    use i18n::error_page as page;
    let (title, what) = match status {
        403 => (page::forbidden(lang), page::forbidden_what(lang)),
        404 | 405 | 410 => (page::not_found(lang), page::not_found_what(lang)),
        429 => (page::too_many(lang), page::too_many_what(lang)),
        400..=499 => (page::bad_request(lang), page::bad_request_what(lang)),
        503 => (page::unavailable(lang), page::unavailable_what(lang)),
        _ => (page::broken(lang), page::broken_what(lang)),
    };
    let telling =
        matches!(code, "bad-origin" | "too-large" | "accountNotFound" | "accountReadOnly" | "too-late" | "conflict");
    (title, if telling { i18n::error(lang, code, &[]) } else { what.to_owned() })
}

/// The page. `request_id` is shown where support can do something with it.
#[component]
pub fn ErrorPage(status: u16, code: String, request_id: Option<String>, signed_in: bool) -> impl IntoView {
    let lang = i18n::lang();
    let (title, what) = sentences(lang, status, &code);
    let (href, words) =
        if signed_in { ("/courrier", i18n::error_page::mail(lang)) } else { ("/", i18n::error_page::home(lang)) };
    let reference = request_id.map(|id| view! { <p class="state-reference">{i18n::failed::reference(lang, &id)}</p> });
    view! {
        <section class="state">
            <span class="state-icon"><Icon name="warning"/></span>
            <h1>{title}</h1>
            <p>{what}</p>
            <ButtonLink href=href>{words}</ButtonLink>
            {reference}
        </section>
    }
}
