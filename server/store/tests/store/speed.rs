//! Figures, printed: `cargo test --release -p store --test store speed -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use store::emails::{EmailChange, InsertOptions, SetChange, field};
use store::mailboxes::Role;
use store::query::{Filter, Query, Sort, SortBy, Window};
use store::testing::{Engine, START_MS, TestStore};

use crate::{WHO, email, folder, with_inbox};

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

async fn measure(engine: Engine, count: i64) {
    let store = TestStore::new(engine).await;
    let (account, inbox) = with_inbox(&store).await;
    let archive = folder(&store, account, Role::Archive).await;
    let (mut words, mut octets, mut longest) = (Words(1), 0, Duration::ZERO);
    let began = Instant::now();
    let mut writing = Duration::ZERO;
    for start in (0..count).step_by(BATCH as usize) {
        let mut batch = Vec::new();
        for number in start..start + BATCH {
            let body: Vec<String> = (0..250).map(|_| words.word()).collect();
            let mut new =
                email(inbox, START_MS + number * 60_000, &format!("{number}@x"), &body[..5].join(" "), &body.join(" "));
            if number % 3 > 0 {
                new.message_ids.push(format!("{}@x", number - 1));
                new.base_subject = "s".into();
            }
            let mut raw = new.raw.to_vec();
            raw.resize(10_000 + (number as usize * 7919) % 80_000, b'x');
            octets += raw.len();
            new.raw = raw.into();
            batch.push(new);
        }
        let one = Instant::now();
        store.emails_insert(WHO, account, batch, InsertOptions { skip_existing: true }).await.unwrap();
        writing += one.elapsed();
        longest = longest.max(one.elapsed());
    }
    println!("{engine:?}: {count} messages, {} MB in {:?}", octets / 1_000_000, began.elapsed());
    println!("  store: {:.0} messages/s, longest batch of {BATCH}: {longest:?}", count as f64 / writing.as_secs_f64());
    let list = Query {
        filter: Filter::InMailbox(inbox),
        sort: Sort { by: SortBy::ReceivedAt, ascending: false },
        collapse_threads: true,
        window: Window::Cursor(None),
        limit: 50,
        calculate_total: true,
    };
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
    let page = store.email_query(account, &list).await.unwrap();
    let mut times = Vec::new();
    for id in page.ids {
        let change = EmailChange {
            id,
            mailboxes: SetChange { set: Some(vec![archive]), ..Default::default() },
            ..Default::default()
        };
        let one = Instant::now();
        store.emails_update(WHO, account, vec![change], None).await.unwrap();
        times.push(one.elapsed());
    }
    println!("  archive one: p95 {:?}", p95(times));
    if engine == Engine::Sqlite {
        let file = store.database.strip_prefix("sqlite:").unwrap();
        let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect(file).await.unwrap();
        let sql = "SELECT name, CAST(SUM(pgsize) AS BIGINT) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 12";
        let sizes: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&mut raw).await.unwrap();
        let index: i64 =
            sizes.iter().filter(|(name, _)| name.contains("posting") || name.contains("term")).map(|(_, size)| size).sum();
        println!("  index {} MB, {:.1} % of the mail; {sizes:?}", index / 1_000_000, index as f64 * 100.0 / octets as f64);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "figures, not a check"]
async fn speed() {
    let count = std::env::var("PLI_SPEED").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000);
    measure(Engine::Sqlite, count).await;
    measure(Engine::Postgres, count).await;
}
