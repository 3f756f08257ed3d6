//! Passkeys: enrolled, used, refused, removed; challenges that serve once, in their browser, in time.

use std::net::SocketAddr;

use futures::future::join_all;
use serde_json::Value;
use store::{Chain, testing::Engine, traces::Class};

use crate::{
    authenticator::Authenticator,
    harness::{Browser, TestApp, User, encode, ordinary},
    http_client,
    means::{martin, real_now},
    on_both,
    process::Pli,
    space::free_port,
};

const MINUTE: i64 = 60_000;

on_both! {
    a_passkey_is_enrolled_opens_the_account_and_is_removed
    a_challenge_serves_once_in_its_browser_and_in_time
    what_a_passkey_may_not_do
    a_copied_passkey_is_refused_and_told
    a_passkey_confirms_and_only_its_owner
    passkeys_that_are_off_are_not_offered
}

fn origin(app: &TestApp) -> String {
    format!("http://localhost:{}", app.address.port())
}

async fn options(browser: &mut Browser<'_>, path: &str) -> Value {
    let answer = browser.post(&format!("{path}/options"), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Enrols a passkey in a session that was just opened.
async fn enrol(app: &TestApp, browser: &mut Browser<'_>, name: &str) -> Authenticator {
    let mut device = Authenticator::new(&origin(app));
    let asked = options(browser, "/compte/appareils/cle").await;
    let made = device.create(&asked);
    let answer = browser.post("/compte/appareils/cle", &[("nom", name), ("cle", &made)]).await;
    assert_eq!(answer.location(), "/compte/appareils?dit=passkey-added", "{}", answer.text());
    device
}

/// Doctor Martin, signed in, with a passkey.
async fn with_passkey(app: &TestApp) -> (User<'_>, Browser<'_>, Authenticator) {
    let user = martin(app).await;
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    let device = enrol(app, &mut browser, "Ordinateur du cabinet").await;
    (user, browser, device)
}

async fn sign(browser: &mut Browser<'_>, device: &mut Authenticator) -> String {
    let asked = options(browser, "/connexion/cle").await;
    device.get(&asked)
}

fn is_signed_in(browser: &Browser<'_>) -> bool {
    browser.cookies.iter().any(|(name, _)| name == "__Host-pli")
}

async fn a_passkey_is_enrolled_opens_the_account_and_is_removed(engine: Engine) {
    let app = TestApp::new(engine).await;
    let before = app.post.letters(&ordinary("dr-martin")).len();
    let (user, mut browser, mut device) = with_passkey(&app).await;
    let told = app.post.letter(&ordinary("dr-martin"), before + 1).await;
    assert!(told.contains("clé d’accès vient d’être ajoutée"), "{told}");
    let page = browser.get("/compte/appareils").await.text();
    assert!(page.contains("Ordinateur du cabinet") && page.contains("Jamais utilisé"), "{page}");
    // Asked again, the browser is told what it has already; it must find the passkey by itself later.
    let asked = options(&mut browser, "/compte/appareils/cle").await;
    assert_eq!(asked["publicKey"]["excludeCredentials"].as_array().unwrap().len(), 1, "{asked}");
    assert_eq!(asked["publicKey"]["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(asked["publicKey"]["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(asked["publicKey"]["rp"]["id"], "localhost");
    let made = device.create(&asked);
    let again = browser.post("/compte/appareils/cle", &[("nom", "La même"), ("cle", &made)]).await;
    assert!(again.status == 422 && again.text().contains("déjà une clé"), "{}", again.text());
    // Without an address or a password; one is signed in as surely as with two proofs.
    let mut other = app.browser();
    let page = other.get("/connexion?retour=/compte/sessions").await.text();
    assert!(page.contains("data-passkey=\"get\"") && page.contains("clé d’accès"), "{page}");
    let asked = options(&mut other, "/connexion/cle").await;
    assert!(asked["publicKey"]["allowCredentials"].as_array().is_none_or(Vec::is_empty), "{asked}");
    assert_eq!((&asked["publicKey"]["userVerification"], asked.get("mediation")), (&"required".into(), None));
    device.counter = 1;
    let signed = device.get(&asked);
    let answer = other.post("/connexion/cle", &[("cle", &signed), ("retour", "/compte/sessions")]).await;
    assert_eq!((answer.status, answer.location()), (303, "/compte/sessions"), "{}", answer.text());
    assert_eq!(other.get("/compte/mot-de-passe").await.status, 200);
    assert!(!other.cookies.iter().any(|(name, _)| name == "__Host-pli-cle"), "{:?}", other.cookies);
    let page = browser.get("/compte/securite").await.text();
    for event in ["Clé d’accès ajoutée", "Clé d’accès donnée", "Connexion ouverte (Clé d’accès)"] {
        assert!(page.contains(event), "{event}: {page}");
    }
    assert!(browser.get("/compte/appareils").await.text().contains("Utilisé"));
    // Removed: the page says so, in the words an unknown key gets, and what was typed beside comes back.
    let id = app.state.store.passkeys(user.person).await.unwrap()[0].id.to_string();
    let letters = app.post.letters(&ordinary("dr-martin")).len();
    let answer = browser.post("/compte/appareils/cle/retirer", &[("appareil", &id)]).await;
    assert_eq!(answer.location(), "/compte/appareils?dit=passkey-removed", "{}", answer.text());
    assert!(app.post.letter(&ordinary("dr-martin"), letters).await.contains("retirée"));
    let mut third = app.browser();
    device.counter = 2;
    let signed = sign(&mut third, &mut device).await;
    let gone = third.post("/connexion/cle", &[("cle", &signed), ("login", "claire@x.example")]).await;
    assert!(gone.status == 422 && gone.text().contains("pas reconnue ici"), "{}", gone.text());
    assert!(gone.text().contains("claire@x.example") && !is_signed_in(&third));
    let mut stranger = Authenticator::new(&origin(&app));
    stranger.pretend(&device);
    let signed = sign(&mut third, &mut stranger).await;
    let unknown = third.post("/connexion/cle", &[("cle", &signed), ("login", "claire@x.example")]).await;
    let bare = |text: String| text.split("<main").nth(1).unwrap().split("<script").next().unwrap().to_owned();
    assert_eq!(bare(unknown.text()), bare(gone.text()));
    assert_eq!(browser.post("/compte/appareils/cle/retirer", &[("appareil", &id)]).await.status, 404);
}

async fn a_challenge_serves_once_in_its_browser_and_in_time(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (_, _, mut device) = with_passkey(&app).await;
    let mut browser = app.browser();
    let signed = sign(&mut browser, &mut device).await;
    let cookies = browser.cookies.clone();
    assert_eq!(browser.post("/connexion/cle", &[("cle", &signed)]).await.location(), "/courrier");
    // The same again, in the same browser as it was.
    let mut replay = app.browser();
    replay.cookies = cookies;
    let answer = replay.post("/connexion/cle", &[("cle", &signed)]).await;
    assert!(answer.status == 422 && answer.text().contains("Recommencez"), "{}", answer.text());
    assert!(!is_signed_in(&replay));
    // Signed for one browser, posted by another: refused, and that one's challenge is used up.
    let (mut one, mut two) = (app.browser(), app.browser());
    let theirs = sign(&mut one, &mut device).await;
    let own = sign(&mut two, &mut device).await;
    let answer = two.post("/connexion/cle", &[("cle", &theirs)]).await;
    assert!(answer.status == 422 && answer.text().contains("pas reconnue ici"), "{}", answer.text());
    assert_eq!(two.post("/connexion/cle", &[("cle", &own)]).await.status, 422);
    assert!(!is_signed_in(&two));
    assert_eq!(one.post("/connexion/cle", &[("cle", &theirs)]).await.location(), "/courrier");
    // Too late; and a clock that went back makes nothing serve twice.
    let mut late = app.browser();
    let signed = sign(&mut late, &mut device).await;
    app.clock.advance_ms(5 * MINUTE);
    assert_eq!(late.post("/connexion/cle", &[("cle", &signed)]).await.status, 422);
    app.clock.advance_ms(-5 * MINUTE);
    assert_eq!(late.post("/connexion/cle", &[("cle", &signed)]).await.status, 422);
    // What is no signature at all.
    for junk in ["", "{}", "null", "[1]", &"x".repeat(40_000)] {
        options(&mut late, "/connexion/cle").await;
        assert_eq!(late.post("/connexion/cle", &[("cle", junk)]).await.status, 422, "{junk}");
    }
    assert!(!is_signed_in(&late));
}

async fn what_a_passkey_may_not_do(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (user, mut owner, mut device) = with_passkey(&app).await;
    let reasons = async || {
        let traces = app.state.store.traces(Chain::Person(user.person), Class::Functional, 0, 100).await.unwrap();
        let used = traces.into_iter().filter(|trace| trace.kind == "passkey-use");
        used.map(|trace| trace.result).collect::<Vec<_>>()
    };
    // From another site, or another port; without its owner.
    let mut browser = app.browser();
    for place in ["http://evil.example", "http://localhost:1", &format!("http://{}", app.address)] {
        device.origin = place.to_owned();
        let signed = sign(&mut browser, &mut device).await;
        assert_eq!(browser.post("/connexion/cle", &[("cle", &signed)]).await.status, 422, "{place}");
    }
    device.origin = origin(&app);
    device.verified = false;
    let signed = sign(&mut browser, &mut device).await;
    assert_eq!(browser.post("/connexion/cle", &[("cle", &signed)]).await.status, 422);
    device.verified = true;
    assert_eq!(reasons().await, ["origin", "origin", "origin", "not-verified"]);
    // A signature that was changed; a passkey that says it is somebody else's.
    let signed = sign(&mut browser, &mut device).await;
    let mut changed: Value = serde_json::from_str(&signed).unwrap();
    let data = changed["response"]["authenticatorData"].as_str().unwrap().replace('A', "B");
    changed["response"]["authenticatorData"] = data.into();
    assert_eq!(browser.post("/connexion/cle", &[("cle", &changed.to_string())]).await.status, 422);
    let roux = app.holder("dr-roux").await;
    app.password(&roux).await;
    let mut other = app.browser();
    other.sign_in(&roux, "dr-roux").await;
    let theirs = enrol(&app, &mut other, "Autre").await;
    let handle = std::mem::replace(&mut device, Authenticator::new(&origin(&app)));
    let mut device = handle;
    device.pretend(&theirs);
    let signed = sign(&mut browser, &mut device).await;
    assert_eq!(browser.post("/connexion/cle", &[("cle", &signed)]).await.status, 422);
    assert!(!is_signed_in(&browser));
    // A challenge of another's enrolment, or of a sign-in, enrols nothing.
    let asked = options(&mut owner, "/compte/appareils/cle").await;
    let made = Authenticator::new(&origin(&app)).create(&asked);
    let cookie = owner.cookies.iter().find(|(name, _)| name == "__Host-pli-cle").unwrap().clone();
    other.cookies.push(cookie);
    let answer = other.post("/compte/appareils/cle", &[("nom", "Volée"), ("cle", &made)]).await;
    assert!(answer.status == 422 && answer.text().contains("value=\"Volée\""), "{}", answer.text());
    let asked = options(&mut owner, "/connexion/cle").await;
    assert!(asked["publicKey"]["challenge"].is_string());
    assert_eq!(owner.post("/compte/appareils/cle", &[("nom", "x"), ("cle", &made)]).await.status, 422);
    // Without a script nothing is lost and the reason is said; without a name too.
    let answer = owner.post("/compte/appareils/cle", &[("nom", "Mon téléphone")]).await;
    assert!(answer.status == 422 && answer.text().contains("JavaScript"), "{}", answer.text());
    assert!(answer.text().contains("value=\"Mon téléphone\""));
    assert_eq!(app.state.store.passkeys(user.person).await.unwrap().len(), 1);
    // Ten minutes later the challenge itself wants a fresh proof.
    app.clock.advance_ms(10 * MINUTE);
    let answer = owner.post("/compte/appareils/cle/options", &[]).await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "proof-needed"));
    // Nobody gets in while the account is suspended.
    app.state.store.suspend(store::Actor::SYSTEM, roux.person, "operator").await.unwrap();
    let mut theirs = theirs;
    let signed = sign(&mut browser, &mut theirs).await;
    let answer = browser.post("/connexion/cle", &[("cle", &signed)]).await;
    assert!(answer.status == 403 && answer.text().contains("suspendu") && !is_signed_in(&browser), "{}", answer.text());
}

async fn a_copied_passkey_is_refused_and_told(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (user, _, mut device) = with_passkey(&app).await;
    let mut browser = app.browser();
    device.counter = 7;
    let signed = sign(&mut browser, &mut device).await;
    assert_eq!(browser.post("/connexion/cle", &[("cle", &signed)]).await.location(), "/courrier");
    assert_eq!(app.state.store.passkeys(user.person).await.unwrap()[0].counter, 7);
    let warned = async || {
        let (to, mut count) = (ordinary("dr-martin"), 0);
        for nth in 0..app.post.letters(&to).len() {
            count += usize::from(app.post.letter(&to, nth).await.contains("copiée"));
        }
        count
    };
    for (before, counter) in [7, 6, 0].into_iter().enumerate() {
        let mut copy = app.browser();
        device.counter = counter;
        let signed = sign(&mut copy, &mut device).await;
        assert_eq!(copy.post("/connexion/cle", &[("cle", &signed)]).await.status, 422, "{counter}");
        assert!(!is_signed_in(&copy));
        for _ in 0..200 {
            if warned().await > before {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        assert_eq!(warned().await, before + 1, "{counter}");
    }
    device.counter = 8;
    let mut right = app.browser();
    let signed = sign(&mut right, &mut device).await;
    assert_eq!(right.post("/connexion/cle", &[("cle", &signed)]).await.location(), "/courrier");
}

async fn a_passkey_confirms_and_only_its_owner(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (_, mut browser, mut device) = with_passkey(&app).await;
    let roux = app.holder("dr-roux").await;
    app.password(&roux).await;
    let mut other = app.browser();
    other.sign_in(&roux, "dr-roux").await;
    app.clock.advance_ms(10 * MINUTE);
    let page = browser.get("/compte/confirmer?retour=/compte/contacts").await.text();
    assert!(page.contains("Confirmer avec une clé d’accès"), "{page}");
    // Who has none is not offered it.
    assert!(!other.get("/compte/confirmer").await.text().contains("data-passkey"));
    assert_eq!(other.post("/compte/confirmer/cle/options", &[]).await.status, 404);
    let asked = options(&mut browser, "/compte/confirmer/cle").await;
    device.counter = 3;
    let signed = device.get(&asked);
    other.cookies.extend(browser.cookies.iter().filter(|(name, _)| name == "__Host-pli-cle").cloned());
    assert_eq!(other.post("/compte/confirmer/cle", &[("cle", &signed)]).await.status, 422);
    assert_eq!(other.get("/compte/contacts").await.status, 303);
    let asked = options(&mut browser, "/compte/confirmer/cle").await;
    let signed = device.get(&asked);
    let answer = browser.post("/compte/confirmer/cle", &[("cle", &signed), ("retour", "/compte/contacts")]).await;
    assert_eq!(answer.location(), "/compte/contacts", "{}", answer.text());
    assert_eq!(browser.get("/compte/contacts").await.status, 200);
}

async fn passkeys_that_are_off_are_not_offered(engine: Engine) {
    let app = TestApp::with(engine, &[("PLI_SIGN_IN__MEANS", "psc,email")]).await;
    let user = martin(&app).await;
    let mut browser = app.browser();
    assert!(!browser.get("/connexion").await.text().contains("data-passkey"));
    assert_eq!(browser.post("/connexion/cle/options", &[]).await.status, 404);
    browser.sign_in(&user, "dr-martin").await;
    let page = browser.get("/compte/appareils").await.text();
    assert!(!page.contains("data-passkey") && !page.contains("/compte/appareils/navigateur"), "{page}");
    assert_eq!(browser.post("/compte/appareils/cle/options", &[]).await.status, 404);
    assert_eq!(browser.post("/compte/appareils/navigateur", &[("nom", "x")]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_replays_of_a_signature_on_two_processes_open_one_session() {
    let app = TestApp::new(Engine::Postgres).await;
    app.clock.set_ms(real_now());
    let (_, _, mut device) = with_passkey(&app).await;
    let mut browser = app.browser();
    let signed = sign(&mut browser, &mut device).await;
    let (_, token) = browser.cookies.iter().find(|(name, _)| name == "__Host-pli-cle").unwrap().clone();
    // Both processes stand for the one address that people know.
    let pli = Pli::new(&app).with("PLI_WEB__PUBLIC_URL", &format!("http://{}", app.address));
    let ports = [free_port(), free_port()];
    let _processes = [pli.serve(ports[0]).await, pli.serve(ports[1]).await];
    let body = format!("cle={}", encode(&signed));
    let posts = (0..50).map(|at| {
        let to = SocketAddr::from(([127, 0, 0, 1], ports[at % 2]));
        let (cookie, body) = (format!("__Host-pli-cle={token}"), body.clone());
        async move {
            let headers = [
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Sec-Fetch-Site", "same-origin"),
                ("Cookie", cookie.as_str()),
            ];
            http_client::send(to, "POST", "/connexion/cle", &headers, body.as_bytes()).await.status
        }
    });
    let statuses = join_all(posts).await;
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 303 | 422)), "{statuses:?}");
}
