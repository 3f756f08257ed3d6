//! Transfer and character decoding (RFC 2045 §6, RFC 2047, RFC 2231).
//!
//! Tolerant: whatever comes in, something readable comes out; the callers are
//! told when the bytes were not what the message said they were.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;

/// Content-Transfer-Encoding (RFC 2045 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// 7bit, 8bit, binary, or unknown: the bytes are the content.
    #[default]
    Identity,
    /// Quoted-printable.
    QuotedPrintable,
    /// Base64.
    Base64,
}

impl Encoding {
    /// Reads the value of a Content-Transfer-Encoding field; unknown names mean identity.
    pub fn from_header(value: &str) -> Encoding {
        let token = value.split(['(', ';']).next().unwrap_or("").trim();
        if token.eq_ignore_ascii_case("base64") {
            Encoding::Base64
        } else if token.eq_ignore_ascii_case("quoted-printable") {
            Encoding::QuotedPrintable
        } else {
            Encoding::Identity
        }
    }

    /// Decodes `bytes`; the result of the identity borrows.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Encoding::Identity => Cow::Borrowed(bytes),
            Encoding::QuotedPrintable => {
                let mut out = Vec::with_capacity(bytes.len());
                quoted_printable(bytes, &mut |b| out.extend_from_slice(b));
                Cow::Owned(out)
            }
            Encoding::Base64 => Cow::Owned(base64(bytes)),
        }
    }

    /// Number of octets that [`Encoding::decode`] would give, without keeping them.
    pub fn decoded_len(self, bytes: &[u8]) -> usize {
        match self {
            Encoding::Identity => bytes.len(),
            Encoding::QuotedPrintable => {
                let mut n = 0;
                quoted_printable(bytes, &mut |b| n += b.len());
                n
            }
            Encoding::Base64 => base64_len(bytes),
        }
    }
}

const SKIP: u8 = 0xFF;
const PAD: u8 = 0xFE;

const fn base64_table() -> [u8; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [SKIP; 256];
    let mut i = 0;
    while i < 64 {
        table[alphabet[i] as usize] = i as u8;
        i += 1;
    }
    table[b'=' as usize] = PAD;
    table
}

static BASE64: [u8; 256] = base64_table();

/// Decodes base64, ignoring what is not in the alphabet (RFC 2045 §6.8) and
/// going on after padding, since some senders join encoded pieces.
pub fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
    let (mut acc, mut n) = (0u32, 0u8);
    for &b in bytes {
        match BASE64[b as usize] {
            SKIP => {}
            PAD => {
                flush(&mut out, acc, n);
                (acc, n) = (0, 0);
            }
            v => {
                acc = acc << 6 | u32::from(v);
                n += 1;
                if n == 4 {
                    out.extend_from_slice(&[(acc >> 16) as u8, (acc >> 8) as u8, acc as u8]);
                    (acc, n) = (0, 0);
                }
            }
        }
    }
    flush(&mut out, acc, n);
    out
}

fn flush(out: &mut Vec<u8>, acc: u32, n: u8) {
    match n {
        2 => out.push((acc >> 4) as u8),
        3 => out.extend_from_slice(&[(acc >> 10) as u8, (acc >> 2) as u8]),
        _ => {}
    }
}

fn base64_len(bytes: &[u8]) -> usize {
    let (mut total, mut n) = (0usize, 0usize);
    for &b in bytes {
        match BASE64[b as usize] {
            SKIP => {}
            PAD => {
                total += [0, 0, 1, 2][n];
                n = 0;
            }
            _ => {
                n += 1;
                if n == 4 {
                    total += 3;
                    n = 0;
                }
            }
        }
    }
    total + [0, 0, 1, 2][n]
}

fn hex(b: u8) -> Option<u8> {
    (b as char).to_digit(16).map(|d| d as u8)
}

/// Decodes quoted-printable line by line: white space before a line end is
/// dropped, a bad escape stays as it is (RFC 2045 §6.7).
fn quoted_printable(bytes: &[u8], out: &mut dyn FnMut(&[u8])) {
    let mut at = 0;
    while at < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n + 1);
        let line = &bytes[at..end];
        let body_len = line.len() - line_end(line);
        let mut text = &line[..body_len];
        while let [rest @ .., b' ' | b'\t'] = text {
            text = rest;
        }
        let soft = text.last() == Some(&b'=');
        if soft {
            text = &text[..text.len() - 1];
        }
        while let Some(n) = memchr::memchr(b'=', text) {
            out(&text[..n]);
            match (text.get(n + 1).copied().and_then(hex), text.get(n + 2).copied().and_then(hex)) {
                (Some(a), Some(b)) => {
                    out(&[a << 4 | b]);
                    text = &text[n + 3..];
                }
                _ => {
                    out(b"=");
                    text = &text[n + 1..];
                }
            }
        }
        out(text);
        if !soft {
            out(&line[body_len..]);
        }
        at = end;
    }
}

/// Length of the line end (`\r\n`, `\n` or nothing) that closes `line`.
pub(crate) fn line_end(line: &[u8]) -> usize {
    match line {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    }
}

/// Text and whether its bytes were not what the charset promised
/// (`isEncodingProblem` of RFC 8621 §4.1.4).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextValue {
    /// The decoded text, with LF line ends.
    pub value: String,
    /// The charset was unknown or the bytes were malformed in it.
    pub is_encoding_problem: bool,
}

/// Decodes `bytes` in `charset` (a label of RFC 2978); without one, or with
/// US-ASCII, UTF-8 is tried first and Windows-1252 is the fallback.
pub fn charset(bytes: &[u8], charset: Option<&str>) -> TextValue {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let label = charset.map(|c| c.trim().trim_matches(['"', '\'']).to_ascii_lowercase()).unwrap_or_default();
    let is_default = matches!(label.as_str(), "" | "us-ascii" | "ascii" | "utf-8" | "utf8" | "unknown-8bit" | "default");
    if is_default {
        return match std::str::from_utf8(bytes) {
            Ok(text) => TextValue { value: text.to_owned(), is_encoding_problem: false },
            Err(_) if label.starts_with("utf") => {
                TextValue { value: String::from_utf8_lossy(bytes).into_owned(), is_encoding_problem: true }
            }
            Err(_) => TextValue { value: windows_1252(bytes), is_encoding_problem: true },
        };
    }
    match charset_decoder(label.as_bytes()) {
        Some(decode) => {
            let value = decode(bytes);
            let is_encoding_problem = value.contains('\u{FFFD}');
            TextValue { value, is_encoding_problem }
        }
        None => {
            let value = std::str::from_utf8(bytes).map_or_else(|_| windows_1252(bytes), str::to_owned);
            TextValue { value, is_encoding_problem: true }
        }
    }
}

/// UTF-8, or Windows-1252 where it is not: for raw header fields of careless senders.
pub(crate) fn lossless(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| windows_1252(bytes), str::to_owned)
}

fn windows_1252(bytes: &[u8]) -> String {
    match charset_decoder(b"windows-1252") {
        Some(decode) => decode(bytes),
        None => bytes.iter().map(|&b| char::from(b)).collect(),
    }
}

/// CRLF to LF (RFC 8621 §4.1.4, bodyValues).
pub(crate) fn to_lf(text: String) -> String {
    if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text }
}

/// One encoded word at the start of `text`: charset, bytes, length in `text`.
fn encoded_word(text: &str) -> Option<(&str, Vec<u8>, usize)> {
    let inner = text.strip_prefix("=?")?;
    let (label, rest) = inner.split_once('?')?;
    let (kind, rest) = rest.split_once('?')?;
    let end = rest.find("?=")?;
    let data = &rest[..end];
    if label.is_empty() || label.contains(char::is_whitespace) || kind.len() != 1 || data.contains('\n') {
        return None;
    }
    let bytes = match kind {
        "b" | "B" => base64(data.as_bytes()),
        "q" | "Q" => {
            let spaced = data.replace('_', "=20");
            let mut out = Vec::with_capacity(spaced.len());
            quoted_printable(spaced.as_bytes(), &mut |b| out.extend_from_slice(b));
            // A word ending in white space keeps it: trailing blanks were written as escapes.
            out
        }
        _ => return None,
    };
    let len = text.len() - rest.len() + end + 2;
    Some((label.split('*').next().unwrap_or(label), bytes, len))
}

/// Decodes the encoded words of an unfolded header text (RFC 2047 §6). Words
/// that touch are joined before their charset is applied, since many senders
/// cut a character in two.
pub fn words(text: &str) -> String {
    if !text.contains("=?") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut pending: Option<(String, Vec<u8>)> = None;
    let mut rest = text;
    while let Some(at) = rest.find("=?") {
        let Some((label, bytes, len)) = encoded_word(&rest[at..]) else {
            flush_word(&mut out, &mut pending);
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        let between = &rest[..at];
        if pending.is_none() || !between.trim().is_empty() {
            flush_word(&mut out, &mut pending);
            out.push_str(between);
        }
        match &mut pending {
            Some((old, all)) if old.eq_ignore_ascii_case(label) => all.extend_from_slice(&bytes),
            _ => {
                flush_word(&mut out, &mut pending);
                pending = Some((label.to_owned(), bytes));
            }
        }
        rest = &rest[at + len..];
    }
    flush_word(&mut out, &mut pending);
    out.push_str(rest);
    out
}

fn flush_word(out: &mut String, pending: &mut Option<(String, Vec<u8>)>) {
    if let Some((label, bytes)) = pending.take() {
        out.push_str(&charset(&bytes, Some(&label)).value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_tolerant_and_counts() {
        for (input, want) in [
            (&b"YWJj\r\nZGVm"[..], &b"abcdef"[..]),
            (b"YQ==YmM=", b"abc"),
            (b"Y W\tJ!j", b"abc"),
            (b"YWI", b"ab"),
            (b"A", b""),
            (b"", b""),
        ] {
            assert_eq!(base64(input), want);
            assert_eq!(Encoding::Base64.decoded_len(input), want.len());
        }
    }

    #[test]
    fn quoted_printable_follows_the_rfc() {
        for (input, want) in [
            (&b"d=C3=A9j=C3=A0  \r\nvu=\r\n ici"[..], "déjà\r\nvu ici".as_bytes()),
            (b"a = b =ZZ", b"a = b =ZZ"),
            (b"x=\n", b"x"),
            (b"3=", b"3"),
        ] {
            assert_eq!(&*Encoding::QuotedPrintable.decode(input), want);
            assert_eq!(Encoding::QuotedPrintable.decoded_len(input), want.len());
        }
    }

    #[test]
    fn encoded_words() {
        assert_eq!(words("=?utf-8?B?w6k=?= =?utf-8?Q?t=C3=A9?="), "été");
        assert_eq!(words("=?UTF-8?Q?=C3?= =?UTF-8?Q?=A9?="), "é", "a character cut in two");
        assert_eq!(words("=?iso-8859-1?Q?R=E9sultats_de?= M. =?utf-8?q?X?="), "Résultats de M. X");
        assert_eq!(words("a =?b c"), "a =?b c");
        assert_eq!(words("=?utf-8?Q?a_?= b"), "a  b");
    }

    #[test]
    fn charsets() {
        assert_eq!(charset(b"\xE9", Some("iso-8859-1")).value, "é");
        assert_eq!(charset(b"\x80", Some("windows-1252")).value, "€");
        let odd = charset(b"\xE9t\xE9", None);
        assert_eq!((odd.value.as_str(), odd.is_encoding_problem), ("été", true));
        assert!(charset("é".as_bytes(), Some("klingon")).is_encoding_problem);
        assert!(!charset("é".as_bytes(), Some("us-ascii")).is_encoding_problem);
    }
}
