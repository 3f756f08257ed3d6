//! Buttons. `name` and `value` make them submit buttons of the form around them, so that they act without WebAssembly.

use leptos::{ev::MouseEvent, prelude::*};

use super::Icon;

/// A button with words. Without `on_press` it submits its form; with it, the form is left alone when the callback
/// prevents it (`event.prevent_default()`).
#[component]
pub fn Button(
    /// `primary` (one per screen), `plain`, `quiet` or `danger`.
    #[prop(default = "plain")]
    variant: &'static str,
    #[prop(optional)] icon: Option<&'static str>,
    /// `submit` or `button`.
    #[prop(default = "submit")]
    kind: &'static str,
    #[prop(optional, into)] name: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(optional, into)] form: Option<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional)] on_press: Option<Callback<MouseEvent>>,
    children: Children,
) -> impl IntoView {
    view! {
        <button
            class="button"
            data-variant=variant
            type=kind
            name=name
            value=value
            form=form
            disabled=move || disabled.get()
            on:click=move |event| press(on_press, event)
        >
            {icon.map(|icon| view! { <Icon name=icon/> })}
            <span>{children()}</span>
        </button>
    }
}

/// A button with an icon only: `label` is its name and, with the key, its tooltip.
#[component]
pub fn IconButton(
    #[prop(into)] icon: Signal<&'static str>,
    #[prop(into)] label: Signal<String>,
    /// The key that does the same, shown in the tooltip.
    #[prop(optional)]
    key: Option<&'static str>,
    /// For switches (star, bold…): pressed or not.
    #[prop(optional, into)]
    pressed: Option<Signal<bool>>,
    #[prop(default = "submit")] kind: &'static str,
    #[prop(optional, into)] name: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(optional, into)] form: Option<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional)] on_press: Option<Callback<MouseEvent>>,
) -> impl IntoView {
    let tooltip = move || match key {
        Some(key) => [label.get().as_str(), " (", key, ")"].concat(),
        None => label.get(),
    };
    view! {
        <button
            class="icon-button"
            type=kind
            name=name
            value=value
            form=form
            title=tooltip
            aria-label=move || label.get()
            aria-keyshortcuts=key
            aria-pressed=move || pressed.map(|pressed| pressed.get().to_string())
            disabled=move || disabled.get()
            on:click=move |event| press(on_press, event)
        >
            <Icon name=icon/>
        </button>
    }
}

/// A link that looks like a button.
#[component]
pub fn ButtonLink(
    #[prop(into)] href: Signal<String>,
    #[prop(default = "plain")] variant: &'static str,
    #[prop(optional)] icon: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! {
        <a class="button" data-variant=variant href=move || href.get()>
            {icon.map(|icon| view! { <Icon name=icon/> })}
            <span>{children()}</span>
        </a>
    }
}

fn press(callback: Option<Callback<MouseEvent>>, event: MouseEvent) {
    if let Some(callback) = callback {
        callback.run(event);
    }
}
