//! Saved searches: what stands in an address instead of words.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use wire::id::{AccountId, PersonId, SearchId};

use crate::Store;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::Owner;

statements! {
    INSERT = "INSERT INTO saved_search (account_id, search_id, person_id, code, sealed, used_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (account_id, person_id, code) DO UPDATE SET used_at = excluded.used_at RETURNING search_id";
    SELECT = "SELECT sealed FROM saved_search WHERE account_id = $1 AND search_id = $2";
    PRUNE_OLD = "DELETE FROM saved_search WHERE used_at < $1";
    PRUNE = "DELETE FROM saved_search WHERE account_id = $1 AND person_id = $2 AND search_id NOT IN
        (SELECT search_id FROM saved_search WHERE account_id = $1 AND person_id = $2
         ORDER BY used_at DESC, search_id DESC LIMIT 200)";
}

const TABLE: &str = "saved_search";

#[derive(Serialize, Deserialize)]
struct Sealed {
    words: String,
    field: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    pub id: SearchId,
    pub words: String,
    /// `text`, `from`, `to` or `subject`.
    pub field: String,
}

/// Forgets searches last made before `older_than`.
pub(crate) async fn prune(tx: &mut Tx, older_than: i64) -> Result<u64> {
    tx.execute(PRUNE_OLD, args![older_than]).await
}

impl Store {
    /// Saves a search; the same words of the same person keep their id. The 200 last are kept.
    pub async fn search_save(&self, account: AccountId, person: PersonId, words: &str, field: &str) -> Result<SearchId> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let id = self.new_id();
        let code = keys.lookup("search", format!("{field}\0{words}").as_bytes());
        let sealed = Sealed { words: words.into(), field: field.into() };
        let sealed = keys.seal_json(self.random(), TABLE, id, &sealed)?;
        let row = args![account, id, person, code, sealed, self.now()];
        self.write((account, person, row), |tx, (account, person, row)| {
            async move {
                let kept = tx.fetch_one(INSERT, row.clone()).await?.int(0)?;
                tx.execute(PRUNE, args![*account, *person]).await?;
                Ok(SearchId(kept))
            }
            .boxed()
        })
        .await
    }

    /// A saved search of this BAL; `NotFound`.
    pub async fn search(&self, account: AccountId, id: SearchId) -> Result<Search> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let row = self.read().await?.fetch_optional(SELECT, args![account, id]).await?.ok_or(Error::NotFound)?;
        let Sealed { words, field } = keys.open_json(TABLE, id.0, &row.bytes(0)?)?;
        Ok(Search { id, words, field })
    }
}
