//! BALs of programs: they send by tokens and certificates, and nobody opens them on a page.

use std::{sync::Arc, time::Duration};

use relay::testing::Leaf;
use rustls::{
    ClientConfig,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use serde_json::json;
use server::{
    http::routes::{Kind, ROUTES},
    service::{
        application,
        organisation::{self, OrganisationError},
        outbox,
    },
};
use store::{Actor, sending::OwnRates, testing::Engine};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use wire::id::{AccountId, PersonId};

use crate::{
    delegation::{DAY, newest},
    harness::{TestApp, User},
    on_both,
    operator::{self, AUTHORITY, pem},
    organisation::{structure, typed_box},
    process::Pli,
    relay_in::{Open, letter},
    submission::{draft, inbox, submit},
};

on_both! {
    a_program_sends_and_sees_no_page
    a_secret_is_replaced_without_a_gap
    a_certificate_opens_the_api
    mail_comes_only_where_it_is_allowed
    a_program_has_its_own_limits
}

const ADDRESS: &str = "dossier@ch.mssante.example";

async fn program(app: &TestApp, receives: bool, rates: OwnRates) -> (AccountId, PersonId) {
    let (id, _) = structure(app).await;
    let mut typed = typed_box(ADDRESS);
    typed.name = "Dossier patient".into();
    typed.software = Some((receives, rates));
    let account = organisation::open_box(&app.state, Actor::COMMAND, id, &typed).await.unwrap();
    (account, app.state.store.application(account).await.unwrap().unwrap().person)
}

async fn token(app: &TestApp, account: AccountId) -> String {
    application::token(&app.state, Actor::COMMAND, account, "Serveur 1", "").await.unwrap()
}

/// A program that acts with a token.
fn acting<'a>(app: &'a TestApp, account: AccountId, person: PersonId, token: String) -> User<'a> {
    app.with_token(person, Some(account), ADDRESS.into(), token)
}

async fn status(app: &TestApp, token: &str) -> u16 {
    let authorization = format!("Bearer {token}");
    app.send("GET", "/jmap/session", &[("Authorization", &authorization)], b"").await.status
}

async fn a_program_sends_and_sees_no_page(engine: Engine) {
    let app = TestApp::new(engine).await;
    let roux = app.holder("dr-roux").await;
    let (account, person) = program(&app, false, OwnRates::default()).await;
    let dossier = acting(&app, account, person, token(&app, account).await);
    // The structure answers for its programs: terms of service are for people.
    app.state.store.cgu_publish(Actor::COMMAND, "Conditions".into(), None, app.state.store.now()).await.unwrap();
    app.state
        .store
        .cgu_accept(
            Actor::COMMAND,
            roux.person,
            store::cgu::Acceptance { version: 1, by: store::cgu::AcceptedBy::Page, notice: "x".into() },
        )
        .await
        .unwrap();
    let email = draft(&dossier, &[&roux.login], "Lettre de liaison").await;
    assert!(submit(&dossier, &email, json!({})).await["created"]["s"].is_object());
    assert_eq!(outbox::run(&app.state).await.unwrap(), 1);
    let received = newest(&roux).await;
    assert_eq!(received["from"][0], json!({"name": null, "email": ADDRESS}));
    assert_eq!(received["sender"], json!(null), "a program is its BAL");
    let traced = app.state.store.traces_newest(store::Chain::Account(account), 50).await.unwrap();
    let sent = traced.iter().find(|trace| trace.kind == "submission-create").unwrap();
    assert_eq!((sent.person, sent.means.as_str()), (Some(person), "application"));
    // Another BAL is none of its business, and it changes nothing of its own rights.
    let (name, foreign) = dossier.jmap("Mailbox/get", json!({"accountId": roux.account(), "ids": null})).await;
    assert_eq!((name.as_str(), foreign["type"].as_str()), ("error", Some("accountNotFound")));
    let (_, managed) = dossier.jmap("Identity/set", json!({"accountId": account})).await;
    assert_eq!(managed["type"], "accountReadOnly");
    // No page, whatever it is, shows it anything.
    for route in ROUTES.iter().filter(|route| !route.is_for_software()) {
        let path = route.path.replace("{account}", &account.to_string());
        if path.contains('{') && !matches!(route.kind, Kind::Page) {
            continue;
        }
        let path = path.split("/{").next().unwrap().to_owned();
        let answer = dossier.send(route.method, &path, &[("Sec-Fetch-Site", "same-origin")], b"").await;
        assert!(matches!(answer.status, 403 | 404 | 405), "{} {path}: {}", route.method, answer.status);
        assert!(!answer.text().contains(ADDRESS), "{path}");
    }
    // And nobody signs in as it.
    assert!(app.state.store.login_lookup(ADDRESS).await.unwrap().is_none());
    // Nor writes to it from here.
    let email = draft(&roux, &[ADDRESS], "Bonjour").await;
    assert_eq!(submit(&roux, &email, json!({})).await["notCreated"]["s"]["type"], "invalidRecipients");
}

async fn a_secret_is_replaced_without_a_gap(engine: Engine) {
    let app = TestApp::with(engine, &[("PLI_ORGANISATION__OVERLAP_HOURS", "24"), ("PLI_ORGANISATION__SECRETS", "3")]).await;
    let (account, _) = program(&app, false, OwnRates::default()).await;
    let first = token(&app, account).await;
    assert_eq!(status(&app, &first).await, 200);
    let before = application::secrets(&app.state, account).await.unwrap();
    assert!(before[0].seen_at.is_some(), "its last use is known");
    let second = application::rotate(&app.state, Actor::COMMAND, account, before[0].id).await.unwrap();
    assert_ne!(first, second);
    // A page that is loaded again asks for the same again: nothing more is made.
    let again = application::rotate(&app.state, Actor::COMMAND, account, before[0].id).await;
    assert!(matches!(again, Err(OrganisationError::Field { code: "token-replaced", .. })), "{again:?}");
    let twice = application::token(&app.state, Actor::COMMAND, account, &before[0].name, "").await;
    assert!(matches!(twice, Err(OrganisationError::Field { code: "token-named", .. })), "{twice:?}");
    assert_eq!(application::secrets(&app.state, account).await.unwrap().len(), 2);
    for token in [&first, &second] {
        assert_eq!(status(&app, token).await, 200, "both work during the overlap");
    }
    app.clock.advance_ms(DAY - 1);
    assert_eq!(status(&app, &first).await, 200);
    app.clock.advance_ms(1);
    assert_eq!((status(&app, &first).await, status(&app, &second).await), (401, 200));
    // One with an end lives as long again.
    let short = application::token(&app.state, Actor::COMMAND, account, "Court", "10").await.unwrap();
    app.clock.advance_ms(9 * DAY);
    let row = application::secrets(&app.state, account).await.unwrap().into_iter().find(|one| one.name == "Court").unwrap();
    let renewed = application::rotate(&app.state, Actor::COMMAND, account, row.id).await.unwrap();
    app.clock.advance_ms(2 * DAY);
    assert_eq!((status(&app, &short).await, status(&app, &renewed).await), (401, 200));
    // So many and no more; what is ended is ended at once.
    application::token(&app.state, Actor::COMMAND, account, "Troisième", "").await.unwrap();
    let many = application::token(&app.state, Actor::COMMAND, account, "De trop", "").await;
    assert!(matches!(many, Err(OrganisationError::Field { code: "application-secrets", .. })), "{many:?}");
    for one in application::secrets(&app.state, account).await.unwrap() {
        application::end(&app.state, Actor::COMMAND, account, one.id).await.unwrap();
    }
    assert_eq!((status(&app, &second).await, status(&app, &renewed).await), (401, 401));
    // By the command line.
    let pli = Pli::new(&app);
    let output = pli.command(&["application", "token", ADDRESS, "--name", "Serveur 2"]).output().await.unwrap();
    let made = String::from_utf8_lossy(&output.stdout).trim().lines().last().unwrap_or_default().to_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(status(&app, &made).await, 200, "{made}");
    // A suspended BAL sends nothing.
    let id = app.state.store.structure_box(account).await.unwrap().unwrap().organisation;
    app.state.store.structure_box_suspend(Actor::COMMAND, (id, account), true).await.unwrap();
    let authorization = format!("Bearer {made}");
    let session = app.send("GET", "/jmap/session", &[("Authorization", &authorization)], b"").await.json();
    assert!(session["accounts"].as_object().unwrap().is_empty(), "{session}");
}

/// Believes any server: these tests are about the client.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// The status of a request on a connection that shows this certificate.
async fn shown(port: u16, identity: Option<&relay::trust::Identity>, path: &str) -> u16 {
    let builder = ClientConfig::builder().dangerous().with_custom_certificate_verifier(Arc::new(Anybody));
    let config = match identity {
        Some(one) => builder.with_client_auth_cert(one.chain.clone(), one.key.clone_key()).unwrap(),
        None => builder.with_no_client_auth(),
    };
    let mut tcp = None;
    for _ in 0..100 {
        tcp = TcpStream::connect(("127.0.0.1", port)).await.ok();
        if tcp.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, tcp.unwrap()).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut raw = Vec::new();
    let _ = stream.read_to_end(&mut raw).await;
    let text = String::from_utf8_lossy(&raw).into_owned();
    text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("no answer: {text}"))
}

fn written(identity: &relay::trust::Identity) -> String {
    identity.chain.iter().map(|der| pem("CERTIFICATE", der)).collect()
}

async fn a_certificate_opens_the_api(engine: Engine) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = store::testing::TempDir::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{free}");
    let mut settings = operator::settings(folder.path(), "");
    let (cert, key) = (folder.path().join("mx.pem"), folder.path().join("mx.key"));
    settings.extend([
        ("PLI_WEB__PUBLIC_URL".to_owned(), "https://localhost".to_owned()),
        ("PLI_TLS__CERTIFICATE_FILE".to_owned(), cert.display().to_string()),
        ("PLI_TLS__KEY_FILE".to_owned(), key.display().to_string()),
        ("PLI_TLS__SOFTWARE_LISTEN".to_owned(), listen),
    ]);
    let all: Vec<(&str, &str)> = settings.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let app = TestApp::with(engine, &all).await;
    app.state.relay.as_ref().unwrap().book.replace(operator::trust());
    let (account, _) = program(&app, false, OwnRates::default()).await;
    let subject = "CN=dossier.ch.mssante.example,OU=1770816478,O=HOPITAL,C=FR";
    let ours = AUTHORITY.issue(&Leaf::new(subject, 400));
    assert_eq!(shown(free, Some(&ours), "/jmap/session").await, 401, "not registered");
    // What our authorities do not vouch for is not registered.
    let own = relay::testing::TestAuthority::self_signed(&Leaf::new(subject, 401));
    for bad in [written(&own), "garbage".to_owned()] {
        let refused = application::certificate(&app.state, Actor::COMMAND, account, &bad).await;
        assert!(matches!(refused, Err(OrganisationError::Field { field: "certificat", .. })), "{refused:?}");
    }
    let id = application::certificate(&app.state, Actor::COMMAND, account, &written(&ours)).await.unwrap();
    let twice = application::certificate(&app.state, Actor::COMMAND, account, &written(&ours)).await;
    assert!(matches!(twice, Err(OrganisationError::Field { code: "certificate-known", .. })), "{twice:?}");
    assert_eq!(shown(free, Some(&ours), "/jmap/session").await, 200);
    assert_eq!(shown(free, None, "/jmap/session").await, 401);
    assert_eq!(shown(free, Some(&AUTHORITY.issue(&Leaf::new(subject, 402))), "/jmap/session").await, 401, "another one");
    assert_eq!(shown(free, Some(&ours), "/compte").await, 403, "no page");
    // Browsers are not asked for one: there it is not seen.
    assert_eq!(shown(app.address.port(), Some(&ours), "/jmap/session").await, 401);
    let row = application::secrets(&app.state, account).await.unwrap().pop().unwrap();
    assert!(row.certificate && row.seen_at.is_some() && row.name.contains("dossier.ch.mssante.example"), "{row:?}");
    // Judged at every request: revoked, it opens nothing; ended, neither.
    let relay = app.state.relay.as_ref().unwrap();
    let mut revoking = relay::trust::Crls::default();
    for der in [AUTHORITY.root_crl((2026, 6, 1), (2027, 6, 1)), AUTHORITY.crl(&[400], (2026, 6, 1), (2027, 6, 1))] {
        revoking.offer(&der, &AUTHORITY.certificates(), app.state.clock.now_ms()).unwrap();
    }
    let mut trust = operator::trust();
    trust.authority = Arc::new(AUTHORITY.accepted(revoking));
    relay.book.replace(trust);
    assert_eq!(shown(free, Some(&ours), "/jmap/session").await, 401, "revoked");
    relay.book.replace(operator::trust());
    assert_eq!(shown(free, Some(&ours), "/jmap/session").await, 200);
    application::end(&app.state, Actor::COMMAND, account, id).await.unwrap();
    assert_eq!(shown(free, Some(&ours), "/jmap/session").await, 401);
}

async fn mail_comes_only_where_it_is_allowed(engine: Engine) {
    const BLANC: &str = "dr.blanc@autre.mssante.example";
    let open = Open::new(engine, &[]).await;
    let app = &open.app;
    let (account, person) = program(app, false, OwnRates::default()).await;
    let dossier = acting(app, account, person, token(app, account).await);
    let text = letter(BLANC, "1@autre", "Bonjour", "Bonjour");
    let refused = open.hand_over(BLANC, ADDRESS, &text).await;
    assert_eq!(refused.code, 550, "{refused:?}");
    assert!(inbox(app, &dossier).await.is_empty());
    app.state.store.application_set(Actor::COMMAND, account, true, OwnRates::default()).await.unwrap();
    assert_eq!(open.hand_over(BLANC, ADDRESS, &text).await.code, 250);
    assert_eq!(inbox(app, &dossier).await, ["Bonjour"]);
    let roux = app.holder("dr-roux").await;
    let email = draft(&roux, &[ADDRESS], "D’ici").await;
    assert!(submit(&roux, &email, json!({})).await["created"]["s"].is_object());
    // Taken back before it is due: it does not arrive.
    app.state.store.application_set(Actor::COMMAND, account, false, OwnRates::default()).await.unwrap();
    outbox::run(&app.state).await.unwrap();
    assert_eq!(inbox(app, &dossier).await, ["Bonjour"]);
}

async fn a_program_has_its_own_limits(engine: Engine) {
    let app = TestApp::with(engine, &[("PLI_RATES__MESSAGES_HOUR", "1")]).await;
    let roux = app.holder("dr-roux").await;
    let rates = OwnRates { messages_hour: Some(2), ..OwnRates::default() };
    let (account, person) = program(&app, false, rates).await;
    let dossier = acting(&app, account, person, token(&app, account).await);
    for at in 0..3 {
        let email = draft(&dossier, &[&roux.login], "x").await;
        let made = submit(&dossier, &email, json!({})).await;
        assert_eq!(made["created"]["s"].is_object(), at < 2, "{at}: {made}");
    }
    // People's are not touched by it.
    for at in 0..2 {
        let email = draft(&roux, &[&roux.login], "x").await;
        assert_eq!(submit(&roux, &email, json!({})).await["created"]["s"].is_object(), at < 1, "{at}");
    }
}
