//! Focus and scrolling: the keyboard user always knows where they are.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Focuses the first element that a selector finds, and shows it. False when there is none.
pub fn focus(selector: &str) -> bool {
    let Some(element) = super::find::<HtmlElement>(selector) else { return false };
    let _ = element.focus();
    element.scroll_into_view_with_bool_nearest();
    true
}

/// Focuses what a selector finds, once what changes now is drawn.
pub fn focus_soon(selector: &'static str) {
    super::clock::after(0, move || {
        focus(selector);
    });
}

/// Scrolls what a selector finds into view, once what changes now is drawn.
pub fn show_soon(selector: &'static str) {
    super::clock::after(0, move || {
        if let Some(element) = super::find::<HtmlElement>(selector) {
            element.scroll_into_view_with_bool_nearest();
        }
    });
}

/// Opens a `<dialog>` as a modal, if it is not open.
pub fn open_dialog(selector: &str) {
    if let Some(dialog) = super::find::<web_sys::HtmlDialogElement>(selector).filter(|dialog| !dialog.open()) {
        let _ = dialog.show_modal();
    }
}

/// Whether an element is scrolled to its top and the pointer is elsewhere: then rows may be put in above. A touch
/// screen has no pointer, though what was tapped last keeps `:hover` there.
pub fn may_move(selector: &str) -> bool {
    let query = || super::window()?.match_media("(hover: hover)").ok().flatten();
    let points = || query().is_some_and(|query| query.matches());
    super::find::<Element>(selector)
        .is_none_or(|element| element.scroll_top() <= 4 && !(points() && element.matches(":hover").unwrap_or(false)))
}

/// Scrolls an element to its top.
pub fn scroll_top(selector: &str) {
    if let Some(element) = super::find::<Element>(selector) {
        element.set_scroll_top(0);
    }
}

/// The value of an attribute on the nearest ancestor (or the element itself) of where an event happened.
pub fn attribute_near(event: &web_sys::Event, selector: &str, attribute: &str) -> Option<String> {
    let target: Element = event.target()?.dyn_into().ok()?;
    target.closest(selector).ok()??.get_attribute(attribute)
}

trait Nearest {
    fn scroll_into_view_with_bool_nearest(&self);
}

impl Nearest for HtmlElement {
    /// `scrollIntoView({block: "nearest"})`: the bare form jumps to the top.
    fn scroll_into_view_with_bool_nearest(&self) {
        let options = js_sys::Object::new();
        let _ = js_sys::Reflect::set(&options, &"block".into(), &"nearest".into());
        if let Ok(scroll) = js_sys::Reflect::get(self, &"scrollIntoView".into())
            && let Ok(scroll) = scroll.dyn_into::<js_sys::Function>()
        {
            let _ = scroll.call1(self, &options);
        }
    }
}
