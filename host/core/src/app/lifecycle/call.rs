//! One call of a handler.

use super::{AppMachine, MemoryChange, MemoryLevel, Output, PreviousExecutionState, Ticket};
use crate::run::DeferralError;
use crate::time::Instant;
use std::time::Duration;

/// Deferrals of one call that may be open at once.
pub const DEFERRALS_MAX: u32 = 16;

/// Stands for a call: what comes late is not taken for that of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// What is called in the guest, with what the machine knows of its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handler {
    /// `launched`.
    Launched {
        /// For which activation.
        ticket: Ticket,
        /// What the app was.
        previous: PreviousExecutionState,
        /// Ahead of its user.
        prelaunch: bool,
    },
    /// `activated`.
    Activated {
        /// For which activation.
        ticket: Ticket,
        /// What the app was.
        previous: PreviousExecutionState,
    },
    /// `entered-background`.
    EnteredBackground,
    /// `leaving-background`.
    LeavingBackground,
    /// `suspending`.
    Suspending,
    /// `resuming`.
    Resuming {
        /// How long it was suspended.
        away: Duration,
    },
    /// `memory-limit-changing` (UWP-109).
    MemoryLimitChanging {
        /// Bytes that it may have now.
        old: u64,
        /// Bytes that it may have afterwards.
        new: u64,
    },
    /// `memory-usage-changed` (UWP-108).
    MemoryUsageChanged {
        /// Up or down.
        change: MemoryChange,
        /// The level that it is at.
        level: MemoryLevel,
        /// Bytes that it holds.
        used: u64,
        /// Bytes that it may have.
        limit: u64,
    },
}

impl Handler {
    /// Its name in the contract, logs and on the command line.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Launched { .. } => "launched",
            Self::Activated { .. } => "activated",
            Self::EnteredBackground => "entered-background",
            Self::LeavingBackground => "leaving-background",
            Self::Suspending => "suspending",
            Self::Resuming { .. } => "resuming",
            Self::MemoryLimitChanging { .. } => "memory-limit-changing",
            Self::MemoryUsageChanged { .. } => "memory-usage-changed",
        }
    }

    /// Whether it is given a transition, of which deferrals can be taken.
    #[must_use]
    pub const fn has_deferrals(&self) -> bool {
        matches!(self, Self::EnteredBackground | Self::LeavingBackground | Self::Suspending)
    }

    /// Whether background tasks wait until it has returned: the app makes itself ready in it.
    pub(super) const fn readies(&self) -> bool {
        matches!(self, Self::Launched { .. } | Self::Activated { .. } | Self::Resuming { .. })
    }
}

/// A call that is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// By which it is known.
    pub id: CallId,
    /// What is called.
    pub handler: Handler,
    /// When it must have returned, with its deferrals. An extended execution may put it off.
    pub deadline: Instant,
}

/// A call that was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct InFlight {
    pub(super) id: CallId,
    pub(super) handler: Handler,
    pub(super) deadline: Instant,
    pub(super) returned: bool,
    pub(super) deferrals: u32,
    /// An extended execution put it off.
    pub(super) extended: bool,
}

impl InFlight {
    pub(super) const fn is_over(&self) -> bool {
        self.returned && self.deferrals == 0
    }
}

impl AppMachine {
    /// Begins a call; the caller keeps it.
    pub(super) fn begin(&mut self, handler: Handler, now: Instant, out: &mut Vec<Output>) -> InFlight {
        let span = match handler {
            Handler::Launched { .. } | Handler::Activated { .. } => self.policy.launch,
            Handler::Suspending => self.policy.suspending,
            Handler::EnteredBackground | Handler::LeavingBackground | Handler::Resuming { .. } => {
                self.policy.transition
            }
            Handler::MemoryLimitChanging { .. } | Handler::MemoryUsageChanged { .. } => self.policy.notice,
        };
        self.calls = self.calls.wrapping_add(1);
        let (id, deadline) = (CallId(self.calls), now + span);
        out.push(Output::Call(Call { id, handler, deadline }));
        InFlight { id, handler, deadline, returned: false, deferrals: 0, extended: false }
    }

    /// Its guest was not polled for `span`, and not for a reason of its own: it has that much longer for what it is called for.
    pub fn held_up(&mut self, span: Duration) {
        for call in [&mut self.call, &mut self.notice].into_iter().flatten() {
            call.deadline = call.deadline + span;
        }
    }

    /// The handler returned.
    pub fn returned(&mut self, id: CallId, now: Instant) -> Vec<Output> {
        self.on_call(id, now, |call| call.returned = true)
    }

    /// The guest asks for a deferral of a transition (UWP-128).
    ///
    /// # Errors
    ///
    /// [`DeferralError`] once the transition is over, or at [`DEFERRALS_MAX`].
    pub fn take_deferral(&mut self, id: CallId) -> Result<(), DeferralError> {
        let call = self.call.as_mut().filter(|call| call.id == id && call.handler.has_deferrals());
        let call = call.filter(|call| !call.is_over()).ok_or(DeferralError::Ended)?;
        if call.deferrals >= DEFERRALS_MAX {
            return Err(DeferralError::TooMany);
        }
        call.deferrals += 1;
        Ok(())
    }

    /// The guest completed, or dropped, a deferral of a transition.
    pub fn complete_deferral(&mut self, id: CallId, now: Instant) -> Vec<Output> {
        self.on_call(id, now, |call| call.deferrals = call.deferrals.saturating_sub(1))
    }

    fn on_call(&mut self, id: CallId, now: Instant, change: impl FnOnce(&mut InFlight)) -> Vec<Output> {
        let mut out = Vec::new();
        if let Some(notice) = self.notice.as_mut().filter(|call| call.id == id) {
            change(notice);
            if notice.is_over() {
                self.notice = None;
                self.notice_memory(now, &mut out);
            }
        } else if let Some(call) = self.call.as_mut().filter(|call| call.id == id && !call.is_over()) {
            change(call);
            if call.is_over() {
                self.over(now, &mut out);
            }
        }
        out
    }

    /// The call under way is over, and what waited for it goes on.
    fn over(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Some(call) = self.call else { return };
        if let Handler::Launched { ticket, .. } | Handler::Activated { ticket, .. } = call.handler {
            self.since = now;
            out.push(Output::Settled(ticket));
        }
        // `suspending` stays the call under way while an extension holds it.
        if call.handler == Handler::Suspending {
            if self.extension.is_none() {
                self.suspended(now, out);
            }
        } else {
            self.call = None;
        }
        self.advance(now, out);
    }
}
