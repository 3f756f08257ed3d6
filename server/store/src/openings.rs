//! BALs that people are opening: one row for each, sealed under the operator's key, forgotten after a day. Nothing of a
//! person or a BAL exists before `opening_finish`, which makes everything in one transaction.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::PersonId;

use crate::db::{Row, Tx, args, statements};
use crate::keys::{Keys, Owner};
use crate::professionals::{Identity, PscNames};
use crate::traces::{self, Actor, Chain, Means, Trace};
use crate::{Error, Result, Store};

pub(crate) mod finish;

pub use finish::{Finish, Finished};

statements! {
    BY_IDENTITY = "SELECT opening_id, revision, sealed, seen_at, expires_at, code_sent_at, code_expires_at FROM opening
        WHERE identity_code = $1";
    BY_TOKEN = "SELECT opening_id, revision, sealed, seen_at, expires_at, code_sent_at, code_expires_at FROM opening
        WHERE token_hash = $1";
    INSERT = "INSERT INTO opening (opening_id, token_hash, identity_code, revision, sealed, seen_at, expires_at,
        code_hash, code_tries, code_sent_at, code_expires_at) VALUES ($1, $2, $3, 1, $4, $5, $6, NULL, 0, 0, 0)";
    RESUME = "UPDATE opening SET token_hash = $2, sealed = $3, seen_at = $4, revision = revision + 1
        WHERE opening_id = $1";
    SAVE = "UPDATE opening SET sealed = $3, seen_at = $4, revision = revision + 1 WHERE opening_id = $1 AND revision = $2";
    SEEN = "UPDATE opening SET seen_at = $2 WHERE opening_id = $1";
    CODE_SET = "UPDATE opening SET sealed = $3, seen_at = $4, revision = revision + 1, code_hash = $5, code_tries = 0,
        code_sent_at = $4, code_expires_at = $6 WHERE opening_id = $1 AND revision = $2";
    CODE_COUNT = "UPDATE opening SET code_tries = code_tries + 1 WHERE opening_id = $1 AND code_hash IS NOT NULL
        RETURNING code_hash, code_tries, code_expires_at, sealed";
    CODE_END = "UPDATE opening SET sealed = $2, revision = revision + 1, code_hash = NULL, code_sent_at = 0,
        code_expires_at = 0 WHERE opening_id = $1 RETURNING revision";
    CODE_DROP = "UPDATE opening SET code_hash = NULL, code_expires_at = 0 WHERE opening_id = $1";
    DELETE = "DELETE FROM opening WHERE opening_id = $1";
    PRUNE = "DELETE FROM opening WHERE expires_at < $1";
}

const TABLE: &str = "opening";
/// An opening is marked as seen at most this often.
const SEEN_EVERY_MS: i64 = 30_000;

/// What is known so far of the BAL to open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    pub names: PscNames,
    pub identity: Identity,
    /// How surely the provider knew the person: `eidas1`.
    pub acr: String,
    /// By which the provider's session is ended with the one here.
    #[serde(default)]
    pub id_token: String,
    /// Somebody who is known here already and opens one more BAL.
    pub known: Option<PersonId>,
    /// Which activity of the identity the BAL is for.
    #[serde(default)]
    pub activity: Option<usize>,
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub email_verified: bool,
    /// A mobile, if one was given: in the form of `wire::check::mobile`.
    #[serde(default)]
    pub mobile: String,
    #[serde(default)]
    pub mobile_verified: bool,
    #[serde(default)]
    pub liste_rouge: bool,
    #[serde(default)]
    pub publish_phone: bool,
    /// The PHC string.
    #[serde(default)]
    pub password: Option<String>,
    /// The contacts page was passed.
    #[serde(default)]
    pub reached: bool,
    /// Codes sent so far.
    #[serde(default)]
    pub sends: u32,
}

/// A contact that waits for its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited<'a> {
    Email(&'a str),
    Mobile(&'a str),
}

impl Wish {
    /// The contact that is to be verified next.
    pub fn awaited(&self) -> Option<Awaited<'_>> {
        if !self.email_verified {
            return Some(Awaited::Email(&self.email));
        }
        (!self.mobile.is_empty() && !self.mobile_verified).then_some(Awaited::Mobile(&self.mobile))
    }

    /// The mobile, once it is verified.
    pub fn verified_mobile(&self) -> Option<String> {
        Some(self.mobile.clone()).filter(|number| self.mobile_verified && !number.is_empty())
    }
}

/// An opening that lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub id: i64,
    pub revision: i64,
    pub wish: Wish,
    /// When the last code was sent, 0 when none is waited for.
    pub code_sent_at: i64,
    pub code_expires_at: i64,
}

/// What became of the wish to send a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeSent {
    Sent,
    TooSoon { ms: i64 },
}

/// What became of a typed code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// Right: the contact is verified.
    Right(Box<Opening>),
    Wrong,
    /// Wrong, and it was the last try: a new code is needed.
    UsedUp,
    /// Nothing is waited for, or not any more.
    Expired,
}

fn read(keys: &Keys, row: &Row) -> Result<(Opening, i64, i64)> {
    let id = row.int(0)?;
    let opening = Opening {
        id,
        revision: row.int(1)?,
        wish: keys.open_json(TABLE, id, &row.bytes(2)?)?,
        code_sent_at: row.int(5)?,
        code_expires_at: row.int(6)?,
    };
    Ok((opening, row.int(3)?, row.int(4)?))
}

fn code_hash(keys: &Keys, id: i64, wish: &Wish, code: &str) -> [u8; 32] {
    let contact = match wish.awaited() {
        Some(Awaited::Email(contact) | Awaited::Mobile(contact)) => contact,
        None => "",
    };
    keys.lookup("opening-code", format!("{id} {contact} {code}").as_bytes())
}

fn anonymous(kind: &'static str) -> Trace {
    Trace::done(kind, Actor { person: None, session: None, means: Means::Web }, None, json!({}))
}

/// Someone comes back from the provider: what they had chosen stays, what the provider says is replaced.
fn resumed(old: Wish, new: &Wish) -> Wish {
    let kept = old.activity.filter(|&at| old.identity.activities.get(at) == new.identity.activities.get(at));
    Wish {
        names: new.names.clone(),
        identity: new.identity.clone(),
        acr: new.acr.clone(),
        id_token: new.id_token.clone(),
        known: new.known,
        activity: kept,
        address: if kept.is_some() { old.address } else { String::new() },
        ..old
    }
}

async fn begin(tx: &mut Tx, token: &[u8; 32], wish: &Wish, valid_ms: i64) -> Result<()> {
    let (now, random, keys) = (tx.now(), tx.random(), tx.keys(Owner::Operator).await?);
    tx.execute(PRUNE, args![now]).await?;
    let code = keys.lookup("opening", format!("{}\n{}", wish.names.issuer, wish.names.subject).as_bytes());
    match tx.fetch_optional(BY_IDENTITY, args![code]).await? {
        Some(row) => {
            let (opening, ..) = read(&keys, &row)?;
            let sealed = keys.seal_json(random.as_ref(), TABLE, opening.id, &resumed(opening.wish, wish))?;
            tx.execute(RESUME, args![opening.id, token, sealed, now]).await?;
            traces::trace(tx, Chain::Process, anonymous("opening-resume")).await
        }
        None => {
            let id = tx.new_id();
            let sealed = keys.seal_json(random.as_ref(), TABLE, id, wish)?;
            tx.execute(INSERT, args![id, token, code, sealed, now, now + valid_ms]).await?;
            traces::trace(tx, Chain::Process, anonymous("opening-begin")).await
        }
    }
}

async fn attempt(tx: &mut Tx, id: i64, typed: &str, tries: i64) -> Result<Typed> {
    let (now, keys) = (tx.now(), tx.keys(Owner::Operator).await?);
    let Some(row) = tx.fetch_optional(CODE_COUNT, args![id]).await? else { return Ok(Typed::Expired) };
    if row.int(2)? <= now {
        return Ok(Typed::Expired);
    }
    let mut wish: Wish = keys.open_json(TABLE, id, &row.bytes(3)?)?;
    let made = row.int(1)?;
    if made > tries || row.bytes(0)? != code_hash(&keys, id, &wish, typed) {
        if made < tries {
            return Ok(Typed::Wrong);
        }
        tx.execute(CODE_DROP, args![id]).await?;
        return Ok(Typed::UsedUp);
    }
    let verified = match wish.awaited() {
        Some(Awaited::Email(_)) => {
            wish.email_verified = true;
            "opening-email"
        }
        Some(Awaited::Mobile(_)) => {
            wish.mobile_verified = true;
            "opening-mobile"
        }
        None => return Ok(Typed::Expired),
    };
    let sealed = keys.seal_json(tx.random().as_ref(), TABLE, id, &wish)?;
    let revision = tx.fetch_one(CODE_END, args![id, sealed]).await?.int(0)?;
    traces::trace(tx, Chain::Process, anonymous(verified)).await?;
    Ok(Typed::Right(Box::new(Opening { id, revision, wish, code_sent_at: 0, code_expires_at: 0 })))
}

impl Store {
    /// Begins an opening in the browser whose token has this hash, or takes the one up that this identity began; it is
    /// forgotten `valid_ms` after its beginning.
    pub async fn opening_begin(&self, token: [u8; 32], wish: Wish, valid_ms: i64) -> Result<()> {
        self.write((token, wish, valid_ms), |tx, (token, wish, valid_ms)| begin(tx, token, wish, *valid_ms).boxed()).await
    }

    /// The opening of a browser, unless it expired or nothing was done for `idle_ms`.
    pub async fn opening(&self, token: &[u8; 32], idle_ms: i64) -> Result<Option<Opening>> {
        let Some(row) = self.read().await?.fetch_optional(BY_TOKEN, args![token]).await? else { return Ok(None) };
        let (opening, seen_at, expires_at) = read(&*self.operator_keys().await?, &row)?;
        let now = self.now();
        if now >= expires_at || now >= seen_at + idle_ms {
            return Ok(None);
        }
        if now >= seen_at + SEEN_EVERY_MS {
            self.write((opening.id, now), |tx, (id, now)| {
                async move { tx.execute(SEEN, args![*id, *now]).await.map(drop) }.boxed()
            })
            .await?;
        }
        Ok(Some(opening))
    }

    /// Replaces what is known. `StateMismatch` when another request did so meanwhile.
    pub async fn opening_save(&self, opening: &Opening, wish: Wish) -> Result<()> {
        self.write((opening.id, opening.revision, wish), |tx, (id, revision, wish)| {
            async move {
                let (now, keys) = (tx.now(), tx.keys(Owner::Operator).await?);
                let sealed = keys.seal_json(tx.random().as_ref(), TABLE, *id, wish)?;
                match tx.execute(SAVE, args![*id, *revision, sealed, now]).await? {
                    0 => Err(Error::StateMismatch),
                    _ => Ok(()),
                }
            }
            .boxed()
        })
        .await
    }

    /// Replaces what is known and waits for `code`, sent to the contact that is verified next, unless one was sent less than `pause_ms`
    /// ago. `StateMismatch` as above.
    pub async fn opening_code(
        &self,
        opening: &Opening,
        wish: Wish,
        code: &str,
        valid_ms: i64,
        pause_ms: i64,
    ) -> Result<CodeSent> {
        let left = opening.code_sent_at + pause_ms - self.now();
        if left > 0 {
            return Ok(CodeSent::TooSoon { ms: left });
        }
        let input = (opening.id, opening.revision, wish, code.to_owned(), valid_ms);
        self.write(input, |tx, (id, revision, wish, code, valid_ms)| {
            async move {
                let (now, keys) = (tx.now(), tx.keys(Owner::Operator).await?);
                let sealed = keys.seal_json(tx.random().as_ref(), TABLE, *id, wish)?;
                let hash = code_hash(&keys, *id, wish, code);
                match tx.execute(CODE_SET, args![*id, *revision, sealed, now, hash, now + valid_ms]).await? {
                    0 => Err(Error::StateMismatch),
                    _ => Ok(CodeSent::Sent),
                }
            }
            .boxed()
        })
        .await
    }

    /// Tries a code. Each try counts before it is compared; the right one marks the contact as verified.
    pub async fn opening_code_try(&self, id: i64, typed: &str, tries: u32) -> Result<Typed> {
        self.write((id, typed.to_owned(), i64::from(tries)), |tx, (id, typed, tries)| {
            attempt(tx, *id, typed, *tries).boxed()
        })
        .await
    }

    /// Forgets an opening at once.
    pub async fn opening_forget(&self, id: i64) -> Result<()> {
        self.write(id, |tx, id| {
            async move {
                tx.execute(DELETE, args![*id]).await?;
                traces::trace(tx, Chain::Process, anonymous("opening-forget")).await
            }
            .boxed()
        })
        .await
    }

    /// Removes what expired before `now`; how many.
    pub async fn openings_prune(&self, now: i64) -> Result<u64> {
        self.write(now, |tx, now| async move { tx.execute(PRUNE, args![*now]).await }.boxed()).await
    }
}
