//! The bar between two panes: by pointer, by arrow keys. It sets a custom property on `<html>` through CSSOM (a style
//! attribute would be refused by the policy).

use leptos::{ev, prelude::*, wasm_bindgen::JsCast, web_sys};

const STEP: i32 = 10;

/// `variable` (as `--list-width`) is the width, in tenths of a rem, of the pane before the bar. `width` is what was remembered;
/// `on_change` runs when a movement ends, to remember it.
#[component]
pub fn Splitter(
    variable: &'static str,
    #[prop(into)] label: String,
    #[prop(into)] width: Signal<i32>,
    min: i32,
    max: i32,
    on_change: Callback<i32>,
) -> impl IntoView {
    let now = RwSignal::new(None::<i32>);
    let shown = move || now.get().unwrap_or_else(|| width.get()).clamp(min, max);
    Effect::new(move |_| {
        let root = document().document_element().and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(root) = root {
            let _ = root.style().set_property(variable, &["calc(", &shown().to_string(), " * .1rem)"].concat());
        }
    });
    let dragging = StoredValue::new(None::<(i32, i32)>);
    let start = move |event: ev::PointerEvent| {
        let bar = event.current_target().and_then(|bar| bar.dyn_into::<web_sys::Element>().ok());
        if let Some(bar) = bar {
            let _ = bar.set_pointer_capture(event.pointer_id());
        }
        event.prevent_default();
        dragging.set_value(Some((event.client_x(), shown())));
    };
    let drag = move |event: ev::PointerEvent| {
        if let Some((from, width)) = dragging.get_value() {
            let moved = (event.client_x() - from) * 10 / root_size();
            now.set(Some((width + moved).clamp(min, max)));
        }
    };
    let end = move |_| {
        if dragging.get_value().is_some() {
            dragging.set_value(None);
            on_change.run(shown());
        }
    };
    let key = move |event: ev::KeyboardEvent| {
        let next = match event.key().as_str() {
            "ArrowLeft" => shown() - STEP,
            "ArrowRight" => shown() + STEP,
            "Home" => min,
            "End" => max,
            _ => return,
        };
        event.prevent_default();
        now.set(Some(next.clamp(min, max)));
        on_change.run(shown());
    };
    view! {
        <div
            class="splitter"
            role="separator"
            tabindex="0"
            aria-orientation="vertical"
            aria-label=label
            aria-valuemin=(min / 10).to_string()
            aria-valuemax=(max / 10).to_string()
            aria-valuenow=move || (shown() / 10).to_string()
            on:pointerdown=start
            on:pointermove=drag
            on:pointerup=end
            on:pointercancel=end
            on:keydown=key
        ></div>
    }
}

/// The size of 1 rem in whole CSS pixels.
fn root_size() -> i32 {
    let root = document().document_element();
    let style = root.and_then(|root| window().get_computed_style(&root).ok().flatten());
    let size = style.and_then(|style| style.get_property_value("font-size").ok());
    let pixels = size.and_then(|size| size.split(['.', 'p']).next()?.parse().ok());
    pixels.filter(|pixels| *pixels > 0).unwrap_or(16)
}
