//! The steps between the identity provider and the BAL.

use leptos::prelude::*;

use super::{Button, Checkbox, Field, Icon, Notice};
use crate::i18n;

/// Where one is among the steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    pub at: u64,
    pub of: u64,
    /// The address of the step before.
    pub before: Option<String>,
}

/// An activity for which the BAL may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceLine {
    pub index: u64,
    pub profession: String,
    pub speciality: Option<String>,
    pub place: String,
    pub employed: bool,
    pub controller: String,
    pub address: String,
}

/// A step: its title, where one is, the way back and out.
#[component]
fn Page(head: Head, title: &'static str, children: Children) -> impl IntoView {
    let lang = i18n::lang();
    let before = head.before.map(|href| view! { <a href=href>{i18n::opening::before(lang)}</a> });
    view! {
        <section class="sheet opening">
            <p class="opening-step">{i18n::opening::step(lang, &head.at.to_string(), &head.of.to_string())}</p>
            <progress class="progress" max=head.of.to_string() value=head.at.to_string() aria-hidden="true"></progress>
            <h1>{title}</h1>
            {children()}
            <div class="opening-out">
                {before}
                <form method="post" action="/inscription/abandon">
                    <button class="button" data-variant="quiet" type="submit">{i18n::opening::abandon(lang)}</button>
                </form>
            </div>
            <p class="field-hint">{i18n::opening::kept(lang)}</p>
        </section>
    }
}

#[component]
pub(super) fn IdentityStep(
    head: Head,
    name: String,
    national_id: String,
    choices: Vec<ChoiceLine>,
    selected: Option<u64>,
    error: Option<String>,
) -> impl IntoView {
    let lang = i18n::lang();
    let several = choices.len() > 1;
    let invalid = error.is_some();
    let lines = choices.into_iter().map(|choice| line(choice, several, selected)).collect_view();
    let error = error.map(|_| {
        view! { <p class="field-error" id="activity-erreur" role="alert"><Icon name="warning"/><span>{i18n::opening::choose(lang)}</span></p> }
    });
    let legend = if several { i18n::opening::choose(lang) } else { i18n::opening::one(lang) };
    view! {
        <Page head=head title=i18n::opening::identity_title(lang)>
            <p class="lead">{i18n::opening::identity_lead(lang)}</p>
            <dl class="opening-facts">
                <div><dt>{i18n::opening::name(lang)}</dt><dd>{name}</dd></div>
                <div><dt>{i18n::opening::national_id(lang)}</dt><dd>{national_id}</dd></div>
            </dl>
            <form method="post" action="/inscription/identite">
                <fieldset class="opening-choices" aria-describedby=invalid.then_some("activity-erreur")>
                    <legend>{legend}</legend>
                    {error}
                    {lines}
                </fieldset>
                <p class="field-hint">{i18n::opening::wrong_facts(lang)}</p>
                <Button variant="primary">{i18n::opening::go_on(lang)}</Button>
            </form>
        </Page>
    }
}

fn line(choice: ChoiceLine, several: bool, selected: Option<u64>) -> AnyView {
    let lang = i18n::lang();
    let id = format!("activity-{}", choice.index);
    let mode = if choice.employed { i18n::opening::employed(lang) } else { i18n::opening::own_account(lang) };
    let what = match choice.speciality {
        Some(speciality) => [choice.profession, " · ".into(), speciality].concat(),
        None => choice.profession,
    };
    let facts = view! {
        <span class="strong">{what}</span>
        <span>{[choice.place.as_str(), if choice.place.is_empty() { "" } else { " · " }, mode].concat()}</span>
        <span>{i18n::opening::proposed(lang)} " "<span class="opening-address">{choice.address}</span></span>
        <span class="muted">{i18n::account::controller(lang, &choice.controller)}</span>
    };
    let index = choice.index.to_string();
    match several {
        true => view! {
            <div class="opening-choice">
                <input type="radio" id=id.clone() name="activity" value=index checked=selected == Some(choice.index) required=true/>
                <label for=id>{facts}</label>
            </div>
        }
        .into_any(),
        false => view! {
            <div class="opening-choice" data-only="">
                <input type="hidden" name="activity" value=index/>
                <div class="opening-only">{facts}</div>
            </div>
        }
        .into_any(),
    }
}

#[component]
pub(super) fn ContactStep(
    head: Head,
    known: bool,
    email: String,
    mobile: Option<String>,
    mobile_error: Option<String>,
    liste_rouge: bool,
    phone: Option<String>,
    publish_phone: bool,
    error: Option<String>,
) -> impl IntoView {
    let lang = i18n::lang();
    let error = error.map(|code| i18n::error(lang, &code, &[]));
    let address = match known {
        true => view! { <p>{i18n::opening::email_known(lang)} " "<span class="strong">{email}</span></p> }.into_any(),
        false => view! {
            <Field id="email" name="email" kind="email" label=i18n::opening::email(lang) value=email hint=i18n::opening::email_hint(lang)
                error=Signal::stored(error) autocomplete="email" inputmode="email" maxlength="254" required=true/>
        }
        .into_any(),
    };
    let mobile = mobile.map(|number| {
        let error = mobile_error.map(|code| i18n::error(lang, &code, &[]));
        view! {
            <Field id="mobile" name="mobile" kind="tel" label=i18n::opening::mobile(lang) value=number hint=i18n::opening::mobile_hint(lang)
                error=Signal::stored(error) autocomplete="tel" inputmode="tel" maxlength="40"/>
        }
    });
    let phone = phone.map(|number| {
        view! {
            <Checkbox id="phone" name="phone" label=i18n::opening::phone(lang, &number) hint=i18n::opening::phone_hint(lang) checked=publish_phone/>
        }
    });
    view! {
        <Page head=head title=i18n::opening::contact_title(lang)>
            <form method="post" action="/inscription/coordonnees">
                {address}
                {mobile}
                <Checkbox id="liste-rouge" name="liste_rouge" label=i18n::opening::liste_rouge(lang) hint=i18n::opening::liste_rouge_hint(lang) checked=liste_rouge/>
                {phone}
                <Button variant="primary">{i18n::opening::go_on(lang)}</Button>
            </form>
        </Page>
    }
}

#[component]
pub(super) fn CodeStep(
    head: Head,
    mobile: bool,
    masked_contact: String,
    error: Option<String>,
    resend_in: u32,
) -> impl IntoView {
    let lang = i18n::lang();
    let error = error.map(|code| i18n::error(lang, &code, &[]));
    let (title, action, lead) = match mobile {
        true => (i18n::opening::mobile_title(lang), "/inscription/mobile", i18n::means::code_sms(lang, &masked_contact)),
        false => (i18n::opening::code_title(lang), "/inscription/code", i18n::code::lead(lang, &masked_contact)),
    };
    let without = mobile.then(|| {
        view! {
            <form method="post" action="/inscription/sans-mobile">
                <Button variant="quiet">{i18n::opening::without_mobile(lang)}</Button>
            </form>
        }
    });
    let again = match resend_in {
        0 => view! {
            <form method="post" action="/inscription/renvoyer">
                <Button variant="quiet">{i18n::code::resend(lang)}</Button>
            </form>
        }
        .into_any(),
        seconds => view! { <p class="field-hint">{i18n::code::resend_wait(lang, seconds.into())}</p> }.into_any(),
    };
    view! {
        <Page head=head title=title>
            <p class="lead">{lead}</p>
            <form method="post" action=action data-form="code">
                <Field id="code" name="code" label=i18n::code::label(lang) hint=i18n::code::hint(lang) error=Signal::stored(error)
                    autocomplete="one-time-code" inputmode="numeric" pattern="[0-9 ]*" maxlength="12" required=true autofocus=true/>
                <Button variant="primary">{i18n::opening::go_on(lang)}</Button>
            </form>
            {(!mobile).then(|| view! { <p class="field-hint">{i18n::code::not_received(lang)}</p> })}
            {again}
            {without}
        </Page>
    }
}

#[component]
pub(super) fn PasswordStep(head: Head, login: String, error: Option<String>, again_error: Option<String>) -> impl IntoView {
    let lang = i18n::lang();
    let said = move |code: Option<String>| Signal::stored(code.map(|code| i18n::error(lang, &code, &["12".into()])));
    view! {
        <Page head=head title=i18n::opening::password_title(lang)>
            <p class="lead">{i18n::opening::password_lead(lang)}</p>
            <form method="post" action="/inscription/mot-de-passe">
                <input type="hidden" name="username" autocomplete="username" value=login/>
                <Field id="password" name="password" kind="password" label=i18n::opening::password(lang) hint=i18n::opening::password_hint(lang)
                    error=said(error) autocomplete="new-password" required=true autofocus=true/>
                <Field id="again" name="again" kind="password" label=i18n::opening::password_again(lang)
                    error=said(again_error) autocomplete="new-password" required=true/>
                <Button variant="primary">{i18n::opening::go_on(lang)}</Button>
            </form>
        </Page>
    }
}

#[component]
pub(super) fn TermsStep(
    head: Head,
    address: String,
    name: String,
    controller: String,
    email: String,
    mobile: Option<String>,
    liste_rouge: bool,
    cgu: Option<(i64, String)>,
    error: Option<String>,
) -> impl IntoView {
    let lang = i18n::lang();
    let refused = error.map(|code| view! { <Notice tone="danger" role="alert">{i18n::error(lang, &code, &[])}</Notice> });
    let isnt = i18n::opening::is_not(lang).iter().map(|text| view! { <li><span>{*text}</span></li> });
    let (terms, href) = match &cgu {
        Some((version, day)) => (i18n::opening::accept_cgu(lang, day, &version.to_string()), format!("/cgu/{version}")),
        None => (i18n::opening::accept_rules(lang).to_owned(), "/cgu".to_owned()),
    };
    let listed = if liste_rouge { i18n::opening::not_listed(lang) } else { i18n::opening::listed(lang) };
    view! {
        <Page head=head title=i18n::opening::terms_title(lang)>
            <dl class="opening-facts">
                <div><dt>{i18n::opening::address(lang)}</dt><dd class="opening-address">{address}</dd></div>
                <div><dt>{i18n::opening::name(lang)}</dt><dd>{name}</dd></div>
                <div><dt>{i18n::opening::controller(lang)}</dt><dd>{controller}</dd></div>
                <div><dt>{i18n::opening::email(lang)}</dt><dd>{email}</dd></div>
                {mobile.map(|number| view! { <div><dt>{i18n::account::mobile(lang)}</dt><dd>{number}</dd></div> })}
                <div><dt>{i18n::directory::title(lang)}</dt><dd>{listed}</dd></div>
            </dl>
            <h2>{i18n::opening::is_not_title(lang)}</h2>
            <ul class="plain-list">{isnt.collect_view()}</ul>
            <h2>{i18n::opening::read_title(lang)}</h2>
            <ul class="plain-list">
                <li><a href=href target="_blank" rel="noopener">{i18n::opening::read_cgu(lang)}</a></li>
                <li><a href="/confidentialite" target="_blank" rel="noopener">{i18n::opening::read_notice(lang)}</a></li>
            </ul>
            <form method="post" action="/inscription/conditions">
                {refused}
                <Checkbox id="cgu" name="cgu" label=terms/>
                <Checkbox id="notice" name="notice" label=i18n::opening::accept_notice(lang)/>
                <Button variant="primary">{i18n::opening::create(lang)}</Button>
            </form>
        </Page>
    }
}
