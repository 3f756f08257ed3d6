//! One person or one group of a structure: what they may do in each BAL, groups or members, administering, leaving.

use leptos::prelude::*;
use wire::delegation::DelegateRole;

use super::{fault, path, refusal};
use crate::{
    components::{Button, ButtonLink, Choice, Notice},
    i18n::{self, structure as words},
    pages::compte::delegations::role_words,
};

/// The page of a person or of a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubjectSheet {
    pub structure: String,
    pub structure_name: String,
    pub id: String,
    pub is_group: bool,
    pub name: String,
    /// Function of a person.
    pub function: String,
    /// BALs: id, address, what was given, whether the one who looks accepted the purpose.
    pub boxes: Vec<(String, String, Option<DelegateRole>, bool)>,
    /// Groups of a person, or persons of a group: id, name, inside.
    pub others: Vec<(String, String, bool)>,
    /// A person: `no`, `named` or `yes`.
    pub admin: &'static str,
    /// A person who has accepted and has not left.
    pub active: bool,
    /// The last one who administers: who may come after them, id and name.
    pub successors: Option<Vec<(String, String)>>,
    /// Field and code.
    pub error: Option<(String, String)>,
}

/// Draws it.
pub fn draw(page: SubjectSheet) -> AnyView {
    let lang = i18n::lang();
    let base = path(&page.structure);
    let field = if page.is_group { "groupe" } else { "membre" };
    let general = refusal(page.error.as_ref(), &[""]);
    let none = page.boxes.is_empty().then(|| view! { <p class="field-hint">{words::boxes_none(lang)}</p> });
    let rows = page
        .boxes
        .iter()
        .map(|(account, address, role, accepted)| {
            let mut options = vec![(String::new(), words::role_none(lang).to_owned())];
            options.extend(DelegateRole::ALL.map(|role| (role.code().to_owned(), role_words(lang, role).to_owned())));
            let selected = role.map(DelegateRole::code).unwrap_or_default();
            let waits = (!accepted).then(|| view! { <p class="field-hint">{words::purpose_first(lang)}</p> });
            let id = ["role-", account].concat();
            view! {
                <li>
                    <form method="post" action=base.clone() class="role-form">
                        <input type="hidden" name=field value=page.id.clone()/>
                        <input type="hidden" name="boite" value=account.clone()/>
                        <Choice id=id name="role" label=address.clone() options=options selected=selected/>
                        <button class="button" type="submit" name="op" value="droit" aria-label=words::keep_named(lang, address)>{words::keep(lang)}</button>
                    </form>
                    {waits}
                </li>
            }
        })
        .collect_view();
    let others = others(&page, &base);
    let rest = if page.is_group { group_end(&page, &base) } else { person(&page, &base) };
    let function = (!page.function.is_empty()).then(|| view! { <p class="field-hint">{page.function.clone()}</p> });
    view! {
        <p><ButtonLink href=base.clone()>{words::back(lang, &page.structure_name)}</ButtonLink></p>
        <h2>{page.name.clone()}</h2>
        {function}
        {general}
        <h3>{words::roles(lang)}</h3>
        {none}
        <ul class="sessions">{rows}</ul>
        {others}
        {rest}
    }
    .into_any()
}

/// Groups that a person is in, or persons that are in a group.
fn others(page: &SubjectSheet, base: &str) -> AnyView {
    let lang = i18n::lang();
    if page.others.is_empty() {
        return ().into_any();
    }
    let (own, theirs) = if page.is_group { ("groupe", "membre") } else { ("membre", "groupe") };
    let title = if page.is_group { words::members(lang) } else { words::groups(lang) };
    let back = if page.is_group { "groupe" } else { "personne" };
    let rows = page
        .others
        .iter()
        .map(|(id, name, inside)| {
            let (op, text, label) = match inside {
                true => ("sortir", words::take_out(lang), words::take_out_named(lang, name)),
                false => ("entrer", words::put_in(lang), words::put_in_named(lang, name)),
            };
            view! {
                <li>
                    <p class=inside.then_some("strong")>{name.clone()}</p>
                    <form method="post" action=base.to_owned()>
                        <input type="hidden" name=own value=page.id.clone()/>
                        <input type="hidden" name=theirs value=id.clone()/>
                        <input type="hidden" name="depuis" value=back/>
                        <button class="button" type="submit" name="op" value=op aria-label=label>{text}</button>
                    </form>
                </li>
            }
        })
        .collect_view();
    view! { <h3>{title}</h3><ul class="sessions">{rows}</ul> }.into_any()
}

fn group_end(page: &SubjectSheet, base: &str) -> AnyView {
    let lang = i18n::lang();
    view! {
        <form method="post" action=base.to_owned()>
            <input type="hidden" name="groupe" value=page.id.clone()/>
            <Button variant="danger" name="op" value="dissoudre">{words::group_end(lang)}</Button>
        </form>
    }
    .into_any()
}

fn person(page: &SubjectSheet, base: &str) -> AnyView {
    let lang = i18n::lang();
    let (op, text) =
        if page.admin == "no" { ("nommer", words::admin_name(lang)) } else { ("demettre", words::admin_end(lang)) };
    let hidden = {
        let id = page.id.clone();
        move || view! { <input type="hidden" name="membre" value=id.clone()/> }
    };
    let named = (page.admin == "named").then(|| view! { <p class="field-hint">{words::admin_named_what(lang)}</p> });
    let admin = page.active.then(|| {
        view! {
            <h3>{words::admin(lang)}</h3>
            {named}
            <form method="post" action=base.to_owned()>
                {hidden()}
                <Button name="op" value=op>{text}</Button>
            </form>
        }
    });
    let successor = page.successors.clone().map(|list| {
        let refused = fault(page.error.as_ref(), "successeur").get_untracked();
        let refused = refused.map(|text| view! { <Notice tone="danger" role="alert">{text}</Notice> });
        let mut options = vec![(String::new(), words::successor_none(lang).to_owned())];
        options.extend(list);
        view! {
            {refused}
            <Choice id="successeur" name="successeur" label=words::successor(lang) options=options selected=""/>
        }
    });
    let (title, what, act) = if page.active {
        (words::depart(lang), words::depart_what(lang), words::depart_submit(lang))
    } else {
        (words::withdraw(lang), words::withdraw_what(lang), words::withdraw(lang))
    };
    view! {
        {admin}
        <h3>{title}</h3>
        <p class="field-hint">{what}</p>
        <form method="post" action=base.to_owned()>
            {hidden()}
            {successor}
            <Button variant="danger" name="op" value="depart">{act}</Button>
        </form>
    }
    .into_any()
}
