//! Signing in: a login and a password, then a one-time code in the same browser, then a session.
//!
//! An unknown login and a wrong password are the same answer after the same work. Every attempt leaves a trace.

use std::net::IpAddr;

use app::i18n::Lang;
use store::CodeTried;
use wire::id::PersonId;

use super::{
    code,
    limits::{self, Refused},
    sessions::{self, token_hash},
};
use crate::state::State;

/// Who tries, from where.
#[derive(Debug, Clone)]
pub struct Browser {
    pub address: IpAddr,
    pub agent: String,
    pub lang: Lang,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown login or wrong password: nobody learns which.
    #[error("wrong login or password")]
    Wrong,
    #[error("wrong code")]
    WrongCode,
    /// Too many wrong codes: begin again with the password.
    #[error("code used up")]
    UsedUp,
    /// No code is waited for in this browser, or not any more.
    #[error("code expired")]
    Expired,
    #[error("a code was just sent")]
    TooSoon { seconds: u32 },
    #[error("wait {0} s")]
    Wait(u32),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<Refused> for SignInError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Wait(seconds) => Self::Wait(seconds),
            Refused::Store(error) => Self::Store(error),
        }
    }
}

/// The first step. Answers the token for the browser's cookie; the code is on its way.
///
/// # Errors
/// `Wrong`, `Wait`, or the store's.
pub async fn password(state: &State, login: &str, password: &str, browser: &Browser) -> Result<String, SignInError> {
    let attempt = limits::begin(state, login, browser.address).await?;
    let found = state.store.login_lookup(login).await?;
    let right = state.passwords.check(password, found.as_ref().and_then(|login| login.password.as_deref())).await?;
    let person = found.filter(|_| right).map(|login| login.person);
    state.store.sign_in_traced(person, "password", person.is_some()).await?;
    state.metrics.event("password", if person.is_some() { "right" } else { "wrong" });
    let person = person.ok_or(SignInError::Wrong)?;
    limits::succeeded(state, &attempt).await?;
    let token = sessions::new_token(&*state.random);
    let code = code::new_code(&*state.random);
    state.store.challenge_create(person, token_hash(&token), &code, minutes(state)).await?;
    code::send(state, person, code, browser.lang);
    Ok(token)
}

/// How long a code lives, in milliseconds.
fn minutes(state: &State) -> i64 {
    i64::from(state.config.codes.minutes) * 60_000
}

/// What the page that asks for the code shows: the masked address, and the seconds until a new one may be asked for.
///
/// # Errors
/// `Expired` when nothing is waited for in this browser.
pub async fn waiting(state: &State, token: &str) -> Result<(String, u32), SignInError> {
    let challenge = state.store.challenge(token_hash(token)).await?.ok_or(SignInError::Expired)?;
    let contact = state.store.contact(challenge.person).await?;
    let since = state.clock.now_ms() - challenge.sent_at;
    let left = i64::from(state.config.codes.resend_seconds) - since / 1000;
    Ok((code::masked(&contact.ordinary_email), u32::try_from(left).unwrap_or(0)))
}

/// The second step. Answers the token of the new session.
///
/// # Errors
/// `WrongCode`, `UsedUp`, `Expired`, `Wait`, or the store's.
pub async fn code(state: &State, token: &str, typed: &str, browser: &Browser) -> Result<String, SignInError> {
    let hash = token_hash(token);
    let challenge = state.store.challenge(hash).await?.ok_or(SignInError::Expired)?;
    let attempt = limits::begin(state, &challenge.person.to_string(), browser.address).await?;
    let tried = state.store.challenge_try(hash, &code::typed(typed), state.config.codes.tries).await?;
    let person = match tried {
        CodeTried::Right(person) => person,
        CodeTried::Wrong => return refused(state, challenge.person, SignInError::WrongCode).await,
        CodeTried::UsedUp => return refused(state, challenge.person, SignInError::UsedUp).await,
        CodeTried::Expired => return Err(SignInError::Expired),
    };
    limits::succeeded(state, &attempt).await?;
    let (token, _) = sessions::create(state, person, &browser.agent).await?;
    state.metrics.event("sign_in", "ok");
    Ok(token)
}

async fn refused<T>(state: &State, person: PersonId, error: SignInError) -> Result<T, SignInError> {
    state.metrics.event("sign_in", "wrong_code");
    state.store.sign_in_traced(Some(person), "code", false).await?;
    Err(error)
}

/// Sends a new code to the same browser; the earlier one is worth nothing then.
///
/// # Errors
/// `TooSoon`, `Expired`, or the store's.
pub async fn resend(state: &State, token: &str, lang: Lang) -> Result<(), SignInError> {
    let code = code::new_code(&*state.random);
    let pause = i64::from(state.config.codes.resend_seconds) * 1000;
    match state.store.challenge_renew(token_hash(token), &code, minutes(state), pause).await? {
        store::Renewed::Sent(person) => {
            code::send(state, person, code, lang);
            Ok(())
        }
        store::Renewed::TooSoon { ms } => {
            Err(SignInError::TooSoon { seconds: u32::try_from(ms / 1000 + 1).unwrap_or(u32::MAX) })
        }
        store::Renewed::Expired => Err(SignInError::Expired),
    }
}
