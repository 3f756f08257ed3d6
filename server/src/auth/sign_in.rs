//! Signing in: a login and a password, then a one-time code in the same browser, then a session.
//!
//! An unknown login and a wrong password are the same answer after the same work. Every attempt leaves a trace.

use std::net::IpAddr;

use app::i18n::Lang;
use store::Purpose;

use super::{
    limits::{self, Refused},
    means::{self, SignedBy},
    second::{self, Waiting},
    sessions,
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
    /// The person asked that nobody gets in.
    #[error("suspended")]
    Suspended,
    /// The enrolled browser was asked and did not answer yet.
    #[error("not approved yet")]
    NotYet,
    /// It said no: begin again with the password.
    #[error("refused on an enrolled browser")]
    ApprovalRefused,
    /// It did not answer in time.
    #[error("nobody approved in time")]
    ApprovalLapsed,
    /// No means that is switched on here is one the person has.
    #[error("no second means")]
    NoMeans,
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

/// The first step. Answers the token for the browser's cookie; where a code is sent, it is on its way.
///
/// # Errors
/// `Wrong`, `Wait`, `Suspended`, `NoMeans`, or the store's.
pub async fn password(state: &State, login: &str, password: &str, browser: &Browser) -> Result<String, SignInError> {
    let attempt = limits::begin(state, login, browser.address).await?;
    let found = state.store.login_lookup(login).await?;
    let known = found.as_ref().filter(|_| means::password_is_on(state));
    let right = state.passwords.check(password, known.and_then(|login| login.password.as_deref())).await?;
    let person = found.filter(|_| right).map(|login| login.person);
    state.store.sign_in_traced(person, "password", person.is_some()).await?;
    state.metrics.event("password", if person.is_some() { "right" } else { "wrong" });
    let person = person.ok_or(SignInError::Wrong)?;
    limits::succeeded(state, &attempt).await?;
    if state.store.suspended(person).await?.is_some() {
        return Err(SignInError::Suspended);
    }
    let offered = means::second(state, person).await?;
    second::begin(state, person, Purpose::SignIn, &offered, browser).await
}

/// What the page that asks for the code shows, and the other means the person may take.
///
/// # Errors
/// `Expired` when nothing is waited for in this browser, `ApprovalRefused` when that was the answer.
pub async fn waiting(state: &State, token: &str) -> Result<(Waiting, Vec<SignedBy>), SignInError> {
    let waiting = second::waiting(state, token, Purpose::SignIn).await?;
    let mut others = means::second(state, waiting.person).await?;
    others.retain(|means| *means != waiting.means);
    Ok((waiting, others))
}

/// The second step. Answers the token of the new session.
///
/// # Errors
/// `WrongCode`, `UsedUp`, `Expired`, `NotYet`, `ApprovalRefused`, `ApprovalLapsed`, `Wait`, `Suspended`, or the store's.
pub async fn code(state: &State, token: &str, typed: &str, browser: &Browser) -> Result<String, SignInError> {
    let (challenge, means) = second::attempt(state, token, Purpose::SignIn, typed, browser).await?;
    if state.store.suspended(challenge.person).await?.is_some() {
        return Err(SignInError::Suspended);
    }
    state.store.means_remember(challenge.person, means.code()).await?;
    let (token, _) = sessions::create(state, challenge.person, &browser.agent, means).await?;
    state.metrics.event("sign_in", "ok");
    Ok(token)
}

/// Sends a new code to the same browser, or takes another of the person's means; the earlier code is worth nothing then.
///
/// # Errors
/// `TooSoon`, `Expired`, or the store's.
pub async fn resend(state: &State, token: &str, wanted: Option<SignedBy>, browser: &Browser) -> Result<(), SignInError> {
    let waiting = second::waiting(state, token, Purpose::SignIn).await?;
    let means = wanted.unwrap_or(waiting.means);
    if !means::second(state, waiting.person).await?.contains(&means) {
        return Err(SignInError::Expired);
    }
    second::renew(state, token, Purpose::SignIn, means, browser).await
}
