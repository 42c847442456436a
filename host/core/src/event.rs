//! What an observer sees: one event at each station, in the order in which things happened.

mod observer;

use serde::{Deserialize, Serialize};

use crate::admission::Shortage;
use crate::condition::Blocking;
use crate::ids::{ActivationId, AppId, RegistrationId, RunId};
use crate::outcome::{Cancellation, Outcome, Receipt};
use crate::overlap::Refusal;
use crate::time::Timestamp;

pub use observer::{Observer, RecordingObserver};

/// Something happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// To which registration.
    pub registration: RegistrationId,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// Which stream a guest wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
#[non_exhaustive]
pub enum EventKind {
    /// It was registered.
    Registered {
        /// Its name.
        name: String,
    },
    /// It was not registered (UWP-007). The id is that of the registration that it was to be put in the place
    /// of, or one that is not used.
    RegistrationFailed {
        /// Whose it was to be.
        app: AppId,
        /// What it was to be called, shortened.
        name: String,
        /// What was wrong.
        error: String,
    },
    /// It was unregistered.
    Unregistered {
        /// Activations that waited and will not run (UWP-023).
        withdrawn: u32,
    },
    /// It fires no more (UWP-034).
    Spent,
    /// It fired, and the firing is durable.
    Fired {
        /// The activation that it made, or was counted into.
        activation: ActivationId,
        /// How many firings that stands for now.
        coalesced: u32,
    },
    /// It fired, and the same firing was accepted before.
    Duplicate {
        /// The activation that it made then.
        activation: ActivationId,
    },
    /// It fired, and that starts nothing (UWP-146).
    Refused {
        /// Why.
        reason: Refusal,
    },
    /// An activation waits for conditions.
    Latched {
        /// Which.
        activation: ActivationId,
        /// What does not hold.
        blocking: Vec<Blocking>,
    },
    /// An activation waits for a slot or its backoff.
    Waiting {
        /// Which.
        activation: ActivationId,
        /// What is short.
        shortage: Shortage,
    },
    /// A run started.
    Started {
        /// The activation.
        activation: ActivationId,
        /// The run.
        run: RunId,
        /// Which attempt.
        attempt: u32,
    },
    /// The guest took a deferral.
    DeferralTaken {
        /// The run.
        run: RunId,
        /// How many are open now.
        open: u32,
    },
    /// The guest completed a deferral.
    DeferralCompleted {
        /// The run.
        run: RunId,
        /// How many are open now.
        open: u32,
    },
    /// `run` returned.
    Returned {
        /// The run.
        run: RunId,
        /// Whether it answered ok.
        ok: bool,
        /// Deferrals that keep the run going.
        open: u32,
    },
    /// The guest set its progress (UWP-110).
    Progress {
        /// The run.
        run: RunId,
        /// The value.
        value: u32,
    },
    /// The guest wrote. Bytes that are not UTF-8 are replaced.
    Output {
        /// The run.
        run: RunId,
        /// Where.
        stream: Stream,
        /// What.
        text: String,
    },
    /// The guest asked for something that was not granted.
    Denied {
        /// The run.
        run: RunId,
        /// What, and what would grant it.
        what: String,
    },
    /// A growth of the guest's memory was refused.
    MemoryRefused {
        /// The run.
        run: RunId,
        /// Bytes that it would have held.
        wanted: u64,
        /// Bytes that it may hold.
        limit: u64,
    },
    /// The run was cancelled: the guest is told, and its grace began.
    CancelRequested {
        /// The run.
        run: RunId,
        /// Why.
        cancellation: Cancellation,
    },
    /// The run is paused: a quota is spent.
    Paused {
        /// The run.
        run: RunId,
        /// Until when.
        until: Timestamp,
    },
    /// The run goes on.
    Resumed {
        /// The run.
        run: RunId,
    },
    /// A run ended, its sandbox is gone and its slot is free.
    Ended {
        /// The activation.
        activation: ActivationId,
        /// The run.
        run: RunId,
        /// Which attempt.
        attempt: u32,
        /// How.
        outcome: Outcome,
        /// What it used.
        receipt: Box<Receipt>,
    },
    /// Another attempt follows.
    Retrying {
        /// The activation.
        activation: ActivationId,
        /// Which attempt comes.
        attempt: u32,
        /// The earliest moment.
        not_before: Timestamp,
    },
    /// An earlier attempt was cut off by the end of its host; another follows.
    Interrupted {
        /// The activation.
        activation: ActivationId,
        /// The run that was cut off.
        run: RunId,
    },
    /// The activation ended: the completion is durable.
    Completed {
        /// The activation.
        activation: ActivationId,
        /// Whether it succeeded.
        success: bool,
    },
    /// What a run did was refused: its lease had been taken away.
    LeaseLost {
        /// The activation.
        activation: ActivationId,
        /// The run.
        run: RunId,
    },
    /// It went into quarantine: the host fell again and again while a run of it was under way.
    Quarantined {
        /// How often in a row.
        crashes: u32,
    },
    /// An operator let it go on.
    Released,
    /// A dead letter runs again.
    Redriven {
        /// The dead letter.
        dead: ActivationId,
        /// The activation that stands for it.
        activation: ActivationId,
    },
    /// Something that the registration needs failed outside any run: its source, its schedule, the store.
    Fault {
        /// What, and what to do.
        message: String,
        /// It is not tried again: the host cannot go on with this.
        given_up: bool,
    },
}

impl EventKind {
    /// Its name: the tag that it is written with.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "registered",
            Self::RegistrationFailed { .. } => "registration-failed",
            Self::Unregistered { .. } => "unregistered",
            Self::Spent => "spent",
            Self::Fired { .. } => "fired",
            Self::Duplicate { .. } => "duplicate",
            Self::Refused { .. } => "refused",
            Self::Latched { .. } => "latched",
            Self::Waiting { .. } => "waiting",
            Self::Started { .. } => "started",
            Self::DeferralTaken { .. } => "deferral-taken",
            Self::DeferralCompleted { .. } => "deferral-completed",
            Self::Returned { .. } => "returned",
            Self::Progress { .. } => "progress",
            Self::Output { .. } => "output",
            Self::Denied { .. } => "denied",
            Self::MemoryRefused { .. } => "memory-refused",
            Self::CancelRequested { .. } => "cancel-requested",
            Self::Paused { .. } => "paused",
            Self::Resumed { .. } => "resumed",
            Self::Ended { .. } => "ended",
            Self::Retrying { .. } => "retrying",
            Self::Interrupted { .. } => "interrupted",
            Self::Completed { .. } => "completed",
            Self::LeaseLost { .. } => "lease-lost",
            Self::Quarantined { .. } => "quarantined",
            Self::Released => "released",
            Self::Redriven { .. } => "redriven",
            Self::Fault { .. } => "fault",
        }
    }

    /// The run that it happened to, if it happened to one.
    #[must_use]
    pub const fn run(&self) -> Option<RunId> {
        match self {
            Self::Started { run, .. }
            | Self::DeferralTaken { run, .. }
            | Self::DeferralCompleted { run, .. }
            | Self::Returned { run, .. }
            | Self::Progress { run, .. }
            | Self::Output { run, .. }
            | Self::Denied { run, .. }
            | Self::MemoryRefused { run, .. }
            | Self::CancelRequested { run, .. }
            | Self::Paused { run, .. }
            | Self::Resumed { run, .. }
            | Self::Ended { run, .. }
            | Self::Interrupted { run, .. }
            | Self::LeaseLost { run, .. } => Some(*run),
            Self::Registered { .. }
            | Self::RegistrationFailed { .. }
            | Self::Unregistered { .. }
            | Self::Spent
            | Self::Fired { .. }
            | Self::Duplicate { .. }
            | Self::Refused { .. }
            | Self::Latched { .. }
            | Self::Waiting { .. }
            | Self::Retrying { .. }
            | Self::Completed { .. }
            | Self::Quarantined { .. }
            | Self::Released
            | Self::Redriven { .. }
            | Self::Fault { .. } => None,
        }
    }

    /// The activation that it happened to, as far as the event itself says so: what happens inside a run names the
    /// run only.
    #[must_use]
    pub const fn activation(&self) -> Option<ActivationId> {
        match self {
            Self::Fired { activation, .. }
            | Self::Duplicate { activation, .. }
            | Self::Latched { activation, .. }
            | Self::Waiting { activation, .. }
            | Self::Started { activation, .. }
            | Self::Ended { activation, .. }
            | Self::Retrying { activation, .. }
            | Self::Interrupted { activation, .. }
            | Self::Completed { activation, .. }
            | Self::LeaseLost { activation, .. }
            | Self::Redriven { activation, .. } => Some(*activation),
            Self::Registered { .. }
            | Self::RegistrationFailed { .. }
            | Self::Unregistered { .. }
            | Self::Spent
            | Self::Refused { .. }
            | Self::DeferralTaken { .. }
            | Self::DeferralCompleted { .. }
            | Self::Returned { .. }
            | Self::Progress { .. }
            | Self::Output { .. }
            | Self::Denied { .. }
            | Self::MemoryRefused { .. }
            | Self::CancelRequested { .. }
            | Self::Paused { .. }
            | Self::Resumed { .. }
            | Self::Quarantined { .. }
            | Self::Released
            | Self::Fault { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
