//! Pass 6: the quote of an answer is found by what mail programs write around
//! it, and folded into `<details class="pli-quote">`.

use super::dom::{Data, Dom};

/// A quote: its first node, and whether all that follows it is part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quote {
    first: usize,
    extent: Extent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// The node alone.
    Node,
    /// The node and the next element (an introduction and its quote).
    Pair,
    /// The node and all that follows it in its parent.
    Rest,
}

/// The outermost quotes that may be folded: none when the message is nothing
/// else, nor those with an answer below when there are several.
pub(super) fn find(dom: &Dom) -> Vec<Quote> {
    let Some(body) = dom.body() else { return Vec::new() };
    let mut quotes: Vec<Quote> = Vec::new();
    // Quotes seen when the last text outside quotes was met.
    let mut seen_at_last_text = 0;
    let mut any_text = false;
    let mut covered = vec![false; dom.nodes.len()];
    let mut stack = vec![body];
    while let Some(id) = stack.pop() {
        if covered[id] {
            continue;
        }
        match &dom.nodes[id].data {
            Data::Text(text)
                if text.chars().any(char::is_alphanumeric)
                    && dom.nodes[id].parent.is_some_and(|p| dom.name(p) != "style") =>
            {
                any_text = true;
                seen_at_last_text = quotes.len();
            }
            Data::Element { name, .. } => {
                if name == "img" {
                    any_text = true;
                }
                if matches!(name.as_str(), "style" | "script" | "head") {
                    continue;
                }
                if let Some(quote) = recognise(dom, id) {
                    members(dom, &quote).into_iter().for_each(|m| covered[m] = true);
                    quotes.push(quote);
                    continue;
                }
            }
            _ => {}
        }
        stack.extend(dom.nodes[id].children.iter().rev());
    }
    if !any_text {
        return Vec::new();
    }
    if quotes.len() > 1 {
        quotes.drain(..seen_at_last_text);
    }
    quotes
}

fn recognise(dom: &Dom, id: usize) -> Option<Quote> {
    let class = dom.attr(id, "class").unwrap_or("");
    let has = |c: &str| class.split_whitespace().any(|w| w.strip_prefix("x_").unwrap_or(w) == c);
    let element = dom.attr(id, "id").unwrap_or("");
    let element = element.strip_prefix("x_").unwrap_or(element);
    let quote = |extent| Some(Quote { first: id, extent });
    if matches!(
        element,
        "divRplyFwdMsg" | "appendonsend" | "OLK_SRC_BODY_SECTION" | "mail-editor-reference-message-container"
    ) {
        return quote(Extent::Rest);
    }
    if ["gmail_quote", "yahoo_quoted", "protonmail_quote", "tutanota_quote", "zmail_extra"].iter().any(|c| has(c)) {
        return quote(Extent::Node);
    }
    if has("moz-cite-prefix") {
        return quote(Extent::Pair);
    }
    match dom.name(id) {
        "blockquote" if dom.attr(id, "type").is_some_and(|t| t.eq_ignore_ascii_case("cite")) => quote(Extent::Node),
        "blockquote" if after_introduction(dom, id) => quote(Extent::Node),
        "div" if is_outlook_header(dom, id) => Some(Quote { first: outermost(dom, id), extent: Extent::Rest }),
        _ => None,
    }
}

/// Whether the text just before ends like "a écrit :".
fn after_introduction(dom: &Dom, id: usize) -> bool {
    let Some(parent) = dom.nodes[id].parent else { return false };
    let children = &dom.nodes[parent].children;
    let Some(at) = children.iter().position(|&c| c == id) else { return false };
    children[..at].iter().rev().take(4).map(|&c| dom.text(c, 2_000)).find(|t| !t.trim().is_empty()).is_some_and(|t| {
        let t = t.trim_end_matches(|c: char| c.is_whitespace() || c == ':');
        ["a écrit", "wrote", "schrieb", "a ecrit"].iter().any(|v| t.ends_with(v))
    })
}

/// The ruled block with which Outlook begins a quoted message.
fn is_outlook_header(dom: &Dom, id: usize) -> bool {
    let Some(style) = dom.attr(id, "style") else { return false };
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    if !style.contains("border-top:solid")
        && !style.contains("border-top:1pxsolid")
        && !style.contains("border-style:solidnonenone")
    {
        return false;
    }
    let text = dom.text(id, 600);
    let text = text.trim_start();
    ["De :", "De\u{a0}:", "De:", "From:", "Von:"].iter().any(|p| text.starts_with(p))
}

/// Climbs while the node is all that its parent holds.
fn outermost(dom: &Dom, mut id: usize) -> usize {
    while let Some(parent) = dom.nodes[id].parent {
        let blank = |&c: &usize| {
            c == id
                || matches!(&dom.nodes[c].data, Data::Text(t) if t.trim().is_empty())
                || matches!(dom.nodes[c].data, Data::Other)
        };
        if dom.name(parent) != "div" || !dom.nodes[parent].children.iter().all(blank) {
            break;
        }
        id = parent;
    }
    id
}

/// The nodes of a quote: siblings from its first one on.
fn members(dom: &Dom, quote: &Quote) -> Vec<usize> {
    let Some(parent) = dom.nodes[quote.first].parent else { return vec![] };
    let children = &dom.nodes[parent].children;
    let Some(at) = children.iter().position(|&c| c == quote.first) else { return vec![] };
    match quote.extent {
        Extent::Node => vec![quote.first],
        Extent::Rest => children[at..].to_vec(),
        Extent::Pair => {
            let next = children[at + 1..].iter().position(|&c| !dom.name(c).is_empty());
            let end = next.filter(|n| dom.name(children[at + 1 + n]) == "blockquote").map_or(at + 1, |n| at + n + 2);
            children[at..end].to_vec()
        }
    }
}

/// Wraps the quotes; returns whether there was one.
pub(super) fn fold(dom: &mut Dom, quotes: &[Quote], summary: &str) -> bool {
    let mut folded = false;
    for quote in quotes {
        let members = members(dom, quote);
        let Some(parent) = dom.nodes[quote.first].parent.filter(|_| !members.is_empty()) else { continue };
        let Some(at) = dom.nodes[parent].children.iter().position(|&c| c == quote.first) else { continue };
        let details = dom.add(Data::Element { name: "details".into(), attrs: vec![("class".into(), "pli-quote".into())] });
        let head = dom.add(Data::Element { name: "summary".into(), attrs: Vec::new() });
        let words = dom.add(Data::Text(summary.to_owned()));
        dom.append(head, words);
        dom.append(details, head);
        dom.nodes[parent].children.drain(at..at + members.len());
        for member in members {
            dom.append(details, member);
        }
        dom.nodes[details].parent = Some(parent);
        dom.nodes[parent].children.insert(at, details);
        folded = true;
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(html: &str) -> Option<String> {
        let mut dom = Dom::parse(html).unwrap();
        let quotes = find(&dom);
        fold(&mut dom, &quotes, "S").then(|| dom.serialise().replace(" class=\"pli-quote\"", ""))
    }

    #[test]
    fn usual_programs() {
        for (html, start) in [
            ("Oui<div class=gmail_quote>Le<blockquote>a</blockquote></div>", "Oui<details><summary>S</summary><div"),
            (
                "Oui<div class=moz-cite-prefix>Le</div> <blockquote type=cite>a</blockquote>",
                "Oui<details><summary>S</summary><div",
            ),
            ("<p>Oui</p><hr><div id=divRplyFwdMsg>De</div><div>a</div>", "<p>Oui</p><hr><details><summary>S</summary><div"),
            (
                "<p>Oui</p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p>De&nbsp;: x</p></div></div><p>a</p>",
                "<p>Oui</p><details>",
            ),
            ("<p>Le 3, X a écrit :</p><blockquote>a</blockquote><p>Oui</p>", "<p>Le 3, X a écrit :</p><details>"),
        ] {
            let got = folded(html).unwrap_or_default();
            assert!(got.starts_with(start), "{html}\n{got}");
        }
    }

    #[test]
    fn what_stays_open() {
        assert_eq!(folded("<blockquote type=cite>a</blockquote>"), None, "nothing else");
        assert_eq!(folded("<p>x</p><blockquote>a list</blockquote>"), None, "not a quote");
        let got = folded("<blockquote type=cite>a</blockquote>oui<blockquote type=cite>b</blockquote>non<blockquote type=cite>c</blockquote>").unwrap();
        assert_eq!(got.matches("<details>").count(), 1, "answers between quotes");
    }
}
