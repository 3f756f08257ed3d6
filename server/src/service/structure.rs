//! What is kept of a parsed message beside its bytes: fields and the tree of parts with offsets, so that reading never
//! parses again and a part is read without the whole. Opaque to the store, which seals it.

use mail::decode::Encoding;
use mail::parse::{Parsed, Part};
use serde::{Deserialize, Serialize};
use wire::mail::Address;

/// A message as it was taken apart when it came in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Structure {
    /// Could not be taken apart: one text part over all bytes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
    /// Milliseconds and minutes east of Greenwich of `Date`.
    pub sent: Option<(i64, i16)>,
    pub from: Option<Vec<Address>>,
    pub sender: Option<Vec<Address>>,
    pub reply_to: Option<Vec<Address>>,
    pub to: Option<Vec<Address>>,
    pub cc: Option<Vec<Address>>,
    pub bcc: Option<Vec<Address>>,
    pub subject: Option<String>,
    pub message_id: Vec<String>,
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    pub preview: String,
    pub parts: Vec<StoredPart>,
    pub root: usize,
    pub text: Vec<usize>,
    pub html: Vec<usize>,
    pub attachments: Vec<usize>,
    pub has_attachment: bool,
    /// Who wants a receipt of reading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipt_to: Vec<Address>,
    /// The reverse-path under which it came in: the first such field, which is the one that was added here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_submitted: Option<String>,
    /// Patients may not answer it, nor anything before (`X-MSS-MES: FIN`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends: bool,
}

/// A part without its header fields, which stay in the message.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StoredPart {
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<usize>,
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<usize>,
    /// Where its header block and its encoded body begin, and where the body ends.
    #[serde(rename = "o")]
    pub offsets: (usize, usize, usize),
    /// `n`, `q` or `b`.
    #[serde(rename = "e")]
    pub encoding: char,
    #[serde(rename = "t")]
    pub kind: String,
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Vec<String>>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Octets after decoding.
    #[serde(rename = "s")]
    pub size: usize,
    #[serde(rename = "f", default, skip_serializing_if = "std::ops::Not::not")]
    pub flowed: bool,
    #[serde(rename = "x", default, skip_serializing_if = "std::ops::Not::not")]
    pub delsp: bool,
}

/// Our letter of an encoding, as in the ids of part blobs.
pub fn encoding_letter(encoding: Encoding) -> char {
    match encoding {
        Encoding::Identity => 'n',
        Encoding::QuotedPrintable => 'q',
        Encoding::Base64 => 'b',
    }
}

/// The encoding of a letter.
pub fn letter_encoding(letter: char) -> Option<Encoding> {
    match letter {
        'n' => Some(Encoding::Identity),
        'q' => Some(Encoding::QuotedPrintable),
        'b' => Some(Encoding::Base64),
        _ => None,
    }
}

impl StoredPart {
    /// Whether it only holds other parts.
    pub fn is_multipart(&self) -> bool {
        self.kind.starts_with("multipart/")
    }

    /// The part as the parser knows it, over bytes that begin at its body.
    pub fn over_body(&self) -> Part {
        Part {
            body_start: 0,
            body_end: self.offsets.2 - self.offsets.1,
            encoding: letter_encoding(self.encoding).unwrap_or_default(),
            content_type: self.kind.clone(),
            charset: self.charset.clone(),
            name: self.name.clone(),
            disposition: self.disposition.clone(),
            cid: self.cid.clone(),
            size: self.size,
            flowed: self.flowed,
            delsp: self.delsp,
            ..Part::default()
        }
    }
}

impl From<&Part> for StoredPart {
    fn from(part: &Part) -> Self {
        Self {
            parent: part.parent,
            children: part.children.clone(),
            offsets: (part.header_start, part.body_start, part.body_end),
            encoding: encoding_letter(part.encoding),
            kind: part.content_type.clone(),
            charset: part.charset.clone(),
            name: part.name.clone(),
            disposition: part.disposition.clone(),
            cid: part.cid.clone(),
            language: part.language.clone(),
            location: part.location.clone(),
            size: part.size,
            flowed: part.flowed,
            delsp: part.delsp,
        }
    }
}

/// Addresses as they cross the network.
pub fn addresses(list: &Option<Vec<mail::address::Address>>) -> Option<Vec<Address>> {
    let address = |a: &mail::address::Address| Address { name: a.name.clone(), email: a.email.clone() };
    list.as_ref().map(|list| list.iter().map(address).collect())
}

fn return_path(parsed: &Parsed) -> Option<String> {
    let field = parsed.headers.iter().find(|field| field.name.eq_ignore_ascii_case("Return-Path"))?;
    let path = field.raw_value.trim().trim_start_matches('<').trim_end_matches('>').trim();
    (!path.is_empty()).then(|| path.to_owned())
}

impl From<&Parsed> for Structure {
    fn from(parsed: &Parsed) -> Self {
        Self {
            damaged: parsed.damaged.is_some(),
            sent: parsed.sent_at.map(|date| (date.unix_ms, date.offset_minutes)),
            from: addresses(&parsed.from),
            sender: addresses(&parsed.sender),
            reply_to: addresses(&parsed.reply_to),
            to: addresses(&parsed.to),
            cc: addresses(&parsed.cc),
            bcc: addresses(&parsed.bcc),
            subject: parsed.subject.clone(),
            message_id: parsed.message_id.clone(),
            in_reply_to: parsed.in_reply_to.clone(),
            references: parsed.references.clone(),
            preview: parsed.preview.clone(),
            parts: parsed.parts.iter().map(StoredPart::from).collect(),
            root: parsed.root,
            text: parsed.text_body.clone(),
            html: parsed.html_body.clone(),
            attachments: parsed.attachments.clone(),
            has_attachment: parsed.has_attachment,
            receipt_to: addresses(&parsed.disposition_notification_to).unwrap_or_default(),
            return_path: return_path(parsed),
            auto_submitted: parsed.auto_submitted.clone(),
            ends: super::receive::patients::ends(&parsed.headers),
        }
    }
}

impl Structure {
    /// The bytes that the store seals.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What the store gave back; a default when it is none of ours.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_else(|_| Self { damaged: true, ..Self::default() })
    }

    /// All recipients, Bcc included.
    pub fn recipients(&self) -> impl Iterator<Item = &Address> {
        [&self.to, &self.cc, &self.bcc].into_iter().flatten().flatten()
    }
}
