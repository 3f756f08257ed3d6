//! Terms of service: told beforehand, asked for at every door from their date on, accepted on the page, exportable.

use serde_json::json;
use server::{cli::portal::export, portal::cgu};
use store::{
    Actor, Chain,
    cgu::{Acceptance, AcceptedBy},
    testing::Engine,
    traces::Class,
};

use crate::{
    events::Stream,
    harness::{TestApp, ordinary},
    on_both,
};

on_both! {
    nobody_gets_in_before_accepting
    who_has_an_access_is_told_once
    an_open_stream_ends_when_terms_come_into_force
    versions_follow_each_other
}

const HOUR: i64 = 3_600_000;

async fn publish(app: &TestApp, text: &str, in_ms: i64) -> i64 {
    app.clock.advance_ms(1000);
    let from = app.state.store.now() + in_ms;
    cgu::publish(&app.state.store, Actor::COMMAND, text.into(), None, from).await.unwrap()
}

async fn nobody_gets_in_before_accepting(engine: Engine) {
    let app = TestApp::new(engine).await;
    let martin = app.holder("dr-martin").await;
    app.password(&martin).await;
    let mut browser = app.browser();
    browser.sign_in(&martin, "dr-martin").await;
    publish(&app, "# Conditions\n\n<b>Article</b> **premier**", HOUR / 4).await;
    assert_eq!(martin.get("/api/me").await.status, 200);
    assert_eq!(browser.get("/courrier").await.status, 303);

    app.clock.advance_ms(HOUR / 4);
    // Software with a token: the API, uploads, downloads, events; pages too.
    for path in ["/api/me", "/jmap/session", "/.well-known/jmap", "/jmap/events", "/api/sessions"] {
        let answer = martin.get(path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "cgu-not-accepted"), "{path}");
    }
    let upload = format!("/jmap/upload/{}", martin.account());
    for (method, path) in
        [("POST", "/jmap"), ("POST", upload.as_str()), ("POST", "/api/session/stay"), ("PATCH", "/api/me/preferences")]
    {
        let answer = martin.json(method, path, json!({})).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "cgu-not-accepted"), "{path}");
    }
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let forced = martin.send("POST", "/cgu/accepter", &form, b"version=1&cgu=oui&notice=oui").await;
    assert_eq!(forced.status, 403, "software cannot accept for a person");

    // The pages lead to the form, and back to where one was.
    let inbox = format!("/courrier/{}/{}", martin.account(), app.inbox(martin.account()).await);
    let answer = browser.get(&inbox).await;
    assert_eq!((answer.status, answer.location()), (303, format!("/cgu/accepter?retour={inbox}").as_str()));
    let page = browser.get(answer.location()).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("&lt;b&gt;Article&lt;/b&gt; <strong>premier<"), "{}", page.text());
    assert!(!page.text().contains("<script"));
    let half = browser.post("/cgu/accepter", &[("version", "1"), ("cgu", "oui"), ("retour", &inbox)]).await;
    assert_eq!(half.status, 422);
    assert!(half.text().contains("Cochez cette case") && half.text().contains("checked"), "{}", half.text());
    let other = browser.post("/cgu/accepter", &[("version", "7"), ("cgu", "oui"), ("notice", "oui")]).await;
    assert_eq!(other.status, 422, "only what is in force can be accepted");
    assert_eq!(browser.get("/courrier").await.location(), "/cgu/accepter");

    let fields = [("version", "1"), ("cgu", "oui"), ("notice", "oui"), ("retour", inbox.as_str())];
    let accepted = browser.post("/cgu/accepter", &fields).await;
    assert_eq!((accepted.status, accepted.location()), (303, inbox.as_str()), "{}", accepted.text());
    assert_eq!((browser.get(&inbox).await.status, martin.get("/api/me").await.status), (200, 200));
    assert_eq!(browser.post("/cgu/accepter", &fields).await.status, 303);

    let known = app.state.store.cgu_accepted(martin.person).await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!((known[0].means.as_str(), known[0].notice.as_str()), ("page", cgu::NOTICE));
    let traces = app.state.store.traces(Chain::Person(martin.person), Class::Functional, 0, 100).await.unwrap();
    let kept: Vec<_> = traces.iter().filter(|trace| trace.kind == "cgu-accept").collect();
    assert_eq!((kept.len(), &kept[0].detail["version"], kept[0].means.as_str()), (1, &json!(1), "web"));
    assert!(kept[0].session.is_some());

    let mut csv = Vec::new();
    assert_eq!(export(&app.state.store, &mut csv).await.unwrap(), 1);
    let csv = String::from_utf8(csv).unwrap();
    assert!(csv.contains(&format!("\"{}\",\"dr-martin\",\"1\",", martin.person)) && csv.contains("\"page\""), "{csv}");
    // Signing out is never in the way; a new version is asked for again.
    publish(&app, "# Encore", 0).await;
    assert_eq!(browser.get(&inbox).await.status, 303);
    assert_eq!(browser.post("/deconnexion", &[]).await.status, 303);
}

async fn who_has_an_access_is_told_once(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (martin, _roux) = (app.holder("dr-martin").await, app.holder("dr-roux").await);
    let secretary = app.staff("secretary").await;
    let version = publish(&app, "# Conditions", 48 * HOUR).await;
    let acceptance = Acceptance { version, by: AcceptedBy::Creation, notice: cgu::NOTICE.into() };
    app.state.store.cgu_accept(Actor::SYSTEM, secretary.person, acceptance).await.unwrap();
    app.clock.advance_ms(1000);
    app.holder("dr-nouveau").await;
    assert_eq!(cgu::announce(&app.state).await.unwrap(), 2);
    assert_eq!(cgu::announce(&app.state).await.unwrap(), 0);
    let letters = app.post.letters(&ordinary("dr-martin"));
    let link = format!("http://{}/cgu/{version}", app.address);
    assert_eq!(letters.len(), 1, "{letters:?}");
    let text = app.post.letter(&ordinary("dr-martin"), 0).await;
    assert!(text.contains(&link), "{text}");
    assert!(app.post.letters(&ordinary("secretary")).is_empty(), "who accepted needs no telling");
    assert!(app.post.letters(&ordinary("dr-nouveau")).is_empty(), "who came later read it when opening");
    let query = martin.jmap("Email/query", json!({"accountId": martin.account(), "filter": {"text": "conditions"}})).await.1;
    assert_eq!(query["ids"].as_array().map(Vec::len), Some(1), "{query}");
    // Accepting beforehand is possible, and then nothing is in the way.
    app.password(&martin).await;
    let mut browser = app.browser();
    browser.sign_in(&martin, "dr-martin").await;
    let page = browser.get("/cgu/accepter").await;
    assert!(page.status == 200 && page.text().contains("dès maintenant"), "{}", page.text());
    let done = browser.post("/cgu/accepter", &[("version", "1"), ("cgu", "oui"), ("notice", "oui")]).await;
    assert_eq!(done.status, 303);
    app.clock.advance_ms(48 * HOUR);
    assert_eq!(martin.get("/api/me").await.status, 200);
}

async fn an_open_stream_ends_when_terms_come_into_force(engine: Engine) {
    let app = TestApp::new(engine).await;
    let martin = app.holder("dr-martin").await;
    publish(&app, "# Conditions", HOUR).await;
    let mut stream = Stream::open(&app, &martin, "types=*&closeafter=no&ping=0").await;
    app.clock.advance_ms(HOUR);
    let started = std::time::Instant::now();
    assert!(stream.ended().await);
    assert!(started.elapsed() < std::time::Duration::from_secs(4), "{:?}", started.elapsed());
}

async fn versions_follow_each_other(engine: Engine) {
    let app = TestApp::new(engine).await;
    let empty = app.send("GET", "/cgu", &[], b"").await;
    assert!(empty.status == 200 && empty.text().contains("Aucune version"), "{}", empty.text());
    publish(&app, "# Un\n\nPremier texte", -HOUR).await;
    publish(&app, "# Deux\n\nDeuxième texte", HOUR).await;
    let store = &app.state.store;
    let again = cgu::publish(store, Actor::COMMAND, "x".into(), None, store.now()).await.unwrap_err();
    assert!(again.to_string().contains("published already"), "{again}");
    assert!(cgu::publish(store, Actor::COMMAND, " \n".into(), None, store.now() + 9 * HOUR).await.is_err());
    let current = app.send("GET", "/cgu", &[], b"").await.text();
    assert!(current.contains("Premier texte") && current.contains("Version 2, à partir du 22 novembre 2026"), "{current}");
    let coming = app.send("GET", "/cgu/2", &[], b"").await.text();
    assert!(coming.contains("Deuxième texte") && coming.contains("applicable à partir du"), "{coming}");
    app.clock.advance_ms(2 * HOUR);
    let past = app.send("GET", "/cgu/1", &[], b"").await.text();
    assert!(past.contains("n’est plus en vigueur"), "{past}");
    let file = app.send("GET", "/cgu/1/texte", &[], b"").await;
    assert_eq!(
        (file.text().as_str(), file.header("content-disposition")),
        ("# Un\n\nPremier texte", Some("attachment; filename=\"cgu-1.txt\""))
    );
    assert_eq!(app.send("GET", "/cgu/9", &[], b"").await.status, 404);
    let english = app.send("GET", "/cgu", &[("Accept-Language", "en")], b"").await.text();
    assert!(english.contains("exists in French only") && english.contains("lang=\"fr\""), "{english}");
}
