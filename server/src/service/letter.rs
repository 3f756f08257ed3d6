//! A letter of the service itself in somebody's inbox: plain text, once.

use bytes::Bytes;
use mail::build::{Draft, HeaderValue, build};
use mail::header::DateTime;
use store::Actor;
use store::emails::InsertOptions;
use wire::id::AccountId;

use super::outbox::inbox;
use super::prepare::{Place, prepare};
use crate::state::State;

/// What is put.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The same key is put once only.
    pub key: String,
    pub subject: String,
    pub text: String,
}

/// Puts a letter into the inbox of an account; a second time adds nothing.
///
/// # Errors
/// The store's.
pub async fn put(state: &State, account: AccountId, letter: Letter) -> Result<(), store::Error> {
    let holder = state.store.account(account).await?;
    let domain = holder.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned();
    let now = state.clock.now_ms();
    let name: String = letter.key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let draft = Draft {
        from: vec![mail::Address { name: Some("Pli".into()), email: format!("postmaster@{domain}") }],
        to: vec![mail::Address { name: Some(holder.name), email: holder.address }],
        subject: letter.subject,
        text: letter.text,
        message_id: Some(format!("{name}@{domain}")),
        date: Some(DateTime { unix_ms: now, offset_minutes: 0 }),
        headers: vec![("Auto-Submitted".into(), HeaderValue::Raw("auto-generated".into()))],
        ..Draft::default()
    };
    let raw = build(&draft).map_err(|_| store::Error::Corrupt("letter"))?;
    let mailboxes = vec![inbox(state, account).await?];
    let place = Place { received_at: now, mailboxes, keywords: Vec::new(), dedup_key: Some(letter.key) };
    let (email, _) = prepare(Bytes::from(raw), place);
    let options = InsertOptions { skip_existing: true, ..InsertOptions::default() };
    state.store.emails_insert(Actor::SYSTEM, account, vec![email], options).await.map(drop)
}
