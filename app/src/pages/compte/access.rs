//! Who gets in: confirmation, application passwords, activity.

use leptos::prelude::*;

use super::account::{Event, TokenLine, means_words};
use crate::{
    components::{Badge, Button, ButtonLink, Field, Notice},
    format::date,
    i18n::{self, Lang, account as words},
    pages::passkey::PasskeyForm,
};

fn said(lang: Lang, error: Option<String>) -> Signal<Option<String>> {
    Signal::stored(error.map(|code| i18n::error(lang, &code, &[])))
}

/// Asks for the password again, before a page that concerns the access itself.
pub fn confirm(
    retour: String,
    (has_password, has_passkey): (bool, bool),
    error: Option<String>,
    wait_seconds: Option<u32>,
) -> AnyView {
    let lang = i18n::lang();
    let wait = wait_seconds.filter(|seconds| *seconds > 0).map(|seconds| i18n::sign_in::wait(lang, seconds.into()));
    let at_field =
        has_password && !error.as_deref().is_some_and(|code| code.starts_with("passkey") || code.starts_with("approval"));
    let said = wait.or_else(|| error.map(|code| i18n::error(lang, &code, &[])));
    let (refusal, above) = if at_field { (said, None) } else { (None, said) };
    let refusal = Signal::stored(refusal);
    let passkey = has_passkey.then(|| {
        let retour = retour.clone();
        view! {
            <PasskeyForm what="get" action="/compte/confirmer/cle" words=i18n::passkey::confirm(lang)>
                <input type="hidden" name="retour" value=retour/>
            </PasskeyForm>
        }
    });
    let content = if has_password {
        view! {
            <p class="lead">{words::confirm_lead(lang)}</p>
            <form method="post" action="/compte/confirmer">
                <input type="hidden" name="retour" value=retour/>
                <Field id="password" name="password" kind="password" label=i18n::sign_in::password(lang) error=refusal
                    autocomplete="current-password" required=true autofocus=true/>
                <Button variant="primary">{i18n::sign_in::submit(lang)}</Button>
            </form>
        }
        .into_any()
    } else {
        view! {
            <p class="lead">{words::confirm_psc(lang)}</p>
            <form method="post" action="/deconnexion"><Button variant="primary">{words::confirm_psc_go(lang)}</Button></form>
        }
        .into_any()
    };
    view! {
        <section class="card">
            <h1>{words::confirm_title(lang)}</h1>
            {above.map(|text| view! { <Notice tone="danger" role="alert">{text}</Notice> })}
            {content}
            {passkey}
            <p class="card-foot"><a href="/compte">{i18n::means::cancel(lang)}</a></p>
        </section>
    }
    .into_any()
}

/// Application passwords; one just made is shown, once.
pub fn applications(list: Vec<TokenLine>, made: Option<String>, error: Option<String>, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let empty = list.is_empty().then(|| view! { <p>{words::applications_none(lang)}</p> });
    let made = made.map(|token| {
        view! { <Notice tone="ok" icon="check" role="status"><p>{words::application_made(lang)}</p><p><code class="secret">{token}</code></p></Notice> }
    });
    let rows = list
        .into_iter()
        .map(|token| {
            let seen = match token.seen_local {
                Some(local) => words::seen(lang, &date::moment(lang, &local, now_local)),
                None => words::never(lang).into(),
            };
            let created = words::created(lang, &date::moment(lang, &token.created_local, now_local));
            let label = words::application_end_named(lang, &token.name);
            view! {
                <li>
                    <div><p class="strong">{token.name}</p><p class="field-hint">{created}" · "{seen}</p></div>
                    <form method="post" action="/compte/applications/retirer">
                        <button class="button" data-variant="danger" type="submit" name="token" value=token.id aria-label=label>
                            {words::application_end(lang)}
                        </button>
                    </form>
                </li>
            }
        })
        .collect_view();
    view! {
        <p class="lead">{words::applications_lead(lang)}</p>
        {made}
        {empty}
        <ul class="sessions">{rows}</ul>
        <form method="post" action="/compte/applications">
            <Field id="nom" name="nom" label=words::application_name(lang) error=said(lang, error) maxlength="60" required=true/>
            <Button variant="primary">{words::application_add(lang)}</Button>
        </form>
    }
    .into_any()
}

/// What was done about the access to the account, newest first.
pub fn security(events: Vec<Event>, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let empty = events.is_empty().then(|| view! { <p>{words::security_none(lang)}</p> });
    let rows = events
        .into_iter()
        .map(|event| {
            let refused = event.refused.then(|| view! { " "<Badge tone="danger" text=words::refused(lang)/> });
            let at = date::moment(lang, &event.at_local, now_local);
            view! { <li><div><p class="strong">{event_words(lang, &event)}{refused}</p><p class="field-hint">{at}</p></div></li> }
        })
        .collect_view();
    view! {
        <p class="lead">{words::security_lead(lang)}</p>
        <p>
            {words::security_report(lang)}" "
            <a href="/contact?motif=identifiants">{words::security_report_go(lang)}</a>" · "
            <a href="/connexion/suspendre">{words::security_suspend(lang)}</a>
        </p>
        <p class="form-acts">
            <ButtonLink href="/compte/sessions">{i18n::sessions::title(lang)}</ButtonLink>
            <ButtonLink href="/compte/appareils">{words::devices(lang)}</ButtonLink>
            <ButtonLink href="/compte/applications">{words::applications(lang)}</ButtonLink>
        </p>
        {empty}
        <ul class="sessions">{rows}</ul>
    }
    .into_any()
}

fn event_words(lang: Lang, event: &Event) -> String {
    use i18n::event as say;
    let text = match event.kind.as_str() {
        "sign-in" => return say::sign_in(lang, means_words(lang, &event.by)),
        "sign-in-password" => say::sign_in_password(lang),
        "sign-in-code" => say::sign_in_code(lang),
        "session-end" => say::session_end(lang),
        "session-end-all" => say::session_end_all(lang),
        "password-set" => say::password_set(lang),
        "proof" => say::proof(lang),
        "device-add" => say::device_add(lang),
        "device-remove" => say::device_remove(lang),
        "device-remove-all" => say::device_remove_all(lang),
        "passkey-add" => say::passkey_add(lang),
        "passkey-remove" => say::passkey_remove(lang),
        "passkey-use" => say::passkey_use(lang),
        "approver-add" => say::approver_add(lang),
        "approver-remove" => say::approver_remove(lang),
        "approval-ask" => say::approval_ask(lang),
        "approval" => say::approval(lang),
        "token-create" => say::token_create(lang),
        "token-end" => say::token_end(lang),
        "contact-email" => say::contact_email(lang),
        "contact-mobile" => say::contact_mobile(lang),
        "suspend" => say::suspend(lang),
        "resume" => say::resume(lang),
        "recovery-link" => say::recovery_link(lang),
        "recovery-code" => say::recovery_code(lang),
        "recovery-proved" => say::recovery_proved(lang),
        "recovery-impossible" => say::recovery_impossible(lang),
        "recovery-done" => say::recovery_done(lang),
        "identity-check" => say::identity_check(lang),
        "person-create" => say::person_create(lang),
        "cgu-accept" => say::cgu_accept(lang),
        "delegation-accept" => say::delegation_accept(lang),
        "cgu-announce" => say::cgu_announce(lang),
        "identity-confirmed" => say::identity_confirmed(lang),
        "staff-add" => say::staff_add(lang),
        "staff-end" => say::staff_end(lang),
        "sign-in-psc" => say::sign_in_psc(lang),
        kind => return say::other(lang, kind),
    };
    text.to_owned()
}
