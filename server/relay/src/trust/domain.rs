//! Domains as they are compared: lower case, IDN as A-labels, no final dot.

/// The form under which a domain is compared (RFC 5890 §2.3.2.1, UTS 46), or
/// `None` when it is no domain: empty, too long (RFC 1035 §2.3.4), an address
/// literal, or with a character that no host name has.
pub fn normalise(domain: &str) -> Option<String> {
    let domain = domain.trim().strip_suffix('.').unwrap_or(domain.trim());
    if domain.is_empty() || domain.len() > 1000 {
        return None;
    }
    let ascii = if domain.is_ascii() { domain.to_ascii_lowercase() } else { idna::domain_to_ascii(domain).ok()? };
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    (ascii.len() <= 253 && ascii.split('.').all(label)).then_some(ascii)
}

/// The normalised domain of an address (`local@domain`).
pub fn of_address(address: &str) -> Option<String> {
    normalise(address.rsplit_once('@')?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compared_without_case_and_as_a_labels() {
        assert_eq!(normalise("Medecin.MSSANTE.fr.").as_deref(), Some("medecin.mssante.fr"));
        assert_eq!(normalise("hôpital.mssante.fr").as_deref(), Some("xn--hpital-ixa.mssante.fr"));
        assert_eq!(normalise("HÔPITAL.mssante.fr"), normalise("xn--HPITAL-ixa.mssante.fr"));
        assert_eq!(of_address("Dr@Mssante.Apicrypt.ORG").as_deref(), Some("mssante.apicrypt.org"));
        for bad in ["", ".", "a..b", "[127.0.0.1]", "a b.fr", "-a.fr", "a\r\n.fr", "a@b.fr"] {
            assert_eq!(normalise(bad), None, "{bad:?}");
        }
    }
}
