//! Accounts and folders with their counters.

use leptos::prelude::*;
use wire::mail::Mailbox;

use crate::{
    api::list::{ListKey, Source},
    app::{Place, Start},
    components::{Badge, Icon, Menu},
    i18n::{self, Lang},
    state::{Mail, use_mail},
};

use super::forms::compose;

/// Order of the folders that have a role; own folders come after, in theirs.
const ROLES: [&str; 6] = ["inbox", "drafts", "sent", "archive", "junk", "trash"];

/// The icon of a folder.
pub fn folder_icon(role: Option<&str>) -> &'static str {
    match role {
        Some("inbox") => "inbox",
        Some("drafts") => "drafts",
        Some("sent") => "sent",
        Some("archive") => "archive",
        Some("junk") => "spam",
        Some("trash") => "trash",
        _ => "folder",
    }
}

/// What a folder counts: drafts are all to be finished, elsewhere what is unread.
fn counted(mailbox: &Mailbox) -> u32 {
    match mailbox.role.as_deref() {
        Some("drafts") => mailbox.total_emails,
        Some("sent" | "trash" | "archive") => 0,
        _ => mailbox.unread_threads,
    }
}

fn counted_words(lang: Lang, mailbox: &Mailbox) -> String {
    let count = u64::from(counted(mailbox));
    if mailbox.role.as_deref() == Some("drafts") {
        i18n::folder::count(lang, count)
    } else {
        i18n::folder::unread(lang, count)
    }
}

/// Folders in the order they are shown: those with a role, then one's own.
pub fn ordered(mail: Mail, own: bool) -> Vec<Mailbox> {
    let rank =
        |mailbox: &Mailbox| ROLES.iter().position(|role| mailbox.role.as_deref() == Some(*role)).unwrap_or(ROLES.len());
    mail.mailboxes.with(|list| {
        let mut list: Vec<Mailbox> = list.iter().filter(|it| it.role.is_none() == own).cloned().collect();
        list.sort_by(|a, b| (rank(a), a.sort_order, &a.name).cmp(&(rank(b), b.sort_order, &b.name)));
        list
    })
}

/// The left pane.
#[component]
pub fn Sidebar() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    view! {
        <nav class="sidebar" data-testid="mailbox-list" aria-label=i18n::folder::title(lang)>
            <AccountHeader/>
            <a class="compose-button button" data-variant="primary" href=move || compose(mail, Start::Empty) aria-keyshortcuts="c">
                <Icon name="compose"/>
                <span>{i18n::nav::compose(lang)}</span>
            </a>
            <ul class="folders">
                <For each=move || ordered(mail, false) key=|it| it.id children=move |it| view! { <Folder mailbox=it/> }/>
            </ul>
            <ul class="folders">
                <li>
                    <a rel="external" href=move || format!("/courrier/{}/patients", mail.account.get())>
                        <Icon name="patient"/>
                        <span class="folder-name">{i18n::patients::title(lang)}</span>
                    </a>
                </li>
            </ul>
            <div class="folders-head">
                <h2>{i18n::folder::own(lang)}</h2>
                <a class="icon-button" href=move || format!("/courrier/{}/dossiers", mail.account.get()) title=i18n::folder::manage(lang)>
                    <Icon name="settings"/>
                    <span class="hidden-text">{i18n::folder::manage(lang)}</span>
                </a>
            </div>
            <ul class="folders">
                <For each=move || ordered(mail, true) key=|it| it.id children=move |it| view! { <Folder mailbox=it/> }/>
            </ul>
        </nav>
    }
}

#[component]
fn Folder(mailbox: Mailbox) -> impl IntoView {
    let mail = use_mail();
    let (id, lang) = (mailbox.id, mail.lang);
    let now = Memo::new(move |before: Option<&Mailbox>| {
        let found = mail.mailboxes.with(|list| list.iter().find(|it| it.id == id).cloned());
        found.or_else(|| before.cloned()).unwrap_or_else(|| mailbox.clone())
    });
    let current = move || mail.place.with(|place| place.list().is_some_and(|key| key.source == Source::Mailbox(id)));
    let count = Memo::new(move |_| now.with(counted));
    view! {
        <li>
            <a href=move || ListKey::of(mail.account.get(), Source::Mailbox(id)).url() aria-current=move || current().then_some("page")>
                <Icon name=now.with_untracked(|it| folder_icon(it.role.as_deref()))/>
                <span class="folder-name">{move || now.with(|it| i18n::folder_name(lang, it.role.as_deref(), &it.name))}</span>
                <span class="count" hidden=move || count.get() == 0>
                    <span aria-hidden="true">{move || i18n::number(lang, u64::from(count.get()))}</span>
                    <span class="hidden-text">{move || now.with(|it| counted_words(lang, it))}</span>
                </span>
            </a>
        </li>
    }
}

/// Whose mail this is, the other accounts, preferences and the way out.
#[component]
fn AccountHeader() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    view! {
        <header class="account">
            <Whose/>
            <Menu label=i18n::nav::menu(lang) icon="menu">
                <Boxes/>
                <PersonLinks/>
            </Menu>
        </header>
    }
}

/// Whose mail this is; in the BAL of another also that one acts for them, and is traced.
#[component]
pub fn Whose() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    view! {
        <div class="account-who">
            <strong>{move || mail.bal().map(|bal| bal.name)}</strong>
            <small>{move || mail.bal().map(|bal| bal.address)}</small>
            {move || mail.bal().filter(|bal| !bal.own).map(|bal| view! {
                <Badge tone="delegate" text=i18n::boxes::acting(lang, &bal.name)/>
            })}
            {move || mail.bal().filter(|bal| !bal.own).map(|_| view! { <small class="account-traced"><Icon name="eye"/>{i18n::team::traced(lang)}</small> })}
        </div>
    }
}

/// Where one is, above a list on a narrow screen: for those who may open several BALs, with the way to the others.
#[component]
pub fn Here() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let words = move || mail.bal().map(|bal| if bal.own { bal.name } else { i18n::boxes::acting(lang, &bal.name) });
    mail.me.with_untracked(|me| me.accounts.len() > 1 || me.accounts.iter().any(|it| !it.own)).then(|| {
        view! { <a class="list-bal" rel="external" href="/courrier/toutes" title=i18n::boxes::title(lang)><Icon name="inbox"/><span>{words}</span></a> }
    })
}

/// All BALs that one may open, for whom has several: lines of a list.
#[component]
pub fn Boxes() -> impl IntoView {
    let mail = use_mail();
    let all = mail.me.with_untracked(|me| me.accounts.clone());
    (all.len() > 1).then(|| {
        let boxes = all.into_iter().map(|it| view! { <Switch bal=it/> }).collect_view();
        view! {
            <li><a rel="external" href="/courrier/toutes"><Icon name="inbox"/>{i18n::boxes::title(mail.lang)}</a></li>
            {boxes}
        }
    })
}

/// One of the BALs, with what is unread in its inbox.
#[component]
fn Switch(bal: wire::portal::Account) -> impl IntoView {
    let mail = use_mail();
    let (lang, id, unread) = (mail.lang, bal.id, u64::from(bal.unread));
    let kind = if bal.own { i18n::boxes::own(lang) } else { i18n::boxes::delegated(lang) };
    view! {
        <li>
            <a rel="external" href=format!("/courrier/{id}") aria-current=move || (mail.account.get() == id).then_some("true")>
                {bal.name}
                <small>{bal.address}" · "{kind}</small>
                {(unread > 0).then(|| view! { <span class="count">{i18n::boxes::unread(lang, unread)}</span> })}
            </a>
        </li>
    }
}

/// Directory, account, preferences, connections, help and the way out.
#[component]
pub fn PersonLinks() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    view! {
        <li><a rel="external" href="/annuaire"><Icon name="organisation"/>{i18n::nav::directory(lang)}</a></li>
        <li><a rel="external" href="/compte"><Icon name="person"/>{i18n::account::home(lang)}</a></li>
        <li><a rel="external" href="/compte/preferences"><Icon name="settings"/>{i18n::nav::settings(lang)}</a></li>
        <li><a rel="external" href="/compte/sessions"><Icon name="lock"/>{i18n::nav::sessions(lang)}</a></li>
        <li><button type="button" on:click=move |_| mail.palette.set(true)><Icon name="search"/>{i18n::palette::title(lang)}</button></li>
        <li><button type="button" on:click=move |_| mail.help.set(true)><Icon name="keyboard"/>{i18n::nav::keys(lang)}</button></li>
        <li><a rel="external" href="/aide"><Icon name="help"/>{i18n::nav::help(lang)}</a></li>
        <li>
            <form method="post" action="/deconnexion">
                <button type="submit"><Icon name="sign-out"/>{i18n::nav::sign_out(lang)}</button>
            </form>
        </li>
    }
}

/// On a narrow screen: the inbox, writing, folders.
#[component]
pub fn BottomBar() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let inbox = move || mail.role("inbox").map(|id| ListKey::of(mail.account.get(), Source::Mailbox(id)).url());
    let in_folders = move || mail.place.with(|place| matches!(place, Place::Folders(_)));
    view! {
        <nav class="bottom-bar" aria-label=i18n::nav::menu(lang)>
            <a href=inbox><Icon name="inbox"/><span>{i18n::folder::inbox(lang)}</span></a>
            <a href=move || compose(mail, Start::Empty)><Icon name="compose"/><span>{i18n::nav::compose(lang)}</span></a>
            <a href=move || format!("/courrier/{}/dossiers", mail.account.get()) aria-current=move || in_folders().then_some("page")>
                <Icon name="folder"/>
                <span>{i18n::folder::title(lang)}</span>
            </a>
        </nav>
    }
}
