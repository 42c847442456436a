//! The worker, and who waits for its jobs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use apalis::prelude::{BackendExt, BoxDynError, Data, ParallelizeExt, Strategy, WorkerBuilder};
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use crate::storage::Jobs;

/// How often the worker looks by itself: what is due is found by nothing else.
const INTERVAL: Duration = Duration::from_millis(500);

/// What a job does.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Work {
    Noop,
    Json,
    Thumbnail,
    /// Waits until the board opens.
    Wait,
}

/// What is in the database.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    work: Work,
    number: u64,
}

/// Somebody who waits for a job.
pub(crate) struct Ticket(oneshot::Receiver<Instant>);

impl Ticket {
    /// When the job began, once it has ended.
    pub(crate) async fn done(self) -> anyhow::Result<Instant> {
        self.0.await.context("a job was lost")
    }
}

/// Where jobs tell what they did.
#[derive(Default)]
pub(crate) struct Board {
    next: AtomicU64,
    tickets: Mutex<HashMap<u64, oneshot::Sender<Instant>>>,
    waiting: AtomicUsize,
    open: watch::Sender<bool>,
}

impl Board {
    /// A job that nobody waits for.
    pub(crate) fn job(&self, work: Work) -> Job {
        Job { work, number: self.next.fetch_add(1, Ordering::Relaxed) }
    }

    /// A job, and the ticket of whoever waits for it.
    pub(crate) fn ticketed(&self, work: Work) -> (Job, Ticket) {
        let job = self.job(work);
        let (tell, told) = oneshot::channel();
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner).insert(job.number, tell);
        (job, Ticket(told))
    }

    /// Returns when so many jobs wait.
    pub(crate) async fn waiting(&self, count: usize) -> anyhow::Result<()> {
        let begun = Instant::now();
        while self.waiting.load(Ordering::Acquire) < count {
            let waiting = self.waiting.load(Ordering::Acquire);
            anyhow::ensure!(
                begun.elapsed() < Duration::from_secs(120),
                "only {waiting} of {count} jobs wait"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Lets jobs go on that wait, or has them wait.
    pub(crate) fn open(&self, open: bool) {
        self.open.send_replace(open);
    }

    async fn wait(&self) {
        let mut open = self.open.subscribe();
        self.waiting.fetch_add(1, Ordering::AcqRel);
        // It is closed by nobody: the board is there as long as a job is.
        let _ = open.wait_for(|open| *open).await;
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Starts the worker beside the current runtime, whose threads its jobs run on.
pub(crate) fn start(jobs: &Jobs, wakes: UnboundedReceiver<()>, board: Arc<Board>) {
    let (storage, runtime) = (jobs.storage(), Handle::current());
    // A thread of its own, because the compiler does not find its future `Send`.
    thread::spawn(move || {
        let strategy = Strategy::new().stream(wakes.ready_chunks(1024)).interval(INTERVAL);
        // Of the one before nobody knows yet that it is gone.
        let worker = WorkerBuilder::new(format!("bench-{}", std::process::id()))
            .backend(storage.poll_with_strategy(strategy))
            .data(board)
            .parallelize(tokio::spawn)
            .build(handle);
        let stopped = runtime.block_on(worker.run());
        // Whoever waits would wait for ever.
        eprintln!("the worker has stopped: {stopped:?}");
        std::process::exit(1);
    });
}

async fn handle(job: Job, board: Data<Arc<Board>>) -> Result<(), BoxDynError> {
    let first = Instant::now();
    match job.work {
        Work::Noop => {}
        Work::Json => peer_work::json(),
        Work::Thumbnail => {
            std::hint::black_box(peer_work::thumbnail());
        }
        Work::Wait => board.wait().await,
    }
    if let Some(tell) = board.tickets.lock().unwrap_or_else(PoisonError::into_inner).remove(&job.number) {
        // Nobody needs to wait for it.
        let _ = tell.send(first);
    }
    Ok(())
}
