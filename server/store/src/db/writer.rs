//! The one writer of SQLite: a task owns the connection and commits in groups, each member within its own savepoint, so
//! that one disk flush serves all who wait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

use super::{Conn, Statement, Tx};
use crate::context::Context;
use crate::dialect;
use crate::error::{Error, Result};

const GROUP_MEMBERS: usize = 32;
const GROUP_TIME: Duration = Duration::from_millis(20);
const QUEUE: usize = 256;

const BEGIN: Statement = Statement::new("BEGIN", "BEGIN IMMEDIATE");
const COMMIT: Statement = Statement::new("COMMIT", "COMMIT");
const ROLLBACK: Statement = Statement::new("ROLLBACK", "ROLLBACK");
const SAVEPOINT: Statement = Statement::new("SAVEPOINT", "SAVEPOINT member");
const RELEASE: Statement = Statement::new("RELEASE", "RELEASE member");
const UNDO: Statement = Statement::new("UNDO", "ROLLBACK TO member");

/// A write waiting for its turn.
pub(crate) trait Job: Send {
    /// Runs it in the transaction; whether its changes are to be kept.
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, bool>;
    /// Answers the one who waits: the member's own result, or why the group failed.
    fn finish(self: Box<Self>, committed: Result<(), String>);
}

struct Member<I, T, F> {
    input: I,
    act: F,
    outcome: Option<Result<T>>,
    answer: oneshot::Sender<Result<T>>,
}

impl<I, T, F> Job for Member<I, T, F>
where
    I: Send + Sync,
    T: Send,
    F: for<'t> Fn(&'t mut Tx, &'t I) -> BoxFuture<'t, Result<T>> + Send + Sync,
{
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let ran = std::panic::AssertUnwindSafe((self.act)(tx, &self.input)).catch_unwind().await;
            let outcome = ran.unwrap_or(Err(Error::Corrupt("a write panicked")));
            let keep = outcome.is_ok();
            self.outcome = Some(outcome);
            keep
        })
    }

    fn finish(self: Box<Self>, committed: Result<(), String>) {
        let result = match (self.outcome, committed) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(message)) => Err(Error::Busy(message)),
            (None, Ok(())) => Err(Error::Busy("not run".into())),
        };
        // Nobody waits any more: the write stands all the same.
        let _ = self.answer.send(result);
    }
}

/// The way to the writer's task.
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
}

impl Writer {
    /// Starts the task. It ends when the last `Writer` is dropped.
    pub(crate) fn start(pool: SqlitePool, context: Arc<Context>) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        tokio::spawn(work(pool, context, jobs));
        Self { queue }
    }

    pub(crate) async fn run<I, T, F>(&self, input: I, act: F) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Tx, &'t I) -> BoxFuture<'t, Result<T>> + Send + Sync + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job = Box::new(Member { input, act, outcome: None, answer });
        self.queue.send(job).await.map_err(|_| Error::Busy("the writer has stopped".into()))?;
        result.await.map_err(|_| Error::Busy("the writer has stopped".into()))?
    }
}

async fn work(pool: SqlitePool, context: Arc<Context>, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    while let Some(first) = jobs.recv().await {
        match pool.acquire().await {
            Ok(conn) => {
                let mut tx = Tx { conn: Conn::Sqlite(conn), context: context.clone(), touched: Vec::new() };
                group(&mut tx, first, &mut jobs).await;
            }
            Err(error) => first.finish(Err(error.to_string())),
        }
    }
}

async fn group(tx: &mut Tx, first: Box<dyn Job>, jobs: &mut mpsc::Receiver<Box<dyn Job>>) {
    if let Err(error) = tx.execute(BEGIN, Vec::new()).await {
        return first.finish(Err(error.to_string()));
    }
    let began = Instant::now();
    let (mut members, mut touched) = (Vec::new(), Vec::new());
    let mut next = Some(first);
    while let Some(mut job) = next.take() {
        let outcome = member(tx, job.as_mut()).await;
        members.push(job);
        match outcome {
            Ok(()) => touched.append(&mut tx.touched),
            Err(error) => {
                // The connection itself failed: none of the group is kept.
                let _ = tx.execute(ROLLBACK, Vec::new()).await;
                return finish(members, Err(error.to_string()));
            }
        }
        if members.len() < GROUP_MEMBERS && began.elapsed() < GROUP_TIME {
            next = jobs.try_recv().ok();
        }
    }
    let committed = tx.execute(COMMIT, Vec::new()).await.map(drop).map_err(|error| error.to_string());
    if committed.is_err() {
        let _ = tx.execute(ROLLBACK, Vec::new()).await;
    } else {
        tx.context.hint(&touched);
    }
    finish(members, committed);
}

async fn member(tx: &mut Tx, job: &mut dyn Job) -> Result<()> {
    tx.execute(SAVEPOINT, Vec::new()).await?;
    if !job.run(tx).await {
        tx.touched.clear();
        tx.execute(UNDO, Vec::new()).await?;
    }
    tx.execute(RELEASE, Vec::new()).await?;
    Ok(())
}

fn finish(members: Vec<Box<dyn Job>>, committed: Result<(), String>) {
    for member in members {
        member.finish(committed.clone());
    }
}

/// Opens the pools of SQLite: several readers, one writer.
pub(crate) async fn open(path: &std::path::Path, context: &Arc<Context>) -> Result<super::Db> {
    let readers = dialect::sqlite_pool(dialect::sqlite_options(path, 4000), 5).await?;
    let writing = dialect::sqlite_pool(dialect::sqlite_options(path, 8000), 1).await?;
    dialect::check_sqlite(&writing).await?;
    Ok(super::Db::Sqlite { readers, writer: Writer::start(writing, context.clone()) })
}
