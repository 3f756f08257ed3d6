//! When a contact can be reached: hours of the week, French public holidays, days closed besides. Wall clock of Paris.

use std::str::FromStr;

use anyhow::{Context, bail};
use jiff::{
    Span,
    civil::{Date, DateTime, Time, date},
};

/// Days looked ahead for the next opening.
const AHEAD: i64 = 30;

/// Hours of a week: `lun-ven 08:30-12:30 14:00-18:00; sam 09:00-12:00`, or `24/7`. Days in French or English.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    always: bool,
    /// Monday first: from, to.
    days: [Vec<(Time, Time)>; 7],
}

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    Always,
    OpenUntil(DateTime),
    ClosedUntil(DateTime),
    Closed,
}

impl FromStr for Hours {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut hours = Self::default();
        if text.trim() == "24/7" {
            return Ok(Self { always: true, ..hours });
        }
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let wrong = || format!("the hours `{part}` are not written as `lun-ven 08:30-18:00; sam 09:00-12:00`, or 24/7");
            let (days, spans) = part.split_once(' ').with_context(wrong)?;
            let (first, last) = days.split_once('-').unwrap_or((days, days));
            let (first, last) = (weekday(first).with_context(wrong)?, weekday(last).with_context(wrong)?);
            for span in spans.split_whitespace() {
                let (from, to) = span.split_once('-').with_context(wrong)?;
                let (from, to) = (time(from).with_context(wrong)?, time(to).with_context(wrong)?);
                if from >= to || first > last {
                    bail!(wrong());
                }
                hours.days[first..=last].iter_mut().for_each(|day| day.push((from, to)));
            }
        }
        if hours.days.iter().all(Vec::is_empty) {
            bail!("no hours in `{text}`");
        }
        hours.days.iter_mut().for_each(|day| day.sort());
        Ok(hours)
    }
}

fn weekday(text: &str) -> Option<usize> {
    const NAMES: [[&str; 2]; 7] =
        [["lun", "mon"], ["mar", "tue"], ["mer", "wed"], ["jeu", "thu"], ["ven", "fri"], ["sam", "sat"], ["dim", "sun"]];
    let text = text.trim().to_lowercase();
    NAMES.iter().position(|names| names.contains(&text.as_str()))
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

impl Hours {
    /// Open all the time?
    pub fn is_always(&self) -> bool {
        self.always
    }

    /// The hours of each weekday, Monday first.
    pub fn week(&self) -> &[Vec<(Time, Time)>; 7] {
        &self.days
    }

    /// Is somebody there at `now`, and until or from when? `closed` are days closed besides public holidays.
    pub fn at(&self, now: DateTime, closed: &[Date]) -> Opening {
        if self.always {
            return Opening::Always;
        }
        if let Some((_, to)) = self.of(now.date(), closed).iter().find(|(from, to)| *from <= now.time() && now.time() < *to)
        {
            return Opening::OpenUntil(now.date().to_datetime(*to));
        }
        for ahead in 0..AHEAD {
            let Ok(day) = now.date().checked_add(Span::new().days(ahead)) else { break };
            let next = self.of(day, closed).iter().find(|(from, _)| ahead > 0 || *from > now.time());
            if let Some((from, _)) = next {
                return Opening::ClosedUntil(day.to_datetime(*from));
            }
        }
        Opening::Closed
    }

    fn of(&self, day: Date, closed: &[Date]) -> &[(Time, Time)] {
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0);
        if closed.contains(&day) || is_holiday(day) { &[] } else { &self.days[weekday] }
    }
}

/// A public holiday in France (Code du travail, art. L3133-1; Alsace and Moselle have two more).
pub fn is_holiday(day: Date) -> bool {
    const FIXED: [(i8, i8); 8] = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
    let from_easter = easter(day.year()).until(day).map(|span| span.get_days()).unwrap_or(0);
    FIXED.contains(&(day.month(), day.day())) || matches!(from_easter, 1 | 39 | 50)
}

/// Easter Sunday (the anonymous Gregorian computation, Nature 1876).
fn easter(year: i16) -> Date {
    let year32 = i32::from(year);
    let (a, b, c) = (year32 % 19, year32 / 100, year32 % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    let part = |value: i32| i8::try_from(value).unwrap_or(1);
    Date::new(year, part(n / 31), part(n % 31 + 1)).unwrap_or(date(2026, 4, 5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    fn hours() -> Hours {
        "lun-ven 08:30-12:30 14:00-18:00; sat 09:00-12:00".parse().unwrap()
    }

    #[test]
    fn easter_and_what_hangs_on_it() {
        assert_eq!(
            [2024, 2025, 2026, 2027].map(easter),
            [date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2027, 3, 28)]
        );
        for day in [date(2026, 4, 6), date(2026, 5, 14), date(2026, 5, 25), date(2026, 11, 11), date(2027, 1, 1)] {
            assert!(is_holiday(day), "{day}");
        }
        assert!(!is_holiday(date(2026, 4, 5)) && !is_holiday(date(2026, 11, 12)));
    }

    #[test]
    fn open_closed_and_until_when() {
        let at = |when: DateTime| hours().at(when, &[date(2026, 11, 24)]);
        assert_eq!(at(datetime(2026, 11, 23, 9, 0, 0, 0)), Opening::OpenUntil(datetime(2026, 11, 23, 12, 30, 0, 0)));
        assert_eq!(at(datetime(2026, 11, 23, 13, 0, 0, 0)), Opening::ClosedUntil(datetime(2026, 11, 23, 14, 0, 0, 0)));
        // The 24th is closed, the 25th is a Wednesday.
        assert_eq!(at(datetime(2026, 11, 23, 18, 0, 0, 0)), Opening::ClosedUntil(datetime(2026, 11, 25, 8, 30, 0, 0)));
        // Sunday; and the eve of Armistice Day, a Wednesday, to Thursday.
        assert_eq!(at(datetime(2026, 11, 22, 9, 0, 0, 0)), Opening::ClosedUntil(datetime(2026, 11, 23, 8, 30, 0, 0)));
        assert_eq!(at(datetime(2026, 11, 10, 19, 0, 0, 0)), Opening::ClosedUntil(datetime(2026, 11, 12, 8, 30, 0, 0)));
        assert_eq!("24/7".parse::<Hours>().unwrap().at(datetime(2026, 12, 25, 3, 0, 0, 0), &[]), Opening::Always);
    }

    #[test]
    fn wrong_hours_are_refused() {
        for text in ["tous les jours", "lun 8h-12h", "ven-lun 08:00-09:00", "lun 09:00-08:00", "lun 25:00-26:00", ""] {
            assert!(text.parse::<Hours>().is_err(), "{text}");
        }
    }
}
