//! Sessions: an opaque random token in a cookie, its hash in the database. They end 30 minutes after the last act of
//! the person, and 12 hours after sign-in anyway (both configured); ending one works at its next request.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use store::{Means, Random};
use wire::id::{PersonId, SessionId};

use super::{Caller, means::SignedBy};
use crate::state::State;

/// 256 random bits as text, for cookies.
pub fn new_token(random: &dyn Random) -> String {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What of a token is stored.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A live session, with what is left of it.
#[derive(Debug, Clone)]
pub struct Live {
    pub caller: Caller,
    /// When the person last gave a whole proof in it.
    pub strong_at: i64,
    pub idle_seconds: u32,
    pub absolute_seconds: u32,
}

/// Milliseconds after which a session ends: idle, absolute.
fn spans(state: &State) -> (i64, i64) {
    let sessions = &state.config.sessions;
    (i64::from(sessions.idle_minutes) * 60_000, i64::from(sessions.absolute_hours) * 3_600_000)
}

/// Makes a session opened by `means` and gives the token for the cookie. The means are remembered in it, and count as a
/// whole proof.
///
/// # Errors
/// The store's.
pub async fn create(
    state: &State,
    person: PersonId,
    agent: &str,
    means: SignedBy,
) -> Result<(String, SessionId), store::Error> {
    let token = new_token(&*state.random);
    let (_, absolute) = spans(state);
    let session =
        state.store.session_create(person, token_hash(&token), absolute, &short_agent(agent), means.code()).await?;
    Ok((token, session))
}

/// The session of a cookie's token, if it is alive. `act`: the request is a person's act and extends it.
///
/// # Errors
/// The store's.
pub async fn find(state: &State, token: &str, act: bool) -> Result<Option<Live>, store::Error> {
    let (idle, _) = spans(state);
    let Some(session) = state.store.session_find(&token_hash(token), idle).await? else { return Ok(None) };
    let now = state.clock.now_ms();
    let mut seen = session.seen_at;
    if act {
        state.store.session_touch(&session).await?;
        seen = now;
    }
    let seconds = |ms: i64| u32::try_from((ms / 1000).max(0)).unwrap_or(u32::MAX);
    Ok(Some(Live {
        caller: Caller { person: session.person, session: Some(session.id), token: None, means: Means::Web },
        strong_at: session.strong_at,
        idle_seconds: seconds((seen + idle).min(session.expires_at) - now),
        absolute_seconds: seconds(session.expires_at - now),
    }))
}

/// Was the last whole proof given recently enough for acts that concern the access itself? A proof that lies ahead (a
/// clock was moved back) is none.
pub fn is_fresh(state: &State, strong_at: i64) -> bool {
    const SKEW_MS: i64 = 60_000;
    let now = state.clock.now_ms();
    let window = i64::from(state.config.sign_in.fresh_minutes) * 60_000;
    strong_at <= now + SKEW_MS && now - strong_at < window
}

/// Does what this caller came with still live? Streams ask every second, so that a revoked session ends them.
///
/// # Errors
/// The store's.
pub async fn still_alive(state: &State, caller: &Caller) -> Result<bool, store::Error> {
    let (idle, _) = spans(state);
    match (caller.session, caller.token) {
        (Some(session), _) => state.store.session_alive(caller.person, session, idle).await,
        (None, Some(token)) => state.store.token_alive(caller.person, token).await,
        (None, None) => Ok(false),
    }
}

/// `Firefox, Windows` out of a User-Agent: enough to recognise one's own browsers, nothing more.
pub fn short_agent(agent: &str) -> String {
    let browser = [("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"), ("Safari/", "Safari")]
        .into_iter()
        .find_map(|(mark, name)| agent.contains(mark).then_some(name));
    let system = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]
    .into_iter()
    .find_map(|(mark, name)| agent.contains(mark).then_some(name));
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.into(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::SystemRandom;

    #[test]
    fn agents_are_shortened() {
        let firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0";
        assert_eq!(short_agent(firefox), "Firefox, Windows");
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1";
        assert_eq!(short_agent(safari), "Safari, iPhone");
        assert_eq!(short_agent("curl/8"), "");
    }

    #[test]
    fn tokens_are_256_bits_and_differ() {
        let (a, b) = (new_token(&SystemRandom), new_token(&SystemRandom));
        assert_eq!(a.len(), 43);
        assert_ne!(a, b);
    }
}
