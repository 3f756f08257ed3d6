//! The INS matricule (NIR or NIA): fifteen characters with their key. Read, checked, named faults; never corrected, since
//! a wrong digit is another patient. Source: référentiel INS, `domain.md` §4; no text of INSEE could be read, so what is
//! only likely there (special months, first digits) is accepted.

use std::fmt;

/// Characters of a matricule, its key included.
pub const LENGTH: usize = 15;

/// What a matricule is a number of: its OID says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Nature {
    #[default]
    Nir,
    Nia,
    /// Of the test environments.
    TestNir,
    /// Of demonstrations.
    DemoNir,
}

impl Nature {
    pub const ALL: [Self; 4] = [Self::Nir, Self::Nia, Self::TestNir, Self::DemoNir];

    /// The word of forms and rows.
    pub fn code(self) -> &'static str {
        match self {
            Self::Nir => "nir",
            Self::Nia => "nia",
            Self::TestNir => "test",
            Self::DemoNir => "demo",
        }
    }

    /// The nature of a word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|nature| nature.code() == code)
    }

    /// Its object identifier (ANS).
    pub fn oid(self) -> &'static str {
        match self {
            Self::Nir => "1.2.250.1.213.1.4.8",
            Self::Nia => "1.2.250.1.213.1.4.9",
            Self::TestNir => "1.2.250.1.213.1.4.10",
            Self::DemoNir => "1.2.250.1.213.1.4.11",
        }
    }

    /// Stands for nobody.
    pub fn is_test(self) -> bool {
        matches!(self, Self::TestNir | Self::DemoNir)
    }
}

/// What is wrong with what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Empty,
    /// So many characters instead of fifteen.
    Length(usize),
    /// A character that cannot stand at its place.
    Character(char),
    /// The first digit.
    Sex(char),
    Month(u32),
    Department,
    /// The key does not match the number.
    Key,
}

impl Fault {
    /// The code of the sentence in the locale files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "ins-empty",
            Self::Length(_) => "ins-length",
            Self::Character(_) => "ins-character",
            Self::Sex(_) => "ins-sex",
            Self::Month(_) => "ins-month",
            Self::Department => "ins-department",
            Self::Key => "ins-key",
        }
    }

    /// What the sentence names.
    pub fn params(self) -> Vec<String> {
        match self {
            Self::Length(found) => vec![found.to_string()],
            Self::Character(found) | Self::Sex(found) => vec![found.to_string()],
            Self::Month(found) => vec![format!("{found:02}")],
            Self::Empty | Self::Department | Self::Key => Vec::new(),
        }
    }
}

/// What a person must look at again though it may be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// A number of tests or demonstrations: nobody's.
    Test,
    /// Of a test number alone: the key does not match.
    TestKey,
    /// The month is one of those given where it is not known.
    Month,
    /// The first digit is one of provisional numbers.
    Provisional,
}

impl Warning {
    /// The code of the sentence in the locale files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Test => "ins-test",
            Self::TestKey => "ins-test-key",
            Self::Month => "ins-month-unknown",
            Self::Provisional => "ins-provisional",
        }
    }
}

/// A matricule whose form was checked. `Debug` hides it: it identifies a person.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Matricule(String);

impl fmt::Debug for Matricule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Matricule(…)")
    }
}

impl Matricule {
    /// All fifteen characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As lists show it: the end alone.
    pub fn masked(&self) -> String {
        masked(&self.0)
    }

    /// In groups, as it stands on documents: `2 79 03 51 215 189 89`.
    pub fn grouped(&self) -> String {
        let mut out = String::with_capacity(LENGTH + 6);
        for (at, c) in self.0.chars().enumerate() {
            if [1, 3, 5, 7, 10, 13].contains(&at) {
                out.push(' ');
            }
            out.push(c);
        }
        out
    }

    /// The patient's address (`domain.md` §3).
    pub fn address(&self, domain: &str) -> String {
        [&self.0, "@", domain].concat()
    }
}

/// The end of a matricule, the rest as dots.
fn masked(text: &str) -> String {
    let kept = text.len().saturating_sub(4);
    ["•••• ", text.get(kept..).unwrap_or_default()].concat()
}

/// What the key must be; none where the first thirteen characters are no number.
fn key_of(body: &str) -> Option<u64> {
    let place = body.get(5..7)?;
    let number = match place {
        "2A" => [body.get(..5)?, "19", body.get(7..)?].concat(),
        "2B" => [body.get(..5)?, "18", body.get(7..)?].concat(),
        _ => body.to_owned(),
    };
    Some(97 - number.parse::<u64>().ok()? % 97)
}

/// Reads a matricule: blanks between groups and small letters of Corsica are the same number, nothing else is changed.
/// A number of tests may have any key: that is a warning.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(text: &str, nature: Nature) -> Result<(Matricule, Vec<Warning>), Fault> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let count = bare.chars().count();
    if count == 0 {
        return Err(Fault::Empty);
    }
    let letter_at =
        |at: usize, c: char| at == 6 && matches!(c, 'A' | 'B' | 'a' | 'b') && bare.as_bytes().get(5) == Some(&b'2');
    if let Some((_, bad)) = bare.chars().enumerate().find(|(at, c)| !c.is_ascii_digit() && !letter_at(*at, *c)) {
        return Err(Fault::Character(bad));
    }
    if count != LENGTH {
        return Err(Fault::Length(count));
    }
    let bare = bare.to_ascii_uppercase();
    let digits = |from: usize, to: usize| bare.get(from..to).unwrap_or_default().parse::<u32>().unwrap_or(0);
    let mut warnings = Vec::new();
    match bare.chars().next().unwrap_or('0') {
        '1' | '2' => {}
        '3' | '4' | '7' | '8' => warnings.push(Warning::Provisional),
        other => return Err(Fault::Sex(other)),
    }
    match digits(3, 5) {
        1..=12 => {}
        20..=42 | 50..=99 => warnings.push(Warning::Month),
        other => return Err(Fault::Month(other)),
    }
    if bare.get(5..7) == Some("00") {
        return Err(Fault::Department);
    }
    if nature.is_test() {
        warnings.push(Warning::Test);
    }
    if key_of(&bare[..13]) != Some(digits(13, 15).into()) {
        if !nature.is_test() {
            return Err(Fault::Key);
        }
        warnings.push(Warning::TestKey);
    }
    Ok((Matricule(bare), warnings))
}

/// Whether a word has the form of a matricule: fifteen characters that begin as one does.
pub fn is_like(word: &str) -> bool {
    let bytes = word.as_bytes();
    let digit = |at: usize| bytes[at].is_ascii_digit();
    bytes.len() == LENGTH
        && matches!(bytes[0], b'1'..=b'4' | b'7' | b'8')
        && (1..6).all(digit)
        && (digit(6) || bytes[5] == b'2' && matches!(bytes[6], b'A' | b'B' | b'a' | b'b'))
        && (7..LENGTH).all(digit)
}

/// An address as it may be shown: that of a patient without its matricule.
pub fn shown(email: &str) -> String {
    match email.split_once('@') {
        Some((local, _)) if is_like(local) => masked(local),
        _ => email.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fault(text: &str) -> Fault {
        parse(text, Nature::Nir).unwrap_err()
    }

    #[test]
    fn those_of_the_sources_are_right() {
        for good in ["279035121518989", "277076322082910", "185072A00412388", "185072B00412318", "2 79 03 51 215 189 89"] {
            let (matricule, warnings) = parse(good, Nature::Nir).unwrap_or_else(|fault| panic!("{good}: {fault:?}"));
            assert_eq!((matricule.as_str().len(), warnings), (LENGTH, Vec::new()), "{good}");
        }
        assert_eq!(parse("185072a00412388", Nature::Nia).unwrap().0.as_str(), "185072A00412388");
    }

    #[test]
    fn typing_errors_are_named_and_never_corrected() {
        assert_eq!((fault(""), fault("  ")), (Fault::Empty, Fault::Empty));
        assert_eq!((fault("27903512151898"), fault("2790351215189899")), (Fault::Length(14), Fault::Length(16)));
        assert_eq!(fault("2790351215189"), Fault::Length(13), "the key is never made up");
        assert_eq!((fault("27903512151898O"), fault("2790351A1518989")), (Fault::Character('O'), Fault::Character('A')));
        assert_eq!(fault("185072C00412388"), Fault::Character('C'));
        assert_eq!((fault("079035121518989"), fault("979035121518989")), (Fault::Sex('0'), Fault::Sex('9')));
        assert_eq!((fault("279145121518989"), fault("279005121518989")), (Fault::Month(14), Fault::Month(0)));
        assert_eq!((fault("279195121518989"), fault("279435121518989")), (Fault::Month(19), Fault::Month(43)));
        assert_eq!(fault("279030021518989"), Fault::Department);
        assert_eq!((fault("279035121518988"), fault("279035121518998")), (Fault::Key, Fault::Key));
        assert_eq!((fault("185072A00412318"), fault("185072B00412388")), (Fault::Key, Fault::Key), "2A is not 2B");
        assert_eq!(Fault::Month(14).params(), ["14"]);
    }

    #[test]
    fn fictional_numbers_are_warned_about_and_only_theirs_may_have_a_wrong_key() {
        // Of the ANS's own samples: their keys should be 43 and 94.
        for wrong in ["253097812634581", "288091234567823"] {
            assert_eq!(fault(wrong), Fault::Key);
            let (_, warnings) = parse(wrong, Nature::TestNir).unwrap();
            assert_eq!(warnings, [Warning::Test, Warning::TestKey]);
        }
        assert_eq!(parse("279035121518989", Nature::DemoNir).unwrap().1, [Warning::Test]);
        let unknown_month = format!("2792051215189{:02}", key_of("2792051215189").unwrap());
        assert_eq!(parse(&unknown_month, Nature::Nir).unwrap().1, [Warning::Month]);
        let provisional = format!("7790351215189{:02}", key_of("7790351215189").unwrap());
        assert_eq!(parse(&provisional, Nature::Nia).unwrap().1, [Warning::Provisional]);
    }

    #[test]
    fn it_is_shown_without_its_digits() {
        let (matricule, _) = parse("279035121518989", Nature::Nir).unwrap();
        assert_eq!(matricule.masked(), "•••• 8989");
        assert_eq!(matricule.grouped(), "2 79 03 51 215 189 89");
        assert!(!format!("{matricule:?}").contains("279"));
        assert_eq!(matricule.address("patient.mssante.fr"), "279035121518989@patient.mssante.fr");
        assert_eq!(shown("185072a00412388@patient.mssante.fr"), "•••• 2388");
        assert_eq!(shown("dr.martin@medecin.mssante.fr"), "dr.martin@medecin.mssante.fr");
    }

    proptest! {
        #[test]
        fn whatever_is_made_by_the_rule_is_accepted_and_any_other_digit_refused(
            sex in prop::sample::select(vec!['1', '2']), year in 0..100u32, month in 1..=12u32,
            place in prop::sample::select(vec!["01", "13", "2A", "2B", "75", "97", "99"]),
            commune in 1..999u32, order in 1..999u32, at in 0..15usize, other in 0..10u32,
        ) {
            let body = format!("{sex}{year:02}{month:02}{place}{commune:03}{order:03}");
            let good = format!("{body}{:02}", key_of(&body).unwrap());
            prop_assert!(parse(&good, Nature::Nir).is_ok() && is_like(&good));
            let mut wrong: Vec<char> = good.chars().collect();
            let digit = char::from_digit(other, 10).unwrap();
            // One digit changed is another number: the key tells every such error.
            if wrong[at] != digit {
                wrong[at] = digit;
                let wrong: String = wrong.into_iter().collect();
                prop_assert!(parse(&wrong, Nature::Nir).is_err(), "{wrong}");
            }
        }

        #[test]
        fn anything_else_is_refused_without_panic(text in ".{0,20}") {
            if let Ok((matricule, _)) = parse(&text, Nature::Nir) {
                prop_assert!(is_like(matricule.as_str()));
            }
            let _ = (is_like(&text), shown(&text));
        }
    }
}
