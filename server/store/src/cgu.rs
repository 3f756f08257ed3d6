//! Terms of service (CGU): versions with their date, who accepted which, who was told. The latest version whose date has
//! come is in force; whoever has an access accepts it before anything else.

use futures::FutureExt;
use serde_json::json;
use sha2::{Digest, Sha256};
use wire::id::PersonId;

use crate::db::{Row, Tx, args, statements};
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store};

statements! {
    LAST = "SELECT version, from_at FROM cgu_version ORDER BY version DESC LIMIT 1";
    INSERT = "INSERT INTO cgu_version (version, from_at, published_at, digest, body, translation)
        VALUES ($1, $2, $3, $4, $5, $6)";
    ALL = "SELECT version, from_at, published_at, digest FROM cgu_version ORDER BY version DESC";
    ONE = "SELECT version, from_at, published_at, digest, body, translation FROM cgu_version WHERE version = $1";
    CURRENT = "SELECT version, from_at, published_at, digest FROM cgu_version WHERE from_at <= $1
        ORDER BY from_at DESC, version DESC LIMIT 1";
    MUST_ACCEPT = "SELECT v.version FROM cgu_version v WHERE v.version = (
            SELECT MAX(version) FROM cgu_version WHERE from_at <= $2
        ) AND NOT EXISTS (
            SELECT 1 FROM cgu_acceptance a WHERE a.person_id = $1 AND a.version >= v.version
        ) AND NOT EXISTS (SELECT 1 FROM application p WHERE p.person_id = $1)";
    ACCEPT = "INSERT INTO cgu_acceptance (person_id, version, accepted_at, means, notice) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (person_id, version) DO NOTHING";
    ACCEPTED = "SELECT version, accepted_at, means, notice FROM cgu_acceptance WHERE person_id = $1 ORDER BY version DESC";
    EXPORT = "SELECT person_id, version, accepted_at, means, notice FROM cgu_acceptance
        WHERE person_id > $1 OR (person_id = $1 AND version > $2) ORDER BY person_id, version LIMIT $3";
    TO_TELL = "SELECT p.person_id FROM person p
        LEFT JOIN cgu_notice n ON n.person_id = p.person_id AND n.version = $1
        WHERE p.created_at < $2 AND (n.person_id IS NULL OR (n.told_at IS NULL AND n.claimed_at < $3))
        AND NOT EXISTS (SELECT 1 FROM cgu_acceptance a WHERE a.person_id = p.person_id AND a.version >= $1)
        AND NOT EXISTS (SELECT 1 FROM application s WHERE s.person_id = p.person_id)
        ORDER BY p.person_id LIMIT $4";
    CLAIM = "INSERT INTO cgu_notice (version, person_id, claimed_at, told_at) VALUES ($1, $2, $3, NULL)
        ON CONFLICT (version, person_id) DO UPDATE SET claimed_at = excluded.claimed_at
        WHERE cgu_notice.told_at IS NULL AND cgu_notice.claimed_at < $4";
    TOLD = "UPDATE cgu_notice SET told_at = $3 WHERE version = $1 AND person_id = $2";
}

/// A notice that was claimed and not sent after so long is claimed again: its process is gone, or the mail server was.
const CLAIM_MS: i64 = 10 * 60_000;

/// A version, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CguVersion {
    pub version: i64,
    /// In force from then on.
    pub from_at: i64,
    pub published_at: i64,
    /// SHA-256 of the text.
    pub digest: [u8; 32],
}

/// A version with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CguText {
    pub version: CguVersion,
    pub body: String,
    /// In English, without legal value.
    pub translation: Option<String>,
}

/// How somebody accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptedBy {
    /// While opening a BAL.
    Creation,
    /// On the page that asks for it.
    Page,
    /// The invented people of the demonstration.
    Demonstration,
}

impl AcceptedBy {
    /// The word kept with the acceptance.
    pub fn code(self) -> &'static str {
        match self {
            Self::Creation => "creation",
            Self::Page => "page",
            Self::Demonstration => "demonstration",
        }
    }
}

/// What somebody accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    pub version: i64,
    pub by: AcceptedBy,
    /// The version of the privacy notice that was shown with it.
    pub notice: String,
}

/// An acceptance, as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub person: PersonId,
    pub version: i64,
    pub at: i64,
    pub means: String,
    pub notice: String,
}

impl Store {
    /// Publishes a version, in force from `from_at`. `Conflict` on `cgu_version_order` when an earlier one begins later.
    pub async fn cgu_publish(&self, actor: Actor, body: String, translation: Option<String>, from_at: i64) -> Result<i64> {
        self.write((actor, body, translation, from_at), |tx, (actor, body, translation, from_at)| {
            publish(tx, *actor, body, translation.as_deref(), *from_at).boxed()
        })
        .await
    }

    /// All versions, the newest first.
    pub async fn cgu_versions(&self) -> Result<Vec<CguVersion>> {
        self.read().await?.fetch_all(ALL, args![]).await?.iter().map(version).collect()
    }

    /// The version in force at `now`; none when nothing is.
    pub async fn cgu_current(&self, now: i64) -> Result<Option<CguVersion>> {
        self.read().await?.fetch_optional(CURRENT, args![now]).await?.as_ref().map(version).transpose()
    }

    /// A version with its text. `NotFound` when there is none of this number.
    pub async fn cgu_text(&self, number: i64) -> Result<CguText> {
        let row = self.read().await?.fetch_one(ONE, args![number]).await?;
        Ok(CguText { version: version(&row)?, body: row.text(4)?, translation: row.opt_text(5)? })
    }

    /// The version that this person has to accept before anything else; none when they are in order.
    pub async fn cgu_must_accept(&self, person: PersonId) -> Result<Option<i64>> {
        let row = self.read().await?.fetch_optional(MUST_ACCEPT, args![person, self.now()]).await?;
        row.map(|row| row.int(0)).transpose()
    }

    /// Keeps that a person accepts a version; a second time changes nothing. `NotFound` when there is no such version.
    pub async fn cgu_accept(&self, actor: Actor, person: PersonId, acceptance: Acceptance) -> Result<()> {
        self.write((actor, person, acceptance), |tx, (actor, person, acceptance)| {
            accept(tx, *actor, *person, acceptance).boxed()
        })
        .await
    }

    /// What a person accepted, the newest first.
    pub async fn cgu_accepted(&self, person: PersonId) -> Result<Vec<Accepted>> {
        let rows = self.read().await?.fetch_all(ACCEPTED, args![person]).await?;
        rows.iter().map(|row| accepted(row, person, 0)).collect()
    }

    /// Who accepted what, in pages: after this person and version, at most `limit`.
    pub async fn cgu_acceptances(&self, after: (PersonId, i64), limit: u32) -> Result<Vec<Accepted>> {
        let rows = self.read().await?.fetch_all(EXPORT, args![after.0, after.1, limit]).await?;
        rows.iter().map(|row| accepted(row, PersonId(row.int(0)?), 1)).collect()
    }

    /// Leaves the trace of an export of the acceptances.
    pub async fn cgu_exported(&self, actor: Actor, count: usize) -> Result<()> {
        self.trace(Chain::Process, Trace::done("cgu-export", actor, None, json!({"count": count}))).await
    }

    /// Some of those who were there before a version was published, did not accept it and were not told of it.
    pub async fn cgu_to_tell(&self, version: &CguVersion, limit: u32) -> Result<Vec<PersonId>> {
        let before = self.now() - CLAIM_MS;
        let args = args![version.version, version.published_at, before, limit];
        self.read().await?.fetch_all(TO_TELL, args).await?.iter().map(|row| Ok(PersonId(row.int(0)?))).collect()
    }

    /// Takes it upon this process to tell a person; false when another has.
    pub async fn cgu_claim_notice(&self, version: i64, person: PersonId) -> Result<bool> {
        self.write((version, person), |tx, (version, person)| {
            async move {
                let now = tx.now();
                Ok(tx.execute(CLAIM, args![*version, *person, now, now - CLAIM_MS]).await? > 0)
            }
            .boxed()
        })
        .await
    }

    /// The person was told of this version.
    pub async fn cgu_told(&self, version: i64, person: PersonId) -> Result<()> {
        self.write((version, person), |tx, (version, person)| {
            async move {
                let now = tx.now();
                tx.execute(TOLD, args![*version, *person, now]).await?;
                let entry = Trace::done("cgu-announce", Actor::SYSTEM, None, json!({"version": version}));
                traces::trace(tx, Chain::Person(*person), entry).await
            }
            .boxed()
        })
        .await
    }
}

async fn publish(tx: &mut Tx, actor: Actor, body: &str, translation: Option<&str>, from_at: i64) -> Result<i64> {
    let number = match tx.fetch_optional(LAST, args![]).await? {
        Some(row) if row.int(1)? >= from_at => return Err(Error::Conflict { constraint: "cgu_version_order".into() }),
        Some(row) => row.int(0)? + 1,
        None => 1,
    };
    let (now, digest): (_, [u8; 32]) = (tx.now(), Sha256::digest(body.as_bytes()).into());
    tx.execute(INSERT, args![number, from_at, now, digest, body, translation.map(str::to_owned)]).await?;
    let detail = json!({"version": number, "from": from_at});
    traces::trace(tx, Chain::Process, Trace::done("cgu-publish", actor, None, detail)).await?;
    Ok(number)
}

/// Keeps an acceptance in the caller's transaction. `NotFound` when there is no such version.
pub(crate) async fn accept(tx: &mut Tx, actor: Actor, person: PersonId, acceptance: &Acceptance) -> Result<()> {
    tx.fetch_one(ONE, args![acceptance.version]).await?;
    let now = tx.now();
    let row = args![person, acceptance.version, now, acceptance.by.code(), acceptance.notice.as_str()];
    if tx.execute(ACCEPT, row).await? == 0 {
        return Ok(());
    }
    let detail = json!({"version": acceptance.version, "by": acceptance.by.code(), "notice": acceptance.notice});
    traces::trace(tx, Chain::Person(person), Trace::done("cgu-accept", actor, None, detail)).await
}

fn version(row: &Row) -> Result<CguVersion> {
    let digest = row.bytes(3)?.try_into().map_err(|_| Error::Corrupt("digest of a version of the CGU"))?;
    Ok(CguVersion { version: row.int(0)?, from_at: row.int(1)?, published_at: row.int(2)?, digest })
}

fn accepted(row: &Row, person: PersonId, at: usize) -> Result<Accepted> {
    Ok(Accepted { person, version: row.int(at)?, at: row.int(at + 1)?, means: row.text(at + 2)?, notice: row.text(at + 3)? })
}
