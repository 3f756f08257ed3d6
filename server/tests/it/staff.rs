//! The pages of who works for the operator: who sees them, what they show, what their buttons do, what is traced.

use serde_json::json;
use server::service::outbox;
use store::{Actor, Chain, testing::Engine};

use crate::{
    harness::{Browser, TestApp, User},
    on_both,
    operator::Operator,
    submission::{draft, submit},
};

on_both! {
    only_staff_sees_the_pages
    the_queue_is_seen_and_steered
    trust_is_seen
}

const QUEUE: &str = "/admin/file";
const TRUST: &str = "/admin/confiance";

/// Somebody of the operator, signed in.
async fn operator<'a>(app: &'a TestApp) -> (User<'a>, Browser<'a>) {
    let user = app.staff("camille").await;
    app.password(&user).await;
    assert!(app.state.store.staff_add(Actor::COMMAND, user.person).await.unwrap());
    let mut browser = app.browser();
    browser.sign_in(&user, "camille").await;
    (user, browser)
}

async fn only_staff_sees_the_pages(engine: Engine) {
    let app = TestApp::new(engine).await;
    let martin = app.holder("dr-martin").await;
    app.password(&martin).await;
    let mut doctor = app.browser();
    doctor.sign_in(&martin, "dr-martin").await;
    let nothing = doctor.get("/courrier/a0000000000001").await.status;
    let (camille, mut staff) = operator(&app).await;
    for path in [QUEUE, TRUST] {
        let bare = app.browser().get(path).await;
        assert_eq!((bare.status, bare.location().starts_with("/connexion")), (303, true), "{path}");
        assert_eq!((doctor.get(path).await.status, nothing), (404, 404), "{path}");
        // An application password is no session.
        assert_eq!(camille.get(path).await.status, 404, "{path}");
        let page = staff.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text().contains("href=\"/admin/confiance\""), "{path}");
    }
    // Without a relay there is no trust to show; without a BAL one comes to the queue.
    assert!(staff.get(TRUST).await.text().contains("relay.certificate_file"));
    assert_eq!(staff.get("/courrier").await.location(), QUEUE);
    assert!(staff.get(QUEUE).await.text().contains("Rien n’attend"));
    // Their account leads there, that of others does not.
    assert!(staff.get("/compte").await.text().contains("href=\"/admin/file\""));
    assert!(!doctor.get("/compte").await.text().contains("/admin/"));
    // It opens no mail.
    let account = martin.account();
    assert_eq!(staff.get(&format!("/courrier/{account}")).await.status, 404);
    assert_eq!(camille.jmap("Email/query", json!({"accountId": account})).await.1["type"], "accountNotFound");
    // Who works there no longer sees nothing, at once, and may come back.
    let store = &app.state.store;
    assert!(!store.staff_add(Actor::COMMAND, camille.person).await.unwrap());
    assert!(store.staff_end(Actor::COMMAND, camille.person).await.unwrap());
    assert!(!store.staff_end(Actor::COMMAND, camille.person).await.unwrap());
    for path in [QUEUE, TRUST] {
        assert_eq!(staff.get(path).await.status, 404, "{path}");
    }
    assert_eq!(staff.post(QUEUE, &[("op", "retry"), ("id", "1")]).await.status, 404);
    assert!(store.staff_list().await.unwrap()[0].ended_at.is_some());
    assert!(store.staff_add(Actor::COMMAND, camille.person).await.unwrap());
    assert_eq!(staff.get(QUEUE).await.status, 200);
    let traced = store.traces_newest(Chain::Person(camille.person), 50).await.unwrap();
    let kinds: Vec<&str> = traced.iter().map(|trace| trace.kind.as_str()).filter(|kind| kind.starts_with("staff")).collect();
    assert_eq!(kinds, ["staff-add", "staff-end", "staff-add"]);
}

async fn the_queue_is_seen_and_steered(engine: Engine) {
    let peer = Operator::open(&["dr.blanc@autre.mssante.example"]).await;
    let (app, _folder) = peer.app(engine, &[]).await;
    let martin = app.holder("dr-martin").await;
    let (camille, mut staff) = operator(&app).await;
    for to in ["dr.blanc@autre.mssante.example", "labo@mssante.apicrypt.example"] {
        let email = draft(&martin, &[to], "Bilan de Mme Petit").await;
        submit(&martin, &email, json!({})).await;
    }
    outbox::run(&app.state).await.unwrap();
    let store = &app.state.store;
    let jobs = store.queue_list(10).await.unwrap();
    let one = jobs.iter().find(|job| job.domain == "autre.mssante.example").unwrap();
    let id = one.id.to_string();

    let page = staff.get(QUEUE).await.text();
    assert!(page.contains("autre.mssante.example") && page.contains("mssante.apicrypt.example"), "{page}");
    for secret in ["blanc", "labo@", "martin", "Petit", "@"] {
        let list = page.split("data-testid=\"queue\"").nth(1).unwrap().split("</ul>").next().unwrap();
        assert!(!list.contains(secret), "{secret}: {list}");
    }
    let only = staff.get("/admin/file?domaine=autre.mssante.example&etat=queued").await.text();
    let list = only.split("data-testid=\"queue\"").nth(1).unwrap().to_owned();
    assert!(list.contains("autre.mssante.example") && !list.contains("apicrypt"), "{list}");
    let none = staff.get("/admin/file?etat=held").await.text();
    assert!(none.contains("Rien ne correspond"), "{none}");

    let held = staff.post(QUEUE, &[("op", "hold"), ("id", &id), ("etat", "queued")]).await;
    assert_eq!((held.status, held.location()), (303, "/admin/file?etat=queued&dit=queue-hold"), "{}", held.text());
    assert!(store.queue_find(one.id).await.unwrap().held);
    let shown = staff.get("/admin/file?etat=held").await.text();
    assert!(shown.contains("value=\"release\"") && !shown.contains("value=\"hold\""), "{shown}");
    staff.post(QUEUE, &[("op", "release"), ("id", &id)]).await;
    assert!(!store.queue_find(one.id).await.unwrap().held);
    app.clock.advance_ms(1000);
    staff.post(QUEUE, &[("op", "retry"), ("id", &id)]).await;
    assert_eq!(store.queue_find(one.id).await.unwrap().due_at, store.now());

    // Dropping asks first.
    let asked = staff.post(QUEUE, &[("op", "drop"), ("id", &id)]).await;
    assert_eq!(asked.status, 200);
    assert!(asked.text().contains("name=\"certain\"") && !asked.text().contains("blanc"), "{}", asked.text());
    assert!(!store.queue_find(one.id).await.unwrap().dropped);
    let dropped = staff.post(QUEUE, &[("op", "drop"), ("id", &id), ("certain", "1")]).await;
    assert_eq!(dropped.location(), "/admin/file?dit=queue-drop");
    assert!(store.queue_find(one.id).await.unwrap().dropped);
    for op in ["retry", "drop"] {
        let gone = staff.post(QUEUE, &[("op", op), ("id", "12345")]).await;
        assert_eq!(gone.location(), "/admin/file?dit=queue-gone", "{op}");
    }
    assert_eq!(staff.post(QUEUE, &[("op", "read"), ("id", &id)]).await.status, 400);

    let traced = store.traces_newest(Chain::Account(martin.account()), 50).await.unwrap();
    for kind in ["queue-hold", "queue-release", "queue-retry", "queue-drop"] {
        let found: Vec<_> = traced.iter().filter(|trace| trace.kind == kind).collect();
        assert_eq!(found.len(), 1, "{kind}");
        assert_eq!((found[0].person, found[0].means.as_str()), (Some(camille.person), "web"), "{kind}");
        assert!(found[0].session.is_some(), "{kind}");
    }
    // The sender is told by who works the queue off.
    drop(server::jobs::relay_out(&app.state).unwrap());
    for _ in 0..200 {
        if store.queue_list(10).await.unwrap().iter().all(|job| job.id != one.id) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let inbox = app.inbox(martin.account()).await.to_string();
    let found = martin.jmap("Email/query", json!({"accountId": martin.account(), "filter": {"inMailbox": inbox}})).await;
    assert!(!found.1["ids"].as_array().unwrap().is_empty(), "{found:?}");
}

async fn trust_is_seen(engine: Engine) {
    let peer = Operator::open(&[]).await;
    let (app, _folder) = peer.app(engine, &[]).await;
    let (_, mut staff) = operator(&app).await;
    let page = staff.get(TRUST).await.text();
    let status = server::relay::status::read(app.state.relay.as_ref().unwrap(), &app.state.config, app.state.clock.now_ms());
    assert!(status.certificates.len() >= 2, "ours and the authorities': {status:?}");
    for dated in &status.certificates {
        let name = dated.name.replace('&', "&amp;");
        assert!(page.contains(&name), "{name}: {page}");
    }
    // What the operator must act on is what the command line says.
    assert_eq!(page.matches("data-tone=\"danger\"").count() > 0, !status.alarms().is_empty(), "{page}");
    assert!(!status.alarms().is_empty(), "no list was fetched in this test");
    assert!(page.contains("Aucune liste blanche utilisable"), "{page}");
    // Ours is marked when its end comes near.
    let own = status.certificates[0].until;
    app.clock.advance_ms(own - app.state.clock.now_ms() - 3 * 86_400_000);
    staff.cookies.clear();
    let user = app.staff("dominique").await;
    app.password(&user).await;
    app.state.store.staff_add(Actor::COMMAND, user.person).await.unwrap();
    staff.sign_in(&user, "dominique").await;
    let page = staff.get(TRUST).await.text();
    assert!(page.contains("encore 3 jours") && page.contains("Notre certificat ("), "{page}");
}
