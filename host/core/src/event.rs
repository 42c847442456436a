//! What an observer sees: one event at each station, in the order in which things happened.

use serde::{Deserialize, Serialize};

use crate::admission::Shortage;
use crate::condition::Blocking;
use crate::ids::{ActivationId, AppId, RegistrationId, RunId};
use crate::outcome::{Cancellation, Outcome, Receipt};
use crate::overlap::Refusal;
use crate::time::Timestamp;

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
    /// Something that the registration needs failed outside any run: its source, its schedule, the store.
    Fault {
        /// What, and what to do.
        message: String,
        /// It is not tried again: the host cannot go on with this.
        given_up: bool,
    },
}

/// Sees every event.
///
/// Called synchronously at the station where the event happens, possibly from many threads at once: it must
/// not block, and must not call back into the host. What takes time belongs behind a channel.
pub trait Observer: Send + Sync + 'static {
    /// `event` happened.
    fn observe(&self, event: &Event);
}

/// Keeps every event, for tests.
#[derive(Debug, Default)]
pub struct RecordingObserver(std::sync::Mutex<Vec<Event>>);

impl RecordingObserver {
    /// Keeps nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All events so far, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Observer for RecordingObserver {
    fn observe(&self, event: &Event) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(event.clone());
    }
}
