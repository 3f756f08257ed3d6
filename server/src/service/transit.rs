//! What is added to a message on its way: trace fields (RFC 5321 §4.4), the field that every MSSanté message carries, and
//! Message-ID and Date where they are missing. Nothing more; Bcc goes.

use bytes::Bytes;
use jiff::{Timestamp, tz::TimeZone};

/// A message on its way.
#[derive(Debug, Clone, Copy)]
pub struct Passage<'a> {
    /// As it is kept.
    pub message: &'a [u8],
    /// How the way is named in Received; also the Message-ID's left side where there is none.
    pub id: &'a str,
    /// Who sends it; none: nobody (reports).
    pub from: Option<&'a str>,
    /// Reference of this product.
    pub product: &'a str,
    /// When it left, in milliseconds.
    pub at: i64,
}

impl Passage<'_> {
    /// As it is put into a BAL of this server.
    pub fn into_bal(&self, address: &str) -> Bytes {
        let domain = domain(address);
        let received = format!(
            "Return-Path: <{}>\r\nReceived: by {domain} (Pli) with LMTP id {};\r\n\t{}\r\n",
            self.from.unwrap_or_default(),
            self.id,
            self.date()
        );
        self.with(received)
    }

    /// As it is handed to another operator by our host.
    pub fn to_operator(&self, hostname: &str) -> Bytes {
        self.with(format!("Received: by {hostname} (Pli) id {};\r\n\t{}\r\n", self.id, self.date()))
    }

    /// The Message-IDs, without brackets, under which it arrives.
    pub fn message_ids(&self) -> Vec<String> {
        let own = mail::parse_head(self.message).message_id;
        let ids = if own.is_empty() { vec![self.made_id()] } else { own };
        ids.iter().map(|id| mail::thread::normalise_id(id)).collect()
    }

    fn made_id(&self) -> String {
        format!("{}@{}", self.id, domain(self.from.unwrap_or_default()))
    }

    fn date(&self) -> String {
        let time = Timestamp::from_millisecond(self.at).unwrap_or(Timestamp::UNIX_EPOCH);
        time.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
    }

    fn with(&self, mut head: String) -> Bytes {
        let known = mail::parse_head(self.message);
        let has_product = self.message.get(..2).is_some()
            && field_names(self.message).any(|name| name.trim_ascii_end().eq_ignore_ascii_case(b"X-MSS-NIL"));
        if !has_product {
            head.push_str(&format!("X-MSS-NIL: {}\r\n", self.product));
        }
        if known.message_id.is_empty() {
            head.push_str(&format!("Message-ID: <{}>\r\n", self.made_id()));
        }
        if known.sent_at.is_none() {
            head.push_str(&format!("Date: {}\r\n", self.date()));
        }
        let mut raw = head.into_bytes();
        raw.extend_from_slice(&mail::strip_bcc(self.message));
        raw.into()
    }
}

fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
}

/// The names of the header fields of a message.
fn field_names(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    message
        .split(|&byte| byte == b'\n')
        .take_while(|line| !line.is_empty() && *line != b"\r")
        .filter(|line| !line.starts_with(b" ") && !line.starts_with(b"\t"))
        .filter_map(|line| line.split(|&byte| byte == b':').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields() {
        let names: Vec<&[u8]> = field_names(b"A: 1\r\nB: 2\r\n\tc: d\r\n\r\nE: 3").collect();
        assert_eq!(names, [b"A", b"B"]);
    }

    #[test]
    fn what_is_missing_is_added_once_and_nothing_else() {
        let bare = Passage {
            message: b"Bcc: x@y.fr\r\nSubject: a\r\n\r\nb",
            id: "s1",
            from: Some("a@b.fr"),
            product: "DEV1",
            at: 0,
        };
        let out = bare.to_operator("mx.b.fr");
        let text = String::from_utf8_lossy(&out);
        assert_eq!(
            text,
            "Received: by mx.b.fr (Pli) id s1;\r\n\tThu, 01 Jan 1970 00:00:00 +0000\r\nX-MSS-NIL: DEV1\r\nMessage-ID: <s1@b.fr>\r\n\
             Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nSubject: a\r\n\r\nb"
        );
        assert_eq!(bare.message_ids(), ["s1@b.fr"]);
        let whole =
            b"Message-ID: <Z@B.fr>\r\nDate: Thu, 01 Jan 1970 00:00:00 +0000\r\nx-mss-nil : DEV9\r\nSubject: a\r\n\r\nb";
        let whole = Passage { message: whole, ..bare };
        let out = whole.into_bal("c@d.fr");
        assert!(out.starts_with(b"Return-Path: <a@b.fr>\r\nReceived: by d.fr (Pli) with LMTP id s1;"));
        assert_eq!(
            String::from_utf8_lossy(&out).matches("NIL").count() + String::from_utf8_lossy(&out).matches("nil").count(),
            1
        );
        assert_eq!(whole.message_ids(), ["Z@b.fr"]);
    }
}
