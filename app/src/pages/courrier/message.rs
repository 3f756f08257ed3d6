//! One message of the open conversation: who it is from, to whom, its frame, its attachments.

use leptos::{ev::MouseEvent, html, prelude::*, web_sys};
use wire::{
    id::{AccountId, EmailId, ThreadId},
    ins,
    mail::{Address, Card, Message, Part, keyword},
    portal::Action,
};

use crate::{
    app::{Mode, Start},
    browser::frame,
    components::{Avatar, Button, Icon, Menu, Notice},
    format::{date, name, size},
    i18n::{self, Lang},
    state::{Mail, use_mail},
};

use super::{
    delivery::{Deliveries, ReceiptAsked},
    forms::compose,
};

/// How many recipients are named before the rest is counted.
const NAMED: usize = 3;

/// A message that follows what is known of it.
#[component]
pub fn MessageView(message: Message) -> impl IntoView {
    let mail = use_mail();
    let (id, reading) = (message.id, mail.reading);
    let open = Memo::new(move |_| reading.unfolded.with(|all| all.contains(&id)));
    let unread = Memo::new(move |_| {
        reading.messages.with(|all| all.iter().any(|it| it.id == id && !it.keywords.contains_key(keyword::SEEN)))
    });
    let newest = Memo::new(move |_| reading.messages.with(|all| all.last().map(|it| it.id) == Some(id)));
    let draft = message.keywords.contains_key(keyword::DRAFT);
    let sender = first(message.from.as_deref());
    let shown = name::shown(sender.name.as_deref(), &sender.email).to_owned();
    let body = StoredValue::new(message.clone());
    view! {
        <article
            class="message"
            id=format!("m-{id}")
            aria-label=shown
            data-open=move || open.get().then_some("true")
            data-unread=move || unread.get().then_some("true")
            data-draft=draft.then_some("")
        >
            <Head message=message sender=sender open=open/>
            <Show
                when=move || open.get()
                fallback=move || view! { <p class="message-preview">{body.with_value(|it| it.preview.clone())}</p> }
            >
                <Body message=body.get_value() draft=draft/>
            </Show>
            <Show when=move || newest.get() && !draft && mail.may(Action::Draft)>
                <ReplyBar email=id/>
            </Show>
        </article>
    }
}

fn first(addresses: Option<&[Address]>) -> Address {
    let found = addresses.and_then(<[Address]>::first).cloned();
    found.unwrap_or_else(|| Address { name: None, email: String::new() })
}

/// The name in Sender (RFC 5322 §3.6.2), when somebody else sent the message than whose it is.
fn by_another(message: &Message, from: &Address) -> Option<String> {
    let other = message.sender.as_deref()?.first()?;
    let named = name::shown(other.name.as_deref(), &other.email);
    (named != name::shown(from.name.as_deref(), &from.email)).then(|| named.to_owned())
}

#[component]
fn Head(message: Message, sender: Address, open: Memo<bool>) -> impl IntoView {
    let mail = use_mail();
    let (id, lang) = (message.id, mail.lang);
    let thread = message.thread_id;
    let url = move || mail.list.key.with(|key| key.as_ref().map(|key| key.message_url(thread, id, false)));
    let toggle = move |event: MouseEvent| {
        if !event.ctrl_key() && !event.meta_key() {
            event.prevent_default();
            mail.reading.toggle(id);
        }
    };
    let kind = message.card.as_ref().map_or_else(|| "unknown".to_owned(), |card| card.kind.clone());
    let filed = filed(mail, id);
    let shown = name::shown(sender.name.as_deref(), &sender.email).to_owned();
    // Who sent it, when it is not who it is from: both stand in the same place.
    let shown = match by_another(&message, &sender) {
        Some(other) => i18n::message::on_behalf(lang, &shown, &other),
        None => shown,
    };
    let when = date::moment(lang, &message.received_local, &mail.now_local());
    let whole = date::full(lang, &message.received_local);
    view! {
        <header class="message-head">
            <Avatar name=sender.name.clone().unwrap_or_default() address=sender.email.clone() kind=kind/>
            <div class="sender">
                <a class="sender-name" href=url aria-expanded=move || open.get().to_string() on:click=toggle>{shown.clone()}</a>
                <span class="sender-address">{(shown != sender.email).then(|| ins::shown(&sender.email))}</span>
                {message.card.clone().map(|card| view! { <Quality card=card address=sender.email.clone()/> })}
                {move || filed.get().then(|| view! { <span class="badge" data-tone="ok"><Icon name="xdm"/>{i18n::message::filed(lang)}</span> })}
            </div>
            <time class="message-date" datetime=message.received_at.clone() title=whole>{when}</time>
            <MessageMenu message=message.clone()/>
            <p class="recipients">{recipients(lang, &message)}</p>
            <Details message=message/>
        </header>
    }
}

/// The quality of the correspondent, always in sight, and a warning when the displayed name deceives.
#[component]
fn Quality(card: Card, address: String) -> impl IntoView {
    let lang = i18n::lang();
    let kind = match card.kind.as_str() {
        "professional" => None,
        "organisation" => Some(("organisation", i18n::kind::organisation(lang))),
        "patient" => Some(("patient", i18n::kind::patient(lang))),
        "system" => Some(("plain", i18n::kind::system(lang))),
        _ => None,
    };
    let words: Vec<String> = [card.profession, card.speciality, card.place].into_iter().flatten().collect();
    let (class, icon, verified) = match card.verified.as_deref() {
        Some("directory") => ("verified", "verified", i18n::kind::verified_directory(lang)),
        Some("domain") => ("verified", "check", i18n::kind::verified_domain(lang)),
        _ => ("warning", "warning", i18n::kind::not_verified(lang)),
    };
    view! {
        {kind.map(|(tone, words)| view! { <span class="badge" data-tone=tone>{words}</span> })}
        {(!words.is_empty()).then(|| view! { <span class="quality">{words.join(" · ")}</span> })}
        <span class=class><Icon name=icon/>{verified}</span>
        {card.deceptive.then(|| view! { <span class="warning deceptive" role="alert"><Icon name="warning"/>{i18n::message::deceptive(lang, &address)}</span> })}
    }
}

fn recipients(lang: Lang, message: &Message) -> String {
    let all: Vec<&Address> = [&message.to, &message.cc, &message.bcc].into_iter().flatten().flatten().collect();
    let names: Vec<&str> = all.iter().take(NAMED).map(|it| name::shown(it.name.as_deref(), &it.email)).collect();
    let mut out = i18n::message::recipients(lang, &names.join(", "));
    if all.len() > NAMED {
        out.push(' ');
        out.push_str(&i18n::message::recipients_more(lang, (all.len() - NAMED) as u64));
    }
    out
}

/// The header fields that people ask for.
#[component]
fn Details(message: Message) -> impl IntoView {
    let lang = i18n::lang();
    let addresses = |list: &Option<Vec<Address>>| {
        let all: Vec<String> =
            list.iter().flatten().map(|it| name::whole(it.name.as_deref(), &ins::shown(&it.email))).collect();
        all.join(", ")
    };
    let lines = [
        (i18n::message::from(lang), addresses(&message.from)),
        (i18n::message::sender(lang), addresses(&message.sender)),
        (i18n::message::reply_to(lang), addresses(&message.reply_to)),
        (i18n::message::to(lang), addresses(&message.to)),
        (i18n::message::cc(lang), addresses(&message.cc)),
        (i18n::message::bcc(lang), addresses(&message.bcc)),
        (i18n::message::date(lang), date::full(lang, &message.received_local)),
        (i18n::message::subject(lang), message.subject.unwrap_or_default()),
        (i18n::message::size(lang), size::bytes(lang, message.size)),
        (i18n::message::message_id(lang), message.message_id.unwrap_or_default().join(", ")),
    ];
    let lines = lines.into_iter().filter(|(_, value)| !value.is_empty()).map(|(label, value)| {
        view! { <dt>{label}</dt><dd>{value}</dd> }
    });
    view! {
        <details class="headers">
            <summary>{i18n::message::details(lang)}</summary>
            <dl>{lines.collect_view()}</dl>
        </details>
    }
}

#[component]
fn MessageMenu(message: Message) -> impl IntoView {
    let mail = use_mail();
    let (id, lang, account) = (message.id, mail.lang, mail.account.get_untracked());
    let thread = message.thread_id;
    let as_text = Memo::new(move |_| mail.reading.as_text.with(|all| all.contains(&id)));
    let view_url = move || mail.list.key.with(|key| key.as_ref().map(|key| key.message_url(thread, id, !as_text.get())));
    let toggle = move |event: MouseEvent| {
        event.prevent_default();
        mail.reading.toggle_text(id);
    };
    let answer = move |mode| compose(mail, Start::From(id, mode));
    let write = mail.may(Action::Draft).then(|| {
        view! {
            <li><a href=move || answer(Mode::Reply)><Icon name="reply"/>{i18n::action::reply(lang)}</a></li>
            <li><a href=move || answer(Mode::ReplyAll)><Icon name="reply-all"/>{i18n::action::reply_all(lang)}</a></li>
            <li><a href=move || answer(Mode::Forward)><Icon name="forward"/>{i18n::action::forward(lang)}</a></li>
        }
    });
    view! {
        <Menu label=i18n::action::more(lang) icon="more">
            {write}
            {mail.may(Action::Sort).then(|| view! { <li><FiledForm message=id thread=thread/></li> })}
            <li>
                <a href=view_url on:click=toggle>
                    <Icon name="text"/>
                    {move || if as_text.get() { i18n::message::show_html(lang) } else { i18n::message::show_text(lang) }}
                </a>
            </li>
            <li>
                <a href=format!("/telecharger/{account}/{id}/message.eml") download rel="external"><Icon name="download"/>{i18n::action::download_eml(lang)}</a>
            </li>
        </Menu>
    }
}

/// Says, or takes back, that what matters of the message was copied to the patient's record.
#[component]
fn FiledForm(message: EmailId, thread: ThreadId) -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    let filed = filed(mail, message);
    let back = Signal::derive(move || {
        let key = mail.list.key.get();
        key.map_or_else(|| mail.list_url(), |key| key.message_url(thread, message, false))
    });
    view! {
        <form method="post" action=super::forms::DO>
            <super::forms::Hidden account=mail.account back=back/>
            <input type="hidden" name="email" value=message.to_string()/>
            <button name="op" value=move || if filed.get() { "unfile" } else { "file" }>
                <Icon name="xdm"/>
                {move || if filed.get() { i18n::action::unfile(lang) } else { i18n::action::file(lang) }}
            </button>
        </form>
    }
}

/// Whether what matters of a message is said to be in the patient's record.
fn filed(mail: Mail, id: EmailId) -> Memo<bool> {
    let is_filed = move |it: &Message| it.id == id && it.keywords.contains_key(keyword::FILED);
    Memo::new(move |_| mail.reading.messages.with(|all| all.iter().any(is_filed)))
}

#[component]
fn Body(message: Message, draft: bool) -> impl IntoView {
    let mail = use_mail();
    let (id, lang, account) = (message.id, mail.lang, mail.account.get_untracked());
    let sender = first(message.from.as_deref());
    let shown = name::shown(sender.name.as_deref(), &sender.email).to_owned();
    let remote = u64::from(message.remote_removed);
    let edit = (draft && mail.may(Action::Draft)).then(|| view! {
        <p class="reply-bar">
            <a class="button" data-variant="primary" href=move || compose(mail, Start::Draft(id))><Icon name="compose"/><span>{i18n::message::edit_draft(lang)}</span></a>
        </p>
    });
    view! {
        {message.damaged.then(|| view! { <Notice tone="warning">{i18n::message::damaged(lang)}</Notice> })}
        {(remote > 0).then(|| view! { <Notice tone="info" icon="shield">{i18n::message::remote(lang, remote)}</Notice> })}
        {message.pending.map(|pending| view! { <Pending email=id submission=pending.submission_id seconds=pending.seconds/> })}
        <ReceiptAsked email=id to=message.receipt_to/>
        <Frame account=account email=id title=i18n::message::frame(lang, &shown)/>
        <Attachments account=account email=id parts=message.attachments/>
        <Deliveries email=id/>
        {edit}
    }
}

/// The isolated document of the message: it has its own address and policy, and never scripts.
#[component]
fn Frame(account: AccountId, email: EmailId, title: String) -> impl IntoView {
    let mail = use_mail();
    let node: NodeRef<html::Iframe> = NodeRef::new();
    let src = move || {
        let text = mail.reading.as_text.with(|all| all.contains(&email));
        format!("/corps/{account}/{email}{}", if text { "?vue=texte" } else { "" })
    };
    let attach = move || {
        if let Some(element) = node.get_untracked() {
            frame::attach(AsRef::<web_sys::HtmlIFrameElement>::as_ref(&element));
        }
    };
    view! {
        <iframe
            class="body-frame"
            node_ref=node
            src=src
            title=title
            sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
            on:load=move |_| attach()
        ></iframe>
    }
}

/// A message on its way that can still be called back.
#[component]
fn Pending(email: EmailId, submission: wire::id::SubmissionId, seconds: u32) -> impl IntoView {
    let mail = use_mail();
    let lang = mail.lang;
    view! {
        <Notice tone="info" icon="send" role="status">
            <form method="post" action=super::forms::DO>
                <super::forms::Hidden account=mail.account back=Signal::derive(move || mail.list_url())/>
                <input type="hidden" name="email" value=email.to_string()/>
                <span>{i18n::message::pending(lang, u64::from(seconds))}</span>
                " "
                <Button
                    variant="quiet"
                    name="op"
                    value="unsend"
                    on_press=Callback::new(move |event: MouseEvent| {
                        event.prevent_default();
                        mail.call_back(submission, email);
                    })
                >
                    {i18n::message::unsend(lang)}
                </Button>
            </form>
        </Notice>
    }
}

/// The name and icon of a type of attachment.
pub fn attachment_kind(lang: Lang, part: &str, name: &str) -> (&'static str, &'static str) {
    let ends = |ends: &[&str]| ends.iter().any(|end| name.to_lowercase().ends_with(end));
    match part {
        "application/pdf" => ("pdf", i18n::attachment::pdf(lang)),
        _ if part.starts_with("image/") => ("image", i18n::attachment::image(lang)),
        _ if ends(&[".pdf"]) => ("pdf", i18n::attachment::pdf(lang)),
        _ if ends(&["ihe_xdm.zip"]) => ("xdm", i18n::attachment::xdm(lang)),
        _ if ends(&[".zip", ".7z", ".rar", ".gz"]) => ("archive-file", i18n::attachment::archive(lang)),
        _ if part.starts_with("text/")
            || ends(&[".doc", ".docx", ".odt", ".rtf", ".xls", ".xlsx", ".ods", ".csv", ".txt"]) =>
        {
            ("document", i18n::attachment::document(lang))
        }
        _ => ("attachment", i18n::attachment::other(lang)),
    }
}

#[component]
fn Attachments(account: AccountId, email: EmailId, parts: Vec<Part>) -> impl IntoView {
    let lang = i18n::lang();
    let count = parts.len() as u64;
    let items = parts.into_iter().filter_map(move |part| {
        let id = part.part_id?;
        let shown =
            part.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| i18n::attachment::unnamed(lang).to_owned());
        let (icon, kind) = attachment_kind(lang, &part.kind, &shown);
        let label = i18n::attachment::download(lang, &shown);
        let what = [kind, " · ", &size::bytes(lang, part.size)].concat();
        Some(view! {
            <li class="attachment">
                <a href=format!("/telecharger/{account}/{email}/{id}") download rel="external" title=label>
                    <Icon name=icon/>
                    <span class="attachment-name">{shown}</span>
                    <span class="attachment-what">{what}</span>
                    <Icon name="download"/>
                </a>
            </li>
        })
    });
    let items = items.collect_view();
    (count > 0).then(|| {
        view! {
            <section class="attachments-box" aria-label=i18n::attachment::title(lang, count)>
                <ul class="attachments">{items}</ul>
            </section>
        }
    })
}

#[component]
fn ReplyBar(email: EmailId) -> impl IntoView {
    let mail: Mail = use_mail();
    let lang = mail.lang;
    let modes = [
        (Mode::Reply, "reply", "r", i18n::action::reply(lang)),
        (Mode::ReplyAll, "reply-all", "a", i18n::action::reply_all(lang)),
        (Mode::Forward, "forward", "f", i18n::action::forward(lang)),
    ];
    let links = modes.map(|(mode, icon, key, words)| view! {
        <a class="button" data-variant="plain" href=move || compose(mail, Start::From(email, mode)) aria-keyshortcuts=key>
            <Icon name=icon/>
            <span>{words}</span>
        </a>
    });
    view! { <div class="reply-bar">{links.into_iter().collect_view()}</div> }
}
