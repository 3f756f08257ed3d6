//! Exchanges with patients over SMTP, with the gateway of Mon espace santé as a peer: what leaves, what comes back, how the
//! exchange stands, who is told what.

use relay::receive::Verdict;
use relay::testing::TestGate;
use serde_json::{Value, json};
use server::{
    jobs,
    service::{outbox, patients::letters},
};
use store::{
    Actor,
    patients::{
        register::{NewRecord, Words},
        rules::PatientRules,
    },
    testing::{Engine, START_MS},
};
use wire::{
    id::PatientId,
    patient::{ExchangeState, RecordKind},
};

use crate::{
    harness::{TestApp, User},
    jmap::ok,
    on_both,
    operator::Operator,
    patients::known,
    relay_in::Open,
    space::field,
    submission::{draft, inbox, submit},
};

on_both! {
    an_exchange_from_the_first_message_to_the_reopening
    exchanges_close_by_themselves_and_absences_are_told
    what_comes_back_is_said_in_plain_words
    who_sees_whom_is_confirmed_or_sent_apart
    an_opposition_stops_mail_to_and_about_the_patient
}

pub const PATIENT: &str = "279035121518989@patient.mssante.fr";
const OTHER: &str = "185072a00412388@patient.mssante.fr";
pub const COLLEAGUE: &str = "dr.blanc@autre.mssante.example";
const DAY_MS: i64 = 86_400_000;

/// Our server between the professional and the gateway, both ways.
pub struct Gateway {
    peer: Operator,
    pub open: Open,
}

impl Gateway {
    pub async fn new(engine: Engine) -> Self {
        let peer = Operator::open(&[PATIENT, OTHER, COLLEAGUE]).await;
        let to = peer.address;
        let routes = format!("patient.mssante.fr={to},autre.mssante.example={to}");
        let open = Open::new(engine, &[("PLI_RELAY__ROUTES", &routes)]).await;
        drop(jobs::relay_out(&open.app.state).unwrap());
        Self { peer, open }
    }

    pub fn app(&self) -> &TestApp {
        &self.open.app
    }

    pub fn gate(&self) -> &TestGate {
        self.peer.gate()
    }

    /// Delivers what is due and waits until the peer has so many messages; the last one.
    pub async fn arrived(&self, count: usize) -> Vec<u8> {
        for _ in 0..600 {
            outbox::run(&self.app().state).await.unwrap();
            let stored = self.gate().stored();
            assert!(stored.len() <= count, "more than {count}");
            if stored.len() == count && self.app().state.store.queue_list(10).await.unwrap().is_empty() {
                return stored.last().unwrap().data.clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{count} messages did not arrive: {}", self.gate().stored().len());
    }

    /// The patient writes.
    pub async fn answer(&self, from: &str, to: &str, id: &str, about: &str, text: &str) -> relay::smtp::Reply {
        let name = "Dominique PAT-TROIS";
        let letter = format!(
            "From: {name} <{from}>\r\nTo: x@y.fr\r\nSubject: Re: a\r\nMessage-ID: <{id}>\r\nIn-Reply-To: <{about}>\r\n\r\n{text}"
        );
        self.open.hand_over(from, to, &letter).await
    }
}

pub fn id_of(message: &[u8]) -> String {
    field(message, "Message-ID").trim_matches(['<', '>']).to_owned()
}

pub fn text_of(message: &[u8]) -> String {
    let parsed = mail::parse(message, &mail::Limits::default());
    parsed.text_body.iter().map(|&at| mail::part_text(message, &parsed.parts[at]).value).collect()
}

pub async fn send(user: &User<'_>, to: &[&str], subject: &str, more: Value) -> Value {
    let email = draft(user, to, subject).await;
    submit(user, &email, more).await
}

pub fn refused(made: &Value) -> &str {
    made["notCreated"]["s"]["type"].as_str().unwrap_or_default()
}

async fn state(app: &TestApp, user: &User<'_>, id: PatientId) -> ExchangeState {
    app.state.store.patient(user.account(), id).await.unwrap().state
}

pub fn actor(user: &User<'_>) -> Actor {
    Actor { person: Some(user.person), ..Actor::SYSTEM }
}

async fn an_exchange_from_the_first_message_to_the_reopening(engine: Engine) {
    let gateway = Gateway::new(engine).await;
    let app = gateway.app();
    let martin = app.holder("dr-martin").await;
    // Nobody attested an INS: nothing leaves.
    assert_eq!(refused(&send(&martin, &[PATIENT], "Résultats", json!({})).await), "patient-not-qualified");
    let id = known(app, &martin, PATIENT).await;
    assert!(send(&martin, &[PATIENT], "Résultats", json!({})).await["created"]["s"].is_object());
    let first = gateway.arrived(1).await;
    let text = text_of(&first);
    assert!(text.contains("Bonjour") && text.contains("appelez le 15 ou le 112") && text.contains("30 jours"), "{text}");
    assert_eq!(field(&first, "X-MSS-MES"), "");
    assert_eq!(state(app, &martin, id).await, ExchangeState::AwaitingPatient);
    // Two answers, into one conversation with the message under another subject.
    for (at, subject) in [("p1@mes", &id_of(&first)), ("p2@mes", &id_of(&first))] {
        assert_eq!(gateway.answer(PATIENT, &martin.login, at, subject, "Merci").await.code, 250);
    }
    assert_eq!(state(app, &martin, id).await, ExchangeState::AwaitingUs);
    send(&martin, &[PATIENT], "Tout autre chose", json!({})).await;
    let second = gateway.arrived(2).await;
    assert!(!text_of(&second).contains("appelez le 15"), "only the first message of an exchange says it");
    let all = ok(&martin, "Email/query", json!({"accountId": martin.account()})).await;
    let get = json!({"accountId": martin.account(), "ids": all["ids"], "properties": ["threadId", "subject", "patient"]});
    let got = ok(&martin, "Email/get", get).await;
    let list = got["list"].as_array().unwrap();
    let with: Vec<&Value> = list.iter().filter(|one| one["patient"]["id"] == id.to_string()).collect();
    assert_eq!(with.len(), 5, "one thread per patient, the refused draft too: {got}");
    assert!(
        with.iter().all(|one| one["threadId"] == with[0]["threadId"] && one["patient"]["state"] == "awaiting-patient"),
        "{got}"
    );

    // Closed in one click: told, and refused from now on in words for patients.
    let path = format!("/courrier/{}/patients/{id}", martin.account());
    let closed = martin.send("POST", &path, &[("Content-Type", "application/x-www-form-urlencoded")], b"op=clore").await;
    assert_eq!((closed.status, closed.location().ends_with("patient-closed")), (303, true), "{}", closed.text());
    let last = gateway.arrived(3).await;
    assert_eq!((field(&last, "X-MSS-MES").as_str(), text_of(&last).contains("terminé")), ("FIN", true));
    assert!(text_of(&last).contains("15 ou le 112"));
    let patient = app.state.store.patient(martin.account(), id).await.unwrap();
    assert_eq!((patient.state, patient.closed_by), (ExchangeState::Closed, Some(martin.person)));
    let late = gateway.answer(PATIENT, &martin.login, "p3@mes", &id_of(&second), "Encore").await;
    assert_eq!(
        (late.code, late.text().contains("clos cet echange"), late.text().contains("le 15")),
        (550, true, true),
        "{late}"
    );
    let sheet = martin.get(&path).await.text();
    assert!(sheet.contains("Échange clos le") && sheet.contains("par dr-martin"), "{sheet}");
    assert!(sheet.contains("Rouvrir l’échange") && sheet.contains("Tout autre chose"), "{sheet}");

    // Reopened in one click: the new message may be answered, the old ones may not.
    let reopened = martin.send("POST", &path, &[("Content-Type", "application/x-www-form-urlencoded")], b"op=rouvrir").await;
    assert!(reopened.location().ends_with("patient-reopened"), "{}", reopened.location());
    let again = gateway.arrived(4).await;
    assert!(text_of(&again).contains("vous pouvez répondre") && text_of(&again).contains("15 ou le 112"));
    assert_eq!(gateway.answer(PATIENT, &martin.login, "p4@mes", &id_of(&second), "x").await.code, 550);
    assert_eq!(gateway.answer(PATIENT, &martin.login, "p5@mes", &id_of(&again), "x").await.code, 250);
    assert_eq!(state(app, &martin, id).await, ExchangeState::AwaitingUs);
}

async fn exchanges_close_by_themselves_and_absences_are_told(engine: Engine) {
    let gateway = Gateway::new(engine).await;
    let app = gateway.app();
    let (store, martin) = (&app.state.store, app.holder("dr-martin").await);
    let id = known(app, &martin, PATIENT).await;
    let rules = PatientRules {
        close_days: Some(7),
        answer_days: 3,
        away: "Le cabinet est fermé jusqu’à lundi.".into(),
        away_from: Some(START_MS),
        away_to: Some(START_MS + 3 * DAY_MS),
        ..PatientRules::default()
    };
    store.patient_rules_set(actor(&martin), martin.account(), rules).await.unwrap();
    send(&martin, &[PATIENT], "Résultats", json!({})).await;
    let first = gateway.arrived(1).await;
    assert!(text_of(&first).contains("sous 3 jours") && text_of(&first).contains("pendant 7 jours"), "{}", text_of(&first));
    // The patient writes twice: told once that one is away, and the exchange still waits for us.
    assert_eq!(gateway.answer(PATIENT, &martin.login, "p1@mes", &id_of(&first), "Merci").await.code, 250);
    let away = gateway.arrived(2).await;
    assert!(text_of(&away).contains("fermé jusqu’à lundi") && text_of(&away).contains("15 ou le 112"), "{}", text_of(&away));
    assert_eq!(field(&away, "Auto-Submitted"), "auto-replied");
    assert_eq!(gateway.answer(PATIENT, &martin.login, "p2@mes", &id_of(&first), "Encore").await.code, 250);
    assert_eq!(gateway.arrived(2).await, away);
    assert_eq!(state(app, &martin, id).await, ExchangeState::AwaitingUs);
    // What the patient asked and nobody answered never closes by itself.
    app.clock.advance_ms(8 * DAY_MS);
    assert_eq!(letters::close_idle(&app.state).await.unwrap(), 0);
    send(&martin, &[PATIENT], "Réponse", json!({})).await;
    gateway.arrived(3).await;
    assert_eq!(letters::close_idle(&app.state).await.unwrap(), 0);
    app.clock.advance_ms(7 * DAY_MS + 1);
    assert_eq!(letters::close_idle(&app.state).await.unwrap(), 1);
    assert_eq!(letters::close_idle(&app.state).await.unwrap(), 0, "once");
    let patient = store.patient(martin.account(), id).await.unwrap();
    assert_eq!((patient.state, patient.closed_by), (ExchangeState::Closed, None));
    let last = gateway.arrived(4).await;
    assert_eq!(field(&last, "X-MSS-MES"), "FIN");
    // A message without answer leaves the exchange closed.
    let email = draft(&martin, &[PATIENT], "[FIN]").await;
    submit(&martin, &email, json!({})).await;
    gateway.arrived(5).await;
    assert_eq!(state(app, &martin, id).await, ExchangeState::Closed);
}

async fn what_comes_back_is_said_in_plain_words(engine: Engine) {
    let gateway = Gateway::new(engine).await;
    let app = gateway.app();
    let martin = app.holder("dr-martin").await;
    known(app, &martin, PATIENT).await;
    let said = [
        (Verdict::Unknown, "n’a pas de messagerie Mon espace santé", "main propre"),
        (Verdict::Closed, "a fermé son compte", "par téléphone ou par courrier"),
        (Verdict::OverQuota, "25 Mo en tout", "Allégez"),
    ];
    for (count, (verdict, what, next)) in said.into_iter().enumerate() {
        gateway.gate().say(PATIENT, verdict);
        send(&martin, &[PATIENT], &format!("Essai {count}"), json!({})).await;
        let mut text = String::new();
        for _ in 0..200 {
            outbox::run(&app.state).await.unwrap();
            if inbox(app, &martin).await.len() > count {
                let found = ok(&martin, "Email/query", json!({"accountId": martin.account(), "filter": {"inMailbox": app.inbox(martin.account()).await.to_string()}, "limit": 1})).await;
                let get = json!({"accountId": martin.account(), "ids": found["ids"], "properties": ["textBody", "bodyValues"], "fetchTextBodyValues": true});
                let got = ok(&martin, "Email/get", get).await;
                text = got["list"][0]["bodyValues"].as_object().unwrap().values().next().unwrap()["value"]
                    .as_str()
                    .unwrap()
                    .to_owned();
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert!(text.contains(what) && text.contains(next), "{text}");
        assert!(!text.contains("279035121518989"), "{text}");
    }
    // Larger than the gateway takes: said before it leaves.
    let (blob, big) = (crate::jmap::upload(&martin, &vec![b'x'; 19_000_000], "application/pdf").await, "gros.pdf");
    let boxes = ok(&martin, "Mailbox/get", json!({"accountId": martin.account(), "ids": null})).await;
    let drafts = boxes["list"].as_array().unwrap().iter().find(|m| m["role"] == "drafts").unwrap()["id"].clone();
    let object = json!({"mailboxIds": {drafts.as_str().unwrap(): true}, "keywords": {"$draft": true}, "from": [{"email": martin.login}],
        "to": [{"email": PATIENT}], "subject": "Gros", "textBody": [{"partId": "t", "type": "text/plain"}], "bodyValues": {"t": {"value": "x"}},
        "attachments": [{"blobId": blob, "type": "application/pdf", "name": big, "disposition": "attachment"}]});
    let made = ok(&martin, "Email/set", json!({"accountId": martin.account(), "create": {"d": object}})).await;
    let made = submit(&martin, made["created"]["d"]["id"].as_str().unwrap(), json!({})).await;
    assert_eq!(refused(&made), "patient-too-large", "{made}");
}

async fn who_sees_whom_is_confirmed_or_sent_apart(engine: Engine) {
    let gateway = Gateway::new(engine).await;
    let app = gateway.app();
    let martin = app.holder("dr-martin").await;
    for address in [PATIENT, OTHER] {
        known(app, &martin, address).await;
    }
    assert_eq!(refused(&send(&martin, &[PATIENT, COLLEAGUE], "Bilan", json!({})).await), "patient-mixed");
    assert_eq!(refused(&send(&martin, &[PATIENT, OTHER], "Bilan", json!({})).await), "patient-several");
    let confirmed = send(&martin, &[PATIENT, COLLEAGUE], "Ensemble", json!({"patientsConfirmed": true})).await;
    assert!(confirmed["created"]["s"].is_object(), "{confirmed}");
    gateway.arrived(2).await;
    // Apart: one message for each, and nobody sees another's INS.
    let email = draft(&martin, &[PATIENT, OTHER, COLLEAGUE], "Apart").await;
    let body = format!("op=send-apart&account={}&draft={email}&retour=/courrier", martin.account());
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let done = martin.send("POST", "/courrier/faire", &kind, body.as_bytes()).await;
    assert_eq!((done.status, done.location()), (303, "/courrier?dit=sending"), "{}", done.text());
    app.clock.advance_ms(60_000);
    gateway.arrived(5).await;
    let apart: Vec<_> = gateway.gate().stored().into_iter().skip(2).collect();
    for message in &apart {
        assert_eq!(message.to.len(), 1);
        let seen = [PATIENT, OTHER, COLLEAGUE]
            .into_iter()
            .filter(|one| field(&message.data, "To").to_lowercase().contains(one))
            .count();
        assert_eq!(seen, 1, "{}", field(&message.data, "To"));
    }
    // The colleague's answer goes into the conversation that it answers.
    let drafts =
        ok(&martin, "Email/query", json!({"accountId": martin.account(), "filter": {"hasKeyword": "$draft"}})).await;
    assert!(!drafts["ids"].as_array().unwrap().iter().any(|id| *id == email), "the draft is gone: {drafts}");
}

async fn an_opposition_stops_mail_to_and_about_the_patient(engine: Engine) {
    let gateway = Gateway::new(engine).await;
    let app = gateway.app();
    let martin = app.holder("dr-martin").await;
    let id = known(app, &martin, PATIENT).await;
    send(&martin, &[PATIENT], "Résultats", json!({})).await;
    let first = gateway.arrived(1).await;
    assert_eq!(gateway.answer(PATIENT, &martin.login, "p1@mes", &id_of(&first), "Merci").await.code, 250);
    // One that waits when the opposition is recorded does not leave either.
    let waiting = draft(&martin, &[PATIENT], "En attente").await;
    let hold = json!({"envelope": {"mailFrom": {"email": martin.login, "parameters": {"HOLDFOR": "60"}}, "rcptTo": [{"email": PATIENT}]}});
    assert!(submit(&martin, &waiting, hold).await["created"]["s"].is_object());
    let words = Words { scope: "Tout".into(), means: "oral".into(), channel: "Courrier".into() };
    let new = NewRecord { kind: RecordKind::Opposition, at: START_MS, words };
    let record = app.state.store.record_add(actor(&martin), martin.account(), id, new).await.unwrap();
    assert_eq!(refused(&send(&martin, &[PATIENT], "Encore", json!({})).await), "patient-opposed");
    // About the patient: what answers or forwards their message, whatever its subject.
    let boxes = ok(&martin, "Mailbox/get", json!({"accountId": martin.account(), "ids": null})).await;
    let drafts =
        boxes["list"].as_array().unwrap().iter().find(|m| m["role"] == "drafts").unwrap()["id"].as_str().unwrap().to_owned();
    for about in ["p1@mes".to_owned(), id_of(&first)] {
        let object = json!({"mailboxIds": {&drafts: true}, "keywords": {"$draft": true}, "from": [{"email": martin.login}],
            "to": [{"email": COLLEAGUE}], "subject": "Avis", "references": [about], "textBody": [{"partId": "t", "type": "text/plain"}],
            "bodyValues": {"t": {"value": "Que pensez-vous ?"}}});
        let made = ok(&martin, "Email/set", json!({"accountId": martin.account(), "create": {"d": object}})).await;
        let made = submit(&martin, made["created"]["d"]["id"].as_str().unwrap(), json!({})).await;
        assert_eq!(refused(&made), "patient-about-opposed", "{made}");
    }
    assert!(send(&martin, &[COLLEAGUE], "Autre sujet", json!({})).await["created"]["s"].is_object());
    app.clock.advance_ms(120_000);
    gateway.arrived(2).await;
    assert_eq!(inbox(app, &martin).await.iter().filter(|subject| subject.starts_with("Non remis : En attente")).count(), 1);
    app.state.store.record_end(actor(&martin), martin.account(), id, record, String::new()).await.unwrap();
    assert!(send(&martin, &[PATIENT], "De nouveau", json!({})).await["created"]["s"].is_object());
    gateway.arrived(3).await;
}
