//! The address that a new BAL is given.

use store::professionals::{Activity, Identity};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::Choice;
use crate::state::State;

/// Homonyms of one domain, at most.
const HOMONYMS: u32 = 500;

/// The address proposed for an activity: `prenom.nom@domain`, with a number for homonyms, never one that was ever given.
///
/// # Errors
/// `Limit` when there are more homonyms than any domain has; the store's.
pub async fn propose(state: &State, identity: &Identity, choice: &Choice) -> Result<String, store::Error> {
    let (given, family) = names(identity, &choice.activity);
    let base = local_part(&given, &family);
    for number in 1..HOMONYMS {
        let local = if number == 1 { base.clone() } else { format!("{base}{number}") };
        let address = format!("{local}@{}", choice.domain);
        if state.store.address_is_free(&address).await? {
            return Ok(address);
        }
    }
    Err(store::Error::Limit { what: "homonyms" })
}

/// The names under which one practises, else those of the civil status.
pub(super) fn names(identity: &Identity, activity: &Activity) -> (String, String) {
    let or = |first: &str, second: &str| if first.is_empty() { second.to_owned() } else { first.to_owned() };
    (or(&activity.given_name, &identity.given_name), or(&activity.family_name, &identity.family_name))
}

/// `jean-pierre.de-la-tour` of `Jean-Pierre` and `DE LA TOUR`: letters without accents, digits, hyphens.
fn local_part(given: &str, family: &str) -> String {
    let plain = |name: &str| {
        let joined = name.to_lowercase().replace('œ', "oe").replace('æ', "ae").replace('ß', "ss").replace(['\'', '’'], "");
        let letters = joined.nfd().filter(|c| !is_combining_mark(*c));
        let mapped: String = letters.map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let words: Vec<&str> = mapped.split('-').filter(|word| !word.is_empty()).collect();
        words.join("-")
    };
    let (given, family) = (plain(given), plain(family));
    let both: Vec<&str> = [given.as_str(), family.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
    // RFC 5321 §4.5.3.1.1 allows 64; some are left for numbers.
    let text: String = both.join(".").chars().take(58).collect();
    let text = text.trim_end_matches(['.', '-']);
    if text.is_empty() { "bal".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_made_of_names() {
        assert_eq!(local_part("Claire", "MARTIN"), "claire.martin");
        assert_eq!(local_part("Jean-Pierre", "DE LA TOUR"), "jean-pierre.de-la-tour");
        assert_eq!(local_part("Anaïs", "O'BRIEN-LEFÈVRE"), "anais.obrien-lefevre");
        assert_eq!(local_part("Zoë", "CŒUR ß"), "zoe.coeur-ss");
        assert_eq!(local_part("明", "李"), "bal");
        assert!(local_part(&"a".repeat(80), "b").len() <= 58);
    }
}
