//! The frame of a message: same origin, no scripts. The page measures its height and takes its keys.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventTarget, HtmlIFrameElement, KeyboardEvent, KeyboardEventInit, ResizeObserver};

/// Keeps the frame as high as its document and hands its keys on to the page; call it when it has loaded.
pub fn attach(frame: &HtmlIFrameElement) {
    let Some(document) = frame.content_document() else { return };
    let Some(root) = document.document_element() else { return };
    // A frame asked twice (loaded, then hydrated) is attached once.
    if root.has_attribute("data-attached") || document.url().is_ok_and(|url| url == "about:blank") {
        return;
    }
    let _ = root.set_attribute("data-attached", "");
    fit(frame);
    let measured = frame.clone();
    let resized = Closure::<dyn FnMut()>::new(move || fit(&measured));
    if let (Ok(observer), Some(body)) = (ResizeObserver::new(resized.as_ref().unchecked_ref()), document.body()) {
        observer.observe(&body);
    }
    // Lives as long as the frame's document; there is no moment to drop it.
    resized.forget();
    forward_keys(document.unchecked_ref());
}

fn fit(frame: &HtmlIFrameElement) {
    let Some(document) = frame.content_document() else { return };
    let (Some(root), Some(body)) = (document.document_element(), document.body()) else { return };
    let height = body.get_bounding_client_rect().bottom().ceil() as i32;
    let height = height.max(body.scroll_height());
    // Room for a horizontal scroll bar, when the message is wider than the pane.
    let bar = if root.scroll_width() > root.client_width() { 16 } else { 0 };
    let style = frame.style();
    let _ = style.set_property("height", &format!("{}px", height + bar));
}

fn forward_keys(document: &EventTarget) {
    let forward = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
        let init = KeyboardEventInit::new();
        init.set_key(&event.key());
        init.set_shift_key(event.shift_key());
        init.set_ctrl_key(event.ctrl_key());
        init.set_meta_key(event.meta_key());
        init.set_alt_key(event.alt_key());
        init.set_bubbles(true);
        init.set_cancelable(true);
        let copy = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init);
        if let (Some(window), Ok(copy)) = (super::window(), copy)
            && !window.dispatch_event(&copy).unwrap_or(true)
        {
            event.prevent_default();
        }
    });
    let _ = document.add_event_listener_with_callback("keydown", forward.into_js_value().unchecked_ref());
}

/// Attaches every frame that is already there: after hydration, for those that loaded before it.
pub fn attach_all() {
    let Some(frames) = super::document().and_then(|document| document.query_selector_all("iframe.body-frame").ok()) else {
        return;
    };
    for index in 0..frames.length() {
        if let Some(frame) = frames.item(index).and_then(|node| node.dyn_into::<HtmlIFrameElement>().ok()) {
            attach(&frame);
        }
    }
}
