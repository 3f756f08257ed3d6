//! What the server writes to a sender about a message: it failed, or it is late. Plain French, in the sender's own inbox,
//! as a report that programs can read too (RFC 3464).

use bytes::Bytes;
use mail::header::DateTime;
use relay::notice::compose::{Notice, Told, compose};
use relay::send::Trouble;
use store::emails::NewEmail;
use wire::id::AccountId;

use super::outbox::inbox;
use super::prepare::{Place, prepare};
use super::send::new_message_id;
use crate::portal::cgu::ZONE;
use crate::state::State;

pub use relay::notice::compose::Kind;

/// What is told of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    pub email: String,
    /// None where it was delivered.
    pub trouble: Option<Trouble>,
    /// The host that said so.
    pub host: Option<String>,
}

/// The message that is spoken of.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub account: AccountId,
    /// Its bytes, or its header at least.
    pub message: &'a [u8],
    pub envid: Option<&'a str>,
}

/// A notice for the inbox of the sender; `key` makes it one only.
///
/// # Errors
/// The store's; `Corrupt` when a value of the message cannot be quoted.
pub async fn write(
    state: &State,
    subject: Subject<'_>,
    kind: Kind,
    fates: &[Fate],
    key: String,
) -> Result<NewEmail, store::Error> {
    let account = state.store.account(subject.account).await?;
    let head = mail::parse(subject.message, &mail::Limits::default());
    let domain = account.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned();
    let now = state.clock.now_ms();
    let sent = head.sent_at.map_or(now, |date| date.unix_ms);
    let notice = Notice {
        kind,
        hostname: state.relay.as_ref().map_or_else(|| domain.clone(), |relay| relay.hostname.clone()),
        from: mail::Address { name: Some("Pli, service de remise".into()), email: format!("postmaster@{domain}") },
        to: mail::Address { name: Some(account.name), email: account.address.clone() },
        subject: head.subject.clone().unwrap_or_default(),
        sent: wall_clock(sent),
        original_id: head.message_id.first().cloned().unwrap_or_else(|| format!("unknown@{domain}")),
        envelope_id: subject.envid.map(str::to_owned),
        message_id: new_message_id(state, &account.address),
        date: DateTime { unix_ms: now, offset_minutes: 0 },
        headers: Vec::new(),
    };
    let told: Vec<Told> = fates.iter().map(|fate| told(state, &head, fate)).collect();
    let returned = mail::report::returned_headers(subject.message);
    let raw = compose(&notice, &told, Some(&returned)).map_err(|_| store::Error::Corrupt("notice"))?;
    let mailboxes = vec![inbox(state, subject.account).await?];
    let place = Place { received_at: now, mailboxes, keywords: Vec::new(), dedup_key: Some(key) };
    Ok(prepare(Bytes::from(raw), place).0)
}

/// The recipient as the sender wrote it. A patient's address holds the INS: then only the name is said.
fn told(state: &State, head: &mail::Parsed, fate: &Fate) -> Told {
    let same = |address: &&mail::Address| mail::address::normalise(&address.email).eq_ignore_ascii_case(&fate.email);
    let lists = [&head.to, &head.cc, &head.bcc].into_iter().flatten().flatten();
    let name = lists.filter(same).find_map(|address| address.name.clone()).filter(|name| !name.trim().is_empty());
    let is_patient =
        fate.email.rsplit_once('@').is_some_and(|(_, domain)| domain.eq_ignore_ascii_case(&state.config.mss.patient_domain));
    let shown = match name {
        Some(name) if is_patient => name,
        Some(name) => format!("{name} <{}>", fate.email),
        None if is_patient => "votre patient".into(),
        None => fate.email.clone(),
    };
    Told {
        shown,
        address: fate.email.clone(),
        trouble: fate.trouble.clone(),
        host: fate.host.clone(),
        original: None,
        patient: is_patient,
    }
}

/// `22/11/2026 à 09:05`, Paris time.
pub fn wall_clock(ms: i64) -> String {
    let local = crate::clock::local_minutes(ms, ZONE);
    let (day, time) = local.split_once('T').unwrap_or((local.as_str(), ""));
    format!("{} à {time}", super::tell::day(day))
}
