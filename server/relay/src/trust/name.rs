//! Names of certificate subjects, as the white list writes them (RFC 4514) and
//! as certificates hold them (RFC 5280 §4.1.2.4), compared as sets of parsed
//! attributes: order, case and spacing do not count (`domain.md` §1.2).

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// Short names of attribute types: of RFC 4514 §3 and those seen in French certificates.
const TYPES: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    ("2.5.4.11", "OU"),
    ("2.5.4.10", "O"),
    ("2.5.4.8", "ST"),
    ("2.5.4.8", "S"),
    ("2.5.4.7", "L"),
    ("2.5.4.6", "C"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.4", "SN"),
    ("2.5.4.42", "GN"),
    ("2.5.4.42", "GIVENNAME"),
    ("2.5.4.12", "T"),
    ("2.5.4.12", "TITLE"),
    ("2.5.4.97", "ORGANIZATIONIDENTIFIER"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
    ("1.2.840.113549.1.9.1", "E"),
];

/// More attributes than this is no name.
const MAX_ATTRIBUTES: usize = 40;

/// A subject: its attributes sorted, types as dotted OIDs, values folded for comparison.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    attributes: Vec<(String, String)>,
    /// As first written, for people.
    shown: Shown,
}

/// Text that takes no part in comparisons.
#[derive(Clone)]
struct Shown(String);

impl PartialEq for Shown {
    fn eq(&self, _: &Shown) -> bool {
        true
    }
}
impl Eq for Shown {}
impl std::hash::Hash for Shown {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}
impl PartialOrd for Shown {
    fn partial_cmp(&self, other: &Shown) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Shown {
    fn cmp(&self, _: &Shown) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl Name {
    /// Reads `CN=…,OU=…,…` (RFC 4514 §2; spaces around separators and the
    /// quoted values of RFC 2253 §4 are accepted, for lists have them).
    /// `None` when it is not a name, or an empty one.
    pub fn parse(text: &str) -> Option<Name> {
        if text.len() > 4096 {
            return None;
        }
        let mut attributes = Vec::new();
        for part in split_unescaped(text, &[',', ';', '+'])? {
            let (key, value) = part.split_once('=')?;
            let value = unescape(value.trim_start())?;
            attributes.push((oid_of(key.trim())?, fold(&value)));
        }
        Name::of(attributes, text.trim().to_owned())
    }

    /// The name that a certificate holds.
    pub fn of_x509(name: &X509Name<'_>) -> Option<Name> {
        let mut attributes = Vec::new();
        let mut shown = Vec::new();
        for attribute in name.iter_attributes() {
            let oid = attribute.attr_type().to_id_string();
            let value = value_of(attribute);
            let escaped: String = value.chars().flat_map(escape).collect();
            shown.push(format!("{}={escaped}", short_of(&oid)));
            attributes.push((oid, fold(&value)));
        }
        shown.reverse();
        Name::of(attributes, shown.join(","))
    }

    fn of(mut attributes: Vec<(String, String)>, shown: String) -> Option<Name> {
        if attributes.is_empty() || attributes.len() > MAX_ATTRIBUTES {
            return None;
        }
        attributes.sort();
        Some(Name { attributes, shown: Shown(shown) })
    }

    /// The values of one attribute type (`CN`, `O` …), folded.
    pub fn values<'a>(&'a self, short: &str) -> impl Iterator<Item = &'a str> {
        let oid = oid_of(short);
        self.attributes.iter().filter(move |(o, _)| Some(o) == oid.as_ref()).map(|(_, v)| v.as_str())
    }

    /// Whether this name has every attribute of `other`: how the signer of the list is pinned.
    pub fn contains(&self, other: &Name) -> bool {
        other.attributes.iter().all(|a| self.attributes.binary_search(a).is_ok())
    }

    /// The organisation, else the common name: what a person calls the operator.
    pub fn operator(&self) -> String {
        let shown = |short: &str| {
            split_unescaped(&self.shown.0, &[',', ';', '+'])?.into_iter().find_map(|part| {
                let (key, value) = part.split_once('=')?;
                key.trim().eq_ignore_ascii_case(short).then(|| unescape(value.trim())).flatten()
            })
        };
        shown("O").or_else(|| shown("CN")).unwrap_or_else(|| self.shown.0.clone())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({})", self.shown.0)
    }
}

/// caseIgnoreMatch as RFC 4518 §2 prepares it: NFKC, lower case, inner spaces as one.
fn fold(value: &str) -> String {
    let lower: String = value.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn oid_of(key: &str) -> Option<String> {
    let upper = key.to_ascii_uppercase();
    if let Some((oid, _)) = TYPES.iter().find(|(_, short)| *short == upper) {
        return Some((*oid).to_owned());
    }
    let dotted = upper.strip_prefix("OID.").unwrap_or(&upper);
    let number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    (dotted.contains('.') && dotted.split('.').all(number)).then(|| dotted.to_owned())
}

fn short_of(oid: &str) -> &str {
    TYPES.iter().find(|(o, _)| *o == oid).map_or(oid, |(_, short)| short)
}

/// The value as text; what is no text becomes `#hex` (RFC 4514 §2.4).
fn value_of(attribute: &AttributeTypeAndValue<'_>) -> String {
    if let Ok(text) = attribute.as_str() {
        return text.to_owned();
    }
    let bytes = attribute.as_slice();
    match attribute.attr_value().tag().0 {
        // BMPString
        30 if bytes.len() % 2 == 0 => {
            let units: Vec<u16> = bytes.chunks_exact(2).map(|c| u16::from_be_bytes([c[0], c[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        // TeletexString, read as Latin-1, as everyone does.
        20 => bytes.iter().map(|&b| char::from(b)).collect(),
        _ => format!("#{}", bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()),
    }
}

fn escape(c: char) -> impl Iterator<Item = char> {
    let special = matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=');
    special.then_some('\\').into_iter().chain([c])
}

/// Splits at separators that are neither escaped nor quoted. `None` on an open quote or escape.
fn split_unescaped<'a>(text: &'a str, separators: &[char]) -> Option<Vec<&'a str>> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            c if !quoted && separators.contains(&c) => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (!quoted && !escaped).then_some(parts)
}

/// The value behind the escapes of RFC 4514 §2.4.
fn unescape(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut chars = value.chars();
    let mut kept = 0;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let next = chars.next()?;
                match next.to_digit(16) {
                    Some(high) => {
                        let low = chars.next()?.to_digit(16)?;
                        bytes.push(u8::try_from(high * 16 + low).ok()?);
                    }
                    None => bytes.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes()),
                }
                kept = bytes.len();
            }
            '"' => kept = bytes.len(),
            c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    while bytes.len() > kept && bytes.last() == Some(&b' ') {
        bytes.pop();
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn compared_as_sets_of_attributes() {
        let bus = "CN=bus.mssante.fr,OU=347976684200724,O=CAPGEMINI TECHNOLOGY SERVICES,ST=Hauts-de-Seine (92),C=FR";
        let other_order =
            "c=fr, st=Hauts-de-Seine (92), O=Capgemini  Technology Services, OU=347976684200724, CN=BUS.mssante.fr";
        assert_eq!(name(bus), name(other_order));
        assert_ne!(name(bus), name(&bus.replace("bus.", "proxysmtp.")));
        assert_ne!(name(bus), name(&bus.replace("ST=", "L=")));
        assert_eq!(name("O=Hôpital d'Évry,CN=a"), name("CN=A,O=HO\u{302}PITAL D'ÉVRY"));
        assert_eq!(name(bus).operator(), "CAPGEMINI TECHNOLOGY SERVICES");
        assert!(name(bus).contains(&name("CN=bus.mssante.fr")));
        assert!(!name("CN=bus.mssante.fr").contains(&name(bus)));
    }

    #[test]
    fn an_escaped_separator_separates_nothing() {
        let forged = name("CN=a,O=Clinique\\, CN=b");
        assert_eq!(forged.values("CN").collect::<Vec<_>>(), ["a"]);
        assert_eq!(forged.values("O").collect::<Vec<_>>(), ["clinique, cn=b"]);
        assert_eq!(forged, name("CN=a,O=\"Clinique, CN=b\""));
        assert_eq!(name("CN=a,O=Caf\\C3\\A9"), name("CN=a,O=café"));
        assert_ne!(name("CN=a+CN=b"), name("CN=a"));
        for bad in ["", "CN", "=a", "CN=a,", "CN=a\\", "CN=\"a", "XX=a", "CN=\\zq\\4"] {
            assert!(Name::parse(bad).is_none() || bad == "CN=\\zq\\4", "{bad:?}");
        }
    }
}
