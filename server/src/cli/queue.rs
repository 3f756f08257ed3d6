//! `pli queue …`: mail that waits for other operators, as its operator sees and steers it. Domains, times and counts; never
//! who writes to whom. Every act is traced.

use clap::{Args, Subcommand};
use store::{Actor, relay_jobs::QueueRow};

use super::Place;
use crate::{clock, portal::cgu::ZONE};

/// Rows of one list at most.
const MOST: u32 = 1_000;

/// `pli queue`.
#[derive(Subcommand)]
pub enum Queue {
    /// Lists what waits, the oldest first.
    List(Place),
    /// Makes messages due now.
    Retry(Ids),
    /// Keeps messages from being tried until they are released.
    Hold(Ids),
    /// Lets held messages go again.
    Release(Ids),
    /// Drops messages: their senders get a notice. The service does it; when it does not run, at its next start.
    Drop(Ids),
}

#[derive(Args)]
pub struct Ids {
    /// Numbers, as the list shows them.
    #[arg(required = true)]
    ids: Vec<i64>,
    #[command(flatten)]
    place: Place,
}

/// Runs `pli queue …`.
///
/// # Errors
/// When there is no such message in the queue, or the store fails.
pub async fn queue(command: Queue) -> anyhow::Result<()> {
    let (ids, word) = match command {
        Queue::List(place) => return list(&place).await,
        Queue::Retry(ids) => (ids, "retry"),
        Queue::Hold(ids) => (ids, "hold"),
        Queue::Release(ids) => (ids, "release"),
        Queue::Drop(ids) => (ids, "drop"),
    };
    let (_, store) = ids.place.open().await?;
    for id in ids.ids {
        let done = match word {
            "retry" => store.queue_retry(Actor::COMMAND, id).await,
            "drop" => store.queue_drop(Actor::COMMAND, id).await,
            held => store.queue_hold(Actor::COMMAND, id, held == "hold").await,
        };
        done.map_err(|error| match error {
            store::Error::NotFound => anyhow::anyhow!("{id} does not wait (any more)"),
            other => other.into(),
        })?;
        println!("{id}  {word}");
    }
    Ok(())
}

async fn list(place: &Place) -> anyhow::Result<()> {
    let (_, store) = place.open().await?;
    let now = store.now();
    for job in store.queue_list(MOST).await? {
        println!("{}", line(&job, now));
    }
    let figures = store.queue_figures().await?;
    println!("{} waiting, {} tried, {} held", figures.waiting, figures.tried, figures.held);
    Ok(())
}

fn line(job: &QueueRow, now: i64) -> String {
    let state = job.state(now);
    let local = |at: i64| clock::local_minutes(at, ZONE);
    format!(
        "{}  {}  {state:8}  {:30}  queued {}  next {}  {} attempts  {}",
        job.id,
        job.account,
        job.domain,
        local(job.queued_at),
        local(job.due_at),
        job.attempts,
        job.reason.as_deref().unwrap_or("-")
    )
}
