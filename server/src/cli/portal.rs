//! `pli cgu …` and `pli support …`: the operator's side of the public pages.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use store::{Actor, Store, cgu::Accepted, support};
use wire::id::PersonId;

use super::Place;
use crate::{
    clock,
    portal::cgu::{self, ZONE},
};

/// `pli cgu`.
#[derive(Subcommand)]
pub enum Cgu {
    /// Publishes a version: everyone with an access is told, and accepts it from its date on before getting in.
    Publish(Publish),
    /// Lists the versions with their dates.
    List(Place),
    /// Writes who accepted what, when and how, as CSV.
    Acceptances(Acceptances),
}

#[derive(Args)]
pub struct Publish {
    /// Text file (UTF-8): `# heading`, `- list`, **strong**, [link](https://…); everything else is plain text.
    file: PathBuf,
    /// In force from this day (2027-01-01) or minute (2027-01-01T08:00) on, Paris time.
    #[arg(long)]
    from: String,
    /// The same text in English, without legal value.
    #[arg(long, value_name = "FILE")]
    english: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub struct Acceptances {
    /// Where to write: a new file, for the owner's eyes only.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// `pli support`.
#[derive(Subcommand)]
pub enum Support {
    /// Lists what waits, the most pressing first.
    List {
        /// Also what is closed, the newest first.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Shows one message; this is traced.
    Read {
        reference: String,
        #[command(flatten)]
        place: Place,
    },
    /// Closes one message.
    Close {
        reference: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Runs `pli cgu …`.
///
/// # Errors
/// When the text or the date cannot be used, or the store fails.
pub async fn cgu(command: Cgu) -> anyhow::Result<()> {
    match command {
        Cgu::Publish(publish) => {
            let read = |path: &Path| fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
            let (body, english) = (read(&publish.file)?, publish.english.as_deref().map(read).transpose()?);
            let from = clock::begins(&publish.from, ZONE).context("--from must be a day such as 2027-01-01")?;
            let (_, store) = publish.place.open().await?;
            let version = cgu::publish(&store, Actor::COMMAND, body, english, from).await?;
            println!("version {version}, in force from {} (Paris)", clock::local_minutes(from, ZONE));
        }
        Cgu::List(place) => {
            let (_, store) = place.open().await?;
            let current = store.cgu_current(store.now()).await?.map(|current| current.version);
            for version in store.cgu_versions().await? {
                let mark = if Some(version.version) == current { "  in force" } else { "" };
                let (from, published) = (local(version.from_at), local(version.published_at));
                println!(
                    "{:>4}  from {from}  published {published}  sha256 {}{mark}",
                    version.version,
                    hex(&version.digest)
                );
            }
        }
        Cgu::Acceptances(wanted) => {
            let (_, store) = wanted.place.open().await?;
            let mut file = fs::OpenOptions::new();
            let file = file.write(true).create_new(true).mode(0o600).open(&wanted.out);
            let mut file = io::BufWriter::new(file.with_context(|| format!("cannot write {}", wanted.out.display()))?);
            let count = export(&store, &mut file).await?;
            file.flush()?;
            store.cgu_exported(Actor::COMMAND, count).await?;
            println!("{count} acceptances");
        }
    }
    Ok(())
}

/// Writes every acceptance as a line of CSV (RFC 4180); how many.
///
/// # Errors
/// The store's, or that nothing can be written.
pub async fn export(store: &Store, out: &mut impl io::Write) -> anyhow::Result<usize> {
    let digests: Vec<(i64, String)> =
        store.cgu_versions().await?.into_iter().map(|one| (one.version, hex(&one.digest))).collect();
    write!(out, "person,name,version,sha256,accepted_at,means,privacy_notice\r\n")?;
    let (mut after, mut count) = ((PersonId(0), 0), 0);
    loop {
        let page: Vec<Accepted> = store.cgu_acceptances(after, 500).await?;
        let Some(last) = page.last() else { return Ok(count) };
        after = (last.person, last.version);
        count += page.len();
        for one in page {
            // Who is gone keeps their id.
            let name = store.person(one.person).await.map(|person| person.name).unwrap_or_default();
            let digest = digests.iter().find(|(version, _)| *version == one.version).map_or("", |(_, digest)| digest);
            let at = format!("{}Z", clock::local_minutes(one.at, "UTC"));
            let row = [&one.person.to_string(), &name, &one.version.to_string(), digest, &at, &one.means, &one.notice];
            let row: Vec<String> = row.into_iter().map(cell).collect();
            write!(out, "{}\r\n", row.join(","))?;
        }
    }
}

/// One cell: quoted, and never read as a formula.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
}

/// Runs `pli support …`.
///
/// # Errors
/// When there is no such message, or the store fails.
pub async fn support(command: Support) -> anyhow::Result<()> {
    match command {
        Support::List { all, place } => {
            let (_, store) = place.open().await?;
            for message in store.support_list(all, 500).await? {
                let state = if message.closed_at.is_some() { "closed" } else { "open" };
                let who = &message.text;
                println!(
                    "{}  {}  {state:6}  {:12}  {} <{}>",
                    message.reference(),
                    local(message.created_at),
                    message.kind,
                    printable(&who.name),
                    printable(&who.reply_to)
                );
            }
        }
        Support::Read { reference, place } => {
            let (_, store) = place.open().await?;
            let message = store.support_read(Actor::COMMAND, id(&reference)?).await.map_err(unknown)?;
            let text = &message.text;
            println!("{}  {}  {}", message.reference(), local(message.created_at), message.kind);
            println!("From: {} <{}> ({})", printable(&text.name), printable(&text.reply_to), text.lang);
            let person = message.person.map_or_else(|| "not signed in".into(), |person| format!("signed in as {person}"));
            println!("To: {}    About: {}    {person}", printable(&text.contact), printable(&text.address));
            println!("\n{}", text.text.lines().map(printable).collect::<Vec<_>>().join("\n"));
        }
        Support::Close { reference, place } => {
            let (_, store) = place.open().await?;
            store.support_close(Actor::COMMAND, id(&reference)?).await.map_err(unknown)?;
        }
    }
    Ok(())
}

fn id(reference: &str) -> anyhow::Result<i64> {
    match support::from_reference(reference) {
        Some(id) => Ok(id),
        None => bail!("{reference} is not a reference"),
    }
}

fn unknown(error: store::Error) -> anyhow::Error {
    match error {
        store::Error::NotFound => anyhow::anyhow!("no such message waits"),
        other => other.into(),
    }
}

/// What strangers wrote must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn local(ms: i64) -> String {
    clock::local_minutes(ms, ZONE)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_never_formulas() {
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell("Claire"), "\"Claire\"");
        assert_eq!(printable("a\u{1b}[31mb"), "a [31mb");
    }
}
