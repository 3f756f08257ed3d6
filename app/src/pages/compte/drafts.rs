//! `/compte/brouillons`: drafts that wait for an approval, and those one handed in. Ordinary forms.

use leptos::prelude::*;

use crate::{
    components::{Badge, ButtonLink, Field, Notice},
    format::date,
    i18n::{self, review as words},
};

/// A draft that was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftLine {
    pub account: String,
    pub email: String,
    /// Whose BAL it leaves from.
    pub mailbox: String,
    pub subject: String,
    pub to: String,
    pub by: String,
    pub asked_local: String,
    /// Who returned it, with which word.
    pub returned: Option<(String, String)>,
}

/// The page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drafts {
    /// To decide upon; none where one may not send anywhere.
    pub waiting: Vec<DraftLine>,
    /// Handed in by oneself.
    pub mine: Vec<DraftLine>,
    /// Which draft was refused what, by code.
    pub error: Option<(String, String)>,
}

/// Both lists.
pub fn drafts(page: Drafts, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let Drafts { waiting, mine, error } = page;
    let refused =
        error.map(|(_, code)| view! { <Notice tone="danger" role="alert">{i18n::error(lang, &code, &[])}</Notice> });
    let none = waiting.is_empty().then(|| view! { <p>{words::none(lang)}</p> });
    let no_mine = mine.is_empty().then(|| view! { <p class="field-hint">{words::mine_none(lang)}</p> });
    let waiting = waiting.into_iter().map(|one| to_decide(one, now_local)).collect_view();
    let mine = mine.into_iter().map(|one| handed_in(one, now_local)).collect_view();
    view! {
        <p class="lead">{words::lead(lang)}</p>
        {refused}
        {none}
        <ul class="sessions reviews">{waiting}</ul>
        <h2>{words::mine(lang)}</h2>
        {no_mine}
        <ul class="sessions reviews">{mine}</ul>
    }
    .into_any()
}

fn head(one: &DraftLine, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let subject = if one.subject.trim().is_empty() { words::no_subject(lang).to_owned() } else { one.subject.clone() };
    let by = words::by(lang, &date::moment(lang, &one.asked_local, now_local), &one.by);
    view! {
        <p class="strong">{subject}</p>
        <p>{words::to(lang, &one.to)}" · "{words::mailbox(lang, &one.mailbox)}</p>
        <p class="field-hint">{by}</p>
    }
    .into_any()
}

fn which(one: &DraftLine) -> AnyView {
    view! {
        <input type="hidden" name="boite" value=one.account.clone()/>
        <input type="hidden" name="brouillon" value=one.email.clone()/>
    }
    .into_any()
}

fn open(one: &DraftLine) -> AnyView {
    let lang = i18n::lang();
    let href = ["/courrier/", &one.account, "/ecrire/", &one.email].concat();
    view! { <ButtonLink href=href>{words::open(lang)}</ButtonLink> }.into_any()
}

fn to_decide(one: DraftLine, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    view! {
        <li>
            <div>{head(&one, now_local)}</div>
            <form method="post" action="/compte/brouillons" class="form-acts">
                {which(&one)}
                {open(&one)}
                <button class="button" data-variant="primary" type="submit" name="op" value="approuver">{words::approve(lang)}</button>
            </form>
            <form method="post" action="/compte/brouillons">
                {which(&one)}
                <Field id=["mot-", &one.email].concat() name="mot" label=words::word(lang) maxlength="500" autocomplete="off"/>
                <button class="button" type="submit" name="op" value="rendre">{words::give_back(lang)}</button>
            </form>
        </li>
    }
    .into_any()
}

fn handed_in(one: DraftLine, now_local: &str) -> AnyView {
    let lang = i18n::lang();
    let state = match one.returned.clone() {
        Some((by, word)) => view! {
            <p><Badge tone="warning" text=words::returned(lang, &by)/></p>
            {(!word.is_empty()).then(|| view! { <blockquote>{word}</blockquote> })}
        }
        .into_any(),
        None => view! { <p><Badge tone="plain" text=words::waiting(lang)/></p> }.into_any(),
    };
    view! {
        <li>
            <div>{head(&one, now_local)}{state}</div>
            <form method="post" action="/compte/brouillons" class="form-acts">
                {which(&one)}
                {open(&one)}
                <button class="button" type="submit" name="op" value="reprendre">{words::withdraw(lang)}</button>
            </form>
        </li>
    }
    .into_any()
}
