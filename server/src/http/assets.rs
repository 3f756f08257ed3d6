//! Style sheet, scripts, WebAssembly and pictures: the files of `target/site` under `/assets/`.
//!
//! Their names carry their content's hash, so they are cached for ever and never revalidated.
//! They are read once, from the program itself or from a folder (see `build.rs`). Pages ask
//! [`Assets::url`] for addresses; the handler is [`serve`]. When the site was not built all
//! addresses are empty, and pages work without hydration.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs, io};

use axum::body::Body;
use axum::extract::{Path as UrlPath, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/site.rs"));
}

const MANIFEST: &str = "manifest.json";
const PREFIX: &str = "/assets/";
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// All files that pages refer to; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Assets(Arc<Table>);

#[derive(Debug, Default)]
struct Table {
    /// Address by logical name.
    urls: HashMap<String, String>,
    /// File by path below `/assets/`.
    files: HashMap<String, Asset>,
}

/// One file in the forms it can be sent in.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The media type, with its charset for text.
    pub content_type: &'static str,
    /// As it is.
    pub identity: Bytes,
    /// In Brotli, when that is smaller.
    pub br: Option<Bytes>,
    /// In gzip, when that is smaller.
    pub gz: Option<Bytes>,
}

/// One line of the manifest; it holds sizes too, which only people read.
#[derive(Deserialize)]
struct Entry {
    path: String,
}

impl Assets {
    /// Takes the files embedded in the program, else those of the folder `PLI_SITE_DIR`, else those
    /// of the workspace's `target/site`. No files when there is no site; an error when there is one
    /// that cannot be read.
    pub fn load() -> io::Result<Self> {
        if !embedded::EMBEDDED.is_empty() {
            let table: HashMap<_, _> = embedded::EMBEDDED.iter().copied().collect();
            return Self::from_files(|name| Ok(table.get(name).map(|b| Bytes::from_static(b))));
        }
        let folder = env::var_os("PLI_SITE_DIR").filter(|dir| !dir.is_empty());
        Self::from_folder(&folder.map_or_else(|| embedded::SITE_DIR.into(), PathBuf::from))
    }

    /// Takes the files of a folder made by the crate `site`; none when it holds no manifest, an
    /// error when what the manifest names cannot be read.
    pub fn from_folder(folder: &Path) -> io::Result<Self> {
        Self::from_files(|name| match fs::read(folder.join(name)) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn from_files(read: impl Fn(&str) -> io::Result<Option<Bytes>>) -> io::Result<Self> {
        let Some(manifest) = read(MANIFEST)? else {
            return Ok(Self::default());
        };
        let manifest: HashMap<String, Entry> = serde_json::from_slice(&manifest)?;
        let mut table = Table::default();
        for (logical, Entry { path }) in manifest {
            let missing = || io::Error::new(io::ErrorKind::NotFound, path.clone());
            let asset = Asset {
                content_type: content_type(&path),
                identity: read(&path)?.ok_or_else(missing)?,
                br: read(&format!("{path}.br"))?,
                gz: read(&format!("{path}.gz"))?,
            };
            table.urls.insert(logical, format!("{PREFIX}{path}"));
            table.files.insert(path, asset);
        }
        Ok(Self(Arc::new(table)))
    }

    /// The address of a file by its logical name (`app.css`, `app.js`, `app_bg.wasm`,
    /// `sprite.svg`); empty when there is none.
    pub fn url(&self, logical: &str) -> &str {
        self.0.urls.get(logical).map_or("", String::as_str)
    }

    /// The file at a path below `/assets/`, which carries the hash.
    pub fn get(&self, path: &str) -> Option<&Asset> {
        self.0.files.get(path)
    }

    /// The whole answer to a request for `path` below `/assets/`: 200 in the encoding that the
    /// client prefers (RFC 9110 §12.5.3), 304 when it has the file already, 404, or 406 when it
    /// refuses every form.
    pub fn respond(&self, path: &str, request: &HeaderMap) -> Response {
        let Some(asset) = self.get(path) else {
            return empty(StatusCode::NOT_FOUND);
        };
        let Some((encoding, bytes)) = choose(asset, &accepted(request)) else {
            return empty(StatusCode::NOT_ACCEPTABLE);
        };
        // The path carries the content's hash; each encoding is a representation of its own.
        let etag = format!("\"{path}-{encoding}\"");
        let known = request.get_all(IF_NONE_MATCH).iter().any(|value| value.to_str().is_ok_and(|tags| matches(tags, &etag)));
        let mut response = empty(StatusCode::OK);
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            *response.body_mut() = Body::from(bytes.clone());
        }
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(etag) = HeaderValue::try_from(etag) {
            headers.insert(ETAG, etag);
        }
        if !known {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
            headers.insert(CONTENT_LENGTH, bytes.len().into());
            if encoding != "identity" {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
        }
        response
    }
}

/// The handler of `/assets/{*path}`; the server's state gives the [`Assets`].
pub async fn serve(State(assets): State<Assets>, UrlPath(path): UrlPath<String>, headers: HeaderMap) -> Response {
    assets.respond(&path, &headers)
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// How much the client wants each encoding, in thousandths; 0 is a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) br: u16,
    pub(super) gzip: u16,
    identity: u16,
}

/// Reads `Accept-Encoding`: what is not named is refused, except `identity`, unless `*` says otherwise.
pub(super) fn accepted(headers: &HeaderMap) -> Accepted {
    let (mut br, mut gzip, mut identity, mut others) = (None, None, None, None);
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    for item in values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q="))).map_or(1000, thousandths);
        match name.as_str() {
            "br" => br = Some(weight),
            "gzip" | "x-gzip" => gzip = Some(weight),
            "identity" => identity = Some(weight),
            "*" => others = Some(weight),
            _ => {}
        }
    }
    let identity_default = if others == Some(0) { 0 } else { 1 };
    Accepted {
        br: br.or(others).unwrap_or(0),
        gzip: gzip.or(others).unwrap_or(0),
        identity: identity.unwrap_or(identity_default),
    }
}

/// A weight such as `0.8` in thousandths; 0 when it is none.
fn thousandths(text: &str) -> u16 {
    match text.trim().parse::<f32>() {
        Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1000.0).round() as u16,
        _ => 0,
    }
}

/// The form with the highest weight; the smaller one when weights are equal.
fn choose<'a>(asset: &'a Asset, accepted: &Accepted) -> Option<(&'static str, &'a Bytes)> {
    [
        ("br", asset.br.as_ref(), accepted.br),
        ("gzip", asset.gz.as_ref(), accepted.gzip),
        ("identity", Some(&asset.identity), accepted.identity),
    ]
    .into_iter()
    .filter(|(_, _, weight)| *weight > 0)
    .filter_map(|(name, bytes, weight)| Some((name, bytes?, weight)))
    .rev()
    .max_by_key(|(_, _, weight)| *weight)
    .map(|(name, bytes, _)| (name, bytes))
}

/// Whether a list of entity tags holds this one, compared weakly (RFC 9110 §13.1.2).
fn matches(tags: &str, etag: &str) -> bool {
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "jpg" | "jpeg" => "image/jpeg",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    fn assets() -> Assets {
        let read = |name: &str| {
            Ok(match name {
                MANIFEST => Some(
                    r#"{"app_bg.wasm": {"path": "app_bg.1.wasm", "size": 9, "br": 2},
                        "logo.png": {"path": "icons/logo.2.png", "size": 9, "br": null}}"#,
                ),
                "app_bg.1.wasm" => Some("identity!"),
                "app_bg.1.wasm.br" => Some("br"),
                "app_bg.1.wasm.gz" => Some("gzip"),
                "icons/logo.2.png" => Some("a picture"),
                _ => None,
            }
            .map(|text| Bytes::from_static(text.as_bytes())))
        };
        Assets::from_files(read).unwrap_or_default()
    }

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().cloned();
        pairs.map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
    }

    fn header(response: &Response, name: HeaderName) -> &str {
        let value = response.headers().get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn encoding(accept: &'static str) -> String {
        let request = headers(&[(ACCEPT_ENCODING, accept)]);
        let response = assets().respond("app_bg.1.wasm", &request);
        match response.status() {
            StatusCode::OK => header(&response, CONTENT_ENCODING).to_owned(),
            status => status.as_str().to_owned(),
        }
    }

    #[tokio::test]
    async fn a_file_is_cached_for_ever_and_has_its_type() {
        let response = assets().respond("app_bg.1.wasm", &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, CONTENT_TYPE), "application/wasm");
        assert_eq!(header(&response, CONTENT_LENGTH), "9");
        assert_eq!(header(&response, X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(header(&response, VARY), "accept-encoding");
        assert!(header(&response, CACHE_CONTROL).ends_with("immutable"));
        let body = to_bytes(response.into_body(), 100).await;
        assert_eq!(body.ok().as_deref(), Some("identity!".as_bytes()));
    }

    #[test]
    fn the_preferred_encoding_is_sent() {
        assert_eq!(encoding("gzip, deflate, br, zstd"), "br");
        assert_eq!(encoding("br;q=0.5, gzip;q=0.9"), "gzip");
        assert_eq!(encoding("GZIP"), "gzip");
        assert_eq!(encoding("*"), "br");
        assert_eq!(encoding("br;q=0, *"), "gzip");
        assert_eq!(encoding("br;q=0, gzip; q=0"), "");
        assert_eq!(encoding("identity, br;q=0.1"), "");
        assert_eq!(encoding("br;q=nonsense"), "");
        assert_eq!(encoding("zstd"), "");
        assert_eq!(encoding("zstd, *;q=0"), "406");
        assert_eq!(encoding("zstd, identity;q=0"), "406");
    }

    #[test]
    fn a_form_that_does_not_exist_is_not_chosen() {
        let request = headers(&[(ACCEPT_ENCODING, "br, gzip")]);
        let response = assets().respond("icons/logo.2.png", &request);
        assert_eq!(header(&response, CONTENT_TYPE), "image/png");
        assert_eq!(header(&response, CONTENT_ENCODING), "");
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        let request = headers(&[(ACCEPT_ENCODING, "br"), (IF_NONE_MATCH, "\"other\", W/\"app_bg.1.wasm-br\"")]);
        let response = assets().respond("app_bg.1.wasm", &request);
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(header(&response, ETAG), "\"app_bg.1.wasm-br\"");
        let other = headers(&[(IF_NONE_MATCH, "\"app_bg.1.wasm-br\"")]);
        assert_eq!(assets().respond("app_bg.1.wasm", &other).status(), StatusCode::OK);
    }

    #[test]
    fn only_what_the_manifest_names_is_served() {
        for path in ["app_bg.wasm", "app_bg.1.wasm.br", MANIFEST, "../Cargo.toml", ""] {
            let response = assets().respond(path, &HeaderMap::new());
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(assets().url("logo.png"), "/assets/icons/logo.2.png");
        assert_eq!(assets().url("none"), "");
    }

    #[test]
    fn a_missing_site_is_no_error_but_a_broken_one_is() {
        let none = Assets::from_folder(Path::new("/nonexistent/site"));
        assert!(none.is_ok_and(|assets| assets.url("app.js").is_empty()));
        let broken = Assets::from_files(|name| {
            let text = r#"{"app.js": {"path": "app.1.js"}}"#;
            Ok((name == MANIFEST).then(|| Bytes::from_static(text.as_bytes())))
        });
        assert!(broken.is_err());
    }
}
