//! For those who cannot sign in: a forgotten password, stolen credentials. Everything begins with a link sent to the
//! verified address, asked for with an answer that is the same for everybody.
//!
//! Recovery never lowers the level of proof: the link stands for the ordinary address, and a second proof that is not
//! that address is asked for (an enrolled application, the mobile; the present password to end a suspension). Whoever
//! has none is sent to Pro Santé Connect or to the operator, who checks the identity and says a code.

use app::i18n::Lang;
use store::{
    Actor, Means, Purpose,
    links::{Link, LinkPurpose, LinkTried},
};
use wire::id::PersonId;

use super::{
    limits,
    means::{self, SignedBy},
    second,
    sessions::{self, token_hash},
    sign_in::{Browser, SignInError},
};
use crate::{
    service::tell::{self, Told},
    state::State,
};

/// Links sent to one person within an hour at most.
const LINKS: i64 = 3;

fn actor(person: PersonId) -> Actor {
    Actor { person: Some(person), session: None, means: Means::Web }
}

/// Sends a link to the ordinary address of a login, if there is such a person. Says nothing of whether there is.
///
/// # Errors
/// `Wait` after too many attempts from there, or the store's.
pub async fn ask(state: &State, login: &str, purpose: LinkPurpose, browser: &Browser) -> Result<(), SignInError> {
    // Never taken back: asking for links of others is slowed down as wrong passwords are.
    limits::begin(state, &format!("link {login}"), browser.address).await?;
    let found = state.store.login_lookup(login).await?;
    let Some(person) = found.map(|login| login.person) else { return Ok(()) };
    let (state, lang) = (state.clone(), browser.lang);
    // Beside the request: the answer takes as long whether or not a letter leaves.
    tokio::spawn(async move {
        if let Err(error) = send(&state, person, purpose, lang).await {
            tracing::error!(%error, "a link of recovery could not be made");
        }
    });
    Ok(())
}

async fn send(state: &State, person: PersonId, purpose: LinkPurpose, lang: Lang) -> Result<(), SignInError> {
    if purpose == LinkPurpose::Recover && proofs(state, person).await?.is_empty() {
        second::traced(state, person, "recovery-impossible").await?;
        return Ok(tell::letter(state, person, Told::RecoveryImpossible, lang).await?);
    }
    let token = sessions::new_token(&*state.random);
    let valid = i64::from(state.config.sign_in.link_minutes) * 60_000;
    let link = Link { person, purpose };
    if !state.store.link_create(actor(person), link, token_hash(&token), None, valid, LINKS).await? {
        return Ok(());
    }
    let url = format!("{}/connexion/lien/{token}", state.config.origin());
    let told = if purpose == LinkPurpose::Suspend { Told::SuspendLink(url) } else { Told::RecoverLink(url) };
    tell::letter(state, person, told, lang).await?;
    if purpose == LinkPurpose::Recover {
        tell::mobile(state, person, Told::RecoveryAsked).await?;
    }
    Ok(())
}

/// The second proofs a person may give after the link: none that is the ordinary address again, nor a browser that may
/// be what was stolen.
///
/// # Errors
/// The store's.
pub async fn proofs(state: &State, person: PersonId) -> Result<Vec<SignedBy>, store::Error> {
    let mut list = means::second(state, person).await?;
    list.retain(|means| !matches!(means, SignedBy::Email | SignedBy::Approval));
    let suspended = state.store.suspended(person).await?.is_some();
    if suspended && state.store.credential(person).await?.is_some() {
        list.push(SignedBy::Password);
    }
    Ok(list)
}

/// The link of a token that still serves.
///
/// # Errors
/// `Expired`, or the store's.
pub async fn link(state: &State, token: &str) -> Result<Link, SignInError> {
    state.store.link(token_hash(token)).await?.ok_or(SignInError::Expired)
}

/// Suspends the person of a link: nobody gets in from here on.
///
/// # Errors
/// `Expired`, or the store's.
pub async fn suspend(state: &State, token: &str) -> Result<(), SignInError> {
    let link = link(state, token).await?;
    if link.purpose != LinkPurpose::Suspend || !state.store.link_use(token_hash(token)).await? {
        return Err(SignInError::Expired);
    }
    state.store.suspend(actor(link.person), link.person, "self").await?;
    Ok(tell::person(state, link.person, Told::Suspended).await?)
}

/// Goes on from a link to the second proof: the token for the browser's cookie. The link stays until the end, so that
/// another means can be taken up after a mishap.
///
/// # Errors
/// `Expired`, `NoMeans`, or the store's.
pub async fn go_on(state: &State, token: &str, browser: &Browser) -> Result<String, SignInError> {
    let link = link(state, token).await?;
    if link.purpose != LinkPurpose::Recover {
        return Err(SignInError::Expired);
    }
    let offered = proofs(state, link.person).await?;
    second::begin(state, link.person, Purpose::Recover, &offered, browser).await
}

/// The second proof: a new password may be chosen in this browser.
///
/// # Errors
/// Those of `second::attempt`.
pub async fn prove(state: &State, token: &str, typed: &str, browser: &Browser) -> Result<String, SignInError> {
    let (challenge, _) = second::attempt(state, token, Purpose::Recover, typed, browser).await?;
    second::traced(state, challenge.person, "recovery-proved").await?;
    second::grant(state, challenge.person, Purpose::NewPassword).await
}

/// The code that the operator said after checking the identity, with the link that was sent.
///
/// # Errors
/// `WrongCode`, `Expired`, `Wait`, or the store's.
pub async fn assisted(state: &State, token: &str, typed: &str, browser: &Browser) -> Result<String, SignInError> {
    let link = link(state, token).await?;
    let attempt = limits::begin(state, &link.person.to_string(), browser.address).await?;
    let typed: String = typed.chars().filter(char::is_ascii_digit).take(20).collect();
    match state.store.link_try(token_hash(token), &typed, state.config.codes.tries).await? {
        LinkTried::Right(person) => {
            limits::succeeded(state, &attempt).await?;
            second::grant(state, person, Purpose::NewPassword).await
        }
        LinkTried::Wrong => Err(SignInError::WrongCode),
        LinkTried::Gone => Err(SignInError::Expired),
    }
}

/// Who may choose a new password in this browser.
///
/// # Errors
/// `Expired`, or the store's.
pub async fn granted(state: &State, token: &str) -> Result<PersonId, SignInError> {
    let challenge = state.store.challenge(token_hash(token), Purpose::NewPassword).await?;
    Ok(challenge.ok_or(SignInError::Expired)?.person)
}

/// The end: the new password, every session closed, a suspension lifted, everybody told.
///
/// # Errors
/// `Expired`, or the store's.
pub async fn finish(state: &State, token: &str, password: &str) -> Result<(), SignInError> {
    let person = granted(state, token).await?;
    let phc = state.passwords.hash(password, &*state.random).await?;
    let proof = store::Proof::Known(true);
    // Taking the grant away is what decides between two browsers tabs.
    let taken = state.store.challenge_try(token_hash(token), Purpose::NewPassword, proof, 1).await?;
    if !matches!(taken, store::CodeTried::Right(_)) {
        return Err(SignInError::Expired);
    }
    state.store.password_recovered(person, phc).await?;
    Ok(tell::person(state, person, Told::PasswordRecovered).await?)
}
