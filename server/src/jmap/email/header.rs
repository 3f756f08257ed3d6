//! `header:…` properties (RFC 8621 §4.1.2 and §4.1.3): names, allowed forms, values in both directions.

use mail::address::{Address, Group};
use mail::build::HeaderValue;
use mail::header::{DateTime, Form, FormValue, Header, header_form};
use serde_json::{Value, json};

use crate::jmap::types;

/// A `header:` property taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// The field's name as asked.
    pub field: String,
    /// The form.
    pub form: Form,
    /// All fields of that name.
    pub all: bool,
}

/// Reads `header:Name:asForm:all`; none when it is not one that the RFC allows.
pub fn property(name: &str) -> Option<Property> {
    let mut pieces = name.strip_prefix("header:")?.split(':');
    let field = pieces.next().filter(|f| !f.is_empty() && f.bytes().all(|b| (33..=126).contains(&b)))?.to_owned();
    let mut rest: Vec<&str> = pieces.collect();
    let all = rest.last() == Some(&"all");
    if all {
        rest.pop();
    }
    let form = match rest.as_slice() {
        [] => Form::Raw,
        ["asRaw"] => Form::Raw,
        ["asText"] => Form::Text,
        ["asAddresses"] => Form::Addresses,
        ["asGroupedAddresses"] => Form::GroupedAddresses,
        ["asMessageIds"] => Form::MessageIds,
        ["asDate"] => Form::Date,
        ["asURLs"] => Form::Urls,
        _ => return None,
    };
    is_allowed(&field, form).then_some(Property { field, form, all })
}

const ADDRESSES: [&str; 11] = [
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "bcc",
    "resent-from",
    "resent-sender",
    "resent-reply-to",
    "resent-to",
    "resent-cc",
];
const TEXTS: [&str; 4] = ["subject", "comments", "keywords", "list-id"];
const IDS: [&str; 4] = ["message-id", "in-reply-to", "references", "resent-message-id"];
const DATES: [&str; 2] = ["date", "resent-date"];
const URLS: [&str; 6] = ["list-help", "list-unsubscribe", "list-subscribe", "list-post", "list-owner", "list-archive"];

/// Which form may be asked of which field: those the RFC lists, and any for fields of no RFC 5322 or 2369 definition.
fn is_allowed(field: &str, form: Form) -> bool {
    let field = field.to_ascii_lowercase();
    let is = |list: &[&str]| list.contains(&field.as_str());
    let addresses = is(&ADDRESSES) || field == "resent-bcc";
    let known = addresses
        || is(&TEXTS)
        || is(&IDS)
        || is(&DATES)
        || is(&URLS)
        || matches!(field.as_str(), "return-path" | "received");
    match form {
        Form::Raw => true,
        Form::Text => !known || is(&TEXTS),
        Form::Addresses | Form::GroupedAddresses => !known || addresses,
        Form::MessageIds => !known || is(&IDS),
        Form::Date => !known || is(&DATES),
        Form::Urls => !known || is(&URLS),
    }
}

/// The property's value among `headers`: the last field, or all.
pub fn value(property: &Property, headers: &[Header]) -> Value {
    let mut values = headers
        .iter()
        .filter(|h| h.name.eq_ignore_ascii_case(&property.field))
        .map(|h| to_json(header_form(&h.raw_value, property.form)));
    if property.all { values.collect() } else { values.next_back().unwrap_or_default() }
}

fn to_json(value: FormValue) -> Value {
    match value {
        FormValue::Raw(text) | FormValue::Text(text) => text.into(),
        FormValue::Addresses(list) => list.iter().map(address_json).collect(),
        FormValue::GroupedAddresses(groups) => groups
            .iter()
            .map(|g| json!({"name": g.name, "addresses": g.addresses.iter().map(address_json).collect::<Vec<_>>()}))
            .collect(),
        FormValue::MessageIds(ids) | FormValue::Urls(ids) => json!(ids),
        FormValue::Date(date) => date.map_or(Value::Null, |d| types::date(d.unix_ms, d.offset_minutes).into()),
    }
}

fn address_json(address: &Address) -> Value {
    json!({"name": address.name, "email": address.email})
}

/// The value of a field to be written, from JSON; none when it is of the wrong type for its form.
pub fn written(form: Form, value: &Value) -> Option<HeaderValue> {
    Some(match form {
        Form::Raw => HeaderValue::Raw(value.as_str()?.to_owned()),
        Form::Text => HeaderValue::Text(value.as_str()?.to_owned()),
        Form::Addresses => HeaderValue::Addresses(addresses(value)?),
        Form::GroupedAddresses => HeaderValue::GroupedAddresses(value.as_array()?.iter().map(group).collect::<Option<_>>()?),
        Form::MessageIds => HeaderValue::MessageIds(strings(value)?),
        Form::Date => {
            let (unix_ms, offset_minutes) = types::parse_date(value.as_str()?)?;
            HeaderValue::Date(DateTime { unix_ms, offset_minutes })
        }
        Form::Urls => HeaderValue::Urls(strings(value)?),
    })
}

fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

fn addresses(value: &Value) -> Option<Vec<Address>> {
    value.as_array()?.iter().map(address).collect()
}

fn address(value: &Value) -> Option<Address> {
    let members = value.as_object()?;
    let email = members.get("email")?.as_str()?.to_owned();
    let name = match members.get("name") {
        None | Some(Value::Null) => None,
        Some(name) => Some(name.as_str()?.to_owned()),
    };
    Some(Address { name, email })
}

fn group(value: &Value) -> Option<Group> {
    let name = match value.get("name") {
        None | Some(Value::Null) => None,
        Some(name) => Some(name.as_str()?.to_owned()),
    };
    Some(Group { name, addresses: addresses(value.get("addresses")?)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let p = property("header:From:asAddresses:all").unwrap();
        assert_eq!((p.field.as_str(), p.form, p.all), ("From", Form::Addresses, true));
        assert_eq!(property("header:X-Any").unwrap().form, Form::Raw);
        assert!(property("header:X-Any:asDate").is_some());
        for bad in [
            "header:From:asDate",
            "header:Subject:asAddresses",
            "header:",
            "header:a b",
            "header:A:all:asText",
            "header:A:asFoo",
        ] {
            assert!(property(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_last_field_counts() {
        let header = |name: &str, raw: &str| Header { name: name.into(), raw_value: raw.into() };
        let headers = [header("X-A", " one"), header("x-a", " two")];
        let get = |name: &str| value(&property(name).unwrap(), &headers);
        assert_eq!(get("header:X-A:asText"), json!("two"));
        assert_eq!(get("header:X-A:asText:all"), json!(["one", "two"]));
        assert_eq!(get("header:X-A"), json!(" two"));
        assert_eq!(get("header:X-B"), Value::Null);
        assert_eq!(get("header:X-B:all"), json!([]));
    }
}
