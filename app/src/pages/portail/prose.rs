//! How a long text is drawn. Its words are text nodes: nothing in them can become markup.

use leptos::prelude::*;

use super::{Insert, StateRow, Table};
use crate::{
    components::Icon,
    format::prose::{self, Block, Span},
    pages::aide::KeyTable,
};

/// Draws a text with what stands at its `@name` marks.
#[component]
pub fn Prose(blocks: Vec<Block>, #[prop(optional)] inserts: Vec<Insert>) -> impl IntoView {
    blocks.into_iter().map(|block| draw(block, &inserts)).collect_view()
}

fn draw(block: Block, inserts: &[Insert]) -> AnyView {
    match block {
        Block::Heading { level: 2, id, text } => view! { <h2 id=id>{text}</h2> }.into_any(),
        Block::Heading { level: 3, id, text } => view! { <h3 id=id>{text}</h3> }.into_any(),
        Block::Heading { id, text, .. } => view! { <h4 id=id>{text}</h4> }.into_any(),
        Block::Paragraph(spans) => view! { <p>{line(spans)}</p> }.into_any(),
        Block::List { ordered, items } => {
            let items = items.into_iter().map(|item| view! { <li>{line(item)}</li> }).collect_view();
            if ordered { view! { <ol>{items}</ol> }.into_any() } else { view! { <ul>{items}</ul> }.into_any() }
        }
        Block::Question { id, question, answer } => {
            let answer = answer.into_iter().map(|block| draw(block, &[])).collect_view();
            view! { <details class="question" id=id><summary>{question}</summary><div>{answer}</div></details> }.into_any()
        }
        Block::Insert(name) => match inserts.iter().find(|insert| insert.name() == name).cloned() {
            Some(Insert::Table(table)) => draw_table(table).into_any(),
            Some(Insert::Sheet { text, .. }) => {
                let blocks = prose::parse(&text).into_iter().map(|block| draw(lower(block), &[])).collect_view();
                view! { <section class="paper">{blocks}</section> }.into_any()
            }
            Some(Insert::States { rows, .. }) => states(rows).into_any(),
            Some(Insert::Keys) => view! { <KeyTable/> }.into_any(),
            None => ().into_any(),
        },
    }
}

/// A sheet within a page: its headings stand one level below.
fn lower(block: Block) -> Block {
    match block {
        Block::Heading { level, id, text } => Block::Heading { level: level + 1, id, text },
        other => other,
    }
}

fn line(spans: Vec<Span>) -> AnyView {
    spans
        .into_iter()
        .map(|span| match span {
            Span::Text(text) => text.into_any(),
            Span::Strong(text) => view! { <strong>{text}</strong> }.into_any(),
            Span::Link { href, text } => {
                let outside = href.starts_with("https://").then_some("noreferrer");
                view! { <a href=href rel=outside>{text}</a> }.into_any()
            }
        })
        .collect_view()
        .into_any()
}

/// On a narrow screen every cell carries the name of its column.
fn draw_table(table: Table) -> impl IntoView {
    let head = table.head.iter().map(|name| view! { <th scope="col">{name.clone()}</th> }).collect_view();
    let rows = table
        .rows
        .into_iter()
        .map(|row| {
            let cells = row
                .into_iter()
                .enumerate()
                .map(|(at, cell)| match at {
                    0 => view! { <th scope="row">{cell}</th> }.into_any(),
                    _ => view! { <td data-label=table.head.get(at).cloned()>{cell}</td> }.into_any(),
                })
                .collect_view();
            view! { <tr>{cells}</tr> }
        })
        .collect_view();
    view! {
        <table class="fact-table" data-name=table.name>
            <caption class="hidden-text">{table.caption}</caption>
            <thead><tr>{head}</tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn states(rows: Vec<StateRow>) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|row| {
            let icon = if row.tone == "ok" { "check" } else { "warning" };
            view! {
                <li data-tone=row.tone><Icon name=icon/><span class="strong">{row.name}</span><span>{row.said}</span></li>
            }
        })
        .collect_view();
    view! { <ul class="service-states">{rows}</ul> }
}
