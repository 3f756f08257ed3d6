//! The receiver over real sockets: what needs the connection, not only the dialogue.

use std::time::{Duration, Instant};

use mail::Address;
use mail::header::DateTime;
use mail::report::{About, Action, DeliveryReport, NoticeHead, RecipientStatus, Status, build_delivery};
use relay::receive::{Acceptance, Note, Settings, Verdict};
use relay::smtp::Reply;
use relay::testing::{Leaf, RawClient, TestAuthority, TestGate};

use crate::setup::{BAL, letter, receiver, receiver_with, settings, trust};

const FROM: &str = "dr.durand@autre.mssante.example";

#[tokio::test]
async fn accepted_only_when_stored() {
    let gate = TestGate::with(&[BAL]);
    *gate.delay.lock().unwrap() = Duration::from_millis(300);
    let running = receiver(gate).await;
    let mut client = running.client().await;
    let started = Instant::now();
    let reply = client.message(FROM, BAL, &letter(FROM)).await;
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!(reply.to_string(), "250 2.0.0 Accepted as m1");
    let stored = running.gate().stored();
    assert_eq!(stored[0].from.as_deref(), Some(FROM));
    assert_eq!(stored[0].operator, "OPERATEUR AUTRE");

    *running.gate().instead.lock().unwrap() = Some(Acceptance::Later);
    assert_eq!(client.message(FROM, BAL, &letter(FROM)).await.code, 451);
    let virus = Reply::new(550, (6, 0), "Pièce jointe infectée : « résultats.exe »");
    *running.gate().instead.lock().unwrap() = Some(Acceptance::Refused(virus));
    let reply = client.message(FROM, BAL, &letter(FROM)).await;
    assert_eq!(reply.to_string(), "550 5.6.0 Piece jointe infectee : \" resultats.exe \"");
    // A gate that calls a success a refusal loses nothing.
    *running.gate().instead.lock().unwrap() = Some(Acceptance::Refused(Reply::new(250, (0, 0), "?")));
    assert_eq!(client.message(FROM, BAL, &letter(FROM)).await.code, 451);
    assert_eq!(running.gate().stored().len(), 1);
}

#[tokio::test]
async fn recipients_refused_in_the_dialogue() {
    let gate = TestGate::with(&[BAL]);
    gate.say("ferme@pli.mssante.example", Verdict::Closed);
    gate.say("plein@pli.mssante.example", Verdict::OverQuota);
    gate.say("x@ailleurs.mssante.example", Verdict::NotOurs);
    gate.say(
        "clos@pli.mssante.example",
        Verdict::Refused("Cet échange est clos : écrivez à votre médecin autrement.".into()),
    );
    gate.say("panne@pli.mssante.example", Verdict::Later("Try again later".into()));
    let running = receiver(gate).await;
    let mut client = running.client().await;
    client.say(&format!("MAIL FROM:<{FROM}> SIZE=100")).await;
    let answers = [
        ("ferme@pli.mssante.example", "550 5.2.1"),
        ("plein@pli.mssante.example", "552 5.2.2"),
        ("inconnu@pli.mssante.example", "550 5.1.1"),
        ("x@ailleurs.mssante.example", "550 5.7.1"),
        ("clos@pli.mssante.example", "550 5.7.1 Cet echange est clos : ecrivez a votre medecin autrement."),
        ("panne@pli.mssante.example", "451 4.2.0"),
        (BAL, "250 2.1.5"),
    ];
    for (address, expected) in answers {
        let reply = client.say(&format!("RCPT TO:<{address}>")).await.unwrap();
        assert!(reply.to_string().starts_with(expected), "{address}: {reply}");
    }
    assert_eq!(client.say("DATA").await.unwrap().code, 354);
    client.send(format!("{}\r\n.\r\n", letter(FROM)).as_bytes()).await;
    assert_eq!(client.reply().await.unwrap().code, 250);
    assert_eq!(running.gate().stored()[0].to, [BAL]);
}

fn bounce(from: &str, about: &str) -> String {
    let head = NoticeHead {
        from: Address::bare(from),
        to: Address::bare(BAL),
        subject: "Non remis".into(),
        text: "Non remis.".into(),
        message_id: "b1@autre.mssante.example".into(),
        in_reply_to: None,
        date: DateTime { unix_ms: relay::testing::NOW, offset_minutes: 0 },
        headers: Vec::new(),
    };
    let report = DeliveryReport {
        reporting_mta: Some("mx.autre.mssante.example".into()),
        recipients: vec![RecipientStatus {
            recipient: "x@autre.mssante.example".into(),
            original: None,
            action: Action::Failed,
            status: Status(5, 1, 1),
            diagnostic: None,
            remote_mta: None,
        }],
        about: About::default(),
    };
    let returned = format!("Message-ID: <{about}>\r\nSubject: x\r\n");
    String::from_utf8(build_delivery(&head, &report, Some(returned.as_bytes())).unwrap()).unwrap()
}

#[tokio::test]
async fn without_a_sender_only_notices_about_our_own_mail() {
    let gate = TestGate::with(&[BAL, "autre@pli.mssante.example"]);
    gate.sent.lock().unwrap().insert("sent@pli.mssante.example".into(), vec!["autre.mssante.example".into()]);
    gate.sent.lock().unwrap().insert("elsewhere@pli.mssante.example".into(), vec!["tiers.mssante.example".into()]);
    let running = receiver(gate).await;
    let mut client = running.client().await;
    let host = "MAILER-DAEMON@mx.autre.mssante.example";
    let cases = [
        ("about what was sent to them", bounce("postmaster@autre.mssante.example", "sent@pli.mssante.example"), 250),
        ("in the name of the host of the certificate", bounce(host, "sent@pli.mssante.example"), 250),
        ("in another's name", bounce("x@tiers.mssante.example", "sent@pli.mssante.example"), 550),
        ("about what went to somebody else", bounce(host, "elsewhere@pli.mssante.example"), 550),
        ("about what was never sent", bounce(host, "never@pli.mssante.example"), 550),
        ("no notice", letter(FROM), 550),
    ];
    for (what, text, code) in cases {
        let reply = client.message("", BAL, &text).await;
        assert_eq!(reply.code, code, "{what}: {reply}");
    }
    // With a sender the host's name is no right.
    assert_eq!(client.message(FROM, BAL, &letter(host)).await.code, 550);
    client.say("MAIL FROM:<>").await;
    assert_eq!(client.say(&format!("RCPT TO:<{BAL}>")).await.unwrap().code, 250);
    assert_eq!(client.say("RCPT TO:<autre@pli.mssante.example>").await.unwrap().code, 452);
}

#[tokio::test]
async fn nothing_said_before_tls_counts() {
    let running = receiver(TestGate::with(&[BAL])).await;
    let (mut client, greeting) = RawClient::connect(running.address).await;
    assert_eq!(greeting.unwrap().lines, ["mx.pli.mssante.example ESMTP"]);
    let ehlo = client.say("EHLO c.example").await.unwrap();
    assert!(ehlo.lines.contains(&"STARTTLS".to_owned()) && !ehlo.lines.contains(&"CHUNKING".to_owned()));
    for command in ["RCPT TO:<a@b.fr>", "DATA", "VRFY a"] {
        assert_eq!(client.say(command).await.unwrap().code, 530, "{command}");
    }
    client.send(b"STARTTLS\r\nMAIL FROM:<dr.durand@autre.mssante.example>\r\n").await;
    assert_eq!(client.reply().await.unwrap().code, 554, "injected commands end the connection");
    assert!(client.reply().await.is_none());

    let mut client = running.client().await;
    let ehlo = client.say("EHLO c.example").await.unwrap();
    for word in ["PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", "CHUNKING"] {
        assert!(ehlo.lines.iter().any(|l| l == word), "{word}");
    }
    assert_eq!(client.say("STARTTLS").await.unwrap().code, 503);
}

#[tokio::test]
async fn too_many_connections() {
    let limits = Settings { max_connections: 3, max_per_address: 2, max_per_peer: 1, ..settings() };
    let running = receiver_with(TestGate::with(&[BAL]), limits, trust()).await;
    let first = running.client().await;
    let (second, _) = RawClient::connect(running.address).await;
    let (_, greeting) = RawClient::connect(running.address).await;
    assert_eq!(greeting.unwrap().code, 421, "per address");
    let mut second = second.start_tls(Some(&crate::setup::theirs()), &[&rustls::version::TLS13]).await;
    let refused = match &mut second {
        None => true,
        Some(client) => client.say("NOOP").await.is_none(),
    };
    assert!(refused, "per certificate name");
    drop((first, second));
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut client = running.client().await;
    assert_eq!(client.message(FROM, BAL, &letter(FROM)).await.code, 250, "places are given back");
    let notes = running.gate().notes.lock().unwrap().clone();
    assert!(notes.iter().filter(|n| **n == Note::Busy).count() == 2, "{notes:?}");
}

#[tokio::test]
async fn slow_clients_are_let_go() {
    let quick = Settings {
        command_timeout: Duration::from_millis(400),
        block_timeout: Duration::from_millis(300),
        message_timeout: Duration::from_millis(900),
        handshake_timeout: Duration::from_millis(500),
        ..settings()
    };
    let running = receiver_with(TestGate::with(&[BAL]), quick, trust()).await;
    // A byte now and then is not a command.
    let (mut client, _) = RawClient::connect(running.address).await;
    let started = Instant::now();
    for byte in b"EHLO client" {
        client.send(&[*byte]).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    assert_eq!(client.reply().await.unwrap().code, 421);
    assert!(started.elapsed() < Duration::from_secs(3));
    // Nor is a line now and then a message.
    let mut client = running.client().await;
    client.say(&format!("MAIL FROM:<{FROM}>")).await;
    client.say(&format!("RCPT TO:<{BAL}>")).await;
    client.say("DATA").await;
    for _ in 0..12 {
        client.send(b"X: y\r\n").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(client.reply().await.unwrap().code, 421);
    // A handshake that never comes.
    let (mut client, _) = RawClient::connect(running.address).await;
    client.say("EHLO c.example").await;
    client.say("STARTTLS").await;
    assert!(client.reply().await.is_none());
}

/// Saying something from time to time, without ever bringing anything, keeps no place.
#[tokio::test]
async fn chatter_holds_no_place() {
    let quick =
        Settings { command_timeout: Duration::from_millis(700), message_timeout: Duration::from_millis(1500), ..settings() };
    let running = receiver_with(TestGate::with(&[BAL]), quick, trust()).await;
    let until_gone = async |mut client: RawClient| {
        let started = Instant::now();
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            match client.say("NOOP").await {
                Some(reply) if reply.code == 250 => assert!(started.elapsed() < Duration::from_secs(5), "held for ever"),
                _ => return started.elapsed(),
            }
        }
    };
    let (mut plain, _) = RawClient::connect(running.address).await;
    plain.say("EHLO c.example").await;
    assert!(until_gone(plain).await < Duration::from_millis(1200), "before TLS");
    let unknown = TestAuthority::self_signed(&Leaf::new(crate::setup::THEIRS, 1));
    let client = RawClient::secured(running.address, Some(&unknown)).await;
    assert!(until_gone(client).await < Duration::from_millis(1200), "without a good certificate");
    let mut known = running.client().await;
    assert_eq!(known.message(FROM, BAL, &letter(FROM)).await.code, 250);
    let held = until_gone(known).await;
    assert!(held > Duration::from_millis(1000) && held < Duration::from_secs(3), "{held:?}");
}

#[tokio::test]
async fn stopping_lets_a_message_end() {
    let running = receiver(TestGate::with(&[BAL])).await;
    let mut idle = running.client().await;
    let mut busy = running.client().await;
    busy.say(&format!("MAIL FROM:<{FROM}>")).await;
    busy.say(&format!("RCPT TO:<{BAL}>")).await;
    busy.say("DATA").await;
    running.stop.send(true).unwrap();
    assert_eq!(idle.reply().await.unwrap().code, 421);
    busy.send(format!("{}\r\n.\r\n", letter(FROM)).as_bytes()).await;
    assert_eq!(busy.reply().await.unwrap().code, 250);
    assert_eq!(busy.reply().await.unwrap().code, 421);
    assert_eq!(running.gate().stored().len(), 1);
}

#[tokio::test]
async fn a_client_that_leaves_loses_nothing_and_keeps_nothing() {
    let gate = TestGate::with(&[BAL]);
    *gate.delay.lock().unwrap() = Duration::from_millis(200);
    let running = receiver(gate).await;
    let mut client = running.client().await;
    client.say(&format!("MAIL FROM:<{FROM}>")).await;
    client.say(&format!("RCPT TO:<{BAL}>")).await;
    client.say("DATA").await;
    client.send(format!("{}\r\n.\r\n", letter(FROM)).as_bytes()).await;
    drop(client);
    let mut half = running.client().await;
    half.say(&format!("MAIL FROM:<{FROM}>")).await;
    half.say(&format!("RCPT TO:<{BAL}>")).await;
    half.say("DATA").await;
    half.send(letter(FROM).as_bytes()).await;
    drop(half);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(running.gate().stored().len(), 1, "what was whole is stored, what was not is gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once() {
    let running = std::sync::Arc::new(receiver(TestGate::with(&[BAL])).await);
    let started = Instant::now();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let running = running.clone();
            tokio::spawn(async move {
                let mut client = running.client().await;
                for _ in 0..10 {
                    assert_eq!(client.message(FROM, BAL, &letter(FROM)).await.code, 250);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    println!("200 messages over 20 connections in {:?}", started.elapsed());
    assert_eq!(running.gate().stored().len(), 200);
}
