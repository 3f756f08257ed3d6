//! The HTML document around the mail screens, and what the page knows from the start.
//!
//! Leptos' own `HydrationScripts` is not used: 0.8.23 writes the nonce into `crossorigin` (leptos#4843). Resources
//! serialised into the page get the nonce from the context `leptos::nonce::Nonce`, which the server provides.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::{app::App, i18n::Lang};

/// Addresses of the built files, with their hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AssetUrls {
    pub css: String,
    pub js: String,
    pub wasm: String,
    pub sprite: String,
    pub favicon: String,
    pub manifest: String,
    /// Modules of the pages without WebAssembly.
    pub passkey: String,
    pub waiting: String,
}

/// An announcement in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    pub fr: String,
    pub en: String,
}

impl Banner {
    /// The words in a language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Fr => &self.fr,
            Lang::En => &self.en,
        }
    }
}

/// What a page knows before it is drawn. On the server from the request; in the browser from the attributes that
/// [`shell`] leaves on `<html>` (`lang`, `data-theme`, `data-density`, `data-sprite`, `data-banner`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageContext {
    /// For our scripts (Content-Security-Policy); empty in the browser.
    pub nonce: String,
    pub lang: Lang,
    /// `light`, `dark`, or none: the system's.
    pub theme: Option<String>,
    /// `comfortable` or `compact`; empty is comfortable.
    pub density: String,
    pub assets: AssetUrls,
    /// The name of the person who is signed in.
    pub signed_in: Option<String>,
    /// This person works for the operator.
    pub staff: bool,
    /// Wall clock of the person's zone, `2026-11-22T09:05`.
    pub now_local: String,
    /// What the operator announces on every page.
    pub banner: Option<Banner>,
    /// The code after `?dit=`: a confirmation of what was just done.
    pub said: Option<String>,
    /// One can sign in through the national identity provider.
    pub psc: bool,
    /// Where passkeys work (scheme and authority), if they are a means here.
    pub passkeys: Option<String>,
    /// One can open a BAL by oneself.
    pub opening: bool,
    /// Without WebAssembly: the address in the browser is not this page's.
    pub plain: bool,
}

/// Where the icons are; read by `components::Icon`.
#[derive(Debug, Clone)]
pub struct Sprite(pub Arc<str>);

/// Gives the language, the icons and the context itself to all that is drawn below. Call it first in `App`.
pub fn provide_page(context: PageContext) {
    provide_context(Sprite(context.assets.sprite.as_str().into()));
    provide_context(context.lang);
    provide_context(context);
}

/// The module script that starts the WebAssembly: a static import, so that it runs after the document is parsed.
pub fn start_script(assets: &AssetUrls) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string().replace('<', "\\u003c");
    ["import init,{hydrate} from ", &quoted(&assets.js), ";init({module_or_path:", &quoted(&assets.wasm), "}).then(hydrate)"]
        .concat()
}

/// Head elements that all documents share.
pub fn head_links(context: &PageContext) -> impl IntoView + use<> {
    let AssetUrls { css, favicon, manifest, .. } = context.assets.clone();
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        <link rel="stylesheet" href=css/>
        <link rel="icon" href=favicon type="image/svg+xml"/>
        <link rel="manifest" href=manifest/>
    }
}

/// The document of the mail screens. `App` is the only child of `<body>`, which `hydrate_body` takes over. Of one type
/// for all pages, so that the crates that render it do not compile every view again.
pub fn shell(context: PageContext) -> AnyView {
    provide_page(context.clone());
    let head = head_links(&context);
    let script = start_script(&context.assets);
    let PageContext { nonce, lang, theme, density, assets, plain, banner, .. } = context;
    let banner = banner.map(|banner| banner.get(lang).to_owned());
    let program = (!plain).then(|| {
        view! {
            <link rel="modulepreload" href=assets.js nonce=nonce.clone()/>
            <link rel="preload" href=assets.wasm r#as="fetch" r#type="application/wasm" crossorigin="" fetchpriority="low"/>
            <script type="module" nonce=nonce>{script}</script>
        }
    });
    view! {
        <!DOCTYPE html>
        <html lang=lang.code() data-theme=theme data-density=density data-sprite=assets.sprite data-banner=banner>
            <head>
                {head}
                <meta name="robots" content="noindex"/>
                {program}
                <MetaTags/>
            </head>
            <body><App/></body>
        </html>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_script_cannot_be_closed_by_an_address() {
        let assets = AssetUrls { js: "/a.js".into(), wasm: "/</script>.wasm".into(), ..AssetUrls::default() };
        let script = start_script(&assets);
        assert!(script.starts_with("import init,{hydrate} from \"/a.js\";"), "{script}");
        assert!(!script.contains('<'), "{script}");
    }
}
