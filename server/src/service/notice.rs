//! What the server writes to a sender when a message could not be delivered: plain French, in the sender's own inbox.

use bytes::Bytes;
use mail::build::{Draft, HeaderValue, build};
use mail::header::DateTime;
use store::Actor;
use store::emails::InsertOptions;
use store::submissions::DueSubmission;

use super::outbox::inbox;
use super::prepare::{Place, prepare};
use crate::state::State;

/// Why a recipient was not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No such BAL.
    Unknown,
    /// The sender lost the right to send meanwhile.
    NoRight,
    /// The message was destroyed before it left.
    Gone,
    /// Tried for too long.
    TooLong,
}

impl Reason {
    fn sentence(self) -> &'static str {
        match self {
            Self::Unknown => "cette adresse n'existe pas ou n'existe plus",
            Self::NoRight => "l'autorisation d'envoyer depuis cette boîte a été retirée avant l'envoi",
            Self::Gone => "le message a été supprimé avant son envoi",
            Self::TooLong => "la remise a échoué plusieurs fois ; réessayez plus tard",
        }
    }
}

/// Puts one notice about all failed recipients into the sender's inbox; a second call adds nothing.
///
/// # Errors
/// The store's.
pub async fn failed(state: &State, due: &DueSubmission, recipients: &[(String, Reason)]) -> Result<(), store::Error> {
    let account = state.store.account(due.account).await?;
    let subject =
        state.store.summaries(due.account, &[due.submission.email]).await?.pop().and_then(|(_, summary)| summary.subject);
    let subject = subject.unwrap_or_else(|| "(sans objet)".into());
    let domain = account.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned();
    let lines: String = recipients.iter().map(|(email, reason)| format!("  - {email} : {}\n", reason.sentence())).collect();
    let original = state.store.structures(due.account, &[due.submission.email]).await?.pop();
    let references =
        original.map(|(_, bytes)| super::structure::Structure::from_bytes(&bytes).message_id).unwrap_or_default();
    let now = state.clock.now_ms();
    let draft = Draft {
        from: vec![mail::Address { name: Some("Pli, service de remise".into()), email: format!("postmaster@{domain}") }],
        to: vec![mail::Address { name: Some(account.name.clone()), email: account.address.clone() }],
        subject: format!("Message non remis : {subject}"),
        text: format!(
            "Bonjour,\n\nVotre message « {subject} » n'a pas pu être remis à :\n\n{lines}\n\
             Il n'a pas été envoyé à ces destinataires. Vérifiez l'adresse, puis renvoyez-le depuis le dossier Envoyés.\n\n\
             Ce message est automatique : il est inutile d'y répondre.\n"
        ),
        in_reply_to: references.clone(),
        references,
        message_id: Some(format!("notice-{}@{domain}", due.submission.id)),
        date: Some(DateTime { unix_ms: now, offset_minutes: 0 }),
        headers: vec![("Auto-Submitted".into(), HeaderValue::Raw("auto-replied".into()))],
        ..Draft::default()
    };
    let raw = build(&draft).map_err(|_| store::Error::Corrupt("notice"))?;
    let place = Place {
        received_at: now,
        mailboxes: vec![inbox(state, due.account).await?],
        keywords: Vec::new(),
        dedup_key: Some(format!("notice:{}", due.submission.id)),
    };
    let (email, _) = prepare(Bytes::from(raw), place);
    let options = InsertOptions { skip_existing: true, ..InsertOptions::default() };
    state.store.emails_insert(Actor::SYSTEM, due.account, vec![email], options).await.map(drop)
}
