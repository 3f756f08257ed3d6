//! The text of a message as it arrives: after DATA, up to the one end of data
//! that counts, CRLF.CRLF (RFC 5321 §4.1.1.4), or in the chunks of BDAT (RFC 3030).
//!
//! A bare CR or LF never ends a line and never stays: the whole message is
//! refused, so that no relay can see two messages where we see one (§2.3.8).

use std::sync::Arc;

use bytes::{Buf, BytesMut};

use super::budget::{Budget, Reservation};

/// Why a message cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFault {
    /// A CR without LF or a LF without CR.
    BareLineEnd,
    /// A line beyond the limit.
    LongLine,
    /// More than the announced limit.
    TooLarge,
    /// No memory left for messages.
    NoRoom,
}

/// A message text being received. After a fault it keeps nothing more.
#[derive(Debug)]
pub struct Body {
    data: Vec<u8>,
    fault: Option<BodyFault>,
    seen: usize,
    after_cr: bool,
    line: usize,
    max_size: usize,
    max_line: usize,
    reservation: Reservation,
}

impl Body {
    /// A text that begins with `head` (our Received field, which counts for no limit).
    pub fn new(head: Vec<u8>, max_size: usize, max_line: usize, budget: &Arc<Budget>) -> Body {
        Body {
            data: head,
            fault: None,
            seen: 0,
            after_cr: false,
            line: 0,
            max_size,
            max_line,
            reservation: Reservation::new(budget),
        }
    }

    /// The first fault.
    pub fn fault(&self) -> Option<BodyFault> {
        self.fault
    }

    /// Octets given so far, kept or not.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// Adds octets of the text itself (dots already undone).
    pub fn push(&mut self, bytes: &[u8]) {
        self.seen = self.seen.saturating_add(bytes.len());
        if self.fault.is_some() {
            return;
        }
        if self.seen > self.max_size {
            return self.fail(BodyFault::TooLarge);
        }
        if let Err(fault) = self.scan(bytes) {
            return self.fail(fault);
        }
        let wanted = self.data.len() + bytes.len();
        if wanted > self.data.capacity() {
            // Grow by half, and count what is really taken.
            let capacity = wanted.max(self.data.capacity() * 3 / 2).max(8192).min(wanted.max(self.max_size));
            if !self.reservation.grow(capacity) {
                return self.fail(BodyFault::NoRoom);
            }
            self.data.reserve_exact(capacity - self.data.len());
        }
        self.data.extend_from_slice(bytes);
    }

    /// Ends the text: a lone CR at its end is a fault, a missing last CRLF is added.
    ///
    /// # Errors
    /// The first fault.
    pub fn finish(mut self) -> Result<(Vec<u8>, Reservation), BodyFault> {
        if self.after_cr {
            self.fail(BodyFault::BareLineEnd);
        }
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if self.line > 0 {
            self.data.extend_from_slice(b"\r\n");
        }
        Ok((self.data, self.reservation))
    }

    fn fail(&mut self, fault: BodyFault) {
        self.fault.get_or_insert(fault);
        self.data = Vec::new();
        self.reservation.clear();
    }

    fn scan(&mut self, bytes: &[u8]) -> Result<(), BodyFault> {
        let mut at = 0;
        while at < bytes.len() {
            if std::mem::take(&mut self.after_cr) {
                if bytes[at] != b'\n' {
                    return Err(BodyFault::BareLineEnd);
                }
                self.line = 0;
                at += 1;
                continue;
            }
            let next = memchr::memchr2(b'\r', b'\n', &bytes[at..]);
            let length = next.unwrap_or(bytes.len() - at);
            self.line += length;
            if self.line + 2 > self.max_line {
                return Err(BodyFault::LongLine);
            }
            at += length;
            match next.map(|_| bytes[at]) {
                Some(b'\r') => {
                    self.after_cr = true;
                    at += 1;
                }
                Some(_) => return Err(BodyFault::BareLineEnd),
                None => {}
            }
        }
        Ok(())
    }
}

/// Reads the text after DATA: undoes the dots, finds the end.
#[derive(Debug)]
pub struct DataReader {
    body: Body,
    /// The octets before are CRLF, or nothing.
    line_start: bool,
    /// The octet before is a CR.
    after_cr: bool,
}

impl DataReader {
    /// At the beginning of the text.
    pub fn new(body: Body) -> DataReader {
        DataReader { body, line_start: true, after_cr: false }
    }

    /// Takes from `input` what belongs to the text. True when the end of data was
    /// read; what follows it stays in `input`. False: more is needed.
    pub fn read(&mut self, input: &mut BytesMut) -> bool {
        while !input.is_empty() {
            if self.line_start && input[0] == b'.' {
                if input.starts_with(b".\r\n") {
                    input.advance(3);
                    return true;
                }
                if b".\r\n".starts_with(input) {
                    return false;
                }
                input.advance(1);
                self.line_start = false;
                continue;
            }
            let end = memchr::memchr(b'\n', input).map_or(input.len(), |at| at + 1);
            let piece = input.split_to(end);
            self.body.push(&piece);
            let crlf = piece.ends_with(b"\r\n") || (self.after_cr && *piece == *b"\n");
            self.line_start = crlf;
            self.after_cr = piece.last() == Some(&b'\r');
        }
        false
    }

    /// What was read.
    pub fn into_body(self) -> Body {
        self.body
    }

    /// Octets of text so far.
    pub fn seen(&self) -> usize {
        self.body.seen()
    }
}
