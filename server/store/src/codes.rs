//! One-time codes waited for in a browser: only an HMAC of the code is kept, with the tries made.

use futures::FutureExt;
use wire::id::PersonId;

use crate::db::{Tx, args, statements};
use crate::keys::Keys;
use crate::{Result, Store};

statements! {
    INSERT = "INSERT INTO challenge (browser_hash, person_id, code_hash, tries, sent_at, expires_at)
        VALUES ($1, $2, $3, 0, $4, $5)";
    SELECT = "SELECT person_id, code_hash, tries, sent_at, expires_at FROM challenge WHERE browser_hash = $1";
    COUNT = "UPDATE challenge SET tries = tries + 1 WHERE browser_hash = $1 RETURNING person_id, code_hash, tries, expires_at";
    RENEW = "UPDATE challenge SET code_hash = $2, tries = 0, sent_at = $3, expires_at = $4 WHERE browser_hash = $1";
    DELETE = "DELETE FROM challenge WHERE browser_hash = $1";
    PRUNE = "DELETE FROM challenge WHERE expires_at < $1";
}

/// A code that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub person: PersonId,
    pub sent_at: i64,
    pub expires_at: i64,
}

/// What became of a typed code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeTried {
    /// Right: the challenge is gone.
    Right(PersonId),
    Wrong,
    /// Wrong, and it was the last try: the challenge is gone.
    UsedUp,
    /// Nothing is waited for, or not any more.
    Expired,
}

/// What became of the wish for a new code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    Sent(PersonId),
    TooSoon { ms: i64 },
    Expired,
}

/// The code is bound to the browser: the same digits elsewhere are another value.
fn code_hash(keys: &Keys, browser: &[u8; 32], code: &str) -> [u8; 32] {
    keys.lookup("code", &[browser.as_slice(), code.as_bytes()].concat())
}

/// Forgets challenges that nobody answered.
pub(crate) async fn prune(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(PRUNE, args![now]).await
}

impl Store {
    /// Waits for `code` in the browser whose token has this hash, for `valid_ms`.
    pub async fn challenge_create(&self, person: PersonId, browser: [u8; 32], code: &str, valid_ms: i64) -> Result<()> {
        let hash = code_hash(&*self.operator_keys().await?, &browser, code);
        self.write((person, browser, hash, valid_ms), |tx, (person, browser, hash, valid_ms)| {
            async move {
                let now = tx.now();
                tx.execute(INSERT, args![browser, *person, hash, now, now + valid_ms]).await.map(drop)
            }
            .boxed()
        })
        .await
    }

    /// What is waited for in a browser, unless it expired.
    pub async fn challenge(&self, browser: [u8; 32]) -> Result<Option<Challenge>> {
        let row = self.read().await?.fetch_optional(SELECT, args![browser]).await?;
        let Some(row) = row else { return Ok(None) };
        let challenge = Challenge { person: PersonId(row.int(0)?), sent_at: row.int(3)?, expires_at: row.int(4)? };
        Ok(Some(challenge).filter(|challenge| challenge.expires_at > self.now()))
    }

    /// Tries a code. Each try counts before it is compared, so that tries at the same time are not free.
    pub async fn challenge_try(&self, browser: [u8; 32], typed: &str, tries: u32) -> Result<CodeTried> {
        let hash = code_hash(&*self.operator_keys().await?, &browser, typed);
        self.write((browser, hash, i64::from(tries)), |tx, (browser, hash, tries)| {
            attempt(tx, browser, hash, *tries).boxed()
        })
        .await
    }

    /// Replaces the code by a new one, unless the last was sent less than `pause_ms` ago.
    pub async fn challenge_renew(&self, browser: [u8; 32], code: &str, valid_ms: i64, pause_ms: i64) -> Result<Renewed> {
        let hash = code_hash(&*self.operator_keys().await?, &browser, code);
        self.write((browser, hash, valid_ms, pause_ms), |tx, (browser, hash, valid_ms, pause_ms)| {
            async move {
                let now = tx.now();
                let Some(row) = tx.fetch_optional(SELECT, args![browser]).await? else { return Ok(Renewed::Expired) };
                let (person, sent_at, expires_at) = (PersonId(row.int(0)?), row.int(3)?, row.int(4)?);
                if expires_at <= now {
                    return Ok(Renewed::Expired);
                }
                let ms = sent_at + pause_ms - now;
                if ms > 0 {
                    return Ok(Renewed::TooSoon { ms });
                }
                tx.execute(RENEW, args![browser, hash, now, now + valid_ms]).await?;
                Ok(Renewed::Sent(person))
            }
            .boxed()
        })
        .await
    }
}

async fn attempt(tx: &mut Tx, browser: &[u8; 32], hash: &[u8; 32], tries: i64) -> Result<CodeTried> {
    let now = tx.now();
    let Some(row) = tx.fetch_optional(COUNT, args![browser]).await? else { return Ok(CodeTried::Expired) };
    let (person, right, made, expires_at) = (PersonId(row.int(0)?), row.bytes(1)? == hash, row.int(2)?, row.int(3)?);
    let answer = match (expires_at > now, right && made <= tries, made < tries) {
        (false, ..) => CodeTried::Expired,
        (true, true, _) => CodeTried::Right(person),
        (true, false, true) => return Ok(CodeTried::Wrong),
        (true, false, false) => CodeTried::UsedUp,
    };
    tx.execute(DELETE, args![browser]).await?;
    Ok(answer)
}
