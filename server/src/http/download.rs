//! Downloads: by blob for JMAP clients (RFC 8620 §6.2), by message and part for pages. Always as attachments, never
//! sniffed, never run: they were written by strangers.

use std::ops::Range;

use axum::{
    body::Body,
    extract::{Path, Query, State as AxumState},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use mail::decode::Encoding;
use serde::Deserialize;
use wire::{id::EmailId, portal::Action};

use crate::{
    auth::rights::{Acting, Read},
    error::Error,
    http::guard::Watched,
    service::{
        content::{BlobName, Content},
        reading,
        structure::Structure,
    },
    state::State,
};

/// The query of a JMAP download: the type that the client wants to be told.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    accept: Option<String>,
}

/// `GET /jmap/download/{account}/{blob}/{name}`.
pub async fn blob(
    AxumState(state): AxumState<State>,
    acting: Acting<Read>,
    Path((_, blob, name)): Path<(String, String, String)>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let blob: BlobName = blob.parse().map_err(|()| Error::NotFound)?;
    let kind = wanted.accept.filter(|kind| is_media_type(kind)).unwrap_or_else(|| "application/octet-stream".into());
    let file = File { name, kind, cache: "private, immutable, max-age=31536000" };
    send(&state, &acting, &blob, file, &headers).await
}

/// `GET /telecharger/{account}/{email}/{part}`: `message.eml`, or the number of a part.
pub async fn part(
    AxumState(state): AxumState<State>,
    acting: Acting<Read>,
    Path((_, email, part)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let account = acting.account();
    let id: EmailId = email.parse().map_err(|_| Error::NotFound)?;
    let row = state.store.emails(account, &[id]).await?.pop().ok_or(Error::NotFound)?;
    let mut blob = BlobName { blob: row.blob, pieces: Vec::new() };
    let mut file = File { name: "message.eml".into(), kind: "message/rfc822".into(), cache: "private, no-store" };
    if part != "message.eml" {
        let (_, bytes) = state.store.structures(account, &[id]).await?.pop().ok_or(Error::NotFound)?;
        let structure = Structure::from_bytes(&bytes);
        let index: usize = part.parse().map_err(|_| Error::NotFound)?;
        let found = structure.parts.get(index).filter(|part| !part.is_multipart()).ok_or(Error::NotFound)?;
        let content = Content::stored(&state.store, account, row.blob);
        blob = content.part_blob(found).parse().map_err(|()| Error::NotFound)?;
        file.name = found.name.clone().unwrap_or_else(|| format!("piece-{index}"));
        file.kind = if is_media_type(&found.kind) { found.kind.clone() } else { "application/octet-stream".into() };
    }
    reading::downloaded(&state, acting.caller(), account, id).await?;
    send(&state, &acting, &blob, file, &headers).await
}

struct File {
    name: String,
    kind: String,
    cache: &'static str,
}

fn is_media_type(text: &str) -> bool {
    let token =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    text.len() <= 200 && text.split_once('/').is_some_and(|(left, right)| token(left) && token(right))
}

/// Streams what lies in the store as it is; decodes the rest, which is one part of a message.
async fn send(
    state: &State,
    acting: &Acting<Read>,
    blob: &BlobName,
    file: File,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let account = acting.account();
    let watched = Watched { state: state.clone(), caller: acting.caller().clone(), account, action: Action::Read };
    let (start, size) = match blob.pieces.as_slice() {
        [] => (Some(0), state.store.blob_size(account, &blob.blob).await?),
        [(offset, length, Encoding::Identity)] => {
            let whole = state.store.blob_size(account, &blob.blob).await?;
            if offset + length > whole {
                return Err(Error::NotFound);
            }
            (Some(*offset), *length)
        }
        _ => (None, 0),
    };
    if let Some(start) = start {
        let (status, range) = ranged(headers, size);
        let stream = state.store.blob_stream(account, &blob.blob, Some(start + range.start..start + range.end)).await?;
        let body = Body::from_stream(watched.stream(stream));
        return respond(status, body, &range, size, &file);
    }
    let content: Bytes = blob.read(&state.store, account).await?;
    let size = content.len() as u64;
    let (status, range) = ranged(headers, size);
    let body = Body::from_stream(watched.whole(content.slice(range.start as usize..range.end as usize)));
    respond(status, body, &range, size, &file)
}

/// One range of bytes (RFC 9110 §14.2); anything else is answered whole.
fn ranged(headers: &HeaderMap, size: u64) -> (StatusCode, Range<u64>) {
    let whole = (StatusCode::OK, 0..size);
    let Some(text) = headers.get(header::RANGE).and_then(|v| v.to_str().ok()) else { return whole };
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|r| r.split_once('-')) else { return whole };
    let range = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.trim().is_empty() => first..size,
        (Err(_), Ok(count)) if first.trim().is_empty() => size.saturating_sub(count)..size,
        _ => return whole,
    };
    if range.start >= size || range.is_empty() {
        return (StatusCode::RANGE_NOT_SATISFIABLE, 0..0);
    }
    (StatusCode::PARTIAL_CONTENT, range)
}

fn respond(status: StatusCode, body: Body, range: &Range<u64>, size: u64, file: &File) -> Result<Response, Error> {
    let internal = |error: axum::http::Error| Error::Internal(error.into());
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, &file.kind)
        .header(header::CONTENT_LENGTH, range.end - range.start)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_DISPOSITION, disposition(&file.name))
        .header(header::CACHE_CONTROL, file.cache);
    let shown = match status {
        StatusCode::PARTIAL_CONTENT => Some(format!("bytes {}-{}/{size}", range.start, range.end - 1)),
        StatusCode::RANGE_NOT_SATISFIABLE => Some(format!("bytes */{size}")),
        _ => None,
    };
    if let Some(shown) = shown {
        response = response.header(header::CONTENT_RANGE, shown);
    }
    let body = if status == StatusCode::RANGE_NOT_SATISFIABLE { Body::empty() } else { body };
    response.body(body).map_err(internal)
}

/// `attachment` with the name in both forms (RFC 6266 §5, RFC 8187).
fn disposition(name: &str) -> HeaderValue {
    let name: String = name.chars().filter(|c| !c.is_control() && !mail::address::is_invisible(*c)).take(200).collect();
    let name = name.replace(['/', '\\'], "_");
    let plain: String = name.chars().map(|c| if c.is_ascii() && !matches!(c, '"' | '%' | ';') { c } else { '_' }).collect();
    let mut coded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            coded.push(char::from(byte));
        } else {
            coded.push_str(&format!("%{byte:02X}"));
        }
    }
    let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{coded}");
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(text));
            ranged(&headers, 100)
        };
        assert_eq!(of("bytes=0-9"), (StatusCode::PARTIAL_CONTENT, 0..10));
        assert_eq!(of("bytes=90-"), (StatusCode::PARTIAL_CONTENT, 90..100));
        assert_eq!(of("bytes=-10"), (StatusCode::PARTIAL_CONTENT, 90..100));
        assert_eq!(of("bytes=100-"), (StatusCode::RANGE_NOT_SATISFIABLE, 0..0));
        assert_eq!(of("bytes=9-0"), (StatusCode::OK, 0..100));
        assert_eq!(of("lines=1-2"), (StatusCode::OK, 0..100));
    }

    #[test]
    fn names_cannot_break_out() {
        let value = disposition("é\"; x=\r\n../a.pdf");
        assert_eq!(
            value.to_str().unwrap(),
            "attachment; filename=\"___ x=.._a.pdf\"; filename*=UTF-8''%C3%A9%22%3B%20x%3D.._a.pdf"
        );
        assert!(is_media_type("application/pdf") && !is_media_type("text/html\r\nx: y") && !is_media_type("text"));
    }
}
