//! Keeping the list fresh: fetched at least hourly, the last one that verified
//! is kept, an alarm when it is older than a day, never an unsigned one
//! (`domain.md` §1.2). Pure: the caller fetches and stores.

use std::sync::Arc;

use super::list::{ListError, TrustList};
use crate::UnixMs;

/// How far a list's date may lie ahead of our clock.
pub const CLOCK_SKEW_MS: i64 = 10 * 60 * 1000;
const HOUR_MS: i64 = 3_600_000;

/// When to fetch and when to worry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshPolicy {
    /// Between two fetches that succeed.
    pub every_ms: i64,
    /// After a fetch that failed.
    pub retry_ms: i64,
    /// The operator is told when no good list came for so long.
    pub alarm_after_ms: i64,
    /// No mail is exchanged by a list that was last confirmed longer ago; `None`: it is used for ever.
    pub unusable_after_ms: Option<i64>,
}

impl Default for RefreshPolicy {
    fn default() -> RefreshPolicy {
        RefreshPolicy { every_ms: HOUR_MS, retry_ms: HOUR_MS / 12, alarm_after_ms: 24 * HOUR_MS, unusable_after_ms: None }
    }
}

/// What became of a fetched list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It is now in force.
    Replaced {
        /// Domains that were not there before.
        added: usize,
        /// Domains that are there no longer.
        removed: usize,
    },
    /// It is the one in force.
    Unchanged,
    /// It verified but was made before the one in force, which stays.
    Older,
    /// It did not verify; the one in force stays.
    Refused(ListError),
    /// It could not be fetched; the one in force stays.
    Unreachable(String),
}

/// The list in force and how fresh it is.
#[derive(Debug, Clone, Default)]
pub struct Refresh {
    policy: RefreshPolicy,
    list: Option<Arc<TrustList>>,
    confirmed_at: Option<UnixMs>,
    tried_at: Option<UnixMs>,
    last_failure: Option<Event>,
}

impl Refresh {
    /// Nothing yet.
    pub fn new(policy: RefreshPolicy) -> Refresh {
        Refresh { policy, ..Refresh::default() }
    }

    /// The list in force.
    pub fn list(&self) -> Option<&Arc<TrustList>> {
        self.list.as_ref()
    }

    /// Puts a stored list back after a restart: verified again, confirmed when it was last fetched.
    pub fn restore(&mut self, list: TrustList, confirmed_at: UnixMs) {
        self.list = Some(Arc::new(list));
        self.confirmed_at = Some(confirmed_at);
    }

    /// Takes the outcome of a fetch and of [`super::list::verify`].
    pub fn offer(&mut self, outcome: Result<TrustList, ListError>, now: UnixMs) -> Event {
        self.tried_at = Some(now);
        let event = match (outcome, self.list.as_deref()) {
            (Err(error), _) => Event::Refused(error),
            (Ok(list), Some(held)) if list.checksum == held.checksum => Event::Unchanged,
            (Ok(list), Some(held)) if list.generated_at < held.generated_at => Event::Older,
            (Ok(list), held) => {
                let has = |list: &TrustList, domain: &str| list.names(domain).is_some();
                let added = list.domains().filter(|d| held.is_none_or(|h| !has(h, d))).count();
                let removed = held.map_or(0, |h| h.domains().filter(|d| !has(&list, d)).count());
                self.list = Some(Arc::new(list));
                Event::Replaced { added, removed }
            }
        };
        self.note(event, now)
    }

    /// The list could not be fetched.
    pub fn unreachable(&mut self, why: String, now: UnixMs) -> Event {
        self.tried_at = Some(now);
        self.note(Event::Unreachable(why), now)
    }

    fn note(&mut self, event: Event, now: UnixMs) -> Event {
        match event {
            Event::Replaced { .. } | Event::Unchanged => {
                self.confirmed_at = Some(now);
                self.last_failure = None;
            }
            _ => self.last_failure = Some(event.clone()),
        }
        event
    }

    /// When to fetch next.
    pub fn next_at(&self, now: UnixMs) -> UnixMs {
        let wait = if self.last_failure.is_some() { self.policy.retry_ms } else { self.policy.every_ms };
        self.tried_at.map_or(now, |tried| tried + wait)
    }

    /// How long ago the list in force was last confirmed by a fetch.
    pub fn age(&self, now: UnixMs) -> Option<i64> {
        self.confirmed_at.map(|at| (now - at).max(0))
    }

    /// Whether the operator must be told: no list, or one too long unconfirmed.
    pub fn alarm(&self, now: UnixMs) -> bool {
        self.age(now).is_none_or(|age| age > self.policy.alarm_after_ms)
    }

    /// Whether mail may be exchanged by it.
    pub fn usable(&self, now: UnixMs) -> bool {
        let age = self.age(now);
        self.list.is_some() && age.is_some_and(|age| self.policy.unusable_after_ms.is_none_or(|limit| age <= limit))
    }

    /// What went wrong since the list was last confirmed.
    pub fn last_failure(&self) -> Option<&Event> {
        self.last_failure.as_ref()
    }
}
