//! The one real clock; every other part of the runtime is given it.

mod set;

use std::time::{Duration, SystemTime};

use dormouse_core::clock::{BoxSleep, WALL_LOOK};
use dormouse_core::{Clock, Instant, Timestamp};
use tokio::runtime::Handle;

use set::WasSet;

/// The machine's clocks, with timers on a tokio runtime.
///
/// The timers belong to the runtime that it was made on, whichever thread polls them: guests' threads drive
/// no timers, so a guest that spins cannot hold one up.
///
/// On Linux the kernel says when the wall clock was set and when the machine woke from sleep, and what is due is fired at
/// once. Elsewhere the wall clock is looked at every [`WALL_LOOK`].
#[derive(Debug)]
pub struct TokioClock {
    origin: std::time::Instant,
    timers: Handle,
    set: Option<WasSet>,
}

impl TokioClock {
    /// A clock whose timers are driven by `timers`.
    ///
    /// # Panics
    ///
    /// If `timers` is a runtime without timers or without I/O: build it with `enable_all`.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one real clock; all others are given it")]
    pub fn new(timers: Handle) -> Self {
        let set = WasSet::new(&timers);
        Self { origin: std::time::Instant::now(), timers, set }
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

    fn sleep_until_wall(&self, at: Timestamp) -> BoxSleep {
        let left = at.since(self.wall());
        let Some(set) = &self.set else {
            return self.sleep_until(self.now() + left.min(WALL_LOOK));
        };
        let (come, set) = (self.sleep_until(self.now() + left), set.notified());
        Box::pin(async {
            tokio::select! {
                () = come => {}
                () = set => {}
            }
        })
    }

    fn thread_cpu(&self) -> Duration {
        let spec = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        let seconds = u64::try_from(spec.tv_sec).unwrap_or_default();
        let nanos = u32::try_from(spec.tv_nsec).unwrap_or_default();
        Duration::new(seconds, nanos)
    }
}
