//! Who sends for whom. A message that somebody sends from a BAL which is not theirs names them in `Sender`, beside the
//! BAL's own address in `From`: with their name and the BAL's address, so that it tells nothing else about them. What
//! leaves is set right here whoever wrote the draft, since drafts pass from hand to hand and sending may be called back
//! and asked again by another.

use bytes::Bytes;
use store::blobs::BlobId;
use store::emails::NewEmail;
use store::submissions::DueSubmission;
use wire::id::{AccountId, EmailId, PersonId};

use super::prepare::{Place, parties, prepare, with_patient};
use crate::state::State;

/// Whom a message of this person from this BAL names as its sender; none for the holder's own.
///
/// # Errors
/// The store's.
pub async fn sender(state: &State, person: PersonId, account: AccountId) -> Result<Option<mail::Address>, store::Error> {
    // A program is its BAL: nobody stands behind it.
    if state.store.holds(person, account).await? || state.store.application_of(person).await?.is_some() {
        return Ok(None);
    }
    let name = state.store.person(person).await?.name;
    let email = state.store.account(account).await?.address;
    Ok(Some(mail::Address { name: Some(name), email }))
}

/// A message as it leaves, and the blob that holds it so: its Sender is who sends it.
///
/// # Errors
/// The store's; `Corrupt` when a name cannot stand in a field.
pub async fn outgoing(
    state: &State,
    due: &DueSubmission,
    blob: BlobId,
    raw: Bytes,
) -> Result<(BlobId, Bytes), store::Error> {
    let Some(person) = due.actor.person else { return Ok((blob, raw)) };
    let sender = sender(state, person, due.account).await?;
    match stamped(&raw, sender.as_ref())? {
        Some(raw) => Ok((state.store.blob_put(due.account, raw.clone()).await?, raw)),
        None => Ok((blob, raw)),
    }
}

/// A draft as another hand sends it; none when it says so already.
///
/// # Errors
/// The store's; `NotFound`.
pub async fn restamped(
    state: &State,
    person: PersonId,
    account: AccountId,
    draft: EmailId,
) -> Result<Option<NewEmail>, store::Error> {
    let row = state.store.emails(account, &[draft]).await?.pop().ok_or(store::Error::NotFound)?;
    let raw = state.store.blob_read(account, &row.blob, None).await?;
    let sender = sender(state, person, account).await?;
    let Some(raw) = stamped(&raw, sender.as_ref())? else { return Ok(None) };
    let place = Place { received_at: row.received_at, mailboxes: row.mailboxes, keywords: row.keywords, dedup_key: None };
    let domain = state.config.mss.patient_domain.clone();
    let prepared = tokio::task::spawn_blocking(move || {
        let all = parties(&raw);
        with_patient(prepare(raw, place).0, &all, &domain)
    });
    prepared.await.map(Some).map_err(|_| store::Error::Busy("preparing stopped".into()))
}

fn stamped(raw: &[u8], sender: Option<&mail::Address>) -> Result<Option<Bytes>, store::Error> {
    let changed = mail::with_sender(raw, sender).map_err(|_| store::Error::Corrupt("name of a sender"))?;
    Ok(changed.map(Bytes::from))
}
