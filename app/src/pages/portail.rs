//! The pages that everybody may read: help, legal texts, terms of service, contact, status. Plain data in; no script.

mod acceptance;
mod contact;
mod prose;

use leptos::prelude::*;

use crate::{
    components::{Icon, Notice},
    format::prose as text,
    i18n,
};

pub use acceptance::{AcceptCgu, AcceptPage};
pub use contact::{Contact, ContactForm, ContactPage, KINDS, OpenState, Reachable};
pub use prose::Prose;

/// A page that is a text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Article {
    pub title: String,
    pub lead: String,
    /// As `format::prose` reads it.
    pub text: String,
    /// What stands at the `@name` of the text.
    pub inserts: Vec<Insert>,
    /// Show the list of headings.
    pub contents: bool,
    pub remark: Option<Remark>,
    pub links: Vec<(String, String)>,
    /// May search engines keep it?
    pub indexed: bool,
    /// The language of the text when it is not the page's.
    pub text_lang: Option<&'static str>,
    /// What is said below the text.
    pub foot: Option<String>,
}

/// A remark above a text: tone of a notice, words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub tone: &'static str,
    pub text: String,
}

/// What a text has at its `@name`.
#[derive(Debug, Clone, PartialEq)]
pub enum Insert {
    Table(Table),
    /// A text in a frame of its own, to be printed.
    Sheet {
        name: &'static str,
        text: String,
    },
    States {
        name: &'static str,
        rows: Vec<StateRow>,
    },
    Keys,
}

impl Insert {
    fn name(&self) -> &'static str {
        match self {
            Self::Table(table) => table.name,
            Self::Sheet { name, .. } | Self::States { name, .. } => name,
            Self::Keys => "keys",
        }
    }
}

/// A table: the first column names the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    pub caption: String,
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// How a part of the service is: `ok`, `warning` or `danger`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateRow {
    pub name: String,
    pub tone: &'static str,
    pub said: String,
}

/// The page of a text.
#[component]
pub fn ArticlePage(article: Article) -> impl IntoView {
    let lang = i18n::lang();
    let blocks = text::parse(&article.text);
    let contents = article.contents.then(|| contents(&blocks));
    let remark = article.remark.map(|remark| {
        let icon = if remark.tone == "ok" { "check" } else { "warning" };
        view! { <Notice tone=remark.tone icon=icon>{remark.text}</Notice> }
    });
    let links = (!article.links.is_empty()).then(|| {
        let links = article
            .links
            .into_iter()
            .map(|(href, words)| view! { <li><a href=href><Icon name="download"/>{words}</a></li> })
            .collect_view();
        view! { <ul class="article-links">{links}</ul> }
    });
    view! {
        <article class="article" data-contents=article.contents.then_some("")>
            <header>
                <h1>{article.title}</h1>
                <p class="lead">{article.lead}</p>
                {links}
            </header>
            {contents.map(|list| view! {
                <nav class="article-contents" aria-label=i18n::foot::contents(lang)><ul>{list}</ul></nav>
            })}
            <div class="article-text" lang=article.text_lang>
                {remark}
                <Prose blocks=blocks inserts=article.inserts/>
                {article.foot.map(|text| view! { <p class="article-foot">{text}</p> })}
            </div>
        </article>
    }
}

/// The headings of a text; of one that has few, those below too.
fn contents(blocks: &[text::Block]) -> AnyView {
    let headings = || {
        blocks.iter().filter_map(|block| match block {
            text::Block::Heading { level, id, text } => Some((*level, id, text)),
            _ => None,
        })
    };
    let deepest = if headings().filter(|(level, ..)| *level == 2).count() < 4 { 3 } else { 2 };
    headings()
        .filter(|(level, ..)| *level <= deepest)
        .map(|(_, id, text)| view! { <li><a href=["#", id].concat()>{text.clone()}</a></li> })
        .collect_view()
        .into_any()
}
