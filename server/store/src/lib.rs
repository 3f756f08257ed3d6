//! The mail store: SQL, blobs, keys, search index, traces.
//!
//! Enter by `Store`. One file per subject, each holding its SQL beside the functions that run it, its public types and an
//! `impl Store`. What is readable is sealed before it reaches SQL (`keys`). Every write takes an `Actor` and leaves its
//! trace in the same transaction (`traces`). Nothing here knows of HTTP, JMAP or MIME.

pub mod access_log;
pub mod accounts;
pub mod anchors;
pub mod applications;
pub mod approvals;
pub mod approvers;
pub mod attempts;
pub mod blobs;
pub mod ceremonies;
pub mod cgu;
pub mod changes;
pub mod checks;
mod clock;
pub mod closing;
pub mod codes;
mod context;
pub mod correspondents;
pub mod credentials;
pub mod db;
pub mod delegations;
pub mod devices;
mod dialect;
pub mod directory;
pub mod drafts;
pub mod emails;
mod error;
pub mod expiry;
pub mod identities;
pub mod index;
pub mod kept;
pub mod keys;
mod ledger;
pub mod links;
pub mod logins;
pub mod mailboxes;
mod migrations;
pub mod notices;
pub mod notification_boxes;
pub mod notifications;
pub mod notify;
pub mod openings;
pub mod organisations;
mod orphans;
pub mod passkeys;
pub mod patients;
pub mod persons;
pub mod prefs;
pub mod professionals;
pub mod query;
pub mod receipts;
pub mod receiving;
pub mod registry;
pub mod relay_jobs;
pub mod rights;
pub mod searches;
pub mod sending;
pub mod sent;
pub mod sessions;
pub mod staff;
pub mod submissions;
pub mod support;
pub mod suspension;
pub mod team;
#[cfg(feature = "testing")]
pub mod testing;
pub mod threads;
pub mod tokens;
pub mod traces;
pub mod uploads;

use std::path::PathBuf;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use wire::id::AccountId;
use zeroize::Zeroizing;

pub use attempts::{AttemptAnswer, AttemptRule};
pub use blobs::BlobId;
pub use clock::{Clock, Random, SystemClock, SystemRandom};
pub use codes::{Challenge, CodeTried, NewChallenge, Proof, Purpose, Renewal, Renewed};
pub use error::{Error, Result};
pub use logins::Login;
pub use notify::Hint;
pub use persons::{Contact, ContactChange, NewPerson, Person};
pub use rights::Right;
pub use sessions::Session;
pub use traces::{Actor, Chain, Means, Trace};

use blobs::Files;
use context::Context;
use db::{Db, Tx};
use keys::{KeyRing, Keys, Owner};
use ledger::Expected;

/// How to open a store.
pub struct Options {
    /// `sqlite:/path/pli.db` or `postgres://…`.
    pub database: String,
    pub data_dir: PathBuf,
    /// `file:/path`: where large blobs are.
    pub blobs: String,
    pub master_key: Zeroizing<[u8; 32]>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

/// The open store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    expected: Option<Expected>,
}

struct Inner {
    context: Arc<Context>,
    db: Db,
    files: Files,
    data_dir: PathBuf,
}

impl Store {
    /// Opens the database and the blobs; `migrate` comes next. `Config` when an option cannot be used.
    pub async fn open(options: Options) -> Result<Self> {
        let (hints, _) = tokio::sync::broadcast::channel(1024);
        let context = Arc::new(Context {
            clock: options.clock,
            random: options.random,
            ring: KeyRing::new(&options.master_key),
            ids: Default::default(),
            hints,
        });
        std::fs::create_dir_all(&options.data_dir)?;
        let db = db::open(&options.database, &context).await?;
        let files = Files::open(&options.blobs)?;
        let inner = Arc::new(Inner { context, db, files, data_dir: options.data_dir });
        notify::watch(&inner).await?;
        Ok(Self { inner, expected: None })
    }

    /// Runs the migrations that are missing, under a lock. `NewerSchema` when the database is ahead of this program.
    pub async fn migrate(&self) -> Result<()> {
        migrations::run(self).await
    }

    /// The version of the schema in the database, 0 when empty.
    pub async fn schema_version(&self) -> Result<i64> {
        migrations::version(&mut self.read().await?).await
    }

    /// A cheap statement, to know that the database answers.
    pub async fn ping(&self) -> Result<()> {
        migrations::version(&mut self.read().await?).await.map(drop)
    }

    /// Where the data directory is.
    pub fn data_dir(&self) -> &std::path::Path {
        &self.inner.data_dir
    }

    /// Milliseconds now, by the store's clock.
    pub fn now(&self) -> i64 {
        self.inner.context.clock.now_ms()
    }

    /// A new id: 42 bits of time, 21 of chance.
    pub fn new_id(&self) -> i64 {
        self.inner.context.id()
    }

    /// The store's source of random bytes.
    pub fn random(&self) -> &dyn Random {
        self.inner.context.random.as_ref()
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<Tx> {
        self.inner.db.reader(&self.inner.context).await
    }

    /// A connection that sees one moment of the database, for readings that must agree with each other.
    pub async fn snapshot(&self) -> Result<Tx> {
        self.inner.db.snapshot(&self.inner.context).await
    }

    /// The same store, whose writes answer `StateMismatch` unless `kind` has this state in the account when they begin:
    /// it is looked up in their own transaction, under the account's lock. With none, the store as it is.
    pub fn expecting(&self, account: AccountId, kind: changes::Type, state: Option<i64>) -> Self {
        let expected = state.map(|state| Expected { account: account.0, kind, state });
        Self { inner: self.inner.clone(), expected }
    }

    /// Runs `act` in a transaction, with what it needs given as `input`: it may run twice, so nothing in memory may be
    /// a truth for it. An error undoes what it did.
    pub async fn write<I, T, F>(&self, input: I, act: F) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Tx, &'t I) -> BoxFuture<'t, Result<T>> + Send + Sync + 'static,
    {
        let Some(expected) = self.expected else { return self.inner.db.write(&self.inner.context, input, act).await };
        let act = Arc::new(act);
        self.inner
            .db
            .write(&self.inner.context, input, move |tx, input| {
                let act = act.clone();
                async move {
                    expected.check(tx).await?;
                    act(tx, input).await
                }
                .boxed()
            })
            .await
    }

    /// The keys of an owner; `NotFound` when it has none.
    pub async fn keys(&self, owner: Owner) -> Result<Arc<Keys>> {
        if let Some(keys) = self.inner.context.ring.cached(owner) {
            return Ok(keys);
        }
        self.inner.context.ring.load(&mut self.read().await?, owner).await
    }

    /// The operator's keys: made by the first migration run.
    pub async fn operator_keys(&self) -> Result<Arc<Keys>> {
        self.keys(Owner::Operator).await
    }
}

impl Tx {
    /// A new id.
    pub fn new_id(&self) -> i64 {
        self.context().id()
    }

    /// Random bytes.
    pub fn random(&self) -> Arc<dyn Random> {
        self.context().random.clone()
    }

    /// The keys of an owner; `NotFound` when it has none.
    pub async fn keys(&mut self, owner: Owner) -> Result<Arc<Keys>> {
        let context = self.context().clone();
        context.ring.load(self, owner).await
    }

    /// Makes the key of a new owner.
    pub async fn create_keys(&mut self, owner: Owner) -> Result<Arc<Keys>> {
        let context = self.context().clone();
        context.ring.create(self, owner).await
    }

    /// Destroys an owner's key: all it sealed becomes unreadable.
    pub async fn destroy_keys(&mut self, owner: Owner) -> Result<()> {
        let context = self.context().clone();
        context.ring.destroy(self, owner).await
    }
}
