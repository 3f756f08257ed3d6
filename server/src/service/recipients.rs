//! What would become of mail to an address: refused, delivered here, or for another operator.

use mail::address::{self, AddressFault};
use wire::id::AccountId;
use wire::mail::Recipient;

use super::cards;
use super::patients::{is_minor, sending::is_patient, told};
use crate::state::State;

/// The state of each address for this BAL, with the card of those that are known here; which patients are minors, which were told nothing yet.
///
/// # Errors
/// The store's.
pub async fn check(state: &State, account: AccountId, addresses: &[String]) -> Result<Vec<Recipient>, store::Error> {
    let mut list = states(state, addresses).await?;
    for found in &mut list {
        let bare = address::normalise(wire::check::bare_address(&found.email)).to_lowercase();
        if is_patient(state, &bare) {
            let Some(patient) = state.store.patient_of_address(account, &bare).await? else { continue };
            found.minor = is_minor(state, &patient.traits);
            if patient.begins() && !told(&state.store.records(account, patient.id).await?) {
                found.untold = Some(patient.id);
            }
        }
    }
    Ok(list)
}

/// The state of each address, with the card of those that are known here.
///
/// # Errors
/// The store's.
pub async fn states(state: &State, addresses: &[String]) -> Result<Vec<Recipient>, store::Error> {
    let mut list = Vec::with_capacity(addresses.len());
    for text in addresses {
        list.push(one(state, text).await?);
    }
    Ok(list)
}

/// The state of one address as typed.
///
/// # Errors
/// The store's.
pub async fn one(state: &State, text: &str) -> Result<Recipient, store::Error> {
    let recipient = |state: &str, fault: Option<String>| Recipient {
        email: text.to_owned(),
        state: state.into(),
        fault,
        card: None,
        minor: false,
        untold: None,
    };
    let bare = address::normalise(wire::check::bare_address(text)).to_lowercase();
    if let Err(fault) = wire::check::address(&bare) {
        return Ok(recipient("invalid", Some(fault.code().into())));
    }
    if let Err(fault) = address::check_address(&bare) {
        return Ok(recipient("invalid", Some(code(fault).into())));
    }
    if let Some(account) = state.store.account_by_address(&bare).await? {
        if state.store.application(account).await?.is_some_and(|program| !program.receives) {
            return Ok(recipient("unknown", None));
        }
        let card = cards::card(state, None, &bare).await?;
        return Ok(Recipient { card: Some(card), ..recipient("ok", None) });
    }
    if state.store.domain_is_ours(&bare).await? {
        return Ok(recipient("unknown", None));
    }
    if !state.is_listed(&bare) {
        return Ok(recipient("outside", None));
    }
    Ok(Recipient { card: Some(cards::card(state, None, &bare).await?), ..recipient("ok", None) })
}

fn code(fault: AddressFault) -> &'static str {
    match fault {
        AddressFault::Empty => "address-empty",
        AddressFault::NoAt => "address-no-at",
        AddressFault::EmptyLocal => "address-no-local",
        AddressFault::BadCharacter(_) | AddressFault::BadLocal => "address-bad-character",
        AddressFault::BadDomain => "address-bad-domain",
        AddressFault::TooLong => "address-too-long",
    }
}

/// Is this an address of the trust space? Such a one is no ordinary address: who cannot sign in cannot read it.
///
/// # Errors
/// The store's.
pub async fn is_mssante(state: &State, address: &str) -> Result<bool, store::Error> {
    let address = address.trim().to_lowercase();
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    // A suffix proves no trust, but it is enough to refuse.
    let looks_like_one = domain == "mssante.fr" || domain.ends_with(".mssante.fr") || domain == "mssante.apicrypt.org";
    let opened_here = state.config.opening.all_domains().any(|ours| ours == domain);
    Ok(looks_like_one || opened_here || state.is_listed(&address) || state.store.domain_is_ours(&address).await?)
}
