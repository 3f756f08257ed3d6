//! Giving ticked conversations to somebody, or a state to all of them: choices among the folders that they can be moved to.

use leptos::prelude::*;
use wire::team::{Member, WorkState};

use super::{NONE, change, member_words, state_words};
use crate::{
    api::team::{Change, Sight},
    i18n::team as words,
    state::use_mail,
};

/// What choices of work begin with, among folders.
const ASSIGNEE: &str = "assignee:";
const STATE: &str = "state:";

/// Who takes them in hand, and how far they are. Nothing in a BAL of one person.
#[component]
pub fn GiveOptions() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let shared = Memo::new(move |_| mail.team.sight.with(Sight::is_shared));
    let people = move || {
        let option = |it: &Member| {
            view! { <option value=[ASSIGNEE, &it.id.to_string()].concat()>{member_words(lang, it)}</option> }
        };
        mail.team.sight.with(|sight| sight.members.iter().filter(|it| it.active).map(option).collect_view())
    };
    let states = move || {
        let option = |it: WorkState| view! { <option value=[STATE, it.code()].concat()>{state_words(lang, it)}</option> };
        WorkState::ALL.map(option).into_iter().collect_view()
    };
    view! {
        <Show when=move || shared.get()>
            <optgroup label=words::assignee(lang)>
                {people}
                <option value=[ASSIGNEE, NONE].concat()>{words::nobody(lang)}</option>
            </optgroup>
            <optgroup label=words::state(lang)>
                {states}
                <option value=[STATE, NONE].concat()>{words::no_state(lang)}</option>
            </optgroup>
        </Show>
    }
}

/// What such a choice changes; none when it is a folder.
pub fn given(value: &str) -> Option<Change> {
    match (value.strip_prefix(ASSIGNEE), value.strip_prefix(STATE)) {
        (Some(person), _) => Some(change(Some(person), None)),
        (_, Some(state)) => Some(change(None, Some(state))),
        _ => None,
    }
}
