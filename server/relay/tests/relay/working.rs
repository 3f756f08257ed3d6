//! Workers over a queue in memory: leases, fencing, several at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use relay::receive::Unavailable;
use relay::send::{
    Claim, DestinationLimits, Destinations, Next, Outbox, Outcome, RetryPolicy, Room, Sender, Settlement, Worker,
};
use relay::testing::{NOW, Script, Step, TestGate, scripted_peer};
use tokio::sync::watch;

use crate::sending::{Names, job, sender_to};
use crate::setup::{BAL, receiver, theirs, trust};

#[derive(Debug, Clone)]
struct Row {
    job: relay::send::Job,
    due: i64,
    queued_at: i64,
    attempts: u32,
    token: i64,
    lease_until: i64,
    told_late: bool,
    outcomes: Option<Vec<Outcome>>,
}

/// A queue in memory with the rules that the real one has.
#[derive(Default)]
struct Queue {
    rows: Mutex<HashMap<i64, Row>>,
    failing: AtomicUsize,
    postponed: AtomicUsize,
    stale: AtomicUsize,
}

impl Queue {
    fn with(count: i64) -> Queue {
        let queue = Queue::default();
        for id in 0..count {
            queue.add(id, NOW);
        }
        queue
    }

    fn add(&self, id: i64, queued_at: i64) {
        let mut job = job("pli.mssante.example", &[BAL]);
        job.from = Some("x@autre.mssante.example".into());
        job.data =
            bytes::Bytes::from(format!("From: x@autre.mssante.example\nMessage-ID: <{id}@autre.mssante.example>\n\nx"));
        let row =
            Row { job, due: queued_at, queued_at, attempts: 0, token: 0, lease_until: 0, told_late: false, outcomes: None };
        self.rows.lock().unwrap().insert(id, row);
    }

    fn open(&self) -> usize {
        self.rows
            .lock()
            .unwrap()
            .values()
            .filter(|r| r.outcomes.as_ref().is_none_or(|o| o.iter().any(|o| !o.is_final())))
            .count()
    }

    fn held<T>(&self, id: i64, token: i64, then: impl FnOnce(&mut Row) -> T) -> Option<T> {
        let mut rows = self.rows.lock().unwrap();
        let row = rows.get_mut(&id).filter(|r| r.token == token);
        if row.is_none() {
            self.stale.fetch_add(1, Ordering::SeqCst);
        }
        row.map(then)
    }
}

impl Outbox for Queue {
    async fn claim(&self, now: i64, lease_until: i64, mut room: Room) -> Result<Vec<Claim>, Unavailable> {
        let mut rows = self.rows.lock().unwrap();
        let due = |r: &&mut Row| {
            r.due <= now && r.lease_until <= now && r.outcomes.as_ref().is_none_or(|o| o.iter().any(|o| !o.is_final()))
        };
        let mut claims = Vec::new();
        for (id, row) in rows.iter_mut() {
            if due(&row) && room.take(&row.job.domain) {
                row.token += 1;
                row.lease_until = lease_until;
                let claim = Claim {
                    id: *id,
                    token: row.token,
                    job: row.job.clone(),
                    attempts: row.attempts,
                    queued_at: row.queued_at,
                    told_late: row.told_late,
                };
                claims.push(claim);
            }
        }
        Ok(claims)
    }

    async fn renew(&self, id: i64, token: i64, lease_until: i64) -> bool {
        self.held(id, token, |row| row.lease_until = lease_until).is_some()
    }

    async fn postpone(&self, id: i64, token: i64, due: i64) {
        self.postponed.fetch_add(1, Ordering::SeqCst);
        self.held(id, token, |row| (row.due, row.lease_until) = (due, 0));
    }

    async fn settle(&self, settlement: &Settlement) -> Result<bool, Unavailable> {
        if self.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
            return Err(Unavailable);
        }
        let written = self.held(settlement.id, settlement.token, |row| {
            row.outcomes = Some(settlement.outcomes.clone());
            row.attempts += 1;
            row.lease_until = 0;
            row.told_late |= settlement.tell_late;
            if let Some(Next::Retry(at)) = settlement.next {
                row.due = at;
            }
        });
        Ok(written.is_some())
    }

    async fn wait(&self) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A clock moved by hand.
fn moving() -> (Arc<AtomicI64>, Arc<dyn relay::Clock>) {
    let time = Arc::new(AtomicI64::new(NOW));
    let read = time.clone();
    (time, Arc::new(move || read.load(Ordering::SeqCst)))
}

fn worker(
    queue: &Arc<Queue>,
    sender: &Arc<Sender<Names>>,
    clock: Arc<dyn relay::Clock>,
    lease: Duration,
) -> Arc<Worker<Names, Queue>> {
    Arc::new(Worker {
        sender: sender.clone(),
        outbox: queue.clone(),
        destinations: Destinations::new(DestinationLimits::default()),
        policy: RetryPolicy::default(),
        clock,
        lease,
        at_once: 5,
        idle: Duration::from_millis(20),
    })
}

async fn until(what: impl Fn() -> bool) {
    for _ in 0..500 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("did not come");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_workers_send_each_message_once() {
    let running = receiver(TestGate::with(&[BAL])).await;
    let sender = Arc::new(sender_to("pli.mssante.example", &[running.address], theirs(), trust()));
    let queue = Arc::new(Queue::with(60));
    queue.failing.store(7, Ordering::SeqCst);
    let (stop, stopped) = watch::channel(false);
    let (time, clock) = moving();
    let tasks: Vec<_> = (0..3)
        .map(|_| tokio::spawn(worker(&queue, &sender, clock.clone(), Duration::from_secs(30)).run(stopped.clone())))
        .collect();
    until(|| {
        time.fetch_add(20, Ordering::SeqCst);
        queue.open() == 0
    })
    .await;
    stop.send(true).unwrap();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(running.gate().stored().len(), 60, "each once, although the store failed seven times");
    assert_eq!(queue.stale.load(Ordering::SeqCst), 0);
}

/// A burst to one domain is worked off over its few connections; nothing is claimed only to be put off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_is_not_put_off() {
    let running = receiver(TestGate::with(&[BAL])).await;
    let sender = Arc::new(sender_to("pli.mssante.example", &[running.address], theirs(), trust()));
    let queue = Arc::new(Queue::with(60));
    let (stop, stopped) = watch::channel(false);
    let (_, clock) = moving();
    let mut one = Arc::into_inner(worker(&queue, &sender, clock, Duration::from_secs(30))).unwrap();
    one.destinations = Destinations::new(DestinationLimits { per_domain: 2, ..DestinationLimits::default() });
    one.at_once = 20;
    let task = tokio::spawn(Arc::new(one).run(stopped));
    // The clock stands still: what is put off never comes.
    until(|| queue.open() == 0).await;
    stop.send(true).unwrap();
    task.await.unwrap();
    assert_eq!((running.gate().stored().len(), queue.postponed.load(Ordering::SeqCst)), (60, 0));
}

/// A worker whose lease ran out while the peer took its time neither completes the
/// message nor writes a result.
#[tokio::test]
async fn beyond_its_lease_a_worker_does_nothing() {
    let opening = |last: Vec<Step>| -> Vec<Step> {
        let mut steps = vec![
            Step::Say("220 mx\r\n"),
            Step::Expect("EHLO"),
            Step::Say("250-mx\r\n250 STARTTLS\r\n"),
            Step::Expect("STARTTLS"),
            Step::Say("220 go\r\n"),
            Step::Tls,
            Step::Expect("EHLO"),
            Step::Say("250 mx\r\n"),
            Step::Expect("MAIL"),
            Step::Say("250 ok\r\n"),
            Step::Expect("RCPT"),
            Step::Say("250 ok\r\n"),
            Step::Expect("DATA"),
        ];
        steps.extend(last);
        steps
    };
    let script: Script = vec![opening(vec![Step::Silent(Duration::from_millis(600)), Step::Say("354 go\r\n"), Step::Text])];
    let (address, heard) = scripted_peer(crate::setup::ours(), script).await;
    let sender = Arc::new(sender_to("pli.mssante.example", &[address], theirs(), trust()));
    let queue = Arc::new(Queue::with(1));
    let (time, clock) = moving();
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(worker(&queue, &sender, clock, Duration::from_secs(60)).run(stopped));
    until(|| !heard.lock().unwrap().is_empty() && heard.lock().unwrap()[0].contains("DATA")).await;
    // The process slept; meanwhile another one claimed the row.
    time.fetch_add(61_000, Ordering::SeqCst);
    queue.claim(NOW + 61_000, NOW + 200_000, Destinations::new(DestinationLimits::default()).room(NOW)).await.unwrap();
    until(|| queue.stale.load(Ordering::SeqCst) > 0).await;
    stop.send(true).unwrap();
    task.await.unwrap();
    assert!(queue.rows.lock().unwrap()[&0].outcomes.is_none(), "nothing written");
    assert!(!heard.lock().unwrap()[0].contains("Message-ID"), "nothing completed");
}

#[tokio::test]
async fn retried_told_late_given_up() {
    let gone = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let sender = Arc::new(sender_to("pli.mssante.example", &[gone], theirs(), trust()));
    let queue = Arc::new(Queue::with(1));
    let (time, clock) = moving();
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(worker(&queue, &sender, clock, Duration::from_secs(3600)).run(stopped));
    let row = || queue.rows.lock().unwrap()[&0].clone();
    until(|| row().attempts == 1).await;
    assert!(row().due > NOW && !row().told_late);
    time.fetch_add(5 * 3_600_000, Ordering::SeqCst);
    until(|| row().attempts == 2).await;
    assert!(row().told_late && matches!(row().outcomes.unwrap()[0], Outcome::Deferred { .. }));
    time.fetch_add(48 * 3_600_000, Ordering::SeqCst);
    until(|| row().attempts == 3).await;
    assert!(matches!(row().outcomes.unwrap()[0], Outcome::Failed { .. }));
    stop.send(true).unwrap();
    task.await.unwrap();
}
