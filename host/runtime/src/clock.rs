//! The one real clock; every other part of the runtime is given it.

mod set;

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use dormouse_core::clock::{BoxSleep, WALL_LOOK};
use dormouse_core::{Clock, Instant, Timestamp};
use tokio::runtime::Handle;

use set::WasSet;

/// For so long after the kernel was asked, a thread is taken to have had a core without a break. Asking is a system call that
/// takes 0.4 µs, twice for each turn of a guest, where the clock on the monotonic side takes a twentieth of that: a thread that
/// runs one brief guest after another would ask all the time.
const CARRIED: Duration = Duration::from_micros(50);

/// When the kernel was asked for this thread's CPU time, and what it said.
#[derive(Clone, Copy)]
struct Asked {
    at: std::time::Instant,
    used: Duration,
}

thread_local! {
    static ASKED: Cell<Option<Asked>> = const { Cell::new(None) };
}

/// What the kernel says, now.
pub(crate) fn thread_cpu() -> Duration {
    let spec = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(spec.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(spec.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanos)
}

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

    /// Never less than the kernel says, and at most 50 µs more: by what the thread was without a core since the kernel
    /// was asked. That is not added up, as each of its answers is taken for itself.
    #[expect(clippy::disallowed_methods, reason = "this is the one real clock; all others are given it")]
    fn thread_cpu(&self) -> Duration {
        let at = std::time::Instant::now();
        if let Some(asked) = ASKED.get() {
            let since = at.saturating_duration_since(asked.at);
            if since < CARRIED {
                return asked.used + since;
            }
        }
        let used = thread_cpu();
        ASKED.set(Some(Asked { at, used }));
        used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_cpu_time_of_a_thread_is_what_the_kernel_says_and_hardly_more() {
        let clock = TokioClock::new(Handle::current());
        let begun = thread_cpu();
        let mut looks = 0_u32;
        // Some five hundred times the kernel's, and what lies between.
        while thread_cpu().saturating_sub(begun) < CARRIED * 500 {
            let before = thread_cpu();
            let said = clock.thread_cpu();
            let after = thread_cpu();
            assert!(before <= said, "{before:?} {said:?}");
            assert!(said < after + CARRIED, "{said:?} {after:?}");
            looks += 1;
        }
        assert!(looks > 500, "{looks}");
    }

    #[tokio::test]
    async fn the_kernel_is_not_asked_each_time_and_each_thread_has_its_own_time() {
        let clock = TokioClock::new(Handle::current());
        while clock.thread_cpu() < Duration::from_millis(20) {}
        let of_another = std::thread::scope(|scope| scope.spawn(|| clock.thread_cpu()).join());
        assert!(of_another.expect("no panic") < clock.thread_cpu());
        // As it was asked so long ago: once in a while only.
        let asked_anew = (0..1000).filter(|_| {
            let before = ASKED.get().map(|asked| asked.at);
            clock.thread_cpu();
            ASKED.get().map(|asked| asked.at) != before
        });
        assert!(asked_anew.count() < 500);
    }
}
