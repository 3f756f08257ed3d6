//! Small things that stand on a page: remarks, progress, the skip link.

use leptos::prelude::*;

use super::Icon;
use crate::{i18n, shell::Banner};

/// A remark in the flow of the page. `tone`: `info`, `warning`, `danger` or `ok`.
#[component]
pub fn Notice(
    #[prop(default = "info")] tone: &'static str,
    #[prop(default = "warning")] icon: &'static str,
    /// `alert` for what must be said at once, `status` for what can wait; none for what was there from the start.
    #[prop(optional)]
    role: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="notice" data-tone=tone role=role>
            <Icon name=icon/>
            <div>{children()}</div>
        </div>
    }
}

/// What the operator announces: on top of every page, the mail included.
#[component]
pub fn SiteBanner(banner: Option<Banner>) -> impl IntoView {
    let lang = i18n::lang();
    banner.map(|banner| {
        view! {
            <aside class="site-banner" aria-label=i18n::banner::label(lang)>
                <Icon name="warning"/>
                <p>{banner.get(lang).to_owned()}</p>
            </aside>
        }
    })
}

/// How far a transfer is, in thousandths; none while it is unknown.
#[component]
pub fn Progress(#[prop(into)] value: Signal<Option<u32>>, #[prop(into)] label: String) -> impl IntoView {
    view! { <progress class="progress" max="1000" value=move || value.get().map(|value| value.to_string()) aria-label=label></progress> }
}

/// The first link of a page: to `#contenu`, which the page gives to its main part (with `tabindex="-1"`).
#[component]
pub fn SkipLink() -> impl IntoView {
    view! { <a class="skip-link" rel="external" href="#contenu">{i18n::app::skip(i18n::lang())}</a> }
}
