//! The little writing of the letters: paragraphs set apart by an empty line,
//! `# ` headings, `- ` lists, `| ` tables; and their plain and HTML forms.

/// A piece of a letter.
#[derive(Clone, Debug)]
pub(super) enum Block {
    Heading(String),
    Text(String),
    List(Vec<String>),
    Table(Vec<Vec<String>>),
}

/// Reads a filled template.
pub(super) fn blocks(source: &str) -> Vec<Block> {
    let mut out = Vec::new();
    for piece in source.split("\n\n").map(str::trim).filter(|piece| !piece.is_empty()) {
        if let Some(heading) = piece.strip_prefix("# ") {
            let (heading, rest) = heading.split_once('\n').unwrap_or((heading, ""));
            out.push(Block::Heading(heading.to_owned()));
            if !rest.is_empty() {
                out.extend(blocks(rest));
            }
        } else if piece.starts_with("- ") {
            out.push(Block::List(piece.lines().map(|line| line.trim_start_matches("- ").to_owned()).collect()));
        } else if piece.starts_with("| ") {
            let row = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
            out.push(Block::Table(piece.lines().map(row).collect()));
        } else {
            out.push(Block::Text(piece.to_owned()));
        }
    }
    out
}

/// The plain form; tables in columns, nothing wrapped.
pub(super) fn plain(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        if !out.is_empty() {
            out.push('\n');
        }
        match block {
            Block::Heading(text) => {
                out.push_str(&text.to_uppercase());
                out.push('\n');
            }
            Block::Text(text) => {
                out.push_str(text);
                out.push('\n');
            }
            Block::List(items) => items.iter().for_each(|item| {
                out.push_str("- ");
                out.push_str(item);
                out.push('\n');
            }),
            Block::Table(rows) => plain_table(&mut out, rows),
        }
    }
    out
}

fn plain_table(out: &mut String, rows: &[Vec<String>]) {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|c| c.chars().count()).max();
    for row in rows {
        let mut line = String::new();
        for (i, cell) in row.iter().enumerate() {
            line.push_str(cell);
            let pad = width(i).unwrap_or(0) + 2 - cell.chars().count();
            line.extend(std::iter::repeat_n(' ', pad));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// The HTML form, with the attributes of paragraphs and of table cells.
pub(super) fn html(blocks: &[Block], p: &str, cell: &str) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Heading(text) => out.push_str(&format!("<p{p}><b>{}</b></p>\n", escape(text))),
            Block::Text(text) => {
                out.push_str(&format!("<p{p}>{}</p>\n", escape(text).replace('\n', "<br>\n")));
            }
            Block::List(items) => {
                let items: String = items.iter().map(|item| format!("<li>{}</li>\n", escape(item))).collect();
                out.push_str(&format!("<ul>\n{items}</ul>\n"));
            }
            Block::Table(rows) => {
                out.push_str(
                    "<table border=\"1\" cellpadding=\"4\" cellspacing=\"0\" style=\"border-collapse:collapse\">\n",
                );
                for (i, row) in rows.iter().enumerate() {
                    let tag = if i == 0 { "th" } else { "td" };
                    let cells: String = row.iter().map(|text| format!("<{tag}{cell}>{}</{tag}>", escape(text))).collect();
                    out.push_str(&format!("<tr>{cells}</tr>\n"));
                }
                out.push_str("</table>\n");
            }
        }
    }
    out
}

/// Text as HTML or XML carries it.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Lines of at most `width` characters, broken at spaces.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}
