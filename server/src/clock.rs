//! Wall clocks: the zone is the person's, computed here only, so that browsers carry no zone data.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

/// The time in a zone as screens read it: `2026-11-22T09:05`. An unknown zone is read as Paris.
pub fn local_minutes(ms: i64, zone: &str) -> String {
    let zone = TimeZone::get(zone).or_else(|_| TimeZone::get("Europe/Paris")).unwrap_or(TimeZone::UTC);
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned(zone).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The wall clock of a zone. An unknown zone is read as Paris.
pub fn local(ms: i64, zone: &str) -> DateTime {
    let zone = TimeZone::get(zone).or_else(|_| TimeZone::get("Europe/Paris")).unwrap_or(TimeZone::UTC);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone).datetime()
}

/// The moment a day (`2026-12-01`) or a minute (`2026-12-01T08:00`) begins in a zone. None when it is neither.
pub fn begins(text: &str, zone: &str) -> Option<i64> {
    // The moment first: a day alone would be read out of it.
    let local =
        text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(|day| day.to_datetime(Time::midnight()))).ok()?;
    Some(local.to_zoned(TimeZone::get(zone).ok()?).ok()?.timestamp().as_millisecond())
}

/// Is this a zone we know?
pub fn is_zone(zone: &str) -> bool {
    TimeZone::get(zone).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_and_winter() {
        assert_eq!(local_minutes(1_784_000_000_000, "Europe/Paris"), "2026-07-14T05:33");
        assert_eq!(local_minutes(1_795_334_700_000, "Europe/Paris"), "2026-11-22T09:05");
        assert_eq!(local_minutes(1_795_334_700_000, "Nowhere/Land"), "2026-11-22T09:05");
        assert_eq!(begins("2026-11-22T09:05", "Europe/Paris"), Some(1_795_334_700_000));
        assert_eq!(begins("2026-11-22", "Europe/Paris"), Some(1_795_302_000_000));
        assert_eq!((begins("demain", "Europe/Paris"), local(1_795_334_700_000, "Europe/Paris").hour()), (None, 9));
        assert!(is_zone("America/Cayenne") && !is_zone("Nowhere/Land"));
    }
}
