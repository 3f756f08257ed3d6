//! Section `[organisation]`: reviews of structures, invitations into them, secrets of their programs.

use anyhow::bail;
use serde::Deserialize;

use super::Config;

/// How often structures are reviewed, how long invitations and replaced secrets last.
#[derive(Debug, Clone, Deserialize)]
pub struct Organisations {
    pub review_days: u32,
    pub remind_days: u32,
    pub grace_days: u32,
    pub invitation_days: u32,
    pub waiting: u32,
    pub secrets: u32,
    pub overlap_hours: u32,
}

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

impl Organisations {
    /// From one review to the next, in milliseconds.
    pub fn review_ms(&self) -> i64 {
        i64::from(self.review_days) * DAY_MS
    }

    /// From one reminder to the next, in milliseconds.
    pub fn remind_ms(&self) -> i64 {
        i64::from(self.remind_days) * DAY_MS
    }

    /// How long a review may wait, in milliseconds.
    pub fn grace_ms(&self) -> i64 {
        i64::from(self.grace_days) * DAY_MS
    }

    /// How long an invitation may be answered, in milliseconds.
    pub fn invitation_ms(&self) -> i64 {
        i64::from(self.invitation_days) * DAY_MS
    }

    /// How long a secret works that was replaced, in milliseconds.
    pub fn overlap_ms(&self) -> i64 {
        i64::from(self.overlap_hours) * HOUR_MS
    }
}

impl Config {
    pub(super) fn check_organisation(&self) -> anyhow::Result<()> {
        let Organisations { review_days, remind_days, grace_days, invitation_days, waiting, secrets, .. } =
            self.organisation;
        if [review_days, remind_days, grace_days, invitation_days, waiting, secrets].contains(&0) {
            bail!("`organisation` wants numbers that are more than zero, but for overlap_hours");
        }
        Ok(())
    }
}
