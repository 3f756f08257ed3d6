//! Sign-ins that wait for an approval: the browser that gave the password shows two digits, and an enrolled browser
//! (`approvers`) gives them back, or refuses. Bound to that browser's challenge (`codes`), for two minutes, once.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::PersonId;

use crate::codes::{self, Challenge, Purpose};
use crate::db::{Row, Tx, args, statements};
use crate::keys::{Keys, Owner};
use crate::traces::{self, Actor, Chain, Means, Trace};
use crate::{Error, Result, Store, approvers};

statements! {
    INSERT = "INSERT INTO approval (approval_id, person_id, browser_hash, sealed, state, tries, created_at, expires_at)
        VALUES ($1, $2, $3, $4, 0, 0, $5, $6)";
    WAITING = "SELECT approval_id, sealed, created_at FROM approval
        WHERE person_id = $1 AND state = 0 AND expires_at > $2 ORDER BY approval_id";
    BY_BROWSER = "SELECT approval_id, person_id, sealed, state, expires_at FROM approval WHERE browser_hash = $1";
    /// Counts a try, and holds the row.
    TRY = "UPDATE approval SET tries = tries + 1 WHERE approval_id = $1 AND person_id = $2 AND state = 0 AND expires_at > $3
        RETURNING sealed, tries, browser_hash";
    SET = "UPDATE approval SET state = $2 WHERE approval_id = $1 AND state = 0";
    TAKE = "DELETE FROM approval WHERE browser_hash = $1 AND state = 1 AND expires_at > $2
        AND EXISTS (SELECT 1 FROM challenge WHERE challenge.browser_hash = $1 AND challenge.purpose = $3
            AND challenge.means = 'approval' AND challenge.expires_at > $2) RETURNING approval_id";
    DELETE = "DELETE FROM approval WHERE browser_hash = $1";
    DELETE_PERSON = "DELETE FROM approval WHERE person_id = $1";
    PRUNE = "DELETE FROM approval WHERE expires_at < $1";
}

const TABLE: &str = "approval";
/// Requests of one person that wait at the same time, at most: a flood of them tires people into approving.
const MOST: usize = 3;
/// Times that the digits are typed, at most.
const TRIES: i64 = 3;
/// What became of a request is said to the browser that waits for so long.
const KEPT_MS: i64 = 10 * 60_000;

/// An approval to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApproval {
    /// The two digits on the screen that waits.
    pub number: String,
    /// What waits, as its owner recognises it: `Firefox, Windows`.
    pub agent: String,
    pub valid_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    number: String,
    agent: String,
}

/// A request, as the enrolled browser sees it. The digits are not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub id: i64,
    pub agent: String,
    pub asked_at: i64,
}

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalState {
    Waiting,
    Approved,
    Refused,
    /// Its time is over.
    Lapsed,
}

/// A request, as the browser that waits sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    pub number: String,
    pub state: ApprovalState,
}

/// What an enrolled browser says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Refuse,
    /// With the digits that were typed.
    Approve(String),
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    Approved,
    Refused,
    /// Other digits: so many tries are left.
    Wrong {
        left: u32,
    },
    /// Other digits, and it was the last try: the request counts as refused.
    UsedUp,
    /// Answered elsewhere, expired, or the browser is not enrolled any more.
    Gone,
}

/// What became of a browser's wish to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    Right(Challenge),
    NotYet,
    Refused,
    /// Nobody answered in time; another means, or another request, may be taken.
    Lapsed,
    /// Nothing is waited for in this browser, or not any more.
    Expired,
}

fn state(row: &Row, now: i64) -> Result<ApprovalState> {
    let (state, expires_at) = (row.int(3)?, row.int(4)?);
    Ok(match (state, expires_at > now) {
        (2, _) => ApprovalState::Refused,
        (_, false) => ApprovalState::Lapsed,
        (1, true) => ApprovalState::Approved,
        (_, true) => ApprovalState::Waiting,
    })
}

fn awaited(keys: &Keys, row: &Row, now: i64) -> Result<Awaited> {
    let sealed: Sealed = keys.open_json(TABLE, row.int(0)?, &row.bytes(2)?)?;
    Ok(Awaited { number: sealed.number, state: state(row, now)? })
}

/// Asks for an approval in the caller's transaction, instead of what the browser asked for before. `Limit` when too many
/// wait.
pub(crate) async fn ask(tx: &mut Tx, person: PersonId, browser: &[u8; 32], new: &NewApproval) -> Result<()> {
    let (now, random, id) = (tx.now(), tx.random(), tx.new_id());
    if tx.fetch_all(WAITING, args![person, now]).await?.len() >= MOST {
        return Err(Error::Limit { what: "approvals" });
    }
    let keys = tx.keys(Owner::Person(person.0)).await?;
    let sealed = Sealed { number: new.number.clone(), agent: new.agent.clone() };
    let sealed = keys.seal_json(random.as_ref(), TABLE, id, &sealed)?;
    tx.execute(INSERT, args![id, person, browser, sealed, now, now + new.valid_ms]).await?;
    traces::trace(tx, Chain::Person(person), Trace::done("approval-ask", web(person), None, json!({}))).await
}

/// Forgets what a browser asked for, in the caller's transaction.
pub(crate) async fn forget(tx: &mut Tx, browser: &[u8; 32]) -> Result<()> {
    tx.execute(DELETE, args![browser]).await.map(drop)
}

/// Forgets all requests of a person, in the caller's transaction.
pub(crate) async fn drop_all(tx: &mut Tx, person: PersonId) -> Result<()> {
    tx.execute(DELETE_PERSON, args![person]).await.map(drop)
}

/// Forgets requests that nobody came back for.
pub(crate) async fn prune(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(PRUNE, args![now - KEPT_MS]).await
}

fn web(person: PersonId) -> Actor {
    Actor { person: Some(person), session: None, means: Means::Web }
}

impl Store {
    /// The requests of a person that wait.
    pub async fn approvals_waiting(&self, person: PersonId) -> Result<Vec<Request>> {
        let keys = self.keys(Owner::Person(person.0)).await?;
        let rows = self.read().await?.fetch_all(WAITING, args![person, self.now()]).await?;
        let one = |row: &Row| {
            let id = row.int(0)?;
            let sealed: Sealed = keys.open_json(TABLE, id, &row.bytes(1)?)?;
            Ok(Request { id, agent: sealed.agent, asked_at: row.int(2)? })
        };
        rows.iter().map(one).collect()
    }

    /// What a browser asked for, answered or not. None when it asked for nothing.
    pub async fn approval_awaited(&self, browser: [u8; 32]) -> Result<Option<Awaited>> {
        let Some(row) = self.read().await?.fetch_optional(BY_BROWSER, args![browser]).await? else { return Ok(None) };
        let keys = self.keys(Owner::Person(row.int(1)?)).await?;
        awaited(&keys, &row, self.now()).map(Some)
    }

    /// Answers a request from an enrolled browser. Each try of the digits counts before they are compared; a refusal ends
    /// the challenge of the browser that waits.
    pub async fn approval_answer(&self, approver: i64, person: PersonId, request: i64, answer: Answer) -> Result<Answered> {
        self.write((approver, person, request, answer), |tx, (approver, person, request, answer)| {
            self::answer(tx, *approver, *person, *request, answer).boxed()
        })
        .await
    }

    /// Takes an approval that was given: once, for the purpose of the challenge it was asked with.
    pub async fn approval_take(&self, browser: [u8; 32], purpose: Purpose) -> Result<Taken> {
        self.write((browser, purpose), |tx, (browser, purpose)| take(tx, browser, *purpose).boxed()).await
    }
}

async fn answer(tx: &mut Tx, approver: i64, person: PersonId, request: i64, answer: &Answer) -> Result<Answered> {
    let now = tx.now();
    if !approvers::answers(tx, approver, person).await? {
        return Ok(Answered::Gone);
    }
    let Some(row) = tx.fetch_optional(TRY, args![request, person, now]).await? else { return Ok(Answered::Gone) };
    let keys = tx.keys(Owner::Person(person.0)).await?;
    let sealed: Sealed = keys.open_json(TABLE, request, &row.bytes(0)?)?;
    let made = row.int(1)?;
    let detail = json!({"approver": approver});
    let (state, reason, answered): (i64, _, _) = match answer {
        Answer::Approve(typed) if made <= TRIES && *typed == sealed.number => (1, "", Answered::Approved),
        Answer::Approve(_) if made < TRIES => {
            let left = u32::try_from(TRIES - made).unwrap_or(0);
            let trace = Trace::refused("approval", web(person), None, "wrong-number", detail);
            traces::trace(tx, Chain::Person(person), trace).await?;
            return Ok(Answered::Wrong { left });
        }
        Answer::Approve(_) => (2, "wrong-number", Answered::UsedUp),
        Answer::Refuse => (2, "refused", Answered::Refused),
    };
    tx.execute(SET, args![request, state]).await?;
    let trace = if state == 1 {
        Trace::done("approval", web(person), None, detail)
    } else {
        let browser: [u8; 32] = row.bytes(2)?.try_into().map_err(|_| Error::Corrupt("approval"))?;
        codes::drop_challenge(tx, &browser).await?;
        Trace::refused("approval", web(person), None, reason, detail)
    };
    traces::trace(tx, Chain::Person(person), trace).await?;
    Ok(answered)
}

async fn take(tx: &mut Tx, browser: &[u8; 32], purpose: Purpose) -> Result<Taken> {
    let now = tx.now();
    if tx.fetch_optional(TAKE, args![browser, now, purpose.code()]).await?.is_some() {
        return Ok(match codes::take(tx, browser, purpose).await? {
            Some(challenge) => Taken::Right(challenge),
            None => Taken::Expired,
        });
    }
    let Some(row) = tx.fetch_optional(BY_BROWSER, args![browser]).await? else { return Ok(Taken::Expired) };
    Ok(match state(&row, now)? {
        ApprovalState::Refused => Taken::Refused,
        ApprovalState::Lapsed => Taken::Lapsed,
        // Approved between the two statements: the next wish finds it.
        ApprovalState::Waiting | ApprovalState::Approved => Taken::NotYet,
    })
}
