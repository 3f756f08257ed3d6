//! Team work on the mail screen: what a list is narrowed to, marks on rows, the pane of a conversation, the warning
//! before a double answer. Nothing of it shows in a BAL that one person alone may open.

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys};
use wire::{
    id::{PersonId, ThreadId},
    limits::NOTE_CHARS,
    mail::Row,
    portal::Action,
    team::{Answering, Member, Note, Others, Touch, Work, WorkCount, WorkState},
};

use crate::{
    api::{
        list::{Assignee, ListKey, Source, TeamFilter},
        team::{Change, Sight},
    },
    browser::{self, form::Submitted},
    components::{Button, Icon, Menu, Notice},
    format::date,
    i18n::{self, Lang, team as words},
    state::{Mail, use_mail},
};

use super::forms::{DO, Hidden};

mod giving;

pub use giving::{GiveOptions, given};

/// The choice of nobody and of no state.
const NONE: &str = "-";

/// A state in words.
pub fn state_words(lang: Lang, state: WorkState) -> &'static str {
    match state {
        WorkState::Todo => words::todo(lang),
        WorkState::Doing => words::doing(lang),
        WorkState::Waiting => words::waiting(lang),
        WorkState::Done => words::finished(lang),
    }
}

/// The name of a member; whoever lost the right is named so.
pub fn member_words(lang: Lang, member: &Member) -> String {
    match (member.me, member.active) {
        (true, _) => words::me(lang).to_owned(),
        (false, true) => member.name.clone(),
        (false, false) => words::gone(lang, &member.name),
    }
}

/// Handles a form of the team; false when it is none.
pub fn submitted(mail: Mail, form: &Submitted) -> bool {
    let thread = form.get("thread").and_then(|id| id.parse::<ThreadId>().ok());
    match (form.get("op"), thread) {
        (Some("work-set"), Some(thread)) => {
            mail.work_set(vec![thread], change(form.get("assignee"), form.get("state")), || ());
        }
        (Some("note-add"), Some(thread)) => {
            let text = form.get("text").unwrap_or_default().trim().to_owned();
            if !text.is_empty() {
                mail.note_add(thread, text, clear_note);
            }
        }
        (Some("note-delete"), _) => {
            if let Some(note) = form.get("note").and_then(|id| id.parse().ok()) {
                let lang = mail.lang;
                let then = move || mail.note_delete(note);
                mail.ask(words::note_delete_ask(lang), String::new(), words::note_delete(lang), true, then);
            }
        }
        (Some("work-hand-over"), _) => return hand_over(mail, form),
        _ => return false,
    }
    true
}

fn clear_note() {
    if let Some(field) = browser::find::<web_sys::HtmlTextAreaElement>("#note") {
        field.set_value("");
    }
}

fn hand_over(mail: Mail, form: &Submitted) -> bool {
    let read = |name: &str| form.get(name).and_then(|id| id.parse::<PersonId>().ok());
    let to = form.get("to").unwrap_or_default();
    let (Some(from), true) = (read("from"), !to.is_empty()) else { return false };
    mail.hand_over(from, read("to"));
    true
}

fn change(assignee: Option<&str>, state: Option<&str>) -> Change {
    let chosen = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    Change {
        assignee: chosen(assignee).map(|text| text.parse().ok()),
        state: chosen(state).map(|text| WorkState::from_code(&text)),
    }
}

/// What stands on a row: who has it in hand, how far it is, notes, and who answers now.
pub fn labels(mail: Mail, row: &Row) -> impl IntoView + use<> {
    let lang = mail.lang;
    let me = mail.me.with_untracked(|me| me.person);
    let work = row.work.as_ref();
    let answering = work.and_then(|work| work.answering.first()).map(|one| {
        let text = words::answering(lang, &one.name);
        let title = text.clone();
        view! { <span class="label" data-tone="warning" title=title><Icon name="reply"/><span class="label-words">{text}</span></span> }
    });
    let state = work.and_then(|work| work.state).map(|state| {
        view! { <span class="label" data-work=state.code()>{state_words(lang, state)}</span> }
    });
    let assignee = work.and_then(|work| {
        let name = work.assignee_name.clone()?;
        let name = if work.assignee_id == Some(me) { words::me(lang).to_owned() } else { name };
        let title = words::assigned_to(lang, &name);
        Some(view! { <span class="label" data-tone="delegate" title=title><Icon name="person"/>{name}</span> })
    });
    let notes = work.filter(|work| work.note_count > 0).map(|work| {
        let text = words::notes_count(lang, u64::from(work.note_count));
        let title = text.clone();
        view! { <span class="label" title=title><Icon name="text"/><span class="hidden-text">{text}</span></span> }
    });
    (answering, state, assignee, notes)
}

/// How many conversations a filter takes, by the counters of the folder.
fn counted(counts: &[WorkCount], filter: TeamFilter) -> u64 {
    let fits = |count: &&WorkCount| {
        let who = match filter.assignee {
            None => true,
            Some(Assignee::Nobody) => count.assignee_id.is_none(),
            Some(Assignee::Person(person)) => count.assignee_id == Some(person),
        };
        let state = match filter.state {
            Some(state) => count.state == Some(state),
            None => filter.assignee.is_none() || count.state != Some(WorkState::Done),
        };
        who && state
    };
    counts.iter().filter(fits).map(|count| u64::from(count.total)).sum()
}

/// One line of the filter.
struct Line {
    words: String,
    filter: TeamFilter,
    current: bool,
}

fn lines(lang: Lang, members: &[Member], now: TeamFilter) -> Vec<Line> {
    let who = |assignee: Option<Assignee>, words: String| {
        let filter = TeamFilter { assignee, ..now };
        Line { words, filter, current: now.assignee == assignee }
    };
    let mut all = vec![who(None, words::everyone(lang).into())];
    all.extend(members.iter().map(|it| who(Some(Assignee::Person(it.id)), member_words(lang, it))));
    all.push(who(Some(Assignee::Nobody), words::nobody(lang).into()));
    let state = |state: Option<WorkState>, words: &str| {
        let filter = TeamFilter { state, ..now };
        Line { words: words.to_owned(), filter, current: now.state == state }
    };
    all.push(state(None, words::any_state(lang)));
    all.extend(WorkState::ALL.map(|it| state(Some(it), state_words(lang, it))));
    all
}

/// Narrows a folder by person and state, with how many conversations each has.
#[component]
pub fn FilterMenu() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let shown =
        Memo::new(move |_| mail.team.sight.with(Sight::is_shared) && matches!(mail.list.source(), Some(Source::Mailbox(_))));
    let key = move || mail.list.key.get();
    let narrowed = move || key().is_some_and(|key| !key.team.is_none());
    let items = move || {
        let Some(key) = key() else { return Vec::new() };
        mail.team.sight.with(|sight| {
            let line = |line: Line| filter_line(lang, &key, &sight.counts, line);
            lines(lang, &sight.members, key.team).into_iter().map(line).collect::<Vec<AnyView>>()
        })
    };
    view! {
        <Show when=move || shown.get()>
            <div class="team-filter" data-narrowed=move || narrowed().then_some("")>
                <Menu label=words::filter(lang) icon="person" side="end">
                    {items}
                    <li><a href=move || format!("/courrier/{}/equipe", mail.account.get())><Icon name="settings"/>{words::title(lang)}</a></li>
                </Menu>
            </div>
        </Show>
    }
}

fn filter_line(lang: Lang, key: &ListKey, counts: &[WorkCount], line: Line) -> AnyView {
    let count = counted(counts, line.filter);
    view! {
        <li>
            <a href=key.of_team(line.filter).url() aria-current=line.current.then_some("true")>
                {line.words}
                <span class="count">{i18n::number(lang, count)}</span>
            </a>
        </li>
    }
    .into_any()
}

/// Who answers now, in a sentence.
fn answering_words(lang: Lang, all: &[Answering]) -> Option<String> {
    let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
    match names.as_slice() {
        [] => None,
        [one] => Some(words::answering(lang, one)),
        several => Some(words::answering_several(lang, &several.join(", "))),
    }
}

/// Why not to answer without a second thought: somebody answers now, or did since the last message that came in.
pub fn warning(mail: Mail, others: &Others) -> Option<String> {
    let lang = mail.lang;
    answering_words(lang, &others.answering).or_else(|| {
        let last = others.answers.last()?;
        Some(words::answered(lang, &date::moment(lang, &last.local, &mail.now_local()), &last.name))
    })
}

/// In the composer: what the others of the team do in the same conversation.
#[component]
pub fn OthersAnswer() -> impl IntoView {
    let mail = use_mail();
    let said = Memo::new(move |_| {
        let live = mail.team.answering();
        mail.team.others.with(|others| {
            let answering = if live.is_empty() { others.answering.clone() } else { live };
            warning(mail, &Others { answering, ..others.clone() })
        })
    });
    view! {
        <div class="others-answer" aria-live="polite">
            {move || said.get().map(|text| view! { <Notice tone="warning" icon="reply">{text}</Notice> })}
        </div>
    }
}

/// The pane of the open conversation.
#[component]
pub fn Panel() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let shared = Memo::new(move |_| mail.team.sight.with(Sight::is_shared));
    let answering = Memo::new(move |_| answering_words(lang, &mail.team.answering()));
    view! {
        <Show when=move || shared.get()>
            <section class="team" aria-label=words::title(lang)>
                <div class="team-answering" aria-live="polite">
                    {move || answering.get().map(|text| view! { <Notice tone="warning" icon="reply">{text}</Notice> })}
                </div>
                <InHand/>
                <Notes/>
                <Touches/>
            </section>
        </Show>
    }
}

/// The work on the open conversation, followed.
fn work(mail: Mail) -> Memo<Option<Work>> {
    Memo::new(move |_| mail.team.sight.with(|sight| sight.work.clone()))
}

/// Where a form of the pane comes back to.
fn here(mail: Mail) -> Signal<String> {
    Signal::derive(move || {
        let (key, opened) = (mail.list.key.get(), mail.reading.opened.get());
        key.zip(opened).map_or_else(|| mail.list_url(), |(key, opened)| key.thread_url(opened.thread))
    })
}

#[component]
fn ThreadField() -> impl IntoView {
    let mail = use_mail();
    let thread = move || mail.reading.opened.get().map(|opened| opened.thread.to_string());
    view! { <input type="hidden" name="thread" value=thread/> }
}

/// Who has it in hand and how far it is: two choices that act at once when the page is alive.
#[component]
fn InHand() -> impl IntoView {
    let mail = use_mail();
    let (lang, work) = (mail.lang, work(mail));
    if mail.may(Action::Sort) {
        return view! { <Choices work=work/> }.into_any();
    }
    let name = move || work.with(|work| work.as_ref().and_then(|work| work.assignee_name.clone()));
    let name = move || name().unwrap_or_else(|| words::nobody(lang).to_owned());
    let state = move || work.with(|work| work.as_ref().and_then(|work| work.state));
    let state = move || state().map_or(words::no_state(lang), |state| state_words(lang, state));
    view! {
        <p class="team-work"><span>{move || words::assignee_is(lang, &name())}</span><span>{move || words::state_is(lang, state())}</span></p>
    }
    .into_any()
}

#[component]
fn Choices(work: Memo<Option<Work>>) -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let assignee = move || work.with(|work| work.as_ref().and_then(|work| work.assignee_id));
    let state = move || work.with(|work| work.as_ref().and_then(|work| work.state));
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let person = move || assignee().map_or_else(|| NONE.to_owned(), |person| person.to_string());
    let code = move || state().map_or(NONE, WorkState::code);
    let people = move || {
        let offered = |member: &&Member| member.active || Some(member.id) == assignee();
        mail.team.sight.with(|sight| {
            let option = |member: &Member| {
                let here = assignee() == Some(member.id);
                view! { <option value=member.id.to_string() selected=here>{member_words(lang, member)}</option> }
            };
            sight.members.iter().filter(offered).map(option).collect_view()
        })
    };
    let states = move || {
        let option = |it: WorkState| {
            let here = state() == Some(it);
            view! { <option value=it.code() selected=here>{state_words(lang, it)}</option> }
        };
        WorkState::ALL.map(option).into_iter().collect_view()
    };
    view! {
        <form class="team-work" method="post" action=DO>
            <Hidden account=mail.account back=here(mail)/>
            <ThreadField/>
            <label>
                <span>{words::assignee(lang)}</span>
                <select name="assignee" prop:value=person on:change=move |event| chosen(mail, &event, untrack(person))>
                    <option value=NONE>{words::nobody(lang)}</option>
                    {people}
                </select>
            </label>
            <label>
                <span>{words::state(lang)}</span>
                <select name="state" prop:value=code on:change=move |event| chosen(mail, &event, untrack(code).to_owned())>
                    <option value=NONE>{words::no_state(lang)}</option>
                    {states}
                </select>
            </label>
            <button class="button" data-variant="quiet" name="op" value="work-set" hidden=move || alive.get()>{i18n::action::apply(lang)}</button>
        </form>
    }
}

/// A choice is done at once; when it is refused, what holds is shown again.
fn chosen(mail: Mail, event: &web_sys::Event, before: String) {
    let Some(select) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlSelectElement>().ok()) else {
        return;
    };
    let Some(opened) = mail.reading.opened.get_untracked() else { return };
    let value = select.value();
    let change = if select.name() == "state" { change(None, Some(&value)) } else { change(Some(&value), None) };
    mail.work_set(vec![opened.thread], change, move || select.set_value(&before));
}

/// Internal notes: read by the team, never sent.
#[component]
fn Notes() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let notes = Memo::new(move |_| mail.team.sight.with(|sight| sight.notes.clone()));
    let count = move || notes.with(Vec::len) as u64;
    let write = mail.may(Action::Sort).then(|| {
        view! {
            <form class="note-new" method="post" action=DO>
                <Hidden account=mail.account back=here(mail)/>
                <ThreadField/>
                <label for="note">{words::note_new(lang)}</label>
                <textarea id="note" name="text" rows="2" required maxlength=NOTE_CHARS.to_string()></textarea>
                <Button name="op" value="note-add">{words::note_add(lang)}</Button>
            </form>
        }
    });
    view! {
        <details class="team-notes" open=notes.with_untracked(|notes| !notes.is_empty())>
            <summary><Icon name="text"/>{move || words::notes(lang, count())}</summary>
            <p class="field-hint">{words::notes_hint(lang)}</p>
            <ul>
                <For each=move || notes.get() key=|note| (note.id, note.text.clone()) children=|note: Note| view! { <NoteView note=note/> }/>
            </ul>
            {write}
        </details>
    }
}

#[component]
fn NoteView(note: Note) -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let at = date::moment(lang, &note.created_local, &mail.now_local());
    let remove = note.may_destroy.then(|| {
        view! {
            <form method="post" action=DO>
                <Hidden account=mail.account back=here(mail)/>
                <input type="hidden" name="note" value=note.id.to_string()/>
                <button class="icon-button" name="op" value="note-delete" title=words::note_delete(lang) aria-label=words::note_delete(lang)>
                    <Icon name="trash"/>
                </button>
            </form>
        }
    });
    view! {
        <li class="note">
            <p class="note-by"><strong>{note.author_name}</strong>" · "<span>{at}</span></p>
            <p class="note-text">{note.text}</p>
            {remove}
        </li>
    }
}

fn touched(lang: Lang, now: &str, all: &[Touch]) -> String {
    let one = |touch: &Touch| words::touch(lang, &date::moment(lang, &touch.local, now), &touch.name);
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Who read the conversation and who answered.
#[component]
fn Touches() -> impl IntoView {
    let mail = use_mail();
    let (lang, work) = (mail.lang, work(mail));
    let line = move |of: fn(&Work) -> &Vec<Touch>, say: fn(Lang, &str) -> String| {
        let now = mail.now_local();
        work.with(|work| {
            let all = work.as_ref().map(of).filter(|all| !all.is_empty())?;
            Some(view! { <p>{say(lang, &touched(lang, &now, all))}</p> })
        })
    };
    view! {
        <details class="team-touches">
            <summary><Icon name="eye"/>{words::touches(lang)}</summary>
            {move || line(|work| &work.readers, words::read_by)}
            {move || line(|work| &work.answers, words::answered_by)}
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_say_what_the_filter_takes() {
        let person = PersonId(1);
        let count = |assignee_id, state, total| WorkCount { assignee_id, state, total };
        let counts = [
            count(None, None, 5),
            count(Some(person), Some(WorkState::Todo), 2),
            count(Some(person), Some(WorkState::Done), 7),
        ];
        let of = |assignee, state| counted(&counts, TeamFilter { assignee, state });
        assert_eq!(of(None, None), 14);
        assert_eq!(of(Some(Assignee::Nobody), None), 5);
        // What is done is not in hand any more, unless it is asked for.
        assert_eq!(of(Some(Assignee::Person(person)), None), 2);
        assert_eq!(of(Some(Assignee::Person(person)), Some(WorkState::Done)), 7);
        assert_eq!(of(None, Some(WorkState::Todo)), 2);
    }

    #[test]
    fn choices_change_or_leave() {
        let all = change(Some("-"), Some("done"));
        assert_eq!((all.assignee, all.state), (Some(None), Some(Some(WorkState::Done))));
        assert_eq!(change(Some(""), None), Change::default());
        let person = PersonId(3);
        assert_eq!(change(Some(&person.to_string()), None).assignee, Some(Some(person)));
    }
}
