//! The second proof: a code sent by e-mail or SMS, or shown by an enrolled application, for one purpose, in one browser.
//! The person may take another of their means instead.

use app::i18n::{self, Lang};
use serde::Serialize;
use store::{Actor, Chain, Challenge, CodeTried, Means, NewChallenge, Proof, Purpose, Random, Trace};
use wire::id::PersonId;

use super::{
    code, limits,
    means::SignedBy,
    sessions::{self, token_hash},
    sign_in::{Browser, SignInError},
    totp,
};
use crate::state::State;

/// What the page that asks for the code shows.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub person: PersonId,
    pub means: SignedBy,
    /// Where the code went, masked; empty for an application.
    pub contact: String,
    /// Seconds until another may be sent.
    pub resend_in: u32,
}

/// How long a code lives, in milliseconds.
fn valid_ms(state: &State) -> i64 {
    i64::from(state.config.codes.minutes) * 60_000
}

fn is_sent(means: SignedBy) -> bool {
    matches!(means, SignedBy::Email | SignedBy::Sms)
}

/// Asks for a code by `means`: the token for the browser's cookie. What is sent is on its way.
///
/// # Errors
/// The store's.
pub async fn begin(
    state: &State,
    person: PersonId,
    purpose: Purpose,
    means: SignedBy,
    lang: Lang,
) -> Result<String, SignInError> {
    let token = sessions::new_token(&*state.random);
    let code = is_sent(means).then(|| code::new_code(&*state.random));
    let challenge = NewChallenge {
        person,
        browser: token_hash(&token),
        purpose,
        means: means.code(),
        code: code.clone(),
        valid_ms: valid_ms(state),
        waiting: None,
    };
    state.store.challenge_create(challenge).await?;
    if let Some(code) = code {
        code::send(state, person, means, code, lang);
    }
    Ok(token)
}

/// Sends a code to a contact that is not the person's yet; `what` waits for it.
///
/// # Errors
/// The store's.
pub async fn begin_contact(
    state: &State,
    person: PersonId,
    to: &str,
    means: SignedBy,
    what: &impl Serialize,
    lang: Lang,
) -> Result<String, SignInError> {
    let token = sessions::new_token(&*state.random);
    let code = code::new_code(&*state.random);
    let challenge = NewChallenge {
        person,
        browser: token_hash(&token),
        purpose: Purpose::Contact,
        means: means.code(),
        code: Some(code.clone()),
        valid_ms: valid_ms(state),
        waiting: Some(serde_json::to_vec(what).map_err(anyhow::Error::from)?),
    };
    state.store.challenge_create(challenge).await?;
    code::send_to(state, to.to_owned(), means, i18n::notice::contact_code(lang, &code), lang);
    Ok(token)
}

/// A proof was given: `purpose` may be done once, in the browser of the token.
///
/// # Errors
/// The store's.
pub async fn grant(state: &State, person: PersonId, purpose: Purpose) -> Result<String, SignInError> {
    let token = sessions::new_token(&*state.random);
    let (browser, valid_ms) = (token_hash(&token), valid_ms(state));
    let granted = NewChallenge { person, browser, purpose, means: "none", code: None, valid_ms, waiting: None };
    state.store.challenge_create(granted).await?;
    Ok(token)
}

/// What is waited for in a browser.
///
/// # Errors
/// `Expired` when nothing is, or the store's.
pub async fn waiting(state: &State, token: &str, purpose: Purpose) -> Result<Waiting, SignInError> {
    let challenge = state.store.challenge(token_hash(token), purpose).await?.ok_or(SignInError::Expired)?;
    let means = SignedBy::from_code(&challenge.means).ok_or(SignInError::Expired)?;
    let contact = state.store.contact(challenge.person).await?;
    let contact = match (means, purpose) {
        (SignedBy::Email | SignedBy::Sms, Purpose::Contact) => match store::codes::waiting(&challenge)? {
            store::ContactChange::OrdinaryEmail(address) => code::masked(&address),
            store::ContactChange::Mobile(number) => code::masked_mobile(&number.unwrap_or_default()),
        },
        (SignedBy::Email, _) => code::masked(&contact.ordinary_email),
        (SignedBy::Sms, _) => code::masked_mobile(&contact.mobile.unwrap_or_default()),
        _ => String::new(),
    };
    let since = state.clock.now_ms() - challenge.sent_at;
    let left = i64::from(state.config.codes.resend_seconds) - since / 1000;
    let resend_in = if is_sent(means) { u32::try_from(left).unwrap_or(0) } else { 0 };
    Ok(Waiting { person: challenge.person, means, contact, resend_in })
}

/// Tries what was typed. Answers whose it is and by which means; the challenge is gone then.
///
/// # Errors
/// `WrongCode`, `UsedUp`, `Expired`, `Wait`, or the store's.
pub async fn attempt(
    state: &State,
    token: &str,
    purpose: Purpose,
    typed: &str,
    browser: &Browser,
) -> Result<(Challenge, SignedBy), SignInError> {
    let hash = token_hash(token);
    let challenge = state.store.challenge(hash, purpose).await?.ok_or(SignInError::Expired)?;
    let means = SignedBy::from_code(&challenge.means).ok_or(SignInError::Expired)?;
    let attempt = limits::begin(state, &challenge.person.to_string(), browser.address).await?;
    let proof = match means {
        SignedBy::Totp => {
            let devices = state.store.devices(challenge.person).await?;
            Proof::Step(totp::found(&devices, &code::typed(typed), state.clock.now_ms()))
        }
        SignedBy::Password => {
            let credential = state.store.credential(challenge.person).await?;
            let phc = credential.as_ref().map(|credential| credential.phc.as_str());
            Proof::Known(state.passwords.check(typed, phc).await?)
        }
        _ => Proof::Code(code::typed(typed)),
    };
    let error = match state.store.challenge_try(hash, purpose, proof, state.config.codes.tries).await? {
        CodeTried::Right(challenge) => {
            limits::succeeded(state, &attempt).await?;
            return Ok((challenge, means));
        }
        CodeTried::Wrong => SignInError::WrongCode,
        CodeTried::UsedUp => SignInError::UsedUp,
        CodeTried::Expired => return Err(SignInError::Expired),
    };
    state.metrics.event("sign_in", "wrong_code");
    state.store.sign_in_traced(Some(challenge.person), "code", false).await?;
    Err(error)
}

/// Sends a new code to the same browser, or takes another means; the earlier code is worth nothing then.
///
/// # Errors
/// `TooSoon`, `Expired` (also for a means that is not in `allowed`), or the store's.
pub async fn renew(state: &State, token: &str, purpose: Purpose, means: SignedBy, lang: Lang) -> Result<(), SignInError> {
    let code = is_sent(means).then(|| code::new_code(&*state.random));
    let pause = i64::from(state.config.codes.resend_seconds) * 1000;
    let (hash, valid) = (token_hash(token), valid_ms(state));
    match state.store.challenge_renew(hash, purpose, means.code(), code.as_deref(), valid, pause).await? {
        store::Renewed::Sent(person) => {
            if let Some(code) = code {
                code::send(state, person, means, code, lang);
            }
            Ok(())
        }
        store::Renewed::TooSoon { ms } => {
            Err(SignInError::TooSoon { seconds: u32::try_from(ms / 1000 + 1).unwrap_or(u32::MAX) })
        }
        store::Renewed::Expired => Err(SignInError::Expired),
    }
}

/// Leaves a trace of what a person did about their own access.
///
/// # Errors
/// The store's.
pub async fn traced(state: &State, person: PersonId, kind: &'static str) -> Result<(), store::Error> {
    let actor = Actor { person: Some(person), session: None, means: Means::Web };
    state.store.trace(Chain::Person(person), Trace::done(kind, actor, None, serde_json::json!({}))).await
}

/// A number of `digits` digits that one can say aloud.
pub fn spoken_code(random: &dyn Random) -> String {
    [code::new_code(random), code::new_code(random)].concat()
}
