//! Checks that the form makes while one types and the handler makes again. A fault is a code that screens translate.

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressFault {
    Empty,
    NoAt,
    NoLocal,
    BadCharacter(char),
    NoDomain,
    BadDomain,
    TooLong,
}

impl AddressFault {
    /// The code of the sentence in the locale files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "address-empty",
            Self::NoAt => "address-no-at",
            Self::NoLocal => "address-no-local",
            Self::BadCharacter(_) => "address-bad-character",
            Self::NoDomain => "address-no-domain",
            Self::BadDomain => "address-bad-domain",
            Self::TooLong => "address-too-long",
        }
    }
}

/// Checks one bare address as people type it (RFC 5321 §4.1.2 dot-string, RFC 6531 letters): no quoted local part, a
/// domain of at least two labels.
pub fn address(text: &str) -> Result<(), AddressFault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AddressFault::Empty);
    }
    if text.len() > 254 {
        return Err(AddressFault::TooLong);
    }
    let (local, domain) = text.rsplit_once('@').ok_or(AddressFault::NoAt)?;
    if local.is_empty() {
        return Err(AddressFault::NoLocal);
    }
    if local.len() > 64 {
        return Err(AddressFault::TooLong);
    }
    if let Some(bad) = local.chars().find(|c| !c.is_alphanumeric() && !"!#$%&'*+-/=?^_`{|}~.".contains(*c)) {
        return Err(AddressFault::BadCharacter(bad));
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err(AddressFault::BadCharacter('.'));
    }
    if domain.is_empty() {
        return Err(AddressFault::NoDomain);
    }
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    if !domain.contains('.') || !domain.split('.').all(label_ok) {
        return Err(AddressFault::BadDomain);
    }
    Ok(())
}

/// A mobile number as it is kept, `+33612345678`: typed with or without its country, spaces, dots. Only mobiles of France
/// and its territories may be typed without their country.
pub fn mobile(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && !".-()/".contains(*c)).collect();
    let number = match (bare.strip_prefix('+'), bare.strip_prefix("00")) {
        (Some(rest), _) | (None, Some(rest)) => rest.to_owned(),
        (None, None) => {
            let rest = bare.strip_prefix('0').filter(|rest| rest.starts_with(['6', '7']) && rest.len() == 9)?;
            format!("33{rest}")
        }
    };
    // ITU-T E.164: fifteen digits at most. +33 (0)6… is a common way of writing.
    let number = number.strip_prefix("330").map_or(number.clone(), |rest| format!("33{rest}"));
    let ok = (8..=15).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
    ok.then(|| format!("+{number}"))
}

/// The key of a number: its digits from the right, every second one doubled (ISO/IEC 7812-1, annex B).
fn has_key(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 => *digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The number of a professional in the national register (RPPS) as it is kept: eleven digits, the last one the key.
pub fn rpps(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let digits: Vec<u32> = bare.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    (digits.len() == 11 && has_key(&digits)).then_some(bare)
}

/// The number of a structure in the national register (FINESS) as it is kept: nine characters, the département first (2A
/// and 2B count as 21 and 22), the last one the key.
pub fn finess(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    let corsica = bare.strip_prefix("2A").map(|rest| ["21", rest].concat());
    let corsica = corsica.or_else(|| bare.strip_prefix("2B").map(|rest| ["22", rest].concat()));
    let digits: Vec<u32> = corsica.as_deref().unwrap_or(&bare).chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    (digits.len() == 9 && has_key(&digits)).then_some(bare)
}

/// The bare address in a typed recipient: `Dr X <x@y.fr>` gives `x@y.fr`; lower case, trimmed.
pub fn bare_address(text: &str) -> &str {
    let text = text.trim();
    match (text.rfind('<'), text.ends_with('>')) {
        (Some(start), true) => text[start + 1..text.len() - 1].trim(),
        _ => text,
    }
}

/// Splits what is typed or pasted in a recipient field: commas, semicolons and new lines outside quotes and brackets.
pub fn split_recipients(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut bracket) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '<' if !quoted => bracket = true,
            '>' if !quoted => bracket = false,
            ',' | ';' | '\n' if !quoted && !bracket => {
                parts.push(text[start..at].trim());
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named() {
        assert_eq!(address("claire.martin@medecin.mssante.example"), Ok(()));
        assert_eq!(address(""), Err(AddressFault::Empty));
        assert_eq!(address("claire.martin"), Err(AddressFault::NoAt));
        assert_eq!(address("@medecin.fr"), Err(AddressFault::NoLocal));
        assert_eq!(address("claire martin@medecin.fr"), Err(AddressFault::BadCharacter(' ')));
        assert_eq!(address("claire@"), Err(AddressFault::NoDomain));
        assert_eq!(address("claire@medecin"), Err(AddressFault::BadDomain));
        assert_eq!(address("claire@-a.fr"), Err(AddressFault::BadDomain));
    }

    #[test]
    fn mobiles_are_kept_in_one_form() {
        for typed in ["06 12 34 56 78", "+33 6 12.34.56.78", "0033612345678", "+33 (0)6 12 34 56 78"] {
            assert_eq!(mobile(typed).as_deref(), Some("+33612345678"), "{typed}");
        }
        assert_eq!(mobile("+262 692 12 34 56").as_deref(), Some("+262692123456"));
        for bad in ["", "01 23 45 67 89", "12", "+33 6 ab", "+1234567890123456"] {
            assert_eq!(mobile(bad), None, "{bad}");
        }
    }

    #[test]
    fn national_numbers_have_a_key() {
        assert_eq!(rpps("99754330126").as_deref(), Some("99754330126"));
        assert_eq!(rpps("997 5433 0126").as_deref(), Some("99754330126"));
        for good in ["770816478", "010000024", "2a0000014", "2B0000020"] {
            assert_eq!(finess(good), Some(good.to_uppercase()), "{good}");
        }
        for bad in ["", "458174839", "77081647", "7708164780", "2C0000014", "77081647X"] {
            assert_eq!(finess(bad), None, "{bad}");
        }
        for bad in ["", "99754330127", "9975433012", "1000346103A"] {
            assert_eq!(rpps(bad), None, "{bad}");
        }
    }

    #[test]
    fn recipients_are_split_outside_quotes() {
        assert_eq!(
            split_recipients("\"Martin, Claire\" <a@b.fr>; c@d.fr,\n e@f.fr ,"),
            ["\"Martin, Claire\" <a@b.fr>", "c@d.fr", "e@f.fr"]
        );
        assert_eq!(bare_address("Dr X <x@y.fr>"), "x@y.fr");
    }
}
