//! Whether the loops of a host go round, seen without waking any.
//!
//! A loop is at rest while it waits for the time or for a wake-up, and at work in between. One that is at work and
//! comes to no turn is stuck: a store does not answer it, or it waits for a lock. One that has ended by a panic says so.

use std::future::Future;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What is known of one loop.
pub(crate) struct Pulse {
    name: &'static str,
    started: AtomicBool,
    /// Odd while the loop is at rest; grows with every turn.
    turns: AtomicU64,
    died: OnceLock<String>,
}

impl Pulse {
    const fn new(name: &'static str) -> Self {
        Self { name, started: AtomicBool::new(false), turns: AtomicU64::new(0), died: OnceLock::new() }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// The loop is spawned: from now on it is looked at.
    pub(crate) fn start(&self) {
        self.started.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_started(&self) -> bool {
        self.started.load(Ordering::SeqCst)
    }

    /// Waits for `what`, at rest.
    pub(crate) async fn rest<T>(&self, what: impl Future<Output = T>) -> T {
        let _resting = Resting::new(self);
        what.await
    }

    /// It is at work, and goes on.
    pub(crate) fn turn(&self) {
        self.turns.fetch_add(2, Ordering::SeqCst);
    }

    /// Which turn it is at, if it is at work.
    pub(crate) fn at_work(&self) -> Option<u64> {
        let turns = self.turns.load(Ordering::SeqCst);
        turns.is_multiple_of(2).then_some(turns)
    }

    /// The loop ended, and should not have.
    pub(crate) fn die(&self, why: String) {
        // It ends once.
        let _ = self.died.set(why);
    }

    /// Why it ended, if it did.
    pub(crate) fn died(&self) -> Option<&str> {
        self.died.get().map(String::as_str)
    }
}

struct Resting<'a>(&'a Pulse);

impl<'a> Resting<'a> {
    fn new(pulse: &'a Pulse) -> Self {
        pulse.turns.fetch_add(1, Ordering::SeqCst);
        Self(pulse)
    }
}

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        self.0.turns.fetch_add(1, Ordering::SeqCst);
    }
}

/// One for each loop.
pub(crate) struct Pulses {
    pub(crate) dispatch: Pulse,
    pub(crate) timer: Pulse,
    pub(crate) gate: Pulse,
    pub(crate) renew: Pulse,
    pub(crate) reap: Pulse,
    pub(crate) retain: Pulse,
    pub(crate) quota: Pulse,
    pub(crate) pressure: Pulse,
}

impl Default for Pulses {
    fn default() -> Self {
        Self {
            dispatch: Pulse::new("dispatch"),
            timer: Pulse::new("timer"),
            gate: Pulse::new("gate"),
            renew: Pulse::new("renew"),
            reap: Pulse::new("reap"),
            retain: Pulse::new("retain"),
            quota: Pulse::new("quota"),
            pressure: Pulse::new("pressure"),
        }
    }
}

impl Pulses {
    /// Those of the loops that were started.
    pub(crate) fn started(&self) -> impl Iterator<Item = &Pulse> {
        let Self { dispatch, timer, gate, renew, reap, retain, quota, pressure } = self;
        [dispatch, timer, gate, renew, reap, retain, quota, pressure]
            .into_iter()
            .filter(|pulse| pulse.is_started())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_loop_is_at_work_but_while_it_rests_and_each_turn_is_another() {
        let pulse = Pulse::new("loop");
        let first = pulse.at_work();
        assert!(first.is_some());
        pulse.turn();
        assert!(pulse.at_work().is_some() && pulse.at_work() != first);
        let second = pulse.at_work();
        pulse.rest(async { assert_eq!(pulse.at_work(), None) }).await;
        assert!(pulse.at_work().is_some() && pulse.at_work() != second);
        // A rest that is given up is over.
        drop(Box::pin(pulse.rest(std::future::pending::<()>())));
        assert!(pulse.at_work().is_some());
    }
}
