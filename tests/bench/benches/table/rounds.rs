//! Batches in turns: what the machine does beside touches all alike.

use peer_protocol::{Request, Task};

use crate::Bench;
use crate::child::Reason;
use crate::contenders::Started;
use crate::figures::median;

/// About how long a batch lasts, in nanoseconds: long before the clock's grain, short before what changes on a machine.
const BATCH_NS: u64 = 150_000_000;
const BATCH_RUNS_MAX: u64 = 100_000;

/// What whole runs cost, a figure for each round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds {
    /// Microseconds of CPU time for a run, with all processes of the contender.
    pub(crate) cpu_us: Vec<f64>,
    /// Microseconds on the wall for a run; of several clients, divided by what was done in them.
    pub(crate) wall_us: Vec<f64>,
}

impl Rounds {
    pub(crate) fn cpu(&self) -> Result<f64, Reason> {
        median(&self.cpu_us).ok_or_else(nothing)
    }

    pub(crate) fn wall(&self) -> Result<f64, Reason> {
        median(&self.wall_us).ok_or_else(nothing)
    }

    /// Runs a second.
    pub(crate) fn rate(&self) -> Result<f64, Reason> {
        Ok(1e6 / self.wall()?)
    }

    /// Of CPU time: each round is held against the same round of the other.
    pub(crate) fn ratio(&self, base: &Self) -> Result<f64, Reason> {
        let ratios: Vec<f64> = self.cpu_us.iter().zip(&base.cpu_us).map(|(one, base)| one / base).collect();
        median(&ratios).ok_or_else(nothing)
    }
}

fn nothing() -> Reason {
    "nothing was measured".to_owned()
}

/// Somebody who takes part, or why not.
pub(crate) type Seat = Result<Started, Reason>;

/// Has all who are there do a task in turns, with so many clients. The first batches find out how long a run takes, and do
/// not count.
pub(crate) fn in_turns(
    bench: &Bench,
    seats: &mut [Seat],
    task: Task,
    concurrency: u32,
) -> Vec<Result<Rounds, Reason>> {
    let mut sizes: Vec<Result<u64, Reason>> = Vec::new();
    for seat in seats.iter_mut() {
        sizes.push(match seat {
            Ok(started) => warmed(bench, started, task, concurrency),
            Err(reason) => Err(reason.clone()),
        });
    }
    let mut all: Vec<Result<Rounds, Reason>> =
        sizes.iter().map(|size| size.as_ref().map(|_| Rounds::default()).map_err(Clone::clone)).collect();
    for _ in 0..bench.scaled(9, 3) {
        for ((seat, size), rounds) in seats.iter_mut().zip(&sizes).zip(&mut all) {
            let (Ok(started), Ok(size), Ok(so_far)) = (seat, size, rounds.as_mut()) else { continue };
            match started.ask(&Request::Run { task, runs: *size, concurrency }) {
                Ok(figures) => {
                    let each_us = |ns: u64| ns as f64 / 1e3 / figures.runs.max(1) as f64;
                    so_far.cpu_us.push(each_us(figures.cpu_ns));
                    so_far.wall_us.push(each_us(figures.wall_ns));
                }
                Err(reason) => *rounds = Err(reason),
            }
        }
    }
    all
}

/// How many runs last long enough, of somebody who is as fast as it gets: what is compiled as it runs takes its time.
fn warmed(bench: &Bench, started: &mut Started, task: Task, concurrency: u32) -> Result<u64, Reason> {
    batch(started, task, concurrency)?;
    let runs = batch(started, task, concurrency)? * bench.scaled(10, 1);
    started.ask(&Request::Run { task, runs, concurrency })?;
    batch(started, task, concurrency)
}

/// How many runs last long enough. What is asked for on the way warms whoever is asked.
pub(crate) fn batch(started: &mut Started, task: Task, concurrency: u32) -> Result<u64, Reason> {
    let mut runs = u64::from(concurrency);
    loop {
        let figures = started.ask(&Request::Run { task, runs, concurrency })?;
        let wanted = runs.saturating_mul(BATCH_NS) / figures.wall_ns.max(1);
        if figures.wall_ns >= BATCH_NS / 4 || runs >= BATCH_RUNS_MAX {
            return Ok(wanted.clamp(u64::from(concurrency), BATCH_RUNS_MAX));
        }
        // The first of all is slower than those that follow.
        runs = wanted.clamp(runs * 2, runs * 16).min(BATCH_RUNS_MAX);
    }
}
