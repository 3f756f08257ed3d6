//! BALs of programs: tokens and client certificates, each shown or read once, replaced without a gap, ended at once.

use anyhow::Context;
use relay::trust::{self, Usage, read_certificates};
use store::Actor;
use store::applications::NewSecret;
use store::tokens::TokenRow;
use wire::id::{AccountId, TokenId};

use super::organisation::{NAME_CHARS, OrganisationError, field, line};
use crate::auth::tokens;
use crate::state::State;

const DAY_MS: i64 = 86_400_000;
/// The longest life of a token that has an end, in days.
const DAYS: i64 = 3660;

/// The secrets of a program, those that ended left out.
///
/// # Errors
/// `NotFound` where there is no program.
pub async fn secrets(state: &State, account: AccountId) -> Result<Vec<TokenRow>, store::Error> {
    let found = state.store.application(account).await?.ok_or(store::Error::NotFound)?;
    let now = state.clock.now_ms();
    let list = state.store.tokens(found.person).await?;
    Ok(list.into_iter().filter(|one| one.expires_at.is_none_or(|end| now < end)).collect())
}

fn end_of(state: &State, days: &str) -> Result<Option<i64>, OrganisationError> {
    if days.trim().is_empty() {
        return Ok(None);
    }
    let days: i64 = days.trim().parse().map_err(|_| field("jours", "application-days"))?;
    if !(1..=DAYS).contains(&days) {
        return Err(field("jours", "application-days"));
    }
    Ok(Some(state.clock.now_ms() + days * DAY_MS))
}

fn secret(state: &State, hash: [u8; 32], name: String) -> NewSecret {
    let most = i64::from(state.config.organisation.secrets);
    NewSecret { hash, name, certificate: false, expires_at: None, instead: None, most }
}

/// Makes a token, which is shown this once; `days`: how long it lives, empty without end.
///
/// # Errors
/// At a field; the store's.
pub async fn token(
    state: &State,
    actor: Actor,
    account: AccountId,
    name: &str,
    days: &str,
) -> Result<String, OrganisationError> {
    let name = line(name, NAME_CHARS).ok_or_else(|| field("nom", "name-needed"))?;
    // A page that is loaded again posts its form again: what it asked for is there already, and is not shown twice.
    if secrets(state, account).await?.iter().any(|one| !one.certificate && one.name == name) {
        return Err(field("nom", "token-named"));
    }
    let (token, hash) = tokens::make(&*state.random);
    let new = NewSecret { expires_at: end_of(state, days)?, ..secret(state, hash, name) };
    state.store.application_secret(actor, account, new).await?;
    state.metrics.event("application", "token");
    Ok(token)
}

/// Replaces a token: the new one, shown this once, works from now; the old one until the overlap is over.
///
/// # Errors
/// At a field; the store's, `NotFound` where there is no such token.
pub async fn rotate(state: &State, actor: Actor, account: AccountId, old: TokenId) -> Result<String, OrganisationError> {
    let list = secrets(state, account).await?;
    let before = list.iter().find(|one| one.id == old && !one.certificate);
    let before = before.ok_or(OrganisationError::Store(store::Error::NotFound))?.clone();
    // The same again, when a page is loaded again: its successor lives already.
    if list.iter().any(|one| !one.certificate && one.name == before.name && one.id.0 > old.0) {
        return Err(field("", "token-replaced"));
    }
    let (now, (token, hash)) = (state.clock.now_ms(), tokens::make(&*state.random));
    let new = NewSecret {
        // As long as the one before was to live.
        expires_at: before.expires_at.map(|end| now + (end - before.created_at)),
        instead: Some((old, now + state.config.organisation.overlap_ms())),
        ..secret(state, hash, before.name)
    };
    state.store.application_secret(actor, account, new).await?;
    state.metrics.event("application", "rotated");
    Ok(token)
}

/// Registers the client certificate of a program (PEM), which one of our authorities must have issued for this use.
///
/// # Errors
/// At a field; the store's.
pub async fn certificate(state: &State, actor: Actor, account: AccountId, pem: &str) -> Result<TokenId, OrganisationError> {
    let chain = read_certificates(pem.as_bytes()).map_err(|_| field("certificat", "certificate-unreadable"))?;
    let relay = state.relay.as_ref().ok_or_else(|| field("certificat", "certificate-off"))?;
    let authority = relay.book.current().authority.clone();
    authority.judge(&chain, Usage::Client, state.clock.now_ms()).map_err(|fault| {
        tracing::info!(%fault, "a certificate was not registered");
        field("certificat", "certificate-refused")
    })?;
    let leaf = chain.first().context("a certificate that was judged")?;
    let (name, end) = trust::name_and_end(leaf).map_err(|_| field("certificat", "certificate-unreadable"))?;
    let name: String = name.to_string().chars().take(NAME_CHARS).collect();
    let new = NewSecret { certificate: true, expires_at: Some(end), ..secret(state, tokens::certificate_hash(leaf), name) };
    match state.store.application_secret(actor, account, new).await {
        Err(error) if error.is_conflict("token_hash_unique") => Err(field("certificat", "certificate-known")),
        other => Ok(other?),
    }
}

/// Ends a token or a certificate at once.
///
/// # Errors
/// `Gone`; the store's.
pub async fn end(state: &State, actor: Actor, account: AccountId, id: TokenId) -> Result<(), OrganisationError> {
    match state.store.application_secret_end(actor, account, id).await? {
        true => Ok(()),
        false => Err(OrganisationError::Gone),
    }
}
