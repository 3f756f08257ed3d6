//! Browsers that a person enrolled to approve sign-ins: each has a secret in a cookie, of which the hash is kept.

use futures::FutureExt;
use serde_json::json;
use wire::id::PersonId;

use crate::db::{Row, Tx, args, statements};
use crate::keys::{Keys, Owner};
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store};

statements! {
    INSERT = "INSERT INTO approver (approver_id, person_id, token_hash, sealed, created_at) VALUES ($1, $2, $3, $4, $5)";
    OF_PERSON = "SELECT approver_id, person_id, sealed, created_at, used_at FROM approver
        WHERE person_id = $1 ORDER BY approver_id";
    BY_TOKEN = "SELECT approver_id, person_id, sealed, created_at, used_at FROM approver WHERE token_hash = $1";
    USE = "UPDATE approver SET used_at = $3 WHERE approver_id = $1 AND person_id = $2";
    DELETE = "DELETE FROM approver WHERE approver_id = $1 AND person_id = $2";
    DELETE_ALL = "DELETE FROM approver WHERE person_id = $1";
}

const TABLE: &str = "approver";
/// Browsers of one person at most.
const MOST: usize = 20;

/// A browser that approves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    pub id: i64,
    pub person: PersonId,
    /// What its owner called it.
    pub name: String,
    pub created_at: i64,
    pub used_at: Option<i64>,
}

fn read(keys: &Keys, row: &Row) -> Result<Approver> {
    let id = row.int(0)?;
    Ok(Approver {
        id,
        person: PersonId(row.int(1)?),
        name: keys.open_json(TABLE, id, &row.bytes(2)?)?,
        created_at: row.int(3)?,
        used_at: row.opt_int(4)?,
    })
}

impl Store {
    /// The browsers that approve for a person, oldest first.
    pub async fn approvers(&self, person: PersonId) -> Result<Vec<Approver>> {
        let keys = self.keys(Owner::Person(person.0)).await?;
        let rows = self.read().await?.fetch_all(OF_PERSON, args![person]).await?;
        rows.iter().map(|row| read(&keys, row)).collect()
    }

    /// The browser whose token has this hash.
    pub async fn approver(&self, token: &[u8; 32]) -> Result<Option<Approver>> {
        let Some(row) = self.read().await?.fetch_optional(BY_TOKEN, args![token]).await? else { return Ok(None) };
        let keys = self.keys(Owner::Person(row.int(1)?)).await?;
        read(&keys, &row).map(Some)
    }

    /// Enrols a browser under a name. `Limit` when there are too many.
    pub async fn approver_add(&self, actor: Actor, person: PersonId, token: [u8; 32], name: &str) -> Result<()> {
        let id = self.new_id();
        self.write((actor, person, token, name.to_owned(), id), |tx, (actor, person, token, name, id)| {
            async move {
                if tx.fetch_all(OF_PERSON, args![*person]).await?.len() >= MOST {
                    return Err(Error::Limit { what: "approvers" });
                }
                let (now, random) = (tx.now(), tx.random());
                let keys = tx.keys(Owner::Person(person.0)).await?;
                let sealed = keys.seal_json(random.as_ref(), TABLE, *id, name)?;
                tx.execute(INSERT, args![*id, *person, token, sealed, now]).await?;
                let trace = Trace::done("approver-add", *actor, None, json!({"approver": id}));
                traces::trace(tx, Chain::Person(*person), trace).await
            }
            .boxed()
        })
        .await
    }

    /// Removes a browser of this person; false when they have none of that id.
    pub async fn approver_remove(&self, actor: Actor, person: PersonId, approver: i64) -> Result<bool> {
        self.write((actor, person, approver), |tx, (actor, person, approver)| {
            async move {
                let gone = tx.execute(DELETE, args![*approver, *person]).await? > 0;
                if gone {
                    let trace = Trace::done("approver-remove", *actor, None, json!({"approver": approver}));
                    traces::trace(tx, Chain::Person(*person), trace).await?;
                }
                Ok(gone)
            }
            .boxed()
        })
        .await
    }
}

/// Notes that a browser answers, in the caller's transaction; false when it was removed.
pub(crate) async fn answers(tx: &mut Tx, approver: i64, person: PersonId) -> Result<bool> {
    let now = tx.now();
    Ok(tx.execute(USE, args![approver, person, now]).await? > 0)
}

/// Removes all browsers of a person, in the caller's transaction (which leaves its own trace).
pub(crate) async fn drop_all(tx: &mut Tx, person: PersonId) -> Result<u64> {
    tx.execute(DELETE_ALL, args![person]).await
}
