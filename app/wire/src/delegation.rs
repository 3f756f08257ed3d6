//! What a delegation allows, as form, API and handler name it.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, DelegationId};
use crate::portal::Action;

/// What the holder of a BAL lets somebody do in it. Each one allows all that stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelegateRole {
    Read,
    Sort,
    /// Prepares drafts; somebody who may send approves them.
    Draft,
    /// Sends on behalf of the holder.
    Send,
    Manage,
}

impl DelegateRole {
    pub const ALL: [Self; 5] = [Self::Read, Self::Sort, Self::Draft, Self::Send, Self::Manage];

    /// The word of forms and rows.
    pub fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Sort => "sort",
            Self::Draft => "draft",
            Self::Send => "send",
            Self::Manage => "manage",
        }
    }

    /// The role of a word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// The rights that it stands for.
    pub fn actions(self) -> &'static [Action] {
        let count = match self {
            Self::Read => 1,
            Self::Sort => 2,
            Self::Draft => 3,
            Self::Send => 4,
            Self::Manage => 5,
        };
        &ACTIONS[..count]
    }
}

const ACTIONS: [Action; 5] = Action::ALL;

/// A delegation, in answers of the API. Times are UTC milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DelegationInfo {
    pub id: DelegationId,
    pub account_id: AccountId,
    /// Who was invited; or, of those one received, the name of the BAL.
    pub name: String,
    pub role: DelegateRole,
    /// `invited`, `active`, `refused` or `ended`.
    pub state: String,
    pub from: i64,
    pub to: i64,
    pub reason: String,
    #[serde(default)]
    pub used_at: Option<i64>,
    #[serde(default)]
    pub ended_at: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_allows_what_the_one_before_does() {
        assert_eq!(DelegateRole::Draft.actions(), [Action::Read, Action::Sort, Action::Draft]);
        assert_eq!(DelegateRole::Manage.actions(), Action::ALL);
        for pair in DelegateRole::ALL.windows(2) {
            assert!(pair[0] < pair[1] && pair[1].actions().starts_with(pair[0].actions()));
        }
        assert!(DelegateRole::ALL.into_iter().all(|role| DelegateRole::from_code(role.code()) == Some(role)));
    }
}
