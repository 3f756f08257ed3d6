//! Words as they are compared: without case and accents.

/// A text in lower case, without the accents of French.
fn folded(text: &str) -> String {
    let plain = |c: char| match c {
        'à' | 'â' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        c => c,
    };
    text.to_lowercase().chars().map(plain).collect()
}

/// Whether each word typed begins a word of the text, in any order.
pub fn matches(text: &str, typed: &str) -> bool {
    let (text, typed) = (folded(text), folded(typed));
    let begins = |word: &str| text.split(|c: char| !c.is_alphanumeric()).any(|it| it.starts_with(word));
    typed.split_whitespace().all(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_of_words_in_any_order() {
        assert!(matches("Répondre à tous", "tou rep"));
        assert!(matches("Préférences", "PREF"));
        assert!(matches("Réception", ""));
        assert!(!matches("Réception", "eption"));
    }
}
