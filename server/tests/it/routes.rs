//! The table of routes and the table of JMAP methods, tried with every role; security headers; writes from elsewhere.

use std::path::Path;

use serde_json::json;
use server::{
    http::routes::{Access, Kind, ROUTES, Route},
    jmap::METHODS,
};
use store::testing::Engine;
use wire::{id::AccountId, portal::Action};

use crate::{
    harness::{TestApp, User},
    http_client::{self, Answer},
    on_both,
    patients::opposed,
};

on_both! {
    every_route_with_every_role
    every_method_with_every_role
    every_form_with_every_role
    every_answer_has_its_policy
    writes_from_elsewhere_are_refused
    a_right_that_ends_ends_at_once
    bodies_have_limits
}

/// Somebody's BAL with a message in it, and everyone who may or may not open it.
pub struct Cast<'a> {
    app: &'a TestApp,
    pub holder: User<'a>,
    /// May read, nothing else.
    reader: User<'a>,
    /// Holds another BAL.
    pub foreign: User<'a>,
    /// Works for the operator.
    staff: User<'a>,
    pub email: String,
    blob: String,
    pub inbox: String,
    thread: String,
    patient: String,
}

impl<'a> Cast<'a> {
    pub async fn of(app: &'a TestApp) -> Self {
        let holder = app.holder("dr-martin").await;
        let (reader, foreign, staff) = (app.staff("secretary").await, app.holder("dr-roux").await, app.staff("staff").await);
        app.grant(&reader, &holder, &[Action::Read]).await;
        let inbox = app.inbox(holder.account()).await.to_string();
        let draft = json!({"mailboxIds": {&inbox: true}, "subject": "Essai",
            "bodyStructure": {"partId": "1", "type": "text/plain"}, "bodyValues": {"1": {"value": "Bonjour"}}});
        let (_, made) = holder.jmap("Email/set", json!({"accountId": holder.account(), "create": {"a": draft}})).await;
        let created = &made["created"]["a"];
        let (email, blob) = (created["id"].as_str().unwrap().to_owned(), created["blobId"].as_str().unwrap().to_owned());
        let thread = created["threadId"].as_str().unwrap().to_owned();
        let patient = opposed(app, &holder).await.to_string();
        Self { app, holder, reader, foreign, staff, email, blob, inbox, thread, patient }
    }

    fn path(&self, route: &Route, account: AccountId) -> String {
        let (path, session) = (route.path, "x0000000000001");
        path.replace("{account}", &account.to_string())
            .replace("{email}", &self.email)
            .replace("{part}", "message.eml")
            .replace("{blob}", &self.blob)
            .replace("{name}", "file.bin")
            .replace("{thread}", &self.thread)
            .replace("{session}", session)
            .replace("{step}", "identite")
            .replace("{version}", "1")
            .replace("{token}", "none")
            .replace("{delegation}", "g0000000000001")
            .replace("{patient}", &self.patient)
            .replace("{structure}", "o0000000000001")
            .replace("{member}", "h0000000000001")
            .replace("{group}", "u0000000000001")
            .replace("{*place}", &self.inbox)
            .replace("{*path}", "none")
    }

    pub async fn ask(&self, route: &Route, account: AccountId, who: Option<&User<'_>>) -> Answer {
        let path = self.path(route, account);
        let authorization = who.map(User::authorization);
        let mut headers: Vec<(&str, &str)> = vec![("Sec-Fetch-Site", "same-origin")];
        if let Some(value) = &authorization {
            headers.push(("Authorization", value));
        }
        match route.kind {
            Kind::Frame => headers.push(("Sec-Fetch-Dest", "iframe")),
            Kind::Form => headers.push(("Content-Type", "application/x-www-form-urlencoded")),
            Kind::Stream if who.is_some() => {
                return http_client::begin(self.app.address, route.method, &path, &headers).await;
            }
            _ => headers.push(("Content-Type", "application/json")),
        }
        let body: &[u8] = if route.kind == Kind::Api && route.method != "GET" { b"{}" } else { b"" };
        self.app.send(route.method, &path, &headers, body).await
    }
}

/// What everyone sees of something that is not theirs, without what differs at each request.
pub fn refusal(answer: &Answer) -> (u16, String) {
    let id = answer.header("x-request-id").unwrap().to_owned();
    let nonces = answer.header("content-security-policy").unwrap().to_owned();
    let nonce = nonces.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("-");
    (answer.status, answer.text().replace(&id, "ID").replace(nonce, "NONCE"))
}

fn asks_to_sign_in(route: &Route, answer: &Answer) -> bool {
    match route.kind {
        Kind::Page | Kind::Form => answer.status == 303 && answer.location().starts_with("/connexion"),
        _ => answer.status == 401 && answer.problem() == "unauthenticated",
    }
}

async fn every_route_with_every_role(engine: Engine) {
    let app = TestApp::new(engine).await;
    let cast = Cast::of(&app).await;
    let (theirs, nobodys) = (cast.holder.account(), AccountId(1));
    for route in ROUTES {
        let name = format!("{} {}", route.method, route.path);
        let bare = cast.ask(route, theirs, None).await;
        if route.access == Access::Public {
            assert!(bare.status < 500 && !matches!(bare.status, 401 | 403), "{name}: {}", bare.status);
            continue;
        }
        assert!(asks_to_sign_in(route, &bare), "{name} without a session: {} {}", bare.status, bare.text());
        if route.access == Access::Staff {
            operator_row(&cast, route).await;
            continue;
        }
        if route.access == Access::Administrator {
            administrator_row(&cast, route).await;
            continue;
        }
        let Access::Account(action) = route.access else {
            for user in [&cast.holder, &cast.reader, &cast.foreign, &cast.staff] {
                let answer = cast.ask(route, theirs, Some(user)).await;
                assert!(answer.status < 500 && answer.status != 401, "{name}: {} {}", answer.status, answer.text());
            }
            continue;
        };
        let own = cast.ask(route, theirs, Some(&cast.holder)).await;
        assert!(matches!(own.status, 200..=303 | 422), "{name} as holder: {} {}", own.status, own.text());
        let reader = cast.ask(route, theirs, Some(&cast.reader)).await;
        if action == Action::Read {
            assert_eq!(reader.status, own.status, "{name} as reader: {}", reader.text());
        } else {
            // Refusals of pages are pages.
            let code = if matches!(route.kind, Kind::Page | Kind::Form) { String::new() } else { reader.problem() };
            assert_eq!(reader.status, 403, "{name} as reader");
            assert!(code.is_empty() || code == "account-read-only", "{name} as reader: {code}");
        }
        let missing = refusal(&cast.ask(route, nobodys, Some(&cast.holder)).await);
        assert_eq!(missing.0, 404, "{name}");
        for user in [&cast.foreign, &cast.staff] {
            let answer = refusal(&cast.ask(route, theirs, Some(user)).await);
            assert_eq!(answer, missing, "{name}: a foreign account must look like none");
        }
    }
}

/// A row for who administers a structure, in a session: for everybody else, and in every other structure, there is no such
/// page.
async fn administrator_row(cast: &Cast<'_>, route: &Route) {
    let name = format!("{} {}", route.method, route.path);
    let (app, form) = (cast.app, [("Content-Type", "application/x-www-form-urlencoded")]);
    let missing = refusal(&cast.ask(route, cast.holder.account(), Some(&cast.foreign)).await);
    assert_eq!(missing.0, 404, "{name}");
    for user in [&cast.holder, &cast.reader, &cast.staff] {
        assert_eq!(refusal(&cast.ask(route, cast.holder.account(), Some(user)).await), missing, "{name}");
    }
    let store = &app.state.store;
    if store.organisations().await.unwrap().is_empty() {
        app.password(&cast.staff).await;
        for finess in ["770816478", "990000010"] {
            store.organisation_create(store::Actor::SYSTEM, "Hôpital".into(), finess.into(), 1_000_000_000).await.unwrap();
        }
        let own = store.organisations().await.unwrap()[0].id;
        crate::organisation::join(app, own, &cast.staff, true).await;
    }
    let all = store.organisations().await.unwrap();
    let mut browser = app.browser();
    browser.sign_in(&cast.staff, "staff").await;
    let path =
        |id: wire::id::OrganisationId| cast.path(route, cast.holder.account()).replace("o0000000000001", &id.to_string());
    let own = browser.send(route.method, &path(all[0].id), &form, b"").await;
    // Persons, groups, BALs and reviews that are none are not found either.
    assert!(matches!(own.status, 200 | 400 | 404 | 422), "{name} as administrator: {} {}", own.status, own.text());
    let other = refusal(&browser.send(route.method, &path(all[1].id), &form, b"").await);
    assert_eq!(other.0, 404, "{name} of another structure");
    // The codes of the next row are not those of this one.
    app.clock.advance_ms(60_000);
}

/// A row for who works for the operator, in a session. An application password of theirs does not open it either.
async fn operator_row(cast: &Cast<'_>, route: &Route) {
    let name = format!("{} {}", route.method, route.path);
    let (app, form) = (cast.app, [("Content-Type", "application/x-www-form-urlencoded")]);
    let missing = refusal(&cast.ask(route, cast.holder.account(), Some(&cast.foreign)).await);
    assert_eq!(missing.0, 404, "{name}");
    let system = store::Actor::SYSTEM;
    app.state.store.staff_add(system, cast.staff.person).await.unwrap();
    for user in [&cast.holder, &cast.reader, &cast.staff] {
        assert_eq!(refusal(&cast.ask(route, cast.holder.account(), Some(user)).await), missing, "{name}");
    }
    app.password(&cast.staff).await;
    let mut browser = app.browser();
    browser.sign_in(&cast.staff, "staff").await;
    let open = browser.send(route.method, route.path, &form, b"").await;
    assert!(matches!(open.status, 200 | 400 | 422), "{name} as staff: {} {}", open.status, open.text());
    app.state.store.staff_end(system, cast.staff.person).await.unwrap();
    let answer = browser.send(route.method, route.path, &form, b"").await;
    assert_eq!(refusal(&answer), missing, "{name} as staff no longer");
    // The codes of the next row are not those of this one.
    app.clock.advance_ms(60_000);
}

async fn every_method_with_every_role(engine: Engine) {
    let app = TestApp::new(engine).await;
    let cast = Cast::of(&app).await;
    let theirs = cast.holder.account();
    for method in METHODS.iter().filter(|method| !method.right.is_empty()) {
        let ask = async |user: &User<'_>, account: AccountId| {
            let mut arguments = json!({"accountId": account});
            if method.name == "Email/copy" {
                arguments["fromAccountId"] = json!(account);
            }
            let (name, answer) = user.jmap(method.name, arguments).await;
            if name == "error" { answer["type"].as_str().unwrap().to_owned() } else { String::new() }
        };
        let own = ask(&cast.holder, theirs).await;
        assert!(!own.starts_with("account") && own != "unknownMethod" && own != "serverFail", "{}: {own}", method.name);
        let reader = ask(&cast.reader, theirs).await;
        if method.right.contains(&Action::Read) {
            assert_eq!(reader, own, "{}", method.name);
        } else {
            assert_eq!(reader, "accountReadOnly", "{}", method.name);
        }
        for (user, account) in [(&cast.foreign, theirs), (&cast.staff, theirs), (&cast.holder, AccountId(1))] {
            assert_eq!(ask(user, account).await, "accountNotFound", "{}", method.name);
        }
    }
}

async fn every_form_with_every_role(engine: Engine) {
    let app = TestApp::new(engine).await;
    let cast = Cast::of(&app).await;
    let post = async |who: Option<&User<'_>>, path: &str, body: String| {
        let authorization = who.map(User::authorization);
        let mut headers = vec![("Content-Type", "application/x-www-form-urlencoded"), ("Sec-Fetch-Site", "same-origin")];
        if let Some(value) = &authorization {
            headers.push(("Authorization", value));
        }
        cast.app.send("POST", path, &headers, body.as_bytes()).await
    };
    let ops = [
        "read",
        "unread",
        "star",
        "unstar",
        "archive",
        "trash",
        "spam",
        "inbox",
        "move",
        "destroy",
        "folder-create",
        "folder-rename",
        "folder-delete",
        "send",
        "ask",
        "save",
        "discard",
        "unsend",
        "send-apart",
        "send-together",
        "work-set",
        "work-hand-over",
        "note-add",
        "note-delete",
        "receipt-send",
        "receipt-decline",
    ];
    for op in ops {
        let body = |account: AccountId| {
            format!("op={op}&account={account}&email={}&to={}&name=Nouveau&retour=/courrier", cast.email, cast.inbox)
        };
        let theirs = cast.holder.account();
        let bare = post(None, "/courrier/faire", body(theirs)).await;
        assert_eq!((bare.status, bare.location()), (303, "/connexion"), "{op}");
        let missing = refusal(&post(Some(&cast.holder), "/courrier/faire", body(AccountId(1))).await);
        assert_eq!(missing.0, 404, "{op}");
        for user in [&cast.foreign, &cast.staff] {
            let answer = refusal(&post(Some(user), "/courrier/faire", body(theirs)).await);
            assert_eq!(answer, missing, "{op}");
        }
        let reader = post(Some(&cast.reader), "/courrier/faire", body(theirs)).await;
        assert_eq!(reader.status, 403, "{op} as reader: {}", reader.text());
    }
    let words = format!("account={}&words=bonjour", cast.holder.account());
    assert_eq!(post(Some(&cast.foreign), "/courrier/chercher", words.clone()).await.status, 404);
    let found = post(Some(&cast.reader), "/courrier/chercher", words).await;
    assert_eq!(found.status, 303, "{}", found.text());
    assert!(!found.location().contains("bonjour") && found.location().contains("/recherche/q"), "{}", found.location());
    // And a right one does what it says.
    let body = format!("op=star&account={}&email={}&retour=/courrier", cast.holder.account(), cast.email);
    let done = post(Some(&cast.holder), "/courrier/faire", body).await;
    assert_eq!((done.status, done.location()), (303, "/courrier?dit=star"), "{}", done.text());
    let get = json!({"accountId": cast.holder.account(), "ids": [cast.email], "properties": ["keywords"]});
    assert_eq!(cast.holder.jmap("Email/get", get).await.1["list"][0]["keywords"]["$flagged"], true);
}

async fn every_answer_has_its_policy(engine: Engine) {
    let app = TestApp::new(engine).await;
    let cast = Cast::of(&app).await;
    for route in ROUTES.iter().filter(|route| route.method == "GET") {
        for who in [None, Some(&cast.holder), Some(&cast.foreign)] {
            let answer = cast.ask(route, cast.holder.account(), who).await;
            let name = format!("{} {}", route.path, answer.status);
            let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{name}"));
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{name}");
            assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{name}");
            assert!(policy.contains("default-src 'none'"), "{name}: {policy}");
            assert!(!policy.contains("unsafe-eval'") || policy.contains("'wasm-unsafe-eval'"), "{name}: {policy}");
            if route.kind == Kind::Frame {
                assert!(policy.contains("frame-ancestors 'self'") && policy.contains("sandbox"), "{name}: {policy}");
                assert!(!policy.contains("script-src") && !policy.contains("allow-scripts"), "{name}: {policy}");
                continue;
            }
            assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"), "{name}: {policy}");
            assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{name}");
            if route.kind == Kind::Page && answer.status == 200 {
                let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
                assert!(nonce.len() > 40, "{name}: {policy}");
                let page = answer.text();
                for script in page.split("<script").skip(1) {
                    let tag = script.split('>').next().unwrap();
                    assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{name}: <script{tag}>");
                }
                assert!(!page.contains(" style=\""), "{name}");
            }
        }
    }
}

async fn writes_from_elsewhere_are_refused(engine: Engine) {
    let app = TestApp::new(engine).await;
    let cast = Cast::of(&app).await;
    app.password(&cast.holder).await;
    let mut browser = app.browser();
    browser.sign_in(&cast.holder, "dr-martin").await;
    let own = format!("http://{}", app.address);
    let elsewhere: [&[(&str, &str)]; 5] = [
        &[],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", &own)],
        &[("Sec-Fetch-Site", "none")],
    ];
    for route in ROUTES.iter().filter(|route| route.method != "GET") {
        let path = cast.path(route, cast.holder.account());
        for headers in elsewhere {
            browser.headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            let answer = browser.send(route.method, &path, &[], b"").await;
            assert_eq!(answer.status, 403, "{} {} {headers:?}", route.method, route.path);
        }
    }
    // Still signed in: none of these signed out. A browser without Sec-Fetch-Site says where it comes from.
    browser.headers = vec![("Origin".into(), own)];
    assert_eq!(browser.post("/api/session/stay", &[]).await.status, 200);
}

async fn a_right_that_ends_ends_at_once(engine: Engine) {
    let app = TestApp::new(engine).await;
    let cast = Cast::of(&app).await;
    let path = format!("/courrier/{}", cast.holder.account());
    assert_eq!(cast.reader.get(&path).await.status, 303);
    let (reader, account) = (cast.reader.person, cast.holder.account());
    app.clock.advance_ms(1000);
    app.state.store.right_end(store::Actor::SYSTEM, reader, account, &Action::ALL).await.unwrap();
    assert_eq!(cast.reader.get(&path).await.status, 404);
    app.state
        .store
        .right_grant(store::Actor::SYSTEM, reader, account, &[Action::Read], Some(app.state.store.now() + 60_000))
        .await
        .unwrap();
    assert_eq!(cast.reader.get(&path).await.status, 303);
    app.clock.advance_ms(60_000);
    assert_eq!(cast.reader.get(&path).await.status, 404);
}

async fn bodies_have_limits(engine: Engine) {
    let app = TestApp::new(engine).await;
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    let headers = [kind, ("Sec-Fetch-Site", "same-origin")];
    let large = vec![b'a'; 100_000];
    assert_eq!(app.send("POST", "/connexion", &headers, &large).await.status, 413);
    let chunked = [kind, ("Sec-Fetch-Site", "same-origin"), ("Content-Type", "text/plain")];
    assert!(matches!(app.send("POST", "/connexion", &chunked, b"x").await.status, 415 | 422));
    let long = format!("/{}", "a".repeat(3000));
    assert_eq!(app.send("GET", &long, &[], b"").await.status, 404);
    assert_eq!(app.send("PUT", "/connexion", &headers, b"").await.status, 405);
}

/// axum cannot list its routes: only the table may declare them.
#[test]
fn routes_are_declared_in_the_table_only() {
    fn scan(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                scan(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("http/routes.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                if [".route(", ".nest(", ".route_service("].iter().any(|call| text.contains(call)) {
                    found.push(path.display().to_string());
                }
            }
        }
    }
    let mut found = Vec::new();
    scan(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
    assert!(found.is_empty(), "routes declared outside http/routes.rs: {found:?}");
}
