//! The queue of mail to other operators, as the sending side works it off: rows of the store, the message made ready for
//! the wire, and after each attempt the state of every recipient and the notices to the sender, in one transaction.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use relay::receive::{Notify, Ret, Unavailable};
use relay::send::{Claim, Job, JobRecipient, Next, Outbox, Outcome, Room, Settlement, Trouble};
use store::relay_jobs::ClaimedJob;
use store::{Hint, Store};
use tokio::sync::broadcast;
use wire::portal::Action;

use super::settling;
use crate::service::patients::sending;
use crate::service::transit::{self, Passage};
use crate::state::State;

/// Rows looked at for each that may be claimed: those of one domain may be many.
const LOOKED_AT: usize = 10;
/// A job whose message cannot be read now is looked at again after so long.
const UNREADABLE_MS: i64 = 30_000;

/// The durable queue behind [`relay::send::Worker`].
pub struct SqlOutbox {
    state: State,
    /// What this process holds, by job: what its settling needs.
    held: Mutex<HashMap<i64, ClaimedJob>>,
    hints: tokio::sync::Mutex<broadcast::Receiver<Hint>>,
}

impl SqlOutbox {
    /// The queue of this process's store.
    pub fn new(state: &State) -> Self {
        let hints = tokio::sync::Mutex::new(state.store.changed());
        Self { state: state.clone(), held: Mutex::default(), hints }
    }

    fn held(&self, id: i64) -> Option<ClaimedJob> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn forget(&self, id: i64) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// What is to be sent; none: it was settled, or put off, here.
    async fn ready(&self, job: &ClaimedJob) -> Result<Option<Claim>, store::Error> {
        let loaded = match refused(&self.state, job).await? {
            Some(trouble) => Err(trouble),
            None => load(&self.state, job).await?,
        };
        let data = match loaded {
            Ok(data) => data,
            Err(trouble) => {
                fail(&self.state, job, &trouble).await?;
                return Ok(None);
            }
        };
        let reported = job.envelope.from.is_some();
        let notify = Notify { success: job.envelope.notify_success, failure: true, delay: true };
        let recipient = |email: &String| JobRecipient {
            address: email.clone(),
            notify: reported.then_some(notify),
            orcpt: reported.then(|| format!("rfc822;{email}")),
        };
        let wire = Job {
            from: job.envelope.from.clone(),
            domain: job.domain.clone(),
            recipients: job.envelope.recipients.iter().map(recipient).collect(),
            data,
            envid: job.envelope.envid.clone(),
            // The sender has the message: its header is enough.
            ret: reported.then_some(Ret::Headers),
        };
        Ok(Some(Claim {
            id: job.id,
            token: job.fence,
            job: wire,
            attempts: job.attempts,
            queued_at: job.queued_at,
            told_late: job.told_late,
        }))
    }
}

/// Claims what there is room for.
async fn lease(store: &Store, now: i64, lease_until: i64, mut room: Room) -> Result<Vec<ClaimedJob>, store::Error> {
    let full: Vec<String> = room.full().map(str::to_owned).collect();
    let full: Vec<&str> = full.iter().map(String::as_str).collect();
    let mut due = store.relay_due(false, now, room.in_all() * LOOKED_AT, &full).await?;
    due.retain(|job| room.take(&job.domain));
    store.relay_lease(due, now, lease_until).await
}

/// Why the job may not go any more: the operator dropped it, a patient opposed it, or its sender lost the right to.
async fn refused(state: &State, job: &ClaimedJob) -> Result<Option<Trouble>, store::Error> {
    if job.dropped {
        return Ok(Some(Trouble::Cancelled));
    }
    let to = job.envelope.recipients.iter().map(String::as_str);
    if job.submission.is_some() && sending::opposed(state, job.account, to).await? {
        return Ok(Some(Trouble::Opposed));
    }
    let Some(person) = job.actor.person else { return Ok(None) };
    let needed = if job.submission.is_some() { Action::Send } else { Action::Read };
    let rights = state.store.rights_on(person, job.account).await?;
    Ok((!rights.contains(&needed)).then_some(Trouble::NoRight))
}

/// The message as it goes out.
async fn load(state: &State, job: &ClaimedJob) -> Result<Result<Bytes, Trouble>, store::Error> {
    let raw = match state.store.blob_read(job.account, &job.blob, None).await {
        Ok(raw) => raw,
        Err(error) if error.is_not_found() => return Ok(Err(Trouble::Gone)),
        Err(error) => return Err(error),
    };
    let id = job.submission.map_or_else(|| job.id.to_string(), |id| id.to_string());
    let passage = Passage {
        message: &raw,
        id: &id,
        from: job.envelope.from.as_deref(),
        product: &state.config.mss.product,
        at: job.queued_at,
    };
    let hostname = state.relay.as_ref().map_or("localhost", |relay| relay.hostname.as_str());
    let account = state.store.account(job.account).await?;
    let sender = mail::Address { name: Some(transit::display_name(&account)), email: account.address };
    Ok(Ok(passage.to_operator(hostname, &sender)))
}

/// Settles a job as failed for all who still wait.
async fn fail(state: &State, job: &ClaimedJob, trouble: &Trouble) -> Result<(), store::Error> {
    let outcome = Outcome::Failed { trouble: trouble.clone(), host: None };
    let settlement = Settlement {
        id: job.id,
        token: job.fence,
        outcomes: vec![outcome; job.envelope.recipients.len()],
        next: None,
        tell_late: false,
        at: state.clock.now_ms(),
    };
    settling::settle(state, job, &settlement).await.map(drop)
}

impl Outbox for SqlOutbox {
    async fn claim(&self, now: i64, lease_until: i64, room: Room) -> Result<Vec<Claim>, Unavailable> {
        let claimed = lease(&self.state.store, now, lease_until, room).await.map_err(|error| {
            tracing::warn!(%error, "the queue of mail to other operators could not be read, trying again");
            Unavailable
        })?;
        let mut ready = Vec::with_capacity(claimed.len());
        for job in claimed {
            match self.ready(&job).await {
                Ok(Some(claim)) => {
                    self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(job.id, job);
                    ready.push(claim);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%error, "a queued message could not be read, it stays in the queue");
                    let due = now + UNREADABLE_MS;
                    drop(self.state.store.relay_postpone(job.account, job.id, job.fence, due).await);
                }
            }
        }
        Ok(ready)
    }

    async fn renew(&self, id: i64, token: i64, lease_until: i64) -> bool {
        let Some(job) = self.held(id) else { return false };
        match self.state.store.relay_renew(job.account, id, token, lease_until).await {
            Ok(true) => true,
            Ok(false) => {
                self.forget(id);
                false
            }
            Err(error) => {
                tracing::warn!(%error, "a lease could not be prolonged");
                false
            }
        }
    }

    async fn postpone(&self, id: i64, token: i64, due: i64) {
        let Some(job) = self.held(id) else { return };
        self.forget(id);
        // Not written: its lease runs out by itself.
        if let Err(error) = self.state.store.relay_postpone(job.account, id, token, due).await {
            tracing::warn!(%error, "a queued message could not be put off");
        }
    }

    async fn settle(&self, settlement: &Settlement) -> Result<bool, Unavailable> {
        let Some(job) = self.held(settlement.id).filter(|job| job.fence == settlement.token) else { return Ok(false) };
        match settling::settle(&self.state, &job, settlement).await {
            Ok(ours) => {
                self.forget(settlement.id);
                Ok(ours)
            }
            Err(error) => {
                tracing::error!(%error, "what came of a message could not be written, trying again");
                Err(Unavailable)
            }
        }
    }

    async fn wait(&self) {
        let mut hints = self.hints.lock().await;
        // Closed hints would make this a busy loop; the worker's own pause is behind.
        if let Err(broadcast::error::RecvError::Closed) = hints.recv().await {
            std::future::pending::<()>().await;
        }
        // A hint only says that something changed; the short sleep joins many into one look.
        tokio::time::sleep(Duration::from_millis(20)).await;
        while hints.try_recv().is_ok() {}
    }
}

/// Whether anything is left to try, for the settling.
pub(super) fn again_at(next: Option<Next>) -> Option<i64> {
    match next {
        Some(Next::Retry(at)) => Some(at),
        Some(Next::GiveUp) | None => None,
    }
}
