//! Bodies for display: hostile HTML to a fragment that is safe in the frame of
//! the reading pane, text to HTML, and the document around both.
//!
//! HTML goes through small ordered passes over a tree (`base`, `cid`, `links`,
//! `remote`, `style`, `quote`), is written out and goes through the sanitiser
//! last. Nothing edits the string after it.

mod base;
mod cid;
mod dom;
mod frame;
mod links;
mod quote;
mod remote;
mod sanitise;
mod style;
mod text;
pub mod to_text;

pub use frame::{FrameView, frame_document};
pub use text::render_text;
pub use to_text::html_to_text;

use crate::parse::{self, Parsed};

/// How bodies are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyOptions {
    /// The words on a folded quote.
    pub quote_summary: String,
    /// Whether quotes are folded.
    pub fold_quotes: bool,
    /// Characters of HTML beyond which the text is shown instead.
    pub max_html: usize,
    /// Bytes of one embedded image.
    pub max_inline_image: usize,
    /// Bytes of all embedded images of a message.
    pub max_inline_total: usize,
}

impl Default for BodyOptions {
    fn default() -> Self {
        BodyOptions {
            quote_summary: "…".into(),
            fold_quotes: true,
            max_html: 4 * 1024 * 1024,
            max_inline_image: 4 * 1024 * 1024,
            max_inline_total: 16 * 1024 * 1024,
        }
    }
}

/// A body ready for the frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RenderedBody {
    /// The fragment that goes into `<body>`.
    pub html: String,
    /// Remote images, backgrounds, style sheets and frames removed.
    pub remote_removed: u32,
    /// Content-IDs of the parts shown in place.
    pub inline_cids: Vec<String>,
    /// A quote was folded.
    pub quoted_folded: bool,
    /// The HTML was too large or too deep: its text is shown.
    pub as_text: bool,
}

/// Renders a part of `parsed` for the frame: HTML sanitised, anything else as
/// text. An index that is no part gives an empty body.
pub fn render_html(parsed: &Parsed, raw: &[u8], part_index: usize, options: &BodyOptions) -> RenderedBody {
    let Some(part) = parsed.parts.get(part_index) else {
        return RenderedBody::default();
    };
    let source = parse::part_text(raw, part).value;
    if part.content_type != "text/html" {
        let source = if part.flowed { crate::quote::unflow(&source, part.delsp) } else { source };
        let (html, quoted_folded) = text::render(&source, options);
        return RenderedBody { html, quoted_folded, ..RenderedBody::default() };
    }
    let images = cid::Images::new(parsed, raw, options);
    render_source(&source, images, options)
}

fn render_source(source: &str, mut images: cid::Images<'_>, options: &BodyOptions) -> RenderedBody {
    let parsed = if source.len() > options.max_html { None } else { dom::Dom::parse(source) };
    let Some(mut dom) = parsed else {
        let (html, quoted_folded) = text::render(&html_to_text(source), options);
        return RenderedBody { html, quoted_folded, as_text: true, ..RenderedBody::default() };
    };
    let base = base::of(&dom);
    cid::pass(&mut dom, &mut images);
    // Quotes are recognised by classes and styles that the style pass removes.
    let quotes = if options.fold_quotes { quote::find(&dom) } else { Vec::new() };
    links::pass(&mut dom, base.as_ref());
    let remote_removed = remote::pass(&mut dom);
    style::pass(&mut dom);
    let quoted_folded = quote::fold(&mut dom, &quotes, &options.quote_summary);
    let html = sanitise::clean(&dom.serialise());
    RenderedBody { html, remote_removed, inline_cids: images.used(), quoted_folded, as_text: false }
}

#[cfg(test)]
mod tests;
