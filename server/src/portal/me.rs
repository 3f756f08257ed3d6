//! `GET /api/me`: who is signed in, with the BALs they may open.

use axum::{Json, extract::State as AxumState};
use store::mailboxes::Role;
use wire::{
    id::AccountId,
    portal::{Account, Action, Me},
};

use crate::{
    auth::{Caller, rights, sessions::Live},
    clock,
    error::Error,
    state::State,
};

/// What a page needs before anything else. `left`: idle and absolute seconds of the session.
///
/// # Errors
/// The store's.
pub async fn me(state: &State, caller: &Caller, left: (u32, u32)) -> Result<Me, Error> {
    let person = state.store.person(caller.person).await?;
    let preferences = state.store.preferences(caller.person).await?;
    let accounts = accounts(state, caller).await?;
    // A token's program keeps no drafts here.
    let draft_key = match caller.session {
        Some(_) => hexadecimal(&state.store.draft_key(caller.person).await?),
        None => String::new(),
    };
    Ok(Me {
        person: caller.person,
        name: person.name,
        accounts,
        now_local: clock::local_minutes(state.clock.now_ms(), &preferences.zone),
        preferences,
        idle_seconds: left.0,
        absolute_seconds: left.1,
        draft_key,
    })
}

/// The BALs that a person may open: their own first, since it is where they land.
///
/// # Errors
/// The store's.
pub async fn accounts(state: &State, caller: &Caller) -> Result<Vec<Account>, Error> {
    let own = rights::own(state, caller).await?;
    let mut accounts = Vec::new();
    for (id, may) in rights::accounts(state, caller).await? {
        accounts.push(account(state, id, may, own.contains(&id)).await?);
    }
    accounts.sort_by_key(|account| (!account.own, account.id));
    Ok(accounts)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn account(state: &State, id: AccountId, mut may: Vec<Action>, own: bool) -> Result<Account, Error> {
    let account = state.store.account(id).await?;
    may.sort_unstable();
    may.dedup();
    let mailboxes = state.store.mailboxes(id).await?;
    let unread = mailboxes.iter().find(|one| one.role == Some(Role::Inbox)).map_or(0, |inbox| inbox.unread_threads);
    let receipts = state.store.receipt_wishes(id).await?.asking.code().to_owned();
    Ok(Account { id, address: account.address, name: account.name, own, may, unread, receipts })
}

/// The handler. A bearer token has no end that a person would see: zero seconds.
pub async fn get(AxumState(state): AxumState<State>, caller: Caller, live: Result<Live, Error>) -> Result<Json<Me>, Error> {
    let left = live.map_or((0, 0), |live| (live.idle_seconds, live.absolute_seconds));
    Ok(Json(me(&state, &caller, left).await?))
}
