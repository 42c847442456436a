//! What a store has done.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dormouse_core::store::Pruned;

/// What a store has done since it was opened. Numbers only grow; what was done between two moments is the
/// difference of two of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Commands that write, whether they changed something or not, without those that failed.
    pub commands: u64,
    /// Transactions that they were committed in.
    pub commits: u64,
    /// The most commands in one of them.
    pub largest_batch: u64,
    /// Time spent on all of them, from the begin of a transaction until it was on the disk.
    pub commit_time: Duration,
    /// Time spent on the one that took longest.
    pub commit_time_max: Duration,
    /// Runs that were let go of.
    pub pruned_runs: u64,
    /// Activations that were let go of.
    pub pruned_activations: u64,
}

/// [`Stats`] as they grow. Written by one thread, but for what was pruned.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    commands: AtomicU64,
    commits: AtomicU64,
    largest_batch: AtomicU64,
    commit_nanos: AtomicU64,
    commit_nanos_max: AtomicU64,
    pruned_runs: AtomicU64,
    pruned_activations: AtomicU64,
}

impl Counters {
    pub(crate) fn committed(&self, commands: usize, took: Duration) {
        let commands = commands as u64;
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.commands.fetch_add(commands, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.largest_batch.fetch_max(commands, Ordering::Relaxed);
        self.commit_nanos.fetch_add(nanos, Ordering::Relaxed);
        self.commit_nanos_max.fetch_max(nanos, Ordering::Relaxed);
    }

    pub(crate) fn pruned(&self, pruned: &Pruned) {
        self.pruned_runs.fetch_add(pruned.runs, Ordering::Relaxed);
        self.pruned_activations.fetch_add(pruned.activations, Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            commands: read(&self.commands),
            commits: read(&self.commits),
            largest_batch: read(&self.largest_batch),
            commit_time: Duration::from_nanos(read(&self.commit_nanos)),
            commit_time_max: Duration::from_nanos(read(&self.commit_nanos_max)),
            pruned_runs: read(&self.pruned_runs),
            pruned_activations: read(&self.pruned_activations),
        }
    }
}
