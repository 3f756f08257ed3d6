//! Pages and JSON made smaller (Brotli, RFC 7932). Files of the site are compressed once, when they are built.

use std::io::Write as _;

use axum::{
    body::{Body, HttpBody as _, to_bytes},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::error::Error;

/// Smaller answers stay as they are: a packet is a packet.
const WORTH_OCTETS: u64 = 1_300;
/// Larger ones are not pages.
const MOST_OCTETS: usize = 16 * 1024 * 1024;
/// Quick: a list of 50 costs about a millisecond, and is a tenth of its size.
const QUALITY: u32 = 4;
const WINDOW: u32 = 19;

/// Does the client take Brotli (RFC 9110 §12.5.3)?
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let refused = |weight: &str| weight.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0));
        parts.next() == Some("br") && !parts.any(refused)
    })
}

fn shrink(whole: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 16 * 1024, QUALITY, WINDOW);
    writer.write_all(whole)?;
    Ok(writer.into_inner())
}

/// The same answer in Brotli, when that is worth it.
pub async fn brotli(response: Response) -> Response {
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
    let Ok(small) = shrink(&whole) else { return Response::from_parts(parts, Body::from(whole)) };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    Response::from_parts(parts, Body::from(small))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_for_those_who_ask() {
        let wanted = |text: &'static str| {
            is_wanted(&[(header::ACCEPT_ENCODING, HeaderValue::from_static(text))].into_iter().collect())
        };
        assert!(wanted("gzip, deflate, br, zstd") && wanted("br;q=0.5"));
        assert!(!wanted("gzip") && !wanted("br;q=0, gzip") && !wanted(""));
    }

    #[tokio::test]
    async fn a_page_is_smaller_and_the_same() {
        let page = "<li>un message</li>".repeat(500);
        let response = brotli(axum::response::Html(page.clone()).into_response()).await;
        assert_eq!(response.headers()[header::CONTENT_ENCODING], "br");
        let small = to_bytes(response.into_body(), MOST_OCTETS).await.unwrap();
        assert!(small.len() < page.len() / 10);
        let mut whole = Vec::new();
        brotli::BrotliDecompress(&mut &small[..], &mut whole).unwrap();
        assert_eq!(whole, page.as_bytes());
        let short = brotli(axum::response::Html("court").into_response()).await;
        assert!(!short.headers().contains_key(header::CONTENT_ENCODING));
    }
}
