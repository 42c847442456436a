//! What happens although nobody does anything.

use super::call::InFlight;
use super::end::HandlerName;
use super::{AppMachine, End, Handler, Output};
use crate::time::Instant;

impl AppMachine {
    /// Time passed.
    ///
    /// Call it after each poll of the guest, and when [`AppMachine::next_timeout`] is reached.
    pub fn tick(&mut self, now: Instant) -> Vec<Output> {
        let mut out = Vec::new();
        // Each pass does what one deadline asks for; what follows of it may be due as well.
        while self.next_timeout().is_some_and(|at| at <= now) {
            let before = out.len();
            self.due(now, &mut out);
            debug_assert!(out.len() > before, "a timeout that asks for nothing");
            if out.len() == before {
                break;
            }
        }
        out
    }

    fn due(&mut self, now: Instant, out: &mut Vec<Output>) {
        let extension = self.extension.and_then(|extension| extension.timeout());
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if let Some(call) = self.missed(now) {
            let end = match call.handler {
                Handler::Suspending => End::SuspendFailed,
                handler => End::Hung { handler: HandlerName::from(&handler) },
            };
            self.end(self.leaving.unwrap_or(end), now, out);
        } else if is_due(extension) {
            if self.revoked().is_none() {
                out.extend(self.revoke_extension(now));
            } else {
                self.extension = None;
                out.push(Output::ExtensionOver);
                self.without_extension(now, out);
            }
        } else if is_due(self.over_limit_at()) {
            self.end_over_limit(now, out);
        } else {
            self.advance(now, out);
        }
    }

    /// A call that is not over at its deadline.
    fn missed(&self, now: Instant) -> Option<InFlight> {
        let calls = [self.call, self.notice].into_iter().flatten();
        calls.filter(|call| !call.is_over()).find(|call| self.deadline_of(call) <= now)
    }

    /// When a call must be over. One of `suspending` is put off for as long as an extended execution lasts (UWP-142).
    pub(super) fn deadline_of(&self, call: &InFlight) -> Instant {
        match self.extension {
            Some(extension) if call.handler == Handler::Suspending => {
                // Told at `until`, over a moment later.
                let over = extension.until.map(|until| until + self.policy.revoked);
                let over = extension.revoked.map(|(_, over)| over).or(over);
                over.unwrap_or(call.deadline)
            }
            _ => call.deadline,
        }
    }

    /// When [`AppMachine::tick`] has something to do although the guest does nothing. None while it is suspended, or not
    /// there: such an app costs no CPU time.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        if !self.state.is_polled() {
            return None;
        }
        let calls = [&self.call, &self.notice].into_iter().flatten().filter(|call| !call.is_over());
        let calls = calls.map(|call| self.deadline_of(call)).min();
        let extension = self.extension.and_then(|extension| extension.timeout());
        [calls, extension, self.suspends_at(), self.over_limit_at()].into_iter().flatten().min()
    }
}

impl From<&Handler> for HandlerName {
    fn from(handler: &Handler) -> Self {
        match handler {
            Handler::Launched { .. } => Self::Launched,
            Handler::Activated { .. } => Self::Activated,
            Handler::EnteredBackground => Self::EnteredBackground,
            Handler::LeavingBackground => Self::LeavingBackground,
            Handler::Suspending => Self::Suspending,
            Handler::Resuming { .. } => Self::Resuming,
            Handler::MemoryLimitChanging { .. } => Self::MemoryLimitChanging,
            Handler::MemoryUsageChanged { .. } => Self::MemoryUsageChanged,
        }
    }
}
