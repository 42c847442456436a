//! apalis with SQLite, as a peer of the bench.
//!
//! ```text
//! peer-apalis DIRECTORY full|normal
//! ```
//!
//! The database is made in DIRECTORY, with a write-ahead log and the `synchronous` that is named. It is not made by
//! apalis's own `SqliteStorage::setup`, which turns `synchronous` off on the connection that it happens to get.
//!
//! A client adds a job, in a transaction of its own, wakes the worker once that is on the disk, which is quicker than any
//! of apalis's own ways, and waits until the handler is through. That a job is done the worker writes a little later,
//! for several jobs at once, and tells nobody: a batch counts once all of its jobs are recorded as done, which the peer
//! looks for each millisecond.

mod storage;
mod worker;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use peer_protocol::{About, Cost, Meter, Peer, Refusal, Task, lateness, nanoseconds, serve, trigger};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use crate::storage::{Jobs, Synchronous};
use crate::worker::{Board, Work};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().context("in which directory?")?;
    let synchronous = match arguments.next().as_deref() {
        Some("full") => Synchronous::Full,
        Some("normal") => Synchronous::Normal,
        _ => bail!("`full` or `normal`?"),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let board = Arc::<Board>::default();
    let jobs = runtime.block_on(async {
        let (jobs, wakes) = Jobs::open(directory.as_ref(), synchronous).await?;
        worker::start(&jobs, wakes, board.clone());
        anyhow::Ok(jobs)
    })?;
    let mut peer = Apalis { runtime, jobs, board, synchronous, held: Vec::new() };
    serve(&mut peer)?;
    // The worker is under way, and what it left is for the next one.
    std::process::exit(0)
}

struct Apalis {
    runtime: Runtime,
    jobs: Jobs,
    board: Arc<Board>,
    synchronous: Synchronous,
    held: Vec<worker::Ticket>,
}

impl Peer for Apalis {
    fn about(&self) -> About {
        let durability = match self.synchronous {
            Synchronous::Full => "SQLite, WAL, synchronous=FULL: fdatasync for each commit",
            Synchronous::Normal => "SQLite, WAL, synchronous=NORMAL: fdatasync for each checkpoint",
        };
        About {
            peer: "apalis".to_owned(),
            version: "1.0.0".to_owned(),
            isolation: "none: the worker's own process".to_owned(),
            durability: durability.to_owned(),
        }
    }

    fn run(&mut self, task: Task, runs: u64, concurrency: u32) -> Result<Cost, Refusal> {
        let work = match task {
            Task::Noop => Work::Noop,
            Task::Json => Work::Json,
            Task::Thumbnail => Work::Thumbnail,
        };
        let (jobs, board) = (self.jobs.clone(), self.board.clone());
        let cost = self.runtime.block_on(async {
            let before = jobs.newest().await?;
            let meter = Meter::start();
            let mut clients = JoinSet::new();
            for client in 0..u64::from(concurrency) {
                let (jobs, board) = (jobs.clone(), board.clone());
                // So that they are `runs` in all.
                let share = (runs + client) / u64::from(concurrency);
                clients.spawn(async move {
                    for _ in 0..share {
                        jobs.add(&board, work).await?.done().await?;
                    }
                    anyhow::Ok(())
                });
            }
            while let Some(client) = clients.join_next().await {
                client??;
            }
            jobs.settled(before, runs).await?;
            anyhow::Ok(meter.cost())
        })?;
        Ok(cost)
    }

    fn idle_latency(&mut self, samples: u32, rest: Duration) -> Result<Vec<u64>, Refusal> {
        let (jobs, board) = (&self.jobs, &self.board);
        let latencies = self.runtime.block_on(async {
            let mut latencies = Vec::new();
            for _ in 0..samples {
                if !rest.is_zero() {
                    sleep(rest).await;
                }
                let before = jobs.newest().await?;
                let trigger = Instant::now();
                let first = jobs.add(board, Work::Noop).await?.done().await?;
                latencies.push(nanoseconds(first.saturating_duration_since(trigger)));
                jobs.settled(before, 1).await?;
            }
            anyhow::Ok(latencies)
        })?;
        Ok(latencies)
    }

    fn loaded_latency(
        &mut self,
        samples: u32,
        every: Duration,
        _concurrency: u32,
    ) -> Result<Vec<u64>, Refusal> {
        let (jobs, board) = (self.jobs.clone(), self.board.clone());
        let latencies = self.runtime.block_on(async {
            let before = jobs.newest().await?;
            let mut triggers = JoinSet::new();
            let mut pace = interval(every);
            for _ in 0..samples {
                let due = pace.tick().await.into_std();
                let (jobs, board) = (jobs.clone(), board.clone());
                triggers.spawn(async move {
                    let trigger = trigger(due);
                    let first = jobs.add(&board, Work::Noop).await?.done().await?;
                    anyhow::Ok(nanoseconds(first.saturating_duration_since(trigger)))
                });
            }
            let mut latencies = Vec::new();
            while let Some(latency) = triggers.join_next().await {
                latencies.push(latency??);
            }
            jobs.settled(before, samples.into()).await?;
            anyhow::Ok(latencies)
        })?;
        Ok(latencies)
    }

    fn hold(&mut self, runs: u32) -> Result<(), Refusal> {
        let (jobs, board) = (&self.jobs, &self.board);
        let held = self.runtime.block_on(async {
            let (waits, held): (Vec<_>, Vec<_>) = (0..runs).map(|_| board.ticketed(Work::Wait)).unzip();
            jobs.add_many(waits.into_iter().map(|job| (job, None))).await?;
            board.waiting(runs as usize).await?;
            anyhow::Ok(held)
        })?;
        self.held = held;
        Ok(())
    }

    fn release(&mut self) -> Result<(), Refusal> {
        let (board, held) = (&self.board, std::mem::take(&mut self.held));
        self.runtime.block_on(async {
            board.open(true);
            for run in held {
                run.done().await?;
            }
            board.open(false);
            anyhow::Ok(())
        })?;
        Ok(())
    }

    /// Times are whole seconds here: a job is due at the first that is not before the moment asked for, and that is what
    /// its lateness is measured from.
    fn timers(
        &mut self,
        far: u64,
        due: u32,
        lead: Duration,
        span: Duration,
    ) -> Result<(Duration, Vec<u64>), Refusal> {
        let (jobs, board) = (&self.jobs, &self.board);
        let done = self.runtime.block_on(async {
            let begun = Instant::now();
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
            let never = now.as_secs() + 365 * 24 * 3600;
            jobs.add_many((0..far).map(|_| (board.job(Work::Noop), Some(never)))).await?;
            let far_took = begun.elapsed();
            // Who registered that many has had SQLite count them, at some time.
            jobs.analysed().await?;
            let before = jobs.newest().await?;
            let first = SystemTime::now().duration_since(UNIX_EPOCH)? + lead;
            let moments: Vec<u64> =
                (0..due).map(|nth| (first + span * nth / due.max(1)).as_secs() + 1).collect();
            let begun = Instant::now();
            let (timers, tickets): (Vec<_>, Vec<_>) =
                moments.iter().map(|_| board.ticketed(Work::Noop)).unzip();
            jobs.add_many(timers.into_iter().zip(moments.iter().copied().map(Some))).await?;
            let took = far_took + begun.elapsed();
            ensure!(due == 0 || begun.elapsed() < lead, "registering took longer than the lead");
            let mut latenesses = Vec::new();
            for (ticket, moment) in tickets.into_iter().zip(moments) {
                let ran = ticket.done().await?;
                let began = SystemTime::now().duration_since(UNIX_EPOCH)? - ran.elapsed();
                latenesses.push(lateness(Duration::from_secs(moment), began)?);
            }
            jobs.settled(before, due.into()).await?;
            anyhow::Ok((took, latenesses))
        })?;
        Ok(done)
    }

    fn history(&mut self, rows: u64) -> Result<(), Refusal> {
        Ok(self.runtime.block_on(self.jobs.history(rows))?)
    }

    fn afterwards(&mut self) -> Result<(), Refusal> {
        Ok(self.runtime.block_on(self.jobs.analysed())?)
    }
}
