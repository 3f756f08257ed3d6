//! Preferences of a person, sealed under the person's key.

use futures::FutureExt;
use wire::id::PersonId;
use wire::portal::Preferences;

use crate::Store;
use crate::db::{args, statements};
use crate::error::Result;
use crate::keys::Owner;

statements! {
    SELECT = "SELECT sealed FROM person_preference WHERE person_id = $1";
    SAVE = "INSERT INTO person_preference (person_id, sealed, changed_at) VALUES ($1, $2, $3)
        ON CONFLICT (person_id) DO UPDATE SET sealed = excluded.sealed, changed_at = excluded.changed_at";
}

const TABLE: &str = "person_preference";

impl Store {
    /// The person's preferences, or the default ones.
    pub async fn preferences(&self, person: PersonId) -> Result<Preferences> {
        let keys = self.keys(Owner::Person(person.0)).await?;
        match self.read().await?.fetch_optional(SELECT, args![person]).await? {
            Some(row) => keys.open_json(TABLE, person.0, &row.bytes(0)?),
            None => Ok(Preferences::default()),
        }
    }

    /// Replaces the person's preferences. `NotFound` when the person has no key.
    pub async fn preferences_set(&self, person: PersonId, preferences: &Preferences) -> Result<()> {
        let keys = self.keys(Owner::Person(person.0)).await?;
        let sealed = keys.seal_json(self.random(), TABLE, person.0, preferences)?;
        let row = args![person, sealed, self.now()];
        self.write(row, |tx, row| async move { tx.execute(SAVE, row.clone()).await.map(drop) }.boxed()).await
    }
}
