//! Those that this BAL writes with, the last ones first.

use leptos::prelude::*;
use wire::patient::ExchangeState;

use super::{Desk, marks, state_sentence};
use crate::{
    components::{ButtonLink, EmptyState},
    format::date,
    i18n::{self, patients as words},
};

/// A patient in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientLine {
    pub id: String,
    /// Empty: only their messaging is known.
    pub name: String,
    pub masked: String,
    pub state: ExchangeState,
    pub since_local: String,
    pub closed_by: Option<String>,
    pub last_local: Option<String>,
    pub opposed: bool,
    pub qualified: bool,
}

/// The page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListPage {
    pub lines: Vec<PatientLine>,
}

pub(super) fn list(desk: &Desk, page: ListPage, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let empty = page
        .lines
        .is_empty()
        .then(|| view! { <EmptyState icon="patient" title=words::none(lang) what=words::none_what(lang)/> });
    let lines = page.lines.into_iter().map(|one| line(desk, one, now_local)).collect_view();
    let register = desk.may_manage.then(|| view! { <a href=desk.path("/registre.csv")>{words::register_export(lang)}</a> });
    view! {
        <h1>{words::title(lang)}</h1>
        <p class="lead">{words::lead(lang)}</p>
        {desk.may_send.then(|| view! { <p class="form-acts"><ButtonLink href=desk.path("/ajouter") variant="primary">{words::add(lang)}</ButtonLink></p> })}
        {empty}
        <ul class="sessions" data-testid="patients">{lines}</ul>
        {register}
    }
    .into_any()
}

fn line(desk: &Desk, one: PatientLine, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let href = desk.path(&["/", &one.id].concat());
    let name = if one.name.is_empty() { words::unnamed(lang).to_owned() } else { one.name };
    let since = state_sentence(lang, one.state, Some(&one.since_local), one.closed_by.as_deref());
    let last = one.last_local.map(|local| words::last(lang, &date::moment(lang, &local, now_local)));
    let closed = (one.state == ExchangeState::Closed).then(|| view! { <p class="field-hint">{since}</p> });
    view! {
        <li data-state=one.state.code()>
            <div>
                <p class="strong"><a href=href>{name}</a>" "{marks(lang, one.state, one.opposed, one.qualified)}</p>
                <p class="field-hint">{words::ins_masked(lang, &one.masked)}</p>
                {closed}
            </div>
            <p class="field-hint">{last}</p>
        </li>
    }
    .into_any()
}
