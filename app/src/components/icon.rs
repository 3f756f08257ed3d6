//! One icon of the sprite.

use leptos::prelude::*;

use crate::shell::Sprite;

/// Draws `#name` of the sprite in the colour of the text around it. Hidden from screen readers: give the words beside.
#[component]
pub fn Icon(#[prop(into)] name: Signal<&'static str>) -> impl IntoView {
    let sprite = use_context::<Sprite>().map_or_else(|| "".into(), |sprite| sprite.0);
    view! {
        <svg class="icon" aria-hidden="true">
            <use href=move || [&sprite, "#", name.get()].concat()></use>
        </svg>
    }
}
