//! The yearly review of a structure: every BAL and every person is confirmed or removed. What nobody confirmed when the
//! time of grace is over is suspended until it is.

use futures::FutureExt;
use serde_json::json;
use wire::id::{AccountId, MemberId, OrganisationId, PersonId, ReviewId};

use super::act::{leave, lock, set_suspended};
use super::rights;
use crate::db::{Row, Tx, args, statements};
use crate::traces::Actor;
use crate::{Error, Result, Store};

statements! {
    DUE = "SELECT organisation_id FROM organisation WHERE review_due_at <= $1 ORDER BY review_due_at LIMIT $2";
    TAKE = "UPDATE organisation SET review_due_at = $3 WHERE organisation_id = $1 AND review_due_at <= $2";
    BRING_FORWARD = "UPDATE organisation SET review_due_at = $2 WHERE organisation_id = $1 AND review_due_at > $2";
    OPEN = "SELECT review_id FROM organisation_review WHERE organisation_id = $1 AND closed_at IS NULL LIMIT 1";
    INSERT = "INSERT INTO organisation_review (organisation_id, review_id, opened_at, due_at, reminded_at, suspended_at,
        closed_at) VALUES ($1, $2, $3, $4, $3, NULL, NULL)";
    BOX_ITEMS = "INSERT INTO organisation_review_item (organisation_id, review_id, subject_id, box, decision, decided_at,
        decided_by) SELECT organisation_id, CAST($2 AS BIGINT), account_id, 1, 0, NULL, NULL FROM organisation_box
        WHERE organisation_id = $1";
    MEMBER_ITEMS = "INSERT INTO organisation_review_item (organisation_id, review_id, subject_id, box, decision,
        decided_at, decided_by) SELECT organisation_id, CAST($2 AS BIGINT), member_id, 0, 0, NULL, NULL FROM organisation_member
        WHERE organisation_id = $1 AND state = 1";
    LATEST = "SELECT review_id, opened_at, due_at, suspended_at, closed_at FROM organisation_review
        WHERE organisation_id = $1 ORDER BY review_id DESC LIMIT 1";
    ITEMS = "SELECT subject_id, box, decision, decided_at, decided_by FROM organisation_review_item
        WHERE organisation_id = $1 AND review_id = $2 ORDER BY box DESC, subject_id";
    ITEM = "SELECT box, decision FROM organisation_review_item
        WHERE organisation_id = $1 AND review_id = $2 AND subject_id = $3";
    DECIDE = "UPDATE organisation_review_item SET decision = $4, decided_at = $5, decided_by = $6
        WHERE organisation_id = $1 AND review_id = $2 AND subject_id = $3";
    LEFT_OPEN = "SELECT subject_id, box FROM organisation_review_item
        WHERE organisation_id = $1 AND review_id = $2 AND decision = 0";
    UNDECIDED = "SELECT subject_id FROM organisation_review_item
        WHERE organisation_id = $1 AND review_id = $2 AND decision IN (0, 3) LIMIT 1";
    CLOSE = "UPDATE organisation_review SET closed_at = $3 WHERE organisation_id = $1 AND review_id = $2";
    REMIND_DUE = "SELECT organisation_id, review_id FROM organisation_review
        WHERE closed_at IS NULL AND suspended_at IS NULL AND reminded_at <= $1 AND due_at > $2 LIMIT $3";
    REMIND = "UPDATE organisation_review SET reminded_at = $3
        WHERE organisation_id = $1 AND review_id = $2 AND reminded_at <= $4 AND closed_at IS NULL";
    LATE = "SELECT organisation_id, review_id FROM organisation_review
        WHERE closed_at IS NULL AND suspended_at IS NULL AND due_at <= $1 LIMIT $2";
    SUSPEND = "UPDATE organisation_review SET suspended_at = $3
        WHERE organisation_id = $1 AND review_id = $2 AND suspended_at IS NULL AND closed_at IS NULL AND due_at <= $3";
    MEMBER_SUSPEND = "UPDATE organisation_member SET suspended_at = $3
        WHERE organisation_id = $1 AND member_id = $2 AND state = 1 AND suspended_at IS NULL";
    MEMBER_RESUME = "UPDATE organisation_member SET suspended_at = NULL WHERE organisation_id = $1 AND member_id = $2";
}

/// What was decided of a BAL or a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Open,
    Confirmed,
    Removed,
    Suspended,
}

impl Decision {
    fn number(self) -> i64 {
        match self {
            Self::Open => 0,
            Self::Confirmed => 1,
            Self::Removed => 2,
            Self::Suspended => 3,
        }
    }

    /// The word in reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Removed => "removed",
            Self::Suspended => "suspended",
        }
    }
}

/// What is reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reviewed {
    Box(AccountId),
    Member(MemberId),
}

impl Reviewed {
    fn id(self) -> i64 {
        match self {
            Self::Box(id) => id.0,
            Self::Member(id) => id.0,
        }
    }
}

/// One line of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    pub what: Reviewed,
    pub decision: Decision,
    pub decided_at: Option<i64>,
    pub decided_by: Option<PersonId>,
}

/// A review of a structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    pub id: ReviewId,
    pub opened_at: i64,
    /// When the time of grace is over.
    pub due_at: i64,
    pub suspended_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub items: Vec<Item>,
}

impl Review {
    /// How many still wait for a decision.
    pub fn waiting(&self) -> usize {
        self.items.iter().filter(|item| matches!(item.decision, Decision::Open | Decision::Suspended)).count()
    }
}

fn item(row: &Row) -> Result<Item> {
    let id = row.int(0)?;
    Ok(Item {
        what: if row.int(1)? != 0 { Reviewed::Box(AccountId(id)) } else { Reviewed::Member(MemberId(id)) },
        decision: match row.int(2)? {
            0 => Decision::Open,
            1 => Decision::Confirmed,
            2 => Decision::Removed,
            _ => Decision::Suspended,
        },
        decided_at: row.opt_int(3)?,
        decided_by: row.opt_int(4)?.map(PersonId),
    })
}

async fn begin(tx: &mut Tx, of: OrganisationId, next_ms: i64, grace_ms: i64) -> Result<bool> {
    lock(tx, of).await?;
    let (now, id) = (tx.now(), tx.new_id());
    if tx.execute(TAKE, args![of, now, now + next_ms]).await? == 0 {
        return Ok(false);
    }
    if tx.fetch_optional(OPEN, args![of]).await?.is_some() {
        // The one before still waits: it is answered first.
        return Ok(false);
    }
    tx.execute(INSERT, args![of, id, now, now + grace_ms]).await?;
    tx.execute(BOX_ITEMS, args![of, id]).await?;
    tx.execute(MEMBER_ITEMS, args![of, id]).await?;
    leave(tx, "structure-review", Actor::SYSTEM, of, json!({"review": ReviewId(id)})).await?;
    close_if_done(tx, of, ReviewId(id)).await?;
    Ok(true)
}

async fn close_if_done(tx: &mut Tx, of: OrganisationId, review: ReviewId) -> Result<()> {
    if tx.fetch_optional(UNDECIDED, args![of, review]).await?.is_none() {
        let now = tx.now();
        tx.execute(CLOSE, args![of, review, now]).await?;
        leave(tx, "structure-review-end", Actor::SYSTEM, of, json!({"review": review})).await?;
    }
    Ok(())
}

async fn open_review(tx: &mut Tx, of: OrganisationId) -> Result<Option<ReviewId>> {
    let row = tx.fetch_optional(OPEN, args![of]).await?;
    row.map(|row| row.int(0).map(ReviewId)).transpose()
}

async fn mark(tx: &mut Tx, actor: Actor, of: OrganisationId, subject: i64, decision: Decision) -> Result<bool> {
    let Some(review) = open_review(tx, of).await? else { return Ok(false) };
    let now = tx.now();
    let row = args![of, review, subject, decision.number(), now, actor.person];
    if tx.execute(DECIDE, row).await? == 0 {
        return Ok(false);
    }
    close_if_done(tx, of, review).await?;
    Ok(true)
}

/// Somebody left, or a BAL is needed no more, in the caller's transaction.
pub(crate) async fn removed(tx: &mut Tx, actor: Actor, of: OrganisationId, subject: i64) -> Result<()> {
    mark(tx, actor, of, subject, Decision::Removed).await.map(drop)
}

async fn confirm(tx: &mut Tx, actor: Actor, of: OrganisationId, what: Reviewed) -> Result<()> {
    lock(tx, of).await?;
    let review = open_review(tx, of).await?.ok_or(Error::Refused("review-over"))?;
    let row = tx.fetch_optional(ITEM, args![of, review, what.id()]).await?.ok_or(Error::NotFound)?;
    if row.int(1)? == Decision::Removed.number() {
        return Err(Error::Refused("review-over"));
    }
    match what {
        Reviewed::Box(account) => set_suspended(tx, of, account, false).await?,
        Reviewed::Member(member) => tx.execute(MEMBER_RESUME, args![of, member]).await.map(drop)?,
    }
    mark(tx, actor, of, what.id(), Decision::Confirmed).await?;
    let detail = match what {
        Reviewed::Box(account) => json!({"review": review, "box": account}),
        Reviewed::Member(member) => json!({"review": review, "member": member}),
    };
    leave(tx, "structure-review-confirm", actor, of, detail).await?;
    rights::sync(tx, actor, of).await
}

async fn unneeded(tx: &mut Tx, actor: Actor, of: OrganisationId, account: AccountId) -> Result<()> {
    lock(tx, of).await?;
    set_suspended(tx, of, account, true).await?;
    if !mark(tx, actor, of, account.0, Decision::Removed).await? {
        return Err(Error::Refused("review-over"));
    }
    leave(tx, "structure-box-unneeded", actor, of, json!({"box": account})).await?;
    rights::sync(tx, actor, of).await
}

async fn suspend(tx: &mut Tx, of: OrganisationId, review: ReviewId) -> Result<bool> {
    lock(tx, of).await?;
    let now = tx.now();
    if tx.execute(SUSPEND, args![of, review, now]).await? == 0 {
        return Ok(false);
    }
    let rows = tx.fetch_all(LEFT_OPEN, args![of, review]).await?;
    for row in &rows {
        let subject = row.int(0)?;
        if row.int(1)? != 0 {
            set_suspended(tx, of, AccountId(subject), true).await?;
        } else {
            tx.execute(MEMBER_SUSPEND, args![of, subject, now]).await?;
        }
        let row = args![of, review, subject, Decision::Suspended.number(), now, None::<PersonId>];
        tx.execute(DECIDE, row).await?;
    }
    leave(tx, "structure-review-suspend", Actor::SYSTEM, of, json!({"review": review, "count": rows.len()})).await?;
    rights::sync(tx, Actor::SYSTEM, of).await?;
    Ok(!rows.is_empty())
}

impl Store {
    /// Structures whose review is due; at most `limit`.
    pub async fn reviews_due(&self, limit: u32) -> Result<Vec<OrganisationId>> {
        let rows = self.read().await?.fetch_all(DUE, args![self.now(), limit]).await?;
        rows.iter().map(|row| row.int(0).map(OrganisationId)).collect()
    }

    /// The review of a structure is due now, and not only in a year.
    pub async fn review_bring_forward(&self, actor: Actor, of: OrganisationId) -> Result<()> {
        self.write((actor, of), |tx, (actor, of)| {
            async move {
                lock(tx, *of).await?;
                let now = tx.now();
                tx.execute(BRING_FORWARD, args![*of, now]).await?;
                leave(tx, "structure-review-ask", *actor, *of, json!({})).await
            }
            .boxed()
        })
        .await
    }

    /// Opens the review of a structure whose time has come: the next one is due after `next_ms`, this one must be answered
    /// within `grace_ms`. False when another process did.
    pub async fn review_open(&self, of: OrganisationId, next_ms: i64, grace_ms: i64) -> Result<bool> {
        self.write((of, next_ms, grace_ms), |tx, (of, next_ms, grace_ms)| begin(tx, *of, *next_ms, *grace_ms).boxed()).await
    }

    /// The newest review of a structure.
    pub async fn review_latest(&self, of: OrganisationId) -> Result<Option<Review>> {
        let mut tx = self.read().await?;
        let Some(row) = tx.fetch_optional(LATEST, args![of]).await? else { return Ok(None) };
        let id = ReviewId(row.int(0)?);
        let items = tx.fetch_all(ITEMS, args![of, id]).await?;
        Ok(Some(Review {
            id,
            opened_at: row.int(1)?,
            due_at: row.int(2)?,
            suspended_at: row.opt_int(3)?,
            closed_at: row.opt_int(4)?,
            items: items.iter().map(item).collect::<Result<_>>()?,
        }))
    }

    /// Confirms a BAL or a person; what was suspended holds again. `NotFound`; `Refused("review-over")` when no review
    /// waits, or it was removed.
    pub async fn review_confirm(&self, actor: Actor, of: OrganisationId, what: Reviewed) -> Result<()> {
        self.write((actor, of, what), |tx, (actor, of, what)| confirm(tx, *actor, *of, *what).boxed()).await
    }

    /// A BAL is needed no more: nobody opens it from now on. `Refused("review-over")`.
    pub async fn review_unneeded(&self, actor: Actor, of: OrganisationId, account: AccountId) -> Result<()> {
        self.write((actor, of, account), |tx, (actor, of, account)| unneeded(tx, *actor, *of, *account).boxed()).await
    }

    /// Open reviews of which nobody was reminded for `every_ms`; each is taken upon this process.
    pub async fn reviews_remind(&self, every_ms: i64, limit: u32) -> Result<Vec<OrganisationId>> {
        let (now, before) = (self.now(), self.now() - every_ms);
        let rows = self.read().await?.fetch_all(REMIND_DUE, args![before, now, limit]).await?;
        let mut list = Vec::new();
        for row in &rows {
            let input = (row.int(0)?, row.int(1)?, now, before);
            let taken = self.write(input, |tx, (of, review, now, before)| {
                async move { Ok(tx.execute(REMIND, args![*of, *review, *now, *before]).await? > 0) }.boxed()
            });
            if taken.await? {
                list.push(OrganisationId(row.int(0)?));
            }
        }
        Ok(list)
    }

    /// Suspends what nobody confirmed in reviews whose time of grace is over; of which structures.
    pub async fn reviews_suspend(&self, limit: u32) -> Result<Vec<OrganisationId>> {
        let rows = self.read().await?.fetch_all(LATE, args![self.now(), limit]).await?;
        let mut list = Vec::new();
        for row in &rows {
            let input = (OrganisationId(row.int(0)?), ReviewId(row.int(1)?));
            let suspended = self.write(input, |tx, (of, review)| suspend(tx, *of, *review).boxed());
            if suspended.await? {
                list.push(input.0);
            }
        }
        Ok(list)
    }
}
