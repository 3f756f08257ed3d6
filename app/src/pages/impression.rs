//! `/courrier/{account}/imprimer/{thread}`: a conversation for paper. Text only, no WebAssembly.

use leptos::prelude::*;

use crate::{
    components::ButtonLink,
    i18n::{self, message as words},
};

/// A message on paper, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub from: String,
    pub to: String,
    pub cc: String,
    pub when: String,
    pub subject: String,
    pub text: String,
    /// What goes with it, by name and size.
    pub files: Vec<String>,
}

/// The page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// The address of the BAL it lies in.
    pub mailbox: String,
    pub sheets: Vec<Sheet>,
    pub back: String,
}

/// Draws it.
pub fn conversation(page: Conversation) -> AnyView {
    let lang = i18n::lang();
    let subject = page.sheets.first().map(|sheet| sheet.subject.clone()).filter(|text| !text.trim().is_empty());
    let subject = subject.unwrap_or_else(|| i18n::list::no_subject(lang).to_owned());
    let sheets = page.sheets.into_iter().map(sheet).collect_view();
    view! {
        <section class="sheet print-page">
            <div class="print-acts">
                <p class="field-hint">{words::print_hint(lang)}</p>
                <p class="form-acts"><ButtonLink href=page.back>{words::print_back(lang)}</ButtonLink></p>
            </div>
            <h1>{subject}</h1>
            <p class="field-hint">{words::print_from(lang, &page.mailbox)}</p>
            {sheets}
        </section>
    }
    .into_any()
}

fn sheet(one: Sheet) -> AnyView {
    let lang = i18n::lang();
    let files = one.files.join(", ");
    let lines = [
        (words::from(lang), one.from),
        (words::to(lang), one.to),
        (words::cc(lang), one.cc),
        (words::date(lang), one.when),
        (words::subject(lang), one.subject),
        (words::print_files(lang), files),
    ];
    let lines = lines.into_iter().filter(|(_, value)| !value.is_empty()).map(|(label, value)| {
        view! { <div><dt>{label}</dt><dd>{value}</dd></div> }
    });
    view! {
        <article class="print-message">
            <dl>{lines.collect_view()}</dl>
            <p class="print-text">{one.text}</p>
        </article>
    }
    .into_any()
}
