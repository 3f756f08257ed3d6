//! `/annuaire`: the directory of this server. A form that is posted, so that no name stands in an address.

use leptos::prelude::*;

use crate::{
    components::{Avatar, Button, Choice, Field, Notice},
    i18n,
};

/// Somebody, or a service, with a BAL here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    pub name: String,
    pub address: String,
    pub organisation: bool,
    pub profession: String,
    pub speciality: String,
    pub place: String,
    pub phone: Option<String>,
}

/// What was asked, and who answers it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirectoryPage {
    pub words: String,
    pub profession: String,
    /// (code, name).
    pub professions: Vec<(String, String)>,
    pub entries: Vec<Entry>,
    /// How many answer; none before one asks.
    pub count: Option<u64>,
    /// The BAL one writes from, if any.
    pub from: Option<String>,
    pub error: Option<String>,
}

/// The form and its answers.
#[component]
pub fn Directory(page: DirectoryPage) -> impl IntoView {
    let lang = i18n::lang();
    let DirectoryPage { words, profession, professions, entries, count, from, error } = page;
    let options = [vec![(String::new(), i18n::directory::any(lang).to_owned())], professions].concat();
    let error = error.map(|code| i18n::error(lang, &code, &[]));
    let shown = entries.len() as u64;
    let heading = count.map(|count| {
        let text = match (count, shown) {
            (0, _) => i18n::directory::nobody(lang).to_owned(),
            (count, shown) if count > shown => i18n::directory::more(lang, count, shown),
            (count, _) => i18n::directory::found(lang, count),
        };
        view! { <h2 role="status">{text}</h2> }
    });
    let list = entries.into_iter().map(|entry| card(entry, from.as_deref())).collect_view();
    view! {
        <section class="sheet directory">
            <h1>{i18n::directory::title(lang)}</h1>
            <p class="lead">{i18n::directory::lead(lang)}</p>
            <form method="post" action="/annuaire" role="search">
                <Field id="nom" name="nom" kind="search" label=i18n::directory::words(lang) value=words hint=i18n::directory::words_hint(lang)
                    error=Signal::stored(error) autocomplete="off" maxlength="100" required=true autofocus=count.is_none()/>
                <Choice id="profession" name="profession" label=i18n::directory::profession(lang) options=options selected=profession/>
                <Button variant="primary" icon="search">{i18n::directory::submit(lang)}</Button>
            </form>
            {heading}
            <ul class="directory-list">{list}</ul>
            <Notice tone="info" icon="shield">{i18n::directory::rules(lang)}</Notice>
        </section>
    }
}

fn card(entry: Entry, from: Option<&str>) -> AnyView {
    let lang = i18n::lang();
    let Entry { name, address, organisation, profession, speciality, place, phone } = entry;
    let what: Vec<&str> = [profession.as_str(), &speciality, &place].into_iter().filter(|part| !part.is_empty()).collect();
    let what = what.join(" · ");
    let kind = if organisation { "organisation" } else { "professional" };
    let write = from.map(|account| {
        view! {
            <form method="post" action="/courrier/faire">
                <input type="hidden" name="op" value="save"/>
                <input type="hidden" name="account" value=account.to_owned()/>
                <input type="hidden" name="to" value=address.clone()/>
                <button class="button" type="submit" aria-label=i18n::directory::write_to(lang, &name)>{i18n::directory::write(lang)}</button>
            </form>
        }
    });
    view! {
        <li class="directory-entry">
            <Avatar name=name.clone() address=address.clone() kind=kind/>
            <div>
                <p class="strong">{name.clone()}</p>
                <p>{what}</p>
                <p class="directory-address">{address.clone()}</p>
                {phone.map(|phone| view! { <p>{i18n::directory::phone(lang, &phone)}</p> })}
            </div>
            {write}
        </li>
    }
    .into_any()
}
