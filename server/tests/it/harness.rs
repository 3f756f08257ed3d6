//! `TestApp`: a server in process on a port of its own, over real TCP, with people to act as.

use std::{net::SocketAddr, path::Path, sync::Arc};

use server::{auth::tokens, boot, config::Loaded, state::State};
use store::{
    Actor, NewPerson,
    accounts::{NewAccount, Profile},
    mailboxes::Role,
    testing::{Engine, ManualClock, TestStore},
};
use tokio::{net::TcpListener, sync::watch};
use wire::{
    id::{AccountId, MailboxId, PersonId},
    portal::Action,
};

use crate::{
    http_client::{self, Answer},
    post_office::PostOffice,
};

pub const PASSWORD: &str = "marron-boussole-42";

/// Makes of `async fn name(engine: Engine)` a test on each database.
#[macro_export]
macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            use store::testing::Engine;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(Engine::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name(Engine::Postgres).await;
            }
        }
    )*};
}

/// A running server.
pub struct TestApp {
    pub address: SocketAddr,
    pub state: State,
    pub clock: Arc<ManualClock>,
    pub post: PostOffice,
    pub test_store: TestStore,
    stop: watch::Sender<bool>,
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

impl TestApp {
    pub async fn new(engine: Engine) -> Self {
        Self::with(engine, &[]).await
    }

    /// With settings, as the environment gives them.
    pub async fn with(engine: Engine, settings: &[(&str, &str)]) -> Self {
        Self::over(TestStore::new(engine).await, settings).await
    }

    /// Over a store that the test made.
    pub async fn over(test_store: TestStore, settings: &[(&str, &str)]) -> Self {
        let post = PostOffice::open().await;
        let (store, clock) = (test_store.store.clone(), test_store.clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let data = test_store.dir.path().display().to_string();
        let mut environment = vec![
            ("PLI_SERVER__DATA_DIR".to_owned(), data.clone()),
            ("PLI_KEYS__MASTER_FILE".to_owned(), format!("{data}.key")),
            ("PLI_KEYS__ANCHOR_FILE".to_owned(), format!("{data}.anchor.key")),
            ("PLI_SERVER__SITE_DIR".to_owned(), format!("{data}/no-site")),
            ("PLI_WEB__PUBLIC_URL".to_owned(), format!("http://{address}")),
            ("PLI_SMTP__URL".to_owned(), format!("smtp://127.0.0.1:{}", post.port)),
            ("PLI_LIMITS__SLOW_STEP_MS".to_owned(), "1".to_owned()),
            ("PLI_LIMITS__SLOW_MAX_MS".to_owned(), "20".to_owned()),
        ];
        environment.extend(settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        let config = Loaded::read(None, environment.into_iter()).unwrap().config().unwrap();
        let (state, stop) = boot::state(config, store, clock.clone()).unwrap();
        tokio::spawn(boot::serve(state.clone(), vec![listener]));
        Self { address, state, clock, post, test_store, stop }
    }

    /// Another process over the same database, with these settings: its state. It serves nothing.
    pub async fn another(&self, settings: &[(String, String)]) -> State {
        let data = self.folder().display().to_string();
        let mut environment = vec![
            ("PLI_SERVER__DATA_DIR".to_owned(), data.clone()),
            ("PLI_KEYS__MASTER_FILE".to_owned(), format!("{data}.key")),
            ("PLI_KEYS__ANCHOR_FILE".to_owned(), format!("{data}.anchor.key")),
            ("PLI_SERVER__SITE_DIR".to_owned(), format!("{data}/no-site")),
        ];
        environment.extend(settings.iter().cloned());
        let config = Loaded::read(None, environment.into_iter()).unwrap().config().unwrap();
        let (state, stop) = boot::state(config, self.test_store.again().await, self.clock.clone()).unwrap();
        // Its jobs end with the test.
        std::mem::forget(stop);
        state
    }

    /// A person who holds a BAL: `dr-martin` has `dr-martin@medecin.mssante.example`.
    pub async fn holder(&self, name: &str) -> User<'_> {
        let address = format!("{name}@medecin.mssante.example");
        let person = self.person(name, vec![address.clone()]).await;
        let account = NewAccount {
            address: address.clone(),
            name: name.to_owned(),
            holder: Some(person),
            profile: Profile { kind: "PER".into(), ..Profile::default() },
            inbox_only: false,
        };
        let account = self.state.store.account_create(Actor::SYSTEM, account).await.unwrap();
        self.user(person, address, Some(account)).await
    }

    /// A person without a BAL, such as a secretary or staff of the operator.
    pub async fn staff(&self, name: &str) -> User<'_> {
        let login = ordinary(name);
        let person = self.person(name, vec![login.clone()]).await;
        self.user(person, login, None).await
    }

    async fn person(&self, name: &str, logins: Vec<String>) -> PersonId {
        let new = NewPerson { name: name.to_owned(), ordinary_email: ordinary(name), logins, mobile: None };
        self.state.store.person_create(Actor::SYSTEM, new).await.unwrap()
    }

    async fn user(&self, person: PersonId, login: String, account: Option<AccountId>) -> User<'_> {
        let (token, _) =
            tokens::create(&self.state.store, &store::SystemRandom, Actor::SYSTEM, person, "test").await.unwrap();
        User { app: self, person, account, login, means: Proof::Bearer(token) }
    }

    /// Somebody, or a program, who acts with a token of their own.
    pub fn with_token(&self, person: PersonId, account: Option<AccountId>, login: String, token: String) -> User<'_> {
        User { app: self, person, account, login, means: Proof::Bearer(token) }
    }

    /// Gives a person their password; hashing costs time, so only where a test signs in.
    pub async fn password(&self, user: &User<'_>) {
        let phc = self.state.passwords.hash(PASSWORD, &store::SystemRandom).await.unwrap();
        self.state.store.password_set(Actor::SYSTEM, user.person, phc).await.unwrap();
    }

    /// Gives rights over the BAL of another.
    pub async fn grant(&self, to: &User<'_>, of: &User<'_>, actions: &[Action]) {
        self.state.store.right_grant(Actor::SYSTEM, to.person, of.account.unwrap(), actions, None).await.unwrap();
    }

    pub async fn inbox(&self, account: AccountId) -> MailboxId {
        self.state.store.mailbox_by_role(account, Role::Inbox).await.unwrap().unwrap()
    }

    /// Somebody without a session, in a browser.
    pub fn browser(&self) -> Browser<'_> {
        Browser { app: self, cookies: Vec::new(), headers: vec![("Sec-Fetch-Site".into(), "same-origin".into())] }
    }

    /// A bare request.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        http_client::send(self.address, method, path, headers, body).await
    }

    /// The data directory of this server.
    pub fn folder(&self) -> &Path {
        self.test_store.dir.path()
    }
}

/// The ordinary address of a test person.
pub fn ordinary(name: &str) -> String {
    format!("{name}@orange.example")
}

enum Proof {
    Bearer(String),
}

/// A person who acts through the API.
pub struct User<'a> {
    app: &'a TestApp,
    pub person: PersonId,
    pub account: Option<AccountId>,
    pub login: String,
    means: Proof,
}

impl User<'_> {
    pub fn account(&self) -> AccountId {
        self.account.unwrap()
    }

    /// The value of the header `Authorization`.
    pub fn authorization(&self) -> String {
        let Proof::Bearer(token) = &self.means;
        format!("Bearer {token}")
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let authorization = self.authorization();
        let headers: Vec<_> = [("Authorization", authorization.as_str())].iter().chain(headers).copied().collect();
        self.app.send(method, path, &headers, body).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"").await
    }

    pub async fn json(&self, method: &str, path: &str, body: serde_json::Value) -> Answer {
        self.send(method, path, &[("Content-Type", "application/json")], body.to_string().as_bytes()).await
    }

    /// One JMAP call; answers its arguments, or the error's.
    pub async fn jmap(&self, method: &str, arguments: serde_json::Value) -> (String, serde_json::Value) {
        let request = wire::jmap::Request::new().call(method, arguments);
        let answer = self.json("POST", "/jmap", serde_json::to_value(request).unwrap()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let response: wire::jmap::Response = serde_json::from_slice(&answer.body).unwrap();
        let first = response.method_responses.into_iter().next().unwrap();
        (first.0, first.1)
    }
}

/// A browser with its cookies.
pub struct Browser<'a> {
    app: &'a TestApp,
    pub cookies: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
}

impl Browser<'_> {
    pub async fn send(&mut self, method: &str, path: &str, extra: &[(&str, &str)], body: &[u8]) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let cookies = cookies.join("; ");
        let mut headers: Vec<(&str, &str)> = self.headers.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        headers.extend(extra);
        if !cookies.is_empty() {
            headers.push(("Cookie", &cookies));
        }
        let answer = self.app.send(method, path, &headers, body).await;
        for (name, value) in &answer.headers {
            if name == "set-cookie" {
                self.keep(value);
            }
        }
        answer
    }

    fn keep(&mut self, line: &str) {
        let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
        assert!(line.contains("; Secure") && line.contains("; HttpOnly") && line.contains("SameSite=Lax"), "{line}");
        self.cookies.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], b"").await
    }

    /// Posts a form as a page of ours does.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={}", encode(v))).collect();
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        self.send("POST", path, &kind, pairs.join("&").as_bytes()).await
    }

    /// Password and code, to a session. Answers the last redirection.
    pub async fn sign_in(&mut self, user: &User<'_>, name: &str) -> Answer {
        let address = ordinary(name);
        let before = self.app.post.letters(&address).len();
        let answer = self.post("/connexion", &[("login", &user.login), ("password", PASSWORD)]).await;
        assert_eq!((answer.status, answer.location()), (303, "/connexion/code"), "{}", answer.text());
        let code = self.app.post.code(&address, before).await;
        self.post("/connexion/code", &[("code", &code)]).await
    }
}

/// Percent-encodes a value of a form.
pub fn encode(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
