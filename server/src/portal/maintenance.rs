//! The announcement on top of every page: planned, then in progress, then gone.

use app::{
    format::date,
    i18n::{self, Lang},
    shell::Banner,
};

use super::cgu::ZONE;
use crate::{
    clock,
    config::portal::{Maintenance, Moment},
};

/// What is announced at `now_ms`, if anything.
pub fn banner(maintenance: &Maintenance, now_ms: i64, lang: Lang) -> Option<String> {
    use i18n::banner as words;
    let text = maintenance.text.get(lang);
    if text.is_empty() {
        return None;
    }
    let now = clock::local_minutes(now_ms, ZONE);
    let local = |moment: Moment| moment.0.strftime("%Y-%m-%dT%H:%M").to_string();
    let (from, to) = (maintenance.from.map(local), maintenance.to.map(local));
    if to.as_ref().is_some_and(|to| *to <= now) {
        return None;
    }
    let planned = from.as_ref().filter(|from| **from > now);
    let read = |local: &String| date::full(lang, local);
    Some(match (planned, to.as_ref()) {
        (Some(from), Some(to)) => words::planned(lang, &read(from), text, &read(to)),
        (Some(from), None) => words::planned_open(lang, &read(from), text),
        (None, Some(to)) => words::current(lang, text, &read(to)),
        (None, None) => words::current_open(lang, text),
    })
}

/// The same in both languages, for what every page knows.
pub fn both(maintenance: &Maintenance, now_ms: i64) -> Option<Banner> {
    let fr = banner(maintenance, now_ms, Lang::Fr)?;
    Some(Banner { fr, en: banner(maintenance, now_ms, Lang::En)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Loaded;

    #[test]
    fn planned_then_in_progress_then_gone() {
        let environment = [
            ("PLI_MAINTENANCE__TEXT", "Base mise à jour. // Database upgrade."),
            ("PLI_MAINTENANCE__FROM", "2026-11-22T22:00"),
            ("PLI_MAINTENANCE__TO", "2026-11-22T23:30"),
        ];
        let loaded = Loaded::read(None, environment.map(|(k, v)| (k.to_owned(), v.to_owned())).into_iter()).unwrap();
        let maintenance = loaded.config().unwrap().maintenance;
        // 2026-11-22T09:05 in Paris, and hours later.
        let at = |hours: i64, lang| banner(&maintenance, 1_795_334_700_000 + hours * 3_600_000, lang);
        let planned = at(0, Lang::Fr).unwrap();
        assert!(
            planned.contains("prévue du dimanche 22 novembre 2026 à 22:00") && planned.ends_with("Base mise à jour."),
            "{planned}"
        );
        assert!(at(13, Lang::En).unwrap().starts_with("Work in progress until Sunday 22 November 2026"));
        assert_eq!(at(15, Lang::Fr), None);
    }
}
