//! A clock that goes faster than the others.

use std::time::Duration;

use dormouse::core::clock::BoxSleep;
use dormouse::core::{Instant, Timestamp};
use dormouse::{Clock, TokioClock};
use tokio::runtime::Handle;

/// Goes so many times as fast as the machine's clocks, from now on.
pub(crate) struct FastClock {
    real: TokioClock,
    times: u32,
    began: Timestamp,
}

impl FastClock {
    /// `times` is at least 1; `timers` drives the waits.
    pub(crate) fn new(timers: Handle, times: u32) -> Self {
        let real = TokioClock::new(timers);
        Self { began: real.wall(), real, times }
    }

    fn elapsed(&self) -> Duration {
        self.real.now().since_origin().saturating_mul(self.times)
    }
}

impl Clock for FastClock {
    fn wall(&self) -> Timestamp {
        self.began + self.elapsed()
    }

    fn now(&self) -> Instant {
        Instant::from_origin(self.elapsed())
    }

    fn sleep_until(&self, deadline: Instant) -> BoxSleep {
        // Rounded up: a wait that ends a moment early would begin again.
        let real = deadline.since_origin() / self.times + Duration::from_nanos(1);
        self.real.sleep_until(Instant::from_origin(real))
    }

    /// What a guest computes takes as long as it takes.
    fn thread_cpu(&self) -> Duration {
        self.real.thread_cpu()
    }
}
