//! Header fields and the forms in which JMAP gives them (RFC 8621 §4.1.2).

use mail_parser::{HeaderValue, parsers::MessageStream};
use unicode_normalization::UnicodeNormalization;

use crate::address::{self, Address, Group};
use crate::decode;

/// One field as it stands in the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name as written.
    pub name: String,
    /// All that follows the colon up to the end of the field, folds included,
    /// without the last line end. Bytes that are not UTF-8 are read as Windows-1252.
    pub raw_value: String,
}

/// A point in time with the sender's offset (RFC 5322 §3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub unix_ms: i64,
    /// Minutes east of Greenwich.
    pub offset_minutes: i16,
}

/// The parsed forms of RFC 8621 §4.1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// §4.1.2.1
    Raw,
    /// §4.1.2.2
    Text,
    /// §4.1.2.3
    Addresses,
    /// §4.1.2.4
    GroupedAddresses,
    /// §4.1.2.5
    MessageIds,
    /// §4.1.2.6
    Date,
    /// §4.1.2.7
    Urls,
}

/// A field in one of its forms; `None` is JSON `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormValue {
    /// The raw value.
    Raw(String),
    /// Unfolded, decoded, normalised (NFC).
    Text(String),
    /// Mailboxes, groups flattened.
    Addresses(Vec<Address>),
    /// Mailboxes in their groups; those outside a group have one without a name.
    GroupedAddresses(Vec<Group>),
    /// Ids without angle brackets.
    MessageIds(Option<Vec<String>>),
    /// A date.
    Date(Option<DateTime>),
    /// URLs without angle brackets.
    Urls(Option<Vec<String>>),
}

/// Gives a raw value in `form`. Never fails: what cannot be read is null or empty.
pub fn header_form(raw_value: &str, form: Form) -> FormValue {
    match form {
        Form::Raw => FormValue::Raw(raw_value.replace('\0', "")),
        Form::Text => FormValue::Text(text(raw_value)),
        Form::Addresses => FormValue::Addresses(address::parse_header(raw_value)),
        Form::GroupedAddresses => FormValue::GroupedAddresses(address::parse_groups(raw_value)),
        Form::MessageIds => FormValue::MessageIds(Some(message_ids(raw_value)).filter(|ids| !ids.is_empty())),
        Form::Date => FormValue::Date(date(raw_value)),
        Form::Urls => FormValue::Urls(Some(urls(raw_value)).filter(|urls| !urls.is_empty())),
    }
}

/// Removes the folds of a field: each line end goes, the white space after it stays (RFC 5322 §2.2.3).
pub fn unfold(raw_value: &str) -> String {
    raw_value.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')).collect()
}

/// The text form (RFC 8621 §4.1.2.2).
pub fn text(raw_value: &str) -> String {
    let decoded = decode::words(unfold(raw_value).trim());
    let clean: String = decoded.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.trim().nfc().collect()
}

/// Ids of a Message-ID, In-Reply-To or References field (RFC 5322 §3.6.4),
/// without brackets and inner white space. A field without brackets gives the
/// words that hold an `@`.
pub fn message_ids(raw_value: &str) -> Vec<String> {
    let mut ids = bracketed(raw_value);
    if ids.is_empty() {
        ids = raw_value
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | '<' | '>' | '"'))
            .filter(|w| w.contains('@') && w.len() < 998)
            .map(str::to_owned)
            .collect();
    }
    ids
}

/// The URLs of a List-* field (RFC 2369 §2).
pub fn urls(raw_value: &str) -> Vec<String> {
    bracketed(raw_value)
}

fn bracketed(raw_value: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = raw_value;
    while let Some(start) = rest.find('<') {
        let Some(len) = rest[start + 1..].find('>') else { break };
        let inner = &rest[start + 1..start + 1 + len];
        let inner = inner.rsplit('<').next().unwrap_or(inner);
        let id: String = inner.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        if !id.is_empty() && id.len() < 998 {
            out.push(id);
        }
        rest = &rest[start + len + 2..];
    }
    out
}

/// A date (RFC 5322 §3.3 with its obsolete forms), if it is one.
pub fn date(raw_value: &str) -> Option<DateTime> {
    let line = format!("{}\n", unfold(raw_value).trim());
    let HeaderValue::DateTime(dt) = MessageStream::new(line.as_bytes()).parse_date() else {
        return None;
    };
    if !dt.is_valid() || dt.tz_hour > 23 || dt.tz_minute > 59 {
        return None;
    }
    let minutes = i16::from(dt.tz_hour) * 60 + i16::from(dt.tz_minute);
    Some(DateTime {
        unix_ms: dt.to_timestamp().saturating_mul(1000),
        offset_minutes: if dt.tz_before_gmt { -minutes } else { minutes },
    })
}

/// A structured value with parameters (RFC 2045 §5.1, RFC 2183, RFC 2231).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Structured {
    /// `type/subtype` or the disposition, in lower case.
    pub value: String,
    /// Names in lower case, values decoded.
    pub params: Vec<(String, String)>,
}

impl Structured {
    /// Reads at most `max_params` parameters of `raw_value`.
    pub fn parse(raw_value: &str, max_params: usize) -> Structured {
        let cut = raw_value.match_indices(';').nth(max_params).map_or(raw_value.len(), |(at, _)| at);
        let line = format!("{}\n", unfold(&raw_value[..cut]).trim());
        let HeaderValue::ContentType(ct) = MessageStream::new(line.as_bytes()).parse_content_type() else {
            return Structured::default();
        };
        let mut value = ct.c_type.trim().to_ascii_lowercase();
        if let Some(sub) = &ct.c_subtype {
            value.push('/');
            value.push_str(&sub.trim().to_ascii_lowercase());
        }
        let params = ct
            .attributes
            .unwrap_or_default()
            .into_iter()
            .map(|a| (a.name.to_ascii_lowercase(), decode::words(&a.value)))
            .collect();
        Structured { value, params }
    }

    /// A parameter by its lower-case name.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        assert_eq!(text(" =?utf-8?Q?R=C3=A9sultats?=\r\n =?utf-8?Q?_d'analyse?="), "Résultats d'analyse");
        assert_eq!(text(" e\u{301}"), "é");
        assert_eq!(message_ids(" <a@b>\r\n\t<c @d>"), ["a@b", "c@d"]);
        assert_eq!(message_ids("a@b"), ["a@b"]);
        assert_eq!(urls("<mailto:x@y>, <https://z/>"), ["mailto:x@y", "https://z/"]);
        assert_eq!(header_form("x", Form::MessageIds), FormValue::MessageIds(None));
    }

    #[test]
    fn dates() {
        let d = date(" Thu, 13 Feb 1997 03:04:05 +0100 (CET)").unwrap();
        assert_eq!((d.unix_ms, d.offset_minutes), (855_799_445_000, 60));
        assert_eq!(date("Thu, 13 Feb 97 02:04:05 GMT").unwrap().unix_ms, 855_799_445_000);
        assert_eq!(date("yesterday"), None);
    }

    #[test]
    fn parameters() {
        let s =
            Structured::parse(" application/PDF; name*0*=utf-8''compte%20;\r\n name*1*=rendu%C3%A9.pdf; CHARSET=\"x\"", 50);
        assert_eq!(s.value, "application/pdf");
        assert_eq!(s.param("name"), Some("compte rendué.pdf"));
        assert_eq!(s.param("charset"), Some("x"));
        let s = Structured::parse("attachment; filename=\"=?utf-8?B?w6kucGRm?=\"", 50);
        assert_eq!(s.param("filename"), Some("é.pdf"));
    }
}
