//! Pages and JSON made smaller, in Brotli (RFC 7932) or gzip (RFC 1952). Files of the site are compressed once, when they
//! are built.

use std::io::Write as _;

use axum::{
    body::{Body, HttpBody as _, to_bytes},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};

use super::assets;
use crate::error::Error;

/// Smaller answers stay as they are: a packet is a packet.
const WORTH_OCTETS: u64 = 1_300;
/// Larger ones are not pages.
const MOST_OCTETS: usize = 16 * 1024 * 1024;
/// Quick: a list of 50 costs about a millisecond, and is a tenth of its size.
const BROTLI_QUALITY: u32 = 4;
const BROTLI_WINDOW: u32 = 19;
const GZIP_LEVEL: u32 = 5;

/// A way to make an answer smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    /// The one that the client likes best (RFC 9110 §12.5.3), Brotli when it likes both as much; none: neither.
    pub fn wanted(headers: &HeaderMap) -> Option<Self> {
        let accepted = assets::accepted(headers);
        match (accepted.br, accepted.gzip) {
            (0, 0) => None,
            (br, gzip) if br >= gzip => Some(Self::Brotli),
            _ => Some(Self::Gzip),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    fn shrink(self, whole: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Brotli => {
                let mut writer = brotli::CompressorWriter::new(Vec::new(), 16 * 1024, BROTLI_QUALITY, BROTLI_WINDOW);
                writer.write_all(whole)?;
                Ok(writer.into_inner())
            }
            Self::Gzip => {
                let mut writer = GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL));
                writer.write_all(whole)?;
                writer.finish()
            }
        }
    }

    /// The same answer in this coding, when that is worth it.
    pub async fn shrunk(self, response: Response) -> Response {
        let headers = response.headers();
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let text = kind.starts_with("text/html") || kind.contains("json");
        if !text || headers.contains_key(header::CONTENT_ENCODING) {
            return response;
        }
        if response.body().size_hint().upper().is_some_and(|octets| octets < WORTH_OCTETS) {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        let whole = match to_bytes(body, MOST_OCTETS).await {
            Ok(whole) => whole,
            Err(error) => return Error::Internal(error.into()).into_response(),
        };
        parts.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        let Ok(small) = self.shrink(&whole) else { return Response::from_parts(parts, Body::from(whole)) };
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(self.name()));
        Response::from_parts(parts, Body::from(small))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn the_client_chooses() {
        let wanted = |text: &'static str| {
            Coding::wanted(&[(header::ACCEPT_ENCODING, HeaderValue::from_static(text))].into_iter().collect())
        };
        assert_eq!(wanted("gzip, deflate, br, zstd"), Some(Coding::Brotli));
        assert_eq!(wanted("br;q=0.5"), Some(Coding::Brotli));
        assert_eq!(wanted("gzip"), Some(Coding::Gzip));
        assert_eq!(wanted("br;q=0, gzip"), Some(Coding::Gzip));
        assert_eq!(wanted(""), None);
        assert_eq!(wanted("identity, zstd"), None);
    }

    #[tokio::test]
    async fn a_page_is_smaller_and_the_same() {
        let page = "<li>un message</li>".repeat(500);
        for coding in [Coding::Brotli, Coding::Gzip] {
            let response = coding.shrunk(axum::response::Html(page.clone()).into_response()).await;
            assert_eq!(response.headers()[header::CONTENT_ENCODING], coding.name());
            let small = to_bytes(response.into_body(), MOST_OCTETS).await.unwrap();
            assert!(small.len() < page.len() / 10);
            let mut whole = Vec::new();
            match coding {
                Coding::Brotli => brotli::BrotliDecompress(&mut &small[..], &mut whole).unwrap(),
                Coding::Gzip => drop(flate2::read::GzDecoder::new(&small[..]).read_to_end(&mut whole).unwrap()),
            }
            assert_eq!(whole, page.as_bytes());
            let short = coding.shrunk(axum::response::Html("court").into_response()).await;
            assert!(!short.headers().contains_key(header::CONTENT_ENCODING));
        }
    }
}
