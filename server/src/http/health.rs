//! Is the process alive, and can it serve? Without details: these pages are open to everyone.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::State as AxumState,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use store::relay_jobs::QueueFigures;

use crate::{config::Role, relay::status, state::State};

/// An answer is good for so long: anybody may ask, and looking writes a file.
const FRESH: Duration = Duration::from_secs(2);
/// The outbox looks every second; a full batch of large messages takes longer.
const OUTBOX_SILENCE: Duration = Duration::from_secs(120);

/// What is known of the parts of this process.
pub struct Health {
    outbox: Mutex<Instant>,
    last: tokio::sync::Mutex<Option<(Instant, bool)>>,
}

impl Default for Health {
    fn default() -> Self {
        Self { outbox: Mutex::new(Instant::now()), last: tokio::sync::Mutex::new(None) }
    }
}

impl Health {
    /// The outbox job is alive.
    pub fn outbox_turns(&self) {
        *self.outbox.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn outbox_is_alive(&self) -> bool {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < OUTBOX_SILENCE
    }
}

/// `GET /healthz`.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers, blobs can be written and read, the outbox is looked at.
pub async fn ready(AxumState(state): AxumState<State>) -> (StatusCode, &'static str) {
    let mut last = state.health.last.lock().await;
    let fresh = last.filter(|(at, _)| at.elapsed() < FRESH).map(|(_, ready)| ready);
    let ready = match fresh {
        Some(ready) => ready,
        None => look(&state).await,
    };
    *last = Some((Instant::now(), ready)).filter(|_| fresh.is_none()).or(*last);
    if ready { (StatusCode::OK, "ok\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") }
}

async fn look(state: &State) -> bool {
    let (database, blobs) = (state.store.ping().await, state.store.blobs_probe().await);
    for (what, result) in [("database", &database), ("blobs", &blobs)] {
        if let Err(error) = result {
            tracing::warn!(what, ?error, "not ready");
        }
    }
    // Only a process with this role looks at it.
    let outbox = state.health.outbox_is_alive() || !state.config.has(Role::Jobs);
    if !outbox {
        tracing::warn!(what = "outbox", "not ready: nobody has looked at it for long");
    }
    database.is_ok() && blobs.is_ok() && outbox
}

/// Mail that waits for other operators, as Prometheus reads it.
fn queue(figures: &QueueFigures, now: i64) -> String {
    let age = figures.oldest_at.map_or(0, |oldest| (now - oldest).max(0) / 1_000);
    let gauges = [
        ("pli_queue_waiting", figures.waiting),
        ("pli_queue_tried", figures.tried),
        ("pli_queue_held", figures.held),
        ("pli_queue_oldest_seconds", age),
    ];
    gauges.iter().map(|(name, value)| format!("# TYPE {name} gauge\n{name} {value}\n")).collect()
}

/// `GET /metrics`, on its own listener.
pub async fn metrics(AxumState(state): AxumState<State>) -> Response {
    let mut text = state.metrics.text();
    if let Some(relay) = &state.relay {
        text.push_str(&relay.figures.text());
        match state.store.queue_figures().await {
            Ok(figures) => text.push_str(&queue(&figures, state.clock.now_ms())),
            Err(error) => tracing::warn!(%error, "the queue could not be counted"),
        }
        text.push_str(&status::read(relay, &state.config, state.clock.now_ms()).metrics());
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outbox_that_nobody_looks_at_is_dead_until_somebody_does() {
        let health = Health::default();
        assert!(health.outbox_is_alive());
        *health.outbox.lock().unwrap() -= OUTBOX_SILENCE;
        assert!(!health.outbox_is_alive());
        health.outbox_turns();
        assert!(health.outbox_is_alive());
    }
}
