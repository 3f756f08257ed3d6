//! Drafts that somebody prepared who may not send: handed in, approved (and sent) or returned with a word.

use store::drafts::Review;
use store::submissions::Submission;
use wire::id::{AccountId, EmailId, PersonId};
use wire::mail::keyword;
use wire::portal::Action;

use super::compose;
use super::draft::ComposeError;
use super::on_behalf;
use super::tell::{self, Told};
use crate::auth::{
    Caller,
    rights::{self, Acting, Draft, Send},
};
use crate::state::State;

/// Characters of the word that goes back with a draft.
pub const WORD_CHARS: usize = 500;

/// Why a draft was not handed in, or not sent.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// It was changed, sent or decided upon meanwhile.
    #[error("it does not wait any more")]
    Gone,
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Hands a draft in. Who may decide is told, unless others wait for them already.
///
/// # Errors
/// `Gone` when there is no such draft; the store's.
pub async fn ask(state: &State, acting: &Acting<Draft>, email: EmailId) -> Result<(), ReviewError> {
    let account = acting.account();
    let row = state.store.emails(account, &[email]).await?.pop().ok_or(ReviewError::Gone)?;
    if !row.keywords.iter().any(|word| word == keyword::DRAFT) {
        return Err(ReviewError::Gone);
    }
    let first = !state.store.draft_reviews(account).await?.iter().any(|one| one.returned.is_none());
    state.store.draft_ask(acting.actor(), account, email, acting.caller().person).await?;
    if first {
        for holder in state.store.holders(account).await? {
            let lang = tell::lang(state, holder).await?;
            tell::letter(state, holder, Told::DraftWaits, lang).await?;
        }
    }
    Ok(())
}

/// The drafts that this person may decide upon, or handed in themself; each with whether they may decide.
///
/// # Errors
/// The store's.
pub async fn list(state: &State, caller: &Caller) -> Result<Vec<(Review, bool)>, store::Error> {
    let mut list = Vec::new();
    for (account, may) in rights::accounts(state, caller).await? {
        let decides = may.contains(&Action::Send);
        let reviews = state.store.draft_reviews(account).await?;
        let seen = reviews.into_iter().filter(|one| decides && one.returned.is_none() || one.person == caller.person);
        list.extend(seen.map(|one| (one, decides)));
    }
    Ok(list)
}

/// Sends a draft that waits, after the seconds of undo. What does not leave waits again.
///
/// # Errors
/// `Gone`; why it is not accepted.
pub async fn approve(state: &State, acting: &Acting<Send>, email: EmailId) -> Result<Submission, ReviewError> {
    let (actor, account) = (acting.actor(), acting.account());
    let prepared_by = state.store.draft_take(actor, account, email).await?.ok_or(ReviewError::Gone)?;
    let mut draft = email;
    let sent = async {
        if let Some(restamped) = on_behalf::restamped(state, acting.caller().person, account, email).await? {
            draft = state.store.email_replace(actor, account, email, restamped).await?.id;
        }
        compose::send(state, acting, draft, None, false).await
    };
    match sent.await {
        Ok(submission) => Ok(submission),
        Err(error) => {
            put_back(state, acting, draft, prepared_by).await?;
            Err(error.into())
        }
    }
}

async fn put_back(state: &State, acting: &Acting<Send>, draft: EmailId, by: PersonId) -> Result<(), store::Error> {
    match state.store.draft_ask(acting.actor(), acting.account(), draft, by).await {
        // Thrown away meanwhile.
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}

/// Returns a draft with a word; who prepared it is told that something waits.
///
/// # Errors
/// `Gone`; the store's.
pub async fn give_back(state: &State, acting: &Acting<Send>, email: EmailId, word: &str) -> Result<(), ReviewError> {
    let account = acting.account();
    let prepared_by = preparer(state, account, email).await?.ok_or(ReviewError::Gone)?;
    let word: String = word.trim().chars().take(WORD_CHARS).collect();
    if !state.store.draft_return(acting.actor(), account, email, acting.caller().person, word).await? {
        return Err(ReviewError::Gone);
    }
    let lang = tell::lang(state, prepared_by).await?;
    Ok(tell::letter(state, prepared_by, Told::DraftReturned, lang).await?)
}

async fn preparer(state: &State, account: AccountId, email: EmailId) -> Result<Option<PersonId>, store::Error> {
    let waiting = state.store.draft_reviews(account).await?;
    Ok(waiting.into_iter().find(|one| one.email == email && one.returned.is_none()).map(|one| one.person))
}

/// Takes back what one handed in.
///
/// # Errors
/// `Gone`; the store's.
pub async fn withdraw(state: &State, acting: &Acting<Draft>, email: EmailId) -> Result<(), ReviewError> {
    let person = acting.caller().person;
    match state.store.draft_withdraw(acting.actor(), acting.account(), email, person).await? {
        true => Ok(()),
        false => Err(ReviewError::Gone),
    }
}
