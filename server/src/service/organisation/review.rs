//! The yearly review of structures: administrators are asked, reminded, and what they left open is suspended when the time
//! of grace is over. The report says what was decided, by whom and when.

use app::i18n::{Lang, structure as words};
use store::Actor;
use store::organisations::Charge;
use store::organisations::review::{Decision, Review, Reviewed};
use wire::id::{AccountId, OrganisationId};

use super::{NAME_CHARS, OrganisationError, administrators, field, line, tell_operator};
use crate::auth::rights::Administering;
use crate::clock;
use crate::portal::cgu::ZONE;
use crate::service::tell::Told;
use crate::state::State;

/// Looked at in one turn.
const AT_ONCE: u32 = 50;

/// Opens what is due, reminds, suspends; how many structures were told something.
///
/// # Errors
/// The store's.
pub async fn run(state: &State) -> Result<usize, store::Error> {
    let (store, settings, mut told) = (&state.store, &state.config.organisation, 0);
    for structure in store.reviews_due(AT_ONCE).await? {
        if store.review_open(structure, settings.review_ms(), settings.grace_ms()).await? {
            administrators(state, structure, &Told::ReviewAsked).await?;
            told += 1;
        }
    }
    for structure in store.reviews_remind(settings.remind_ms(), AT_ONCE).await? {
        administrators(state, structure, &Told::ReviewReminder).await?;
        told += 1;
    }
    for structure in store.reviews_suspend(AT_ONCE).await? {
        administrators(state, structure, &Told::ReviewSuspended).await?;
        let found = store.organisation(structure).await?;
        let text = words::operator_suspended(Lang::Fr, &found.name, &found.finess);
        tell_operator(state, Actor::SYSTEM, "review", text).await?;
        told += 1;
    }
    Ok(told)
}

/// Confirms a BAL or a person.
///
/// # Errors
/// At a field; the store's.
pub async fn confirm(state: &State, acting: &Administering, what: Reviewed) -> Result<(), OrganisationError> {
    Ok(state.store.review_confirm(acting.actor(), acting.organisation(), what).await?)
}

/// Another professional answers for a BAL; the operator is told.
///
/// # Errors
/// At a field; the store's.
pub async fn charge(
    state: &State,
    acting: &Administering,
    account: AccountId,
    professional: &str,
    rpps: &str,
) -> Result<(), OrganisationError> {
    let professional = line(professional, NAME_CHARS).ok_or_else(|| field("responsable", "name-needed"))?;
    let rpps = wire::check::rpps(rpps).ok_or_else(|| field("rpps", "rpps-key"))?;
    let found = state.store.structure_box(account).await?.ok_or(store::Error::NotFound)?;
    let charge = Charge { professional, rpps, ..found.charge };
    let structure = state.store.organisation(acting.organisation()).await?;
    let address = state.store.account(account).await?.address;
    let text = words::operator_charge(Lang::Fr, &address, &structure.name, &charge.professional, &charge.rpps);
    state.store.structure_box_charge(acting.actor(), (structure.id, account), charge).await?;
    Ok(tell_operator(state, acting.actor(), "charge", text).await?)
}

/// A BAL is needed no more: nobody opens it from now on, and the operator is told.
///
/// # Errors
/// At a field; the store's.
pub async fn unneeded(state: &State, acting: &Administering, account: AccountId) -> Result<(), OrganisationError> {
    state.store.review_unneeded(acting.actor(), acting.organisation(), account).await?;
    let structure = state.store.organisation(acting.organisation()).await?;
    let address = state.store.account(account).await?.address;
    let text = words::operator_unneeded(Lang::Fr, &address, &structure.name, &structure.finess);
    Ok(tell_operator(state, acting.actor(), "unneeded-box", text).await?)
}

/// A cell of the report, as spreadsheets read it without taking it for a formula.
fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', ';', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn decision_words(lang: Lang, decision: Decision) -> &'static str {
    match decision {
        Decision::Open => words::decision_open(lang),
        Decision::Confirmed => words::decision_confirmed(lang),
        Decision::Removed => words::decision_removed(lang),
        Decision::Suspended => words::decision_suspended(lang),
    }
}

/// The report of a review as a file (CSV, UTF-8).
///
/// # Errors
/// The store's.
pub async fn report(
    state: &State,
    organisation: OrganisationId,
    review: &Review,
    lang: Lang,
) -> Result<String, store::Error> {
    let store = &state.store;
    let structure = store.organisation(organisation).await?;
    let (boxes, members) = (store.structure_boxes(organisation).await?, store.structure_members(organisation).await?);
    let local = |ms: i64| clock::local_minutes(ms, ZONE);
    // The mark tells spreadsheets that the text is UTF-8.
    let mut text = String::from("\u{feff}");
    let mut row = |cells: &[&str]| {
        let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    };
    row(words::report_head(lang));
    for item in &review.items {
        let by = match item.decided_by {
            Some(person) => store.person(person).await?.name,
            None => String::new(),
        };
        let at = item.decided_at.map(local).unwrap_or_default();
        let (kind, name, detail) = match item.what {
            Reviewed::Box(account) => {
                let charge = boxes.iter().find(|one| one.account == account).map(|one| one.charge.clone());
                let charge = charge.unwrap_or_default();
                let detail = format!("{} · {} ({})", charge.purpose, charge.professional, charge.rpps);
                let address = match store.account(account).await {
                    Ok(found) => found.address,
                    // Erased since.
                    Err(error) if error.is_not_found() => account.to_string(),
                    Err(error) => return Err(error),
                };
                (words::report_box(lang), address, detail)
            }
            Reviewed::Member(id) => {
                let found = members.iter().find(|one| one.id == id);
                let (name, function) = found.map(|one| (one.name.clone(), one.function.clone())).unwrap_or_default();
                (words::report_person(lang), name, function)
            }
        };
        let decision = decision_words(lang, item.decision);
        row(&[&structure.name, &structure.finess, &local(review.opened_at), kind, &name, &detail, decision, &at, &by]);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(cell("Léa"), "Léa");
    }
}
