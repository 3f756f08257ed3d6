//! Dates from wall-clock strings. Anything that is not one is shown as it is.

use crate::i18n::{self, Lang};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    year: i64,
    month: usize,
    day: i64,
    hour: u8,
    minute: u8,
}

impl Stamp {
    /// Reads `2026-11-22T09:05` (seconds and what follows are left out).
    fn read(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T')?;
        let mut date = date.splitn(3, '-');
        let mut time = time.splitn(3, ':');
        let stamp = Self {
            year: date.next()?.parse().ok()?,
            month: date.next()?.parse().ok()?,
            day: date.next()?.parse().ok()?,
            hour: time.next()?.parse().ok()?,
            minute: time.next()?.get(..2)?.parse().ok()?,
        };
        let sound = (1..=12).contains(&stamp.month) && (1..=31).contains(&stamp.day) && stamp.hour < 24 && stamp.minute < 60;
        (sound && (0..=9999).contains(&stamp.year)).then_some(stamp)
    }

    /// Days since 1 March of year 0 (proleptic Gregorian).
    fn day_number(self) -> i64 {
        let month = self.month as i64;
        let year = if month <= 2 { self.year - 1 } else { self.year };
        let shifted = (month + 9) % 12;
        year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (shifted * 153 + 2) / 5 + self.day
            - 1
    }

    /// 0 for Monday.
    fn weekday(self) -> usize {
        // 1 March of year 0 was a Wednesday.
        (self.day_number() + 2).rem_euclid(7) as usize
    }

    fn clock(self) -> String {
        let mut out = String::with_capacity(5);
        two(&mut out, self.hour.into());
        out.push(':');
        two(&mut out, self.minute.into());
        out
    }
}

fn two(out: &mut String, value: u32) {
    if value < 10 {
        out.push('0');
    }
    out.push_str(&value.to_string());
}

fn word(list: &'static [&'static str], at: usize) -> &'static str {
    list.get(at).copied().unwrap_or_default()
}

/// For a row: `09:05` today, `hier`, `lun. 16 nov.` within a week, `3 janv.` this year, `12/03/2025` before.
pub fn row(lang: Lang, local: &str, now_local: &str) -> String {
    let (Some(stamp), Some(now)) = (Stamp::read(local), Stamp::read(now_local)) else { return local.to_owned() };
    let month = word(i18n::date::months_short(lang), stamp.month - 1);
    match now.day_number() - stamp.day_number() {
        0 => stamp.clock(),
        1 => i18n::date::yesterday(lang).to_owned(),
        2..=7 => {
            let weekday = word(i18n::date::weekdays_short(lang), stamp.weekday());
            [weekday, &stamp.day.to_string(), month].join(" ")
        }
        _ if stamp.year == now.year => [&stamp.day.to_string(), month].join(" "),
        _ if lang == Lang::En => [&stamp.day.to_string(), month, &stamp.year.to_string()].join(" "),
        _ => {
            let mut out = String::with_capacity(10);
            two(&mut out, stamp.day as u32);
            out.push('/');
            two(&mut out, stamp.month as u32);
            out.push('/');
            out.push_str(&stamp.year.to_string());
            out
        }
    }
}

/// In a sentence or on a message: `aujourd’hui à 09:05`, `hier à 18:30`, `lun. 16 nov. à 09:05`.
pub fn moment(lang: Lang, local: &str, now_local: &str) -> String {
    let (Some(stamp), Some(now)) = (Stamp::read(local), Stamp::read(now_local)) else { return local.to_owned() };
    let day = match now.day_number() - stamp.day_number() {
        0 => i18n::date::today(lang).to_owned(),
        _ => row(lang, local, now_local),
    };
    i18n::date::at(lang, &day, &stamp.clock())
}

/// The day in a sentence: `16 novembre 2026`, from a wall clock or a date alone.
pub fn day(lang: Lang, local: &str) -> String {
    let stamp = match local.len() {
        10 => Stamp::read(&[local, "T00:00"].concat()),
        _ => Stamp::read(local),
    };
    let Some(stamp) = stamp else { return local.to_owned() };
    let day = if lang == Lang::Fr && stamp.day == 1 { "1er".to_owned() } else { stamp.day.to_string() };
    [&day, word(i18n::date::months(lang), stamp.month - 1), &stamp.year.to_string()].join(" ")
}

/// The whole date, for tooltips and print: `lundi 16 novembre 2026 à 09:05`.
pub fn full(lang: Lang, local: &str) -> String {
    let Some(stamp) = Stamp::read(local) else { return local.to_owned() };
    let day = match (lang, stamp.day) {
        (Lang::Fr, 1) => "1er".to_owned(),
        (_, day) => day.to_string(),
    };
    let weekday = word(i18n::date::weekdays(lang), stamp.weekday());
    let month = word(i18n::date::months(lang), stamp.month - 1);
    i18n::date::at(lang, &[weekday, &day, month, &stamp.year.to_string()].join(" "), &stamp.clock())
}

/// The time of day: `09:05`.
pub fn clock(local: &str) -> String {
    Stamp::read(local).map_or_else(String::new, Stamp::clock)
}

/// A stretch of time that is left: minutes, or seconds under two minutes.
pub fn left(lang: Lang, seconds: u64) -> String {
    if seconds >= 120 { i18n::date::minutes(lang, seconds / 60) } else { i18n::date::seconds(lang, seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;
    const NOW: &str = "2026-11-22T09:30";

    #[test]
    fn rows_say_only_what_is_needed() {
        let fr = |local| row(Lang::Fr, local, NOW);
        assert_eq!(fr("2026-11-22T09:05"), "09:05");
        assert_eq!(fr("2026-11-21T23:59"), "hier");
        assert_eq!(fr("2026-11-16T10:00"), "lun. 16 nov.");
        assert_eq!(fr("2026-03-12T10:00"), "12 mars");
        assert_eq!(fr("2025-03-12T10:00"), "12/03/2025");
        assert_eq!(fr("2027-01-02T10:00"), "02/01/2027");
        assert_eq!(row(Lang::En, "2025-03-12T10:00", NOW), "12 Mar 2025");
        assert_eq!(row(Lang::En, "2026-11-16T10:00", NOW), "Mon 16 Nov");
    }

    #[test]
    fn the_year_turns() {
        assert_eq!(row(Lang::Fr, "2025-12-31T10:00", "2026-01-01T00:01"), "hier");
        assert_eq!(row(Lang::Fr, "2024-02-29T10:00", "2024-03-01T08:00"), "hier");
    }

    #[test]
    fn whole_dates() {
        assert_eq!(full(Lang::Fr, "2026-11-16T09:05"), "lundi 16 novembre 2026 à 09:05");
        assert_eq!(full(Lang::Fr, "2026-11-01T09:05"), "dimanche 1er novembre 2026 à 09:05");
        assert_eq!(full(Lang::En, "2000-02-29T00:00"), "Tuesday 29 February 2000 at 00:00");
        assert_eq!(
            (day(Lang::Fr, "2026-11-01"), day(Lang::En, "2026-11-22T09:05")),
            ("1er novembre 2026".into(), "22 November 2026".into())
        );
        assert_eq!(moment(Lang::Fr, "2026-11-22T09:05", NOW), "aujourd’hui à 09:05");
    }

    #[test]
    fn what_is_no_date_is_shown_as_it_is() {
        assert_eq!(row(Lang::Fr, "jadis", NOW), "jadis");
        assert_eq!(full(Lang::Fr, "2026-13-01T09:05"), "2026-13-01T09:05");
        assert_eq!(clock("2026-11-22T9"), "");
    }
}
