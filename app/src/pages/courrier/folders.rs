//! Folders: all of them to go to (on a narrow screen the left pane is not there), one's own to change.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use wire::{Problem, id::MailboxId, limits::MAILBOX_NAME_CHARS, mail::Mailbox, portal::Action};

use crate::{
    api::list::{ListKey, Source},
    browser::{self, form::Submitted},
    components::{Button, Icon},
    i18n,
    state::{Mail, use_mail},
};

use super::{
    forms::{DO, Hidden},
    sidebar::{Boxes, PersonLinks, Whose, folder_icon, ordered},
};

/// The screen of folders.
#[component]
pub fn Folders() -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let error = RwSignal::new(None::<String>);
    let none = move || ordered(mail, true).is_empty().then(|| view! { <p>{i18n::folder::none(lang)}</p> });
    let manage = mail.may(Action::Sort).then(|| view! {
        <section class="own-folders">
            <h2>{i18n::folder::own(lang)}</h2>
            <p class="field-error" role="alert" hidden=move || error.with(Option::is_none)>{move || error.get()}</p>
            <form class="folder-new" method="post" action=DO on:submit=move |event| sent(mail, error, event)>
                <Hidden account=mail.account back=Signal::derive(move || here(mail))/>
                <label for="folder-new">{i18n::folder::name(lang)}</label>
                <input id="folder-new" name="name" required maxlength=MAILBOX_NAME_CHARS.to_string() autocomplete="off"/>
                <Button variant="primary" name="op" value="folder-create">{i18n::folder::create(lang)}</Button>
            </form>
            {none}
            <ul>
                <For each=move || ordered(mail, true) key=|it| (it.id, it.name.clone()) children=move |it| view! { <OwnFolder mailbox=it error=error/> }/>
            </ul>
        </section>
    });
    view! {
        <div class="folders-page">
            <Whose/>
            <h1>{i18n::folder::title(lang)}</h1>
            <ul class="folders">
                <For each=move || [ordered(mail, false), ordered(mail, true)].concat() key=|it| (it.id, it.name.clone()) children=move |it| view! { <Line mailbox=it/> }/>
            </ul>
            {manage}
            <ul class="person-links"><Boxes/><PersonLinks/></ul>
        </div>
    }
}

fn here(mail: Mail) -> String {
    format!("/courrier/{}/dossiers", mail.account.get())
}

/// How many messages are in a folder.
fn total(mail: Mail, id: MailboxId) -> u64 {
    mail.mailboxes.with(|all| all.iter().find(|it| it.id == id).map_or(0, |it| u64::from(it.total_emails)))
}

#[component]
fn Line(mailbox: Mailbox) -> impl IntoView {
    let mail = use_mail();
    let role = mailbox.role.as_deref();
    let id = mailbox.id;
    let inside = move || total(mail, id);
    view! {
        <li>
            <a href=ListKey::of(mail.account.get_untracked(), Source::Mailbox(mailbox.id)).url()>
                <Icon name=folder_icon(role)/>
                <span class="folder-name">{i18n::folder_name(mail.lang, role, &mailbox.name)}</span>
                <span class="count">{move || i18n::folder::count(mail.lang, inside())}</span>
            </a>
        </li>
    }
}

#[component]
fn OwnFolder(mailbox: Mailbox, error: RwSignal<Option<String>>) -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let (id, label) = (mailbox.id.to_string(), format!("folder-{}", mailbox.id));
    let (name, folder) = (mailbox.name.clone(), mailbox.id);
    let delete = move |event: SubmitEvent| {
        let Some(form) = Submitted::read(&event) else { return };
        event.prevent_default();
        let inside = untrack(|| total(mail, folder));
        let what = if inside == 0 { String::new() } else { i18n::folder::delete_what(lang, inside) };
        let then = move || carry_out(mail, error, &form);
        mail.ask(&i18n::folder::delete_ask(lang, &name), what, i18n::folder::delete(lang), true, then);
    };
    view! {
        <li class="own-folder">
            <form method="post" action=DO on:submit=move |event| sent(mail, error, event)>
                <Hidden account=mail.account back=Signal::derive(move || here(mail))/>
                <input type="hidden" name="to" value=id.clone()/>
                <label class="hidden-text" for=label.clone()>{i18n::folder::name(lang)}</label>
                <input id=label name="name" value=mailbox.name required maxlength=MAILBOX_NAME_CHARS.to_string() autocomplete="off"/>
                <Button name="op" value="folder-rename">{i18n::folder::rename(lang)}</Button>
            </form>
            <form method="post" action=DO on:submit=delete>
                <Hidden account=mail.account back=Signal::derive(move || here(mail))/>
                <input type="hidden" name="to" value=id/>
                <Button variant="danger" icon="trash" name="op" value="folder-delete">{i18n::folder::delete(lang)}</Button>
            </form>
        </li>
    }
}

fn sent(mail: Mail, error: RwSignal<Option<String>>, event: SubmitEvent) {
    if let Some(form) = Submitted::read(&event) {
        event.prevent_default();
        carry_out(mail, error, &form);
    }
}

fn carry_out(mail: Mail, error: RwSignal<Option<String>>, form: &Submitted) {
    let account = mail.account.get_untracked();
    let name = form.get("name").unwrap_or_default().trim().to_owned();
    let folder = form.get("to").and_then(|id| id.parse().ok());
    let op = form.get("op").unwrap_or_default().to_owned();
    spawn_local(async move {
        let _hold = mail.hold();
        let api = mail.api();
        let answer: Result<(), Problem> = match (op.as_str(), folder) {
            ("folder-create", _) => api.create_folder(account, &name).await,
            ("folder-rename", Some(folder)) => api.rename_folder(account, folder, &name).await,
            ("folder-delete", Some(folder)) => match mail.role("trash") {
                Some(trash) => api.delete_folder(account, folder, trash).await,
                None => Err(Problem::new("not-found", 404, "No trash")),
            },
            _ => return,
        };
        match answer {
            Ok(()) => {
                error.set(None);
                if let Some(input) =
                    browser::find::<leptos::web_sys::HtmlInputElement>("#folder-new").filter(|_| op == "folder-create")
                {
                    input.set_value("");
                }
                mail.toasts.say(i18n::said(mail.lang, &op, 1).unwrap_or_default());
                mail.refresh(false).await;
            }
            Err(problem) => {
                mail.session.notice(&problem);
                error.set(Some(i18n::error(mail.lang, problem.code(), &[])));
            }
        }
    });
}
