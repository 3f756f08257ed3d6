//! Days and hours of Paris, without a clock: everything is a function of
//! milliseconds since 1970.

/// One minute, one hour, one day, in milliseconds.
pub(super) const MINUTE: i64 = 60_000;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

const DAYS: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
const DAYS_SHORT: [&str; 7] = ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."];
const DAYS_EN: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const MONTHS_SHORT: [&str; 12] =
    ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];
const MONTHS_EN: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment as a clock on a wall in Paris shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Local {
    pub year: i64,
    pub month: usize,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    /// 0 is Monday.
    pub weekday: usize,
    /// Hours ahead of UTC: 1 or 2.
    pub offset: i64,
}

/// Year, month (1–12) and day of a count of days since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month, doy - (153 * mp + 2) / 5 + 1)
}

/// Days since 1970 of a date.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = if month > 2 { month - 3 } else { month + 9 };
    let doy = (153 * mp + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// Hours ahead of UTC in Paris: summer time runs from the last Sunday of March
/// to the last Sunday of October, 01:00 UTC.
fn offset(ms: i64) -> i64 {
    let (year, ..) = civil(ms.div_euclid(DAY));
    let last_sunday = |month: i64| {
        let last = days_of(year, month, 31);
        (last - (last + 4).rem_euclid(7)) * DAY + HOUR
    };
    if (last_sunday(3)..last_sunday(10)).contains(&ms) { 2 } else { 1 }
}

/// The moment in Paris.
pub(super) fn local(ms: i64) -> Local {
    let offset = offset(ms);
    let shifted = ms + offset * HOUR;
    let days = shifted.div_euclid(DAY);
    let (year, month, day) = civil(days);
    let rest = shifted.rem_euclid(DAY);
    Local {
        year,
        month: usize::try_from(month).unwrap_or(1),
        day,
        hour: rest / HOUR,
        minute: rest % HOUR / MINUTE,
        second: rest % MINUTE / 1_000,
        weekday: usize::try_from((days + 3).rem_euclid(7)).unwrap_or(0),
        offset,
    }
}

/// The milliseconds of midnight, in Paris, of the day holding `ms`.
pub(super) fn midnight(ms: i64) -> i64 {
    let at = local(ms);
    ms - (at.hour * HOUR + at.minute * MINUTE + at.second * 1_000) - ms.rem_euclid(1_000)
}

/// A Date field (RFC 5322 §3.3).
pub(super) fn rfc5322(ms: i64) -> String {
    let t = local(ms);
    format!(
        "{}, {} {} {} {:02}:{:02}:{:02} +0{}00",
        DAYS_EN[t.weekday],
        t.day,
        MONTHS_EN[t.month - 1],
        t.year,
        t.hour,
        t.minute,
        t.second,
        t.offset
    )
}

/// `mardi 3 mars 2026`.
pub(super) fn long(ms: i64) -> String {
    let t = local(ms);
    format!("{} {} {} {}", DAYS[t.weekday], ordinal(t.day), MONTHS[t.month - 1], t.year)
}

/// `mardi 3 mars`.
pub(super) fn day(ms: i64) -> String {
    let t = local(ms);
    format!("{} {} {}", DAYS[t.weekday], ordinal(t.day), MONTHS[t.month - 1])
}

/// `mar. 3 mars 2026 à 10:12`, as mail programs introduce a quotation.
pub(super) fn quoted(ms: i64) -> String {
    let t = local(ms);
    format!("{} {} {} {} à {:02}:{:02}", DAYS_SHORT[t.weekday], t.day, MONTHS_SHORT[t.month - 1], t.year, t.hour, t.minute)
}

/// `03/03/2026`.
pub(super) fn numbers(ms: i64) -> String {
    let t = local(ms);
    format!("{:02}/{:02}/{}", t.day, t.month, t.year)
}

/// `20260303T101200`, as calendars and medical documents write it (in UTC).
pub(super) fn compact(ms: i64) -> String {
    let days = ms.div_euclid(DAY);
    let (year, month, day) = civil(days);
    let rest = ms.rem_euclid(DAY);
    format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}", rest / HOUR, rest % HOUR / MINUTE, rest % MINUTE / 1_000)
}

/// `10 h 15`.
pub(super) fn hour(ms: i64) -> String {
    let t = local(ms);
    if t.minute == 0 { format!("{} h", t.hour) } else { format!("{} h {:02}", t.hour, t.minute) }
}

/// Milliseconds of noon of a birthday.
pub(super) fn birthday(year: i64, month: i64, day: i64) -> i64 {
    days_of(year, month, day) * DAY + 12 * HOUR
}

fn ordinal(day: i64) -> String {
    if day == 1 { "1er".to_owned() } else { day.to_string() }
}
