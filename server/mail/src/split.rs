//! Mailbox files (RFC 4155 and the mboxo, mboxrd, mboxcl habits): one message after the other.

use std::io::{self, BufRead};

/// A message of a mailbox file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MboxMessage {
    /// Where its `From ` line begins in the file.
    pub offset: u64,
    /// Its bytes, the `>From ` escapes undone.
    pub raw: Vec<u8>,
    /// The date of the `From ` line as written (ctime form), if any.
    pub from_line_date: Option<String>,
}

/// Reads the messages of a mailbox file one by one.
pub struct MboxSplitter<R> {
    input: R,
    offset: u64,
    /// The `From ` line read ahead, with its offset.
    next_from: Option<(u64, Vec<u8>)>,
    started: bool,
    max_size: usize,
}

impl<R: BufRead> MboxSplitter<R> {
    /// Splits `input`; of a message longer than `max_size` bytes only the first `max_size` are kept.
    pub fn new(input: R, max_size: usize) -> Self {
        MboxSplitter { input, offset: 0, next_from: None, started: false, max_size }
    }

    fn line(&mut self, line: &mut Vec<u8>) -> io::Result<u64> {
        let at = self.offset;
        line.clear();
        self.offset += self.input.read_until(b'\n', line)? as u64;
        Ok(at)
    }

    /// Skips to the first `From ` line; what stands before it is a message of its own if it is not blank.
    fn message(&mut self) -> io::Result<Option<MboxMessage>> {
        let mut raw = Vec::new();
        let mut line = Vec::new();
        let (offset, from) = match self.next_from.take() {
            Some((offset, from)) => (offset, Some(from)),
            None if self.started => return Ok(None),
            None => (0, None),
        };
        self.started = true;
        let mut after_blank = true;
        let mut in_header = true;
        let mut content_left: Option<usize> = None;
        let has_from = from.is_some();
        loop {
            let at = self.line(&mut line)?;
            if line.is_empty() {
                break;
            }
            // Lengths are often stale: they protect prose, never a line with a whole date.
            let claimed = content_left.is_some_and(|left| left > 0);
            let strict = is_from_line(&line) && strict_date(&line);
            if (strict && (after_blank || !in_header)) || (!claimed && after_blank && is_from_line(&line)) {
                let first = !has_from && raw.iter().all(u8::is_ascii_whitespace);
                if first {
                    self.next_from = Some((at, std::mem::take(&mut line)));
                    return self.message();
                }
                self.next_from = Some((at, std::mem::take(&mut line)));
                break;
            }
            if let Some(left) = &mut content_left {
                *left = left.saturating_sub(line.len());
            }
            let blank = matches!(line.as_slice(), b"\n" | b"\r\n");
            if in_header && blank {
                in_header = false;
                content_left = content_length(&raw);
            }
            after_blank = blank;
            let escaped = line.iter().take_while(|&&b| b == b'>').count();
            let line = if escaped > 0 && line[escaped..].starts_with(b"From ") { &line[1..] } else { &line[..] };
            let room = self.max_size.saturating_sub(raw.len());
            raw.extend_from_slice(&line[..line.len().min(room)]);
        }
        if !has_from && raw.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        drop_separator(&mut raw);
        let from_line_date = from.as_deref().and_then(date_of);
        Ok(Some(MboxMessage { offset, raw, from_line_date }))
    }
}

impl<R: BufRead> Iterator for MboxSplitter<R> {
    type Item = io::Result<MboxMessage>;

    fn next(&mut self) -> Option<Self::Item> {
        self.message().transpose()
    }
}

/// The empty line before the next `From ` line belongs to the file, not to the message.
fn drop_separator(raw: &mut Vec<u8>) {
    if raw.ends_with(b"\r\n\r\n") {
        raw.truncate(raw.len() - 2);
    } else if raw.ends_with(b"\n\n") {
        raw.truncate(raw.len() - 1);
    }
}

/// `From someone date`: a year or a time must stand in it, so that prose is not cut.
fn is_from_line(line: &[u8]) -> bool {
    line.strip_prefix(b"From ").is_some_and(|rest| {
        let text = String::from_utf8_lossy(rest);
        let mut words = text.split_whitespace();
        words.next().is_some() && words.any(|w| is_time(w) || is_year(w))
    })
}

/// The whole ctime date: needed where no blank line comes before.
fn strict_date(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let words: Vec<&str> = text.split_whitespace().collect();
    let day = words.iter().position(|w| ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(w));
    day.is_some_and(|d| {
        (2..4).contains(&d) && words[d..].iter().any(|w| is_time(w)) && words[d..].iter().any(|w| is_year(w))
    })
}

fn is_time(word: &str) -> bool {
    let mut n = 0;
    word.split(':').all(|p| {
        n += 1;
        (1..=2).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit())
    }) && (2..=3).contains(&n)
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && word.parse::<u16>().is_ok_and(|y| (1970..2200).contains(&y))
}

fn date_of(line: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(line);
    let (_, date) = text.trim_end().strip_prefix("From ")?.trim_start().split_once(' ')?;
    Some(date.trim().to_owned()).filter(|d| !d.is_empty())
}

/// Content-Length of the header block (mboxcl); used only to protect `From ` lines inside.
fn content_length(headers: &[u8]) -> Option<usize> {
    headers.split(|&b| b == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(15)?;
        name.eq_ignore_ascii_case(b"content-length:").then(|| std::str::from_utf8(value).ok()?.trim().parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(u64, String)> {
        MboxSplitter::new(text.as_bytes(), 1 << 20)
            .map(|m| m.map(|m| (m.offset, String::from_utf8(m.raw).unwrap())).unwrap())
            .collect()
    }

    #[test]
    fn messages_and_escapes() {
        let one = "From a@b Thu Jan  1 00:00:00 2015\nSubject: x\n\n>From here\n>>From there\nFrom prose to verse\n\n";
        let two = "From - Mon Feb 02 10:00:00 2015\r\nSubject: y\r\n\r\nz\r\n";
        let got = split(&format!("{one}{two}"));
        assert_eq!(got.len(), 2);
        assert_eq!(got[0], (0, "Subject: x\n\nFrom here\n>From there\nFrom prose to verse\n".into()));
        assert_eq!(got[1], (one.len() as u64, "Subject: y\r\n\r\nz\r\n".into()));
    }

    #[test]
    fn odd_files() {
        assert_eq!(split(""), []);
        assert_eq!(split("\n\n"), []);
        assert_eq!(split("Subject: alone\n\nx\n"), [(0, "Subject: alone\n\nx\n".into())]);
        assert_eq!(split("\nFrom a Thu Jan  1 00:00:00 2015\nS: x\n\n"), [(1, "S: x\n".into())]);
        assert_eq!(split("From a Thu Jan  1 00:00:00 2015\nS: x\n\ny\nFrom b Thu Jan  1 00:00:00 2015\nS: z\n").len(), 2);
    }

    #[test]
    fn the_date_of_the_line() {
        let got = MboxSplitter::new(&b"From a@b Thu Jan  1 00:00:00 2015\nS: x\n"[..], 100).next().unwrap().unwrap();
        assert_eq!(got.from_line_date.as_deref(), Some("Thu Jan  1 00:00:00 2015"));
    }
}
