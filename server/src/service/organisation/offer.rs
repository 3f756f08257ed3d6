//! The side of who is invited into a structure: what the link shows, a means of sign-in for who has none, accepting as
//! oneself (with the purposes, where one is to administer), refusing.

use store::Actor;
use store::Means;
use store::delegations::act::Newcomer;
use store::organisations::members::Signed;
use store::organisations::{Admin, Member};
use store::persons::NewPerson;
use wire::id::{OrganisationId, PersonId};

use super::{OrganisationError, administrators, engagement, field, secrecy};
use crate::auth::{Caller, means, password::rule, psc::Vouched, sessions};
use crate::service::delegation::offer::{Fit, is_bound, plain};
use crate::service::tell::Told;
use crate::state::State;

/// Whoever has the link, before it is known who they are.
const ANYBODY: Actor = Actor { person: None, session: None, means: Means::Web };

/// The invitation of a link that may still be answered.
///
/// # Errors
/// The store's.
pub async fn find(state: &State, token: &str) -> Result<Option<Member>, store::Error> {
    let found = state.store.structure_member_by_token(sessions::token_hash(token)).await?;
    Ok(found.filter(|one| one.is_waiting(state.clock.now_ms())))
}

/// Is this invitation for this person? Whom it names, or the verified ordinary address that it went to, decide.
///
/// # Errors
/// The store's.
pub async fn fits(state: &State, found: &Member, person: PersonId) -> Result<Fit, store::Error> {
    let theirs = match found.person {
        Some(bound) => bound == person,
        None => {
            let own = state.store.contact(person).await?.ordinary_email;
            found.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(&own))
        }
    };
    Ok(if theirs { Fit::Yes { bound: is_bound(state, person).await? } } else { Fit::No })
}

/// May who has this link make a means of sign-in by it?
pub fn may_join(state: &State, found: &Member) -> bool {
    found.person.is_none() && means::password_is_on(state)
}

/// What is typed where one accepts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answer<'a> {
    /// Took the undertaking of secrecy, and signed it with their name.
    pub agreed: bool,
    pub signature: &'a str,
    /// Accepts the purposes.
    pub purposes: bool,
}

/// Accepts as the person who is signed in.
///
/// # Errors
/// At a field; `Gone`, also for whom it is not meant; the store's.
pub async fn accept(
    state: &State,
    caller: &Caller,
    token: &str,
    answer: Answer<'_>,
) -> Result<OrganisationId, OrganisationError> {
    let found = find(state, token).await?.ok_or(OrganisationError::Gone)?;
    let Fit::Yes { bound } = fits(state, &found, caller.person).await? else { return Err(OrganisationError::Gone) };
    let administers = found.admin != Admin::No;
    if administers && !answer.purposes {
        return Err(field("finalite", "structure-purpose"));
    }
    if !bound {
        if !answer.agreed {
            return Err(field("engagement", "delegation-secrecy"));
        }
        let name = state.store.person(caller.person).await?.name;
        if plain(answer.signature) != plain(&name) {
            return Err(field("signature", "delegation-signature"));
        }
    }
    let signed = Signed { secrecy: (!bound).then(secrecy), purpose: administers.then(engagement) };
    state.store.structure_accept(caller.actor(), (found.organisation, found.id), caller.person, signed).await?;
    state.metrics.event("structure", "accepted");
    administrators(state, found.organisation, &Told::StructureJoined).await?;
    Ok(found.organisation)
}

/// Who was named accepts to administer, and the purposes.
///
/// # Errors
/// At a field; `Gone`; the store's.
pub async fn take_up(
    state: &State,
    caller: &Caller,
    organisation: OrganisationId,
    purposes: bool,
) -> Result<(), OrganisationError> {
    if caller.session.is_none() {
        return Err(OrganisationError::Gone);
    }
    if !purposes {
        return Err(field("finalite", "structure-purpose"));
    }
    let found = state.store.memberships(caller.person).await?;
    let found = found.into_iter().find(|one| one.organisation == organisation).ok_or(OrganisationError::Gone)?;
    Ok(state.store.structure_admin_accept(caller.actor(), (organisation, found.id), engagement()).await?)
}

/// Refuses: whoever has the link may.
///
/// # Errors
/// `Gone`; the store's.
pub async fn refuse(state: &State, caller: Option<&Caller>, token: &str) -> Result<(), OrganisationError> {
    let found = find(state, token).await?.ok_or(OrganisationError::Gone)?;
    state.store.structure_refuse(caller.map_or(ANYBODY, Caller::actor), found.organisation, found.id).await?;
    state.metrics.event("structure", "refused");
    Ok(administrators(state, found.organisation, &Told::StructureRefused).await?)
}

/// Makes the person of an invitation that went to an ordinary address: that address and a password sign them in from now
/// on.
///
/// # Errors
/// At a field; `Gone`; the store's.
pub async fn join(state: &State, token: &str, password: &str, again: &str) -> Result<(), OrganisationError> {
    let found = find(state, token).await?.filter(|found| may_join(state, found)).ok_or(OrganisationError::Gone)?;
    let email = found.email.clone().ok_or(OrganisationError::Gone)?;
    rule::check(password, &[&found.name, &email]).map_err(|fault| field("password", fault.code()))?;
    if password != again {
        return Err(field("again", "password-differ"));
    }
    let hash = state.passwords.hash(password, &*state.random).await?;
    let person = NewPerson { name: found.name.clone(), ordinary_email: email.clone(), mobile: None, logins: vec![email] };
    let new = Newcomer { person, password: Some(hash), psc: None };
    match state.store.structure_newcomer(ANYBODY, (found.organisation, found.id), new).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_conflict("login_pk") => Err(field("password", "delegation-known")),
        Err(error) => Err(error.into()),
    }
}

/// Makes the person whom the identity provider vouches for and who came by the link of an invitation to an ordinary
/// address, when they bear the name that was invited. None when it is not for them.
///
/// # Errors
/// The store's.
pub async fn join_by_psc(state: &State, token: &str, vouched: &Vouched) -> Result<Option<PersonId>, store::Error> {
    let Some(found) = find(state, token).await?.filter(|found| found.person.is_none()) else { return Ok(None) };
    let Some(email) = found.email.clone() else { return Ok(None) };
    let identity = vouched.identity.clone();
    let name = format!("{} {}", identity.given_name, identity.family_name.to_uppercase());
    if plain(&name) != plain(&found.name) {
        return Ok(None);
    }
    let person = NewPerson { name, ordinary_email: email, mobile: None, logins: Vec::new() };
    let new = Newcomer { person, password: None, psc: Some((vouched.names.clone(), identity)) };
    state.store.structure_newcomer(ANYBODY, (found.organisation, found.id), new).await.map(Some)
}
