//! Mail to other operators: through the outbox and the queue, over TLS, to what the sender sees.

use std::time::Duration;

use bytes::Bytes;
use relay::receive::{Acceptance, Verdict};
use serde_json::{Value, json};
use server::{
    jobs,
    service::{outbox, reports},
};
use store::{Actor, relay_jobs::QueueRow, testing::Engine};
use wire::portal::Action;

use crate::{
    clamd::{Clamd, VIRUS},
    harness::{TestApp, User},
    jmap::{calls, keep, ok},
    on_both,
    operator::Operator,
    process::Pli,
    submission::{draft, identity, inbox, submit},
};

on_both! {
    a_message_is_handed_over_and_each_recipient_has_a_state
    late_then_failed_in_plain_words
    the_operator_holds_releases_retries_and_drops
    revoked_rights_stop_queued_mail
    reports_change_the_state_and_speak_only_for_their_own
    two_processes_send_each_message_once
    too_much_is_refused_and_nothing_is_lost
    what_leaves_is_scanned_and_without_a_scanner_it_waits
    the_queue_is_steered_on_the_command_line
}

const HOUR_MS: i64 = 3_600_000;

async fn send(user: &User<'_>, to: &[&str], subject: &str) -> String {
    let email = draft(user, to, subject).await;
    let made = submit(user, &email, json!({})).await;
    made["created"]["s"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

/// What is known of the recipients of a submission.
async fn status(user: &User<'_>, id: &str) -> Value {
    let got = ok(user, "EmailSubmission/get", json!({"accountId": user.account(), "ids": [id]})).await;
    got["list"][0]["deliveryStatus"].clone()
}

/// Waits until `done` says so.
async fn until<F: Future<Output = bool>>(what: &str, mut done: impl FnMut() -> F) {
    for _ in 0..600 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} did not happen");
}

async fn queue(app: &TestApp) -> Vec<QueueRow> {
    app.state.store.queue_list(100).await.unwrap()
}

/// Waits until every waiting job was tried `attempts` times.
async fn tried(app: &TestApp, attempts: i64) {
    until("an attempt", || async {
        let jobs = queue(app).await;
        !jobs.is_empty() && jobs.iter().all(|job| job.attempts >= attempts && job.lease_until == 0)
    })
    .await;
}

/// The newest notice in the inbox: subject and text.
async fn notice(app: &TestApp, user: &User<'_>) -> (String, String) {
    let inbox = app.inbox(user.account()).await.to_string();
    let answer = calls(
        user,
        json!([
            ["Email/query", {"accountId": user.account(), "filter": {"inMailbox": inbox}, "limit": 1}, "0"],
            ["Email/get", {"accountId": user.account(), "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"},
                "properties": ["subject", "textBody", "bodyValues"], "fetchTextBodyValues": true}, "1"],
        ]),
    )
    .await;
    let email = &answer[1][1]["list"][0];
    let text = email["bodyValues"].as_object().unwrap().values().next().unwrap()["value"].as_str().unwrap();
    (email["subject"].as_str().unwrap().to_owned(), text.to_owned())
}

async fn a_message_is_handed_over_and_each_recipient_has_a_state(engine: Engine) {
    let peer = Operator::open(&["dr.blanc@autre.mssante.example", "labo@mssante.apicrypt.example"]).await;
    peer.gate().say("plein@autre.mssante.example", Verdict::OverQuota);
    let (app, _folder) = peer.app(engine, &[]).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let checked = ok(
        &martin,
        "Recipient/check",
        json!({"accountId": martin.account(), "addresses":
        ["dr.blanc@autre.mssante.example", "x@dehors.mssante.example"]}),
    )
    .await;
    assert_eq!((&checked["list"][0]["state"], &checked["list"][1]["state"]), (&json!("ok"), &json!("outside")), "{checked}");

    let to =
        ["dr.blanc@autre.mssante.example", "personne@autre.mssante.example", "labo@mssante.apicrypt.example", &roux.login];
    let email = draft(&martin, &to, "Bilan").await;
    let bcc = "dr.blanc@autre.mssante.example";
    let envelope =
        json!({"envelope": {"mailFrom": {"email": martin.login}, "rcptTo": to.map(|email| json!({"email": email}))}});
    let id = submit(&martin, &email, envelope).await["created"]["s"]["id"].as_str().unwrap().to_owned();
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    assert_eq!(inbox(&app, &roux).await, ["Bilan"]);
    let queued = status(&martin, &id).await;
    assert_eq!(
        (&queued[bcc]["delivered"], &queued[&roux.login]["delivered"]),
        (&json!("queued"), &json!("yes")),
        "{queued}"
    );
    assert_eq!(queue(&app).await.len(), 2, "one job per domain");

    drop(jobs::relay_out(&app.state).unwrap());
    until("the queue's end", || async { queue(&app).await.is_empty() }).await;
    let after = status(&martin, &id).await;
    let of = |email: &str| (after[email]["delivered"].clone(), after[email]["pli"]["operator"].clone());
    assert_eq!(of(bcc), (json!("unknown"), json!("OPERATEUR AUTRE")), "{after}");
    assert_eq!(of("labo@mssante.apicrypt.example").0, "unknown");
    assert_eq!(after["personne@autre.mssante.example"]["delivered"], "no");
    assert_eq!(after["personne@autre.mssante.example"]["pli"]["reason"], "no-such-address");
    assert!(after["personne@autre.mssante.example"]["smtpReply"].as_str().unwrap().starts_with("550 5.1.1"), "{after}");

    let stored = peer.gate().stored();
    assert_eq!(stored.len(), 2);
    let blanc = stored.iter().find(|one| one.to == [bcc]).unwrap();
    assert_eq!(blanc.from.as_deref(), Some(martin.login.as_str()));
    let text = String::from_utf8(blanc.data.clone()).unwrap();
    for field in ["X-MSS-NIL: DEV000000\r\n", "Message-ID: <", "Date: ", "Subject: Bilan\r\n"] {
        assert!(text.contains(field), "{field}: {text}");
    }
    assert!(!text.to_lowercase().contains("\nbcc:") && !text.contains("Return-Path"), "{text}");
    let (subject, words) = notice(&app, &martin).await;
    assert_eq!(subject, "Non remis : Bilan");
    assert!(
        words.contains("personne@autre.mssante.example") && words.contains("n’existe pas") && words.contains("À faire"),
        "{words}"
    );
    assert_eq!(inbox(&app, &martin).await.len(), 1, "one notice");
    // Nothing of it is sent twice, whatever runs again.
    assert_eq!(outbox::run(&app.state).await.unwrap(), 0);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(peer.gate().stored().len(), 2);
}

async fn late_then_failed_in_plain_words(engine: Engine) {
    let peer = Operator::open(&["dr.blanc@autre.mssante.example"]).await;
    *peer.gate().instead.lock().unwrap() = Some(Acceptance::Later);
    let (app, _folder) = peer.app(engine, &[]).await;
    let martin = app.holder("dr-martin").await;
    let blanc = "dr.blanc@autre.mssante.example";
    let id = send(&martin, &[blanc], "Urgent").await;
    outbox::run(&app.state).await.unwrap();
    drop(jobs::relay_out(&app.state).unwrap());
    tried(&app, 1).await;
    let first = queue(&app).await.remove(0);
    let wait = first.due_at - first.queued_at;
    assert!((48_000..=72_000).contains(&wait), "a minute and its jitter: {wait}");
    assert_eq!(status(&martin, &id).await[blanc]["delivered"], "queued");
    assert!(inbox(&app, &martin).await.is_empty());
    app.clock.advance_ms(4 * HOUR_MS + 1);
    tried(&app, 2).await;
    let (subject, words) = notice(&app, &martin).await;
    assert_eq!(subject, "Pas encore remis : Urgent");
    assert!(words.contains("44 heures"), "{words}");
    assert_eq!(status(&martin, &id).await[blanc]["pli"]["late"], true);
    app.clock.advance_ms(HOUR_MS * 2);
    tried(&app, 3).await;
    assert_eq!(inbox(&app, &martin).await.len(), 1, "told once that it is late");
    app.clock.advance_ms(43 * HOUR_MS);
    until("giving up", || async { queue(&app).await.is_empty() }).await;
    let state = status(&martin, &id).await;
    assert_eq!((&state[blanc]["delivered"], &state[blanc]["pli"]["reason"]), (&json!("no"), &json!("busy")), "{state}");
    let (subject, words) = notice(&app, &martin).await;
    assert_eq!(subject, "Non remis : Urgent");
    assert!(words.contains("renvoyez le message plus tard"), "{words}");
    assert!(peer.gate().stored().is_empty());
}

async fn the_operator_holds_releases_retries_and_drops(engine: Engine) {
    let peer = Operator::open(&["dr.blanc@autre.mssante.example"]).await;
    let (app, _folder) = peer.app(engine, &[]).await;
    let martin = app.holder("dr-martin").await;
    let store = &app.state.store;
    let first = send(&martin, &["dr.blanc@autre.mssante.example"], "Un").await;
    let second = send(&martin, &["dr.blanc@autre.mssante.example"], "Deux").await;
    outbox::run(&app.state).await.unwrap();
    let jobs = queue(&app).await;
    let of = |id: &str| jobs.iter().find(|job| job.submission.is_some_and(|one| one.to_string() == id)).unwrap().id;
    let (one, two) = (of(&first), of(&second));
    store.queue_hold(Actor::COMMAND, one, true).await.unwrap();
    store.queue_drop(Actor::COMMAND, two).await.unwrap();
    drop(jobs::relay_out(&app.state).unwrap());
    until("the drop", || async { queue(&app).await.len() == 1 }).await;
    assert_eq!(notice(&app, &martin).await.0, "Non remis : Deux");
    assert_eq!(status(&martin, &second).await["dr.blanc@autre.mssante.example"]["pli"]["reason"], "cancelled");
    assert!(peer.gate().stored().is_empty());
    let figures = store.queue_figures().await.unwrap();
    assert_eq!((figures.waiting, figures.held), (1, 1));
    store.queue_hold(Actor::COMMAND, one, false).await.unwrap();
    store.queue_retry(Actor::COMMAND, one).await.unwrap();
    until("the release", || async { queue(&app).await.is_empty() }).await;
    assert_eq!(peer.gate().stored().len(), 1);
    assert!(store.queue_retry(Actor::COMMAND, one).await.unwrap_err().is_not_found());
    let chain = store::Chain::Account(martin.account());
    let traced = store.traces_newest(chain, 50).await.unwrap();
    for kind in ["queue-hold", "queue-release", "queue-drop", "queue-retry", "relay-attempt"] {
        assert!(traced.iter().any(|trace| trace.kind == kind), "{kind}");
    }
}

async fn revoked_rights_stop_queued_mail(engine: Engine) {
    let peer = Operator::open(&["dr.blanc@autre.mssante.example"]).await;
    let (app, _folder) = peer.app(engine, &[]).await;
    let (martin, secretary) = (app.holder("dr-martin").await, app.staff("secretary").await);
    app.grant(&secretary, &martin, &Action::ALL).await;
    let blanc = "dr.blanc@autre.mssante.example";
    let email = draft(&martin, &[blanc], "Retiré").await;
    let object = json!({"identityId": identity(&martin).await, "emailId": email});
    let made = ok(&secretary, "EmailSubmission/set", json!({"accountId": martin.account(), "create": {"s": object}})).await;
    let id = made["created"]["s"]["id"].as_str().unwrap().to_owned();
    outbox::run(&app.state).await.unwrap();
    assert_eq!(queue(&app).await.len(), 1);
    app.state.store.right_end(Actor::SYSTEM, secretary.person, martin.account(), &Action::ALL).await.unwrap();
    drop(jobs::relay_out(&app.state).unwrap());
    until("the refusal", || async { queue(&app).await.is_empty() }).await;
    assert!(peer.gate().stored().is_empty());
    assert_eq!(status(&martin, &id).await[blanc]["pli"]["reason"], "no-right");
    assert_eq!(notice(&app, &martin).await.0, "Non remis : Retiré");
}

fn report(kind: &str, fields: &str, original: &str) -> Bytes {
    Bytes::from(format!(
        "From: postmaster@autre.mssante.example\r\nTo: x\r\nSubject: Report\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type={kind}; boundary=k\r\n\r\n--k\r\n\r\nwords\r\n--k\r\nContent-Type: message/{kind}\r\n\r\n\
         {fields}\r\n--k\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{original}>\r\n\r\n--k--\r\n"
    ))
}

async fn take_in(app: &TestApp, user: &User<'_>, raw: &Bytes, domain: &str) -> bool {
    let report = mail::report::read(raw, &mail::Limits::default()).unwrap();
    let theirs = |recipient: &str| recipient.ends_with(&format!("@{domain}"));
    reports::apply(&app.state, user.account(), &report, raw, &theirs).await.unwrap()
}

async fn reports_change_the_state_and_speak_only_for_their_own(engine: Engine) {
    let (blanc, labo) = ("dr.blanc@autre.mssante.example", "labo@mssante.apicrypt.example");
    let peer = Operator::open(&[blanc, labo]).await;
    let (app, _folder) = peer.app(engine, &[]).await;
    let martin = app.holder("dr-martin").await;
    let id = send(&martin, &[blanc, labo], "Bilan").await;
    outbox::run(&app.state).await.unwrap();
    drop(jobs::relay_out(&app.state).unwrap());
    until("the queue's end", || async { queue(&app).await.is_empty() }).await;
    let sent = String::from_utf8(peer.gate().stored()[0].data.clone()).unwrap();
    let original = sent.split("Message-ID: <").nth(1).unwrap().split('>').next().unwrap().to_owned();
    let about = |ids: Vec<String>, envelope_id: Option<String>| mail::report::About { message_ids: ids, envelope_id };
    let sent_to = |about| reports::sent_to(&app.state, &martin.login, about);
    let known = sent_to(&about(vec![original.clone()], None)).await.unwrap();
    assert_eq!(known, ["autre.mssante.example", "mssante.apicrypt.example"]);
    assert_eq!(reports::sent_to(&app.state, &martin.login, &about(vec![], Some(id.clone()))).await.unwrap(), known);
    assert!(reports::sent_to(&app.state, &martin.login, &about(vec!["other@x".into()], None)).await.unwrap().is_empty());

    let dsn = |email: &str, action: &str, status: &str| {
        let fields = format!(
            "Reporting-MTA: dns; mx.autre.mssante.example\r\n\r\nFinal-Recipient: rfc822; {email}\r\nAction: {action}\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; 550 {status} Boite fermee\r\n"
        );
        report("delivery-status", &fields, &original)
    };
    // Whoever speaks for one domain says nothing about another's recipients.
    let forged = dsn(blanc, "failed", "5.2.1");
    assert!(take_in(&app, &martin, &forged, "mssante.apicrypt.example").await);
    assert_eq!(status(&martin, &id).await[blanc]["delivered"], "unknown");
    assert_eq!(status(&martin, &id).await[labo]["delivered"], "unknown", "nor does it fall back on its own");
    assert!(inbox(&app, &martin).await.is_empty());
    assert!(take_in(&app, &martin, &dsn(blanc, "delivered", "2.0.0"), "autre.mssante.example").await);
    assert_eq!(status(&martin, &id).await[blanc]["delivered"], "yes");
    let before = inbox(&app, &martin).await.len();
    let failed = dsn(labo, "failed", "5.2.1");
    assert!(take_in(&app, &martin, &failed, "mssante.apicrypt.example").await);
    assert!(take_in(&app, &martin, &failed, "mssante.apicrypt.example").await, "again");
    let state = status(&martin, &id).await;
    assert_eq!((&state[labo]["delivered"], &state[labo]["pli"]["reason"]), (&json!("no"), &json!("closed")), "{state}");
    assert_eq!(inbox(&app, &martin).await.len(), before + 1, "told once");
    let (subject, words) = notice(&app, &martin).await;
    assert_eq!(subject, "Non remis : Bilan");
    assert!(words.contains("fermée ou suspendue"), "{words}");

    let mdn = format!(
        "Final-Recipient: rfc822; {blanc}\r\nOriginal-Message-ID: <{original}>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
    );
    assert!(take_in(&app, &martin, &report("disposition-notification", &mdn, &original), "autre.mssante.example").await);
    let state = status(&martin, &id).await;
    assert_eq!((&state[blanc]["displayed"], &state[blanc]["delivered"]), (&json!("yes"), &json!("yes")), "{state}");
    assert_eq!(inbox(&app, &martin).await.len(), before + 1, "a receipt is no mail");
    let stranger = report("disposition-notification", &mdn.replace(&original, "other@x"), "other@x");
    assert!(!take_in(&app, &martin, &stranger, "autre.mssante.example").await);
}

async fn two_processes_send_each_message_once(engine: Engine) {
    let blanc = "dr.blanc@autre.mssante.example";
    let peer = Operator::open(&[blanc]).await;
    // This clock stands: nothing may have to wait for a free connection.
    let wide = ("PLI_RELAY_OUT__PER_DOMAIN", "50");
    let (app, folder) = peer.app(engine, &[wide]).await;
    let martin = app.holder("dr-martin").await;
    for number in 0..30 {
        send(&martin, &[blanc], &format!("n{number}")).await;
    }
    while outbox::run(&app.state).await.unwrap() > 0 {}
    assert_eq!(queue(&app).await.len(), 30);
    // Another process over the same database.
    let routes = format!("autre.mssante.example={}", peer.address);
    let mut settings = crate::operator::settings(folder.path(), &routes);
    settings.push((wide.0.into(), wide.1.into()));
    let other = app.another(&settings).await;
    other.relay.as_ref().unwrap().book.replace(crate::operator::trust());
    drop((jobs::relay_out(&app.state).unwrap(), jobs::relay_out(&other).unwrap()));
    until("the queue's end", || async { queue(&app).await.is_empty() }).await;
    let stored = peer.gate().stored();
    let subjects: std::collections::BTreeSet<String> = stored
        .iter()
        .map(|one| {
            String::from_utf8_lossy(&one.data).split("Subject: ").nth(1).unwrap().split('\r').next().unwrap().to_owned()
        })
        .collect();
    assert_eq!((stored.len(), subjects.len()), (30, 30));
}

async fn too_much_is_refused_and_nothing_is_lost(engine: Engine) {
    let limits = [("PLI_RATES__MESSAGES_HOUR", "2"), ("PLI_RATES__RECIPIENTS_DAY", "5")];
    let app = TestApp::with(engine, &limits).await;
    let (martin, roux, petit) = (app.holder("dr-martin").await, app.holder("dr-roux").await, app.holder("dr-petit").await);
    let first = send(&martin, &[&roux.login], "Un").await;
    send(&martin, &[&roux.login], "Deux").await;
    let third = draft(&martin, &[&roux.login], "Trois").await;
    let refused = submit(&martin, &third, json!({})).await;
    assert_eq!(refused["notCreated"]["s"]["type"], "rateLimit", "{refused}");
    let kept =
        ok(&martin, "Email/get", json!({"accountId": martin.account(), "ids": [third], "properties": ["keywords"]})).await;
    assert_eq!(kept["list"][0]["keywords"], json!({"$draft": true}));
    outbox::run(&app.state).await.unwrap();
    assert_eq!(status(&martin, &first).await[&roux.login]["delivered"], "yes");
    app.clock.advance_ms(70 * 60_000);
    let made = submit(&martin, &third, json!({})).await;
    assert!(made["created"]["s"].is_object(), "{made}");
    // Five recipients in a day: three are gone, one more fits, three do not.
    app.clock.advance_ms(70 * 60_000);
    let many = draft(&martin, &[&roux.login, &petit.login, &martin.login], "Trop").await;
    let refused = submit(&martin, &many, json!({})).await;
    assert_eq!(refused["notCreated"]["s"]["type"], "rateLimit", "{refused}");
    assert!(refused["notCreated"]["s"]["description"].as_str().unwrap().contains("recipients-day"), "{refused}");
    app.clock.advance_ms(24 * HOUR_MS);
    assert!(submit(&martin, &many, json!({})).await["created"]["s"].is_object());
}

async fn what_leaves_is_scanned_and_without_a_scanner_it_waits(engine: Engine) {
    let clamd = Clamd::open().await;
    let place = clamd.address.to_string();
    let peer = Operator::open(&["dr.blanc@autre.mssante.example"]).await;
    let (app, _folder) = peer.app(engine, &[("PLI_SCAN__CLAMD", &place), ("PLI_SCAN__TIMEOUT_SECONDS", "5")]).await;
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let to = ["dr.blanc@autre.mssante.example", &roux.login];
    let raw = format!(
        "From: {from}\nTo: {}\nSubject: Facture\nMessage-ID: <f@x>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; \
         boundary=k\n\n--k\n\nBonjour\n--k\nContent-Type: application/octet-stream\nContent-Disposition: \
         attachment; filename=\"facture.exe\"\n\n{VIRUS}\n--k--\n",
        to.join(", "),
        from = martin.login
    );
    let sick = keep(&app, &martin, &raw).await;
    let id = submit(&martin, &sick, json!({})).await["created"]["s"]["id"].as_str().unwrap().to_owned();
    outbox::run(&app.state).await.unwrap();
    assert!(queue(&app).await.is_empty() && inbox(&app, &roux).await.is_empty());
    let states = status(&martin, &id).await;
    for email in to {
        assert_eq!(
            (&states[email]["delivered"], &states[email]["pli"]["reason"]),
            (&json!("no"), &json!("infected")),
            "{states}"
        );
    }
    let (subject, words) = notice(&app, &martin).await;
    assert_eq!(subject, "Non remis : Facture");
    assert!(words.contains("facture.exe"), "{words}");

    clamd.fail(true);
    let id = send(&martin, &to, "Bilan").await;
    for _ in 0..12 {
        outbox::run(&app.state).await.unwrap();
        app.clock.advance_ms(HOUR_MS / 12);
    }
    let waits = (status(&martin, &id).await, inbox(&app, &roux).await.len(), queue(&app).await.len());
    assert_eq!(waits, (Value::Null, 0, 0), "nobody knows: nothing goes, nothing is given up");
    let metrics = app.state.metrics.text();
    assert!(metrics.contains("name=\"scan\",result=\"unavailable\"}"), "the operator sees it: {metrics}");
    clamd.fail(false);
    outbox::run(&app.state).await.unwrap();
    assert_eq!((inbox(&app, &roux).await, queue(&app).await.len()), (vec!["Bilan".to_owned()], 1));
}

/// Runs `pli queue …` and gives back what it says, and whether it went well.
async fn command(pli: &Pli, arguments: &[&str]) -> (bool, String) {
    let output = pli.command(&[&["queue"], arguments].concat()).output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

async fn the_queue_is_steered_on_the_command_line(engine: Engine) {
    let peer = Operator::open(&[]).await;
    let (app, _folder) = peer.app(engine, &[]).await;
    let martin = app.holder("dr-martin").await;
    let pli = Pli::new(&app);
    assert_eq!(command(&pli, &["list"]).await, (true, "0 waiting, 0 tried, 0 held\n".into()));
    send(&martin, &["dr.blanc@autre.mssante.example"], "Bilan de Mme Petit").await;
    outbox::run(&app.state).await.unwrap();
    let id = queue(&app).await[0].id.to_string();
    let (_, listed) = command(&pli, &["list"]).await;
    assert!(listed.starts_with(&id) && listed.contains("autre.mssante.example") && listed.contains("1 waiting"), "{listed}");
    assert!(!listed.contains("blanc") && !listed.contains("Petit") && !listed.contains('@'), "{listed}");
    assert!(command(&pli, &["hold", &id]).await.0);
    assert!(queue(&app).await[0].held && command(&pli, &["list"]).await.1.contains("1 held"));
    assert!(command(&pli, &["release", &id]).await.0 && !queue(&app).await[0].held);
    assert!(command(&pli, &["retry", &id]).await.0 && command(&pli, &["drop", &id]).await.0);
    assert!(queue(&app).await[0].dropped);
    let (well, said) = command(&pli, &["hold", "424242"]).await;
    assert!(!well && said.contains("424242 does not wait"), "{said}");
    let traced = app.state.store.traces_newest(store::Chain::Account(martin.account()), 50).await.unwrap();
    for kind in ["queue-hold", "queue-release", "queue-retry", "queue-drop"] {
        assert_eq!(traced.iter().filter(|trace| trace.kind == kind && trace.person.is_none()).count(), 1, "{kind}");
    }
}
