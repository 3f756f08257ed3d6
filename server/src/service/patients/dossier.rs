//! Everything about one patient in one BAL, gathered (I8): messages, documents, exchange, register, and who consulted it;
//! as files to hand over; and its deletion.

use std::collections::{HashMap, HashSet};

use bytes::{BufMut, Bytes, BytesMut};
use store::emails::{EmailRow, Summary};
use store::patients::book::Patient;
use store::patients::register::Record;
use wire::id::{AccountId, EmailId, PatientId, PersonId};
use wire::mail::keyword;

use super::Exchange;
use crate::auth::rights::{Acting, Manage};
use crate::service::structure::Structure;
use crate::service::team;
use crate::state::State;

/// Messages destroyed in one transaction.
const BATCH: usize = 50;

/// A message with a patient.
#[derive(Debug, Clone)]
pub struct Written {
    pub row: EmailRow,
    pub summary: Summary,
    /// Its parts that are documents: id of the part, name, octets.
    pub documents: Vec<(usize, String, u64)>,
    /// The patient wrote it.
    pub theirs: bool,
}

/// Somebody opened or sent a message with a patient, or opened or took away what is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consulted {
    /// None: the sheet.
    pub email: Option<EmailId>,
    pub person: PersonId,
    pub at: i64,
    /// `read` or `sent` of a message, `opened` or `exported` of the sheet.
    pub what: &'static str,
}

/// Everything about a patient in a BAL.
#[derive(Debug, Clone)]
pub struct Dossier {
    pub patient: Patient,
    pub exchange: Option<Exchange>,
    /// Who has the conversation in hand, by name.
    pub in_hand: Option<String>,
    /// The oldest first.
    pub messages: Vec<Written>,
    pub records: Vec<Record>,
    pub consulted: Vec<Consulted>,
    /// Of all persons named above.
    pub names: HashMap<PersonId, String>,
}

impl Dossier {
    /// The name of a person; a dash for who is nobody's memory any more.
    pub fn name(&self, person: PersonId) -> String {
        self.names.get(&person).cloned().unwrap_or_else(|| "—".into())
    }
}

/// Gathers it.
///
/// # Errors
/// The store's; `NotFound`.
pub async fn gather(
    state: &State,
    account: AccountId,
    me: PersonId,
    zone: &str,
    id: PatientId,
) -> Result<Dossier, store::Error> {
    let store = &state.store;
    let patient = store.patient(account, id).await?;
    let thread = store.patient_thread(account, id).await?;
    let threads: Vec<_> = thread.into_iter().collect();
    let exchange = super::of(state, account, zone, &threads).await?.into_values().next();
    let in_hand = team::of(store, account, me, &threads).await?.into_values().next().and_then(|work| work.assignee_name);
    let emails: Vec<EmailId> = store.threads(account, &threads).await?.into_iter().flat_map(|(_, emails)| emails).collect();
    let (readers, senders) = (store.readers(account, &emails).await?, store.answers(account, &emails).await?);
    // A program may leave what it sent marked as a draft.
    let sent: HashSet<EmailId> = senders.iter().map(|touch| touch.email).collect();
    let messages = messages(state, account, &emails, &patient, &sent).await?;
    let records = store.records(account, id).await?;
    let mut consulted: Vec<Consulted> = Vec::new();
    for (what, touches) in [("read", readers), ("sent", senders)] {
        consulted.extend(touches.into_iter().map(|t| Consulted { email: Some(t.email), person: t.person, at: t.at, what }));
    }
    consulted.extend(store.patient_accesses(account, id).await?.into_iter().map(|access| {
        let what = if access.kind == "patient-read" { "opened" } else { "exported" };
        Consulted { email: None, person: access.person, at: access.at, what }
    }));
    consulted.sort_by_key(|one| (one.at, one.person));
    let mut persons: Vec<PersonId> = consulted.iter().map(|one| one.person).collect();
    persons.extend(
        records
            .iter()
            .flat_map(|record| [Some(record.by), record.ended.as_ref().and_then(|end| end.by)].into_iter().flatten()),
    );
    persons.extend(patient.attested.map(|(person, _)| person));
    persons.extend(patient.closed_by);
    let names = store.person_names(&persons).await?;
    Ok(Dossier { patient, exchange, in_hand, messages, records, consulted, names })
}

async fn messages(
    state: &State,
    account: AccountId,
    emails: &[EmailId],
    patient: &Patient,
    sent: &HashSet<EmailId>,
) -> Result<Vec<Written>, store::Error> {
    let rows = state.store.emails(account, emails).await?;
    let mut summaries: HashMap<EmailId, Summary> = state.store.summaries(account, emails).await?.into_iter().collect();
    let structures: HashMap<EmailId, Structure> = state
        .store
        .structures(account, emails)
        .await?
        .into_iter()
        .map(|(id, bytes)| (id, Structure::from_bytes(&bytes)))
        .collect();
    let mut all: Vec<Written> = rows
        .into_iter()
        .filter(|row| sent.contains(&row.id) || !row.keywords.iter().any(|word| word == keyword::DRAFT))
        .map(|row| {
            let summary = summaries.remove(&row.id).unwrap_or_default();
            let theirs = summary.from.iter().any(|from| from.email.eq_ignore_ascii_case(&patient.traits.address));
            let documents = structures.get(&row.id).map(documents).unwrap_or_default();
            Written { row, summary, documents, theirs }
        })
        .collect();
    all.sort_by_key(|one| (one.row.received_at, one.row.id));
    Ok(all)
}

fn documents(structure: &Structure) -> Vec<(usize, String, u64)> {
    let parts = structure.attachments.iter().filter_map(|&at| structure.parts.get(at).map(|part| (at, part)));
    parts.map(|(at, part)| (at, part.name.clone().unwrap_or_else(|| "message.eml".into()), part.size as u64)).collect()
}

/// All messages with the patient as one mbox (RFC 4155, `mboxrd`).
///
/// # Errors
/// The store's.
pub async fn mbox(state: &State, account: AccountId, dossier: &Dossier) -> Result<Bytes, store::Error> {
    let mut out = BytesMut::new();
    for message in &dossier.messages {
        let raw = state.store.blob_read(account, &message.row.blob, None).await?;
        let moment = jiff::Timestamp::from_millisecond(message.row.received_at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        out.put_slice(format!("From MAILER-DAEMON {}\n", moment.strftime("%a %b %e %H:%M:%S %Y")).as_bytes());
        for line in raw.split_inclusive(|byte| *byte == b'\n') {
            let unquoted = line.iter().position(|byte| *byte != b'>').unwrap_or(line.len());
            if line.get(unquoted..).is_some_and(|rest| rest.starts_with(b"From ")) {
                out.put_u8(b'>');
            }
            out.put_slice(line);
        }
        out.put_slice(if raw.ends_with(b"\n") { b"\n" } else { b"\n\n" });
    }
    Ok(out.freeze())
}

/// Deletes what may be deleted of a patient: all messages, the traits and the register. What must stay stays: traces, and
/// the opposition that goes on being met. How many messages.
///
/// # Errors
/// The store's; `NotFound`.
pub async fn delete(state: &State, acting: &Acting<Manage>, id: PatientId) -> Result<usize, store::Error> {
    let account = acting.account();
    let threads: Vec<_> = state.store.patient_thread(account, id).await?.into_iter().collect();
    let emails: Vec<EmailId> =
        state.store.threads(account, &threads).await?.into_iter().flat_map(|(_, emails)| emails).collect();
    let mut count = 0;
    for some in emails.chunks(BATCH) {
        count += state.store.emails_destroy(acting.actor(), account, some.to_vec()).await?.len();
    }
    state.store.patient_delete(acting.actor(), account, id).await?;
    Ok(count)
}
