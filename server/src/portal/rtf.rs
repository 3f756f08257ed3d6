//! A text as RTF, which every word processor opens, to be completed by hand.

use app::format::prose::{Block, Span, parse};

/// The document of a text of `format::prose`. Addresses of links are left out: it is for paper.
pub fn document(text: &str) -> String {
    let mut out = String::from("{\\rtf1\\ansi\\ansicpg1252\\uc1\\deff0{\\fonttbl{\\f0\\fswiss Arial;}}\\f0\\fs22\n");
    parse(text).iter().for_each(|block| write(&mut out, block));
    out.push_str("}\n");
    out
}

fn write(out: &mut String, block: &Block) {
    match block {
        Block::Heading { level, text, .. } => {
            let size = if *level == 2 { "32" } else { "26" };
            out.push_str(&format!("{{\\pard\\sb240\\sa120\\b\\fs{size} "));
            escape(out, text);
            out.push_str("\\par}\n");
        }
        Block::Paragraph(spans) => {
            out.push_str("{\\pard\\sa160 ");
            line(out, spans);
            out.push_str("\\par}\n");
        }
        Block::List { items, .. } => {
            for item in items {
                out.push_str("{\\pard\\li360\\fi-200\\sa80 \\'95  ");
                line(out, item);
                out.push_str("\\par}\n");
            }
        }
        Block::Question { question, answer, .. } => {
            out.push_str("{\\pard\\sb160\\b ");
            escape(out, question);
            out.push_str("\\par}\n");
            answer.iter().for_each(|block| write(out, block));
        }
        Block::Insert(_) => {}
    }
}

fn line(out: &mut String, spans: &[Span]) {
    for span in spans {
        match span {
            Span::Text(text) | Span::Link { text, .. } => escape(out, text),
            Span::Strong(text) => {
                out.push_str("{\\b ");
                escape(out, text);
                out.push('}');
            }
        }
    }
}

/// Other than ASCII is written as UTF-16 units (RTF 1.9, `\u`), with `?` for readers that know none.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\\' | '{' | '}' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{}?", unit.cast_signed()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_ascii_and_escaped() {
        let document = document("# Été\n\n**Nom** {x} \\ 😀 œ");
        assert!(document.is_ascii() && document.starts_with("{\\rtf1"));
        assert!(document.contains("\\u201?t\\u233?"), "{document}");
        assert!(document.contains("{\\b Nom} \\{x\\} \\\\ \\u-10179?\\u-8704? \\u339?"), "{document}");
    }
}
