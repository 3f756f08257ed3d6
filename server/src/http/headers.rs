//! Security headers: one policy per kind of answer. A handler that sets a policy itself keeps it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::routes::Kind;

const NOSNIFF: HeaderName = header::X_CONTENT_TYPE_OPTIONS;
const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// What JSON, downloads and assets may do when opened as a page: nothing.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox";

/// The policy of the frame that shows one message: it stands in the frame's own answer, whatever the page's says.
pub const FRAME: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; \
    base-uri 'none'; frame-ancestors 'self'; \
    sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox";

/// The policy of a page whose scripts and styles carry `nonce`.
pub fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; connect-src 'self'; img-src 'self' data:; font-src 'self'; \
         frame-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'; object-src 'none'"
    )
}

/// Adds what every answer carries. `https`: browsers are told to insist on TLS.
pub fn secure(headers: &mut HeaderMap, kind: Kind, nonce: &str, https: bool) {
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(NOSNIFF, "nosniff");
    put(header::REFERRER_POLICY, "same-origin");
    put(OPENER, "same-origin");
    put(RESOURCE, "same-origin");
    put(PERMISSIONS, "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()");
    put(header::X_DNS_PREFETCH_CONTROL, "off");
    put(header::CACHE_CONTROL, "no-store");
    if https {
        put(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    match kind {
        Kind::Frame => {
            put(header::X_FRAME_OPTIONS, "SAMEORIGIN");
            put(header::CONTENT_SECURITY_POLICY, FRAME);
        }
        Kind::Page | Kind::Form => {
            put(header::X_FRAME_OPTIONS, "DENY");
            if let Ok(policy) = HeaderValue::from_str(&page_policy(nonce)) {
                headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
            }
        }
        Kind::Api | Kind::Stream | Kind::Download | Kind::Asset => {
            put(header::X_FRAME_OPTIONS, "DENY");
            put(header::CONTENT_SECURITY_POLICY, NOTHING);
        }
    }
}
