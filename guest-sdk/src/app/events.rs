//! What the app hears of its background tasks.

use std::time::SystemTime;

use crate::bindings::app::exports::dormouse::background::task_events as wit;
use crate::millis::date;

/// A background task of the app came to its end, in or outside its own instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskCompletion {
    /// The instance id that its last run saw.
    pub instance_id: String,
    /// The registration.
    pub registration_id: String,
    /// Its name: a label, not a key. Empty if the registration is gone.
    pub name: String,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// `succeeded`, `failed`, `canceled`, `trapped`, `deferral-abandoned`.
    pub outcome: String,
    /// What went wrong, for people. Empty if nothing did.
    pub message: String,
    /// How many firings it stood for.
    pub coalesced: u32,
    /// When it ended.
    pub ended_at: SystemTime,
}

impl From<wit::TaskCompletion> for TaskCompletion {
    fn from(completion: wit::TaskCompletion) -> Self {
        Self {
            instance_id: completion.instance_id,
            registration_id: completion.registration_id,
            name: completion.name,
            succeeded: completion.succeeded,
            outcome: completion.outcome,
            message: completion.message,
            coalesced: completion.coalesced,
            ended_at: date(completion.ended_at_ms),
        }
    }
}

/// How far a background task of the app is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskProgress {
    /// The instance id that the run saw.
    pub instance_id: String,
    /// The registration.
    pub registration_id: String,
    /// What it set last.
    pub value: u32,
}

impl From<wit::TaskProgress> for TaskProgress {
    fn from(progress: wit::TaskProgress) -> Self {
        Self {
            instance_id: progress.instance_id,
            registration_id: progress.registration_id,
            value: progress.value,
        }
    }
}
