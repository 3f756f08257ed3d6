//! Links sent to the verified address, for those who cannot sign in: only their hash is kept, each serves once.

use futures::FutureExt;
use serde_json::json;
use wire::id::PersonId;

use crate::db::{Tx, args, statements};
use crate::traces::{self, Actor, Chain, Means, Trace};
use crate::{Result, Store};

statements! {
    /// Of two requests for the same person one waits here for the other: each counts what the other made.
    LOCK = "UPDATE person SET person_id = person_id WHERE person_id = $1";
    INSERT = "INSERT INTO recovery_link (token_hash, person_id, purpose, code_hash, tries, created_at, expires_at)
        VALUES ($1, $2, $3, $4, 0, $5, $6)";
    SELECT = "SELECT person_id, purpose, code_hash, expires_at FROM recovery_link WHERE token_hash = $1";
    RECENT = "SELECT COUNT(*) FROM recovery_link WHERE person_id = $1 AND created_at > $2";
    COUNT = "UPDATE recovery_link SET tries = tries + 1 WHERE token_hash = $1 RETURNING person_id, code_hash, tries, expires_at";
    DELETE = "DELETE FROM recovery_link WHERE token_hash = $1 AND expires_at > $2";
    DELETE_PERSON = "DELETE FROM recovery_link WHERE person_id = $1";
    PRUNE = "DELETE FROM recovery_link WHERE expires_at < $1";
}

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// A forgotten password, or the end of a suspension.
    Recover,
    Suspend,
    /// After the operator checked the identity: wants the code that was said there.
    Assisted,
}

impl LinkPurpose {
    /// The word kept with the link.
    pub fn code(self) -> &'static str {
        match self {
            Self::Recover => "recover",
            Self::Suspend => "suspend",
            Self::Assisted => "assisted",
        }
    }

    fn from_code(code: &str) -> Self {
        match code {
            "suspend" => Self::Suspend,
            "assisted" => Self::Assisted,
            _ => Self::Recover,
        }
    }
}

/// A link that still serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub person: PersonId,
    pub purpose: LinkPurpose,
}

/// What became of the code that the operator said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkTried {
    Right(PersonId),
    Wrong,
    Gone,
}

impl Store {
    /// Keeps a link. `Limit` (as false) when `most` were made for the person within the last hour.
    pub async fn link_create(
        &self,
        actor: Actor,
        link: Link,
        token: [u8; 32],
        code: Option<String>,
        valid_ms: i64,
        most: i64,
    ) -> Result<bool> {
        let code = match code {
            Some(code) => Some(self.operator_keys().await?.lookup("assisted", &[&token[..], code.as_bytes()].concat())),
            None => None,
        };
        self.write((actor, link, token, code, valid_ms, most), |tx, (actor, link, token, code, valid_ms, most)| {
            async move {
                let now = tx.now();
                tx.execute(LOCK, args![link.person]).await?;
                tx.execute(PRUNE, args![now - 3_600_000]).await?;
                if tx.fetch_one(RECENT, args![link.person, now - 3_600_000]).await?.int(0)? >= *most {
                    return Ok(false);
                }
                let purpose = link.purpose.code();
                tx.execute(INSERT, args![token, link.person, purpose, *code, now, now + valid_ms]).await?;
                let detail = json!({"for": purpose});
                traces::trace(tx, Chain::Person(link.person), Trace::done("recovery-link", *actor, None, detail)).await?;
                Ok(true)
            }
            .boxed()
        })
        .await
    }

    /// The link of a token, if it still serves.
    pub async fn link(&self, token: [u8; 32]) -> Result<Option<Link>> {
        let Some(row) = self.read().await?.fetch_optional(SELECT, args![token]).await? else { return Ok(None) };
        let link = Link { person: PersonId(row.int(0)?), purpose: LinkPurpose::from_code(&row.text(1)?) };
        Ok((row.int(3)? > self.now()).then_some(link))
    }

    /// Uses a link up; false when another did before, or it expired.
    pub async fn link_use(&self, token: [u8; 32]) -> Result<bool> {
        self.write(token, |tx, token| {
            async move {
                let now = tx.now();
                Ok(tx.execute(DELETE, args![token, now]).await? > 0)
            }
            .boxed()
        })
        .await
    }

    /// Tries the code that the operator said to the person. Each try counts; the right one uses the link up.
    pub async fn link_try(&self, token: [u8; 32], typed: &str, tries: u32) -> Result<LinkTried> {
        let hash = self.operator_keys().await?.lookup("assisted", &[&token[..], typed.as_bytes()].concat());
        self.write((token, hash, i64::from(tries)), |tx, (token, hash, tries)| attempt(tx, token, hash, *tries).boxed())
            .await
    }
}

async fn attempt(tx: &mut Tx, token: &[u8; 32], hash: &[u8; 32], tries: i64) -> Result<LinkTried> {
    let now = tx.now();
    let Some(row) = tx.fetch_optional(COUNT, args![token]).await? else { return Ok(LinkTried::Gone) };
    let (person, kept) = (PersonId(row.int(0)?), row.opt_bytes(1)?);
    if row.int(2)? > tries || row.int(3)? <= now {
        return Ok(LinkTried::Gone);
    }
    let actor = Actor { person: Some(person), session: None, means: Means::Web };
    if kept.as_deref() != Some(hash.as_slice()) {
        let trace = Trace::refused("recovery-code", actor, None, "wrong", json!({}));
        traces::trace(tx, Chain::Person(person), trace).await?;
        return Ok(LinkTried::Wrong);
    }
    tx.execute(DELETE, args![token, now]).await?;
    traces::trace(tx, Chain::Person(person), Trace::done("recovery-code", actor, None, json!({}))).await?;
    Ok(LinkTried::Right(person))
}

/// Ends all links of a person, in the caller's transaction.
pub(crate) async fn drop_all(tx: &mut Tx, person: PersonId) -> Result<()> {
    tx.execute(DELETE_PERSON, args![person]).await.map(drop)
}
