//! `/connexion` and `/connexion/code`: ordinary forms. What was typed comes back with the refusal, the password excepted.

use leptos::prelude::*;

use crate::{
    components::{Button, Field, Icon, Notice},
    i18n::{self, Lang},
};

/// Address and password.
#[component]
pub fn SignIn(login: String, retour: String, error: Option<String>, wait_seconds: Option<u32>) -> impl IntoView {
    let lang = i18n::lang();
    let refusal = refusal(lang, error, wait_seconds);
    let known = !login.is_empty();
    let coming_back = !retour.is_empty();
    view! {
        <section class="card">
            <h1>{i18n::sign_in::title(lang)}</h1>
            <p class="lead">{i18n::sign_in::lead(lang)}</p>
            {coming_back.then(|| view! { <p class="lead">{i18n::sign_in::r#return(lang)}</p> })}
            {refusal.map(|text| view! { <Notice tone="danger" role="alert">{text}</Notice> })}
            <form method="post" action="/connexion">
                <input type="hidden" name="retour" value=retour/>
                <Field id="login" name="login" kind="email" label=i18n::sign_in::login(lang) value=login hint=i18n::sign_in::login_hint(lang)
                    autocomplete="username" inputmode="email" required=true autofocus=!known/>
                <Field id="password" name="password" kind="password" label=i18n::sign_in::password(lang)
                    autocomplete="current-password" required=true autofocus=known/>
                <Button variant="primary">{i18n::sign_in::submit(lang)}</Button>
            </form>
            <p class="card-foot"><Icon name="lock"/>{i18n::sign_in::trust(lang)}</p>
        </section>
    }
}

/// The code that was sent.
#[component]
pub fn Code(masked_contact: String, retour: String, error: Option<String>, resend_in: u32) -> impl IntoView {
    let lang = i18n::lang();
    let refusal = error.map(|code| i18n::error(lang, &code, &[]));
    let again = match resend_in {
        0 => view! {
            <form method="post" action="/connexion/code/renvoyer">
                <input type="hidden" name="retour" value=retour.clone()/>
                <Button variant="quiet">{i18n::code::resend(lang)}</Button>
            </form>
        }
        .into_any(),
        seconds => view! { <p class="field-hint">{i18n::code::resend_wait(lang, seconds.into())}</p> }.into_any(),
    };
    view! {
        <section class="card">
            <h1>{i18n::code::title(lang)}</h1>
            <p class="lead">{i18n::code::lead(lang, &masked_contact)}</p>
            <form method="post" action="/connexion/code" data-form="code">
                <input type="hidden" name="retour" value=retour/>
                <Field id="code" name="code" label=i18n::code::label(lang) hint=i18n::code::hint(lang) error=Signal::stored(refusal)
                    autocomplete="one-time-code" inputmode="numeric" pattern="[0-9 ]*" maxlength="12" required=true autofocus=true/>
                <Button variant="primary">{i18n::code::submit(lang)}</Button>
            </form>
            <div class="card-foot">
                <p>{i18n::code::not_received(lang)}</p>
                {again}
                <p><a href="/connexion">{i18n::code::restart(lang)}</a></p>
            </div>
        </section>
    }
}

fn refusal(lang: Lang, error: Option<String>, wait_seconds: Option<u32>) -> Option<String> {
    match wait_seconds {
        Some(seconds) if seconds > 0 => Some(i18n::sign_in::wait(lang, seconds.into())),
        _ => error.map(|code| i18n::error(lang, &code, &[])),
    }
}
