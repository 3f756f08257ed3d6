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
    /// Of a BAL that was not wanted until now: what came before is not told.
    RESET = "DELETE FROM notification_cursor WHERE person_id = $1 AND account_id = $2
        AND NOT EXISTS (SELECT 1 FROM notification_box b WHERE b.person_id = $1 AND b.account_id = $2 AND b.wanted = 1)
        AND (EXISTS (SELECT 1 FROM notification_box b WHERE b.person_id = $1 AND b.account_id = $2)
            OR NOT EXISTS (SELECT 1 FROM account_right m WHERE m.person_id = $1 AND m.account_id = $2
                AND m.action = 'manage' AND m.delegation_id IS NULL AND m.from_at <= $3
                AND (m.to_at IS NULL OR m.to_at > $3)))";
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
                let now = tx.now();
                for (account, wanted) in boxes {
                    if *wanted {
                        tx.execute(RESET, args![*person, *account, now]).await?;
                    }
                    tx.execute(SET, args![*person, *account, *wanted]).await?;
                }
                Ok(())
            }
            .boxed()
        })
        .await
    }
}
