//! `/courrier/toutes`: the newest conversations of all one's inboxes. Links only, no WebAssembly: each leads into the BAL
//! it lies in.

use leptos::prelude::*;

use crate::{
    components::{Badge, ButtonLink, EmptyState},
    format::date,
    i18n::{self, boxes as words},
};

/// A BAL that one may open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub account: String,
    pub name: String,
    pub address: String,
    pub own: bool,
    pub unread: u64,
}

/// A conversation of one of the inboxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub url: String,
    /// Name of the BAL, and whether it is one's own.
    pub mailbox: String,
    pub own: bool,
    pub from: String,
    pub subject: String,
    pub preview: String,
    pub received_local: String,
    pub unread: bool,
}

/// The page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Boxes {
    pub boxes: Vec<Mailbox>,
    pub lines: Vec<Line>,
    /// The address of what is older.
    pub older: Option<String>,
    /// One looks at what is older.
    pub later_page: bool,
}

/// Draws it.
pub fn boxes(page: Boxes, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let Boxes { boxes, lines, older, later_page } = page;
    let switch = boxes.into_iter().map(mailbox).collect_view();
    let empty = lines.is_empty().then(|| {
        view! { <EmptyState icon="inbox" title=words::none(lang)/> }
    });
    let lines = lines.into_iter().map(|one| line(one, now_local)).collect_view();
    view! {
        <section class="sheet boxes">
            <h1>{words::title(lang)}</h1>
            <p class="lead">{words::lead(lang)}</p>
            <nav aria-label=words::list(lang)><ul class="boxes-list">{switch}</ul></nav>
            {empty}
            <ul class="boxes-lines">{lines}</ul>
            <p class="form-acts">
                {later_page.then(|| view! { <ButtonLink href="/courrier/toutes">{words::newer(lang)}</ButtonLink> })}
                {older.map(|href| view! { <ButtonLink href=href>{words::older(lang)}</ButtonLink> })}
            </p>
        </section>
    }
    .into_any()
}

fn mailbox(one: Mailbox) -> AnyView {
    let lang = i18n::lang();
    let kind = if one.own { words::own(lang) } else { words::delegated(lang) };
    let unread = (one.unread > 0).then(|| view! { <span class="count">{words::unread(lang, one.unread)}</span> });
    view! {
        <li>
            <a href=["/courrier/", &one.account].concat()>
                <span class="strong">{one.name}</span>
                <span class="field-hint">{one.address}" · "{kind}</span>
            </a>
            {unread}
        </li>
    }
    .into_any()
}

fn line(one: Line, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let when = date::moment(lang, &one.received_local, now_local);
    let subject = if one.subject.trim().is_empty() { i18n::list::no_subject(lang).to_owned() } else { one.subject };
    let tone = if one.own { "plain" } else { "delegate" };
    let said = one.unread.then(|| view! { <span class="hidden-text">{i18n::list::unread(lang)}" "</span> });
    view! {
        <li data-unread=one.unread.then_some("true")>
            <a href=one.url>
                {said}
                <span class="boxes-from">{one.from}</span>
                <span class="boxes-subject">{subject}</span>
                <span class="boxes-preview">{one.preview}</span>
            </a>
            <Badge tone=tone text=one.mailbox/>
            <time datetime=one.received_local.clone()>{when}</time>
        </li>
    }
    .into_any()
}
