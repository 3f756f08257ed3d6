//! Pass 2: embedded images become `data:` addresses, if their bytes are the image they claim to be.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::BodyOptions;
use super::dom::Dom;
use crate::parse::{self, Parsed};

/// The images of a message and what has been spent on them.
pub(super) struct Images<'a> {
    parsed: &'a Parsed,
    raw: &'a [u8],
    by_name: HashMap<&'a str, usize>,
    max_one: usize,
    left: usize,
    used: Vec<usize>,
}

impl<'a> Images<'a> {
    /// Indexes the parts by Content-ID and Content-Location.
    pub fn new(parsed: &'a Parsed, raw: &'a [u8], options: &BodyOptions) -> Images<'a> {
        let mut by_name = HashMap::new();
        for (index, part) in parsed.parts.iter().enumerate() {
            for name in [&part.cid, &part.location].into_iter().flatten() {
                by_name.entry(name.as_str()).or_insert(index);
            }
        }
        let (max_one, left) = (options.max_inline_image, options.max_inline_total);
        Images { parsed, raw, by_name, max_one, left, used: Vec::new() }
    }

    /// The Content-IDs of the parts that were shown.
    pub fn used(&self) -> Vec<String> {
        self.used.iter().filter_map(|&i| self.parsed.parts[i].cid.clone()).collect()
    }

    fn data_url(&mut self, source: &str) -> Option<String> {
        let source = source.trim();
        let name = match source.get(..4) {
            Some(scheme) if scheme.eq_ignore_ascii_case("cid:") => unescape(source[4..].trim_matches(['<', '>'])),
            Some(scheme) if scheme.eq_ignore_ascii_case("data") => return self.given(source),
            _ => source.to_owned(),
        };
        let index = *self.by_name.get(name.as_str())?;
        let part = &self.parsed.parts[index];
        if part.size > self.max_one {
            return None;
        }
        let url = self.encode(&parse::decode_part(self.raw, part))?;
        if !self.used.contains(&index) {
            self.used.push(index);
        }
        Some(url)
    }

    /// A `data:` address of the message itself: decoded, checked, written anew.
    fn given(&mut self, source: &str) -> Option<String> {
        let (head, data) = source.split_once(',')?;
        if !head.to_ascii_lowercase().ends_with(";base64") || data.len() / 4 * 3 > self.max_one {
            return None;
        }
        self.encode(&crate::decode::base64(unescape(data).as_bytes()))
    }

    fn encode(&mut self, bytes: &[u8]) -> Option<String> {
        let kind = image_kind(bytes)?;
        self.left = self.left.checked_sub(bytes.len())?;
        Some(format!("data:{kind};base64,{}", STANDARD.encode(bytes)))
    }
}

/// The type that the first bytes prove.
pub fn image_kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Some("image/png"),
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// Percent decoding (RFC 2392 writes Content-IDs as URLs).
fn unescape(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|h| u8::from_str_radix(h, 16).ok());
        out.push(pair.unwrap_or(bytes[at]));
        at += if pair.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Replaces the sources of images that the message carries; remote ones stay for the remote pass.
pub(super) fn pass(dom: &mut Dom, images: &mut Images<'_>) {
    for id in dom.elements() {
        if dom.name(id) != "img" {
            continue;
        }
        let Some(source) = dom.remove_attr(id, "src") else { continue };
        match images.data_url(&source) {
            Some(url) => dom.set_attr(id, "src", url),
            None if super::remote::is_remote(&source) => dom.set_attr(id, "src", source),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_bytes() {
        assert_eq!(image_kind(b"\x89PNG\r\n\x1a\nrest"), Some("image/png"));
        assert_eq!(image_kind(b"RIFF....WEBPVP8 "), Some("image/webp"));
        assert_eq!(image_kind(b"<svg onload=x>"), None);
    }

    #[test]
    fn data_urls_are_checked() {
        let parsed = Parsed::default();
        let mut images = Images::new(&parsed, b"", &BodyOptions::default());
        assert_eq!(
            images.data_url("data:image/png;base64,R0lGODlhAQ==").as_deref(),
            Some("data:image/gif;base64,R0lGODlhAQ==")
        );
        assert_eq!(images.data_url("data:image/svg+xml;base64,PHN2Zz4="), None);
        assert_eq!(images.data_url("data:image/png,xyz"), None);
    }
}
