//! What runs beside requests: the outbox, anchors of traces, the removal of what is no longer needed. Each job is a
//! loop of its own that ends when the process closes; the times they look at are the injected clock's.

pub mod closings;
pub mod notifications;

use std::time::Duration;

use ed25519_dalek::SigningKey;
use relay::send::Worker;
use store::traces::Class;

use crate::boot;
use crate::config::Role;
use crate::portal::cgu;
use crate::relay::outbox::SqlOutbox;
use crate::service::{delegation, organisation, outbox, patients::letters, tell, welcome};
use crate::state::State;

/// The longest wait between two looks at the outbox: behind the hints, which may be missed.
const OUTBOX_POLL: Duration = Duration::from_secs(1);
/// How often one looks for people to tell.
const TELLING: Duration = Duration::from_secs(2);
/// How often one looks for accounts whose end is due.
const CLOSING: Duration = Duration::from_secs(60);
/// How often traces are anchored.
const ANCHORS: Duration = Duration::from_secs(600);
/// How often what has expired is forgotten.
const EXPIRY: Duration = Duration::from_secs(300);
/// How often one looks for new BALs without their first message.
const WELCOMING: Duration = Duration::from_secs(30);
/// How often it is looked whether somebody must be told of new terms of service.
const ANNOUNCING: Duration = Duration::from_secs(20);
/// How often it is looked whether delegations end soon.
const ENDS: Duration = Duration::from_secs(600);
/// How often one looks for exchanges with patients that nobody goes on with.
const IDLE: Duration = Duration::from_secs(600);
/// How often it is looked whether a structure is to be reviewed.
const REVIEWS: Duration = Duration::from_secs(20);
/// How often what is old is removed.
const PRUNING: Duration = Duration::from_secs(3600);
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Saved searches are kept for so long after they were last made: they stand in addresses that people keep.
const SEARCHES_MS: i64 = 366 * DAY_MS;

/// Starts all jobs of this process.
pub fn spawn(state: &State) {
    tokio::spawn(outbox_job(state.clone()));
    tokio::spawn(expiry_job(state.clone()));
    tokio::spawn(tell_job(state.clone()));
    tokio::spawn(closing_job(state.clone()));
    tokio::spawn(cgu_job(state.clone()));
    tokio::spawn(welcome_job(state.clone()));
    tokio::spawn(delegation_job(state.clone()));
    tokio::spawn(exchange_job(state.clone()));
    tokio::spawn(review_job(state.clone()));
    match boot::anchor_key(&state.config) {
        Ok(key) => {
            tokio::spawn(anchor_job(state.clone(), key.clone()));
            tokio::spawn(prune_job(state.clone(), key));
        }
        Err(error) => tracing::error!(error = %format!("{error:#}"), "traces are not anchored: there is no key"),
    }
}

/// Waits for `period`; false when the process closes.
async fn pause(state: &State, period: Duration) -> bool {
    tokio::select! {
        () = state.closed() => false,
        () = tokio::time::sleep(period) => true,
    }
}

/// Tells those who have an access of new terms of service.
async fn cgu_job(state: State) {
    while pause(&state, ANNOUNCING).await {
        match cgu::announce(&state).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "told of new terms of service"),
            Err(error) => tracing::warn!(%error, "new terms could not be announced, trying again"),
        }
    }
}

/// Delivers what is due: woken by changes, by the next due time, and by a slow poll.
async fn outbox_job(state: State) {
    let mut hints = state.store.changed();
    loop {
        state.health.outbox_turns();
        match outbox::run(&state).await {
            Ok(count) if count > 0 => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the outbox could not be read, trying again"),
        }
        let wait = match outbox::next_due(&state).await {
            Ok(Some(due)) => Duration::from_millis((due - state.clock.now_ms()).max(10) as u64).min(OUTBOX_POLL),
            _ => OUTBOX_POLL,
        };
        let woken = async {
            // A hint only says that something changed; the short sleep joins many into one look.
            let _ = hints.recv().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            while hints.try_recv().is_ok() {}
        };
        tokio::select! {
            () = state.closed() => return,
            () = tokio::time::sleep(wait) => {}
            () = woken => {}
        }
    }
}

/// Hands mail over to other operators, where they are spoken to and this process has the role.
pub fn relay_out(state: &State) -> Option<tokio::task::JoinHandle<()>> {
    let relay = state.relay.as_ref().filter(|_| state.config.has(Role::RelayOut))?;
    let settings = &state.config.relay_out;
    let worker = Worker {
        sender: relay.sender.clone(),
        outbox: std::sync::Arc::new(SqlOutbox::new(state)),
        destinations: relay.destinations.clone(),
        policy: settings.policy(),
        clock: relay.clock.clone(),
        lease: Duration::from_secs(settings.lease_seconds.into()),
        at_once: settings.at_once,
        idle: OUTBOX_POLL,
    };
    Some(tokio::spawn(std::sync::Arc::new(worker).run(state.closing.clone())))
}

/// Tells of delegations that end soon.
async fn delegation_job(state: State) {
    while pause(&state, ENDS).await {
        match delegation::announce_ends(&state).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "told of delegations that end soon"),
            Err(error) => tracing::warn!(%error, "ends of delegations could not be told, trying again"),
        }
    }
}

/// Closes exchanges with patients after the days that their BAL announced.
async fn exchange_job(state: State) {
    while pause(&state, IDLE).await {
        match letters::close_idle(&state).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "exchanges with patients closed"),
            Err(error) => tracing::warn!(%error, "exchanges with patients could not be closed, trying again"),
        }
    }
}

/// Asks for the yearly reviews, reminds, and suspends what nobody confirmed.
async fn review_job(state: State) {
    while pause(&state, REVIEWS).await {
        match organisation::review::run(&state).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "told of reviews of structures"),
            Err(error) => tracing::warn!(%error, "reviews of structures could not be looked at, trying again"),
        }
    }
}

/// Tells of new mail and sends the notices that wait.
async fn tell_job(state: State) {
    while pause(&state, TELLING).await {
        for (what, result) in [("new mail", notifications::run(&state).await), ("notices", tell::send_due(&state).await)] {
            if let Err(error) = result {
                tracing::warn!(what, %error, "could not be told, trying again");
            }
        }
    }
}

/// First messages that were not delivered when their BAL was made.
async fn welcome_job(state: State) {
    while pause(&state, WELCOMING).await {
        if let Err(error) = welcome::run(&state).await {
            tracing::warn!(%error, "a first message could not be delivered, trying again");
        }
    }
}

async fn closing_job(state: State) {
    while pause(&state, CLOSING).await {
        match closings::run(&state).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "accounts erased"),
            Err(error) => tracing::error!(%error, "accounts could not be erased, trying again"),
        }
    }
}

async fn anchor_job(state: State, key: SigningKey) {
    while pause(&state, ANCHORS).await {
        if let Err(error) = state.store.anchor_now(&key).await {
            tracing::error!(%error, "traces could not be anchored");
        }
    }
}

/// Sessions, codes, tokens, counted failures, uploads and searches that ended by themselves.
async fn expiry_job(state: State) {
    let idle_ms = i64::from(state.config.sessions.idle_minutes) * 60_000;
    while pause(&state, EXPIRY).await {
        match state.store.prune_expired(idle_ms, SEARCHES_MS).await {
            Ok(gone) if gone.total() == 0 => {}
            Ok(gone) => tracing::info!(?gone, "expired"),
            Err(error) => tracing::error!(%error, "what has expired could not be removed"),
        }
    }
}

/// Old tombstones, blobs that nothing refers to, old technical and functional traces.
async fn prune_job(state: State, key: SigningKey) {
    while pause(&state, PRUNING).await {
        let now = state.clock.now_ms();
        // The same order every time; one that fails does not hold back the others.
        let orphans = state.store.collect_orphans(now - DAY_MS).await;
        let tombstones = state.store.prune_tombstones(now - 90 * DAY_MS).await;
        let technical = state.store.prune_traces(Class::Technical, now - 366 * DAY_MS, &key).await;
        let functional = state.store.prune_traces(Class::Functional, now - 3660 * DAY_MS, &key).await;
        let openings = state.store.openings_prune(now).await;
        let sent = state.store.sent_prune(now - 731 * DAY_MS).await;
        let sending = state.store.sending_prune().await;
        let support = state.store.prune_support(now - i64::from(state.config.support.keep_days) * DAY_MS).await;
        let received = state.store.received_prune(now - 90 * DAY_MS).await;
        for (what, result) in [
            ("openings", openings),
            ("what was received", received),
            ("what reports find messages by", sent),
            ("counts of sending", sending),
            ("messages to support", support),
            ("orphans", orphans),
            ("tombstones", tombstones),
            ("technical traces", technical),
            ("functional traces", functional),
        ] {
            match result {
                Ok(0) => {}
                Ok(count) => tracing::info!(what, count, "removed"),
                Err(error) => tracing::error!(what, %error, "could not be removed"),
            }
        }
    }
}
