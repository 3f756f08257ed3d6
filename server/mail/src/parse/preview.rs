//! The preview of a message (RFC 8621 §4.1.4): what the sender wrote, first.

use super::{Parsed, part_text_capped};
use crate::body::to_text::html_to_text;
use crate::quote::{BlockKind, split_quote};

const MAX_CHARS: usize = 256;
/// Encoded bytes looked at: enough for a long letterhead, little for a large document.
const MAX_BYTES: usize = 128 * 1024;

/// Up to 256 characters with white space collapsed, without quotes and
/// signature unless there is nothing else.
pub(super) fn of(parsed: &Parsed, raw: &[u8]) -> String {
    let mut all = String::new();
    for &index in &parsed.text_body {
        let part = &parsed.parts[index];
        let text = match part.content_type.as_str() {
            "text/plain" => part_text_capped(raw, part, MAX_BYTES).value,
            "text/html" => html_to_text(&part_text_capped(raw, part, MAX_BYTES).value),
            _ => continue,
        };
        all.push_str(&text);
        all.push('\n');
        if all.len() > 16 * 1024 {
            break;
        }
    }
    let written: String = split_quote(&all).iter().filter(|b| b.kind == BlockKind::Text).map(|b| b.text.as_str()).collect();
    let own = collapse(&written);
    if own.is_empty() { collapse(&all) } else { own }
}

fn collapse(text: &str) -> String {
    let mut out = String::new();
    let mut room = MAX_CHARS;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|&c| !crate::address::is_invisible(c)).collect();
        // Rules of dashes and the like say nothing in a list.
        if word.is_empty() || (word.len() > 3 && word.chars().all(|c| "-_=*~#.>".contains(c))) {
            continue;
        }
        if !out.is_empty() {
            if room < 2 {
                break;
            }
            out.push(' ');
            room -= 1;
        }
        for c in word.chars().take(room) {
            out.push(c);
            room -= 1;
        }
    }
    out
}
