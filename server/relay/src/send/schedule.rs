//! When to try again, when to say that it takes long, when to give up. Pure.

use super::outcome::Trouble;
use crate::UnixMs;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The operator's choice; RFC 5321 §4.5.4.1 leaves it open, the référentiel's own
/// delays are not known (`domain.md` §1.3, [U]).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Before the second attempt.
    pub first_ms: i64,
    /// How much longer each wait is than the last.
    pub factor: f64,
    /// The longest wait.
    pub longest_ms: i64,
    /// Each wait is made longer or shorter by up to this part of itself.
    pub jitter: f64,
    /// After an attempt with an unknown end, at least this long: the peer may still be busy with it.
    pub uncertain_ms: i64,
    /// The sender is told that a message is late after so long.
    pub notice_after_ms: i64,
    /// And that it failed after so long.
    pub give_up_after_ms: i64,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            first_ms: MINUTE_MS,
            factor: 2.0,
            longest_ms: HOUR_MS,
            jitter: 0.2,
            uncertain_ms: 15 * MINUTE_MS,
            notice_after_ms: 4 * HOUR_MS,
            give_up_after_ms: 48 * HOUR_MS,
        }
    }
}

/// What follows an attempt that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again then.
    Retry(UnixMs),
    /// The time is over.
    GiveUp,
}

/// What follows attempt number `attempts` (from 1) of a message queued at
/// `queued_at`. `random` lies in 0..1. The last attempt is made when the time is
/// over, not some wait before.
pub fn next(policy: &RetryPolicy, attempts: u32, queued_at: UnixMs, now: UnixMs, trouble: &Trouble, random: f64) -> Next {
    let end = queued_at.saturating_add(policy.give_up_after_ms);
    if now >= end {
        return Next::GiveUp;
    }
    let exponent = i32::try_from(attempts.saturating_sub(1).min(60)).unwrap_or(60);
    let wait = (policy.first_ms as f64 * policy.factor.max(1.0).powi(exponent)).min(policy.longest_ms as f64);
    let spread = 1.0 + policy.jitter.clamp(0.0, 0.9) * (2.0 * random.clamp(0.0, 1.0) - 1.0);
    let mut wait = ((wait * spread) as i64).max(1000);
    if trouble.is_uncertain() {
        wait = wait.max(policy.uncertain_ms);
    }
    Next::Retry(now.saturating_add(wait).min(end))
}

/// Whether the sender must now be told that the message is late; once per recipient.
pub fn notice_due(policy: &RetryPolicy, queued_at: UnixMs, now: UnixMs, told: bool) -> bool {
    !told && now - queued_at >= policy.notice_after_ms
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_days_of_attempts() {
        let policy = RetryPolicy::default();
        let (mut now, mut attempts, mut told_at) = (0, 0, None);
        loop {
            attempts += 1;
            if told_at.is_none() && notice_due(&policy, 0, now, false) {
                told_at = Some(now);
            }
            match next(&policy, attempts, 0, now, &Trouble::Silent, 0.5) {
                Next::Retry(at) => now = at,
                Next::GiveUp => break,
            }
        }
        assert_eq!(now, policy.give_up_after_ms);
        assert!((50..60).contains(&attempts), "{attempts}");
        let told = told_at.unwrap();
        assert!((policy.notice_after_ms..policy.notice_after_ms + policy.longest_ms).contains(&told));
    }

    proptest! {
        #[test]
        fn never_at_once_and_never_late(attempts in 0u32..1_000_000, age in 0i64..400_000_000, random in 0.0f64..1.0, uncertain: bool) {
            let policy = RetryPolicy::default();
            let trouble = if uncertain { Trouble::Uncertain } else { Trouble::Dropped };
            match next(&policy, attempts, 0, age, &trouble, random) {
                Next::GiveUp => prop_assert!(age >= policy.give_up_after_ms),
                Next::Retry(at) => {
                    prop_assert!(at > age && at <= policy.give_up_after_ms);
                    let shortest = if uncertain { policy.uncertain_ms } else { policy.first_ms * 8 / 10 };
                    prop_assert!(at - age >= shortest.min(policy.give_up_after_ms - age));
                    prop_assert!(at - age <= policy.longest_ms * 12 / 10);
                }
            }
        }
    }
}
