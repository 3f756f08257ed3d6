//! Small PDF files (ISO 32000-1): text in Helvetica with WinAnsi accents, one
//! page or several, nothing compressed, a cross-reference table that is right.

use super::super::mime::Charset;
use super::super::source::{Block, wrap};

const LINES: usize = 38;

/// A line of a page: its text, size, weight and left edge.
struct Line {
    text: String,
    size: u32,
    bold: bool,
    left: u32,
}

/// A document: letterhead, title, blocks of text, foot of each page.
pub(in super::super) fn pdf(letterhead: &[String], title: &str, blocks: &[Block], foot: &str) -> Vec<u8> {
    let lines = lay_out(title, blocks);
    let pages: Vec<&[Line]> = lines.chunks(LINES).collect();
    let mut objects: Vec<Vec<u8>> = Vec::new();
    let kids: Vec<String> = (0..pages.len()).map(|i| format!("{} 0 R", 5 + 2 * i)).collect();
    objects.push(b"<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR) >>".to_vec());
    objects.push(format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()).into_bytes());
    for font in ["Helvetica", "Helvetica-Bold"] {
        objects.push(format!("<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>").into_bytes());
    }
    for (i, page) in pages.iter().enumerate() {
        let content = content(page, if i == 0 { letterhead } else { &[] }, foot, i + 1, pages.len());
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R \
                 /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
                6 + 2 * i
            )
            .into_bytes(),
        );
        let mut stream = format!("<< /Length {} >>\nstream\n", content.len()).into_bytes();
        stream.extend_from_slice(&content);
        stream.extend_from_slice(b"\nendstream");
        objects.push(stream);
    }
    let mut named = b"<< /Title ".to_vec();
    literal(&mut named, title);
    named.extend_from_slice(b" /Producer (Pli demonstration) >>");
    objects.push(named);
    assemble(&objects)
}

/// Header, numbered objects, cross-reference table and trailer.
fn assemble(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut offsets = Vec::with_capacity(objects.len());
    for (i, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n", i + 1).as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let table = out.len();
    out.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).as_bytes());
    for offset in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    out.extend_from_slice(
        format!(
            "trailer\n<< /Size {} /Root 1 0 R /Info {} 0 R >>\nstartxref\n{table}\n%%EOF\n",
            objects.len() + 1,
            objects.len()
        )
        .as_bytes(),
    );
    out
}

fn lay_out(title: &str, blocks: &[Block]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |text: &str, size, bold, left| {
        lines.push(Line { text: text.to_owned(), size, bold, left });
    };
    for text in wrap(title, 60) {
        add(&text, 14, true, 56);
    }
    add("", 10, false, 56);
    for block in blocks {
        match block {
            Block::Heading(text) => add(text, 11, true, 56),
            Block::Text(text) => text.lines().flat_map(|line| wrap(line, 92)).for_each(|t| add(&t, 10, false, 56)),
            Block::List(items) => {
                for item in items {
                    for (i, text) in wrap(item, 86).iter().enumerate() {
                        let mark = if i == 0 { "• " } else { "  " };
                        add(&format!("{mark}{text}"), 10, false, 66);
                    }
                }
            }
            // Columns are told apart by a tab, placed by `content`.
            Block::Table(rows) => {
                for (i, row) in rows.iter().enumerate() {
                    add(&row.join("\t"), 9, i == 0, 60);
                }
            }
        }
        add("", 10, false, 56);
    }
    lines
}

fn content(lines: &[Line], letterhead: &[String], foot: &str, page: usize, pages: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(4_096);
    let mut y = 800_u32;
    for (i, text) in letterhead.iter().enumerate() {
        show(&mut out, text, if i == 0 { (2, 12) } else { (1, 9) }, (56, y));
        y -= 13;
    }
    out.extend_from_slice(format!("0.6 w 0.2 0.45 0.45 RG 56 {y} m 539 {y} l S\n").as_bytes());
    y -= 24;
    for line in lines {
        let font = if line.bold { 2 } else { 1 };
        for (i, cell) in line.text.split('\t').enumerate() {
            let column = [0, 200, 310, 420, 480].get(i).copied().unwrap_or(480);
            show(&mut out, cell, (font, line.size), (line.left + column, y));
        }
        y = y.saturating_sub(17);
    }
    show(&mut out, foot, (1, 7), (56, 30));
    show(&mut out, &format!("{page}/{pages}"), (1, 7), (525, 30));
    out
}

/// One run of text at a place.
fn show(out: &mut Vec<u8>, text: &str, (font, size): (u32, u32), (x, y): (u32, u32)) {
    if text.is_empty() {
        return;
    }
    out.extend_from_slice(format!("BT /F{font} {size} Tf {x} {y} Td ").as_bytes());
    literal(out, text);
    out.extend_from_slice(b" Tj ET\n");
}

/// A literal string in WinAnsi, its delimiters escaped.
fn literal(out: &mut Vec<u8>, text: &str) {
    out.push(b'(');
    for byte in Charset::Cp1252.encode(text) {
        if matches!(byte, b'(' | b')' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b')');
}
