//! The life of one app, as a machine: inputs in, [`Output`]s out, in the order in which they are to be done.
//!
//! ```text
//!                activation, or a task that runs in it
//!  NotRunning ─────────────────────────────────────────► Background ◄──────────────────────────┐
//!      ▲                                                  │  ▲    │                            │
//!      │                seen: leaving-background          │  │    │ out of sight for a while,  │
//!      │        Foreground ◄──────────────────────────────┘  │    │ nothing to do:             │ resuming
//!      │            └────────────────────────────────────────┘    │ suspending                 │
//!      │                out of sight: entered-background          ▼                            │
//!      │                                                     Suspending ──── done ────► Suspended
//!      │                                                          │                            │
//!      └── a trap, a handler that hangs, the end of the session ──┴── deadline     memory ─────┘
//! ```
//!
//! The machine owns the rules: which handler is called when and with how much time, what ends the app, and what it is to be
//! told of that the next time. It has no clock, no guest and no payloads: of an activation it knows a [`Ticket`]. The
//! runtime feeds it moments and what the guest did, and does what it answers, one thing after the other.
//!
//! Of the handlers that are part of a change of state one is called at a time: the next one comes when the one before has
//! returned and its deferrals are complete. `memory-usage-changed` is beside them. Background tasks have machines of their
//! own ([`RunMachine`](crate::RunMachine)); here they are counted.

mod call;
mod end;
mod extension;
mod input;
mod memory;
mod plan;
mod timeout;

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::memory::{MemoryChange, MemoryLevel};
use super::policy::AppPolicy;
use super::previous::{Kept, PreviousExecutionState};
use crate::outcome::CancellationReason;
use crate::time::Instant;

use call::InFlight;
pub use call::{Call, CallId, DEFERRALS_MAX, Handler};
pub use end::{End, HandlerName};
use extension::Extension;
pub use extension::{ExtensionError, ExtensionReason, RevokedReason};
pub use input::{Asked, Leave, RestartError};
use memory::Memory;

/// Where in its life an app is (UWP-123, UWP-124).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppState {
    /// There is no instance of it.
    #[default]
    NotRunning,
    /// It runs, and nobody sees it.
    Background,
    /// It runs, and somebody sees it.
    Foreground,
    /// It is told that it is about to be suspended.
    Suspending,
    /// It is not polled, and its memory is kept.
    Suspended,
}

impl AppState {
    /// Its name in logs and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRunning => "not-running",
            Self::Background => "background",
            Self::Foreground => "foreground",
            Self::Suspending => "suspending",
            Self::Suspended => "suspended",
        }
    }

    /// Whether its guest is polled.
    #[must_use]
    pub const fn is_polled(self) -> bool {
        matches!(self, Self::Background | Self::Foreground | Self::Suspending)
    }
}

/// Stands for an activation: what came with it is the runtime's to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What the machine knows of an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A launch without arguments: an app that is there already is only brought to the front (UWP-131).
    Plain,
    /// A launch with arguments.
    Launch,
    /// A launch ahead of the user's (UWP-139). Of an app that is there already it is nothing.
    Prelaunch,
    /// Anything else.
    Other,
}

/// What the runtime has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Have the store keep this, before anything that follows.
    Keep(Kept),
    /// Make an instance that may have so many bytes.
    Start {
        /// Its limit.
        memory_bytes: u64,
    },
    /// Tell that the state is this now.
    Became(AppState),
    /// Call a handler, and say [`AppMachine::returned`] when it has.
    Call(Call),
    /// The activation is dealt with: its handler has returned, or none had to be called.
    Settled(Ticket),
    /// Nothing comes of the activation: the app ended before its handler returned, or is not begun any more.
    Dropped(Ticket),
    /// So many of the background tasks that wait for the app enter it now, the oldest first.
    Enter {
        /// How many.
        runs: u32,
    },
    /// From now on it may have so many bytes.
    Limit(u64),
    /// The extended execution is revoked: wake whoever waits for that.
    Revoke(RevokedReason),
    /// The extended execution is over, whatever the guest does with its handle.
    ExtensionOver,
    /// Cancel the background tasks in the app, and those that wait for it: from now on these do not.
    CancelRuns(CancellationReason),
    /// Do not poll the guest until [`Output::Thaw`].
    Freeze,
    /// Poll the guest again.
    Thaw,
    /// Drop the instance. Nothing is accepted from it any more; background tasks in it end with it.
    End(End),
}

/// What an instance has been called for so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Launched {
    /// Nothing but background tasks.
    Never,
    /// A prelaunch.
    Ahead,
    /// A launch, or another activation.
    Yes,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    ticket: Ticket,
    wanted: Wanted,
    /// It came while the app was suspended, or about to be.
    while_suspended: bool,
}

/// One thing on the way from one state to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Call(Handler),
    Limit(u64),
    Become(AppState),
}

/// The rules of one app's life. See the module's drawing.
#[derive(Clone, Debug)]
pub struct AppMachine {
    policy: AppPolicy,
    /// That of its next instance.
    next_policy: AppPolicy,
    state: AppState,
    /// Of the instance's own start, or of the last change into the background.
    since: Instant,
    /// Somebody wants to see it.
    visible: bool,
    /// It is to be suspended whoever wants to see it, and without delay.
    held: bool,
    /// It is to be resumed, though nobody sees it.
    wake: bool,
    /// It was prelaunched: it is to be suspended without delay.
    hasten: bool,
    launched: Launched,
    /// It is kept that this instance is there: from before its first activation on.
    is_kept: bool,
    /// What it is told by the first activation of an instance.
    last: PreviousExecutionState,
    pending: VecDeque<Pending>,
    waiting_runs: u32,
    runs: u32,
    steps: VecDeque<Step>,
    call: Option<InFlight>,
    notice: Option<InFlight>,
    calls: u32,
    memory: Memory,
    extension: Option<Extension>,
    /// When somebody saw it last, or activated it: its extended executions in the background count from there. None: it
    /// gets none there.
    attended: Option<Instant>,
    /// What follows when it is suspended.
    then: Option<End>,
    /// What follows when no background task is left in it.
    leaving: Option<End>,
    /// The activation that follows its end.
    restart: Option<Ticket>,
    /// When that was the last time, if this instance follows it.
    restarted: Option<Instant>,
    suspended_at: Instant,
    /// Nothing of it begins any more.
    shut: bool,
}

impl AppMachine {
    /// An app that is not there.
    #[must_use]
    pub const fn new(policy: AppPolicy) -> Self {
        Self {
            policy,
            next_policy: policy,
            state: AppState::NotRunning,
            since: Instant::ORIGIN,
            visible: false,
            held: false,
            wake: false,
            hasten: false,
            launched: Launched::Never,
            is_kept: false,
            last: PreviousExecutionState::NotRunning,
            pending: VecDeque::new(),
            waiting_runs: 0,
            runs: 0,
            steps: VecDeque::new(),
            call: None,
            notice: None,
            calls: 0,
            memory: Memory::new(),
            extension: None,
            attended: None,
            then: None,
            leaving: None,
            restart: None,
            restarted: None,
            suspended_at: Instant::ORIGIN,
            shut: false,
        }
    }

    // ---- what may be asked ---------------------------------------------------------------------------

    /// Where it is.
    #[must_use]
    pub const fn state(&self) -> AppState {
        self.state
    }

    /// What it may do: of the instance that there is, or of the last one.
    #[must_use]
    pub const fn policy(&self) -> &AppPolicy {
        &self.policy
    }

    /// Background tasks in its instance.
    #[must_use]
    pub const fn runs(&self) -> u32 {
        self.runs
    }

    /// Background tasks that wait for it.
    #[must_use]
    pub const fn waiting_runs(&self) -> u32 {
        self.waiting_runs
    }

    /// It was prelaunched, and never launched since.
    #[must_use]
    pub const fn is_prelaunched(&self) -> bool {
        matches!(self.launched, Launched::Ahead)
    }

    /// Its instance was launched, also ahead of its user, or activated for something else. Until then what is kept of the
    /// app is not about this instance.
    #[must_use]
    pub const fn is_activated(&self) -> bool {
        !matches!(self.launched, Launched::Never)
    }

    /// It is on its way to its end.
    #[must_use]
    pub const fn is_ending(&self) -> bool {
        self.then.is_some() || self.leaving.is_some()
    }

    /// What its extended execution is for, if it has one.
    #[must_use]
    pub fn extension(&self) -> Option<ExtensionReason> {
        self.extension.map(|extension| extension.reason)
    }

    /// Why its extended execution was revoked, if it has one that was.
    #[must_use]
    pub fn revoked(&self) -> Option<RevokedReason> {
        self.extension.and_then(|extension| extension.revoked).map(|(reason, _)| reason)
    }

    /// Bytes that it may have.
    #[must_use]
    pub const fn memory_limit(&self) -> u64 {
        self.memory.limit
    }

    /// How much of that it holds.
    #[must_use]
    pub const fn memory_level(&self) -> MemoryLevel {
        MemoryLevel::of(self.memory.used, self.memory.limit)
    }

    /// Whether it may be ended for its memory or its place now: it is suspended, or in the background with nothing to do.
    #[must_use]
    pub const fn is_reclaimable(&self) -> bool {
        let idle = self.runs == 0 && self.waiting_runs == 0 && self.extension.is_none();
        match self.state {
            AppState::Suspended => true,
            AppState::Background => idle && self.call.is_none(),
            AppState::NotRunning | AppState::Foreground | AppState::Suspending => false,
        }
    }

    /// The handler that is under way, if one is, beside `memory-usage-changed`.
    #[must_use]
    pub fn calling(&self) -> Option<Handler> {
        self.call.as_ref().map(|call| call.handler)
    }

    /// What it has left of a call at `now`; none if that is over.
    #[must_use]
    pub fn remaining(&self, id: CallId, now: Instant) -> Option<Duration> {
        let call = [&self.call, &self.notice].into_iter().flatten().find(|call| call.id == id)?;
        Some(self.deadline_of(call).since(now))
    }
}

#[cfg(test)]
mod tests;
