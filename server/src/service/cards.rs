//! Who a correspondent is, as far as this server can tell: quality, place, and how that was established.

use std::collections::HashMap;

use store::directory::Entry;
use store::emails::Addr;
use wire::ins;
use wire::mail::Card;

use super::patients::sending::is_patient;
use crate::state::State;

/// What two senders must share to have one card: the displayed name counts, since it may deceive.
pub fn key(address: &Addr) -> String {
    format!("{}\n{}", address.name.as_deref().unwrap_or_default(), address.email.to_lowercase())
}

/// The cards of several senders, all looked up at once.
///
/// # Errors
/// The store's.
pub async fn of<'a>(state: &State, senders: impl Iterator<Item = &'a Addr>) -> Result<HashMap<String, Card>, store::Error> {
    let mut distinct: HashMap<String, &Addr> = HashMap::new();
    for sender in senders {
        distinct.entry(key(sender)).or_insert(sender);
    }
    let (keys, senders): (Vec<String>, Vec<&Addr>) = distinct.into_iter().unzip();
    let addresses: Vec<String> = senders.iter().map(|sender| normal(&sender.email)).collect();
    let entries = state.store.cards_by_address(&addresses).await?;
    let card = |(sender, entry): (&&Addr, Option<Entry>)| made(state, sender.name.as_deref(), &sender.email, entry);
    Ok(keys.into_iter().zip(senders.iter().zip(entries).map(card)).collect())
}

/// The card of one address under the name that is displayed with it.
///
/// # Errors
/// The store's.
pub async fn card(state: &State, shown: Option<&str>, email: &str) -> Result<Card, store::Error> {
    let entry = state.store.card_by_address(&normal(email)).await?;
    Ok(made(state, shown, email, entry))
}

fn normal(email: &str) -> String {
    mail::address::normalise(email).to_lowercase()
}

fn made(state: &State, shown: Option<&str>, email: &str, entry: Option<Entry>) -> Card {
    let deceptive = shown.is_some_and(|name| mail::address::display_name_hides_address(name, email));
    let unknown = Card {
        kind: "unknown".into(),
        name: shown.map(str::to_owned),
        profession: None,
        speciality: None,
        place: None,
        verified: None,
        deceptive,
    };
    // Liste rouge: of this server, and nothing more, whoever asks.
    let hidden = entry.as_ref().is_some_and(|entry| entry.profile.liste_rouge);
    if hidden {
        return Card { verified: Some("domain".into()), ..unknown };
    }
    if let Some(Entry { name, profile, .. }) = entry {
        return Card {
            kind: if profile.kind == "PER" { "professional" } else { "organisation" }.into(),
            name: Some(name),
            profession: profile.profession,
            speciality: profile.speciality,
            place: profile.place.or(profile.city),
            verified: Some("directory".into()),
            deceptive,
        };
    }
    let address = normal(email);
    if is_patient(state, &address) {
        let name = shown.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
        return Card { kind: "patient".into(), name: Some(name.unwrap_or_else(|| ins::shown(email))), ..unknown };
    }
    if address.starts_with("postmaster@") || address.starts_with("mailer-daemon@") {
        return Card { kind: "system".into(), ..unknown };
    }
    Card { verified: state.is_listed(&address).then(|| "domain".into()), ..unknown }
}
