//! Sessions of browsers. Only hashes of their tokens are kept.

use futures::FutureExt;
use serde_json::json;
use wire::id::{PersonId, SessionId};

use crate::db::{Row, Tx, args, statements};
use crate::keys::{Keys, Owner};
use crate::traces::{self, Actor, Chain, Means, Trace};
use crate::{Result, Store};

statements! {
    INSERT = "INSERT INTO session (session_id, token_hash, person_id, created_at, seen_at, expires_at, sealed_agent, means,
        strong_at) VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $4)";
    BY_TOKEN = "SELECT session_id, person_id, created_at, seen_at, expires_at, means, strong_at FROM session
        WHERE token_hash = $1 AND NOT EXISTS (SELECT 1 FROM suspension WHERE suspension.person_id = session.person_id)";
    BY_ID = "SELECT session_id, person_id, created_at, seen_at, expires_at, means, strong_at FROM session
        WHERE session_id = $1 AND person_id = $2";
    BY_PERSON = "SELECT session_id, person_id, created_at, seen_at, expires_at, means, strong_at, sealed_agent FROM session
        WHERE person_id = $1";
    STRENGTHEN = "UPDATE session SET strong_at = $3 WHERE session_id = $1 AND person_id = $2 AND strong_at < $3";
    TOUCH = "UPDATE session SET seen_at = $2 WHERE session_id = $1 AND seen_at < $2";
    DELETE = "DELETE FROM session WHERE session_id = $1 AND person_id = $2";
    DELETE_ALL = "DELETE FROM session WHERE person_id = $1";
    DELETE_OTHERS = "DELETE FROM session WHERE person_id = $1 AND session_id <> $2";
    PRUNE = "DELETE FROM session WHERE expires_at < $1 OR seen_at < $2";
}

const TABLE: &str = "session";
/// A session is marked as seen at most this often: writing at every request would cost more than the request.
const TOUCH_EVERY_MS: i64 = 30_000;

/// A session that lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub person: PersonId,
    pub created_at: i64,
    pub seen_at: i64,
    pub expires_at: i64,
    /// How it was opened.
    pub means: String,
    /// When the person last gave a whole proof in it.
    pub strong_at: i64,
    /// The browser, shortened; only in lists.
    pub agent: String,
}

impl Session {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: SessionId(row.int(0)?),
            person: PersonId(row.int(1)?),
            created_at: row.int(2)?,
            seen_at: row.int(3)?,
            expires_at: row.int(4)?,
            means: row.text(5)?,
            strong_at: row.int(6)?,
            agent: String::new(),
        })
    }

    fn is_alive(&self, now: i64, idle_ms: i64) -> bool {
        now < self.expires_at && now < self.seen_at + idle_ms
    }

    fn open_agent(&mut self, keys: &Keys, sealed: &[u8]) -> Result<()> {
        self.agent = String::from_utf8_lossy(&keys.open(TABLE, self.id.0, sealed)?).into_owned();
        Ok(())
    }
}

/// Forgets sessions that ended by themselves.
pub(crate) async fn prune(tx: &mut Tx, idle_ms: i64) -> Result<u64> {
    let now = tx.now();
    tx.execute(PRUNE, args![now, now - idle_ms]).await
}

impl Store {
    /// Begins a session that ends after `absolute_ms` at the latest, opened by `means` with a whole proof.
    pub async fn session_create(
        &self,
        person: PersonId,
        token: [u8; 32],
        absolute_ms: i64,
        agent: &str,
        means: &'static str,
    ) -> Result<SessionId> {
        let id = SessionId(self.new_id());
        let input = (person, token, absolute_ms, (agent.to_owned(), means), id);
        self.write(input, |tx, (person, token, absolute_ms, (agent, means), id)| {
            async move {
                let now = tx.now();
                let keys = tx.keys(Owner::Person(person.0)).await?;
                let sealed = keys.seal(tx.random().as_ref(), TABLE, id.0, agent.as_bytes())?;
                tx.execute(INSERT, args![*id, token, *person, now, now + absolute_ms, sealed, *means]).await?;
                let actor = Actor { person: Some(*person), session: Some(*id), means: Means::Web };
                traces::trace(tx, Chain::Person(*person), Trace::done("sign-in", actor, None, json!({"by": means}))).await
            }
            .boxed()
        })
        .await?;
        Ok(id)
    }

    /// The session of a token, if it lives.
    pub async fn session_find(&self, token: &[u8; 32], idle_ms: i64) -> Result<Option<Session>> {
        let row = self.read().await?.fetch_optional(BY_TOKEN, args![token]).await?;
        let session = row.as_ref().map(Session::from_row).transpose()?;
        Ok(session.filter(|session| session.is_alive(self.now(), idle_ms)))
    }

    /// Does this session still live?
    pub async fn session_alive(&self, person: PersonId, session: SessionId, idle_ms: i64) -> Result<bool> {
        let row = self.read().await?.fetch_optional(BY_ID, args![session, person]).await?;
        let session = row.as_ref().map(Session::from_row).transpose()?;
        Ok(session.is_some_and(|session| session.is_alive(self.now(), idle_ms)))
    }

    /// Notes an act of the person: the idle time begins again.
    pub async fn session_touch(&self, session: &Session) -> Result<()> {
        let now = self.now();
        if now < session.seen_at + TOUCH_EVERY_MS {
            return Ok(());
        }
        self.write((session.id, now), |tx, (id, now)| {
            async move { tx.execute(TOUCH, args![*id, *now]).await.map(drop) }.boxed()
        })
        .await
    }

    /// Notes that the person proved again who they are, in this session, by `means`.
    pub async fn session_strengthen(&self, actor: Actor, person: PersonId, session: SessionId, means: &str) -> Result<()> {
        self.write((actor, person, session, means.to_owned()), |tx, (actor, person, session, means)| {
            async move {
                let now = tx.now();
                tx.execute(STRENGTHEN, args![*session, *person, now]).await?;
                let trace = Trace::done("proof", *actor, None, json!({"by": means}));
                traces::trace(tx, Chain::Person(*person), trace).await
            }
            .boxed()
        })
        .await
    }

    /// The live sessions of a person.
    pub async fn sessions(&self, person: PersonId, idle_ms: i64) -> Result<Vec<Session>> {
        let keys = self.keys(Owner::Person(person.0)).await?;
        let mut sessions = Vec::new();
        for row in self.read().await?.fetch_all(BY_PERSON, args![person]).await? {
            let mut session = Session::from_row(&row)?;
            if session.is_alive(self.now(), idle_ms) {
                session.open_agent(&keys, &row.bytes(7)?)?;
                sessions.push(session);
            }
        }
        Ok(sessions)
    }

    /// Ends a session of this person; false when they have none of that id.
    pub async fn session_revoke(&self, actor: Actor, person: PersonId, session: SessionId) -> Result<bool> {
        self.write((actor, person, session), |tx, (actor, person, session)| {
            async move {
                let ended = tx.execute(DELETE, args![*session, *person]).await? > 0;
                if ended {
                    traces::trace(tx, Chain::Person(*person), Trace::done("session-end", *actor, None, json!({}))).await?;
                }
                Ok(ended)
            }
            .boxed()
        })
        .await
    }

    /// Ends all sessions of this person.
    pub async fn sessions_revoke_all(&self, actor: Actor, person: PersonId) -> Result<()> {
        self.write((actor, person), |tx, (actor, person)| {
            async move {
                tx.execute(DELETE_ALL, args![*person]).await?;
                traces::trace(tx, Chain::Person(*person), Trace::done("session-end-all", *actor, None, json!({}))).await
            }
            .boxed()
        })
        .await
    }
}

/// Ends all sessions of a person but `kept`, in the caller's transaction (which leaves its own trace).
pub(crate) async fn drop_others(tx: &mut Tx, person: PersonId, kept: Option<SessionId>) -> Result<()> {
    match kept {
        Some(kept) => tx.execute(DELETE_OTHERS, args![person, kept]).await.map(drop),
        None => tx.execute(DELETE_ALL, args![person]).await.map(drop),
    }
}
