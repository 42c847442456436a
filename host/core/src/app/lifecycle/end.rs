//! What ends an app.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{AppMachine, AppState, Handler, Launched, Output, Pending, Wanted};
use crate::app::previous::{Kept, PreviousExecutionState};
use crate::time::Instant;

/// Why an instance of an app ended. None of them is told to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "end")]
#[non_exhaustive]
pub enum End {
    /// Its user closed it.
    Closed,
    /// It was suspended, and what it held was needed (UWP-133).
    Reclaimed,
    /// It was not suspended, and what it held was needed.
    Terminated,
    /// It held more than its limit in the background for too long.
    OverLimit,
    /// It trapped (UWP-134).
    Crashed,
    /// A handler did not return in time.
    Hung {
        /// Which.
        handler: HandlerName,
    },
    /// It was not done with `suspending` in time (UWP-129).
    SuspendFailed,
    /// A background task in it had to be ended by force (UWP-086).
    TaskKilled,
    /// It asked to be restarted (UWP-143).
    Restarted,
    /// Its host stops, or its package is replaced: it was suspended for that.
    HostStopped,
    /// It is being removed.
    Uninstalled,
    /// The session ends.
    LoggedOff,
}

/// The name of a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HandlerName {
    /// `launched`.
    Launched,
    /// `activated`.
    Activated,
    /// `entered-background`.
    EnteredBackground,
    /// `leaving-background`.
    LeavingBackground,
    /// `suspending`.
    Suspending,
    /// `resuming`.
    Resuming,
    /// `memory-limit-changing`.
    MemoryLimitChanging,
    /// `memory-usage-changed`.
    MemoryUsageChanged,
    /// `completed` or `progressed`.
    TaskEvents,
}

impl HandlerName {
    /// Its name in the contract, logs and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Launched => "launched",
            Self::Activated => "activated",
            Self::EnteredBackground => "entered-background",
            Self::LeavingBackground => "leaving-background",
            Self::Suspending => "suspending",
            Self::Resuming => "resuming",
            Self::MemoryLimitChanging => "memory-limit-changing",
            Self::MemoryUsageChanged => "memory-usage-changed",
            Self::TaskEvents => "task-events",
        }
    }
}

impl End {
    /// Its name in logs and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Reclaimed => "reclaimed",
            Self::Terminated => "terminated",
            Self::OverLimit => "over-limit",
            Self::Crashed => "crashed",
            Self::Hung { .. } => "hung",
            Self::SuspendFailed => "suspend-failed",
            Self::TaskKilled => "task-killed",
            Self::Restarted => "restarted",
            Self::HostStopped => "host-stopped",
            Self::Uninstalled => "uninstalled",
            Self::LoggedOff => "logged-off",
        }
    }

    /// What is kept of it, if it was activated: see the table of [`previous`](crate::app::previous).
    #[must_use]
    pub const fn kept(self) -> Kept {
        match self {
            Self::Closed => Kept::ClosedByUser,
            Self::Reclaimed | Self::Restarted | Self::HostStopped => Kept::Terminated,
            _ => Kept::NotRunning,
        }
    }

    /// What an instance that follows at once is told.
    const fn previous(self) -> PreviousExecutionState {
        match self.kept() {
            Kept::Terminated => PreviousExecutionState::Terminated,
            _ => PreviousExecutionState::NotRunning,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AppMachine {
    /// Whether what waits for it begins it anew when it has ended so: it does, unless nobody is left for whom it could.
    #[must_use]
    pub const fn begins_anew(&self, end: End) -> bool {
        !self.shut && !matches!(end, End::Uninstalled | End::LoggedOff)
    }

    /// Nothing comes of what waits for it.
    pub(super) fn drop_waiting(&mut self, out: &mut Vec<Output>) {
        out.extend(self.pending.drain(..).map(|pending| Output::Dropped(pending.ticket)));
        self.waiting_runs = 0;
    }

    /// Ends it now. What waits for it begins a new instance.
    pub(super) fn end(&mut self, end: End, now: Instant, out: &mut Vec<Output>) {
        self.end_as(end, None, now, out);
    }

    /// As [`end`](Self::end). `was` is what the next instance is told all the same, if nothing of this one ever ran.
    pub(super) fn end_as(
        &mut self,
        end: End,
        was: Option<PreviousExecutionState>,
        now: Instant,
        out: &mut Vec<Output>,
    ) {
        // Of an instance in which only background tasks ran nothing is kept, unless its own launch follows.
        let is_kept = std::mem::take(&mut self.is_kept) || end == End::Restarted;
        // What ends in good order is kept before its memory goes: a host that falls in between has still ended it.
        match (is_kept, end.kept()) {
            (false, _) => out.push(Output::End(end)),
            (true, Kept::NotRunning) => out.extend([Output::End(end), Output::Keep(Kept::NotRunning)]),
            (true, kept) => out.extend([Output::Keep(kept), Output::End(end)]),
        }
        out.push(Output::Became(AppState::NotRunning));
        if let Some(Handler::Launched { ticket, .. } | Handler::Activated { ticket, .. }) = self.calling() {
            out.push(Output::Dropped(ticket));
        }
        self.state = AppState::NotRunning;
        self.launched = Launched::Never;
        if is_kept {
            self.last = was.unwrap_or_else(|| end.previous());
        }
        self.runs = 0;
        (self.held, self.hasten, self.wake) = (false, false, false);
        self.steps.clear();
        (self.call, self.notice, self.extension) = (None, None, None);
        (self.then, self.leaving, self.attended) = (None, None, None);
        self.restarted = (end == End::Restarted).then_some(now);
        for pending in &mut self.pending {
            pending.while_suspended = false;
        }
        match self.restart.take() {
            Some(ticket) if end == End::Restarted => {
                self.pending.push_front(Pending { ticket, wanted: Wanted::Launch, while_suspended: false });
            }
            Some(ticket) => out.push(Output::Dropped(ticket)),
            None => {}
        }
        if !self.begins_anew(end) {
            self.drop_waiting(out);
        }
        // Who saw what has ended sees nothing any more; who waits for what begins anew will.
        self.visible &= self.pending.iter().any(|pending| pending.wanted != Wanted::Prelaunch);
        self.advance(now, out);
    }
}
