//! Tells holders that new mail waits for them, when and how they wish.

use jiff::{Timestamp, ToSpan, civil::Time, tz::TimeZone};
use store::{
    notices::{Channel, Notice},
    notifications::Candidate,
};
use wire::portal::Notifications;

use crate::{
    service::tell::{self, Told},
    state::State,
};

const MINUTE_MS: i64 = 60_000;
const AT_ONCE: u32 = 100;
/// The hour of the daily notice, in the person's zone.
const DAILY_HOUR: i8 = 8;

/// When one is told: now (and again at the earliest then), or only then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Now { next_at: i64 },
    Later(i64),
}

/// Looks at every BAL that changed; how many holders were told.
///
/// # Errors
/// The store's.
pub async fn run(state: &State) -> Result<usize, store::Error> {
    let mut told = 0;
    for candidate in state.store.notification_candidates(AT_ONCE).await? {
        match one(state, &candidate).await {
            Ok(true) => told += 1,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "a notification could not be made"),
        }
    }
    if told > 0 {
        tell::send_due(state).await?;
    }
    Ok(told)
}

async fn one(state: &State, candidate: &Candidate) -> Result<bool, store::Error> {
    let zone = state.store.preferences(candidate.person).await?.zone;
    let next_at = match look(&candidate.wishes, state.clock.now_ms(), candidate.next_at, &zone) {
        Look::Now { next_at } => next_at,
        Look::Later(at) => {
            state.store.notification_later(candidate, at).await?;
            return Ok(false);
        }
    };
    let lang = tell::lang(state, candidate.person).await?;
    let origin = state.config.origin();
    let wanted =
        [(Channel::Email, candidate.wishes.email), (Channel::Sms, candidate.wishes.sms && state.sms.is_configured())];
    let notices: Vec<(Channel, Notice)> = wanted
        .into_iter()
        .filter(|(_, wanted)| *wanted)
        .map(|(channel, _)| (channel, Told::NewMail.notice(lang, origin, channel, None)))
        .collect();
    state.store.notification_tell(candidate, next_at, notices).await
}

/// What the wishes say of this moment. `due` is the look that was planned, if any.
fn look(wishes: &Notifications, now: i64, due: Option<i64>, zone: &str) -> Look {
    let zone = TimeZone::get(zone).or_else(|_| TimeZone::get("Europe/Paris")).unwrap_or(TimeZone::UTC);
    let local = Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone);
    let at_hour = |hour: i8| {
        let time = Time::new(hour, 0, 0, 0).unwrap_or_default();
        let today = local.with().time(time).build().unwrap_or_else(|_| local.clone());
        let next = if today > local { today } else { today.checked_add(1.day()).unwrap_or(today) };
        next.timestamp().as_millisecond()
    };
    if wishes.rhythm == "daily" {
        let next = at_hour(DAILY_HOUR);
        return if due.is_some_and(|due| due > 0) { Look::Now { next_at: next } } else { Look::Later(next) };
    }
    let hour = local.hour();
    let (from, to) = (wishes.quiet_from as i8, wishes.quiet_to as i8);
    let quiet = match from.cmp(&to) {
        std::cmp::Ordering::Equal => false,
        std::cmp::Ordering::Less => (from..to).contains(&hour),
        std::cmp::Ordering::Greater => hour >= from || hour < to,
    };
    if quiet {
        return Look::Later(at_hour(to));
    }
    let pause = if wishes.rhythm == "hourly" { 60 * MINUTE_MS } else { MINUTE_MS };
    Look::Now { next_at: now + pause }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T08:05Z, 09:05 in Paris.
    const NOW: i64 = 1_795_334_700_000;
    const HOUR: i64 = 60 * MINUTE_MS;

    fn wishes(rhythm: &str, quiet_from: u8, quiet_to: u8) -> Notifications {
        Notifications { email: true, rhythm: rhythm.into(), quiet_from, quiet_to, ..Notifications::default() }
    }

    #[test]
    fn rhythms_and_quiet_hours() {
        let at = |wishes: &Notifications, now| look(wishes, now, Some(0), "Europe/Paris");
        assert_eq!(at(&wishes("now", 20, 7), NOW), Look::Now { next_at: NOW + MINUTE_MS });
        assert_eq!(at(&wishes("hourly", 20, 7), NOW), Look::Now { next_at: NOW + HOUR });
        // 21:05: until seven in the morning.
        let evening = NOW + 12 * HOUR;
        assert_eq!(at(&wishes("now", 20, 7), evening), Look::Later(NOW - 5 * MINUTE_MS + 22 * HOUR));
        assert_eq!(at(&wishes("now", 8, 8), evening), Look::Now { next_at: evening + MINUTE_MS });
        // Quiet from 9 to 12: at noon.
        assert_eq!(at(&wishes("now", 9, 12), NOW), Look::Later(NOW - 5 * MINUTE_MS + 3 * HOUR));
        let eight = NOW - 5 * MINUTE_MS + 23 * HOUR;
        assert_eq!(look(&wishes("daily", 20, 7), NOW, Some(0), "Europe/Paris"), Look::Later(eight));
        assert_eq!(
            look(&wishes("daily", 20, 7), eight, Some(eight), "Europe/Paris"),
            Look::Now { next_at: eight + 24 * HOUR }
        );
    }
}
