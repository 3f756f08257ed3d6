//! The forms that need a passkey: hidden until `public/passkey.js` finds that it can do something with them.

use leptos::prelude::*;

use crate::{
    components::{Button, Icon},
    i18n,
    shell::PageContext,
};

/// A form whose field `cle` the script fills before it is posted. Draws nothing where passkeys are not a means.
#[component]
pub fn PasskeyForm(
    /// `create` or `get`.
    what: &'static str,
    /// Where it is posted; the challenge is asked for at `{action}/options`.
    action: &'static str,
    words: &'static str,
    #[prop(default = "plain")] variant: &'static str,
    /// Fields besides.
    children: Children,
) -> impl IntoView {
    let lang = i18n::lang();
    let page: PageContext = use_context().unwrap_or_default();
    let Some(origin) = page.passkeys else { return ().into_any() };
    let options = [action, "/options"].concat();
    let here = [origin.as_str(), if what == "create" { "/compte/appareils" } else { "/connexion" }].concat();
    let said = [
        ("cancelled", i18n::passkey::cancelled(lang)),
        ("known", i18n::passkey::known(lang)),
        ("unsupported", i18n::passkey::unsupported(lang)),
        ("wait", i18n::passkey::wait(lang)),
        ("failed", i18n::passkey::failed(lang)),
    ];
    let said = said
        .into_iter()
        .map(|(code, text)| view! { <p class="field-error" data-said=code hidden=true><Icon name="warning"/><span>{text}</span></p> })
        .collect_view();
    view! {
        <form class="passkey" method="post" action=action data-passkey=what data-options=options data-origin=origin.clone() hidden=true>
            <input type="hidden" name="cle"/>
            {children()}
            <Button variant=variant>{words}</Button>
            <div role="alert">{said}</div>
            <p class="field-hint" data-said="host" hidden=true>
                {i18n::passkey::host(lang)}" "<a href=here>{origin.clone()}</a>
            </p>
        </form>
        <Script src=page.assets.passkey nonce=page.nonce/>
    }
    .into_any()
}

/// A module of the site. Nothing where the site was not built.
#[component]
pub fn Script(src: String, nonce: String) -> impl IntoView {
    (!src.is_empty()).then(|| view! { <script type="module" src=src nonce=nonce></script> })
}
