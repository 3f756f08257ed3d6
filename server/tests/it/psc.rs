//! Pro Santé Connect: coming in, going out, and everything that may go wrong on the way.

use store::{
    Chain,
    accounts::{NewAccount, Profile},
    testing::{Engine, TempDir},
    traces::Class,
};

use crate::{
    harness::{Browser, TestApp},
    http_client::{self, Answer},
    issuer::{Fault, Issuer, doctor, person},
    on_both,
};

on_both! {
    a_known_professional_comes_in_and_goes_out_everywhere
    every_failure_is_a_page_no_session_and_one_trace
    an_answer_serves_once_and_in_its_browser
    the_provider_may_change_its_keys_and_sign_its_user_info
    a_provider_that_is_away_or_another_is_said
    two_names_of_two_persons_are_refused
    a_suspended_account_stays_closed
    a_client_certificate_serves_instead_of_a_secret
}

/// A server that trusts a provider of its own.
pub async fn with_provider(engine: Engine) -> (TestApp, Issuer) {
    with_provider_and(engine, &[]).await
}

/// The same, with more settings.
pub async fn with_provider_and(engine: Engine, more: &[(&str, &str)]) -> (TestApp, Issuer) {
    let issuer = Issuer::open().await;
    let settings = issuer.settings();
    let mut settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    settings.extend(more);
    let app = TestApp::with(engine, &settings).await;
    issuer.set_clock(&app.clock);
    (app, issuer)
}

/// To the provider and as far as the way back: its path and query, not yet taken.
pub async fn to_the_way_back(browser: &mut Browser<'_>, path: &str) -> String {
    let away = browser.get(path).await;
    assert_eq!(away.status, 303, "{}", away.text());
    let url = reqwest::Url::parse(away.location()).unwrap();
    let provider = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap()).parse().unwrap();
    let target = format!("{}?{}", url.path(), url.query().unwrap());
    let back = http_client::send(provider, "GET", &target, &[], b"").await;
    let back = reqwest::Url::parse(back.location()).unwrap();
    format!("{}?{}", back.path(), back.query().unwrap())
}

/// All the way through the provider.
pub async fn through(browser: &mut Browser<'_>, path: &str) -> Answer {
    let back = to_the_way_back(browser, path).await;
    browser.get(&back).await
}

/// The holder that `doctor()` is, opened by the operator with their RPPS number.
async fn martin(app: &TestApp) -> wire::id::PersonId {
    let new = store::NewPerson {
        name: "Dr Claire MARTIN".into(),
        ordinary_email: "claire@orange.example".into(),
        logins: vec!["claire.martin@medecin.mssante.example".into()],
        ..Default::default()
    };
    let person = app.state.store.person_create(store::Actor::SYSTEM, new).await.unwrap();
    let account = NewAccount {
        address: "claire.martin@medecin.mssante.example".into(),
        name: "Dr Claire MARTIN".into(),
        holder: Some(person),
        profile: Profile { kind: "PER".into(), rpps: Some("99700218896".into()), ..Profile::default() },
        inbox_only: false,
    };
    app.state.store.account_create(store::Actor::SYSTEM, account).await.unwrap();
    person
}

async fn failures(app: &TestApp) -> Vec<String> {
    let traces = app.state.store.traces(Chain::Process, Class::Functional, 0, 500).await.unwrap();
    traces.into_iter().filter(|trace| trace.kind == "sign-in-psc").map(|trace| trace.result).collect()
}

async fn a_known_professional_comes_in_and_goes_out_everywhere(engine: Engine) {
    let (app, issuer) = with_provider(engine).await;
    let person = martin(&app).await;
    let mut browser = app.browser();
    let answer = through(&mut browser, "/connexion/psc?retour=/compte/sessions").await;
    assert_eq!((answer.status, answer.location()), (303, "/compte/sessions"), "{}", answer.text());
    let me = browser.get("/api/me").await;
    assert_eq!((me.status, me.json()["name"].as_str()), (200, Some("Dr Claire MARTIN")), "{}", me.text());
    assert!(browser.cookies.iter().all(|(name, _)| name != "__Host-pli-psc"));
    // What the provider said is kept, sealed, with its date.
    let known = app.state.store.professional(person).await.unwrap().unwrap();
    assert_eq!((known.identity.family_name.as_str(), known.checked_at), ("MARTIN", app.state.store.now()));
    assert_eq!(known.identity.activities[0].place, "CABINET DU DR MARTIN");
    // State, nonce and challenge are new each time and long enough.
    let asked = issuer.asked().pop().unwrap();
    for name in ["state", "nonce", "code_challenge"] {
        assert!(asked[name].len() >= 43, "{name}");
    }
    assert_eq!(asked["scope"], "openid scope_all");
    // Signing out ends the provider's session too, by a page of ours.
    let out = browser.post("/deconnexion", &[]).await;
    let refresh = out.header("refresh").unwrap_or_default().to_owned();
    assert!(
        refresh.starts_with(&format!("0; url={}/protocol/openid-connect/logout?id_token_hint=ey", issuer.url())),
        "{refresh}"
    );
    assert!(refresh.contains("post_logout_redirect_uri=") && refresh.contains("sortie"), "{refresh}");
    assert_eq!(browser.get("/api/me").await.status, 401);
    assert_eq!(browser.get("/connexion/psc/sortie").await.location(), "/connexion?dit=signed-out");
    assert_eq!(failures(&app).await, Vec::<String>::new());
}

async fn every_failure_is_a_page_no_session_and_one_trace(engine: Engine) {
    let (app, issuer) = with_provider(engine).await;
    martin(&app).await;
    let faults = [
        (Fault::Refuses, 403, "psc-refused"),
        (Fault::WrongNonce, 403, "psc-nonce"),
        (Fault::OtherIssuer, 403, "psc-issuer"),
        (Fault::MixedUp, 403, "psc-issuer"),
        (Fault::ExpiredToken, 403, "psc-token-expired"),
        (Fault::FutureToken, 403, "psc-token"),
        (Fault::OtherAudience, 403, "psc-token"),
        (Fault::OtherParty, 403, "psc-token"),
        (Fault::UnknownKey, 403, "psc-token"),
        (Fault::SharedSecret, 403, "psc-token"),
        (Fault::Unsigned, 403, "psc-token"),
        (Fault::WeakLevel, 403, "psc-level"),
        (Fault::OtherSubject, 403, "psc-identity"),
        (Fault::OtherAccessToken, 403, "psc-token"),
        (Fault::UserInfoExpired, 403, "psc-token-expired"),
        (Fault::TokenRefuses, 403, "psc-expired"),
        (Fault::TokenDown, 503, "psc-down"),
        (Fault::TokenSlow, 503, "psc-down"),
    ];
    let mut expected = Vec::new();
    for (fault, status, code) in faults {
        issuer.misbehave(fault);
        let mut browser = app.browser();
        let answer = through(&mut browser, "/connexion/psc").await;
        assert_eq!(answer.status, status, "{fault:?}: {}", answer.text());
        let sentence = app::i18n::error(app::i18n::Lang::Fr, code, &[]);
        assert!(answer.text().contains(&sentence), "{fault:?}: {}", answer.text());
        assert!(browser.cookies.iter().all(|(name, _)| name != "__Host-pli"), "{fault:?}");
        assert_eq!(browser.get("/api/me").await.status, 401, "{fault:?}");
        expected.push(code.to_owned());
        assert_eq!(failures(&app).await, expected, "{fault:?}");
    }
    issuer.misbehave(Fault::None);
    assert_eq!(through(&mut app.browser(), "/connexion/psc").await.location(), "/courrier");
}

async fn an_answer_serves_once_and_in_its_browser(engine: Engine) {
    let (app, _issuer) = with_provider(engine).await;
    martin(&app).await;
    let mut browser = app.browser();
    let back = to_the_way_back(&mut browser, "/connexion/psc").await;
    let cookies = browser.cookies.clone();
    // Somebody else's browser, with nothing and with a cookie of its own.
    let mut other = app.browser();
    assert_eq!(other.get(&back).await.status, 403);
    to_the_way_back(&mut other, "/connexion/psc").await;
    assert_eq!(other.get(&back).await.status, 403);
    // The browser that asked; a second time with the cookie put back.
    assert_eq!(browser.get(&back).await.location(), "/courrier");
    browser.cookies = cookies;
    assert_eq!(browser.get(&back).await.status, 403);
    // A cookie that was tampered with, an answer that comes too late.
    let mut late = app.browser();
    let back = to_the_way_back(&mut late, "/connexion/psc").await;
    let good = late.cookies.clone();
    let other = if &good[0].1[40..41] == "A" { "B" } else { "A" };
    late.cookies[0].1.replace_range(40..41, other);
    assert_eq!(late.get(&back).await.status, 403);
    app.clock.advance_ms(10 * 60_000);
    late.cookies = good;
    assert_eq!(late.get(&back).await.status, 403);
    assert_eq!(failures(&app).await, ["psc-foreign", "psc-foreign", "psc-replayed", "psc-foreign", "psc-expired"]);
}

async fn the_provider_may_change_its_keys_and_sign_its_user_info(engine: Engine) {
    let (app, issuer) = with_provider(engine).await;
    martin(&app).await;
    assert_eq!(through(&mut app.browser(), "/connexion/psc").await.location(), "/courrier");
    issuer.rotate();
    app.clock.advance_ms(10_000);
    assert_eq!(through(&mut app.browser(), "/connexion/psc").await.location(), "/courrier");
    issuer.sign_user_info();
    assert_eq!(through(&mut app.browser(), "/connexion/psc").await.location(), "/courrier");
    issuer.misbehave(Fault::OtherSubject);
    assert_eq!(through(&mut app.browser(), "/connexion/psc").await.status, 403);
}

async fn a_provider_that_is_away_or_another_is_said(engine: Engine) {
    let (app, issuer) = with_provider(engine).await;
    for (fault, status, code) in [(Fault::Down, 503, "psc-down"), (Fault::OtherDocument, 403, "psc-issuer")] {
        issuer.misbehave(fault);
        let answer = app.browser().get("/connexion/psc?pour=inscription").await;
        assert_eq!(answer.status, status, "{fault:?}");
        assert!(answer.text().contains(&app::i18n::error(app::i18n::Lang::Fr, code, &[])), "{}", answer.text());
        // One can start again at once.
        assert!(answer.text().contains("/connexion/psc?pour=inscription"), "{}", answer.text());
    }
    assert_eq!(failures(&app).await, ["psc-down", "psc-issuer"]);
    // Where it is not configured there is nothing.
    let without = TestApp::new(engine).await;
    assert_eq!(without.browser().get("/connexion/psc").await.status, 404);
    assert_eq!(without.browser().get("/inscription").await.status, 200);
}

async fn two_names_of_two_persons_are_refused(engine: Engine) {
    let (app, issuer) = with_provider(engine).await;
    martin(&app).await;
    assert_eq!(through(&mut app.browser(), "/connexion/psc").await.location(), "/courrier");
    let other = app.holder("dr-roux").await;
    let names = store::professionals::PscNames {
        issuer: issuer.url(),
        subject: "f:550dc1c8:other".into(),
        national_id: "899700000001".into(),
    };
    app.state.store.psc_confirmed(other.person, names, Default::default(), "eidas1".into()).await.unwrap();
    // The subject of one with the number of the other.
    let mut mixed = person("899700000001", "Claire", "MARTIN", doctor()["SubjectRefPro"]["exercices"].clone());
    mixed["sub"] = doctor()["sub"].clone();
    issuer.user(mixed);
    let answer = through(&mut app.browser(), "/connexion/psc").await;
    assert_eq!((answer.status, answer.header("set-cookie").unwrap_or_default().contains("__Host-pli=")), (403, false));
    assert_eq!(failures(&app).await, ["psc-identity"]);
}

async fn a_suspended_account_stays_closed(engine: Engine) {
    let (app, _issuer) = with_provider(engine).await;
    let person = martin(&app).await;
    app.state.store.suspend(store::Actor::SYSTEM, person, "operator").await.unwrap();
    let mut browser = app.browser();
    let answer = through(&mut browser, "/connexion/psc").await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert!(browser.cookies.iter().all(|(name, _)| name != "__Host-pli"));
}

/// A self-signed certificate for this machine with its key, in PEM, and what believes in it.
fn certificate() -> (String, String, rustls::RootCertStore) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".into()]).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem(), roots)
}

async fn a_client_certificate_serves_instead_of_a_secret(engine: Engine) {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (issuer, folder) = (Issuer::open().await, TempDir::new());
    let ((ours, our_key, believed), (theirs, their_key, _)) = (certificate(), certificate());
    let clients = rustls::server::WebPkiClientVerifier::builder(believed.into()).build().unwrap();
    let chain = vec![CertificateDer::from_pem_slice(theirs.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(their_key.as_bytes()).unwrap();
    let tls = rustls::ServerConfig::builder().with_client_cert_verifier(clients).with_single_cert(chain, key).unwrap();
    issuer.want_certificate(tls).await;
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).display().to_string()
    };
    let (pem, authority) = (file("client.pem", &format!("{ours}{our_key}")), file("authority.pem", &theirs));
    let mut settings = issuer.settings();
    settings.retain(|(name, _)| *name != "PLI_PSC__CLIENT_SECRET");
    settings.extend([("PLI_PSC__CLIENT_CERTIFICATE_FILE", pem), ("PLI_PSC__CA_FILE", authority)]);
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let app = TestApp::with(engine, &settings).await;
    issuer.set_clock(&app.clock);
    martin(&app).await;
    let answer = through(&mut app.browser(), "/connexion/psc").await;
    assert_eq!((answer.status, answer.location()), (303, "/courrier"), "{}", answer.text());
    // Another certificate than the one declared there opens nothing.
    let (other, other_key, _) = certificate();
    file("client.pem", &format!("{other}{other_key}"));
    let app = TestApp::with(engine, &settings).await;
    issuer.set_clock(&app.clock);
    martin(&app).await;
    assert_eq!(through(&mut app.browser(), "/connexion/psc").await.status, 503);
    assert_eq!(failures(&app).await, ["psc-down"]);
}
