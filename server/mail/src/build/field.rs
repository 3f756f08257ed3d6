//! One header field: name, checked value, folds (RFC 5322 §2.2.3, RFC 2047, RFC 2231).

use mail_builder::headers::address::{Address as BuilderAddress, EmailAddress, GroupedAddresses};
use mail_builder::headers::{Header as _, content_type::ContentType, text::Text};

use super::BuildError;
use crate::address::{Address, Group};
use crate::header::DateTime;

/// The value of a field, in the forms in which JMAP lets one write it (RFC 8621 §4.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderValue {
    /// As it will stand, folds allowed.
    Raw(String),
    /// Text, encoded as needed.
    Text(String),
    /// Mailboxes.
    Addresses(Vec<Address>),
    /// Mailboxes in groups.
    GroupedAddresses(Vec<Group>),
    /// Ids without brackets.
    MessageIds(Vec<String>),
    /// A date.
    Date(DateTime),
    /// URLs without brackets.
    Urls(Vec<String>),
}

/// Appends the field to `out`.
pub(super) fn write(out: &mut Vec<u8>, name: &str, value: &HeaderValue) -> Result<(), BuildError> {
    let fault = || BuildError::new(name);
    if name.is_empty() || name.len() > 200 || !name.bytes().all(|b| (33..=126).contains(&b) && b != b':') {
        return Err(fault());
    }
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    let column = name.len() + 2;
    match value {
        HeaderValue::Raw(raw) => write_raw(out, raw).ok_or_else(fault)?,
        HeaderValue::Text(text) => {
            check(text).ok_or_else(fault)?;
            Text::new(text.as_str()).write_header(out, column);
        }
        HeaderValue::Addresses(list) => {
            let list = list.iter().map(mailbox).collect::<Option<Vec<_>>>().ok_or_else(fault)?;
            BuilderAddress::List(list).write_header(out, column);
        }
        HeaderValue::GroupedAddresses(groups) => {
            let groups = groups.iter().map(group).collect::<Option<Vec<_>>>().ok_or_else(fault)?;
            BuilderAddress::List(groups).write_header(out, column);
        }
        HeaderValue::MessageIds(ids) => write_bracketed(out, ids, "").ok_or_else(fault)?,
        HeaderValue::Urls(urls) => write_bracketed(out, urls, ",").ok_or_else(fault)?,
        HeaderValue::Date(date) => {
            out.extend_from_slice(format_date(*date).as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }
    Ok(())
}

/// Appends a field with parameters (Content-Type, Content-Disposition).
pub(super) fn write_structured(
    out: &mut Vec<u8>,
    name: &str,
    value: &str,
    params: &[(&str, &str)],
) -> Result<(), BuildError> {
    let fault = || BuildError::new(name);
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+/".contains(&b);
    if value.is_empty() || value.len() > 200 || !value.bytes().all(token) {
        return Err(fault());
    }
    let mut field = ContentType::new(value);
    for (key, text) in params {
        check(text).ok_or_else(fault)?;
        field = field.attribute(*key, *text);
    }
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    field.write_header(out, name.len() + 2);
    Ok(())
}

/// No control character but the tab.
fn check(text: &str) -> Option<()> {
    (!text.chars().any(|c| matches!(c, '\r' | '\n' | '\0'))).then_some(())
}

/// A raw value may be folded (line end, then white space and something), nothing else.
fn write_raw(out: &mut Vec<u8>, raw: &str) -> Option<()> {
    if raw.contains('\0') {
        return None;
    }
    let raw = raw.strip_prefix(' ').unwrap_or(raw);
    for (n, line) in raw.replace("\r\n", "\n").split('\n').enumerate() {
        if line.contains('\r') || (n > 0 && (!line.starts_with([' ', '\t']) || line.trim().is_empty())) || line.len() > 997 {
            return None;
        }
        if n > 0 {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(line.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    Some(())
}

fn mailbox(address: &Address) -> Option<BuilderAddress<'_>> {
    address_of(address).map(BuilderAddress::Address)
}

fn address_of(address: &Address) -> Option<EmailAddress<'_>> {
    let email = address.email.trim();
    let bare = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';');
    let quoted = email.starts_with('"');
    if email.is_empty() || email.contains(['\r', '\n', '\0', '<', '>']) || (!quoted && email.contains(bare)) {
        return None;
    }
    let name = address.name.as_deref().filter(|n| !n.trim().is_empty());
    if let Some(name) = name {
        check(name)?;
    }
    Some(EmailAddress { name: name.map(Into::into), email: email.into() })
}

fn group(group: &Group) -> Option<BuilderAddress<'_>> {
    if let Some(name) = &group.name {
        check(name)?;
    }
    let addresses = group.addresses.iter().map(mailbox).collect::<Option<Vec<_>>>()?;
    Some(BuilderAddress::Group(GroupedAddresses { name: group.name.as_deref().map(Into::into), addresses }))
}

/// `<a> <b>`, one on each line.
fn write_bracketed(out: &mut Vec<u8>, items: &[String], separator: &str) -> Option<()> {
    for (n, item) in items.iter().enumerate() {
        if item.is_empty()
            || item.len() > 900
            || item.contains(|c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>'))
        {
            return None;
        }
        if n > 0 {
            out.extend_from_slice(separator.as_bytes());
            out.extend_from_slice(b"\r\n ");
        }
        out.extend_from_slice(format!("<{item}>").as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    Some(())
}

/// A date of RFC 5322 §3.3.
pub(super) fn format_date(date: DateTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // Years of four digits only.
    let seconds = date.unix_ms.div_euclid(1000).clamp(-2_208_902_400, 253_402_200_000);
    let offset = i64::from(date.offset_minutes.clamp(-1439, 1439));
    let local = seconds + offset * 60;
    let days = local.div_euclid(86_400);
    let second = local.rem_euclid(86_400);
    let (year, month, day) = civil(days);
    format!(
        "{}, {day} {} {year:04} {:02}:{:02}:{:02} {}{:02}{:02}",
        DAYS[days.rem_euclid(7) as usize],
        MONTHS[(month - 1) as usize],
        second / 3600,
        second / 60 % 60,
        second % 60,
        if offset < 0 { '-' } else { '+' },
        offset.abs() / 60,
        offset.abs() % 60,
    )
}

/// The day of a number of days since 1970-01-01, in the Gregorian calendar
/// (the usual computation with years that begin in March).
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
