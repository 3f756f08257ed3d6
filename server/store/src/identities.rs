//! Sender identities of a BAL (RFC 8621 §6).

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::{AccountId, IdentityId};

use crate::Store;
use crate::changes::Type;
use crate::db::{Tx, args, statements};
use crate::error::{Error, Result};
use crate::keys::{Keys, Owner};
use crate::ledger::Ledger;
use crate::traces::{Actor, Chain, Trace, trace};

statements! {
    INSERT = "INSERT INTO identity (account_id, identity_id, sealed, created_modseq, modseq) VALUES ($1, $2, $3, $4, $4)";
    SELECT = "SELECT identity_id, sealed FROM identity WHERE account_id = $1 ORDER BY identity_id";
    UPDATE = "UPDATE identity SET sealed = $3, modseq = $4 WHERE account_id = $1 AND identity_id = $2";
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

    /// Replaces the signature of a BAL's first identity.
    pub async fn identity_sign(&self, actor: Actor, account: AccountId, signature: String) -> Result<()> {
        self.write((actor, account, signature), |tx, (actor, account, signature)| {
            sign(tx, *actor, *account, signature).boxed()
        })
        .await
    }
}

async fn sign(tx: &mut Tx, actor: Actor, account: AccountId, signature: &str) -> Result<()> {
    let mut ledger = Ledger::lock(tx, account.0).await?;
    let (keys, random) = (tx.keys(Owner::Account(account.0)).await?, tx.random());
    let row = tx.fetch_optional(SELECT, args![account]).await?.ok_or(Error::NotFound)?;
    let id = row.int(0)?;
    let mut sealed: Sealed = keys.open_json(TABLE, id, &row.bytes(1)?)?;
    sealed.text_signature = signature.to_owned();
    let modseq = ledger.next(Type::Identity);
    tx.execute(UPDATE, args![account, id, keys.seal_json(random.as_ref(), TABLE, id, &sealed)?, modseq]).await?;
    ledger.save(tx).await?;
    trace(tx, Chain::Account(account), Trace::done("signature", actor, Some(account), json!({}))).await
}
