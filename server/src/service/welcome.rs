//! The first message of a new BAL: what it is, what it is not, where to begin. Delivered once, whatever stops meanwhile.

use app::i18n::{self, Lang};

use super::letter::{self, Letter};
use crate::state::State;

/// New BALs looked at in one turn.
const AT_ONCE: u32 = 20;

/// Delivers what is due; how many.
///
/// # Errors
/// The store's.
pub async fn run(state: &State) -> Result<usize, store::Error> {
    let due = state.store.welcomes_due(AT_ONCE).await?;
    let count = due.len();
    for (id, lang) in due {
        let lang = Lang::from_code(&lang).unwrap_or_default();
        let account = state.store.account(id).await?;
        let controller = account.profile.controller.unwrap_or_else(|| account.name.clone());
        let text = i18n::opening::welcome_body(lang, &account.address, &controller, &account.name, state.config.origin());
        let subject = i18n::opening::welcome_subject(lang).to_owned();
        letter::put(state, id, Letter { key: format!("welcome:{id}"), subject, text }).await?;
        state.store.welcome_done(id).await?;
    }
    Ok(count)
}
