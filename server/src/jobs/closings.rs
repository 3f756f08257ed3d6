//! Erases the BALs whose end is due, and what is left of those that ended a year ago.

use crate::{
    service::tell::{self, Told},
    state::State,
};

const YEAR_MS: i64 = 366 * 86_400_000;

/// One look; how many BALs were erased.
///
/// # Errors
/// The store's.
pub async fn run(state: &State) -> Result<usize, store::Error> {
    let mut erased = 0;
    for closing in state.store.closings_due(20).await? {
        let address = state.store.account(closing.account).await?.address;
        if state.store.account_erase(closing.account).await? {
            erased += 1;
            tell::person(state, closing.person, Told::Closed(address)).await?;
        }
    }
    state.store.accounts_forget(state.clock.now_ms() - YEAR_MS).await?;
    Ok(erased)
}
