//! Bearer tokens of applications. Only hashes are kept.

use futures::FutureExt;
use serde_json::json;
use wire::id::{PersonId, TokenId};

use crate::db::{Row, Tx, args, statements};
use crate::keys::Owner;
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store};

statements! {
    INSERT = "INSERT INTO token (token_id, token_hash, person_id, sealed_name, created_at, expires_at, certificate)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    LOCK = "UPDATE person SET person_id = person_id WHERE person_id = $1";
    BY_HASH = "SELECT token_id, person_id, expires_at, seen_at,
        (SELECT p.account_id FROM application p WHERE p.person_id = token.person_id) FROM token WHERE token_hash = $1
        AND NOT EXISTS (SELECT 1 FROM suspension WHERE suspension.person_id = token.person_id)";
    BY_ID = "SELECT token_id, person_id, expires_at, seen_at FROM token WHERE token_id = $1 AND person_id = $2
        AND NOT EXISTS (SELECT 1 FROM suspension WHERE suspension.person_id = token.person_id)";
    BY_PERSON = "SELECT token_id, sealed_name, created_at, expires_at, seen_at, certificate FROM token
        WHERE person_id = $1 ORDER BY token_id";
    TOUCH = "UPDATE token SET seen_at = $2 WHERE token_id = $1 AND (seen_at IS NULL OR seen_at < $2)";
    PRUNE = "DELETE FROM token WHERE expires_at < $1";
    DELETE = "DELETE FROM token WHERE token_id = $1 AND person_id = $2";
}

/// The last use of a token is written at most this often.
const TOUCH_EVERY_MS: i64 = 60_000;

/// A token, in its owner's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    pub id: TokenId,
    pub name: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub seen_at: Option<i64>,
    /// A client certificate.
    pub certificate: bool,
}

/// Forgets tokens that ended by themselves.
pub(crate) async fn prune(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(PRUNE, args![now]).await
}

/// Keeps a token in the caller's transaction, which leaves the trace.
pub(crate) async fn insert(
    tx: &mut Tx,
    person: PersonId,
    id: TokenId,
    hash: &[u8; 32],
    name: &str,
    expires_at: Option<i64>,
    certificate: bool,
) -> Result<()> {
    let (now, keys) = (tx.now(), tx.keys(Owner::Person(person.0)).await?);
    let sealed = keys.seal(tx.random().as_ref(), "token", id.0, name.as_bytes())?;
    tx.execute(INSERT, args![id, hash, person, sealed, now, expires_at, certificate]).await.map(drop)
}

impl Store {
    /// The tokens of a person.
    pub async fn tokens(&self, person: PersonId) -> Result<Vec<TokenRow>> {
        let keys = self.keys(Owner::Person(person.0)).await?;
        let rows = self.read().await?.fetch_all(BY_PERSON, args![person]).await?;
        let one = |row: &Row| {
            let id = row.int(0)?;
            let name = String::from_utf8_lossy(&keys.open("token", id, &row.bytes(1)?)?).into_owned();
            let (created_at, expires_at, seen_at) = (row.int(2)?, row.opt_int(3)?, row.opt_int(4)?);
            Ok(TokenRow { id: TokenId(id), name, created_at, expires_at, seen_at, certificate: row.int(5)? != 0 })
        };
        rows.iter().map(one).collect()
    }

    /// Keeps a token of a person under a name, for `valid_ms` or without end. `Refused("token-named")` when they have
    /// one of that name.
    pub async fn token_create(
        &self,
        actor: Actor,
        person: PersonId,
        hash: [u8; 32],
        name: &str,
        valid_ms: Option<i64>,
    ) -> Result<TokenId> {
        let id = TokenId(self.new_id());
        let input = (actor, person, hash, (name.to_owned(), valid_ms), id);
        self.write(input, |tx, (actor, person, hash, (name, valid_ms), id)| {
            async move {
                let now = tx.now();
                tx.execute(LOCK, args![*person]).await?;
                let keys = tx.keys(Owner::Person(person.0)).await?;
                for row in tx.fetch_all(BY_PERSON, args![*person]).await? {
                    if keys.open("token", row.int(0)?, &row.bytes(1)?)? == name.as_bytes() {
                        return Err(Error::Refused("token-named"));
                    }
                }
                insert(tx, *person, *id, hash, name, valid_ms.map(|ms| now + ms), false).await?;
                let trace = Trace::done("token-create", *actor, None, json!({"token": id}));
                traces::trace(tx, Chain::Person(*person), trace).await
            }
            .boxed()
        })
        .await?;
        Ok(id)
    }

    /// Whose token has this hash, if it lives; and whether they are a program (`applications`).
    pub async fn token_find(&self, hash: &[u8; 32]) -> Result<Option<(PersonId, TokenId, bool)>> {
        let row = self.read().await?.fetch_optional(BY_HASH, args![hash]).await?;
        let seen_at = row.as_ref().map(|row| row.opt_int(3)).transpose()?.flatten();
        let program = row.as_ref().map(|row| row.opt_int(4)).transpose()?.flatten().is_some();
        let found = self.live_token(row)?;
        let now = self.now();
        if let Some((_, token)) = found
            && seen_at.is_none_or(|seen| seen + TOUCH_EVERY_MS <= now)
        {
            let touched = (token, now);
            let touch = self.write(touched, |tx, (token, now)| {
                async move { tx.execute(TOUCH, args![*token, *now]).await.map(drop) }.boxed()
            });
            touch.await?;
        }
        Ok(found.map(|(person, token)| (person, token, program)))
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
                    traces::trace(
                        tx,
                        Chain::Person(*person),
                        Trace::done("token-end", *actor, None, json!({"token": token})),
                    )
                    .await?;
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
