//! Passkeys (WebAuthn, W3C): enrolling one, signing in and proving oneself again with one. The authenticator checks its
//! owner (finger, face, code), so one passkey is a whole proof.
//!
//! Browsers know passkeys by the name of the host: they do not work where the service is reached by its number. On this
//! machine that is no loss: `localhost` reaches the same service as `127.0.0.1`.

use std::net::IpAddr;

use anyhow::Context;
use serde_json::Value;
use store::{
    Actor,
    ceremonies::{Ceremony, CeremonyFor},
    passkeys::{Passkey, PasskeyContent},
};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};
use wire::id::{PersonId, SessionId};

use super::{
    Caller, limits,
    means::{self, SignedBy},
    sessions::{self, token_hash},
    sign_in::Browser,
};
use crate::{
    config::Config,
    service::tell::{self, Told},
    state::State,
};

/// A challenge is signed within so long.
pub const MINUTES: u64 = 5;
const VALID_MS: i64 = MINUTES as i64 * 60_000;
/// What a browser posts is a few kilobytes; a passkey is no longer than this.
const MOST_OCTETS: usize = 16 * 1024;

/// What is needed to check signatures.
#[derive(Clone)]
pub struct Passkeys {
    webauthn: Webauthn,
    origin: String,
}

impl Passkeys {
    /// For the public address; none where it has no name.
    ///
    /// # Errors
    /// When the address cannot be read.
    pub fn new(config: &Config) -> anyhow::Result<Option<Self>> {
        let mut origin = Url::parse(config.origin()).context("`web.public_url` cannot be read")?;
        let number = origin.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
        if number.is_some_and(|number| number.is_loopback()) {
            origin.set_host(Some("localhost")).context("`web.public_url` cannot be read")?;
        }
        let Some(host) = origin.domain().map(str::to_owned) else { return Ok(None) };
        let builder = WebauthnBuilder::new(&host, &origin).and_then(|builder| builder.rp_name("Pli").build());
        let webauthn = builder.context("`web.public_url` cannot be used for passkeys")?;
        Ok(Some(Self { webauthn, origin: origin.as_str().trim_end_matches('/').to_owned() }))
    }

    /// Where passkeys work: scheme and authority.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// No challenge is waited for in this browser, or not any more.
    #[error("no challenge")]
    Expired,
    /// What was posted proves nothing; nobody learns why, except the trace.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// That authenticator is enrolled already.
    #[error("known")]
    Known,
    #[error("too many passkeys")]
    Limit,
    #[error("suspended")]
    Suspended,
    /// Passkeys are not a means of this service.
    #[error("off")]
    Off,
    #[error("wait {0} s")]
    Wait(u32),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<limits::Refused> for PasskeyError {
    fn from(refused: limits::Refused) -> Self {
        match refused {
            limits::Refused::Wait(seconds) => Self::Wait(seconds),
            limits::Refused::Store(error) => Self::Store(error),
        }
    }
}

/// A challenge for a browser: the token of its cookie, and what its script hands to the authenticator.
pub struct Asked {
    pub token: String,
    pub options: Value,
}

fn on(state: &State) -> Result<&Passkeys, PasskeyError> {
    let passkeys = state.passkeys.as_ref().filter(|_| means::is_on(state, SignedBy::Passkey));
    passkeys.ok_or(PasskeyError::Off)
}

/// Can this person sign in with a passkey?
///
/// # Errors
/// The store's.
pub async fn has(state: &State, person: PersonId) -> Result<bool, store::Error> {
    Ok(means::is_on(state, SignedBy::Passkey) && !state.store.passkeys(person).await?.is_empty())
}

/// What the trace says of a signature that was refused.
fn reason(error: &WebauthnError) -> &'static str {
    match error {
        WebauthnError::MismatchedChallenge => "challenge",
        WebauthnError::InvalidRPOrigin | WebauthnError::InvalidRPIDHash => "origin",
        WebauthnError::UserNotVerified | WebauthnError::UserNotPresent => "not-verified",
        WebauthnError::CredentialPossibleCompromise => "counter",
        WebauthnError::AuthenticationFailure => "signature",
        _ => "bad",
    }
}

fn refused(error: WebauthnError) -> PasskeyError {
    PasskeyError::Refused(reason(&error))
}

/// What a browser posted, read as JSON.
fn posted<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, PasskeyError> {
    if text.len() > MOST_OCTETS {
        return Err(PasskeyError::Refused("bad"));
    }
    serde_json::from_str(text).map_err(|_| PasskeyError::Refused("bad"))
}

fn kept(passkey: &Passkey) -> Result<webauthn_rs::prelude::Passkey, PasskeyError> {
    Ok(serde_json::from_str(&passkey.content.key).context("a passkey that was kept cannot be read")?)
}

async fn begin(
    state: &State,
    purpose: CeremonyFor,
    person: Option<PersonId>,
    options: &impl serde::Serialize,
    waiting: &impl serde::Serialize,
) -> Result<Asked, PasskeyError> {
    let token = sessions::new_token(&*state.random);
    let sealed = serde_json::to_vec(waiting).context("a challenge cannot be written")?;
    state.store.ceremony_begin(token_hash(&token), purpose, person, sealed, VALID_MS).await?;
    let options = serde_json::to_value(options).context("a challenge cannot be written")?;
    Ok(Asked { token, options })
}

/// The challenge of a browser, gone from here on.
async fn take<T: serde::de::DeserializeOwned>(
    state: &State,
    token: &str,
    purpose: CeremonyFor,
) -> Result<(Ceremony, T), PasskeyError> {
    let taken = state.store.ceremony_take(token_hash(token), purpose).await?.ok_or(PasskeyError::Expired)?;
    let waiting = serde_json::from_slice(&taken.state).context("a challenge that was kept cannot be read")?;
    Ok((taken, waiting))
}

/// Begins to enrol a passkey of a person, to be found by the authenticator itself at sign-in.
///
/// # Errors
/// `Off`, or the store's.
pub async fn enrol_begin(state: &State, person: PersonId, login: &str) -> Result<Asked, PasskeyError> {
    let passkeys = on(state)?;
    let handle = Uuid::from_bytes(state.store.passkey_handle(person).await?);
    let name = state.store.person(person).await?.name;
    let mut known = Vec::new();
    for passkey in state.store.passkeys(person).await? {
        known.push(kept(&passkey)?.cred_id().clone());
    }
    let started = passkeys.webauthn.start_passkey_registration(handle, login, &name, Some(known));
    let (options, waiting) = started.map_err(refused)?;
    let mut asked = begin(state, CeremonyFor::Enrol, Some(person), &options, &waiting).await?;
    // The library leaves it to the authenticator; signing in without typing an address needs it.
    let selection = &mut asked.options["publicKey"]["authenticatorSelection"];
    selection["residentKey"] = "required".into();
    selection["requireResidentKey"] = true.into();
    Ok(asked)
}

/// Keeps the passkey that the authenticator made. The person is told.
///
/// # Errors
/// `Expired`, `Refused`, `Known`, `Limit`, `Off`, or the store's.
pub async fn enrol(state: &State, caller: &Caller, token: &str, name: String, made: &str) -> Result<(), PasskeyError> {
    let passkeys = on(state)?;
    let (asked, waiting) = take::<PasskeyRegistration>(state, token, CeremonyFor::Enrol).await?;
    if asked.person != Some(caller.person) {
        return Err(PasskeyError::Expired);
    }
    let made: RegisterPublicKeyCredential = posted(made)?;
    let passkey = passkeys.webauthn.finish_passkey_registration(&made, &waiting).map_err(refused)?;
    let key = serde_json::to_string(&passkey).context("a passkey cannot be written")?;
    let content = PasskeyContent { name, key };
    match state.store.passkey_add(caller.actor(), caller.person, passkey.cred_id().as_ref(), content, 0).await {
        Ok(()) => {}
        Err(error) if error.is_conflict("passkey_credential_unique") => return Err(PasskeyError::Known),
        Err(store::Error::Limit { .. }) => return Err(PasskeyError::Limit),
        Err(error) => return Err(error.into()),
    }
    state.metrics.event("passkey", "added");
    Ok(tell::person(state, caller.person, Told::PasskeyAdded).await?)
}

/// Removes a passkey; false when the person has none of that id. The person is told.
///
/// # Errors
/// The store's.
pub async fn remove(state: &State, actor: Actor, person: PersonId, passkey: i64) -> Result<bool, store::Error> {
    let gone = state.store.passkey_remove(actor, person, passkey).await?;
    if gone {
        tell::person(state, person, Told::PasskeyRemoved).await?;
    }
    Ok(gone)
}

/// Begins a sign-in: the same for everybody, as nobody is known yet.
///
/// # Errors
/// `Off`, `Wait` when too many are begun from there and none succeeds, or the store's.
pub async fn sign_in_begin(state: &State, browser: &Browser) -> Result<Asked, PasskeyError> {
    let passkeys = on(state)?;
    limits::ceremony(state, browser.address).await?;
    let (mut options, waiting) = passkeys.webauthn.start_discoverable_authentication().map_err(refused)?;
    // Asked for by a button, not offered while typing.
    options.mediation = None;
    begin(state, CeremonyFor::SignIn, None, &options, &waiting).await
}

/// The signature of a sign-in. Answers the token of the new session.
///
/// # Errors
/// `Expired`, `Refused`, `Suspended`, `Off`, or the store's.
pub async fn sign_in(state: &State, token: &str, signed: &str, browser: &Browser) -> Result<String, PasskeyError> {
    let passkeys = on(state)?;
    let (_, waiting) = take::<DiscoverableAuthentication>(state, token, CeremonyFor::SignIn).await?;
    let signed: PublicKeyCredential = posted(signed)?;
    let found = match passkeys.webauthn.identify_discoverable_authentication(&signed) {
        Ok((handle, credential)) => owner(state, handle, credential).await?,
        Err(_) => None,
    };
    let Some(passkey) = found else { return refuse(state, None, "unknown").await };
    let key = kept(&passkey)?;
    let checked = passkeys.webauthn.finish_discoverable_authentication_v2(&signed, waiting, &key);
    used(state, &passkey, key, checked).await?;
    limits::ceremony_done(state, browser.address).await?;
    if state.store.suspended(passkey.person).await?.is_some() {
        return Err(PasskeyError::Suspended);
    }
    let (token, _) = sessions::create(state, passkey.person, &browser.agent, SignedBy::Passkey).await?;
    state.metrics.event("sign_in", "ok");
    Ok(token)
}

/// The passkey of a credential, when the authenticator says the same of whose it is.
async fn owner(state: &State, handle: Uuid, credential: &[u8]) -> Result<Option<Passkey>, PasskeyError> {
    let Some(passkey) = state.store.passkey_by_credential(credential).await? else { return Ok(None) };
    let expected = state.store.passkey_handle(passkey.person).await?;
    Ok(Some(passkey).filter(|_| handle.as_bytes() == &expected))
}

async fn refuse<T>(state: &State, person: Option<PersonId>, reason: &'static str) -> Result<T, PasskeyError> {
    state.metrics.event("passkey", "refused");
    state.store.passkey_refused(person, reason).await?;
    Err(PasskeyError::Refused(reason))
}

/// Keeps what a right signature changes of a passkey; one whose counter went back may be a copy: its owner is told.
async fn used(
    state: &State,
    passkey: &Passkey,
    mut key: webauthn_rs::prelude::Passkey,
    checked: Result<webauthn_rs::prelude::AuthenticationResult, WebauthnError>,
) -> Result<(), PasskeyError> {
    let outcome = match checked {
        Ok(result) => {
            key.update_credential(&result);
            let key = serde_json::to_string(&key).context("a passkey cannot be written")?;
            let content = PasskeyContent { name: passkey.content.name.clone(), key };
            let kept = state.store.passkey_used(passkey, content, i64::from(result.counter())).await?;
            if kept { Ok(()) } else { Err("counter") }
        }
        Err(error) => Err(reason(&error)),
    };
    let Err(reason) = outcome else { return Ok(()) };
    if reason == "counter" {
        tell::person(state, passkey.person, Told::PasskeyCopied).await?;
    }
    refuse(state, Some(passkey.person), reason).await
}

/// Begins a new proof of a signed-in person, with one of their passkeys.
///
/// # Errors
/// `Off`, also for who has none, or the store's.
pub async fn confirm_begin(state: &State, person: PersonId) -> Result<Asked, PasskeyError> {
    let passkeys = on(state)?;
    let keys = state.store.passkeys(person).await?.iter().map(kept).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(PasskeyError::Off);
    }
    let (options, waiting) = passkeys.webauthn.start_passkey_authentication(&keys).map_err(refused)?;
    begin(state, CeremonyFor::Confirm, Some(person), &options, &waiting).await
}

/// The signature of a new proof: the session counts as freshly proved.
///
/// # Errors
/// `Expired`, `Refused`, `Off`, or the store's.
pub async fn confirm(
    state: &State,
    caller: &Caller,
    session: SessionId,
    token: &str,
    signed: &str,
) -> Result<(), PasskeyError> {
    let passkeys = on(state)?;
    let (asked, waiting) = take::<PasskeyAuthentication>(state, token, CeremonyFor::Confirm).await?;
    if asked.person != Some(caller.person) {
        return Err(PasskeyError::Expired);
    }
    let signed: PublicKeyCredential = posted(signed)?;
    let found = state.store.passkey_by_credential(signed.get_credential_id()).await?;
    let Some(passkey) = found.filter(|passkey| passkey.person == caller.person) else {
        return refuse(state, Some(caller.person), "unknown").await;
    };
    let checked = passkeys.webauthn.finish_passkey_authentication(&signed, &waiting);
    used(state, &passkey, kept(&passkey)?, checked).await?;
    let means = SignedBy::Passkey.code();
    Ok(state.store.session_strengthen(caller.actor(), caller.person, session, means).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Loaded;

    #[test]
    fn passkeys_need_a_name() {
        let origin = |url: &str| {
            let environment = [("PLI_WEB__PUBLIC_URL".to_owned(), url.to_owned())];
            let config = Loaded::read(None, environment.into_iter()).and_then(|loaded| loaded.config()).unwrap();
            Passkeys::new(&config).unwrap().map(|passkeys| passkeys.origin)
        };
        assert_eq!(origin("https://pli.example/").as_deref(), Some("https://pli.example"));
        assert_eq!(origin("http://127.0.0.1:3000").as_deref(), Some("http://localhost:3000"));
        assert_eq!(origin("http://[::1]:3000").as_deref(), Some("http://localhost:3000"));
        assert_eq!(origin("https://192.0.2.1"), None);
    }
}
