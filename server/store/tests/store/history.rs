//! Random histories: replaying `/changes` gives what is there, and counters equal a recount.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::changes::Type;
use store::emails::{EmailChange, EmailRow, SetChange};
use store::mailboxes::Role;
use store::testing::{Engine, START_MS, TestStore};
use wire::id::{AccountId, EmailId, MailboxId, ThreadId};

use crate::{WHO, email, folder, with_inbox};

#[derive(Debug, Clone)]
enum Step {
    Insert {
        answers: Option<usize>,
        folders: u8,
        seen: bool,
        minute: i64,
    },
    Mark {
        which: usize,
        keyword: u8,
        on: bool,
    },
    Move {
        which: usize,
        folders: u8,
    },
    Destroy {
        which: usize,
    },
    /// The client asks for changes, a few at a time.
    Sync {
        max: u32,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (proptest::option::of(0_usize..20), 1_u8..8, any::<bool>(), 0_i64..50)
            .prop_map(|(answers, folders, seen, minute)| Step::Insert { answers, folders, seen, minute }),
        3 => (0_usize..20, 0_u8..4, any::<bool>()).prop_map(|(which, keyword, on)| Step::Mark { which, keyword, on }),
        3 => (0_usize..20, 1_u8..8).prop_map(|(which, folders)| Step::Move { which, folders }),
        1 => (0_usize..20).prop_map(|which| Step::Destroy { which }),
        2 => (1_u32..5).prop_map(|max| Step::Sync { max }),
    ]
}

/// What a client believes, from `/changes` alone.
#[derive(Default)]
struct Client {
    state: BTreeMap<u8, i64>,
    emails: BTreeMap<i64, i64>,
    threads: BTreeSet<i64>,
}

struct World<'a> {
    store: &'a TestStore,
    account: AccountId,
    folders: [MailboxId; 3],
    emails: Vec<EmailId>,
    made: usize,
    client: Client,
}

impl World<'_> {
    fn chosen(&self, bits: u8) -> Vec<MailboxId> {
        self.folders.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, id)| *id).collect()
    }

    async fn act(&mut self, step: &Step) {
        match step {
            Step::Insert { answers, folders, seen, minute } => {
                self.made += 1;
                let mut new = email(self.folders[0], START_MS + minute * 60_000, &format!("{}@x", self.made), "s", "x y");
                new.mailboxes = self.chosen(*folders);
                new.message_ids.extend(answers.map(|number| format!("{number}@x")));
                new.keywords.extend(seen.then(|| "$seen".to_owned()));
                self.emails.push(self.store.email_insert(WHO, self.account, new).await.unwrap().id);
            }
            Step::Mark { which, keyword, on } => {
                let name = ["$seen", "$flagged", "$draft", "projet"][*keyword as usize].to_owned();
                let keywords = match on {
                    true => SetChange { add: vec![name], ..Default::default() },
                    false => SetChange { remove: vec![name], ..Default::default() },
                };
                self.change(*which, EmailChange { keywords, ..Default::default() }).await;
            }
            Step::Move { which, folders } => {
                let mailboxes = SetChange { set: Some(self.chosen(*folders)), ..Default::default() };
                self.change(*which, EmailChange { mailboxes, ..Default::default() }).await;
            }
            Step::Destroy { which } => {
                if !self.emails.is_empty() {
                    let id = self.emails.remove(which % self.emails.len());
                    assert_eq!(self.store.emails_destroy(WHO, self.account, vec![id]).await.unwrap(), [id]);
                }
            }
            Step::Sync { max } => self.sync(*max).await,
        }
    }

    async fn change(&mut self, which: usize, change: EmailChange) {
        if let Some(id) = (!self.emails.is_empty()).then(|| self.emails[which % self.emails.len()]) {
            let outcomes = self.store.emails_update(WHO, self.account, vec![EmailChange { id, ..change }]).await.unwrap();
            assert_eq!(outcomes, [(id, Ok(()))]);
        }
    }

    async fn sync(&mut self, max: u32) {
        for (kind, code) in [(Type::Email, 0), (Type::Thread, 1)] {
            let mut turns = 0;
            loop {
                let since = self.client.state.get(&code).copied().unwrap_or(1);
                let changes = self.store.changes(self.account, kind, since, max).await.unwrap();
                assert!(changes.created.len() + changes.updated.len() + changes.destroyed.len() <= max as usize);
                let ids: Vec<EmailId> = changes.created.iter().chain(&changes.updated).map(|id| EmailId(*id)).collect();
                if code == 0 {
                    for id in &changes.created {
                        assert!(!self.client.emails.contains_key(id));
                    }
                    for row in self.store.emails(self.account, &ids).await.unwrap() {
                        self.client.emails.insert(row.id.0, row.modseq);
                    }
                    self.client.emails.retain(|id, _| !changes.destroyed.contains(id));
                } else {
                    self.client.threads.extend(changes.created.iter());
                    assert!(changes.updated.iter().all(|id| self.client.threads.contains(id)));
                    self.client.threads.retain(|id| !changes.destroyed.contains(id));
                }
                self.client.state.insert(code, changes.new_state);
                turns += 1;
                assert!(turns < 500);
                if !changes.has_more {
                    break;
                }
            }
        }
    }

    async fn check(&mut self) {
        self.sync(1000).await;
        let rows = self.store.emails(self.account, &self.emails).await.unwrap();
        let real: BTreeMap<i64, i64> = rows.iter().map(|row| (row.id.0, row.modseq)).collect();
        assert_eq!(self.client.emails, real);
        let threads: BTreeSet<i64> = rows.iter().map(|row| row.thread.0).collect();
        assert_eq!(self.client.threads, threads);
        self.check_counters(&rows).await;
    }

    async fn check_counters(&self, rows: &[EmailRow]) {
        let trash = self.folders[2];
        let unread = |row: &EmailRow| !row.keywords.iter().any(|name| name == "$seen" || name == "$draft");
        for mailbox in self.store.mailboxes(self.account).await.unwrap() {
            let inside: Vec<_> = rows.iter().filter(|row| row.mailboxes.contains(&mailbox.id)).collect();
            let threads: BTreeSet<ThreadId> = inside.iter().map(|row| row.thread).collect();
            let elsewhere = |row: &EmailRow| match mailbox.id == trash {
                true => row.mailboxes.contains(&trash),
                false => row.mailboxes.iter().any(|id| *id != trash),
            };
            let unread_threads = threads
                .iter()
                .filter(|thread| rows.iter().any(|row| row.thread == **thread && unread(row) && elsewhere(row)))
                .count();
            let expected = (inside.len(), inside.iter().filter(|row| unread(row)).count(), threads.len(), unread_threads);
            let found = (
                mailbox.total_emails as usize,
                mailbox.unread_emails as usize,
                mailbox.total_threads as usize,
                mailbox.unread_threads as usize,
            );
            assert_eq!(found, expected, "{:?}", mailbox.role);
        }
    }
}

fn run(engine: Engine, cases: u32) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 50, ..Config::default() });
    let outcome = runner.run(&proptest::collection::vec(step(), 1..60), |steps| {
        runtime.block_on(async {
            let store = TestStore::new(engine).await;
            let (account, inbox) = with_inbox(&store).await;
            let folders = [inbox, folder(&store, account, Role::Archive).await, folder(&store, account, Role::Trash).await];
            let mut world =
                World { store: &store, account, folders, emails: Vec::new(), made: 0, client: Client::default() };
            for step in &steps {
                world.act(step).await;
            }
            world.check().await;
        });
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn random_histories_on_sqlite() {
    run(Engine::Sqlite, 24);
}

#[test]
fn random_histories_on_postgres() {
    run(Engine::Postgres, 12);
}
