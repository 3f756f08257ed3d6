//! Sender identities of a BAL (RFC 8621 §6).

use serde::{Deserialize, Serialize};
use wire::id::{AccountId, IdentityId};

use crate::Store;
use crate::db::{Tx, args, statements};
use crate::error::Result;
use crate::keys::{Keys, Owner};

statements! {
    INSERT = "INSERT INTO identity (account_id, identity_id, sealed, created_modseq, modseq) VALUES ($1, $2, $3, $4, $4)";
    SELECT = "SELECT identity_id, sealed FROM identity WHERE account_id = $1 ORDER BY identity_id";
}

const TABLE: &str = "identity";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub id: IdentityId,
    pub name: String,
    pub email: String,
    pub text_signature: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Sealed {
    pub(crate) name: String,
    pub(crate) email: String,
    #[serde(default)]
    pub(crate) text_signature: String,
}

pub(crate) async fn insert(tx: &mut Tx, keys: &Keys, account: i64, identity: &Sealed, modseq: i64) -> Result<IdentityId> {
    let id = tx.new_id();
    let sealed = keys.seal_json(tx.random().as_ref(), TABLE, id, identity)?;
    tx.execute(INSERT, args![account, id, sealed, modseq]).await?;
    Ok(IdentityId(id))
}

impl Store {
    /// The identities of a BAL, in the order they were made.
    pub async fn identities(&self, account: AccountId) -> Result<Vec<Identity>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let rows = self.read().await?.fetch_all(SELECT, args![account]).await?;
        let mut identities = Vec::with_capacity(rows.len());
        for row in &rows {
            let id = row.int(0)?;
            let Sealed { name, email, text_signature } = keys.open_json(TABLE, id, &row.bytes(1)?)?;
            identities.push(Identity { id: IdentityId(id), name, email, text_signature });
        }
        Ok(identities)
    }
}
