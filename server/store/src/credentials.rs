//! Passwords as they are kept: the Argon2id string, sealed under the person's key.

use futures::FutureExt;
use serde_json::json;
use wire::id::PersonId;

use crate::db::{args, statements};
use crate::keys::{Keys, Owner};
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store};

statements! {
    UPSERT = "INSERT INTO credential (person_id, sealed_password, changed_at) VALUES ($1, $2, $3)
        ON CONFLICT (person_id) DO UPDATE SET sealed_password = excluded.sealed_password, changed_at = excluded.changed_at";
}

const TABLE: &str = "credential";

impl Store {
    /// Keeps the PHC string of a person's password.
    pub async fn password_set(&self, actor: Actor, person: PersonId, phc: String) -> Result<()> {
        self.write((actor, person, phc), |tx, (actor, person, phc)| {
            async move {
                let keys = tx.keys(Owner::Person(person.0)).await?;
                let sealed = keys.seal(tx.random().as_ref(), TABLE, person.0, phc.as_bytes())?;
                let now = tx.now();
                tx.execute(UPSERT, args![*person, sealed, now]).await?;
                traces::trace(tx, Chain::Person(*person), Trace::done("password-set", *actor, None, json!({}))).await
            }
            .boxed()
        })
        .await
    }
}

/// Opens a sealed PHC string.
pub(crate) fn open(keys: &Keys, person: PersonId, sealed: &[u8]) -> Result<String> {
    String::from_utf8(keys.open(TABLE, person.0, sealed)?).map_err(|_| Error::Corrupt("password"))
}
