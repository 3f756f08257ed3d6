//! What a BAL says to patients: how soon it answers, when an exchange closes by itself, that one is away. Sealed with the
//! BAL's key, but for the number of days that the job reads.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::AccountId;

use crate::Store;
use crate::db::{args, statements};
use crate::error::Result;
use crate::keys::Owner;
use crate::traces::{Actor, Chain, Trace, trace};

statements! {
    SELECT = "SELECT close_days, sealed FROM patient_rule WHERE account_id = $1";
    SAVE = "INSERT INTO patient_rule (account_id, close_days, sealed) VALUES ($1, $2, $3)
        ON CONFLICT (account_id) DO UPDATE SET close_days = excluded.close_days, sealed = excluded.sealed";
}

const TABLE: &str = "patient_rule";

/// What a BAL says to patients.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PatientRules {
    /// Days without a message after which an exchange closes; none: the operator's default, 0: never.
    #[serde(skip)]
    pub close_days: Option<u32>,
    /// Days within which one usually answers; 0: nothing is said.
    pub answer_days: u32,
    /// What is answered during the absence; empty: none is set.
    pub away: String,
    /// First and last day of it; none: without that end.
    pub away_from: Option<i64>,
    pub away_to: Option<i64>,
    /// How the controller and the data protection officer are reached, for the note (RGPD, article 13).
    pub contact: String,
    pub dpo: String,
}

impl PatientRules {
    /// Is one away at `now`?
    pub fn is_away(&self, now: i64) -> bool {
        let begun = self.away_from.is_none_or(|from| from <= now);
        !self.away.trim().is_empty() && begun && self.away_to.is_none_or(|to| now < to)
    }
}

impl Store {
    /// What a BAL says to patients.
    pub async fn patient_rules(&self, account: AccountId) -> Result<PatientRules> {
        let Some(row) = self.read().await?.fetch_optional(SELECT, args![account]).await? else {
            return Ok(PatientRules::default());
        };
        let keys = self.keys(Owner::Account(account.0)).await?;
        let rules: PatientRules = keys.open_json(TABLE, account.0, &row.bytes(1)?)?;
        Ok(PatientRules { close_days: row.opt_int(0)?.map(|days| days as u32), ..rules })
    }

    /// Sets it.
    pub async fn patient_rules_set(&self, actor: Actor, account: AccountId, rules: PatientRules) -> Result<()> {
        self.write((actor, account, rules), |tx, (actor, account, rules)| {
            async move {
                let keys = tx.keys(Owner::Account(account.0)).await?;
                let sealed = keys.seal_json(tx.random().as_ref(), TABLE, account.0, rules)?;
                tx.execute(SAVE, args![*account, rules.close_days, sealed]).await?;
                let detail = json!({"close_days": rules.close_days, "away": !rules.away.is_empty()});
                trace(tx, Chain::Account(*account), Trace::done("patient-rules", *actor, Some(*account), detail)).await
            }
            .boxed()
        })
        .await
    }
}
