//! Words that the server adds at the end of a message as it leaves: to its text and to its HTML, all other parts as they are.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::without;
use crate::limits::Limits;
use crate::parse::{Part, part_text};
use crate::quote::unflow;

/// The message with `text` after its own words. `None` where it has no text to add to, or cannot be taken apart.
pub fn with_text(raw: &[u8], text: &str) -> Option<Vec<u8>> {
    let parsed = crate::parse(raw, &Limits::default());
    if parsed.damaged.is_some() {
        return None;
    }
    let of = |list: &[usize], kind: &str| {
        list.iter().rev().copied().find(|&at| parsed.parts.get(at).is_some_and(|part| part.content_type == kind))
    };
    let (plain, html) = (of(&parsed.text_body, "text/plain"), of(&parsed.html_body, "text/html"));
    let mut changed: Vec<usize> = plain.into_iter().chain(html).collect();
    if changed.is_empty() {
        return None;
    }
    // From the end, so that what stands before keeps its place.
    changed.sort_unstable_by_key(|&at| std::cmp::Reverse(parsed.parts.get(at).map_or(0, |part| part.header_start)));
    let mut out = raw.to_vec();
    for at in changed {
        let part = parsed.parts.get(at)?;
        let written = rewritten(raw, part, text, at == parsed.root)?;
        out.splice(part.header_start..part.body_end, written);
    }
    Some(out)
}

fn rewritten(raw: &[u8], part: &Part, text: &str, root: bool) -> Option<Vec<u8>> {
    let value = part_text(raw, part).value;
    let body = match part.content_type.as_str() {
        "text/html" => in_html(&value, text),
        _ if part.flowed => joined(&unflow(&value, part.delsp), text),
        _ => joined(&value, text),
    };
    let described =
        |name: &[u8]| name.eq_ignore_ascii_case(b"content-type") || name.eq_ignore_ascii_case(b"content-transfer-encoding");
    let (kept, _) = without(raw.get(part.header_start..part.body_start)?, described);
    let mut out = Vec::with_capacity(kept.len() + body.len() * 3 / 2 + 200);
    if root && !part.headers.iter().any(|field| field.name.eq_ignore_ascii_case("mime-version")) {
        out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    }
    let kind = format!("Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n", part.content_type);
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(&kept);
    if !kept.ends_with(b"\n\n") && !kept.ends_with(b"\n\r\n") && kept != b"\r\n" && kept != b"\n" {
        out.extend_from_slice(b"\r\n");
    }
    let coded = STANDARD.encode(body.replace("\r\n", "\n").replace('\n', "\r\n"));
    for line in coded.as_bytes().chunks(76) {
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
    Some(out)
}

fn joined(value: &str, text: &str) -> String {
    [value.trim_end(), "\n\n", text, "\n"].concat()
}

fn in_html(value: &str, text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>");
    let at = value.to_ascii_lowercase().rfind("</body").unwrap_or(value.len());
    let (before, after) = value.split_at(at);
    [before, "<p>", &escaped, "</p>", after].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(raw: &[u8]) -> Vec<String> {
        let parsed = crate::parse(raw, &Limits::default());
        let all = parsed.text_body.iter().chain(&parsed.html_body);
        all.map(|&at| part_text(raw, &parsed.parts[at]).value).collect()
    }

    #[test]
    fn a_bare_message_gets_the_words_and_keeps_its_fields() {
        let raw = b"From: a@b.fr\r\nSubject: s\r\n\r\nBonjour\r\n";
        let out = with_text(raw, "En cas d\u{2019}urgence : 15").unwrap();
        assert!(out.windows(12).any(|w| w == b"Subject: s\r\n"), "{}", String::from_utf8_lossy(&out));
        assert_eq!(texts(&out)[0], "Bonjour\n\nEn cas d\u{2019}urgence : 15\n");
        assert_eq!(crate::parse(&out, &Limits::default()).subject.as_deref(), Some("s"));
    }

    #[test]
    fn text_and_html_get_them_and_files_stay_as_they_are() {
        let raw = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=k\r\n\r\n--k\r\nContent-Type: multipart/alternative; \
            boundary=l\r\n\r\n--l\r\nContent-Type: text/plain; format=flowed\r\n\r\nUn \r\nmot\r\n--l\r\nContent-Type: text/html\r\n\r\n\
            <body><p>Un mot</p></body>\r\n--l--\r\n--k\r\nContent-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment; \
            filename=a.txt\r\n\r\nfile\r\n--k--\r\n";
        let out = with_text(raw, "<15>").unwrap();
        let found = texts(&out);
        assert_eq!(found[0], "Un mot\n\n<15>\n");
        assert!(found.iter().any(|text| text.trim() == "<body><p>Un mot</p><p>&lt;15&gt;</p></body>"), "{found:?}");
        assert!(out.ends_with(b"filename=a.txt\r\n\r\nfile\r\n--k--\r\n"), "{}", String::from_utf8_lossy(&out));
    }

    #[test]
    fn a_message_without_text_is_left_alone() {
        assert_eq!(with_text(b"Content-Type: application/pdf\r\n\r\n%PDF", "x"), None);
    }
}
