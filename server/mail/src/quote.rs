//! Replying: subjects, references, quoted text; and finding the quotes of what came in.

use crate::parse::Parsed;
use crate::thread::{MAX_REFERENCES, strip_prefix};

/// `RE: …` (French) or `Re: …`, never stacked.
pub fn reply_subject(subject: &str, lang: &str) -> String {
    prefixed(subject, if lang.starts_with("fr") { "RE: " } else { "Re: " })
}

/// `TR: …` (French) or `Fwd: …`, never stacked.
pub fn forward_subject(subject: &str, lang: &str) -> String {
    prefixed(subject, if lang.starts_with("fr") { "TR: " } else { "Fwd: " })
}

fn prefixed(subject: &str, prefix: &str) -> String {
    let mut rest = subject.trim();
    loop {
        let shorter = strip_prefix(rest, false);
        if shorter.len() == rest.len() {
            return format!("{prefix}{rest}");
        }
        rest = shorter;
    }
}

/// In-Reply-To and References of an answer to `parsed` (RFC 5322 §3.6.4): the
/// first reference and the newest ones are kept when there are too many.
pub fn references_for_reply(parsed: &Parsed) -> (Vec<String>, Vec<String>) {
    let mut references = parsed.references.clone();
    if references.is_empty() && parsed.in_reply_to.len() == 1 {
        references.clone_from(&parsed.in_reply_to);
    }
    let own: Vec<String> = parsed.message_id.iter().take(1).cloned().collect();
    references.retain(|r| !own.contains(r));
    references.extend(own.iter().cloned());
    if references.len() > MAX_REFERENCES {
        let too_many = references.len() - MAX_REFERENCES;
        references.drain(1..=too_many);
    }
    (own, references)
}

/// Quotes `text` under `intro` ("Le … a écrit :"). Lines have no trailing
/// space, so that a format=flowed reader does not join them (RFC 3676 §4.5).
pub fn quote_text(text: &str, intro: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 20 + intro.len() + 2);
    if !intro.is_empty() {
        out.push_str(intro.trim_end());
        out.push('\n');
    }
    for line in text.trim_end().split('\n') {
        let line = line.trim_end();
        out.push('>');
        if !line.is_empty() && !line.starts_with('>') {
            out.push(' ');
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Joins the lines of a format=flowed text (RFC 3676 §4).
pub fn unflow(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |l| (l, "\n"));
        let depth = line.bytes().take_while(|&b| b == b'>').count();
        let body = &line[depth..];
        let body = body.strip_prefix(' ').unwrap_or(body);
        if open == Some(depth) && body != "-- " {
            out.pop();
        } else {
            out.push_str(&line[..depth]);
            if depth > 0 && !body.is_empty() {
                out.push(' ');
            }
        }
        let flows = body.ends_with(' ') && body != "-- " && !end.is_empty();
        out.push_str(if flows && delsp { &body[..body.len() - 1] } else { body });
        out.push_str(end);
        open = flows.then_some(depth);
    }
    out
}

/// What a block of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// What the sender wrote.
    Text,
    /// The line that introduces a quote.
    Intro,
    /// A quote.
    Quote,
    /// After `-- ` (RFC 3676 §4.3).
    Signature,
}

/// A run of lines of one kind. The texts of all blocks make the whole again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Written by someone else: an introduction or a quote.
    pub quoted: bool,
    /// How deep the quote is; 0 for what the sender wrote.
    pub depth: u8,
    /// What it is.
    pub kind: BlockKind,
    /// Its lines as they stand.
    pub text: String,
}

/// Cuts a text (LF lines) into what was written, introductions, quotes and signature.
pub fn split_quote(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut blocks: Vec<Block> = Vec::new();
    let (mut rest_quoted, mut signature) = (false, false);
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let depth = quote_depth(line);
        if rest_quoted {
            push(&mut blocks, BlockKind::Quote, depth.saturating_add(1), line);
        } else if depth > 0 {
            signature = false;
            push(&mut blocks, BlockKind::Quote, depth, line);
        } else if let Some((taken, whole_rest)) = introduction(&lines[at..]) {
            signature = false;
            rest_quoted = whole_rest;
            lines[at..at + taken].iter().for_each(|l| push(&mut blocks, BlockKind::Intro, 1, l));
            at += taken;
            continue;
        } else if signature || matches!(line.trim_end_matches(['\r', '\n']), "-- " | "--") {
            signature = true;
            push(&mut blocks, BlockKind::Signature, 0, line);
        } else {
            push(&mut blocks, BlockKind::Text, 0, line);
        }
        at += 1;
    }
    blocks
}

fn push(blocks: &mut Vec<Block>, kind: BlockKind, depth: u8, line: &str) {
    match blocks.last_mut() {
        Some(last) if last.kind == kind && last.depth == depth => last.text.push_str(line),
        _ => blocks.push(Block {
            quoted: matches!(kind, BlockKind::Intro | BlockKind::Quote),
            depth,
            kind,
            text: line.to_owned(),
        }),
    }
}

/// Number of `>` at the start, blanks between them allowed.
pub(crate) fn quote_depth(line: &str) -> u8 {
    let mut depth = 0u8;
    let mut blanks = 0;
    for b in line.bytes() {
        match b {
            b'>' => {
                depth = depth.saturating_add(1);
                blanks = 0;
            }
            b' ' if blanks == 0 && depth > 0 => blanks = 1,
            _ => break,
        }
    }
    depth
}

/// Whether `lines` begin with the introduction of a quote: how many lines it
/// takes, and whether all that follows is the quote.
fn introduction(lines: &[&str]) -> Option<(usize, bool)> {
    let first = lines[0].trim();
    if first.is_empty() || first.len() > 400 {
        return None;
    }
    if is_separator(first) || (is_rule(first) && lines.get(1).is_some_and(|_| outlook_block(&lines[1..]))) {
        return Some((1, true));
    }
    if outlook_block(lines) {
        return Some((1, true));
    }
    attribution(lines)
}

/// `-----Message d'origine-----` and its cousins.
fn is_separator(line: &str) -> bool {
    let Some(inner) = line.strip_prefix("--") else { return false };
    if !inner.ends_with("--") {
        return false;
    }
    let inner = crate::search::fold(inner.trim_matches(['-', ' ', '\u{a0}'])).replace('’', "'");
    matches!(
        inner.as_str(),
        "message d'origine"
            | "message original"
            | "original message"
            | "message transfere"
            | "message initial"
            | "forwarded message"
            | "message reexpedie"
            | "courriel original"
            | "e-mail d'origine"
            | "debut du message reexpedie"
            | "ursprungliche nachricht"
    )
}

/// Outlook's line of underscores.
fn is_rule(line: &str) -> bool {
    line.len() >= 10 && line.bytes().all(|b| b == b'_')
}

fn label(line: &str, names: &[&str]) -> bool {
    let line = line.trim_start_matches([' ', '*', '\u{a0}']);
    line.char_indices().take(12).find(|(_, c)| *c == ':').is_some_and(|(at, _)| {
        let word = line[..at].trim_end_matches([' ', '*', '\u{a0}', '\u{202f}']);
        names.iter().any(|n| n.eq_ignore_ascii_case(word) || word.to_lowercase() == *n)
    })
}

/// `De : … Envoyé : … À : … Objet : …` as Outlook writes above an answer.
fn outlook_block(lines: &[&str]) -> bool {
    if !label(lines[0], &["de", "from", "von"]) {
        return false;
    }
    let next = || lines[1..].iter().take(6);
    next().any(|l| label(l, &["envoyé", "envoye", "sent", "date", "gesendet"]))
        && next().any(|l| label(l, &["à", "a", "to", "an", "objet", "subject", "betreff"]))
}

/// `Le … a écrit :`, `On … wrote:`, over up to three lines, then blanks.
fn attribution(lines: &[&str]) -> Option<(usize, bool)> {
    let first = lines[0].trim_start();
    if !["Le ", "On ", "Am ", "Le\u{a0}"].iter().any(|p| first.starts_with(p)) {
        return None;
    }
    let mut joined = String::new();
    let mut end = 0;
    for (n, line) in lines.iter().take(3).enumerate() {
        joined.push_str(line.trim());
        joined.push(' ');
        let tail = joined.trim_end_matches([' ', ':', '\u{a0}', '\u{202f}']);
        let verb =
            ["a écrit", "wrote", "a ecrit", "schrieb"].iter().any(|v| tail.ends_with(v)) || tail.contains(" schrieb ");
        if line.trim_end().ends_with(':') && verb {
            end = n + 1;
            break;
        }
    }
    if end == 0 || !joined.bytes().any(|b| b.is_ascii_digit()) && !joined.contains('@') && !joined.contains('<') {
        return None;
    }
    let blanks = lines[end..].iter().take_while(|l| l.trim().is_empty()).count();
    let prefixed = lines.get(end + blanks).is_some_and(|l| quote_depth(l) > 0);
    Some((end + blanks, !prefixed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(BlockKind, u8)> {
        split_quote(text).iter().map(|b| (b.kind, b.depth)).collect()
    }

    #[test]
    fn subjects_do_not_stack() {
        assert_eq!(reply_subject("Re: RE : x", "fr"), "RE: x");
        assert_eq!(forward_subject("RE: x", "fr"), "TR: x");
        assert_eq!(forward_subject("x", "en"), "Fwd: x");
        assert_eq!(reply_subject("Réf : 12", "en"), "Re: Réf : 12");
    }

    #[test]
    fn quotes_and_signature() {
        use BlockKind::*;
        assert_eq!(
            kinds("Oui.\n\nLe lun. 3 mars 2025 à 10:00, Dr X <x@y.fr> a\nécrit :\n\n> a\n> > b\n> c\nMerci\n-- \nDr Y\n"),
            [(Text, 0), (Intro, 1), (Quote, 1), (Quote, 2), (Quote, 1), (Text, 0), (Signature, 0)]
        );
        assert_eq!(kinds("Bien.\n-----Message d'origine-----\nDe : x\nblabla\n"), [(Text, 0), (Intro, 1), (Quote, 1)]);
        assert_eq!(
            kinds("Vu\n________________________________\nDe : X\nEnvoyé : lundi\nÀ : Y\nObjet : z\n\nt\n"),
            [(Text, 0), (Intro, 1), (Quote, 1)]
        );
        assert_eq!(kinds("On 3 March, X wrote:\nhello"), [(Intro, 1), (Quote, 1)]);
        assert_eq!(kinds("De : la fièvre depuis lundi\n"), [(Text, 0)]);
        assert_eq!(kinds("Le patient a écrit :\nbonjour"), [(Text, 0)]);
    }

    #[test]
    fn quoting_and_flowed() {
        assert_eq!(quote_text("a \n\n> b\n", "Le 1, X a écrit :"), "Le 1, X a écrit :\n> a\n>\n>> b\n");
        assert_eq!(unflow("a \nb\n> c \n> d\n-- \nX\n", false), "a b\n> c d\n-- \nX\n");
        assert_eq!(unflow("a \nb\n", true), "ab\n");
    }

    #[test]
    fn references_grow_and_are_bounded() {
        let parsed = Parsed {
            message_id: vec!["m@x".into()],
            references: (0..200).map(|n| format!("{n}@x")).collect(),
            ..Parsed::default()
        };
        let (reply_to, refs) = references_for_reply(&parsed);
        assert_eq!(reply_to, ["m@x"]);
        assert_eq!(refs.len(), MAX_REFERENCES);
        assert_eq!((refs[0].as_str(), refs[99].as_str(), refs[98].as_str()), ("0@x", "m@x", "199@x"));
    }
}
