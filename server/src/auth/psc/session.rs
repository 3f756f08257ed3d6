//! From somebody the provider vouches for to a session here, and back out: its session ends with ours.

use store::{Actor, Chain, Means, Trace};
use wire::id::{PersonId, SessionId};

use super::{Psc, PscError, Vouched};
use crate::{
    auth::{
        means::SignedBy,
        sessions::{self, new_token, token_hash},
    },
    service::{delegation::offer, opening, organisation},
    state::State,
};

/// How somebody came in.
#[derive(Debug)]
pub enum Entered {
    /// Known: the token of the new session.
    SignedIn(String),
    /// To open a BAL: the token of the opening.
    Opening(String),
    /// Neither known nor entitled to a BAL, and why.
    NotEntitled(opening::NotEntitled),
    /// The account is suspended.
    Suspended,
}

/// Signs in who is known; lets others open a BAL, if they may.
///
/// # Errors
/// `Identity`, traced, when the provider's names belong to two persons here; the store's.
pub async fn enter(state: &State, vouched: Vouched, agent: &str) -> Result<Entered, PscError> {
    let known = match state.store.psc_person(&vouched.names).await {
        Err(store::Error::Refused("psc-conflict")) => {
            return Err(super::traced(state, PscError::Identity("two persons")).await);
        }
        other => other?,
    };
    if let (None, Some(invitation)) = (known, vouched.back.strip_prefix("/structure/"))
        && let Some(person) = organisation::offer::join_by_psc(state, invitation, &vouched).await?
    {
        return Ok(sign_in(state, person, vouched, agent).await?);
    }
    if let (None, Some(invitation)) = (known, vouched.back.strip_prefix("/delegation/"))
        && let Some(person) = offer::join_by_psc(state, invitation, &vouched).await?
    {
        return Ok(sign_in(state, person, vouched, agent).await?);
    }
    let Some(person) = known.filter(|_| vouched.purpose == super::Purpose::SignIn) else {
        return Ok(open(state, vouched, known, agent).await?);
    };
    Ok(sign_in(state, person, vouched, agent).await?)
}

async fn sign_in(state: &State, person: PersonId, vouched: Vouched, agent: &str) -> Result<Entered, store::Error> {
    if state.store.suspended(person).await?.is_some() {
        let actor = Actor { person: Some(person), session: None, means: Means::Web };
        let entry = Trace::refused("sign-in-psc", actor, None, "suspended", serde_json::json!({}));
        state.store.trace(Chain::Person(person), entry).await?;
        return Ok(Entered::Suspended);
    }
    let Vouched { names, identity, acr, id_token, .. } = vouched;
    state.store.psc_confirmed(person, names, identity, acr).await?;
    let (token, session) = sessions::create(state, person, agent, SignedBy::Psc).await?;
    state.store.psc_session_keep(person, session, id_token).await?;
    state.metrics.event("sign_in", "psc");
    Ok(Entered::SignedIn(token))
}

async fn open(state: &State, vouched: Vouched, known: Option<PersonId>, agent: &str) -> Result<Entered, store::Error> {
    match opening::entitled(state, &vouched.identity, known).await? {
        Ok(_) => {
            let token = new_token(&*state.random);
            opening::begin(state, token_hash(&token), vouched, known).await?;
            Ok(Entered::Opening(token))
        }
        // A BAL in each of their domains, or no profession and yet a place here: they only come in.
        Err(reason) => match known {
            Some(person) => sign_in(state, person, vouched, agent).await,
            None => {
                let actor = Actor { person: None, session: None, means: Means::Web };
                let entry = Trace::refused("opening-refused", actor, None, reason.code(), serde_json::json!({}));
                state.store.trace(Chain::Process, entry).await?;
                state.metrics.event("opening", reason.code());
                Ok(Entered::NotEntitled(reason))
            }
        },
    }
}

/// Where the browser goes to end the provider's session too; none when the session did not begin there.
///
/// # Errors
/// The store's.
pub async fn end_session_url(state: &State, psc: &Psc, session: SessionId) -> Result<Option<String>, store::Error> {
    let Some(id_token) = state.store.psc_session(session).await? else { return Ok(None) };
    // Without the provider's document one is signed out here all the same.
    let Ok(metadata) = psc.metadata(state.clock.now_ms()).await else { return Ok(None) };
    let Some(address) = &metadata.end_session_endpoint else { return Ok(None) };
    let back = format!("{}/connexion/psc/sortie", state.config.origin());
    let asked = [
        ("id_token_hint", id_token.as_str()),
        ("post_logout_redirect_uri", &back),
        ("client_id", &state.config.psc.client_id),
        ("state", &new_token(&*state.random)),
    ];
    Ok(reqwest::Url::parse_with_params(address, asked).ok().map(String::from))
}
