//! Who did what: one row per act, in the act's own transaction, chained per BAL, per person or per process.

use std::collections::BTreeMap;

use futures::FutureExt;
use serde_json::json;
use wire::id::{AccountId, EmailId, PersonId, SessionId};

use crate::Store;
use crate::db::{Row, Tx, args, statements};
use crate::error::{Error, Result};
use crate::team::readers;

statements! {
    HEAD_RAISE = "INSERT INTO chain_head (chain_kind, chain_id, class, seq, hash) VALUES ($1, $2, $3, 1, $4)
        ON CONFLICT (chain_kind, chain_id, class) DO UPDATE SET seq = chain_head.seq + 1
        RETURNING seq, hash";
    HEAD_SET = "UPDATE chain_head SET hash = $4 WHERE chain_kind = $1 AND chain_id = $2 AND class = $3";
    INSERT_FUNCTIONAL = "INSERT INTO trace_functional
        (chain_kind, chain_id, seq, at, kind, result, means, person_id, session_id, account_id, detail, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    INSERT_TECHNICAL = "INSERT INTO trace_technical
        (chain_kind, chain_id, seq, at, kind, result, means, person_id, session_id, account_id, detail, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    SELECT_FUNCTIONAL = "SELECT seq, at, kind, result, means, person_id, session_id, account_id, detail, hash
        FROM trace_functional WHERE chain_kind = $1 AND chain_id = $2 AND seq > $3 ORDER BY seq LIMIT $4";
    SELECT_TECHNICAL = "SELECT seq, at, kind, result, means, person_id, session_id, account_id, detail, hash
        FROM trace_technical WHERE chain_kind = $1 AND chain_id = $2 AND seq > $3 ORDER BY seq LIMIT $4";
    NEWEST_FUNCTIONAL = "SELECT seq, at, kind, result, means, person_id, session_id, account_id, detail, hash
        FROM trace_functional WHERE chain_kind = $1 AND chain_id = $2 ORDER BY seq DESC LIMIT $3";
    LAST_FUNCTIONAL = "SELECT at, kind FROM trace_functional WHERE chain_kind = $1 AND chain_id = $2 ORDER BY seq DESC LIMIT 1";
    LAST_TECHNICAL = "SELECT at, kind FROM trace_technical WHERE chain_kind = $1 AND chain_id = $2 ORDER BY seq DESC LIMIT 1";
    READING_INSERT = "INSERT INTO reading (account_id, email_id, person_id, way, day) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (account_id, email_id, person_id, way, day) DO NOTHING";
    READING_PRUNE = "DELETE FROM reading WHERE day < $1";
}

/// The hash before the first entry of a chain.
pub(crate) const GENESIS: [u8; 32] = [0; 32];
const DAY_MS: i64 = 86_400_000;

/// How the one who acts came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    Web,
    Token,
    /// A program of a structure, by its token or certificate.
    Application,
    Command,
    Relay,
    System,
}

impl Means {
    /// The word kept in the trace.
    pub fn code(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Token => "token",
            Self::Application => "application",
            Self::Command => "command",
            Self::Relay => "relay",
            Self::System => "system",
        }
    }

    /// The means a kept word stands for.
    pub fn from_code(code: &str) -> Self {
        match code {
            "web" => Self::Web,
            "token" => Self::Token,
            "application" => Self::Application,
            "command" => Self::Command,
            "relay" => Self::Relay,
            _ => Self::System,
        }
    }
}

/// Who acts: given to every write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    pub person: Option<PersonId>,
    pub session: Option<SessionId>,
    pub means: Means,
}

impl Actor {
    /// The server itself.
    pub const SYSTEM: Self = Self { person: None, session: None, means: Means::System };
    /// Whoever runs the command line.
    pub const COMMAND: Self = Self { person: None, session: None, means: Means::Command };
}

/// Which chain a trace belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chain {
    Account(AccountId),
    Person(PersonId),
    /// Refused or anonymous attempts, and acts about no one in particular.
    Process,
}

impl Chain {
    pub(crate) fn kind(self) -> i64 {
        match self {
            Self::Account(_) => 1,
            Self::Person(_) => 2,
            Self::Process => 3,
        }
    }

    pub(crate) fn id(self) -> i64 {
        match self {
            Self::Account(id) => id.0,
            Self::Person(id) => id.0,
            Self::Process => 0,
        }
    }

    pub(crate) fn from_columns(kind: i64, id: i64) -> Self {
        match kind {
            1 => Self::Account(AccountId(id)),
            2 => Self::Person(PersonId(id)),
            _ => Self::Process,
        }
    }
}

impl Class {
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Functional => 1,
            Self::Technical => 2,
        }
    }

    pub(crate) fn from_code(code: i64) -> Self {
        if code == 1 { Self::Functional } else { Self::Technical }
    }
}

/// How long a trace is kept: ten years or one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    Functional,
    Technical,
}

/// One act. `detail` holds ids and counts, never content.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    pub kind: &'static str,
    pub class: Class,
    pub actor: Actor,
    pub account: Option<AccountId>,
    /// `ok`, or a stable code of refusal.
    pub result: &'static str,
    pub detail: serde_json::Value,
}

impl Trace {
    /// A functional trace of something that was done.
    pub fn done(kind: &'static str, actor: Actor, account: Option<AccountId>, detail: serde_json::Value) -> Self {
        Self { kind, class: Class::Functional, actor, account, result: "ok", detail }
    }

    /// A functional trace of something that was refused, and why.
    pub fn refused(
        kind: &'static str,
        actor: Actor,
        account: Option<AccountId>,
        result: &'static str,
        detail: serde_json::Value,
    ) -> Self {
        Self { kind, class: Class::Functional, actor, account, result, detail }
    }

    /// The same as a technical trace.
    pub fn technical(self) -> Self {
        Self { class: Class::Technical, ..self }
    }
}

/// A kept trace, as read back.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceRow {
    pub seq: i64,
    pub at: i64,
    pub kind: String,
    pub result: String,
    pub means: String,
    pub person: Option<PersonId>,
    pub session: Option<SessionId>,
    pub account: Option<AccountId>,
    pub detail: serde_json::Value,
}

/// One reading of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub account: AccountId,
    pub email: EmailId,
    pub actor: Actor,
    /// `shown`, `prefetched`, `api`, `download` or `printed`.
    pub way: &'static str,
}

/// What is hashed of an entry, as it stands in its row.
pub(crate) struct Entry<'a> {
    pub(crate) seq: i64,
    pub(crate) at: i64,
    pub(crate) kind: &'a str,
    pub(crate) result: &'a str,
    pub(crate) means: &'a str,
    pub(crate) person: Option<i64>,
    pub(crate) session: Option<i64>,
    pub(crate) account: Option<i64>,
    pub(crate) detail: &'a str,
}

/// BLAKE3 of the entry before and of this one: chain, class, then every field with its length.
pub(crate) fn chain_hash(before: &[u8], chain: Chain, class: Class, entry: &Entry<'_>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("Pli 2026 trace entry");
    hasher.update(before);
    let mut number = |value: Option<i64>| {
        hasher.update(&[u8::from(value.is_some())]);
        hasher.update(&value.unwrap_or(0).to_be_bytes());
    };
    number(Some(chain.kind()));
    number(Some(chain.id()));
    number(Some(class.code()));
    number(Some(entry.seq));
    number(Some(entry.at));
    number(entry.person);
    number(entry.session);
    number(entry.account);
    for text in [entry.kind, entry.result, entry.means, entry.detail] {
        hasher.update(&(text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// Appends a trace to its chain within the transaction. Raising the head is what serialises writers of one chain.
pub async fn trace(tx: &mut Tx, chain: Chain, trace: Trace) -> Result<()> {
    let (kind, id, class) = (chain.kind(), chain.id(), trace.class.code());
    let head = tx.fetch_one(HEAD_RAISE, args![kind, id, class, GENESIS]).await?;
    let (seq, before) = (head.int(0)?, head.bytes(1)?);
    let detail = trace.detail.to_string();
    let person = trace.actor.person.map(|person| person.0);
    let session = trace.actor.session.map(|session| session.0);
    let account = trace.account.map(|account| account.0);
    let (at, means) = (tx.now(), trace.actor.means.code());
    let entry = Entry { seq, at, kind: trace.kind, result: trace.result, means, person, session, account, detail: &detail };
    let hash = chain_hash(&before, chain, trace.class, &entry);
    let insert = match trace.class {
        Class::Functional => INSERT_FUNCTIONAL,
        Class::Technical => INSERT_TECHNICAL,
    };
    let row = args![kind, id, seq, at, trace.kind, trace.result, means, person, session, account, detail, hash];
    tx.execute(insert, row).await?;
    tx.execute(HEAD_SET, args![kind, id, class, hash]).await?;
    Ok(())
}

fn read_row(row: &Row) -> Result<TraceRow> {
    Ok(TraceRow {
        seq: row.int(0)?,
        at: row.int(1)?,
        kind: row.text(2)?,
        result: row.text(3)?,
        means: row.text(4)?,
        person: row.opt_int(5)?.map(PersonId),
        session: row.opt_int(6)?.map(SessionId),
        account: row.opt_int(7)?.map(AccountId),
        detail: serde_json::from_str(&row.text(8)?)?,
    })
}

/// A page of a chain as rows, hash last.
pub(crate) async fn page(tx: &mut Tx, chain: Chain, class: Class, after: i64, limit: i64) -> Result<Vec<Row>> {
    let statement = match class {
        Class::Functional => SELECT_FUNCTIONAL,
        Class::Technical => SELECT_TECHNICAL,
    };
    tx.fetch_all(statement, args![chain.kind(), chain.id(), after, limit]).await
}

/// When and what the last entry of a chain was.
pub(crate) async fn last(tx: &mut Tx, chain: Chain, class: Class) -> Result<Option<(i64, String)>> {
    let statement = match class {
        Class::Functional => LAST_FUNCTIONAL,
        Class::Technical => LAST_TECHNICAL,
    };
    let row = tx.fetch_optional(statement, args![chain.kind(), chain.id()]).await?;
    row.map(|row| Ok((row.int(0)?, row.text(1)?))).transpose()
}

async fn record(tx: &mut Tx, batch: &[Shown]) -> Result<()> {
    let day = tx.now() / DAY_MS;
    let mut ordered: BTreeMap<AccountId, Vec<&Shown>> = BTreeMap::new();
    for shown in batch {
        ordered.entry(shown.account).or_default().push(shown);
    }
    for (account, readings) in ordered {
        for shown in readings {
            let person = shown.actor.person.map_or(0, |person| person.0);
            let new = tx.execute(READING_INSERT, args![account, shown.email, person, shown.way, day]).await?;
            if new > 0 {
                if let Some(person) = shown.actor.person.filter(|_| shown.way != "prefetched") {
                    readers::read(tx, account, shown.email, person).await?;
                }
                let detail = json!({"email": shown.email, "way": shown.way});
                trace(tx, Chain::Account(account), Trace::done("read", shown.actor, Some(account), detail)).await?;
            }
        }
    }
    // What says that a reading was traced already is of no use after its day.
    tx.execute(READING_PRUNE, args![day - 1]).await?;
    Ok(())
}

impl Store {
    /// Writes one trace in a transaction of its own (refused attempts, sign-ins).
    pub async fn trace(&self, chain: Chain, entry: Trace) -> Result<()> {
        self.write((chain, entry), |tx, (chain, entry)| trace(tx, *chain, entry.clone()).boxed()).await
    }

    /// Traces readings, once per person, message, way and day.
    pub async fn record_shown(&self, batch: Vec<Shown>) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        self.write(batch, |tx, batch| record(tx, batch).boxed()).await
    }

    /// The traces of a chain after `seq`, oldest first.
    pub async fn traces(&self, chain: Chain, class: Class, after: i64, limit: u32) -> Result<Vec<TraceRow>> {
        let rows = page(&mut self.read().await?, chain, class, after, i64::from(limit)).await?;
        rows.iter().map(read_row).collect::<Result<_, Error>>()
    }

    /// The newest functional traces of a chain, newest first.
    pub async fn traces_newest(&self, chain: Chain, limit: u32) -> Result<Vec<TraceRow>> {
        let args = args![chain.kind(), chain.id(), i64::from(limit)];
        let rows = self.read().await?.fetch_all(NEWEST_FUNCTIONAL, args).await?;
        rows.iter().map(read_row).collect::<Result<_, Error>>()
    }
}
