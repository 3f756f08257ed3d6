//! THE table of cookies: nothing else is ever set. The page `/cookies` shows it, and `set` refuses what is not in it.
//! All are our own, strictly necessary, unreadable for scripts, and go back to this host only.

use anyhow::anyhow;
use app::i18n::{self, Lang};
use axum::http::HeaderValue;

use super::extract::{
    APPROVER_COOKIE, CHALLENGE_COOKIE, LANGUAGE_COOKIE, OPENING_COOKIE, PASSKEY_COOKIE, PSC_COOKIE, SESSION_COOKIE,
};
use crate::{
    auth::{passkeys, psc::START_MINUTES},
    config::Config,
    error::Error,
};

/// One cookie.
pub struct Cookie {
    pub name: &'static str,
    pub purpose: fn(Lang) -> &'static str,
    /// Seconds it lives at most.
    pub seconds: fn(&Config) -> u64,
}

/// How long the language chosen before signing in is kept: six months.
pub const LANGUAGE_SECONDS: u64 = 180 * 86_400;

/// How long a browser approves before it has to be enrolled again.
pub const APPROVER_SECONDS: u64 = 365 * 86_400;

/// Every cookie of the service.
pub const COOKIES: &[Cookie] = &[
    Cookie {
        name: SESSION_COOKIE,
        purpose: i18n::cookies::session,
        seconds: |config| u64::from(config.sessions.absolute_hours) * 3600,
    },
    Cookie {
        name: CHALLENGE_COOKIE,
        purpose: i18n::cookies::challenge,
        seconds: |config| u64::from(config.codes.minutes) * 60,
    },
    Cookie { name: PASSKEY_COOKIE, purpose: i18n::cookies::passkey, seconds: |_| passkeys::MINUTES * 60 },
    Cookie { name: APPROVER_COOKIE, purpose: i18n::cookies::approver, seconds: |_| APPROVER_SECONDS },
    Cookie { name: PSC_COOKIE, purpose: i18n::cookies::psc, seconds: |_| START_MINUTES * 60 },
    Cookie {
        name: OPENING_COOKIE,
        purpose: i18n::cookies::opening,
        seconds: |config| u64::from(config.opening.hours) * 3600,
    },
    Cookie { name: LANGUAGE_COOKIE, purpose: i18n::cookies::language, seconds: |_| LANGUAGE_SECONDS },
];

/// A cookie that only this host gets back, over TLS (or the loopback), never for scripts. Zero seconds forget it.
///
/// # Errors
/// If the cookie is not in the table, or the value cannot stand in a header (tokens always can).
pub fn set(name: &str, value: &str, seconds: u64) -> Result<HeaderValue, Error> {
    if !COOKIES.iter().any(|cookie| cookie.name == name) {
        return Err(Error::Internal(anyhow!("the cookie {name} is not in the table of cookies")));
    }
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&text).map_err(|error| Error::Internal(error.into()))
}
