//! What Mon espace santé refuses, at once or by a notice later, and what an opposition stops on its way: each said in plain
//! French with a next step, on the sent message and in the notice.

use relay::receive::Verdict;
use serde_json::{Value, json};
use server::service::outbox;
use store::{
    patients::register::{NewRecord, Words},
    testing::{Engine, START_MS},
};
use wire::patient::RecordKind;

use crate::{
    harness::{TestApp, User},
    jmap::ok,
    on_both,
    patients::{browser, known, write},
    patients_exchange::{Gateway, PATIENT, actor, id_of, send},
    space::field,
    submission::submit,
};

on_both! {
    each_refusal_has_a_sentence_and_a_next_step
    what_waits_for_the_gateway_stops_at_an_opposition
    a_reply_to_is_who_may_be_answered
    the_form_says_whether_the_patient_may_answer
}

/// Subject and words of the newest notice in the inbox.
async fn notice(gateway: &Gateway, user: &User<'_>) -> (String, String) {
    let inbox = gateway.app().inbox(user.account()).await.to_string();
    let query = json!({"accountId": user.account(), "filter": {"inMailbox": inbox}, "limit": 1});
    let found = ok(user, "Email/query", query).await;
    let properties = json!(["subject", "textBody", "bodyValues"]);
    let get =
        json!({"accountId": user.account(), "ids": found["ids"], "properties": properties, "fetchTextBodyValues": true});
    let got = ok(user, "Email/get", get).await;
    let mail = &got["list"][0];
    let words = mail["bodyValues"].as_object().and_then(|all| all.values().next());
    let words = words.and_then(|one| one["value"].as_str()).unwrap_or_default().to_owned();
    (mail["subject"].as_str().unwrap_or_default().to_owned(), words)
}

/// Waits for the notice about a message; its words, and the page of the sent message.
async fn told(gateway: &Gateway, user: &User<'_>, subject: &str) -> (String, String) {
    for _ in 0..400 {
        outbox::run(&gateway.app().state).await.unwrap();
        let (about, words) = notice(gateway, user).await;
        if about == format!("Non remis : {subject}") {
            return (words, page(user).await);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no notice about {subject}");
}

/// The newest submission.
async fn newest(user: &User<'_>) -> Value {
    let query = json!({"accountId": user.account(), "sort": [{"property": "sentAt", "isAscending": false}], "limit": 1});
    let found = ok(user, "EmailSubmission/query", query).await;
    let got = ok(user, "EmailSubmission/get", json!({"accountId": user.account(), "ids": found["ids"]})).await;
    got["list"][0].clone()
}

/// The newest sent message with its conversation, as a browser without scripts shows it.
async fn page(user: &User<'_>) -> String {
    let sent = newest(user).await;
    let boxes = ok(user, "Mailbox/get", json!({"accountId": user.account(), "ids": null})).await;
    let folder = boxes["list"].as_array().unwrap().iter().find(|one| one["role"] == "sent").unwrap()["id"].clone();
    let (folder, email) = (folder.as_str().unwrap(), sent["emailId"].as_str().unwrap());
    let filed = json!({email: {"mailboxIds": {folder: true}, "keywords/$draft": null}});
    ok(user, "Email/set", json!({"accountId": user.account(), "update": filed})).await;
    user.get(&format!("/courrier/{}/{folder}/{}", user.account(), sent["threadId"].as_str().unwrap())).await.text()
}

/// Why the newest did not reach the patient.
async fn reason(user: &User<'_>) -> String {
    newest(user).await["deliveryStatus"][PATIENT]["pli"]["reason"].as_str().unwrap_or_default().to_owned()
}

/// `Message non distribué` about a message, as the gateway sends it later.
fn undelivered(about: &str, status: &str, words: &str) -> String {
    format!(
        "From: MAILER-DAEMON@patient.mssante.fr\r\nTo: x@y.fr\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         Message-ID: <dsn-{about}>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; \
         boundary=k\r\n\r\n--k\r\n\r\nMessage non distribue\r\n--k\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mes.example\r\n\r\nFinal-Recipient: rfc822; {PATIENT}\r\nAction: failed\r\n\
         Status: {status}\r\nDiagnostic-Code: smtp; 550 {status} {words}\r\n\r\n--k\r\nContent-Type: text/rfc822-headers\r\n\r\n\
         Message-ID: <{about}>\r\n\r\n--k--"
    )
}

/// Reason, sentence, next step, and what the sent message says.
type Case = (&'static str, &'static str, &'static str, &'static str);

const NO_ACCOUNT: Case = (
    "no-such-address",
    "n’a pas de messagerie Mon espace santé",
    "en main propre",
    "n’a pas de messagerie Mon espace santé",
);
const CLOSED: Case = (
    "closed",
    "a fermé son compte Mon espace santé",
    "par téléphone ou par courrier",
    "a fermé son compte Mon espace santé",
);
const OPPOSED: Case =
    ("forbidden", "le patient s’y est opposé", "notez son opposition dans sa fiche", "notez son opposition");
const TOO_BIG: Case = ("too-large", "25 Mo en tout", "Allégez les pièces jointes", "reçoit 25 Mo en tout");
const FULL: Case = ("full", "la messagerie du patient est pleine", "Allégez", "La messagerie du patient est pleine");

async fn each_refusal_has_a_sentence_and_a_next_step(engine: Engine) {
    let gateway = Gateway::new(engine).await;
    let app = gateway.app();
    let martin = app.holder("dr-martin").await;
    let id = known(app, &martin, PATIENT).await;
    let at_once = [
        (Verdict::Unknown, NO_ACCOUNT),
        (Verdict::Closed, CLOSED),
        (Verdict::Refused("The user refuses messages".into()), OPPOSED),
        (Verdict::OverQuota, FULL),
    ];
    let check = async |subject: &str, (code, what, next, shown): Case| {
        let (words, page) = told(&gateway, &martin, subject).await;
        assert!(words.contains(what) && words.contains("À faire") && words.contains(next), "{code}: {words}");
        assert!(page.contains(shown), "{code}: {page}");
        assert_eq!(reason(&martin).await, code);
        assert!(!words.contains("279035121518989"), "{code}: {words}");
        app.clock.advance_ms(60_000);
    };
    for (at, (verdict, case)) in at_once.into_iter().enumerate() {
        gateway.gate().say(PATIENT, verdict);
        let subject = format!("Refus{at}");
        send(&martin, &[PATIENT], &subject, json!({})).await;
        check(&subject, case).await;
    }
    // Taken, and given back later.
    gateway.gate().say(PATIENT, Verdict::Accept);
    let later = [("5.1.1", NO_ACCOUNT), ("5.2.1", CLOSED), ("5.7.1", OPPOSED), ("5.3.4", TOO_BIG), ("5.2.2", FULL)];
    for (at, (status, case)) in later.into_iter().enumerate() {
        let subject = format!("Retour{at}");
        send(&martin, &[PATIENT], &subject, json!({})).await;
        let message = gateway.arrived(at + 1).await;
        let answer = gateway.open.hand_over("", &martin.login, &undelivered(&id_of(&message), status, "x")).await;
        assert_eq!(answer.code, 250, "{answer}");
        check(&subject, case).await;
    }
    // The patient's refusal there is no opposition here: that is for the professional to note.
    let patient = app.state.store.patient(martin.account(), id).await.unwrap();
    assert!(!patient.opposed && app.state.store.records(martin.account(), id).await.unwrap().is_empty());
}

async fn what_waits_for_the_gateway_stops_at_an_opposition(engine: Engine) {
    let gateway = Gateway::new(engine).await;
    let app = gateway.app();
    let martin = app.holder("dr-martin").await;
    let id = known(app, &martin, PATIENT).await;
    gateway.gate().say(PATIENT, Verdict::Later("Busy".into()));
    send(&martin, &[PATIENT], "Attendu", json!({})).await;
    for _ in 0..200 {
        outbox::run(&app.state).await.unwrap();
        if app.state.store.queue_list(10).await.unwrap().first().is_some_and(|job| job.attempts > 0) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let words = Words { channel: "Courrier".into(), means: "oral".into(), ..Words::default() };
    let new = NewRecord { kind: RecordKind::Opposition, at: START_MS, words };
    app.state.store.record_add(actor(&martin), martin.account(), id, new).await.unwrap();
    gateway.gate().say(PATIENT, Verdict::Accept);
    app.clock.advance_ms(3_600_000);
    let (words, page) = told(&gateway, &martin, "Attendu").await;
    assert!(
        words.contains("Une opposition du patient a été enregistrée") && words.contains("noté dans la fiche"),
        "{words}"
    );
    assert!(!words.contains("Réponse de l’opérateur") && page.contains("Une opposition du patient"), "{words} {page}");
    assert_eq!(reason(&martin).await, "opposed");
    assert!(gateway.gate().stored().is_empty());
}

async fn a_reply_to_is_who_may_be_answered(engine: Engine) {
    let gateway = Gateway::new(engine).await;
    let app = gateway.app();
    let (martin, roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    known(app, &martin, PATIENT).await;
    let boxes = ok(&martin, "Mailbox/get", json!({"accountId": martin.account(), "ids": null})).await;
    let drafts = boxes["list"].as_array().unwrap().iter().find(|one| one["role"] == "drafts").unwrap()["id"].clone();
    let object = json!({"mailboxIds": {drafts.as_str().unwrap(): true}, "keywords": {"$draft": true},
        "from": [{"email": martin.login}], "replyTo": [{"email": roux.login}], "to": [{"email": PATIENT}], "subject": "Suite",
        "textBody": [{"partId": "t", "type": "text/plain"}], "bodyValues": {"t": {"value": "Répondez au docteur Roux."}}});
    let made = ok(&martin, "Email/set", json!({"accountId": martin.account(), "create": {"d": object}})).await;
    submit(&martin, made["created"]["d"]["id"].as_str().unwrap(), json!({})).await;
    let message = gateway.arrived(1).await;
    assert!(field(&message, "Reply-To").contains(&roux.login), "{}", field(&message, "Reply-To"));
    let about = id_of(&message);
    assert_eq!(gateway.answer(PATIENT, &martin.login, "p1@mes", &about, "x").await.code, 550, "not the sender");
    assert_eq!(gateway.answer(PATIENT, &roux.login, "p2@mes", &about, "x").await.code, 250);
}

/// Marks the patient's conversation as treated; how its exchange is shown before and after.
async fn treated(app: &TestApp, user: &User<'_>) -> (String, String) {
    let inbox = app.inbox(user.account()).await.to_string();
    let shown = async || {
        let query = json!({"accountId": user.account(), "filter": {"inMailbox": inbox}, "limit": 1});
        let found = ok(user, "Email/query", query).await;
        let get = json!({"accountId": user.account(), "ids": found["ids"], "properties": ["threadId", "patient"]});
        let got = ok(user, "Email/get", get).await["list"][0].clone();
        (got["threadId"].as_str().unwrap().to_owned(), got["patient"]["state"].as_str().unwrap().to_owned())
    };
    let (thread, before) = shown().await;
    let update = json!({"accountId": user.account(), "update": {thread: {"state": "done", "assigneeId": user.person}}});
    assert!(ok(user, "Work/set", update).await["notUpdated"].is_null());
    (before, shown().await.1)
}

async fn the_form_says_whether_the_patient_may_answer(engine: Engine) {
    let gateway = Gateway::new(engine).await;
    let app = gateway.app();
    let martin = app.holder("dr-martin").await;
    let id = known(app, &martin, PATIENT).await;
    let mut desk = browser(app, &martin, "dr-martin").await;
    let path = format!("/courrier/{}/patients/{id}/ecrire", martin.account());
    // Only to be read: with the note as a file, which counts as told.
    let fields = [("form", "f1"), ("subject", "Résultats"), ("text", "Bonjour"), ("reponse", "non"), ("note", "1")];
    let sent = write(&mut desk, &path, &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    app.clock.advance_ms(60_000);
    let first = gateway.arrived(1).await;
    let parsed = mail::parse(&first, &mail::Limits::default());
    let files: Vec<_> = parsed.attachments.iter().filter_map(|&at| parsed.parts[at].name.as_deref()).collect();
    assert_eq!((field(&first, "X-MSS-MES").as_str(), &files[..]), ("FIN", &["note-information.txt"][..]));
    let records = app.state.store.records(martin.account(), id).await.unwrap();
    let told: Vec<_> = records.iter().map(|one| (one.kind, one.words.means.as_str())).collect();
    assert_eq!(told, [(RecordKind::Information, "message")]);
    let refused = gateway.answer(PATIENT, &martin.login, "p1@mes", &id_of(&first), "Merci").await;
    assert_eq!((refused.code, refused.text().contains("le 15")), (550, true), "{refused}");
    // To be answered: the answer waits for us until it is treated.
    let sent =
        write(&mut desk, &path, &[("form", "f2"), ("subject", "Suite"), ("text", "Bonjour"), ("reponse", "oui")]).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    app.clock.advance_ms(60_000);
    let second = gateway.arrived(2).await;
    assert_eq!(field(&second, "X-MSS-MES"), "");
    assert_eq!(gateway.answer(PATIENT, &martin.login, "p2@mes", &id_of(&second), "Merci").await.code, 250);
    assert_eq!(treated(app, &martin).await, ("awaiting-us".into(), "open".into()));
    // The patient's sheet says who has the exchange in hand.
    let sheet = desk.get(path.trim_end_matches("/ecrire")).await;
    assert!(sheet.text().contains("En charge\u{a0}: dr-martin"), "{}", sheet.text());
}
