//! Whether a message may leave for patients, and whether one about a patient may leave at all: asked when it is handed to
//! the outbox, and again when it is due.

use store::emails::EmailRow;
use store::submissions::DueSubmission;
use wire::id::AccountId;
use wire::ins;

use crate::service::structure::Structure;
use crate::state::State;

/// Why a message may not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatientFault {
    /// The address holds no right matricule.
    Matricule(ins::Fault),
    /// Nobody attested that this INS is qualified (référentiel #2, 2.2.6).
    NotQualified,
    /// The patient opposed mail to them.
    Opposed,
    /// It is about a patient who opposed mail about them.
    AboutOpposed,
    /// Larger than Mon espace santé takes, in octets.
    TooLarge(u64),
    /// Several would see each other: so many patients, so many others. Sent when it is confirmed.
    Mixed(usize, usize),
}

impl PatientFault {
    /// The code of the sentence in the locale files.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Matricule(fault) => fault.code(),
            Self::NotQualified => "patient-not-qualified",
            Self::Opposed => "patient-opposed",
            Self::AboutOpposed => "patient-about-opposed",
            Self::TooLarge(_) => "patient-too-large",
            Self::Mixed(1, _) => "patient-mixed",
            Self::Mixed(..) => "patient-several",
        }
    }

    /// What the sentence names.
    pub fn params(&self) -> Vec<String> {
        match self {
            Self::Matricule(fault) => fault.params(),
            // 25 Mo as people count them.
            Self::TooLarge(octets) => vec![(octets / 1_000_000).to_string()],
            Self::Mixed(patients, _) => vec![patients.to_string()],
            _ => Vec::new(),
        }
    }
}

/// Is this an address of a patient?
pub fn is_patient(state: &State, address: &str) -> bool {
    let ours = state.config.mss.patient_domain.as_str();
    address.rsplit_once('@').is_some_and(|(_, domain)| domain.eq_ignore_ascii_case(ours))
}

/// Those whom a message names as answered, forwarded or referred to.
fn named(structure: &Structure) -> Vec<String> {
    mail::thread::ids(&structure.message_id, &structure.in_reply_to, &structure.references).named
}

/// Why this message may not leave for these recipients; none: it may. `confirmed`: the sender knows who sees whom.
///
/// # Errors
/// The store's.
pub async fn fault(
    state: &State,
    account: AccountId,
    row: &EmailRow,
    structure: &Structure,
    recipients: &[String],
    confirmed: bool,
) -> Result<Option<PatientFault>, store::Error> {
    let (patients, others): (Vec<&String>, Vec<&String>) = recipients.iter().partition(|to| is_patient(state, to));
    for address in &patients {
        if let Some(fault) = one(state, account, address).await? {
            return Ok(Some(fault));
        }
    }
    if !others.is_empty() && state.store.about_opposed(account, row.thread, &named(structure)).await?.is_some() {
        return Ok(Some(PatientFault::AboutOpposed));
    }
    if patients.is_empty() {
        return Ok(None);
    }
    let most = state.config.mss.patient_octets;
    if row.size > most {
        return Ok(Some(PatientFault::TooLarge(most)));
    }
    let seen = patients.len() > 1 || !others.is_empty();
    Ok((seen && !confirmed).then_some(PatientFault::Mixed(patients.len(), others.len())))
}

/// Why this patient may not be written to; none: they may.
async fn one(state: &State, account: AccountId, address: &str) -> Result<Option<PatientFault>, store::Error> {
    let known = state.store.patient_of_address(account, address).await?;
    let nature = known.as_ref().and_then(|patient| ins::Nature::from_code(&patient.traits.nature)).unwrap_or_default();
    let local = address.split('@').next().unwrap_or_default();
    // The key of a number of tests was looked at when its nature was said.
    if let Err(wrong) = ins::parse(local, nature) {
        return Ok(Some(PatientFault::Matricule(wrong)));
    }
    Ok(match known {
        Some(patient) if patient.opposed => Some(PatientFault::Opposed),
        Some(patient) if patient.attested.is_some() => None,
        _ => Some(PatientFault::NotQualified),
    })
}

/// Did a patient among these recipients oppose mail to them?
///
/// # Errors
/// The store's.
pub async fn opposed(
    state: &State,
    account: AccountId,
    recipients: impl Iterator<Item = &str>,
) -> Result<bool, store::Error> {
    for address in recipients.filter(|address| is_patient(state, address)) {
        if state.store.patient_of_address(account, address).await?.is_some_and(|patient| patient.opposed) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Was an opposition recorded since this message was handed in?
///
/// # Errors
/// The store's.
pub async fn opposed_since(state: &State, due: &DueSubmission, raw: &[u8]) -> Result<bool, store::Error> {
    if opposed(state, due.account, due.submission.envelope.rcpt_to.iter().map(|to| to.email.as_str())).await? {
        return Ok(true);
    }
    if due.submission.envelope.rcpt_to.iter().all(|to| is_patient(state, &to.email)) {
        return Ok(false);
    }
    let head = mail::parse_head(raw);
    let named = mail::thread::ids(&head.message_id, &head.in_reply_to, &head.references).named;
    Ok(state.store.about_opposed(due.account, due.submission.thread, &named).await?.is_some())
}
