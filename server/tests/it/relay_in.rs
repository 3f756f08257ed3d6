//! Mail of other operators, over real TLS: what is taken, what is refused and how, whom we trust meanwhile.

use std::{net::SocketAddr, path::Path, time::Duration};

use relay::smtp::Reply;
use relay::testing::{Leaf, RawClient, list_xml};
use serde_json::{Value, json};
use server::{
    relay::{Relay, keeper, receive, status},
    scan,
    service::outbox,
};
use store::{
    Actor,
    receiving::Rule,
    testing::{Engine, START_MS, TempDir},
    traces::{Chain, Class},
};
use tokio::net::TcpListener;

use crate::{
    clamd::{Clamd, VIRUS},
    harness::{TestApp, User},
    jmap::ok,
    on_both,
    operator::{self, AUTHORITY, ENTRIES, SIGNER, THEIRS},
    patients::known,
    process::Pli,
    submission::{draft, inbox, submit},
};

on_both! {
    a_message_is_delivered_once_and_durably
    recipients_are_refused_in_the_dialogue
    nobody_speaks_for_others
    patients_answer_and_never_begin
    reports_are_about_what_was_sent
    viruses_stay_outside_and_without_a_scanner_mail_waits
    trust_changes_while_a_connection_lives
    trust_outlives_the_process
}

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const BLANC: &str = "dr.blanc@autre.mssante.example";
const PATIENT: &str = "279035121518989@patient.mssante.fr";

/// Our server with its door for operators.
pub struct Open {
    pub app: TestApp,
    address: SocketAddr,
    folder: TempDir,
    settings: Vec<(String, String)>,
}

impl Open {
    pub async fn new(engine: Engine, more: &[(&str, &str)]) -> Self {
        let folder = TempDir::new();
        write_list(folder.path(), "2026-11-22T07:00:00Z", ENTRIES);
        write_crls(folder.path(), &[], (2026, 12, 20));
        let mut settings = operator::settings(folder.path(), "");
        let crls = ["racine.crl", "organisations.crl"].map(|name| folder.path().join(name).display().to_string());
        settings.push(("PLI_TRUST__CRLS".into(), crls.join(",")));
        settings.push(("PLI_RELAY__CHECK_SECONDS".into(), "1".into()));
        settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let all: Vec<(&str, &str)> = settings.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let app = TestApp::with(engine, &all).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let receiver = receive::receiver(&app.state).unwrap();
        tokio::spawn(receive::watch(app.state.clone(), Some(receiver.clone())));
        tokio::spawn(receive::serve(app.state.clone(), receiver, vec![listener]));
        let open = Self { app, address, folder, settings };
        open.fetch().await;
        open
    }

    fn relay(&self) -> &Relay {
        self.app.state.relay.as_ref().unwrap()
    }

    async fn fetch(&self) {
        keeper::fetch(&self.app.state, self.relay()).await.unwrap();
    }

    /// The other operator connects.
    pub async fn client(&self) -> RawClient {
        RawClient::secured(self.address, Some(&AUTHORITY.issue(&Leaf::new(THEIRS, 200)))).await
    }

    /// One message on a connection of its own.
    pub async fn hand_over(&self, from: &str, to: &str, text: &str) -> Reply {
        self.client().await.message(from, to, text).await
    }

    fn status(&self) -> status::Status {
        status::read(self.relay(), &self.app.state.config, self.app.state.clock.now_ms())
    }
}

fn write_list(folder: &Path, generated: &str, entries: &[(&str, &str)]) {
    std::fs::write(folder.join("liste.xml"), SIGNER.sign(&list_xml(generated, entries))).unwrap();
}

fn write_crls(folder: &Path, revoked: &[u64], until: (i32, u8, u8)) {
    std::fs::write(folder.join("racine.crl"), AUTHORITY.root_crl((2026, 11, 1), until)).unwrap();
    std::fs::write(folder.join("organisations.crl"), AUTHORITY.crl(revoked, (2026, 11, 1), until)).unwrap();
}

pub fn letter(from: &str, id: &str, subject: &str, text: &str) -> String {
    format!("From: {from}\r\nTo: x@medecin.mssante.example\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n\r\n{text}")
}

fn code(reply: &Reply) -> String {
    format!("{} {}", reply.code, reply.enhanced.map(|e| e.to_string()).unwrap_or_default())
}

async fn a_message_is_delivered_once_and_durably(engine: Engine) {
    let open = Open::new(engine, &[]).await;
    let app = &open.app;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let text = letter(BLANC, "1@autre", "Compte rendu", "Bonjour");
    let mut client = open.client().await;
    for line in [format!("MAIL FROM:<{BLANC}>"), format!("RCPT TO:<{}>", martin.login), format!("RCPT TO:<{}>", roux.login)]
    {
        assert_eq!(client.say(&line).await.unwrap().code, 250, "{line}");
    }
    assert_eq!(client.say("DATA").await.unwrap().code, 354);
    client.send(format!("{text}\r\n.\r\n").as_bytes()).await;
    assert_eq!(code(&client.reply().await.unwrap()), "250 2.0.0");
    assert_eq!(
        (inbox(app, &martin).await, inbox(app, &roux).await),
        (vec!["Compte rendu".to_owned()], vec!["Compte rendu".into()])
    );

    // Again, by the same connection and by another: said to be accepted, not delivered twice.
    assert_eq!(client.message(BLANC, &martin.login, &text).await.code, 250);
    assert_eq!(open.hand_over(BLANC, &martin.login, &text).await.code, 250);
    assert_eq!(inbox(app, &martin).await.len(), 1);
    // Another BAL has not got it yet; another content is another message; neither is what was destroyed new again.
    let petit = app.holder("dr-petit").await;
    assert_eq!(open.hand_over(BLANC, &petit.login, &text).await.code, 250);
    assert_eq!(inbox(app, &petit).await.len(), 1);
    let other = letter(BLANC, "1@autre", "Compte rendu", "Bonsoir");
    assert_eq!(open.hand_over(BLANC, &martin.login, &other).await.code, 250);
    let list = ok(&martin, "Email/query", json!({"accountId": martin.account()})).await;
    assert_eq!(list["ids"].as_array().unwrap().len(), 2);
    ok(&martin, "Email/set", json!({"accountId": martin.account(), "destroy": list["ids"]})).await;
    assert_eq!(open.hand_over(BLANC, &martin.login, &text).await.code, 250);
    assert_eq!(inbox(app, &martin).await.len(), 0);

    let got = ok(&roux, "Email/query", json!({"accountId": roux.account()})).await;
    let got =
        ok(&roux, "Email/get", json!({"accountId": roux.account(), "ids": got["ids"], "properties": ["headers"]})).await;
    let names: Vec<&str> =
        got["list"][0]["headers"].as_array().unwrap().iter().map(|h| h["name"].as_str().unwrap()).collect();
    assert_eq!(names[..2], ["Return-Path", "Received"], "{names:?}");
    let traces = app.state.store.traces(Chain::Account(roux.account()), Class::Functional, 0, 100).await.unwrap();
    let trace = traces.iter().find(|row| row.kind == "email-receive").unwrap();
    assert!(
        trace.detail.to_string().contains("OPERATEUR AUTRE") && !trace.detail.to_string().contains("blanc"),
        "{trace:?}"
    );
    let metrics = open.relay().figures.text();
    assert!(metrics.contains("pli_relay_in_accepted_total 6\n"), "{metrics}");
}

async fn recipients_are_refused_in_the_dialogue(engine: Engine) {
    let open = Open::new(engine, &[("PLI_RELAY__POSTMASTER", "dr-martin@medecin.mssante.example")]).await;
    let app = &open.app;
    let (martin, full, gone, asleep) =
        (app.holder("dr-martin").await, app.holder("plein").await, app.holder("parti").await, app.holder("suspendu").await);
    let store = &app.state.store;
    store.account_rule_set(Actor::COMMAND, asleep.account(), Rule::Suspended(true)).await.unwrap();
    store.closing_ask(Actor::COMMAND, gone.person, gone.account(), 0).await.unwrap();
    assert!(store.account_erase(gone.account()).await.unwrap());
    let text = letter(BLANC, "1@autre", "a", &"x".repeat(900));
    assert_eq!(open.hand_over(BLANC, &full.login, &text).await.code, 250);
    store.account_rule_set(Actor::COMMAND, full.account(), Rule::Quota(Some(2000))).await.unwrap();
    let mut client = open.client().await;
    assert_eq!(client.say(&format!("MAIL FROM:<{BLANC}> SIZE=1000")).await.unwrap().code, 250);
    for (to, expected) in [
        ("personne@medecin.mssante.example", "550 5.1.1"),
        ("x@ailleurs.mssante.example", "550 5.7.1"),
        (gone.login.as_str(), "550 5.2.1"),
        (asleep.login.as_str(), "550 5.2.1"),
        (full.login.as_str(), "552 5.2.2"),
        (martin.login.as_str(), "250 2.1.5"),
        ("Postmaster@medecin.mssante.example", "250 2.1.5"),
        ("postmaster@ailleurs.mssante.example", "550 5.7.1"),
    ] {
        assert_eq!(code(&client.say(&format!("RCPT TO:<{to}>")).await.unwrap()), expected, "{to}");
    }
    // Less still fits, and the default counts where nothing is set for the BAL.
    assert_eq!(client.say("RSET").await.unwrap().code, 250);
    assert_eq!(client.say(&format!("MAIL FROM:<{BLANC}> SIZE=100")).await.unwrap().code, 250);
    assert_eq!(client.say(&format!("RCPT TO:<{}>", full.login)).await.unwrap().code, 250);
    store.account_rule_set(Actor::COMMAND, full.account(), Rule::Quota(None)).await.unwrap();
    assert_eq!(client.say(&format!("RCPT TO:<{}>", full.login)).await.unwrap().code, 250);
    let metrics = open.relay().figures.text();
    assert!(metrics.contains("pli_relay_in_refused_total{code=\"552 5.2.2\"} 1\n"), "{metrics}");
    // Mail from here knows the same limits.
    store.account_rule_set(Actor::COMMAND, full.account(), Rule::Quota(Some(1000))).await.unwrap();
    let email = draft(&martin, &[&full.login, &asleep.login], "Bilan").await;
    submit(&martin, &email, json!({})).await;
    outbox::run(&app.state).await.unwrap();
    assert_eq!(inbox(app, &full).await, ["a"]);
    assert_eq!(inbox(app, &asleep).await.len(), 0);
    assert_eq!(inbox(app, &martin).await, ["Non remis : Bilan"]);
}

async fn nobody_speaks_for_others(engine: Engine) {
    let open = Open::new(engine, &[]).await;
    let martin = open.app.holder("dr-martin").await;
    let foreign = letter("dr.x@medecin.mssante.example", "1@autre", "a", "b");
    assert_eq!(open.hand_over(BLANC, &martin.login, &foreign).await.code, 550);
    assert_eq!(open.hand_over("dr.x@medecin.mssante.example", &martin.login, &foreign).await.code, 550);
    assert_eq!(open.hand_over("", &martin.login, &letter(BLANC, "2@autre", "a", "b")).await.code, 550);
    let mut stranger = RawClient::secured(open.address, None).await;
    assert_eq!(stranger.message(BLANC, &martin.login, &letter(BLANC, "3@autre", "a", "b")).await.code, 530);
    // A domain outside of any suffix is as good as any on the list.
    let apicrypt = letter("labo@mssante.apicrypt.example", "4@autre", "Apicrypt", "b");
    assert_eq!(open.hand_over("labo@mssante.apicrypt.example", &martin.login, &apicrypt).await.code, 250);
    assert_eq!(inbox(&open.app, &martin).await, ["Apicrypt"]);
}

/// Sends by the outbox; the Message-ID under which it left.
async fn sent(app: &TestApp, user: &User<'_>, to: &str, subject: &str) -> String {
    let email = draft(user, &[to], subject).await;
    let made = submit(user, &email, json!({})).await;
    let id = made["created"]["s"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    let got = ok(user, "Email/get", json!({"accountId": user.account(), "ids": [email], "properties": ["messageId"]})).await;
    match got["list"][0]["messageId"][0].as_str() {
        Some(own) => own.to_owned(),
        None => format!("{id}@medecin.mssante.example"),
    }
}

async fn patients_answer_and_never_begin(engine: Engine) {
    let open = Open::new(engine, &[]).await;
    let app = &open.app;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let answer = |from: &str, id: &str, to: &str| {
        format!("From: {from}\r\nTo: x@y.fr\r\nSubject: Re: a\r\nMessage-ID: <{id}>\r\nIn-Reply-To: <{to}>\r\n\r\nMerci")
    };
    let hand_over = async |to: &str, text: String| open.hand_over(PATIENT, to, &text).await;
    let first = hand_over(&martin.login, letter(PATIENT, "p1@mes", "Bonjour", "x")).await;
    assert_eq!((code(&first).as_str(), first.text().contains("ecrire en premier")), ("550 5.7.1", true), "{first}");

    let other = "185072A00412388@patient.mssante.fr";
    known(app, &martin, PATIENT).await;
    let message = sent(app, &martin, PATIENT, "Vos résultats").await;
    assert_eq!(hand_over(&martin.login, answer(PATIENT, "p2@mes", &message)).await.code, 250);
    // Of another patient, to another BAL, to another message, in another's name.
    assert_eq!(open.hand_over(other, &martin.login, &answer(other, "p3@mes", &message)).await.code, 550);
    assert_eq!(hand_over(&roux.login, answer(PATIENT, "p4@mes", &message)).await.code, 550);
    assert_eq!(hand_over(&martin.login, answer(PATIENT, "p5@mes", "unknown@x")).await.code, 550);
    assert_eq!(hand_over(&martin.login, answer(other, "p6@mes", &message)).await.code, 550);
    assert_eq!(open.hand_over(BLANC, &martin.login, &answer(PATIENT, "p7@mes", &message)).await.code, 550);
    let with_sender = answer(PATIENT, "p8@mes", &message).replacen("To:", &format!("Sender: {other}\r\nTo:"), 1);
    assert_eq!(hand_over(&martin.login, with_sender).await.code, 550);

    // Closed by the professional; a new message may be answered again, the old one may not.
    sent(app, &martin, PATIENT, "[FIN]").await;
    let closed = hand_over(&martin.login, answer(PATIENT, "p9@mes", &message)).await;
    assert_eq!((closed.code, closed.text().contains("clos cet echange")), (550, true), "{closed}");
    let again = sent(app, &martin, PATIENT, "Contrôle").await;
    assert_eq!(hand_over(&martin.login, answer(PATIENT, "p10@mes", &message)).await.code, 550);
    assert_eq!(hand_over(&martin.login, answer(PATIENT, "p11@mes", &again)).await.code, 250);
    assert_eq!(inbox(app, &martin).await.len(), 2);

    // A pharmacy may be written to first, where its BAL is set so.
    app.state.store.account_rule_set(Actor::COMMAND, roux.account(), Rule::PatientsBegin(true)).await.unwrap();
    assert_eq!(hand_over(&roux.login, letter(PATIENT, "p12@mes", "Ordonnance", "x")).await.code, 250);
    assert_eq!(inbox(app, &roux).await, ["Ordonnance"]);
}

fn failure(about: &str, recipient: &str) -> String {
    format!(
        "From: MAILER-DAEMON@autre.mssante.example\r\nTo: x@y.fr\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         Message-ID: <dsn-{about}>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; \
         boundary=k\r\n\r\n--k\r\n\r\nNot delivered\r\n--k\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mx.autre.mssante.example\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: failed\r\n\
         Status: 5.2.1\r\nDiagnostic-Code: smtp; 550 5.2.1 closed\r\n\r\n--k\r\nContent-Type: text/rfc822-headers\r\n\r\n\
         Message-ID: <{about}>\r\nSubject: a\r\n\r\n--k--"
    )
}

async fn delivered(user: &User<'_>, to: &str) -> Value {
    let got = ok(user, "EmailSubmission/get", json!({"accountId": user.account(), "ids": null})).await;
    got["list"][0]["deliveryStatus"][to]["delivered"].clone()
}

async fn reports_are_about_what_was_sent(engine: Engine) {
    let open = Open::new(engine, &[]).await;
    let app = &open.app;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let message = sent(app, &martin, BLANC, "Bilan").await;
    assert_eq!(delivered(&martin, BLANC).await, "queued");
    assert_eq!(open.hand_over("", &martin.login, &failure("never@x", BLANC)).await.code, 550);
    assert_eq!(open.hand_over("", &roux.login, &failure(&message, BLANC)).await.code, 550, "another BAL sent it");
    for _ in 0..2 {
        assert_eq!(open.hand_over("", &martin.login, &failure(&message, BLANC)).await.code, 250);
    }
    assert_eq!(delivered(&martin, BLANC).await, "no");
    assert_eq!(inbox(app, &martin).await, ["Non remis : Bilan"], "told once");
}

async fn viruses_stay_outside_and_without_a_scanner_mail_waits(engine: Engine) {
    let clamd = Clamd::open().await;
    let place = clamd.address.to_string();
    let open = Open::new(engine, &[("PLI_SCAN__CLAMD", &place), ("PLI_SCAN__TIMEOUT_SECONDS", "5")]).await;
    let martin = open.app.holder("dr-martin").await;
    // Larger than one piece of the stream.
    let large = format!("{}\r\n", "x".repeat(70)).repeat(2000);
    assert_eq!(open.hand_over(BLANC, &martin.login, &letter(BLANC, "1@autre", "Sain", &large)).await.code, 250);
    let sick = letter(BLANC, "2@autre", "Malade", &format!("{large}{VIRUS}"));
    let refused = open.hand_over(BLANC, &martin.login, &sick).await;
    assert_eq!((refused.code, refused.text().contains("Win.Test.ESSAI-1")), (554, true), "{refused}");
    clamd.fail(true);
    let waiting = letter(BLANC, "3@autre", "Plus tard", "x");
    assert_eq!(open.hand_over(BLANC, &martin.login, &waiting).await.code, 451);
    clamd.fail(false);
    assert_eq!(open.hand_over(BLANC, &martin.login, &waiting).await.code, 250);
    assert_eq!(inbox(&open.app, &martin).await.len(), 2);
    let metrics = open.app.state.metrics.text();
    assert!(metrics.contains("pli_events_total{name=\"scan\",result=\"unavailable\"} 1\n"), "{metrics}");
    let with_file = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=k\r\n\r\n--k\r\n\r\nBonjour\r\n--k\r\nContent-Type: \
         application/octet-stream\r\nContent-Disposition: attachment; filename=\"facture.exe\"\r\n\r\n{VIRUS}\r\n--k--\r\n"
    );
    let found = scan::message(&open.app.state, with_file.as_bytes()).await;
    assert_eq!(found, scan::Found::Virus { file: Some("facture.exe".into()), name: "Win.Test.ESSAI-1".into() });
}

async fn trust_changes_while_a_connection_lives(engine: Engine) {
    let open = Open::new(engine, &[]).await;
    let martin = open.app.holder("dr-martin").await;
    let mut client = open.client().await;
    assert_eq!(client.message(BLANC, &martin.login, &letter(BLANC, "1@autre", "Un", "x")).await.code, 250);
    let without: Vec<_> = ENTRIES.iter().filter(|(domain, _)| *domain != "autre.mssante.example").copied().collect();
    // Older, altered, or not there at all: the list in force stays.
    write_list(open.folder.path(), "2026-11-22T06:00:00Z", &without);
    open.fetch().await;
    let list = open.folder.path().join("liste.xml");
    write_list(open.folder.path(), "2026-11-22T07:30:00Z", &without);
    let altered = std::fs::read_to_string(&list).unwrap().replacen("muet.mssante", "mueX.mssante", 1);
    std::fs::write(&list, altered).unwrap();
    open.fetch().await;
    std::fs::remove_file(&list).unwrap();
    open.fetch().await;
    assert_eq!(client.message(BLANC, &martin.login, &letter(BLANC, "2@autre", "Deux", "x")).await.code, 250);
    // A good one: from its next message on the same connection may not speak for the domain any more.
    write_list(open.folder.path(), "2026-11-22T07:30:00Z", &without);
    open.fetch().await;
    assert_eq!(code(&client.say(&format!("MAIL FROM:<{BLANC}>")).await.unwrap()), "550 5.7.1");
    let labo = "labo@mssante.apicrypt.example";
    assert_eq!(client.say(&format!("MAIL FROM:<{labo}>")).await.unwrap().code, 250);
    assert_eq!(client.say("RSET").await.unwrap().code, 250);

    // Revoked while connected; then the revocation lists pass their date and nothing newer comes.
    write_crls(open.folder.path(), &[200], (2026, 12, 20));
    open.fetch().await;
    assert_eq!(code(&client.say(&format!("MAIL FROM:<{labo}>")).await.unwrap()), "550 5.7.5");
    write_crls(open.folder.path(), &[], (2026, 12, 20));
    open.fetch().await;
    assert_eq!(client.say(&format!("MAIL FROM:<{labo}>")).await.unwrap().code, 250);
    assert_eq!(client.say("RSET").await.unwrap().code, 250);
    std::fs::remove_file(open.folder.path().join("organisations.crl")).unwrap();
    open.fetch().await;
    assert_eq!(client.say(&format!("MAIL FROM:<{labo}>")).await.unwrap().code, 250, "the last good one counts");
    assert_eq!(client.say("RSET").await.unwrap().code, 250);
    assert!(open.status().metrics().contains("pli_trust_crl_failing 1\n"));
    open.app.clock.advance_ms(40 * DAY_MS);
    assert_eq!(code(&client.say(&format!("MAIL FROM:<{labo}>")).await.unwrap()), "451 4.7.5");
    assert!(open.status().sentences().iter().any(|alarm| alarm.contains("périmée")), "{:?}", open.status());

    // A new certificate of ours is taken up beside the connections that live.
    let before = open.relay().identity.shown().unwrap().serial;
    let renewed = AUTHORITY.issue(&Leaf::new(operator::OURS, 101));
    operator::write_identity(open.folder.path(), &renewed);
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if open.relay().identity.shown().unwrap().serial != before {
            return;
        }
    }
    panic!("the new certificate was not taken up");
}

async fn trust_outlives_the_process(engine: Engine) {
    let open = Open::new(engine, &[]).await;
    std::fs::remove_file(open.folder.path().join("liste.xml")).unwrap();
    let again = open.app.another(&open.settings).await;
    assert!(!again.is_listed(BLANC));
    server::relay::restore(&again).await.unwrap();
    assert!(again.is_listed(BLANC) && !again.is_listed("x@dehors.example"));
    let relay = again.relay.as_ref().unwrap();
    keeper::fetch(&again, relay).await.unwrap();
    let read = |now: i64| status::read(relay, &again.config, now);
    assert!(!read(START_MS + 23 * HOUR_MS).late && read(START_MS + 25 * HOUR_MS).late);
    assert!(again.is_listed(BLANC), "the last one that verified stays in force");
    let late = read(START_MS + 25 * HOUR_MS).metrics();
    assert!(late.contains("pli_trust_list_alarm 1\n") && late.contains("pli_trust_list_age_seconds 90000\n"), "{late}");
    assert!(late.contains("CN=mx.pli.mssante.example\"} 403\n"), "{late}");
}

/// The operator's command: words and an exit code.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_explained_on_the_command_line() {
    let open = Open::new(Engine::Sqlite, &[]).await;
    let pli = open.settings.iter().fold(Pli::new(&open.app), |pli, (name, value)| pli.with(name, value));
    let list = open.folder.path().join("liste.xml");
    let check = async || {
        let output = pli.command(&["trust", "check", list.to_str().unwrap()]).output().await.unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (status, said) = check().await;
    assert_eq!((status, said.contains("Liste VÉRIFIÉE")), (0, true), "{said}");
    assert!(said.contains(&format!("Entrées            {}", ENTRIES.len())), "{said}");
    let altered = std::fs::read_to_string(&list).unwrap().replacen("muet.mssante", "mueX.mssante", 1);
    std::fs::write(&list, altered).unwrap();
    let (status, said) = check().await;
    assert_eq!((status, said.contains("modifié après la signature")), (3, true), "{said}");
    let output = pli.command(&["trust", "status"]).output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&format!("Liste blanche      {} domaines", ENTRIES.len())), "{said}");
}
