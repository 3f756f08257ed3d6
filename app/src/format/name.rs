//! Names of people: what to show for an address, initials, a colour that stays theirs.

use wire::ins;

/// Colours of avatars in `style/components/avatar.css`.
pub const COLOURS: u32 = 8;

const TITLES: &[&str] = &[
    "dr",
    "docteur",
    "pr",
    "professeur",
    "prof",
    "m",
    "mr",
    "mme",
    "mlle",
    "me",
    "mrs",
    "ms",
    "le",
    "la",
    "les",
    "de",
    "du",
    "des",
];

/// The displayed name, or the address where there is none: of a patient, what stands after the INS.
pub fn shown<'a>(name: Option<&'a str>, email: &'a str) -> &'a str {
    match name.map(str::trim) {
        Some(name) if !name.is_empty() => name,
        _ => match email.split_at_checked(ins::LENGTH) {
            Some((local, rest)) if ins::is_like(local) && rest.starts_with('@') => rest,
            _ => email,
        },
    }
}

/// Both: `Claire Martin <claire.martin@…>`, or the address alone.
pub fn whole(name: Option<&str>, email: &str) -> String {
    match name.map(str::trim) {
        Some(name) if !name.is_empty() => [name, " <", email, ">"].concat(),
        _ => email.to_owned(),
    }
}

/// One or two capitals: `Dr Claire Martin` gives `CM`; an address gives the first letters of its local part.
pub fn initials(name: &str) -> String {
    let local = name.split('@').next().unwrap_or(name);
    let words: Vec<&str> = local.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let meaning = |word: &&&str| !TITLES.contains(&word.to_lowercase().as_str());
    let mut kept: Vec<&&str> = words.iter().filter(meaning).collect();
    if kept.is_empty() {
        kept = words.iter().collect();
    }
    let first = kept.first().and_then(|word| word.chars().next());
    let last = kept.get(1..).and_then(<[_]>::last).and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// A number under [`COLOURS`] that depends on the address only (FNV-1a of its lower case).
pub fn colour(email: &str) -> u32 {
    let hash = email
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 16)) % COLOURS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_leave_titles_out() {
        assert_eq!(initials("Dr Claire Martin"), "CM");
        assert_eq!(initials("Laboratoire des Tilleuls"), "LT");
        assert_eq!(initials("claire.martin@medecin.mssante.example"), "CM");
        assert_eq!(initials("Élodie"), "É");
        assert_eq!(initials("Dr"), "D");
        assert_eq!(initials(""), "");
        assert_eq!(initials("ß"), "SS");
    }

    #[test]
    fn a_colour_stays() {
        assert_eq!(colour("A@b.fr"), colour("a@b.fr"));
        assert!((0..200).map(|n| colour(&format!("p{n}@b.fr"))).collect::<std::collections::BTreeSet<_>>().len() == 8);
    }

    #[test]
    fn names_or_addresses() {
        assert_eq!(shown(Some(" "), "a@b.fr"), "a@b.fr");
        assert_eq!(whole(Some("Claire"), "a@b.fr"), "Claire <a@b.fr>");
    }
}
