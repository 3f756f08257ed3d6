//! From the bytes of a message to the values of JMAP's Email (RFC 8621 §4).
//!
//! [`parse`] never fails: a message beyond the limits, or that is none, comes
//! back with [`Parsed::damaged`] set and one plain text part over all its bytes.
//! Bodies are not decoded here but on demand, by [`decode_part`] and [`part_text`].

mod preview;
mod structure;
mod views;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::address::{self, Address};
use crate::decode::{self, Encoding, TextValue};
use crate::header::{self, DateTime, Form, FormValue, Header};
use crate::limits::Limits;

/// Why a message is shown as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No byte at all.
    Empty,
    /// It does not begin with a header field.
    NoHeaders,
    /// Beyond [`Limits::max_size`].
    TooLarge,
    /// Beyond [`Limits::max_depth`].
    TooDeep,
    /// Beyond [`Limits::max_parts`].
    TooManyParts,
    /// Beyond [`Limits::max_headers`] or [`Limits::max_header_bytes`].
    TooManyHeaders,
}

/// One node of the body structure (EmailBodyPart, RFC 8621 §4.1.4).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// Its index in [`Parsed::parts`], as text; JMAP gives null for a multipart.
    pub part_id: String,
    /// The multipart that holds it.
    pub parent: Option<usize>,
    /// The parts of a multipart.
    pub children: Vec<usize>,
    /// Where its header block begins in the message.
    pub header_start: usize,
    /// Where its (encoded) body begins.
    pub body_start: usize,
    /// Where its (encoded) body ends.
    pub body_end: usize,
    /// How the body is encoded.
    pub encoding: Encoding,
    /// `type/subtype` in lower case, implied values included (RFC 2045 §5.2).
    pub content_type: String,
    /// The charset parameter; `us-ascii` where a text part has none.
    pub charset: Option<String>,
    /// The decoded file name (disposition first, then Content-Type).
    pub name: Option<String>,
    /// The disposition in lower case.
    pub disposition: Option<String>,
    /// Content-ID without brackets.
    pub cid: Option<String>,
    /// Content-Language tags.
    pub language: Option<Vec<String>>,
    /// Content-Location.
    pub location: Option<String>,
    /// Octets after decoding.
    pub size: usize,
    /// `format=flowed` (RFC 3676).
    pub flowed: bool,
    /// `delsp=yes` (RFC 3676).
    pub delsp: bool,
    /// Its header fields.
    pub headers: Vec<Header>,
}

impl Part {
    /// Where the encoded body lies in the message.
    pub fn body_range(&self) -> Range<usize> {
        self.body_start..self.body_end
    }

    /// Whether it only holds other parts.
    pub fn is_multipart(&self) -> bool {
        self.content_type.starts_with("multipart/")
    }

    /// Whether it is a message of its own, to be given to [`parse`] after [`decode_part`].
    pub fn is_message(&self) -> bool {
        matches!(self.content_type.as_str(), "message/rfc822" | "message/global")
    }
}

/// A message as values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parsed {
    /// Set when the message could not be taken apart.
    pub damaged: Option<Reason>,
    /// Size of the message in bytes.
    pub size: usize,
    /// All header fields in order.
    pub headers: Vec<Header>,
    /// From.
    pub from: Option<Vec<Address>>,
    /// Sender.
    pub sender: Option<Vec<Address>>,
    /// Reply-To.
    pub reply_to: Option<Vec<Address>>,
    /// To.
    pub to: Option<Vec<Address>>,
    /// Cc.
    pub cc: Option<Vec<Address>>,
    /// Bcc.
    pub bcc: Option<Vec<Address>>,
    /// Subject, decoded.
    pub subject: Option<String>,
    /// Message-ID (normally one).
    pub message_id: Vec<String>,
    /// In-Reply-To.
    pub in_reply_to: Vec<String>,
    /// References.
    pub references: Vec<String>,
    /// Date.
    pub sent_at: Option<DateTime>,
    /// Disposition-Notification-To (RFC 8098 §2.1).
    pub disposition_notification_to: Option<Vec<Address>>,
    /// The X-MSS-* fields of the MSSanté reference (X-MSS-NIL, X-MSS-CODECDA,
    /// X-MSS-INS, X-MSS-MES …), names in upper case.
    pub x_mss: HashMap<String, String>,
    /// Auto-Submitted in lower case, without parameters (RFC 3834 §5).
    pub auto_submitted: Option<String>,
    /// The parts, the root first, in the order of the message.
    pub parts: Vec<Part>,
    /// Index of the root in `parts`.
    pub root: usize,
    /// textBody (RFC 8621 §4.1.4).
    pub text_body: Vec<usize>,
    /// htmlBody.
    pub html_body: Vec<usize>,
    /// attachments.
    pub attachments: Vec<usize>,
    /// hasAttachment.
    pub has_attachment: bool,
    /// Up to 256 characters of the text.
    pub preview: String,
}

/// What import needs to put messages in order, read from the header block only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// Message-ID.
    pub message_id: Vec<String>,
    /// In-Reply-To.
    pub in_reply_to: Vec<String>,
    /// References.
    pub references: Vec<String>,
    /// Date.
    pub sent_at: Option<DateTime>,
    /// From.
    pub from: Option<Vec<Address>>,
    /// To.
    pub to: Option<Vec<Address>>,
    /// Subject.
    pub subject: Option<String>,
}

/// Takes a message apart. Never fails and never looks at more than `limits` allow.
pub fn parse(raw: &[u8], limits: &Limits) -> Parsed {
    let outcome = structure::walk(raw, limits);
    let mut parsed = Parsed { size: raw.len(), damaged: outcome.damaged, parts: outcome.parts, ..Parsed::default() };
    parsed.headers = outcome.headers;
    read_envelope(&mut parsed);
    views::fill(&mut parsed);
    parsed.preview = preview::of(&parsed, raw);
    parsed
}

/// Reads the few fields that order and thread messages; stops at the first empty line.
pub fn parse_head(raw: &[u8]) -> Head {
    let limits = Limits::default();
    let headers = structure::head(raw, &limits);
    Head {
        message_id: ids(&headers, "message-id"),
        in_reply_to: ids(&headers, "in-reply-to"),
        references: ids(&headers, "references"),
        sent_at: last(&headers, "date").and_then(header::date),
        from: mailboxes(&headers, "from"),
        to: mailboxes(&headers, "to"),
        subject: last(&headers, "subject").map(header::text),
    }
}

/// All header fields of the message, up to [`Limits::max_headers`]: the same that
/// [`parse`] gives, without the cost of the rest.
pub fn parse_fields(raw: &[u8]) -> Vec<Header> {
    structure::head(raw, &Limits::default())
}

/// The content of a part after transfer decoding, bit-identical to what was sent.
pub fn decode_part(raw: &[u8], part: &Part) -> Vec<u8> {
    encoded(raw, part, usize::MAX).into_owned()
}

/// The text of a part: transfer and charset decoding, LF line ends (bodyValues of RFC 8621).
pub fn part_text(raw: &[u8], part: &Part) -> TextValue {
    part_text_capped(raw, part, usize::MAX)
}

/// As [`part_text`], of the first `max` encoded bytes only.
pub(crate) fn part_text_capped(raw: &[u8], part: &Part, max: usize) -> TextValue {
    let bytes = encoded(raw, part, max);
    let mut label = part.charset.as_deref();
    let declared;
    if part.content_type == "text/html" && label.is_none_or(|l| l.eq_ignore_ascii_case("us-ascii")) {
        declared = views::html_charset(&bytes);
        label = declared.as_deref().or(label);
    }
    let mut text = decode::charset(&bytes, label);
    text.value = decode::to_lf(text.value);
    text
}

fn encoded<'a>(raw: &'a [u8], part: &Part, max: usize) -> Cow<'a, [u8]> {
    let end = part.body_end.min(part.body_start.saturating_add(max)).min(raw.len());
    let bytes = raw.get(part.body_start..end).unwrap_or_default();
    part.encoding.decode(bytes)
}

impl Parsed {
    /// The raw value of the last field of that name (RFC 8621 §4.1.2: the last one counts).
    pub fn header(&self, name: &str) -> Option<&str> {
        last(&self.headers, name)
    }

    /// The last field of that name in one of its forms.
    pub fn header_as(&self, name: &str, form: Form) -> Option<FormValue> {
        self.header(name).map(|v| header::header_form(v, form))
    }

    /// All fields of that name in one of their forms, in order.
    pub fn headers_as(&self, name: &str, form: Form) -> Vec<FormValue> {
        self.headers
            .iter()
            .filter(|h| h.name.eq_ignore_ascii_case(name))
            .map(|h| header::header_form(&h.raw_value, form))
            .collect()
    }

    /// A part by its JMAP partId.
    pub fn part(&self, part_id: &str) -> Option<&Part> {
        self.parts.get(part_id.parse::<usize>().ok()?)
    }

    /// The part with that Content-ID (without brackets).
    pub fn part_by_cid(&self, cid: &str) -> Option<usize> {
        self.parts.iter().position(|p| p.cid.as_deref() == Some(cid))
    }
}

fn read_envelope(parsed: &mut Parsed) {
    let headers = &parsed.headers;
    parsed.from = mailboxes(headers, "from");
    parsed.sender = mailboxes(headers, "sender");
    parsed.reply_to = mailboxes(headers, "reply-to");
    parsed.to = mailboxes(headers, "to");
    parsed.cc = mailboxes(headers, "cc");
    parsed.bcc = mailboxes(headers, "bcc");
    parsed.disposition_notification_to = mailboxes(headers, "disposition-notification-to");
    parsed.subject = last(headers, "subject").map(header::text);
    parsed.message_id = ids(headers, "message-id");
    parsed.in_reply_to = ids(headers, "in-reply-to");
    parsed.references = ids(headers, "references");
    parsed.sent_at = last(headers, "date").and_then(header::date);
    parsed.auto_submitted = last(headers, "auto-submitted")
        .map(|v| header::unfold(v).split([';', '(']).next().unwrap_or("").trim().to_ascii_lowercase());
    parsed.x_mss = headers
        .iter()
        .filter(|h| h.name.get(..6).is_some_and(|p| p.eq_ignore_ascii_case("x-mss-")))
        .map(|h| (h.name.to_ascii_uppercase(), header::text(&h.raw_value)))
        .collect();
}

fn last<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    headers.iter().rev().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.raw_value.as_str())
}

fn ids(headers: &[Header], name: &str) -> Vec<String> {
    last(headers, name).map(header::message_ids).unwrap_or_default()
}

fn mailboxes(headers: &[Header], name: &str) -> Option<Vec<Address>> {
    last(headers, name).map(address::parse_header)
}

#[cfg(test)]
mod tests;
