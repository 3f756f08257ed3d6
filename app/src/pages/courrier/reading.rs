//! The open conversation: its subject, what can be done with it, its messages.

use leptos::prelude::*;
use wire::{mail::Message, portal::Action};

use crate::{
    components::{EmptyState, ErrorState, Icon, Menu, SkeletonRows},
    i18n,
    state::{
        Mail, Status,
        list::{Target, is_flagged},
        use_mail,
    },
};

use super::{
    exchange::ExchangeBar,
    forms::{DO, Hidden},
    list::movable,
    message::MessageView,
    row::neighbour_url,
    team::Panel,
};

/// Nothing is open yet.
#[component]
pub fn Nothing() -> impl IntoView {
    let lang = use_mail().lang;
    view! { <EmptyState icon="message" title=i18n::empty::reading(lang) what=i18n::empty::reading_what(lang, "j", "k")/> }
}

/// The right pane.
#[component]
pub fn Reading() -> impl IntoView {
    let mail = use_mail();
    let reading = mail.reading;
    let status = Memo::new(move |_| reading.status.get());
    move || match status.get() {
        Status::Loading => view! { <BackLink/><SkeletonRows count=4/> }.into_any(),
        Status::Failed(problem) => {
            let lang = mail.lang;
            let what = if problem.is_transient() {
                i18n::failed::what(lang).to_owned()
            } else {
                i18n::error(lang, problem.code(), &[])
            };
            let again = Callback::new(move |()| reading.retry(mail.api(), mail.session, mail.account.get_untracked()));
            view! { <BackLink/><ErrorState title=i18n::failed::message(lang) what=what request_id=problem.request_id on_retry=again/> }.into_any()
        }
        Status::Ready => view! { <Thread/> }.into_any(),
    }
}

#[component]
fn BackLink() -> impl IntoView {
    let mail = use_mail();
    let words = move || i18n::nav::back_to(mail.lang, &mail.list_name());
    view! {
        <a class="icon-button back" href=move || mail.list_url() title=words aria-label=words aria-keyshortcuts="u"><Icon name="back"/></a>
    }
}

#[component]
fn Thread() -> impl IntoView {
    let mail = use_mail();
    let (lang, messages) = (mail.lang, mail.reading.messages);
    let subject = Memo::new(move |_| messages.with(|all| all.first().and_then(|it| it.subject.clone())));
    let count = Memo::new(move |_| messages.with(Vec::len));
    let shown_subject = move || {
        let own = subject.get().filter(|subject| !subject.trim().is_empty());
        own.unwrap_or_else(|| i18n::list::no_subject(lang).to_owned())
    };
    view! {
        <header class="thread-head">
            <Toolbar/>
            <div class="thread-title">
                <h1>{shown_subject}</h1>
                <Star/>
            </div>
            <p class="thread-count" hidden=move || { count.get() < 2 }>{move || i18n::message::count(lang, count.get() as u64)}</p>
        </header>
        <ExchangeBar/>
        <Panel/>
        <div class="thread">
            <For each=move || messages.get() key=|message| message.id children=|message: Message| view! { <MessageView message=message/> }/>
        </div>
    }
}

/// The field that names the open conversation.
#[component]
fn TargetField() -> impl IntoView {
    let mail = use_mail();
    let target = move || mail.open_target().map(Target::field).unwrap_or(("thread", String::new()));
    view! { <input type="hidden" name=move || target().0 value=move || target().1/> }
}

#[component]
fn Toolbar() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let may = mail.may(Action::Sort);
    let role = Memo::new(move |_| mail.mailbox().and_then(|mailbox| mailbox.role));
    let is = move |wanted: &str| role.with(|role| role.as_deref() == Some(wanted));
    let archive = move || match is("archive") || is("trash") || is("junk") {
        true => ("inbox", if is("junk") { i18n::action::not_spam(lang) } else { i18n::action::restore(lang) }, "inbox"),
        false => ("archive", i18n::action::archive(lang), "archive"),
    };
    let delete = move || {
        if is("trash") { ("destroy", i18n::action::delete_forever(lang)) } else { ("trash", i18n::action::delete(lang)) }
    };
    let around = [(-1, "previous", "k", i18n::message::previous(lang)), (1, "next", "j", i18n::message::next(lang))];
    let around =
        around.map(|(step, icon, key, words)| {
            move || {
                neighbour_url(mail, step).map(|url| view! {
            <a class="icon-button" href=url title=words aria-label=words aria-keyshortcuts=key><Icon name=icon/></a>
        })
            }
        });
    let acts = may.then(|| view! {
        <form class="toolbar-acts" method="post" action=DO>
            <Hidden account=mail.account back=Signal::derive(move || mail.list_url())/>
            <TargetField/>
            <button class="icon-button" name="op" value=move || archive().0 title=move || archive().1 aria-label=move || archive().1 aria-keyshortcuts="e">
                <Icon name=Signal::derive(move || archive().2)/>
            </button>
            <button class="icon-button" name="op" value=move || delete().0 title=move || delete().1 aria-label=move || delete().1 aria-keyshortcuts="#">
                <Icon name="trash"/>
            </button>
            <button class="icon-button" name="op" value="spam" title=i18n::action::spam(lang) aria-label=i18n::action::spam(lang) hidden=move || is("junk")>
                <Icon name="spam"/>
            </button>
            <button class="icon-button" name="op" value="unread" title=i18n::action::unread(lang) aria-label=i18n::action::unread(lang)>
                <Icon name="unread"/>
            </button>
        </form>
        <MoveMenu/>
    });
    view! {
        <div class="toolbar" role="toolbar" aria-label=i18n::action::title(lang)>
            <BackLink/>
            {acts}
            <span class="toolbar-space"></span>
            <PrintLink/>
            {around}
        </div>
    }
}

/// The conversation for paper: a page of its own, which works without a script too.
#[component]
fn PrintLink() -> impl IntoView {
    let mail = use_mail();
    let words = i18n::message::print(mail.lang);
    let url = move || mail.reading.opened.get().map(|it| format!("/courrier/{}/imprimer/{}", mail.account.get(), it.thread));
    view! { <a class="icon-button" rel="external" href=url title=words aria-label=words><Icon name="print"/></a> }
}

/// Folders to move the conversation to.
#[component]
fn MoveMenu() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let items = move || {
        movable(mail)
            .into_iter()
            .map(|it| {
                let words = i18n::folder_name(lang, it.role.as_deref(), &it.name);
                view! { <li><button form="move" name="to" value=it.id.to_string()>{words}</button></li> }
            })
            .collect_view()
    };
    view! {
        <form id="move" method="post" action=DO hidden>
            <Hidden account=mail.account back=Signal::derive(move || mail.list_url())/>
            <input type="hidden" name="op" value="move"/>
            <TargetField/>
        </form>
        <Menu label=i18n::action::r#move(lang) icon="folder" side="start">{items}</Menu>
    }
}

#[component]
fn Star() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let flagged = Memo::new(move |_| flagged(mail));
    let words = move || if flagged.get() { i18n::action::unstar(lang) } else { i18n::action::star(lang) };
    let here = Signal::derive(move || {
        let opened = mail.reading.opened.get();
        let key = mail.list.key.get();
        key.zip(opened).map_or_else(|| mail.list_url(), |(key, opened)| key.thread_url(opened.thread))
    });
    view! {
        <form class="thread-star" method="post" action=DO>
            <Hidden account=mail.account back=here/>
            <TargetField/>
            <button
                class="icon-button"
                name="op"
                value=move || if flagged.get() { "unstar" } else { "star" }
                aria-pressed=move || flagged.get().to_string()
                title=words
                aria-label=words
                aria-keyshortcuts="s"
            >
                <Icon name=Signal::derive(move || if flagged.get() { "star-full" } else { "star" })/>
            </button>
        </form>
    }
}

/// As the row says, which shows changes under way; else as the messages say.
fn flagged(mail: Mail) -> bool {
    let row = mail.open_target().and_then(|target| mail.list.row_now(target));
    row.map_or_else(
        || mail.reading.messages.with(|all| all.iter().any(|it| it.keywords.contains_key("$flagged"))),
        |row| is_flagged(&row),
    )
}
