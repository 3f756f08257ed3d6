//! Sections `[relay_out]` and `[rates]`: when mail to other operators is tried again, and how much a BAL may send.

use std::time::Duration;

use anyhow::bail;
use relay::send::{DestinationLimits, RetryPolicy, Timeouts};
use serde::Deserialize;
use store::sending::Rates;

use super::Config;

/// Mail that leaves. Sources of the defaults: RFC 5321 §4.5.4.1 leaves the delays to us, the référentiel's are not known.
#[derive(Debug, Clone, Deserialize)]
pub struct RelayOut {
    pub first_seconds: u32,
    pub longest_minutes: u32,
    pub late_hours: u32,
    pub fail_hours: u32,
    pub lease_seconds: u32,
    pub answer_seconds: u32,
    pub uncertain_seconds: u32,
    pub at_once: usize,
    pub per_domain: usize,
    pub in_all: usize,
}

/// What one BAL may send; 0: without limit.
#[derive(Debug, Clone, Deserialize)]
pub struct RatesConfig {
    pub messages_hour: u32,
    pub messages_day: u32,
    pub recipients_hour: u32,
    pub recipients_day: u32,
}

impl RatesConfig {
    /// As the store counts them.
    pub fn limits(&self) -> Rates {
        Rates {
            messages_hour: self.messages_hour,
            messages_day: self.messages_day,
            recipients_hour: self.recipients_hour,
            recipients_day: self.recipients_day,
        }
    }
}

impl RelayOut {
    /// When to try again, to tell, to give up.
    pub fn policy(&self) -> RetryPolicy {
        RetryPolicy {
            first_ms: i64::from(self.first_seconds) * 1_000,
            longest_ms: i64::from(self.longest_minutes) * 60_000,
            notice_after_ms: i64::from(self.late_hours) * 3_600_000,
            give_up_after_ms: i64::from(self.fail_hours) * 3_600_000,
            uncertain_ms: i64::from(self.uncertain_seconds) * 1_000,
            ..RetryPolicy::default()
        }
    }

    /// How long is waited for what.
    pub fn timeouts(&self) -> Timeouts {
        Timeouts { end: Duration::from_secs(self.answer_seconds.into()), ..Timeouts::default() }
    }

    /// Connections to one domain and in all.
    pub fn destinations(&self) -> DestinationLimits {
        DestinationLimits { per_domain: self.per_domain, in_all: self.in_all, ..DestinationLimits::default() }
    }
}

impl Config {
    pub(super) fn check_relay_out(&self) -> anyhow::Result<()> {
        let out = &self.relay_out;
        if out.first_seconds == 0 || out.longest_minutes == 0 || out.fail_hours == 0 || out.lease_seconds == 0 {
            bail!("the times of `[relay_out]` must be more than zero");
        }
        if out.at_once == 0 || out.per_domain == 0 || out.in_all == 0 {
            bail!("`relay_out.at_once`, `relay_out.per_domain` and `relay_out.in_all` must be more than zero");
        }
        if out.answer_seconds == 0 {
            bail!("`relay_out.answer_seconds` must be more than zero");
        }
        if out.late_hours >= out.fail_hours {
            bail!("`relay_out.late_hours` must be less than `relay_out.fail_hours`");
        }
        Ok(())
    }
}
