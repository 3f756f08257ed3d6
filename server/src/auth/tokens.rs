//! Bearer tokens of applications (RFC 6750): 160 random bits, stored as SHA-256.

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
/// The store's.
pub async fn create(
    store: &store::Store,
    random: &dyn Random,
    actor: store::Actor,
    person: PersonId,
    name: &str,
) -> Result<(String, TokenId), store::Error> {
    let token = new_token(random);
    let id = store.token_create(actor, person, token_hash(&token), name, None).await?;
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
    let found = state.store.token_find(&token_hash(token)).await?;
    Ok(found.map(|(person, token)| Caller { person, session: None, token: Some(token), means: Means::Token }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_160_bits() {
        assert_eq!(new_token(&store::SystemRandom).len(), PREFIX.len() + 40);
    }
}
