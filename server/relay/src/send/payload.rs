//! The text of a message on the wire: CRLF, dots doubled, and what it needs of the host.

use bytes::Bytes;

/// A message prepared for the wire.
#[derive(Debug, Clone)]
pub struct Payload {
    /// The text with CRLF line ends and doubled dots, the end of data not included.
    pub wire: Bytes,
    /// Its size as SIZE counts it (RFC 1870 §5: without doubled dots).
    pub size: usize,
    /// It has octets beyond ASCII in its header: needs SMTPUTF8.
    pub utf8_header: bool,
    /// It has octets beyond ASCII anywhere: needs 8BITMIME.
    pub eight_bit: bool,
}

impl Payload {
    /// Prepares a message.
    pub fn new(message: &[u8]) -> Payload {
        let (wire, size) = stuff(message);
        let header = memchr::memmem::find(&wire, b"\r\n\r\n").map_or(&wire[..], |end| &wire[..end]);
        let utf8_header = !header.is_ascii();
        let eight_bit = !wire.is_ascii();
        Payload { wire: wire.into(), size, utf8_header, eight_bit }
    }
}

/// Makes every line end a CRLF, be it CR, LF or CRLF, doubles each dot that begins
/// a line, and ends the last line (RFC 5321 §4.5.2): nothing within the text can
/// end it, for any receiver. Gives the bytes and their size before doubling.
pub fn stuff(message: &[u8]) -> (Vec<u8>, usize) {
    let mut out = Vec::with_capacity(message.len() + message.len() / 50 + 16);
    let mut doubled = 0;
    let mut at = 0;
    while at < message.len() {
        let stop = memchr::memchr2(b'\r', b'\n', &message[at..]).map_or(message.len(), |n| at + n);
        if message[at..].first() == Some(&b'.') {
            out.push(b'.');
            doubled += 1;
        }
        out.extend_from_slice(&message[at..stop]);
        out.extend_from_slice(b"\r\n");
        at = match message.get(stop..) {
            Some([b'\r', b'\n', ..]) => stop + 2,
            _ => stop + 1,
        };
    }
    let size = out.len() - doubled;
    (out, size)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_inside_ends_the_text(message in "[.\r\na]{0,40}") {
            let (wire, size) = stuff(message.as_bytes());
            prop_assert!(wire.is_empty() || wire.ends_with(b"\r\n"));
            let mut whole = b"\r\n".to_vec();
            whole.extend_from_slice(&wire);
            prop_assert!(memchr::memmem::find(&whole, b"\r\n.\r\n").is_none());
            prop_assert!(memchr::memmem::find(&whole, b"\n.\n").is_none());
            for pair in whole.windows(2) {
                prop_assert_eq!(pair[0] == b'\r', pair[1] == b'\n');
            }
            let unstuffed: usize = whole.split(|&b| b == b'\n').skip(1).map(|l| l.len() + 1 - usize::from(l.starts_with(b"."))).sum::<usize>();
            prop_assert_eq!(unstuffed.saturating_sub(1), size);
        }
    }
}
