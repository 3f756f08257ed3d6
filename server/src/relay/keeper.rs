//! Keeping trust fresh (`domain.md` §1.2): the white list and the revocation lists are fetched, verified, kept in the
//! database for the next start and for the other processes, and put in force while connections live. What does not
//! verify changes nothing; what is too old is not used.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use relay::trust::refresh::{Event, RefreshPolicy};
use relay::trust::{Authority, Crls, ListPolicy, Name, Refresh, Trust, list};
use store::{Store, kept::Kept};

use super::Relay;
use super::source::Source;
use crate::{
    config::{self, Role},
    state::State,
};

/// The name under which the white list is kept; revocation lists have their issuer's after `crl:`.
const LIST: &str = "list";
const CRL: &str = "crl:";
/// How often one looks whether another process fetched something.
const LOOK: Duration = Duration::from_secs(10);
/// How often one looks whether it is time to fetch, and whether something became too old.
const TURN: Duration = Duration::from_secs(1);
/// How often the operator is told again of what is not in order.
const REMIND_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// What this process knows of the list and of the revocation lists.
pub struct Keeper {
    pub(super) list: Source,
    pub(super) crls: Vec<Source>,
    policy: ListPolicy,
    every_ms: i64,
    retry_ms: i64,
    /// Only one fetches at a time.
    turn: tokio::sync::Mutex<()>,
    known: Mutex<Known>,
}

/// What is known now.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) refresh: Refresh,
    pub(super) crls: Crls,
    /// The sources of revocation lists that gave nothing good when they were last asked.
    pub(super) failing: Vec<String>,
    crls_at: Option<i64>,
    in_force: bool,
    stamps: Vec<(String, i64)>,
    reminded_at: i64,
}

impl Keeper {
    /// Takes the section `[trust]`. Nothing is fetched yet.
    ///
    /// # Errors
    /// Which setting cannot be used.
    pub fn new(trust: &config::Trust) -> anyhow::Result<Self> {
        let signer = Name::parse(&trust.signer).context("`trust.signer` is not a certificate's name")?;
        let (every_ms, retry_ms) = (i64::from(trust.every_minutes) * MINUTE_MS, i64::from(trust.retry_minutes) * MINUTE_MS);
        let unusable = i64::from(trust.unusable_hours) * HOUR_MS;
        let policy = RefreshPolicy {
            every_ms,
            retry_ms,
            alarm_after_ms: i64::from(trust.alarm_hours) * HOUR_MS,
            unusable_after_ms: (unusable > 0).then_some(unusable),
        };
        Ok(Self {
            list: Source::of(&trust.list, trust.list_ca_file.as_deref())?,
            crls: trust.crls.iter().map(|place| Source::of(place, None)).collect::<anyhow::Result<_>>()?,
            policy: ListPolicy::new(signer),
            every_ms,
            retry_ms,
            turn: tokio::sync::Mutex::default(),
            known: Mutex::new(Known { refresh: Refresh::new(policy), ..Known::default() }),
        })
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        look(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a list must be to count.
    pub fn policy(&self) -> &ListPolicy {
        &self.policy
    }
}

/// Verifies away from the tasks that serve: a list of ten thousand entries takes a while.
async fn verify(
    bytes: Vec<u8>,
    policy: ListPolicy,
    authority: Arc<Authority>,
    now: i64,
) -> Result<list::TrustList, list::ListError> {
    let verified = tokio::task::spawn_blocking(move || list::verify(&bytes, &policy, &authority, now)).await;
    verified.unwrap_or(Err(list::ListError::Empty))
}

/// Puts in force what was kept: at start, and when another process fetched something.
///
/// # Errors
/// The store's.
pub async fn restore(store: &Store, relay: &Relay, now: i64) -> Result<(), store::Error> {
    let stamps = store.kept_stamps().await?;
    let kept = store.kept_all().await?;
    let mut crls = Crls::default();
    for document in kept.iter().filter(|document| document.name.starts_with(CRL)) {
        if let Err(error) = crls.restore(&document.data, &relay.issuers) {
            tracing::warn!(%error, "a revocation list that was kept cannot be used");
        }
    }
    relay.keeper.with(|known| known.crls = crls);
    publish(relay, now);
    if let Some(document) = kept.into_iter().find(|document| document.name == LIST) {
        let authority = relay.book.current().authority.clone();
        match verify(document.data, relay.keeper.policy.clone(), authority, now).await {
            Ok(list) => relay.keeper.with(|known| known.refresh.restore(list, document.confirmed_at)),
            Err(error) => tracing::error!(%error, "the white list that was kept does not verify: it is not used"),
        }
    }
    relay.keeper.with(|known| known.stamps = stamps);
    publish(relay, now);
    Ok(())
}

/// Puts in force what is known; connections that live judge by it from their next message on.
fn publish(relay: &Relay, now: i64) {
    let (list, crls) = relay.keeper.with(|known| {
        known.in_force = known.refresh.usable(now);
        (known.refresh.list().filter(|_| known.in_force).cloned(), known.crls.clone())
    });
    let authority = Arc::new(relay.book.current().authority.with_crls(crls));
    relay.book.replace(Trust { list, authority });
}

/// Fetches all revocation lists and the white list, verifies and keeps them.
///
/// # Errors
/// The store's: what was fetched is in force all the same.
pub async fn fetch(state: &State, relay: &Relay) -> Result<(), store::Error> {
    let _turn = relay.keeper.turn.lock().await;
    let crls = fetch_crls(state, relay).await;
    // The signer's own revocation counts too.
    publish(relay, state.clock.now_ms());
    let list = fetch_list(state, relay).await;
    publish(relay, state.clock.now_ms());
    let stamps = state.store.kept_stamps().await?;
    relay.keeper.with(|known| known.stamps = stamps);
    crls.and(list)
}

async fn fetch_crls(state: &State, relay: &Relay) -> Result<(), store::Error> {
    let now = state.clock.now_ms();
    let (mut failing, mut outcome) = (Vec::new(), Ok(()));
    for source in &relay.keeper.crls {
        let taken = match source.read().await {
            Ok(bytes) => relay.keeper.with(|known| {
                let held = known.crls.offer(&der(bytes), &relay.issuers, now)?;
                Ok((held.issuer.to_string(), held.der.clone()))
            }),
            Err(error) => Err(error),
        };
        match taken {
            Ok((issuer, data)) => {
                let document = Kept { name: format!("{CRL}{issuer}"), data, confirmed_at: now };
                outcome = outcome.and(state.store.kept_put(document).await);
            }
            Err(error) => {
                tracing::warn!(source = source.name(), error = %format!("{error:#}"), "a revocation list was not taken");
                failing.push(source.name().to_owned());
            }
        }
    }
    relay.keeper.with(|known| (known.failing, known.crls_at) = (failing, Some(now)));
    outcome
}

/// A list in PEM (RFC 7468) becomes DER.
fn der(bytes: Vec<u8>) -> Vec<u8> {
    use rustls::pki_types::{CertificateRevocationListDer, pem::PemObject};
    CertificateRevocationListDer::from_pem_slice(&bytes).map_or(bytes, |list| list.as_ref().to_vec())
}

async fn fetch_list(state: &State, relay: &Relay) -> Result<(), store::Error> {
    let now = state.clock.now_ms();
    let (event, data) = match relay.keeper.list.read().await {
        Err(error) => (relay.keeper.with(|known| known.refresh.unreachable(format!("{error:#}"), now)), Vec::new()),
        Ok(bytes) => {
            let authority = relay.book.current().authority.clone();
            let verified = verify(bytes.clone(), relay.keeper.policy.clone(), authority, now).await;
            (relay.keeper.with(|known| known.refresh.offer(verified, now)), bytes)
        }
    };
    state.metrics.event("trust_list", word(&event));
    match event {
        Event::Replaced { added, removed } => {
            tracing::info!(added, removed, "a new white list is in force");
            state.store.kept_put(Kept { name: LIST.into(), data, confirmed_at: now }).await
        }
        Event::Unchanged => state.store.kept_confirm(LIST, now).await,
        Event::Older => {
            tracing::warn!("the white list that was fetched is older than the one in force, which stays");
            Ok(())
        }
        Event::Refused(error) => {
            tracing::error!(%error, "the white list that was fetched does not verify: the one in force stays");
            Ok(())
        }
        Event::Unreachable(why) => {
            tracing::warn!(why, "the white list cannot be fetched: the one in force stays");
            Ok(())
        }
    }
}

fn word(event: &Event) -> &'static str {
    match event {
        Event::Replaced { .. } => "replaced",
        Event::Unchanged => "unchanged",
        Event::Older => "older",
        Event::Refused(_) => "refused",
        Event::Unreachable(_) => "unreachable",
    }
}

impl Keeper {
    /// When to fetch next.
    fn next_at(&self, now: i64) -> i64 {
        self.with(|known| {
            let wait = if known.failing.is_empty() { self.every_ms } else { self.retry_ms };
            known.refresh.next_at(now).min(known.crls_at.map_or(now, |at| at + wait))
        })
    }

    /// Did the list become too old, or usable again, since it was put in force?
    fn turned(&self, now: i64) -> bool {
        self.with(|known| known.in_force != known.refresh.usable(now))
    }
}

/// Keeps trust fresh until the process closes.
pub async fn job(state: State) {
    let Some(relay) = &state.relay else { return };
    let mut looked = tokio::time::Instant::now();
    loop {
        let now = state.clock.now_ms();
        let outcome = if state.config.has(Role::Jobs) && relay.keeper.next_at(now) <= now {
            fetch(&state, relay).await
        } else if looked.elapsed() >= LOOK {
            looked = tokio::time::Instant::now();
            look(&state, relay).await
        } else {
            Ok(())
        };
        if let Err(error) = outcome {
            tracing::warn!(%error, "what is known of trust could not be kept or read, trying again");
        }
        if relay.keeper.turned(now) {
            publish(relay, now);
        }
        remind(&state, relay, now);
        tokio::select! {
            () = state.closed() => return,
            () = tokio::time::sleep(TURN) => {}
        }
    }
}

/// Takes over what another process fetched.
async fn look(state: &State, relay: &Relay) -> Result<(), store::Error> {
    let stamps = state.store.kept_stamps().await?;
    if relay.keeper.with(|known| known.stamps == stamps) {
        return Ok(());
    }
    let _turn = relay.keeper.turn.lock().await;
    restore(&state.store, relay, state.clock.now_ms()).await
}

/// Tells the operator, once an hour, what is not in order.
fn remind(state: &State, relay: &Relay, now: i64) {
    let due = relay.keeper.with(|known| {
        let due = now - known.reminded_at >= REMIND_MS;
        if due {
            known.reminded_at = now;
        }
        due
    });
    if !due {
        return;
    }
    for alarm in super::status::read(relay, &state.config, now).sentences() {
        tracing::error!(alarm, "trust is not in order");
    }
}
