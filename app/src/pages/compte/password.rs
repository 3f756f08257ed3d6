//! `/compte/mot-de-passe`, and what every form of a new password shows: the meter and the rule. The server measures, so
//! that nothing of it needs a script.

use leptos::prelude::*;

use crate::{
    components::{Button, Field},
    i18n::{self, Lang},
};

/// What the page of the password shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PasswordPage {
    /// Wall clock of the last change; none: there is no password.
    pub changed_local: Option<String>,
    pub error: Option<String>,
    /// Of the password that was measured or refused.
    pub level: Option<u8>,
}

/// The words of a level.
pub fn level_words(lang: Lang, level: u8) -> &'static str {
    use i18n::password;
    match level {
        0 => password::level_0(lang),
        1 => password::level_1(lang),
        2 => password::level_2(lang),
        3 => password::level_3(lang),
        _ => password::level_4(lang),
    }
}

/// How hard the password that was just measured is to guess.
#[component]
pub fn Meter(level: Option<u8>) -> impl IntoView {
    let lang = i18n::lang();
    level.map(|level| {
        view! {
            <p class="meter" role="status">
                <span>{i18n::password::meter(lang)}</span>
                <meter min="0" max="4" low="1" high="3" optimum="4" value=level.to_string()
                    aria-label=i18n::password::meter(lang)></meter>
                <span class="strong">{level_words(lang, level)}</span>
            </p>
        }
    })
}

/// The rule, unfolded on request.
pub fn rules(lang: Lang) -> impl IntoView {
    view! {
        <details class="field-hint">
            <summary>{i18n::password::rules(lang)}</summary>
            <p>{i18n::password::rules_text(lang)}</p>
        </details>
    }
}

/// The form that changes the password.
#[component]
pub fn PasswordForm(page: PasswordPage, now_local: String) -> impl IntoView {
    let lang = i18n::lang();
    let refusal = Signal::stored(page.error.map(|code| i18n::error(lang, &code, &[])));
    let state = match page.changed_local {
        Some(local) => i18n::password::changed(lang, &crate::format::date::moment(lang, &local, &now_local)),
        None => i18n::password::none(lang).into(),
    };
    view! {
        <p class="lead">{i18n::password::lead(lang)}" "{state}</p>
        <form method="post" action="/compte/mot-de-passe">
            <Field id="password" name="password" kind="password" label=i18n::password::label(lang) hint=i18n::password::hint(lang)
                error=refusal autocomplete="new-password" required=true/>
            <Meter level=page.level/>
            <Field id="again" name="again" kind="password" label=i18n::password::again(lang) autocomplete="new-password"/>
            <p class="field-hint">{i18n::password::others(lang)}</p>
            <div class="form-acts">
                <Button variant="primary">{i18n::password::submit(lang)}</Button>
                <Button name="mesurer" value="1">{i18n::password::check(lang)}</Button>
            </div>
        </form>
        {rules(lang)}
    }
}
