//! A list of actions behind a button: `<details>`, so that it opens without WebAssembly.

use leptos::{html, prelude::*, wasm_bindgen::JsCast, web_sys};

use super::Icon;

/// `children` are `<li>` with a button or a link each. Escape and leaving it close it.
#[component]
pub fn Menu(
    #[prop(into)] label: String,
    icon: &'static str,
    /// Show the label beside the icon.
    #[prop(optional)]
    words: bool,
    /// Where the list is hung: `start` or `end`.
    #[prop(default = "end")]
    side: &'static str,
    children: Children,
) -> impl IntoView {
    let node: NodeRef<html::Details> = NodeRef::new();
    let close = move |focus: bool| {
        let Some(menu) = node.try_get_untracked().flatten() else { return };
        menu.set_open(false);
        let summary = menu.query_selector("summary").ok().flatten();
        if let Some(summary) = summary.filter(|_| focus).and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = summary.focus();
        }
    };
    let left = move |event: web_sys::FocusEvent| {
        let next = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let inside = node.try_get_untracked().flatten().is_some_and(|menu| menu.contains(next.as_ref()));
        if next.is_some() && !inside {
            close(false);
        }
    };
    let tooltip = (!words).then(|| label.clone());
    view! {
        <details
            class="menu"
            data-side=side
            node_ref=node
            on:focusout=left
            on:keydown=move |event| {
                if event.key() == "Escape" && node.try_get_untracked().flatten().is_some_and(|menu| menu.open()) {
                    event.stop_propagation();
                    close(true);
                }
            }
        >
            <summary class="icon-button" data-words=words.then_some("") title=tooltip>
                <Icon name=icon/>
                <span class=if words { "" } else { "hidden-text" }>{label}</span>
            </summary>
            <ul class="menu-list" on:click=move |_| close(false)>{children()}</ul>
        </details>
    }
}
