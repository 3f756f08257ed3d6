//! Folders, messages, threads, changes: the ordinary days.

use std::time::Duration;

use store::changes::Type;
use store::emails::{DeliveryKey, EmailChange, EmailFault, InsertOptions, Inserted, SetChange};
use store::mailboxes::{MailboxChange, NewMailbox, Role};
use store::query::{Cursor, Filter, Query, Sort, SortBy, Window};
use store::testing::START_MS;
use store::{Error, for_each_engine};
use wire::id::{EmailId, SubmissionId};

use crate::{WHO, account, email, folder, with_inbox};

fn list(filter: Filter, window: Window, limit: u32) -> Query {
    let sort = Sort { by: SortBy::ReceivedAt, ascending: false };
    Query { filter, sort, collapse_threads: true, window, limit, calculate_total: true }
}

for_each_engine!(a_message_is_kept_read_and_moved, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    let mut new = email(inbox, START_MS, "a@x", "Bonjour", "un deux trois");
    new.keywords = vec!["$flagged".into(), "Projet".into()];
    let record = store.email_insert(WHO, account, new.clone()).await.unwrap();
    let row = store.emails(account, &[record.id]).await.unwrap().remove(0);
    assert_eq!(row.keywords, ["$flagged", "projet"]);
    assert_eq!(row.mailboxes, [inbox]);
    assert_eq!(store.summaries(account, &[record.id]).await.unwrap()[0].1, new.summary);
    assert_eq!(store.structures(account, &[record.id]).await.unwrap()[0].1, new.structure);
    assert_eq!(store.blob_read(account, &record.blob, None).await.unwrap(), new.raw);
    let counts = store.mailboxes(account).await.unwrap().into_iter().find(|one| one.id == inbox).unwrap();
    assert_eq!((counts.total_emails, counts.unread_emails, counts.total_threads, counts.unread_threads), (1, 1, 1, 1));

    let archive = folder(&store, account, Role::Archive).await;
    let change = EmailChange {
        id: record.id,
        keywords: SetChange { add: vec!["$seen".into()], remove: vec!["projet".into()], ..Default::default() },
        mailboxes: SetChange { set: Some(vec![archive]), ..Default::default() },
    };
    let missing = EmailChange { id: EmailId(1), ..Default::default() };
    let nowhere = EmailChange {
        id: record.id,
        mailboxes: SetChange { set: Some(vec![]), ..Default::default() },
        ..Default::default()
    };
    let since = store.states(account).await.unwrap();
    let outcomes = store
        .expecting(account, Type::Email, Some(since.email))
        .emails_update(WHO, account, vec![change, missing, nowhere])
        .await
        .unwrap();
    let faults: Vec<_> = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(faults, [Ok(()), Err(EmailFault::NotFound), Err(EmailFault::NoMailbox)]);
    let row = store.emails(account, &[record.id]).await.unwrap().remove(0);
    assert_eq!((row.keywords, row.mailboxes), (vec!["$flagged".to_owned(), "$seen".into()], vec![archive]));
    let changes = store.changes(account, Type::Email, since.email, 10).await.unwrap();
    assert_eq!((changes.created, changes.updated, changes.destroyed), (vec![], vec![record.id.0], vec![]));
    let folders = store.changes(account, Type::Mailbox, since.mailbox, 10).await.unwrap();
    assert!(folders.counters_only && folders.updated.len() == 2);
    let again = store.expecting(account, Type::Email, Some(since.email)).emails_update(WHO, account, vec![]).await;
    assert!(matches!(again, Err(Error::StateMismatch)));

    assert_eq!(store.emails_destroy(WHO, account, vec![record.id, EmailId(2)]).await.unwrap(), [record.id]);
    assert!(store.emails(account, &[record.id]).await.unwrap().is_empty());
    assert!(store.threads(account, &[record.thread]).await.unwrap().is_empty());
    let gone = store.changes(account, Type::Thread, since.thread, 10).await.unwrap();
    assert_eq!(gone.destroyed, [record.thread.0]);
});

for_each_engine!(threads_follow_references_of_one_subject, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    let first = store.email_insert(WHO, account, email(inbox, START_MS, "1@x", "Résultats", "a")).await.unwrap();
    let mut reply = email(inbox, START_MS + 1, "2@x", "Résultats", "b");
    reply.message_ids.push("1@x".into());
    let reply = store.email_insert(WHO, account, reply).await.unwrap();
    let mut other = email(inbox, START_MS + 2, "3@x", "Autre chose", "c");
    other.message_ids.push("1@x".into());
    let other = store.email_insert(WHO, account, other).await.unwrap();
    assert_eq!(first.thread, reply.thread);
    assert_ne!(first.thread, other.thread);
    assert_eq!(store.threads(account, &[first.thread]).await.unwrap(), [(first.thread, vec![first.id, reply.id])]);
    let seen = store.conversations(account, &[first.thread, other.thread], Some(inbox)).await.unwrap();
    assert_eq!((seen[0].total, seen[0].unread, seen[1].total), (2, 2, 1));
});

for_each_engine!(importing_and_delivering_twice_adds_nothing, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    let options = InsertOptions { skip_existing: true, ..InsertOptions::default() };
    let two = vec![email(inbox, START_MS, "1@x", "a", "b"), email(inbox, START_MS, "1@x", "a", "b")];
    let first = store.emails_insert(WHO, account, two.clone(), options).await.unwrap();
    assert!(matches!((&first[0], &first[1]), (Inserted::New(_), Inserted::Existing(_))));
    assert_eq!(first[0].id(), first[1].id());
    let again = store.emails_insert(WHO, account, two, options).await.unwrap();
    assert!(again.iter().all(|one| *one == Inserted::Existing(first[0].id())));
    assert_eq!(store.emails_known(account, &["1@x".into(), "2@x".into()]).await.unwrap(), [Some(first[0].id()), None]);

    let key = DeliveryKey { submission: SubmissionId(7), recipient: 0 };
    let delivered = store.email_deliver(WHO, account, key, email(inbox, START_MS, "2@x", "c", "d")).await.unwrap();
    store.emails_destroy(WHO, account, vec![delivered.id()]).await.unwrap();
    let twice = store.email_deliver(WHO, account, key, email(inbox, START_MS, "2@x", "c", "d")).await.unwrap();
    assert_eq!(twice, Inserted::Existing(delivered.id()));
});

for_each_engine!(folders_are_made_renamed_and_destroyed, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    let new = |name: &str, parent| NewMailbox { name: name.into(), parent, ..Default::default() };
    let a = store.mailbox_create(WHO, account, new("Patients", None)).await.unwrap();
    let b = store.mailbox_create(WHO, account, new("2026", Some(a))).await.unwrap();
    let taken = store.mailbox_create(WHO, account, new("Patients", None)).await.unwrap_err();
    assert!(taken.is_conflict("mailbox_name_unique"), "{taken:?}");
    let looped = MailboxChange { parent: Some(Some(b)), ..Default::default() };
    assert!(matches!(store.mailbox_update(WHO, account, a, looped).await, Err(Error::Refused("mailbox-parent"))));
    let renamed = MailboxChange { name: Some("Suivi".into()), ..Default::default() };
    store.mailbox_update(WHO, account, b, renamed).await.unwrap();
    assert!(matches!(store.mailbox_destroy(WHO, account, a, true).await, Err(Error::Refused("mailbox-has-child"))));
    assert!(matches!(store.mailbox_destroy(WHO, account, inbox, true).await, Err(Error::Refused("mailbox-inbox"))));
    let only = store.email_insert(WHO, account, email(b, START_MS, "1@x", "a", "b")).await.unwrap();
    let mut both = email(b, START_MS, "2@x", "c", "d");
    both.mailboxes.push(inbox);
    let both = store.email_insert(WHO, account, both).await.unwrap();
    assert!(matches!(store.mailbox_destroy(WHO, account, b, false).await, Err(Error::Refused("mailbox-has-email"))));
    store.mailbox_destroy(WHO, account, b, true).await.unwrap();
    let left = store.emails(account, &[only.id, both.id]).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].mailboxes, [inbox]);
});

for_each_engine!(a_list_is_paged_both_ways, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    for number in 0..23_i64 {
        // Several at the same time: the id decides.
        let new = email(inbox, START_MS + number / 3, &format!("{number}@x"), &format!("s{number}"), "x");
        store.email_insert(WHO, account, new).await.unwrap();
    }
    let top = store.email_query(account, &list(Filter::InMailbox(inbox), Window::Cursor(None), 10)).await.unwrap();
    assert_eq!((top.ids.len(), top.total, top.previous), (10, Some(23), None));
    let page = |cursor: Option<Cursor>| {
        let query = list(Filter::InMailbox(inbox), Window::Cursor(cursor), 10);
        let store = store.store.clone();
        async move { store.email_query(account, &query).await.unwrap() }
    };
    let second = page(top.next).await;
    let third = page(second.next).await;
    assert_eq!((third.ids.len(), third.next, third.position), (3, None, 20));
    let back = page(third.previous).await;
    assert_eq!(back.ids, second.ids);
    let start = page(back.previous).await;
    assert_eq!((&start.ids, start.previous), (&top.ids, None));
    let all: Vec<_> = top.ids.iter().chain(&second.ids).chain(&third.ids).copied().collect();
    for (position, id) in all.iter().enumerate() {
        let query = list(Filter::InMailbox(inbox), Window::Position(position as i64), 1);
        assert_eq!(store.email_query(account, &query).await.unwrap().ids, [*id]);
    }
    let last = list(Filter::InMailbox(inbox), Window::Position(-2), 5);
    assert_eq!(store.email_query(account, &last).await.unwrap().ids, all[21..]);
    let anchored = list(Filter::InMailbox(inbox), Window::Anchor { email: all[5], offset: -2 }, 3);
    assert_eq!(store.email_query(account, &anchored).await.unwrap().ids, all[3..6]);
    // The row of the cursor leaves: the list goes on all the same.
    store.emails_destroy(WHO, account, vec![all[9]]).await.unwrap();
    assert_eq!(page(top.next).await.ids, second.ids);
});

for_each_engine!(completion_and_directory, |store| async move {
    let (account_id, inbox) = with_inbox(&store).await;
    account(&store, "zoe.petit@infirmier.mssante.example").await;
    store.email_insert(WHO, account_id, email(inbox, START_MS, "1@x", "a", "b")).await.unwrap();
    let found = store.correspondents(account_id, "dur", 5).await.unwrap();
    assert_eq!(found[0].email, "anne.durand@hopital.mssante.example");
    assert!(store.correspondents(account_id, "zzz", 5).await.unwrap().is_empty());
    let cards = store.cards_by_address(&["ZOE.petit@infirmier.mssante.example".into(), "x@y.z".into()]).await.unwrap();
    assert_eq!(cards[0].as_ref().unwrap().address, "zoe.petit@infirmier.mssante.example");
    assert!(cards[1].is_none());
    assert_eq!(store.directory_search("medecin", 10).await.unwrap().len(), 2);
    assert_eq!(store.identities(account_id).await.unwrap()[0].email, "claire.martin@medecin.mssante.example");
    let person = wire::id::PersonId(1);
    let search = store.search_save(account_id, person, "douleur genou", "text").await.unwrap();
    assert_eq!(store.search_save(account_id, person, "douleur genou", "text").await.unwrap(), search);
    assert_eq!(store.search(account_id, search).await.unwrap().words, "douleur genou");
});

for_each_engine!(other_processes_are_heard, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    let other = store.again().await;
    let mut heard = other.changed();
    tokio::time::sleep(Duration::from_millis(600)).await;
    while heard.try_recv().is_ok() {}
    store.email_insert(WHO, account, email(inbox, START_MS, "1@x", "a", "b")).await.unwrap();
    tokio::time::timeout(Duration::from_secs(2), heard.recv()).await.expect("a hint").unwrap();
});

for_each_engine!(nothing_readable_is_at_rest, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    let mut new = email(inbox, START_MS, "canarymessageid@x", "canarysubject", "canarybody zebrastripes");
    new.keywords = vec!["canarykeyword".into()];
    new.raw = bytes::Bytes::from(format!("canaryraw {}", "canarylarge ".repeat(20_000)));
    store.email_insert(WHO, account, new).await.unwrap();
    store.mailbox_create(WHO, account, NewMailbox { name: "canaryfolder".into(), ..Default::default() }).await.unwrap();
    store.search_save(account, wire::id::PersonId(1), "canarysearch", "text").await.unwrap();
    if store.engine == store::testing::Engine::Sqlite {
        let mut folders = vec![store.dir.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let content = std::fs::read(&path).unwrap();
                for word in ["canary", "zebrastripes", "durand", "martin", "Martin"] {
                    let found = content.windows(word.len()).any(|window| window == word.as_bytes());
                    assert!(!found, "{word} in {}", path.display());
                }
            }
        }
    }
});
