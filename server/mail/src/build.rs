//! From values to the bytes of a message (RFC 5322, RFC 2045–2047, RFC 2231).
//!
//! Nothing typed by a person can add a field or a part: CR, LF and NUL are
//! refused in every value ([`BuildError`] names the field). The result has CRLF
//! line ends and is safe for any relay: bodies are 7bit, quoted-printable or base64.

mod append;
mod field;
mod sender;
mod tree;

use thiserror::Error;

pub use append::with_text;
pub use field::HeaderValue;
pub use sender::with_sender;
pub use tree::{Content, NewPart, build_tree};

use crate::address::Address;
use crate::header::DateTime;

/// A value that cannot stand in a message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the field {field} cannot be written")]
pub struct BuildError {
    /// Header name, or `attachment`, `boundary`.
    pub field: String,
}

impl BuildError {
    fn new(field: &str) -> BuildError {
        let field = field.chars().filter(|c| !c.is_control()).take(100).collect();
        BuildError { field }
    }
}

/// A file of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DraftAttachment {
    /// File name.
    pub name: String,
    /// `type/subtype`.
    pub content_type: String,
    /// The bytes.
    pub data: Vec<u8>,
    /// Content-ID without brackets, for images in the HTML body.
    pub cid: Option<String>,
    /// Shown in the body rather than offered.
    pub inline: bool,
}

/// A message to be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// From.
    pub from: Vec<Address>,
    /// Sender, when someone else sends (RFC 5322 §3.6.2).
    pub sender: Option<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Bcc: written for the stored copy, see [`strip_bcc`].
    pub bcc: Vec<Address>,
    /// Reply-To.
    pub reply_to: Vec<Address>,
    /// Subject.
    pub subject: String,
    /// Plain text body, LF or CRLF.
    pub text: String,
    /// HTML body.
    pub html: Option<String>,
    /// Files.
    pub attachments: Vec<DraftAttachment>,
    /// In-Reply-To, without brackets.
    pub in_reply_to: Vec<String>,
    /// References, without brackets.
    pub references: Vec<String>,
    /// Message-ID without brackets; made by the caller.
    pub message_id: Option<String>,
    /// Date.
    pub date: Option<DateTime>,
    /// Further header fields.
    pub headers: Vec<(String, HeaderValue)>,
}

/// Writes a draft.
///
/// # Errors
/// The first field that holds what it must not.
pub fn build(draft: &Draft) -> Result<Vec<u8>, BuildError> {
    let mut headers: Vec<(String, HeaderValue)> = Vec::new();
    let mut add = |name: &str, value: HeaderValue| headers.push((name.to_owned(), value));
    if let Some(date) = draft.date {
        add("Date", HeaderValue::Date(date));
    }
    let sender: Vec<Address> = draft.sender.iter().cloned().collect();
    let lists = [
        ("From", &draft.from),
        ("Sender", &sender),
        ("Reply-To", &draft.reply_to),
        ("To", &draft.to),
        ("Cc", &draft.cc),
        ("Bcc", &draft.bcc),
    ];
    for (name, list) in lists {
        if !list.is_empty() {
            add(name, HeaderValue::Addresses(list.clone()));
        }
    }
    add("Subject", HeaderValue::Text(draft.subject.clone()));
    let own: Vec<String> = draft.message_id.iter().cloned().collect();
    for (name, ids) in [("Message-ID", &own), ("In-Reply-To", &draft.in_reply_to), ("References", &draft.references)] {
        if !ids.is_empty() {
            add(name, HeaderValue::MessageIds(ids.clone()));
        }
    }
    headers.extend(draft.headers.iter().cloned());
    build_tree(headers, body_of(draft))
}

/// text, or alternative(text, related(html, inline…)), in mixed(…, files) when there are files.
fn body_of(draft: &Draft) -> NewPart {
    let text = NewPart::text("text/plain", draft.text.clone());
    let (inline, files): (Vec<&DraftAttachment>, Vec<&DraftAttachment>) =
        draft.attachments.iter().partition(|a| a.inline && a.cid.is_some() && draft.html.is_some());
    let body = match &draft.html {
        None => text,
        Some(html) => {
            let mut html = NewPart::text("text/html", html.clone());
            if !inline.is_empty() {
                let mut related = vec![html];
                related.extend(inline.into_iter().map(file_part));
                html = NewPart::multi("multipart/related", related);
            }
            NewPart::multi("multipart/alternative", vec![text, html])
        }
    };
    if files.is_empty() {
        return body;
    }
    let mut mixed = vec![body];
    mixed.extend(files.into_iter().map(file_part));
    NewPart::multi("multipart/mixed", mixed)
}

fn file_part(file: &DraftAttachment) -> NewPart {
    NewPart {
        content_type: file.content_type.clone(),
        disposition: Some(if file.inline { "inline" } else { "attachment" }.to_owned()),
        cid: file.cid.clone(),
        name: Some(file.name.clone()).filter(|n| !n.is_empty()),
        content: Content::Bytes(file.data.clone()),
        ..NewPart::default()
    }
}

/// Removes the Bcc and Resent-Bcc fields, folds included, and touches no other byte.
pub fn strip_bcc(raw: &[u8]) -> Vec<u8> {
    without(raw, |name| name.eq_ignore_ascii_case(b"bcc") || name.eq_ignore_ascii_case(b"resent-bcc")).0
}

/// The message without the fields of these names, folds included, and what was taken out.
fn without(raw: &[u8], named: impl Fn(&[u8]) -> bool) -> (Vec<u8>, Vec<u8>) {
    let mut out = Vec::with_capacity(raw.len());
    let mut dropped = Vec::new();
    let (mut at, mut dropping) = (0, false);
    while at < raw.len() {
        let stop = memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |n| at + n + 1);
        let line = &raw[at..stop];
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
        if !matches!(line[0], b' ' | b'\t') {
            let name = line.split(|&b| b == b':').next().unwrap_or_default().trim_ascii_end();
            dropping = line.contains(&b':') && named(name);
        }
        if dropping { &mut dropped } else { &mut out }.extend_from_slice(line);
        at = stop;
    }
    out.extend_from_slice(&raw[at..]);
    (out, dropped)
}

#[cfg(test)]
mod tests;
