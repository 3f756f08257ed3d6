//! What only a browser has. Everything starts from `window()`, which is none on the server: there each function does
//! nothing and answers none.

pub mod clock;
pub mod focus;
pub mod form;
pub mod frame;
pub mod keys;
pub mod live;
pub mod net;
pub mod print;
pub mod seal;
pub mod storage;
pub mod upload;

use wasm_bindgen::{JsCast, JsValue};

use crate::{
    i18n::Lang,
    shell::{AssetUrls, Banner, PageContext},
};

/// The window, or none on the server.
pub fn window() -> Option<web_sys::Window> {
    if cfg!(feature = "hydrate") { web_sys::window() } else { None }
}

/// The document, or none on the server.
pub fn document() -> Option<web_sys::Document> {
    window()?.document()
}

/// The first element that a selector finds, as `T`.
pub fn find<T: JsCast>(selector: &str) -> Option<T> {
    document()?.query_selector(selector).ok()??.dyn_into().ok()
}

/// What the server left on `<html>`, for the first pass in the browser to draw the same.
pub fn page_context() -> PageContext {
    let root = document().and_then(|document| document.document_element());
    let read = |name: &str| root.as_ref().and_then(|root| root.get_attribute(name));
    PageContext {
        lang: read("lang").and_then(|code| Lang::from_code(&code)).unwrap_or_default(),
        theme: read("data-theme"),
        density: read("data-density").unwrap_or_default(),
        assets: AssetUrls { sprite: read("data-sprite").unwrap_or_default(), ..AssetUrls::default() },
        banner: read("data-banner").map(|text| Banner { fr: text.clone(), en: text }),
        ..PageContext::default()
    }
}

/// Replaces the address shown without going anywhere: the draft's id once it has one.
pub fn replace_address(path: &str) {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(path));
    }
}

/// Says that the page is alive: tests and styles may wait for it.
pub fn mark_alive() {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        let _ = root.set_attribute("data-hydrated", "");
    }
}

/// Takes a parameter out of the address shown: what it said is said once.
pub fn drop_parameter(name: &str) {
    let now = address();
    let Some((path, query)) = now.split_once('?') else { return };
    let is_it = |pair: &&str| pair.split('=').next() == Some(name);
    if query.split('&').any(|pair| is_it(&pair)) {
        let kept: Vec<&str> = query.split('&').filter(|pair| !is_it(pair)).collect();
        let mark = if kept.is_empty() { "" } else { "?" };
        replace_address(&[path, mark, &kept.join("&")].concat());
    }
}

/// Leaves for a page that the server renders.
pub fn leave(path: &str) {
    if let Some(window) = window() {
        let _ = window.location().set_href(path);
    }
}

/// The address shown: path and query.
pub fn address() -> String {
    let location = window().map(|window| window.location());
    location.map_or_else(String::new, |it| it.pathname().unwrap_or_default() + &it.search().unwrap_or_default())
}
