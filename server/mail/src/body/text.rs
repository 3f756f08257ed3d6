//! Plain text as HTML: escaped, links made, quotes folded. Line breaks are
//! kept by the frame's `white-space: pre-wrap`.

use url::Url;

use super::BodyOptions;
use super::dom::escape;
use crate::address::{check_address, is_invisible};
use crate::quote::{Block, BlockKind, split_quote};

/// Renders a text (LF lines) as a fragment.
pub fn render_text(text: &str, options: &BodyOptions) -> String {
    render(text, options).0
}

/// The fragment and whether a quote was folded.
pub(super) fn render(text: &str, options: &BodyOptions) -> (String, bool) {
    let blocks = split_quote(text);
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 64);
    out.push_str("<div class=\"pli-text\">");
    let runs = runs(&blocks);
    let fold = foldable(&runs);
    let mut folded = false;
    for (index, run) in runs.iter().enumerate() {
        if !run[0].quoted {
            run.iter().for_each(|b| own(b, &mut out));
        } else if options.fold_quotes && fold.contains(&index) {
            folded = true;
            out.push_str("<details class=\"pli-quote\"><summary>");
            escape(&options.quote_summary, &mut out);
            out.push_str("</summary>");
            quoted(run, &mut out);
            out.push_str("</details>");
        } else {
            quoted(run, &mut out);
        }
    }
    out.push_str("</div>");
    (out, folded)
}

/// Neighbouring blocks that are all quoted, or all not.
fn runs(blocks: &[Block]) -> Vec<&[Block]> {
    blocks.chunk_by(|a, b| a.quoted == b.quoted).collect()
}

/// The quotes to fold: none when there is nothing else; of several, those
/// without an answer below.
fn foldable(runs: &[&[Block]]) -> Vec<usize> {
    let says = |run: &[Block]| {
        !run[0].quoted && run.iter().any(|b| b.kind == BlockKind::Text && b.text.chars().any(char::is_alphanumeric))
    };
    let quotes: Vec<usize> = (0..runs.len()).filter(|&i| runs[i][0].quoted).collect();
    if !runs.iter().any(|r| says(r)) {
        return Vec::new();
    }
    if quotes.len() == 1 {
        return quotes;
    }
    let last = runs.iter().rposition(|r| says(r)).unwrap_or(0);
    quotes.into_iter().filter(|&i| i > last).collect()
}

fn own(block: &Block, out: &mut String) {
    if block.kind == BlockKind::Signature {
        out.push_str("<div class=\"pli-signature\">");
        linkify(&block.text, out);
        out.push_str("</div>");
    } else {
        linkify(&block.text, out);
    }
}

/// Nested `blockquote`s, one for each `>`; the marks themselves go.
fn quoted(run: &[Block], out: &mut String) {
    let mut open = 0usize;
    for block in run {
        let depth = if block.kind == BlockKind::Intro { 0 } else { usize::from(block.depth).min(12) };
        while open > depth {
            out.push_str("</blockquote>");
            open -= 1;
        }
        while open < depth {
            out.push_str("<blockquote>");
            open += 1;
        }
        for line in block.text.split_inclusive('\n') {
            linkify(unmarked(line), out);
        }
    }
    (0..open).for_each(|_| out.push_str("</blockquote>"));
}

fn unmarked(line: &str) -> &str {
    let mut rest = line;
    for _ in 0..crate::quote::quote_depth(line) {
        rest = rest.strip_prefix('>').or_else(|| rest.strip_prefix(" >")).unwrap_or(rest);
    }
    if rest.len() < line.len() { rest.strip_prefix(' ').unwrap_or(rest) } else { rest }
}

/// Appends `text` escaped, web and mail addresses as links.
fn linkify(text: &str, out: &mut String) {
    if !text.contains("://")
        && !text.contains('@')
        && !text.contains("www.")
        && !text.contains("WWW.")
        && !text.contains("Www.")
    {
        return escape(text, out);
    }
    for piece in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')) {
        let end = piece.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')).len();
        let (word, tail) = piece.split_at(end);
        let start = word.len() - word.trim_start_matches(['(', '[', '\'', '«', '*', '_']).len();
        let (before, word) = word.split_at(start);
        let mut len = word.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', ']', '»', '*', '_']).len();
        if word[..len].ends_with(')') && !word[..len].contains('(') {
            len -= 1;
        }
        let (word, after) = word.split_at(len);
        escape(before, out);
        match target(word) {
            Some(url) => {
                out.push_str("<a href=\"");
                escape(&url, out);
                out.push_str("\" title=\"");
                escape(&url, out);
                out.push_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">");
                escape(word, out);
                out.push_str("</a>");
            }
            None => escape(word, out),
        }
        escape(after, out);
        escape(tail, out);
    }
}

/// Where a word leads, if it is an address.
fn target(word: &str) -> Option<String> {
    let start = |p: &str| word.get(..p.len()).is_some_and(|s| s.eq_ignore_ascii_case(p)) && word.len() > p.len();
    if word.len() < 5 || word.len() > 2_000 || !word.contains(['.', ':', '@']) || word.chars().any(is_invisible) {
        return None;
    }
    if start("http://") || start("https://") || start("mailto:") {
        return super::links::allowed(word, None);
    }
    if start("www.") && word.matches('.').count() >= 2 {
        return Url::parse(&format!("https://{word}")).ok().map(|u| u.to_string());
    }
    (word.contains('@') && check_address(word).is_ok()).then(|| format!("mailto:{word}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        render_text(text, &BodyOptions { quote_summary: "S".into(), ..BodyOptions::default() })
            .replace(" target=\"_blank\" rel=\"noopener noreferrer nofollow\"", "")
    }

    #[test]
    fn escapes_and_links() {
        assert_eq!(
            html("<b> (https://x.fr/a?b=1&c=2), a@b.fr. www.y.fr"),
            "<div class=\"pli-text\">&lt;b&gt; (<a href=\"https://x.fr/a?b=1&amp;c=2\" title=\"https://x.fr/a?b=1&amp;c=2\">https://x.fr/a?b=1&amp;c=2</a>), \
             <a href=\"mailto:a@b.fr\" title=\"mailto:a@b.fr\">a@b.fr</a>. <a href=\"https://www.y.fr/\" title=\"https://www.y.fr/\">www.y.fr</a></div>"
        );
        assert!(!html("javascript:alert(1) data:text/html,x").contains("<a"));
    }

    #[test]
    fn folds_quotes() {
        assert_eq!(
            html("Oui\n\nLe 3 mars, X <x@y.fr> a écrit :\n> a\n> > b\n"),
            "<div class=\"pli-text\">Oui\n\n<details class=\"pli-quote\"><summary>S</summary>Le 3 mars, X &lt;<a href=\"mailto:x@y.fr\" title=\"mailto:x@y.fr\">x@y.fr</a>&gt; a écrit :\n<blockquote>a\n<blockquote>b\n</blockquote></blockquote></details></div>"
        );
        assert!(!html("> seul\n").contains("<details"));
        assert!(!html("> q\nréponse\n> q2\nréponse 2\n").contains("<details"));
    }
}
