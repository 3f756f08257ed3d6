//! Messages to the operator's support: what is written is sealed under the operator's key; kind, priority and times are
//! what the queue is sorted by.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::PersonId;

use crate::db::{Row, args, statements};
use crate::keys::{Keys, Owner};
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store};

statements! {
    INSERT = "INSERT INTO support_message (support_id, kind, priority, created_at, person_id, closed_at, sealed)
        VALUES ($1, $2, $3, $4, $5, NULL, $6)";
    OPEN = "SELECT support_id, kind, priority, created_at, person_id, closed_at, sealed FROM support_message
        WHERE closed_at IS NULL ORDER BY priority DESC, created_at, support_id LIMIT $1";
    ALL = "SELECT support_id, kind, priority, created_at, person_id, closed_at, sealed FROM support_message
        ORDER BY created_at DESC, support_id LIMIT $1";
    ONE = "SELECT support_id, kind, priority, created_at, person_id, closed_at, sealed FROM support_message
        WHERE support_id = $1";
    CLOSE = "UPDATE support_message SET closed_at = $2 WHERE support_id = $1 AND closed_at IS NULL";
    PRUNE = "DELETE FROM support_message WHERE closed_at < $1";
}

const TABLE: &str = "support_message";

/// What somebody writes to support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportText {
    /// Which of the operator's contacts it is for.
    pub contact: String,
    pub name: String,
    /// Where the answer goes.
    pub reply_to: String,
    /// The BAL it is about, if any.
    pub address: String,
    pub text: String,
    /// `fr` or `en`: the language to answer in.
    pub lang: String,
}

/// A message to put in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSupport {
    /// A stable code: `question`, `malfunction`, `intrusion`…
    pub kind: &'static str,
    /// The higher the sooner.
    pub priority: u32,
    pub text: SupportText,
}

/// A message of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportMessage {
    pub id: i64,
    pub kind: String,
    pub priority: i64,
    pub created_at: i64,
    /// Who was signed in when writing, if anybody.
    pub person: Option<PersonId>,
    pub closed_at: Option<i64>,
    pub text: SupportText,
}

impl SupportMessage {
    /// What people quote on the phone.
    pub fn reference(&self) -> String {
        reference(self.id)
    }
}

/// The reference of a message: its id in letters and figures that are not taken for each other.
pub fn reference(id: i64) -> String {
    const FIGURES: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let (mut rest, mut out) = (id.unsigned_abs(), Vec::new());
    while rest > 0 || out.is_empty() {
        out.push(FIGURES[usize::try_from(rest % 32).unwrap_or(0)]);
        rest /= 32;
    }
    out.reverse();
    String::from_utf8_lossy(&out).into_owned()
}

/// The id of a reference, as typed by whoever reads it out. None when it is not one.
pub fn from_reference(text: &str) -> Option<i64> {
    let text = text.trim().to_ascii_uppercase();
    if text.is_empty() || text.len() > 13 {
        return None;
    }
    text.bytes().try_fold(0_i64, |id, figure| {
        let value = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".iter().position(|known| *known == figure)?;
        id.checked_mul(32)?.checked_add(i64::try_from(value).ok()?)
    })
}

impl Store {
    /// Puts a message in the queue, with its trace; answers its id.
    pub async fn support_create(&self, actor: Actor, new: NewSupport) -> Result<i64> {
        let (id, keys) = (self.new_id(), self.operator_keys().await?);
        let sealed = keys.seal_json(self.random(), TABLE, id, &new.text)?;
        self.write((actor, new.kind, new.priority, id, sealed), |tx, (actor, kind, priority, id, sealed)| {
            async move {
                let now = tx.now();
                tx.execute(INSERT, args![*id, *kind, *priority, now, actor.person, sealed]).await?;
                let chain = actor.person.map_or(Chain::Process, Chain::Person);
                let detail = json!({"message": reference(*id), "kind": kind});
                traces::trace(tx, chain, Trace::done("support-write", *actor, None, detail)).await
            }
            .boxed()
        })
        .await?;
        Ok(id)
    }

    /// What waits, the most pressing first; with `all`, what is closed too, the newest first.
    pub async fn support_list(&self, all: bool, limit: u32) -> Result<Vec<SupportMessage>> {
        let rows = self.read().await?.fetch_all(if all { ALL } else { OPEN }, args![limit]).await?;
        let keys = self.operator_keys().await?;
        rows.iter().map(|row| message(row, &keys)).collect()
    }

    /// One message, and the trace that it was read. `NotFound` when there is none.
    pub async fn support_read(&self, actor: Actor, id: i64) -> Result<SupportMessage> {
        let row = self.write((actor, id), |tx, (actor, id)| {
            async move {
                let row = tx.fetch_one(ONE, args![*id]).await?;
                let detail = json!({"message": reference(*id)});
                traces::trace(tx, Chain::Process, Trace::done("support-read", *actor, None, detail)).await?;
                let keys = tx.keys(Owner::Operator).await?;
                message(&row, &keys)
            }
            .boxed()
        });
        row.await
    }

    /// Closes a message. `NotFound` when there is none that waits.
    pub async fn support_close(&self, actor: Actor, id: i64) -> Result<()> {
        self.write((actor, id), |tx, (actor, id)| {
            async move {
                let now = tx.now();
                if tx.execute(CLOSE, args![*id, now]).await? == 0 {
                    return Err(Error::NotFound);
                }
                let detail = json!({"message": reference(*id)});
                traces::trace(tx, Chain::Process, Trace::done("support-close", *actor, None, detail)).await
            }
            .boxed()
        })
        .await
    }

    /// Removes messages closed before `before`; how many.
    pub async fn prune_support(&self, before: i64) -> Result<u64> {
        self.write(before, |tx, before| async move { tx.execute(PRUNE, args![*before]).await }.boxed()).await
    }
}

fn message(row: &Row, keys: &Keys) -> Result<SupportMessage> {
    let id = row.int(0)?;
    Ok(SupportMessage {
        id,
        kind: row.text(1)?,
        priority: row.int(2)?,
        created_at: row.int(3)?,
        person: row.opt_int(4)?.map(PersonId),
        closed_at: row.opt_int(5)?,
        text: keys.open_json(TABLE, id, &row.bytes(6)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_back() {
        for id in [0, 1, 31, 32, 1_795_334_400_000, i64::MAX] {
            assert_eq!(from_reference(&reference(id).to_lowercase()), Some(id), "{id}");
        }
        assert_eq!((from_reference("ILO"), from_reference(""), from_reference("ZZZZZZZZZZZZZZ")), (None, None, None));
    }
}
