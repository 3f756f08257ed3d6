//! Search hits: a snippet is escaped text with `<mark>` around the hits (RFC 8621 §5). It is cut into pieces and drawn
//! as text, never inserted as HTML.

/// One piece of a snippet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub hit: bool,
}

/// Cuts a snippet at its marks and gives the characters back that were escaped.
pub fn pieces(snippet: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut push = |text: &str, hit: bool| {
        if !text.is_empty() {
            out.push(Piece { text: unescaped(text), hit });
        }
    };
    let mut rest = snippet;
    while let Some((before, after)) = rest.split_once("<mark>") {
        let (hit, tail) = after.split_once("</mark>").unwrap_or((after, ""));
        push(before, false);
        push(hit, true);
        rest = tail;
    }
    push(rest, false);
    out
}

fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_marked_and_nothing_else_is_html() {
        let found = pieces("Bilan <mark>héma</mark>to &amp; &lt;b&gt;<mark>hépa</mark>");
        let shape: Vec<(&str, bool)> = found.iter().map(|piece| (piece.text.as_str(), piece.hit)).collect();
        assert_eq!(shape, [("Bilan ", false), ("héma", true), ("to & <b>", false), ("hépa", true)]);
        assert_eq!(pieces("&amp;lt;")[0].text, "&lt;");
        assert_eq!(pieces("a <mark>b").len(), 2);
    }
}
