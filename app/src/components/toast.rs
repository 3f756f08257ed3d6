//! Confirmations at the foot of the screen, said politely, with undo. They wait while the pointer or the focus is on
//! them, except those that follow a deadline of the server.

use std::time::Duration;

use leptos::prelude::*;

use super::Icon;
use crate::i18n;

/// One confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    pub id: u64,
    pub text: String,
    /// Words of the button (`Annuler`) and the key that does the same.
    pub action: Option<(String, Option<&'static str>)>,
    /// Seconds it stays; 0 until it is closed.
    pub seconds: u32,
    /// The server decides when it ends: the seconds left are shown and nothing pauses it.
    pub deadline: bool,
    /// `plain` or `danger`.
    pub tone: &'static str,
}

/// The region of all toasts, once in a page. `on_action` and `on_close` get the id; both are expected to remove it.
#[component]
pub fn Toasts(#[prop(into)] items: Signal<Vec<Toast>>, on_action: Callback<u64>, on_close: Callback<u64>) -> impl IntoView {
    view! {
        <section class="toasts" aria-label=i18n::live::title(i18n::lang()) aria-live="polite">
            <For each=move || items.get() key=|toast| toast.id let:toast>
                <OneToast toast=toast on_action=on_action on_close=on_close/>
            </For>
        </section>
    }
}

#[component]
fn OneToast(toast: Toast, on_action: Callback<u64>, on_close: Callback<u64>) -> impl IntoView {
    let lang = i18n::lang();
    let Toast { id, text, action, seconds, deadline, tone } = toast;
    let held = RwSignal::new(false);
    let left = RwSignal::new(seconds);
    Effect::new(move |_| {
        if seconds == 0 {
            return;
        }
        let tick = move || {
            if held.get_untracked() && !deadline {
                return;
            }
            match left.get_untracked() {
                0 | 1 => on_close.run(id),
                more => left.set(more - 1),
            }
        };
        if let Ok(handle) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || handle.clear());
        }
    });
    let button = action.map(|(words, key)| {
        view! {
            <button class="toast-action" type="button" aria-keyshortcuts=key on:click=move |_| on_action.run(id)>
                {words}
                {key.map(|key| view! { <kbd aria-hidden="true">{key}</kbd> })}
            </button>
        }
    });
    view! {
        <div
            class="toast"
            data-testid="toast"
            role="status"
            data-tone=tone
            on:mouseenter=move |_| held.set(true)
            on:mouseleave=move |_| held.set(false)
            on:focusin=move |_| held.set(true)
            on:focusout=move |_| held.set(false)
        >
            <p>{text}</p>
            {deadline.then(|| view! { <span class="toast-left" aria-hidden="true">{move || left.get()}" s"</span> })}
            {button}
            <button class="icon-button" type="button" aria-label=i18n::nav::close(lang) on:click=move |_| on_close.run(id)>
                <Icon name="close"/>
            </button>
        </div>
    }
}
