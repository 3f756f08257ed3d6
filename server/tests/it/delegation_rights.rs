//! What a delegation lets one do, at every moment: against a plain reckoning after random grants, changes, ends and moves
//! of the clock; and how soon everything under way stops, on two servers.

use std::{net::SocketAddr, time::Duration};

use relay::receive::Verdict;
use serde_json::json;
use server::{boot, service::outbox};
use store::{delegations::act::Change, testing::Engine};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};
use wire::{
    delegation::DelegateRole,
    id::{AccountId, DelegationId},
    portal::Action,
};

use crate::{
    delegation::{DAY, MINUTE, actor, delegate, secretary},
    harness::{TestApp, User, ordinary},
    http_client,
    jmap::{calls, ok, upload},
    on_both,
    patients::known,
    patients_exchange::{Gateway, PATIENT},
    submission::{draft, inbox, submit},
};

on_both! {
    what_one_can_do_is_what_was_given
    everything_under_way_stops_on_both_servers
    the_other_server_sends_nothing_once_the_right_ended
    what_waits_for_another_operator_stops_too
}

/// Numbers that look random, the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    pub fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
}

/// A delegation as one would reckon it on paper.
struct Given {
    who: usize,
    id: DelegationId,
    role: DelegateRole,
    from: i64,
    to: i64,
}

/// What JMAP lets a person do, by one method per action.
pub async fn allowed(user: &User<'_>, account: AccountId) -> Vec<Action> {
    let probes = [
        (Action::Read, "Mailbox/get", json!({"accountId": account, "ids": []})),
        (Action::Sort, "Mailbox/set", json!({"accountId": account})),
        (Action::Draft, "Email/import", json!({"accountId": account, "emails": {}})),
        (Action::Send, "EmailSubmission/set", json!({"accountId": account})),
        (Action::Manage, "Identity/set", json!({"accountId": account})),
    ];
    let asked: Vec<_> = probes.iter().enumerate().map(|(at, (_, name, args))| json!([name, args, at.to_string()])).collect();
    let answers = calls(user, json!(asked)).await;
    let mut allowed = Vec::new();
    for ((action, name, _), answer) in probes.iter().zip(answers.as_array().unwrap()) {
        match answer[0].as_str().unwrap() {
            "error" => {
                let kind = answer[1]["type"].as_str().unwrap();
                assert!(["accountNotFound", "accountReadOnly"].contains(&kind), "{name}: {answer}");
                // A BAL that may not be read looks like none, whatever is asked of it.
                assert_eq!(kind == "accountNotFound", !allowed.contains(&Action::Read), "{name}: {answer}");
            }
            _ => allowed.push(*action),
        }
    }
    allowed
}

async fn what_one_can_do_is_what_was_given(engine: Engine) {
    let app = TestApp::new(engine).await;
    let martin = app.holder("dr-martin").await;
    let people =
        [secretary(&app, "marie", &martin).await, secretary(&app, "nadia", &martin).await, app.holder("dr-roux").await];
    let (store, account) = (&app.state.store, martin.account());
    let mut dice = Dice(20_261_122);
    let mut given: Vec<Given> = Vec::new();
    for step in 0..60 {
        let now = store.now();
        given.retain(|one| one.to > now);
        match dice.below(6) {
            0 | 1 => {
                let who = dice.below(3) as usize;
                let role = dice.of(&DelegateRole::ALL);
                let (wait, span) = (dice.of(&[0, 0, 5 * MINUTE, DAY]), dice.of(&[MINUTE, 30 * MINUTE, DAY, 30 * DAY]));
                let made = delegate(&app, &martin, &people[who], role, (wait, span)).await;
                match given.iter().any(|one| one.who == who) {
                    true => assert!(matches!(made, Err(store::Error::Refused("delegation-already"))), "{made:?}"),
                    false => given.push(Given { who, id: made.unwrap(), role, from: now + wait, to: now + wait + span }),
                }
            }
            2 if !given.is_empty() => {
                let at = dice.below(given.len() as u64) as usize;
                let (role, to_at) = (dice.of(&DelegateRole::ALL), now + dice.of(&[MINUTE, DAY, 60 * DAY]));
                let one = &mut given[at];
                let attested = Some(server::service::delegation::attestation());
                store
                    .delegation_change(actor(martin.person), account, one.id, Change { role, to_at, attested })
                    .await
                    .unwrap();
                (one.role, one.to) = (role, to_at);
            }
            3 if !given.is_empty() => {
                let one = given.remove(dice.below(given.len() as u64) as usize);
                assert!(store.delegation_end(actor(martin.person), account, one.id).await.unwrap().is_some());
                assert!(store.delegation_end(actor(martin.person), account, one.id).await.unwrap().is_none());
            }
            _ => app.clock.advance_ms(dice.of(&[1, 30_000, 6 * MINUTE, 40 * MINUTE, 25 * 60 * MINUTE])),
        }
        let now = store.now();
        for (who, person) in people.iter().enumerate() {
            let holds = given.iter().find(|one| one.who == who && one.from <= now && now < one.to);
            let expected: &[Action] = holds.map_or(&[], |one| one.role.actions());
            assert_eq!(allowed(person, account).await, expected, "step {step}, person {who}");
            let session = person.get("/jmap/session").await.json();
            let shown = session["accounts"].get(account.to_string()).is_some();
            assert_eq!(shown, !expected.is_empty(), "step {step}, person {who}: {session}");
        }
        assert_eq!(allowed(&martin, account).await, Action::ALL, "the holder keeps everything");
    }
}

/// Another process over the same database.
pub async fn second(app: &TestApp) -> (SocketAddr, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let store = app.test_store.again().await;
    let (state, stop) = boot::state((*app.state.config).clone(), store, app.clock.clone()).unwrap();
    tokio::spawn(boot::serve(state, vec![listener]));
    (address, stop)
}

/// A request whose answer is read slowly: the connection, after the first bytes came.
pub async fn begun(to: SocketAddr, path: &str, who: &User<'_>) -> TcpStream {
    let mut tcp = TcpStream::connect(to).await.unwrap();
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {}\r\n\r\n", who.authorization());
    tcp.write_all(head.as_bytes()).await.unwrap();
    let mut piece = [0; 512];
    let read = tcp.read(&mut piece).await.unwrap();
    assert!(String::from_utf8_lossy(&piece[..read]).starts_with("HTTP/1.1 200"));
    tcp
}

/// How much comes until the other side ends; fails when it does not.
pub async fn rest(mut tcp: TcpStream) -> usize {
    let (mut total, mut piece) = (0, vec![0; 64 * 1024]);
    let read = async {
        while let Ok(count @ 1..) = tcp.read(&mut piece).await {
            total += count;
        }
    };
    timeout(Duration::from_secs(8), read).await.expect("it goes on");
    total
}

async fn everything_under_way_stops_on_both_servers(engine: Engine) {
    const LARGE: usize = 24 * 1024 * 1024;
    let app = TestApp::new(engine).await;
    let (other, _stop) = second(&app).await;
    let martin = app.holder("dr-martin").await;
    let marie = secretary(&app, "marie", &martin).await;
    let id = delegate(&app, &martin, &marie, DelegateRole::Send, (0, DAY)).await.unwrap();
    let blob = upload(&martin, &vec![b'a'; LARGE], "application/octet-stream").await;
    let download = format!("/jmap/download/{}/{blob}/a.bin", martin.account());
    let mut streams = Vec::new();
    let mut downloads = Vec::new();
    for server in [app.address, other] {
        streams.push(begun(server, "/jmap/events?types=*&closeafter=no&ping=0", &marie).await);
        downloads.push(begun(server, &download, &marie).await);
    }
    // It is ended on the first one.
    app.clock.advance_ms(1);
    app.state.store.delegation_end(actor(martin.person), martin.account(), id).await.unwrap().unwrap();
    let authorization = marie.authorization();
    let headers = [("Authorization", authorization.as_str())];
    for server in [app.address, other] {
        // Lists, drafts and application passwords: the next request finds nothing.
        let page = http_client::send(server, "GET", &format!("/courrier/{}", martin.account()), &headers, b"").await;
        assert_eq!(page.status, 404);
        let session = http_client::send(server, "GET", "/jmap/session", &headers, b"").await.json();
        assert!(session["accounts"].as_object().unwrap().is_empty(), "{session}");
    }
    for stream in streams {
        rest(stream).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    for download in downloads {
        let came = rest(download).await;
        assert!(came < LARGE / 2, "{came} octets came after the right had ended");
    }
}

async fn the_other_server_sends_nothing_once_the_right_ended(engine: Engine) {
    let app = TestApp::new(engine).await;
    let other = app.another(&[("PLI_SMTP__URL".into(), format!("smtp://127.0.0.1:{}", app.post.port))]).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let marie = secretary(&app, "marie", &martin).await;
    let id = delegate(&app, &martin, &marie, DelegateRole::Send, (0, DAY)).await.unwrap();
    // One that leaves after the seconds of its undo, one that is scheduled.
    for (subject, seconds) in [("Tout de suite", "10"), ("Plus tard", "3600")] {
        let email = draft(&marie, &[&roux.login], subject).await;
        let from = json!({"email": martin.login, "parameters": {"HOLDFOR": seconds}});
        let held = json!({"envelope": {"mailFrom": from, "rcptTo": [{"email": roux.login}]}});
        assert!(submit(&marie, &email, held).await["created"]["s"].is_object());
    }
    app.clock.advance_ms(1000);
    app.state.store.delegation_end(actor(martin.person), martin.account(), id).await.unwrap().unwrap();
    app.clock.advance_ms(3_700_000);
    assert_eq!(outbox::run(&other).await.unwrap(), 2, "the second process takes both up");
    assert_eq!(outbox::run(&app.state).await.unwrap(), 0, "nothing is left to the first");
    assert!(inbox(&app, &roux).await.is_empty());
    // The BAL says what did not leave and why; she, who cannot open it any more, is told outside of it, of no names.
    let notices = inbox(&app, &martin).await;
    assert!(notices.len() == 2 && notices.iter().any(|one| one.contains("Plus tard")), "{notices:?}");
    let query = ok(&martin, "Email/query", json!({"accountId": martin.account(), "limit": 1})).await;
    let get = json!({"accountId": martin.account(), "ids": query["ids"], "properties": ["bodyValues", "textBody"],
        "fetchTextBodyValues": true});
    let notice = ok(&martin, "Email/get", get).await["list"][0]["bodyValues"].to_string();
    assert!(notice.contains("a été retirée avant l’envoi"), "{notice}");
    let letter = app.post.letter(&ordinary("marie"), 0).await;
    assert!(letter.contains("pas parti") && letter.contains("avait pris fin"), "{letter}");
    assert!(!letter.contains("Plus tard") && !letter.contains("martin") && !letter.contains("roux"), "{letter}");
}

async fn what_waits_for_another_operator_stops_too(engine: Engine) {
    let gateway = Gateway::new(engine).await;
    let app = gateway.app();
    let martin = app.holder("dr-martin").await;
    known(app, &martin, PATIENT).await;
    let marie = secretary(app, "marie", &martin).await;
    let id = delegate(app, &martin, &marie, DelegateRole::Send, (0, DAY)).await.unwrap();
    gateway.gate().say(PATIENT, Verdict::Later("Busy".into()));
    let email = draft(&marie, &[PATIENT], "Attendu").await;
    assert!(submit(&marie, &email, json!({})).await["created"]["s"].is_object());
    let waits = async |tried: bool| {
        for _ in 0..200 {
            outbox::run(&app.state).await.unwrap();
            let queue = app.state.store.queue_list(10).await.unwrap();
            if queue.first().is_some_and(|job| job.attempts > 0) == tried && queue.is_empty() != tried {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the queue did not come to that");
    };
    waits(true).await;
    app.state.store.delegation_end(actor(martin.person), martin.account(), id).await.unwrap().unwrap();
    gateway.gate().say(PATIENT, Verdict::Accept);
    app.clock.advance_ms(3_600_000);
    waits(false).await;
    assert!(gateway.gate().stored().is_empty());
    let letter = app.post.letter(&ordinary("marie"), 0).await;
    assert!(letter.contains("pas parti") && !letter.contains("Attendu") && !letter.contains("martin"), "{letter}");
}
