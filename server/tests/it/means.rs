//! Means of sign-in, fresh proofs, passwords, contacts, application passwords.

use std::net::SocketAddr;

use futures::future::join_all;
use server::auth::{sessions, totp};
use store::{NewChallenge, Purpose, devices::DeviceContent, testing::Engine};

use crate::{
    harness::{Browser, PASSWORD, TestApp, User, ordinary},
    http_client, on_both,
    process::Pli,
    sms_office::SmsOffice,
    space::free_port,
};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const NEW: &str = "trois pommes vertes au marché";
const MOBILE: &str = "+33612345678";

on_both! {
    an_enrolled_device_signs_in_and_a_code_serves_once
    codes_of_devices_are_bounded_and_follow_the_clock
    a_proof_is_for_one_purpose_only
    sensitive_pages_want_a_fresh_proof
    a_new_password_closes_the_other_sessions_and_is_told
    contacts_are_verified_and_the_old_one_is_told
    one_signs_in_by_text_message
    an_application_password_is_shown_once_used_and_ended
    means_that_are_off_are_not_offered
}

/// A holder with a password.
pub async fn martin(app: &TestApp) -> User<'_> {
    let user = app.holder("dr-martin").await;
    app.password(&user).await;
    user
}

/// Enrols a device behind the pages; answers its secret.
pub async fn device(app: &TestApp, user: &User<'_>) -> Vec<u8> {
    let secret = totp::new_secret(&store::SystemRandom);
    let content = DeviceContent { name: "Téléphone".into(), secret: secret.clone() };
    let id = app.state.store.totp_begin(user.person, content).await.unwrap();
    let actor = store::Actor::SYSTEM;
    assert!(app.state.store.device_confirm(actor, user.person, id, 1).await.unwrap());
    secret
}

/// The code that a device shows now.
pub fn shown(app: &TestApp, secret: &[u8]) -> String {
    totp::code(secret, app.state.clock.now_ms() / (30 * SECOND)).unwrap()
}

async fn to_the_code<'a>(app: &'a TestApp, user: &User<'_>) -> Browser<'a> {
    let mut browser = app.browser();
    let answer = browser.post("/connexion", &[("login", &user.login), ("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.location()), (303, "/connexion/code"), "{}", answer.text());
    browser
}

fn is_signed_in(browser: &Browser<'_>) -> bool {
    browser.cookies.iter().any(|(name, _)| name == "__Host-pli")
}

async fn an_enrolled_device_signs_in_and_a_code_serves_once(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    let page = browser.post("/compte/appareils", &[("nom", "Téléphone du cabinet")]).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("<svg") && page.text().contains("<path"), "{}", page.text());
    let devices = app.state.store.devices(user.person).await.unwrap();
    let (id, secret) = (devices[0].id.to_string(), devices[0].content.secret.clone());
    // The key is on the page as one types it, and counts for nothing before its first code.
    let key = page.text().split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    assert_eq!(key, totp::base32(&secret));
    let wrong = if shown(&app, &secret) == "000000" { "111111" } else { "000000" };
    assert_eq!(browser.post("/compte/appareils/confirmer", &[("appareil", &id), ("code", wrong)]).await.status, 422);
    let code = shown(&app, &secret);
    let answer = browser.post("/compte/appareils/confirmer", &[("appareil", &id), ("code", &code)]).await;
    assert_eq!(answer.location(), "/compte/appareils?dit=device-added", "{}", answer.text());
    let list = browser.get("/compte/appareils").await.text();
    assert!(list.contains("Téléphone du cabinet") && !list.contains(&key), "{list}");
    // The code that enrolled it is used up: the e-mail that is offered first is left for the device, which refuses it.
    let letters = app.post.letters(&ordinary("dr-martin")).len();
    let mut other = to_the_code(&app, &user).await;
    app.post.code(&ordinary("dr-martin"), letters).await;
    assert!(other.get("/connexion/code").await.text().contains("value=\"totp\""));
    let answer = other.post("/connexion/code/renvoyer", &[("moyen", "totp")]).await;
    assert_eq!(answer.location(), "/connexion/code", "{}", answer.text());
    assert_eq!(other.post("/connexion/code", &[("code", &code)]).await.status, 422);
    app.clock.advance_ms(30 * SECOND);
    let code = shown(&app, &secret);
    assert_eq!(other.post("/connexion/code", &[("code", &code)]).await.location(), "/courrier");
    // Next time the device is offered first, no mail leaves, and the same code is refused.
    let codes = || {
        let letters = app.post.letters(&ordinary("dr-martin"));
        letters.into_iter().filter(|letter| letter.text.contains("code de connexion")).count()
    };
    let before = codes();
    let mut third = to_the_code(&app, &user).await;
    assert!(third.get("/connexion/code").await.text().contains("toutes les 30 secondes"));
    assert_eq!(third.post("/connexion/code", &[("code", &code)]).await.status, 422);
    assert!(!is_signed_in(&third));
    assert_eq!(codes(), before);
    // Removed, it serves no more.
    let answer = browser.post("/compte/appareils/retirer", &[("appareil", &id)]).await;
    assert_eq!(answer.location(), "/compte/appareils?dit=device-removed", "{}", answer.text());
    app.clock.advance_ms(30 * SECOND);
    assert_eq!(third.post("/connexion/code", &[("code", &shown(&app, &secret))]).await.status, 422);
    let events = browser.get("/compte/securite").await.text();
    for event in ["Appareil enregistré", "Appareil retiré", "Code de l’application"] {
        assert!(events.contains(event), "{event}: {events}");
    }
}

async fn codes_of_devices_are_bounded_and_follow_the_clock(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let secret = device(&app, &user).await;
    app.state.store.means_remember(user.person, "totp").await.unwrap();
    // Five tries in all; the right one comes too late.
    let mut browser = to_the_code(&app, &user).await;
    let right = shown(&app, &secret);
    let wrong = if right == "000000" { "111111" } else { "000000" };
    for _ in 0..4 {
        assert_eq!(browser.post("/connexion/code", &[("code", wrong)]).await.status, 422);
    }
    // Taking a means up again gives no new tries.
    browser.post("/connexion/code/renvoyer", &[("moyen", "totp")]).await;
    assert_eq!(browser.post("/connexion/code", &[("code", wrong)]).await.location(), "/connexion?dit=code-used-up");
    assert_eq!(browser.post("/connexion/code", &[("code", &right)]).await.location(), "/connexion?dit=code-expired");
    // A device half a minute slow or fast is right; a minute and a half is not.
    for (drift, status) in [(-90, 422), (90, 422), (-30, 303)] {
        let mut browser = to_the_code(&app, &user).await;
        let step = (app.state.clock.now_ms() + drift * SECOND) / (30 * SECOND);
        let code = totp::code(&secret, step).unwrap();
        assert_eq!(browser.post("/connexion/code", &[("code", &code)]).await.status, status, "{drift}");
    }
    // Forwards, then back: what was used before stays used.
    app.clock.advance_ms(5 * MINUTE);
    let code = shown(&app, &secret);
    let mut browser = to_the_code(&app, &user).await;
    assert_eq!(browser.post("/connexion/code", &[("code", &code)]).await.status, 303);
    app.clock.advance_ms(-5 * MINUTE);
    let mut browser = to_the_code(&app, &user).await;
    assert_eq!(browser.post("/connexion/code", &[("code", &shown(&app, &secret))]).await.status, 422);
    app.clock.advance_ms(5 * MINUTE);
    let mut browser = to_the_code(&app, &user).await;
    assert_eq!(browser.post("/connexion/code", &[("code", &code)]).await.status, 422);
}

async fn a_proof_is_for_one_purpose_only(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    let answer = browser.post("/compte/contacts", &[("op", "email"), ("email", "nouvelle@poste.example")]).await;
    assert_eq!(answer.location(), "/compte/contacts/code", "{}", answer.text());
    let code = app.post.code("nouvelle@poste.example", 0).await;
    // The code of a contact opens no session, confirms nobody and recovers nothing.
    let mut thief = app.browser();
    thief.cookies = browser.cookies.iter().filter(|(name, _)| name == "__Host-pli-essai").cloned().collect();
    assert_eq!(thief.post("/connexion/code", &[("code", &code)]).await.location(), "/connexion?dit=code-expired");
    assert_eq!(thief.post("/connexion/preuve", &[("code", &code)]).await.status, 422);
    let answer = thief.post("/connexion/nouveau-mot-de-passe", &[("password", NEW), ("again", NEW)]).await;
    assert_eq!(answer.status, 422);
    assert!(!is_signed_in(&thief));
    // And another person's session cannot take it up.
    let roux = app.holder("dr-roux").await;
    app.password(&roux).await;
    let mut other = app.browser();
    other.sign_in(&roux, "dr-roux").await;
    other.cookies.extend(thief.cookies.clone());
    let answer = other.post("/compte/contacts/code", &[("code", &code)]).await;
    assert_eq!(answer.location(), "/compte/contacts");
    assert_eq!(app.state.store.contact(roux.person).await.unwrap().ordinary_email, ordinary("dr-roux"));
    let answer = browser.post("/compte/contacts/code", &[("code", &code)]).await;
    assert_eq!(answer.location(), "/compte/contacts?dit=contact-changed", "{}", answer.text());
}

const SENSITIVE: [&str; 4] = ["/compte/mot-de-passe", "/compte/contacts", "/compte/appareils", "/compte/fermer"];

async fn sensitive_pages_want_a_fresh_proof(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    for path in SENSITIVE {
        assert_eq!(browser.get(path).await.status, 200, "{path}");
    }
    app.clock.advance_ms(10 * MINUTE);
    for path in SENSITIVE {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.location()), (303, format!("/compte/confirmer?retour={path}").as_str()));
        assert_eq!(browser.post(path, &[("password", NEW), ("again", NEW)]).await.status, 303, "{path}");
    }
    assert_eq!(browser.get("/compte").await.status, 200);
    // A bearer token never gives it.
    assert_eq!(user.get("/compte/mot-de-passe").await.status, 303);
    // A wrong password, then the right one, then the code.
    let back = ("retour", "/compte/mot-de-passe");
    assert_eq!(browser.post("/compte/confirmer", &[("password", "wrong"), back]).await.status, 422);
    let before = app.post.letters(&ordinary("dr-martin")).len();
    let answer = browser.post("/compte/confirmer", &[("password", PASSWORD), back]).await;
    assert_eq!(answer.location(), "/compte/confirmer/code?retour=/compte/mot-de-passe", "{}", answer.text());
    let code = app.post.code(&ordinary("dr-martin"), before).await;
    assert_eq!(browser.get("/compte/mot-de-passe").await.status, 303);
    let answer = browser.post("/compte/confirmer/code", &[("code", &code), back]).await;
    assert_eq!(answer.location(), "/compte/mot-de-passe", "{}", answer.text());
    assert_eq!(browser.get("/compte/mot-de-passe").await.status, 200);
    // A clock moved back makes no proof fresh again.
    app.clock.advance_ms(-5 * MINUTE);
    assert_eq!(browser.get("/compte/mot-de-passe").await.status, 303);
}

async fn a_new_password_closes_the_other_sessions_and_is_told(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let (mut here, mut there) = (app.browser(), app.browser());
    here.sign_in(&user, "dr-martin").await;
    there.sign_in(&user, "dr-martin").await;
    for (password, again, words) in [
        ("Xq7-zeph", "Xq7-zeph", "12 caractères"),
        ("Motdepasse-2026!", "Motdepasse-2026!", "Trop de gens"),
        ("martin-aime-la-mer-42", "martin-aime-la-mer-42", "votre nom"),
        ("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "facile à deviner"),
        (NEW, "autre chose encore", "pas les mêmes"),
    ] {
        let answer = here.post("/compte/mot-de-passe", &[("password", password), ("again", again)]).await;
        assert_eq!(answer.status, 422, "{password}");
        let text = answer.text();
        assert!(text.contains(words) && !text.contains(password), "{words}: {text}");
    }
    let measured = here.post("/compte/mot-de-passe", &[("password", NEW), ("mesurer", "1")]).await;
    assert!(measured.status == 200 && measured.text().contains("<meter") && measured.text().contains("Excellent"));
    let before = app.post.letters(&ordinary("dr-martin")).len();
    let answer = here.post("/compte/mot-de-passe", &[("password", NEW), ("again", NEW)]).await;
    assert_eq!(answer.location(), "/compte/mot-de-passe?dit=password-changed", "{}", answer.text());
    assert_eq!(here.get("/api/me").await.status, 200);
    assert_eq!(there.get("/api/me").await.status, 401);
    let letter = app.post.letter(&ordinary("dr-martin"), before).await;
    assert!(letter.contains("mot de passe") && letter.contains("/connexion/suspendre"), "{letter}");
    let old = app.browser().post("/connexion", &[("login", &user.login), ("password", PASSWORD)]).await;
    assert_eq!(old.status, 422);
    let new = app.browser().post("/connexion", &[("login", &user.login), ("password", NEW)]).await;
    assert_eq!(new.status, 303);
}

async fn contacts_are_verified_and_the_old_one_is_told(engine: Engine) {
    let sms = SmsOffice::open().await;
    let app = TestApp::with(engine, &sms.settings()).await;
    let user = martin(&app).await;
    app.holder("dr-roux").await;
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    for (email, words) in [
        ("dr-roux@medecin.mssante.example", "MSSanté"),
        ("sans-arobase", "signe @"),
        (ordinary("dr-martin").as_str(), "déjà votre contact"),
    ] {
        let answer = browser.post("/compte/contacts", &[("op", "email"), ("email", email)]).await;
        assert!(answer.status == 422 && answer.text().contains(words), "{email}: {}", answer.text());
        assert!(answer.text().contains(email), "what was typed comes back");
    }
    let before = app.post.letters(&ordinary("dr-martin")).len();
    browser.post("/compte/contacts", &[("op", "email"), ("email", "Nouvelle@poste.example")]).await;
    let code = app.post.code("nouvelle@poste.example", 0).await;
    assert_eq!(app.state.store.contact(user.person).await.unwrap().ordinary_email, ordinary("dr-martin"));
    browser.post("/compte/contacts/code", &[("code", &code)]).await;
    assert_eq!(app.state.store.contact(user.person).await.unwrap().ordinary_email, "nouvelle@poste.example");
    let told = app.post.letter(&ordinary("dr-martin"), before).await;
    assert!(told.contains("vient d'être changée") || told.contains("vient d’être changée"), "{told}");
    // The mobile, the same way; removing it is told there.
    let answer = browser.post("/compte/contacts", &[("op", "mobile"), ("mobile", "01 23 45 67 89")]).await;
    assert_eq!(answer.status, 422);
    browser.post("/compte/contacts", &[("op", "mobile"), ("mobile", "06 12 34 56 78")]).await;
    let code = sms.code(MOBILE, 0).await;
    let answer = browser.post("/compte/contacts/code", &[("code", &code)]).await;
    assert_eq!(answer.location(), "/compte/contacts?dit=contact-changed", "{}", answer.text());
    assert_eq!(app.state.store.contact(user.person).await.unwrap().mobile.as_deref(), Some(MOBILE));
    let texts = sms.texts(MOBILE).len();
    browser.post("/compte/contacts", &[("op", "retirer")]).await;
    assert_eq!(app.state.store.contact(user.person).await.unwrap().mobile, None);
    for _ in 0..100 {
        if sms.texts(MOBILE).iter().skip(texts).any(|text| text.contains("mobile")) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the old mobile was not told: {:?}", sms.texts(MOBILE));
}

async fn one_signs_in_by_text_message(engine: Engine) {
    let sms = SmsOffice::open().await;
    let app = TestApp::with(engine, &sms.settings()).await;
    let user = martin(&app).await;
    let change = store::ContactChange::Mobile(Some(MOBILE.into()));
    app.state.store.contact_set(store::Actor::SYSTEM, user.person, change).await.unwrap();
    // Nothing is remembered: the mobile before the e-mail.
    let mut browser = to_the_code(&app, &user).await;
    let code = sms.code(MOBILE, 0).await;
    let page = browser.get("/connexion/code").await.text();
    assert!(page.contains("78") && !page.contains("12345"), "{page}");
    // Another means at once; then back, which is another code; a flood ends the attempt.
    assert_eq!(browser.post("/connexion/code/renvoyer", &[("moyen", "email")]).await.status, 303);
    app.post.code(&ordinary("dr-martin"), 0).await;
    assert_eq!(browser.post("/connexion/code/renvoyer", &[("moyen", "email")]).await.status, 429);
    assert_eq!(browser.post("/connexion/code/renvoyer", &[("moyen", "sms")]).await.status, 303);
    let newer = sms.code(MOBILE, 1).await;
    if newer != code {
        assert_eq!(browser.post("/connexion/code", &[("code", &code)]).await.status, 422);
    }
    assert_eq!(browser.post("/connexion/code", &[("code", &newer)]).await.location(), "/courrier");
    let mut flood = to_the_code(&app, &user).await;
    let mut last = String::new();
    for turn in 0..8 {
        let means = if turn % 2 == 0 { "email" } else { "sms" };
        last = flood.post("/connexion/code/renvoyer", &[("moyen", means)]).await.location().to_owned();
    }
    assert_eq!(last, "/connexion?dit=code-expired");
}

async fn an_application_password_is_shown_once_used_and_ended(engine: Engine) {
    let app = TestApp::new(engine).await;
    let user = martin(&app).await;
    let mut browser = app.browser();
    browser.sign_in(&user, "dr-martin").await;
    assert_eq!(browser.post("/compte/applications", &[("nom", "  ")]).await.status, 422);
    let page = browser.post("/compte/applications", &[("nom", "Logiciel du cabinet")]).await.text();
    let token = page.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(!browser.get("/compte/applications").await.text().contains(&token));
    app.clock.advance_ms(MINUTE);
    // The page loaded again posts the same again: there is still one, and no second secret.
    let again = browser.post("/compte/applications", &[("nom", "Logiciel du cabinet")]).await;
    assert!(again.status == 422 && !again.text().contains("class=\"secret\""), "{}", again.text());
    assert!(again.text().contains("porte déjà ce nom"), "{}", again.text());
    let named =
        app.state.store.tokens(user.person).await.unwrap().into_iter().filter(|one| one.name == "Logiciel du cabinet");
    assert_eq!(named.count(), 1);
    // Asked for at the very same instant too.
    let create = |n: u8| app.state.store.token_create(store::Actor::SYSTEM, user.person, [n; 32], "Ensemble", None);
    let made = join_all((1..=6).map(create)).await;
    assert_eq!(made.iter().filter(|one| one.is_ok()).count(), 1, "{made:?}");
    let bearer = format!("Bearer {token}");
    assert_eq!(app.send("GET", "/api/me", &[("Authorization", &bearer)], b"").await.status, 200);
    let tokens = app.state.store.tokens(user.person).await.unwrap();
    let made = tokens.iter().find(|one| one.name == "Logiciel du cabinet").unwrap();
    assert_eq!(made.seen_at, Some(app.state.clock.now_ms()));
    let answer = browser.post("/compte/applications/retirer", &[("token", &made.id.to_string())]).await;
    assert_eq!(answer.location(), "/compte/applications?dit=token-ended");
    assert_eq!(app.send("GET", "/api/me", &[("Authorization", &bearer)], b"").await.status, 401);
}

async fn means_that_are_off_are_not_offered(engine: Engine) {
    let app = TestApp::with(engine, &[("PLI_SIGN_IN__MEANS", "totp")]).await;
    let user = martin(&app).await;
    let answer = app.browser().post("/connexion", &[("login", &user.login), ("password", PASSWORD)]).await;
    assert!(answer.status == 403 && answer.text().contains("Aucun moyen"), "{}", answer.text());
    let secret = device(&app, &user).await;
    let mut browser = to_the_code(&app, &user).await;
    assert!(!browser.get("/connexion/code").await.text().contains("value=\"email\""));
    let answer = browser.post("/connexion/code/renvoyer", &[("moyen", "email")]).await;
    assert_eq!(answer.location(), "/connexion?dit=code-expired");
    assert_eq!(browser.post("/connexion/code", &[("code", &shown(&app, &secret))]).await.location(), "/courrier");
    assert!(app.post.letters(&ordinary("dr-martin")).is_empty());
}

/// Fifty posts at the same time to two processes; how many opened a session.
async fn opened(ports: [u16; 2], cookies: &[String], code: &str) -> usize {
    let posts = cookies.iter().enumerate().map(|(at, cookie)| {
        let to = SocketAddr::from(([127, 0, 0, 1], ports[at % 2]));
        let (cookie, body) = (format!("__Host-pli-essai={cookie}"), format!("code={code}"));
        async move {
            let headers = [
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("Sec-Fetch-Site", "same-origin"),
                ("Cookie", cookie.as_str()),
            ];
            let answer = http_client::send(to, "POST", "/connexion/code", &headers, body.as_bytes()).await;
            answer
                .headers
                .iter()
                .any(|(name, value)| name == "set-cookie" && value.starts_with("__Host-pli=") && value.len() > 40)
        }
    });
    join_all(posts).await.into_iter().filter(|opened| *opened).count()
}

/// Milliseconds now, by the machine's clock.
pub fn real_now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_replays_on_two_processes_open_one_session() {
    let app = TestApp::new(Engine::Postgres).await;
    // The processes run by the machine's clock.
    app.clock.set_ms(real_now());
    let user = martin(&app).await;
    let secret = device(&app, &user).await;
    // Without the delays: what is tried is that a code serves once, not that guessing is slow.
    let pli = Pli::new(&app).with("PLI_LIMITS__SLOW_STEP_MS", "0");
    let ports = [free_port(), free_port()];
    let _processes = [pli.serve(ports[0]).await, pli.serve(ports[1]).await];
    let challenge = async |means: &'static str, code: Option<&str>| {
        let token = sessions::new_token(&store::SystemRandom);
        let new = NewChallenge {
            person: user.person,
            browser: sessions::token_hash(&token),
            purpose: Purpose::SignIn,
            means,
            code: code.map(str::to_owned),
            valid_ms: 10 * MINUTE,
            waiting: None,
            approval: None,
        };
        app.state.store.challenge_create(new).await.unwrap();
        token
    };
    let sent = challenge("email", Some("483920")).await;
    assert_eq!(opened(ports, &vec![sent; 50], "483920").await, 1);
    // The same code of a device in fifty browsers that all gave the right password.
    let mut browsers = Vec::new();
    for _ in 0..50 {
        browsers.push(challenge("totp", None).await);
    }
    let code = totp::code(&secret, real_now() / (30 * SECOND)).unwrap();
    assert_eq!(opened(ports, &browsers, &code).await, 1);
}
