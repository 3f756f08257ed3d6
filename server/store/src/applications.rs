//! BALs of programs. A program acts as a person of its own whom nobody can sign in as: it has neither login nor password,
//! only tokens and certificates (`tokens`). Its rights come from its structure, as everybody's there.

use futures::FutureExt;
use serde_json::json;
use wire::id::{AccountId, PersonId, TokenId};

use crate::db::{Row, Tx, args, statements};
use crate::sending::OwnRates;
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store, tokens};

statements! {
    INSERT = "INSERT INTO application (account_id, person_id, receives, messages_hour, messages_day, recipients_hour,
        recipients_day, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    OF_ACCOUNT = "SELECT account_id, person_id, receives, messages_hour, messages_day, recipients_hour, recipients_day,
        created_at FROM application WHERE account_id = $1";
    OF_PERSON = "SELECT account_id FROM application WHERE person_id = $1";
    SET = "UPDATE application SET receives = $2, messages_hour = $3, messages_day = $4, recipients_hour = $5,
        recipients_day = $6 WHERE account_id = $1";
    /// What replaces a secret comes before the end of the old one.
    OVERLAP = "UPDATE token SET expires_at = $3 WHERE token_id = $1 AND person_id = $2
        AND (expires_at IS NULL OR expires_at > $3)";
    LIVE = "SELECT COUNT(*) FROM token WHERE person_id = $1 AND (expires_at IS NULL OR expires_at > $2)";
}

/// The BAL of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Application {
    pub account: AccountId,
    /// As whom it acts.
    pub person: PersonId,
    /// Mail may come.
    pub receives: bool,
    pub rates: OwnRates,
    pub created_at: i64,
}

/// A secret to keep: the hash of a token, or of a certificate.
#[derive(Debug, Clone)]
pub struct NewSecret {
    pub hash: [u8; 32],
    pub name: String,
    pub certificate: bool,
    /// Until when, at most; none: without end.
    pub expires_at: Option<i64>,
    /// It replaces this one, which ends then.
    pub instead: Option<(TokenId, i64)>,
    /// Secrets that live, at most.
    pub most: i64,
}

/// Makes the row, in the caller's transaction.
pub(crate) async fn insert(
    tx: &mut Tx,
    account: AccountId,
    person: PersonId,
    receives: bool,
    rates: &OwnRates,
) -> Result<()> {
    let now = tx.now();
    let OwnRates { messages_hour, messages_day, recipients_hour, recipients_day } = *rates;
    let row = args![account, person, receives, messages_hour, messages_day, recipients_hour, recipients_day, now];
    tx.execute(INSERT, row).await.map(drop)
}

fn read(row: &Row) -> Result<Application> {
    let rate = |at: usize| Ok::<_, Error>(row.opt_int(at)?.and_then(|n| u32::try_from(n).ok()));
    Ok(Application {
        account: AccountId(row.int(0)?),
        person: PersonId(row.int(1)?),
        receives: row.int(2)? != 0,
        rates: OwnRates {
            messages_hour: rate(3)?,
            messages_day: rate(4)?,
            recipients_hour: rate(5)?,
            recipients_day: rate(6)?,
        },
        created_at: row.int(7)?,
    })
}

async fn secret(tx: &mut Tx, actor: Actor, account: AccountId, new: &NewSecret) -> Result<TokenId> {
    let found = read(&tx.fetch_optional(OF_ACCOUNT, args![account]).await?.ok_or(Error::NotFound)?)?;
    let now = tx.now();
    if tx.fetch_one(LIVE, args![found.person, now]).await?.int(0)? >= new.most {
        return Err(Error::Limit { what: "secrets" });
    }
    let id = TokenId(tx.new_id());
    tokens::insert(tx, found.person, id, &new.hash, &new.name, new.expires_at, new.certificate).await?;
    if let Some((old, until)) = new.instead
        && tx.execute(OVERLAP, args![old, found.person, until]).await? == 0
    {
        return Err(Error::NotFound);
    }
    let detail = json!({"secret": id, "certificate": new.certificate, "instead": new.instead.map(|(old, _)| old)});
    traces::trace(tx, Chain::Account(account), Trace::done("application-secret", actor, Some(account), detail)).await?;
    Ok(id)
}

impl Store {
    /// The program behind a BAL; none where it is a person's or a structure's.
    pub async fn application(&self, account: AccountId) -> Result<Option<Application>> {
        self.read().await?.fetch_optional(OF_ACCOUNT, args![account]).await?.as_ref().map(read).transpose()
    }

    /// Whose BAL a program acts in; none for people.
    pub async fn application_of(&self, person: PersonId) -> Result<Option<AccountId>> {
        let row = self.read().await?.fetch_optional(OF_PERSON, args![person]).await?;
        row.map(|row| row.int(0).map(AccountId)).transpose()
    }

    /// Whether mail may come, and how much a program may send. `NotFound`.
    pub async fn application_set(&self, actor: Actor, account: AccountId, receives: bool, rates: OwnRates) -> Result<()> {
        self.write((actor, account, receives, rates), |tx, (actor, account, receives, rates)| {
            async move {
                let OwnRates { messages_hour, messages_day, recipients_hour, recipients_day } = *rates;
                let row = args![*account, *receives, messages_hour, messages_day, recipients_hour, recipients_day];
                if tx.execute(SET, row).await? == 0 {
                    return Err(Error::NotFound);
                }
                let detail = json!({"receives": receives});
                let trace = Trace::done("application-set", *actor, Some(*account), detail);
                traces::trace(tx, Chain::Account(*account), trace).await
            }
            .boxed()
        })
        .await
    }

    /// Keeps a secret of a program. `NotFound`; `Limit`; `Conflict` on `token_hash_unique` for a certificate that is kept
    /// already.
    pub async fn application_secret(&self, actor: Actor, account: AccountId, new: NewSecret) -> Result<TokenId> {
        self.write((actor, account, new), |tx, (actor, account, new)| secret(tx, *actor, *account, new).boxed()).await
    }

    /// Ends a secret at once; false when there is none.
    pub async fn application_secret_end(&self, actor: Actor, account: AccountId, id: TokenId) -> Result<bool> {
        let Some(found) = self.application(account).await? else { return Ok(false) };
        self.token_revoke(actor, found.person, id).await
    }
}
