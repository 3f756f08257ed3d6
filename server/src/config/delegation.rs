//! Section `[delegation]`: how long somebody may open the BAL of another.

use anyhow::bail;
use serde::Deserialize;

use super::Config;

/// How long delegations last, and how many may wait for an answer.
#[derive(Debug, Clone, Deserialize)]
pub struct Delegations {
    pub days: u32,
    pub invitation_days: u32,
    pub waiting: u32,
}

const DAY_MS: i64 = 86_400_000;

impl Delegations {
    /// The longest delegation, in milliseconds.
    pub fn longest_ms(&self) -> i64 {
        i64::from(self.days) * DAY_MS
    }

    /// How long an invitation may be answered, in milliseconds.
    pub fn invitation_ms(&self) -> i64 {
        i64::from(self.invitation_days) * DAY_MS
    }
}

impl Config {
    pub(super) fn check_delegation(&self) -> anyhow::Result<()> {
        let Delegations { days, invitation_days, waiting } = self.delegation;
        if days == 0 || invitation_days == 0 || waiting == 0 {
            bail!("`delegation` wants numbers that are more than zero");
        }
        Ok(())
    }
}
