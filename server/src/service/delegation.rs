//! Delegations: the holder of a BAL invites a named person, attests that they are entitled, and takes the access back;
//! the person accepts as themself, and signs an undertaking of secrecy where their status does not bind them. Both are
//! told, in words that name nobody.
//!
//! Here the holder's side; `offer` is the side of who is invited.

pub mod offer;

use app::i18n::{self, Lang};
use store::delegations::{Delegation, NewDelegation, SignedText, State as Standing, act::Change};
use store::professionals;
use wire::delegation::DelegateRole;
use wire::id::{AccountId, DelegationId, PersonId};

use super::recipients;
use super::tell::{self, Told};
use crate::auth::{
    rights::{Acting, Manage},
    sessions,
};
use crate::clock;
use crate::state::State;

/// The version of the words that the holder attests: change it with `[delegation] attestation` of the French locale.
pub const ATTESTATION: &str = "2026-11-22";
/// The version of the undertaking of secrecy: change it with `[delegation] secrecy` of the French locale.
pub const SECRECY: &str = "2026-11-22";
/// Characters of a name and of a reason.
pub const NAME_CHARS: usize = 100;
pub const REASON_CHARS: usize = 200;

const DAY_MS: i64 = 86_400_000;
/// A link is sent again after so long at the earliest.
const REMIND_MS: i64 = 10 * 60_000;
/// Both sides are told so long before a delegation ends.
const AHEAD_MS: i64 = 14 * DAY_MS;
/// Told of in one go.
const AT_ONCE: u32 = 50;

/// Why something was not done: a code of the locales, at a field where there is one.
#[derive(Debug, thiserror::Error)]
pub enum DelegationError {
    #[error("{field}: {code}")]
    Field { field: &'static str, code: &'static str },
    /// Answered, taken back, over.
    #[error("the delegation does not stand any more")]
    Gone,
    #[error(transparent)]
    Store(store::Error),
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<store::Error> for DelegationError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Refused("delegation-gone") => Self::Gone,
            store::Error::Refused("delegation-already") => field("qui", "delegation-already"),
            store::Error::Refused("attestation-needed") => field("atteste", "delegation-attest"),
            store::Error::Limit { what: "delegations" } => field("", "delegation-waiting"),
            other => Self::Store(other),
        }
    }
}

fn field(field: &'static str, code: &'static str) -> DelegationError {
    DelegationError::Field { field, code }
}

/// What the holder typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// An MSSanté address of this service, an RPPS number or an ordinary address.
    pub who: String,
    /// The ordinary address that goes with an RPPS number.
    pub email: String,
    pub name: String,
    pub role: String,
    /// Days, `2026-12-01`; empty: from now, and for as long as is allowed.
    pub from: String,
    pub to: String,
    pub reason: String,
    pub attested: bool,
}

/// Whom an invitation is for.
#[derive(Debug, Default)]
struct Whom {
    person: Option<PersonId>,
    national_id: Option<String>,
    email: Option<String>,
}

/// What the holder attests, as it is kept.
pub fn attestation() -> SignedText {
    SignedText { kind: "attestation", version: ATTESTATION, body: i18n::delegation::attestation(Lang::Fr).to_owned() }
}

/// What the person signs, as it is kept.
pub fn secrecy() -> SignedText {
    SignedText { kind: "secrecy", version: SECRECY, body: i18n::delegation::secrecy(Lang::Fr).join("\n") }
}

/// The address of an invitation.
fn link(state: &State, token: &str) -> String {
    format!("{}/delegation/{token}", state.config.origin())
}

/// Who is meant. The same is said whether somebody is known by a number or an ordinary address, or not.
async fn whom(state: &State, typed: &Typed) -> Result<Whom, DelegationError> {
    let who = typed.who.trim().to_lowercase();
    let digits: String = who.chars().filter(|c| !c.is_whitespace()).collect();
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        if digits.len() != 11 {
            return Err(field("qui", "delegation-rpps"));
        }
        let email = ordinary(state, &typed.email, "courriel").await?;
        let national_id = professionals::idnps(&digits);
        let person = state.store.person_of_national_id(&national_id).await?;
        return Ok(Whom { person, national_id: Some(national_id), email: Some(email) });
    }
    wire::check::address(&who).map_err(|fault| field("qui", fault.code()))?;
    if !recipients::is_mssante(state, &who).await? {
        let person = state.store.login_lookup(&who).await?.map(|login| login.person);
        return Ok(Whom { person, national_id: None, email: Some(who) });
    }
    if !state.store.domain_is_ours(&who).await? {
        return Err(field("qui", "delegation-elsewhere"));
    }
    match state.store.login_lookup(&who).await? {
        Some(login) => Ok(Whom { person: Some(login.person), ..Whom::default() }),
        None => Err(field("qui", "delegation-nobody")),
    }
}

/// An address outside the trust space: who cannot sign in could not read the other kind.
async fn ordinary(state: &State, typed: &str, at: &'static str) -> Result<String, DelegationError> {
    let email = typed.trim().to_lowercase();
    wire::check::address(&email).map_err(|fault| field(at, fault.code()))?;
    if recipients::is_mssante(state, &email).await? {
        return Err(field(at, "email-is-mssante"));
    }
    Ok(email)
}

/// From when until when, in milliseconds: whole days of the holder's zone, the last one included.
fn span(state: &State, from: &str, to: &str, zone: &str) -> Result<(i64, i64), DelegationError> {
    let now = state.clock.now_ms();
    let longest = state.config.delegation.longest_ms();
    let day = |text: &str, at| clock::begins(text.get(..10).unwrap_or(text), zone).ok_or_else(|| field(at, "date-bad"));
    let from_at = if from.trim().is_empty() { now } else { day(from.trim(), "du")?.max(now) };
    if from_at > now + longest {
        return Err(field("du", "delegation-far"));
    }
    let to_at = if to.trim().is_empty() { from_at + longest } else { until(to.trim(), zone)? };
    if to_at <= from_at {
        return Err(field("au", "delegation-order"));
    }
    // The last day counts whole.
    if to_at > from_at + longest + DAY_MS {
        return Err(field("au", "delegation-long"));
    }
    Ok((from_at, to_at))
}

/// The end of a day: when the next one begins, whatever the clocks do in between.
fn until(text: &str, zone: &str) -> Result<i64, DelegationError> {
    let bad = || field("au", "date-bad");
    let day: jiff::civil::Date = text.get(..10).unwrap_or(text).parse().map_err(|_| bad())?;
    clock::begins(&day.tomorrow().map_err(|_| bad())?.to_string(), zone).ok_or_else(bad)
}

fn checked(typed: &Typed) -> Result<(String, String, DelegateRole), DelegationError> {
    let name: String = typed.name.trim().chars().filter(|c| !c.is_control()).collect();
    let reason: String = typed.reason.trim().chars().filter(|c| !c.is_control()).collect();
    if name.is_empty() || name.chars().count() > NAME_CHARS {
        return Err(field("nom", "name-needed"));
    }
    if reason.is_empty() || reason.chars().count() > REASON_CHARS {
        return Err(field("motif", "delegation-reason"));
    }
    let role = DelegateRole::from_code(&typed.role).ok_or_else(|| field("role", "required"))?;
    if !typed.attested {
        return Err(field("atteste", "delegation-attest"));
    }
    Ok((name, reason, role))
}

/// Invites somebody into a BAL that the caller holds.
///
/// # Errors
/// At a field; the store's.
pub async fn invite(state: &State, acting: &Acting<Manage>, typed: &Typed) -> Result<DelegationId, DelegationError> {
    let zone = state.store.preferences(acting.caller().person).await?.zone;
    let whom = whom(state, typed).await?;
    let (name, reason, role) = checked(typed)?;
    let (from_at, to_at) = span(state, &typed.from, &typed.to, &zone)?;
    let token = sessions::new_token(&*state.random);
    let new = NewDelegation {
        account: acting.account(),
        person: whom.person,
        national_id: whom.national_id,
        email: whom.email.clone(),
        name,
        reason,
        role,
        from_at,
        to_at,
        token: sessions::token_hash(&token),
        valid_ms: state.config.delegation.invitation_ms(),
        attested: attestation(),
        most: i64::from(state.config.delegation.waiting),
    };
    let id = state.store.delegation_invite(acting.actor(), new).await?;
    offered(state, whom.person, whom.email, link(state, &token)).await?;
    state.metrics.event("delegation", "invited");
    Ok(id)
}

/// Writes to who is invited: to the ordinary address they verified, or to the one that the holder gave.
async fn offered(
    state: &State,
    person: Option<PersonId>,
    email: Option<String>,
    url: String,
) -> Result<(), DelegationError> {
    if let Some(person) = person {
        let lang = tell::lang(state, person).await?;
        return Ok(tell::letter(state, person, Told::DelegationOffered(url), lang).await?);
    }
    let Some(email) = email else { return Ok(()) };
    let (subject, text) = (i18n::told::invitation_subject(Lang::Fr), i18n::told::invitation(Lang::Fr, &url));
    let state = state.clone();
    tokio::spawn(async move {
        let sent = state.mailer.send(&email, subject, text).await;
        state.metrics.event("delegation", if sent.is_ok() { "sent" } else { "failed" });
        if let Err(error) = sent {
            // Only the outermost sentence: what the mail server said may hold the address.
            tracing::error!(%error, "an invitation could not be sent; its holder may send it again");
        }
    });
    Ok(())
}

/// Sends an invitation again, with a new link.
///
/// # Errors
/// `Gone`; the store's.
pub async fn remind(state: &State, acting: &Acting<Manage>, id: DelegationId) -> Result<(), DelegationError> {
    let found = state.store.delegation(acting.account(), id).await?;
    let sent_at = found.expires_at - state.config.delegation.invitation_ms();
    if state.clock.now_ms() < sent_at + REMIND_MS {
        return Err(field("", "delegation-soon"));
    }
    let token = sessions::new_token(&*state.random);
    let (hash, valid) = (sessions::token_hash(&token), state.config.delegation.invitation_ms());
    state.store.delegation_remind(acting.actor(), acting.account(), id, hash, valid).await?;
    offered(state, found.person, found.email, link(state, &token)).await
}

/// Another role, another last day. What gives more than before is the holder's alone, and attested again (`attested`).
///
/// # Errors
/// At a field; `Gone`; the store's.
pub async fn change(
    state: &State,
    acting: &Acting<Manage>,
    id: DelegationId,
    (role, to): (&str, &str),
    attested: bool,
) -> Result<(), DelegationError> {
    let account = acting.account();
    let before = state.store.delegation(account, id).await?;
    let zone = state.store.preferences(acting.caller().person).await?.zone;
    let role = DelegateRole::from_code(role).ok_or_else(|| field("role", "required"))?;
    let to_at = if to.trim().is_empty() { before.to_at } else { until(to.trim(), &zone)? };
    let now = state.clock.now_ms();
    if to_at <= now {
        return Err(field("au", "delegation-order"));
    }
    if to_at > now.max(before.from_at) + state.config.delegation.longest_ms() + DAY_MS {
        return Err(field("au", "delegation-long"));
    }
    let more = role > before.role || to_at > before.to_at;
    if more && !state.store.holds(acting.caller().person, account).await? {
        return Err(field("", "delegation-holder-only"));
    }
    let attested = (more && attested).then(attestation);
    let after = state.store.delegation_change(acting.actor(), account, id, Change { role, to_at, attested }).await?;
    told(state, &after, Told::DelegationChanged).await?;
    Ok(())
}

/// Does this change give more than before? Then a fresh proof of who asks is wanted.
///
/// # Errors
/// The store's; `NotFound`.
pub async fn gives_more(
    state: &State,
    acting: &Acting<Manage>,
    id: DelegationId,
    (role, to): (&str, &str),
) -> Result<bool, store::Error> {
    let before = state.store.delegation(acting.account(), id).await?;
    let zone = state.store.preferences(acting.caller().person).await?.zone;
    let wider = DelegateRole::from_code(role).is_some_and(|role| role > before.role);
    Ok(wider || until(to.trim(), &zone).is_ok_and(|to_at| to_at > before.to_at))
}

/// Ends a delegation, or takes an invitation back; at once.
///
/// # Errors
/// `Gone`; the store's.
pub async fn end(state: &State, acting: &Acting<Manage>, id: DelegationId) -> Result<(), DelegationError> {
    let account = acting.account();
    let before = state.store.delegation_end(acting.actor(), account, id).await?.ok_or(DelegationError::Gone)?;
    state.metrics.event("delegation", "ended");
    if before.state == Standing::Active {
        told(state, &before, Told::DelegationEnded).await?;
    }
    Ok(())
}

/// Tells the person whose delegation it is, and the holders.
async fn told(state: &State, delegation: &Delegation, what: Told) -> Result<(), store::Error> {
    if let (Some(person), Standing::Active) = (delegation.person, delegation.state) {
        tell::person(state, person, what.clone()).await?;
    }
    holders(state, delegation.account, &what).await
}

/// Tells those who run the BAL in their own right.
async fn holders(state: &State, account: AccountId, what: &Told) -> Result<(), store::Error> {
    for holder in state.store.holders(account).await? {
        tell::person(state, holder, what.clone()).await?;
    }
    Ok(())
}

/// Tells those concerned of delegations that end soon, so that they are renewed in time; how many.
///
/// # Errors
/// The store's.
pub async fn announce_ends(state: &State) -> Result<usize, store::Error> {
    let mut told = 0;
    for (account, id, person) in state.store.delegations_ending(AHEAD_MS, AT_ONCE).await? {
        if !state.store.delegation_warn(account, id).await? {
            continue;
        }
        tell::person(state, person, Told::DelegationEnding).await?;
        holders(state, account, &Told::DelegationEnding).await?;
        told += 1;
    }
    Ok(told)
}
