//! `pli organisation …`: structures, their BALs and who administers them. The same checks as on `/admin/structures`; every
//! act is traced.

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use store::{
    Actor,
    organisations::{Admin, State as Standing},
};
use tokio::sync::watch;
use wire::id::{MemberId, OrganisationId};

use super::Place;
use crate::{
    boot, clock,
    portal::cgu::ZONE,
    relay,
    service::organisation::{self, OrganisationError, TypedBox, TypedMember},
    state::State,
};

/// `pli organisation`.
#[derive(Subcommand)]
pub enum Organisation {
    /// Makes a structure; the key of its FINESS number is checked.
    Create(Create),
    /// Lists structures with their BALs and who administers them.
    List(Place),
    /// Opens a BAL of a structure, under a named entitled professional.
    Box(NewBox),
    /// Invites somebody to administer a structure: they get a link and accept the purpose of its BALs.
    Administrator(Administrator),
    /// Lists the persons of a structure.
    Members(Which),
    /// Somebody leaves: all their rights in the structure end at once.
    Depart(Depart),
    /// Asks for the review of a structure now, and not only when a year is over.
    Review(Which),
}

#[derive(Args)]
pub struct Create {
    name: String,
    /// Its number in the national register.
    #[arg(long)]
    finess: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub struct Which {
    /// FINESS number of the structure.
    finess: String,
    #[command(flatten)]
    place: Place,
}

/// What every BAL of a structure has.
#[derive(Args)]
pub struct Charge {
    /// Name that correspondents see.
    #[arg(long)]
    name: String,
    /// What it is for: its administrators accept it.
    #[arg(long)]
    purpose: String,
    /// The entitled professional who answers for it.
    #[arg(long)]
    professional: String,
    /// Their RPPS number.
    #[arg(long)]
    rpps: String,
}

impl Charge {
    pub(super) fn typed(&self, address: &str) -> TypedBox {
        TypedBox {
            address: address.to_owned(),
            name: self.name.clone(),
            purpose: self.purpose.clone(),
            professional: self.professional.clone(),
            rpps: self.rpps.clone(),
            software: None,
        }
    }
}

#[derive(Args)]
pub struct NewBox {
    finess: String,
    /// The MSSanté address.
    address: String,
    #[command(flatten)]
    charge: Charge,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub struct Administrator {
    finess: String,
    /// MSSanté address of this service, or an ordinary address.
    who: String,
    #[arg(long)]
    name: String,
    /// What they do in the structure.
    #[arg(long)]
    function: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub struct Depart {
    finess: String,
    /// As `members` lists them.
    member: MemberId,
    /// Who administers next, when the last administrator leaves.
    #[arg(long, value_name = "MEMBER")]
    successor: Option<MemberId>,
    #[command(flatten)]
    place: Place,
}

/// A state for commands beside a running service; it serves nothing and runs no job.
pub(super) struct Beside {
    pub state: State,
    _stop: watch::Sender<bool>,
}

impl Beside {
    /// Opens the database of a place.
    ///
    /// # Errors
    /// As for `serve`.
    pub async fn open(place: &Place) -> anyhow::Result<Self> {
        let (config, store) = place.open().await?;
        let (state, stop) = boot::state(config, store, std::sync::Arc::new(store::SystemClock))?;
        relay::restore(&state).await?;
        Ok(Self { state, _stop: stop })
    }

    /// The structure of a national number.
    ///
    /// # Errors
    /// When there is none.
    pub async fn structure(&self, finess: &str) -> anyhow::Result<OrganisationId> {
        let finess = wire::check::finess(finess).context("this FINESS number has not the right key")?;
        self.state.store.organisation_by_finess(&finess).await?.context("there is no structure of this FINESS number")
    }
}

/// A refusal in words.
pub(super) fn said(error: OrganisationError) -> anyhow::Error {
    match error {
        OrganisationError::Field { code, .. } => {
            anyhow::anyhow!("{} ({code})", app::i18n::error(app::i18n::Lang::En, code, &[]))
        }
        OrganisationError::Gone => anyhow::anyhow!("it does not stand any more"),
        OrganisationError::Store(error) => error.into(),
        OrganisationError::Internal(error) => error,
    }
}

/// Runs `pli organisation …`.
///
/// # Errors
/// What is refused, in one sentence; the store's.
pub async fn run(command: Organisation) -> anyhow::Result<()> {
    match command {
        Organisation::Create(create) => {
            let beside = Beside::open(&create.place).await?;
            let made = organisation::create(&beside.state, Actor::COMMAND, &create.name, &create.finess).await;
            println!("{}", made.map_err(said)?);
            Ok(())
        }
        Organisation::List(place) => list(&Beside::open(&place).await?.state).await,
        Organisation::Box(new) => {
            let beside = Beside::open(&new.place).await?;
            let (structure, typed) = (beside.structure(&new.finess).await?, new.charge.typed(&new.address));
            let made = organisation::open_box(&beside.state, Actor::COMMAND, structure, &typed).await;
            println!("{}", made.map_err(said)?);
            Ok(())
        }
        Organisation::Administrator(who) => administrator(who).await,
        Organisation::Members(which) => members(&which).await,
        Organisation::Depart(depart) => {
            let beside = Beside::open(&depart.place).await?;
            let structure = beside.structure(&depart.finess).await?;
            let (member, next) = (depart.member, depart.successor);
            let gone = organisation::depart(&beside.state, Actor::COMMAND, structure, member, next).await;
            println!("{}  left", gone.map_err(said)?.name);
            Ok(())
        }
        Organisation::Review(which) => {
            let beside = Beside::open(&which.place).await?;
            let structure = beside.structure(&which.finess).await?;
            beside.state.store.review_bring_forward(Actor::COMMAND, structure).await?;
            println!("The review opens within a minute while the service runs.");
            Ok(())
        }
    }
}

async fn administrator(who: Administrator) -> anyhow::Result<()> {
    let beside = Beside::open(&who.place).await?;
    let structure = beside.structure(&who.finess).await?;
    let typed = TypedMember { who: who.who, name: who.name, function: who.function, admin: true };
    let invited = organisation::invite(&beside.state, Actor::COMMAND, structure, &typed).await.map_err(said)?;
    if let Some(letter) = invited.letter {
        letter.await.context("the letter was not sent")?;
    }
    println!("{}  invited", invited.id);
    Ok(())
}

async fn list(state: &State) -> anyhow::Result<()> {
    for one in state.store.organisations().await? {
        println!("{}  {}  next review {}", one.finess, one.name, clock::local_minutes(one.review_due_at, ZONE));
        for found in state.store.structure_boxes(one.id).await? {
            let kind = if found.software { "program" } else { "people" };
            let state_word = if found.suspended_at.is_some() { "  suspended" } else { "" };
            println!("  {}  {kind}{state_word}", state.store.account(found.account).await?.address);
        }
        for member in state.store.structure_members(one.id).await? {
            if member.admin != Admin::No {
                let accepted = if member.admin == Admin::Accepted { "" } else { " (has not accepted)" };
                println!("  administered by {}{accepted}", member.name);
            }
        }
    }
    Ok(())
}

async fn members(which: &Which) -> anyhow::Result<()> {
    let beside = Beside::open(&which.place).await?;
    let structure = beside.structure(&which.finess).await?;
    for one in beside.state.store.structure_members(structure).await? {
        let standing = match one.state {
            Standing::Invited => "invited",
            Standing::Active if one.suspended_at.is_some() => "suspended",
            Standing::Active => "active",
            Standing::Refused => "refused",
            Standing::Left => "left",
        };
        let admin = if one.admin == Admin::No { "" } else { "  administers" };
        println!("{}  {}  {}  {standing}{admin}", one.id, one.name, one.function);
    }
    Ok(())
}

/// The BAL of a program.
///
/// # Errors
/// When the address is none's, or a person's or a structure's.
pub(super) async fn program(state: &State, address: &str) -> anyhow::Result<wire::id::AccountId> {
    let Some(account) = state.store.account_by_address(address).await? else { bail!("there is no BAL {address}") };
    state.store.application(account).await?.context("this is not the BAL of a program")?;
    Ok(account)
}
