//! The secrets of a structure's programs: shown once, replaced without a gap, ended.

use leptos::prelude::*;

use super::{fault, path, refusal};
use crate::{
    components::{Badge, Button, ButtonLink, Field, Notice, TextArea},
    format::date,
    i18n::{self, structure as words},
};

/// A token or a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretLine {
    pub id: String,
    pub name: String,
    pub certificate: bool,
    pub created_local: String,
    pub seen_local: Option<String>,
    pub expires_local: Option<String>,
}

/// A program and its BAL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Program {
    pub account: String,
    pub name: String,
    pub address: String,
    pub purpose: String,
    pub receives: bool,
    pub suspended: bool,
    /// Messages in an hour and in a day, 0 without limit.
    pub messages: (u32, u32),
    pub secrets: Vec<SecretLine>,
}

/// The page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SoftwareSheet {
    pub structure: String,
    pub structure_name: String,
    pub list: Vec<Program>,
    /// The token that was made just now: of which BAL, and itself.
    pub made: Option<(String, String)>,
    /// Hours for which a replaced token still works.
    pub overlap_hours: u64,
    /// The BAL where something was refused.
    pub at: String,
    /// Field and code.
    pub error: Option<(String, String)>,
}

/// Draws it.
pub fn draw(page: SoftwareSheet, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let base = path(&page.structure);
    let SoftwareSheet { structure_name, list, made, overlap_hours, at, error, .. } = page;
    let none = list.is_empty().then(|| view! { <p class="field-hint">{words::software_none(lang)}</p> });
    let programs = list
        .into_iter()
        .map(|one| {
            let token = made.as_ref().filter(|(account, _)| *account == one.account).map(|(_, token)| token.clone());
            let error = error.as_ref().filter(|_| at == one.account);
            program(one, &base, token, error, now_local)
        })
        .collect_view();
    view! {
        <p><ButtonLink href=base.clone()>{words::back(lang, &structure_name)}</ButtonLink></p>
        <p class="lead">{words::software_lead(lang)}</p>
        <p class="field-hint">{words::software_overlap(lang, overlap_hours)}</p>
        {none}
        {programs}
    }
    .into_any()
}

fn rate(count: u32) -> String {
    let lang = i18n::lang();
    if count == 0 { words::no_limit(lang).to_owned() } else { i18n::number(lang, count.into()) }
}

fn program(one: Program, base: &str, made: Option<String>, error: Option<&(String, String)>, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let action = [base, "/logiciels"].concat();
    let made = made.map(|token| {
        view! {
            <Notice tone="ok" icon="check" role="status">{words::token_made(lang)}" "<code class="secret">{token}</code></Notice>
        }
    });
    let suspended = one.suspended.then(|| view! { " "<Badge tone="danger" text=words::state_suspended(lang)/> });
    let receives = if one.receives { words::receives(lang) } else { words::sends_only(lang) };
    let rates = words::software_rates(lang, &rate(one.messages.0), &rate(one.messages.1));
    let none = one.secrets.is_empty().then(|| view! { <p class="field-hint">{words::secrets_none(lang)}</p> });
    let secrets = one.secrets.into_iter().map(|secret| line(secret, &action, &one.account, now_local)).collect_view();
    let id = |field: &str| [field, "-", &one.account].concat();
    let hidden = {
        let account = one.account.clone();
        move || view! { <input type="hidden" name="boite" value=account.clone()/> }
    };
    let pem_fault = fault(error, "certificat").get_untracked();
    view! {
        <h2>{one.name.clone()}" "<span class="field-hint">{one.address.clone()}</span>{suspended}</h2>
        <p>{one.purpose.clone()}</p>
        <p class="field-hint">{receives}" · "{rates}</p>
        {refusal(error, &[""])}
        {made}
        {none}
        <ul class="sessions">{secrets}</ul>
        <form method="post" action=action.clone()>
            {hidden()}
            <Field id=id("nom") name="nom" label=words::token_name(lang) hint=words::token_name_hint(lang) error=fault(error, "nom")
                autocomplete="off" maxlength="100" required=true/>
            <Field id=id("jours") name="jours" label=words::token_days(lang) hint=words::token_days_hint(lang) error=fault(error, "jours")
                inputmode="numeric" autocomplete="off" maxlength="4"/>
            <Button name="op" value="jeton">{words::token_make(lang)}</Button>
        </form>
        <form method="post" action=action.clone()>
            {hidden()}
            <TextArea id=id("certificat") name="certificat" label=words::certificate(lang) hint=words::certificate_hint(lang) value=""
                error=pem_fault rows="4" maxlength="20000" required=true/>
            <Button name="op" value="certificat">{words::certificate_add(lang)}</Button>
        </form>
    }
    .into_any()
}

fn line(one: SecretLine, action: &str, account: &str, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let moment = |local: &str| date::moment(lang, local, now_local);
    let mut facts = vec![words::made_at(lang, &moment(&one.created_local))];
    facts.push(match &one.seen_local {
        Some(seen) => i18n::delegation::used(lang, &moment(seen)),
        None => i18n::delegation::never_used(lang).to_owned(),
    });
    facts.extend(one.expires_local.as_deref().map(|local| i18n::delegation::until(lang, &moment(local))));
    let kind = if one.certificate { words::kind_certificate(lang) } else { words::kind_token(lang) };
    let rotate = (!one.certificate).then(|| {
        let label = words::rotate_named(lang, &one.name);
        view! { <button class="button" type="submit" name="op" value="remplacer" aria-label=label>{words::rotate(lang)}</button> }
    });
    let label = words::secret_end_named(lang, &one.name);
    view! {
        <li>
            <div>
                <p class="strong">{one.name.clone()}" "<Badge tone="plain" text=kind/></p>
                <p class="field-hint">{facts.join(" · ")}</p>
            </div>
            <form method="post" action=action.to_owned() class="form-acts">
                <input type="hidden" name="boite" value=account.to_owned()/>
                <input type="hidden" name="secret" value=one.id.clone()/>
                {rotate}
                <button class="button" data-variant="danger" type="submit" name="op" value="retirer" aria-label=label>{words::secret_end(lang)}</button>
            </form>
        </li>
    }
    .into_any()
}
