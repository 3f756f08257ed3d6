//! Replies (RFC 5321 §4.2) with enhanced status codes (RFC 2034, RFC 3463), made and read.

use std::fmt;

use bytes::{Buf, BytesMut};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// Octets of one reply line that we read; RFC 5321 §4.5.3.1.5 allows 512, some send more.
const MAX_LINE: usize = 4096;
/// Lines of one reply.
const MAX_LINES: usize = 100;
/// Octets of text in a line that we write.
const WRAP: usize = 400;

/// An enhanced status code (RFC 3463 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Enhanced {
    /// 2 success, 4 transient, 5 permanent.
    pub class: u8,
    /// 1 addressing, 2 mailbox, 3 system, 4 routing, 5 protocol, 6 content, 7 security.
    pub subject: u16,
    /// Within the subject.
    pub detail: u16,
}

impl Enhanced {
    /// `Enhanced::new(5, 1, 1)` is `5.1.1`.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Enhanced {
        Enhanced { class, subject, detail }
    }

    /// Reads `5.1.1`.
    pub fn parse(text: &str) -> Option<Enhanced> {
        let mut numbers = text.split('.');
        let class = numbers.next().filter(|c| matches!(*c, "2" | "4" | "5"))?.parse().ok()?;
        let mut number = || {
            let n = numbers.next()?;
            (!n.is_empty() && n.len() <= 3 && n.bytes().all(|b| b.is_ascii_digit())).then(|| n.parse().ok())?
        };
        let (subject, detail) = (number()?, number()?);
        numbers.next().is_none().then_some(Enhanced { class, subject, detail })
    }
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// The enhanced code, when there is one.
    pub enhanced: Option<Enhanced>,
    /// The text, line by line, without the codes.
    pub lines: Vec<String>,
}

impl Reply {
    /// A reply of one line with an enhanced code whose class is the code's first digit.
    pub fn new(code: u16, (subject, detail): (u16, u16), text: impl Into<String>) -> Reply {
        let class = u8::try_from(code / 100).unwrap_or(5);
        Reply { code, enhanced: Some(Enhanced { class, subject, detail }), lines: vec![text.into()] }
    }

    /// A reply without an enhanced code: greeting, EHLO, 354 (RFC 2034 §4).
    pub fn plain(code: u16, lines: Vec<String>) -> Reply {
        Reply { code, enhanced: None, lines }
    }

    /// 2xx or 3xx.
    pub fn is_positive(&self) -> bool {
        matches!(self.code / 100, 2 | 3)
    }

    /// 4xx.
    pub fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }

    /// 5xx.
    pub fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }

    /// The lines as one text.
    pub fn text(&self) -> String {
        self.lines.join(" ")
    }

    /// The reply as it goes out: ASCII (accents dropped, RFC 6531 §3.7.4.2), no control
    /// characters, long texts as several lines.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut lines: Vec<String> = self.lines.iter().flat_map(|line| wrap(&ascii(line))).collect();
        if lines.is_empty() {
            lines.push("OK".to_owned());
        }
        let last = lines.len() - 1;
        let mut out = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let separator = if index == last { ' ' } else { '-' };
            out.extend_from_slice(format!("{:03}{separator}", self.code).as_bytes());
            if let Some(enhanced) = self.enhanced {
                out.extend_from_slice(format!("{enhanced} ").as_bytes());
            }
            out.extend_from_slice(line.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        write!(f, " {}", self.text())
    }
}

fn ascii(text: &str) -> String {
    text.nfkd()
        .filter_map(|c| match c {
            '’' | '‘' => Some('\''),
            '«' | '»' | '“' | '”' => Some('"'),
            '–' | '—' => Some('-'),
            c if c.is_ascii_graphic() || c == ' ' => Some(c),
            c if c.is_whitespace() => Some(' '),
            c if c.is_ascii() => None,
            '\u{300}'..='\u{36f}' => None,
            _ => Some('?'),
        })
        .collect()
}

fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        for piece in word.as_bytes().chunks(WRAP) {
            let piece = String::from_utf8_lossy(piece);
            if lines.last().is_some_and(|l| l.len() + piece.len() > WRAP) {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                line.push_str(&piece);
            }
        }
    }
    lines
}

/// What a peer sent is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the answer is not an SMTP reply")]
pub struct ReplyError;

/// Reads replies from a stream of bytes.
#[derive(Debug, Default)]
pub struct ReplyReader {
    code: u16,
    enhanced: Option<Enhanced>,
    lines: Vec<String>,
}

impl ReplyReader {
    /// Takes a whole reply out of `input`, or nothing when more bytes are needed.
    ///
    /// # Errors
    /// [`ReplyError`] when the bytes cannot be a reply, or are beyond all bounds.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Option<Reply>, ReplyError> {
        while let Some(end) = memchr::memchr(b'\n', input) {
            if end > MAX_LINE || self.lines.len() == MAX_LINES {
                return Err(ReplyError);
            }
            let last = self.line(&input[..end])?;
            input.advance(end + 1);
            if last {
                let ReplyReader { code, enhanced, lines } = std::mem::take(self);
                return Ok(Some(Reply { code, enhanced, lines }));
            }
        }
        if input.len() > MAX_LINE { Err(ReplyError) } else { Ok(None) }
    }

    fn line(&mut self, line: &[u8]) -> Result<bool, ReplyError> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (code, rest) = line.split_at_checked(3).ok_or(ReplyError)?;
        let code = std::str::from_utf8(code).ok().filter(|c| c.bytes().all(|b| b.is_ascii_digit()));
        let code: u16 = code.and_then(|c| c.parse().ok()).filter(|c| (200..600).contains(c)).ok_or(ReplyError)?;
        if !self.lines.is_empty() && code != self.code {
            return Err(ReplyError);
        }
        self.code = code;
        let last = match rest.first() {
            None | Some(b' ') => true,
            Some(b'-') => false,
            Some(_) => return Err(ReplyError),
        };
        let text = String::from_utf8_lossy(rest.get(1..).unwrap_or_default());
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let (first, after) = text.split_once(' ').unwrap_or((&text, ""));
        let enhanced = Enhanced::parse(first).filter(|e| u16::from(e.class) == code / 100);
        if let Some(enhanced) = enhanced {
            self.enhanced.get_or_insert(enhanced);
        }
        self.lines.push(if enhanced.is_some() { after.trim().to_owned() } else { text.trim().to_owned() });
        Ok(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_back() {
        let long = "refusé : « l’échange est clos ». ".repeat(40);
        for reply in [
            Reply::new(250, (0, 0), "fait"),
            Reply::new(550, (7, 1), long),
            Reply::plain(250, vec!["a.example".into(), "SIZE 1".into(), "8BITMIME".into()]),
        ] {
            let mut bytes = BytesMut::from(reply.to_bytes().as_slice());
            assert!(bytes.is_ascii());
            assert!(bytes[..].split(|&b| b == b'\n').all(|l| l.len() <= 511));
            let read = ReplyReader::default().next(&mut bytes).unwrap().unwrap();
            assert_eq!((read.code, read.enhanced), (reply.code, reply.enhanced));
            assert!(bytes.is_empty());
        }
        assert_eq!(Reply::new(550, (1, 1), "à\r\n250 OK").to_bytes(), b"550 5.1.1 a  250 OK\r\n");
    }

    #[test]
    fn what_is_no_reply() {
        for bad in ["hello\r\n", "25\r\n", "250-a\r\n251 b\r\n", "999 x\r\n", "250xy\r\n", "\r\n"] {
            assert_eq!(ReplyReader::default().next(&mut BytesMut::from(bad)), Err(ReplyError), "{bad:?}");
        }
        assert_eq!(ReplyReader::default().next(&mut BytesMut::from("250-a\r\n250 b")), Ok(None));
        assert!(ReplyReader::default().next(&mut BytesMut::from("2".repeat(9000).as_str())).is_err());
        assert!(ReplyReader::default().next(&mut BytesMut::from("250-a\n".repeat(500).as_str())).is_err());
        assert_eq!(Enhanced::parse("5.1.1"), Some(Enhanced::new(5, 1, 1)));
        assert!(
            ["5.1", "6.1.1", "5.1.1.1", "5..1", "5.1.1000", "+5.1.1", "5.+1.1"].iter().all(|t| Enhanced::parse(t).is_none())
        );
    }
}
