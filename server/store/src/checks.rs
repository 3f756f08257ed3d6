//! When and by whom a person's identity was checked. Who checked and which document is sealed.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::PersonId;

use crate::db::{args, statements};
use crate::keys::Owner;
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Result, Store};

statements! {
    INSERT = "INSERT INTO identity_check (person_id, at, source, sealed) VALUES ($1, $2, $3, $4)
        ON CONFLICT (person_id, at) DO UPDATE SET source = excluded.source, sealed = excluded.sealed";
    LAST = "SELECT at, source FROM identity_check WHERE person_id = $1 ORDER BY at DESC LIMIT 1";
}

const TABLE: &str = "identity_check";

/// A check by the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityCheck {
    pub by: String,
    pub document: String,
}

impl Store {
    /// Records that the operator checked who a person is.
    pub async fn identity_checked(&self, actor: Actor, person: PersonId, check: IdentityCheck) -> Result<()> {
        self.write((actor, person, check), |tx, (actor, person, check)| {
            async move {
                let (now, random) = (tx.now(), tx.random());
                let keys = tx.keys(Owner::Person(person.0)).await?;
                let sealed = keys.seal_json(random.as_ref(), TABLE, now, check)?;
                tx.execute(INSERT, args![*person, now, "operator", sealed]).await?;
                traces::trace(tx, Chain::Person(*person), Trace::done("identity-check", *actor, None, json!({}))).await
            }
            .boxed()
        })
        .await
    }

    /// When the identity was last checked, and from which source.
    pub async fn identity_last_checked(&self, person: PersonId) -> Result<Option<(i64, String)>> {
        let row = self.read().await?.fetch_optional(LAST, args![person]).await?;
        row.map(|row| Ok((row.int(0)?, row.text(1)?))).transpose()
    }
}
