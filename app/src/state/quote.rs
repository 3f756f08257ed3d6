//! The text of an answer: what was said, marked as such. Pure.

use wire::mail::Address;

use crate::{
    api::compose::Original,
    app::Mode,
    format::{date, name},
    i18n::{self, Lang},
};

/// The text to answer with: room to write, then the original with `> ` before each line; when forwarding, the original
/// with its main headers.
pub fn body(original: &Original, mode: Mode, lang: Lang, signature: &str) -> String {
    let text = plain(original);
    let signature =
        if signature.trim().is_empty() { String::new() } else { ["\n-- \n", signature.trim_end(), "\n"].concat() };
    let from = original.from.as_deref().and_then(<[Address]>::first);
    let from = from.map_or_else(String::new, |from| name::shown(from.name.as_deref(), &from.email).to_owned());
    let when = date::full(lang, &original.received_local);
    if mode == Mode::Forward {
        let mut out = ["\n", &signature, "\n---------- ", i18n::compose::forward_intro(lang), " ----------\n"].concat();
        let mut line = |label: &str, value: &str| {
            if !value.is_empty() {
                out.extend([label, if lang == Lang::Fr { "\u{a0}: " } else { ": " }, value, "\n"]);
            }
        };
        line(i18n::message::from(lang), &addresses(original.from.as_deref()));
        line(i18n::message::date(lang), &when);
        line(i18n::message::subject(lang), original.subject.as_deref().unwrap_or_default());
        line(i18n::message::to(lang), &addresses(original.to.as_deref()));
        line(i18n::message::cc(lang), &addresses(original.cc.as_deref()));
        return [&out, "\n", &text].concat();
    }
    let mut out = ["\n", &signature, "\n", &i18n::compose::quote_intro(lang, &when, &from), "\n"].concat();
    for line in text.trim_end().lines() {
        // A quote of a quote gains a mark, without a space between marks (RFC 3676 §4.5).
        out.extend([
            if line.starts_with('>') {
                ">"
            } else if line.is_empty() {
                ">"
            } else {
                "> "
            },
            line,
            "\n",
        ]);
    }
    out
}

/// The subject of an answer: one prefix, whatever the original already has.
pub fn subject(original: &str, mode: Mode, lang: Lang) -> String {
    // Other programs know these by sight: no typography.
    let prefix = match (mode, lang) {
        (Mode::Forward, Lang::Fr) => "Tr: ",
        (Mode::Forward, Lang::En) => "Fwd: ",
        _ => "Re: ",
    };
    let known: &[&str] = if mode == Mode::Forward { &["tr", "fwd", "fw"] } else { &["re", "ré"] };
    let head = original.split(':').next().unwrap_or_default().trim().to_lowercase();
    if original.contains(':') && known.contains(&head.as_str()) {
        return original.to_owned();
    }
    [prefix, original].concat()
}

/// To whom an answer goes: `Reply-To`, else `From`; all adds the other recipients in copy. An answer to one's own
/// message goes to its recipients. Own addresses stay out.
pub fn recipients(original: &Original, all: bool, own: &[&str]) -> (Vec<Address>, Vec<Address>) {
    let is_own = |address: &Address| own.iter().any(|own| own.eq_ignore_ascii_case(&address.email));
    let list = |addresses: &Option<Vec<Address>>| addresses.clone().unwrap_or_default();
    let from = list(&original.from);
    let mine = !from.is_empty() && from.iter().all(is_own);
    let asked = original.reply_to.clone().filter(|reply_to| !reply_to.is_empty());
    let mut to = if mine { list(&original.to) } else { asked.unwrap_or(from) };
    let mut cc = Vec::new();
    if all {
        cc = if mine { list(&original.cc) } else { [list(&original.to), list(&original.cc)].concat() };
        cc.retain(|address| !is_own(address));
    }
    let mut seen = Vec::new();
    for addresses in [&mut to, &mut cc] {
        addresses.retain(|address| {
            let key = address.email.to_lowercase();
            let new = !seen.contains(&key);
            seen.push(key);
            new
        });
    }
    (to, cc)
}

/// The `References` of an answer (RFC 5322 §3.6.4).
pub fn references(original: &Original) -> Vec<String> {
    let own = original.message_id.iter().flatten();
    let before = original.references.as_ref().filter(|list| !list.is_empty());
    // Only a single In-Reply-To says where the original stood.
    let parent = original.in_reply_to.as_ref().filter(|list| list.len() == 1);
    before.or(parent).into_iter().flatten().chain(own).cloned().collect()
}

fn addresses(list: Option<&[Address]>) -> String {
    let all: Vec<String> = list.unwrap_or_default().iter().map(|it| name::whole(it.name.as_deref(), &it.email)).collect();
    all.join(", ")
}

/// The original as text; parts that are HTML lose their marks.
pub fn plain(original: &Original) -> String {
    let mut out = String::new();
    for (value, html) in original.body() {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&if html { stripped(value) } else { value.replace("\r\n", "\n") });
    }
    out
}

/// HTML as text: enough to quote it.
fn stripped(html: &str) -> String {
    let (mut out, mut rest, mut hidden) = (String::new(), html, None::<&str>);
    while let Some(open) = rest.find('<') {
        if hidden.is_none() {
            push_text(&mut out, &rest[..open]);
        }
        let Some(close) = rest[open..].find('>') else { return out };
        let tag = rest[open + 1..open + close].to_ascii_lowercase();
        let name: &str = tag.split([' ', '\t', '\n', '\r', '/']).find(|part| !part.is_empty()).unwrap_or_default();
        let ends = tag.starts_with('/');
        match (hidden, name) {
            (Some(inside), name) if ends && name == inside => hidden = None,
            (None, "style" | "script" | "head" | "title") if !ends => {
                hidden = ["style", "script", "head", "title"].into_iter().find(|it| *it == name);
            }
            (None, "br") => out.push('\n'),
            (None, "p" | "div" | "tr" | "li" | "blockquote" | "table" | "h1" | "h2" | "h3" | "h4") => {
                if !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
                if ends && name == "p" {
                    out.push('\n');
                }
            }
            _ => {}
        }
        rest = &rest[open + close + 1..];
    }
    if hidden.is_none() {
        push_text(&mut out, rest);
    }
    out.trim().to_owned()
}

fn push_text(out: &mut String, text: &str) {
    let mut space = text.starts_with(|c: char| c.is_ascii_whitespace());
    for word in text.split_ascii_whitespace() {
        if space && !out.is_empty() && !out.ends_with(['\n', ' ']) {
            out.push(' ');
        }
        space = true;
        let mut rest = word;
        while let Some(at) = rest.find('&') {
            out.push_str(&rest[..at]);
            let end = rest[at..].find(';').map(|end| at + end);
            let found = end.and_then(|end| entity(&rest[at + 1..end]).map(|c| (c, end + 1)));
            let (c, next) = found.unwrap_or(('&', at + 1));
            out.push(c);
            rest = &rest[next..];
        }
        out.push_str(rest);
    }
    if text.ends_with(|c: char| c.is_ascii_whitespace()) && !out.is_empty() && !out.ends_with(['\n', ' ']) {
        out.push(' ');
    }
}

fn entity(name: &str) -> Option<char> {
    let number = |text: &str, radix| u32::from_str_radix(text, radix).ok().and_then(char::from_u32);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        "eacute" => Some('é'),
        "egrave" => Some('è'),
        "agrave" => Some('à'),
        "ccedil" => Some('ç'),
        "ecirc" => Some('ê'),
        "rsquo" => Some('’'),
        _ => {
            let digits = name.strip_prefix('#')?;
            match digits.strip_prefix(['x', 'X']) {
                Some(hex) => number(hex, 16),
                None => number(digits, 10),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn original(json: serde_json::Value) -> Original {
        let mut base = serde_json::json!({
            "id": "e0000000000001", "keywords": {}, "receivedLocal": "2026-11-16T09:05", "subject": "Bilan",
            "from": [{"name": "Dr Martin", "email": "m@a.fr"}], "to": [{"email": "moi@b.fr"}, {"email": "x@c.fr"}],
            "cc": [{"email": "M@a.fr"}, {"email": "y@c.fr"}], "messageId": ["2@a"], "inReplyTo": ["1@b"],
            "textBody": [{"partId": "1", "size": 1, "type": "text/plain", "blobId": null, "name": null}],
            "bodyValues": {"1": {"value": "Bonjour,\r\n\r\n> avant\r\n"}},
        });
        for (key, value) in json.as_object().cloned().unwrap_or_default() {
            base[key] = value;
        }
        serde_json::from_value(base).unwrap()
    }

    #[test]
    fn quotes_are_marked() {
        let text = body(&original(serde_json::json!({})), Mode::Reply, Lang::Fr, "Dr B\n");
        assert!(text.ends_with("Dr Martin a écrit\u{a0}:\n> Bonjour,\n>\n>> avant\n"), "{text:?}");
        assert!(text.starts_with("\n\n-- \nDr B\n"), "{text:?}");
    }

    #[test]
    fn nobody_is_written_to_twice() {
        let emails = |list: Vec<Address>| list.into_iter().map(|it| it.email).collect::<Vec<_>>();
        let (to, cc) = recipients(&original(serde_json::json!({})), true, &["moi@b.fr"]);
        assert_eq!((emails(to), emails(cc)), (vec!["m@a.fr".into()], vec!["x@c.fr".to_string(), "y@c.fr".into()]));
        let (to, cc) = recipients(&original(serde_json::json!({"from": [{"email": "MOI@b.fr"}]})), false, &["moi@b.fr"]);
        assert_eq!((emails(to).len(), cc.len()), (2, 0));
    }

    #[test]
    fn references_go_on() {
        assert_eq!(references(&original(serde_json::json!({}))), ["1@b", "2@a"]);
        assert_eq!(references(&original(serde_json::json!({"references": ["0@c", "1@b"]}))), ["0@c", "1@b", "2@a"]);
    }

    #[test]
    fn prefixes_do_not_pile_up() {
        assert_eq!(subject("RE: Bilan", Mode::Reply, Lang::Fr), "RE: Bilan");
        assert_eq!(subject("Bilan", Mode::Reply, Lang::Fr), "Re: Bilan");
        assert!(subject("Re: Bilan", Mode::Forward, Lang::Fr).ends_with(" Re: Bilan"));
        assert!(subject("Urgent: Bilan", Mode::Reply, Lang::Fr).ends_with(" Urgent: Bilan"));
    }

    #[test]
    fn html_becomes_text() {
        let html = "<html><head><title>x</title></head><style>p{}</style><p>Bonjour&nbsp;Claire,</p><div>un <b>bilan</b> &lt;5 &amp; b<br>suite</div>";
        assert_eq!(stripped(html), "Bonjour\u{a0}Claire,\n\nun bilan <5 & b\nsuite");
        assert_eq!(stripped("a <b"), "a ");
    }
}
