//! Handing a message to the outbox: the checks that the composer showed are made again here, then it waits until due.

use store::Store;
use store::emails::EmailRow;
use store::submissions::{Envelope, EnvelopeAddress, NewSubmission, Submission};
use wire::id::{EmailId, IdentityId};
use wire::limits;

use super::patients::sending::{self, PatientFault};
use super::recipients;
use super::structure::Structure;
use crate::auth::rights::{Acting, Send};
use crate::state::State;

/// What the server adds to the announced deadline, so that an undo at the last moment still works.
const GRACE_MS: i64 = 3_000;

/// A message to be sent.
#[derive(Debug, Clone)]
pub struct Submit {
    pub email: EmailId,
    /// None: the account's first.
    pub identity: Option<IdentityId>,
    /// None: from the header fields.
    pub envelope: Option<Envelope>,
    /// Not before this time, in milliseconds; none: at once.
    pub send_at: Option<i64>,
    /// The sender knows that a patient and others, or several patients, see each other.
    pub confirmed: bool,
}

/// Why a message was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    #[error("no such message")]
    NoEmail,
    #[error("no such identity")]
    NoIdentity,
    /// The sender is not the identity's.
    #[error("the envelope is not from this identity")]
    ForbiddenMailFrom,
    #[error("the message is not from this identity")]
    ForbiddenFrom,
    #[error("no recipients")]
    NoRecipients,
    #[error("more than {0} recipients")]
    TooManyRecipients(usize),
    /// Each with its state (`invalid`, `unknown`, `outside`).
    #[error("recipients that cannot be reached")]
    InvalidRecipients(Vec<(String, String)>),
    #[error("a message that cannot be sent: {0:?}")]
    InvalidEmail(Vec<&'static str>),
    #[error("larger than {0} octets")]
    TooLarge(u64),
    /// The BAL sends too much: which limit (`messages-hour`…) and its number.
    #[error("the rate {0} of {1} is exceeded")]
    TooMuch(&'static str, u32),
    /// A patient among the recipients, or spoken of, stands against it.
    #[error("not for patients: {}", .0.code())]
    Patient(PatientFault),
    #[error(transparent)]
    Store(store::Error),
}

impl From<store::Error> for SubmitError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

/// An id for a message of this server.
pub fn new_message_id(state: &State, address: &str) -> String {
    let mut bytes = [0; 16];
    state.random.fill(&mut bytes);
    let left: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let domain = address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    format!("{left}@{domain}")
}

/// Puts a message in the outbox. The same message again gives the first submission.
///
/// # Errors
/// Why it is not accepted.
pub async fn submit(state: &State, acting: &Acting<Send>, submit: Submit) -> Result<Submission, SubmitError> {
    submit_to(state, &state.store, acting, submit).await
}

/// The same, written by a store that may expect something of the account.
///
/// # Errors
/// As [`submit`]; the store's `StateMismatch`.
pub async fn submit_to(
    state: &State,
    outbox: &Store,
    acting: &Acting<Send>,
    submit: Submit,
) -> Result<Submission, SubmitError> {
    let account = acting.account();
    let row = state.store.emails(account, &[submit.email]).await?.pop().ok_or(SubmitError::NoEmail)?;
    let (_, bytes) = state.store.structures(account, &[submit.email]).await?.pop().ok_or(SubmitError::NoEmail)?;
    let structure = Structure::from_bytes(&bytes);
    let identities = state.store.identities(account).await?;
    let identity = match submit.identity {
        Some(id) => identities.iter().find(|identity| identity.id == id),
        None => identities.first(),
    };
    let identity = identity.ok_or(SubmitError::NoIdentity)?;
    check_message(state, &row, &structure, &identity.email)?;
    let envelope = submit.envelope.unwrap_or_else(|| from_fields(&structure, &identity.email));
    if !envelope.mail_from.email.eq_ignore_ascii_case(&identity.email) {
        return Err(SubmitError::ForbiddenMailFrom);
    }
    let envelope = check_recipients(state, envelope).await?;
    let recipients: Vec<String> = envelope.rcpt_to.iter().map(|rcpt| rcpt.email.clone()).collect();
    let fault = sending::fault(state, account, &row, &structure, &recipients, submit.confirmed).await?;
    if let Some(fault) = fault {
        return Err(SubmitError::Patient(fault));
    }
    let now = state.clock.now_ms();
    let send_at = submit.send_at.unwrap_or(now).max(now);
    let due_at = if send_at > now { send_at + GRACE_MS } else { now };
    let rates = state.config.rates.limits();
    let rates = state.store.application(account).await?.map_or(rates, |program| program.rates.over(rates));
    let new = NewSubmission { email: submit.email, identity: identity.id, envelope, send_at, due_at, rates };
    outbox.submission_create(acting.actor(), account, new).await.map_err(|error| match error {
        store::Error::Limit { what } => SubmitError::TooMuch(what, rates.of(what)),
        other => SubmitError::Store(other),
    })
}

fn check_message(state: &State, row: &EmailRow, structure: &Structure, identity: &str) -> Result<(), SubmitError> {
    let max = state.config.limits.message_octets;
    if row.size > max {
        return Err(SubmitError::TooLarge(max));
    }
    let from = structure.from.as_deref().unwrap_or_default();
    if from.is_empty() {
        return Err(SubmitError::InvalidEmail(vec!["from"]));
    }
    let own = |email: &str| mail::address::normalise(email).eq_ignore_ascii_case(identity);
    let sender = structure.sender.iter().flatten();
    if !from.iter().chain(sender).all(|address| own(&address.email)) {
        return Err(SubmitError::ForbiddenFrom);
    }
    Ok(())
}

fn from_fields(structure: &Structure, identity: &str) -> Envelope {
    let bare = |email: &str| EnvelopeAddress { email: email.to_owned(), parameters: Vec::new() };
    Envelope { mail_from: bare(identity), rcpt_to: structure.recipients().map(|a| bare(&a.email)).collect() }
}

/// Each recipient once, all of them reachable.
async fn check_recipients(state: &State, mut envelope: Envelope) -> Result<Envelope, SubmitError> {
    let mut seen = std::collections::HashSet::new();
    for rcpt in &mut envelope.rcpt_to {
        rcpt.email = mail::address::normalise(&rcpt.email).to_lowercase();
    }
    envelope.rcpt_to.retain(|rcpt| seen.insert(rcpt.email.clone()));
    if envelope.rcpt_to.is_empty() {
        return Err(SubmitError::NoRecipients);
    }
    let max = state.config.limits.recipients.min(limits::RECIPIENTS);
    if envelope.rcpt_to.len() > max {
        return Err(SubmitError::TooManyRecipients(max));
    }
    let addresses: Vec<String> = envelope.rcpt_to.iter().map(|rcpt| rcpt.email.clone()).collect();
    let bad: Vec<(String, String)> = recipients::states(state, &addresses)
        .await?
        .into_iter()
        .filter(|recipient| recipient.state != "ok")
        .map(|recipient| (recipient.email, recipient.state))
        .collect();
    if bad.is_empty() { Ok(envelope) } else { Err(SubmitError::InvalidRecipients(bad)) }
}
