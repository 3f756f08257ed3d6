//! The list: what is in a folder or was found, narrowed, selected, page by page.

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys};
use wire::{id::ThreadId, limits::SEARCH_CHARS, mail::Mailbox};

use crate::{
    api::{
        list::{Filter, Source, TeamFilter},
        team::{Change, Sight},
    },
    browser::{clock, focus},
    components::{EmptyState, ErrorState, Icon, Segment, Segments, SkeletonRows},
    format::date,
    i18n::{self, team as team_words},
    state::{Mail, Status, acts::Op, list::Target, use_mail},
};

use super::{
    forms::{DO, Hidden, SEARCH},
    row::RowView,
    sidebar::{Here, ordered},
    team::{self, FilterMenu},
};

/// The middle pane.
#[component]
pub fn ListPane() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    view! {
        <section class="list-pane" aria-label=move || i18n::list::title(lang, &mail.list_name())>
            <header class="list-bar">
                <Here/>
                <div class="list-title">
                    <h1>{move || mail.list_name()}</h1>
                    <span class="list-count" data-testid="result-count">{move || count(mail)}</span>
                </div>
                <SearchForm/>
                <div class="filters">
                    <Segments label=i18n::filter::title(lang) items=Signal::derive(move || filters(mail))/>
                    <FilterMenu/>
                </div>
                <Bulk/>
            </header>
            <NewMail/>
            <Rows/>
            <Pager/>
        </section>
    }
}

fn count(mail: Mail) -> Option<String> {
    let found = mail.list.page.with(|page| page.total);
    match mail.list.source()? {
        Source::Search(_) => found.map(|total| i18n::search::count(mail.lang, total)),
        Source::Mailbox(_) => mail
            .mailbox()
            .map(|mailbox| u64::from(mailbox.unread_threads))
            .filter(|unread| *unread > 0)
            .map(|unread| i18n::folder::unread(mail.lang, unread)),
    }
}

fn filters(mail: Mail) -> Vec<Segment> {
    let Some(key) = mail.list.key.get() else { return Vec::new() };
    if matches!(key.source, Source::Search(_)) {
        return Vec::new();
    }
    let words = |filter| match filter {
        Filter::All => i18n::filter::all(mail.lang),
        Filter::Unread => i18n::filter::unread(mail.lang),
        Filter::Starred => i18n::filter::starred(mail.lang),
        Filter::Attachment => i18n::filter::attachments(mail.lang),
    };
    let segment = |filter| Segment {
        words: words(filter).to_owned(),
        href: key.filtered(filter).url(),
        current: key.filter == filter,
    };
    Filter::ALL.into_iter().map(segment).collect()
}

#[component]
fn SearchForm() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let saved = Memo::new(move |_| mail.list.page.with(|page| page.search.clone()));
    let words = move || saved.with(|saved| saved.as_ref().map(|saved| saved.words.clone()).unwrap_or_default());
    let fields = [
        ("text", i18n::search::field_text(lang)),
        ("from", i18n::search::field_from(lang)),
        ("to", i18n::search::field_to(lang)),
        ("subject", i18n::search::field_subject(lang)),
    ];
    let options = fields.map(|(value, words)| {
        let chosen = move || saved.with(|saved| saved.as_ref().is_some_and(|saved| saved.field == value));
        view! { <option value=value selected=chosen>{words}</option> }
    });
    let clear = move || {
        let found = matches!(mail.list.source(), Some(Source::Search(_)));
        let inbox = mail.role("inbox").filter(|_| found)?;
        let url = crate::api::list::ListKey::of(mail.account.get(), Source::Mailbox(inbox)).url();
        Some(view! {
            <a class="icon-button" href=url title=i18n::search::clear(lang)><Icon name="close"/><span class="hidden-text">{i18n::search::clear(lang)}</span></a>
        })
    };
    view! {
        <form class="search" role="search" method="post" action=SEARCH>
            <input type="hidden" name="account" value=move || mail.account.get().to_string()/>
            <Icon name="search"/>
            <input
                type="search"
                name="words"
                required
                maxlength=SEARCH_CHARS.to_string()
                aria-label=i18n::search::label(lang)
                placeholder=i18n::search::placeholder(lang)
                aria-keyshortcuts="/"
                autocomplete="off"
                value=words
                prop:value=words
            />
            <select name="field" aria-label=i18n::search::field(lang)>{options.collect_view()}</select>
            <button class="icon-button" type="submit" title=i18n::search::title(lang) aria-label=i18n::search::title(lang)>
                <Icon name="forward-arrow"/>
            </button>
            {clear}
        </form>
    }
}

/// What can be done with the rows that are ticked; the form that the ticks belong to.
#[component]
fn Bulk() -> impl IntoView {
    let mail = use_mail();
    let (lang, list) = (mail.lang, mail.list);
    let selected = Memo::new(move |_| list.selected.with(Vec::len));
    let all = move || {
        let rows: Vec<Target> = list.rows.with_untracked(|rows| rows.iter().map(|row| list.target(row)).collect());
        list.selected.update(|selected| *selected = if selected.len() == rows.len() { Vec::new() } else { rows });
    };
    let every = move || selected.get() > 0 && selected.get() == list.rows.with(Vec::len);
    let role = Memo::new(move |_| mail.mailbox().and_then(|mailbox| mailbox.role));
    let delete = move || match role.with(|role| role.as_deref() == Some("trash")) {
        true => ("destroy", i18n::action::delete_forever(lang)),
        false => ("trash", i18n::action::delete(lang)),
    };
    let keep = move || match role.with(|role| matches!(role.as_deref(), None | Some("inbox"))) {
        true => ("archive", i18n::action::archive(lang), "archive"),
        false => ("inbox", i18n::action::restore(lang), "inbox"),
    };
    view! {
        <form class="bulk" id="lot" method="post" action=DO data-selected=move || { (selected.get() > 0).then_some("") }>
            <Hidden account=mail.account back=Signal::derive(move || mail.list_url())/>
            <input
                type="checkbox"
                class="select-all"
                aria-label=i18n::list::select_all(lang)
                prop:checked=every
                prop:indeterminate=move || { selected.get() > 0 && !every() }
                on:change=move |_| all()
            />
            <span class="bulk-count" aria-live="polite">
                {move || (selected.get() > 0).then(|| i18n::list::selected(lang, selected.get() as u64))}
            </span>
            <div class="bulk-actions">
                <button class="icon-button" name="op" value=move || keep().0 title=move || keep().1 aria-label=move || keep().1>
                    <Icon name=Signal::derive(move || keep().2)/>
                </button>
                <button class="icon-button" name="op" value=move || delete().0 title=move || delete().1 aria-label=move || delete().1>
                    <Icon name="trash"/>
                </button>
                <BulkButton op="spam" words=i18n::action::spam(lang) icon="spam"/>
                <BulkButton op="read" words=i18n::action::read(lang) icon="read"/>
                <BulkButton op="unread" words=i18n::action::unread(lang) icon="unread"/>
                <BulkButton op="star" words=i18n::action::star(lang) icon="star"/>
                <MoveSelect/>
            </div>
        </form>
    }
}

#[component]
fn BulkButton(op: &'static str, words: &'static str, icon: &'static str) -> impl IntoView {
    view! { <button class="icon-button" name="op" value=op title=words aria-label=words><Icon name=icon/></button> }
}

/// Folders to move what is ticked to: chosen and done at once when the page is alive.
#[component]
fn MoveSelect() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let option = move |mailbox: Mailbox| {
        let words = i18n::folder_name(lang, mailbox.role.as_deref(), &mailbox.name);
        view! { <option value=mailbox.id.to_string()>{words}</option> }
    };
    let options = move || movable(mail).into_iter().map(option).collect_view();
    let chosen = move |event: web_sys::Event| {
        let Some(select) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlSelectElement>().ok()) else {
            return;
        };
        let value = select.value();
        select.set_value("");
        if let Some(change) = team::given(&value) {
            give(mail, change);
        } else if let Ok(to) = value.parse() {
            mail.act(Op::Move(to), mail.list.selected.get_untracked());
        }
    };
    let shared = move || mail.team.sight.with(Sight::is_shared);
    let words = move || if shared() { team_words::give(lang) } else { i18n::action::r#move(lang) };
    let short = move || if shared() { team_words::give_short(lang) } else { i18n::action::r#move(lang) };
    view! {
        <select name="to" class="move-select" title=words aria-label=words on:change=chosen>
            <option value="">{short}</option>
            {options}
            <team::GiveOptions/>
        </select>
        <button class="button" data-variant="quiet" name="op" value="move" hidden=move || alive.get()>{i18n::action::apply(lang)}</button>
    }
}

/// Changes the work on every conversation that is ticked.
fn give(mail: Mail, change: Change) {
    let ticked = mail.list.selected.get_untracked();
    let mut threads: Vec<ThreadId> = mail.list.rows.with_untracked(|rows| {
        rows.iter().filter(|row| ticked.contains(&mail.list.target(row))).map(|row| row.thread_id).collect()
    });
    threads.sort_unstable();
    threads.dedup();
    mail.list.selected.set(Vec::new());
    mail.work_set(threads, change, || ());
}

/// Folders that mail can be moved to by hand.
pub fn movable(mail: Mail) -> Vec<Mailbox> {
    let here = mail.mailbox().map(|mailbox| mailbox.id);
    let fits = |it: &Mailbox| Some(it.id) != here && !matches!(it.role.as_deref(), Some("drafts" | "sent"));
    ordered(mail, false).into_iter().chain(ordered(mail, true)).filter(fits).collect()
}

/// Rows that arrived and wait for the reader.
#[component]
fn NewMail() -> impl IntoView {
    let mail = use_mail();
    let held = Memo::new(move |_| mail.list.held_count());
    view! {
        <div class="new-mail" aria-live="polite">
            <Show when=move || { held.get() > 0 }>
                <button class="button" data-variant="primary" type="button" on:click=move |_| mail.list.release()>
                    <Icon name="refresh"/>
                    <span>{move || i18n::list::new_mail(mail.lang, held.get() as u64)}</span>
                </button>
            </Show>
        </div>
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Rows,
    Waiting,
    Empty,
    Failed,
}

#[component]
fn Rows() -> impl IntoView {
    let mail = use_mail();
    let list = mail.list;
    let shown = Memo::new(move |_| match list.status.get() {
        Status::Loading => Shown::Waiting,
        Status::Failed(_) => Shown::Failed,
        Status::Ready if list.rows.with(Vec::is_empty) => Shown::Empty,
        Status::Ready => Shown::Rows,
    });
    let ahead = StoredValue::new(None::<TimeoutHandle>);
    // A pointer that rests on a row is about to press: the conversation is asked for.
    let hover = move |event: web_sys::PointerEvent| {
        ahead.update_value(|handle| {
            if let Some(handle) = handle.take() {
                handle.clear();
            }
            let id = focus::attribute_near(&event, ".row", "data-id");
            *handle = id.and_then(|id| clock::after(65, move || look_ahead(mail, &id)));
        });
    };
    view! {
        {move || match shown.get() {
            Shown::Rows => view! {
                <ol class="rows" data-testid="message-list" on:pointerover=hover>
                    <For each=move || list.rows.get() key=move |row| list.target(row) children=|row| view! { <RowView row=row/> }/>
                </ol>
            }
            .into_any(),
            Shown::Waiting => view! { <SkeletonRows/> }.into_any(),
            Shown::Empty => view! { <Empty/> }.into_any(),
            Shown::Failed => view! { <Failed/> }.into_any(),
        }}
    }
}

fn look_ahead(mail: Mail, id: &str) {
    let thread = mail
        .list
        .rows
        .with_untracked(|rows| rows.iter().find(|row| mail.list.target(row).field().1 == id).map(|row| row.thread_id));
    if let Some(thread) = thread {
        mail.reading.look_ahead(mail.api(), mail.account.get_untracked(), thread);
    }
}

/// The server said zero: of this filter, of this search, of this folder.
#[component]
fn Empty() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let Some(key) = mail.list.key.get_untracked() else { return ().into_any() };
    if matches!(key.source, Source::Search(_)) {
        return view! { <EmptyState icon="search" title=i18n::empty::search(lang) what=i18n::empty::search_what(lang)/> }
            .into_any();
    }
    if key.filter != Filter::All || !key.team.is_none() {
        return view! {
            <EmptyState
                icon="search"
                title=i18n::empty::filtered(lang)
                what=i18n::empty::filtered_what(lang)
                action=i18n::filter::clear(lang)
                href=key.filtered(Filter::All).of_team(TeamFilter::default()).url()
            />
        }
        .into_any();
    }
    let role = untrack(|| mail.mailbox()).and_then(|mailbox| mailbox.role);
    let what = match role.as_deref() {
        Some("inbox") => i18n::empty::inbox_what(lang, &date::clock(&mail.now_local())),
        Some("drafts") => i18n::empty::drafts_what(lang).into(),
        Some("sent") => i18n::empty::sent_what(lang).into(),
        Some("trash") => i18n::empty::trash_what(lang).into(),
        Some("junk") => i18n::empty::junk_what(lang).into(),
        _ => i18n::empty::folder_what(lang).to_owned(),
    };
    let title = if role.as_deref() == Some("inbox") { i18n::empty::inbox(lang) } else { i18n::empty::folder(lang) };
    view! { <EmptyState title=title what=what/> }.into_any()
}

#[component]
fn Failed() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let Status::Failed(problem) = mail.list.status.get_untracked() else { return ().into_any() };
    let what =
        if problem.is_transient() { i18n::failed::what(lang).to_owned() } else { i18n::error(lang, problem.code(), &[]) };
    let again = Callback::new(move |()| mail.list.retry(mail.api(), mail.session));
    view! { <ErrorState title=i18n::failed::list(lang) what=what request_id=problem.request_id on_retry=again/> }.into_any()
}

#[component]
fn Pager() -> impl IntoView {
    let mail = use_mail();
    let (lang, list) = (mail.lang, mail.list);
    let link = move |cursor: Option<String>, word: &str| {
        list.key.with(|key| key.as_ref().zip(cursor).map(|(key, cursor)| key.at(&cursor).url().replace("avant=", word)))
    };
    let newer = move || link(list.page.with(|page| page.previous.clone()), "apres=");
    let older = move || link(list.page.with(|page| page.next.clone()), "avant=");
    let ask = move || {
        let next = list.page.with_untracked(|page| page.next.clone());
        if let (Some(key), Some(cursor)) = (list.key.get_untracked(), next) {
            list.look_ahead(mail.api(), key.at(&cursor));
        }
    };
    view! {
        <nav class="pager" aria-label=i18n::list::order(lang) hidden=move || newer().is_none() && older().is_none()>
            {move || newer().map(|url| view! {
                <a class="button" data-variant="quiet" rel="prev" href=url><Icon name="previous"/><span>{i18n::list::newer(lang)}</span></a>
            })}
            {move || older().map(|url| view! {
                <a class="button" data-variant="quiet" rel="next" href=url on:pointerenter=move |_| ask() on:focus=move |_| ask()>
                    <span>{i18n::list::older(lang)}</span><Icon name="next"/>
                </a>
            })}
        </nav>
    }
}
