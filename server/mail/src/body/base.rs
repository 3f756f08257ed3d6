//! Pass 1: the address against which relative links are read (`<base href>`).

use url::Url;

use super::dom::Dom;

/// The first web address given by a `base` element.
pub(super) fn of(dom: &Dom) -> Option<Url> {
    dom.elements()
        .into_iter()
        .filter(|&id| dom.name(id) == "base")
        .find_map(|id| Url::parse(dom.attr(id, "href")?.trim()).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses() {
        let base = |html| Dom::parse(html).and_then(|d| of(&d)).map(|u| u.to_string());
        assert_eq!(base("<base href='https://x.fr/a/'>").as_deref(), Some("https://x.fr/a/"));
        assert_eq!(base("<base href='javascript:x'>"), None);
        assert_eq!(base("<p>x"), None);
    }
}
