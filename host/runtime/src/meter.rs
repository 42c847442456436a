//! What one run uses of the CPU: measured, not guessed.
//!
//! A guest is billed for the CPU time of the thread that polls it, while it polls. Wall-clock time would bill it
//! for other programs, and for the times when the operating system ran something else. The clock is read around
//! each poll and again at each interruption of a guest that does not yield, so that a spinning guest is billed
//! while it spins. Host calls made on behalf of the guest are part of its bill.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dormouse_core::Clock;

/// What has computed no more than this in a turn has hardly begun.
const BEGUN: Duration = Duration::from_micros(200);

/// What computes no more than this in a turn is brief: half of a tick. After a rest, with nothing of it in
/// the caches, a run that takes 20 µs among others took more than 200 now and then, and the next one was handed to another
/// thread, which is as cold.
pub(crate) const BRIEF: Duration = Duration::from_micros(500);

/// Not being polled. The CPU time of a thread never gets there: it is 584 years.
const OUTSIDE: u64 = u64::MAX;

/// The CPU bill of one run, in nanoseconds.
///
/// Only the thread that polls the guest bills; any thread may read [`Meter::used`], and [`Meter::hurry`].
pub(crate) struct Meter {
    clock: Arc<dyn Clock>,
    used: AtomicU64,
    /// The polling thread's CPU clock when it was read last, or [`OUTSIDE`].
    read_at: AtomicU64,
    /// What was billed when the poll began; [`OUTSIDE`] once no tick of it is passed over any more.
    begun_at: AtomicU64,
}

/// The guest is being polled; ends the poll when dropped, also by a panic.
pub(crate) struct Polling<'a>(&'a Meter);

impl Meter {
    /// A bill of zero.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let [used, read_at, begun_at] = [0, OUTSIDE, OUTSIDE].map(AtomicU64::new);
        Self { clock, used, read_at, begun_at }
    }

    /// A poll begins on this thread.
    pub(crate) fn begin(&self) -> Polling<'_> {
        self.begun_at.store(self.used.load(Ordering::Relaxed), Ordering::Relaxed);
        self.read_at.store(self.thread_cpu(), Ordering::Relaxed);
        Polling(self)
    }

    /// Whether a tick is to be passed over, as it came when the poll had hardly begun, or before: ticks come at their own time, and one
    /// in fifty would cut a run of 20 µs in two, which costs more than the run. Of those in one poll, the first at the most:
    /// the next one is a whole period later. Only on the polling thread, once the tick is billed.
    pub(crate) fn passes_over(&self) -> bool {
        let begun_at = self.begun_at.load(Ordering::Relaxed);
        self.begun_at.store(OUTSIDE, Ordering::Relaxed);
        let used = self.used.load(Ordering::Relaxed);
        begun_at != OUTSIDE && Duration::from_nanos(used.saturating_sub(begun_at)) < BEGUN
    }

    /// Has no tick passed over in the poll that is under way. Whether one is.
    pub(crate) fn hurry(&self) -> bool {
        self.begun_at.store(OUTSIDE, Ordering::Relaxed);
        self.read_at.load(Ordering::Relaxed) != OUTSIDE
    }

    /// Adds what was used since the poll began, or since the last bill. Only on the polling thread; outside a
    /// poll it does nothing.
    pub(crate) fn bill(&self) {
        let before = self.read_at.load(Ordering::Relaxed);
        if before == OUTSIDE {
            return;
        }
        let now = self.thread_cpu();
        self.read_at.store(now, Ordering::Relaxed);
        self.used.fetch_add(now.saturating_sub(before), Ordering::Relaxed);
    }

    /// Adds what was used on behalf of it by a guest that serves others too. Not while it is polled itself.
    pub(crate) fn add(&self, span: Duration) {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        self.used.fetch_add(nanos, Ordering::Relaxed);
    }

    /// What was billed so far.
    pub(crate) fn used(&self) -> Duration {
        Duration::from_nanos(self.used.load(Ordering::Relaxed))
    }

    fn thread_cpu(&self) -> u64 {
        u64::try_from(self.clock.thread_cpu().as_nanos()).unwrap_or(OUTSIDE - 1).min(OUTSIDE - 1)
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.0.bill();
        self.0.read_at.store(OUTSIDE, Ordering::Relaxed);
        self.0.begun_at.store(OUTSIDE, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter").field("used", &self.used()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use dormouse_core::clock::BoxSleep;
    use dormouse_core::{Instant, Timestamp};

    use super::*;

    /// A thread CPU clock that is set by hand.
    #[derive(Default)]
    struct ByHand(Mutex<Duration>);

    impl ByHand {
        fn spend(&self, span: Duration) {
            *self.0.lock().expect("no panic under the lock") += span;
        }
    }

    impl Clock for ByHand {
        fn wall(&self) -> Timestamp {
            Timestamp::EPOCH
        }
        fn now(&self) -> Instant {
            Instant::ORIGIN
        }
        fn sleep_until(&self, _: Instant) -> BoxSleep {
            Box::pin(std::future::pending())
        }
        fn thread_cpu(&self) -> Duration {
            *self.0.lock().expect("no panic under the lock")
        }
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn only_what_is_used_inside_polls_is_billed() {
        let clock = Arc::new(ByHand::default());
        let meter = Meter::new(Arc::clone(&clock) as Arc<dyn Clock>);
        clock.spend(7 * MS);
        {
            let _polling = meter.begin();
            clock.spend(2 * MS);
        }
        clock.spend(100 * MS);
        meter.bill();
        {
            let _polling = meter.begin();
            clock.spend(3 * MS);
        }
        assert_eq!(meter.used(), 5 * MS);
    }

    #[test]
    fn a_bill_in_the_middle_of_a_poll_is_seen_at_once_and_not_made_twice() {
        let clock = Arc::new(ByHand::default());
        let meter = Meter::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let polling = meter.begin();
        clock.spend(4 * MS);
        assert_eq!(meter.used(), Duration::ZERO);
        meter.bill();
        assert_eq!(meter.used(), 4 * MS);
        clock.spend(MS);
        drop(polling);
        assert_eq!(meter.used(), 5 * MS);
    }

    #[test]
    fn a_tick_is_passed_over_once_and_only_where_a_poll_has_hardly_begun() {
        let clock = Arc::new(ByHand::default());
        let meter = Meter::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let tick = |after: Duration| {
            clock.spend(after);
            meter.bill();
            meter.passes_over()
        };
        {
            let _polling = meter.begin();
            assert!(tick(BEGUN / 2));
            assert!(!tick(Duration::ZERO), "the second one in a poll");
        }
        {
            let _polling = meter.begin();
            assert!(!tick(BEGUN), "it is no brief poll any more");
            assert!(!tick(Duration::ZERO));
        }
        assert!(!meter.passes_over(), "outside of a poll");
        assert!(!meter.hurry(), "outside of a poll");
        {
            let _polling = meter.begin();
            assert!(meter.hurry());
            assert!(!tick(BEGUN / 2), "there is no time for that");
        }
        let _polling = meter.begin();
        assert!(tick(BEGUN / 2), "what was used before this poll does not count");
    }

    #[test]
    fn a_poll_that_moves_to_a_thread_with_a_younger_clock_is_not_billed_backwards() {
        let clock = Arc::new(ByHand::default());
        let meter = Meter::new(Arc::clone(&clock) as Arc<dyn Clock>);
        clock.spend(50 * MS);
        drop(meter.begin());
        *clock.0.lock().expect("no panic under the lock") = MS;
        {
            let _polling = meter.begin();
            clock.spend(2 * MS);
        }
        assert_eq!(meter.used(), 2 * MS);
    }
}
