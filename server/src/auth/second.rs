//! The second proof: a code sent by e-mail or SMS, or shown by an enrolled application, or the approval of an enrolled
//! browser, for one purpose, in one browser.
//! The person may take another of their means instead.

use app::i18n::{self, Lang};
use serde::Serialize;
use store::{
    Actor, Chain, Challenge, CodeTried, Means, NewChallenge, Proof, Purpose, Random, Renewal, Trace,
    approvals::{ApprovalState, Awaited},
};
use wire::id::PersonId;

use super::{
    approval, code, limits,
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
    /// The digits for the enrolled browser, and how it stands.
    pub approval: Option<Awaited>,
}

/// Seconds after which fewer approvals wait, when there are too many.
const APPROVAL_WAIT: u32 = 120;

/// How long a code lives, in milliseconds.
fn valid_ms(state: &State) -> i64 {
    i64::from(state.config.codes.minutes) * 60_000
}

fn is_sent(means: SignedBy) -> bool {
    matches!(means, SignedBy::Email | SignedBy::Sms)
}

/// Asks for the first of the `offered` means: the token for the browser's cookie. What is sent is on its way. While too
/// many approvals wait, the next means is asked for.
///
/// # Errors
/// `NoMeans` when none is offered, `Wait`, or the store's.
pub async fn begin(
    state: &State,
    person: PersonId,
    purpose: Purpose,
    offered: &[SignedBy],
    browser: &Browser,
) -> Result<String, SignInError> {
    let mut refused = SignInError::NoMeans;
    for means in offered {
        let token = sessions::new_token(&*state.random);
        let code = is_sent(*means).then(|| code::new_code(&*state.random));
        let challenge = NewChallenge {
            person,
            browser: token_hash(&token),
            purpose,
            means: means.code(),
            code: code.clone(),
            valid_ms: valid_ms(state),
            waiting: None,
            approval: (*means == SignedBy::Approval).then(|| approval::request(state, &browser.agent)),
        };
        match state.store.challenge_create(challenge).await {
            Ok(()) => {}
            Err(store::Error::Limit { .. }) => {
                refused = SignInError::Wait(APPROVAL_WAIT);
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        if let Some(code) = code {
            code::send(state, person, *means, code, browser.lang);
        }
        return Ok(token);
    }
    Err(refused)
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
        approval: None,
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
    let means = "none";
    let granted = NewChallenge { person, browser, purpose, means, code: None, valid_ms, waiting: None, approval: None };
    state.store.challenge_create(granted).await?;
    Ok(token)
}

/// Why nothing is waited for in a browser: an enrolled one refused, or there is nothing (any more).
async fn gone(state: &State, browser: [u8; 32]) -> SignInError {
    match state.store.approval_awaited(browser).await {
        Ok(Some(awaited)) if awaited.state == ApprovalState::Refused => SignInError::ApprovalRefused,
        Ok(_) => SignInError::Expired,
        Err(error) => error.into(),
    }
}

/// What is waited for in a browser.
///
/// # Errors
/// `Expired` when nothing is, `ApprovalRefused` when that was the answer, or the store's.
pub async fn waiting(state: &State, token: &str, purpose: Purpose) -> Result<Waiting, SignInError> {
    let hash = token_hash(token);
    let Some(challenge) = state.store.challenge(hash, purpose).await? else { return Err(gone(state, hash).await) };
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
    let approval = match means {
        SignedBy::Approval => state.store.approval_awaited(hash).await?,
        _ => None,
    };
    Ok(Waiting { person: challenge.person, means, contact, resend_in, approval })
}

/// Tries what was typed. Answers whose it is and by which means; the challenge is gone then.
///
/// # Errors
/// `WrongCode`, `UsedUp`, `Expired`, `NotYet`, `ApprovalRefused`, `ApprovalLapsed`, `Wait`, or the store's.
pub async fn attempt(
    state: &State,
    token: &str,
    purpose: Purpose,
    typed: &str,
    browser: &Browser,
) -> Result<(Challenge, SignedBy), SignInError> {
    let hash = token_hash(token);
    let Some(challenge) = state.store.challenge(hash, purpose).await? else { return Err(gone(state, hash).await) };
    let means = SignedBy::from_code(&challenge.means).ok_or(SignInError::Expired)?;
    if means == SignedBy::Approval {
        return approval::take(state, token, purpose).await.map(|challenge| (challenge, means));
    }
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
pub async fn renew(
    state: &State,
    token: &str,
    purpose: Purpose,
    means: SignedBy,
    browser: &Browser,
) -> Result<(), SignInError> {
    let code = is_sent(means).then(|| code::new_code(&*state.random));
    let renewal = Renewal {
        means: means.code(),
        code: code.clone(),
        approval: (means == SignedBy::Approval).then(|| approval::request(state, &browser.agent)),
        valid_ms: valid_ms(state),
        pause_ms: i64::from(state.config.codes.resend_seconds) * 1000,
    };
    let renewed = match state.store.challenge_renew(token_hash(token), purpose, renewal).await {
        Err(store::Error::Limit { .. }) => return Err(SignInError::TooSoon { seconds: APPROVAL_WAIT }),
        renewed => renewed?,
    };
    match renewed {
        store::Renewed::Sent(person) => {
            if let Some(code) = code {
                code::send(state, person, means, code, browser.lang);
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
