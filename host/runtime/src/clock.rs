//! The one real clock; every other part of the runtime is given it.

use std::time::{Duration, SystemTime};

use dormouse_core::clock::BoxSleep;
use dormouse_core::{Clock, Instant, Timestamp};
use tokio::runtime::Handle;

/// The machine's clocks, with timers on a tokio runtime.
///
/// The timers belong to the runtime that it was made on, whichever thread polls them: guests' threads drive
/// no timers, so a guest that spins cannot hold one up.
#[derive(Debug)]
pub struct TokioClock {
    origin: std::time::Instant,
    timers: Handle,
}

impl TokioClock {
    /// A clock whose timers are driven by `timers`.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one real clock; all others are given it")]
    pub fn new(timers: Handle) -> Self {
        Self { origin: std::time::Instant::now(), timers }
    }
}

impl Clock for TokioClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one real clock; all others are given it")]
    fn wall(&self) -> Timestamp {
        // A clock before 1970 is a clock that was never set: the epoch is as good a guess.
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::EPOCH + since
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one real clock; all others are given it")]
    fn now(&self) -> Instant {
        Instant::from_origin(self.origin.elapsed())
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one real clock; all others are given it")]
    fn sleep_until(&self, deadline: Instant) -> BoxSleep {
        let _on_the_control_runtime = self.timers.enter();
        // Beyond what a timer can hold is, for a timer, never: some thirty years.
        let at = self
            .origin
            .checked_add(deadline.since_origin())
            .unwrap_or_else(|| self.origin + Duration::from_secs(30 * 365 * 24 * 60 * 60));
        Box::pin(tokio::time::sleep_until(at.into()))
    }

    fn thread_cpu(&self) -> Duration {
        let spec = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        let seconds = u64::try_from(spec.tv_sec).unwrap_or_default();
        let nanos = u32::try_from(spec.tv_nsec).unwrap_or_default();
        Duration::new(seconds, nanos)
    }
}
