//! The pages that are texts, completed with what the configuration and the moment say.

use app::{
    format::date,
    i18n::{self, Lang},
    pages::portail::{Article, Insert, Remark, StateRow, Table},
};

use super::{cgu, maintenance};
use crate::{
    clock,
    config::Config,
    http::cookies::{COOKIES, Cookie},
    relay::status as trust,
    state::State,
};

/// Late: a message that should have been delivered so long ago.
const LATE_MINUTES: u64 = 5;

fn article(title: &str, lead: &str, text: impl Into<String>) -> Article {
    Article {
        title: title.into(),
        lead: lead.into(),
        text: text.into(),
        contents: true,
        indexed: true,
        ..Article::default()
    }
}

/// What the operator wrote, or that it did not.
fn said<'a>(lang: Lang, text: &'a str) -> &'a str {
    if text.trim().is_empty() { i18n::site::unknown(lang) } else { text }
}

/// `/aide`.
pub fn help(lang: Lang) -> Article {
    use i18n::site;
    let text = site::help_text(lang);
    Article { inserts: vec![Insert::Keys], ..article(site::help_title(lang), site::help_lead(lang), text) }
}

/// `/configurations`.
pub fn requirements(lang: Lang) -> Article {
    use i18n::site;
    article(site::requirements_title(lang), site::requirements_lead(lang), site::requirements_text(lang))
}

/// `/securite`.
pub fn security(config: &Config, lang: Lang) -> Article {
    use i18n::site;
    article(site::security_title(lang), site::security_lead(lang), site::security_text(lang, config.origin()))
}

/// `/mentions-legales`.
pub fn legal(config: &Config, lang: Lang) -> Article {
    use i18n::site;
    let legal = &config.legal;
    let text = site::legal_text(
        lang,
        said(lang, &legal.address),
        said(lang, &legal.director),
        said(lang, legal.editor.get(lang)),
        said(lang, legal.host.get(lang)),
        &legal.registration,
    );
    let rows: Vec<Vec<String>> = legal
        .processors
        .iter()
        .map(|one| vec![one.name.clone(), one.purpose.get(lang).into(), one.place.get(lang).into()])
        .collect();
    let text = if rows.is_empty() { text.replace("@processors", site::no_processors(lang)) } else { text };
    let processors = Table {
        name: "processors",
        caption: site::processor(lang).into(),
        head: [site::processor(lang), site::processor_purpose(lang), site::processor_place(lang)].map(String::from).into(),
        rows,
    };
    Article { inserts: vec![Insert::Table(processors)], ..article(site::legal_title(lang), site::legal_lead(lang), text) }
}

/// `/confidentialite`.
pub fn privacy(config: &Config, lang: Lang) -> Article {
    use i18n::site;
    let text = site::privacy_text(lang, said(lang, &config.legal.dpo), said(lang, config.legal.editor.get(lang)));
    let mut rows: Vec<Vec<String>> =
        site::retention(lang).chunks_exact(2).map(|pair| vec![pair[0].to_owned(), pair[1].to_owned()]).collect();
    let days = site::retention_days(lang, u64::from(config.support.keep_days));
    rows.push(vec![site::retention_support(lang).into(), days]);
    let retention = Table {
        name: "retention",
        caption: site::retention_time(lang).into(),
        head: [site::retention_data(lang), site::retention_time(lang)].map(String::from).into(),
        rows,
    };
    Article {
        inserts: vec![Insert::Table(retention)],
        foot: Some(i18n::foot::updated(lang, &date::day(lang, cgu::NOTICE))),
        ..article(site::privacy_title(lang), site::privacy_lead(lang), text)
    }
}

/// The note for patients that professionals complete.
pub fn patients_note(config: &Config, lang: Lang) -> String {
    let (editor, host) = (config.legal.editor.get(lang), config.legal.host.get(lang));
    i18n::site::template_text(lang, said(lang, editor), said(lang, host))
}

/// `/patients`.
pub fn patients(config: &Config, lang: Lang) -> Article {
    use i18n::site;
    Article {
        inserts: vec![Insert::Sheet { name: "template", text: patients_note(config, lang) }],
        links: vec![("/patients/modele.rtf".into(), site::template_download(lang).into())],
        ..article(site::patients_title(lang), site::patients_lead(lang), site::patients_text(lang))
    }
}

/// `/accessibilite`.
pub fn accessibility(lang: Lang) -> Article {
    use i18n::site;
    article(site::accessibility_title(lang), site::accessibility_lead(lang), site::accessibility_text(lang))
}

/// `/cookies`: the table that the server sets its cookies from.
pub fn cookies(config: &Config, lang: Lang) -> Article {
    use i18n::cookies as words;
    let row = |cookie: &Cookie| {
        let life = lifetime(lang, (cookie.seconds)(config));
        vec![cookie.name.to_owned(), words::own(lang).into(), (cookie.purpose)(lang).into(), life]
    };
    let table = Table {
        name: "cookies",
        caption: words::title(lang).into(),
        head: [words::name(lang), words::party(lang), words::purpose(lang), words::lifetime(lang)].map(String::from).into(),
        rows: COOKIES.iter().map(row).collect(),
    };
    let page = article(words::title(lang), words::lead(lang), words::text(lang));
    Article { inserts: vec![Insert::Table(table)], contents: false, ..page }
}

fn lifetime(lang: Lang, seconds: u64) -> String {
    use i18n::cookies as words;
    match seconds {
        0..=7_199 => words::minutes(lang, seconds / 60),
        7_200..=172_800 => words::hours(lang, seconds / 3600),
        _ => words::days(lang, seconds / 86_400),
    }
}

/// `/etat`: measured now.
pub async fn status(state: &State, lang: Lang) -> Article {
    use i18n::status as words;
    let rows = vec![
        row(words::web(lang), "ok", words::web_ok(lang).into()),
        database(state, lang).await,
        outbox(state, lang).await,
        match state.mailer.is_configured() {
            true => row(words::notices(lang), "ok", words::notices_ok(lang).into()),
            false => row(words::notices(lang), "danger", words::notices_down(lang).into()),
        },
        lists(state, lang),
    ];
    let well = rows.iter().all(|row| row.tone == "ok");
    let now = clock::local_minutes(state.clock.now_ms(), cgu::ZONE);
    let planned = maintenance::banner(&state.config.maintenance, state.clock.now_ms(), lang);
    let planned = planned.unwrap_or_else(|| words::planned_none(lang).into());
    let text = ["@states\n\n# ", words::planned(lang), "\n\n", &planned, "\n\n", words::history(lang)].concat();
    let (tone, said) = if well { ("ok", words::all_well(lang)) } else { ("warning", words::some_trouble(lang)) };
    Article {
        inserts: vec![Insert::States { name: "states", rows }],
        remark: Some(Remark { tone, text: said.into() }),
        contents: false,
        indexed: false,
        ..article(words::title(lang), &words::lead(lang, &date::full(lang, &now)), text)
    }
}

fn row(name: &str, tone: &'static str, said: String) -> StateRow {
    StateRow { name: name.into(), tone, said }
}

/// The white list: whom mail is exchanged with.
fn lists(state: &State, lang: Lang) -> StateRow {
    use i18n::status as words;
    let name = words::lists(lang);
    let Some(relay) = &state.relay else { return row(name, "ok", words::lists_off(lang).into()) };
    let status = trust::read(relay, &state.config, state.clock.now_ms());
    match (status.domains, status.age_ms) {
        (Some(_), Some(age)) if status.late => {
            row(name, "warning", words::lists_late(lang, u64::try_from(age / 3_600_000).unwrap_or(0)))
        }
        (Some(domains), _) => row(name, "ok", words::lists_ok(lang, domains as u64)),
        (None, _) => row(name, "danger", words::lists_none(lang).into()),
    }
}

async fn database(state: &State, lang: Lang) -> StateRow {
    use i18n::status as words;
    let started = std::time::Instant::now();
    let name = words::database(lang);
    match state.store.ping().await {
        Ok(()) => {
            row(name, "ok", words::database_ok(lang, u64::try_from(started.elapsed().as_millis()).unwrap_or(0).max(1)))
        }
        Err(_) => row(name, "danger", words::database_down(lang).into()),
    }
}

async fn outbox(state: &State, lang: Lang) -> StateRow {
    use i18n::status as words;
    let name = words::outbox(lang);
    let Ok(due) = state.store.outbox_next_due().await else { return row(name, "warning", words::unknown(lang).into()) };
    let waiting = due.map(|due| (state.clock.now_ms() - due) / 60_000).and_then(|minutes| u64::try_from(minutes).ok());
    match waiting {
        None | Some(0) => row(name, "ok", words::outbox_empty(lang).into()),
        Some(minutes) if minutes < LATE_MINUTES => row(name, "ok", words::outbox_ok(lang, minutes)),
        Some(minutes) => row(name, "warning", words::outbox_late(lang, minutes)),
    }
}
