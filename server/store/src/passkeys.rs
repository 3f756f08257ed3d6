//! Passkeys: public keys of people's authenticators (WebAuthn), found by an HMAC of the credential's id. What the key is
//! made of is the caller's; here it is sealed, and its counter of signatures never goes back.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::PersonId;

use crate::db::{Row, Tx, args, statements};
use crate::keys::{Keys, Owner};
use crate::traces::{self, Actor, Chain, Means, Trace};
use crate::{Error, Result, Store};

statements! {
    INSERT = "INSERT INTO passkey (passkey_id, person_id, credential_code, sealed, counter, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    OF_PERSON = "SELECT passkey_id, person_id, sealed, counter, created_at, used_at FROM passkey
        WHERE person_id = $1 ORDER BY passkey_id";
    BY_CREDENTIAL = "SELECT passkey_id, person_id, sealed, counter, created_at, used_at FROM passkey
        WHERE credential_code = $1";
    /// Authenticators that count raise the counter each time; those that do not always say 0.
    USE = "UPDATE passkey SET used_at = $3, counter = $4, sealed = $5 WHERE passkey_id = $1 AND person_id = $2
        AND (counter < $4 OR (counter = 0 AND $4 = 0))";
    DELETE = "DELETE FROM passkey WHERE passkey_id = $1 AND person_id = $2";
    DELETE_ALL = "DELETE FROM passkey WHERE person_id = $1";
}

const TABLE: &str = "passkey";
/// Passkeys of one person at most.
const MOST: usize = 20;

/// What is sealed of a passkey: the name its owner gave, and the key.
#[derive(Clone, Serialize, Deserialize)]
pub struct PasskeyContent {
    pub name: String,
    pub key: String,
}

/// A passkey.
#[derive(Clone)]
pub struct Passkey {
    pub id: i64,
    pub person: PersonId,
    pub content: PasskeyContent,
    pub counter: i64,
    pub created_at: i64,
    pub used_at: Option<i64>,
}

fn read(keys: &Keys, row: &Row) -> Result<Passkey> {
    let id = row.int(0)?;
    Ok(Passkey {
        id,
        person: PersonId(row.int(1)?),
        content: keys.open_json(TABLE, id, &row.bytes(2)?)?,
        counter: row.int(3)?,
        created_at: row.int(4)?,
        used_at: row.opt_int(5)?,
    })
}

fn web(person: PersonId) -> Actor {
    Actor { person: Some(person), session: None, means: Means::Web }
}

impl Store {
    /// What authenticators are told of who a person is: it says nothing to anybody else, and never changes.
    pub async fn passkey_handle(&self, person: PersonId) -> Result<[u8; 16]> {
        let code = self.operator_keys().await?.lookup("passkey-handle", &person.0.to_be_bytes());
        let mut handle = [0; 16];
        handle.copy_from_slice(&code[..16]);
        Ok(handle)
    }

    /// The passkeys of a person, oldest first.
    pub async fn passkeys(&self, person: PersonId) -> Result<Vec<Passkey>> {
        let keys = self.keys(Owner::Person(person.0)).await?;
        let rows = self.read().await?.fetch_all(OF_PERSON, args![person]).await?;
        rows.iter().map(|row| read(&keys, row)).collect()
    }

    /// The passkey of a credential, whoever has it.
    pub async fn passkey_by_credential(&self, credential: &[u8]) -> Result<Option<Passkey>> {
        let code = self.operator_keys().await?.lookup("passkey", credential);
        let Some(row) = self.read().await?.fetch_optional(BY_CREDENTIAL, args![code]).await? else { return Ok(None) };
        let keys = self.keys(Owner::Person(row.int(1)?)).await?;
        read(&keys, &row).map(Some)
    }

    /// Keeps a new passkey. `Conflict` on `passkey_credential_unique` when somebody has it, `Limit` when there are too
    /// many.
    pub async fn passkey_add(
        &self,
        actor: Actor,
        person: PersonId,
        credential: &[u8],
        content: PasskeyContent,
        counter: i64,
    ) -> Result<()> {
        let (id, code) = (self.new_id(), self.operator_keys().await?.lookup("passkey", credential));
        self.write((actor, person, id, code, content, counter), |tx, (actor, person, id, code, content, counter)| {
            async move {
                if tx.fetch_all(OF_PERSON, args![*person]).await?.len() >= MOST {
                    return Err(Error::Limit { what: "passkeys" });
                }
                let (now, random) = (tx.now(), tx.random());
                let keys = tx.keys(Owner::Person(person.0)).await?;
                let sealed = keys.seal_json(random.as_ref(), TABLE, *id, content)?;
                tx.execute(INSERT, args![*id, *person, code, sealed, *counter, now]).await?;
                let trace = Trace::done("passkey-add", *actor, None, json!({"passkey": id}));
                traces::trace(tx, Chain::Person(*person), trace).await
            }
            .boxed()
        })
        .await
    }

    /// A signature of the passkey was right: notes its use, its counter and what changed of it. False when the counter
    /// did not grow, or the passkey was removed meanwhile.
    pub async fn passkey_used(&self, passkey: &Passkey, content: PasskeyContent, counter: i64) -> Result<bool> {
        self.write((passkey.id, passkey.person, content, counter), |tx, (id, person, content, counter)| {
            async move {
                let (now, random) = (tx.now(), tx.random());
                let keys = tx.keys(Owner::Person(person.0)).await?;
                let sealed = keys.seal_json(random.as_ref(), TABLE, *id, content)?;
                if tx.execute(USE, args![*id, *person, now, *counter, sealed]).await? == 0 {
                    return Ok(false);
                }
                let trace = Trace::done("passkey-use", web(*person), None, json!({"passkey": id}));
                traces::trace(tx, Chain::Person(*person), trace).await?;
                Ok(true)
            }
            .boxed()
        })
        .await
    }

    /// Leaves the trace of a passkey that was refused: on its owner's chain, or on this process's when nobody has it.
    pub async fn passkey_refused(&self, person: Option<PersonId>, reason: &'static str) -> Result<()> {
        let actor = Actor { person, session: None, means: Means::Web };
        let trace = Trace::refused("passkey-use", actor, None, reason, json!({}));
        self.trace(person.map_or(Chain::Process, Chain::Person), trace).await
    }

    /// Removes a passkey of this person; false when they have none of that id.
    pub async fn passkey_remove(&self, actor: Actor, person: PersonId, passkey: i64) -> Result<bool> {
        self.write((actor, person, passkey), |tx, (actor, person, passkey)| {
            async move {
                let gone = tx.execute(DELETE, args![*passkey, *person]).await? > 0;
                if gone {
                    let trace = Trace::done("passkey-remove", *actor, None, json!({"passkey": passkey}));
                    traces::trace(tx, Chain::Person(*person), trace).await?;
                }
                Ok(gone)
            }
            .boxed()
        })
        .await
    }
}

/// Removes all passkeys of a person, in the caller's transaction (which leaves its own trace).
pub(crate) async fn drop_all(tx: &mut Tx, person: PersonId) -> Result<u64> {
    tx.execute(DELETE_ALL, args![person]).await
}
