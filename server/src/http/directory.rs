//! The directory of this server's BALs. What is looked for is posted: it stands in no address and in no log.

use app::{
    pages::annuaire::{DirectoryPage, Entry},
    public::PublicPage,
    shell::PageContext,
};
use axum::{extract::State as AxumState, http::StatusCode, response::Response};
use serde::Deserialize;
use store::directory::{self, Question};
use wire::{id::AccountId, portal::Action};

use super::{
    extract::{Form, Nonce},
    public::{self, Spoken},
};
use crate::{
    auth::{Caller, limits, rights},
    error::Error,
    service::nomenclature,
    state::State,
};

/// Entries shown at once: the directory is looked up, not copied.
const SHOWN: usize = 30;
/// Letters one types at least.
const LETTERS: usize = 2;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    nom: String,
    profession: String,
}

async fn context(state: &State, caller: &Caller, spoken: Spoken, nonce: &Nonce) -> Result<PageContext, Error> {
    let preferences = state.store.preferences(caller.person).await?;
    let name = state.store.person(caller.person).await?.name;
    Ok(public::personal(public::context(state, spoken, nonce), &preferences, name, state.clock.now_ms()))
}

/// The BAL from which one writes: the first from which one may.
async fn from(state: &State, caller: &Caller) -> Result<Option<AccountId>, Error> {
    let mut accounts = rights::accounts(state, caller).await?;
    accounts.sort_by_key(|(account, may)| (!may.contains(&Action::Manage), *account));
    Ok(accounts.into_iter().find(|(_, may)| may.contains(&Action::Draft)).map(|(account, _)| account))
}

fn professions() -> Vec<(String, String)> {
    nomenclature::professions().into_iter().map(|(code, name)| (code.to_owned(), name.to_owned())).collect()
}

fn slowed(refused: limits::Refused) -> Error {
    match refused {
        limits::Refused::Wait(seconds) => Error::TooMany { seconds },
        limits::Refused::Store(error) => error.into(),
    }
}

/// `GET /annuaire`.
pub async fn form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let page = DirectoryPage { professions: professions(), ..DirectoryPage::default() };
    let context = context(&state, &caller, spoken, &nonce).await?;
    Ok(public::page(StatusCode::OK, PublicPage::Directory(Box::new(page)), context))
}

/// `POST /annuaire`: who answers what was asked.
pub async fn search(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Form(asked): Form<Asked>,
) -> Result<Response, Error> {
    let words: String = asked.nom.trim().chars().take(100).collect();
    let mut page =
        DirectoryPage { words, profession: asked.profession, professions: professions(), ..DirectoryPage::default() };
    let context = context(&state, &caller, spoken, &nonce).await?;
    let enough = page.words.chars().filter(|c| c.is_alphanumeric()).count() >= LETTERS;
    let status = if enough {
        limits::search(&state, caller.person).await.map_err(slowed)?;
        let question = Question { words: page.words.clone(), profession: page.profession.clone() };
        let (cards, count) = state.store.directory_find(&question, SHOWN).await?;
        state.store.directory_searched(caller.actor(), cards.len()).await?;
        page.from = from(&state, &caller).await?.map(|account| account.to_string());
        page.count = Some(count as u64);
        page.entries = cards.into_iter().map(entry).collect();
        StatusCode::OK
    } else {
        page.error = Some("directory-short".into());
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(public::page(status, PublicPage::Directory(Box::new(page)), context))
}

fn entry(card: directory::Entry) -> Entry {
    let profile = card.profile;
    // The name of a place often ends with its town.
    let named = profile.place.as_deref().unwrap_or_default().to_lowercase();
    let city = profile.city.filter(|city| !named.contains(&city.to_lowercase()));
    let place: Vec<String> = [profile.place, city].into_iter().flatten().collect();
    Entry {
        name: card.name,
        address: card.address,
        organisation: profile.kind != "PER",
        profession: profile.profession.unwrap_or_default(),
        speciality: profile.speciality.unwrap_or_default(),
        place: place.join(", "),
        phone: profile.phone.filter(|_| profile.publish_phone),
    }
}
