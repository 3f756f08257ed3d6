//! What the receiving side counts, for Prometheus. Never an address: replies are counted by their codes.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
};

use relay::receive::Note;

/// The counters of this process.
#[derive(Debug, Default)]
pub struct Figures {
    connections: AtomicU64,
    open: AtomicI64,
    busy: AtomicU64,
    handshakes: AtomicU64,
    accepted: AtomicU64,
    octets: AtomicU64,
    refused: Mutex<BTreeMap<String, u64>>,
}

impl Figures {
    /// Counts what happened.
    pub fn note(&self, note: Note) {
        match note {
            Note::Connected => {
                self.connections.fetch_add(1, Relaxed);
                self.open.fetch_add(1, Relaxed);
            }
            Note::Closed => drop(self.open.fetch_sub(1, Relaxed)),
            Note::Busy => drop(self.busy.fetch_add(1, Relaxed)),
            Note::Handshake(why) => {
                tracing::info!(why, "a TLS handshake of an operator failed");
                self.handshakes.fetch_add(1, Relaxed);
            }
            Note::Accepted { bytes } => {
                self.accepted.fetch_add(1, Relaxed);
                self.octets.fetch_add(u64::try_from(bytes).unwrap_or(0), Relaxed);
            }
            Note::Refused(reply) => {
                let code = match reply.enhanced {
                    Some(enhanced) => format!("{} {enhanced}", reply.code),
                    None => reply.code.to_string(),
                };
                *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(code).or_default() += 1;
            }
        }
    }

    /// As Prometheus reads it.
    pub fn text(&self) -> String {
        let mut out = String::from("# TYPE pli_relay_in_connections gauge\n");
        let _ = writeln!(out, "pli_relay_in_connections {}", self.open.load(Relaxed));
        for (name, value) in [
            ("pli_relay_in_connections_total", &self.connections),
            ("pli_relay_in_turned_away_total", &self.busy),
            ("pli_relay_in_handshake_failures_total", &self.handshakes),
            ("pli_relay_in_accepted_total", &self.accepted),
            ("pli_relay_in_accepted_octets_total", &self.octets),
        ] {
            let _ = writeln!(out, "# TYPE {name} counter\n{name} {}", value.load(Relaxed));
        }
        out.push_str("# TYPE pli_relay_in_refused_total counter\n");
        for (code, count) in self.refused.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = writeln!(out, "pli_relay_in_refused_total{{code=\"{code}\"}} {count}");
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use relay::smtp::Reply;

    use super::*;

    #[test]
    fn replies_are_counted_by_their_codes() {
        let figures = Figures::default();
        figures.note(Note::Connected);
        figures.note(Note::Refused(Reply::new(550, (1, 1), "No such mailbox")));
        figures.note(Note::Refused(Reply::new(550, (1, 1), "No such mailbox here")));
        figures.note(Note::Closed);
        let text = figures.text();
        assert!(text.contains("pli_relay_in_connections 0\n"), "{text}");
        assert!(text.contains("pli_relay_in_connections_total 1\n"), "{text}");
        assert!(text.contains("pli_relay_in_refused_total{code=\"550 5.1.1\"} 2\n"), "{text}");
    }
}
