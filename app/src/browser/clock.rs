//! Time in the browser: never read while a page is first drawn.

use send_wrapper::SendWrapper;
use std::{cell::Cell, time::Duration};
use wasm_bindgen_futures::JsFuture;

thread_local! {
    static TOUCHED: Cell<f64> = const { Cell::new(0.0) };
}

/// Milliseconds since 1970; 0 on the server.
pub fn now_ms() -> f64 {
    if cfg!(feature = "hydrate") { js_sys::Date::now() } else { 0.0 }
}

/// Notes that an act of the person reached the server, which extends the session.
pub fn touch() {
    TOUCHED.set(now_ms());
}

/// When `touch` was last called (milliseconds since 1970), 0 if never.
pub fn touched_ms() -> f64 {
    TOUCHED.get()
}

/// Calls `act` after a while, unless the handle answered is dropped into `cancel` before.
pub fn after(milliseconds: u64, act: impl FnOnce() + 'static) -> Option<leptos::prelude::TimeoutHandle> {
    super::window()?;
    leptos::prelude::set_timeout_with_handle(act, Duration::from_millis(milliseconds)).ok()
}

/// Waits. On the server, not at all.
pub async fn sleep(milliseconds: i32) {
    let Some(window) = super::window() else { return };
    let promise = js_sys::Promise::new(&mut |done, _| {
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&done, milliseconds);
    });
    let _ = SendWrapper::new(JsFuture::from(promise)).await;
}

/// The browser's time of day, `09:05`: only for what just happened here.
pub fn time_of_day() -> String {
    let now = js_sys::Date::new_0();
    format!("{:02}:{:02}", now.get_hours(), now.get_minutes())
}
