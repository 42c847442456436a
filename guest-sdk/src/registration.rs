//! The registrations of the task's own app: a task sees and changes these and no others.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use dormouse_guest::registration::{self, IfExists, TaskBuilder, Trigger};
//! use dormouse_guest::{BackgroundTaskInstance, TaskError};
//!
//! #[dormouse_guest::task]
//! async fn set_up(_: BackgroundTaskInstance) -> Result<(), TaskError> {
//!     let refresh = TaskBuilder::new("refresh")
//!         .entry_point("refresh")
//!         .trigger(Trigger::every(Duration::from_secs(15 * 60)))
//!         .condition("internet-available")
//!         .register(IfExists::ReplaceIfDifferent)?;
//!     println!("registered as {}", refresh.id);
//!     for old in registration::tasks() {
//!         if old.name == "refresh-v1" {
//!             registration::unregister(&old.id, false)?;
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Functions that change something answer when it is durable, which may take as long as a disk does.

mod builder;
mod error;
mod trigger;

use std::fmt;

use crate::bindings::dormouse::background::registration as wit;

pub use builder::{IfExists, Overlap, TaskBuilder};
pub use error::{RegistrationError, RegistrationErrorKind};
pub use trigger::{
    CronTrigger, FilesystemTrigger, Misfire, Recurrence, SignalTrigger, SocketTrigger, SystemEvent,
    SystemTrigger, TimeTrigger, Trigger,
};

/// A registration of the task's own app.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskRegistration {
    /// Stable for its whole life (UWP-002).
    pub id: String,
    /// A label, not a key (UWP-003).
    pub name: String,
    /// The group that it is in.
    pub group: Option<String>,
    /// What runs; empty if the app's own instance does.
    pub entry_point: String,
    /// What wakes it.
    pub trigger: Trigger,
    /// What must hold before it starts, as it was written.
    pub conditions: Vec<String>,
    /// It was to fire once, and did (UWP-034).
    pub spent: bool,
    /// What the operator decided about the app: whether firings start anything.
    pub access: AccessStatus,
}

impl From<wit::TaskRegistration> for TaskRegistration {
    fn from(registration: wit::TaskRegistration) -> Self {
        Self {
            id: registration.id,
            name: registration.name,
            group: registration.group,
            entry_point: registration.entry_point,
            trigger: registration.trigger.into(),
            conditions: registration.conditions,
            spent: registration.spent,
            access: registration.access.into(),
        }
    }
}

/// The app's registrations that are in no group, in the order of their making (UWP-016).
#[must_use]
pub fn tasks() -> Vec<TaskRegistration> {
    wit::all_tasks().into_iter().map(Into::into).collect()
}

/// The ids of the app's groups that are not empty, in order.
#[must_use]
pub fn groups() -> Vec<String> {
    wit::all_groups()
}

/// The registrations of one group; none if there is no such group (UWP-017).
#[must_use]
pub fn group_tasks(group: &str) -> Vec<TaskRegistration> {
    wit::group_tasks(group).into_iter().map(Into::into).collect()
}

/// Removes a registration; what waits of it does not run (UWP-023). With `cancel`, what runs of it is
/// cancelled with [`Abort`](crate::CancellationReason::Abort) (UWP-022), which may be the caller itself; else
/// it finishes (UWP-021).
///
/// # Errors
///
/// [`RegistrationErrorKind::NotFound`], [`RegistrationErrorKind::Unavailable`].
pub fn unregister(id: &str, cancel: bool) -> Result<(), RegistrationError> {
    wit::unregister(id, cancel).map_err(Into::into)
}

/// What the operator decided about the app.
#[must_use]
pub fn access() -> AccessStatus {
    wit::get_access_status().into()
}

/// Asks for access to the background. What was decided stays; where nothing was, the host's policy decides.
///
/// # Errors
///
/// [`RegistrationErrorKind::Unavailable`].
pub fn request_access() -> Result<AccessStatus, RegistrationError> {
    wit::request_access().map(Into::into).map_err(Into::into)
}

/// Gives access up: firings start nothing until it is requested again.
///
/// # Errors
///
/// [`RegistrationErrorKind::Unavailable`].
pub fn remove_access() -> Result<(), RegistrationError> {
    wit::remove_access().map_err(Into::into)
}

/// Requests an application trigger of the app. An [app](mod@crate::app) may ask while somebody sees it (UWP-044). In the
/// background, and from inside a task, the answer is always
/// [`DisabledByPolicy`](ApplicationTriggerResult::DisabledByPolicy) (UWP-046).
pub fn request(id: &str, arguments: &[u8]) -> ApplicationTriggerResult {
    wit::request(id, arguments).into()
}

/// What the operator decided about an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccessStatus {
    /// Nothing yet: its firings start nothing (UWP-028).
    Unspecified,
    /// It runs in a low-power mode too (UWP-030).
    AlwaysAllowed,
    /// It runs unless a policy of the host stands against it.
    AllowedSubjectToPolicy,
    /// The host's policy refuses it (UWP-029).
    DeniedByPolicy,
    /// A person refused it (UWP-029).
    DeniedByUser,
}

impl AccessStatus {
    /// The name as the contract spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::AlwaysAllowed => "always-allowed",
            Self::AllowedSubjectToPolicy => "allowed-subject-to-policy",
            Self::DeniedByPolicy => "denied-by-policy",
            Self::DeniedByUser => "denied-by-user",
        }
    }
}

/// As [`as_str`](Self::as_str).
impl fmt::Display for AccessStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<wit::AccessStatus> for AccessStatus {
    fn from(status: wit::AccessStatus) -> Self {
        match status {
            wit::AccessStatus::Unspecified => Self::Unspecified,
            wit::AccessStatus::AlwaysAllowed => Self::AlwaysAllowed,
            wit::AccessStatus::AllowedSubjectToPolicy => Self::AllowedSubjectToPolicy,
            wit::AccessStatus::DeniedByPolicy => Self::DeniedByPolicy,
            wit::AccessStatus::DeniedByUser => Self::DeniedByUser,
        }
    }
}

/// What the request of an application trigger came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApplicationTriggerResult {
    /// It runs or will.
    Allowed,
    /// It runs already.
    CurrentlyRunning,
    /// A policy stands against it.
    DisabledByPolicy,
    /// It could not be taken in.
    UnknownError,
}

impl From<wit::ApplicationTriggerResult> for ApplicationTriggerResult {
    fn from(result: wit::ApplicationTriggerResult) -> Self {
        match result {
            wit::ApplicationTriggerResult::Allowed => Self::Allowed,
            wit::ApplicationTriggerResult::CurrentlyRunning => Self::CurrentlyRunning,
            wit::ApplicationTriggerResult::DisabledByPolicy => Self::DisabledByPolicy,
            wit::ApplicationTriggerResult::UnknownError => Self::UnknownError,
        }
    }
}
