//! Working off a durable queue: claim with a lease and a fencing token, try,
//! settle. Several workers and processes may do so at once: the queue decides
//! who holds what, and a worker whose lease ran out neither completes a message
//! on the wire nor writes a result.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rand::Rng;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::destinations::{Destinations, Room, Slot};
use super::job::Job;
use super::outcome::{Outcome, Trouble};
use super::route::Mx;
use super::schedule::{self, Next, RetryPolicy};
use super::sender::Sender;
use crate::receive::Unavailable;
use crate::{Clock, UnixMs};

/// A job that this worker holds.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The row.
    pub id: i64,
    /// The fencing token: higher with each claim of the row.
    pub token: i64,
    /// What to send, to the recipients still waiting.
    pub job: Job,
    /// Attempts before this one.
    pub attempts: u32,
    /// When it was queued (its due time, for a scheduled message).
    pub queued_at: UnixMs,
    /// The sender was told that it is late.
    pub told_late: bool,
}

/// What is to be written after an attempt, under the claim's token.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// The row.
    pub id: i64,
    /// Written only if the row still has this token.
    pub token: i64,
    /// Per recipient of the claim, in order. Where [`Next::GiveUp`] is said, those
    /// deferred are failed.
    pub outcomes: Vec<Outcome>,
    /// What follows for those that are deferred; `None` when there are none.
    pub next: Option<Next>,
    /// The sender is now told that the message is late.
    pub tell_late: bool,
    /// When.
    pub at: UnixMs,
}

/// The durable queue.
pub trait Outbox: Send + Sync + 'static {
    /// Claims rows that are due and that nobody holds, until `lease_until`: those that there is `room` for. One domain's
    /// long queue does not hide what waits for another.
    fn claim(
        &self,
        now: UnixMs,
        lease_until: UnixMs,
        room: Room,
    ) -> impl Future<Output = Result<Vec<Claim>, Unavailable>> + Send;

    /// Holds a row longer. False when it is no longer ours.
    fn renew(&self, id: i64, token: i64, lease_until: UnixMs) -> impl Future<Output = bool> + Send;

    /// Gives a row back untried, due again at `due`.
    fn postpone(&self, id: i64, token: i64, due: UnixMs) -> impl Future<Output = ()> + Send;

    /// Writes what came of an attempt, with its notices, in one transaction. False
    /// when the row is no longer ours: nothing was written. Err: tried again by the worker.
    fn settle(&self, settlement: &Settlement) -> impl Future<Output = Result<bool, Unavailable>> + Send;

    /// Returns when something may be due (a hint; the worker also looks by itself).
    fn wait(&self) -> impl Future<Output = ()> + Send;
}

/// A worker over a queue.
pub struct Worker<M, O> {
    /// The sending side.
    pub sender: Arc<Sender<M>>,
    /// The queue.
    pub outbox: Arc<O>,
    /// Limits per destination.
    pub destinations: Arc<Destinations>,
    /// When to try again.
    pub policy: RetryPolicy,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// How long a claim lasts unless renewed; renewed at a third of it.
    pub lease: Duration,
    /// Jobs at once.
    pub at_once: usize,
    /// How long to sleep at most between two looks into the queue.
    pub idle: Duration,
}

impl<M: Mx, O: Outbox> Worker<M, O> {
    /// Works until `stop` becomes true; then what is on the wire ends first.
    pub async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        while !*stop.borrow() {
            while tasks.try_join_next().is_some() {}
            let now = self.clock.now_ms();
            let room = self.destinations.room(now).at_most(self.at_once.saturating_sub(tasks.len()));
            let may_claim = room.in_all() > 0;
            let claimed = if may_claim {
                self.outbox.claim(now, now + self.lease_ms(), room).await.unwrap_or_default()
            } else {
                Vec::new()
            };
            let none = claimed.is_empty();
            for claim in claimed {
                match self.destinations.enter(&claim.job.domain, self.clock.now_ms()) {
                    Ok(slot) => {
                        let worker = self.clone();
                        tasks.spawn(async move { worker.one(claim, slot).await });
                    }
                    // It was found out of reach while this was claimed.
                    Err(due) => self.outbox.postpone(claim.id, claim.token, due).await,
                }
            }
            if none {
                tokio::select! {
                    _ = stop.wait_for(|stop| *stop) => break,
                    Some(_) = tasks.join_next() => {}
                    () = self.outbox.wait(), if may_claim => {}
                    () = tokio::time::sleep(self.idle) => {}
                }
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    fn lease_ms(&self) -> i64 {
        i64::try_from(self.lease.as_millis()).unwrap_or(60_000)
    }

    /// Tries one claim and settles it.
    async fn one(&self, claim: Claim, slot: Slot) {
        let now = self.clock.now_ms();
        let until = AtomicI64::new(now + self.lease_ms());
        let ours = || self.clock.now_ms() < until.load(Ordering::Acquire);
        let delivery = tokio::select! {
            delivery = self.sender.deliver(&claim.job, &ours) => delivery,
            () = self.hold(&claim, &until) => return,
        };
        let now = self.clock.now_ms();
        slot.report(delivery.reached, now);
        drop(slot);
        let settlement = settlement(&self.policy, &claim, delivery.outcomes, now);
        let mut pause = Duration::from_millis(100);
        // An answer of the peer must not be lost because the store is away for a moment.
        while self.outbox.settle(&settlement).await.is_err() && ours() {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
            let longer = self.clock.now_ms() + self.lease_ms();
            if self.outbox.renew(claim.id, claim.token, longer).await {
                until.store(longer, Ordering::Release);
            }
        }
    }

    /// Renews the lease for as long as that works; returns when the row was lost.
    async fn hold(&self, claim: &Claim, until: &AtomicI64) {
        loop {
            tokio::time::sleep(self.lease / 3).await;
            let longer = self.clock.now_ms() + self.lease_ms();
            if self.outbox.renew(claim.id, claim.token, longer).await {
                until.store(longer, Ordering::Release);
            } else if self.clock.now_ms() >= until.load(Ordering::Acquire) {
                return;
            }
        }
    }
}

/// What is written after an attempt.
fn settlement(policy: &RetryPolicy, claim: &Claim, mut outcomes: Vec<Outcome>, now: UnixMs) -> Settlement {
    let deferred = |o: &Outcome| match o {
        Outcome::Deferred { trouble, .. } => Some(trouble.clone()),
        _ => None,
    };
    let troubles: Vec<Trouble> = outcomes.iter().filter_map(deferred).collect();
    // The most careful wait counts for all.
    let trouble = troubles.iter().find(|t| t.is_uncertain()).or(troubles.first());
    let random = rand::rng().random_range(0.0..1.0);
    let next = trouble.map(|t| schedule::next(policy, claim.attempts + 1, claim.queued_at, now, t, random));
    if next == Some(Next::GiveUp) {
        for outcome in &mut outcomes {
            if let Outcome::Deferred { trouble, host } = outcome {
                *outcome = Outcome::Failed { trouble: trouble.clone(), host: host.take() };
            }
        }
    }
    let tell_late =
        matches!(next, Some(Next::Retry(_))) && schedule::notice_due(policy, claim.queued_at, now, claim.told_late);
    Settlement { id: claim.id, token: claim.token, outcomes, next, tell_late, at: now }
}
