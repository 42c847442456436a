//! Budgets: what ends a run although nobody asked for it.

use std::time::Duration;

use super::{Minute, Output, RunMachine, WaitsFor};
use crate::outcome::{Cancellation, CancellationReason, Outcome, Stop};
use crate::time::Instant;

/// The minute of [`Limits::cpu_per_minute`](crate::Limits::cpu_per_minute).
const MINUTE_SECS: u64 = 60;

impl RunMachine {
    /// Time passed. `cpu` is the CPU time that the run has used since its start; it never shrinks.
    ///
    /// Call it after each poll of the guest and when [`RunMachine::next_timeout`] is reached.
    pub fn tick(&mut self, now: Instant, cpu: Duration) -> Option<Output> {
        self.begin_minute(now);
        self.cpu = self.cpu.max(cpu);
        if self.ended.is_some() {
            return None;
        }
        if let Some(told) = &self.told {
            // Idle for good: it does not hear of that either, and the grace would be waited for in vain.
            let in_vain = self.stuck && told.cancellation.reason == CancellationReason::IdleTask;
            if now >= told.deadline || self.cpu >= told.cpu_deadline || in_vain {
                let cancellation = told.cancellation.clone();
                return self.end(now, Outcome::Canceled { cancellation, forced: true });
            }
            return None;
        }
        if self.cpu >= self.limits.cpu {
            return self.exceeded(
                CancellationReason::ExecutionTimeExceeded,
                "cpu",
                self.cpu,
                self.limits.cpu,
                now,
            );
        }
        let in_minute = self.cpu.saturating_sub(self.minute.cpu);
        if in_minute >= self.limits.cpu_per_minute {
            let (reason, most) = (CancellationReason::ExecutionTimeExceeded, self.limits.cpu_per_minute);
            return self.exceeded(reason, "cpu-per-minute", in_minute, most, now);
        }
        if let Some(pause) = self.pause {
            if now < pause.until {
                return None;
            }
            self.unpause(now);
            return Some(Output::Resume);
        }
        if self.stuck {
            return self.exceeded(CancellationReason::IdleTask, "idle", Duration::ZERO, Duration::ZERO, now);
        }
        let without_io = now.since(self.io.0);
        if without_io >= self.limits.io_every {
            return self.exceeded(
                CancellationReason::IdleTask,
                "io-every",
                without_io,
                self.limits.io_every,
                now,
            );
        }
        if self.is_untimed() {
            return None;
        }
        let wall = self.wall(now);
        if wall >= self.limits.wall {
            return self.exceeded(
                CancellationReason::ExecutionTimeExceeded,
                "wall",
                wall,
                self.limits.wall,
                now,
            );
        }
        let idle = self.idle_since.map_or(Duration::ZERO, |since| now.since(since));
        if self.idle_since.is_some() && idle >= self.limits.idle {
            return self.exceeded(CancellationReason::IdleTask, "idle", idle, self.limits.idle, now);
        }
        None
    }

    /// The guest was polled and gave way. Without this it is never idle (UWP-088).
    ///
    /// `calls` is how often it has called WASI since its start; it never shrinks. Call this after each poll, before
    /// [`RunMachine::tick`].
    pub fn gave_way(&mut self, waits_for: WaitsFor, calls: u64, now: Instant) {
        if calls > self.io.1 {
            self.io = (now, calls);
        }
        self.stuck = waits_for == WaitsFor::Nothing;
        match waits_for {
            WaitsFor::Something => self.idle_since = None,
            WaitsFor::Cancellation | WaitsFor::Nothing => {
                self.idle_since.get_or_insert(now);
            }
        }
    }

    /// A limit of the run's own ends it: it is cancelled, and the figures are kept.
    fn exceeded(
        &mut self,
        reason: CancellationReason,
        policy: &'static str,
        observed: Duration,
        threshold: Duration,
        now: Instant,
    ) -> Option<Output> {
        let detail = match policy {
            "idle" if self.stuck => "waits for nothing that can ever happen".to_owned(),
            "idle" => {
                format!("did nothing for {observed:?} of {threshold:?}, and waits only for its cancellation")
            }
            "io-every" => format!("no call of WASI for {observed:?} of {threshold:?}"),
            "wall" => format!("ran {observed:?} of {threshold:?}"),
            _ => format!("used {observed:?} of {threshold:?}"),
        };
        let cancellation = Cancellation::new(reason, policy, detail);
        self.stop =
            Some(Stop { threshold: Some(threshold), observed: Some(observed), ..Stop::by(&cancellation) });
        self.cancel(cancellation, now)
    }

    /// Counts CPU time anew if a minute of the run is over.
    fn begin_minute(&mut self, now: Instant) {
        let number = self.elapsed(now).as_secs() / MINUTE_SECS;
        if number > self.minute.number {
            self.minute = Minute { number, cpu: self.cpu };
        }
    }

    /// Neither wall-clock time nor idleness ends it (UWP-103).
    const fn is_untimed(&self) -> bool {
        self.limits.untimed && self.taken > 0
    }

    /// When [`RunMachine::tick`] has something to do although the guest does nothing. None once ended.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        if self.ended.is_some() {
            return None;
        }
        match (&self.told, self.pause) {
            (Some(told), _) => Some(told.deadline),
            (None, Some(pause)) => Some(pause.until),
            (None, None) => {
                let wall = self.started + self.limits.wall + self.paused;
                let idle = self.idle_since.map(|since| since + self.limits.idle);
                let io = (self.limits.io_every < Duration::MAX).then(|| self.io.0 + self.limits.io_every);
                let timed = [Some(wall), idle].into_iter().filter(|_| !self.is_untimed());
                timed.chain([io]).flatten().min()
            }
        }
    }
}
