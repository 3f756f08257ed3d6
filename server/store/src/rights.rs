//! Rights: rows (person, account, action, from, to) over a whole BAL. The server's `auth::rights` is the only reader
//! that decides.

use futures::FutureExt;
use serde_json::json;
use wire::{
    id::{AccountId, DelegationId, OrganisationId, PersonId},
    portal::Action,
};

use crate::db::{Tx, args, statements};
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store};

statements! {
    OF_PERSON = "SELECT account_id, action, from_at, to_at, delegation_id, organisation_id FROM account_right
        WHERE person_id = $1 AND from_at <= $2 AND (to_at IS NULL OR to_at > $2)";
    ON_ACCOUNT = "SELECT action FROM account_right
        WHERE person_id = $1 AND account_id = $2 AND from_at <= $3 AND (to_at IS NULL OR to_at > $3)";
    WITH_USE = "SELECT r.action, r.delegation_id, d.used_at FROM account_right r
        LEFT JOIN delegation d ON d.account_id = r.account_id AND d.delegation_id = r.delegation_id
        WHERE r.person_id = $1 AND r.account_id = $2 AND r.from_at <= $3 AND (r.to_at IS NULL OR r.to_at > $3)";
    HOLDS = "SELECT action FROM account_right WHERE person_id = $1 AND account_id = $2 AND action = 'manage'
        AND delegation_id IS NULL AND organisation_id IS NULL AND from_at <= $3 AND (to_at IS NULL OR to_at > $3) LIMIT 1";
    HOLDERS = "SELECT DISTINCT person_id FROM account_right WHERE account_id = $1 AND action = 'manage'
        AND delegation_id IS NULL AND organisation_id IS NULL AND from_at <= $2 AND (to_at IS NULL OR to_at > $2) ORDER BY person_id";
    INSERT = "INSERT INTO account_right (person_id, account_id, action, from_at, to_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (person_id, account_id, action, from_at) DO UPDATE SET to_at = excluded.to_at";
    END = "UPDATE account_right SET to_at = $4
        WHERE person_id = $1 AND account_id = $2 AND action = $3 AND (to_at IS NULL OR to_at > $4)";
}

/// A right that holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    pub account: AccountId,
    pub action: Action,
    pub from: i64,
    pub to: Option<i64>,
    /// The delegation that it stands for; none: it is one's own.
    pub delegation: Option<DelegationId>,
    /// The structure that it comes from; none: as above.
    pub organisation: Option<OrganisationId>,
}

impl Right {
    /// One's own, neither a delegation's nor a structure's.
    pub fn is_own(&self) -> bool {
        self.delegation.is_none() && self.organisation.is_none()
    }
}

/// What a person may do in one account, and by which delegation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    pub actions: Vec<Action>,
    /// With the time when it was used last, as far as it was written.
    pub delegation: Option<(DelegationId, Option<i64>)>,
}

fn action(code: &str) -> Result<Action> {
    Action::ALL.into_iter().find(|action| action.code() == code).ok_or(Error::Corrupt("action"))
}

impl Store {
    /// The rights that a person has now.
    pub async fn rights(&self, person: PersonId) -> Result<Vec<Right>> {
        let rows = self.read().await?.fetch_all(OF_PERSON, args![person, self.now()]).await?;
        let right = |row: &crate::db::Row| {
            let account = AccountId(row.int(0)?);
            Ok(Right {
                account,
                action: action(&row.text(1)?)?,
                from: row.int(2)?,
                to: row.opt_int(3)?,
                delegation: row.opt_int(4)?.map(DelegationId),
                organisation: row.opt_int(5)?.map(OrganisationId),
            })
        };
        rows.iter().map(right).collect()
    }

    /// What a person may do in one account now; empty when there is no such account.
    pub async fn rights_on(&self, person: PersonId, account: AccountId) -> Result<Vec<Action>> {
        let rows = self.read().await?.fetch_all(ON_ACCOUNT, args![person, account, self.now()]).await?;
        rows.iter().map(|row| action(&row.text(0)?)).collect()
    }

    /// The same, with the delegation that allows it.
    pub async fn access(&self, person: PersonId, account: AccountId) -> Result<Access> {
        let rows = self.read().await?.fetch_all(WITH_USE, args![person, account, self.now()]).await?;
        let mut access = Access::default();
        for row in &rows {
            access.actions.push(action(&row.text(0)?)?);
            if let Some(id) = row.opt_int(1)? {
                access.delegation = Some((DelegationId(id), row.opt_int(2)?));
            }
        }
        Ok(access)
    }

    /// Does this person run the account in their own right, not by a delegation?
    pub async fn holds(&self, person: PersonId, account: AccountId) -> Result<bool> {
        let row = self.read().await?.fetch_optional(HOLDS, args![person, account, self.now()]).await?;
        Ok(row.is_some())
    }

    /// Who runs an account in their own right.
    pub async fn holders(&self, account: AccountId) -> Result<Vec<PersonId>> {
        let rows = self.read().await?.fetch_all(HOLDERS, args![account, self.now()]).await?;
        rows.iter().map(|row| row.int(0).map(PersonId)).collect()
    }

    /// Gives a person rights over an account, from now until `to`.
    pub async fn right_grant(
        &self,
        actor: Actor,
        person: PersonId,
        account: AccountId,
        actions: &[Action],
        to: Option<i64>,
    ) -> Result<()> {
        self.write((actor, person, account, actions.to_vec(), to), |tx, (actor, person, account, actions, to)| {
            async move {
                grant(tx, *person, *account, actions, *to).await?;
                tx.touch(account.0);
                traces::trace(
                    tx,
                    Chain::Account(*account),
                    Trace::done("right-grant", *actor, Some(*account), about(*person, actions)),
                )
                .await
            }
            .boxed()
        })
        .await
    }

    /// Ends rights of a person over an account, now.
    pub async fn right_end(&self, actor: Actor, person: PersonId, account: AccountId, actions: &[Action]) -> Result<()> {
        self.write((actor, person, account, actions.to_vec()), |tx, (actor, person, account, actions)| {
            async move {
                let now = tx.now();
                for action in actions {
                    tx.execute(END, args![*person, *account, action.code(), now]).await?;
                }
                tx.touch(account.0);
                traces::trace(
                    tx,
                    Chain::Account(*account),
                    Trace::done("right-end", *actor, Some(*account), about(*person, actions)),
                )
                .await
            }
            .boxed()
        })
        .await
    }
}

/// Who and what, for the trace.
fn about(person: PersonId, actions: &[Action]) -> serde_json::Value {
    let actions: Vec<_> = actions.iter().map(|action| action.code()).collect();
    json!({"person": person, "actions": actions})
}

/// Gives rights in the caller's transaction (which leaves its own trace).
pub(crate) async fn grant(
    tx: &mut Tx,
    person: PersonId,
    account: AccountId,
    actions: &[Action],
    to: Option<i64>,
) -> Result<()> {
    let now = tx.now();
    for action in actions {
        tx.execute(INSERT, args![person, account, action.code(), now, to]).await?;
    }
    Ok(())
}
