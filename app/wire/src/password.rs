//! The rule of passwords, shared by forms and handlers. Sources: CNIL, délibération 2022-100 (50 bits where attempts are
//! slowed down, 80 bits where nothing else protects); ANSSI, « authentification multifacteur et mots de passe » (2021):
//! length before kinds of characters, no common ones, no forced change.

/// Characters of a password at least.
pub const MIN_CHARS: usize = 12;
/// Below so many bits a password is refused.
const LEAST_BITS: u32 = 50;

/// What is wrong with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFault {
    Empty,
    TooShort,
    TooLong,
    /// Many people choose it, or it is one of theirs with digits or signs around.
    Common,
    /// It holds the name or the address of the person.
    Personal,
    /// Repeated or consecutive characters: little to guess.
    Simple,
}

impl PasswordFault {
    /// The code of the sentence in the locale files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "required",
            Self::TooShort => "password-too-short",
            Self::TooLong => "password-too-long",
            Self::Common => "password-common",
            Self::Personal => "password-personal",
            Self::Simple => "password-simple",
        }
    }
}

/// How hard a password is to guess, from 0 (refused) to 4, as the meter shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strength {
    pub bits: u32,
    pub level: u8,
}

/// Letters without case, accents and the usual digits for letters: how one recognises a word in a password.
pub fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(plain).collect()
}

fn plain(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ä' | 'ã' | '@' | '4' => 'a',
        'é' | 'è' | 'ê' | 'ë' | '3' => 'e',
        'î' | 'ï' | 'í' | '1' | '!' => 'i',
        'ô' | 'ö' | 'ó' | '0' => 'o',
        'ù' | 'û' | 'ü' | 'ú' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        '$' | '5' => 's',
        '7' => 't',
        other => other,
    }
}

/// The letters of a password: with digits and signs read as letters everywhere, only between letters, or nowhere.
fn cores(text: &str) -> [String; 3] {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
    let lower: String = text.to_lowercase();
    let bare: String = lower.chars().filter(|c| c.is_alphabetic()).map(plain).collect();
    let word = lower.trim_matches(|c: char| !c.is_alphabetic());
    [letters(&folded(text)), letters(&folded(word)), bare]
}

fn is_common(text: &str, common: &impl Fn(&str) -> bool) -> bool {
    cores(text).iter().any(|core| {
        let half = core.len() / 2;
        let doubled = core.is_char_boundary(half) && core.len() >= 8 && core[..half] == core[half..];
        common(core) || (doubled && common(&core[..half]))
    })
}

/// Characters that are neither the one before nor next to it in order: what is left to guess.
fn telling(text: &str) -> u32 {
    let mut before: Option<char> = None;
    let mut count = 0;
    for c in text.chars() {
        let follows = before.is_some_and(|before| (c as i64 - before as i64).abs() <= 1);
        count += u32::from(!follows);
        before = Some(c);
    }
    count
}

/// How hard a password is to guess: characters that tell something, times the bits of the kinds that are used.
pub fn strength(text: &str, common: impl Fn(&str) -> bool) -> Strength {
    let has = |kind: fn(char) -> bool| text.chars().any(kind);
    let mut kinds = 0_u32;
    for (used, size) in [
        (has(|c| c.is_ascii_lowercase()), 26),
        (has(|c| c.is_ascii_uppercase()), 26),
        (has(|c| c.is_ascii_digit()), 10),
        (has(|c| !c.is_ascii_alphanumeric()), 33),
    ] {
        kinds += if used { size } else { 0 };
    }
    // Hundredths of a bit: no floating point in the browser for this.
    let hundredths = match kinds {
        0..=10 => 332,
        11..=26 => 470,
        27..=36 => 517,
        37..=52 => 570,
        53..=62 => 595,
        63..=69 => 610,
        _ => 655,
    };
    let mut distinct: Vec<char> = text.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let told = telling(text).min(distinct.len() as u32 * 2);
    let mut bits = told * hundredths / 100;
    if is_common(text, &common) {
        bits = bits.min(20);
    }
    let level = match bits {
        0..LEAST_BITS => 0,
        LEAST_BITS..60 => 1,
        60..80 => 2,
        80..100 => 3,
        _ => 4,
    };
    Strength { bits, level }
}

/// Checks a password a person wants. `personal`: their name and addresses; `common` says whether letters are a common
/// password.
///
/// # Errors
/// What is wrong, the first that applies.
pub fn check(text: &str, personal: &[&str], common: impl Fn(&str) -> bool) -> Result<Strength, PasswordFault> {
    let chars = text.chars().count();
    if chars == 0 {
        return Err(PasswordFault::Empty);
    }
    if chars < MIN_CHARS {
        return Err(PasswordFault::TooShort);
    }
    if chars > crate::limits::PASSWORD_CHARS {
        return Err(PasswordFault::TooLong);
    }
    let found = folded(text);
    let words = personal.iter().flat_map(|text| {
        // Of an address only what stands before the @: the domain is everybody's.
        let own = text.split('@').next().unwrap_or_default();
        folded(own).split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>()
    });
    for word in words.filter(|word| word.chars().count() >= 4) {
        if found.contains(&word) {
            return Err(PasswordFault::Personal);
        }
    }
    if is_common(text, &common) {
        return Err(PasswordFault::Common);
    }
    let strength = strength(text, common);
    if strength.level == 0 { Err(PasswordFault::Simple) } else { Ok(strength) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(letters: &str) -> bool {
        ["password", "motdepasse", "azerty"].contains(&letters)
    }

    fn fault(text: &str) -> PasswordFault {
        check(text, &["Dr Claire Martin", "claire.martin@medecin.mssante.example"], common).unwrap_err()
    }

    #[test]
    fn what_is_refused_and_why() {
        assert_eq!(fault(""), PasswordFault::Empty);
        assert_eq!(fault("Tr0p-c0urt!"), PasswordFault::TooShort);
        assert_eq!(fault(&"a".repeat(300)), PasswordFault::TooLong);
        assert_eq!(fault("P@ssw0rd-2026!!"), PasswordFault::Common);
        assert_eq!(fault("MotDePasse123456"), PasswordFault::Common);
        assert_eq!(fault("azertyAZERTY12"), PasswordFault::Common);
        assert_eq!(fault("J'aime-Cl41re-beaucoup"), PasswordFault::Personal);
        assert_eq!(fault("aaaaaaaaaaaaaa"), PasswordFault::Simple);
        assert_eq!(fault("123456789012345"), PasswordFault::Simple);
        assert_eq!(fault("abababababababab"), PasswordFault::Simple);
    }

    #[test]
    fn phrases_pass_and_the_meter_rises() {
        let level = |text: &str| check(text, &[], common).unwrap().level;
        assert!(level("marron-boussole-42") >= 3);
        assert!(level("quatre chevaux mangent une boussole") == 4);
        assert!(level("fjwzkqpxmvnt") == 1);
        assert!(level("fjwZkq7xmv-t") >= 2);
    }
}
