//! The server's events: one tab holds the connection (Web Locks) and tells the others (BroadcastChannel), since
//! HTTP/1.1 allows six per server.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, EventSource, MessageEvent};

const CHANNEL: &str = "pli-events";

/// Calls `tell` with the data of each `state` event (RFC 8620 §7.1 StateChange as JSON), whichever tab receives it, and
/// with an empty text when the connection opens again (something may have been missed, by every tab).
pub fn listen(tell: impl Fn(String) + Clone + 'static) {
    let Some(channel) = super::window().and_then(|_| BroadcastChannel::new(CHANNEL).ok()) else { return };
    let heard = tell.clone();
    let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(text) = event.data().as_string() {
            heard(text);
        }
    });
    channel.set_onmessage(Some(message.into_js_value().unchecked_ref()));
    let hold = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |_| {
        connect(&channel, &tell);
        // Never fulfilled: the lock is held as long as the tab lives.
        Promise::new(&mut |_, _| {})
    });
    let hold: Function = hold.into_js_value().unchecked_into();
    if request_lock(&hold).is_none() {
        let _ = hold.call0(&JsValue::NULL);
    }
}

fn request_lock(hold: &Function) -> Option<()> {
    let navigator = super::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    request.call2(&locks, &CHANNEL.into(), hold).ok().map(|_| ())
}

fn connect(channel: &BroadcastChannel, tell: &(impl Fn(String) + Clone + 'static)) {
    let Ok(source) = EventSource::new("/jmap/events?types=*&closeafter=no&ping=30&initial=yes") else { return };
    let (others, here) = (channel.clone(), tell.clone());
    let state = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(text) = event.data().as_string() {
            let _ = others.post_message(&JsValue::from_str(&text));
            here(text);
        }
    });
    let state = state.into_js_value();
    let _ = source.add_event_listener_with_callback("state", state.unchecked_ref());
    let (others, again, mut first) = (channel.clone(), tell.clone(), true);
    let opened = Closure::<dyn FnMut()>::new(move || {
        if !std::mem::take(&mut first) {
            let _ = others.post_message(&JsValue::from_str(""));
            again(String::new());
        }
    });
    source.set_onopen(Some(opened.into_js_value().unchecked_ref()));
    // The browser connects again by itself; the object must stay alive meanwhile.
    std::mem::forget(source);
}
