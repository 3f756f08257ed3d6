//! Terms of service (CGU): nobody gets in on any channel before accepting those in force; who has an access is told of
//! new ones beforehand.

use app::{
    format::date,
    i18n::{self, Lang},
};
use store::{
    Actor,
    cgu::{Acceptance, AcceptedBy, CguVersion},
};
use wire::{id::PersonId, portal::Action};

use crate::{auth::Caller, clock, error::Error, service::letter, state::State};

/// The code of the refusal.
pub const NOT_ACCEPTED: &str = "cgu-not-accepted";
/// The version of the privacy notice, which is accepted with the terms: change it with the text of `[site] privacy_text`.
pub const NOTICE: &str = "2026-11-22";
/// Dates of the terms are those of Paris.
pub const ZONE: &str = "Europe/Paris";

/// A version is announced until so long after its date: whoever comes later is asked at the door anyway.
const ANNOUNCED_MS: i64 = 30 * 86_400_000;
/// Persons told in one go.
const TOLD_AT_ONCE: u32 = 50;

/// Has this caller accepted what is in force? Asked before everything that a person or their software may do.
///
/// # Errors
/// `CguNotAccepted`, or the store's.
pub async fn accepted(state: &State, caller: &Caller) -> Result<(), Error> {
    match state.store.cgu_must_accept(caller.person).await? {
        None => Ok(()),
        Some(_) => Err(Error::CguNotAccepted),
    }
}

/// The version to put before a person: the one in their way, else the newest one to come that they did not accept.
///
/// # Errors
/// The store's.
pub async fn to_accept(state: &State, person: PersonId) -> Result<Option<(i64, bool)>, Error> {
    if let Some(version) = state.store.cgu_must_accept(person).await? {
        return Ok(Some((version, false)));
    }
    let newest = state.store.cgu_versions().await?.into_iter().next();
    let Some(coming) = newest.filter(|newest| newest.from_at > state.clock.now_ms()) else { return Ok(None) };
    let known = state.store.cgu_accepted(person).await?;
    Ok((!known.iter().any(|one| one.version >= coming.version)).then_some((coming.version, true)))
}

/// Keeps that the person behind the caller accepts a version on the page that asks for it.
///
/// # Errors
/// `Forbidden` for software, which cannot accept for a person; the store's.
pub async fn accept(state: &State, caller: &Caller, version: i64) -> Result<(), Error> {
    if caller.session.is_none() {
        return Err(Error::Forbidden);
    }
    let acceptance = Acceptance { version, by: AcceptedBy::Page, notice: NOTICE.into() };
    Ok(state.store.cgu_accept(caller.actor(), caller.person, acceptance).await?)
}

/// The day a version begins, as people read it.
pub fn day(lang: Lang, ms: i64) -> String {
    date::day(lang, &clock::local_minutes(ms, ZONE))
}

/// Tells those who have an access of versions to come or just begun; how many were told. Safe beside other processes.
///
/// # Errors
/// The store's.
pub async fn announce(state: &State) -> Result<usize, store::Error> {
    let since = state.clock.now_ms() - ANNOUNCED_MS;
    let mut told = 0;
    if !state.mailer.is_configured() {
        return Ok(told);
    }
    for version in state.store.cgu_versions().await?.into_iter().filter(|version| version.from_at > since) {
        for person in state.store.cgu_to_tell(&version, TOLD_AT_ONCE).await? {
            if !state.store.cgu_claim_notice(version.version, person).await? {
                continue;
            }
            match tell(state, &version, person).await {
                Ok(()) => {
                    state.store.cgu_told(version.version, person).await?;
                    told += 1;
                }
                // Only the outermost sentence: what the mail server said may hold the address.
                Err(error) => tracing::warn!(%error, "somebody could not be told of the new terms, trying again later"),
            }
        }
    }
    Ok(told)
}

/// One person: at the ordinary address, and in the mailboxes they hold.
async fn tell(state: &State, version: &CguVersion, person: PersonId) -> anyhow::Result<()> {
    let preferred = state.store.preferences(person).await?.language;
    let lang = preferred.as_deref().and_then(Lang::from_code).unwrap_or_default();
    let url = format!("{}/cgu/{}", state.config.origin(), version.version);
    let text = i18n::cgu::announce_text(lang, &day(lang, version.from_at), &url);
    let (subject, text) = (i18n::cgu::announce_subject(lang), text.trim_start().to_owned());
    let contact = state.store.contact(person).await?;
    state.mailer.send(&contact.ordinary_email, subject, text.clone()).await?;
    for right in state.store.rights(person).await?.into_iter().filter(|right| right.action == Action::Manage) {
        let key = format!("cgu:{}:{}", version.version, right.account);
        letter::put(state, right.account, letter::Letter { key, subject: subject.into(), text: text.clone() }).await?;
    }
    Ok(())
}

/// Publishes a version, for the command line.
///
/// # Errors
/// When the text is empty or too long, or an earlier version begins later.
pub async fn publish(
    store: &store::Store,
    actor: Actor,
    body: String,
    translation: Option<String>,
    from_at: i64,
) -> anyhow::Result<i64> {
    const LONGEST: usize = 500_000;
    for text in [Some(&body), translation.as_ref()].into_iter().flatten() {
        if text.trim().is_empty() || text.len() > LONGEST {
            anyhow::bail!("the text must have between 1 and {LONGEST} octets");
        }
    }
    let published = store.cgu_publish(actor, body, translation, from_at).await;
    published.map_err(|error| match error.is_conflict("cgu_version_order") {
        true => anyhow::anyhow!("a version that begins at the same time or later is published already"),
        false => error.into(),
    })
}
