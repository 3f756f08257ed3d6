//! Whom a BAL wrote with, for completion.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::id::AccountId;

use crate::Store;
use crate::accounts::normal_address;
use crate::clock::Random;
use crate::db::{Tx, args, statements};
use crate::directory::{begins, plain_words};
use crate::error::Result;
use crate::keys::{Keys, Owner};

statements! {
    // A name is kept unless a newer message has one.
    SAVE = "INSERT INTO correspondent (account_id, code, sealed, uses, last_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (account_id, code) DO UPDATE SET uses = correspondent.uses + excluded.uses,
        sealed = CASE WHEN $6 = 1 AND excluded.last_at >= correspondent.last_at THEN excluded.sealed ELSE correspondent.sealed END,
        last_at = CASE WHEN excluded.last_at > correspondent.last_at THEN excluded.last_at ELSE correspondent.last_at END";
    SELECT = "SELECT code, sealed, uses, last_at FROM correspondent WHERE account_id = $1 ORDER BY last_at DESC LIMIT 3000";
}

const TABLE: &str = "correspondent";

#[derive(Serialize, Deserialize)]
struct Sealed {
    #[serde(default)]
    name: String,
    email: String,
}

/// A correspondent sealed before the transaction.
pub(crate) struct Prepared {
    code: i64,
    sealed: Vec<u8>,
    named: bool,
    uses: i64,
    last_at: i64,
}

/// Seals the distinct correspondents of several messages, each with its time.
pub(crate) fn prepare<'a>(
    keys: &Keys,
    random: &dyn Random,
    seen: impl Iterator<Item = (&'a (String, String), i64)>,
) -> Result<Vec<Prepared>> {
    let mut distinct: BTreeMap<String, (String, i64, i64)> = BTreeMap::new();
    for ((name, email), at) in seen {
        let entry = distinct.entry(normal_address(email)).or_default();
        if !name.is_empty() && (entry.0.is_empty() || at >= entry.2) {
            entry.0.clone_from(name);
        }
        entry.1 += 1;
        entry.2 = entry.2.max(at);
    }
    let mut prepared = Vec::with_capacity(distinct.len());
    for (email, (name, uses, last_at)) in distinct {
        let code = keys.lookup_code("correspondent", email.as_bytes());
        let named = !name.is_empty();
        let sealed = keys.seal_json(random, TABLE, code, &Sealed { name, email })?;
        prepared.push(Prepared { code, sealed, named, uses, last_at });
    }
    Ok(prepared)
}

/// Remembers them within the transaction.
pub(crate) async fn save(tx: &mut Tx, account: i64, prepared: &[Prepared]) -> Result<()> {
    for one in prepared {
        tx.execute(SAVE, args![account, one.code, &one.sealed, one.uses, one.last_at, one.named]).await?;
    }
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correspondent {
    pub name: Option<String>,
    pub email: String,
    pub uses: u32,
    pub last_at: i64,
}

impl Store {
    /// Those whose name or address has words beginning with those of `text`, most used first.
    pub async fn correspondents(&self, account: AccountId, text: &str, limit: usize) -> Result<Vec<Correspondent>> {
        let typed = plain_words(text);
        let keys = self.keys(Owner::Account(account.0)).await?;
        let rows = self.read().await?.fetch_all(SELECT, args![account]).await?;
        let mut found = Vec::new();
        for row in &rows {
            let Sealed { name, email } = keys.open_json(TABLE, row.int(0)?, &row.bytes(1)?)?;
            if begins(&typed, &format!("{name} {email}")) {
                let name = Some(name).filter(|name| !name.is_empty());
                found.push(Correspondent { name, email, uses: row.int(2)? as u32, last_at: row.int(3)? });
            }
        }
        found.sort_by_key(|one| std::cmp::Reverse((one.uses, one.last_at)));
        found.truncate(limit);
        Ok(found)
    }
}
