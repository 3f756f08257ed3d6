//! The MIME walk (RFC 2045, RFC 2046 §5.1): one pass over the lines with a
//! stack of open boundaries, so its cost does not depend on how parts nest.

use super::{Part, Reason};
use crate::decode::{self, Encoding};
use crate::header::{self, Header, Structured};
use crate::limits::Limits;

/// What the walk found.
pub(super) struct Outcome {
    pub damaged: Option<Reason>,
    pub headers: Vec<Header>,
    pub parts: Vec<Part>,
}

/// Takes `raw` apart.
pub(super) fn walk(raw: &[u8], limits: &Limits) -> Outcome {
    let mut walker = Walker { raw, limits, parts: Vec::new(), open: Vec::new(), at: skip_from_line(raw) };
    let result = if raw.len() > limits.max_size { Err(Reason::TooLarge) } else { walker.run() };
    let mut parts = walker.parts;
    match result {
        Ok(()) => {
            parts.iter_mut().for_each(|p| p.size = p.encoding.decoded_len(&raw[p.body_range()]));
            let headers = parts.first().map(|p| p.headers.clone()).unwrap_or_default();
            Outcome { damaged: None, headers, parts }
        }
        Err(reason) => {
            let whole = Part {
                part_id: "0".into(),
                body_end: raw.len(),
                content_type: "text/plain".into(),
                charset: Some("us-ascii".into()),
                size: raw.len(),
                ..Part::default()
            };
            Outcome { damaged: Some(reason), headers: head(raw, limits), parts: vec![whole] }
        }
    }
}

/// The header block alone, as far as the limits go.
pub(super) fn head(raw: &[u8], limits: &Limits) -> Vec<Header> {
    let start = skip_from_line(raw);
    let end = raw.len().min(start.saturating_add(limits.max_header_bytes));
    let lenient = Limits { max_header_bytes: usize::MAX, ..*limits };
    read_headers(&raw[..end], start, &[], &lenient).0
}

/// A mailbox file's `From ` line at the top is not part of the message.
fn skip_from_line(raw: &[u8]) -> usize {
    if raw.starts_with(b"From ") || raw.starts_with(b">From ") { line_stop(raw, 0) } else { 0 }
}

fn line_stop(raw: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |n| at + n + 1)
}

/// How a header block ended.
#[derive(PartialEq, Eq)]
enum BlockEnd {
    /// At an empty line, at junk (which belongs to the body) or at the end of the message.
    Body,
    /// At a boundary line of an enclosing multipart.
    Boundary,
    /// Beyond the limits.
    TooMany,
}

/// Reads fields from `at`; returns them and where the body begins.
fn read_headers(raw: &[u8], mut at: usize, open: &[Open], limits: &Limits) -> (Vec<Header>, usize, BlockEnd) {
    let start = at;
    let mut headers: Vec<Header> = Vec::new();
    while at < raw.len() {
        let mut stop = line_stop(raw, at);
        let line = &raw[at..stop];
        let text = &line[..line.len() - decode::line_end(line)];
        if text.is_empty() {
            return (headers, stop, BlockEnd::Body);
        }
        if find_boundary(open, text).is_some() {
            return (headers, at, BlockEnd::Boundary);
        }
        let Some(colon) = field_name(text) else {
            return (headers, at, BlockEnd::Body);
        };
        while matches!(raw.get(stop), Some(b' ' | b'\t')) {
            stop = line_stop(raw, stop);
        }
        if headers.len() >= limits.max_headers || stop - start > limits.max_header_bytes {
            return (headers, at, BlockEnd::TooMany);
        }
        let value = &raw[at + colon + 1..stop];
        let value = &value[..value.len() - decode::line_end(value)];
        let name = String::from_utf8_lossy(&text[..colon]).trim_end().to_owned();
        headers.push(Header { name, raw_value: decode::lossless(value) });
        at = stop;
    }
    (headers, at, BlockEnd::Body)
}

/// Position of the colon if `line` begins with a field name (RFC 5322 §3.6.8, blanks before the colon allowed).
fn field_name(line: &[u8]) -> Option<usize> {
    let colon = memchr::memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    (!name.is_empty() && name.iter().all(|b| (33..=126).contains(b))).then_some(colon)
}

/// A multipart whose closing delimiter has not been seen.
struct Open {
    part: usize,
    boundary: Vec<u8>,
}

/// The innermost open boundary that `line` is a delimiter of, and whether it closes it.
fn find_boundary(open: &[Open], line: &[u8]) -> Option<(usize, bool)> {
    let rest = line.strip_prefix(b"--")?;
    let rest = rest.trim_ascii_end();
    open.iter().enumerate().rev().find_map(|(i, o)| match rest.strip_prefix(o.boundary.as_slice())? {
        b"" => Some((i, false)),
        b"--" => Some((i, true)),
        _ => None,
    })
}

struct Walker<'a> {
    raw: &'a [u8],
    limits: &'a Limits,
    parts: Vec<Part>,
    open: Vec<Open>,
    at: usize,
}

impl Walker<'_> {
    fn run(&mut self) -> Result<(), Reason> {
        if self.raw.is_empty() {
            return Err(Reason::Empty);
        }
        let mut current = self.entity(None)?;
        if self.parts[0].headers.is_empty() {
            return Err(Reason::NoHeaders);
        }
        while let Some((level, closing, line_start)) = self.next_delimiter() {
            let end = self.before_line_end(line_start);
            self.close(current, end);
            while self.open.len() > level + 1 {
                if let Some(inner) = self.open.pop() {
                    self.close(inner.part, end);
                }
            }
            let parent = self.open[level].part;
            current = parent;
            if closing {
                self.open.pop();
            } else {
                current = self.entity(Some(parent))?;
            }
        }
        self.close(current, self.raw.len());
        while let Some(rest) = self.open.pop() {
            self.close(rest.part, self.raw.len());
        }
        Ok(())
    }

    /// The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
    fn before_line_end(&self, line_start: usize) -> usize {
        line_start - decode::line_end(&self.raw[..line_start])
    }

    fn close(&mut self, index: usize, end: usize) {
        let part = &mut self.parts[index];
        part.body_end = end.max(part.body_start);
    }

    /// Goes to the line after the next delimiter of an open multipart.
    fn next_delimiter(&mut self) -> Option<(usize, bool, usize)> {
        if self.open.is_empty() {
            return None;
        }
        while self.at < self.raw.len() {
            let start = self.at;
            if self.raw[start..].starts_with(b"--") {
                self.at = line_stop(self.raw, start);
                let line = &self.raw[start..self.at];
                let text = &line[..line.len() - decode::line_end(line)];
                if let Some((level, closing)) = find_boundary(&self.open, text) {
                    return Some((level, closing, start));
                }
            } else {
                self.at = memchr::memmem::find(&self.raw[start..], b"\n--").map_or(self.raw.len(), |n| start + n + 1);
            }
        }
        None
    }

    /// Reads the header block of the entity at hand and adds its part.
    fn entity(&mut self, parent: Option<usize>) -> Result<usize, Reason> {
        if self.parts.len() >= self.limits.max_parts {
            return Err(Reason::TooManyParts);
        }
        let header_start = self.at;
        let (headers, body_start, end) = read_headers(self.raw, self.at, &self.open, self.limits);
        if end == BlockEnd::TooMany {
            return Err(Reason::TooManyHeaders);
        }
        self.at = body_start;
        let digest = parent.is_some_and(|p| self.parts[p].content_type == "multipart/digest");
        let index = self.parts.len();
        let (mut part, boundary) = describe(headers, digest, self.limits.max_params);
        part.part_id = index.to_string();
        part.parent = parent;
        part.header_start = header_start;
        part.body_start = body_start;
        part.body_end = body_start;
        if let Some(boundary) = boundary {
            if self.open.len() >= self.limits.max_depth {
                return Err(Reason::TooDeep);
            }
            self.open.push(Open { part: index, boundary });
        }
        self.parts.push(part);
        if let Some(parent) = parent {
            self.parts[parent].children.push(index);
        }
        Ok(index)
    }
}

/// Reads the MIME fields of an entity; the boundary if it is a multipart.
fn describe(headers: Vec<Header>, digest: bool, max_params: usize) -> (Part, Option<Vec<u8>>) {
    let field = |name: &str| headers.iter().rev().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.raw_value.as_str());
    let ct = field("content-type").map(|v| Structured::parse(v, max_params)).unwrap_or_default();
    let cd = field("content-disposition").map(|v| Structured::parse(v, max_params)).unwrap_or_default();
    let mut content_type = match ct.value.as_str() {
        "" if digest => "message/rfc822".to_owned(),
        "" | "text" => "text/plain".to_owned(),
        value if !value.contains('/') => "application/octet-stream".to_owned(),
        value => value.to_owned(),
    };
    let mut boundary = None;
    if content_type.starts_with("multipart/") {
        boundary = ct.param("boundary").map(|b| b.trim_end().as_bytes().to_vec()).filter(|b| !b.is_empty());
        if boundary.is_none() {
            // Without a boundary there is nothing to take apart (RFC 2046 §5.1.1).
            content_type = "text/plain".to_owned();
        }
    }
    let encoding = match field("content-transfer-encoding") {
        // Composite parts are never encoded (RFC 2045 §6.4).
        Some(value) if boundary.is_none() => Encoding::from_header(value),
        _ => Encoding::Identity,
    };
    let charset = match ct.param("charset").map(str::trim).filter(|c| !c.is_empty()) {
        Some(charset) => Some(charset.to_owned()),
        None => content_type.starts_with("text/").then(|| "us-ascii".to_owned()),
    };
    let name = cd.param("filename").or_else(|| ct.param("name")).map(clean_file_name).filter(|n| !n.is_empty());
    let part = Part {
        encoding,
        charset,
        name,
        disposition: Some(cd.value.clone()).filter(|d| !d.is_empty()),
        cid: field("content-id").and_then(|v| {
            header::message_ids(v).into_iter().next().or_else(|| Some(header::text(v)).filter(|c| !c.is_empty()))
        }),
        language: field("content-language")
            .map(|v| header::unfold(v).split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()),
        location: field("content-location").map(header::text).filter(|l| !l.is_empty()),
        flowed: ct.param("format").is_some_and(|f| f.eq_ignore_ascii_case("flowed")),
        delsp: ct.param("delsp").is_some_and(|d| d.eq_ignore_ascii_case("yes")),
        content_type,
        headers,
        ..Part::default()
    };
    (part, boundary)
}

/// Folders, controls and turning characters have no place in a file name.
fn clean_file_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    base.chars().filter(|&c| !c.is_control() && !crate::address::is_invisible(c)).collect::<String>().trim().to_owned()
}
