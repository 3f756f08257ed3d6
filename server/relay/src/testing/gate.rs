//! A gate in memory.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::receive::{Acceptance, Gate, Incoming, Note, Notify, RecipientQuery, Ret, Unavailable, Verdict};

/// A message that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// MAIL FROM.
    pub from: Option<String>,
    /// RCPT TO.
    pub to: Vec<String>,
    /// NOTIFY of each recipient and RET, ENVID of the message (RFC 3461 §4).
    pub asked: (Vec<Notify>, Option<Ret>, Option<String>),
    /// The message, our Received field first.
    pub data: Vec<u8>,
    /// The operator that brought it.
    pub operator: String,
}

/// Says what it was told to say and remembers what it accepted.
#[derive(Debug, Default)]
pub struct TestGate {
    /// Verdicts by address; others are unknown.
    pub verdicts: Mutex<HashMap<String, Verdict>>,
    /// Domains to which a Message-ID was sent.
    pub sent: Mutex<HashMap<String, Vec<String>>>,
    /// What is said instead of accepting.
    pub instead: Mutex<Option<Acceptance>>,
    /// How long accepting takes.
    pub delay: Mutex<Duration>,
    /// What was accepted.
    pub stored: Mutex<Vec<Stored>>,
    /// What was noted.
    pub notes: Mutex<Vec<Note>>,
}

impl TestGate {
    /// A gate with these BALs.
    pub fn with(addresses: &[&str]) -> TestGate {
        let gate = TestGate::default();
        for address in addresses {
            gate.say(address, Verdict::Accept);
        }
        gate
    }

    /// What is said about an address.
    pub fn say(&self, address: &str, verdict: Verdict) {
        self.verdicts.lock().unwrap().insert(address.to_owned(), verdict);
    }

    /// What was accepted so far.
    pub fn stored(&self) -> Vec<Stored> {
        self.stored.lock().unwrap().clone()
    }
}

impl Gate for TestGate {
    async fn recipient(&self, query: &RecipientQuery<'_>) -> Verdict {
        self.verdicts.lock().unwrap().get(&query.to.address).cloned().unwrap_or(Verdict::Unknown)
    }

    async fn sent_to(&self, _bal: &str, about: &mail::report::About) -> Result<Vec<String>, Unavailable> {
        let sent = self.sent.lock().unwrap();
        Ok(about.message_ids.iter().filter_map(|id| sent.get(id)).flatten().cloned().collect())
    }

    async fn accept(&self, incoming: Incoming) -> Acceptance {
        let delay = *self.delay.lock().unwrap();
        tokio::time::sleep(delay).await;
        if let Some(instead) = self.instead.lock().unwrap().clone() {
            return instead;
        }
        let mut stored = self.stored.lock().unwrap();
        let notify = incoming.envelope.recipients.iter().map(|r| r.notify).collect();
        stored.push(Stored {
            asked: (notify, incoming.envelope.ret, incoming.envelope.envid),
            from: incoming.envelope.from.map(|p| p.address),
            to: incoming.envelope.recipients.into_iter().map(|r| r.path.address).collect(),
            data: incoming.data,
            operator: incoming.peer.name.operator(),
        });
        Acceptance::Accepted(format!("m{}", stored.len()))
    }

    fn note(&self, note: Note) {
        self.notes.lock().unwrap().push(note);
    }
}
