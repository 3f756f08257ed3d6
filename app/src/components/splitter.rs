//! The bar between two panes: by pointer, by arrow keys. It sets a custom property on `<html>` through CSSOM (a style
//! attribute would be refused by the policy).

use leptos::{ev, prelude::*, wasm_bindgen::JsCast, web_sys};

const STEP: f64 = 1.0;

/// `variable` (as `--list-width`) is the width in rem of the pane before the bar. `width` is what was remembered;
/// `on_change` runs when a movement ends, to remember it.
#[component]
pub fn Splitter(
    variable: &'static str,
    #[prop(into)] label: String,
    #[prop(into)] width: Signal<f64>,
    min: f64,
    max: f64,
    on_change: Callback<f64>,
) -> impl IntoView {
    let now = RwSignal::new(None::<f64>);
    let shown = move || now.get().unwrap_or_else(|| width.get()).clamp(min, max);
    Effect::new(move |_| {
        let root = document().document_element().and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(root) = root {
            let _ = root.style().set_property(variable, &[shown().to_string().as_str(), "rem"].concat());
        }
    });
    let dragging = StoredValue::new(None::<(f64, f64)>);
    let start = move |event: ev::PointerEvent| {
        let bar = event.current_target().and_then(|bar| bar.dyn_into::<web_sys::Element>().ok());
        if let Some(bar) = bar {
            let _ = bar.set_pointer_capture(event.pointer_id());
        }
        event.prevent_default();
        dragging.set_value(Some((f64::from(event.client_x()), shown())));
    };
    let drag = move |event: ev::PointerEvent| {
        if let Some((from, width)) = dragging.get_value() {
            let moved = (f64::from(event.client_x()) - from) / root_size();
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
            aria-valuemin=min.to_string()
            aria-valuemax=max.to_string()
            aria-valuenow=move || shown().round().to_string()
            on:pointerdown=start
            on:pointermove=drag
            on:pointerup=end
            on:pointercancel=end
            on:keydown=key
        ></div>
    }
}

/// The size of 1 rem in CSS pixels.
fn root_size() -> f64 {
    let root = document().document_element();
    let style = root.and_then(|root| window().get_computed_style(&root).ok().flatten());
    let size = style.and_then(|style| style.get_property_value("font-size").ok());
    size.and_then(|size| size.trim_end_matches("px").parse().ok()).unwrap_or(16.0)
}
