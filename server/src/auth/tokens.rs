//! Bearer tokens of applications (RFC 6750): 160 random bits, stored as SHA-256.

use relay::trust::Usage;
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use store::{Means, Random};
use wire::id::{PersonId, TokenId};

use super::{Caller, sessions::token_hash};
use crate::state::State;

const PREFIX: &str = "pli_";

fn new_token(random: &dyn Random) -> String {
    let mut bytes = [0; 20];
    random.fill(&mut bytes);
    // Forty hexadecimal digits: no character that a shell or a header could take for something else.
    bytes.iter().fold(String::from(PREFIX), |text, byte| format!("{text}{byte:02x}"))
}

/// Makes a token that acts as `person`, and gives it: it cannot be read again.
///
/// # Errors
/// The store's; `Refused("token-named")` when they have one of that name.
pub async fn create(
    store: &store::Store,
    random: &dyn Random,
    actor: store::Actor,
    person: PersonId,
    name: &str,
) -> Result<(String, TokenId), store::Error> {
    let (token, hash) = make(random);
    let id = store.token_create(actor, person, hash, name, None).await?;
    Ok((token, id))
}

/// Who a bearer token acts as, if it lives.
///
/// # Errors
/// The store's.
pub async fn find(state: &State, token: &str) -> Result<Option<Caller>, store::Error> {
    if !token.starts_with(PREFIX) || token.len() != PREFIX.len() + 40 {
        return Ok(None);
    }
    by_hash(state, &token_hash(token)).await
}

async fn by_hash(state: &State, hash: &[u8; 32]) -> Result<Option<Caller>, store::Error> {
    let found = state.store.token_find(hash).await?;
    Ok(found.map(|(person, token, program)| {
        let means = if program { Means::Application } else { Means::Token };
        Caller { person, session: None, token: Some(token), means }
    }))
}

/// Under what a certificate is kept: no bearer token has this hash.
pub fn certificate_hash(leaf: &[u8]) -> [u8; 32] {
    Sha256::digest([b"client certificate\n", leaf].concat()).into()
}

/// The program that a certificate stands for, if our authorities vouch for it now (issuer, dates, use, revocation) and it
/// was registered.
///
/// # Errors
/// The store's.
pub async fn of_certificate(state: &State, chain: &[CertificateDer<'static>]) -> Result<Option<Caller>, store::Error> {
    let (Some(relay), Some(leaf)) = (&state.relay, chain.first()) else { return Ok(None) };
    if let Err(fault) = relay.book.current().authority.judge(chain, Usage::Client, state.clock.now_ms()) {
        tracing::info!(%fault, "a client certificate was refused");
        return Ok(None);
    }
    let found = by_hash(state, &certificate_hash(leaf)).await?;
    Ok(found.filter(|caller| caller.means == Means::Application))
}

/// A new bearer token and its hash.
pub fn make(random: &dyn Random) -> (String, [u8; 32]) {
    let token = new_token(random);
    let hash = token_hash(&token);
    (token, hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_160_bits() {
        assert_eq!(new_token(&store::SystemRandom).len(), PREFIX.len() + 40);
    }
}
