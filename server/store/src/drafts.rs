//! Drafts that were prepared for somebody who may send: asked, approved or returned with a word. A draft that is changed
//! is another message, so what is approved is what was seen.

use futures::FutureExt;
use serde_json::json;
use wire::id::{AccountId, EmailId, PersonId};

use crate::db::{Row, Tx, args, statements};
use crate::keys::{Keys, Owner};
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store};

statements! {
    CLEAN = "DELETE FROM draft_review WHERE account_id = $1 AND NOT EXISTS (SELECT 1 FROM email
        WHERE email.account_id = draft_review.account_id AND email.email_id = draft_review.email_id)";
    THERE = "SELECT email_id FROM email WHERE account_id = $1 AND email_id = $2";
    ASK = "INSERT INTO draft_review (account_id, email_id, person_id, state, asked_at, decided_by, decided_at, sealed)
        VALUES ($1, $2, $3, 0, $4, NULL, NULL, NULL)
        ON CONFLICT (account_id, email_id) DO UPDATE SET person_id = excluded.person_id, state = 0,
        asked_at = excluded.asked_at, decided_by = NULL, decided_at = NULL, sealed = NULL";
    OF_ACCOUNT = "SELECT r.email_id, r.person_id, r.state, r.asked_at, r.decided_by, r.sealed FROM draft_review r
        JOIN email e ON e.account_id = r.account_id AND e.email_id = r.email_id
        WHERE r.account_id = $1 ORDER BY r.asked_at, r.email_id";
    RETURN = "UPDATE draft_review SET state = 1, decided_by = $3, decided_at = $4, sealed = $5
        WHERE account_id = $1 AND email_id = $2 AND state = 0";
    TAKE = "DELETE FROM draft_review WHERE account_id = $1 AND email_id = $2 AND state = 0 RETURNING person_id";
    WITHDRAW = "DELETE FROM draft_review WHERE account_id = $1 AND email_id = $2 AND person_id = $3";
}

const TABLE: &str = "draft_review";

/// A draft that was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    pub account: AccountId,
    pub email: EmailId,
    /// Who prepared it.
    pub person: PersonId,
    pub asked_at: i64,
    /// Who returned it, with which word; none while it waits.
    pub returned: Option<(PersonId, String)>,
}

fn read(keys: &Keys, account: AccountId, row: &Row) -> Result<Review> {
    let email = row.int(0)?;
    let returned = match (row.int(2)?, row.opt_int(4)?, row.opt_bytes(5)?) {
        (1, Some(by), Some(sealed)) => Some((PersonId(by), keys.open_json(TABLE, email, &sealed)?)),
        _ => None,
    };
    Ok(Review { account, email: EmailId(email), person: PersonId(row.int(1)?), asked_at: row.int(3)?, returned })
}

async fn leave(tx: &mut Tx, account: AccountId, kind: &'static str, actor: Actor, email: EmailId) -> Result<()> {
    tx.touch(account.0);
    traces::trace(tx, Chain::Account(account), Trace::done(kind, actor, Some(account), json!({"email": email}))).await
}

async fn ask(tx: &mut Tx, actor: Actor, account: AccountId, email: EmailId, person: PersonId) -> Result<()> {
    tx.execute(CLEAN, args![account]).await?;
    tx.fetch_optional(THERE, args![account, email]).await?.ok_or(Error::NotFound)?;
    let now = tx.now();
    tx.execute(ASK, args![account, email, person, now]).await?;
    leave(tx, account, "draft-ask", actor, email).await
}

async fn give_back(
    tx: &mut Tx,
    actor: Actor,
    account: AccountId,
    email: EmailId,
    person: PersonId,
    word: &str,
) -> Result<bool> {
    let keys = tx.keys(Owner::Account(account.0)).await?;
    let (now, sealed) = (tx.now(), keys.seal_json(tx.random().as_ref(), TABLE, email.0, &word)?);
    if tx.execute(RETURN, args![account, email, person, now, sealed]).await? == 0 {
        return Ok(false);
    }
    leave(tx, account, "draft-return", actor, email).await?;
    Ok(true)
}

impl Store {
    /// Hands a draft in; handed in again it waits again. `NotFound`.
    pub async fn draft_ask(&self, actor: Actor, account: AccountId, email: EmailId, person: PersonId) -> Result<()> {
        self.write((actor, account, email, person), |tx, (actor, account, email, person)| {
            ask(tx, *actor, *account, *email, *person).boxed()
        })
        .await
    }

    /// The drafts that were handed in, the oldest first; those changed or sent since are not among them.
    pub async fn draft_reviews(&self, account: AccountId) -> Result<Vec<Review>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let rows = self.read().await?.fetch_all(OF_ACCOUNT, args![account]).await?;
        rows.iter().map(|row| read(&keys, account, row)).collect()
    }

    /// Returns a draft with a word; false when it did not wait (any more).
    pub async fn draft_return(
        &self,
        actor: Actor,
        account: AccountId,
        email: EmailId,
        person: PersonId,
        word: String,
    ) -> Result<bool> {
        self.write((actor, account, email, person, word), |tx, (actor, account, email, person, word)| {
            give_back(tx, *actor, *account, *email, *person, word).boxed()
        })
        .await
    }

    /// Takes a draft that waits, to send it: one of several who approve at the same time gets who prepared it.
    pub async fn draft_take(&self, actor: Actor, account: AccountId, email: EmailId) -> Result<Option<PersonId>> {
        self.write((actor, account, email), |tx, (actor, account, email)| {
            async move {
                let Some(row) = tx.fetch_optional(TAKE, args![*account, *email]).await? else { return Ok(None) };
                leave(tx, *account, "draft-approve", *actor, *email).await?;
                row.int(0).map(|person| Some(PersonId(person)))
            }
            .boxed()
        })
        .await
    }

    /// The person who handed a draft in takes it back; false when there was nothing of theirs.
    pub async fn draft_withdraw(&self, actor: Actor, account: AccountId, email: EmailId, person: PersonId) -> Result<bool> {
        self.write((actor, account, email, person), |tx, (actor, account, email, person)| {
            async move {
                let there = tx.execute(WITHDRAW, args![*account, *email, *person]).await? > 0;
                if there {
                    leave(tx, *account, "draft-withdraw", *actor, *email).await?;
                }
                Ok(there)
            }
            .boxed()
        })
        .await
    }
}
