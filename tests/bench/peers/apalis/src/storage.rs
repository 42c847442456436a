//! The database, and how jobs get into it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::ensure;
use apalis::prelude::{BoxDynError, TaskBuilder, TaskSink};
use apalis_sqlite::{Config, SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteStorage};
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::stream;
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

use crate::worker::{Board, Job, Ticket, Work};

/// The queue's name.
const QUEUE: &str = "bench";

/// How many jobs the worker takes at once; apalis's default is 10.
const BATCH: usize = 256;

/// How many jobs are added in one transaction, where many are.
const CHUNK: usize = 1000;

/// How many jobs of the history are added in one transaction.
const HISTORY_CHUNK: u64 = 100_000;

/// When a commit is on the disk.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Synchronous {
    /// When it is answered.
    Full,
    /// At the next checkpoint.
    Normal,
}

/// The database.
#[derive(Clone)]
pub(crate) struct Jobs {
    storage: SqliteStorage<Job>,
    wake: UnboundedSender<()>,
    /// The newest row when SQLite counted last.
    analysed: Arc<AtomicI64>,
}

impl Jobs {
    /// Makes the database, and answers it with what wakes the worker.
    pub(crate) async fn open(
        directory: &Path,
        synchronous: Synchronous,
    ) -> anyhow::Result<(Self, UnboundedReceiver<()>)> {
        let options = SqliteConnectOptions::new()
            .filename(directory.join("jobs.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(match synchronous {
                Synchronous::Full => SqliteSynchronous::Full,
                Synchronous::Normal => SqliteSynchronous::Normal,
            })
            // A queue of 256 clients in front of one disk is slow, and not stuck.
            .busy_timeout(Duration::from_secs(60));
        // One for who adds and one for the worker: SQLite writes one transaction at a time, and more connections than these
        // sleep while they wait for each other, which measured slower.
        let pool = SqlitePoolOptions::new()
            .max_connections(2)
            .acquire_timeout(Duration::from_secs(60))
            .connect_with(options)
            .await?;
        SqliteStorage::migrations().run(&pool).await?;
        let config = Config::default().queue(QUEUE).batch_size(BATCH);
        let (wake, wakes) = unbounded();
        Ok((
            Self { storage: SqliteStorage::new(&pool).with_config(config), wake, analysed: Arc::default() },
            wakes,
        ))
    }

    pub(crate) fn storage(&self) -> SqliteStorage<Job> {
        self.storage.clone()
    }

    fn pool(&self) -> &SqlitePool {
        self.storage.pool()
    }

    /// Adds a job, durably, and wakes the worker.
    pub(crate) async fn add(&self, board: &Board, work: Work) -> anyhow::Result<Ticket> {
        let (job, ticket) = board.ticketed(work);
        self.storage().push(job).await.map_err(told)?;
        self.wake.unbounded_send(())?;
        Ok(ticket)
    }

    /// Adds jobs, each with the second since 1970 at which it is due, if not at once.
    pub(crate) async fn add_many(
        &self,
        jobs: impl Iterator<Item = (Job, Option<u64>)>,
    ) -> anyhow::Result<()> {
        let mut storage = self.storage();
        let mut jobs = jobs.peekable();
        while jobs.peek().is_some() {
            let chunk = jobs.by_ref().take(CHUNK).map(|(job, due)| {
                let task = TaskBuilder::new(job);
                match due {
                    Some(due) => task.run_at_timestamp(due).build(),
                    None => task.build(),
                }
            });
            let chunk: Vec<_> = chunk.collect();
            storage.push_all(stream::iter(chunk)).await.map_err(told)?;
            self.wake.unbounded_send(())?;
        }
        Ok(())
    }

    /// The newest row.
    pub(crate) async fn newest(&self) -> anyhow::Result<i64> {
        let newest = sqlx::query_scalar("SELECT coalesce(max(rowid), 0) FROM Jobs");
        Ok(newest.fetch_one(self.pool()).await?)
    }

    /// Returns when `count` of the jobs that were added after `before` are recorded as done.
    pub(crate) async fn settled(&self, before: i64, count: u64) -> anyhow::Result<()> {
        let count = i64::try_from(count)?;
        loop {
            // The plus has SQLite look at the rows that are new and not, by an index, at all that were ever done.
            let done = sqlx::query_scalar::<_, i64>(
                "SELECT count(*) FROM Jobs WHERE rowid > ?1 AND +status = 'Done'",
            );
            let done = done.bind(before).fetch_one(self.pool()).await?;
            ensure!(done <= count, "more jobs are done than there were");
            if done == count {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Has SQLite count its rows, now and then. Without that it takes apalis's queries to be about a few, and looks at every
    /// job that was ever done for each one that is; with it, it finds jobs by their ids. It belongs into no figure.
    pub(crate) async fn analysed(&self) -> anyhow::Result<()> {
        let newest = self.newest().await?;
        if newest / 2 >= self.analysed.load(Ordering::Relaxed) {
            sqlx::query("ANALYZE").execute(self.pool()).await?;
            self.analysed.store(newest, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Writes jobs that are done, as the worker leaves them, a second before one another.
    pub(crate) async fn history(&self, rows: u64) -> anyhow::Result<()> {
        let template: Option<i64> = sqlx::query_scalar("SELECT min(rowid) FROM Jobs WHERE status = 'Done'")
            .fetch_one(self.pool())
            .await?;
        ensure!(template.is_some(), "a history is made of a job that is done, and there is none yet");
        let mut left = rows;
        while left > 0 {
            let chunk = left.min(HISTORY_CHUNK);
            let copies = sqlx::query(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                 INSERT INTO Jobs SELECT job, '0' || upper(hex(randomblob(12))) || '0', job_type, status, attempts,
                     max_attempts, run_at - i, last_result, lock_at - i, lock_by, done_at - i, priority, metadata,
                     NULL
                 FROM Jobs, n WHERE Jobs.rowid = ?2",
            );
            copies.bind(i64::try_from(chunk)?).bind(template).execute(self.pool()).await?;
            left -= chunk;
        }
        Ok(())
    }
}

fn told(error: impl Into<BoxDynError>) -> anyhow::Error {
    anyhow::Error::from_boxed(error.into())
}
