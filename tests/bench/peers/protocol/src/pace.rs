//! Clients and triggers. All but [`trigger`] is for peers that have a thread for each run.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Barrier, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::cost::COARSE;
use crate::{Cost, Meter, Refusal};

/// Calls `one` so many times, from as many threads as there are clients; what that costs. The threads are there before
/// it is counted, and end after.
///
/// # Errors
///
/// The first of `one`.
pub fn clients(
    runs: u64,
    clients: u32,
    one: impl Fn() -> Result<(), Refusal> + Sync,
) -> Result<Cost, Refusal> {
    let left = AtomicU64::new(runs);
    side_by_side(clients, || {
        while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            one()?;
        }
        Ok(())
    })
}

/// Calls `one` so many times, with a rest before each and the moment of each trigger; what it answers.
///
/// # Errors
///
/// The first of `one`.
pub fn rested<T>(
    samples: u32,
    rest: Duration,
    one: impl Fn(Instant) -> Result<T, Refusal>,
) -> Result<Vec<T>, Refusal> {
    let sample = |_| {
        thread::sleep(rest);
        one(Instant::now())
    };
    (0..samples).map(sample).collect()
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

/// The moment from which the latency of a trigger counts that happens now and was due at `due`: the same rule for every
/// peer that is loaded.
///
/// It is the one at which it was due, if that is more than 2 ms ago: then it was late because the peer had too much to
/// do, which is to be seen. What is less is what a sleep is off by, where timers have whole milliseconds; how exactly a
/// language sleeps is not what is measured, and it counts from now.
#[must_use]
pub fn trigger(due: Instant) -> Instant {
    counted_from(due, Instant::now())
}

fn counted_from(due: Instant, now: Instant) -> Instant {
    if now.saturating_duration_since(due) > COARSE { due } else { now }
}

/// Calls `one` as `pace` says, with the moment of each [`trigger`]; what it answers, in no order. A trigger that finds all
/// threads busy waits for one.
///
/// # Errors
///
/// The first of `one`.
pub fn paced<T: Send>(
    pace: Pace,
    one: impl Fn(Instant) -> Result<T, Refusal> + Sync,
) -> Result<Vec<T>, Refusal> {
    let (next, all) = (AtomicU32::new(0), Mutex::new(Vec::new()));
    let begun = OnceLock::new();
    let work = || -> Result<(), Refusal> {
        // Once all threads are there.
        let begun = *begun.get_or_init(Instant::now);
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            if nth >= pace.samples {
                return Ok(());
            }
            let due = begun + pace.every * nth;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let sample = one(trigger(due))?;
            all.lock().map_err(|_| Refusal::Unsupported("a thread has panicked".to_owned()))?.push(sample);
        }
    };
    side_by_side(pace.threads, work)?;
    Ok(all.into_inner().unwrap_or_default())
}

/// What `work` costs, which is done by so many threads at once, or its first error.
fn side_by_side(threads: u32, work: impl Fn() -> Result<(), Refusal> + Sync) -> Result<Cost, Refusal> {
    let all = Barrier::new(threads as usize + 1);
    let thread = || {
        all.wait();
        all.wait();
        // Who panics is waited for like the others.
        let done = panic::catch_unwind(AssertUnwindSafe(&work));
        all.wait();
        done
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(thread)).collect();
        // All are there, all begin, all are through.
        all.wait();
        let meter = Meter::start();
        all.wait();
        all.wait();
        let cost = meter.cost();
        for thread in threads {
            match thread.join().flatten() {
                Ok(done) => done?,
                Err(panic) => panic::resume_unwind(panic),
            }
        }
        Ok(cost)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_that_the_load_delays_counts_from_when_it_was_due() {
        let due = Instant::now();
        let after = |millis| due + Duration::from_millis(millis);
        assert_eq!(counted_from(due, after(2)), after(2));
        assert_eq!(counted_from(due, after(3)), due);
    }

    #[test]
    fn clients_run_as_often_as_they_are_asked_to_all_together() {
        let runs = AtomicU64::new(0);
        let one = || {
            runs.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        clients(1000, 7, one).unwrap();
        assert_eq!(runs.into_inner(), 1000);
    }

    #[test]
    fn a_client_that_fails_or_panics_holds_up_nobody() {
        let failed = clients(10, 3, || Err(Refusal::Unsupported("no".to_owned()))).unwrap_err();
        assert!(matches!(failed, Refusal::Unsupported(why) if why == "no"));
        let panicked = panic::catch_unwind(|| clients(10, 3, || panic!("no more")));
        assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"no more"));
    }
}
