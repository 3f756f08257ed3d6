//! One row of a list: who, what, when, and what can be done at once.

use leptos::{ev::MouseEvent, prelude::*};
use wire::mail::{Address, Row, keyword};

use crate::{
    api::list::{ListKey, Source},
    components::{Avatar, Icon},
    format::{date, mark, name},
    i18n,
    state::{
        Mail,
        list::{Target, is_flagged, is_unread},
        use_mail,
    },
};

use super::{
    exchange,
    forms::{DO, row_url},
    team,
};

/// A row that follows what is known of it.
#[component]
pub fn RowView(row: Row) -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let target = mail.list.target(&row);
    let (field, id) = target.field();
    let (row_id, ticked) = (id.clone(), id.clone());
    let outgoing = untrack(|| is_outgoing(mail));
    let who = shown_party(&row, outgoing);
    let kind = row.card.as_ref().map_or_else(|| "unknown".to_owned(), |card| card.kind.clone());
    let quality = quality(mail, &kind);
    let (form, owner, shape) = (format!("f-{id}"), format!("f-{id}"), kind.clone());
    let row = Memo::new(move |before: Option<&Row>| {
        mail.list.row_now(target).or_else(|| before.cloned()).unwrap_or_else(|| row.clone())
    });
    let unread = Memo::new(move |_| row.with(is_unread));
    let flagged = Memo::new(move |_| row.with(is_flagged));
    let selected = Memo::new(move |_| mail.list.selected.with(|all| all.contains(&target)));
    let open = Memo::new(move |_| mail.open_target() == Some(target));
    let current = Memo::new(move |_| mail.list.current.with(|it| *it == Some(target)));
    let url = move || mail.list.key.with(|key| key.as_ref().map(|key| row.with(|row| row_url(key, row))));
    let person = name::shown(who.name.as_deref(), &who.email).to_owned();
    view! {
        <li
            class="row"
            data-testid="row"
            data-id=row_id
            data-kind=shape
            data-unread=move || unread.get().then_some("true")
            data-flagged=move || flagged.get().then_some("true")
            data-selected=move || selected.get().then_some("true")
            data-current=move || current.get().then_some("true")
        >
            <input
                class="row-check"
                type="checkbox"
                form="lot"
                name=field
                value=ticked
                aria-label=i18n::list::select(lang, &person)
                prop:checked=move || selected.get()
                on:click=move |event| select(mail, target, &event)
            />
            <Avatar name=who.name.unwrap_or_default() address=who.email kind=kind/>
            <a class="row-link" href=url aria-current=move || open.get().then_some("true") on:focus=move |_| mail.list.current.set(Some(target))>
                <span class="hidden-text">{move || unread.get().then(|| i18n::list::unread(lang))}</span>
                <span class="row-from">{move || row.with(|row| from(mail, row, outgoing))}</span>
                {quality}
                <span class="row-count">{move || row.with(count)}</span>
                <span class="row-subject">{move || row.with(|row| subject(mail, row))}</span>
                <span class="row-preview">{move || row.with(|row| preview(mail, row))}</span>
                <span class="row-labels">{move || row.with(|row| labels(mail, row))}{move || row.with(|row| exchange::label(mail, row))}{move || row.with(|row| team::labels(mail, row))}</span>
                <span class="row-attachment">{move || row.with(|row| attachment(mail, row))}</span>
                <time class="row-date" datetime=move || row.with(|row| row.received_at.clone())>
                    {move || row.with(|row| mail.me.with(|me| date::row(lang, &row.received_local, &me.now_local)))}
                </time>
            </a>
            <button
                class="row-star"
                form=owner
                name="op"
                value=move || if flagged.get() { "unstar" } else { "star" }
                aria-pressed=move || flagged.get().to_string()
                aria-label=move || if flagged.get() { i18n::action::unstar(lang) } else { i18n::action::star(lang) }
            >
                <Icon name=Signal::derive(move || if flagged.get() { "star-full" } else { "star" })/>
            </button>
            <form class="row-actions" id=form method="post" action=DO>
                <input type="hidden" name="account" value=mail.account.get_untracked().to_string()/>
                <input type="hidden" name="retour" value=move || mail.list_url()/>
                <input type="hidden" name=field value=id/>
                <RowButtons unread=unread/>
            </form>
        </li>
    }
}

/// What a row offers when the pointer is on it or the focus inside.
#[component]
fn RowButtons(unread: Memo<bool>) -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let role = untrack(|| mail.mailbox()).and_then(|mailbox| mailbox.role);
    let archive = if role.as_deref() == Some("inbox") || role.is_none() {
        ("archive", i18n::action::archive(lang), "archive")
    } else {
        ("inbox", i18n::action::restore(lang), "inbox")
    };
    let delete = if role.as_deref() == Some("trash") {
        ("destroy", i18n::action::delete_forever(lang))
    } else {
        ("trash", i18n::action::delete(lang))
    };
    view! {
        <button class="icon-button" name="op" value=archive.0 title=archive.1 aria-label=archive.1><Icon name=archive.2/></button>
        <button class="icon-button" name="op" value=delete.0 title=delete.1 aria-label=delete.1><Icon name="trash"/></button>
        <button
            class="icon-button"
            name="op"
            value=move || if unread.get() { "read" } else { "unread" }
            title=move || read_words(mail, unread.get())
            aria-label=move || read_words(mail, unread.get())
        >
            <Icon name=Signal::derive(move || if unread.get() { "read" } else { "unread" })/>
        </button>
    }
}

fn read_words(mail: Mail, unread: bool) -> &'static str {
    if unread { i18n::action::read(mail.lang) } else { i18n::action::unread(mail.lang) }
}

/// Whether the list shows what one writes: then rows name recipients.
fn is_outgoing(mail: Mail) -> bool {
    mail.mailbox().is_some_and(|mailbox| matches!(mailbox.role.as_deref(), Some("sent" | "drafts")))
}

fn shown_party(row: &Row, outgoing: bool) -> Address {
    let party = if outgoing { &row.to } else { &row.from };
    party.iter().flatten().next().cloned().unwrap_or_else(|| Address { name: None, email: String::new() })
}

/// The word for a correspondent who is no colleague, in colour, with an icon.
fn quality(mail: Mail, kind: &str) -> Option<impl IntoView + use<>> {
    let (tone, icon, words) = match kind {
        "patient" => ("patient", "patient", i18n::kind::patient(mail.lang)),
        "organisation" => ("organisation", "organisation", i18n::kind::organisation(mail.lang)),
        _ => return None,
    };
    Some(
        view! { <span class="badge row-quality" data-tone=tone title=words><Icon name=icon/><span class="row-quality-words">{words}</span></span> },
    )
}

fn from(mail: Mail, row: &Row, outgoing: bool) -> String {
    let lang = mail.lang;
    let shown = |it: &Address| name::shown(it.name.as_deref(), &it.email).to_owned();
    if outgoing {
        let names: Vec<String> = row.to.iter().flatten().map(shown).collect();
        return if names.is_empty() { i18n::list::to_nobody(lang).into() } else { i18n::list::to(lang, &names.join(", ")) };
    }
    let senders = row.conversation.as_ref().map(|it| it.senders.as_slice()).unwrap_or_default();
    if senders.len() > 1 {
        let names: Vec<&str> =
            senders.iter().map(|it| if it.me { i18n::list::me(lang) } else { it.name.as_str() }).collect();
        return names.join(", ");
    }
    row.from.iter().flatten().next().map_or_else(|| i18n::list::no_sender(lang).into(), shown)
}

fn count(row: &Row) -> Option<String> {
    row.conversation.as_ref().filter(|it| it.total > 1).map(|it| it.total.to_string())
}

/// Text with the hits of a search marked.
fn marked(text: &str) -> impl IntoView + use<> {
    let piece = |piece: mark::Piece| match piece.hit {
        true => view! { <mark>{piece.text}</mark> }.into_any(),
        false => piece.text.into_any(),
    };
    mark::pieces(text).into_iter().map(piece).collect_view()
}

fn subject(mail: Mail, row: &Row) -> AnyView {
    let snippet = mail.list.snippet(row.id).and_then(|snippet| snippet.subject);
    let own = row.subject.clone().filter(|subject| !subject.trim().is_empty());
    match (snippet, own) {
        (Some(snippet), _) => marked(&snippet).into_any(),
        (None, Some(own)) => own.into_any(),
        (None, None) => i18n::list::no_subject(mail.lang).into_any(),
    }
}

fn preview(mail: Mail, row: &Row) -> AnyView {
    match mail.list.snippet(row.id).and_then(|snippet| snippet.preview) {
        Some(snippet) => marked(&snippet).into_any(),
        None => row.preview.clone().into_any(),
    }
}

/// The folder of a search result; that it is a draft, that it was answered.
fn labels(mail: Mail, row: &Row) -> impl IntoView + use<> {
    let lang = mail.lang;
    let mut labels = Vec::new();
    if matches!(mail.list.source(), Some(Source::Search(_))) {
        mail.mailboxes.with(|all| {
            let inside = all.iter().filter(|it| row.mailbox_ids.contains_key(&it.id));
            labels.extend(inside.map(|it| i18n::folder_name(lang, it.role.as_deref(), &it.name)));
        });
    }
    let mark = |word: &str| row.keywords.contains_key(word);
    if mark(keyword::DRAFT) && !is_outgoing(mail) {
        labels.push(i18n::list::draft(lang).to_owned());
    }
    if mark(keyword::ANSWERED) {
        labels.push(i18n::list::answered(lang).to_owned());
    }
    if mark(keyword::FILED) {
        labels.push(i18n::message::filed(lang).to_owned());
    }
    labels.into_iter().map(|label| view! { <span class="label">{label}</span> }).collect_view()
}

fn attachment(mail: Mail, row: &Row) -> impl IntoView + use<> {
    let lang = mail.lang;
    let any = row.has_attachment || row.conversation.as_ref().is_some_and(|it| it.has_attachment);
    let (icon, words) = match row.attachment_kind.as_deref() {
        Some("pdf") => ("pdf", i18n::list::with_pdf(lang)),
        Some("image") => ("image", i18n::list::with_image(lang)),
        Some("document") => ("document", i18n::list::with_document(lang)),
        Some("xdm") => ("xdm", i18n::list::with_xdm(lang)),
        _ => ("attachment", i18n::list::with_attachment(lang)),
    };
    any.then(|| view! { <Icon name=icon/><span class="hidden-text">{words}</span> })
}

/// A tick; with the shift key, every row from the last one ticked.
fn select(mail: Mail, target: Target, event: &MouseEvent) {
    let list = mail.list;
    let on = !list.selected.with_untracked(|all| all.contains(&target));
    let last = list.current.get_untracked().filter(|_| event.shift_key());
    let mut touched = vec![target];
    if let Some(last) = last {
        let all: Vec<Target> = list.rows.with_untracked(|rows| rows.iter().map(|row| list.target(row)).collect());
        let place = |wanted: Target| all.iter().position(|it| *it == wanted);
        if let (Some(a), Some(b)) = (place(last), place(target)) {
            touched = all[a.min(b)..=a.max(b)].to_vec();
        }
    }
    list.selected.update(|selected| {
        selected.retain(|it| !touched.contains(it));
        if on {
            selected.extend(touched);
        }
    });
    list.current.set(Some(target));
}

/// The rows around, for whoever needs their address.
pub fn neighbour_url(mail: Mail, step: isize) -> Option<String> {
    let key: ListKey = mail.list.key.get()?;
    mail.list.rows.track();
    let row = mail.list.neighbour(mail.open_target(), step)?;
    mail.open_target().map(|_| row_url(&key, &row))
}
