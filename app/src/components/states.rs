//! Waiting, nothing there, failure: screens that must not be taken for one another.

use leptos::prelude::*;

use super::{Button, ButtonLink, Icon};
use crate::i18n;

/// Grey rows while a list is on its way. Said once to screen readers.
#[component]
pub fn SkeletonRows(#[prop(default = 8)] count: usize) -> impl IntoView {
    let rows = (0..count).map(|_| view! { <li><span></span><span></span><span></span></li> }).collect_view();
    view! {
        <div class="skeleton" role="status">
            <span class="hidden-text">{i18n::app::loading(i18n::lang())}</span>
            <ul aria-hidden="true">{rows}</ul>
        </div>
    }
}

/// Nothing there, and that is so: the server said zero. With `href` and `action`, a way out (clear the filter).
#[component]
pub fn EmptyState(
    #[prop(default = "check")] icon: &'static str,
    #[prop(into)] title: String,
    #[prop(optional, into)] what: Option<String>,
    #[prop(optional, into)] action: Option<String>,
    #[prop(optional, into)] href: Option<String>,
) -> impl IntoView {
    let way_out = action.zip(href).map(|(action, href)| view! { <ButtonLink href=href>{action}</ButtonLink> });
    view! {
        <div class="state">
            <span class="state-icon"><Icon name=icon/></span>
            <p class="state-title">{title}</p>
            {what.map(|what| view! { <p>{what}</p> })}
            {way_out}
        </div>
    }
}

/// Something failed: what, that nothing is lost, and how to try again (a link to `href` before hydration).
#[component]
pub fn ErrorState(
    #[prop(into)] title: String,
    #[prop(into)] what: String,
    #[prop(optional_no_strip)] request_id: Option<String>,
    #[prop(optional, into)] href: Option<String>,
    #[prop(optional)] on_retry: Option<Callback<()>>,
) -> impl IntoView {
    let lang = i18n::lang();
    let retry = i18n::failed::retry(lang);
    let way_out = match (on_retry, href) {
        (Some(callback), _) => {
            view! { <Button kind="button" icon="refresh" on_press=Callback::new(move |_| callback.run(()))>{retry}</Button> }
                .into_any()
        }
        (None, Some(href)) => view! { <ButtonLink href=href icon="refresh">{retry}</ButtonLink> }.into_any(),
        (None, None) => ().into_any(),
    };
    view! {
        <div class="state" data-tone="danger" role="alert">
            <span class="state-icon"><Icon name="warning"/></span>
            <p class="state-title">{title}</p>
            <p>{what}</p>
            {way_out}
            {request_id.map(|id| view! { <p class="state-reference">{i18n::failed::reference(lang, &id)}</p> })}
        </div>
    }
}
