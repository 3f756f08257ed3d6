//! For those who cannot sign in: recovery that never lowers the level of proof, suspension, help by the operator.

use store::{
    Actor,
    links::{Link, LinkPurpose},
    testing::Engine,
};

use crate::{
    harness::{PASSWORD, TestApp, ordinary},
    means::{device, martin, shown},
    on_both,
    process::Pli,
};

const MINUTE: i64 = 60_000;
const NEW: &str = "trois pommes vertes au marché";

on_both! {
    an_unknown_address_gets_the_same_answer
    links_asked_for_at_once_are_counted
    a_forgotten_password_wants_a_second_means
    without_a_second_means_there_is_no_way_round
    one_suspends_and_reopens_ones_account
    the_operator_helps_after_checking_the_identity
}

/// The path of the link in the `nth` letter to an address.
async fn link(app: &TestApp, to: &str, nth: usize) -> String {
    let text = app.post.letter(to, nth).await;
    let at = text.find("/connexion/lien/").unwrap_or_else(|| panic!("no link in {text}"));
    text[at..].split_whitespace().next().unwrap().to_owned()
}

async fn an_unknown_address_gets_the_same_answer(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    for path in ["/connexion/oubli", "/connexion/suspendre"] {
        let mut bodies = Vec::new();
        for login in [user.login.as_str(), "dr-nobody@medecin.mssante.example"] {
            let answer = app.browser().post(path, &[("login", login)]).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert!(answer.header("set-cookie").is_none());
            bodies.push(answer.text());
        }
        assert_eq!(bodies[0], bodies[1], "{path}");
    }
    // At most three links an hour, however often they are asked for.
    for _ in 0..5 {
        app.clock.advance_ms(MINUTE);
        app.browser().post("/connexion/suspendre", &[("login", &user.login)]).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let letters = app.post.letters(&ordinary("dr-martin"));
    let links = letters.iter().filter(|letter| letter.text.contains("/connexion/lien/")).count();
    assert_eq!(links, 3);
}

async fn links_asked_for_at_once_are_counted(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let link = Link { person: user.person, purpose: LinkPurpose::Suspend };
    let ask = |n: u8| app.state.store.link_create(Actor::SYSTEM, link, [n; 32], None, MINUTE, 3);
    let made = futures::future::join_all((0..12).map(ask)).await;
    assert_eq!(made.into_iter().filter(|made| *made.as_ref().unwrap()).count(), 3);
}

async fn a_forgotten_password_wants_a_second_means(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let mut elsewhere = app.browser();
    elsewhere.sign_in(&user, "dr-martin").await;
    let secret = device(&app, &user).await;
    let mut browser = app.browser();
    browser.post("/connexion/oubli", &[("login", &user.login)]).await;
    let path = link(&app, &ordinary("dr-martin"), 1).await;
    // Opening it does nothing: programs open links too.
    for _ in 0..2 {
        assert_eq!(app.browser().get(&path).await.status, 200);
    }
    let answer = browser.post(&path, &[]).await;
    assert_eq!(answer.location(), "/connexion/preuve", "{}", answer.text());
    // Not the e-mail again, whatever is asked for; and no new password before the proof.
    assert!(!browser.get("/connexion/preuve").await.text().contains("value=\"email\""));
    assert_eq!(browser.post("/connexion/preuve/renvoyer", &[("moyen", "email")]).await.status, 422);
    assert_eq!(browser.get("/connexion/nouveau-mot-de-passe").await.status, 422);
    let code = shown(&app, &secret);
    let wrong = if code == "000000" { "111111" } else { "000000" };
    assert_eq!(browser.post("/connexion/preuve", &[("code", wrong)]).await.status, 422);
    let answer = browser.post("/connexion/preuve", &[("code", &code)]).await;
    assert_eq!(answer.location(), "/connexion/nouveau-mot-de-passe", "{}", answer.text());
    let weak = browser.post("/connexion/nouveau-mot-de-passe", &[("password", "court"), ("again", "court")]).await;
    assert_eq!(weak.status, 422);
    let answer = browser.post("/connexion/nouveau-mot-de-passe", &[("password", NEW), ("again", NEW)]).await;
    assert_eq!(answer.location(), "/connexion?dit=recovered", "{}", answer.text());
    // Everybody is out, the link and the grant are used up, it is told and traced.
    assert_eq!(elsewhere.get("/api/me").await.status, 401);
    assert_eq!(app.browser().get(&path).await.status, 422);
    assert_eq!(browser.post("/connexion/nouveau-mot-de-passe", &[("password", NEW), ("again", NEW)]).await.status, 422);
    assert!(app.post.letter(&ordinary("dr-martin"), 2).await.contains("nouveau mot de passe"));
    let old = app.browser().post("/connexion", &[("login", &user.login), ("password", PASSWORD)]).await;
    assert_eq!(old.status, 422);
    let traces = app.state.store.traces_newest(store::Chain::Person(user.person), 20).await.unwrap();
    for kind in ["recovery-link", "recovery-proved", "recovery-done"] {
        assert!(traces.iter().any(|trace| trace.kind == kind), "{kind}");
    }
    // A link lives half an hour.
    app.browser().post("/connexion/oubli", &[("login", &user.login)]).await;
    let path = link(&app, &ordinary("dr-martin"), 3).await;
    app.clock.advance_ms(30 * MINUTE);
    assert_eq!(app.browser().get(&path).await.status, 422);
}

async fn without_a_second_means_there_is_no_way_round(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let answer = app.browser().post("/connexion/oubli", &[("login", &user.login)]).await;
    assert_eq!(answer.status, 200);
    let letter = app.post.letter(&ordinary("dr-martin"), 0).await;
    assert!(!letter.contains("/connexion/lien/") && letter.contains("Pro Santé Connect"), "{letter}");
    // The second means goes between the link and its use: the e-mail alone still opens nothing.
    device(&app, &user).await;
    app.browser().post("/connexion/oubli", &[("login", &user.login)]).await;
    let path = link(&app, &ordinary("dr-martin"), 1).await;
    app.state.store.devices_remove_all(store::Actor::SYSTEM, user.person).await.unwrap();
    let answer = app.browser().post(&path, &[]).await;
    assert!(answer.status == 422 && answer.text().contains("vérifi"), "{}", answer.text());
}

async fn one_suspends_and_reopens_ones_account(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let mut thief = app.browser();
    thief.sign_in(&user, "dr-martin").await;
    app.browser().post("/connexion/suspendre", &[("login", &user.login)]).await;
    let path = link(&app, &ordinary("dr-martin"), 1).await;
    assert!(app.browser().get(&path).await.text().contains("Suspendre maintenant"));
    assert_eq!(thief.get("/api/me").await.status, 200, "looking at the link suspends nobody");
    let answer = app.browser().post(&path, &[]).await;
    assert!(answer.status == 200 && answer.text().contains("est suspendu"), "{}", answer.text());
    // Sessions and tokens are dead at once, the right password opens nothing, mail still arrives.
    assert_eq!(thief.get("/api/me").await.status, 401);
    assert_eq!(user.get("/api/me").await.status, 401);
    let answer = thief.post("/connexion", &[("login", &user.login), ("password", PASSWORD)]).await;
    assert!(answer.status == 403 && answer.text().contains("suspendu"), "{}", answer.text());
    assert!(app.state.store.account_by_address(&user.login).await.unwrap().is_some());
    assert_eq!(app.browser().post(&path, &[]).await.status, 422, "the link served");
    assert!(app.post.letter(&ordinary("dr-martin"), 2).await.contains("suspendu"));
    // Reopening: a link, the present password (or another means), and a new password, whatever the thief knows.
    let mut browser = app.browser();
    browser.post("/connexion/oubli", &[("login", &user.login)]).await;
    let path = link(&app, &ordinary("dr-martin"), 3).await;
    assert_eq!(browser.post(&path, &[]).await.location(), "/connexion/preuve");
    assert_eq!(browser.post("/connexion/preuve", &[("code", "not the password")]).await.status, 422);
    let answer = browser.post("/connexion/preuve", &[("code", PASSWORD)]).await;
    assert_eq!(answer.location(), "/connexion/nouveau-mot-de-passe", "{}", answer.text());
    browser.post("/connexion/nouveau-mot-de-passe", &[("password", NEW), ("again", NEW)]).await;
    assert_eq!(app.state.store.suspended(user.person).await.unwrap(), None);
    assert_eq!(user.get("/api/me").await.status, 200, "tokens wake up");
    let answer = browser.post("/connexion", &[("login", &user.login), ("password", NEW)]).await;
    assert_eq!(answer.location(), "/connexion/code", "{}", answer.text());
}

async fn the_operator_helps_after_checking_the_identity(engine: Engine) {
    let app = TestApp::new(engine).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    app.clock.set_ms(now);
    let user = martin(&app).await;
    device(&app, &user).await;
    let url = format!("http://{}", app.address);
    let pli = Pli::new(&app).with("PLI_WEB__PUBLIC_URL", &url);
    let run = async |more: &[&str]| {
        let arguments = [&["accounts", "reset", user.login.as_str()], more].concat();
        pli.command(&arguments).output().await.unwrap()
    };
    // Nothing without a recorded check.
    assert!(!run(&["--checked-by", " ", "--document", "carte d'identité"]).await.status.success());
    let checked = ["--checked-by", "Aline Opératrice", "--document", "carte d'identité", "--lost-devices"];
    let output = run(&checked).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let code = said.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 12).unwrap().to_owned();
    assert!(app.state.store.devices(user.person).await.unwrap().is_empty());
    // The other process wrote by the machine's clock.
    app.clock.advance_ms(60_000);
    server::service::tell::send_due(&app.state).await.unwrap();
    let path = link(&app, &ordinary("dr-martin"), 0).await;
    assert!(!app.post.letter(&ordinary("dr-martin"), 0).await.contains(&code), "the code is only said");
    // The link alone opens nothing, guesses are counted.
    let mut browser = app.browser();
    assert_eq!(browser.post(&path, &[("code", "000000000000")]).await.status, 422);
    assert_eq!(browser.get("/connexion/nouveau-mot-de-passe").await.status, 422);
    let spaced = format!("{} {}", &code[..6], &code[6..]);
    let answer = browser.post(&path, &[("code", &spaced)]).await;
    assert_eq!(answer.location(), "/connexion/nouveau-mot-de-passe", "{}", answer.text());
    browser.post("/connexion/nouveau-mot-de-passe", &[("password", NEW), ("again", NEW)]).await;
    let answer = browser.post("/connexion", &[("login", &user.login), ("password", NEW)]).await;
    assert_eq!(answer.location(), "/connexion/code", "{}", answer.text());
    let (at, source) = app.state.store.identity_last_checked(user.person).await.unwrap().unwrap();
    assert!(source == "operator" && at >= now);
    // Five guesses end another link.
    let output = run(&["--checked-by", "Aline", "--document", "passeport"]).await;
    assert!(output.status.success());
    let count = app.post.letters(&ordinary("dr-martin")).len();
    server::service::tell::send_due(&app.state).await.unwrap();
    let mut found = None;
    for nth in count..count + 3 {
        let text = app.post.letter(&ordinary("dr-martin"), nth).await;
        if let Some(at) = text.find("/connexion/lien/") {
            found = text[at..].split_whitespace().next().map(str::to_owned);
            break;
        }
    }
    let path = found.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let code = said.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 12).unwrap().to_owned();
    for _ in 0..5 {
        browser.post(&path, &[("code", "000000000000")]).await;
    }
    assert_eq!(browser.post(&path, &[("code", &code)]).await.status, 422);
    assert_eq!(browser.get("/connexion/nouveau-mot-de-passe").await.status, 422);
}
