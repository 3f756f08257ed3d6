//! The sender against our own receiver and against peers that follow a script.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use relay::receive::{Notify, Ret, Settings, Verdict};
use relay::send::{Delivery, Job, JobRecipient, Mx, MxError, Outcome, Routes, Sender, SenderOptions, Timeouts, Trouble};
use relay::testing::{Leaf, Script, Step, TestAuthority, TestGate, scripted_peer};
use relay::trust::{CertFault, Identity, Trust, TrustBook};

use crate::setup::{AUTHORITY, BAL, OURS, THEIRS, THIRD, clock, receiver, receiver_with, settings, theirs, trust};

/// A name service in memory.
#[derive(Debug, Clone, Default)]
pub struct Names {
    mx: HashMap<String, Vec<(u16, String)>>,
    down: bool,
}

impl Mx for Names {
    async fn hosts(&self, domain: &str) -> Result<Vec<(u16, String)>, MxError> {
        if self.down {
            return Err(MxError::Unavailable("timeout".into()));
        }
        self.mx.get(domain).cloned().ok_or(MxError::NoMail)
    }

    async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, MxError> {
        Ok(vec![IpAddr::from([127, 0, 0, 1])])
    }
}

pub fn timeouts() -> Timeouts {
    let short = Duration::from_secs(3);
    Timeouts {
        connect: short,
        greeting: short,
        handshake: short,
        command: short,
        data: short,
        block: short,
        end: Duration::from_millis(700),
    }
}

pub fn sender_to(domain: &str, hosts: &[SocketAddr], identity: Identity, trust: Trust) -> Sender<Names> {
    let hosts = hosts.iter().map(|a| (a.ip().to_string(), a.port())).collect();
    Sender::new(SenderOptions {
        hostname: "mx.pli.mssante.example".into(),
        identity,
        trust: Arc::new(TrustBook::new(trust)),
        clock: clock(),
        routes: Routes::new(Names::default()).with(domain, hosts),
        timeouts: timeouts(),
    })
    .unwrap()
}

pub fn job(domain: &str, recipients: &[&str]) -> Job {
    Job {
        from: Some("dr.martin@pli.mssante.example".into()),
        domain: domain.into(),
        recipients: recipients.iter().map(|r| JobRecipient::new(*r)).collect(),
        data: Bytes::from_static(
            b"From: dr.martin@pli.mssante.example\nTo: x@autre.mssante.example\nSubject: s\n\n.\nBonjour\n",
        ),
        envid: None,
        ret: None,
    }
}

fn only(delivery: &Delivery) -> &Outcome {
    assert_eq!(delivery.outcomes.len(), 1);
    &delivery.outcomes[0]
}

fn trouble(outcome: &Outcome) -> &Trouble {
    match outcome {
        Outcome::Failed { trouble, .. } | Outcome::Deferred { trouble, .. } => trouble,
        Outcome::Sent(_) => panic!("sent"),
    }
}

const X: &str = "x@autre.mssante.example";

#[tokio::test]
async fn to_our_own_receiver_with_an_answer_per_recipient() {
    let other = "autre@pli.mssante.example";
    let gate = TestGate::with(&[BAL, other]);
    gate.say("plein@pli.mssante.example", Verdict::OverQuota);
    gate.say("tard@pli.mssante.example", Verdict::Later("later".into()));
    let running = receiver(gate).await;
    let sender = sender_to("pli.mssante.example", &[running.address], theirs(), trust());
    let recipients = [BAL, "plein@pli.mssante.example", "tard@pli.mssante.example", "inconnu@pli.mssante.example", other];
    let mut job = job("pli.mssante.example", &recipients);
    job.from = Some(X.into());
    job.data = Bytes::from_static(b"From: x@autre.mssante.example\nSubject: s\n\n.\nBonjour");
    job.envid = Some("E=1 é".into());
    job.ret = Some(Ret::Headers);
    job.recipients[0].notify = Some(Notify { success: true, failure: true, delay: false });
    job.recipients[0].orcpt = Some("rfc822;a+b@c.fr".into());
    let delivery = sender.deliver(&job, &|| true).await;
    assert!(delivery.reached);
    let Outcome::Sent(sent) = &delivery.outcomes[0] else { panic!("{delivery:?}") };
    assert_eq!((sent.operator.as_str(), sent.dsn, sent.reply.code), ("OPERATEUR PLI", true, 250));
    assert!(
        matches!(&delivery.outcomes[1], Outcome::Failed { trouble: Trouble::Reply(r), .. } if r.to_string().starts_with("552 5.2.2"))
    );
    assert!(matches!(&delivery.outcomes[2], Outcome::Deferred { trouble: Trouble::Reply(r), .. } if r.code == 451));
    assert!(matches!(&delivery.outcomes[3], Outcome::Failed { trouble: Trouble::Reply(r), .. } if r.code == 550));
    assert!(matches!(&delivery.outcomes[4], Outcome::Sent(_)));
    let stored = running.gate().stored();
    assert_eq!((stored.len(), stored[0].to.as_slice()), (1, &[BAL.to_owned(), other.to_owned()][..]));
    assert!(stored[0].data.ends_with(b"\r\n\r\n.\r\nBonjour\r\n"), "dots and line ends");
}

#[tokio::test]
async fn more_recipients_than_the_host_takes_at_once() {
    let many: Vec<String> = (0..25).map(|n| format!("r{n}@pli.mssante.example")).collect();
    let names: Vec<&str> = many.iter().map(String::as_str).collect();
    let running = receiver_with(TestGate::with(&names), Settings { max_recipients: 10, ..settings() }, trust()).await;
    let sender = sender_to("pli.mssante.example", &[running.address], theirs(), trust());
    let mut job = job("pli.mssante.example", &names);
    job.from = Some(X.into());
    job.data = Bytes::from_static(b"From: x@autre.mssante.example\n\nx");
    let delivery = sender.deliver(&job, &|| true).await;
    assert!(delivery.outcomes.iter().all(|o| matches!(o, Outcome::Sent(_))), "{delivery:?}");
    assert_eq!(running.gate().stored().iter().map(|s| s.to.len()).collect::<Vec<_>>(), [10, 10, 5]);
}

/// The steps up to the second EHLO.
fn opening(capabilities: &'static str) -> Vec<Step> {
    vec![
        Step::Say("220 mx ESMTP\r\n"),
        Step::Expect("EHLO mx.pli.mssante.example"),
        Step::Say("250-mx\r\n250 STARTTLS\r\n"),
        Step::Expect("STARTTLS"),
        Step::Say("220 go\r\n"),
        Step::Tls,
        Step::Expect("EHLO"),
        Step::Say(capabilities),
    ]
}

const PLAIN: &str = "250 mx\r\n";

fn after(capabilities: &'static str, steps: Vec<Step>) -> Vec<Step> {
    [opening(capabilities), steps].concat()
}

/// One attempt against a script.
async fn attempt(script: Script, job: &Job) -> (Delivery, Vec<String>) {
    attempt_as(theirs(), script, job).await
}

async fn attempt_as(identity: Identity, script: Script, job: &Job) -> (Delivery, Vec<String>) {
    let (address, heard) = scripted_peer(identity, script).await;
    let sender = sender_to("autre.mssante.example", &[address], crate::setup::ours(), trust());
    let delivery = sender.deliver(job, &|| true).await;
    let heard = heard.lock().unwrap().clone();
    (delivery, heard)
}

fn accepted() -> Vec<Step> {
    vec![
        Step::Expect("MAIL FROM:<dr.martin@pli.mssante.example>\r\n"),
        Step::Say("250 ok\r\n"),
        Step::Expect("RCPT TO:<x@autre.mssante.example>\r\n"),
        Step::Say("250 ok\r\n"),
        Step::Expect("DATA"),
        Step::Say("354 go\r\n"),
    ]
}

#[tokio::test]
async fn a_plain_host() {
    let steps =
        [accepted(), vec![Step::Text, Step::Say("250 2.0.0 queued\r\n"), Step::Expect("QUIT"), Step::Say("221 bye\r\n")]]
            .concat();
    let (delivery, heard) = attempt(vec![after(PLAIN, steps)], &job("autre.mssante.example", &[X])).await;
    assert!(matches!(only(&delivery), Outcome::Sent(sent) if sent.operator == "OPERATEUR AUTRE" && !sent.dsn));
    assert!(heard[0].contains("\r\n\r\n..\r\nBonjour\r\n.\r\n"), "{}", heard[0]);
    assert!(!heard[0].replace("\r\n", "").contains('\n'));
}

/// The one case in which nobody knows: it is not tried elsewhere and not called a failure.
#[tokio::test]
async fn silence_or_a_break_after_the_final_dot() {
    for end in [Step::Silent(Duration::from_secs(5)), Step::Close] {
        let script = vec![
            after(PLAIN, [accepted(), vec![Step::Text, end.clone()]].concat()),
            after(PLAIN, [accepted(), vec![Step::Text, Step::Say("250 again\r\n")]].concat()),
        ];
        let (delivery, heard) = attempt(script, &job("autre.mssante.example", &[X])).await;
        assert_eq!(
            only(&delivery),
            &Outcome::Deferred { trouble: Trouble::Uncertain, host: Some("127.0.0.1".into()) },
            "{end:?}"
        );
        assert_eq!(heard.len(), 1);
    }
}

#[tokio::test]
async fn breaks_and_silence_before_the_end() {
    let mail = vec![Step::Expect("MAIL"), Step::Close];
    let rcpt = vec![Step::Expect("MAIL"), Step::Say("250 ok\r\n"), Step::Expect("RCPT"), Step::Close];
    let text = [accepted(), vec![Step::Bytes(5), Step::Close]].concat();
    for steps in [mail, rcpt, text] {
        let mut job = job("autre.mssante.example", &[X]);
        job.data = Bytes::from(vec![b'x'; 8 << 20]);
        let (delivery, _) = attempt(vec![after(PLAIN, steps)], &job).await;
        assert_eq!(trouble(only(&delivery)), &Trouble::Dropped);
        assert!(!only(&delivery).is_final());
    }
    let (delivery, _) =
        attempt(vec![vec![Step::Silent(Duration::from_secs(10))]], &job("autre.mssante.example", &[X])).await;
    assert_eq!(trouble(only(&delivery)), &Trouble::Silent);
    let (delivery, _) =
        attempt(vec![vec![Step::Say("HTTP/1.1 400 Bad Request\r\n")]], &job("autre.mssante.example", &[X])).await;
    assert_eq!((trouble(only(&delivery)), delivery.reached), (&Trouble::Nonsense, false));
}

#[tokio::test]
async fn replies_of_every_kind() {
    let answer = |trouble: &Trouble| match trouble {
        Trouble::Reply(reply) => reply.to_string(),
        other => format!("{other:?}"),
    };
    let rest = vec![Step::Expect("RSET"), Step::Say("250 ok\r\n")];
    let cases: Vec<(Vec<Step>, &str, bool)> = vec![
        (vec![Step::Expect("MAIL"), Step::Say("550 5.7.1 not you\r\n")], "550 5.7.1 not you", true),
        (vec![Step::Expect("MAIL"), Step::Say("451 4.7.5 crl\r\n")], "451 4.7.5 crl", false),
        (vec![Step::Expect("MAIL"), Step::Say("421 4.3.2 bye\r\n"), Step::Close], "421 4.3.2 bye", false),
        (
            [accepted()[..3].to_vec(), vec![Step::Say("550-5.1.1 no\r\n550 5.1.1 body\r\n")], rest.clone()].concat(),
            "550 5.1.1 no body",
            true,
        ),
        ([accepted()[..5].to_vec(), vec![Step::Say("554 5.6.0 no data\r\n")]].concat(), "554 5.6.0 no data", true),
        ([accepted(), vec![Step::Text, Step::Say("552 5.3.4 large\r\n")]].concat(), "552 5.3.4 large", true),
        ([accepted(), vec![Step::Text, Step::Say("451 4.3.0 disk\r\n")]].concat(), "451 4.3.0 disk", false),
        ([accepted(), vec![Step::Text, Step::Say("354 more\r\n")]].concat(), "Uncertain", false),
    ];
    for (steps, text, is_final) in cases {
        let (delivery, heard) = attempt(vec![after(PLAIN, steps)], &job("autre.mssante.example", &[X])).await;
        assert_eq!(answer(trouble(only(&delivery))), text, "{heard:?}");
        assert_eq!(only(&delivery).is_final(), is_final, "{text}");
    }
}

#[tokio::test]
async fn pipelined_with_everything_the_host_can() {
    let steps = vec![
        Step::Expect("MAIL FROM:<dr.martin@pli.mssante.example> SIZE=95 BODY=8BITMIME RET=FULL ENVID=a+2Bb\r\n"),
        Step::Expect("RCPT TO:<x@autre.mssante.example> NOTIFY=NEVER ORCPT=rfc822;x+2By\r\n"),
        Step::Expect("RCPT TO:<y@autre.mssante.example>\r\n"),
        Step::Say("250 ok\r\n452 4.2.2 full\r\n250 ok\r\n"),
        Step::Expect("DATA"),
        Step::Say("354 go\r\n"),
        Step::Text,
        Step::Say("250 ok\r\n"),
    ];
    let mut job = job("autre.mssante.example", &[X, "y@autre.mssante.example"]);
    job.data = Bytes::from("From: dr.martin@pli.mssante.example\nTo: x@autre.mssante.example\nSubject: s\n\n.\nBonjour é\n");
    job.ret = Some(Ret::Full);
    job.envid = Some("a+b".into());
    job.recipients[0].notify = Some(Notify::NEVER);
    job.recipients[0].orcpt = Some("rfc822;x+y".into());
    let all = "250-mx\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-DSN\r\n250 PIPELINING\r\n";
    let (delivery, heard) = attempt(vec![after(all, steps)], &job).await;
    assert!(
        matches!(&delivery.outcomes[0], Outcome::Deferred { trouble: Trouble::Reply(r), .. } if r.code == 452),
        "{delivery:?} {heard:?}"
    );
    assert!(matches!(&delivery.outcomes[1], Outcome::Sent(_)), "{delivery:?} {heard:?}");
}

#[tokio::test]
async fn what_a_host_cannot_take_is_not_sent() {
    let attempt_with = async |capabilities: &'static str, change: &dyn Fn(&mut Job)| {
        let mut job = job("autre.mssante.example", &[X]);
        change(&mut job);
        let (delivery, heard) = attempt(vec![after(capabilities, vec![Step::Expect("QUIT")])], &job).await;
        assert!(only(&delivery).is_final() && !heard[0].contains("MAIL"), "{heard:?}");
        trouble(only(&delivery)).clone()
    };
    assert_eq!(attempt_with("250-mx\r\n250 SIZE 50\r\n", &|_| {}).await, Trouble::TooLarge(50));
    let eight = |job: &mut Job| job.data = Bytes::from("From: a@pli.mssante.example\n\né");
    assert_eq!(attempt_with(PLAIN, &eight).await, Trouble::NoEightBit);
    let header = |job: &mut Job| job.data = Bytes::from("From: a@pli.mssante.example\nSubject: é\n\ne");
    assert_eq!(attempt_with("250-mx\r\n250 8BITMIME\r\n", &header).await, Trouble::NoUtf8);
}

/// RFC 4514 §2.1 writes the last attribute of the certificate first.
fn reversed(name: &str) -> String {
    name.split(',').rev().collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn never_without_tls_nor_to_another() {
    let one = job("autre.mssante.example", &[X]);
    let no_tls = vec![Step::Say("220 mx\r\n"), Step::Expect("EHLO"), Step::Say("250 mx\r\n"), Step::Expect("QUIT")];
    let (delivery, heard) = attempt(vec![no_tls], &one).await;
    assert_eq!(trouble(only(&delivery)), &Trouble::NoTls);
    assert!(!heard[0].contains("MAIL"));
    let refused = [opening(PLAIN)[..4].to_vec(), vec![Step::Say("454 4.7.0 no\r\n")]].concat();
    assert_eq!(trouble(only(&attempt(vec![refused], &one).await.0)), &Trouble::NoTls);
    let injected = [opening(PLAIN)[..4].to_vec(), vec![Step::Say("220 go\r\n250 injected\r\n"), Step::Tls]].concat();
    assert_eq!(trouble(only(&attempt(vec![injected], &one).await.0)), &Trouble::Nonsense);
    let broken = [opening(PLAIN)[..5].to_vec(), vec![Step::Say("no handshake at all\r\n")]].concat();
    assert!(matches!(trouble(only(&attempt(vec![broken], &one).await.0)), Trouble::Handshake(_)));

    let leaf = Leaf::new(THEIRS, 210);
    let certificates: Vec<(Identity, Trouble)> = vec![
        (TestAuthority::self_signed(&leaf), Trouble::Certificate(CertFault::SelfSigned)),
        (TestAuthority::new("X").issue(&leaf), Trouble::Certificate(CertFault::UnknownAuthority)),
        (AUTHORITY.issue(&Leaf { until: (2026, 6, 1), ..leaf.clone() }), Trouble::Certificate(CertFault::Expired)),
        (AUTHORITY.issue(&Leaf { from: (2026, 7, 1), ..leaf.clone() }), Trouble::Certificate(CertFault::NotYetValid)),
        (AUTHORITY.issue(&Leaf { serial: 666, ..leaf.clone() }), Trouble::Certificate(CertFault::Revoked)),
        (
            AUTHORITY.issue(&Leaf { usages: vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth], ..leaf }),
            Trouble::Certificate(CertFault::WrongUsage),
        ),
        (AUTHORITY.issue(&Leaf::new(OURS, 211)), Trouble::OtherCertificate(reversed(OURS))),
        (AUTHORITY.issue(&Leaf::new(THIRD, 212)), Trouble::OtherCertificate(reversed(THIRD))),
    ];
    for (identity, expected) in certificates {
        let (delivery, heard) = attempt_as(identity, vec![opening(PLAIN)], &one).await;
        assert_eq!(trouble(only(&delivery)), &expected);
        assert!(!only(&delivery).is_final() && !delivery.reached);
        assert_eq!(heard[0].matches("EHLO").count(), 1, "not a word under TLS: {heard:?}");
    }
}

#[tokio::test]
async fn the_next_host_when_one_is_down_and_only_then() {
    let (down, _) = scripted_peer(theirs(), vec![vec![Step::Say("421 4.3.2 closed\r\n"), Step::Close]]).await;
    let gone = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let good = after(PLAIN, [accepted(), vec![Step::Text, Step::Say("250 ok\r\n")]].concat());
    let (up, heard) = scripted_peer(theirs(), vec![good]).await;
    let sender = sender_to("autre.mssante.example", &[gone, down, up], crate::setup::ours(), trust());
    let delivery = sender.deliver(&job("autre.mssante.example", &[X]), &|| true).await;
    assert!(matches!(only(&delivery), Outcome::Sent(_)), "{delivery:?}");
    assert_eq!(heard.lock().unwrap().len(), 1);

    let refusing = after(
        PLAIN,
        [accepted()[..3].to_vec(), vec![Step::Say("550 5.1.1 no\r\n"), Step::Expect("RSET"), Step::Say("250 ok\r\n")]]
            .concat(),
    );
    let (first, _) = scripted_peer(theirs(), vec![refusing]).await;
    let (second, heard) = scripted_peer(theirs(), vec![opening(PLAIN)]).await;
    let sender = sender_to("autre.mssante.example", &[first, second], crate::setup::ours(), trust());
    assert!(only(&sender.deliver(&job("autre.mssante.example", &[X]), &|| true).await).is_final());
    assert!(heard.lock().unwrap().is_empty(), "a refusal is a refusal");
}

#[tokio::test]
async fn nothing_leaves_the_list_and_names_are_resolved() {
    let sender = |names: Names, trust: Trust| {
        Sender::new(SenderOptions {
            hostname: "mx.pli.mssante.example".into(),
            identity: crate::setup::ours(),
            trust: Arc::new(TrustBook::new(trust)),
            clock: clock(),
            routes: Routes::new(names),
            timeouts: timeouts(),
        })
        .unwrap()
    };
    let outcome = async |names: Names, trust: Trust, domain: &str| {
        let delivery = sender(names, trust).deliver(&job(domain, &["x@y.example"]), &|| true).await;
        trouble(only(&delivery)).clone()
    };
    let with = |hosts: &[(u16, &str)]| Names {
        mx: HashMap::from([(
            "autre.mssante.example".to_owned(),
            hosts.iter().map(|(p, h)| (*p, (*h).to_owned())).collect(),
        )]),
        down: false,
    };
    assert_eq!(outcome(Names::default(), trust(), "gmail.com").await, Trouble::NotListed);
    let no_list = Trust { list: None, ..trust() };
    assert_eq!(outcome(Names::default(), no_list, "autre.mssante.example").await, Trouble::NoList);
    assert_eq!(outcome(Names::default(), trust(), "autre.mssante.example").await, Trouble::NoSuchDomain);
    assert_eq!(outcome(with(&[(0, "")]), trust(), "autre.mssante.example").await, Trouble::NoSuchDomain, "RFC 7505");
    let down = Names { down: true, ..Names::default() };
    assert_eq!(outcome(down, trust(), "autre.mssante.example").await, Trouble::NameService("timeout".into()));

    let routes = Routes::new(with(&[(20, "b"), (10, "a"), (20, "c")]));
    let mut firsts = std::collections::HashSet::new();
    for _ in 0..50 {
        let hosts = routes.hosts("autre.mssante.example").await.unwrap();
        assert_eq!(hosts[0].name, "a");
        assert_eq!(hosts[0].addresses[0].port(), 25);
        firsts.insert(hosts[1].name.clone());
    }
    assert_eq!(firsts.len(), 2, "equals take turns");
}

#[tokio::test]
async fn addresses_cannot_inject_commands() {
    let steps = vec![Step::Expect("MAIL"), Step::Say("250 ok\r\n"), Step::Expect("RSET"), Step::Say("250 ok\r\n")];
    let evil = "x@autre.mssante.example>\r\nRCPT TO:<y@autre.mssante.example";
    let (delivery, heard) = attempt(vec![after(PLAIN, steps)], &job("autre.mssante.example", &[evil])).await;
    assert!(only(&delivery).is_final());
    assert!(!heard[0].contains("RCPT"), "{heard:?}");
}

/// A worker that was paused beyond its lease does not complete the message.
#[tokio::test]
async fn withdrawn_before_the_final_dot() {
    let (address, heard) = scripted_peer(theirs(), vec![after(PLAIN, [accepted(), vec![Step::Text]].concat())]).await;
    let sender = sender_to("autre.mssante.example", &[address], crate::setup::ours(), trust());
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let once = || asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
    let delivery = sender.deliver(&job("autre.mssante.example", &[X]), &once).await;
    assert_eq!(trouble(only(&delivery)), &Trouble::Withdrawn);
    assert!(!heard.lock().unwrap()[0].contains("Bonjour"), "the text had no end");
}
