//! Reports of delivery (RFC 3461): what we ask of other operators, and what we answer when they ask.

use std::time::Duration;

use relay::receive::{Notify, Ret};
use serde_json::json;
use server::{jobs, service::outbox};
use store::testing::Engine;

use crate::{
    harness::TestApp,
    on_both,
    operator::Operator,
    receipts::asking,
    relay_in::{Open, letter},
    submission::{draft, inbox, submit},
};

on_both! {
    a_report_is_asked_for_with_the_receipt
    a_report_is_sent_to_who_asked
}

const BLANC: &str = "dr.blanc@autre.mssante.example";

/// Waits until the other operator has so many messages.
async fn arrived(peer: &Operator, count: usize) {
    for _ in 0..600 {
        if peer.gate().stored().len() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} messages did not arrive");
}

async fn a_report_is_asked_for_with_the_receipt(engine: Engine) {
    let peer = Operator::open(&[BLANC]).await;
    let (app, _folder) = peer.app(engine, &[]).await;
    let martin = app.holder("dr-martin").await;
    let mut ids = Vec::new();
    for email in [draft(&martin, &[BLANC], "Bilan").await, asking(&martin, BLANC, &martin.login).await] {
        ids.push(submit(&martin, &email, json!({})).await["created"]["s"]["id"].as_str().unwrap().to_owned());
    }
    outbox::run(&app.state).await.unwrap();
    drop(jobs::relay_out(&app.state).unwrap());
    arrived(&peer, 2).await;
    let stored = peer.gate().stored();
    for (id, success) in ids.iter().zip([false, true]) {
        let (notify, ret, _) = &stored.iter().find(|one| one.asked.2.as_deref() == Some(id)).unwrap().asked;
        assert_eq!((notify.as_slice(), *ret), (&[Notify { success, failure: true, delay: true }][..], Some(Ret::Headers)));
    }
}

async fn a_report_is_sent_to_who_asked(engine: Engine) {
    let peer = Operator::open(&[BLANC]).await;
    let route = format!("autre.mssante.example={}", peer.address);
    let open = Open::new(engine, &[("PLI_RELAY__ROUTES", &route)]).await;
    let app: &TestApp = &open.app;
    let martin = app.holder("dr-martin").await;
    for (n, notify) in
        ["NEVER", "FAILURE,DELAY", "SUCCESS ORCPT=rfc822;Cabinet+2BMartin@autre.mssante.example"].iter().enumerate()
    {
        // It takes reports about what it sent here.
        peer.gate().sent.lock().unwrap().insert(format!("{n}@autre"), vec!["medecin.mssante.example".into()]);
        let mut client = open.client().await;
        for line in [
            format!("MAIL FROM:<{BLANC}> RET=HDRS ENVID=QQ+2B{n}"),
            format!("RCPT TO:<{}> NOTIFY={notify}", martin.login),
            "DATA".to_owned(),
        ] {
            assert!(client.say(&line).await.unwrap().is_positive(), "{line}");
        }
        client
            .send(format!("{}\r\n.\r\n", letter(BLANC, &format!("{n}@autre"), &format!("Avis {n}"), "Bonjour")).as_bytes())
            .await;
        assert_eq!(client.reply().await.unwrap().code, 250, "{notify}");
    }
    assert_eq!(inbox(app, &martin).await.len(), 3);
    drop(jobs::relay_out(&app.state).unwrap());
    arrived(&peer, 1).await;
    for _ in 0..100 {
        if app.state.store.queue_list(10).await.unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let stored = peer.gate().stored();
    assert_eq!(stored.len(), 1, "asked for once");
    assert_eq!((stored[0].from.as_deref(), stored[0].to.as_slice()), (None, &[BLANC.to_owned()][..]));
    assert_eq!(stored[0].asked.0, [Notify::default()], "no report about a report");
    let text = String::from_utf8(stored[0].data.clone()).unwrap();
    for field in [
        "report-type=\"delivery-status\"",
        "Original-Envelope-Id: QQ+2",
        "Original-Recipient: rfc822; Cabinet+Martin@autre.mssante.example",
        "Action: delivered",
        "Subject: Avis 2",
    ] {
        assert!(text.contains(field), "{field}: {text}");
    }
    assert!(!text.contains("Bonjour"), "the header alone goes back");
}
