//! Words. `i18n::list::unread(lang)` gives the sentence `unread` of the section `[list]` of `locales/*/*.toml`; a sentence
//! with placeholders takes them as arguments (`n` first when it has a plural). Codes of refusals and confirmations are
//! looked up by [`error`] and [`said`]. The functions are made by `build.rs`: a missing one does not compile.

use leptos::prelude::{provide_context, use_context};

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    #[default]
    Fr,
    En,
}

impl Lang {
    /// `fr` or `en`, as in `<html lang>`, cookies and preferences.
    pub fn code(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }

    /// The language of a code or tag (`fr`, `en-GB`), if we speak it.
    pub fn from_code(code: &str) -> Option<Self> {
        let primary = code.trim().split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "fr" => Some(Self::Fr),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The best of ours for an `Accept-Language` header (RFC 9110 §12.5.4); French when none fits.
    pub fn accepted(header: &str) -> Self {
        let mut best: Option<(u16, Self)> = None;
        for item in header.split(',').take(20) {
            let mut parts = item.split(';');
            let Some(lang) = parts.next().and_then(Self::from_code) else { continue };
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1000, |q| q.parse::<f32>().map_or(0, |q| (q.clamp(0.0, 1.0) * 1000.0) as u16));
            if weight > 0 && best.is_none_or(|(known, _)| weight > known) {
                best = Some((weight, lang));
            }
        }
        best.map_or(Self::Fr, |(_, lang)| lang)
    }
}

/// The language of the page being drawn, from context.
pub fn lang() -> Lang {
    use_context().unwrap_or_default()
}

/// Sets the language for all that is drawn below.
pub fn provide_lang(lang: Lang) {
    provide_context(lang);
}

/// A whole number with its thousands apart: narrow no-break space in French, comma in English.
pub fn number(lang: Lang, value: u64) -> String {
    let digits = value.to_string();
    if digits.len() < 4 {
        return digits;
    }
    let separator = match lang {
        Lang::Fr => '\u{202f}',
        Lang::En => ',',
    };
    let mut out = String::with_capacity(digits.len() + 6);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

/// The sentence of a refusal (problem code, field code, JMAP error type) with its parameters; a general one when the
/// code is not known.
pub fn error(lang: Lang, code: &str, params: &[String]) -> String {
    let found = error_sentences(lang, code).or_else(|| error_sentences(lang, "unknown"));
    let (sentence, _) = found.unwrap_or_default();
    let mut text = sentence.to_owned();
    for (at, value) in params.iter().enumerate() {
        text = text.replace(&["{", &at.to_string(), "}"].concat(), value);
    }
    text
}

/// The confirmation for a code of the closed list `[said]` (after `?dit=`, in undo toasts), for `n` things.
pub fn said(lang: Lang, code: &str, n: u64) -> Option<String> {
    let (one, other) = said_sentences(lang, code)?;
    let singular = match lang {
        Lang::Fr => n < 2,
        Lang::En => n == 1,
    };
    Some(if singular { one } else { other }.replace("{n}", &number(lang, n)))
}

/// The name of a folder as people read it: that of its role (RFC 8621 §2), or its own.
pub fn folder_name(lang: Lang, role: Option<&str>, name: &str) -> String {
    match role {
        Some("inbox") => folder::inbox(lang),
        Some("drafts") => folder::drafts(lang),
        Some("sent") => folder::sent(lang),
        Some("archive") => folder::archive(lang),
        Some("trash") => folder::trash(lang),
        Some("junk") => folder::junk(lang),
        _ => name,
    }
    .to_owned()
}

include!(concat!(env!("OUT_DIR"), "/words.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_counts_zero_as_singular() {
        assert_eq!(folder::count(Lang::Fr, 0), "0 message");
        assert_eq!(folder::count(Lang::En, 0), "0 messages");
        assert_eq!(folder::count(Lang::Fr, 12345), "12\u{202f}345 messages");
        assert_eq!(folder::count(Lang::En, 1234), "1,234 messages");
    }

    #[test]
    fn codes_are_looked_up() {
        assert_eq!(error(Lang::En, "no such code", &[]), error(Lang::En, "unknown", &[]));
        let refused = error(Lang::Fr, "recipient-outside", &["a@b.fr".into()]);
        assert!(refused.starts_with("a@b.fr est hors"), "{refused}");
        assert_eq!(said(Lang::Fr, "archive", 3).as_deref(), Some("3 conversations archivées"));
        assert_eq!(said(Lang::Fr, "<script>", 3), None);
    }

    #[test]
    fn the_browser_is_listened_to() {
        assert_eq!(Lang::accepted("en-GB,en;q=0.9,fr;q=0.8"), Lang::En);
        assert_eq!(Lang::accepted("de, fr;q=0.5, en;q=0.7"), Lang::En);
        assert_eq!(Lang::accepted("de"), Lang::Fr);
        assert_eq!(Lang::accepted("fr;q=0, en;q=x,"), Lang::Fr);
    }

    #[test]
    fn french_has_its_typography() {
        assert_eq!(folder::delete_ask(Lang::Fr, "Labo"), "Supprimer le dossier «\u{a0}Labo\u{a0}»\u{202f}?");
    }
}
