//! What the service tells people outside of it: that something was done to their access, that mail came. Through a queue
//! that survives crashes; the words are constant, never health data, never who wrote or about what.

use app::i18n::{Lang, told as words};
use store::notices::{Channel, DueNotice, Notice};
use wire::id::PersonId;

use crate::state::State;

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    PasswordChanged,
    PasswordRecovered,
    EmailChanged,
    MobileChanged,
    DeviceAdded,
    DeviceRemoved,
    PasskeyAdded,
    PasskeyRemoved,
    /// Its counter of signatures went back.
    PasskeyCopied,
    ApproverAdded,
    ApproverRemoved,
    ApprovalRefused,
    TokenMade,
    Suspended,
    RecoveryAsked,
    RecoveryImpossible,
    /// The address of the link.
    RecoverLink(String),
    SuspendLink(String),
    AssistedLink(String),
    /// The BAL, and the day of its end.
    ClosingAsked(String, String),
    ClosingCancelled(String),
    Closed(String),
    NewMail,
    /// The address of the link.
    DelegationOffered(String),
    DelegationBegun,
    DelegationAccepted,
    DelegationRefused,
    DelegationChanged,
    DelegationEnded,
    DelegationEnding,
    /// What the person left to be sent did not leave: their right had ended.
    Unsent,
    DraftWaits,
    DraftReturned,
    /// The address of the link.
    StructureOffered(String),
    StructureJoined,
    StructureRefused,
    StructureNamed,
    StructureBox,
    StructureLeft,
    /// To who administers: somebody went by themself.
    StructureLeftBySelf,
    ReviewAsked,
    ReviewReminder,
    ReviewSuspended,
}

impl Told {
    fn sentence(&self, lang: Lang) -> String {
        match self {
            Self::PasswordChanged => words::password_changed(lang).into(),
            Self::PasswordRecovered => words::password_recovered(lang).into(),
            Self::EmailChanged => words::email_changed(lang).into(),
            Self::MobileChanged => words::mobile_changed(lang).into(),
            Self::DeviceAdded => words::device_added(lang).into(),
            Self::DeviceRemoved => words::device_removed(lang).into(),
            Self::PasskeyAdded => words::passkey_added(lang).into(),
            Self::PasskeyRemoved => words::passkey_removed(lang).into(),
            Self::PasskeyCopied => words::passkey_copied(lang).into(),
            Self::ApproverAdded => words::approver_added(lang).into(),
            Self::ApproverRemoved => words::approver_removed(lang).into(),
            Self::ApprovalRefused => words::approval_refused(lang).into(),
            Self::TokenMade => words::token_made(lang).into(),
            Self::Suspended => words::suspended(lang).into(),
            Self::RecoveryAsked => words::recovery_asked(lang).into(),
            Self::RecoveryImpossible => words::recovery_impossible(lang).into(),
            Self::RecoverLink(url) => words::recover_link(lang, url),
            Self::SuspendLink(url) => words::suspend_link(lang, url),
            Self::AssistedLink(url) => words::assisted_link(lang, url),
            Self::ClosingAsked(address, day) => words::closing_asked(lang, address, day),
            Self::ClosingCancelled(address) => words::closing_cancelled(lang, address),
            Self::Closed(address) => words::closed(lang, address),
            Self::NewMail => words::new_mail(lang).into(),
            Self::DelegationOffered(url) => words::delegation_offered(lang, url),
            Self::DelegationBegun => words::delegation_begun(lang).into(),
            Self::DelegationAccepted => words::delegation_accepted(lang).into(),
            Self::DelegationRefused => words::delegation_refused(lang).into(),
            Self::DelegationChanged => words::delegation_changed(lang).into(),
            Self::DelegationEnded => words::delegation_ended(lang).into(),
            Self::DelegationEnding => words::delegation_ending(lang).into(),
            Self::Unsent => words::unsent(lang).into(),
            Self::DraftWaits => words::draft_waits(lang).into(),
            Self::DraftReturned => words::draft_returned(lang).into(),
            Self::StructureOffered(url) => words::structure_offered(lang, url),
            Self::StructureJoined => words::structure_joined(lang).into(),
            Self::StructureRefused => words::structure_refused(lang).into(),
            Self::StructureNamed => words::structure_named(lang).into(),
            Self::StructureBox => words::structure_box(lang).into(),
            Self::StructureLeft => words::structure_left(lang).into(),
            Self::StructureLeftBySelf => words::structure_left_by_self(lang).into(),
            Self::ReviewAsked => words::review_asked(lang).into(),
            Self::ReviewReminder => words::review_reminder(lang).into(),
            Self::ReviewSuspended => words::review_suspended(lang).into(),
        }
    }

    /// The notice for a channel. What concerns safety is rather sent twice than never.
    pub fn notice(&self, lang: Lang, origin: &str, channel: Channel, to: Option<String>) -> Notice {
        let sentence = self.sentence(lang);
        let text = match (channel, self) {
            (Channel::Sms, _) => words::sms(lang, &sentence),
            (Channel::Email, Self::NewMail) => words::mail_plain(lang, &sentence, origin),
            (Channel::Email, _) => words::mail(lang, &sentence, origin),
        };
        let subject = if *self == Self::NewMail { words::new_mail_subject(lang) } else { words::subject(lang) };
        Notice { to, subject: subject.into(), text, again: *self != Self::NewMail }
    }
}

/// The language one is written to in.
///
/// # Errors
/// The store's.
pub async fn lang(state: &State, person: PersonId) -> Result<Lang, store::Error> {
    let preferences = state.store.preferences(person).await?;
    Ok(preferences.language.as_deref().and_then(Lang::from_code).unwrap_or_default())
}

/// What tells a person on every channel they have, to be queued in the transaction of what is told; [`wake`] afterwards.
///
/// # Errors
/// The store's.
pub async fn notices(
    state: &State,
    person: PersonId,
    told: &Told,
) -> Result<Vec<(PersonId, Channel, Notice)>, store::Error> {
    let lang = lang(state, person).await?;
    let mut channels = vec![Channel::Email];
    if has_mobile(state, person).await? {
        channels.push(Channel::Sms);
    }
    let notice = |channel| (person, channel, told.notice(lang, state.config.origin(), channel, None));
    Ok(channels.into_iter().map(notice).collect())
}

/// Tells a person on every channel they have.
///
/// # Errors
/// The store's.
pub async fn person(state: &State, person: PersonId, told: Told) -> Result<(), store::Error> {
    queue(state, notices(state, person, &told).await?).await
}

/// Writes to the ordinary address only, in the language of the page that asked.
///
/// # Errors
/// The store's.
pub async fn letter(state: &State, person: PersonId, told: Told, lang: Lang) -> Result<(), store::Error> {
    let notice = told.notice(lang, state.config.origin(), Channel::Email, None);
    queue(state, vec![(person, Channel::Email, notice)]).await
}

/// Writes to the mobile only, if there is one.
///
/// # Errors
/// The store's.
pub async fn mobile(state: &State, person: PersonId, told: Told) -> Result<(), store::Error> {
    if !has_mobile(state, person).await? {
        return Ok(());
    }
    let notice = told.notice(lang(state, person).await?, state.config.origin(), Channel::Sms, None);
    queue(state, vec![(person, Channel::Sms, notice)]).await
}

/// Tells a person at a contact they had before, and on every channel they have.
///
/// # Errors
/// The store's.
pub async fn old_contact(
    state: &State,
    to: PersonId,
    told: Told,
    channel: Channel,
    old: String,
) -> Result<(), store::Error> {
    let notice = told.notice(lang(state, to).await?, state.config.origin(), channel, Some(old));
    queue(state, vec![(to, channel, notice)]).await?;
    person(state, to, told).await
}

async fn has_mobile(state: &State, person: PersonId) -> Result<bool, store::Error> {
    Ok(state.sms.is_configured() && state.store.contact(person).await?.mobile.is_some())
}

async fn queue(state: &State, notices: Vec<(PersonId, Channel, Notice)>) -> Result<(), store::Error> {
    state.store.notices_add(notices).await?;
    wake(state);
    Ok(())
}

/// Sends what was queued at once; the job behind it finds what this misses.
pub fn wake(state: &State) {
    let state = state.clone();
    tokio::spawn(async move { drop(send_due(&state).await) });
}

/// Tries of one notice.
const ATTEMPTS: i64 = 8;

/// Sends what is due; how many were taken up.
///
/// # Errors
/// The store's.
pub async fn send_due(state: &State) -> Result<usize, store::Error> {
    let due = state.store.notices_due(20).await?;
    let count = due.len();
    for one in due {
        let sent = send(state, &one).await;
        state.metrics.event("notice", if sent.is_ok() { "sent" } else { "failed" });
        match sent {
            Ok(()) => state.store.notice_done(one.id).await?,
            Err(error) if one.attempts >= ATTEMPTS => {
                tracing::error!(%error, "a notice was given up");
                state.store.notice_done(one.id).await?;
            }
            Err(error) => {
                tracing::warn!(%error, "a notice could not be sent, it will be tried again");
                let wait = (15_000_i64 << one.attempts.clamp(0, 10)).min(3_600_000);
                state.store.notice_retry(one.id, state.clock.now_ms() + wait).await?;
            }
        }
    }
    Ok(count)
}

async fn send(state: &State, due: &DueNotice) -> anyhow::Result<()> {
    let contact = state.store.contact(due.person).await?;
    let notice = &due.notice;
    match due.channel {
        Channel::Email => {
            let to = notice.to.as_deref().unwrap_or(&contact.ordinary_email);
            state.mailer.send(to, &notice.subject, notice.text.clone()).await
        }
        Channel::Sms => match notice.to.as_deref().or(contact.mobile.as_deref()) {
            Some(to) => state.sms.send(to, &notice.text).await,
            // Given up meanwhile.
            None => Ok(()),
        },
    }
}

/// Words of a day for a sentence: `22/12/2026`.
pub fn day(local: &str) -> String {
    let mut parts = local.get(..10).unwrap_or(local).split('-').collect::<Vec<_>>();
    parts.reverse();
    parts.join("/")
}
