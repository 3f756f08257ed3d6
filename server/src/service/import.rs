//! `pli import`: mbox, Maildir and `.eml` into a BAL. Header blocks are read first and messages go in by Date, so that
//! answers find what they answer. It may run beside the service (short transactions) and again (what is there is
//! skipped): a stop in the middle loses nothing and doubles nothing.

mod folders;
mod source;

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use store::emails::{InsertOptions, Inserted, NewEmail};
use store::{Actor, Store};
use tokio::sync::mpsc;
use wire::id::{AccountId, MailboxId};

use self::source::Found;
use super::prepare::{Place, prepare};

/// Exit code when all is in, but some messages are damaged or some files could not be read.
const WITH_DAMAGE: u8 = 3;
/// What a transaction should take, so that a running service hardly waits.
const SHORT: Duration = Duration::from_millis(30);
/// Messages of one transaction.
const MAX_BATCH: usize = 64;
/// Messages read ahead, and their octets.
const AHEAD: usize = 64;
const CHUNK: usize = 16;

/// `pli import --account ADDRESS PATH…`
#[derive(clap::Args)]
pub struct Args {
    /// Address of the BAL.
    #[arg(long, value_name = "ADDRESS")]
    account: String,
    /// Folder for messages that come without one (mbox, .eml).
    #[arg(long, value_name = "NAME", default_value = "inbox")]
    folder: String,
    #[command(flatten)]
    place: crate::cli::Place,
    /// mbox files, Maildir folders, .eml files, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// What an import did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub imported: u64,
    /// Were there already.
    pub skipped: u64,
    /// Kept whole, but not readable as they should be: file and offset, never a subject.
    pub damaged: Vec<String>,
    /// Files that could not be read, and why.
    pub unreadable: Vec<String>,
}

/// Runs the command. Exit codes: 0 all is in; 3 all is in, some of it damaged or unreadable (named); 1 failed.
///
/// # Errors
/// When the configuration, the BAL or a path cannot be used, or the store fails.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (_, store) = args.place.open().await?;
    let Some(account) = store.account_by_address(&args.account).await? else {
        bail!("there is no BAL {} here", args.account);
    };
    let spinner = bar("{spinner} {msg}");
    let outcome = {
        let counting = spinner.clone();
        let (paths, folder) = (args.paths, args.folder);
        let mut seen = move |count: usize| counting.set_message(format!("reading headers: {count} messages"));
        let (found, skipped) = tokio::task::spawn_blocking(move || {
            let mut skipped = Vec::new();
            source::scan(&paths, &mut skipped, &mut seen).map(|found| (found, skipped))
        })
        .await?
        .context("cannot read what is to be imported")?;
        spinner.finish_and_clear();
        let progress = bar("{wide_bar} {pos}/{len}  {per_sec}  {eta} left");
        progress.set_length(found.len() as u64);
        let mut outcome = import(&store, account, &folder, found, &|count| progress.inc(count)).await?;
        progress.finish_and_clear();
        outcome.unreadable.extend(skipped.into_iter().map(|(path, error)| format!("{}: {error}", path.display())));
        outcome
    };
    Ok(report(&outcome))
}

fn bar(template: &str) -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::no_length() } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn report(outcome: &Outcome) -> ExitCode {
    println!("imported: {}, there already: {}, damaged: {}", outcome.imported, outcome.skipped, outcome.damaged.len());
    for place in &outcome.damaged {
        println!("damaged, kept whole: {place}");
    }
    for file in &outcome.unreadable {
        println!("could not be read: {file}");
    }
    if outcome.damaged.is_empty() && outcome.unreadable.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(WITH_DAMAGE) }
}

/// One message on its way in.
enum Step {
    New(Box<NewEmail>, Option<String>),
    Known,
    Unreadable(String),
}

/// Puts what was found into a BAL; `done` is told how many more are through.
///
/// # Errors
/// The store's.
async fn import(
    store: &Store,
    account: AccountId,
    folder: &str,
    found: Vec<Found>,
    done: &(dyn Fn(u64) + Sync),
) -> anyhow::Result<Outcome> {
    let targets = folders::targets(store, account, folder, &found).await?;
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let reading = tokio::spawn(read_ahead(store.clone(), account, found, targets, sender));
    let mut outcome = Outcome::default();
    let mut size = 8;
    let mut steps = Vec::new();
    while receiver.recv_many(&mut steps, size).await > 0 {
        let passed = steps.len() as u64;
        let (mut batch, mut places) = (Vec::new(), Vec::new());
        for step in steps.drain(..) {
            match step {
                Step::New(email, place) => {
                    batch.push(*email);
                    places.push(place);
                }
                Step::Known => outcome.skipped += 1,
                Step::Unreadable(file) => outcome.unreadable.push(file),
            }
        }
        if !batch.is_empty() {
            let started = Instant::now();
            let inserted = store
                .emails_insert(
                    Actor::COMMAND,
                    account,
                    batch,
                    InsertOptions { skip_existing: true, ..InsertOptions::default() },
                )
                .await?;
            size = next_size(size, started.elapsed());
            for (result, place) in inserted.into_iter().zip(places) {
                match result {
                    Inserted::New(_) => {
                        outcome.imported += 1;
                        outcome.damaged.extend(place);
                    }
                    Inserted::Existing(_) => outcome.skipped += 1,
                }
            }
        }
        done(passed);
    }
    reading.await??;
    Ok(outcome)
}

fn next_size(size: usize, took: Duration) -> usize {
    if took > SHORT { (size / 2).max(1) } else { (size * 2).min(MAX_BATCH) }
}

/// Reads, recognises and prepares messages ahead of the transactions, on other threads.
async fn read_ahead(
    store: Store,
    account: AccountId,
    found: Vec<Found>,
    targets: HashMap<Vec<String>, MailboxId>,
    sender: mpsc::Sender<Step>,
) -> anyhow::Result<()> {
    for chunk in found.chunks(CHUNK) {
        let messages = chunk.to_vec();
        let read = tokio::task::spawn_blocking(move || messages.into_iter().map(read_one).collect::<Vec<_>>()).await?;
        let keys: Vec<String> =
            read.iter().map(|(_, result)| result.as_ref().map(|(_, key)| key.clone()).unwrap_or_default()).collect();
        let known = store.emails_known(account, &keys).await?;
        let mut waiting = Vec::with_capacity(read.len());
        for ((message, result), known) in read.into_iter().zip(known) {
            let target = targets.get(&message.folder).copied();
            waiting.push(match (result, target) {
                (Err(error), _) => tokio::task::spawn(std::future::ready(Step::Unreadable(error))),
                (Ok(_), _) if known.is_some() => tokio::task::spawn(std::future::ready(Step::Known)),
                (Ok((raw, key)), target) => tokio::task::spawn_blocking(move || prepare_one(&message, raw, key, target)),
            });
        }
        for step in waiting {
            if sender.send(step.await?).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The bytes of a message and its key: the same content in the same folder is the same message.
fn read_one(message: Found) -> (Found, Result<(Bytes, String), String>) {
    let result = source::read(&message).map_err(|error| format!("{}: {error}", message.path.display())).map(|raw| {
        let mut hash = Sha256::new();
        for name in &message.folder {
            hash.update(name.as_bytes());
            hash.update([0]);
        }
        hash.update([1]);
        hash.update(&raw);
        let hash = hash.finalize();
        let key = hash.iter().fold(String::from("import:"), |text, byte| format!("{text}{byte:02x}"));
        (Bytes::from(raw), key)
    });
    (message, result)
}

fn prepare_one(message: &Found, raw: Bytes, key: String, target: Option<MailboxId>) -> Step {
    let place = Place {
        received_at: message.received_at,
        mailboxes: target.into_iter().collect(),
        keywords: message.keywords.clone(),
        dedup_key: Some(key),
    };
    let (email, damaged) = prepare(raw, place);
    let name = || match message.offset {
        Some(offset) => format!("{} at octet {offset}", message.path.display()),
        None => message.path.display().to_string(),
    };
    Step::New(Box::new(email), damaged.then(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_stay_short() {
        assert_eq!(next_size(8, Duration::from_millis(5)), 16);
        assert_eq!(next_size(64, Duration::from_millis(5)), 64);
        assert_eq!(next_size(8, Duration::from_millis(50)), 4);
        assert_eq!(next_size(1, Duration::from_millis(50)), 1);
    }
}
