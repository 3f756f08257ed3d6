//! Forms of a team: who has conversations in hand and how far they are, internal notes, hand-over.

use axum::response::Redirect;
use store::team::{WorkChange, notes::Editor};
use wire::id::{EmailId, NoteId, PersonId, ThreadId};
use wire::portal::Action;
use wire::team::WorkState;

use super::{Desk, Posted};
use crate::{
    auth::rights::{self, Acting, Sort},
    error::Error,
    service::team,
};

/// What a choice of a form says for "nobody" and "no state"; left empty it changes nothing.
const NONE: &str = "-";
/// What choices of work begin with, in the list of folders that ticked conversations go to.
const ASSIGNEE: &str = "assignee:";
const STATE: &str = "state:";

/// Whether ticked conversations are given to somebody, or a state, instead of moved.
pub(super) fn is_given(form: &Posted) -> bool {
    form.get("op") == "move" && [ASSIGNEE, STATE].iter().any(|begin| form.get("to").starts_with(begin))
}

/// Does what a form of the team asks.
pub(super) async fn act(desk: &Desk, form: &Posted) -> Result<Redirect, Error> {
    let acting = desk.acting::<Sort>().await?;
    let done = match form.get("op") {
        "work-set" | "move" => set(desk, form, &acting).await,
        "work-hand-over" => hand_over(desk, form, &acting).await,
        "note-add" => add_note(desk, form, &acting).await,
        _ => delete_note(desk, form, &acting).await,
    };
    match done {
        Ok(said) => Ok(form.back(desk.account, said)),
        Err(Error::Store(store::Error::Refused(_) | store::Error::Limit { .. })) => Ok(form.back(desk.account, "failed")),
        Err(error) => Err(error),
    }
}

fn bad<E>(_: E) -> Error {
    Error::BadRequest("bad-form")
}

/// A choice: unchanged, none, or one.
fn choice<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<Option<T>>, Error> {
    match text {
        "" => Ok(None),
        NONE => Ok(Some(None)),
        text => read(text).map(|found| Some(Some(found))).ok_or(Error::BadRequest("bad-form")),
    }
}

/// The conversations that a form names, by themselves or by a message of each.
async fn threads(desk: &Desk, form: &Posted) -> Result<Vec<ThreadId>, Error> {
    let (mut threads, emails) = (form.ids::<ThreadId>("thread")?, form.ids::<EmailId>("email")?);
    let rows = desk.state.store.emails(desk.account, &emails).await?;
    threads.extend(rows.into_iter().map(|row| row.thread));
    threads.sort_unstable();
    threads.dedup();
    Ok(threads)
}

async fn set(desk: &Desk, form: &Posted, acting: &Acting<Sort>) -> Result<&'static str, Error> {
    let (assignee, state) = match form.get("to") {
        "" => (form.get("assignee"), form.get("state")),
        to => (to.strip_prefix(ASSIGNEE).unwrap_or_default(), to.strip_prefix(STATE).unwrap_or_default()),
    };
    let change = WorkChange {
        assignee: choice(assignee, |text| text.parse::<PersonId>().ok())?,
        state: choice(state, WorkState::from_code)?,
    };
    let threads = threads(desk, form).await?;
    if threads.is_empty() {
        return Ok("nothing-selected");
    }
    team::set(&desk.state, acting, &threads, change).await?;
    Ok("work-set")
}

async fn hand_over(desk: &Desk, form: &Posted, acting: &Acting<Sort>) -> Result<&'static str, Error> {
    let from: PersonId = form.get("from").parse().map_err(bad)?;
    let to = choice(form.get("to"), |text| text.parse::<PersonId>().ok())?.ok_or(Error::BadRequest("bad-form"))?;
    desk.state.store.work_hand_over(acting.actor(), acting.account(), from, to).await?;
    Ok("work-hand-over")
}

async fn add_note(desk: &Desk, form: &Posted, acting: &Acting<Sort>) -> Result<&'static str, Error> {
    let Some(text) = team::note_text(form.get("text")) else { return Ok("failed") };
    let Some(thread) = threads(desk, form).await?.first().copied() else { return Ok("nothing-selected") };
    desk.state.store.note_create(acting.actor(), acting.account(), thread, desk.caller.person, text).await?;
    Ok("note-add")
}

async fn delete_note(desk: &Desk, form: &Posted, acting: &Acting<Sort>) -> Result<&'static str, Error> {
    let note: NoteId = form.get("note").parse().map_err(bad)?;
    let granted = rights::granted(&desk.state, &desk.caller, desk.account).await?;
    let by = Editor { person: desk.caller.person, manages: granted.require(Action::Manage).is_ok() };
    desk.state.store.note_destroy(acting.actor(), acting.account(), note, by).await?;
    Ok("note-delete")
}
