//! Long texts: the help, the terms of service. A few marks make their shape; everything else, HTML included, is text.
//!
//! | mark | gives |
//! | --- | --- |
//! | `# Heading`, `## Sub`, `### Sub-sub` | headings of level 2, 3, 4 |
//! | `- item`, `1. item` | lists |
//! | `? Question` | a question; its answer goes on to the next question or heading |
//! | `@name` | the place of a table that the page gives |
//! | `**strong**`, `[words](/address)` | within a line; addresses of ours, `https:` and `mailto:` only |
//!
//! An empty line ends a paragraph; lines of one paragraph are joined.

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Heading { level: u8, id: String, text: String },
    Paragraph(Vec<Span>),
    List { ordered: bool, items: Vec<Vec<Span>> },
    Question { id: String, question: String, answer: Vec<Block> },
    Insert(String),
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    Text(String),
    Strong(String),
    Link { href: String, text: String },
}

/// Reads a text.
pub fn parse(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().map(str::trim_end).peekable();
    while let Some(line) = lines.next() {
        if let Some(question) = line.strip_prefix("? ") {
            let mut answer = String::new();
            while let Some(next) = lines.next_if(|next| !next.starts_with("? ") && heading(next).is_none()) {
                answer.push_str(next);
                answer.push('\n');
            }
            let question = question.trim().to_owned();
            blocks.push(Block::Question { id: slug(&question), question, answer: parse(&answer) });
        } else if let Some((level, text)) = heading(line) {
            blocks.push(Block::Heading { level, id: slug(text), text: text.to_owned() });
        } else if let Some(name) = line.strip_prefix('@').filter(|name| !name.is_empty() && !name.contains(' ')) {
            blocks.push(Block::Insert(name.to_owned()));
        } else if let Some((ordered, first)) = item(line) {
            let mut items = vec![first.to_owned()];
            while let Some(next) = lines.next_if(|next| !next.is_empty() && heading(next).is_none()) {
                match (item(next), items.last_mut()) {
                    (Some((_, text)), _) => items.push(text.to_owned()),
                    (None, Some(last)) => *last = [last.as_str(), " ", next.trim()].concat(),
                    (None, None) => {}
                }
            }
            blocks.push(Block::List { ordered, items: items.iter().map(|text| spans(text)).collect() });
        } else if !line.trim().is_empty() {
            let mut text = line.trim().to_owned();
            while let Some(next) = lines.next_if(|next| !next.trim().is_empty() && plain(next)) {
                text = [text.as_str(), " ", next.trim()].concat();
            }
            blocks.push(Block::Paragraph(spans(&text)));
        }
    }
    blocks
}

fn heading(line: &str) -> Option<(u8, &str)> {
    [("# ", 2), ("## ", 3), ("### ", 4)]
        .into_iter()
        .find_map(|(mark, level)| Some((level, line.strip_prefix(mark)?.trim())))
        .filter(|(_, text)| !text.is_empty())
}

fn item(line: &str) -> Option<(bool, &str)> {
    if let Some(text) = line.strip_prefix("- ") {
        return Some((false, text.trim()));
    }
    let (number, text) = line.split_once(". ")?;
    let is_number = !number.is_empty() && number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| (true, text.trim()))
}

fn plain(line: &str) -> bool {
    heading(line).is_none() && item(line).is_none() && !line.starts_with("? ") && !line.starts_with('@')
}

/// The marks within a line. What is not a whole mark is text.
pub fn spans(text: &str) -> Vec<Span> {
    let (mut out, mut rest, mut said) = (Vec::new(), text, String::new());
    while let Some(at) = rest.find(['*', '[']) {
        said.push_str(&rest[..at]);
        rest = &rest[at..];
        match strong(rest).or_else(|| link(rest)) {
            Some((span, after)) => {
                if !said.is_empty() {
                    out.push(Span::Text(std::mem::take(&mut said)));
                }
                out.push(span);
                rest = after;
            }
            None => {
                said.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    said.push_str(rest);
    if !said.is_empty() {
        out.push(Span::Text(said));
    }
    out
}

fn strong(text: &str) -> Option<(Span, &str)> {
    let (inside, after) = text.strip_prefix("**")?.split_once("**")?;
    (!inside.is_empty()).then(|| (Span::Strong(inside.to_owned()), after))
}

fn link(text: &str) -> Option<(Span, &str)> {
    let (words, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (href, after) = rest.split_once(')')?;
    let ours = href.starts_with('/') && !href.starts_with("//") && !href.contains('\\') || href.starts_with('#');
    let known = ours || href.starts_with("https://") || href.starts_with("mailto:");
    let sound = known && !words.contains(['[', ']']) && !href.contains(char::is_whitespace);
    sound.then(|| (Span::Link { href: href.to_owned(), text: words.to_owned() }, after))
}

/// The name of a heading in addresses: `J'ai oublié…` is `j-ai-oublie`.
pub fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let plain = match c.to_lowercase().next().unwrap_or(c) {
            'à' | 'â' | 'ä' => 'a',
            'ç' => 'c',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'î' | 'ï' => 'i',
            'ô' | 'ö' => 'o',
            'ù' | 'û' | 'ü' => 'u',
            other => other,
        };
        if plain.is_ascii_alphanumeric() {
            out.push(plain);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(60);
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_shape() {
        let blocks = parse(
            "# Accès\n\nUne ligne\net la suite.\n- un\n- deux\n  encore\n\n1. premier\n\n@table\n? Qui ?\nMoi.\n\n- x\n? Et ?\nToi\n## Fin",
        );
        let Block::Heading { level: 2, id, .. } = &blocks[0] else { panic!("{blocks:?}") };
        assert_eq!(id, "acces");
        assert_eq!(blocks[1], Block::Paragraph(vec![Span::Text("Une ligne et la suite.".into())]));
        let Block::List { ordered: false, items } = &blocks[2] else { panic!("{blocks:?}") };
        assert_eq!(items[1], vec![Span::Text("deux encore".into())]);
        assert!(matches!(&blocks[3], Block::List { ordered: true, .. }));
        assert_eq!(blocks[4], Block::Insert("table".into()));
        let Block::Question { question, answer, .. } = &blocks[5] else { panic!("{blocks:?}") };
        assert_eq!((question.as_str(), answer.len()), ("Qui ?", 2));
        assert!(matches!(&blocks[7], Block::Heading { level: 3, .. }));
        assert_eq!(blocks.len(), 8);
    }

    #[test]
    fn marks_within_a_line() {
        let link = |href: &str, text: &str| Span::Link { href: href.into(), text: text.into() };
        let text = |text: &str| Span::Text(text.into());
        assert_eq!(
            spans("a **b** c [d](/e)."),
            vec![text("a "), Span::Strong("b".into()), text(" c "), link("/e", "d"), text(".")]
        );
        for left in
            ["[Nom], [adresse]", "[x](javascript:alert(1))", "[x](//evil.example)", "2 * 3", "**", "[x](http://a.fr)", "<b>"]
        {
            assert_eq!(spans(left), vec![text(left)], "{left}");
        }
    }
}
