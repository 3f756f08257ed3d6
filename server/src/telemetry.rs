//! What the operator sees: log lines on stderr, each with the id of its request, and counters for Prometheus.
//!
//! Never an address, a subject, a token or a path with ids: requests are named by their row in the table of routes.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::IsTerminal as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::config::{Log, LogFormat};

tokio::task_local! {
    static REQUEST: String;
}

/// The id of the request that this task serves, if it serves one.
pub fn request_id() -> Option<String> {
    REQUEST.try_with(Clone::clone).ok()
}

/// Runs `future` as the work of request `id`.
pub async fn in_request<F: Future>(id: String, future: F) -> F::Output {
    REQUEST.scope(id, future).await
}

/// Starts logging to stderr: text for a terminal, JSON lines otherwise, unless configured. A second call changes
/// nothing.
pub fn start(log: &Log) {
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let json = match log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let registry = tracing_subscriber::registry().with(filter);
    let started = if json {
        registry.with(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)).try_init()
    } else {
        let ansi = std::io::stderr().is_terminal();
        registry.with(fmt::layer().with_ansi(ansi).with_target(false).with_writer(std::io::stderr)).try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was already started");
    }
}

/// Upper bounds of the buckets of a duration, in milliseconds.
const BUCKETS: [u64; 10] = [1, 2, 5, 10, 20, 50, 100, 250, 1_000, 5_000];

#[derive(Default)]
struct Durations {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    micros: u64,
}

/// Counters of this process, written as Prometheus text.
#[derive(Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, u16), Durations>>,
    events: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    in_flight: AtomicU64,
}

/// A request being served: counted as such until dropped.
pub struct InFlight<'a>(&'a AtomicU64);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Counts a request as being served until the guard is dropped.
    pub fn enter(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(&self.in_flight)
    }

    /// One answered request of the row `route`.
    pub fn request(&self, route: &'static str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = requests.entry((route, status)).or_default();
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        for (bucket, bound) in entry.buckets.iter_mut().zip(BUCKETS) {
            *bucket += u64::from(millis <= bound);
        }
        entry.count += 1;
        entry.micros += u64::try_from(took.as_micros()).unwrap_or(0);
    }

    /// One thing that happened (`sign_in`, `refused`): both words are constants of the code.
    pub fn event(&self, name: &'static str, result: &'static str) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        *events.entry((name, result)).or_default() += 1;
    }

    /// The text format of Prometheus, version 0.0.4.
    pub fn text(&self) -> String {
        let mut out = String::from("# TYPE pli_requests_in_flight gauge\n");
        let _ = writeln!(out, "pli_requests_in_flight {}", self.in_flight.load(Ordering::Relaxed));
        out.push_str("# TYPE pli_request_duration_seconds histogram\n");
        for ((route, status), seen) in self.requests.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let labels = format!("route=\"{route}\",status=\"{status}\"");
            for (count, bound) in seen.buckets.iter().zip(BUCKETS) {
                let le = Duration::from_millis(bound).as_secs_f64();
                let _ = writeln!(out, "pli_request_duration_seconds_bucket{{{labels},le=\"{le}\"}} {count}");
            }
            let _ = writeln!(out, "pli_request_duration_seconds_bucket{{{labels},le=\"+Inf\"}} {}", seen.count);
            let sum = Duration::from_micros(seen.micros).as_secs_f64();
            let _ = writeln!(out, "pli_request_duration_seconds_sum{{{labels}}} {sum}");
            let _ = writeln!(out, "pli_request_duration_seconds_count{{{labels}}} {}", seen.count);
        }
        out.push_str("# TYPE pli_events_total counter\n");
        for ((name, result), count) in self.events.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = writeln!(out, "pli_events_total{{name=\"{name}\",result=\"{result}\"}} {count}");
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_prometheus_text() {
        let metrics = Metrics::default();
        let guard = metrics.enter();
        metrics.request("jmap", 200, Duration::from_millis(3));
        metrics.event("sign_in", "ok");
        let text = metrics.text();
        assert!(text.contains("pli_requests_in_flight 1\n"));
        assert!(text.contains("pli_request_duration_seconds_bucket{route=\"jmap\",status=\"200\",le=\"0.002\"} 0\n"));
        assert!(text.contains("pli_request_duration_seconds_bucket{route=\"jmap\",status=\"200\",le=\"0.005\"} 1\n"));
        assert!(text.contains("pli_events_total{name=\"sign_in\",result=\"ok\"} 1\n"));
        drop(guard);
        assert!(metrics.text().contains("pli_requests_in_flight 0\n"));
    }
}
