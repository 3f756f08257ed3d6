//! Words: of messages for the index, of queries, and their marks in a text.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::address::Address;
use crate::body::to_text::html_to_words;
use crate::limits::Limits;
use crate::parse::{self, Parsed, Part};

/// The word stands in From or Sender.
pub const FROM: u8 = 1;
/// In To.
pub const TO: u8 = 2;
/// In the subject.
pub const SUBJECT: u8 = 4;
/// In a body.
pub const BODY: u8 = 8;
/// In the name of an attachment.
pub const ATTACHMENT_NAME: u8 = 16;
/// In Cc.
pub const CC: u8 = 32;
/// In Bcc.
pub const BCC: u8 = 64;

/// Characters kept of one word.
pub const MAX_WORD: usize = 40;
/// Distinct words kept of one message.
pub const MAX_TERMS: usize = 5_000;
/// Encoded bytes read of one body part.
const MAX_BODY: usize = 1024 * 1024;

pub(crate) fn is_mark(c: char) -> bool {
    is_combining_mark(c)
}

/// Lower case, without accents and ligatures: the form in which words are compared.
/// Folding twice changes nothing.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut once = fold_once(text);
    for _ in 0..3 {
        if once.is_ascii() {
            break;
        }
        let again = fold_once(&once);
        if again == once {
            break;
        }
        once = again;
    }
    once
}

fn fold_once(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
            continue;
        }
        if is_combining_mark(c) {
            continue;
        }
        for l in c.to_lowercase() {
            match l {
                'œ' => out.push_str("oe"),
                'æ' => out.push_str("ae"),
                'ß' => out.push_str("ss"),
                'ø' => out.push('o'),
                'ł' => out.push('l'),
                'đ' | 'ð' => out.push('d'),
                'þ' => out.push_str("th"),
                'ı' => out.push('i'),
                'ς' => out.push('σ'),
                '’' | 'ʼ' => out.push('\''),
                l if is_combining_mark(l) || crate::address::is_invisible(l) => {}
                l => out.push(l),
            }
        }
    }
    out
}

/// The distinct words of a message with the fields they stand in, sorted.
pub fn terms(parsed: &Parsed, raw: &[u8]) -> Vec<(String, u8)> {
    let mut index = Index::default();
    index.envelope(parsed, false);
    index.bodies(parsed, raw);
    for (position, part) in parsed.parts.iter().enumerate() {
        if let Some(name) = &part.name {
            index.add(name, ATTACHMENT_NAME);
        }
        if part.is_message() && !index.full() && part.size < MAX_BODY && position > 0 {
            let inner_raw = parse::decode_part(raw, part);
            let inner = parse::parse(&inner_raw, &Limits::default());
            index.envelope(&inner, true);
            index.bodies(&inner, &inner_raw);
        }
    }
    let mut terms: Vec<(String, u8)> = index.terms.into_iter().collect();
    terms.sort_unstable();
    terms
}

#[derive(Default)]
struct Index {
    terms: HashMap<String, u8>,
}

impl Index {
    fn full(&self) -> bool {
        self.terms.len() >= MAX_TERMS
    }

    /// The addresses and the subject; of an attached message, all count as its body.
    fn envelope(&mut self, parsed: &Parsed, attached: bool) {
        let field = |f: u8| if attached { BODY } else { f };
        for list in [&parsed.from, &parsed.sender] {
            self.addresses(list, field(FROM));
        }
        for (list, bit) in [(&parsed.to, TO), (&parsed.cc, CC), (&parsed.bcc, BCC)] {
            self.addresses(list, field(bit));
        }
        self.add(parsed.subject.as_deref().unwrap_or(""), field(SUBJECT));
    }

    fn addresses(&mut self, list: &Option<Vec<Address>>, field: u8) {
        for address in list.iter().flatten() {
            self.add(address.name.as_deref().unwrap_or(""), field);
            self.add(&address.email, field);
        }
    }

    fn bodies(&mut self, parsed: &Parsed, raw: &[u8]) {
        let mut done: Vec<usize> = Vec::new();
        for &i in parsed.text_body.iter().chain(&parsed.html_body) {
            if self.full() || done.contains(&i) {
                continue;
            }
            done.push(i);
            self.body(raw, &parsed.parts[i]);
        }
    }

    fn body(&mut self, raw: &[u8], part: &Part) {
        match part.content_type.as_str() {
            "text/plain" => self.add(&parse::part_text_capped(raw, part, MAX_BODY).value, BODY),
            "text/html" => self.add(&html_to_words(&parse::part_text_capped(raw, part, MAX_BODY).value), BODY),
            _ => {}
        }
    }

    fn add(&mut self, text: &str, field: u8) {
        if text.is_empty() {
            return;
        }
        let folded = fold(text);
        for word in words(&folded) {
            if let Some(fields) = self.terms.get_mut(word) {
                *fields |= field;
            } else if !self.full() {
                self.terms.insert(word.to_owned(), field);
            }
        }
    }
}

/// The words of a folded text: runs of letters and digits, cut at [`MAX_WORD`]
/// characters. Long runs that mix letters and digits are encoded data, not words.
fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty() && !is_garbage(w)).map(|w| {
        match w.char_indices().nth(MAX_WORD) {
            Some((at, _)) => &w[..at],
            None => w,
        }
    })
}

fn is_garbage(word: &str) -> bool {
    word.len() > 48 && word.bytes().any(|b| b.is_ascii_digit()) && word.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The distinct words of a query, in order, folded like those of the index.
pub fn query_words(query: &str) -> Vec<String> {
    let folded = fold(query);
    let mut out: Vec<String> = Vec::new();
    for word in words(&folded).take(64) {
        if !out.iter().any(|w| w == word) {
            out.push(word.to_owned());
        }
    }
    out
}

/// A piece of `text` of about `max` characters around the first word that
/// begins with one of `words` (folded), cut into plain and marked pieces
/// (SearchSnippet, RFC 8621 §5). `None` if no word matches.
pub fn snippet(text: &str, words: &[String], max: usize) -> Option<Vec<(bool, String)>> {
    let first = marks(text, words, 0).next()?.0;
    let (start, end) = window(text, first, max);
    let mut out: Vec<(bool, String)> = Vec::new();
    if start > 0 {
        out.push((false, "…".to_owned()));
    }
    let mut at = start;
    for (from, to) in marks(text, words, first).take_while(|(_, to)| *to <= end) {
        plain(&mut out, &text[at..from]);
        out.push((true, text[from..to].to_owned()));
        at = to;
    }
    plain(&mut out, &text[at..end]);
    if end < text.len() {
        plain(&mut out, "…");
    }
    Some(out)
}

fn plain(out: &mut Vec<(bool, String)>, text: &str) {
    match out.last_mut() {
        _ if text.is_empty() => {}
        Some((false, last)) => last.push_str(text),
        _ => out.push((false, text.to_owned())),
    }
}

/// Where `max` characters with a little context before `first` begin and end, at word limits where possible.
fn window(text: &str, first: usize, max: usize) -> (usize, usize) {
    let before = max / 4;
    let mut start = text[..first].char_indices().rev().take(before).last().map_or(first, |(at, _)| at);
    if start > 0 {
        start = text[start..first].find(char::is_whitespace).map_or(start, |n| {
            let rest = &text[start + n..];
            start + n + (rest.len() - rest.trim_start().len())
        });
    }
    let end = text[start..].char_indices().nth(max).map_or(text.len(), |(n, _)| start + n);
    (start.min(first), end)
}

/// Byte ranges of `text`, from `at` on, that begin a word and fold to one of `words`.
fn marks(text: &str, words: &[String], mut at: usize) -> impl Iterator<Item = (usize, usize)> {
    let in_word = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    std::iter::from_fn(move || {
        loop {
            let start = at + text[at..].find(in_word)?;
            let len = text[start..].find(|c| !in_word(c)).unwrap_or(text.len() - start);
            let word = &text[start..start + len];
            at = start + len;
            let folded = fold(word);
            if let Some(hit) = words.iter().filter(|w| folded.starts_with(w.as_str())).max_by_key(|w| w.len()) {
                return Some((start, start + original_len(word, hit.len())));
            }
        }
    })
}

/// How many bytes of `word` fold to the first `folded_len` bytes, marks that follow included.
fn original_len(word: &str, folded_len: usize) -> usize {
    let mut have = 0;
    for (at, c) in word.char_indices() {
        if have >= folded_len && !is_combining_mark(c) {
            return at;
        }
        have += fold(c.encode_utf8(&mut [0; 4])).len();
    }
    word.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding() {
        assert_eq!(fold("Œdème MÉTACARPIEN ﬁn Straße ℃ Çà"), "oedeme metacarpien fin strasse °c ca");
    }

    #[test]
    fn queries() {
        assert_eq!(query_words("L'Hémoglobine  glyquée, hemoglobine"), ["l", "hemoglobine", "glyquee"]);
        assert_eq!(query_words(&"1".repeat(60)), ["1".repeat(40)]);
    }

    #[test]
    fn terms_of_a_message() {
        let raw = "From: Dr Léa Roux <lea.roux@ch-nord.mssante.example>\r\nTo: a@b.fr\r\nSubject: =?utf-8?Q?R=C3=A9sultats?= roux\r\n\
            MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
            <style>p{color:red}</style><p>Gly<b>cémie</b> 1,26</p>\r\n--x\r\nContent-Type: application/pdf; name=\"Compte-rendu.pdf\"\r\n\r\nzzz\r\n--x--\r\n";
        let parsed = parse::parse(raw.as_bytes(), &Limits::default());
        let terms: HashMap<String, u8> = terms(&parsed, raw.as_bytes()).into_iter().collect();
        for (word, fields) in [
            ("roux", FROM | SUBJECT),
            ("nord", FROM),
            ("b", TO),
            ("resultats", SUBJECT),
            ("glycemie", BODY),
            ("rendu", ATTACHMENT_NAME),
        ] {
            assert_eq!(terms.get(word), Some(&fields), "{word}");
        }
        assert!(!terms.contains_key("red") && !terms.contains_key("zzz"));
    }

    #[test]
    fn marks_stand_on_the_original() {
        let words = query_words("hemo cœur");
        let got = snippet("Taux d'Hémoglobine du cœur", &words, 200).unwrap();
        let marked: Vec<&str> = got.iter().filter(|p| p.0).map(|p| p.1.as_str()).collect();
        assert_eq!(marked, ["Hémo", "cœur"]);
        assert_eq!(got.iter().map(|p| p.1.as_str()).collect::<String>(), "Taux d'Hémoglobine du cœur");
        assert_eq!(snippet("rien", &words, 100), None);
        let long = format!("{} hémoglobine {}", "mot ".repeat(200), "mot ".repeat(200));
        let got = snippet(&long, &words, 60).unwrap();
        assert!(got.iter().map(|p| p.1.chars().count()).sum::<usize>() <= 62);
    }
}
