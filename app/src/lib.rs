//! What people see: screens rendered on the server (feature `ssr`) and hydrated in the browser (feature `hydrate`).
//!
//! Enter at `app::App` for the mail screens and at `public::render` for the documents without WebAssembly. Pages
//! compose, components draw, state remembers, api talks, format computes. No input or output outside `api::transport`
//! and `browser`, and no `cfg(feature)` outside those and this file.

#![recursion_limit = "256"]

pub mod api;
pub mod app;
pub mod browser;
pub mod components;
pub mod format;
pub mod i18n;
pub mod pages;
pub mod public;
pub mod shell;
pub mod state;

/// Takes over the page that the server rendered: called once by the script of the document.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    console_error_panic_hook::set_once();
    if pages::courrier::later::is_shown() {
        pages::courrier::later::bring().await;
    }
    leptos::mount::hydrate_body(app::App);
}
