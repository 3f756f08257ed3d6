//! The side of who is invited: what the link shows, a means of sign-in for who has none, accepting as oneself, refusing,
//! and giving up what was accepted.

use store::Actor;
use store::Means;
use store::delegations::{Delegation, State as Standing, act::Newcomer};
use store::persons::NewPerson;
use wire::id::{AccountId, DelegationId, PersonId};

use super::{DelegationError, field, holders, secrecy};
use crate::auth::{Caller, means, password::rule, psc::Vouched, sessions};
use crate::service::tell::{self, Told};
use crate::state::State;

/// Whoever has the link, before it is known who they are.
const ANYBODY: Actor = Actor { person: None, session: None, means: Means::Web };

/// The invitation of a link that may still be answered; none otherwise, whatever the reason.
///
/// # Errors
/// The store's.
pub async fn find(state: &State, token: &str) -> Result<Option<Delegation>, store::Error> {
    let found = state.store.delegation_by_token(sessions::token_hash(token)).await?;
    Ok(found.filter(|one| one.state_at(state.clock.now_ms()) == Standing::Invited))
}

/// What stands between a person and an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is theirs; `bound`: their status binds them to secrecy.
    Yes { bound: bool },
    /// It is for another person, or for another address or number than theirs.
    No,
}

/// Is this invitation for this person? Whom it names, the verified ordinary address that it went to, or the number that
/// the identity provider vouches for decide.
///
/// # Errors
/// The store's.
pub async fn fits(state: &State, found: &Delegation, person: PersonId) -> Result<Fit, store::Error> {
    let theirs = match found.person {
        Some(bound) => bound == person,
        None if found.by_national_id => {
            let professional = state.store.professional(person).await?;
            match professional {
                Some(known) => state.store.delegation_wants(found, &known.identity.national_id).await?,
                None => false,
            }
        }
        None => {
            let own = state.store.contact(person).await?.ordinary_email;
            found.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(&own))
        }
    };
    Ok(if theirs { Fit::Yes { bound: is_bound(state, person).await? } } else { Fit::No })
}

/// Health professionals are bound to secrecy by their status (Code de la santé publique, art. L1110-4): those whom the
/// identity provider knows with a profession, and those whose BAL the operator opened for one.
pub(in crate::service) async fn is_bound(state: &State, person: PersonId) -> Result<bool, store::Error> {
    let professional = state.store.professional(person).await?;
    if professional.is_some_and(|known| known.identity.activities.iter().any(|one| !one.profession.is_empty())) {
        return Ok(true);
    }
    for (_, account) in state.store.nominatives(person).await? {
        if state.store.account(account).await?.profile.rpps.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// May who has this link make a means of sign-in by it?
pub fn may_join(state: &State, found: &Delegation) -> bool {
    found.person.is_none() && !found.by_national_id && means::password_is_on(state)
}

/// Accepts as the person who is signed in. `signature`: their name, typed under the undertaking.
///
/// # Errors
/// At a field; `Gone`, also for whom it is not meant; the store's.
pub async fn accept(
    state: &State,
    caller: &Caller,
    token: &str,
    agreed: bool,
    signature: &str,
) -> Result<AccountId, DelegationError> {
    let found = find(state, token).await?.ok_or(DelegationError::Gone)?;
    let Fit::Yes { bound } = fits(state, &found, caller.person).await? else { return Err(DelegationError::Gone) };
    if !bound {
        if !agreed {
            return Err(field("engagement", "delegation-secrecy"));
        }
        let name = state.store.person(caller.person).await?.name;
        if plain(signature) != plain(&name) {
            return Err(field("signature", "delegation-signature"));
        }
    }
    let signed = (!bound).then(secrecy);
    state.store.delegation_accept(caller.actor(), found.account, found.id, caller.person, signed).await?;
    state.metrics.event("delegation", "accepted");
    tell::person(state, caller.person, Told::DelegationBegun).await?;
    holders(state, found.account, &Told::DelegationAccepted).await?;
    Ok(found.account)
}

/// A name as it is compared: case and spaces do not count.
pub(in crate::service) fn plain(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Refuses: whoever has the link may.
///
/// # Errors
/// `Gone`; the store's.
pub async fn refuse(state: &State, caller: Option<&Caller>, token: &str) -> Result<(), DelegationError> {
    let found = find(state, token).await?.ok_or(DelegationError::Gone)?;
    let actor = caller.map_or(ANYBODY, Caller::actor);
    state.store.delegation_refuse(actor, found.account, found.id).await?;
    state.metrics.event("delegation", "refused");
    Ok(holders(state, found.account, &Told::DelegationRefused).await?)
}

/// Makes the person of an invitation that went to an ordinary address: that address, which the link verified, and a
/// password sign them in from now on.
///
/// # Errors
/// At a field; `Gone`; the store's.
pub async fn join(state: &State, token: &str, password: &str, again: &str) -> Result<(), DelegationError> {
    let found = find(state, token).await?.filter(|found| may_join(state, found)).ok_or(DelegationError::Gone)?;
    let email = found.email.clone().ok_or(DelegationError::Gone)?;
    rule::check(password, &[&found.name, &email]).map_err(|fault| field("password", fault.code()))?;
    if password != again {
        return Err(field("again", "password-differ"));
    }
    let hash = state.passwords.hash(password, &*state.random).await?;
    let person = NewPerson { name: found.name.clone(), ordinary_email: email.clone(), mobile: None, logins: vec![email] };
    let new = Newcomer { person, password: Some(hash), psc: None };
    match state.store.delegation_newcomer(ANYBODY, found.account, found.id, new).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_conflict("login_pk") => Err(field("password", "delegation-known")),
        Err(error) => Err(error.into()),
    }
}

/// Makes the person whom the identity provider vouches for, when the link wants just their number. None when it does not.
///
/// # Errors
/// The store's.
pub async fn join_by_psc(state: &State, token: &str, vouched: &Vouched) -> Result<Option<PersonId>, store::Error> {
    let Some(found) = find(state, token).await?.filter(|found| found.person.is_none()) else { return Ok(None) };
    let Some(email) = found.email.clone() else { return Ok(None) };
    if !state.store.delegation_wants(&found, &vouched.identity.national_id).await? {
        return Ok(None);
    }
    let identity = vouched.identity.clone();
    let name = format!("{} {}", identity.given_name, identity.family_name.to_uppercase());
    let person = NewPerson { name, ordinary_email: email, mobile: None, logins: Vec::new() };
    let new = Newcomer { person, password: None, psc: Some((vouched.names.clone(), identity)) };
    state.store.delegation_newcomer(ANYBODY, found.account, found.id, new).await.map(Some)
}

/// The person gives up what they had accepted, or refuses what waits for them.
///
/// # Errors
/// `Gone`; the store's.
pub async fn leave(state: &State, caller: &Caller, account: AccountId, id: DelegationId) -> Result<(), DelegationError> {
    let received = state.store.delegations_received(caller.person).await?;
    if !received.iter().any(|one| one.account == account && one.id == id) {
        return Err(DelegationError::Gone);
    }
    state.store.delegation_end(caller.actor(), account, id).await?.ok_or(DelegationError::Gone)?;
    tell::person(state, caller.person, Told::DelegationEnded).await?;
    Ok(holders(state, account, &Told::DelegationEnded).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_people_type_them() {
        assert_eq!(plain("  Marie   PETIT "), plain("marie petit"));
        assert_ne!(plain("Marie Petit"), plain("Marie Petite"));
    }
}
