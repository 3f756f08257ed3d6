//! Who works for the operator. It gives no right over any BAL: those are in `rights`, for staff as for everybody.

use futures::FutureExt;
use serde_json::json;
use wire::id::PersonId;

use crate::db::{Tx, args, statements};
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Result, Store};

statements! {
    SINCE = "SELECT since FROM staff WHERE person_id = $1 AND ended_at IS NULL";
    LIST = "SELECT person_id, since, ended_at FROM staff ORDER BY since, person_id";
    ADD = "INSERT INTO staff (person_id, since, ended_at) VALUES ($1, $2, NULL)
        ON CONFLICT (person_id) DO UPDATE SET since = excluded.since, ended_at = NULL WHERE staff.ended_at IS NOT NULL";
    END = "UPDATE staff SET ended_at = $2 WHERE person_id = $1 AND ended_at IS NULL";
}

/// Somebody who works, or worked, for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Staff {
    pub person: PersonId,
    pub since: i64,
    /// None: in force.
    pub ended_at: Option<i64>,
}

async fn leave(tx: &mut Tx, actor: Actor, person: PersonId, kind: &'static str) -> Result<()> {
    traces::trace(tx, Chain::Person(person), Trace::done(kind, actor, None, json!({}))).await
}

impl Store {
    /// Since when the person works for the operator; none when they do not, or no longer.
    pub async fn staff_since(&self, person: PersonId) -> Result<Option<i64>> {
        let row = self.read().await?.fetch_optional(SINCE, args![person]).await?;
        row.map(|row| row.int(0)).transpose()
    }

    /// Everybody who works or worked for the operator.
    pub async fn staff_list(&self) -> Result<Vec<Staff>> {
        let rows = self.read().await?.fetch_all(LIST, args![]).await?;
        let read = |row: &crate::db::Row| {
            Ok(Staff { person: PersonId(row.int(0)?), since: row.int(1)?, ended_at: row.opt_int(2)? })
        };
        rows.iter().map(read).collect()
    }

    /// The person works for the operator from now on. False when they did already.
    pub async fn staff_add(&self, actor: Actor, person: PersonId) -> Result<bool> {
        self.write((actor, person), |tx, (actor, person)| {
            async move {
                let now = tx.now();
                let begun = tx.execute(ADD, args![*person, now]).await? > 0;
                if begun {
                    leave(tx, *actor, *person, "staff-add").await?;
                }
                Ok(begun)
            }
            .boxed()
        })
        .await
    }

    /// The person no longer works for the operator. False when they did not.
    pub async fn staff_end(&self, actor: Actor, person: PersonId) -> Result<bool> {
        self.write((actor, person), |tx, (actor, person)| {
            async move {
                let now = tx.now();
                let ended = tx.execute(END, args![*person, now]).await? > 0;
                if ended {
                    leave(tx, *actor, *person, "staff-end").await?;
                }
                Ok(ended)
            }
            .boxed()
        })
        .await
    }
}
