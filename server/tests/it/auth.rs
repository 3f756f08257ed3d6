//! Signing in, staying in, going out.

use std::time::Instant;

use store::testing::Engine;

use crate::{
    harness::{Browser, PASSWORD, TestApp, User, ordinary},
    on_both,
};

const MINUTE: i64 = 60_000;

on_both! {
    one_signs_in_with_password_and_code
    one_comes_back_to_where_one_was
    wrong_password_and_unknown_login_are_the_same
    five_wrong_codes_end_it
    a_code_works_once_and_ten_minutes
    a_code_works_in_its_browser_only
    a_new_code_replaces_the_old_one_after_a_minute
    a_session_ends_when_idle_and_anyway
    automatic_requests_do_not_extend
    one_signs_out_here_and_everywhere
    attempts_are_slowed_and_never_locked
    a_forged_forwarded_address_changes_nothing
    a_revoked_session_and_token_end_at_once
}

/// A holder with a password.
async fn martin(app: &TestApp) -> User<'_> {
    let user = app.holder("dr-martin").await;
    app.password(&user).await;
    user
}

async fn to_the_code<'a>(app: &'a TestApp, user: &User<'_>) -> Browser<'a> {
    let mut browser = app.browser();
    let answer = browser.post("/connexion", &[("login", &user.login), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    browser
}

async fn is_signed_in(browser: &mut Browser<'_>) -> bool {
    let answer = browser.send("GET", "/api/me", &[("X-Pli-Auto", "1")], b"").await;
    assert!(answer.status == 200 || answer.status == 401, "{}", answer.text());
    answer.status == 200
}

async fn one_signs_in_with_password_and_code(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let mut browser = app.browser();
    let form = browser.get("/connexion").await;
    assert_eq!(form.status, 200);
    assert!(form.text().contains("name=\"password\"") && !form.text().contains("<script"));
    // The case of the address does not matter.
    let login = user.login.to_uppercase();
    let answer = browser.post("/connexion", &[("login", &login), ("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.location()), (303, "/connexion/code"));
    let page = browser.get("/connexion/code").await;
    assert!(page.text().contains("d•••@orange.example") && page.text().contains("one-time-code"), "{}", page.text());
    let letter = app.post.code(&ordinary("dr-martin"), 0).await;
    // People copy codes with spaces.
    let spaced = format!(" {} {} ", &letter[..3], &letter[3..]);
    let answer = browser.post("/connexion/code", &[("code", &spaced)]).await;
    assert_eq!((answer.status, answer.location()), (303, "/courrier"), "{}", answer.text());
    assert!(is_signed_in(&mut browser).await);
    let me = browser.get("/api/me").await.json();
    assert_eq!(me["name"], "dr-martin");
    assert_eq!((me["idle_seconds"].as_u64(), me["absolute_seconds"].as_u64()), (Some(1800), Some(43_200)));
    assert_eq!(me["accounts"][0]["own"], true);
    assert!(browser.cookies.iter().all(|(name, _)| name != "__Host-pli-essai"));
}

async fn one_comes_back_to_where_one_was(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let account = user.account();
    let place = format!("/courrier/{account}/{}?filtre=suivis", app.inbox(account).await);
    let mut browser = app.browser();
    let answer = browser.get(&place).await;
    assert_eq!(answer.status, 303);
    let form = answer.location().to_owned();
    assert_eq!(form, format!("/connexion?retour={}", place.replace('?', "%3F").replace('=', "%3D")));
    assert!(browser.get(&form).await.text().contains(&place));
    let answer = browser.post("/connexion", &[("login", &user.login), ("password", PASSWORD), ("retour", &place)]).await;
    assert!(answer.location().starts_with("/connexion/code?retour="), "{}", answer.location());
    let code = app.post.code(&ordinary("dr-martin"), 0).await;
    let answer = browser.post("/connexion/code", &[("code", &code), ("retour", &place)]).await;
    assert_eq!(answer.location(), place);
    // Never to another site.
    let mut browser = to_the_code(&app, &user).await;
    let code = app.post.code(&ordinary("dr-martin"), 1).await;
    let answer = browser.post("/connexion/code", &[("code", &code), ("retour", "//evil.example/")]).await;
    assert_eq!(answer.location(), "/courrier");
}

async fn wrong_password_and_unknown_login_are_the_same(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let mut bodies = std::collections::HashSet::new();
    for _ in 0..3 {
        for (login, times) in [(user.login.as_str(), &mut known), ("dr-nobody@medecin.mssante.example", &mut unknown)] {
            let started = Instant::now();
            let answer = app.browser().post("/connexion", &[("login", login), ("password", "not the password")]).await;
            times.push(started.elapsed());
            assert_eq!(answer.status, 422);
            let body = answer.text().replace(login, "LOGIN");
            assert!(body.contains("Adresse ou mot de passe incorrect"), "{body}");
            assert!(answer.header("set-cookie").is_none());
            bodies.insert(body);
        }
    }
    assert_eq!(bodies.len(), 1);
    known.sort();
    unknown.sort();
    // The same work is done: neither answers in less than a third of the other's time.
    assert!(unknown[1] * 3 > known[1] && known[1] * 3 > unknown[1], "{known:?} {unknown:?}");
    assert!(app.post.letters(&ordinary("dr-martin")).is_empty());
}

async fn five_wrong_codes_end_it(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let mut browser = to_the_code(&app, &user).await;
    let code = app.post.code(&ordinary("dr-martin"), 0).await;
    let wrong = if code == "000000" { "111111" } else { "000000" };
    for _ in 0..4 {
        let answer = browser.post("/connexion/code", &[("code", wrong)]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains("pas le bon"), "{}", answer.text());
    }
    let answer = browser.post("/connexion/code", &[("code", wrong)]).await;
    assert_eq!((answer.status, answer.location()), (303, "/connexion?dit=code-used-up"));
    let answer = browser.post("/connexion/code", &[("code", &code)]).await;
    assert_eq!(answer.location(), "/connexion?dit=code-expired");
    assert!(!is_signed_in(&mut browser).await);
}

async fn a_code_works_once_and_ten_minutes(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let mut browser = to_the_code(&app, &user).await;
    let code = app.post.code(&ordinary("dr-martin"), 0).await;
    let cookies = browser.cookies.clone();
    browser.post("/connexion/code", &[("code", &code)]).await;
    assert!(is_signed_in(&mut browser).await);
    let mut again = app.browser();
    again.cookies = cookies;
    assert_eq!(again.post("/connexion/code", &[("code", &code)]).await.location(), "/connexion?dit=code-expired");
    let mut late = to_the_code(&app, &user).await;
    let code = app.post.code(&ordinary("dr-martin"), 1).await;
    app.clock.advance_ms(10 * MINUTE);
    assert_eq!(late.post("/connexion/code", &[("code", &code)]).await.location(), "/connexion?dit=code-expired");
    assert!(!is_signed_in(&mut late).await);
}

async fn a_code_works_in_its_browser_only(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let _right = to_the_code(&app, &user).await;
    let code = app.post.code(&ordinary("dr-martin"), 0).await;
    let mut other = app.browser();
    assert_eq!(other.post("/connexion/code", &[("code", &code)]).await.location(), "/connexion?dit=code-expired");
    // Not even in another browser that waits for a code of its own.
    let mut second = to_the_code(&app, &user).await;
    if app.post.code(&ordinary("dr-martin"), 1).await != code {
        assert_eq!(second.post("/connexion/code", &[("code", &code)]).await.status, 422);
    }
}

async fn a_new_code_replaces_the_old_one_after_a_minute(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let mut browser = to_the_code(&app, &user).await;
    let old = app.post.code(&ordinary("dr-martin"), 0).await;
    assert_eq!(browser.post("/connexion/code/renvoyer", &[]).await.status, 429);
    app.clock.advance_ms(MINUTE);
    let answer = browser.post("/connexion/code/renvoyer", &[]).await;
    assert_eq!((answer.status, answer.location()), (303, "/connexion/code?dit=code-sent"));
    let new = app.post.code(&ordinary("dr-martin"), 1).await;
    if new != old {
        assert_eq!(browser.post("/connexion/code", &[("code", &old)]).await.status, 422);
    }
    assert_eq!(browser.post("/connexion/code", &[("code", &new)]).await.location(), "/courrier");
}

async fn a_session_ends_when_idle_and_anyway(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    app.clock.advance_ms(29 * MINUTE);
    assert_eq!(browser.post("/api/session/stay", &[]).await.json()["idle_seconds"], 1800);
    app.clock.advance_ms(29 * MINUTE);
    assert!(is_signed_in(&mut browser).await);
    app.clock.advance_ms(MINUTE);
    assert!(!is_signed_in(&mut browser).await);
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    for _ in 0..28 {
        app.clock.advance_ms(25 * MINUTE);
        assert_eq!(browser.get("/api/me").await.status, 200);
    }
    let left = browser.get("/api/me").await.json();
    assert_eq!((left["idle_seconds"].as_u64(), left["absolute_seconds"].as_u64()), (Some(1200), Some(1200)));
    app.clock.advance_ms(20 * MINUTE);
    assert!(!is_signed_in(&mut browser).await);
}

async fn automatic_requests_do_not_extend(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    for _ in 0..2 {
        app.clock.advance_ms(14 * MINUTE);
        assert!(is_signed_in(&mut browser).await);
    }
    app.clock.advance_ms(2 * MINUTE);
    assert!(!is_signed_in(&mut browser).await);
}

async fn one_signs_out_here_and_everywhere(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let (mut here, mut there) = (app.browser(), app.browser());
    here.headers.push(("User-Agent".into(), "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Firefox/128.0".into()));
    here.sign_in(&user, "dr-martin").await;
    there.sign_in(&user, "dr-martin").await;
    let list = here.get("/api/sessions").await.json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!((list[0]["current"].as_bool(), list[0]["agent"].as_str()), (Some(true), Some("Firefox, Windows")));
    let answer = there.post("/deconnexion", &[]).await;
    assert_eq!((answer.status, answer.location()), (303, "/connexion?dit=signed-out"));
    assert!(!is_signed_in(&mut there).await && is_signed_in(&mut here).await);
    there.sign_in(&user, "dr-martin").await;
    here.post("/deconnexion", &[("partout", "1")]).await;
    assert!(!is_signed_in(&mut there).await && !is_signed_in(&mut here).await);
}

async fn attempts_are_slowed_and_never_locked(engine: Engine) {
    let app = TestApp::with(engine, &[("PLI_LIMITS__SLOW_STEP_MS", "100"), ("PLI_LIMITS__SLOW_MAX_MS", "800")]).await;
    let user = martin(&app).await;
    let mut last = std::time::Duration::ZERO;
    for _ in 0..8 {
        app.clock.advance_ms(2000);
        let started = Instant::now();
        let answer = app.browser().post("/connexion", &[("login", &user.login), ("password", "wrong")]).await;
        assert_eq!(answer.status, 422);
        last = started.elapsed();
    }
    assert!(last.as_millis() >= 800, "{last:?}");
    // Many at once from there are told to wait, without a delay that holds connections.
    let at_once = (0..12)
        .map(|_| async { app.browser().post("/connexion", &[("login", &user.login), ("password", "wrong")]).await.status });
    let refused = futures::future::join_all(at_once).await.into_iter().filter(|status| *status == 429).count();
    assert!(refused > 0);
    app.clock.advance_ms(MINUTE);
    // The right password still opens, only later.
    let answer = app.browser().post("/connexion", &[("login", &user.login), ("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.location()), (303, "/connexion/code"), "{}", answer.text());
}

async fn a_forged_forwarded_address_changes_nothing(engine: Engine) {
    let app = TestApp::with(engine, &[("PLI_LIMITS__SLOW_STEP_MS", "100"), ("PLI_LIMITS__SLOW_MAX_MS", "400")]).await;
    let user = martin(&app).await;
    let mut last = std::time::Duration::ZERO;
    for nth in 0..7 {
        let mut browser = app.browser();
        browser.headers.push(("X-Forwarded-For".into(), format!("198.51.100.{nth}")));
        browser.headers.push(("Forwarded".into(), format!("for=198.51.100.{nth}")));
        app.clock.advance_ms(2000);
        let started = Instant::now();
        browser.post("/connexion", &[("login", &user.login), ("password", "wrong")]).await;
        last = started.elapsed();
    }
    assert!(last.as_millis() >= 400, "{last:?}");
}

async fn a_revoked_session_and_token_end_at_once(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    let id = browser.get("/api/sessions").await.json()[0]["id"].as_str().unwrap().to_owned();
    let other = app.holder("dr-roux").await;
    assert_eq!(other.send("DELETE", &format!("/api/sessions/{id}"), &[], b"").await.status, 404);
    assert_eq!(user.send("DELETE", &format!("/api/sessions/{id}"), &[], b"").await.status, 204);
    assert!(!is_signed_in(&mut browser).await);
    assert_eq!(
        app.send("GET", "/api/me", &[("Authorization", "Bearer pli_0000000000000000000000000000000000000000")], b"")
            .await
            .status,
        401
    );
}
