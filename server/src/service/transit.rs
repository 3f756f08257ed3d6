//! What is added to a message on its way: trace fields (RFC 5321 §4.4), the field that every MSSanté message carries, and
//! Message-ID and Date where they are missing. Nothing more; Bcc goes.

use bytes::Bytes;
use jiff::{Timestamp, tz::TimeZone};
use mail::Address;
use mail::build::{HeaderValue, NewPart, build_tree};
use store::accounts::Account;

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

    /// As it is handed to another operator by our host, under the name that `sender` gives.
    pub fn to_operator(&self, hostname: &str, sender: &Address) -> Bytes {
        let head = format!("Received: by {hostname} (Pli) id {};\r\n\t{}\r\n", self.id, self.date());
        let named = signed(self.message, sender);
        Passage { message: named.as_deref().unwrap_or(self.message), ..*self }.with(head)
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
        let has_product = fields_of(self.message).any(|(name, _)| name.eq_ignore_ascii_case(b"X-MSS-NIL"));
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

/// The name under which a BAL writes to other operators (référentiel #2, 2.2.7): title, given name, family name and entity
/// for a person's; the functional name of a service is whole by itself.
pub fn display_name(account: &Account) -> String {
    let entity = account.profile.place.as_deref().map(str::trim).filter(|place| !place.is_empty());
    match entity.filter(|place| account.profile.kind == "PER" && !account.name.contains(place)) {
        Some(place) => format!("{} {place}", account.name),
        None => account.name.clone(),
    }
}

/// The message with this name in From, if From is this address alone; none: it stays as it is.
fn signed(message: &[u8], sender: &Address) -> Option<Vec<u8>> {
    let head = mail::parse_fields(message);
    let mut fields = head.iter().filter(|field| field.name.eq_ignore_ascii_case("From"));
    let (from, None) = (fields.next()?, fields.next()) else { return None };
    let list = mail::address::parse_header(&from.raw_value);
    let [only] = list.as_slice() else { return None };
    if !mail::address::normalise(&only.email).eq_ignore_ascii_case(&sender.email) {
        return None;
    }
    let value = HeaderValue::Addresses(vec![sender.clone()]);
    let written = build_tree(vec![("From".to_owned(), value)], NewPart::text("text/plain", String::new())).ok()?;
    let line = fields_of(&written).find(|(name, _)| name.eq_ignore_ascii_case(b"From"))?.1;
    let mut out = Vec::with_capacity(message.len() + line.len());
    let mut rest = message;
    for (name, field) in fields_of(message) {
        out.extend_from_slice(if name.eq_ignore_ascii_case(b"From") { line } else { field });
        rest = rest.get(field.len()..)?;
    }
    out.extend_from_slice(rest);
    Some(out)
}

/// The header fields as they stand, folds included, with their names.
fn fields_of(message: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = message;
    std::iter::from_fn(move || {
        let end_of = |from: usize| rest.get(from..)?.iter().position(|&byte| byte == b'\n').map(|at| from + at + 1);
        if rest.starts_with(b"\n") || rest.starts_with(b"\r\n") {
            return None;
        }
        let mut end = end_of(0)?;
        while matches!(rest.get(end), Some(b' ' | b'\t')) {
            end = end_of(end)?;
        }
        let (field, after) = rest.split_at(end);
        rest = after;
        Some((field.split(|&byte| byte == b':').next().unwrap_or_default().trim_ascii_end(), field))
    })
}

fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields() {
        let names: Vec<&[u8]> = fields_of(b"A: 1\r\nB: 2\r\n\tc: d\r\n\r\nE: 3").map(|(name, _)| name).collect();
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
        let sender = Address { name: Some("Dr Léa BLANC Cabinet, Lyon".into()), email: "a@b.fr".into() };
        let out = bare.to_operator("mx.b.fr", &sender);
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
        let from = Passage { message: b"X: 1\r\nFrom: =?utf-8?Q?Autre?=\r\n <A@b.fr>\r\nSubject: a\r\n\r\nFrom: b", ..bare };
        let out = from.to_operator("mx.b.fr", &sender);
        let parsed = mail::parse(&out, &mail::Limits::default());
        assert_eq!(parsed.from, Some(vec![sender.clone()]));
        assert!(out.ends_with(b"Subject: a\r\n\r\nFrom: b") && !String::from_utf8_lossy(&out).contains("Autre"));
        let other = Passage { message: b"From: x@y.fr\r\n\r\n", ..bare };
        assert!(String::from_utf8_lossy(&other.to_operator("mx.b.fr", &sender)).contains("From: x@y.fr\r\n"));
        let out = whole.into_bal("c@d.fr");
        assert!(out.starts_with(b"Return-Path: <a@b.fr>\r\nReceived: by d.fr (Pli) with LMTP id s1;"));
        assert_eq!(
            String::from_utf8_lossy(&out).matches("NIL").count() + String::from_utf8_lossy(&out).matches("nil").count(),
            1
        );
        assert_eq!(whole.message_ids(), ["Z@b.fr"]);
    }
}
