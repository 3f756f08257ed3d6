//! One-time codes waited for in a browser: only an HMAC of the code is kept, with the tries made. A challenge is for one
//! purpose: what was proved for one is never taken for another.

use futures::FutureExt;
use wire::id::PersonId;

use crate::approvals::{self, NewApproval};
use crate::db::{Row, Tx, args, statements};
use crate::keys::{Keys, Owner};
use crate::{Error, Result, Store};

statements! {
    INSERT = "INSERT INTO challenge (browser_hash, person_id, code_hash, tries, sent_at, expires_at, purpose, means, sends, sealed)
        VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9)";
    SELECT = "SELECT person_id, code_hash, tries, sent_at, expires_at, means, sends, sealed FROM challenge
        WHERE browser_hash = $1 AND purpose = $2";
    COUNT = "UPDATE challenge SET tries = tries + 1 WHERE browser_hash = $1 AND purpose = $2
        RETURNING person_id, code_hash, tries, sent_at, expires_at, means, sends, sealed";
    RENEW = "UPDATE challenge SET code_hash = $2, sent_at = $3, expires_at = $4, means = $5, sends = sends + $6
        WHERE browser_hash = $1";
    DELETE = "DELETE FROM challenge WHERE browser_hash = $1";
    TAKE_APPROVED = "DELETE FROM challenge WHERE browser_hash = $1 AND purpose = $2 AND means = 'approval' AND expires_at > $3
        RETURNING person_id, code_hash, tries, sent_at, expires_at, means, sends, sealed";
    DELETE_PERSON = "DELETE FROM challenge WHERE person_id = $1";
    PRUNE = "DELETE FROM challenge WHERE expires_at < $1";
    USE_STEP = "UPDATE device SET last_step = $3, used_at = $4
        WHERE device_id = $1 AND person_id = $2 AND last_step < $3 AND confirmed_at IS NOT NULL";
}

const TABLE: &str = "challenge";
/// Codes sent for one challenge at most, by whatever means: a flood of messages is nobody's wish.
const SENDS: i64 = 6;

/// What a code is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    /// A signed-in person proves again who they are.
    Confirm,
    /// A new ordinary address or mobile number is verified.
    Contact,
    /// The second proof after a link of recovery.
    Recover,
    /// Recovery is proved: a new password may be chosen.
    NewPassword,
}

impl Purpose {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Confirm => "confirm",
            Self::Contact => "contact",
            Self::Recover => "recover",
            Self::NewPassword => "new-password",
        }
    }
}

/// A challenge to make.
#[derive(Debug, Clone)]
pub struct NewChallenge {
    pub person: PersonId,
    /// Hash of the token in the browser's cookie.
    pub browser: [u8; 32],
    pub purpose: Purpose,
    /// How the code reaches the person: `email`, `sms`, `totp`…
    pub means: &'static str,
    /// What was sent; none when nothing is (TOTP).
    pub code: Option<String>,
    pub valid_ms: i64,
    /// What waits for the code.
    pub waiting: Option<Vec<u8>>,
    /// What an enrolled browser is asked, instead of a code.
    pub approval: Option<NewApproval>,
}

/// Another code, or another means, for the same challenge.
#[derive(Debug, Clone)]
pub struct Renewal {
    pub means: &'static str,
    pub code: Option<String>,
    pub approval: Option<NewApproval>,
    pub valid_ms: i64,
    /// Another by the same means is sent after so long.
    pub pause_ms: i64,
}

/// A code that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub person: PersonId,
    pub sent_at: i64,
    pub expires_at: i64,
    pub means: String,
    pub waiting: Option<Vec<u8>>,
}

/// What became of a typed code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeTried {
    /// Right: the challenge is gone.
    Right(Challenge),
    Wrong,
    /// Wrong, and it was the last try: the challenge is gone.
    UsedUp,
    /// Nothing is waited for, or not any more.
    Expired,
}

/// What is tried.
#[derive(Debug, Clone)]
pub enum Proof {
    /// The digits that were sent.
    Code(String),
    /// The device and the step of TOTP whose code was typed; none when no device has it.
    Step(Option<(i64, i64)>),
    /// What was typed was right or wrong elsewhere (a password): only the tries are counted here.
    Known(bool),
}

/// What became of the wish for a new code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    Sent(PersonId),
    TooSoon { ms: i64 },
    Expired,
}

/// The code is bound to the browser and the purpose: the same digits elsewhere are another value.
fn code_hash(keys: &Keys, browser: &[u8; 32], purpose: Purpose, code: Option<&str>) -> [u8; 32] {
    // Without a code nothing that is typed has this hash: codes are digits.
    let code = code.unwrap_or("none");
    keys.lookup("code", &[browser.as_slice(), purpose.code().as_bytes(), b" ", code.as_bytes()].concat())
}

/// Binds what waits to the browser that began it.
fn bound(browser: &[u8; 32]) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&browser[..8]);
    i64::from_be_bytes(first)
}

fn read(keys: &Keys, browser: &[u8; 32], row: &Row) -> Result<Challenge> {
    let waiting = row.opt_bytes(7)?.map(|sealed| keys.open(TABLE, bound(browser), &sealed)).transpose()?;
    Ok(Challenge {
        person: PersonId(row.int(0)?),
        sent_at: row.int(3)?,
        expires_at: row.int(4)?,
        means: row.text(5)?,
        waiting,
    })
}

/// Forgets challenges that nobody answered.
pub(crate) async fn prune(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(PRUNE, args![now]).await
}

impl Store {
    /// Waits for a code or an approval in a browser. An earlier challenge of the same browser is gone. `Limit` when too
    /// many approvals wait.
    pub async fn challenge_create(&self, new: NewChallenge) -> Result<()> {
        let hash = code_hash(&*self.operator_keys().await?, &new.browser, new.purpose, new.code.as_deref());
        self.write((new, hash), |tx, (new, hash)| {
            async move {
                let now = tx.now();
                let keys = tx.keys(Owner::Person(new.person.0)).await?;
                let random = tx.random();
                let sealed = match &new.waiting {
                    Some(plain) => Some(keys.seal(random.as_ref(), TABLE, bound(&new.browser), plain)?),
                    None => None,
                };
                let sends = i64::from(new.code.is_some() || new.approval.is_some());
                // Nothing was sent: a code may be asked for at once.
                let sent_at = if sends > 0 { now } else { 0 };
                drop_browser(tx, &new.browser).await?;
                let purpose = new.purpose.code();
                let row =
                    args![new.browser, new.person, hash, sent_at, now + new.valid_ms, purpose, new.means, sends, sealed];
                tx.execute(INSERT, row).await?;
                approve(tx, new.person, &new.browser, new.approval.as_ref()).await
            }
            .boxed()
        })
        .await
    }

    /// What is waited for in a browser, unless it expired.
    pub async fn challenge(&self, browser: [u8; 32], purpose: Purpose) -> Result<Option<Challenge>> {
        let row = self.read().await?.fetch_optional(SELECT, args![browser, purpose.code()]).await?;
        let Some(row) = row else { return Ok(None) };
        let keys = self.keys(Owner::Person(row.int(0)?)).await?;
        let challenge = read(&keys, &browser, &row)?;
        Ok(Some(challenge).filter(|challenge| challenge.expires_at > self.now()))
    }

    /// Forgets what a browser waits for.
    pub async fn challenge_drop(&self, browser: [u8; 32]) -> Result<()> {
        self.write(browser, |tx, browser| drop_browser(tx, browser).boxed()).await
    }

    /// Tries a proof. Each try counts before it is compared, so that tries at the same time are not free. A step of TOTP
    /// serves once, whatever the challenge.
    pub async fn challenge_try(&self, browser: [u8; 32], purpose: Purpose, proof: Proof, tries: u32) -> Result<CodeTried> {
        let hash = match &proof {
            Proof::Code(typed) => Some(code_hash(&*self.operator_keys().await?, &browser, purpose, Some(typed))),
            _ => None,
        };
        self.write((browser, purpose, proof, hash, i64::from(tries)), |tx, (browser, purpose, proof, hash, tries)| {
            attempt(tx, browser, *purpose, proof, hash.as_ref(), *tries).boxed()
        })
        .await
    }

    /// Replaces the code by a new one, or the means by another; the tries made stay counted. `TooSoon` when one was sent
    /// by the same means within the pause, `Expired` also when too many were sent, `Limit` when too many approvals wait.
    pub async fn challenge_renew(&self, browser: [u8; 32], purpose: Purpose, new: Renewal) -> Result<Renewed> {
        let hash = code_hash(&*self.operator_keys().await?, &browser, purpose, new.code.as_deref());
        self.write((browser, purpose, new, hash), |tx, (browser, purpose, new, hash)| {
            async move {
                let now = tx.now();
                let row = tx.fetch_optional(SELECT, args![browser, purpose.code()]).await?;
                let Some(row) = row else { return Ok(Renewed::Expired) };
                let (person, sent_at, expires_at) = (PersonId(row.int(0)?), row.int(3)?, row.int(4)?);
                let sends = i64::from(new.code.is_some() || new.approval.is_some());
                if expires_at <= now || row.int(6)? + sends > SENDS {
                    return Ok(Renewed::Expired);
                }
                let ms = sent_at + new.pause_ms - now;
                if ms > 0 && sends > 0 && row.text(5)? == new.means {
                    return Ok(Renewed::TooSoon { ms });
                }
                let sent_at = if sends > 0 { now } else { sent_at };
                tx.execute(RENEW, args![browser, hash, sent_at, now + new.valid_ms, new.means, sends]).await?;
                approvals::forget(tx, browser).await?;
                approve(tx, person, browser, new.approval.as_ref()).await?;
                Ok(Renewed::Sent(person))
            }
            .boxed()
        })
        .await
    }
}

async fn approve(tx: &mut Tx, person: PersonId, browser: &[u8; 32], new: Option<&NewApproval>) -> Result<()> {
    match new {
        Some(new) => approvals::ask(tx, person, browser, new).await,
        None => Ok(()),
    }
}

/// Takes the challenge of a browser that was approved, in the caller's transaction.
pub(crate) async fn take(tx: &mut Tx, browser: &[u8; 32], purpose: Purpose) -> Result<Option<Challenge>> {
    let now = tx.now();
    let Some(row) = tx.fetch_optional(TAKE_APPROVED, args![browser, purpose.code(), now]).await? else { return Ok(None) };
    let keys = tx.keys(Owner::Person(row.int(0)?)).await?;
    read(&keys, browser, &row).map(Some)
}

/// Forgets what a browser waits for, in the caller's transaction.
pub(crate) async fn drop_browser(tx: &mut Tx, browser: &[u8; 32]) -> Result<()> {
    approvals::forget(tx, browser).await?;
    drop_challenge(tx, browser).await
}

/// The same, but what became of an approval stays to be said.
pub(crate) async fn drop_challenge(tx: &mut Tx, browser: &[u8; 32]) -> Result<()> {
    tx.execute(DELETE, args![browser]).await.map(drop)
}

async fn attempt(
    tx: &mut Tx,
    browser: &[u8; 32],
    purpose: Purpose,
    proof: &Proof,
    hash: Option<&[u8; 32]>,
    tries: i64,
) -> Result<CodeTried> {
    let now = tx.now();
    let Some(row) = tx.fetch_optional(COUNT, args![browser, purpose.code()]).await? else { return Ok(CodeTried::Expired) };
    let keys = tx.keys(Owner::Person(row.int(0)?)).await?;
    let challenge = read(&keys, browser, &row)?;
    let (kept, made) = (row.bytes(1)?, row.int(2)?);
    let in_time = challenge.expires_at > now;
    let right = in_time
        && made <= tries
        && match proof {
            Proof::Code(_) => hash.is_some_and(|hash| kept == hash),
            Proof::Known(right) => *right,
            Proof::Step(None) => false,
            Proof::Step(Some((device, step))) => {
                tx.execute(USE_STEP, args![*device, challenge.person, *step, now]).await? > 0
            }
        };
    let answer = match (in_time, right, made < tries) {
        (false, ..) => CodeTried::Expired,
        (true, true, _) => CodeTried::Right(challenge),
        (true, false, true) => return Ok(CodeTried::Wrong),
        (true, false, false) => CodeTried::UsedUp,
    };
    tx.execute(DELETE, args![browser]).await?;
    Ok(answer)
}

/// Ends all challenges of a person, in the caller's transaction.
pub(crate) async fn drop_all(tx: &mut Tx, person: PersonId) -> Result<()> {
    approvals::drop_all(tx, person).await?;
    tx.execute(DELETE_PERSON, args![person]).await.map(drop)
}

/// A challenge's content read as JSON.
///
/// # Errors
/// `Corrupt` when there is none or it is something else.
pub fn waiting<T: serde::de::DeserializeOwned>(challenge: &Challenge) -> Result<T> {
    let bytes = challenge.waiting.as_deref().ok_or(Error::Corrupt("challenge"))?;
    Ok(serde_json::from_slice(bytes)?)
}
