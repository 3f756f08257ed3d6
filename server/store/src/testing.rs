//! Databases, a clock and random numbers for tests: a SQLite file, and one PostgreSQL per test process with a migrated
//! template copied for each test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use rand::{RngCore, SeedableRng, rngs::StdRng};
use zeroize::Zeroizing;

use crate::{Clock, Options, Random, Store};

mod postgres;

/// 2026-11-22T08:00:00Z.
pub const START_MS: i64 = 1_795_334_400_000;

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl Default for ManualClock {
    fn default() -> Self {
        Self(AtomicI64::new(START_MS))
    }
}

impl ManualClock {
    /// Moves it forward (or back).
    pub fn advance_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sets it.
    pub fn set_ms(&self, ms: i64) {
        self.0.store(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// The same numbers in every run.
pub struct SeededRandom(Mutex<StdRng>);

impl SeededRandom {
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().expect("random").fill_bytes(bytes);
    }
}

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub const BOTH: [Engine; 2] = [Self::Sqlite, Self::Postgres];
}

/// A folder that goes with the value.
pub struct TempDir(PathBuf);

impl TempDir {
    /// A new folder under the system's temporary one.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("pli-test-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("temporary folder");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Default for TempDir {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A migrated, empty store with its clock; dropped with its files.
pub struct TestStore {
    pub store: Store,
    pub clock: Arc<ManualClock>,
    pub random: Arc<SeededRandom>,
    pub engine: Engine,
    pub database: String,
    pub dir: TempDir,
}

impl std::ops::Deref for TestStore {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

/// The key every test store is opened with.
pub const MASTER_KEY: [u8; 32] = [42; 32];

impl TestStore {
    /// A store of its own on this engine.
    pub async fn new(engine: Engine) -> Self {
        let dir = TempDir::new();
        let database = database(engine, dir.path()).await;
        let (clock, random) = (Arc::new(ManualClock::default()), Arc::new(SeededRandom::new(1)));
        let store = open(&database, dir.path(), clock.clone(), random.clone()).await;
        Self { store, clock, random, engine, database, dir }
    }

    /// Opens the same database again, as another process would.
    pub async fn again(&self) -> Store {
        open(&self.database, self.dir.path(), self.clock.clone(), Arc::new(SeededRandom::new(2))).await
    }
}

/// The URL of a database for one test: a file in `dir`, or a copy of the migrated template.
pub async fn database(engine: Engine, dir: &Path) -> String {
    match engine {
        Engine::Sqlite => format!("sqlite:{}", dir.join("pli.db").display()),
        Engine::Postgres => postgres::new_database().await,
    }
}

async fn open(database: &str, dir: &Path, clock: Arc<ManualClock>, random: Arc<SeededRandom>) -> Store {
    let options = Options {
        database: database.into(),
        data_dir: dir.into(),
        blobs: format!("file:{}", dir.join("blobs").display()),
        master_key: Zeroizing::new(MASTER_KEY),
        clock,
        random,
    };
    let store = Store::open(options).await.expect("store opens");
    store.migrate().await.expect("migrations");
    store
}

/// Runs an async test body on both engines: `for_each_engine!(name, |store| async move { … })`, `store` a `TestStore`.
#[macro_export]
macro_rules! for_each_engine {
    ($(#[$meta:meta])* $name:ident, |$store:ident| $body:expr) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn body($store: $crate::testing::TestStore) {
                $body.await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body($crate::testing::TestStore::new($crate::testing::Engine::Sqlite).await).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                body($crate::testing::TestStore::new($crate::testing::Engine::Postgres).await).await
            }
        }
    };
}
