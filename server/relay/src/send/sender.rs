//! The sender: one job, tried once over the hosts of its domain.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ClientConfig;

use super::attempt::Attempt;
use super::job::{Job, JobRecipient};
use super::outcome::{Outcome, Trouble};
use super::payload::Payload;
use super::route::{Mx, MxError, Routes};
use super::tls::client_config;
use crate::Clock;
use crate::trust::{Identity, TrustBook};

/// How long is waited for what (RFC 5321 §4.5.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the greeting: five minutes.
    pub greeting: Duration,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For the reply to a command: five minutes.
    pub command: Duration,
    /// For the reply to DATA: two minutes.
    pub data: Duration,
    /// For a block of text to be taken: three minutes.
    pub block: Duration,
    /// For the reply to the end of data: ten minutes. Giving up earlier makes duplicates.
    pub end: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        let minutes = |m: u64| Duration::from_secs(60 * m);
        Timeouts {
            connect: Duration::from_secs(30),
            greeting: minutes(5),
            handshake: minutes(1),
            command: minutes(5),
            data: minutes(2),
            block: minutes(3),
            end: minutes(10),
        }
    }
}

/// What a sender is made of.
pub struct SenderOptions<M> {
    /// Our host name, said in EHLO.
    pub hostname: String,
    /// Our certificate.
    pub identity: Identity,
    /// The list and the authorities.
    pub trust: Arc<TrustBook>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where mail goes.
    pub routes: Routes<M>,
    /// How long is waited.
    pub timeouts: Timeouts,
}

/// The sending side of a process.
pub struct Sender<M> {
    hostname: String,
    config: RwLock<Arc<ClientConfig>>,
    trust: Arc<TrustBook>,
    clock: Arc<dyn Clock>,
    routes: Routes<M>,
    timeouts: Timeouts,
}

/// What one attempt gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Per recipient of the job, in order.
    pub outcomes: Vec<Outcome>,
    /// Whether any host of the domain could be talked to.
    pub reached: bool,
}

impl<M: Mx> Sender<M> {
    /// Prepares to send.
    ///
    /// # Errors
    /// A certificate and a key that do not belong together.
    pub fn new(options: SenderOptions<M>) -> Result<Sender<M>, rustls::Error> {
        Ok(Sender {
            config: RwLock::new(client_config(&options.identity)?),
            hostname: options.hostname,
            trust: options.trust,
            clock: options.clock,
            routes: options.routes,
            timeouts: options.timeouts,
        })
    }

    /// Shows another certificate from now on.
    ///
    /// # Errors
    /// A certificate and a key that do not belong together; the old one stays.
    pub fn replace_identity(&self, identity: &Identity) -> Result<(), rustls::Error> {
        let config = client_config(identity)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Tries a job once: each host of its domain in turn until every recipient has
    /// an answer that another host would not better. `go_ahead` is asked before
    /// the message becomes whole (see [`super::worker`]).
    pub async fn deliver(&self, job: &Job, go_ahead: &(dyn Fn() -> bool + Sync)) -> Delivery {
        let trust = self.trust.current();
        let none = |trouble: Trouble, reached| Delivery {
            outcomes: vec![Outcome::of(trouble, None); job.recipients.len()],
            reached,
        };
        match trust.list.as_deref() {
            None => return none(Trouble::NoList, true),
            Some(list) if list.names(&job.domain).is_none() => return none(Trouble::NotListed, true),
            Some(_) => {}
        }
        let hosts = match self.routes.hosts(&job.domain).await {
            Ok(hosts) => hosts,
            Err(MxError::NoMail) => return none(Trouble::NoSuchDomain, true),
            Err(MxError::Unavailable(why)) => return none(Trouble::NameService(why), false),
        };
        let payload = Payload::new(&job.data);
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner).clone();
        let attempt = Attempt {
            job,
            payload: &payload,
            trust: &trust,
            config: &config,
            hostname: &self.hostname,
            timeouts: self.timeouts,
            clock: &*self.clock,
            go_ahead,
        };
        let mut outcomes: Vec<Option<Outcome>> = vec![None; job.recipients.len()];
        let mut reached = false;
        for host in &hosts {
            let pending: Vec<usize> = (0..outcomes.len()).filter(|&i| is_open(outcomes[i].as_ref())).collect();
            if pending.is_empty() {
                break;
            }
            let named: Vec<&JobRecipient> = pending.iter().map(|&i| &job.recipients[i]).collect();
            let attempted = attempt.host(host, &named).await;
            reached |= attempted.reached;
            for (&index, outcome) in pending.iter().zip(attempted.outcomes) {
                outcomes[index] = Some(outcome);
            }
        }
        let missing = || Outcome::of(Trouble::Unreachable("no host".to_owned()), None);
        Delivery { outcomes: outcomes.into_iter().map(|o| o.unwrap_or_else(missing)).collect(), reached }
    }
}

/// Whether the next host may do better for a recipient.
fn is_open(outcome: Option<&Outcome>) -> bool {
    match outcome {
        None => true,
        Some(Outcome::Deferred { trouble, .. }) => trouble.is_of_the_host(),
        Some(_) => false,
    }
}
