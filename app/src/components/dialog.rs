//! A native modal dialog: the browser keeps the focus inside, Escape closes it, what is behind is inert.

use leptos::{html, prelude::*};

use super::IconButton;
use crate::i18n;

/// Shown while `open`. `on_close` runs on Escape, the close button and a press outside: set `open` to false there.
#[component]
pub fn Dialog(
    #[prop(into)] id: String,
    #[prop(into)] open: Signal<bool>,
    #[prop(into)] title: Signal<String>,
    on_close: Callback<()>,
    #[prop(optional)] wide: bool,
    children: Children,
) -> impl IntoView {
    let node: NodeRef<html::Dialog> = NodeRef::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if open.get() && !dialog.open() {
            // It fails only when the element has left the page.
            let _ = dialog.show_modal();
        } else if !open.get() && dialog.open() {
            dialog.close();
        }
    });
    let title_id = id.clone() + "-titre";
    let labelled = title_id.clone();
    view! {
        <dialog
            class="dialog"
            id=id
            data-wide=wide.then_some("")
            node_ref=node
            aria-labelledby=labelled
            on:close=move |_| on_close.run(())
            on:click=move |event| {
                // The backdrop belongs to the element itself; what is inside is in `.dialog-box`.
                let outside = node.try_get_untracked().flatten().is_some_and(|dialog| {
                    event.target().is_some_and(|target| target == *AsRef::<leptos::web_sys::EventTarget>::as_ref(&dialog))
                });
                if outside {
                    on_close.run(());
                }
            }
        >
            <div class="dialog-box">
                <header class="dialog-head">
                    <h2 id=title_id>{move || title.get()}</h2>
                    <IconButton icon="close" label=i18n::nav::close(i18n::lang()) kind="button" on_press=Callback::new(move |_| on_close.run(()))/>
                </header>
                {children()}
            </div>
        </dialog>
    }
}
