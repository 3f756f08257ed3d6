//! Bearer tokens of applications. Only hashes are kept.

use futures::FutureExt;
use serde_json::json;
use wire::id::{PersonId, TokenId};

use crate::db::{Row, Tx, args, statements};
use crate::keys::Owner;
use crate::traces::{self, Actor, Chain, Means, Trace};
use crate::{Result, Store};

statements! {
    INSERT = "INSERT INTO token (token_id, token_hash, person_id, sealed_name, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    BY_HASH = "SELECT token_id, person_id, expires_at FROM token WHERE token_hash = $1";
    BY_ID = "SELECT token_id, person_id, expires_at FROM token WHERE token_id = $1 AND person_id = $2";
    PRUNE = "DELETE FROM token WHERE expires_at < $1";
    DELETE = "DELETE FROM token WHERE token_id = $1 AND person_id = $2";
}

/// Forgets tokens that ended by themselves.
pub(crate) async fn prune(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(PRUNE, args![now]).await
}

impl Store {
    /// Keeps a token of a person under a name, for `valid_ms` or without end.
    pub async fn token_create(
        &self,
        person: PersonId,
        hash: [u8; 32],
        name: &str,
        valid_ms: Option<i64>,
    ) -> Result<TokenId> {
        let id = TokenId(self.new_id());
        self.write((person, hash, name.to_owned(), valid_ms, id), |tx, (person, hash, name, valid_ms, id)| {
            async move {
                let now = tx.now();
                let keys = tx.keys(Owner::Person(person.0)).await?;
                let sealed = keys.seal(tx.random().as_ref(), "token", id.0, name.as_bytes())?;
                let expires_at = valid_ms.map(|ms| now + ms);
                tx.execute(INSERT, args![*id, hash, *person, sealed, now, expires_at]).await?;
                let actor = Actor { person: Some(*person), session: None, means: Means::Command };
                traces::trace(tx, Chain::Person(*person), Trace::done("token-create", actor, None, json!({}))).await
            }
            .boxed()
        })
        .await?;
        Ok(id)
    }

    /// Whose token has this hash, if it lives.
    pub async fn token_find(&self, hash: &[u8; 32]) -> Result<Option<(PersonId, TokenId)>> {
        let row = self.read().await?.fetch_optional(BY_HASH, args![hash]).await?;
        self.live_token(row)
    }

    /// Does this token still live?
    pub async fn token_alive(&self, person: PersonId, token: TokenId) -> Result<bool> {
        let row = self.read().await?.fetch_optional(BY_ID, args![token, person]).await?;
        Ok(self.live_token(row)?.is_some())
    }

    /// Ends a token of this person; false when they have none of that id.
    pub async fn token_revoke(&self, actor: Actor, person: PersonId, token: TokenId) -> Result<bool> {
        self.write((actor, person, token), |tx, (actor, person, token)| {
            async move {
                let ended = tx.execute(DELETE, args![*token, *person]).await? > 0;
                if ended {
                    traces::trace(tx, Chain::Person(*person), Trace::done("token-end", *actor, None, json!({}))).await?;
                }
                Ok(ended)
            }
            .boxed()
        })
        .await
    }

    fn live_token(&self, row: Option<Row>) -> Result<Option<(PersonId, TokenId)>> {
        let Some(row) = row else { return Ok(None) };
        let alive = row.opt_int(2)?.is_none_or(|expires_at| self.now() < expires_at);
        Ok(alive.then_some((PersonId(row.int(1)?), TokenId(row.int(0)?))))
    }
}
