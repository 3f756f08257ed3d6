//! Sending between the BALs of this server: checks, delay and undo, one delivery per recipient, notices of failure, and
//! nothing lost or doubled when the process is killed.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use server::service::outbox;
use store::{Actor, testing::Engine};
use wire::portal::Action;

use crate::{
    harness::{TestApp, User},
    jmap::{calls, ok},
    on_both,
    process::Pli,
};

on_both! {
    a_message_arrives_once
    what_cannot_be_sent_is_refused_by_name
    undo_works_until_it_is_due
    a_submission_follows_its_draft
    rights_are_asked_again_when_due
    killing_the_server_loses_and_doubles_nothing
}

/// A draft of `user`; its id.
pub async fn draft(user: &User<'_>, to: &[&str], subject: &str) -> String {
    let boxes = ok(user, "Mailbox/get", json!({"accountId": user.account(), "ids": null})).await;
    let drafts = boxes["list"].as_array().unwrap().iter().find(|m| m["role"] == "drafts").unwrap()["id"].as_str().unwrap();
    let list: Vec<Value> = to.iter().map(|email| json!({"email": email})).collect();
    let object = json!({
        "mailboxIds": {drafts: true}, "keywords": {"$draft": true}, "from": [{"email": user.login}], "to": list,
        "bcc": [], "subject": subject, "textBody": [{"partId": "t", "type": "text/plain"}], "bodyValues": {"t": {"value": "Bonjour"}},
    });
    let made = ok(user, "Email/set", json!({"accountId": user.account(), "create": {"d": object}})).await;
    made["created"]["d"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

pub async fn identity(user: &User<'_>) -> Value {
    ok(user, "Identity/get", json!({"accountId": user.account(), "ids": null})).await["list"][0]["id"].clone()
}

pub async fn submit(user: &User<'_>, email: &str, more: Value) -> Value {
    let mut object = json!({"identityId": identity(user).await, "emailId": email});
    for (name, value) in more.as_object().unwrap() {
        object[name] = value.clone();
    }
    ok(user, "EmailSubmission/set", json!({"accountId": user.account(), "create": {"s": object}})).await
}

/// Subjects in the inbox.
pub async fn inbox(app: &TestApp, user: &User<'_>) -> Vec<String> {
    let inbox = app.inbox(user.account()).await.to_string();
    let answer = calls(user, json!([
        ["Email/query", {"accountId": user.account(), "filter": {"inMailbox": inbox}, "limit": 1000}, "0"],
        ["Email/get", {"accountId": user.account(), "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"}, "properties": ["subject"]}, "1"],
    ])).await;
    let list = answer[1][1]["list"].as_array().unwrap_or_else(|| panic!("{answer}"));
    list.iter().map(|email| email["subject"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn a_message_arrives_once(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux, petit) = (app.holder("dr-martin").await, app.holder("dr-roux").await, app.holder("dr-petit").await);
    let email = draft(&martin, &[&roux.login], "Bilan").await;
    let envelope = json!({"envelope": {"mailFrom": {"email": martin.login}, "rcptTo": [{"email": roux.login}, {"email": petit.login.to_uppercase()}]}});
    let made = submit(&martin, &email, envelope).await;
    let id = made["created"]["s"]["id"].as_str().unwrap_or_else(|| panic!("{made}"));
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    assert_eq!(outbox::run(&app.state).await.unwrap(), 0);
    assert_eq!((inbox(&app, &roux).await, inbox(&app, &petit).await), (vec!["Bilan".to_owned()], vec!["Bilan".to_owned()]));
    let got = ok(&martin, "EmailSubmission/get", json!({"accountId": martin.account(), "ids": [id]})).await;
    let submission = &got["list"][0];
    assert_eq!(submission["undoStatus"], "final");
    assert_eq!(submission["deliveryStatus"][&roux.login]["delivered"], "yes");
    let received = ok(&roux, "Email/query", json!({"accountId": roux.account()})).await["ids"][0].clone();
    let fields = ok(
        &roux,
        "Email/get",
        json!({"accountId": roux.account(), "ids": [received], "properties": ["headers", "keywords"]}),
    )
    .await;
    let names: Vec<&str> =
        fields["list"][0]["headers"].as_array().unwrap().iter().map(|h| h["name"].as_str().unwrap()).collect();
    for needed in ["Return-Path", "Received", "X-MSS-NIL", "Message-ID", "Date"] {
        assert!(names.contains(&needed), "{needed}: {names:?}");
    }
    let changed =
        ok(&martin, "EmailSubmission/query", json!({"accountId": martin.account(), "filter": {"undoStatus": "final"}}))
            .await;
    assert_eq!(changed["ids"], json!([id]));
}

async fn what_cannot_be_sent_is_refused_by_name(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let refused = |to: Vec<String>, more: Value| {
        let martin = &martin;
        async move {
            let to: Vec<&str> = to.iter().map(String::as_str).collect();
            let email = draft(martin, &to, "x").await;
            submit(martin, &email, more).await["notCreated"]["s"].clone()
        }
    };
    assert_eq!(refused(vec![], json!({})).await["type"], "noRecipients");
    for (address, why) in [
        ("a@gmail.example", "outside"),
        ("personne@medecin.mssante.example", "unknown"),
        ("x@ch.mssante.example", "outside"),
        ("x@y", "invalid"),
    ] {
        let error = refused(vec![roux.login.clone(), address.into()], json!({})).await;
        assert_eq!(
            (&error["type"], &error["invalidRecipients"]),
            (&json!("invalidRecipients"), &json!([address])),
            "{error}"
        );
        let checked =
            ok(&martin, "Recipient/check", json!({"accountId": martin.account(), "addresses": [address, roux.login]})).await;
        assert_eq!((&checked["list"][0]["state"], &checked["list"][1]["state"]), (&json!(why), &json!("ok")), "{checked}");
    }
    let envelope = |from: &str| json!({"envelope": {"mailFrom": {"email": from}, "rcptTo": [{"email": roux.login}]}});
    assert_eq!(refused(vec![roux.login.clone()], envelope(&roux.login)).await["type"], "forbiddenMailFrom");
    assert_eq!(
        refused(vec![roux.login.clone()], json!({"identityId": "i0000000000001"})).await["properties"],
        json!(["identityId"])
    );
    assert_eq!(
        refused(vec![roux.login.clone()], json!({"emailId": "e0000000000001"})).await["properties"],
        json!(["emailId"])
    );
    let many: Vec<Value> = (0..300).map(|n| json!({"email": format!("a{n}@medecin.mssante.example")})).collect();
    let error =
        refused(vec![roux.login.clone()], json!({"envelope": {"mailFrom": {"email": martin.login}, "rcptTo": many}})).await;
    assert_eq!(error["type"], "tooManyRecipients", "{error}");
    let boxes = ok(&martin, "Mailbox/get", json!({"accountId": martin.account(), "ids": null})).await["list"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let forged =
        json!({"mailboxIds": {boxes: true}, "from": [{"email": roux.login}], "to": [{"email": roux.login}], "subject": "x"});
    let made = ok(&martin, "Email/set", json!({"accountId": martin.account(), "create": {"d": forged}})).await;
    let error = submit(&martin, made["created"]["d"]["id"].as_str().unwrap(), json!({})).await;
    assert_eq!(error["notCreated"]["s"]["type"], "forbiddenFrom");
}

fn held(user: &User<'_>, to: &str) -> Value {
    json!({"envelope": {"mailFrom": {"email": user.login, "parameters": {"HOLDFOR": "10"}}, "rcptTo": [{"email": to}]}})
}

async fn undo_works_until_it_is_due(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let email = draft(&martin, &[&roux.login], "Retenu").await;
    let first = submit(&martin, &email, held(&martin, &roux.login)).await["created"]["s"].clone();
    assert_eq!(
        (&first["undoSeconds"], &first["undoStatus"], &first["sendAt"]),
        (&json!(10), &json!("pending"), &json!("2026-11-22T08:00:10Z"))
    );
    // The same draft again is the same submission.
    assert_eq!(submit(&martin, &email, held(&martin, &roux.login)).await["created"]["s"]["id"], first["id"]);
    app.clock.advance_ms(12_000);
    assert_eq!(outbox::run(&app.state).await.unwrap(), 0);
    let id = first["id"].as_str().unwrap();
    let cancel = json!({"accountId": martin.account(), "update": {id: {"undoStatus": "canceled"}}});
    let cancelled = ok(&martin, "EmailSubmission/set", cancel.clone()).await;
    assert!(cancelled["updated"].as_object().unwrap().contains_key(id), "{cancelled}");
    app.clock.advance_ms(60_000);
    assert_eq!(outbox::run(&app.state).await.unwrap(), 0);
    assert!(inbox(&app, &roux).await.is_empty());
    // Called back, it can be sent again; once sent it cannot be called back.
    let second =
        submit(&martin, &email, held(&martin, &roux.login)).await["created"]["s"]["id"].as_str().unwrap().to_owned();
    assert_ne!(second, id);
    app.clock.advance_ms(13_500);
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    let late = ok(
        &martin,
        "EmailSubmission/set",
        json!({"accountId": martin.account(), "update": {&second: {"undoStatus": "canceled"}}}),
    )
    .await;
    assert_eq!(late["notUpdated"][&second]["type"], "cannotUnsend");
    assert_eq!(inbox(&app, &roux).await, ["Retenu"]);
}

async fn a_submission_follows_its_draft(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let boxes = ok(&martin, "Mailbox/get", json!({"accountId": martin.account(), "ids": null})).await;
    let sent =
        boxes["list"].as_array().unwrap().iter().find(|m| m["role"] == "sent").unwrap()["id"].as_str().unwrap().to_owned();
    let email = draft(&martin, &[&roux.login], "Suite").await;
    let answers = calls(&martin, json!([["EmailSubmission/set", {
        "accountId": martin.account(),
        "create": {"s": {"identityId": identity(&martin).await, "emailId": email}, "bad": {"identityId": "i0", "emailId": email}},
        "onSuccessUpdateEmail": {"#s": {"keywords/$draft": null, "keywords/$seen": true, "mailboxIds": {&sent: true}}, "#bad": {"keywords/$flagged": true}},
    }, "c"]])).await;
    assert_eq!(
        (&answers[0][0], &answers[1][0], &answers[1][2]),
        (&json!("EmailSubmission/set"), &json!("Email/set"), &json!("c"))
    );
    assert!(answers[1][1]["updated"].as_object().unwrap().contains_key(&email), "{answers}");
    let got = ok(
        &martin,
        "Email/get",
        json!({"accountId": martin.account(), "ids": [email], "properties": ["mailboxIds", "keywords"]}),
    )
    .await;
    assert_eq!(got["list"][0], json!({"id": email, "mailboxIds": {&sent: true}, "keywords": {"$seen": true}}));
}

async fn rights_are_asked_again_when_due(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux, secretary) =
        (app.holder("dr-martin").await, app.holder("dr-roux").await, app.staff("secretary").await);
    app.grant(&secretary, &martin, &Action::ALL).await;
    let email = draft(&martin, &[&roux.login], "Retiré").await;
    let mut object = held(&martin, &roux.login);
    object["identityId"] = identity(&martin).await;
    object["emailId"] = json!(email);
    let made = ok(&secretary, "EmailSubmission/set", json!({"accountId": martin.account(), "create": {"s": object}})).await;
    assert!(made["created"]["s"].is_object(), "{made}");
    app.state.store.right_end(Actor::SYSTEM, secretary.person, martin.account(), &Action::ALL).await.unwrap();
    app.clock.advance_ms(20_000);
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    assert!(inbox(&app, &roux).await.is_empty());
    assert_eq!(inbox(&app, &martin).await, ["Non remis : Retiré"]);
}

async fn killing_the_server_loses_and_doubles_nothing(engine: Engine) {
    let app = TestApp::new(engine).await;
    app.clock.set_ms(store::Clock::now_ms(&store::SystemClock) - 60_000);
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let port = if engine == Engine::Sqlite { 3141 } else { 3142 };
    let identity = identity(&martin).await;
    let boxes = ok(&martin, "Mailbox/get", json!({"accountId": martin.account(), "ids": null})).await;
    let drafts =
        boxes["list"].as_array().unwrap().iter().find(|m| m["role"] == "drafts").unwrap()["id"].as_str().unwrap().to_owned();
    // The ledger: what the server said yes to.
    let mut accepted = BTreeSet::new();
    let mut number = 0;
    let mut round = 0;
    // A slow machine needs more rounds for as much.
    while round < 3 || (accepted.len() <= 5 && round < 30) {
        let mut server = Pli::new(&app).serve(port).await;
        let deadline = tokio::time::Instant::now() + Duration::from_millis(700 + 400 * (round % 3));
        round += 1;
        let killer = async {
            tokio::time::sleep_until(deadline).await;
            server.start_kill().unwrap();
            server.wait().await.unwrap();
        };
        let client = async {
            loop {
                number += 1;
                let subject = format!("n{number}");
                let request = json!({"using": crate::jmap::USING, "methodCalls": [
                    ["Email/set", {"accountId": martin.account(), "create": {"d": {"mailboxIds": {&drafts: true}, "from": [{"email": martin.login}],
                        "to": [{"email": roux.login}], "subject": subject, "textBody": [{"partId": "t"}], "bodyValues": {"t": {"value": "x"}}}}}, "0"],
                    ["EmailSubmission/set", {"accountId": martin.account(), "create": {"s": {"identityId": identity, "emailId": "#d"}}}, "1"],
                ]});
                match crate::process::try_post(port, &martin.authorization(), &request.to_string()).await {
                    Some(answer) if answer.contains("undoStatus") => drop(accepted.insert(subject)),
                    Some(answer) if answer.contains("methodResponses") => panic!("{answer}"),
                    _ => return,
                }
            }
        };
        tokio::join!(killer, client);
    }
    assert!(accepted.len() > 5, "only {} accepted", accepted.len());
    // One more start delivers what was left.
    let mut server = Pli::new(&app).serve(port).await;
    app.clock.set_ms(store::Clock::now_ms(&store::SystemClock) + 3_600_000);
    let mut delivered: Vec<String> = Vec::new();
    for _ in 0..150 {
        delivered = inbox(&app, &roux).await;
        if accepted.iter().all(|subject| delivered.contains(subject)) {
            break;
        }
        // A submission in flight at the kill waits for the end of its lease: this clock is already past it.
        outbox::run(&app.state).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    server.start_kill().unwrap();
    server.wait().await.unwrap();
    let distinct: BTreeSet<&String> = delivered.iter().collect();
    assert_eq!(distinct.len(), delivered.len(), "something was delivered twice");
    let lost: Vec<&String> = accepted.iter().filter(|subject| !distinct.contains(subject)).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
}
