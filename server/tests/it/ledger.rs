//! Faults, judged by a ledger outside the system: the program is killed with -9, stopped, starved of disk, and its
//! database restarted, while mail comes in and goes out. Everything that was said yes to is delivered, waiting or
//! reported, and per recipient once after what a receiver leaves out (copies with one Message-ID).
//!
//! `PLI_FAULT_ROUNDS=300` makes more rounds of the kills than the few that every run makes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::Rng;
use serde_json::{Value, json};
use store::testing::Engine;
use store::{Clock as _, SystemClock};
use tokio::process::Child;

use crate::{
    harness::{TestApp, User},
    jmap::{USING, calls, ok},
    on_both,
    own_postgres::OwnPostgres,
    process::{Pli, try_post},
    space::{Mood, Neighbour, caller, free_port, hand_over, letter, space},
};

on_both! {
    killed_while_accepting
    killed_while_sending
    silent_after_the_final_dot
    the_disk_is_full
}

/// Rounds of the tests that kill.
fn rounds() -> usize {
    std::env::var("PLI_FAULT_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

/// An app whose clock stands at the real time, for tokens that the real program takes.
async fn app_now(engine: Engine) -> TestApp {
    let app = TestApp::new(engine).await;
    app.clock.set_ms(SystemClock.now_ms() - 60_000);
    app
}

/// The real program over the app's database, in the trust space. It says little: its database comes and goes.
fn program(app: &TestApp, listen: u16, neighbour: &Neighbour) -> Pli {
    let pli = space().settings(listen, neighbour.address).into_iter().fold(Pli::new(app), |pli, (k, v)| pli.with(k, &v));
    pli.with("PLI_LOG__LEVEL", &std::env::var("PLI_LOG__LEVEL").unwrap_or("off".into()))
        .with("PLI_RELAY_OUT__AT_ONCE", "8")
        .with("PLI_RATES__MESSAGES_HOUR", "0")
        .with("PLI_RATES__MESSAGES_DAY", "0")
        .with("PLI_RATES__RECIPIENTS_HOUR", "0")
        .with("PLI_RATES__RECIPIENTS_DAY", "0")
}

async fn kill(server: &mut Child) {
    server.start_kill().unwrap();
    server.wait().await.unwrap();
}

fn signal(server: &Child, name: &str) {
    let pid = server.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
}

/// Some part of a second or more.
async fn an_instant(most: u64) {
    let wait = rand::rng().random_range(50..most);
    tokio::time::sleep(Duration::from_millis(wait)).await;
}

/// Waits until `done` says so.
async fn until<F: Future<Output = bool>>(what: &str, seconds: u64, mut done: impl FnMut() -> F) {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !done().await {
        assert!(Instant::now() < end, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// All subjects in the inbox, page by page.
async fn subjects(app: &TestApp, user: &User<'_>) -> Vec<String> {
    let (inbox, mut all) = (app.inbox(user.account()).await.to_string(), Vec::new());
    loop {
        let answer = calls(user, json!([
            ["Email/query", {"accountId": user.account(), "filter": {"inMailbox": inbox}, "position": all.len(), "limit": 200,
                "sort": [{"property": "receivedAt", "isAscending": true}]}, "0"],
            ["Email/get", {"accountId": user.account(), "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"}, "properties": ["subject"]}, "1"],
        ])).await;
        let list = answer[1][1]["list"].as_array().unwrap_or_else(|| panic!("{answer}"));
        all.extend(list.iter().map(|email| email["subject"].as_str().unwrap_or_default().to_owned()));
        if list.is_empty() {
            return all;
        }
    }
}

/// Every subject of `accepted` stands in the inbox, and none twice.
async fn each_once(app: &TestApp, user: &User<'_>, accepted: &BTreeSet<String>) {
    let found = subjects(app, user).await;
    let distinct: BTreeSet<&String> = found.iter().collect();
    assert_eq!(distinct.len(), found.len(), "{} got something twice", user.login);
    let lost: Vec<&String> = accepted.iter().filter(|subject| !distinct.contains(subject)).collect();
    assert!(lost.is_empty(), "{} did not get what was acknowledged: {lost:?}", user.login);
}

/// Operators whose queues hand letters over until somebody says stop; what was said yes to.
struct Callers {
    stop: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<BTreeSet<String>>>,
    attempts: Arc<AtomicUsize>,
}

impl Callers {
    fn start(count: usize, port: u16, to: Vec<String>, octets: usize) -> Self {
        let (stop, attempts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let tasks = (0..count).map(|who| {
            let (stop, attempts, to) = (stop.clone(), attempts.clone(), to.clone());
            tokio::spawn(async move {
                let (sender, mut accepted) = (caller(port), BTreeSet::new());
                while !stop.load(Ordering::SeqCst) {
                    let subject = format!("n{who}-{}", accepted.len());
                    let tries =
                        hand_over(&sender, letter(&subject, &to, octets)).await.unwrap_or_else(|e| panic!("{subject}: {e}"));
                    attempts.fetch_add(tries, Ordering::SeqCst);
                    accepted.insert(subject);
                }
                accepted
            })
        });
        let tasks = tasks.collect();
        Self { stop, tasks, attempts }
    }

    /// Lets each end the letter it has at hand.
    async fn end(self) -> (BTreeSet<String>, usize) {
        self.stop.store(true, Ordering::SeqCst);
        let mut accepted = BTreeSet::new();
        for task in self.tasks {
            accepted.extend(task.await.unwrap());
        }
        (accepted, self.attempts.load(Ordering::SeqCst))
    }
}

async fn killed_while_accepting(engine: Engine) {
    let app = app_now(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let (web, smtp, neighbour) = (free_port(), free_port(), Neighbour::open(Mood::Good).await);
    let pli = program(&app, smtp, &neighbour);
    let callers = Callers::start(4, smtp, vec![martin.login.clone(), roux.login.clone()], 3_000);
    let mut round = 0;
    // A slow machine needs more rounds for as much.
    while round < rounds() || (callers.attempts.load(Ordering::SeqCst) < 30 && round < 40) {
        round += 1;
        let mut server = pli.serve(web).await;
        an_instant(1_200).await;
        kill(&mut server).await;
    }
    let mut server = pli.serve(web).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (accepted, attempts) = callers.end().await;
    kill(&mut server).await;
    println!("{engine:?}: {} letters acknowledged in {round} rounds, {attempts} attempts", accepted.len());
    assert!(accepted.len() > 5 && attempts > accepted.len(), "{} in {attempts}", accepted.len());
    each_once(&app, &martin, &accepted).await;
    each_once(&app, &roux, &accepted).await;
}

/// The request that drafts and sends a message; `more` goes into its submission.
pub async fn outgoing_to(user: &User<'_>, subject: &str, to: &[&str], body: &str, more: Value) -> String {
    let identity =
        ok(user, "Identity/get", json!({"accountId": user.account(), "ids": null})).await["list"][0]["id"].clone();
    let boxes = ok(user, "Mailbox/get", json!({"accountId": user.account(), "ids": null})).await;
    let drafts = boxes["list"].as_array().unwrap().iter().find(|m| m["role"] == "drafts").unwrap()["id"].as_str().unwrap();
    let to: Vec<Value> = to.iter().map(|email| json!({"email": email})).collect();
    let draft = json!({"mailboxIds": {drafts: true}, "from": [{"email": user.login}], "subject": subject, "to": to,
        "textBody": [{"partId": "t"}], "bodyValues": {"t": {"value": body}}});
    let mut submission = json!({"identityId": identity, "emailId": "#d"});
    submission.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"using": USING, "methodCalls": [
        ["Email/set", {"accountId": user.account(), "create": {"d": draft}}, "0"],
        ["EmailSubmission/set", {"accountId": user.account(), "create": {"s": submission}}, "1"],
    ]})
    .to_string()
}

/// The same to two people at the other operator, prepared for any subject.
async fn outgoing(user: &User<'_>) -> impl Fn(&str) -> String {
    let to = ["dr.a@autre.mssante.example", "dr.b@autre.mssante.example"];
    let request = outgoing_to(user, "SUBJECT", &to, ".\nBonjour\n.\n", json!({})).await;
    move |subject| request.replace("SUBJECT", subject)
}

/// Posts until the process is gone; what was said yes to goes into `accepted`.
async fn post_all(
    port: u16,
    user: &User<'_>,
    request: &impl Fn(&str) -> String,
    next: &mut usize,
    accepted: &mut BTreeSet<String>,
) {
    loop {
        *next += 1;
        let subject = format!("s{next}");
        match try_post(port, &user.authorization(), &request(&subject)).await {
            Some(answer) if answer.contains("undoStatus") => drop(accepted.insert(subject)),
            Some(answer) if answer.contains("methodResponses") => panic!("{answer}"),
            _ => return,
        }
    }
}

/// The other operator has everything that was acknowledged, for both recipients, each under one Message-ID, the queue
/// is empty, and the sender was told of no failure.
async fn all_handed_over(app: &TestApp, user: &User<'_>, neighbour: &Neighbour, accepted: &BTreeSet<String>, seconds: u64) {
    let complete = || async {
        let had: BTreeSet<(String, String)> = neighbour
            .ledger
            .distinct()
            .into_iter()
            .map(|(to, id)| (to, id.split(' ').next().unwrap_or_default().to_owned()))
            .collect();
        let both = |subject: &String| {
            ["a", "b"].iter().all(|who| had.contains(&(format!("dr.{who}@autre.mssante.example"), subject.clone())))
        };
        accepted.iter().all(both) && app.state.store.queue_list(1).await.unwrap().is_empty()
    };
    until("the hand-over of all that was acknowledged", seconds, complete).await;
    let (distinct, mut seen) = (neighbour.ledger.distinct(), BTreeSet::new());
    for (to, id) in &distinct {
        let subject = id.split(' ').next().unwrap_or_default();
        assert!(seen.insert((to.clone(), subject.to_owned())), "{to} got {subject} under two Message-IDs");
    }
    let told = subjects(app, user).await;
    assert!(!told.iter().any(|subject| subject.contains("emis : ")), "nobody is told of a failure: {told:?}");
    println!(
        "{} messages, {} handed over, {} copies for the other side to leave out",
        accepted.len(),
        distinct.len(),
        neighbour.ledger.repeated()
    );
}

/// Submissions in which somebody still waits, page by page.
async fn still_queued(user: &User<'_>) -> usize {
    let (mut at, mut count) = (0, 0);
    loop {
        let answer = calls(
            user,
            json!([
                ["EmailSubmission/query", {"accountId": user.account(), "position": at, "limit": 200}, "0"],
                ["EmailSubmission/get", {"accountId": user.account(), "#ids": {"resultOf": "0", "name": "EmailSubmission/query", "path": "/ids"}}, "1"],
            ]),
        )
        .await;
        let list = answer[1][1]["list"].as_array().unwrap_or_else(|| panic!("{answer}"));
        if list.is_empty() {
            return count;
        }
        at += list.len();
        let waits = |submission: &&Value| {
            submission["deliveryStatus"].as_object().is_some_and(|all| all.values().any(|one| one["delivered"] == "queued"))
        };
        count += list.iter().filter(waits).count();
    }
}

async fn killed_while_sending(engine: Engine) {
    let app = app_now(engine).await;
    let martin = app.holder("dr-martin").await;
    let (web, smtp, neighbour) = (free_port(), free_port(), Neighbour::open(Mood::Tricky).await);
    let pli = program(&app, smtp, &neighbour);
    let request = outgoing(&martin).await;
    let (mut accepted, mut next, mut round) = (BTreeSet::new(), 0, 0);
    while round < rounds() || (accepted.len() <= 5 && round < 40) {
        round += 1;
        let mut server = pli.serve(web).await;
        let killer = async {
            an_instant(2_500).await;
            kill(&mut server).await;
        };
        tokio::join!(killer, post_all(web, &martin, &request, &mut next, &mut accepted));
    }
    assert!(accepted.len() > 5, "only {} accepted", accepted.len());
    let mut server = pli.serve(web).await;
    all_handed_over(&app, &martin, &neighbour, &accepted, 120 + rounds() as u64).await;
    assert_eq!(still_queued(&martin).await, 0, "every recipient has an end");
    kill(&mut server).await;
}

/// The other side has the whole message and says nothing: nobody knows. It is sent again, under the same Message-ID.
async fn silent_after_the_final_dot(engine: Engine) {
    let app = app_now(engine).await;
    let martin = app.holder("dr-martin").await;
    let (web, smtp, neighbour) = (free_port(), free_port(), Neighbour::open(Mood::SilentOnce).await);
    let pli = program(&app, smtp, &neighbour)
        .with("PLI_RELAY_OUT__ANSWER_SECONDS", "1")
        .with("PLI_RELAY_OUT__UNCERTAIN_SECONDS", "1");
    let request = outgoing(&martin).await;
    let mut server = pli.serve(web).await;
    let mut accepted = BTreeSet::new();
    for subject in ["tu1", "tu2", "tu3"] {
        assert!(try_post(web, &martin.authorization(), &request(subject)).await.unwrap().contains("undoStatus"));
        accepted.insert(subject.to_owned());
    }
    all_handed_over(&app, &martin, &neighbour, &accepted, 60).await;
    assert!(neighbour.ledger.repeated() >= 6, "each was sent again");
    kill(&mut server).await;
}

/// No file may grow any more: what cannot be kept is not acknowledged, the process lives, and goes on when there is room.
async fn the_disk_is_full(engine: Engine) {
    let app = app_now(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let (web, smtp, neighbour) = (free_port(), free_port(), Neighbour::open(Mood::Good).await);
    let pli = program(&app, smtp, &neighbour);
    // A write beyond the limit fails instead of ending the process, as on a disk without room.
    let mut server = pli.serve_by(web, "sh", &["-c", "trap '' XFSZ; exec \"$0\" serve", env!("CARGO_BIN_EXE_pli")]).await;
    let to = vec![roux.login.clone()];
    let sender = caller(smtp);
    // Above 64 KiB the content is a file of its own; below, it is in the database.
    let mut accepted = BTreeSet::new();
    until("the white list", 20, || async { hand_over(&sender, letter("avant", &to, 200_000)).await.is_ok() }).await;
    accepted.insert("avant".to_owned());
    limit_files(&server, "4096");
    let while_full = sender.deliver(&letter("plein", &to, 200_000), &|| true).await;
    assert!(!while_full.outcomes[0].is_final(), "said neither yes nor no: {while_full:?}");
    let request = outgoing(&martin).await;
    if engine == Engine::Sqlite {
        let small = sender.deliver(&letter("petit", &to, 500), &|| true).await;
        assert!(!small.outcomes[0].is_final(), "{small:?}");
        let said = try_post(web, &martin.authorization(), &request("s0")).await.unwrap_or_default();
        assert!(!said.contains("undoStatus"), "{said}");
    }
    assert!(server.try_wait().unwrap().is_none(), "the process lives");
    limit_files(&server, "unlimited");
    for (subject, octets) in [("plein", 200_000), ("petit", 500)] {
        hand_over(&sender, letter(subject, &to, octets)).await.unwrap();
        accepted.insert(subject.to_owned());
    }
    assert!(try_post(web, &martin.authorization(), &request("s1")).await.unwrap().contains("undoStatus"));
    all_handed_over(&app, &martin, &neighbour, &BTreeSet::from(["s1".to_owned()]), 60).await;
    each_once(&app, &roux, &accepted).await;
    kill(&mut server).await;
}

fn limit_files(server: &Child, octets: &str) {
    let pid = server.id().unwrap().to_string();
    let done = std::process::Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={octets}:unlimited")]).status();
    assert!(done.unwrap().success());
}

/// The database is crashed and started again under load, in both directions.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_is_restarted() {
    let mut postgres = OwnPostgres::start().await;
    let app = postgres.app().await;
    app.clock.set_ms(SystemClock.now_ms() - 60_000);
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let (web, smtp, neighbour) = (free_port(), free_port(), Neighbour::open(Mood::Tricky).await);
    let pli = program(&app, smtp, &neighbour);
    let request = outgoing(&martin).await;
    let mut server = pli.serve(web).await;
    let callers = Callers::start(3, smtp, vec![roux.login.clone()], 2_000);
    let (mut accepted, done) = (BTreeSet::new(), AtomicBool::new(false));
    let (posted, taken) = (AtomicUsize::new(0), callers.attempts.clone());
    let posting = async {
        let mut next = 0;
        while !done.load(Ordering::SeqCst) {
            next += 1;
            let subject = format!("s{next}");
            if try_post(web, &martin.authorization(), &request(&subject)).await.is_some_and(|a| a.contains("undoStatus")) {
                accepted.insert(subject);
                posted.fetch_add(1, Ordering::SeqCst);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let counts = || (posted.load(Ordering::SeqCst), taken.load(Ordering::SeqCst));
    let breaking = async {
        for round in 0..4 {
            // It works (again), in both directions.
            let before = counts();
            until("work after a restart", 60, || async { counts().0 > before.0 + 2 && counts().1 > before.1 + 2 }).await;
            if round < 3 {
                postgres.crash().await;
                tokio::time::sleep(Duration::from_millis(700)).await;
                postgres.up().await;
            }
        }
        done.store(true, Ordering::SeqCst);
    };
    tokio::join!(posting, breaking);
    let (received, attempts) = callers.end().await;
    assert!(server.try_wait().unwrap().is_none(), "the process outlives its database");
    println!("{} letters acknowledged in {attempts} attempts, {} messages taken", received.len(), accepted.len());
    assert!(received.len() > 5 && accepted.len() > 5);
    all_handed_over(&app, &martin, &neighbour, &accepted, 90).await;
    each_once(&app, &roux, &received).await;
    kill(&mut server).await;
}

/// One of two processes is stopped in the middle of its transactions, beyond its lease: the other takes over, and the
/// first, woken, neither completes a message nor writes a result.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_sleeps_beyond_its_lease() {
    let app = app_now(Engine::Postgres).await;
    let martin = app.holder("dr-martin").await;
    let neighbour = Neighbour::open(Mood::Slow).await;
    let (first_web, second_web) = (free_port(), free_port());
    let first = program(&app, free_port(), &neighbour);
    let second = program(&app, free_port(), &neighbour);
    let request = outgoing(&martin).await;
    let mut sleeper = first.serve(first_web).await;
    let asked = neighbour.ledger.asked.notified();
    let mut accepted = BTreeSet::new();
    for number in 0..4 {
        let subject = format!("v{number}");
        assert!(try_post(first_web, &martin.authorization(), &request(&subject)).await.unwrap().contains("undoStatus"));
        accepted.insert(subject);
    }
    asked.await;
    // What is not in the queue yet waits for another lease, of a minute.
    for _ in 0..20 {
        if app.state.store.queue_list(10).await.unwrap().len() == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    signal(&sleeper, "-STOP");
    let mut other = second.serve(second_web).await;
    all_handed_over(&app, &martin, &neighbour, &accepted, 150).await;
    assert_eq!(neighbour.ledger.repeated(), 0);
    signal(&sleeper, "-CONT");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(neighbour.ledger.repeated(), 0, "the sleeper completed nothing");
    all_handed_over(&app, &martin, &neighbour, &accepted, 5).await;
    assert!(sleeper.try_wait().unwrap().is_none(), "and lives");
    // It works on.
    kill(&mut other).await;
    assert!(try_post(first_web, &martin.authorization(), &request("v9")).await.unwrap().contains("undoStatus"));
    accepted.insert("v9".to_owned());
    all_handed_over(&app, &martin, &neighbour, &accepted, 60).await;
    kill(&mut sleeper).await;
}
