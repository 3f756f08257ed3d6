//! Pass 4: what would be fetched from elsewhere is removed and counted.

use super::dom::Dom;

/// Whether an address leaves the message.
pub(super) fn is_remote(address: &str) -> bool {
    let clean: String =
        address.chars().filter(|c| !c.is_whitespace() && !c.is_control()).take(10).collect::<String>().to_ascii_lowercase();
    ["http:", "https:", "ftp:", "//", "\\\\", "/\\"].iter().any(|p| clean.starts_with(p))
}

/// Removes remote sources; returns how many there were.
pub(super) fn pass(dom: &mut Dom) -> u32 {
    let mut removed = 0u32;
    for id in dom.elements() {
        let name = dom.name(id).to_owned();
        for key in ["background", "poster", "data", "lowsrc", "dynsrc"] {
            removed += u32::from(dom.remove_attr(id, key).is_some_and(|v| is_remote(&v)));
        }
        let set = dom.remove_attr(id, "srcset").is_some_and(|v| is_remote(&v));
        removed += dom.attr(id, "style").map_or(0, remote_in_css);
        match name.as_str() {
            "img" => removed += image(dom, id, set),
            "style" => removed += remote_in_css(&dom.text(id, 512 * 1024)),
            "link" => removed += u32::from(dom.attr(id, "href").is_some_and(is_remote)),
            "a" | "area" | "base" => {}
            _ => removed += u32::from(dom.remove_attr(id, "src").is_some_and(|v| is_remote(&v)) || set),
        }
    }
    removed
}

/// An image without its source keeps its alternative text; one that only counts readers goes.
fn image(dom: &mut Dom, id: usize, set: bool) -> u32 {
    let source = dom.attr(id, "src").map(str::to_owned);
    if source.as_deref().is_some_and(|s| s.starts_with("data:")) {
        return u32::from(set);
    }
    dom.remove_attr(id, "src");
    let tiny =
        |key| dom.attr(id, key).and_then(|v| v.trim().trim_end_matches("px").parse::<f32>().ok()).is_some_and(|n| n <= 3.0);
    let no_alt = dom.attr(id, "alt").is_none_or(|a| a.trim().is_empty());
    if tiny("width") || tiny("height") || (no_alt && dom.attr(id, "width").is_none()) {
        dom.detach(id);
    } else {
        dom.set_attr(id, "data-pli", "blocked");
    }
    u32::from(set || source.is_some_and(|s| is_remote(&s)))
}

/// Addresses that a style would fetch.
fn remote_in_css(css: &str) -> u32 {
    let css = css.to_ascii_lowercase();
    let mut count = 0u32;
    for marker in ["url(", "@import", "image-set("] {
        for (at, _) in css.match_indices(marker) {
            let rest = css[at + marker.len()..].trim_start_matches([' ', '"', '\'', '\t', '\n']);
            count += u32::from(is_remote(rest.get(..12).unwrap_or(rest)));
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_things_are_counted_and_gone() {
        let mut dom = Dom::parse(
            "<style>@import 'http://a/b';p{background:url(//c)}</style><img src=http://t/p.gif width=1 height=1>\
             <img alt=Logo src='https://x/y.png'><img src=\"\thttp://x\" width=600 alt=''><table background=http://b><td style='background:URL( \"http://q\")'>x</table>\
             <iframe src=//f></iframe><link rel=stylesheet href=http://l><a href=http://k>k</a>",
        )
        .unwrap();
        assert_eq!(pass(&mut dom), 9);
        let html = dom.serialise();
        assert!(html.contains("alt=\"Logo\"") && !html.contains("src"), "{html}");
    }
}
