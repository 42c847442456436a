//! Clients and triggers, for peers that have a thread for each run.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::Refusal;

/// Calls `one` so many times, from as many threads as there are clients.
///
/// # Errors
///
/// The first of `one`.
pub fn clients(runs: u64, clients: u32, one: impl Fn() -> Result<(), Refusal> + Sync) -> Result<(), Refusal> {
    let left = AtomicU64::new(runs);
    side_by_side(clients, || {
        while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            one()?;
        }
        Ok(())
    })
}

/// How often something is triggered.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How often in all.
    pub samples: u32,
    /// Between two triggers.
    pub every: Duration,
    /// Threads, each of which does one thing at a time.
    pub threads: u32,
}

/// Calls `one` as `pace` says, with the moment of each trigger; what it answers, in no order.
///
/// A trigger that finds all threads busy waits for one, and that is part of its latency: its moment is the one that it
/// was due at. One that a thread waited for has the moment at which that thread woke: how exactly this machine sleeps is
/// not what is measured.
///
/// # Errors
///
/// The first of `one`.
pub fn paced<T: Send>(
    pace: Pace,
    one: impl Fn(Instant) -> Result<T, Refusal> + Sync,
) -> Result<Vec<T>, Refusal> {
    let (next, all) = (AtomicU32::new(0), Mutex::new(Vec::new()));
    let begun = Instant::now();
    let work = || -> Result<(), Refusal> {
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            if nth >= pace.samples {
                return Ok(());
            }
            let due = begun + pace.every * nth;
            let early = due.saturating_duration_since(Instant::now());
            let trigger = if early.is_zero() {
                due
            } else {
                thread::sleep(early);
                Instant::now()
            };
            let sample = one(trigger)?;
            all.lock().map_err(|_| Refusal::Unsupported("a thread has panicked".to_owned()))?.push(sample);
        }
    };
    side_by_side(pace.threads, work)?;
    Ok(all.into_inner().unwrap_or_default())
}

/// The first error of `work`, which is done by so many threads at once.
fn side_by_side(threads: u32, work: impl Fn() -> Result<(), Refusal> + Sync) -> Result<(), Refusal> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}
