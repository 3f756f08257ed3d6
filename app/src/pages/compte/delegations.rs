//! `/compte/delegations`: who may open one's BALs, and the BALs of others that one may open. Ordinary forms.

use leptos::prelude::*;
use wire::delegation::DelegateRole;

use crate::{
    components::{Badge, Button, ButtonLink, Checkbox, Choice, Field, Notice},
    format::date,
    i18n::{self, Lang, delegation as words},
};

/// How a delegation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Invited,
    Active,
    /// Accepted, and its first day is to come.
    Later,
    Refused,
    Ended,
}

impl Standing {
    fn badge(self, lang: Lang) -> AnyView {
        let (tone, text) = match self {
            Self::Invited => ("warning", words::state_invited(lang)),
            Self::Active => ("ok", words::state_active(lang)),
            Self::Later => ("plain", words::state_later(lang)),
            Self::Refused => ("plain", words::state_refused(lang)),
            Self::Ended => ("plain", words::state_ended(lang)),
        };
        view! { <Badge tone=tone text=text/> }.into_any()
    }

    fn is_past(self) -> bool {
        matches!(self, Self::Refused | Self::Ended)
    }
}

/// One who has, had or may get an access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub id: String,
    pub name: String,
    /// The ordinary address that was given, if any.
    pub email: Option<String>,
    pub role: DelegateRole,
    pub standing: Standing,
    pub reason: String,
    pub from_local: String,
    pub to_local: String,
    pub invited_local: String,
    pub ended_local: Option<String>,
    pub used_local: Option<String>,
    /// The person signed the undertaking; otherwise their status binds them.
    pub signed: bool,
}

/// A BAL whose accesses one may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenBox {
    pub account: String,
    pub address: String,
    /// One holds it: otherwise one only runs it for its holder.
    pub own: bool,
    pub given: Vec<Given>,
}

/// An access that one was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub account: String,
    pub id: String,
    pub name: String,
    pub address: String,
    pub role: DelegateRole,
    pub standing: Standing,
    pub from_local: String,
    pub to_local: String,
}

/// The page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delegations {
    pub boxes: Vec<GivenBox>,
    pub received: Vec<Received>,
    /// Which delegation was refused what, by code; the id may be empty.
    pub error: Option<(String, String)>,
}

/// The form of an invitation, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Invitation {
    /// (id, address) of the BALs that one holds.
    pub boxes: Vec<(String, String)>,
    pub account: String,
    pub who: String,
    pub email: String,
    pub name: String,
    pub role: String,
    pub from: String,
    pub to: String,
    pub reason: String,
    /// Longest delegation, in days.
    pub days: u64,
    /// Field and code.
    pub error: Option<(String, String)>,
}

/// What a role lets one do.
pub fn role_words(lang: Lang, role: DelegateRole) -> &'static str {
    match role {
        DelegateRole::Read => words::role_read(lang),
        DelegateRole::Sort => words::role_sort(lang),
        DelegateRole::Draft => words::role_draft(lang),
        DelegateRole::Send => words::role_send(lang),
        DelegateRole::Manage => words::role_manage(lang),
    }
}

/// The same, as whom it is given to is told.
pub fn role_given(lang: Lang, role: DelegateRole) -> &'static str {
    match role {
        DelegateRole::Draft => words::role_draft_given(lang),
        DelegateRole::Send => words::role_send_given(lang),
        role => role_words(lang, role),
    }
}

fn roles(lang: Lang) -> Vec<(String, String)> {
    DelegateRole::ALL.into_iter().map(|role| (role.code().to_owned(), role_words(lang, role).to_owned())).collect()
}

/// Who has what in each of one's BALs, and what one was given.
pub fn delegations(page: Delegations, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let Delegations { boxes, received, error } = page;
    let invites = boxes.iter().any(|one| one.own);
    let general = error.as_ref().filter(|(id, _)| id.is_empty()).map(|(_, code)| i18n::error(lang, code, &[]));
    let general = general.map(|text| view! { <Notice tone="danger" role="alert">{text}</Notice> });
    let boxes = boxes.into_iter().map(|one| given_box(one, error.as_ref(), now_local)).collect_view();
    let has_received = !received.is_empty();
    let rows = received.into_iter().map(|one| received_line(one, now_local)).collect_view();
    view! {
        <p class="lead">{words::lead(lang)}</p>
        {general}
        {invites.then(|| view! { <p><ButtonLink href="/compte/delegations/inviter" variant="primary" icon="person">{words::invite(lang)}</ButtonLink></p> })}
        {boxes}
        <h2>{words::received_title(lang)}</h2>
        <p class="field-hint">{if has_received { words::received_lead(lang) } else { words::received_none(lang) }}</p>
        <ul class="sessions">{rows}</ul>
    }
    .into_any()
}

fn given_box(one: GivenBox, error: Option<&(String, String)>, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let GivenBox { account, address, own, given } = one;
    let (past, live): (Vec<_>, Vec<_>) = given.into_iter().partition(|one| one.standing.is_past());
    let none = live.is_empty().then(|| view! { <p class="field-hint">{words::none(lang)}</p> });
    let live = live.into_iter().map(|one| line(one, &account, own, error, now_local)).collect_view();
    let past = (!past.is_empty()).then(|| {
        let rows = past.into_iter().map(|one| past_line(one, &account, own, now_local)).collect_view();
        let hint = own.then(|| view! { <p class="field-hint">{words::past_hint(lang)}</p> });
        view! { <details><summary>{words::past(lang)}</summary>{hint}<ul class="sessions">{rows}</ul></details> }
    });
    view! {
        <h2>{words::of_box(lang, &address)}</h2>
        {none}
        <ul class="sessions delegations">{live}</ul>
        {past}
    }
    .into_any()
}

fn facts(one: &Given, now_local: &str) -> String {
    let lang = i18n::lang();
    let moment = |local: &str| date::moment(lang, local, now_local);
    let mut facts = vec![match one.standing {
        Standing::Invited => words::invited_at(lang, &moment(&one.invited_local)),
        _ => words::since(lang, &moment(&one.from_local)),
    }];
    match &one.ended_local {
        Some(ended) => facts.push(words::ended_at(lang, &moment(ended))),
        None => facts.push(words::until(lang, &date::day(lang, &one.to_local))),
    }
    if matches!(one.standing, Standing::Active | Standing::Later) {
        facts.push(match &one.used_local {
            Some(used) => words::used(lang, &moment(used)),
            None => words::never_used(lang).to_owned(),
        });
        facts.push(if one.signed { words::bound_signed(lang) } else { words::bound_status(lang) }.to_owned());
    }
    facts.join(" · ")
}

fn heading(one: &Given, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let email = one.email.clone().map(|email| view! { <span class="field-hint">" "{email}</span> });
    view! {
        <div>
            <p class="strong">{one.name.clone()}" "{one.standing.badge(lang)}{email}</p>
            <p>{role_words(lang, one.role)}" · "{one.reason.clone()}</p>
            <p class="field-hint">{facts(one, now_local)}</p>
        </div>
    }
    .into_any()
}

/// What is over is not opened again: the same is offered anew, and accepted anew.
fn past_line(one: Given, account: &str, own: bool, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let again = own.then(|| {
        let href = ["/compte/delegations/inviter?boite=", account, "&encore=", &one.id].concat();
        let label = words::again_named(lang, &one.name);
        view! { <p class="form-acts"><a class="button" data-variant="plain" href=href aria-label=label>{words::again(lang)}</a></p> }
    });
    view! { <li>{heading(&one, now_local)}{again}</li> }.into_any()
}

fn line(one: Given, account: &str, own: bool, error: Option<&(String, String)>, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let refused = error.filter(|(id, _)| *id == one.id).map(|(_, code)| i18n::error(lang, code, &[]));
    let opened = refused.is_some();
    let waiting = one.standing == Standing::Invited;
    let (end, label) = if waiting {
        (words::take_back(lang), words::take_back(lang).to_owned())
    } else {
        (words::end(lang), words::end_named(lang, &one.name))
    };
    let remind = waiting.then(|| {
        view! { <button class="button" type="submit" name="op" value="relancer">{words::remind(lang)}</button> }
    });
    let hidden = {
        let (account, id) = (account.to_owned(), one.id.clone());
        move || {
            view! {
                <input type="hidden" name="boite" value=account.clone()/>
                <input type="hidden" name="delegation" value=id.clone()/>
            }
        }
    };
    let attest = own.then(|| {
        let id = ["atteste-", &one.id].concat();
        view! { <Checkbox id=id name="atteste" label=words::attest_more(lang)/> }
    });
    let last_day = one.to_local.get(..10).unwrap_or_default().to_owned();
    view! {
        <li>
            {heading(&one, now_local)}
            <form method="post" action="/compte/delegations" class="form-acts">
                {hidden()}
                {remind}
                <button class="button" data-variant="danger" type="submit" name="op" value="retirer" aria-label=label>{end}</button>
            </form>
            <details open=opened>
                <summary>{words::change(lang)}</summary>
                {refused.map(|text| view! { <Notice tone="danger" role="alert">{text}</Notice> })}
                <form method="post" action="/compte/delegations">
                    {hidden()}
                    <Choice id=["role-", &one.id].concat() name="role" label=words::role(lang) options=roles(lang) selected=one.role.code()/>
                    <Field id=["au-", &one.id].concat() name="au" kind="date" label=words::to(lang) value=last_day/>
                    {attest}
                    <Button name="op" value="changer">{words::change_submit(lang)}</Button>
                </form>
            </details>
        </li>
    }
    .into_any()
}

fn received_line(one: Received, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let moment = |local: &str| date::moment(lang, local, now_local);
    let when =
        [words::since(lang, &moment(&one.from_local)), words::until(lang, &date::day(lang, &one.to_local))].join(" · ");
    let open = (one.standing == Standing::Active).then(|| {
        view! { <ButtonLink href=["/courrier/", &one.account].concat()>{words::open(lang)}</ButtonLink> }
    });
    let waits =
        (one.standing == Standing::Invited).then(|| view! { <p class="field-hint">{words::received_waiting(lang)}</p> });
    let leave = (!one.standing.is_past()).then(|| {
        view! {
            <form method="post" action="/compte/delegations" class="form-acts">
                <input type="hidden" name="boite" value=one.account.clone()/>
                <input type="hidden" name="delegation" value=one.id.clone()/>
                <button class="button" type="submit" name="op" value="renoncer" aria-label=words::leave_named(lang, &one.name)>{words::leave(lang)}</button>
            </form>
        }
    });
    view! {
        <li>
            <div>
                <p class="strong">{one.name.clone()}" "{one.standing.badge(lang)}</p>
                <p>{one.address.clone()}" · "{role_given(lang, one.role)}</p>
                <p class="field-hint">{when}</p>
                {waits}
            </div>
            {open}
            {leave}
        </li>
    }
    .into_any()
}

/// The form of an invitation.
pub fn invitation(page: Invitation) -> AnyView {
    let lang = i18n::lang();
    let error = |field: &str| {
        let refused = page.error.as_ref().filter(|(at, _)| at == field);
        Signal::stored(refused.map(|(_, code)| i18n::error(lang, code, &[])))
    };
    let general = page.error.as_ref().filter(|(at, _)| at.is_empty() || at == "atteste");
    let general = general.map(|(_, code)| i18n::error(lang, code, &[]));
    let general = general.map(|text| view! { <Notice tone="danger" role="alert">{text}</Notice> });
    let role = if page.role.is_empty() { DelegateRole::Sort.code().to_owned() } else { page.role.clone() };
    view! {
        <p class="lead">{words::invite_lead(lang)}</p>
        {general}
        <form method="post" action="/compte/delegations/inviter">
            <Choice id="boite" name="boite" label=words::mailbox(lang) options=page.boxes.clone() selected=page.account.clone()/>
            <Field id="qui" name="qui" label=words::who(lang) hint=words::who_hint(lang) value=page.who.clone() error=error("qui")
                autocomplete="off" maxlength="254" required=true autofocus=true/>
            <Field id="courriel" name="courriel" kind="email" label=words::email(lang) hint=words::email_hint(lang)
                value=page.email.clone() error=error("courriel") autocomplete="off" maxlength="254"/>
            <Field id="nom" name="nom" label=words::name(lang) hint=words::name_hint(lang) value=page.name.clone() error=error("nom")
                autocomplete="off" maxlength="100" required=true/>
            <Choice id="role" name="role" label=words::role(lang) options=roles(lang) selected=role/>
            <Field id="du" name="du" kind="date" label=words::from(lang) hint=words::from_hint(lang) value=page.from.clone() error=error("du")/>
            <Field id="au" name="au" kind="date" label=words::to(lang) hint=words::to_hint(lang, page.days) value=page.to.clone() error=error("au")/>
            <Field id="motif" name="motif" label=words::reason(lang) hint=words::reason_hint(lang) value=page.reason.clone()
                error=error("motif") maxlength="200" required=true/>
            <Checkbox id="atteste" name="atteste" label=words::attestation(lang)/>
            <div class="form-acts">
                <Button variant="primary">{words::invite_submit(lang)}</Button>
                <ButtonLink href="/compte/delegations">{i18n::means::cancel(lang)}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}
