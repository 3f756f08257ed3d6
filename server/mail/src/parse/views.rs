//! textBody, htmlBody, attachments and hasAttachment (RFC 8621 §4.1.4).

use super::{Parsed, Part};

/// Fills the views of `parsed` from its tree of parts.
pub(super) fn fill(parsed: &mut Parsed) {
    let mut views = Views::default();
    views.visit(&parsed.parts, &[parsed.root], "mixed", false, true, true);
    parsed.has_attachment = views.attachments.iter().any(|&i| counts(&parsed.parts, i));
    parsed.text_body = views.text;
    parsed.html_body = views.html;
    parsed.attachments = views.attachments;
}

#[derive(Default)]
struct Views {
    text: Vec<usize>,
    html: Vec<usize>,
    attachments: Vec<usize>,
}

impl Views {
    /// `parseStructure` of the RFC; `to_text` and `to_html` are false where the RFC's variables are null.
    fn visit(
        &mut self,
        parts: &[Part],
        siblings: &[usize],
        multi: &str,
        in_alt: bool,
        mut to_text: bool,
        mut to_html: bool,
    ) {
        let (text_before, html_before) = (self.text.len(), self.html.len());
        let (text_at_start, html_at_start) = (to_text, to_html);
        for (position, &index) in siblings.iter().enumerate() {
            let part = &parts[index];
            let kind = part.content_type.as_str();
            if part.is_multipart() {
                let sub = kind.strip_prefix("multipart/").unwrap_or("mixed");
                self.visit(parts, &part.children, sub, in_alt || sub == "alternative", to_text, to_html);
                continue;
            }
            if !is_inline(part, position, multi) {
                self.attachments.push(index);
                continue;
            }
            if multi == "alternative" {
                match kind {
                    "text/plain" if to_text => self.text.push(index),
                    "text/html" if to_html => self.html.push(index),
                    _ => self.attachments.push(index),
                }
                continue;
            }
            if in_alt {
                to_html &= kind != "text/plain";
                to_text &= kind != "text/html";
            }
            if to_text {
                self.text.push(index);
            }
            if to_html {
                self.html.push(index);
            }
            if (!to_text || !to_html) && is_media(kind) {
                self.attachments.push(index);
            }
        }
        if multi == "alternative" && text_at_start && html_at_start {
            let (no_text, no_html) = (self.text.len() == text_before, self.html.len() == html_before);
            if no_text && !no_html {
                self.text.extend_from_slice(&self.html[html_before..]);
            } else if no_html && !no_text {
                self.html.extend_from_slice(&self.text[text_before..]);
            }
        }
    }
}

fn is_media(kind: &str) -> bool {
    kind.starts_with("image/") || kind.starts_with("audio/") || kind.starts_with("video/")
}

fn is_inline(part: &Part, position: usize, multi: &str) -> bool {
    let kind = part.content_type.as_str();
    part.disposition.as_deref() != Some("attachment")
        && (matches!(kind, "text/plain" | "text/html") || is_media(kind))
        && (position == 0 || (multi != "related" && (is_media(kind) || part.name.is_none())))
}

/// Whether a part of `attachments` is something to offer: not what a body
/// embeds, nor a signature that software checks.
fn counts(parts: &[Part], index: usize) -> bool {
    let part = &parts[index];
    let in_related = part.parent.is_some_and(|p| parts[p].content_type == "multipart/related");
    let embedded = is_media(&part.content_type)
        && part.disposition.as_deref() != Some("attachment")
        && (part.cid.is_some() || in_related);
    let signature = matches!(
        part.content_type.as_str(),
        "application/pgp-signature" | "application/pkcs7-signature" | "application/x-pkcs7-signature"
    );
    !embedded && !signature
}

/// The charset that an HTML document declares in its first kilobyte.
pub(super) fn html_charset(bytes: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let after = &start[start.find("charset=")? + 8..];
    let label: String = after
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'))
        .take(40)
        .collect();
    // Sixteen bits cannot be what a document says of itself in single bytes.
    (!label.is_empty() && !label.starts_with("utf-16")).then_some(label)
}
