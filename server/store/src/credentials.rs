//! Passwords as they are kept: the Argon2id string, sealed under the person's key.

use futures::FutureExt;
use serde_json::json;
use wire::id::{PersonId, SessionId};

use crate::db::{Tx, args, statements};
use crate::keys::{Keys, Owner};
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store, codes, sessions, suspension};

statements! {
    SELECT = "SELECT sealed_password, changed_at FROM credential WHERE person_id = $1";
    UPSERT = "INSERT INTO credential (person_id, sealed_password, changed_at) VALUES ($1, $2, $3)
        ON CONFLICT (person_id) DO UPDATE SET sealed_password = excluded.sealed_password, changed_at = excluded.changed_at";
}

const TABLE: &str = "credential";

/// A kept password.
#[derive(Clone)]
pub struct Credential {
    pub phc: String,
    pub changed_at: i64,
}

impl Store {
    /// Keeps the PHC string of a person's password.
    pub async fn password_set(&self, actor: Actor, person: PersonId, phc: String) -> Result<()> {
        self.write((actor, person, phc), |tx, (actor, person, phc)| set(tx, *actor, *person, phc).boxed()).await
    }

    /// Keeps a changed password and ends every session but `kept`: whoever had the old one is out.
    pub async fn password_change(&self, actor: Actor, person: PersonId, phc: String, kept: Option<SessionId>) -> Result<()> {
        self.write((actor, person, phc, kept), |tx, (actor, person, phc, kept)| {
            async move {
                set(tx, *actor, *person, phc).await?;
                codes::drop_all(tx, *person).await?;
                sessions::drop_others(tx, *person, *kept).await
            }
            .boxed()
        })
        .await
    }

    /// The end of a recovery: a new password, no session left, the suspension lifted.
    pub async fn password_recovered(&self, person: PersonId, phc: String) -> Result<()> {
        self.write((person, phc), |tx, (person, phc)| {
            async move {
                let actor = Actor { person: Some(*person), session: None, means: traces::Means::Web };
                set(tx, actor, *person, phc).await?;
                codes::drop_all(tx, *person).await?;
                crate::links::drop_all(tx, *person).await?;
                sessions::drop_others(tx, *person, None).await?;
                suspension::lift(tx, actor, *person).await?;
                traces::trace(tx, Chain::Person(*person), Trace::done("recovery-done", actor, None, json!({}))).await
            }
            .boxed()
        })
        .await
    }

    /// The password of a person, if they have one.
    pub async fn credential(&self, person: PersonId) -> Result<Option<Credential>> {
        let Some(row) = self.read().await?.fetch_optional(SELECT, args![person]).await? else { return Ok(None) };
        let phc = open(&*self.keys(Owner::Person(person.0)).await?, person, &row.bytes(0)?)?;
        Ok(Some(Credential { phc, changed_at: row.int(1)? }))
    }
}

/// Keeps a password in the caller's transaction.
pub(crate) async fn set(tx: &mut Tx, actor: Actor, person: PersonId, phc: &str) -> Result<()> {
    let keys = tx.keys(Owner::Person(person.0)).await?;
    let sealed = keys.seal(tx.random().as_ref(), TABLE, person.0, phc.as_bytes())?;
    let now = tx.now();
    tx.execute(UPSERT, args![person, sealed, now]).await?;
    traces::trace(tx, Chain::Person(person), Trace::done("password-set", actor, None, json!({}))).await
}

/// Opens a sealed PHC string.
pub(crate) fn open(keys: &Keys, person: PersonId, sealed: &[u8]) -> Result<String> {
    String::from_utf8(keys.open(TABLE, person.0, sealed)?).map_err(|_| Error::Corrupt("password"))
}
