//! How many connections may go to one domain and in all, and which domains are
//! left alone for a while because none of their hosts answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::UnixMs;

/// The limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DestinationLimits {
    /// Connections to one domain.
    pub per_domain: usize,
    /// Connections in all.
    pub in_all: usize,
    /// How long a domain rests after its hosts could not be reached, doubled each time.
    pub rest_ms: i64,
    /// The longest rest.
    pub longest_rest_ms: i64,
}

impl Default for DestinationLimits {
    fn default() -> DestinationLimits {
        DestinationLimits { per_domain: 5, in_all: 50, rest_ms: 30_000, longest_rest_ms: 15 * 60_000 }
    }
}

#[derive(Debug, Default)]
struct State {
    active: usize,
    failures: u32,
    rests_until: UnixMs,
}

/// The connections of a process.
#[derive(Debug, Default)]
pub struct Destinations {
    limits: DestinationLimits,
    states: Mutex<HashMap<String, State>>,
}

/// What a process may begin now, besides what it is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    in_all: usize,
    per_domain: usize,
    /// Where it is not `per_domain`.
    free: HashMap<String, usize>,
}

impl Room {
    /// At most `most` connections.
    pub fn at_most(mut self, most: usize) -> Room {
        self.in_all = self.in_all.min(most);
        self
    }

    /// Connections in all.
    pub fn in_all(&self) -> usize {
        self.in_all
    }

    /// The domains that nothing can be sent to now.
    pub fn full(&self) -> impl Iterator<Item = &str> {
        self.free.iter().filter(|(_, free)| **free == 0).map(|(domain, _)| domain.as_str())
    }

    /// Takes one connection to a domain; false when there is none for it.
    pub fn take(&mut self, domain: &str) -> bool {
        let free = self.free.get(domain).copied().unwrap_or(self.per_domain);
        if self.in_all == 0 || free == 0 {
            return false;
        }
        self.in_all -= 1;
        self.free.insert(domain.to_owned(), free - 1);
        true
    }
}

/// The right to one connection, given back when dropped.
#[derive(Debug)]
pub struct Slot {
    destinations: Arc<Destinations>,
    domain: String,
}

impl State {
    fn free(&self, limits: &DestinationLimits, now: UnixMs) -> usize {
        if now < self.rests_until {
            return 0;
        }
        // After a failure one connection finds out whether the domain is back.
        let most = if self.failures > 0 { 1 } else { limits.per_domain };
        most.saturating_sub(self.active)
    }
}

impl Destinations {
    /// No connection yet.
    pub fn new(limits: DestinationLimits) -> Arc<Destinations> {
        Arc::new(Destinations { limits, states: Mutex::default() })
    }

    /// What may be begun now.
    pub fn room(&self, now: UnixMs) -> Room {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let active: usize = states.values().map(|state| state.active).sum();
        let free = states.iter().map(|(domain, state)| (domain.clone(), state.free(&self.limits, now))).collect();
        Room { in_all: self.limits.in_all.saturating_sub(active), per_domain: self.limits.per_domain, free }
    }

    /// The right to connect to a domain now.
    ///
    /// # Errors
    /// The time at which asking again makes sense.
    pub fn enter(self: &Arc<Destinations>, domain: &str, now: UnixMs) -> Result<Slot, UnixMs> {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let in_all: usize = states.values().map(|s| s.active).sum();
        let state = states.entry(domain.to_owned()).or_default();
        if now < state.rests_until {
            return Err(state.rests_until);
        }
        if state.free(&self.limits, now) == 0 || in_all >= self.limits.in_all {
            return Err(now + 1000);
        }
        state.active += 1;
        Ok(Slot { destinations: self.clone(), domain: domain.to_owned() })
    }

    /// The domains that rest, with the end of their rest: for the operator's page.
    pub fn resting(&self, now: UnixMs) -> Vec<(String, UnixMs)> {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let resting = states.iter().filter(|(_, s)| s.rests_until > now);
        resting.map(|(domain, state)| (domain.clone(), state.rests_until)).collect()
    }
}

impl Slot {
    /// Says whether a host of the domain could be talked to.
    pub fn report(&self, reached: bool, now: UnixMs) {
        let mut states = self.destinations.states.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(state) = states.get_mut(&self.domain) else { return };
        if reached {
            state.failures = 0;
            state.rests_until = 0;
        } else {
            let limits = self.destinations.limits;
            let rest = limits.rest_ms.saturating_mul(1 << state.failures.min(20)).min(limits.longest_rest_ms);
            state.failures += 1;
            state.rests_until = now + rest;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut states = self.destinations.states.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = states.get_mut(&self.domain) {
            state.active = state.active.saturating_sub(1);
            if state.active == 0 && state.failures == 0 {
                states.remove(&self.domain);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_what_may_be_entered() {
        let limits = DestinationLimits { per_domain: 2, in_all: 4, ..DestinationLimits::default() };
        let destinations = Destinations::new(limits);
        let mut room = destinations.room(0).at_most(3);
        let taken: Vec<bool> = ["a.fr", "a.fr", "a.fr", "b.fr", "b.fr"].map(|domain| room.take(domain)).into();
        assert_eq!(taken, [true, true, false, true, false]);
        let _held = [destinations.enter("a.fr", 0).unwrap(), destinations.enter("a.fr", 0).unwrap()];
        destinations.enter("b.fr", 0).unwrap().report(false, 0);
        let room = destinations.room(0);
        let mut full: Vec<&str> = room.full().collect();
        full.sort_unstable();
        assert_eq!((full, room.in_all()), (vec!["a.fr", "b.fr"], 2), "busy, and resting");
        let mut room = destinations.room(30_000);
        assert_eq!((room.take("b.fr"), room.take("b.fr")), (true, false), "one finds out whether it is back");
    }

    #[test]
    fn a_domain_that_does_not_answer_rests_longer_and_longer() {
        let destinations = Destinations::new(DestinationLimits { per_domain: 2, in_all: 3, ..DestinationLimits::default() });
        let first = destinations.enter("a.fr", 0).unwrap();
        let second = destinations.enter("a.fr", 0).unwrap();
        assert_eq!(destinations.enter("a.fr", 0).unwrap_err(), 1000);
        let third = destinations.enter("b.fr", 0).unwrap();
        assert!(destinations.enter("c.fr", 0).is_err(), "in all");
        drop((second, third));
        first.report(false, 0);
        drop(first);
        assert_eq!(destinations.enter("a.fr", 10).unwrap_err(), 30_000);
        assert_eq!(destinations.resting(10), [("a.fr".to_owned(), 30_000)]);
        let probe = destinations.enter("a.fr", 30_000).unwrap();
        assert!(destinations.enter("a.fr", 30_000).is_err(), "one probe");
        probe.report(false, 30_000);
        drop(probe);
        assert_eq!(destinations.enter("a.fr", 30_001).unwrap_err(), 90_000);
        let probe = destinations.enter("a.fr", 90_000).unwrap();
        probe.report(true, 90_000);
        assert!(destinations.enter("a.fr", 90_000).is_ok());
    }
}
