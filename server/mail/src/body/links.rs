//! Pass 3: links go to the web, to a mailbox or to a telephone, say where, and warn when their text says otherwise.

use url::Url;

use super::dom::Dom;

/// The address that a link may have, in the form browsers will read.
pub(super) fn allowed(address: &str, base: Option<&Url>) -> Option<String> {
    let address = address.trim();
    if address.is_empty() || address.len() > 8_000 || address.starts_with('#') {
        return None;
    }
    let url = match Url::parse(address) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => base?.join(address).ok()?,
        Err(_) => return None,
    };
    let good = match url.scheme() {
        "http" | "https" => url.host_str().is_some_and(|h| !h.is_empty()),
        "mailto" | "tel" => true,
        _ => false,
    };
    good.then(|| url.to_string())
}

/// Rewrites all links.
pub(super) fn pass(dom: &mut Dom, base: Option<&Url>) {
    for id in dom.elements() {
        let Some(href) = dom.remove_attr(id, "href") else { continue };
        if dom.name(id) != "a" {
            // Kept for the remote pass, which counts style sheets; never written.
            if dom.name(id) == "link" {
                dom.set_attr(id, "href", href);
            }
            continue;
        }
        dom.remove_attr(id, "title");
        let Some(url) = allowed(&href, base) else { continue };
        if misleads(&dom.text(id, 400), &url) {
            dom.set_attr(id, "data-pli", "elsewhere");
        }
        dom.set_attr(id, "title", url.clone());
        dom.set_attr(id, "href", url);
    }
}

/// Whether the text of a link is an address on another host than the link's.
fn misleads(text: &str, url: &str) -> bool {
    let Some(shown) = host_in_text(text) else { return false };
    let Ok(url) = Url::parse(url) else { return false };
    let real = match url.scheme() {
        "mailto" => url.path().rsplit_once('@').map(|(_, host)| host.to_lowercase()),
        _ => url.host_str().map(str::to_lowercase),
    };
    let Some(real) = real else { return false };
    let real = real.strip_prefix("www.").unwrap_or(&real);
    real != shown && !real.ends_with(&format!(".{shown}"))
}

/// The host that a text claims, if the text is an address and nothing else.
fn host_in_text(text: &str) -> Option<String> {
    let text: String = text.trim().chars().filter(|&c| !crate::address::is_invisible(c)).collect();
    if text.is_empty() || text.contains(char::is_whitespace) {
        return None;
    }
    let lower = text.to_lowercase();
    let has_scheme = lower.starts_with("http://") || lower.starts_with("https://");
    let address = if has_scheme { lower } else { format!("http://{}", lower.rsplit('@').next().unwrap_or_default()) };
    let host = Url::parse(&address).ok()?.host_str()?.to_owned();
    let host = host.strip_prefix("www.").unwrap_or(&host).to_owned();
    let (_, tld) = host.rsplit_once('.')?;
    let plausible = has_scheme || (tld.len() >= 2 && tld.bytes().all(|b| b.is_ascii_alphabetic()) && host.len() >= 4);
    plausible.then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes() {
        assert_eq!(allowed(" https://x.fr/a b", None).as_deref(), Some("https://x.fr/a%20b"));
        assert_eq!(allowed("java\nscript:alert(1)", None), None);
        assert_eq!(allowed("JAVASCRIPT:alert(1)", None), None);
        assert_eq!(allowed("data:text/html,x", None), None);
        assert_eq!(allowed("/x", None), None);
        assert_eq!(allowed("/x", Url::parse("https://y.fr/z/").ok().as_ref()).as_deref(), Some("https://y.fr/x"));
        assert!(allowed("mailto:a@b.fr", None).is_some() && allowed("tel:+33123456789", None).is_some());
    }

    #[test]
    fn texts_that_mislead() {
        assert!(misleads("https://www.ameli.fr/x", "https://ameli.evil.example/x"));
        assert!(misleads("ameli.fr", "https://evil.example/"));
        assert!(misleads("a@ameli.fr", "mailto:a@evil.example"));
        assert!(!misleads("ameli.fr", "https://assure.ameli.fr/"));
        assert!(!misleads("www.ameli.fr", "https://ameli.fr/"));
        assert!(!misleads("cliquez ici", "https://evil.example/"));
        assert!(!misleads("v1.2", "https://x.fr/"));
    }
}
