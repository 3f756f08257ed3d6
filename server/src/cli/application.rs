//! `pli application …`: BALs of programs, which nobody opens on screen: they send by the API, with tokens or certificates.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use store::{Actor, sending::OwnRates};
use wire::id::TokenId;

use super::{
    Place,
    accounts::Choice,
    organisation::{Beside, Charge, program, said},
};
use crate::{
    clock,
    portal::cgu::ZONE,
    service::{application, organisation},
};

/// `pli application`.
#[derive(Subcommand)]
pub enum Application {
    /// Opens the BAL of a program of a structure; it only sends, unless told otherwise.
    Create(Create),
    /// Sets whether mail may come to it, and how much it may send.
    Set(Set),
    /// Makes a token and prints it: it cannot be read again.
    Token(Token),
    /// Replaces a token: the new one is printed, the old one still works for organisation.overlap_hours.
    Rotate(One),
    /// Registers a client certificate from a PEM file.
    Certificate(Certificate),
    /// Ends a token or a certificate at once.
    End(One),
    /// Lists tokens and certificates, with their last use.
    List(Which),
}

/// How much it may send, instead of the section [rates]; 0: without limit.
#[derive(Args)]
pub struct Limits {
    #[arg(long, value_name = "N")]
    messages_hour: Option<u32>,
    #[arg(long, value_name = "N")]
    messages_day: Option<u32>,
    #[arg(long, value_name = "N")]
    recipients_hour: Option<u32>,
    #[arg(long, value_name = "N")]
    recipients_day: Option<u32>,
}

impl Limits {
    fn over(&self, before: OwnRates) -> OwnRates {
        OwnRates {
            messages_hour: self.messages_hour.or(before.messages_hour),
            messages_day: self.messages_day.or(before.messages_day),
            recipients_hour: self.recipients_hour.or(before.recipients_hour),
            recipients_day: self.recipients_day.or(before.recipients_day),
        }
    }
}

#[derive(Args)]
pub struct Create {
    /// FINESS number of the structure.
    finess: String,
    /// The MSSanté address.
    address: String,
    #[command(flatten)]
    charge: Charge,
    /// Whether mail may come to it.
    #[arg(long, value_name = "YES|NO", ignore_case = true, default_value = "no")]
    receives: Choice,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub struct Set {
    address: String,
    /// Whether mail may come to it.
    #[arg(long, value_name = "YES|NO", ignore_case = true)]
    receives: Option<Choice>,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub struct Token {
    address: String,
    /// Which program, on which server.
    #[arg(long)]
    name: String,
    /// How long it works; without end when not given.
    #[arg(long, default_value = "")]
    days: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub struct One {
    address: String,
    /// As `list` shows it.
    id: TokenId,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub struct Certificate {
    address: String,
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub struct Which {
    address: String,
    #[command(flatten)]
    place: Place,
}

/// Runs `pli application …`.
///
/// # Errors
/// What is refused, in one sentence; the store's.
pub async fn run(command: Application) -> anyhow::Result<()> {
    match command {
        Application::Create(create) => {
            let beside = Beside::open(&create.place).await?;
            let structure = beside.structure(&create.finess).await?;
            let mut typed = create.charge.typed(&create.address);
            typed.software = Some((create.receives == Choice::Yes, create.limits.over(OwnRates::default())));
            let made = organisation::open_box(&beside.state, Actor::COMMAND, structure, &typed).await;
            println!("{}", made.map_err(said)?);
        }
        Application::Set(set) => {
            let beside = Beside::open(&set.place).await?;
            let account = program(&beside.state, &set.address).await?;
            let before = beside.state.store.application(account).await?.context("it is gone")?;
            let receives = set.receives.map_or(before.receives, |choice| choice == Choice::Yes);
            let rates = set.limits.over(before.rates);
            beside.state.store.application_set(Actor::COMMAND, account, receives, rates).await?;
            println!("receives: {}", if receives { "yes" } else { "no" });
        }
        Application::Token(new) => {
            let beside = Beside::open(&new.place).await?;
            let account = program(&beside.state, &new.address).await?;
            let made = application::token(&beside.state, Actor::COMMAND, account, &new.name, &new.days).await;
            println!("{}", made.map_err(said)?);
        }
        Application::Rotate(one) => {
            let beside = Beside::open(&one.place).await?;
            let account = program(&beside.state, &one.address).await?;
            println!("{}", application::rotate(&beside.state, Actor::COMMAND, account, one.id).await.map_err(said)?);
        }
        Application::Certificate(new) => {
            let beside = Beside::open(&new.place).await?;
            let account = program(&beside.state, &new.address).await?;
            let pem = std::fs::read_to_string(&new.file).with_context(|| format!("cannot read {}", new.file.display()))?;
            let made = application::certificate(&beside.state, Actor::COMMAND, account, &pem).await;
            println!("{}", made.map_err(said)?);
        }
        Application::End(one) => {
            let beside = Beside::open(&one.place).await?;
            let account = program(&beside.state, &one.address).await?;
            application::end(&beside.state, Actor::COMMAND, account, one.id).await.map_err(said)?;
            println!("{}  ended", one.id);
        }
        Application::List(which) => list(&which).await?,
    }
    Ok(())
}

async fn list(which: &Which) -> anyhow::Result<()> {
    let beside = Beside::open(&which.place).await?;
    let account = program(&beside.state, &which.address).await?;
    let local = |at: Option<i64>, none: &str| at.map_or(none.to_owned(), |at| clock::local_minutes(at, ZONE));
    for one in application::secrets(&beside.state, account).await? {
        let kind = if one.certificate { "certificate" } else { "token" };
        let (used, until) = (local(one.seen_at, "never"), local(one.expires_at, "without end"));
        println!("{}  {kind}  {}  used {used}  until {until}", one.id, one.name);
    }
    Ok(())
}
