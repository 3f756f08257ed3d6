//! Receipts of reading: asked for, answered as the BAL wishes, once, and never where a loop could begin.

use std::time::Duration;

use serde_json::{Value, json};
use server::{jobs, service::outbox};
use store::{
    Actor,
    receipts::{Answering, Asking, Wishes},
    testing::Engine,
};

use crate::{
    harness::{TestApp, User},
    jmap::{keep, ok},
    on_both,
    operator::Operator,
    submission::{inbox, submit},
};

on_both! {
    a_receipt_is_given_once_and_seen
    always_only_to_where_it_came_from
    a_receipt_goes_to_another_operator_without_a_sender
}

/// A draft that asks for a receipt to `wanted`.
pub async fn asking(user: &User<'_>, to: &str, wanted: &str) -> String {
    let boxes = ok(user, "Mailbox/get", json!({"accountId": user.account(), "ids": null})).await;
    let drafts = boxes["list"].as_array().unwrap().iter().find(|m| m["role"] == "drafts").unwrap()["id"].as_str().unwrap();
    let object = json!({
        "mailboxIds": {drafts: true}, "keywords": {"$draft": true}, "from": [{"email": user.login}], "to": [{"email": to}],
        "header:Disposition-Notification-To:asAddresses": [{"email": wanted}],
        "subject": "Compte rendu", "textBody": [{"partId": "t", "type": "text/plain"}], "bodyValues": {"t": {"value": "Bonjour"}},
    });
    let made = ok(user, "Email/set", json!({"accountId": user.account(), "create": {"d": object}})).await;
    made["created"]["d"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

/// Sends it; the submission, and the message as the recipient has it.
async fn received(app: &TestApp, from: &User<'_>, to: &User<'_>, wanted: &str) -> (String, String) {
    let email = asking(from, &to.login, wanted).await;
    let made = submit(from, &email, json!({})).await;
    let id = made["created"]["s"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    outbox::run(&app.state).await.unwrap();
    let found = ok(to, "Email/query", json!({"accountId": to.account(), "limit": 1})).await;
    (id, found["ids"][0].as_str().unwrap().to_owned())
}

async fn receipt_to(user: &User<'_>, email: &str) -> Value {
    let get = json!({"accountId": user.account(), "ids": [email], "properties": ["receiptTo"]});
    ok(user, "Email/get", get).await["list"][0]["receiptTo"].clone()
}

async fn answer(user: &User<'_>, email: &str, send: bool) -> Value {
    ok(user, "Receipt/answer", json!({"accountId": user.account(), "emailId": email, "send": send})).await["done"].clone()
}

async fn displayed(user: &User<'_>, submission: &str, of: &str) -> Value {
    let got = ok(user, "EmailSubmission/get", json!({"accountId": user.account(), "ids": [submission]})).await;
    got["list"][0]["deliveryStatus"][of]["displayed"].clone()
}

async fn wish(app: &TestApp, user: &User<'_>, answering: Answering) {
    let wishes = Wishes { asking: Asking::EachTime, answering };
    app.state.store.receipt_wishes_set(Actor::SYSTEM, user.account(), wishes).await.unwrap();
}

async fn open(user: &User<'_>, email: &str) {
    let path = format!("/corps/{}/{email}", user.account());
    let answer = user.send("GET", &path, &[("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "same-origin")], b"").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn a_receipt_is_given_once_and_seen(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let (sent, email) = received(&app, &martin, &roux, &martin.login).await;
    assert_eq!(receipt_to(&roux, &email).await, json!([martin.login]));
    open(&roux, &email).await;
    outbox::run(&app.state).await.unwrap();
    assert_eq!(displayed(&martin, &sent, &roux.login).await, "unknown", "nothing without being asked");
    assert_eq!(answer(&roux, &email, true).await, true);
    assert_eq!(answer(&roux, &email, true).await, false, "once");
    assert_eq!(receipt_to(&roux, &email).await, json!([]));
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    assert_eq!(displayed(&martin, &sent, &roux.login).await, "yes");
    assert!(inbox(&app, &martin).await.is_empty(), "a receipt is no mail");
    // Declined is declined.
    let (sent, email) = received(&app, &martin, &roux, &martin.login).await;
    assert_eq!((answer(&roux, &email, false).await, answer(&roux, &email, true).await), (json!(true), json!(false)));
    assert_eq!(outbox::run(&app.state).await.unwrap(), 0);
    assert_eq!(displayed(&martin, &sent, &roux.login).await, "unknown");
    // To an address outside the trust space nothing ever goes.
    let (_, email) = received(&app, &martin, &roux, "quelquun@gmail.example").await;
    assert_eq!((receipt_to(&roux, &email).await, answer(&roux, &email, true).await), (json!([]), json!(false)));
}

async fn always_only_to_where_it_came_from(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, roux, petit) = (app.holder("dr-martin").await, app.holder("dr-roux").await, app.holder("dr-petit").await);
    wish(&app, &roux, Answering::Always).await;
    let (sent, email) = received(&app, &martin, &roux, &martin.login).await;
    let ahead = format!("/corps/{}/{email}", roux.account());
    let headers = [("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "same-origin"), ("X-Pli-Auto", "1")];
    assert_eq!(roux.send("GET", &ahead, &headers, b"").await.status, 200);
    assert_eq!(outbox::run(&app.state).await.unwrap(), 0, "fetched ahead is not read");
    open(&roux, &email).await;
    open(&roux, &email).await;
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    assert_eq!(displayed(&martin, &sent, &roux.login).await, "yes");
    // Asked to go elsewhere: the person decides (anti-loop).
    let (_, email) = received(&app, &martin, &roux, &petit.login).await;
    open(&roux, &email).await;
    assert_eq!(outbox::run(&app.state).await.unwrap(), 0);
    assert_eq!(receipt_to(&roux, &email).await, json!([petit.login]));
    wish(&app, &roux, Answering::Never).await;
    assert_eq!(receipt_to(&roux, &email).await, json!([]));
    let (_, email) = received(&app, &martin, &roux, &martin.login).await;
    open(&roux, &email).await;
    assert_eq!(outbox::run(&app.state).await.unwrap(), 0);
}

async fn a_receipt_goes_to_another_operator_without_a_sender(engine: Engine) {
    let blanc = "dr.blanc@autre.mssante.example";
    let peer = Operator::open(&[blanc]).await;
    peer.gate().sent.lock().unwrap().insert("m1@autre.mssante.example".into(), vec!["medecin.mssante.example".into()]);
    let (app, _folder) = peer.app(engine, &[]).await;
    let roux = app.holder("dr-roux").await;
    let raw = format!(
        "Return-Path: <{blanc}>\nFrom: {blanc}\nTo: {}\nDisposition-Notification-To: {blanc}\nSubject: Avis\nMessage-ID: <m1@autre.mssante.example>\n\nx\n",
        roux.login
    );
    let email = keep(&app, &roux, &raw).await;
    assert_eq!(receipt_to(&roux, &email).await, json!([blanc]));
    assert_eq!(answer(&roux, &email, true).await, true);
    drop(jobs::relay_out(&app.state).unwrap());
    for _ in 0..200 {
        if !peer.gate().stored().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let stored = peer.gate().stored();
    assert_eq!((stored.len(), stored[0].from.clone(), stored[0].to.clone()), (1, None, vec![blanc.to_owned()]));
    let mail::report::Report::Disposition(report) = mail::report::read(&stored[0].data, &mail::Limits::default()).unwrap()
    else {
        panic!("no receipt")
    };
    assert_eq!((report.recipient.as_str(), report.sent_manually), (roux.login.as_str(), true));
    assert_eq!(report.about.message_ids, ["m1@autre.mssante.example"]);
}
