//! `/compte/approbation`: what an enrolled browser is asked. Ordinary forms; `public/waiting.js` shows new requests.

use leptos::prelude::*;

use super::passkey::Script;
use crate::{
    components::{ButtonLink, Field, Notice},
    format::date,
    i18n::{self, approval as words},
    shell::PageContext,
};

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLine {
    pub id: String,
    /// `Firefox, Windows`, or nothing known.
    pub agent: String,
    pub at_local: String,
    pub error: Option<String>,
}

/// What is asked of this browser.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApprovalPage {
    /// What this browser is called; none when it is not enrolled.
    pub browser: Option<String>,
    pub requests: Vec<RequestLine>,
}

/// The page.
#[component]
pub fn Approvals(page: ApprovalPage, now_local: String) -> impl IntoView {
    let lang = i18n::lang();
    let context: PageContext = use_context().unwrap_or_default();
    let Some(browser) = page.browser else {
        return view! {
            <section class="card">
                <h1>{words::title(lang)}</h1>
                <p>{words::not_enrolled(lang)}</p>
                <ButtonLink href="/compte/appareils">{i18n::account::devices(lang)}</ButtonLink>
            </section>
        }
        .into_any();
    };
    let ids: Vec<&str> = page.requests.iter().map(|request| request.id.as_str()).collect();
    let ids = ids.join(" ");
    let count = page.requests.len() as u64;
    let requests = page.requests.into_iter().map(|one| request(one, &now_local)).collect_view();
    view! {
        <section class="card approvals" data-requests=ids data-from="/compte/approbation/attente">
            <h1>{words::title(lang)}</h1>
            <p class="field-hint">{words::browser(lang, &browser)}</p>
            <p role="status">{words::count(lang, count)}</p>
            {requests}
            {(count == 0).then(|| view! { <p>{words::none(lang)}</p> })}
            <form method="get" action="/compte/approbation">
                <button class="button" data-variant="quiet" type="submit">{words::refresh(lang)}</button>
            </form>
            <div class="card-foot">
                <p>{words::not_you(lang)}" "<a href="/connexion/suspendre">{i18n::account::security_suspend(lang)}</a></p>
                <p>{i18n::means::nobody_asks_number(lang)}</p>
            </div>
        </section>
        <Script src=context.assets.waiting nonce=context.nonce/>
    }
    .into_any()
}

fn request(one: RequestLine, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let who = if one.agent.is_empty() { words::some_browser(lang).to_owned() } else { one.agent };
    let at = words::asked(lang, &date::moment(lang, &one.at_local, now_local));
    let error = Signal::stored(one.error.map(|code| i18n::error(lang, &code, &[])));
    view! {
        <form class="approval" method="post" action="/compte/approbation">
            <div><p class="strong">{who}</p><p class="field-hint">{at}</p></div>
            <input type="hidden" name="demande" value=one.id.clone()/>
            <Field id=["nombre-", &one.id].concat() name="nombre" label=words::digits(lang) hint=words::digits_hint(lang) error=error
                inputmode="numeric" pattern="[0-9]{2}" maxlength="2" autocomplete="off" required=true/>
            <div class="form-acts">
                <button class="button" data-variant="primary" type="submit" name="op" value="approuver">{words::approve(lang)}</button>
                <button class="button" data-variant="danger" type="submit" name="op" value="refuser" formnovalidate=true>{words::refuse(lang)}</button>
            </div>
        </form>
    }
    .into_any()
}

/// What the browser that gave the password shows while it waits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Approval {
    /// The two digits.
    pub number: String,
    /// `waiting`, `approved` or `expired`.
    pub state: &'static str,
}

/// The digits, how to approve, and the way on.
pub fn waiting(approval: Approval, action: &'static str, retour: &str, error: Option<String>) -> AnyView {
    let lang = i18n::lang();
    let context: PageContext = use_context().unwrap_or_default();
    let Approval { number, state } = approval;
    let lapsed = state == "expired";
    let refused = error
        .filter(|code| !(lapsed && code == "approval-lapsed") && !(state == "approved" && code == "approval-waiting"))
        .map(|code| view! { <Notice tone="warning" role="alert">{i18n::error(lang, &code, &[])}</Notice> });
    if lapsed {
        return view! {
            {refused}
            <Notice tone="warning" role="status">{words::lapsed(lang)}</Notice>
            <form method="post" action=[action, "/renvoyer"].concat()>
                <input type="hidden" name="retour" value=retour.to_owned()/>
                <button class="button" data-variant="primary" type="submit" name="moyen" value="approval">{words::again(lang)}</button>
            </form>
        }
        .into_any();
    }
    let lead = if state == "approved" { words::approved(lang) } else { words::lead(lang) };
    view! {
        {refused}
        <p class="lead">{lead}</p>
        <p class="approval-number"><span class="hidden-text">{words::digits_are(lang)}" "</span>{number}</p>
        <ol class="prose">{words::steps(lang).iter().map(|step| view! { <li>{*step}</li> }).collect_view()}</ol>
        <form method="post" action=action data-waiting="/connexion/code/attente">
            <input type="hidden" name="retour" value=retour.to_owned()/>
            <button class="button" data-variant="primary" type="submit">{words::done(lang)}</button>
        </form>
        <p class="field-hint" role="status">{words::waits(lang)}" "<span data-live="" hidden=true>{words::live(lang)}</span></p>
        <Script src=context.assets.waiting nonce=context.nonce/>
    }
    .into_any()
}
