//! The demonstration: a data directory filled with invented people and their mail, served with a mail catcher.
//!
//! Nothing of the product behaves differently here: the demonstration only calls what the commands call.

pub mod catcher;
mod clock;
pub mod corpus;
mod fill;
mod structure;

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use anyhow::{Context, bail};
use store::{
    Actor, Clock, NewPerson, Store, SystemClock, SystemRandom,
    accounts::{NewAccount, Profile},
};
use tokio::process::Child;
use wire::id::PersonId;

use crate::{
    auth::{password::Passwords, tokens},
    boot,
    config::{Config, Loaded},
    telemetry,
};
use corpus::people;
use fill::Amount;

/// What everybody of the demonstration signs in with.
pub const PASSWORD: &str = "marronnier-boussole-2026";
/// Who works for the operator of the demonstration.
pub const STAFF: &str = "exploitation@courriel.example";
/// Where professionals of the demonstration open a BAL by themselves.
const OPENED: &str = "10=medecin.mssante.example, 21=pharmacien.mssante.example, 40=chirurgien-dentiste.mssante.example, \
    50=sage-femme.mssante.example, 60=infirmier.mssante.example, 70=masseur-kinesitherapeute.mssante.example";
const DATA: &str = "target/demo";
/// A file that only a demonstration's data directory has.
const MARK: &str = "DEMONSTRATION";
/// Its name until everything is made.
const UNFINISHED: &str = "DEMONSTRATION.unfinished";

/// What the public pages of the demonstration say of its invented operator.
const SITE: [(&str, &str); 10] = [
    ("legal.editor", "Pli démonstration (opérateur inventé) // Pli demonstration (an invented operator)"),
    ("legal.address", "1 rue de l'Exemple, 75000 Paris"),
    ("legal.registration", "SIREN 000 000 000"),
    ("legal.director", "Camille Exemple"),
    (
        "legal.host",
        "Hébergeur Exemple SAS (certifié HDS), 2 rue du Serveur, 44000 Nantes // Hébergeur Exemple SAS (HDS certified), 2 rue du Serveur, 44000 Nantes",
    ),
    ("legal.dpo", "dpo@pli.example"),
    (
        "legal.processors",
        "Hébergeur Exemple SAS | hébergement certifié HDS // HDS certified hosting | France, \
         Courriels Exemple | envoi des codes et des avis // sending of codes and notices | France",
    ),
    (
        "support.contacts",
        "Assistance // Support | questions et pannes // questions and breakdowns | support@pli.example | 01 00 00 00 00 \
         | lun-ven 08:00-20:00; sam 08:00-14:00, \
         Sécurité // Security | intrusion et identifiants volés // intrusion and stolen credentials | securite@pli.example \
         | 01 00 00 00 01 | 24/7",
    ),
    ("support.closed", "2026-12-24, 2026-12-31"),
    ("support.notify", "support@pli.example"),
];

/// `pli demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the demonstration lives; made and filled when empty.
    #[arg(long, default_value = DATA)]
    pub data: PathBuf,
    /// Where people sign in.
    #[arg(long, default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// How many messages to make.
    #[arg(long, default_value_t = 2000)]
    pub messages: usize,
    /// Instead: this many messages of 50 kB on average, all for the first person.
    #[arg(long, hide = true)]
    pub bench: Option<usize>,
    /// Page of the mail catcher, where one-time codes arrive.
    #[arg(long, default_value = "127.0.0.1:3025")]
    pub catcher: SocketAddr,
    /// SMTP port of the mail catcher.
    #[arg(long, default_value = "127.0.0.1:3024")]
    pub catcher_smtp: SocketAddr,
    /// Socket that takes `advance SECONDS` lines: the clock of tests.
    #[arg(long)]
    pub clock_control: Option<PathBuf>,
    /// Make the data directory, then stop.
    #[arg(long)]
    pub make_only: bool,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Prints a bearer token of an account of the demonstration.
    Token {
        address: String,
        #[arg(long, default_value = DATA)]
        data: PathBuf,
    },
    /// Makes an empty account (an inbox only) and prints a bearer token.
    Account {
        address: String,
        #[arg(long, default_value = DATA)]
        data: PathBuf,
    },
    /// The mail catcher alone.
    #[command(hide = true)]
    Catcher { smtp: SocketAddr, page: SocketAddr },
}

/// Runs `pli demo` or one of its commands.
///
/// # Errors
/// When the data directory is not a demonstration's, a port is taken, or the store fails.
pub async fn run(args: Args) -> anyhow::Result<()> {
    match args.command {
        Some(Command::Token { address, data }) => token(&data, &address).await,
        Some(Command::Account { address, data }) => account(&data, &address).await,
        Some(Command::Catcher { smtp, page }) => catcher::run(smtp, page).await,
        None => serve(args).await,
    }
}

/// The configuration of a demonstration: everything else is as for anybody.
fn config(data: &Path, listen: SocketAddr, smtp: SocketAddr, catcher: SocketAddr) -> anyhow::Result<Config> {
    let mut loaded = Loaded::read(None, std::env::vars())?;
    loaded.set("server.data_dir", data.to_str().context("--data must be readable text")?)?;
    loaded.set("server.listen", &format!("127.0.0.1:{0}, [::1]:{0}", listen.port()))?;
    loaded.set("web.public_url", &format!("http://{listen}"))?;
    loaded.set("smtp.url", &format!("smtp://{smtp}"))?;
    loaded.set("sms.url", &format!("http://{catcher}/sms"))?;
    loaded.set("sms.secret", catcher::SMS_SECRET)?;
    loaded.set("smtp.from", "Pli <ne-pas-repondre@pli.example>")?;
    loaded.set("opening.domains", OPENED)?;
    for (setting, text) in SITE {
        loaded.set(setting, text)?;
    }
    loaded.config()
}

/// Opens a demonstration that was made; refuses any other data directory.
async fn open(data: &Path) -> anyhow::Result<Store> {
    if !data.join(MARK).exists() {
        bail!("{} was not made by `pli demo`", data.display());
    }
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = config(data, nowhere, nowhere, nowhere)?;
    boot::open_store(&config, Arc::new(SystemClock)).await
}

async fn token(data: &Path, address: &str) -> anyhow::Result<()> {
    let store = open(data).await?;
    let login = store.login_lookup(address).await?.with_context(|| format!("nobody signs in as {address}"))?;
    print_token(&store, login.person).await
}

async fn account(data: &Path, address: &str) -> anyhow::Result<()> {
    wire::check::address(address).map_err(|fault| anyhow::anyhow!("{address} ({})", fault.code()))?;
    let store = open(data).await?;
    let new = NewPerson {
        name: address.into(),
        ordinary_email: format!("{}@courriel.example", address.replace('@', ".")),
        logins: vec![address.into()],
        mobile: None,
    };
    let person = store.person_create(Actor::COMMAND, new).await?;
    if let Some(cgu) = store.cgu_must_accept(person).await? {
        fill::accept(&store, person, cgu).await?;
    }
    let profile = Profile { kind: "PER".into(), ..Profile::default() };
    let new = NewAccount { address: address.into(), name: address.into(), holder: Some(person), profile, inbox_only: true };
    store.account_create(Actor::COMMAND, new).await?;
    print_token(&store, person).await
}

async fn print_token(store: &Store, person: PersonId) -> anyhow::Result<()> {
    // One of its own each time: tokens of a person have different names.
    let name = format!("pli demo {}", store.now());
    let (token, _) = tokens::create(store, &SystemRandom, Actor::COMMAND, person, &name).await?;
    println!("{token}");
    Ok(())
}

async fn serve(args: Args) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = match &args.clock_control {
        Some(socket) => clock::controlled(socket)?,
        None => Arc::new(SystemClock),
    };
    let config = config(&args.data, args.listen, args.catcher_smtp, args.catcher)?;
    telemetry::start(&config.log);
    if !args.make_only {
        check_ports(&args)?;
    }
    make(&args, &config).await?;
    if args.make_only {
        return Ok(());
    }
    let mut catcher = start_catcher(&args)?;
    tokio::select! {
        ended = boot::run(config, clock, |_| announce(&args)) => ended,
        status = catcher.wait() => bail!("the mail catcher stopped ({}): no one-time code would arrive", status?),
    }
}

/// Says at once, before anything is made, which port is taken.
fn check_ports(args: &Args) -> anyhow::Result<()> {
    let ports = [
        (args.listen, "the web pages", "--listen"),
        (args.catcher, "the page of the mail catcher", "--catcher"),
        (args.catcher_smtp, "the mail catcher", "--catcher-smtp"),
    ];
    for (address, what, option) in ports {
        if let Err(error) = TcpListener::bind(address) {
            bail!("{address} is wanted for {what} and cannot be used ({error}): free it, or name another with {option}");
        }
    }
    Ok(())
}

/// Makes and fills the data directory unless it was made before. One that was left unfinished is made again; one that
/// holds something else is refused.
async fn make(args: &Args, config: &Config) -> anyhow::Result<()> {
    let (mark, unfinished) = (args.data.join(MARK), args.data.join(UNFINISHED));
    if mark.exists() {
        return Ok(());
    }
    if args.data.exists() && !unfinished.exists() && args.data.read_dir()?.next().is_some() {
        bail!("{} holds something that `pli demo` did not make: name another with --data", args.data.display());
    }
    std::fs::create_dir_all(&args.data)?;
    // Held while this process fills: whoever finds the file without the lock knows that the one who filled is gone.
    let lock = std::fs::File::create(&unfinished)?;
    if lock.try_lock().is_err() {
        bail!("another `pli demo` is filling {}: wait until it has done so", args.data.display());
    }
    clear(&args.data)?;
    let store = boot::open_store(config, Arc::new(SystemClock)).await?;
    let passwords = Passwords::new(config.limits.hashing_at_once, &SystemRandom)?;
    let amount = args.bench.map_or(Amount::Everybody(args.messages), Amount::Bench);
    fill::fill(&store, &passwords, amount).await?;
    lock.sync_all()?;
    Ok(std::fs::rename(unfinished, mark)?)
}

/// Removes what an interrupted making left.
fn clear(data: &Path) -> std::io::Result<()> {
    for entry in data.read_dir()? {
        let entry = entry?;
        if entry.file_name() == UNFINISHED {
            continue;
        }
        match entry.file_type()?.is_dir() {
            true => std::fs::remove_dir_all(entry.path())?,
            false => std::fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}

/// The catcher is a process of its own; it ends with this one.
fn start_catcher(args: &Args) -> anyhow::Result<Child> {
    tokio::process::Command::new(std::env::current_exe()?)
        .args(["demo", "catcher", &args.catcher_smtp.to_string(), &args.catcher.to_string()])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("starting the mail catcher")
}

fn announce(args: &Args) {
    println!("\nPli, demonstration: http://{}", args.listen);
    println!("Passkeys need a name:     http://localhost:{}", args.listen.port());
    println!("Codes and text messages arrive at  http://{}  (SMTP {})", args.catcher, args.catcher_smtp);
    println!("Everybody's password is   {PASSWORD}\n");
    for person in people() {
        println!("  {:58} {}, {}", person.address, person.display(), person.profession);
    }
    println!("  {STAFF:58} the operator's staff, without a mailbox");
    for (name, login, function) in structure::PEOPLE {
        println!("  {login:58} {name}, {function}");
    }
    println!("  {:58} the mailbox that they share; {} is a program's", structure::SHARED, structure::SOFTWARE);
    println!("\nStop with Ctrl+C.");
}
