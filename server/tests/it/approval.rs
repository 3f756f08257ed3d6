//! Sign-ins approved on an enrolled browser: the digits, the refusal, the limits, two processes.

use std::net::SocketAddr;

use futures::future::join_all;
use server::auth::sessions;
use store::{
    Chain, NewChallenge, Purpose,
    approvals::{Answer, Answered, NewApproval},
    testing::Engine,
    traces::Class,
};

use crate::{
    harness::{Browser, PASSWORD, TestApp, User, ordinary},
    http_client,
    means::{martin, real_now},
    on_both,
    process::Pli,
    space::free_port,
};

const MINUTE: i64 = 60_000;
const PAGE: &str = "/compte/approbation";

on_both! {
    an_enrolled_browser_approves_a_sign_in_once
    a_refusal_ends_the_sign_in_and_is_told
    digits_are_tried_three_times_for_two_minutes
    only_an_enrolled_browser_of_the_person_approves
    an_approval_confirms_and_recovers_nothing
}

/// Doctor Martin with an enrolled browser, signed out of it since.
async fn with_browser(app: &TestApp) -> (User<'_>, Browser<'_>) {
    let user = martin(app).await;
    let mut phone = app.browser();
    phone.sign_in(&user, "dr-martin").await;
    let answer = phone.post("/compte/appareils/navigateur", &[("nom", "Mon téléphone")]).await;
    assert_eq!(answer.location(), "/compte/appareils?dit=browser-added", "{}", answer.text());
    let page = phone.get("/compte/appareils").await.text();
    assert!(page.contains("Mon téléphone") && page.contains("Ce navigateur"), "{page}");
    phone.post("/deconnexion", &[]).await;
    assert!(phone.cookies.iter().all(|(name, _)| name == "__Host-pli-appareil"), "{:?}", phone.cookies);
    app.state.store.means_remember(user.person, "approval").await.unwrap();
    (user, phone)
}

/// Gives the password in a new browser; answers it with the digits it shows.
async fn begin<'a>(app: &'a TestApp, user: &User<'_>) -> (Browser<'a>, String) {
    let mut browser = app.browser();
    let answer = browser.post("/connexion", &[("login", &user.login), ("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.location()), (303, "/connexion/code"), "{}", answer.text());
    let number = number(&mut browser, "/connexion/code").await;
    (browser, number)
}

async fn number(browser: &mut Browser<'_>, path: &str) -> String {
    let page = browser.get(path).await.text();
    let shown = page.split("class=\"approval-number\"").nth(1).unwrap_or_else(|| panic!("no digits: {page}"));
    shown.split("</span>").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

/// The request that an enrolled browser shows.
async fn request(phone: &mut Browser<'_>) -> String {
    let answer = phone.get("/compte/approbation/attente").await.json();
    answer["requests"][0].as_str().unwrap_or_else(|| panic!("nothing waits: {answer}")).to_owned()
}

async fn answer(phone: &mut Browser<'_>, request: &str, number: &str, op: &str) -> http_client::Answer {
    phone.post(PAGE, &[("demande", request), ("nombre", number), ("op", op)]).await
}

async fn state(browser: &mut Browser<'_>) -> String {
    browser.get("/connexion/code/attente").await.json()["state"].as_str().unwrap().to_owned()
}

fn other(number: &str) -> &'static str {
    if number == "10" { "11" } else { "10" }
}

fn is_signed_in(browser: &Browser<'_>) -> bool {
    browser.cookies.iter().any(|(name, _)| name == "__Host-pli")
}

async fn an_enrolled_browser_approves_a_sign_in_once(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (user, mut phone) = with_browser(&app).await;
    // Its own cookie opens the page, and nothing else.
    let page = phone.get(PAGE).await.text();
    assert!(page.contains("Mon téléphone") && page.contains("0 demande attend"), "{page}");
    assert_eq!(phone.get("/compte").await.status, 303);
    assert!(app.browser().get(PAGE).await.text().contains("n’est pas enregistré"));
    let (mut desk, digits) = begin(&app, &user).await;
    assert_eq!(state(&mut desk).await, "waiting");
    let early = desk.post("/connexion/code", &[]).await;
    assert!(early.status == 422 && early.text().contains("Rien n’est encore approuvé"), "{}", early.text());
    let page = phone.get(PAGE).await.text();
    assert!(page.contains("1 demande attend") && !page.contains(&format!(">{digits}<")), "{page}");
    let id = request(&mut phone).await;
    let wrong = answer(&mut phone, &id, other(&digits), "approuver").await;
    assert!(wrong.status == 422 && wrong.text().contains("pas le nombre affiché"), "{}", wrong.text());
    assert_eq!(state(&mut desk).await, "waiting");
    let right = answer(&mut phone, &id, &format!(" {digits} "), "approuver").await;
    assert_eq!(right.location(), "/compte/approbation?dit=approval-given", "{}", right.text());
    assert_eq!(state(&mut desk).await, "approved");
    assert!(desk.get("/connexion/code").await.text().contains("C’est approuvé"));
    // Only where the password was given, and once.
    let cookies = desk.cookies.clone();
    let answer_ = app.browser().post("/connexion/code", &[]).await;
    assert_eq!(answer_.location(), "/connexion?dit=code-expired");
    assert_eq!(desk.post("/connexion/code", &[("retour", "/compte")]).await.location(), "/compte");
    let mut replay = app.browser();
    replay.cookies = cookies;
    assert_eq!(replay.post("/connexion/code", &[]).await.location(), "/connexion?dit=code-expired");
    assert!(is_signed_in(&desk) && !is_signed_in(&replay));
    assert_eq!(answer(&mut phone, &id, &digits, "approuver").await.location(), "/compte/approbation?dit=approval-gone");
    let events = desk.get("/compte/securite").await.text();
    for event in [
        "Navigateur enregistré pour approuver",
        "Approbation demandée",
        "Approbation d’une connexion",
        "Connexion ouverte (Approbation",
    ] {
        assert!(events.contains(event), "{event}: {events}");
    }
}

async fn a_refusal_ends_the_sign_in_and_is_told(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (user, mut phone) = with_browser(&app).await;
    let (mut desk, _) = begin(&app, &user).await;
    let letters = app.post.letters(&ordinary("dr-martin")).len();
    let id = request(&mut phone).await;
    let done = answer(&mut phone, &id, "", "refuser").await;
    assert_eq!(done.location(), "/compte/approbation?dit=approval-refused", "{}", done.text());
    assert!(app.post.letter(&ordinary("dr-martin"), letters).await.contains("refusée sur un navigateur"));
    assert_eq!(state(&mut desk).await, "refused");
    // No other means goes on from here: begin again.
    let tried = desk.post("/connexion/code/renvoyer", &[("moyen", "email")]).await;
    assert_eq!(tried.location(), "/connexion?dit=approval-refused");
    assert_eq!(desk.get("/connexion/code").await.location(), "/connexion?dit=approval-refused");
    assert_eq!(desk.post("/connexion/code", &[]).await.location(), "/connexion?dit=approval-refused");
    assert!(desk.get("/connexion?dit=approval-refused").await.text().contains("a été refusée sur votre appareil"));
    assert!(!is_signed_in(&desk));
    let traces = app.state.store.traces(Chain::Person(user.person), Class::Functional, 0, 100).await.unwrap();
    assert!(traces.iter().any(|trace| trace.kind == "approval" && trace.result == "refused"));
}

async fn digits_are_tried_three_times_for_two_minutes(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (user, mut phone) = with_browser(&app).await;
    let (mut desk, digits) = begin(&app, &user).await;
    let id = request(&mut phone).await;
    for _ in 0..2 {
        assert_eq!(answer(&mut phone, &id, other(&digits), "approuver").await.status, 422);
    }
    let last = answer(&mut phone, &id, other(&digits), "approuver").await;
    assert_eq!(last.location(), "/compte/approbation?dit=approval-used-up");
    assert_eq!(answer(&mut phone, &id, &digits, "approuver").await.location(), "/compte/approbation?dit=approval-gone");
    assert_eq!(desk.post("/connexion/code", &[]).await.location(), "/connexion?dit=approval-refused");
    // Two minutes; then another request, or another means, in the same browser.
    let (mut desk, digits) = begin(&app, &user).await;
    let id = request(&mut phone).await;
    app.clock.advance_ms(2 * MINUTE);
    assert_eq!(answer(&mut phone, &id, &digits, "approuver").await.location(), "/compte/approbation?dit=approval-gone");
    assert_eq!(state(&mut desk).await, "expired");
    let late = desk.post("/connexion/code", &[]).await;
    assert!(late.status == 422 && late.text().contains("Personne n’a répondu"), "{}", late.text());
    let again = desk.post("/connexion/code/renvoyer", &[("moyen", "approval")]).await;
    assert_eq!(again.location(), "/connexion/code");
    let digits = number(&mut desk, "/connexion/code").await;
    let id = request(&mut phone).await;
    answer(&mut phone, &id, &digits, "approuver").await;
    // Approved, but taken up too late.
    app.clock.advance_ms(2 * MINUTE);
    assert_eq!(desk.post("/connexion/code", &[]).await.status, 422);
    let letters = app.post.letters(&ordinary("dr-martin")).len();
    desk.post("/connexion/code/renvoyer", &[("moyen", "email")]).await;
    let code = app.post.code(&ordinary("dr-martin"), letters).await;
    assert_eq!(desk.post("/connexion/code", &[("code", &code)]).await.location(), "/courrier");
    // A flood of requests tires nobody: the fourth goes another way.
    app.state.store.means_remember(user.person, "approval").await.unwrap();
    for _ in 0..3 {
        begin(&app, &user).await;
    }
    let mut fourth = app.browser();
    fourth.post("/connexion", &[("login", &user.login), ("password", PASSWORD)]).await;
    let page = fourth.get("/connexion/code").await.text();
    assert!(page.contains("name=\"code\"") && !page.contains("approval-number"), "{page}");
    let refused = fourth.post("/connexion/code/renvoyer", &[("moyen", "approval")]).await;
    assert_eq!(refused.status, 429, "{}", refused.text());
}

async fn only_an_enrolled_browser_of_the_person_approves(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (user, mut phone) = with_browser(&app).await;
    let roux = app.holder("dr-roux").await;
    app.password(&roux).await;
    let mut theirs = app.browser();
    theirs.sign_in(&roux, "dr-roux").await;
    theirs.post("/compte/appareils/navigateur", &[("nom", "Autre")]).await;
    let (mut desk, digits) = begin(&app, &user).await;
    let id = request(&mut phone).await;
    assert_eq!(theirs.get("/compte/approbation/attente").await.json()["requests"].as_array().unwrap().len(), 0);
    assert_eq!(answer(&mut theirs, &id, &digits, "approuver").await.location(), "/compte/approbation?dit=approval-gone");
    assert_eq!(answer(&mut theirs, &id, "", "refuser").await.location(), "/compte/approbation?dit=approval-gone");
    let mut nobody = app.browser();
    nobody.cookies.push(("__Host-pli-appareil".into(), "x".repeat(43)));
    assert!(answer(&mut nobody, &id, &digits, "approuver").await.text().contains("n’est pas enregistré"));
    assert_eq!(state(&mut desk).await, "waiting");
    // Nor one that was removed, nor anybody once the account is suspended.
    let list = app.state.store.approvers(user.person).await.unwrap();
    assert!(app.state.store.approver_remove(store::Actor::SYSTEM, user.person, list[0].id).await.unwrap());
    assert!(answer(&mut phone, &id, &digits, "approuver").await.text().contains("n’est pas enregistré"));
    let gone = app.state.store.approval_answer(list[0].id, user.person, id.parse().unwrap(), Answer::Approve(digits)).await;
    assert_eq!(gone.unwrap(), Answered::Gone);
    app.state.store.suspend(store::Actor::SYSTEM, user.person, "self").await.unwrap();
    assert_eq!(state(&mut desk).await, "expired");
    // Removing it from the page is told, and it is no means any more.
    let before = app.post.letters(&ordinary("dr-roux")).len();
    let id = app.state.store.approvers(roux.person).await.unwrap()[0].id.to_string();
    let answer = theirs.post("/compte/appareils/navigateur/retirer", &[("appareil", &id)]).await;
    assert_eq!(answer.location(), "/compte/appareils?dit=browser-removed", "{}", answer.text());
    assert!(app.post.letter(&ordinary("dr-roux"), before).await.contains("retiré"));
}

async fn an_approval_confirms_and_recovers_nothing(engine: Engine) {
    let app = TestApp::new(engine).await;
    let (user, mut phone) = with_browser(&app).await;
    let (mut desk, digits) = begin(&app, &user).await;
    let id = request(&mut phone).await;
    answer(&mut phone, &id, &digits, "approuver").await;
    desk.post("/connexion/code", &[]).await;
    app.clock.advance_ms(10 * MINUTE);
    let begun = desk.post("/compte/confirmer", &[("password", PASSWORD), ("retour", "/compte/contacts")]).await;
    assert_eq!(begun.location(), "/compte/confirmer/code?retour=/compte/contacts", "{}", begun.text());
    let digits = number(&mut desk, "/compte/confirmer/code").await;
    // The approval of a confirmation opens no session elsewhere.
    let mut thief = app.browser();
    thief.cookies = desk.cookies.iter().filter(|(name, _)| name == "__Host-pli-essai").cloned().collect();
    let id = request(&mut phone).await;
    answer(&mut phone, &id, &digits, "approuver").await;
    assert_eq!(thief.post("/connexion/code", &[]).await.location(), "/connexion?dit=code-expired");
    assert!(!is_signed_in(&thief));
    let done = desk.post("/compte/confirmer/code", &[("retour", "/compte/contacts")]).await;
    assert_eq!(done.location(), "/compte/contacts", "{}", done.text());
    assert_eq!(desk.get("/compte/contacts").await.status, 200);
    // A refused one says so where the password is asked for.
    app.clock.advance_ms(10 * MINUTE);
    desk.post("/compte/confirmer", &[("password", PASSWORD)]).await;
    let id = request(&mut phone).await;
    answer(&mut phone, &id, "", "refuser").await;
    let refused = desk.post("/compte/confirmer/code", &[]).await;
    assert!(refused.status == 403 && refused.text().contains("a été refusée sur votre appareil"), "{}", refused.text());
    // Recovery wants more than a browser that may be what was stolen.
    assert!(server::auth::recovery::proofs(&app.state, user.person).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_replays_of_an_approval_on_two_processes_open_one_session() {
    let app = TestApp::new(Engine::Postgres).await;
    app.clock.set_ms(real_now());
    let (user, _) = with_browser(&app).await;
    let pli = Pli::new(&app);
    let ports = [free_port(), free_port()];
    let _processes = [pli.serve(ports[0]).await, pli.serve(ports[1]).await];
    let token = sessions::new_token(&store::SystemRandom);
    let browser = sessions::token_hash(&token);
    let challenge = NewChallenge {
        person: user.person,
        browser,
        purpose: Purpose::SignIn,
        means: "approval",
        code: None,
        valid_ms: 10 * MINUTE,
        waiting: None,
        approval: Some(NewApproval { number: "42".into(), agent: String::new(), valid_ms: 2 * MINUTE }),
    };
    app.state.store.challenge_create(challenge).await.unwrap();
    let approver = app.state.store.approvers(user.person).await.unwrap()[0].id;
    let id = app.state.store.approvals_waiting(user.person).await.unwrap()[0].id;
    // The digits too are taken once, however often they arrive at the same time.
    let answers = (0..20).map(|_| app.state.store.approval_answer(approver, user.person, id, Answer::Approve("42".into())));
    let approved = join_all(answers).await.into_iter().filter(|one| *one.as_ref().unwrap() == Answered::Approved).count();
    assert_eq!(approved, 1);
    let posts = (0..50).map(|at| {
        let to = SocketAddr::from(([127, 0, 0, 1], ports[at % 2]));
        let cookie = format!("__Host-pli-essai={token}");
        async move {
            let headers = [
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Sec-Fetch-Site", "same-origin"),
                ("Cookie", cookie.as_str()),
            ];
            let answer = http_client::send(to, "POST", "/connexion/code", &headers, b"retour=").await;
            let session =
                |line: &(String, String)| line.0 == "set-cookie" && line.1.starts_with("__Host-pli=") && line.1.len() > 40;
            (answer.status, answer.headers.iter().any(session))
        }
    });
    let opened = join_all(posts).await;
    assert_eq!(opened.iter().filter(|(_, session)| *session).count(), 1, "{opened:?}");
    assert!(opened.iter().all(|(status, _)| *status == 303), "{opened:?}");
}
