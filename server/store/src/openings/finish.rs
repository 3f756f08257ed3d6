//! The end of an opening: the person, the BAL and all that belongs to them, in one transaction or not at all.

use futures::FutureExt;
use serde_json::json;
use wire::id::{AccountId, PersonId};

use super::Opening;
use crate::accounts::{self, NewAccount, address_code};
use crate::cgu::{self, Acceptance};
use crate::db::{Tx, args, statements};
use crate::keys::Owner;
use crate::persons::{self, NewPerson};
use crate::professionals;
use crate::traces::{self, Actor, Chain, Means, Trace};
use crate::{Error, Result, Store, credentials, logins};

statements! {
    TAKE = "DELETE FROM opening WHERE opening_id = $1 AND revision = $2";
    NOMINATIVE = "SELECT account_id FROM nominative WHERE person_id = $1 AND domain = $2";
    NOMINATIVES = "SELECT domain, account_id FROM nominative WHERE person_id = $1";
    RESERVED = "SELECT account_id FROM reserved_address WHERE address_code = $1";
    WELCOME = "INSERT INTO welcome (account_id, lang, due_at) VALUES ($1, $2, $3)";
    WELCOME_DUE = "SELECT account_id, lang FROM welcome WHERE due_at <= $1 ORDER BY due_at LIMIT $2";
    WELCOME_DONE = "DELETE FROM welcome WHERE account_id = $1";
}

/// What is made of an opening.
#[derive(Debug, Clone)]
pub struct Finish {
    /// The holder is the person of the opening, whatever stands here.
    pub account: NewAccount,
    pub person_name: String,
    /// None where no version of the terms is in force.
    pub acceptance: Option<Acceptance>,
    /// Of the welcome message.
    pub lang: String,
}

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    pub person: PersonId,
    pub account: AccountId,
}

async fn finish(tx: &mut Tx, opening: &Opening, finish: &Finish) -> Result<Finished> {
    if tx.execute(TAKE, args![opening.id, opening.revision]).await? == 0 {
        return Err(Error::StateMismatch);
    }
    let wish = &opening.wish;
    if !wish.email_verified {
        return Err(Error::Refused("email-not-verified"));
    }
    let address = &finish.account.address;
    let code = address_code(&*tx.keys(Owner::Operator).await?, address);
    if tx.fetch_optional(RESERVED, args![code]).await?.is_some() {
        return Err(Error::Conflict { constraint: "reserved_address_pk".into() });
    }
    let person = wish.known.unwrap_or(PersonId(tx.new_id()));
    let actor = Actor { person: Some(person), session: None, means: Means::Web };
    match wish.known {
        Some(known) => logins::insert(tx, address, known).await?,
        None => {
            let new = NewPerson {
                name: finish.person_name.clone(),
                ordinary_email: wish.email.clone(),
                logins: vec![address.clone()],
                mobile: wish.verified_mobile(),
            };
            persons::insert(tx, actor, &new, person).await?;
        }
    }
    professionals::link(tx, &wish.names, person).await?;
    professionals::save(tx, person, &wish.identity).await?;
    let confirmed = Trace::done("identity-confirmed", actor, None, json!({"by": "psc", "acr": wish.acr}));
    traces::trace(tx, Chain::Person(person), confirmed).await?;
    if let Some(phc) = &wish.password {
        credentials::set(tx, actor, person, phc).await?;
    }
    if let Some(acceptance) = &finish.acceptance {
        cgu::accept(tx, actor, person, acceptance).await?;
    }
    let account = accounts::create(tx, actor, &NewAccount { holder: Some(person), ..finish.account.clone() }).await?;
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    let nominative = tx.fetch_one(NOMINATIVE, args![person, domain]).await?.int(0)?;
    if nominative != account.0 {
        return Err(Error::Conflict { constraint: "nominative_pk".into() });
    }
    let now = tx.now();
    tx.execute(WELCOME, args![account, finish.lang.as_str(), now]).await?;
    Ok(Finished { person, account })
}

impl Store {
    /// Makes everything of an opening and forgets it. `StateMismatch` when it changed or was finished meanwhile;
    /// `Conflict` on `account_address_unique` or `reserved_address_pk` when the address was taken, on `nominative_pk`
    /// when the person has a BAL in this domain.
    pub async fn opening_finish(&self, opening: Opening, what: Finish) -> Result<Finished> {
        self.write((opening, what), |tx, (opening, what)| finish(tx, opening, what).boxed()).await
    }

    /// May this address be given? Never when it once was, nor when somebody signs in with it.
    pub async fn address_is_free(&self, address: &str) -> Result<bool> {
        if self.login_lookup(address).await?.is_some() {
            return Ok(false);
        }
        let code = address_code(&*self.operator_keys().await?, address);
        Ok(self.read().await?.fetch_optional(RESERVED, args![code]).await?.is_none())
    }

    /// The nominative BALs of a person, with their domains.
    pub async fn nominatives(&self, person: PersonId) -> Result<Vec<(String, AccountId)>> {
        let rows = self.read().await?.fetch_all(NOMINATIVES, args![person]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, AccountId(row.int(1)?)))).collect()
    }

    /// New BALs without their first message, with the language of it.
    pub async fn welcomes_due(&self, limit: u32) -> Result<Vec<(AccountId, String)>> {
        let rows = self.read().await?.fetch_all(WELCOME_DUE, args![self.now(), limit]).await?;
        rows.iter().map(|row| Ok((AccountId(row.int(0)?), row.text(1)?))).collect()
    }

    /// The first message of a BAL is there.
    pub async fn welcome_done(&self, account: AccountId) -> Result<()> {
        self.write(account, |tx, account| async move { tx.execute(WELCOME_DONE, args![*account]).await.map(drop) }.boxed())
            .await
    }
}
