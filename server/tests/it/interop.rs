//! The real program with peers that nobody here wrote: Postfix both ways, swaks, smtp-server and nodemailer. Over
//! TLS 1.3 a server judges a client's certificate after the handshake: it is the reply that counts, not the connection.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use store::testing::Engine;
use store::{Clock as _, SystemClock};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::{
    harness::{TestApp, User},
    jmap::ok,
    ledger::outgoing_to,
    postfix::Postfix,
    process::{Pli, try_post},
    space::{free_port, space},
};

/// Asks again until there is something.
async fn wait_for<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < end, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn app_now() -> TestApp {
    let app = TestApp::new(Engine::Sqlite).await;
    app.clock.set_ms(SystemClock.now_ms() - 60_000);
    app
}

/// The messages of a BAL with this subject, with their text.
async fn received(user: &User<'_>, subject: &str) -> Vec<Value> {
    let found = ok(user, "Email/query", json!({"accountId": user.account()})).await;
    let got = ok(
        user,
        "Email/get",
        json!({"accountId": user.account(), "ids": found["ids"], "fetchTextBodyValues": true,
        "properties": ["subject", "bodyValues", "headers", "from"]}),
    )
    .await;
    let list = got["list"].as_array().unwrap().iter();
    list.filter(|email| email["subject"].as_str().unwrap_or_default() == subject).cloned().collect()
}

fn text(email: &Value) -> String {
    email["bodyValues"].as_object().unwrap().values().filter_map(|v| v["value"].as_str()).collect()
}

async fn status(user: &User<'_>, id: &str) -> Value {
    let got = ok(user, "EmailSubmission/get", json!({"accountId": user.account(), "ids": [id]})).await;
    got["list"][0]["deliveryStatus"].clone()
}

/// Sends through the real program; the submission's id.
async fn send(web: u16, user: &User<'_>, subject: &str, to: &[&str], body: &str, more: Value) -> String {
    let request = outgoing_to(user, subject, to, body, more).await;
    let answer = try_post(web, &user.authorization(), &request).await.unwrap();
    let answer: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    answer["methodResponses"][1][1]["created"]["s"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// Lines that only look like ends of data, long lines' worth of text, letters beyond ASCII.
const DOTS: &str = ".\n..\nÉté\n.\r\n . \n\n.\n.fin\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postfix_both_ways() {
    let app = app_now().await;
    let (martin, _roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let (web, smtp) = (free_port(), free_port());
    let postfix = Postfix::start(smtp).await;
    let settings = space().settings(smtp, postfix.address);
    let pli = settings.into_iter().fold(Pli::new(&app), |pli, (name, value)| pli.with(name, &value));
    let mut server = pli.serve(web).await;

    // From Postfix to us: kept as it was written, refused as it deserves.
    let letter = |to: &str, subject: &str| {
        format!(
            "From: dr.durand@autre.mssante.example\nTo: {to}\nSubject: {subject}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{}",
            DOTS.replace('\r', "")
        )
    };
    postfix.submit(&[], &[&martin.login, "dr-roux@medecin.mssante.example"], &letter(&martin.login, "De-Postfix"));
    let email = wait_for("the letter of Postfix", || async { received(&martin, "De-Postfix").await.pop() }).await;
    assert_eq!(text(&email), DOTS.replace('\r', ""), "{}", postfix.log());
    let headers = email["headers"].to_string();
    assert!(headers.contains("ESMTPS") && headers.contains("TLSv1.3"), "{headers}");
    postfix.submit(&[], &["inconnu@medecin.mssante.example"], &letter("inconnu@medecin.mssante.example", "Refusée"));
    let notice = wait_for("Postfix's notice", || async { postfix.mailbox("durand").pop() }).await;
    assert!(notice.contains("5.1.1") && notice.contains("inconnu@medecin.mssante.example"), "{notice}");

    // It asks to be told of success: our report reaches it under the null reverse-path.
    postfix.submit(&["-N", "success"], &[&martin.login], &letter(&martin.login, "Suivie"));
    let told = wait_for("our report", || async {
        postfix.mailbox("durand").into_iter().find(|one| one.contains("Remis : Suivie"))
    })
    .await;
    assert!(
        told.contains("Action: delivered") && told.contains(&format!("Original-Recipient: rfc822; {}", martin.login)),
        "{told}"
    );
    assert!(told.contains("Return-Path: <>"), "{told}");

    // From us to Postfix, with an answer per recipient in the dialogue.
    let to = ["dr.petit@autre.mssante.example", "inconnu@autre.mssante.example"];
    let id = send(web, &martin, "Vers-Postfix", &to, DOTS, json!({})).await;
    let arrived = wait_for("our letter", || async { postfix.mailbox("petit").pop() }).await;
    assert!(arrived.contains("Subject: Vers-Postfix") && arrived.contains("using TLSv1.3"), "{arrived}");
    let parsed = mail::parse(arrived.as_bytes(), &mail::Limits::default());
    let part = parsed.parts.iter().find(|part| part.content_type == "text/plain").unwrap();
    assert_eq!(mail::part_text(arrived.as_bytes(), part).value.trim_end(), DOTS.replace('\r', "").trim_end(), "{arrived}");
    let both = wait_for("both answers", || async {
        let status = status(&martin, &id).await;
        (status[to[0]]["delivered"] != "queued" && status[to[1]]["delivered"] == "no").then_some(status)
    })
    .await;
    assert!(both[to[0]]["smtpReply"].as_str().unwrap().starts_with("250 "), "{both}");
    assert!(both[to[1]]["smtpReply"].as_str().unwrap().starts_with("550 5.1.1"), "{both}");
    wait_for("our own notice", || async { received(&martin, "Non remis : Vers-Postfix").await.pop() }).await;

    // A report that Postfix makes hours later, as far as we know: taken under the null reverse-path, and the state follows.
    let lost = "perdu@autre.mssante.example";
    let id = send(web, &martin, "Perdu", &[lost], "x", json!({})).await;
    let after = wait_for("the effect of Postfix's report", || async {
        let status = status(&martin, &id).await;
        (status[lost]["delivered"] == "no").then_some(status)
    });
    let after = tokio::time::timeout(Duration::from_secs(40), after).await.unwrap_or_else(|_| panic!("{}", postfix.log()));
    assert!(after[lost].is_object(), "{after}");
    server.start_kill().unwrap();
    server.wait().await.unwrap();
}

fn swaks(port: u16, party: Option<&str>, more: &[&str]) -> Output {
    let mut command = Command::new("swaks");
    command.args(["--server", "127.0.0.1", "--port", &port.to_string(), "-tls", "--ehlo", "mx.autre.mssante.example"]);
    command.args(["--from", "dr.durand@autre.mssante.example", "--to", "dr-martin@medecin.mssante.example"]);
    command.args(["--h-From", "dr.durand@autre.mssante.example", "--h-Subject", "De-swaks", "--timeout", "20"]);
    if let Some(party) = party {
        command.arg("--tls-cert").arg(space().path(&format!("{party}.pem")));
        command.arg("--tls-key").arg(space().path(&format!("{party}.key")));
    }
    command.args(more).stdin(Stdio::null()).output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swaks_is_told_what_is_wrong() {
    let app = app_now().await;
    let martin = app.holder("dr-martin").await;
    let (web, smtp) = (free_port(), free_port());
    let settings = space().settings(smtp, std::net::SocketAddr::from(([127, 0, 0, 1], 9)));
    let pli = settings.into_iter().fold(Pli::new(&app), |pli, (name, value)| pli.with(name, &value));
    let mut server = pli.serve(web).await;
    let said = |out: &Output| String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    // The list is read a moment after the start.
    wait_for("a yes", || async { swaks(smtp, Some("autre"), &[]).status.success().then_some(()) }).await;
    for version in ["tlsv1_2", "tlsv1_3"] {
        let out = swaks(smtp, Some("autre"), &["--tls-protocol", version]);
        assert!(out.status.success() && said(&out).contains("250 2.0.0 Accepted as"), "{}", said(&out));
    }
    let cases: [(&str, Option<&str>, &[&str], &str); 6] = [
        ("no certificate", None, &[], "530 5.7.0"),
        ("listed for another domain", Some("mes"), &[], "550 5.7.1"),
        ("another's From", Some("autre"), &["--h-From", "dr.martin@medecin.mssante.example"], "550 5.7.1"),
        ("nobody here", Some("autre"), &["--to", "personne@medecin.mssante.example"], "550 5.1.1"),
        ("relaying", Some("autre"), &["--to", "a@autre.mssante.example"], "550 5.7.1"),
        ("no sender and no report", Some("autre"), &["--from", "<>"], "550 5.7.1"),
    ];
    for (what, party, more, expected) in cases {
        let out = swaks(smtp, party, more);
        assert!(!out.status.success() && said(&out).contains(expected), "{what}: {}", said(&out));
    }
    let plain = Command::new("swaks")
        .args([
            "--server",
            "127.0.0.1",
            "--port",
            &smtp.to_string(),
            "--from",
            "a@autre.mssante.example",
            "--to",
            &martin.login,
        ])
        .output()
        .unwrap();
    assert!(!plain.status.success() && said(&plain).contains("530 5.7.0"), "{}", said(&plain));
    assert_eq!(received(&martin, "De-swaks").await.len(), 3);
    server.start_kill().unwrap();
    server.wait().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodemailer_and_smtp_server() {
    let app = app_now().await;
    let martin = app.holder("dr-martin").await;
    let (web, smtp, theirs, page) = (free_port(), free_port(), free_port(), free_port());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../end2end/peers/operator.mjs");
    let folder = Path::new(&space().path("")).display().to_string();
    let mut operator = tokio::process::Command::new("node")
        .arg(script)
        .args([
            "--dir",
            &folder,
            "--smtp",
            &theirs.to_string(),
            "--web",
            &page.to_string(),
            "--to",
            &format!("127.0.0.1:{smtp}"),
        ])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(operator.stdout.take().unwrap()).lines();
    assert!(lines.next_line().await.unwrap().unwrap().contains("SMTP 127.0.0.1"));
    let settings = space().settings(smtp, std::net::SocketAddr::from(([127, 0, 0, 1], theirs)));
    let pli = settings.into_iter().fold(Pli::new(&app), |pli, (name, value)| pli.with(name, &value));
    let mut server = pli.serve(web).await;
    let to = ["dr@mssante.apicrypt.example", "plein@mssante.apicrypt.example"];
    let id = send(web, &martin, "Vers-Node", &to, DOTS, json!({})).await;
    let both = wait_for("both answers", || async {
        let status = status(&martin, &id).await;
        (status[to[1]]["delivered"] == "no" && status[to[0]]["smtpReply"].as_str().unwrap_or_default().starts_with("250"))
            .then_some(status)
    })
    .await;
    assert!(both[to[1]]["smtpReply"].as_str().unwrap().starts_with("552 5.2.2"), "{both}");
    let arrived = ask(page, "GET", "/api/messages", "").await;
    assert!(arrived.contains("Vers-Node") && arrived.contains("Été"), "{arrived}");
    let form = "from=dr.durand%40mssante.apicrypt.example&to=dr-martin%40medecin.mssante.example&subject=De-Node&text=Merci+..+%C3%A9t%C3%A9";
    let answer = ask(page, "POST", "/send", form).await;
    assert!(answer.contains("Accepted as"), "{answer}");
    let email = wait_for("the letter of nodemailer", || async { received(&martin, "De-Node").await.pop() }).await;
    assert_eq!(text(&email).trim_end(), "Merci .. été");
    server.start_kill().unwrap();
    server.wait().await.unwrap();
}

/// The page of the peer, as a browser asks for it.
async fn ask(port: u16, method: &str, path: &str, form: &str) -> String {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    crate::http_client::send(address, method, path, &kind, form.as_bytes()).await.text()
}
