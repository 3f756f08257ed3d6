//! Repeated wrong passwords and codes are slowed down, never locked out: addresses are public, so anyone could lock
//! anyone. Three counters: this login from this network, this network, this login.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use wire::id::PersonId;

use crate::state::State;

/// A counter and how many failures it forgives before it slows down.
struct Counter {
    what: &'static str,
    key: String,
    forgiven: u32,
    /// Its attempts queue behind each other; otherwise each only waits by itself, so that a flood against a login
    /// from elsewhere never keeps its owner out for longer than the longest delay.
    queue: bool,
}

/// An attempt that was let through and is counted as failed until it succeeds.
#[derive(Debug)]
pub struct Attempt {
    keys: Vec<[u8; 32]>,
}

/// Too many from there: ask again later.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("wait {0} s")]
    Wait(u32),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The network of an address as it is counted: the address itself for IPv4, its /64 for IPv6.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

fn counters(login: &str, from: IpAddr) -> [Counter; 3] {
    let (login, network) = (login.trim().to_lowercase(), network(from).to_string());
    [
        Counter { what: "pair", key: format!("{login} {network}"), forgiven: 3, queue: true },
        Counter { what: "network", key: network, forgiven: 20, queue: true },
        Counter { what: "login", key: login, forgiven: 10, queue: false },
    ]
}

/// Waits as long as earlier failures ask for, and counts this attempt.
///
/// # Errors
/// `Wait` when more attempts from this network are queued than the longest delay lets through.
pub async fn begin(state: &State, login: &str, from: IpAddr) -> Result<Attempt, Refused> {
    let limits = &state.config.limits;
    let mut attempt = Attempt { keys: Vec::new() };
    let mut wait = 0;
    for counter in counters(login, from) {
        let key = state.store.attempt_key(counter.what, &counter.key).await?;
        let rule = store::AttemptRule {
            forgiven: counter.forgiven,
            step_ms: i64::try_from(limits.slow_step_ms).unwrap_or(i64::MAX),
            max_ms: i64::try_from(limits.slow_max_ms).unwrap_or(i64::MAX),
            queue: counter.queue,
        };
        match state.store.attempt_begin(&key, rule).await? {
            store::AttemptAnswer::After { ms } => wait = wait.max(ms),
            store::AttemptAnswer::Refused { ms } => {
                return Err(Refused::Wait(u32::try_from(ms / 1000 + 1).unwrap_or(u32::MAX)));
            }
        }
        attempt.keys.push(key);
    }
    if wait > 0 {
        state.metrics.event("attempt", "slowed");
        tokio::time::sleep(Duration::from_millis(u64::try_from(wait).unwrap_or(0))).await;
    }
    Ok(attempt)
}

/// Takes the attempt back: it succeeded.
///
/// # Errors
/// The store's.
pub async fn succeeded(state: &State, attempt: &Attempt) -> Result<(), store::Error> {
    for (at, key) in attempt.keys.iter().enumerate() {
        state.store.attempt_succeeded(key, at == 0).await?;
    }
    Ok(())
}

/// Challenges of passkeys that cost nothing, until a pause forgives them: a whole house may be behind one address.
const CEREMONIES: u32 = 60;

async fn ceremony_key(state: &State, from: IpAddr) -> Result<[u8; 32], store::Error> {
    state.store.attempt_key("ceremony", &network(from).to_string()).await
}

/// Counts a challenge asked for by a browser that nobody is known in; the more, the slower.
///
/// # Errors
/// `Wait` when more are queued than the longest delay lets through.
pub async fn ceremony(state: &State, from: IpAddr) -> Result<(), Refused> {
    queued(state, &ceremony_key(state, from).await?, CEREMONIES).await
}

/// Takes it back: the challenge was signed.
///
/// # Errors
/// The store's.
pub async fn ceremony_done(state: &State, from: IpAddr) -> Result<(), store::Error> {
    state.store.attempt_succeeded(&ceremony_key(state, from).await?, false).await
}

/// Searches of the directory that cost nothing, until a pause forgives them: one looks colleagues up, one does not copy.
const SEARCHES: u32 = 120;

/// Counts a search of the directory by a person; the more, the slower.
///
/// # Errors
/// `Wait` when more are queued than the longest delay lets through.
pub async fn search(state: &State, person: PersonId) -> Result<(), Refused> {
    queued(state, &state.store.attempt_key("directory", &person.to_string()).await?, SEARCHES).await
}

async fn queued(state: &State, key: &[u8; 32], forgiven: u32) -> Result<(), Refused> {
    let limits = &state.config.limits;
    let rule = store::AttemptRule {
        forgiven,
        step_ms: i64::try_from(limits.slow_step_ms).unwrap_or(i64::MAX),
        max_ms: i64::try_from(limits.slow_max_ms).unwrap_or(i64::MAX),
        queue: true,
    };
    match state.store.attempt_begin(key, rule).await? {
        store::AttemptAnswer::After { ms } => {
            tokio::time::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await;
            Ok(())
        }
        store::AttemptAnswer::Refused { ms } => Err(Refused::Wait(u32::try_from(ms / 1000 + 1).unwrap_or(u32::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_is_counted_by_64() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
