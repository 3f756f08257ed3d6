//! Figures of the store alone, on both databases, printed by `make bench` (`cargo bench -p store`). `PLI_SPEED`: how many
//! messages, 20,000 by default.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use bytes::Bytes;
use store::Actor;
use store::accounts::{NewAccount, Profile};
use store::emails::{Addr, EmailChange, InsertOptions, NewEmail, SetChange, Summary, field};
use store::mailboxes::Role;
use store::query::{Filter, Query, Sort, SortBy, Window};
use store::testing::{Engine, START_MS, TestStore};
use wire::id::{AccountId, MailboxId};

const WHO: Actor = Actor::COMMAND;
const BATCH: i64 = 32;

/// Words as rare and as common as in a language: the number of a word falls off as its rank rises.
struct Words(u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.0 >> 33
    }

    fn word(&mut self) -> String {
        let share = (self.next() % 1_000_000) as f64 / 1_000_000.0;
        let rank = (60_000_f64.powf(share)) as u64;
        // Letters of ordinary frequencies, so that beginnings are as shared as in French.
        const LETTERS: &[u8] = b"eeeeeeaaaaasssiiiittttnnnnrrrruuulllooodddcccpppmmmvqfbghjxyzk";
        let mut rest = (rank + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut text = String::new();
        for _ in 0..4 + rank % 7 {
            text.push(char::from(LETTERS[(rest % LETTERS.len() as u64) as usize]));
            rest = (rest / 61) ^ (rest << 7);
        }
        text
    }
}

fn p95(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() * 95 / 100]
}

/// A message of 10 to 90 kB, an answer to the one before it twice out of three times.
fn message(words: &mut Words, inbox: MailboxId, number: i64) -> NewEmail {
    let body: Vec<String> = (0..250).map(|_| words.word()).collect();
    let subject = body[..5].join(" ");
    let in_subject = body[..5].iter().map(|word| (word.clone(), field::SUBJECT));
    let terms = in_subject.chain(body.iter().map(|word| (word.clone(), field::BODY))).collect();
    let body = body.join(" ");
    let at = START_MS + number * 60_000;
    let mut raw = format!("Message-ID: <{number}@x>\r\nSubject: {subject}\r\n\r\n{body}\r\n").into_bytes();
    raw.resize(10_000 + (number as usize * 7919) % 80_000, b'x');
    let (name, address) = ("Anne Durand".to_owned(), "anne.durand@hopital.mssante.example".to_owned());
    let answer = number % 3 > 0;
    NewEmail {
        raw: Bytes::from(raw),
        received_at: at,
        sent_at: Some(at),
        mailboxes: vec![inbox],
        keywords: Vec::new(),
        summary: Summary {
            from: vec![Addr { name: Some(name.clone()), email: address.clone() }],
            subject: Some(subject.clone()),
            preview: body.chars().take(100).collect(),
            ..Summary::default()
        },
        structure: body.into_bytes(),
        message_ids: std::iter::once(number).chain(answer.then(|| number - 1)).map(|id| format!("{id}@x")).collect(),
        base_subject: if answer { "s".into() } else { subject },
        terms,
        has_attachment: false,
        correspondents: vec![(name, address)],
        dedup_key: Some(format!("{number}@x")),
        conversation: None,
    }
}

/// A BAL of `count` messages: the account, its inbox, and their octets.
async fn fill(store: &TestStore, words: &mut Words, count: i64) -> (AccountId, MailboxId, usize) {
    let new = NewAccount {
        address: "claire.martin@medecin.mssante.example".into(),
        name: "Dr Claire Martin".into(),
        holder: None,
        profile: Profile::default(),
        inbox_only: false,
    };
    let account = store.account_create(WHO, new).await.unwrap();
    let inbox = store.mailbox_by_role(account, Role::Inbox).await.unwrap().unwrap();
    let (mut octets, mut longest, mut writing) = (0, Duration::ZERO, Duration::ZERO);
    for start in (0..count).step_by(BATCH as usize) {
        let batch: Vec<_> = (start..start + BATCH).map(|number| message(words, inbox, number)).collect();
        octets += batch.iter().map(|email| email.raw.len()).sum::<usize>();
        let one = Instant::now();
        store
            .emails_insert(WHO, account, batch, InsertOptions { skip_existing: true, ..InsertOptions::default() })
            .await
            .unwrap();
        writing += one.elapsed();
        longest = longest.max(one.elapsed());
    }
    println!("{:?}: {count} messages, {} MB in {writing:?}", store.engine, octets / 1_000_000);
    println!("  store: {:.0} messages/s, longest batch of {BATCH}: {longest:?}", count as f64 / writing.as_secs_f64());
    (account, inbox, octets)
}

async fn reading(store: &TestStore, words: &mut Words, account: AccountId, list: &Query) {
    let Filter::InMailbox(inbox) = list.filter else { return };
    let (mut times, mut cursor) = (Vec::new(), None);
    for _ in 0..200 {
        let one = Instant::now();
        let page = store.email_query(account, &Query { window: Window::Cursor(cursor), ..list.clone() }).await.unwrap();
        let rows = store.emails(account, &page.ids).await.unwrap();
        let threads: Vec<_> = rows.iter().map(|row| row.thread).collect();
        let conversations = store.conversations(account, &threads, Some(inbox)).await.unwrap();
        let members: Vec<_> = conversations.iter().flat_map(|one| one.emails.iter().map(|(id, _)| *id)).collect();
        store.summaries(account, &members).await.unwrap();
        times.push(one.elapsed());
        cursor = page.next;
    }
    println!("  list of 50 with conversations: p95 {:?}", p95(times));
    let (mut times, mut totals) = (Vec::new(), 0);
    for number in 0..200 {
        let pair: Vec<String> = (0..2).map(|_| words.word()).collect();
        let words: Vec<String> = pair.iter().map(|word| word.chars().take(3 + number % 4).collect()).collect();
        let query = Query { filter: Filter::Words { words, fields: field::ALL }, collapse_threads: false, ..list.clone() };
        let one = Instant::now();
        totals += store.email_query(account, &query).await.unwrap().total.unwrap();
        times.push(one.elapsed());
    }
    println!("  two words: p95 {:?}, {} hits on average", p95(times), totals / 200);
}

async fn archiving(store: &TestStore, account: AccountId, list: &Query) {
    let archive = store.mailbox_by_role(account, Role::Archive).await.unwrap().unwrap();
    let page = store.email_query(account, list).await.unwrap();
    let mut times = Vec::new();
    for id in page.ids {
        let change = EmailChange {
            id,
            mailboxes: SetChange { set: Some(vec![archive]), ..Default::default() },
            ..Default::default()
        };
        let one = Instant::now();
        store.emails_update(WHO, account, vec![change]).await.unwrap();
        times.push(one.elapsed());
    }
    println!("  archive one: p95 {:?}", p95(times));
}

/// The share of the index in the file (SQLite).
async fn index_size(store: &TestStore, octets: usize) {
    let Some(file) = store.database.strip_prefix("sqlite:") else { return };
    let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect(file).await.unwrap();
    let sql = "SELECT name, CAST(SUM(pgsize) AS BIGINT) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 12";
    let sizes: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&mut raw).await.unwrap();
    let index: i64 =
        sizes.iter().filter(|(name, _)| name.contains("posting") || name.contains("term")).map(|(_, size)| size).sum();
    println!("  index {} MB, {:.1} % of the mail; {sizes:?}", index / 1_000_000, index as f64 * 100.0 / octets as f64);
}

async fn measure(engine: Engine, count: i64) {
    let store = TestStore::new(engine).await;
    let mut words = Words(1);
    let (account, inbox, octets) = fill(&store, &mut words, count).await;
    let list = Query {
        filter: Filter::InMailbox(inbox),
        sort: Sort { by: SortBy::ReceivedAt, ascending: false },
        collapse_threads: true,
        window: Window::Cursor(None),
        limit: 50,
        calculate_total: true,
    };
    reading(&store, &mut words, account, &list).await;
    archiving(&store, account, &list).await;
    index_size(&store, octets).await;
}

fn main() {
    // A test runner that lists what there is starts this too.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let count = std::env::var("PLI_SPEED").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        for engine in Engine::BOTH {
            measure(engine, count).await;
        }
    });
}
