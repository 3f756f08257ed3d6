//! Patients of a BAL: who they are and whether they may be written to, how the exchange stands, what they were told. The
//! matricule is read and checked here, kept by the store, and shown masked wherever it is not needed whole.

pub mod dossier;
pub mod letters;
pub mod notice;
pub mod sending;
pub mod templates;

use jiff::civil::Date;
use store::patients::book::{Added, Traits};
use store::patients::exchange::Standing;
use store::patients::register::Record;
use wire::FieldError;
use wire::id::{AccountId, PatientId, PersonId, ThreadId};
use wire::ins::{self, Nature};
use wire::patient::{Exchange, ExchangeState, RecordKind};
use wire::team::WorkState;

use crate::auth::rights::{Acting, Send};
use crate::clock;
use crate::state::State;

/// Characters of a name.
const NAME_CHARS: usize = 100;
/// Patients of a BAL that are looked through.
pub const MOST: u32 = 5_000;
/// From this age on one's parents do not read one's mail.
const OF_AGE: i16 = 18;

/// A patient as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    pub matricule: String,
    pub nature: String,
    pub birth_name: String,
    pub first_names: String,
    pub used_name: String,
    pub birth_date: String,
    pub sex: String,
    pub birth_place: String,
}

/// What was typed, read; `doubts` are codes of what a person must look at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub traits: Traits,
    pub doubts: Vec<&'static str>,
}

fn fault(field: &str, code: &str, params: Vec<String>) -> FieldError {
    FieldError { field: field.into(), code: code.into(), params }
}

/// Reads what was typed of the traits alone.
fn traits(entry: &Entry, today: Date, faults: &mut Vec<FieldError>) -> Traits {
    let clean = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut name = |field: &str, text: &str, needed: bool| {
        let text = clean(text);
        if needed && text.is_empty() {
            faults.push(fault(field, "required", Vec::new()));
        } else if text.chars().count() > NAME_CHARS || text.chars().any(|c| c.is_control() || "<>@\"".contains(c)) {
            faults.push(fault(field, "bad-character", Vec::new()));
        }
        text
    };
    let (birth_name, first_names) =
        (name("birth_name", &entry.birth_name, true), name("first_names", &entry.first_names, true));
    let used_name = name("used_name", &entry.used_name, false);
    let born = entry.birth_date.trim().parse::<Date>().ok().filter(|born| *born <= today && born.year() > 1850);
    if born.is_none() {
        faults.push(fault("birth_date", "birth-date", Vec::new()));
    }
    if !matches!(entry.sex.as_str(), "M" | "F") {
        faults.push(fault("sex", "required", Vec::new()));
    }
    let place = entry.birth_place.trim().to_uppercase();
    let bytes = place.as_bytes();
    let coded = bytes.len() == 5
        && bytes.iter().enumerate().all(|(at, b)| b.is_ascii_digit() || at == 1 && matches!(b, b'A' | b'B'));
    if !coded {
        faults.push(fault("birth_place", "birth-place", Vec::new()));
    }
    Traits {
        birth_name,
        first_names,
        used_name,
        birth_date: born.map(|born| born.to_string()).unwrap_or_default(),
        sex: entry.sex.clone(),
        birth_place: place,
        ..Traits::default()
    }
}

/// What in the traits does not go with the number: a hint at a wrong digit, never a proof.
fn differences(matricule: &str, traits: &Traits) -> Vec<&'static str> {
    let mut doubts = Vec::new();
    let sex =
        matches!((matricule.get(..1), traits.sex.as_str()), (Some("1" | "3" | "7"), "F") | (Some("2" | "4" | "8"), "M"));
    if sex {
        doubts.push("ins-differs-sex");
    }
    let born = (traits.birth_date.get(2..4), traits.birth_date.get(5..7));
    let month = matricule.get(3..5).unwrap_or_default();
    let ordinary = matches!(month.parse(), Ok(1..=12));
    if matricule.get(1..3) != born.0 || ordinary && Some(month) != born.1 {
        doubts.push("ins-differs-birth");
    }
    doubts
}

/// Reads a new patient.
///
/// # Errors
/// What is wrong with which field: a wrong number is named, never corrected.
pub fn read(state: &State, entry: &Entry) -> Result<Read, Vec<FieldError>> {
    let mut faults = Vec::new();
    let today = clock::local(state.clock.now_ms(), crate::portal::cgu::ZONE).date();
    let nature = Nature::from_code(&entry.nature).unwrap_or_default();
    if nature.is_test() && !state.config.mss.takes_tests() {
        faults.push(fault("nature", "ins-test-refused", Vec::new()));
    }
    let read = ins::parse(&entry.matricule, nature).map_err(|wrong| fault("matricule", wrong.code(), wrong.params()));
    let traits = traits(entry, today, &mut faults);
    let (matricule, warnings) = match read {
        Ok(read) => read,
        Err(wrong) => {
            faults.insert(0, wrong);
            return Err(faults);
        }
    };
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut doubts: Vec<&'static str> = warnings.into_iter().map(ins::Warning::code).collect();
    doubts.extend(differences(matricule.as_str(), &traits));
    let address = matricule.address(&state.config.mss.patient_domain).to_lowercase();
    let traits = Traits { matricule: matricule.as_str().to_owned(), nature: nature.code().into(), address, ..traits };
    Ok(Read { traits, doubts })
}

/// Adds a patient whose traits were read; `attested`: the professional says that the INS is qualified.
///
/// # Errors
/// The store's.
pub async fn add(state: &State, acting: &Acting<Send>, traits: Traits, attested: bool) -> Result<Added, store::Error> {
    state.store.patient_add(acting.actor(), acting.account(), traits, attested).await
}

/// Changes the traits of a patient; without a new attestation the INS is no longer qualified.
///
/// # Errors
/// The fields; none in the list: the store's.
pub async fn change(
    state: &State,
    acting: &Acting<Send>,
    id: PatientId,
    entry: &Entry,
    attested: bool,
) -> Result<Result<(), Vec<FieldError>>, store::Error> {
    let mut faults = Vec::new();
    let today = clock::local(state.clock.now_ms(), crate::portal::cgu::ZONE).date();
    let traits = traits(entry, today, &mut faults);
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    state.store.patient_change(acting.actor(), acting.account(), id, traits, attested).await.map(Ok)
}

/// The patients of a BAL who may be written to and whose name has words that begin with those typed: name and address.
///
/// # Errors
/// The store's.
pub async fn named(
    state: &State,
    account: AccountId,
    typed: &str,
    most: usize,
) -> Result<Vec<(String, String)>, store::Error> {
    let wanted = mail::search::fold(typed);
    let wanted: Vec<&str> = wanted.split([' ', '-']).filter(|word| !word.is_empty()).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let all = state.store.patients(account, MOST).await?.into_iter();
    let open = all.filter(|patient| patient.attested.is_some() && !patient.opposed);
    let begins = |traits: &Traits| {
        let known = mail::search::fold(&[&traits.name(), " ", &traits.birth_name].concat());
        wanted.iter().all(|typed| known.split([' ', '-']).any(|word| word.starts_with(typed)))
    };
    let found = open.map(|patient| patient.traits).filter(begins);
    Ok(found.take(most).map(|traits| (traits.name(), traits.address)).collect())
}

/// Is the patient a minor today? Then those who hold parental authority read what is written to them (`domain.md` §3).
pub fn is_minor(state: &State, traits: &Traits) -> bool {
    let today = clock::local(state.clock.now_ms(), crate::portal::cgu::ZONE).date();
    let Ok(born) = traits.birth_date.parse::<Date>() else { return false };
    let had = (today.month(), today.day()) >= (born.month(), born.day());
    today.year() - born.year() - i16::from(!had) < OF_AGE
}

/// Are both the information and the consent of a patient noted, and in force?
pub fn told(records: &[Record]) -> bool {
    let has = |kind| records.iter().any(|one| one.kind == kind && one.ended.is_none());
    has(RecordKind::Information) && has(RecordKind::Consent)
}

/// How an exchange stands for people: one whose last message was treated waits for nobody.
pub fn shown_state(state: ExchangeState, work: Option<WorkState>) -> ExchangeState {
    match (state, work) {
        (ExchangeState::AwaitingUs, Some(WorkState::Done)) => ExchangeState::Open,
        _ => state,
    }
}

/// The exchanges among these conversations, as their lists show them.
///
/// # Errors
/// The store's.
pub async fn of(
    state: &State,
    account: AccountId,
    zone: &str,
    threads: &[ThreadId],
) -> Result<std::collections::HashMap<ThreadId, Exchange>, store::Error> {
    let found = state.store.exchanges(account, threads).await?;
    let with: Vec<ThreadId> = found.keys().copied().collect();
    let works = state.store.works(account, &with).await?;
    let closers: Vec<PersonId> = found.values().filter_map(|standing| standing.closed_by).collect();
    let names = state.store.person_names(&closers).await?;
    let one = |(thread, standing): (ThreadId, Standing)| {
        let work = works.iter().find(|row| row.thread == thread).and_then(|row| row.state);
        let exchange = Exchange {
            id: standing.patient,
            state: shown_state(standing.state, work),
            since_local: Some(clock::local_minutes(standing.state_at, zone)),
            closed_by: standing.closed_by.and_then(|person| names.get(&person).cloned()),
            opposed: standing.opposed,
        };
        (thread, exchange)
    };
    Ok(found.into_iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            birth_name: " PAT-TROIS ".into(),
            first_names: "Dominique".into(),
            birth_date: "1979-03-01".into(),
            sex: "F".into(),
            birth_place: "51215".into(),
            ..Entry::default()
        }
    }

    #[test]
    fn traits_are_read_and_their_faults_named() {
        let today = jiff::civil::date(2026, 11, 22);
        let mut faults = Vec::new();
        let read = traits(&entry(), today, &mut faults);
        assert_eq!((read.name().as_str(), faults.len()), ("PAT-TROIS Dominique", 0));
        let wrong =
            Entry { birth_date: "2030-01-01".into(), sex: "X".into(), birth_place: "512".into(), ..Entry::default() };
        traits(&wrong, today, &mut faults);
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["birth_name", "first_names", "birth_date", "sex", "birth_place"]);
    }

    #[test]
    fn what_does_not_go_together_is_doubted() {
        let mut faults = Vec::new();
        let read = traits(&entry(), jiff::civil::date(2026, 11, 22), &mut faults);
        assert!(differences("279035121518989", &read).is_empty());
        assert_eq!(differences("179045121518989", &read), ["ins-differs-sex", "ins-differs-birth"]);
    }
}
