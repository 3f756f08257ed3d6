//! A tree of parts written as MIME (RFC 2045, RFC 2046), for drafts and for JMAP's `bodyStructure`.

use mail_builder::encoders::base64::Base64Encoder;
use mail_builder::encoders::quoted_printable::QuotedPrintableEncoder;

use super::BuildError;
use super::field::{self, HeaderValue};

/// What a part holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text, written as UTF-8 with CRLF line ends (JMAP's bodyValues).
    Text(String),
    /// Bytes, kept bit-identical (JMAP's blobs).
    Bytes(Vec<u8>),
    /// Parts of a multipart.
    Multi(Vec<NewPart>),
}

impl Default for Content {
    fn default() -> Self {
        Content::Text(String::new())
    }
}

/// A part to be written (EmailBodyPart of RFC 8621 §4.1.4).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewPart {
    /// `type/subtype`.
    pub content_type: String,
    /// Further fields of the part; a Content-Type, -Disposition, -ID, -Language
    /// or -Location among them takes the place of ours.
    pub headers: Vec<(String, HeaderValue)>,
    /// `inline`, `attachment` …
    pub disposition: Option<String>,
    /// Content-ID without brackets.
    pub cid: Option<String>,
    /// File name.
    pub name: Option<String>,
    /// Content-Language.
    pub language: Vec<String>,
    /// Content-Location.
    pub location: Option<String>,
    /// Further parameters of Content-Type (`report-type` …).
    pub params: Vec<(String, String)>,
    /// Charset of bytes of a text type; text content is always UTF-8.
    pub charset: Option<String>,
    /// What it holds.
    pub content: Content,
}

impl NewPart {
    /// A text part.
    pub fn text(content_type: &str, text: String) -> NewPart {
        NewPart { content_type: content_type.to_owned(), content: Content::Text(text), ..NewPart::default() }
    }

    /// A multipart.
    pub fn multi(content_type: &str, parts: Vec<NewPart>) -> NewPart {
        NewPart { content_type: content_type.to_owned(), content: Content::Multi(parts), ..NewPart::default() }
    }
}

/// Parts inside one another.
const MAX_DEPTH: usize = 30;

/// Writes `headers`, MIME-Version and the tree under `root`. Date, Message-ID
/// and From are the caller's business.
///
/// # Errors
/// The first field that cannot be written; Content-Transfer-Encoding is always ours.
pub fn build_tree(headers: Vec<(String, HeaderValue)>, root: NewPart) -> Result<Vec<u8>, BuildError> {
    let mut out = Vec::with_capacity(estimate(&root) + 2048);
    for (name, value) in &headers {
        if name.to_ascii_lowercase().starts_with("content-") {
            return Err(BuildError::new(name));
        }
        if !name.eq_ignore_ascii_case("mime-version") {
            field::write(&mut out, name, value)?;
        }
    }
    out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    let mut writer = TreeWriter { boundaries: 0, seed: fnv(&out), out };
    writer.part(&root, 0)?;
    Ok(writer.out)
}

fn estimate(part: &NewPart) -> usize {
    512 + match &part.content {
        Content::Text(text) => text.len() * 5 / 4,
        Content::Bytes(bytes) => bytes.len() * 3 / 2,
        Content::Multi(parts) => parts.iter().map(estimate).sum(),
    }
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

struct TreeWriter {
    out: Vec<u8>,
    boundaries: usize,
    seed: u64,
}

impl TreeWriter {
    fn part(&mut self, part: &NewPart, depth: usize) -> Result<(), BuildError> {
        if depth > MAX_DEPTH {
            return Err(BuildError::new("bodyStructure"));
        }
        let boundary = match &part.content {
            Content::Multi(_) => Some(self.boundary(part)),
            _ => None,
        };
        self.part_headers(part, boundary.as_deref())?;
        match &part.content {
            Content::Text(text) => self.text(text),
            Content::Bytes(bytes) => self.bytes(&part.content_type, bytes),
            Content::Multi(parts) => {
                self.out.extend_from_slice(b"\r\n");
                let boundary = boundary.unwrap_or_default();
                for child in parts {
                    self.out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
                    self.part(child, depth + 1)?;
                    self.out.extend_from_slice(b"\r\n");
                }
                self.out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
            }
        }
        Ok(())
    }

    fn part_headers(&mut self, part: &NewPart, boundary: Option<&str>) -> Result<(), BuildError> {
        let given = |name: &str| part.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        if given("content-transfer-encoding") || (boundary.is_some() && given("content-type")) {
            return Err(BuildError::new("Content-Transfer-Encoding"));
        }
        if !given("content-type") {
            let kind = if part.content_type.is_empty() { "application/octet-stream" } else { &part.content_type };
            if kind.starts_with("multipart/") != boundary.is_some() || kind.split('/').count() != 2 {
                return Err(BuildError::new("Content-Type"));
            }
            let mut params: Vec<(&str, &str)> = Vec::new();
            match &part.content {
                Content::Text(_) => params.push(("charset", "utf-8")),
                _ => params.extend(part.charset.as_deref().map(|c| ("charset", c))),
            }
            params.extend(part.name.as_deref().map(|n| ("name", n)));
            params.extend(part.params.iter().map(|(n, v)| (n.as_str(), v.as_str())));
            params.extend(boundary.map(|b| ("boundary", b)));
            field::write_structured(&mut self.out, "Content-Type", kind, &params)?;
        }
        let disposition = part.disposition.as_deref().or(part.name.as_ref().map(|_| "attachment"));
        if let Some(disposition) = disposition.filter(|_| !given("content-disposition")) {
            let params: Vec<(&str, &str)> = part.name.as_deref().map(|n| ("filename", n)).into_iter().collect();
            field::write_structured(&mut self.out, "Content-Disposition", disposition, &params)?;
        }
        if let Some(cid) = part.cid.as_ref().filter(|_| !given("content-id")) {
            field::write(&mut self.out, "Content-ID", &HeaderValue::MessageIds(vec![cid.clone()]))?;
        }
        if !part.language.is_empty() && !given("content-language") {
            field::write(&mut self.out, "Content-Language", &HeaderValue::Raw(part.language.join(", ")))?;
        }
        if let Some(location) = part.location.as_ref().filter(|_| !given("content-location")) {
            field::write(&mut self.out, "Content-Location", &HeaderValue::Text(location.clone()))?;
        }
        for (name, value) in &part.headers {
            field::write(&mut self.out, name, value)?;
        }
        Ok(())
    }

    /// `=_` stands in no base64 and no quoted-printable text (RFC 2045 §6.7);
    /// what is written as it is gets searched.
    fn boundary(&mut self, part: &NewPart) -> String {
        loop {
            self.boundaries += 1;
            let boundary = format!("=_pli_{}_{:016x}", self.boundaries, self.seed);
            if !holds(part, boundary.as_bytes()) {
                return boundary;
            }
        }
    }

    fn encoding(&mut self, name: &str) {
        self.out.extend_from_slice(format!("Content-Transfer-Encoding: {name}\r\n\r\n").as_bytes());
    }

    fn text(&mut self, text: &str) {
        let crlf = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
        let high = crlf.bytes().filter(|b| !b.is_ascii()).count();
        if is_7bit(crlf.as_bytes()) {
            self.encoding("7bit");
            self.out.extend_from_slice(crlf.as_bytes());
        } else if high * 3 > crlf.len() || crlf.contains('\0') {
            self.base64(crlf.as_bytes());
        } else {
            self.encoding("quoted-printable");
            QuotedPrintableEncoder::new().preserve_line_breaks().encode_into(crlf.as_bytes(), &mut self.out);
        }
    }

    fn bytes(&mut self, content_type: &str, bytes: &[u8]) {
        if content_type.starts_with("message/rfc822") || content_type.starts_with("message/global") {
            // A message is never encoded (RFC 2046 §5.2.1).
            self.encoding(if bytes.is_ascii() { "7bit" } else { "8bit" });
            self.out.extend_from_slice(bytes);
        } else if is_7bit(bytes) && ["text/", "message/"].iter().any(|t| content_type.starts_with(t)) {
            // The fields of reports are never encoded (RFC 3464 §2.1, RFC 8098 §3).
            self.encoding("7bit");
            self.out.extend_from_slice(bytes);
        } else {
            self.base64(bytes);
        }
    }

    fn base64(&mut self, bytes: &[u8]) {
        self.encoding("base64");
        Base64Encoder::new().wrap_lines().encode_into(bytes, &mut self.out);
    }
}

fn holds(part: &NewPart, boundary: &[u8]) -> bool {
    match &part.content {
        Content::Text(text) => memchr::memmem::find(text.as_bytes(), boundary).is_some(),
        Content::Bytes(bytes) => memchr::memmem::find(bytes, boundary).is_some(),
        Content::Multi(parts) => parts.iter().any(|p| holds(p, boundary)),
    }
}

/// Lines that every relay passes on unchanged: ASCII, CRLF, at most 200 bytes,
/// no blank at their end, none that begins with `From `.
fn is_7bit(bytes: &[u8]) -> bool {
    bytes.is_ascii()
        && bytes.split(|&b| b == b'\n').all(|line| line.len() <= 200 && !line.starts_with(b"From "))
        && !bytes.windows(2).any(|w| (w[1] == b'\n') != (w[0] == b'\r') || matches!(w, b" \r" | b"\t\r"))
        && !matches!(bytes, [b'\n', ..] | [.., b'\r' | b' ' | b'\t'])
        && !bytes.contains(&0)
}
