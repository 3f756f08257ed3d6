//! HTML to text in one linear pass without a tree: for previews, the index and the text view.

use std::borrow::Cow;

use html5ever::data::NAMED_ENTITIES;

/// Readable text: paragraphs, lists, table cells, addresses of links in angle
/// brackets, quotes with `> `.
pub fn html_to_text(html: &str) -> String {
    convert(html, true)
}

/// The words only: no link addresses. For the index and previews.
pub(crate) fn html_to_words(html: &str) -> String {
    convert(html, false)
}

fn convert(html: &str, links: bool) -> String {
    let mut writer = Writer { links, ..Writer::default() };
    let mut lexer = Lexer { html, at: 0 };
    while let Some(token) = lexer.next() {
        match token {
            Token::Text(text) => writer.text(text),
            Token::Open(name, attrs) => writer.open(&name, attrs),
            Token::Close(name) => writer.close(&name),
        }
    }
    let end = writer.out.trim_end().len();
    writer.out.truncate(end);
    if !writer.out.is_empty() {
        writer.out.push('\n');
    }
    writer.out
}

enum Token<'a> {
    Text(&'a str),
    /// Name in lower case and the source of the attributes.
    Open(Cow<'a, str>, &'a str),
    Close(Cow<'a, str>),
}

struct Lexer<'a> {
    html: &'a str,
    at: usize,
}

const RAW_TEXT: [&str; 8] = ["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes"];

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = &self.html[self.at..];
            if rest.is_empty() {
                return None;
            }
            let bytes = rest.as_bytes();
            if bytes[0] != b'<' {
                let len = memchr::memchr(b'<', bytes).unwrap_or(rest.len());
                self.at += len;
                return Some(Token::Text(&rest[..len]));
            }
            match bytes.get(1) {
                Some(b'!') if rest.starts_with("<!--") => self.comment(rest),
                Some(b'!' | b'?') => self.skip_to(rest, b'>'),
                Some(b'/') if bytes.get(2).is_some_and(u8::is_ascii_alphabetic) => {
                    let name = name_of(&rest[2..]);
                    self.skip_to(rest, b'>');
                    return Some(Token::Close(lower(name)));
                }
                Some(b'/') => self.skip_to(rest, b'>'),
                Some(b) if b.is_ascii_alphabetic() => return Some(self.start_tag(rest)),
                _ => {
                    self.at += 1;
                    return Some(Token::Text(&rest[..1]));
                }
            }
        }
    }

    fn skip_to(&mut self, rest: &str, byte: u8) {
        self.at += memchr::memchr(byte, rest.as_bytes()).map_or(rest.len(), |n| n + 1);
    }

    fn comment(&mut self, rest: &str) {
        let body = &rest.as_bytes()[2..];
        self.at += memchr::memmem::find(body, b"-->").map_or(rest.len(), |n| n + 5);
    }

    fn start_tag(&mut self, rest: &'a str) -> Token<'a> {
        let name = name_of(&rest[1..]);
        let attrs_start = 1 + name.len();
        let (mut quote, mut after_eq) = (0u8, false);
        let mut end = rest.len();
        for (n, &b) in rest.as_bytes().iter().enumerate().skip(attrs_start) {
            match b {
                _ if quote != 0 => {
                    if b == quote {
                        quote = 0;
                    }
                }
                b'"' | b'\'' if after_eq => {
                    quote = b;
                    after_eq = false;
                }
                b'>' => {
                    end = n;
                    break;
                }
                b'=' => after_eq = true,
                b if b.is_ascii_whitespace() => {}
                _ => after_eq = false,
            }
        }
        let attrs = &rest[attrs_start..end];
        self.at += (end + 1).min(rest.len());
        let name = lower(name);
        if RAW_TEXT.contains(&name.as_ref()) {
            self.skip_raw(&name);
        }
        Token::Open(name, attrs)
    }

    /// Goes to the end tag of a raw text element, or to the end.
    fn skip_raw(&mut self, name: &str) {
        let bytes = self.html.as_bytes();
        while let Some(n) = memchr::memmem::find(&bytes[self.at..], b"</") {
            self.at += n;
            if self.html[self.at + 2..].get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
                return;
            }
            self.at += 2;
        }
        self.at = self.html.len();
    }
}

fn name_of(text: &str) -> &str {
    let end = text.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '<')).unwrap_or(text.len());
    &text[..end]
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) { Cow::Owned(name.to_ascii_lowercase()) } else { Cow::Borrowed(name) }
}

/// The value of an attribute in the source of a start tag.
fn attribute(attrs: &str, name: &str) -> Option<String> {
    let mut rest = attrs;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        // A name has one character at least, whatever it is (HTML §13.2.5.32).
        let first = rest.chars().next()?.len_utf8();
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/');
        let end = rest[first..].find(ends).map_or(rest.len(), |n| n + first);
        let (key, after) = rest.split_at(end);
        let after = after.trim_start();
        let Some(value) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let value = value.trim_start();
        let (text, next) = match value.chars().next() {
            Some(q @ ('"' | '\'')) => value[1..].split_once(q).unwrap_or((&value[1..], "")),
            _ => value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
        };
        if key.eq_ignore_ascii_case(name) {
            let mut out = String::new();
            entities(text, &mut out);
            return Some(out);
        }
        rest = next;
    }
}

/// Appends `text` with its character references resolved.
fn entities(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match reference(rest) {
            Some((first, second, len)) => {
                out.push(first);
                out.extend(second);
                rest = &rest[len..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
}

/// The character reference at the start of `text`, and its length.
fn reference(text: &str) -> Option<(char, Option<char>, usize)> {
    let body = &text.as_bytes()[1..];
    if body.first() == Some(&b'#') {
        let hex = matches!(body.get(1), Some(b'x' | b'X'));
        let start = if hex { 2 } else { 1 };
        let digits = body[start..]
            .iter()
            .take(8)
            .take_while(|b| if hex { b.is_ascii_hexdigit() } else { b.is_ascii_digit() })
            .count();
        let value = u32::from_str_radix(text.get(1 + start..1 + start + digits)?, if hex { 16 } else { 10 }).ok()?;
        let c = match value {
            0 => '\u{FFFD}',
            // Numbers that are Windows-1252 (HTML §13.2.5.80).
            0x80..=0x9F => crate::decode::charset(&[value as u8], Some("windows-1252")).value.chars().next()?,
            v => char::from_u32(v).unwrap_or('\u{FFFD}'),
        };
        let semi = usize::from(body.get(start + digits) == Some(&b';'));
        return Some((c, None, 1 + start + digits + semi));
    }
    let len = body.iter().take(32).take_while(|b| b.is_ascii_alphanumeric()).count();
    if len == 0 {
        return None;
    }
    let with_semi = (body.get(len) == Some(&b';')).then_some(len + 1);
    with_semi.into_iter().chain(std::iter::once(len)).find_map(|n| {
        let &(first, second) = NAMED_ENTITIES.get(text.get(1..1 + n)?)?;
        let c = char::from_u32(first).filter(|_| first != 0)?;
        Some((c, char::from_u32(second).filter(|_| second != 0), 1 + n))
    })
}

const MAX_NEST: usize = 12;

#[derive(Default)]
struct Writer {
    out: String,
    links: bool,
    /// Line ends owed before the next text.
    breaks: usize,
    /// How deep the quote was when they were owed.
    break_quote: usize,
    space: bool,
    pre: usize,
    hidden: usize,
    quote: usize,
    /// Numbers of the open lists; `None` for bullets.
    lists: Vec<Option<usize>>,
    /// Targets of the open links and where their texts begin.
    hrefs: Vec<(String, usize)>,
    first_cell: bool,
    scratch: String,
}

impl Writer {
    fn owe(&mut self, breaks: usize) {
        if self.breaks == 0 {
            self.break_quote = self.quote;
        }
        self.break_quote = self.break_quote.min(self.quote);
        self.breaks = self.breaks.max(breaks);
        self.space = false;
    }

    /// Pays the line ends owed, or the space, before something is written.
    fn ready(&mut self) {
        if self.out.is_empty() {
            self.start_line();
        } else if self.breaks > 0 {
            for n in 0..self.breaks {
                self.out.push('\n');
                if n + 1 < self.breaks && self.quote.min(self.break_quote) > 0 {
                    self.out.push('>');
                }
            }
            self.start_line();
        } else if self.space && !self.out.ends_with([' ', '\n', '\t']) {
            self.out.push(' ');
        }
        self.breaks = 0;
        self.space = false;
    }

    fn start_line(&mut self) {
        for _ in 0..self.quote.min(MAX_NEST) {
            self.out.push_str("> ");
        }
        for _ in 1..self.lists.len().min(MAX_NEST) {
            self.out.push_str("  ");
        }
    }

    fn text(&mut self, source: &str) {
        if self.hidden > 0 {
            return;
        }
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        entities(source, &mut text);
        if self.pre > 0 {
            self.preformatted(&text);
        } else {
            self.collapsed(&text);
        }
        self.scratch = text;
    }

    fn preformatted(&mut self, text: &str) {
        for (n, line) in text.split('\n').enumerate() {
            if n > 0 {
                self.breaks += 1;
            }
            if !line.is_empty() {
                self.ready();
                self.out.push_str(line.trim_end_matches('\r'));
            }
        }
    }

    fn collapsed(&mut self, text: &str) {
        let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}');
        let mut first = true;
        for word in text.split(blank) {
            if !first {
                self.space = true;
            }
            first = false;
            if !word.is_empty() {
                self.ready();
                self.out.extend(word.chars().map(|c| if c == '\u{a0}' { ' ' } else { c }));
            }
        }
    }

    fn open(&mut self, name: &str, attrs: &str) {
        match name {
            "br" if self.hidden == 0 => {
                self.breaks += 1;
                self.space = false;
            }
            "head" => self.hidden += 1,
            "body" => self.hidden = 0,
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dl" | "figure" => self.owe(2),
            "blockquote" => {
                self.owe(2);
                self.quote += 1;
            }
            "pre" => {
                self.owe(2);
                self.pre += 1;
            }
            "ul" | "ol" => {
                self.owe(if self.lists.is_empty() { 2 } else { 1 });
                self.lists.push((name == "ol").then_some(0));
            }
            "li" => self.item(),
            "tr" => {
                self.owe(1);
                self.first_cell = true;
            }
            "td" | "th" => {
                if !self.first_cell && self.breaks == 0 && !self.out.is_empty() && !self.out.ends_with(['\n', '\t']) {
                    self.out.push('\t');
                    self.space = false;
                }
                self.first_cell = false;
            }
            "hr" => {
                self.owe(1);
                self.ready();
                self.out.push_str("----------");
                self.owe(1);
            }
            "img" => self.image(attrs),
            "a" if self.links && self.hrefs.len() < MAX_NEST => {
                self.hrefs.push((attribute(attrs, "href").unwrap_or_default(), self.out.len()));
            }
            _ if is_block(name) => self.owe(1),
            _ => {}
        }
    }

    fn item(&mut self) {
        self.owe(1);
        self.ready();
        match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                let number = *number;
                self.out.push_str(&format!("{number}. "));
            }
            _ => self.out.push_str("- "),
        }
    }

    fn image(&mut self, attrs: &str) {
        if self.hidden == 0
            && let Some(alt) = attribute(attrs, "alt").filter(|a| !a.trim().is_empty())
        {
            self.ready();
            self.out.push('[');
            self.out.push_str(alt.trim());
            self.out.push(']');
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "head" => self.hidden = 0,
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dl" | "figure" => self.owe(2),
            "blockquote" => {
                self.quote = self.quote.saturating_sub(1);
                self.owe(2);
            }
            "pre" => {
                self.pre = self.pre.saturating_sub(1);
                self.owe(2);
            }
            "ul" | "ol" => {
                self.lists.pop();
                self.owe(if self.lists.is_empty() { 2 } else { 1 });
            }
            "a" if self.links => {
                if let Some((href, start)) = self.hrefs.pop() {
                    self.target(&href, start);
                }
            }
            _ if is_block(name) => self.owe(1),
            _ => {}
        }
    }

    /// Appends where a link goes, unless its text says so.
    fn target(&mut self, href: &str, start: usize) {
        let href = href.trim();
        let known = ["http://", "https://", "mailto:", "tel:"];
        let start_of = |s: &str| href.get(..s.len()).is_some_and(|h| h.eq_ignore_ascii_case(s));
        let shown = self.out.get(start..).unwrap_or("");
        let bare = href.split_once(':').map_or(href, |(_, rest)| rest.trim_matches('/'));
        if href.len() > 500 || !known.iter().any(|k| start_of(k)) || shown.trim().is_empty() || shown.contains(bare) {
            return;
        }
        let clean: String = href.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        self.out.push_str(&format!(" <{clean}>"));
    }
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "div"
            | "table"
            | "tbody"
            | "thead"
            | "tfoot"
            | "tr"
            | "li"
            | "dt"
            | "dd"
            | "center"
            | "form"
            | "fieldset"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "main"
            | "aside"
            | "nav"
            | "address"
            | "caption"
            | "figcaption"
            | "details"
            | "summary"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_have_any_names() {
        assert_eq!(attribute("û=1 =b=2 alt='deux'", "alt").as_deref(), Some("deux"));
        assert_eq!(attribute("û", "alt"), None);
    }

    #[test]
    fn structure_is_kept() {
        let html = "<html><head><title>t</title><style>p{}</style></head><body><h1>Bilan</h1><p>Bonjour&nbsp;&eacute;t&#233; &amp; &lt;b&gt; &notit;</p>\
            <ul><li>un<li>deux<ol><li>a</li></ol></ul><table><tr><td>Na</td><td>140</td></tr><tr><td>K</td><td>4,1</td></tr></table>\
            <blockquote>cité<br>encore</blockquote><a href='https://x.fr/a'>ici</a> <a href=\"http://y.fr\">y.fr</a><img alt='logo' src=x></body></html>";
        assert_eq!(
            html_to_text(html),
            "Bilan\n\nBonjour été & <b> ¬it;\n\n- un\n- deux\n  1. a\n\nNa\t140\nK\t4,1\n\n> cité\n> encore\n\nici <https://x.fr/a> y.fr[logo]\n"
                .replace("¬it;", "&notit;")
        );
    }

    #[test]
    fn broken_markup_ends() {
        for html in [
            "<",
            "<a",
            "<!--",
            "<script>x",
            "</",
            "<a href='x",
            "a < b",
            "&#xFFFFFFF;&#;&;",
            "<p/><li></ul></ol></blockquote>x",
            "<é>",
        ] {
            html_to_text(html);
        }
        assert_eq!(html_to_text("a < b &#x80;"), "a < b €\n");
        assert_eq!(html_to_text("<pre>a\n  b</pre>c"), "a\n  b\n\nc\n");
    }
}
