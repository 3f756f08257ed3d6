//! What binds messages together: ids (RFC 5322 §3.6.4) and base subjects (RFC 5256 §2.1).

use crate::decode;
use crate::parse::Parsed;

/// References kept per message, the newest ones.
pub const MAX_REFERENCES: usize = 100;

/// The ids by which a message finds its conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThreadIds {
    /// Its own ids.
    pub own: Vec<String>,
    /// Those it names, nearest first, each once.
    pub named: Vec<String>,
}

/// The ids of a parsed message.
pub fn thread_ids(parsed: &Parsed) -> ThreadIds {
    ids(&parsed.message_id, &parsed.in_reply_to, &parsed.references)
}

/// The ids from the three fields. In-Reply-To comes first, then References from its end.
pub fn ids(message_id: &[String], in_reply_to: &[String], references: &[String]) -> ThreadIds {
    let own: Vec<String> = message_id.iter().take(1).map(|id| normalise_id(id)).collect();
    let mut seen = std::collections::HashSet::new();
    let named = in_reply_to
        .iter()
        .take(MAX_REFERENCES)
        .chain(references.iter().rev().take(MAX_REFERENCES))
        .map(|id| normalise_id(id))
        .filter(|id| !id.is_empty() && !own.contains(id) && seen.insert(id.clone()))
        .take(MAX_REFERENCES)
        .collect();
    ThreadIds { own, named }
}

/// Brackets and white space go, the domain is put in lower case.
pub fn normalise_id(id: &str) -> String {
    let id: String = id.chars().filter(|c| !c.is_whitespace() && !matches!(c, '<' | '>')).collect();
    match id.rsplit_once('@') {
        Some((left, right)) => format!("{left}@{}", right.to_ascii_lowercase()),
        None => id,
    }
}

/// The subject without what replies, forwards and lists add to it (RFC 5256
/// §2.1, with the prefixes of French, German and Nordic programs).
pub fn base_subject(subject: &str) -> String {
    let decoded = decode::words(subject);
    let mut text = decoded.split_whitespace().collect::<Vec<_>>().join(" ");
    loop {
        let mut rest = text.as_str();
        loop {
            let before = rest.len();
            rest = strip_suffix_ci(rest, "(fwd)").trim_end();
            rest = strip_prefix(rest, true);
            if let Some(after) = strip_blob(rest).filter(|after| !after.is_empty()) {
                rest = after;
            }
            if rest.len() == before {
                break;
            }
        }
        // A whole forwarded subject in brackets.
        let inner = rest
            .get(..5)
            .filter(|start| start.eq_ignore_ascii_case("[fwd:"))
            .and_then(|_| rest[5..].strip_suffix(']'))
            .map(|inner| inner.trim().to_owned());
        match inner {
            Some(inner) => text = inner,
            None => return rest.to_owned(),
        }
    }
}

fn strip_suffix_ci<'a>(text: &'a str, suffix: &str) -> &'a str {
    match text.len().checked_sub(suffix.len()) {
        Some(at) if text.is_char_boundary(at) && text[at..].eq_ignore_ascii_case(suffix) => &text[..at],
        _ => text,
    }
}

/// `[list]` at the start, with no bracket inside.
fn strip_blob(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('[')?;
    let end = rest.find(['[', ']'])?;
    if text.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("[fwd:")) {
        return None;
    }
    rest[end..].strip_prefix(']').map(str::trim_start)
}

const PREFIXES: [&str; 10] = ["re", "fwd", "fw", "tr", "aw", "sv", "wg", "vs", "rép", "rep"];

/// Removes one leading `Re:`, `TR :`, `Fwd[2]:` …, and `Réf :` if `refs`.
pub(crate) fn strip_prefix(text: &str, refs: bool) -> &str {
    let text = text.trim_start();
    let Some(colon) = text.char_indices().take(24).find(|(_, c)| matches!(c, ':' | '：')) else {
        return text;
    };
    let word = text[..colon.0].trim_end();
    let word = match word.find(['[', '(']) {
        Some(at) if word.ends_with([']', ')']) && word[at + 1..word.len() - 1].chars().all(|c| c.is_ascii_digit()) => {
            word[..at].trim_end()
        }
        _ => word,
    };
    let word = word.to_lowercase();
    let known = PREFIXES.contains(&word.as_str()) || (refs && matches!(word.as_str(), "réf" | "ref"));
    if known { text[colon.0 + colon.1.len_utf8()..].trim_start() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_subjects() {
        for (subject, want) in [
            ("Re: Résultats", "Résultats"),
            ("RE : TR: Fwd[2]: Résultats (fwd)", "Résultats"),
            ("[liste] Re: Résultats", "Résultats"),
            ("Re: [liste] Résultats", "Résultats"),
            ("[Fwd: Résultats]", "Résultats"),
            ("Réf : Résultats", "Résultats"),
            ("[seul]", "[seul]"),
            ("Rendez-vous : lundi", "Rendez-vous : lundi"),
            ("=?utf-8?Q?Re:_=C3=A9t=C3=A9?=", "été"),
            ("", ""),
        ] {
            assert_eq!(base_subject(subject), want, "{subject}");
        }
    }

    #[test]
    fn ids_are_normal_and_bounded() {
        let many: Vec<String> = (0..300).map(|n| format!("{n}@Host.FR")).collect();
        let got = ids(&["<Own@X>".into()], &["299@host.fr".into(), "Own@x".into()], &many);
        assert_eq!(got.own, ["Own@x"]);
        assert_eq!(got.named.len(), MAX_REFERENCES);
        assert_eq!(got.named[..2], ["299@host.fr", "298@host.fr"]);
    }
}
