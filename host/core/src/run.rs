//! One run, from start to end, as a machine: inputs in, at most one [`Output`] out of each.
//!
//! ```text
//!             deferral completes                        quota spent
//!             (others open) ┌──┐                       ┌──────────► Paused ─┐
//!                           ▼  │                       │                    │ refill, or a
//!  start ──► Running ───────────────────────────────── ┤ ◄──────────────────┘ cancellation
//!               │  run returns, deferrals open         │
//!               ▼                                      │
//!            Deferred ── last deferral completes ──────┼──► Ended
//!               │        nothing left to complete it   │
//!               ▼                                      │
//!  cancel, a budget spent, idle (once, from any of them):  tell the guest, begin the grace
//!               │                                      │
//!               ▼                                      │
//!           Canceling ── returned and all deferrals complete ──► Ended (clean)
//!                        grace over, nothing left, overdrawn ───► Ended (forced)
//!  a trap, a kill or a lost lease, from anywhere ──────────────► Ended
//! ```
//!
//! The machine owns the rules: what ends a run, when it is told, when it is killed, and that each of these
//! happens at most once. It has no clock and no guest. The runtime feeds it moments, CPU time and what the
//! guest did, and does what it answers. After [`Output::End`] every input is refused: nothing is accepted
//! from a run that was taken down (UWP-097).

mod budget;
mod pause;

use std::time::Duration;

use crate::limits::Limits;
use crate::outcome::{Cancellation, Outcome, Stop, TaskFailure, TrapKind};
use crate::time::Instant;
use pause::Pause;

pub use pause::Throttle;

/// What the runtime has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Wake `canceled` and `sleep` with [`RunMachine::cancellation`]. If the run was paused, poll it again.
    Tell,
    /// Resolve `canceled` with none: the task said that it is done.
    Done,
    /// Do not poll the guest until [`Output::Resume`] or [`Output::Tell`].
    Pause,
    /// Poll the guest again.
    Resume,
    /// Drop the sandbox. The outcome is final.
    End(Outcome),
}

/// Why no deferral was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeferralError {
    /// The run has ended (UWP-079).
    #[error("the run has ended")]
    Ended,
    /// As many are open as the limits allow.
    #[error("the run holds as many open deferrals as its limit allows")]
    TooMany,
}

/// What a guest that gave way waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// It did something since it was asked last, or waits for something that may happen by itself, or nobody can tell.
    Something,
    /// Only its cancellation, or the end of its own deferrals.
    Cancellation,
    /// Nothing that can ever happen: it does not even hear of a cancellation.
    Nothing,
}

#[derive(Clone, Debug)]
struct Told {
    cancellation: Cancellation,
    deadline: Instant,
    cpu_deadline: Duration,
}

/// The minute in which CPU time is counted, from the start of the run.
#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    number: u64,
    /// CPU time of the run when it began.
    cpu: Duration,
}

/// The rules of one run. See the module's drawing.
#[derive(Clone, Debug)]
pub struct RunMachine {
    limits: Limits,
    started: Instant,
    cpu: Duration,
    open: u32,
    taken: u32,
    returned: Option<Result<(), TaskFailure>>,
    told: Option<Told>,
    pause: Option<Pause>,
    paused: Duration,
    throttled_cpu: u32,
    throttled_network: u32,
    minute: Minute,
    /// When it called WASI last, and how often until then.
    io: (Instant, u64),
    idle_since: Option<Instant>,
    stuck: bool,
    stop: Option<Stop>,
    ended: Option<Instant>,
}

impl RunMachine {
    /// A run that starts at `now`.
    #[must_use]
    pub const fn new(limits: Limits, now: Instant) -> Self {
        Self {
            limits,
            started: now,
            cpu: Duration::ZERO,
            open: 0,
            taken: 0,
            returned: None,
            told: None,
            pause: None,
            paused: Duration::ZERO,
            throttled_cpu: 0,
            throttled_network: 0,
            minute: Minute { number: 0, cpu: Duration::ZERO },
            io: (now, 0),
            idle_since: None,
            stuck: false,
            stop: None,
            ended: None,
        }
    }

    // ---- what the guest does -------------------------------------------------------------------------

    /// The guest asks for a deferral.
    ///
    /// # Errors
    ///
    /// [`DeferralError`] once the run has ended (UWP-079), or at the limit.
    pub const fn take_deferral(&mut self) -> Result<(), DeferralError> {
        if self.ended.is_some() {
            return Err(DeferralError::Ended);
        }
        if self.open >= self.limits.deferrals {
            return Err(DeferralError::TooMany);
        }
        self.open += 1;
        self.taken = self.taken.saturating_add(1);
        Ok(())
    }

    /// The guest completed, or dropped, one of its deferrals (UWP-073, UWP-074, UWP-075).
    pub fn complete_deferral(&mut self, now: Instant) -> Option<Output> {
        if self.ended.is_some() || self.open == 0 {
            return None;
        }
        self.open -= 1;
        if self.open > 0 {
            return None;
        }
        if self.returned.is_some() {
            return self.end_returned(now);
        }
        // After a cancellation `canceled` and `sleep` go on answering that.
        if self.told.is_none() { Some(Output::Done) } else { None }
    }

    /// `run` returned. Without open deferrals this ends the run at once (UWP-072).
    pub fn returned(&mut self, answer: Result<(), TaskFailure>, now: Instant) -> Option<Output> {
        if self.ended.is_some() || self.returned.is_some() {
            return None;
        }
        self.returned = Some(answer);
        if self.open == 0 { self.end_returned(now) } else { None }
    }

    /// No future is left in the guest. If it returned and holds deferrals, nothing can complete them.
    pub fn nothing_left(&mut self, now: Instant) -> Option<Output> {
        if self.ended.is_some() || self.returned.is_none() || self.open == 0 {
            return None;
        }
        let outcome = match &self.told {
            None => Outcome::DeferralAbandoned { open: self.open },
            // It cannot end by itself any more, so the rest of the grace would be waited for in vain.
            Some(told) => Outcome::Canceled { cancellation: told.cancellation.clone(), forced: true },
        };
        self.end(now, outcome)
    }

    /// The guest trapped, or its sandbox could not be made.
    pub fn trapped(&mut self, kind: TrapKind, message: String, now: Instant) -> Option<Output> {
        self.end(now, Outcome::Trapped { kind, message })
    }

    // ---- what the host does --------------------------------------------------------------------------

    /// Cancels the run: tells it, and begins the grace. Only the first cancellation counts (UWP-081).
    pub fn cancel(&mut self, cancellation: Cancellation, now: Instant) -> Option<Output> {
        if self.ended.is_some() || self.told.is_some() {
            return None;
        }
        self.stop.get_or_insert_with(|| Stop::by(&cancellation));
        self.unpause(now);
        self.told = Some(Told {
            cancellation,
            deadline: now + self.limits.grace,
            cpu_deadline: self.cpu.saturating_add(self.limits.grace_cpu),
        });
        Some(Output::Tell)
    }

    /// Takes the run down at once, with the reason it was told before, if it was.
    pub fn kill(&mut self, cancellation: Cancellation, now: Instant) -> Option<Output> {
        let cancellation = match &self.told {
            Some(told) => told.cancellation.clone(),
            None => cancellation,
        };
        if self.ended.is_none() {
            self.stop.get_or_insert_with(|| Stop::by(&cancellation));
        }
        self.end(now, Outcome::Canceled { cancellation, forced: true })
    }

    /// The lease was lost: another node may run this activation already.
    pub fn lost(&mut self, now: Instant) -> Option<Output> {
        self.end(now, Outcome::Interrupted)
    }

    /// Which rule ended it and by what figures; none for a run that nothing stopped.
    #[must_use]
    pub const fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    // ---- what may be asked ---------------------------------------------------------------------------

    /// The cancellation, once there is one.
    #[must_use]
    pub fn cancellation(&self) -> Option<&Cancellation> {
        self.told.as_ref().map(|told| &told.cancellation)
    }

    /// What is left of the grace; none before a cancellation.
    #[must_use]
    pub fn grace_left(&self, now: Instant) -> Option<Duration> {
        self.told.as_ref().map(|told| told.deadline.since(now))
    }

    /// The limits it was started with.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Wall-clock time until cancellation.
    #[must_use]
    pub fn wall_left(&self, now: Instant) -> Duration {
        self.limits.wall.saturating_sub(self.wall(now))
    }

    /// CPU time until cancellation, when `cpu` has been used.
    #[must_use]
    pub fn cpu_left(&self, cpu: Duration) -> Duration {
        self.limits.cpu.saturating_sub(self.cpu.max(cpu))
    }

    /// The task said that it is done: `canceled` resolves with none, unless there is a cancellation.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.ended.is_some() || (self.open == 0 && (self.taken > 0 || self.returned.is_some()))
    }

    /// It has ended.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// `run` has returned.
    #[must_use]
    pub const fn has_returned(&self) -> bool {
        self.returned.is_some()
    }

    /// Deferrals open now.
    #[must_use]
    pub const fn deferrals_open(&self) -> u32 {
        self.open
    }

    /// Deferrals taken so far.
    #[must_use]
    pub const fn deferrals_taken(&self) -> u32 {
        self.taken
    }

    /// Time since the start, paused or not.
    #[must_use]
    pub fn elapsed(&self, now: Instant) -> Duration {
        self.ended.unwrap_or(now).since(self.started)
    }

    fn wall(&self, now: Instant) -> Duration {
        self.elapsed(now).saturating_sub(self.paused(now))
    }

    fn end_returned(&mut self, now: Instant) -> Option<Output> {
        let outcome = match (&self.told, &self.returned) {
            // Told, and ended in time: a clean cancel whatever it answered (UWP-082, UWP-118).
            (Some(told), _) => Outcome::Canceled { cancellation: told.cancellation.clone(), forced: false },
            (None, Some(Err(failure))) => Outcome::Failed(failure.clone()),
            (None, _) => Outcome::Succeeded,
        };
        self.end(now, outcome)
    }

    fn end(&mut self, now: Instant, outcome: Outcome) -> Option<Output> {
        if self.ended.is_some() {
            return None;
        }
        self.unpause(now);
        self.ended = Some(now);
        Some(Output::End(outcome))
    }
}

#[cfg(test)]
mod tests;
