//! Keys pressed anywhere but where one types.

use leptos::{
    ev,
    prelude::{on_cleanup, window_event_listener},
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

/// A key press: the character or name (`KeyboardEvent.key`), with the modifiers that matter.
#[derive(Debug, Clone, PartialEq)]
pub struct Press {
    pub key: String,
    /// Control or Command.
    pub control: bool,
    pub shift: bool,
    /// Something is being typed in, or a dialog is open.
    pub typing: bool,
}

impl Press {
    /// Reads a keyboard event.
    pub fn read(event: &KeyboardEvent) -> Self {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        Self {
            key: event.key(),
            control: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            typing: event.is_composing()
                || target.is_some_and(|element| types(&element))
                || super::find::<Element>("dialog[open]").is_some(),
        }
    }
}

fn types(element: &Element) -> bool {
    let name = element.tag_name();
    let input = name == "INPUT" && !matches!(element.get_attribute("type").as_deref(), Some("checkbox" | "radio"));
    input
        || matches!(name.as_str(), "TEXTAREA" | "SELECT")
        || element.dyn_ref::<HtmlElement>().is_some_and(HtmlElement::is_content_editable)
}

/// Calls `handle` for each key pressed in the window, until the owner is cleaned up; true from it keeps the browser's
/// own action away. Nothing on the server.
pub fn listen(handle: impl Fn(Press) -> bool + 'static) {
    if super::window().is_none() {
        return;
    }
    let listener = window_event_listener(ev::keydown, move |event| {
        if !event.alt_key() && !event.default_prevented() && handle(Press::read(&event)) {
            event.prevent_default();
        }
    });
    on_cleanup(move || listener.remove());
}
