//! `pli trust …`: whom mail is exchanged with, in words and numbers.

use std::{fs, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use relay::trust::{explain, list};
use store::SystemClock;

use super::{FOUND_WRONG, Place};
use crate::relay::{Relay, keeper, status};

/// `pli trust`.
#[derive(Subcommand)]
pub enum Trust {
    /// Explains a white list: whether it verifies, what it holds. Ends with 3 when it is refused.
    Check(Check),
    /// Says which list is in force, how old it is, when certificates and revocation lists end. Ends with 3 when
    /// something is not in order.
    Status(Place),
}

#[derive(Args)]
pub struct Check {
    /// The list: a file.
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Runs `pli trust …`.
///
/// # Errors
/// When trust is not configured, or a file or the database cannot be read.
pub async fn trust(command: Trust) -> anyhow::Result<ExitCode> {
    match command {
        Trust::Check(check) => check_file(&check),
        Trust::Status(place) => show(&place).await,
    }
}

/// Against the authorities and the signer of the configuration, at this time; revocation lists in files count.
fn check_file(check: &Check) -> anyhow::Result<ExitCode> {
    let config = check.place.config()?;
    let clock: Arc<dyn store::Clock> = Arc::new(SystemClock);
    let Some(relay) = Relay::new(&config, &clock)? else { bail!("`relay.certificate_file` is not set: nobody is trusted") };
    let bytes = fs::read(&check.file).with_context(|| format!("cannot read {}", check.file.display()))?;
    let now = clock.now_ms();
    let outcome = list::verify(&bytes, relay.keeper.policy(), &relay.book.current().authority, now);
    print!("{}", explain::explain(&outcome, now));
    Ok(if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(FOUND_WRONG) })
}

/// What the running service has kept.
async fn show(place: &Place) -> anyhow::Result<ExitCode> {
    let (config, store) = place.open().await?;
    let clock: Arc<dyn store::Clock> = Arc::new(SystemClock);
    let Some(relay) = Relay::new(&config, &clock)? else { bail!("`relay.certificate_file` is not set: nobody is trusted") };
    let now = clock.now_ms();
    keeper::restore(&store, &relay, now).await?;
    let status = status::read(&relay, &config, now);
    print!("{}", status.text());
    Ok(if status.alarms().is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FOUND_WRONG) })
}
