//! The command line. Each command reads the same configuration and says by its exit code whether it worked: 0 done,
//! 1 failed, 2 wrong use (clap), 3 something was found wrong (`trace verify`).

pub mod accounts;
pub mod application;
pub mod organisation;
pub mod portal;
pub mod queue;
pub mod reset;
pub mod staff;
pub mod trust;

use std::{io::Read as _, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use store::{
    Actor, NewPerson, Store, SystemClock, SystemRandom,
    accounts::{NewAccount, Profile},
};

use crate::{
    auth::password::{Passwords, rule},
    boot,
    config::{Config, Loaded},
    demo,
    http::openapi,
    telemetry,
};

/// Exit code of a verification that found a fault.
const FOUND_WRONG: u8 = 3;

/// Pli: portal and webmail for secure health mail.
#[derive(Parser)]
#[command(name = "pli", version, about, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where the configuration and the data are.
#[derive(Args, Clone)]
pub struct Place {
    /// Configuration file (TOML). Each setting also as PLI_SECTION__KEY, which wins.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data directory: the same as the setting server.data_dir.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the service until it is told to stop.
    Serve(Place),
    /// Makes and serves a demonstration with invented people.
    Demo(demo::Args),
    /// Imports mail: mbox, Maildir, .eml. May run beside the service, and again: what is there is skipped.
    Import(crate::service::import::Args),
    /// Accounts (BAL).
    #[command(subcommand)]
    Accounts(Accounts),
    /// Structures: their BALs, who administers them, reviews.
    #[command(subcommand)]
    Organisation(organisation::Organisation),
    /// BALs of programs, their tokens and certificates.
    #[command(subcommand)]
    Application(application::Application),
    /// The white list, certificates and revocation lists.
    #[command(subcommand)]
    Trust(trust::Trust),
    /// Traces of who did what.
    #[command(subcommand)]
    Trace(Trace),
    /// Mail that waits for other operators.
    #[command(subcommand)]
    Queue(queue::Queue),
    /// Who works for the operator.
    #[command(subcommand)]
    Staff(staff::Staff),
    /// Terms of service (CGU).
    #[command(subcommand)]
    Cgu(portal::Cgu),
    /// Messages written to support.
    #[command(subcommand)]
    Support(portal::Support),
    /// Configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Prints the OpenAPI document.
    Openapi,
}

#[derive(Subcommand)]
enum Accounts {
    /// Makes an account, with a person who holds it when an ordinary address is given.
    Create(Create),
    /// Sets what one BAL may hold, whether it takes mail, whether patients may write to it first.
    Set(accounts::Set),
    /// Gives somebody their access back, after their identity was checked.
    Reset(reset::Reset),
}

#[derive(Args)]
struct Create {
    /// The MSSanté address.
    address: String,
    /// Name of the holder or of the service.
    #[arg(long)]
    name: String,
    /// Ordinary e-mail address of the holder: one-time codes go there.
    #[arg(long, value_name = "ADDRESS", requires = "password_stdin")]
    ordinary_email: Option<String>,
    /// Read the holder's password from standard input.
    #[arg(long, requires = "ordinary_email")]
    password_stdin: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Trace {
    /// Checks all chains of traces against the signed anchors.
    Verify(Place),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Explains every setting: its value, where it comes from, what it does.
    Check(Place),
}

impl Place {
    /// The values of the file, the environment and the options.
    fn loaded(&self) -> anyhow::Result<Loaded> {
        let mut loaded = Loaded::read(self.config.as_deref(), std::env::vars())?;
        if let Some(data) = &self.data {
            loaded.set("server.data_dir", data.to_str().context("--data must be readable text")?)?;
        }
        Ok(loaded)
    }

    /// The configuration.
    ///
    /// # Errors
    /// One sentence about the setting that is wrong.
    pub fn config(&self) -> anyhow::Result<Config> {
        self.loaded()?.config()
    }

    /// The configuration and the store, for commands beside a running service.
    ///
    /// # Errors
    /// As `config`; or when there is no database yet.
    pub async fn open(&self) -> anyhow::Result<(Config, Store)> {
        let config = self.config()?;
        telemetry::start(&config.log);
        let store = boot::open_store(&config, Arc::new(SystemClock)).await?;
        Ok((config, store))
    }
}

/// Runs the command line.
pub fn main(cli: Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("pli: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("pli: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match command {
        Command::Serve(place) => serve(&place).await?,
        Command::Demo(args) => demo::run(args).await?,
        Command::Import(args) => return crate::service::import::run(args).await,
        Command::Accounts(Accounts::Create(create)) => accounts_create(create).await?,
        Command::Accounts(Accounts::Set(set)) => accounts::set(set).await?,
        Command::Accounts(Accounts::Reset(reset)) => reset::run(reset).await?,
        Command::Trust(command) => return trust::trust(command).await,
        Command::Trace(Trace::Verify(place)) => return trace_verify(&place).await,
        Command::Queue(command) => queue::queue(command).await?,
        Command::Staff(command) => staff::staff(command).await?,
        Command::Organisation(command) => organisation::run(command).await?,
        Command::Application(command) => application::run(command).await?,
        Command::Cgu(command) => portal::cgu(command).await?,
        Command::Support(command) => portal::support(command).await?,
        Command::Config(ConfigCommand::Check(place)) => config_check(&place)?,
        Command::Openapi => println!("{:#}", openapi::document()),
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(place: &Place) -> anyhow::Result<()> {
    let config = place.config()?;
    telemetry::start(&config.log);
    boot::run(config, Arc::new(SystemClock), |_| ()).await
}

fn config_check(place: &Place) -> anyhow::Result<()> {
    let loaded = place.loaded()?;
    print!("{}", loaded.explain());
    let config = loaded.config()?;
    crate::tls::Certificate::open(&config.tls)?;
    crate::relay::Relay::new(&config, &(Arc::new(SystemClock) as Arc<dyn store::Clock>))?;
    println!("The configuration can be used.");
    Ok(())
}

async fn accounts_create(create: Create) -> anyhow::Result<()> {
    wire::check::address(&create.address).map_err(|fault| anyhow::anyhow!("{} ({})", create.address, fault.code()))?;
    let (config, store) = create.place.open().await?;
    if store.account_by_address(&create.address).await?.is_some() {
        bail!("this address is taken");
    }
    let holder = match &create.ordinary_email {
        Some(email) => {
            wire::check::address(email).map_err(|fault| anyhow::anyhow!("{email} ({})", fault.code()))?;
            let mut password = String::new();
            std::io::stdin().read_to_string(&mut password).context("cannot read the password")?;
            let password = password.trim_end_matches(['\r', '\n']);
            rule::check(password, &[&create.name, &create.address, email])
                .map_err(|fault| anyhow::anyhow!("the password is refused ({})", fault.code()))?;
            let passwords = Passwords::new(config.limits.hashing_at_once, &SystemRandom)?;
            let phc = passwords.hash(password, &SystemRandom).await?;
            let (name, logins) = (create.name.clone(), vec![create.address.clone()]);
            let person = NewPerson { name, ordinary_email: email.clone(), logins, mobile: None };
            let person = store.person_create(Actor::COMMAND, person).await?;
            store.password_set(Actor::COMMAND, person, phc).await?;
            Some(person)
        }
        None => None,
    };
    let kind = if holder.is_some() { "PER" } else { "ORG" };
    let account = NewAccount {
        address: create.address,
        name: create.name,
        holder,
        profile: Profile { kind: kind.into(), ..Profile::default() },
        inbox_only: false,
    };
    let account = store.account_create(Actor::COMMAND, account).await.map_err(|error| {
        if error.is_conflict("account_address_unique") { anyhow::anyhow!("this address is taken") } else { error.into() }
    })?;
    println!("{account}");
    Ok(())
}

async fn trace_verify(place: &Place) -> anyhow::Result<ExitCode> {
    let (config, store) = place.open().await?;
    let expected = boot::anchor_key(&config)?.verifying_key().to_bytes();
    let report = store.verify(Some(expected)).await?;
    println!("{} chains, {} traces, {} anchors", report.chains, report.traces, report.anchors);
    match report.last_anchor_at {
        Some(at) => println!("last anchor: {} (UTC)", crate::clock::local_minutes(at, "UTC")),
        None => println!("no anchor yet"),
    }
    println!("{} traces are newer than the last anchor: chained, not yet proven", report.unproven);
    for fault in &report.faults {
        println!("FAULT {fault:?}");
    }
    if report.faults.is_empty() {
        println!("All that is anchored holds.");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(FOUND_WRONG))
}
