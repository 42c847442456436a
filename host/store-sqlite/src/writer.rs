//! The thread that writes: many commands, one transaction, one wait for the disk.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use dormouse_core::StoreError;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use crate::errors::Fault;
use crate::stations::{Kind, Kinds};
use crate::stats::Counters;
use crate::tx::{Cache, Tx};

/// The most commands in one transaction, and how many may wait before those who ask do. Bounds what a
/// crash of the disk can refuse at once, and the memory of what waits.
const BATCH_MAX: usize = 1024;

/// A command with its caller. It may be run more than once: a transaction that fails is rolled back.
trait Job: Send {
    fn kind(&self) -> Kind;
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Fault>;
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Task<T, F> {
    kind: Kind,
    work: F,
    done: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnMut(&mut Tx<'_>) -> Result<T, Fault> + Send,
{
    fn kind(&self) -> Kind {
        self.kind
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.done = Some((self.work)(tx)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { done, reply, .. } = *self;
        let never_run = || StoreError::Unavailable("the command was not run".to_owned());
        let answer = committed.and_then(|()| done.ok_or_else(never_run));
        // Whoever asked may have gone away. What they asked for is done all the same.
        let _ = reply.send(answer);
    }
}

/// The way to the thread. Dropping it lets the thread finish what waits, and joins it.
pub(crate) struct Writer {
    inbox: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    path: Arc<Path>,
    counters: Arc<Counters>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("path", &self.path)
            .field("stats", &self.counters.stats())
            .finish_non_exhaustive()
    }
}

impl Writer {
    pub(crate) fn start(conn: Connection, path: Arc<Path>) -> std::io::Result<Self> {
        let (inbox, jobs) = mpsc::channel(BATCH_MAX);
        let counters = Arc::new(Counters::default());
        let worker = Worker {
            conn,
            cache: Cache::default(),
            path: Arc::clone(&path),
            counters: Arc::clone(&counters),
        };
        let thread = std::thread::Builder::new()
            .name("dormouse-write".to_owned())
            .spawn(move || worker.serve(jobs))?;
        Ok(Self { inbox: Some(inbox), thread: Some(thread), path, counters })
    }

    /// Runs `work` in a transaction and answers once that is on the disk.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        kind: Kind,
        work: impl FnMut(&mut Tx<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let stopped =
            || StoreError::Unavailable(format!("`{}`: its writer has stopped", self.path.display()));
        let (reply, answer) = oneshot::channel();
        let inbox = self.inbox.as_ref().ok_or_else(stopped)?;
        inbox.send(Box::new(Task { kind, work, done: None, reply })).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.inbox = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the thread owns.
struct Worker {
    conn: Connection,
    cache: Cache,
    path: Arc<Path>,
    counters: Arc<Counters>,
}

impl Worker {
    fn serve(mut self, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while jobs.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
            self.settle(&mut batch);
        }
    }

    /// Commits a batch as one and answers each. If one command is at fault, each gets a transaction of its
    /// own, so that the others do not suffer; that costs nothing until it happens, as savepoints would.
    fn settle(&mut self, batch: &mut Vec<Box<dyn Job>>) {
        let verdict = match self.commit(batch) {
            Ok(()) => Ok(()),
            Err(fault) if fault.concerns_all() || batch.len() == 1 => Err(self.refuse(fault)),
            Err(_) => {
                for mut job in batch.drain(..) {
                    let verdict = self.commit(std::slice::from_mut(&mut job));
                    job.answer(verdict.map_err(|fault| self.refuse(fault)));
                }
                return;
            }
        };
        for job in batch.drain(..) {
            job.answer(verdict.clone());
        }
    }

    #[expect(clippy::disallowed_methods, reason = "how long a disk takes is no moment of any clock's")]
    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Fault> {
        let begun = Instant::now();
        let result = self.transact(batch);
        if result.is_err() {
            self.cache = Cache::default();
        } else {
            self.counters.committed(batch.len(), begun.elapsed());
        }
        result
    }

    fn transact(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Fault> {
        // Dropped without a commit, it rolls back.
        let transaction = Transaction::new(&mut self.conn, TransactionBehavior::Immediate)?;
        let mut tx = Tx { conn: &transaction, cache: &mut self.cache };
        let mut kinds = Kinds::default();
        for job in batch {
            job.run(&mut tx)?;
            kinds.add(job.kind());
        }
        kinds.pass_before();
        transaction.commit()?;
        kinds.pass_after();
        Ok(())
    }

    fn refuse(&self, fault: Fault) -> StoreError {
        if fault.is_full() {
            // What is in the log and could be in the file takes its space twice. If this fails, the disk
            // is as full as before.
            let _ = self.conn.execute_batch("pragma wal_checkpoint(truncate)");
        }
        let error = fault.into_store_error(&self.path);
        tracing::error!(%error, "a write failed and was rolled back");
        error
    }
}
