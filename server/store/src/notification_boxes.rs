//! Of which BALs a person wants to be told. Without a choice: of those they hold themself.

use std::collections::HashMap;

use futures::FutureExt;
use wire::id::{AccountId, PersonId};

use crate::db::{args, statements};
use crate::{Result, Store};

statements! {
    SELECT = "SELECT account_id, wanted FROM notification_box WHERE person_id = $1";
    SET = "INSERT INTO notification_box (person_id, account_id, wanted) VALUES ($1, $2, $3)
        ON CONFLICT (person_id, account_id) DO UPDATE SET wanted = excluded.wanted";
}

impl Store {
    /// What a person chose for which BAL.
    pub async fn notification_boxes(&self, person: PersonId) -> Result<HashMap<AccountId, bool>> {
        let rows = self.read().await?.fetch_all(SELECT, args![person]).await?;
        rows.iter().map(|row| Ok((AccountId(row.int(0)?), row.flag(1)?))).collect()
    }

    /// Keeps a choice for some BALs.
    pub async fn notification_boxes_set(&self, person: PersonId, boxes: Vec<(AccountId, bool)>) -> Result<()> {
        self.write((person, boxes), |tx, (person, boxes)| {
            async move {
                for (account, wanted) in boxes {
                    tx.execute(SET, args![*person, *account, *wanted]).await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await
    }
}
