//! Filters and tabs as links in one row: one of them is current.

use leptos::prelude::*;

/// One link of [`Segments`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub words: String,
    pub href: String,
    pub current: bool,
}

/// `label` names the group for screen readers.
#[component]
pub fn Segments(#[prop(into)] label: String, #[prop(into)] items: Signal<Vec<Segment>>) -> impl IntoView {
    let links = move || {
        items
            .get()
            .into_iter()
            .map(|Segment { words, href, current }| {
                view! { <li><a href=href aria-current=current.then_some("true")>{words}</a></li> }
            })
            .collect_view()
    };
    view! {
        <nav class="segments" aria-label=label>
            <ul>{links}</ul>
        </nav>
    }
}
