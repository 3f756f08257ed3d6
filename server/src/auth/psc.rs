//! Pro Santé Connect: the national identity provider of professionals, by OpenID Connect (code flow with PKCE, RFC 7636).
//!
//! Enter by `start` (where the browser is sent) and `take_up` (what it brings back). What waits meanwhile (state, nonce,
//! verifier) is sealed in a cookie of the browser, so that an answer works in the browser that asked, and once. Nothing
//! the provider says is believed before `token` verified it. Sources: OpenID Connect Core 1.0 §3.1; the provider's own
//! discovery path and claims as the operators of Pro Santé Connect publish them.

mod identity;
mod provider;
mod session;
mod token;

use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{
    Actor, Chain, Means, Trace,
    professionals::{Identity, PscNames},
};

pub use provider::Psc;
pub use session::{Entered, end_session_url, enter};

use super::{
    limits::{self, Refused},
    sessions::new_token,
};
use crate::state::State;

/// How long the browser may take at the provider.
pub const START_MINUTES: u64 = 10;
/// Binds the sealed cookie to its use.
const SEALED_AS: &str = "psc-start";

/// Why one is sent to the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    SignIn,
    /// To open a BAL.
    Open,
}

/// Why nobody came in. Each has a sentence for people, and leaves one trace.
#[derive(Debug, thiserror::Error)]
pub enum PscError {
    /// Not reached, too slow, or an answer that is none.
    #[error("the provider cannot be used: {0}")]
    Down(&'static str),
    /// The person refused, or could not prove who they are.
    #[error("refused at the provider")]
    Refused,
    /// No cookie of ours, or one that says something else: another browser, or too long ago.
    #[error("an answer that this browser did not ask for")]
    Foreign,
    #[error("the sign-in took too long")]
    Expired,
    #[error("an answer that was taken up before")]
    Replayed,
    /// Somebody else speaks for the provider.
    #[error("another issuer")]
    Issuer,
    #[error("the nonce is not ours")]
    Nonce,
    #[error("the tokens have expired")]
    TokenExpired,
    #[error("the token is not acceptable: {0}")]
    Token(&'static str),
    /// The user info is about somebody else, or about nobody.
    #[error("the identity cannot be used: {0}")]
    Identity(&'static str),
    #[error("the person is not known surely enough")]
    Level,
    #[error("wait {0} s")]
    Wait(u32),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl PscError {
    /// The stable code of traces and of the sentences in the locales.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Down(_) | Self::Store(_) => "psc-down",
            Self::Refused => "psc-refused",
            Self::Foreign => "psc-foreign",
            Self::Expired => "psc-expired",
            Self::Replayed => "psc-replayed",
            Self::Issuer => "psc-issuer",
            Self::Nonce => "psc-nonce",
            Self::TokenExpired => "psc-token-expired",
            Self::Token(_) => "psc-token",
            Self::Identity(_) => "psc-identity",
            Self::Level => "psc-level",
            Self::Wait(_) => "too-many",
        }
    }
}

impl From<Refused> for PscError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Wait(seconds) => Self::Wait(seconds),
            Refused::Store(error) => Self::Store(error),
        }
    }
}

/// What waits in the browser's cookie.
#[derive(Serialize, Deserialize)]
struct Waiting {
    state: String,
    nonce: String,
    verifier: String,
    purpose: Purpose,
    back: String,
    expires_at: i64,
}

/// Where the browser goes, and what it keeps meanwhile.
#[derive(Debug)]
pub struct Start {
    pub url: String,
    pub cookie: String,
}

/// What the browser brings back (RFC 6749 §4.1.2, RFC 9207).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    pub code: String,
    pub state: String,
    pub error: String,
    pub iss: Option<String>,
}

/// Somebody the provider vouches for.
#[derive(Debug)]
pub struct Vouched {
    pub purpose: Purpose,
    pub back: String,
    pub names: PscNames,
    pub identity: Identity,
    pub acr: String,
    pub id_token: String,
}

/// The address to which the provider sends people back, as declared there.
pub fn return_url(state: &State) -> String {
    format!("{}/connexion/psc/retour", state.config.origin())
}

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// Where to send the browser. `back` is the path to come back to.
///
/// # Errors
/// `Down`; traced.
pub async fn start(state: &State, psc: &Psc, purpose: Purpose, back: &str) -> Result<Start, PscError> {
    match prepare(state, psc, purpose, back).await {
        Ok(start) => Ok(start),
        Err(error) => Err(traced(state, error).await),
    }
}

async fn prepare(state: &State, psc: &Psc, purpose: Purpose, back: &str) -> Result<Start, PscError> {
    let random = &*state.random;
    let waiting = Waiting {
        state: new_token(random),
        nonce: new_token(random),
        verifier: new_token(random),
        purpose,
        back: back.to_owned(),
        expires_at: state.clock.now_ms() + START_MINUTES as i64 * 60_000,
    };
    let metadata = psc.metadata(state.clock.now_ms()).await?;
    let asked = [
        ("response_type", "code"),
        ("client_id", &state.config.psc.client_id),
        ("redirect_uri", &return_url(state)),
        ("scope", &state.config.psc.scope),
        ("acr_values", &state.config.psc.acr_values),
        ("state", &waiting.state),
        ("nonce", &waiting.nonce),
        ("code_challenge", &challenge(&waiting.verifier)),
        ("code_challenge_method", "S256"),
    ];
    let url = reqwest::Url::parse_with_params(&metadata.authorization_endpoint, asked)
        .map_err(|_| PscError::Down("authorization endpoint"))?;
    let sealed = state.store.operator_keys().await?.seal_json(random, SEALED_AS, 0, &waiting)?;
    Ok(Start { url: url.into(), cookie: URL_SAFE_NO_PAD.encode(sealed) })
}

/// Verifies what the browser brings back and asks the provider who it is.
///
/// # Errors
/// Why nobody came in; traced, once.
pub async fn take_up(
    state: &State,
    psc: &Psc,
    cookie: Option<&str>,
    answer: &Answer,
    from: IpAddr,
) -> Result<Vouched, PscError> {
    match verify(state, psc, cookie, answer, from).await {
        Ok(vouched) => Ok(vouched),
        Err(error) => Err(traced(state, error).await),
    }
}

async fn verify(state: &State, psc: &Psc, cookie: Option<&str>, answer: &Answer, from: IpAddr) -> Result<Vouched, PscError> {
    // Only the network counts here: the name is new each time.
    let attempt = limits::begin(state, &answer.state.chars().take(64).collect::<String>(), from).await?;
    let waiting = opened(state, cookie).await?;
    if waiting.state != answer.state {
        return Err(PscError::Foreign);
    }
    if waiting.expires_at <= state.clock.now_ms() {
        return Err(PscError::Expired);
    }
    if !state.store.psc_return(&waiting.state).await? {
        return Err(PscError::Replayed);
    }
    if answer.iss.as_ref().is_some_and(|issuer| *issuer != psc.issuer) {
        return Err(PscError::Issuer);
    }
    if !answer.error.is_empty() || answer.code.is_empty() {
        return Err(PscError::Refused);
    }
    let now = state.clock.now_ms();
    let tokens = token::redeem(psc, &answer.code, &waiting.verifier, &return_url(state), now).await?;
    let claims = token::id_claims(psc, &tokens, &waiting.nonce, now).await?;
    if !psc.accepts_level(&claims.acr) {
        return Err(PscError::Level);
    }
    let info = token::user_info(psc, &tokens, &claims.sub, now).await?;
    let identity = identity::read(&info).ok_or(PscError::Identity("no name"))?;
    limits::succeeded(state, &attempt).await?;
    let names = PscNames { issuer: psc.issuer.clone(), subject: claims.sub, national_id: identity.national_id.clone() };
    let Waiting { purpose, back, .. } = waiting;
    Ok(Vouched { purpose, back, names, identity, acr: claims.acr, id_token: tokens.id_token })
}

async fn opened(state: &State, cookie: Option<&str>) -> Result<Waiting, PscError> {
    let sealed = cookie.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or(PscError::Foreign)?;
    let keys = state.store.operator_keys().await?;
    keys.open_json(SEALED_AS, 0, &sealed).map_err(|_| PscError::Foreign)
}

/// Leaves the one trace of a failure, and a line in the log with what only operators may know.
async fn traced(state: &State, error: PscError) -> PscError {
    tracing::warn!(%error, "nobody came in through the identity provider");
    state.metrics.event("psc", error.code());
    let actor = Actor { person: None, session: None, means: Means::Web };
    let entry = Trace::refused("sign-in-psc", actor, None, error.code(), serde_json::json!({}));
    match state.store.trace(Chain::Process, entry).await {
        Ok(()) => error,
        Err(failed) => failed.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
