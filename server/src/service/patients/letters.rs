//! Messages to a patient that one click, the clock or an absence makes: the end of an exchange, its reopening, that one is
//! away. They leave by the outbox as any other and stand among the sent messages of the BAL.

use std::collections::BTreeSet;

use store::Actor;
use store::mailboxes::Role;
use store::patients::book::Patient;
use store::patients::exchange::Writer;
use store::submissions::{Envelope, EnvelopeAddress, NewSubmission};
use wire::id::{AccountId, PatientId};
use wire::mail::keyword;

use super::notice::EMERGENCY;
use crate::auth::rights::{Acting, Send};
use crate::service::draft::{self, ComposeError, DraftInput};
use crate::state::State;

const DAY_MS: i64 = 86_400_000;
/// Exchanges that one look closes.
const BATCH: u32 = 50;

/// What a letter says, and does to the exchange.
struct Letter<'a> {
    subject: &'a str,
    text: String,
    ends: bool,
    automatic: bool,
}

/// May the server write to this patient by itself?
fn reachable(patient: &Patient) -> bool {
    !patient.opposed && !patient.traits.address.is_empty()
}

async fn send(
    state: &State,
    actor: Actor,
    account: AccountId,
    patient: &Patient,
    letter: Letter<'_>,
) -> Result<(), store::Error> {
    let name = patient.traits.name();
    let to = mail::Address { name: Some(name).filter(|name| !name.is_empty()), email: patient.traits.address.clone() };
    let input = DraftInput {
        to: to.display(),
        subject: letter.subject.to_owned(),
        text: letter.text,
        ends: letter.ends,
        automatic: letter.automatic,
        ..DraftInput::default()
    };
    let mut email = match draft::prepared(state, account, None, &input).await {
        Ok(email) => email,
        Err(ComposeError::Store(error)) => return Err(error),
        Err(_) => return Err(store::Error::Corrupt("letter to a patient")),
    };
    email.mailboxes = vec![state.store.mailbox_by_role(account, Role::Sent).await?.ok_or(store::Error::NotFound)?];
    email.keywords = vec![keyword::SEEN.into()];
    let identity = state.store.identities(account).await?.into_iter().next().ok_or(store::Error::NotFound)?;
    let bare = |email: &str| EnvelopeAddress { email: email.to_owned(), parameters: Vec::new() };
    let envelope = Envelope { mail_from: bare(&identity.email), rcpt_to: vec![bare(&patient.traits.address)] };
    let record = state.store.email_insert(actor, account, email).await?;
    let now = state.clock.now_ms();
    let rates = state.config.rates.limits();
    let new = NewSubmission { email: record.id, identity: identity.id, envelope, send_at: now, due_at: now, rates };
    state.store.submission_create(actor, account, new).await.map(drop)
}

async fn closed(state: &State, actor: Actor, account: AccountId, id: PatientId, why: &str) -> Result<bool, store::Error> {
    let patient = state.store.patient(account, id).await?;
    if !state.store.exchange_close(actor, account, id).await? {
        return Ok(false);
    }
    // Who never got a message has nothing to be told of.
    if patient.last_at.is_some() && reachable(&patient) {
        let text = format!("{why} Au besoin, contactez-moi par téléphone.\n\n{EMERGENCY}");
        let letter = Letter { subject: "Fin de notre échange", text, ends: true, automatic: false };
        send(state, actor, account, &patient, letter).await?;
    }
    Ok(true)
}

/// Closes an exchange at once; the patient is told and Mon espace santé takes the right to answer away. False when it was
/// closed already.
///
/// # Errors
/// The store's; `NotFound`.
pub async fn close(state: &State, acting: &Acting<Send>, id: PatientId) -> Result<bool, store::Error> {
    let why = "Notre échange est terminé : vous ne pouvez plus y répondre.";
    closed(state, acting.actor(), acting.account(), id, why).await
}

/// Reopens an exchange with a message that the patient may answer (`domain.md` §3: only a new message does). False when
/// it was open, or the patient may not be written to.
///
/// # Errors
/// The store's; `NotFound`.
pub async fn reopen(state: &State, acting: &Acting<Send>, id: PatientId) -> Result<bool, store::Error> {
    let account = acting.account();
    let patient = state.store.patient(account, id).await?;
    if !reachable(&patient)
        || patient.attested.is_none()
        || !state.store.exchange_reopen(acting.actor(), account, id).await?
    {
        return Ok(false);
    }
    let text = format!("Notre échange est de nouveau ouvert : vous pouvez répondre à ce message.\n\n{EMERGENCY}");
    let letter = Letter { subject: "Reprise de notre échange", text, ends: false, automatic: false };
    send(state, acting.actor(), account, &patient, letter).await?;
    Ok(true)
}

/// Closes what nobody goes on with; how many.
///
/// # Errors
/// The store's.
pub async fn close_idle(state: &State) -> Result<usize, store::Error> {
    let (mut count, mut seen) = (0, BTreeSet::new());
    for (account, id) in state.store.exchanges_idle(state.config.mss.patient_close_days, BATCH).await? {
        let why = "Sans nouveau message depuis longtemps, notre échange est clos : vous ne pouvez plus y répondre.";
        match closed(state, Actor::SYSTEM, account, id, why).await {
            Ok(done) => count += usize::from(done),
            // One BAL in trouble does not hold back the others.
            Err(error) if seen.insert(account) => {
                tracing::warn!(error = %error, account = %account, "an exchange could not be closed, trying again");
            }
            Err(_) => {}
        }
    }
    Ok(count)
}

/// Tells a patient who wrote that one is away, once in an absence.
///
/// # Errors
/// The store's.
pub async fn away(state: &State, account: AccountId, writer: &Writer) -> Result<(), store::Error> {
    let (rules, now) = (state.store.patient_rules(account).await?, state.clock.now_ms());
    if !rules.is_away(now) {
        return Ok(());
    }
    let Some(patient) = state.store.patient_of_address(account, &writer.address).await? else { return Ok(()) };
    let since = rules.away_from.unwrap_or(now - 7 * DAY_MS);
    if !reachable(&patient) || !state.store.patient_away(account, patient.id, since).await? {
        return Ok(());
    }
    let text = format!("{}\n\n{EMERGENCY}", rules.away.trim());
    let letter = Letter { subject: "Absence", text, ends: false, automatic: true };
    send(state, Actor::SYSTEM, account, &patient, letter).await
}
