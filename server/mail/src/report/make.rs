//! Reports written as messages (RFC 6522): words for people, fields for programs,
//! and the header of the message they are about. The message itself is not
//! returned: its sender has it, and it would travel once more.

use super::{DeliveryReport, Disposition};
use crate::address::Address;
use crate::build::{BuildError, Content, HeaderValue, NewPart, build_tree};
use crate::header::DateTime;
use crate::parse;

/// What stands in the header of a report, and what people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeHead {
    /// From: the postmaster for delivery, the BAL for a receipt.
    pub from: Address,
    /// To: who is told.
    pub to: Address,
    /// Subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// Message-ID without brackets.
    pub message_id: String,
    /// Message-ID of the message it is about.
    pub in_reply_to: Option<String>,
    /// Date.
    pub date: DateTime,
    /// Further fields (X-MSS-NIL …).
    pub headers: Vec<(String, HeaderValue)>,
}

/// Bytes of the header that a report returns.
const MAX_RETURNED: usize = 32 * 1024;

/// The header of the message that a report is about, without fields of its way
/// and without Bcc (RFC 3462 §2: text/rfc822-headers).
pub fn returned_headers(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for header in parse::parse_fields(raw) {
        let name = header.name.to_ascii_lowercase();
        if matches!(name.as_str(), "received" | "return-path" | "bcc" | "resent-bcc") {
            continue;
        }
        let line = format!("{}:{}\r\n", header.name, header.raw_value);
        if out.len() + line.len() > MAX_RETURNED {
            break;
        }
        out.extend_from_slice(line.as_bytes());
    }
    out
}

/// A delivery report (RFC 3464).
///
/// # Errors
/// A value of `head` that cannot stand in a message.
pub fn build_delivery(head: &NoticeHead, report: &DeliveryReport, returned: Option<&[u8]>) -> Result<Vec<u8>, BuildError> {
    build(head, "delivery-status", report.write(), "auto-replied", returned)
}

/// A disposition notification (RFC 8098 §3).
///
/// # Errors
/// A value of `head` that cannot stand in a message.
pub fn build_disposition(head: &NoticeHead, report: &Disposition, returned: Option<&[u8]>) -> Result<Vec<u8>, BuildError> {
    build(head, "disposition-notification", report.write(), "auto-replied", returned)
}

fn build(
    head: &NoticeHead,
    kind: &str,
    fields: String,
    auto_submitted: &str,
    returned: Option<&[u8]>,
) -> Result<Vec<u8>, BuildError> {
    let mut headers = vec![
        ("Date".to_owned(), HeaderValue::Date(head.date)),
        ("From".to_owned(), HeaderValue::Addresses(vec![head.from.clone()])),
        ("To".to_owned(), HeaderValue::Addresses(vec![head.to.clone()])),
        ("Subject".to_owned(), HeaderValue::Text(head.subject.clone())),
        ("Message-ID".to_owned(), HeaderValue::MessageIds(vec![head.message_id.clone()])),
        // RFC 3834 §5: nothing automatic may answer it.
        ("Auto-Submitted".to_owned(), HeaderValue::Raw(auto_submitted.to_owned())),
    ];
    if let Some(id) = &head.in_reply_to {
        for name in ["In-Reply-To", "References"] {
            headers.push((name.to_owned(), HeaderValue::MessageIds(vec![id.clone()])));
        }
    }
    headers.extend(head.headers.iter().cloned());
    let bytes = |content_type: &str, bytes: Vec<u8>| NewPart {
        content_type: content_type.to_owned(),
        content: Content::Bytes(bytes),
        ..NewPart::default()
    };
    let mut parts =
        vec![NewPart::text("text/plain", head.text.clone()), bytes(&format!("message/{kind}"), fields.into_bytes())];
    parts.extend(returned.map(|header| bytes("text/rfc822-headers", header.to_vec())));
    let mut root = NewPart::multi("multipart/report", parts);
    root.params = vec![("report-type".to_owned(), kind.to_owned())];
    build_tree(headers, root)
}
