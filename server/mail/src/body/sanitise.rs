//! The last pass: an allow-list of elements, attributes and values (ammonia,
//! which reads the text as browsers do). What it returns is what is shown.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use super::{links, style};

const TAGS: [&str; 68] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
    "section",
];
const DROPPED: [&str; 22] = [
    "script",
    "style",
    "title",
    "svg",
    "math",
    "iframe",
    "frame",
    "frameset",
    "noframes",
    "object",
    "embed",
    "applet",
    "template",
    "textarea",
    "select",
    "button",
    "xmp",
    "noembed",
    "audio",
    "video",
    "canvas",
    "plaintext",
];

/// Whether an element is written.
pub(super) fn is_allowed(name: &str) -> bool {
    TAGS.contains(&name)
}

/// Whether an element goes with all it holds.
pub(super) fn drops_content(name: &str) -> bool {
    DROPPED.contains(&name) || name == "head"
}

/// Elements without an end tag.
pub(super) fn is_void(name: &str) -> bool {
    matches!(name, "br" | "hr" | "img" | "col" | "wbr")
}

static BUILDER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    let sizes = ["align", "valign", "width", "height", "bgcolor"];
    let mut attributes: HashMap<&str, HashSet<&str>> = HashMap::new();
    for tag in ["table", "tbody", "thead", "tfoot", "tr", "td", "th", "col", "colgroup"] {
        attributes.insert(tag, sizes.into_iter().collect());
    }
    let mut extend =
        |tag: &'static str, names: &[&'static str]| attributes.entry(tag).or_default().extend(names.iter().copied());
    extend("a", &["href", "title", "data-pli"]);
    extend("img", &["src", "alt", "width", "height", "align", "border", "hspace", "vspace", "data-pli"]);
    extend("table", &["border", "cellpadding", "cellspacing"]);
    extend("td", &["colspan", "rowspan", "nowrap"]);
    extend("th", &["colspan", "rowspan", "nowrap", "scope"]);
    extend("col", &["span"]);
    extend("colgroup", &["span"]);
    extend("font", &["color", "face", "size"]);
    extend("hr", &["align", "size", "width", "color", "noshade"]);
    extend("ol", &["start", "type"]);
    extend("ul", &["type"]);
    extend("li", &["value", "type"]);
    for tag in ["div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "caption"] {
        extend(tag, &["align"]);
    }
    builder
        .tags(TAGS.into_iter().collect())
        .clean_content_tags(DROPPED.into_iter().collect())
        .generic_attributes(["style", "dir", "lang"].into_iter().collect())
        .tag_attributes(attributes)
        .allowed_classes(HashMap::from([("details", HashSet::from(["pli-quote"]))]))
        .url_schemes(["http", "https", "mailto", "tel", "data"].into_iter().collect())
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank")
        .strip_comments(true)
        .attribute_filter(value);
    builder
});

/// Sanitises a fragment. Doing it twice changes nothing: white space at the beginning, which a
/// second reading would drop, goes with what stood before it.
pub(super) fn clean(html: &str) -> String {
    let clean = BUILDER.clean(html).to_string();
    clean.trim_ascii_start().to_owned()
}

/// Checks the value of an allowed attribute.
fn value<'v>(element: &str, attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let keep = |good: bool| good.then_some(Cow::Borrowed(value));
    match (element, attribute) {
        ("img", "src") => keep(is_image(value)),
        ("a", "href") => links::allowed(value, None).map(Cow::Owned),
        ("a", "data-pli") => keep(value == "elsewhere"),
        ("img", "data-pli") => keep(value == "blocked"),
        (_, "style") => Some(style::filter(value)).filter(|s| !s.is_empty()).map(Cow::Owned),
        (_, "class" | "alt" | "title" | "rel" | "target") => keep(true),
        ("font", "face") => keep(value.len() < 200 && value.chars().all(|c| c.is_alphanumeric() || " ,-_'.".contains(c))),
        (
            _,
            "width" | "height" | "size" | "border" | "cellpadding" | "cellspacing" | "hspace" | "vspace" | "colspan"
            | "rowspan" | "span" | "start" | "value",
        ) => keep(is_measure(value)),
        _ => keep(value.len() < 60 && value.chars().all(|c| c.is_ascii_alphanumeric() || "#- ".contains(c))),
    }
}

/// `data:` addresses of the four checked kinds.
fn is_image(value: &str) -> bool {
    let rest = value.strip_prefix("data:image/").unwrap_or("");
    ["png;base64,", "jpeg;base64,", "gif;base64,", "webp;base64,"]
        .iter()
        .filter_map(|kind| rest.strip_prefix(kind))
        .any(|data| data.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')))
}

/// A number with a sign or a unit at most, not beyond 5000.
fn is_measure(value: &str) -> bool {
    let value = value.trim();
    let digits = value
        .trim_start_matches('+')
        .trim_start_matches('-')
        .trim_end_matches('%')
        .trim_end_matches("px")
        .trim_end_matches("pt");
    digits.len() <= 8 && digits.parse::<f32>().is_ok_and(|n| n.is_finite() && n <= 5000.0)
}
