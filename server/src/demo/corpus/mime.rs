//! Mail as bytes: fields, encodings, trees of parts. Written apart from what
//! the product uses to write mail, so that the two can contradict each other.

use super::people::Person;

/// How text is turned into bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    Utf8,
    Latin1,
    Cp1252,
}

impl Charset {
    /// The name of the charset in a Content-Type field.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Latin1 => "iso-8859-1",
            Self::Cp1252 => "windows-1252",
        }
    }

    /// The bytes of a text; what the charset lacks is written with its letters.
    pub(super) fn encode(self, text: &str) -> Vec<u8> {
        if self == Self::Utf8 {
            return text.as_bytes().to_vec();
        }
        let mut out = Vec::with_capacity(text.len());
        for c in text.chars() {
            match (u32::from(c), c) {
                (code @ 0..=0x7F | code @ 0xA0..=0xFF, _) => out.push(u8::try_from(code).unwrap_or(b'?')),
                (_, '€' | '…' | 'Œ' | 'œ' | '’' | '‘' | '“' | '”' | '•' | '–' | '—') if self == Self::Cp1252 =>
                {
                    out.push(match c {
                        '€' => 0x80,
                        '…' => 0x85,
                        'Œ' => 0x8C,
                        '‘' => 0x91,
                        '’' => 0x92,
                        '“' => 0x93,
                        '”' => 0x94,
                        '•' => 0x95,
                        '–' => 0x96,
                        '—' => 0x97,
                        _ => 0x9C,
                    });
                }
                (_, '’' | '‘') => out.push(b'\''),
                (_, '–' | '—' | '−' | '•') => out.push(b'-'),
                (_, 'œ') => out.extend_from_slice(b"oe"),
                (_, '…') => out.extend_from_slice(b"..."),
                (_, '\u{202F}' | '\u{2009}') => out.push(b' '),
                (_, '“' | '”') => out.push(b'"'),
                _ => out.push(b'?'),
            }
        }
        out
    }
}

/// Base64 in lines of 76.
pub(super) fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |sextet: u8| ALPHABET[usize::from(sextet & 63)];
    let mut out = Vec::with_capacity(bytes.len() * 4 / 3 + bytes.len() / 28 + 8);
    for line in bytes.chunks(57) {
        for group in line.chunks(3) {
            match *group {
                [a, b, c] => {
                    out.extend_from_slice(&[letter(a >> 2), letter(a << 4 | b >> 4), letter(b << 2 | c >> 6), letter(c)])
                }
                [a, b] => out.extend_from_slice(&[letter(a >> 2), letter(a << 4 | b >> 4), letter(b << 2), b'=']),
                [a] => out.extend_from_slice(&[letter(a >> 2), letter(a << 4), b'=', b'=']),
                _ => {}
            }
        }
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Base64 read back, for the constants of this corpus; other bytes are skipped.
pub(super) fn from_base64(text: &str) -> Vec<u8> {
    let (mut out, mut bits, mut held) = (Vec::with_capacity(text.len() * 3 / 4), 0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xFF) as u8);
        }
    }
    out
}

/// Quoted-printable text (RFC 2045 §6.7); line ends become CRLF.
pub(super) fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(bytes.len() * 5 / 4);
    for line in bytes.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut width = 0;
        for (i, &byte) in line.iter().enumerate() {
            let last = i + 1 == line.len();
            let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~') || (matches!(byte, b' ' | b'\t') && !last);
            let cost = if plain { 1 } else { 3 };
            if width + cost > 75 {
                out.extend_from_slice(b"=\r\n");
                width = 0;
            }
            if plain {
                out.push(byte);
            } else {
                out.extend_from_slice(&[b'=', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            width += cost;
        }
        out.extend_from_slice(b"\r\n");
    }
    out.truncate(out.len().saturating_sub(2));
    out
}

/// Text as it stands, with CRLF.
pub(super) fn crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 40);
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
                out.extend_from_slice(b"\r\n");
            }
            None => out.extend_from_slice(line),
        }
    }
    out
}

/// Encoded words (RFC 2047) of at most 75 characters, or the text itself.
pub(super) fn words(text: &str, charset: Charset, q: bool) -> String {
    if text.is_ascii() && !text.contains("=?") {
        return fold_plain(text);
    }
    let mut out = String::new();
    let mut piece = String::new();
    let cost = |piece: &str| {
        if q {
            piece.chars().map(|c| if c.is_ascii_alphanumeric() { 1 } else { 3 * c.len_utf8() }).sum()
        } else {
            piece.len() * 4 / 3 + 3
        }
    };
    let mut flush = |piece: &mut String| {
        if piece.is_empty() {
            return;
        }
        if !out.is_empty() {
            out.push_str("\r\n ");
        }
        let bytes = charset.encode(piece);
        let coded = if q { q_word(&bytes) } else { text_of(base64(&bytes)).replace("\r\n", "") };
        out.push_str(&format!("=?{}?{}?{coded}?=", charset.name(), if q { 'Q' } else { 'B' }));
        piece.clear();
    };
    for c in text.chars() {
        piece.push(c);
        if cost(&piece) > 52 {
            piece.pop();
            flush(&mut piece);
            piece.push(c);
        }
    }
    flush(&mut piece);
    out
}

fn q_word(bytes: &[u8]) -> String {
    let mut out = String::new();
    for &byte in bytes {
        match byte {
            b' ' => out.push('_'),
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'!' | b'*' | b'+' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("={byte:02X}")),
        }
    }
    out
}

/// Folds plain ASCII at spaces before column 76.
fn fold_plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut width = 10;
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 && width + word.len() >= 75 && !word.is_empty() {
            out.push_str("\r\n ");
            width = 1;
        } else if i > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += word.len();
    }
    out
}

/// One address with its displayed name.
pub(super) fn address(name: &str, address: &str, charset: Charset, q: bool) -> String {
    if name.is_empty() {
        return address.to_owned();
    }
    if !name.is_ascii() {
        return format!("{}\r\n <{address}>", words(name, charset, q));
    }
    if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ' || b == b'-') {
        return format!("{name} <{address}>");
    }
    format!("\"{}\" <{address}>", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Addresses of people, one a line.
pub(super) fn addresses(people: &[&Person], charset: Charset, q: bool) -> String {
    let each: Vec<_> = people.iter().map(|p| address(&p.display(), p.address, charset, q)).collect();
    each.join(",\r\n ")
}

/// A parameter that names a file (RFC 2231 when it is not ASCII).
pub(super) fn file_name(param: &str, name: &str) -> String {
    if name.is_ascii() {
        return format!("{param}=\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    }
    let mut coded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            coded.push(char::from(byte));
        } else {
            coded.push_str(&format!("%{byte:02X}"));
        }
    }
    if coded.len() <= 60 {
        return format!("{param}*=utf-8''{coded}");
    }
    let mut out = Vec::new();
    let mut rest = coded.as_str();
    while !rest.is_empty() {
        let mut end = rest.len().min(50);
        // Never within a %XX.
        while end < rest.len() && (rest[..end].ends_with('%') || rest.as_bytes()[end - 2] == b'%') {
            end -= 1;
        }
        let head = if out.is_empty() { "utf-8''" } else { "" };
        out.push(format!("{param}*{}*={head}{}", out.len(), &rest[..end]));
        rest = &rest[end..];
    }
    out.join(";\r\n ")
}

/// Bytes known to be text.
pub(super) fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// A part of a message.
pub(super) enum Part {
    /// Fields (each ended by CRLF) and the body as it travels.
    Leaf { fields: String, body: Vec<u8> },
    /// Several parts: subtype with its parameters, boundary.
    Multi { kind: String, boundary: String, parts: Vec<Part> },
}

impl Part {
    /// Text in the given charset, quoted-printable, 8bit or base64.
    pub(super) fn text(kind: &str, text: &str, charset: Charset, encoding: Encoding) -> Self {
        let bytes = charset.encode(text);
        let (name, body) = match encoding {
            Encoding::Quoted => ("quoted-printable", quoted_printable(&bytes)),
            Encoding::Eight => ("8bit", crlf(&bytes)),
            Encoding::Base64 => ("base64", base64(&crlf(&bytes))),
        };
        let fields = format!("Content-Type: {kind}; charset={}\r\nContent-Transfer-Encoding: {name}\r\n", charset.name());
        Self::Leaf { fields, body }
    }

    /// A file, attached or (with a Content-ID) shown in place.
    pub(super) fn file(kind: &str, name: &str, cid: Option<&str>, bytes: &[u8]) -> Self {
        let mut fields =
            format!("Content-Type: {kind};\r\n {}\r\nContent-Transfer-Encoding: base64\r\n", file_name("name", name));
        let how = if cid.is_some() { "inline" } else { "attachment" };
        fields.push_str(&format!("Content-Disposition: {how};\r\n {}\r\n", file_name("filename", name)));
        if let Some(cid) = cid {
            fields.push_str(&format!("Content-ID: <{cid}>\r\n"));
        }
        Self::Leaf { fields, body: base64(bytes) }
    }

    /// A message within the message.
    pub(super) fn message(raw: Vec<u8>) -> Self {
        Self::Leaf { fields: "Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n".to_owned(), body: raw }
    }

    /// Several parts under one.
    pub(super) fn multi(kind: &str, salt: u64, parts: Vec<Part>) -> Self {
        let mark = kind.bytes().fold(salt, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01B3));
        Self::Multi { kind: kind.to_owned(), boundary: format!("=_{mark:016x}_pli"), parts }
    }

    /// Writes fields, an empty line and the body.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Leaf { fields, body } => {
                out.extend_from_slice(fields.as_bytes());
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(body);
            }
            Self::Multi { kind, boundary, parts } => {
                let head = format!("Content-Type: multipart/{kind};\r\n boundary=\"{boundary}\"\r\n");
                out.extend_from_slice(head.as_bytes());
                for part in parts {
                    out.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
                    part.write(out);
                }
                out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
            }
        }
    }
}

/// Content-Transfer-Encoding of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Quoted,
    Eight,
    Base64,
}
