//! Structures: the operator makes one with its BALs and names who administers; administrators invite persons, put them into
//! groups, say what they may do, and let them go in one act, of which the operator is told at once.
//!
//! Here the acts of operator and administrators; `offer` is the side of who is invited, `review` the yearly review.

pub mod offer;
pub mod review;

use app::i18n::{self, Lang, structure as words};
use store::accounts::Profile;
use store::delegations::SignedText;
use store::organisations::act::NewBox;
use store::organisations::members::NewMember;
use store::organisations::{Admin, Charge, Member, State as Standing, StructureBox, Subject};
use store::sending::OwnRates;
use store::support::{NewSupport, SupportText, reference};
use store::{Actor, accounts};
use tokio::task::JoinHandle;
use wire::delegation::DelegateRole;
use wire::id::{AccountId, GroupId, MemberId, OrganisationId, PersonId};

use super::tell::{self, Told};
use super::{delegation, recipients};
use crate::auth::{Caller, rights::Administering, sessions};
use crate::portal::support;
use crate::state::State;

/// The version of the words by which an administrator accepts the purpose of BALs: change it with `[structure] engagement`
/// of the French locale.
pub const ENGAGEMENT: &str = "2026-11-22";
/// Characters of names and functions, and of a purpose.
pub const NAME_CHARS: usize = 100;
pub const PURPOSE_CHARS: usize = 500;

/// Why something was not done: a code of the locales, at a field where there is one.
#[derive(Debug, thiserror::Error)]
pub enum OrganisationError {
    #[error("{field}: {code}")]
    Field { field: &'static str, code: &'static str },
    /// Answered, left, over.
    #[error("it does not stand any more")]
    Gone,
    #[error(transparent)]
    Store(store::Error),
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl From<store::Error> for OrganisationError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Refused("structure-gone") => Self::Gone,
            store::Error::Refused("structure-already") => field("qui", "structure-already"),
            store::Error::Refused("structure-purpose") => field("finalite", "structure-purpose"),
            store::Error::Refused("structure-software") => field("", "structure-software"),
            store::Error::Refused("last-administrator") => field("successeur", "last-administrator"),
            store::Error::Refused("review-over") => field("", "review-over"),
            store::Error::Limit { what: "members" } => field("", "structure-waiting"),
            store::Error::Limit { what: "groups" } => field("groupe", "structure-groups"),
            store::Error::Limit { what: "secrets" } => field("", "application-secrets"),
            error if error.is_conflict("organisation_finess_unique") => field("finess", "finess-known"),
            error if error.is_conflict("account_address_unique") || error.is_conflict("reserved_address_pk") => {
                field("adresse", "address-taken")
            }
            other => Self::Store(other),
        }
    }
}

pub(super) fn field(field: &'static str, code: &'static str) -> OrganisationError {
    OrganisationError::Field { field, code }
}

/// A text of one line, without what cannot be seen; none when it is empty or too long.
pub(super) fn line(text: &str, most: usize) -> Option<String> {
    let text: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    (!text.is_empty() && text.chars().count() <= most).then_some(text)
}

/// What administrators accept, as it is kept.
pub fn engagement() -> SignedText {
    SignedText { kind: "purpose", version: ENGAGEMENT, body: words::engagement(Lang::Fr).to_owned() }
}

/// Makes a structure: its number in the national register must have the right key.
///
/// # Errors
/// At a field; the store's.
pub async fn create(state: &State, actor: Actor, name: &str, finess: &str) -> Result<OrganisationId, OrganisationError> {
    let name = line(name, NAME_CHARS).ok_or_else(|| field("nom", "name-needed"))?;
    let finess = wire::check::finess(finess).ok_or_else(|| field("finess", "finess-key"))?;
    let review = state.config.organisation.review_ms();
    Ok(state.store.organisation_create(actor, name, finess, review).await?)
}

/// What the operator typed of a BAL.
#[derive(Debug, Clone, Default)]
pub struct TypedBox {
    pub address: String,
    pub name: String,
    pub purpose: String,
    /// The entitled professional who answers for it.
    pub professional: String,
    pub rpps: String,
    /// Of a program: whether it takes mail, and how much it sends.
    pub software: Option<(bool, OwnRates)>,
}

/// Opens a BAL of a structure, for its members or for a program.
///
/// # Errors
/// At a field; the store's.
pub async fn open_box(
    state: &State,
    actor: Actor,
    organisation: OrganisationId,
    typed: &TypedBox,
) -> Result<AccountId, OrganisationError> {
    let structure = state.store.organisation(organisation).await?;
    let address = accounts::normal_address(&typed.address);
    wire::check::address(&address).map_err(|fault| field("adresse", fault.code()))?;
    if !state.store.address_is_free(&address).await? {
        return Err(field("adresse", "address-taken"));
    }
    let name = line(&typed.name, NAME_CHARS).ok_or_else(|| field("boite", "name-needed"))?;
    let purpose = line(&typed.purpose, PURPOSE_CHARS).ok_or_else(|| field("finalite", "structure-purpose-needed"))?;
    let professional = line(&typed.professional, NAME_CHARS).ok_or_else(|| field("responsable", "name-needed"))?;
    let rpps = wire::check::rpps(&typed.rpps).ok_or_else(|| field("rpps", "rpps-key"))?;
    let profile = Profile {
        kind: if typed.software.is_some() { "APP" } else { "ORG" }.into(),
        place: Some(structure.name.clone()),
        controller: Some(structure.name),
        // Who writes to a program by mistake gets no answer.
        liste_rouge: typed.software.is_some(),
        ..Profile::default()
    };
    let charge = Charge { purpose, professional, rpps };
    let new = NewBox { address, name, profile, charge, software: typed.software };
    let account = state.store.structure_box_create(actor, organisation, new).await?;
    administrators(state, organisation, &Told::StructureBox).await?;
    Ok(account)
}

/// Who is invited, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct TypedMember {
    /// An MSSanté address of this service, or an ordinary address.
    pub who: String,
    pub name: String,
    pub function: String,
    pub admin: bool,
}

/// An invitation on its way.
pub struct Invited {
    pub id: MemberId,
    /// The letter to somebody who is not known yet; a command waits for it, a page does not.
    pub letter: Option<JoinHandle<()>>,
}

/// Invites somebody into a structure. The operator may; an administrator proves it by `Administering` before.
///
/// # Errors
/// At a field; the store's.
pub async fn invite(
    state: &State,
    actor: Actor,
    organisation: OrganisationId,
    typed: &TypedMember,
) -> Result<Invited, OrganisationError> {
    let (person, email) = whom(state, &typed.who).await?;
    let name = line(&typed.name, NAME_CHARS).ok_or_else(|| field("nom", "name-needed"))?;
    let function = line(&typed.function, NAME_CHARS).ok_or_else(|| field("fonction", "structure-function"))?;
    let (token, settings) = (sessions::new_token(&*state.random), &state.config.organisation);
    let new = NewMember {
        organisation,
        person,
        email: email.clone(),
        name,
        function,
        admin: typed.admin,
        token: sessions::token_hash(&token),
        valid_ms: settings.invitation_ms(),
        most: i64::from(settings.waiting),
    };
    let id = state.store.structure_invite(actor, new).await?;
    state.metrics.event("structure", "invited");
    Ok(Invited { id, letter: offered(state, person, email, &token).await? })
}

/// Who is meant. The same is said whether somebody is known by an ordinary address, or not.
async fn whom(state: &State, typed: &str) -> Result<(Option<PersonId>, Option<String>), OrganisationError> {
    let who = typed.trim().to_lowercase();
    wire::check::address(&who).map_err(|fault| field("qui", fault.code()))?;
    let login = state.store.login_lookup(&who).await?.map(|login| login.person);
    if !recipients::is_mssante(state, &who).await? {
        return Ok((login, Some(who)));
    }
    if !state.store.domain_is_ours(&who).await? {
        return Err(field("qui", "delegation-elsewhere"));
    }
    login.map(|person| (Some(person), None)).ok_or_else(|| field("qui", "delegation-nobody"))
}

/// Writes to who is invited: to the ordinary address they verified, or to the one that was given.
async fn offered(
    state: &State,
    person: Option<PersonId>,
    email: Option<String>,
    token: &str,
) -> Result<Option<JoinHandle<()>>, OrganisationError> {
    let url = format!("{}/structure/{token}", state.config.origin());
    if let Some(person) = person {
        let lang = tell::lang(state, person).await?;
        tell::letter(state, person, Told::StructureOffered(url), lang).await?;
        return Ok(None);
    }
    let Some(email) = email else { return Ok(None) };
    let (subject, text) = (i18n::told::invitation_subject(Lang::Fr), i18n::told::structure_invitation(Lang::Fr, &url));
    let state = state.clone();
    Ok(Some(tokio::spawn(async move {
        let sent = state.mailer.send(&email, subject, text).await;
        state.metrics.event("structure", if sent.is_ok() { "sent" } else { "failed" });
        if let Err(error) = sent {
            // Only the outermost sentence: what the mail server said may hold the address.
            tracing::error!(%error, "an invitation into a structure could not be sent; it may be sent again");
        }
    })))
}

/// Sends an invitation again, with a new link.
///
/// # Errors
/// `Gone`; the store's.
pub async fn remind(state: &State, acting: &Administering, id: MemberId) -> Result<(), OrganisationError> {
    let found = state.store.structure_member(acting.organisation(), id).await?;
    let token = sessions::new_token(&*state.random);
    let (hash, valid) = (sessions::token_hash(&token), state.config.organisation.invitation_ms());
    state.store.structure_remind(acting.actor(), (acting.organisation(), id), hash, valid).await?;
    offered(state, found.person, found.email, &token).await.map(drop)
}

/// What a member or a group may do in a BAL from now on; none: nothing. Only who accepted the purpose of the BAL gives.
///
/// # Errors
/// At a field; `Gone`; the store's.
pub async fn grant(
    state: &State,
    acting: &Administering,
    subject: Subject,
    account: AccountId,
    role: Option<DelegateRole>,
) -> Result<(), OrganisationError> {
    let organisation = acting.organisation();
    if role.is_some() && !state.store.structure_purposes(organisation, acting.member()).await?.contains(&account) {
        return Err(field("", "structure-purpose"));
    }
    Ok(state.store.structure_grant(acting.actor(), organisation, subject, account, role).await?)
}

/// Does this give more than before? Then a fresh proof of who asks is wanted.
///
/// # Errors
/// The store's.
pub async fn gives_more(
    state: &State,
    acting: &Administering,
    subject: Subject,
    account: AccountId,
    role: Option<DelegateRole>,
) -> Result<bool, store::Error> {
    let grants = state.store.structure_grants(acting.organisation()).await?;
    let before = grants.iter().find(|one| one.account == account && one.is_of(subject)).map(|one| one.role);
    Ok(role > before)
}

/// Makes a group.
///
/// # Errors
/// At a field; the store's.
pub async fn group(state: &State, acting: &Administering, name: &str) -> Result<GroupId, OrganisationError> {
    let name = line(name, NAME_CHARS).ok_or_else(|| field("groupe", "name-needed"))?;
    Ok(state.store.structure_group_create(acting.actor(), acting.organisation(), name).await?)
}

/// Names somebody to administer, who then accepts; or no longer.
///
/// # Errors
/// At a field; `Gone`; the store's.
pub async fn name_administrator(
    state: &State,
    actor: Actor,
    of: (OrganisationId, MemberId),
    named: bool,
) -> Result<(), OrganisationError> {
    let found = state.store.structure_member(of.0, of.1).await?;
    state.store.structure_admin(actor, of, named).await?;
    if let (true, Admin::No, Standing::Active, Some(person)) = (named, found.admin, found.state, found.person) {
        tell::person(state, person, Told::StructureNamed).await?;
    }
    Ok(())
}

/// Somebody leaves: all their rights in the structure end at once, and the operator is told. The last administrator names
/// who comes after them.
///
/// # Errors
/// At a field (`last-administrator`); `Gone`; the store's.
pub async fn depart(
    state: &State,
    actor: Actor,
    organisation: OrganisationId,
    id: MemberId,
    successor: Option<MemberId>,
) -> Result<Member, OrganisationError> {
    let gone = state.store.structure_depart(actor, organisation, id, successor).await?;
    let gone = gone.ok_or(OrganisationError::Gone)?;
    state.metrics.event("structure", "departed");
    let structure = state.store.organisation(organisation).await?;
    if gone.state == Standing::Active {
        let text = words::operator_departure(Lang::Fr, &structure.finess, &gone.function, &structure.name, &gone.name);
        tell_operator(state, actor, "departure", text).await?;
        if let Some(person) = gone.person {
            tell::person(state, person, Told::StructureLeft).await?;
        }
    }
    if let Some(next) = successor {
        let next = state.store.structure_member(organisation, next).await?;
        if let (Admin::Named, Some(person)) = (next.admin, next.person) {
            tell::person(state, person, Told::StructureNamed).await?;
        }
    }
    Ok(gone)
}

/// Leaves a structure by oneself; the operator and who administers it are told.
///
/// # Errors
/// At a field (`last-administrator`: who administers alone names a successor first); `NotFound` where one is no member; the
/// store's.
pub async fn leave(state: &State, caller: &Caller, organisation: OrganisationId) -> Result<(), OrganisationError> {
    let mine = state.store.memberships(caller.person).await?;
    let mine = mine.into_iter().find(|one| one.organisation == organisation && one.state == Standing::Active);
    let mine = mine.ok_or(OrganisationError::Store(store::Error::NotFound))?;
    depart(state, caller.actor(), organisation, mine.id, None).await?;
    administrators(state, organisation, &Told::StructureLeftBySelf).await?;
    Ok(())
}

/// Puts a message in the operator's queue, and tells them that it waits.
pub(super) async fn tell_operator(
    state: &State,
    actor: Actor,
    kind: &'static str,
    text: String,
) -> Result<(), store::Error> {
    let (name, reply_to) = match actor.person {
        Some(person) => (state.store.person(person).await?.name, state.store.contact(person).await?.ordinary_email),
        None => ("Pli".into(), String::new()),
    };
    let text =
        SupportText { contact: String::new(), name, reply_to, address: String::new(), text, lang: Lang::Fr.code().into() };
    let id = state.store.support_create(actor, NewSupport { kind, priority: support::PRESSING, text }).await?;
    support::tell_operator(state, reference(id), kind);
    Ok(())
}

/// Tells those who administer a structure.
///
/// # Errors
/// The store's.
pub(super) async fn administrators(state: &State, organisation: OrganisationId, what: &Told) -> Result<(), store::Error> {
    for one in state.store.structure_members(organisation).await? {
        if let (Standing::Active, Admin::Accepted, Some(person)) = (one.state, one.admin, one.person) {
            tell::person(state, person, what.clone()).await?;
        }
    }
    Ok(())
}

/// The BALs of a structure that people open.
///
/// # Errors
/// The store's.
pub async fn shared_boxes(state: &State, organisation: OrganisationId) -> Result<Vec<StructureBox>, store::Error> {
    let boxes = state.store.structure_boxes(organisation).await?;
    Ok(boxes.into_iter().filter(|one| !one.software).collect())
}

/// The secrecy that members sign, as for delegations.
pub(super) fn secrecy() -> SignedText {
    delegation::secrecy()
}
