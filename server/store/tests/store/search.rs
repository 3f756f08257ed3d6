//! Searching finds what a naive scan finds.

use std::collections::BTreeSet;

use store::emails::{EmailChange, SetChange, field};
use store::for_each_engine;
use store::mailboxes::Role;
use store::query::{Filter, Query, Sort, SortBy, Window};
use store::testing::START_MS;
use wire::id::EmailId;

use crate::{WHO, email, folder, with_inbox};

const WORDS: [&str; 12] =
    ["genou", "genoux", "general", "radio", "radiologie", "rdv", "le", "la", "prothese", "protheses", "bilan", "sanguin"];

struct Known {
    id: EmailId,
    subject: Vec<&'static str>,
    body: Vec<&'static str>,
    archived: bool,
    seen: bool,
}

fn holds(words: &[&str], typed: &str) -> bool {
    words.iter().any(|word| if typed.len() < 3 { *word == typed } else { word.starts_with(typed) })
}

for_each_engine!(search_equals_a_naive_scan, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    let archive = folder(&store, account, Role::Archive).await;
    let mut known = Vec::new();
    let mut seed = 7_usize;
    let mut next = |most: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) % most
    };
    for number in 0..80_i64 {
        let subject: Vec<&str> = (0..2).map(|_| WORDS[next(12)]).collect();
        let body: Vec<&str> = (0..4).map(|_| WORDS[next(12)]).collect();
        let (archived, seen) = (next(3) == 0, next(2) == 0);
        let place = if archived { archive } else { inbox };
        let mut new = email(place, START_MS + number, &format!("{number}@x"), &subject.join(" "), &body.join(" "));
        new.keywords.extend(seen.then(|| "$seen".to_owned()));
        let id = store.email_insert(WHO, account, new).await.unwrap().id;
        known.push(Known { id, subject, body, archived, seen });
    }
    // One goes, one moves: the index follows.
    let gone = known.remove(3);
    store.emails_destroy(WHO, account, vec![gone.id]).await.unwrap();
    let change = EmailChange {
        id: known[0].id,
        mailboxes: SetChange { set: Some(vec![archive]), ..Default::default() },
        ..Default::default()
    };
    store.emails_update(WHO, account, vec![change]).await.unwrap();
    known[0].archived = true;

    for typed in
        [vec!["gen"], vec!["genou"], vec!["radiol"], vec!["le"], vec!["prothese", "bil"], vec!["rdv", "la"], vec!["zzz"]]
    {
        for fields in [field::ALL, field::SUBJECT, field::BODY] {
            for (in_inbox, unread) in [(false, false), (true, false), (true, true), (false, true)] {
                let expected: Vec<EmailId> = known
                    .iter()
                    .rev()
                    .filter(|one| !in_inbox || !one.archived)
                    .filter(|one| !unread || !one.seen)
                    .filter(|one| {
                        typed.iter().all(|typed| {
                            fields & field::SUBJECT != 0 && holds(&one.subject, typed)
                                || fields & field::BODY != 0 && holds(&one.body, typed)
                        })
                    })
                    .map(|one| one.id)
                    .collect();
                let words = typed.iter().map(|word| (*word).to_owned()).collect();
                let mut filters = vec![Filter::Words { words, fields }];
                filters.extend(in_inbox.then_some(Filter::InMailbox(inbox)));
                filters.extend(unread.then(|| Filter::NotKeyword("$seen".into())));
                let query = Query {
                    filter: Filter::And(filters),
                    sort: Sort { by: SortBy::ReceivedAt, ascending: false },
                    collapse_threads: false,
                    window: Window::Cursor(None),
                    limit: 100,
                    calculate_total: true,
                };
                let found = store.email_query(account, &query).await.unwrap();
                assert_eq!(found.ids, expected, "{typed:?} {fields} {in_inbox} {unread}");
                assert_eq!(found.total, Some(expected.len() as u64));
            }
        }
    }
});

for_each_engine!(words_that_most_messages_hold, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    let archive = folder(&store, account, Role::Archive).await;
    let mut ids = Vec::new();
    // So many that the plan for dense words is taken.
    for number in 0..300_i64 {
        let place = if number % 5 == 0 { archive } else { inbox };
        let text = if number % 10 == 9 { "bonjour" } else { "bonjour patient" };
        let mut new = email(place, START_MS + number, &format!("{number}@x"), "compte rendu", text);
        // Threads of two.
        new.message_ids.extend((number % 2 == 1).then(|| format!("{}@x", number - 1)));
        ids.push(store.email_insert(WHO, account, new).await.unwrap().id);
    }
    let expected = |keep: &dyn Fn(usize) -> bool| -> Vec<EmailId> {
        (0..300).rev().filter(|number| number % 10 != 9 && keep(*number)).map(|number| ids[number]).collect()
    };
    let words = || Filter::Words { words: vec!["patient".into(), "rendu".into()], fields: field::ALL };
    let cases = [
        (vec![words()], false, expected(&|_| true)),
        (vec![words(), Filter::InMailbox(inbox)], false, expected(&|number| number % 5 != 0)),
        (vec![words(), Filter::After(START_MS + 20)], false, expected(&|number| number >= 20)),
        // The newest of each thread that holds the words.
        (vec![words()], true, expected(&|number| number % 2 == 1 || number % 10 == 8)),
        (
            vec![words(), Filter::InMailbox(inbox)],
            true,
            expected(&|number| number % 5 != 0 && (number % 2 == 1 || number % 10 == 8 || (number + 1) % 5 == 0)),
        ),
    ];
    for (at, (filters, collapse_threads, expected)) in cases.into_iter().enumerate() {
        let mut query = Query {
            filter: Filter::And(filters),
            sort: Sort { by: SortBy::ReceivedAt, ascending: false },
            collapse_threads,
            window: Window::Cursor(None),
            limit: 50,
            calculate_total: true,
        };
        let mut found = Vec::new();
        loop {
            let page = store.email_query(account, &query).await.unwrap();
            assert_eq!(page.total, Some(expected.len() as u64), "case {at}");
            found.extend(page.ids);
            let Some(next) = page.next else { break };
            query.window = Window::Cursor(Some(next));
        }
        assert_eq!(found, expected, "case {at}");
    }
});

for_each_engine!(filters_and_sorts_agree_with_a_scan, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    let archive = folder(&store, account, Role::Archive).await;
    for number in 0..30_i64 {
        let mut new =
            email(inbox, START_MS + number * 7 % 11, &format!("{number}@x"), "s", &"x".repeat(number as usize * 3 % 17));
        new.message_ids.extend((number > 3 && number % 3 == 0).then(|| format!("{}@x", number - 3)));
        new.keywords.extend((number % 4 == 0).then(|| "$flagged".to_owned()));
        new.keywords.extend((number % 5 == 0).then(|| "projet".to_owned()));
        new.has_attachment = number % 6 == 0;
        new.mailboxes = if number % 7 == 0 { vec![inbox, archive] } else { vec![inbox] };
        store.email_insert(WHO, account, new).await.unwrap();
    }
    let every = Query {
        filter: Filter::All,
        sort: Sort { by: SortBy::ReceivedAt, ascending: true },
        collapse_threads: false,
        window: Window::Position(0),
        limit: 100,
        calculate_total: false,
    };
    let ids = store.email_query(account, &every).await.unwrap().ids;
    let rows = store.emails(account, &ids).await.unwrap();
    assert_eq!(rows.len(), 30);
    let has = |row: &store::emails::EmailRow, name: &str| row.keywords.iter().any(|keyword| keyword == name);
    type Check<'a> = Box<dyn Fn(&store::emails::EmailRow) -> bool + 'a>;
    let cases: Vec<(Filter, Check<'_>)> = vec![
        (Filter::HasKeyword("Projet".into()), Box::new(|row| has(row, "projet"))),
        (
            Filter::Not(vec![Filter::HasKeyword("$flagged".into()), Filter::HasAttachment(true)]),
            Box::new(|row| !has(row, "$flagged") && !row.has_attachment),
        ),
        (Filter::InMailboxOtherThan(vec![inbox]), Box::new(|row| row.mailboxes.iter().any(|id| *id != inbox))),
        (
            Filter::Or(vec![Filter::InMailbox(archive), Filter::Before(START_MS + 3)]),
            Box::new(|row| row.mailboxes.contains(&archive) || row.received_at < START_MS + 3),
        ),
        (
            Filter::And(vec![Filter::InMailbox(inbox), Filter::MinSize(60), Filter::After(START_MS + 2)]),
            Box::new(|row| row.size >= 60 && row.received_at >= START_MS + 2),
        ),
        (
            Filter::SomeInThreadHaveKeyword("$flagged".into()),
            Box::new(|row| rows.iter().any(|other| other.thread == row.thread && has(other, "$flagged"))),
        ),
        (
            Filter::AllInThreadHaveKeyword("projet".into()),
            Box::new(|row| rows.iter().all(|other| other.thread != row.thread || has(other, "projet"))),
        ),
        (
            Filter::NoneInThreadHaveKeyword("$flagged".into()),
            Box::new(|row| !rows.iter().any(|other| other.thread == row.thread && has(other, "$flagged"))),
        ),
    ];
    for (filter, check) in &cases {
        for by in [SortBy::ReceivedAt, SortBy::Size, SortBy::SentAt] {
            for (ascending, collapse_threads) in [(true, false), (false, false), (false, true), (true, true)] {
                let key = |row: &store::emails::EmailRow| {
                    (if by == SortBy::Size { row.size as i64 } else { row.received_at }, row.id)
                };
                let mut expected: Vec<_> = rows.iter().filter(|row| check(row)).collect();
                expected.sort_by_key(|row| key(row));
                if !ascending {
                    expected.reverse();
                }
                let mut seen = BTreeSet::new();
                expected.retain(|row| !collapse_threads || seen.insert(row.thread));
                let query = Query {
                    filter: filter.clone(),
                    sort: Sort { by, ascending },
                    collapse_threads,
                    calculate_total: true,
                    ..every.clone()
                };
                let found = store.email_query(account, &query).await.unwrap();
                let expected: Vec<EmailId> = expected.iter().map(|row| row.id).collect();
                assert_eq!(found.ids, expected, "{filter:?} {by:?} {ascending} {collapse_threads}");
                assert_eq!(found.total, Some(expected.len() as u64));
            }
        }
    }
});
