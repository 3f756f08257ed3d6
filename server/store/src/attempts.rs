//! Attempts that failed, counted by HMAC of what is counted (a login, a network, both): they slow later ones down.

use futures::FutureExt;
use serde_json::json;
use wire::id::PersonId;

use crate::db::{Tx, args, statements};
use crate::traces::{self, Actor, Chain, Means, Trace};
use crate::{Result, Store};

statements! {
    SELECT = "SELECT failures, next_at, updated_at FROM attempt WHERE attempt_code = $1";
    UPSERT = "INSERT INTO attempt (attempt_code, failures, next_at, updated_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (attempt_code) DO UPDATE
        SET failures = excluded.failures, next_at = excluded.next_at, updated_at = excluded.updated_at";
    FORGET = "DELETE FROM attempt WHERE attempt_code = $1";
    TAKE_BACK = "UPDATE attempt SET failures = failures - 1 WHERE attempt_code = $1 AND failures > 0";
    PRUNE = "DELETE FROM attempt WHERE updated_at < $1";
}

/// Failures count half after so long without another.
const HALF_LIFE_MS: i64 = 15 * 60_000;
const FORGET_MS: i64 = 24 * 3_600_000;

/// How attempts of one kind are slowed down.
#[derive(Debug, Clone, Copy)]
pub struct AttemptRule {
    /// Failures that cost nothing yet.
    pub forgiven: u32,
    /// The first delay; it doubles with each failure.
    pub step_ms: i64,
    pub max_ms: i64,
    /// Attempts wait for each other; beyond twice the longest delay they are refused.
    pub queue: bool,
}

/// What an attempt has to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptAnswer {
    After {
        ms: i64,
    },
    /// Not even counted: ask again after this.
    Refused {
        ms: i64,
    },
}

impl AttemptRule {
    fn delay(self, failures: i64) -> i64 {
        let over = failures - i64::from(self.forgiven);
        if over < 0 { 0 } else { (self.step_ms << over.min(20)).min(self.max_ms) }
    }
}

impl Store {
    /// The code under which something is counted. `what` separates kinds of counters.
    ///
    /// # Errors
    /// When the operator's keys cannot be read.
    pub async fn attempt_key(&self, what: &str, value: &str) -> Result<[u8; 32]> {
        Ok(self.operator_keys().await?.lookup("attempt", format!("{what} {value}").as_bytes()))
    }

    /// Counts an attempt as failed, until `attempt_succeeded` takes it back, and says how long it has to wait.
    pub async fn attempt_begin(&self, key: &[u8; 32], rule: AttemptRule) -> Result<AttemptAnswer> {
        self.write((*key, rule), |tx, (key, rule)| begin(tx, key, *rule).boxed()).await
    }

    /// The attempt succeeded: forgets all failures of the key (`all`), or takes this one back.
    pub async fn attempt_succeeded(&self, key: &[u8; 32], all: bool) -> Result<()> {
        self.write((*key, all), |tx, (key, all)| {
            async move { tx.execute(if *all { FORGET } else { TAKE_BACK }, args![key]).await.map(drop) }.boxed()
        })
        .await
    }

    /// Leaves the trace of an attempt to sign in. `step` is `password` or `code`. Refusals of unknown logins go to the
    /// chain of this process.
    pub async fn sign_in_traced(&self, person: Option<PersonId>, step: &'static str, passed: bool) -> Result<()> {
        self.write((person, step, passed), |tx, (person, step, passed)| {
            async move {
                let actor = Actor { person: *person, session: None, means: Means::Web };
                let kind = if *step == "password" { "sign-in-password" } else { "sign-in-code" };
                let trace = match *passed {
                    true => Trace::done(kind, actor, None, json!({})),
                    false => Trace::refused(kind, actor, None, "wrong", json!({})),
                };
                traces::trace(tx, person.map_or(Chain::Process, Chain::Person), trace).await
            }
            .boxed()
        })
        .await
    }
}

/// Forgets failures so old that they count for nothing.
pub(crate) async fn prune(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(PRUNE, args![now - FORGET_MS]).await
}

async fn begin(tx: &mut Tx, key: &[u8; 32], rule: AttemptRule) -> Result<AttemptAnswer> {
    let now = tx.now();
    let row = tx.fetch_optional(SELECT, args![key]).await?;
    let (failures, next_at) = match row {
        Some(row) => (decayed(row.int(0)?, now - row.int(2)?), row.int(1)?),
        None => (0, 0),
    };
    // Nothing is planned further than this: what is was written before the clock was set back.
    let next_at = if next_at - now > 2 * rule.max_ms { now } else { next_at };
    let delay = rule.delay(failures);
    let start = if rule.queue { next_at.max(now) } else { now } + delay;
    if start - now > 2 * rule.max_ms {
        return Ok(AttemptAnswer::Refused { ms: start - now - delay });
    }
    tx.execute(UPSERT, args![key, failures + 1, start, now]).await?;
    Ok(AttemptAnswer::After { ms: start - now })
}

fn decayed(failures: i64, quiet_ms: i64) -> i64 {
    failures >> (quiet_ms / HALF_LIFE_MS).clamp(0, 62)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_and_stay_under_the_longest() {
        let rule = AttemptRule { forgiven: 3, step_ms: 250, max_ms: 8000, queue: true };
        assert_eq!([0, 2, 3, 4, 5].map(|failures| rule.delay(failures)), [0, 0, 250, 500, 1000]);
        assert_eq!((rule.delay(9), rule.delay(1_000_000)), (8000, 8000));
    }

    #[test]
    fn failures_fade() {
        assert_eq!((decayed(8, 0), decayed(8, HALF_LIFE_MS), decayed(8, 10 * HALF_LIFE_MS)), (8, 4, 0));
    }
}
