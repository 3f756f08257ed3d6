//! Enrolled devices: applications that make codes (TOTP, RFC 6238). Their secrets are sealed; the last step used is kept,
//! so that no code serves twice.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::PersonId;

use crate::db::{Row, Tx, args, statements};
use crate::keys::{Keys, Owner};
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store, approvers, passkeys};

statements! {
    INSERT = "INSERT INTO device (device_id, person_id, sealed, created_at, last_step) VALUES ($1, $2, $3, $4, 0)";
    OF_PERSON = "SELECT device_id, sealed, created_at, confirmed_at, used_at, last_step FROM device
        WHERE person_id = $1 ORDER BY device_id";
    CONFIRM = "UPDATE device SET confirmed_at = $3, used_at = $3, last_step = $4
        WHERE device_id = $1 AND person_id = $2 AND confirmed_at IS NULL";
    DELETE = "DELETE FROM device WHERE device_id = $1 AND person_id = $2";
    DELETE_ALL = "DELETE FROM device WHERE person_id = $1";
    DELETE_UNCONFIRMED = "DELETE FROM device WHERE person_id = $1 AND confirmed_at IS NULL";
    REMEMBER = "INSERT INTO person_means (person_id, last_means) VALUES ($1, $2)
        ON CONFLICT (person_id) DO UPDATE SET last_means = excluded.last_means";
    REMEMBERED = "SELECT last_means FROM person_means WHERE person_id = $1";
}

const TABLE: &str = "device";
/// Devices of one person at most.
const MOST: usize = 20;

/// What is sealed of a device: the name its owner gave, and the secret.
#[derive(Clone, Serialize, Deserialize)]
pub struct DeviceContent {
    pub name: String,
    pub secret: Vec<u8>,
}

/// A device.
#[derive(Clone)]
pub struct Device {
    pub id: i64,
    pub content: DeviceContent,
    pub created_at: i64,
    pub confirmed_at: Option<i64>,
    pub used_at: Option<i64>,
    pub last_step: i64,
}

fn read(keys: &Keys, row: &Row) -> Result<Device> {
    let id = row.int(0)?;
    Ok(Device {
        id,
        content: keys.open_json(TABLE, id, &row.bytes(1)?)?,
        created_at: row.int(2)?,
        confirmed_at: row.opt_int(3)?,
        used_at: row.opt_int(4)?,
        last_step: row.int(5)?,
    })
}

impl Store {
    /// All devices of a person, those that wait for their first code included.
    pub async fn devices(&self, person: PersonId) -> Result<Vec<Device>> {
        let keys = self.keys(Owner::Person(person.0)).await?;
        let rows = self.read().await?.fetch_all(OF_PERSON, args![person]).await?;
        rows.iter().map(|row| read(&keys, row)).collect()
    }

    /// Begins to enrol an application that makes codes; it counts once its first code was typed (`device_confirm`).
    /// Another that was begun and not finished is gone. `Limit` when there are too many.
    pub async fn totp_begin(&self, person: PersonId, content: DeviceContent) -> Result<i64> {
        let id = self.new_id();
        self.write((person, content, id), |tx, (person, content, id)| {
            async move {
                tx.execute(DELETE_UNCONFIRMED, args![*person]).await?;
                insert(tx, *person, *id, content).await
            }
            .boxed()
        })
        .await?;
        Ok(id)
    }

    /// The first code of a device was right: it counts from now on, and that step is used. False when it is gone.
    pub async fn device_confirm(&self, actor: Actor, person: PersonId, device: i64, step: i64) -> Result<bool> {
        self.write((actor, person, device, step), |tx, (actor, person, device, step)| {
            async move {
                let now = tx.now();
                if tx.execute(CONFIRM, args![*device, *person, now, *step]).await? == 0 {
                    return Ok(false);
                }
                let trace = Trace::done("device-add", *actor, None, json!({"device": device}));
                traces::trace(tx, Chain::Person(*person), trace).await?;
                Ok(true)
            }
            .boxed()
        })
        .await
    }

    /// Removes a device of this person; false when they have none of that id.
    pub async fn device_remove(&self, actor: Actor, person: PersonId, device: i64) -> Result<bool> {
        self.write((actor, person, device), |tx, (actor, person, device)| {
            async move {
                let gone = tx.execute(DELETE, args![*device, *person]).await? > 0;
                if gone {
                    let detail = json!({"device": device});
                    let trace = Trace::done("device-remove", *actor, None, detail);
                    traces::trace(tx, Chain::Person(*person), trace).await?;
                }
                Ok(gone)
            }
            .boxed()
        })
        .await
    }

    /// Removes all devices of a person, passkeys and approving browsers too: they were lost. How many.
    pub async fn devices_remove_all(&self, actor: Actor, person: PersonId) -> Result<u64> {
        self.write((actor, person), |tx, (actor, person)| {
            async move {
                let count = tx.execute(DELETE_ALL, args![*person]).await?
                    + passkeys::drop_all(tx, *person).await?
                    + approvers::drop_all(tx, *person).await?;
                let trace = Trace::done("device-remove-all", *actor, None, json!({"count": count}));
                traces::trace(tx, Chain::Person(*person), trace).await?;
                Ok(count)
            }
            .boxed()
        })
        .await
    }

    /// The means a person used last.
    pub async fn means_remembered(&self, person: PersonId) -> Result<Option<String>> {
        let row = self.read().await?.fetch_optional(REMEMBERED, args![person]).await?;
        row.map(|row| row.text(0)).transpose()
    }

    /// Remembers the means a person used.
    pub async fn means_remember(&self, person: PersonId, means: &'static str) -> Result<()> {
        self.write((person, means), |tx, (person, means)| {
            async move { tx.execute(REMEMBER, args![*person, *means]).await.map(drop) }.boxed()
        })
        .await
    }
}

async fn insert(tx: &mut Tx, person: PersonId, id: i64, content: &DeviceContent) -> Result<()> {
    if tx.fetch_all(OF_PERSON, args![person]).await?.len() >= MOST {
        return Err(Error::Limit { what: "devices" });
    }
    let (now, random) = (tx.now(), tx.random());
    let keys = tx.keys(Owner::Person(person.0)).await?;
    let sealed = keys.seal_json(random.as_ref(), TABLE, id, content)?;
    tx.execute(INSERT, args![id, person, sealed, now]).await.map(drop)
}
