//! Whom to reach and when; what is written to support goes into a queue that the operator reads with `pli support`.

use std::net::IpAddr;

use app::{
    format::date,
    i18n::{self, Lang},
    pages::portail::{Contact, ContactForm, OpenState, Reachable},
};
use jiff::civil::{Date, DateTime, Time};
use store::{
    Actor, AttemptAnswer, AttemptRule,
    support::{NewSupport, SupportText, reference},
};
use wire::FieldError;

use super::{
    cgu::ZONE,
    opening::{Hours, Opening},
};
use crate::{
    auth::limits::network,
    clock,
    config::{Config, portal},
    error::Error,
    state::State,
};

/// Longest text.
pub const TEXT_CHARS: usize = 5000;
/// Messages from one network that cost no waiting, then the first and the longest wait.
const FREE: u32 = 5;
const FIRST_WAIT_MS: i64 = 60_000;
const LONGEST_WAIT_MS: i64 = 3_600_000;

/// A kind of message: its code in addresses, in the queue, and how pressing it is.
struct Kind {
    motif: &'static str,
    code: &'static str,
    priority: u32,
}

const KINDS: [Kind; 5] = [
    Kind { motif: "question", code: "question", priority: 0 },
    Kind { motif: "panne", code: "malfunction", priority: 1 },
    Kind { motif: "intrusion", code: "intrusion", priority: 3 },
    Kind { motif: "identifiants", code: "credentials", priority: 3 },
    Kind { motif: "droits", code: "rights", priority: 1 },
];
/// From this priority on the operator is told by mail.
pub(crate) const PRESSING: u32 = 3;

fn kind(motif: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.motif == motif).unwrap_or(&KINDS[0])
}

/// The motif that is known, or the first.
pub fn motif(text: &str) -> &'static str {
    kind(text).motif
}

/// The operator's contacts, with whether they can be reached now.
pub fn contacts(config: &Config, now_ms: i64, lang: Lang) -> Vec<Reachable> {
    let now = clock::local(now_ms, ZONE);
    let closed: Vec<Date> = config.support.closed.iter().map(|day| day.0).collect();
    config.support.contacts.iter().map(|contact| reachable(contact, now, &closed, lang)).collect()
}

fn reachable(contact: &portal::Contact, now: DateTime, closed: &[Date], lang: Lang) -> Reachable {
    use i18n::contact as words;
    let mut remarks = Vec::new();
    if contact.hours.as_ref().is_some_and(|hours| !hours.is_always()) {
        remarks.push(words::holidays(lang).to_owned());
        let coming: Vec<String> =
            closed.iter().filter(|day| **day >= now.date()).take(5).map(|day| date::day(lang, &day.to_string())).collect();
        if !coming.is_empty() {
            remarks.push(words::closed_days(lang, &coming.join(", ")));
        }
    }
    Reachable {
        name: contact.name.get(lang).into(),
        purpose: contact.purpose.get(lang).into(),
        email: contact.email.clone(),
        phone: contact.phone.clone(),
        now: contact.hours.as_ref().map(|hours| open_state(hours.at(now, closed), now, lang)),
        hours: contact.hours.as_ref().map(|hours| calendar(hours, lang)).unwrap_or_default(),
        remarks,
    }
}

fn open_state(opening: Opening, now: DateTime, lang: Lang) -> OpenState {
    use i18n::contact as words;
    let local = |when: DateTime| when.strftime("%Y-%m-%dT%H:%M").to_string();
    match opening {
        Opening::Always => OpenState { open: true, said: words::open_always(lang).into() },
        Opening::OpenUntil(to) => OpenState { open: true, said: words::open_until(lang, &date::clock(&local(to))) },
        Opening::ClosedUntil(from) if from.date() == now.date() => {
            OpenState { open: false, said: words::closed_until(lang, &date::moment(lang, &local(from), &local(now))) }
        }
        Opening::ClosedUntil(from) => {
            OpenState { open: false, said: words::closed_until(lang, &date::full(lang, &local(from))) }
        }
        Opening::Closed => OpenState { open: false, said: words::closed(lang).into() },
    }
}

/// Days with the same hours on one line.
fn calendar(hours: &Hours, lang: Lang) -> Vec<(String, String)> {
    use i18n::contact as words;
    let names = words::weekdays(lang);
    let time = |time: &Time| time.strftime("%H:%M").to_string();
    let spans = |day: &[(Time, Time)]| {
        let spans: Vec<String> = day.iter().map(|(from, to)| words::span(lang, &time(from), &time(to))).collect();
        spans.join(", ")
    };
    let mut lines: Vec<(usize, usize, String)> = Vec::new();
    for (at, day) in hours.week().iter().enumerate().filter(|(_, day)| !day.is_empty()) {
        let said = spans(day);
        match lines.last_mut().filter(|(_, last, known)| *last + 1 == at && *known == said) {
            Some((_, last, _)) => *last = at,
            None => lines.push((at, at, said)),
        }
    }
    lines
        .into_iter()
        .map(|(first, last, said)| match first == last {
            true => (names[first].to_owned(), said),
            false => (words::range(lang, names[first], names[last]), said),
        })
        .collect()
}

/// What became of a message.
pub enum Written {
    /// In the queue, under this reference.
    Kept { reference: String },
    /// Some fields are refused; nothing is kept.
    Refused(Vec<FieldError>),
    /// Too many from this network.
    TooMany { minutes: u32 },
}

/// Puts a message in the queue, unless it is refused or too many came from there.
///
/// # Errors
/// The store's.
pub async fn write(state: &State, actor: Actor, from: IpAddr, lang: Lang, form: &ContactForm) -> Result<Written, Error> {
    let errors = faults(form);
    if !errors.is_empty() {
        return Ok(Written::Refused(errors));
    }
    let key = state.store.attempt_key("support", &network(from).to_string()).await?;
    let rule = AttemptRule { forgiven: FREE, step_ms: FIRST_WAIT_MS, max_ms: LONGEST_WAIT_MS, queue: false };
    match state.store.attempt_begin(&key, rule).await? {
        AttemptAnswer::After { ms: 0 } => {}
        AttemptAnswer::After { ms } | AttemptAnswer::Refused { ms } => {
            state.metrics.event("support", "slowed");
            return Ok(Written::TooMany { minutes: u32::try_from(ms.div_euclid(60_000)).unwrap_or(60).max(1) });
        }
    }
    let kind = kind(&form.kind);
    let text = SupportText {
        contact: form.to.clone(),
        name: form.name.trim().into(),
        reply_to: form.reply_to.trim().into(),
        address: form.address.trim().into(),
        text: form.text.trim().into(),
        lang: lang.code().into(),
    };
    let id = state.store.support_create(actor, NewSupport { kind: kind.code, priority: kind.priority, text }).await?;
    state.metrics.event("support", kind.code);
    if kind.priority >= PRESSING {
        tell_operator(state, reference(id), kind.code);
    }
    Ok(Written::Kept { reference: reference(id) })
}

fn faults(form: &ContactForm) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut fault = |field: &str, code: &str| {
        errors.push(FieldError { field: field.into(), code: code.into(), params: Vec::new() });
    };
    if form.name.trim().is_empty() {
        fault("name", "required");
    }
    match form.reply_to.trim() {
        "" => fault("reply_to", "required"),
        address => {
            if let Err(wrong) = wire::check::address(address) {
                fault("reply_to", wrong.code());
            }
        }
    }
    if let Err(wrong) =
        Some(form.address.trim()).filter(|text| !text.is_empty()).map_or(Ok(()), |text| wire::check::address(text).map(drop))
    {
        fault("address", wrong.code());
    }
    match form.text.trim().chars().count() {
        0 => fault("text", "required"),
        count if count > TEXT_CHARS => fault("text", "too-large"),
        _ => {}
    }
    errors
}

/// Tells the operator that something pressing waits: reference and kind, nothing of what it says.
pub(crate) fn tell_operator(state: &State, reference: String, kind: &'static str) {
    let to = state.config.support.notify.clone();
    if to.is_empty() {
        return;
    }
    let state = state.clone();
    tokio::spawn(async move {
        let text = format!("{kind}: {reference}\n\npli support read {reference}\n");
        if let Err(error) = state.mailer.send(&to, &format!("Pli support: {kind}"), text).await {
            tracing::error!(%error, "the operator could not be told of a pressing message");
        }
    });
}

/// The page, with what was typed.
pub fn page(state: &State, lang: Lang, form: ContactForm) -> Contact {
    Contact { contacts: contacts(&state.config, state.clock.now_ms(), lang), form, ..Contact::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_form_is_known_here() {
        let shown: Vec<&str> = app::pages::portail::KINDS.iter().map(|(code, _)| *code).collect();
        assert_eq!(shown, KINDS.iter().map(|kind| kind.motif).collect::<Vec<_>>());
        assert_eq!(motif("autre"), "question");
    }

    #[test]
    fn days_of_the_same_hours_are_one_line() {
        let hours: Hours = "lun-ven 08:30-12:30 14:00-18:00; sam 09:00-12:00".parse().unwrap();
        assert_eq!(
            calendar(&hours, Lang::Fr),
            vec![
                ("lundi à vendredi".into(), "08:30 à 12:30, 14:00 à 18:00".into()),
                ("samedi".into(), "09:00 à 12:00".into())
            ]
        );
    }
}
