//! What mail meets at the door of a BAL: whether there is one, whether it takes mail, how much it may still hold; and
//! the settings of a BAL that say so.

use futures::FutureExt;
use serde_json::json;
use wire::id::AccountId;

use crate::Store;
use crate::accounts::address_code;
use crate::db::{args, statements};
use crate::emails::DeliveryKey;
use crate::error::{Error, Result};
use crate::traces::{Actor, Chain, Trace, trace};

statements! {
    DOOR = "SELECT a.account_id, a.closed_at, a.suspended_at, a.quota, a.patients_begin, p.receives FROM account a
        LEFT JOIN application p ON p.account_id = a.account_id WHERE a.address_code = $1";
    ONCE = "SELECT 1 FROM reserved_address WHERE address_code = $1";
    RULES = "SELECT a.suspended_at, a.quota, a.patients_begin, p.receives FROM account a
        LEFT JOIN application p ON p.account_id = a.account_id WHERE a.account_id = $1";
    SUSPEND = "UPDATE account SET suspended_at = $2 WHERE account_id = $1";
    LIFT = "UPDATE account SET suspended_at = NULL WHERE account_id = $1";
    SET_QUOTA = "UPDATE account SET quota = $2 WHERE account_id = $1";
    NO_QUOTA = "UPDATE account SET quota = NULL WHERE account_id = $1";
    DELIVERED = "SELECT 1 FROM delivery WHERE account_id = $1 AND submission_id = $2 AND recipient = $3";
    SET_PATIENTS = "UPDATE account SET patients_begin = $2 WHERE account_id = $1";
}

/// What stands behind an address of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Nothing, and never did.
    Unknown,
    /// A BAL that was closed.
    Closed,
    /// A BAL that the operator suspended.
    Suspended,
    /// A BAL that takes mail.
    Open { account: AccountId, rules: Rules },
}

/// What the operator set for a BAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// Since when it takes no mail.
    pub suspended_at: Option<i64>,
    /// Octets it may hold; none: the default, 0: without limit.
    pub quota: Option<u64>,
    /// Patients may write first (pharmacies, `domain.md` §3).
    pub patients_begin: bool,
    /// The BAL of a program that takes no mail, but for what became of its own.
    pub sends_only: bool,
}

/// One change of the rules of a BAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    Suspended(bool),
    /// None: the default.
    Quota(Option<u64>),
    PatientsBegin(bool),
}

impl Store {
    /// What mail to an address of this server meets.
    pub async fn door(&self, address: &str) -> Result<Door> {
        let code = address_code(&*self.operator_keys().await?, address);
        let mut tx = self.read().await?;
        let Some(row) = tx.fetch_optional(DOOR, args![code]).await? else {
            let once = tx.fetch_optional(ONCE, args![code]).await?.is_some();
            return Ok(if once { Door::Closed } else { Door::Unknown });
        };
        if row.opt_int(1)?.is_some() {
            return Ok(Door::Closed);
        }
        let rules = Rules {
            suspended_at: row.opt_int(2)?,
            quota: row.opt_int(3)?.map(|octets| octets as u64),
            patients_begin: row.int(4)? != 0,
            sends_only: row.opt_int(5)? == Some(0),
        };
        Ok(match rules.suspended_at {
            Some(_) => Door::Suspended,
            None => Door::Open { account: AccountId(row.int(0)?), rules },
        })
    }

    /// Was this recipient's copy put into its BAL already?
    pub async fn was_delivered(&self, account: AccountId, key: DeliveryKey) -> Result<bool> {
        let args = args![account, key.submission, key.recipient];
        Ok(self.read().await?.fetch_optional(DELIVERED, args).await?.is_some())
    }

    /// What the operator set for a BAL; `NotFound`.
    pub async fn account_rules(&self, account: AccountId) -> Result<Rules> {
        let row = self.read().await?.fetch_one(RULES, args![account]).await?;
        Ok(Rules {
            suspended_at: row.opt_int(0)?,
            quota: row.opt_int(1)?.map(|octets| octets as u64),
            patients_begin: row.int(2)? != 0,
            sends_only: row.opt_int(3)? == Some(0),
        })
    }

    /// Changes one rule of a BAL; `NotFound`.
    pub async fn account_rule_set(&self, actor: Actor, account: AccountId, rule: Rule) -> Result<()> {
        self.write((actor, account, rule), |tx, (actor, account, rule)| {
            async move {
                let now = tx.now();
                let (statement, args, detail) = match *rule {
                    Rule::Suspended(true) => (SUSPEND, args![*account, now], json!({"suspended": true})),
                    Rule::Suspended(false) => (LIFT, args![*account], json!({"suspended": false})),
                    Rule::Quota(Some(octets)) => {
                        let octets = i64::try_from(octets).unwrap_or(i64::MAX);
                        (SET_QUOTA, args![*account, octets], json!({"quota": octets}))
                    }
                    Rule::Quota(None) => (NO_QUOTA, args![*account], json!({"quota": null})),
                    Rule::PatientsBegin(may) => {
                        (SET_PATIENTS, args![*account, i64::from(may)], json!({"patients_begin": may}))
                    }
                };
                if tx.execute(statement, args).await? == 0 {
                    return Err(Error::NotFound);
                }
                trace(tx, Chain::Account(*account), Trace::done("account-rule", *actor, Some(*account), detail)).await
            }
            .boxed()
        })
        .await
    }
}
