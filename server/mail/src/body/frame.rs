//! The document of the frame. No script; the response's policy forbids any.

use super::dom::escape;

/// What the frame shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameView {
    /// HTML mail: white paper whatever the theme, since its colours suppose one.
    Html,
    /// Text: follows the theme.
    Text,
}

const COMMON: &str = "*{box-sizing:border-box}html{overflow-x:auto}body{margin:0;padding:4px 2px 12px;font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif;overflow-wrap:anywhere;-webkit-text-size-adjust:100%}\
img{max-width:100%}img:not([height]){height:auto}table{max-width:100%}pre{white-space:pre-wrap}a{color:#0b6e6e}a:focus-visible,summary:focus-visible{outline:2px solid #0b6e6e;outline-offset:2px;border-radius:3px}\
a[data-pli=elsewhere]{outline:1px dashed #b45309;outline-offset:1px}a[data-pli=elsewhere]::after{content:\" \\26A0\";color:#b45309;font-size:.9em}\
img[data-pli=blocked]{min-width:1em;min-height:1em;border:1px dashed #b8c0c4;border-radius:4px;color:#5b666b;font-size:13px;padding:2px 6px}\
blockquote{margin:.4em 0;padding-inline-start:.9em;border-inline-start:3px solid #cfd8d8}\
details.pli-quote{margin:.75em 0}details.pli-quote>summary{display:inline-block;cursor:pointer;list-style:none;padding:1px 10px;border:1px solid #cfd8d8;border-radius:10px;color:#5b666b;font-size:13px;line-height:1.5;user-select:none}\
details.pli-quote>summary::-webkit-details-marker{display:none}details.pli-quote[open]>summary{margin-block-end:.5em}\
.pli-text{white-space:pre-wrap;max-width:70ch}.pli-signature{color:#5b666b}";
const PAPER: &str = ":root{color-scheme:light}html{background:#fff}body{color:#1b2426;background:#fff}";
const THEME: &str = ":root{color-scheme:light dark}body{color:#1b2426}@media (prefers-color-scheme:dark){body{color:#e3e8e8}a{color:#6cc5c0}\
blockquote{border-color:#4a5658}.pli-signature,details.pli-quote>summary{color:#a3afb1;border-color:#4a5658}}";

/// The whole document around a fragment of [`super::render_html`] or
/// [`super::render_text`]. `lang` is the language of the pages; `css` is ours,
/// put after the frame's own rules (for the theme's tokens).
pub fn frame_document(body_html: &str, lang: &str, view: FrameView, css: &str) -> String {
    let mut out = String::with_capacity(body_html.len() + COMMON.len() + 1024);
    out.push_str("<!DOCTYPE html><html lang=\"");
    escape(lang, &mut out);
    out.push_str("\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"referrer\" content=\"no-referrer\"><title></title><style>");
    out.push_str(COMMON);
    out.push_str(match view {
        FrameView::Html => PAPER,
        FrameView::Text => THEME,
    });
    out.push_str(&css.replace("</", "<\\/"));
    out.push_str("</style></head><body>");
    out.push_str(body_html);
    out.push_str("</body></html>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_without_script() {
        let doc = frame_document("<p>x</p>", "fr", FrameView::Text, "</style><script>");
        assert!(doc.starts_with("<!DOCTYPE html><html lang=\"fr\">") && doc.ends_with("<p>x</p></body></html>"));
        assert_eq!(doc.matches("</style>").count(), 1);
    }
}
