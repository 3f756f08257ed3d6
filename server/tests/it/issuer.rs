//! A small identity provider over a real socket: OpenID Connect's code flow with PKCE, as Pro Santé Connect speaks it, and
//! ways to misbehave.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::to_bytes,
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PublicKeyData};
use serde_json::{Value, json};
use server::http::listener::Door;
use sha2::{Digest, Sha256};
use store::{Clock, testing::ManualClock};

pub const CLIENT: &str = "pli-test";
pub const SECRET: &str = "a:secret é";

/// What it does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    #[default]
    None,
    Refuses,
    WrongNonce,
    OtherIssuer,
    /// The answer in the browser names another issuer (RFC 9207).
    MixedUp,
    ExpiredToken,
    FutureToken,
    OtherAudience,
    OtherParty,
    UnknownKey,
    /// Signed with the client's secret.
    SharedSecret,
    Unsigned,
    WeakLevel,
    OtherSubject,
    OtherAccessToken,
    UserInfoExpired,
    TokenDown,
    TokenSlow,
    TokenRefuses,
    /// Its own document says that it is somebody else.
    OtherDocument,
    Down,
}

struct Pending {
    nonce: String,
    challenge: String,
    back: String,
}

struct Key {
    id: String,
    pair: KeyPair,
}

impl Key {
    fn new(id: &str) -> Self {
        Self { id: id.to_owned(), pair: KeyPair::generate().unwrap() }
    }

    fn public(&self) -> Value {
        let point = self.pair.der_bytes();
        let [x, y] = [&point[1..33], &point[33..65]].map(|half| URL_SAFE_NO_PAD.encode(half));
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": x, "y": y})
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::ES256) };
        encode(&header, claims, &EncodingKey::from_ec_der(&self.pair.serialize_der())).unwrap()
    }
}

struct Inside {
    fault: Fault,
    signed_user_info: bool,
    user: Value,
    codes: HashMap<String, Pending>,
    key: Key,
    keys: u32,
    clock: Option<Arc<ManualClock>>,
    asked: Vec<HashMap<String, String>>,
    /// Where clients show a certificate instead of a secret (RFC 8705 §5).
    certified: Option<SocketAddr>,
}

/// The provider; it lives as long as the test.
#[derive(Clone)]
pub struct Issuer {
    pub address: SocketAddr,
    inside: Arc<Mutex<Inside>>,
}

impl Issuer {
    pub async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let inside = Inside {
            fault: Fault::None,
            signed_user_info: false,
            user: doctor(),
            codes: HashMap::new(),
            key: Key::new("k1"),
            keys: 1,
            clock: None,
            asked: Vec::new(),
            certified: None,
        };
        let issuer = Self { address: listener.local_addr().unwrap(), inside: Arc::new(Mutex::new(inside)) };
        let answering = issuer.clone();
        let app = Router::new().fallback(move |request: Request| answer(answering.clone(), request, false));
        tokio::spawn(async move { axum::serve(listener, app).await });
        issuer
    }

    /// From now on tokens are given over TLS only, to who shows the certificate that `server` asks for.
    pub async fn want_certificate(&self, server: rustls::ServerConfig) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.lock().certified = Some(listener.local_addr().unwrap());
        let door = Door::tls(listener, Arc::new(server)).unwrap();
        let answering = self.clone();
        let app = Router::new().fallback(move |request: Request| answer(answering.clone(), request, true));
        tokio::spawn(async move { axum::serve(door, app).await });
    }

    pub fn url(&self) -> String {
        format!("http://{}/realms/wallet", self.address)
    }

    /// The settings of a server that trusts it.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("PLI_PSC__DISCOVERY_URL", format!("{}/.well-known/wallet-openid-configuration", self.url())),
            ("PLI_PSC__CLIENT_ID", CLIENT.into()),
            ("PLI_PSC__CLIENT_SECRET", SECRET.into()),
            ("PLI_PSC__TIMEOUT_SECONDS", "1".into()),
            ("PLI_OPENING__DOMAINS", "10=medecin.mssante.example, 60=infirmier.mssante.example".into()),
        ]
    }

    pub fn set_clock(&self, clock: &Arc<ManualClock>) {
        self.lock().clock = Some(clock.clone());
    }

    pub fn misbehave(&self, fault: Fault) {
        self.lock().fault = fault;
    }

    pub fn user(&self, user: Value) {
        self.lock().user = user;
    }

    pub fn sign_user_info(&self) {
        self.lock().signed_user_info = true;
    }

    /// New keys; the old ones are believed no more.
    pub fn rotate(&self) {
        let mut inside = self.lock();
        inside.keys += 1;
        inside.key = Key::new(&format!("k{}", inside.keys));
    }

    /// What browsers brought to the authorization endpoint.
    pub fn asked(&self) -> Vec<HashMap<String, String>> {
        self.lock().asked.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }
}

/// A self-employed general practitioner.
pub fn doctor() -> Value {
    person("899700218896", "Claire", "MARTIN", json!([profession("10", "C", json!([place("L", "CABINET DU DR MARTIN")]))]))
}

pub fn person(id: &str, given: &str, family: &str, professions: Value) -> Value {
    json!({
        "sub": format!("f:550dc1c8:{id}"), "preferred_username": id, "SubjectNameID": id,
        "given_name": given, "family_name": family, "email_verified": false,
        "otherIds": [{"identifiant": id, "origine": "EDIT", "qualite": 1}],
        "SubjectRefPro": {"codeCivilite": "MME", "exercices": professions},
    })
}

pub fn profession(code: &str, category: &str, activities: Value) -> Value {
    json!({
        "codeProfession": code, "codeCategorieProfessionnelle": category, "codeCiviliteDexercice": if code == "10" { "DR" } else { "" },
        "nomDexercice": "", "prenomDexercice": "", "codeTypeSavoirFaire": "S",
        "codeSavoirFaire": if code == "10" { "SM54" } else { "" }, "activities": activities,
    })
}

pub fn place(mode: &str, name: &str) -> Value {
    json!({
        "codeModeExercice": mode, "codeSecteurDactivite": "SA07", "raisonSocialeSite": name, "enseigneCommercialeSite": "",
        "codePostal": "75009", "bureauCedex": "75009 PARIS", "telephone": "0199001234", "numeroFinessetablissementJuridique": "",
    })
}

fn pairs(text: &str) -> HashMap<String, String> {
    let url = reqwest::Url::parse(&format!("http://x/?{text}")).unwrap();
    url.query_pairs().into_owned().collect()
}

/// `shown`: over TLS, with a certificate of the client.
async fn answer(issuer: Issuer, request: Request, shown: bool) -> Response {
    let (parts, body) = request.into_parts();
    let fault = issuer.lock().fault;
    let path = parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
    if fault == Fault::Down {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let body = String::from_utf8(to_bytes(body, 100_000).await.unwrap().to_vec()).unwrap();
    let head =
        |name: header::HeaderName| parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    match path.as_str() {
        "wallet-openid-configuration" => axum::Json(document(&issuer, fault)).into_response(),
        "certs" => axum::Json(json!({"keys": [issuer.lock().key.public()]})).into_response(),
        "auth" => authorize(&issuer, fault, pairs(parts.uri.query().unwrap_or_default())),
        "token" => {
            if fault == Fault::TokenSlow {
                tokio::time::sleep(std::time::Duration::from_secs(3)).await;
            }
            token(&issuer, fault, &pairs(&body), &head(header::AUTHORIZATION), shown)
        }
        "userinfo" if issuer.lock().certified.is_some() != shown => StatusCode::UNAUTHORIZED.into_response(),
        "userinfo" => user_info(&issuer, fault, &head(header::AUTHORIZATION)),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn document(issuer: &Issuer, fault: Fault) -> Value {
    let url = issuer.url();
    let of = |name: &str| format!("{url}/protocol/openid-connect/{name}");
    let aliases = issuer.lock().certified.map(|address| {
        let of = |name: &str| format!("https://{address}/realms/wallet/protocol/openid-connect/{name}");
        json!({"token_endpoint": of("token"), "userinfo_endpoint": of("userinfo")})
    });
    json!({
        "mtls_endpoint_aliases": aliases,
        "issuer": if fault == Fault::OtherDocument { "https://elsewhere.example".into() } else { url.clone() },
        "authorization_endpoint": of("auth"), "token_endpoint": of("token"), "userinfo_endpoint": of("userinfo"),
        "jwks_uri": of("certs"), "end_session_endpoint": of("logout"),
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "tls_client_auth"],
    })
}

fn authorize(issuer: &Issuer, fault: Fault, asked: HashMap<String, String>) -> Response {
    let (state, back) = (asked["state"].clone(), asked["redirect_uri"].clone());
    issuer.lock().asked.push(asked.clone());
    assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
    assert_eq!((asked["client_id"].as_str(), asked["acr_values"].as_str()), (CLIENT, "eidas1"));
    let answer = match fault {
        Fault::Refuses => format!("error=access_denied&error_description=no&state={state}"),
        _ => {
            let code = format!("c{}-{}", issuer.lock().codes.len(), &state[..8]);
            let pending =
                Pending { nonce: asked["nonce"].clone(), challenge: asked["code_challenge"].clone(), back: back.clone() };
            issuer.lock().codes.insert(code.clone(), pending);
            let iss = if fault == Fault::MixedUp { "https%3A%2F%2Felsewhere.example".into() } else { issuer.url() };
            format!("code={code}&state={state}&iss={iss}")
        }
    };
    Redirect::to(&format!("{back}?{answer}")).into_response()
}

fn token(issuer: &Issuer, fault: Fault, form: &HashMap<String, String>, authorization: &str, shown: bool) -> Response {
    let refused = |error: &str| (StatusCode::BAD_REQUEST, axum::Json(json!({"error": error}))).into_response();
    if fault == Fault::TokenDown {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    // RFC 6749 §2.3.1, with both parts form-encoded.
    let basic = base64::engine::general_purpose::STANDARD.encode("pli-test:a%3Asecret%20%C3%A9");
    let known = match issuer.lock().certified {
        Some(_) => shown && authorization.is_empty() && form["client_id"] == CLIENT && !form.contains_key("client_secret"),
        None => authorization == format!("Basic {basic}"),
    };
    if !known {
        return (StatusCode::UNAUTHORIZED, axum::Json(json!({"error": "invalid_client"}))).into_response();
    }
    let pending = issuer.lock().codes.remove(&form["code"]);
    let Some(pending) = pending.filter(|_| fault != Fault::TokenRefuses) else { return refused("invalid_grant") };
    let verifier = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
    if verifier != pending.challenge || form["redirect_uri"] != pending.back {
        return refused("invalid_grant");
    }
    let access = format!("access-{}", form["code"]);
    let id_token = id_token(issuer, fault, &pending.nonce, &access);
    axum::Json(json!({"access_token": access, "token_type": "Bearer", "expires_in": 120, "id_token": id_token}))
        .into_response()
}

fn id_token(issuer: &Issuer, fault: Fault, nonce: &str, access: &str) -> String {
    let inside = issuer.lock();
    let now = inside.clock.as_ref().map_or(0, |clock| clock.now_ms()) / 1000;
    let pick = |wrong: Fault, bad: Value, good: Value| if fault == wrong { bad } else { good };
    let hash = Sha256::digest(if fault == Fault::OtherAccessToken { "other" } else { access });
    let exp = now + if fault == Fault::ExpiredToken { -120 } else { 120 };
    let claims = json!({
        "iss": pick(Fault::OtherIssuer, json!("https://elsewhere.example"), json!(issuer.url())),
        "aud": pick(Fault::OtherAudience, json!("another"), json!([CLIENT])),
        "azp": pick(Fault::OtherParty, json!("another"), json!(CLIENT)),
        "sub": inside.user["sub"], "exp": exp, "nonce": pick(Fault::WrongNonce, json!("another"), json!(nonce)),
        "iat": now + if fault == Fault::FutureToken { 3600 } else { 0 },
        "acr": pick(Fault::WeakLevel, json!("eidas0"), json!("eidas1")),
        "at_hash": URL_SAFE_NO_PAD.encode(&hash[..16]),
    });
    match fault {
        Fault::UnknownKey => Key::new("k9").sign(&claims),
        Fault::SharedSecret => {
            encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
        }
        Fault::Unsigned => {
            let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}.", part(json!({"alg": "none", "typ": "JWT"})), part(claims))
        }
        _ => inside.key.sign(&claims),
    }
}

fn user_info(issuer: &Issuer, fault: Fault, authorization: &str) -> Response {
    if !authorization.starts_with("Bearer access-c") || fault == Fault::UserInfoExpired {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let inside = issuer.lock();
    let mut user = inside.user.clone();
    if fault == Fault::OtherSubject {
        user["sub"] = json!("f:550dc1c8:somebody-else");
    }
    if !inside.signed_user_info {
        return axum::Json(user).into_response();
    }
    user["iss"] = json!(issuer.url());
    user["aud"] = json!(CLIENT);
    ([(header::CONTENT_TYPE, "application/jwt")], inside.key.sign(&user)).into_response()
}
