//! Persons who asked that nobody gets in as them, until they proved who they are.

use futures::FutureExt;
use serde_json::json;
use wire::id::PersonId;

use crate::db::{Tx, args, statements};
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Result, Store, codes, links, sessions};

statements! {
    SELECT = "SELECT at, asked_by FROM suspension WHERE person_id = $1";
    INSERT = "INSERT INTO suspension (person_id, at, asked_by) VALUES ($1, $2, $3) ON CONFLICT (person_id) DO NOTHING";
    DELETE = "DELETE FROM suspension WHERE person_id = $1";
}

impl Store {
    /// Since when the person is suspended; none when they are not.
    pub async fn suspended(&self, person: PersonId) -> Result<Option<i64>> {
        let row = self.read().await?.fetch_optional(SELECT, args![person]).await?;
        row.map(|row| row.int(0)).transpose()
    }

    /// Suspends a person: sessions, codes and links end, tokens sleep. `asked_by` is `self` or `operator`.
    pub async fn suspend(&self, actor: Actor, person: PersonId, asked_by: &'static str) -> Result<()> {
        self.write((actor, person, asked_by), |tx, (actor, person, asked_by)| {
            async move {
                let now = tx.now();
                tx.execute(INSERT, args![*person, now, *asked_by]).await?;
                sessions::drop_others(tx, *person, None).await?;
                codes::drop_all(tx, *person).await?;
                links::drop_all(tx, *person).await?;
                traces::trace(tx, Chain::Person(*person), Trace::done("suspend", *actor, None, json!({}))).await
            }
            .boxed()
        })
        .await
    }

    /// Lifts a suspension.
    pub async fn resume(&self, actor: Actor, person: PersonId) -> Result<()> {
        self.write((actor, person), |tx, (actor, person)| lift(tx, *actor, *person).boxed()).await
    }
}

/// Lifts a suspension, if there is one, in the caller's transaction.
pub(crate) async fn lift(tx: &mut Tx, actor: Actor, person: PersonId) -> Result<()> {
    if tx.execute(DELETE, args![person]).await? == 0 {
        return Ok(());
    }
    traces::trace(tx, Chain::Person(person), Trace::done("resume", actor, None, json!({}))).await
}
