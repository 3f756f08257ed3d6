//! Printing from the browser's own menu.

use leptos::prelude::{on_cleanup, window_event_listener_untyped};

/// Calls `act` when the page is about to be printed, until the owner is cleaned up. Nothing on the server.
pub fn listen(act: impl Fn() + 'static) {
    if super::window().is_none() {
        return;
    }
    let listener = window_event_listener_untyped("beforeprint", move |_| act());
    on_cleanup(move || listener.remove());
}
