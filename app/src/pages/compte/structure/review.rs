//! The yearly review: each BAL and each person is confirmed or removed; the report is a file.

use leptos::prelude::*;

use super::{path, refusal};
use crate::{
    components::{Badge, Button, ButtonLink, EmptyState, Field, Notice},
    format::date,
    i18n::{self, Lang, structure as words},
};

/// One line of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewLine {
    /// Of the BAL or of the person.
    pub id: String,
    pub is_box: bool,
    pub name: String,
    /// The purpose and who answers for it, or the function and what they may do.
    pub detail: String,
    /// Of a BAL: the professional who answers for it, and their number.
    pub professional: Option<(String, String)>,
    /// `open`, `confirmed`, `removed` or `suspended`.
    pub decision: &'static str,
    pub decided_local: Option<String>,
    pub decided_by: Option<String>,
}

/// A review.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReviewFound {
    pub opened_local: String,
    pub due_local: String,
    pub closed_local: Option<String>,
    /// The time of grace is over.
    pub late: bool,
    pub waiting: u64,
    pub lines: Vec<ReviewLine>,
}

/// The page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReviewSheet {
    pub structure: String,
    pub structure_name: String,
    /// When the next one opens.
    pub next_local: String,
    pub found: Option<ReviewFound>,
    /// Field and code.
    pub error: Option<(String, String)>,
}

/// Draws it.
pub fn draw(page: ReviewSheet, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let base = path(&page.structure);
    let next = words::review_next(lang, &date::day(lang, &page.next_local));
    let general = refusal(page.error.as_ref(), &["", "responsable", "rpps"]);
    let content = match page.found {
        None => view! { <EmptyState title=words::review_none(lang) what=next/> }.into_any(),
        Some(found) => review(found, &base, next, now_local),
    };
    view! {
        <p><ButtonLink href=base.clone()>{words::back(lang, &page.structure_name)}</ButtonLink></p>
        <p class="lead">{words::review_what(lang)}</p>
        {general}
        {content}
    }
    .into_any()
}

fn review(found: ReviewFound, base: &str, next: String, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let until = date::day(lang, &found.due_local);
    let state = match (&found.closed_local, found.late) {
        (Some(closed), _) => {
            let text = words::review_closed(lang, &date::day(lang, closed));
            view! { <Notice tone="ok" icon="check">{text}</Notice> }.into_any()
        }
        (None, true) => view! { <Notice tone="danger">{words::review_late(lang, found.waiting)}</Notice> }.into_any(),
        (None, false) => {
            view! { <Notice tone="warning">{words::review_waits(lang, found.waiting, &until)}</Notice> }.into_any()
        }
    };
    let open = found.closed_local.is_none();
    let (boxes, persons): (Vec<_>, Vec<_>) = found.lines.into_iter().partition(|one| one.is_box);
    let rows = |list: Vec<ReviewLine>| list.into_iter().map(|one| line(one, base, open, now_local)).collect_view();
    let (boxes, persons) = (rows(boxes), rows(persons));
    let file = [base, "/revue.csv"].concat();
    view! {
        {state}
        <p class="field-hint">{words::review_opened(lang, &date::day(lang, &found.opened_local))}" "{next}</p>
        <h2>{words::boxes(lang)}</h2>
        <ul class="sessions" data-testid="review-boxes">{boxes}</ul>
        <h2>{words::members(lang)}</h2>
        <ul class="sessions" data-testid="review-persons">{persons}</ul>
        <p><a class="button" href=file download="revue.csv">{words::review_report(lang)}</a></p>
    }
    .into_any()
}

fn badge(lang: Lang, decision: &str) -> (&'static str, &'static str) {
    match decision {
        "confirmed" => ("ok", words::decision_confirmed(lang)),
        "removed" => ("plain", words::decision_removed(lang)),
        "suspended" => ("danger", words::decision_suspended(lang)),
        _ => ("warning", words::decision_open(lang)),
    }
}

fn line(one: ReviewLine, base: &str, open: bool, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let (tone, text) = badge(lang, one.decision);
    let decided = match (&one.decided_local, &one.decided_by) {
        (Some(at), Some(by)) => Some(words::decided(lang, by, &date::moment(lang, at, now_local))),
        _ => None,
    };
    let action = [base, "/revue"].concat();
    let charge = one.professional.clone().map(|who| charge(&one.id, who, &action));
    let waits = open && matches!(one.decision, "open" | "suspended");
    let acts = waits.then(|| {
        let field = if one.is_box { "boite" } else { "membre" };
        let remove = if one.is_box {
            let label = words::unneeded_named(lang, &one.name);
            view! { <button class="button" data-variant="danger" type="submit" name="op" value="inutile" aria-label=label>{words::unneeded(lang)}</button> }
                .into_any()
        } else {
            // Leaving has a page of its own: it may want a successor.
            let href = [base, "/personne/", &one.id].concat();
            let label = words::remove_named(lang, &one.name);
            view! { <a class="button" href=href aria-label=label>{words::remove(lang)}</a> }.into_any()
        };
        let label = words::confirm_named(lang, &one.name);
        view! {
            <form method="post" action=action class="form-acts">
                <input type="hidden" name=field value=one.id.clone()/>
                <button class="button" data-variant="primary" type="submit" name="op" value="confirmer" aria-label=label>{words::confirm(lang)}</button>
                {remove}
            </form>
        }
    });
    view! {
        <li>
            <div>
                <p class="strong">{one.name.clone()}" "<Badge tone=tone text=text/></p>
                <p>{one.detail.clone()}</p>
                {decided.map(|text| view! { <p class="field-hint">{text}</p> })}
            </div>
            {acts}
            {charge}
        </li>
    }
    .into_any()
}

/// Another professional answers for a BAL.
fn charge(account: &str, (name, rpps): (String, String), action: &str) -> AnyView {
    let lang = i18n::lang();
    let id = |field: &str| [field, "-", account].concat();
    view! {
        <details class="unfold">
            <summary>{words::professional_change(lang)}</summary>
            <form method="post" action=action.to_owned()>
                <input type="hidden" name="boite" value=account.to_owned()/>
                <Field id=id("responsable") name="responsable" label=words::professional(lang) value=name autocomplete="off" maxlength="100" required=true/>
                <Field id=id("rpps") name="rpps" label=words::rpps(lang) value=rpps autocomplete="off" inputmode="numeric" maxlength="20" required=true/>
                <Button name="op" value="responsable">{words::professional_change_submit(lang)}</Button>
            </form>
        </details>
    }
    .into_any()
}
