//! Why a run has to end, and how long it may still take.

use std::fmt;
use std::time::Duration;

use crate::bindings::dormouse::background::types as wit;

/// A cancellation, explained.
///
/// There is at most one for each run. Once there is one, [`canceled`], [`sleep`] and
/// [`cancellation_requested`] all answer with it, at once, until the run is over.
///
/// [`canceled`]: crate::BackgroundTaskInstance::canceled
/// [`sleep`]: crate::BackgroundTaskInstance::sleep
/// [`cancellation_requested`]: crate::BackgroundTaskInstance::cancellation_requested
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cancellation {
    /// The class of reason, for code to match on.
    pub reason: CancellationReason,
    /// Which rule decided, for example `wall`, `cpu`, `operator`, `shutdown`.
    pub policy: String,
    /// What the rule allows and what was seen, for people.
    pub detail: String,
    /// How long the run may go on before its sandbox is taken away, counted from the moment of
    /// cancellation. Both the return of the task and every open deferral must come within it.
    pub grace: Duration,
}

/// The reason, then the detail: `execution-time-exceeded (wall): 25000 ms allowed`.
impl fmt::Display for Cancellation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.policy)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

impl From<wit::Cancellation> for Cancellation {
    fn from(c: wit::Cancellation) -> Self {
        Self {
            reason: c.reason.into(),
            policy: c.policy,
            detail: c.detail,
            grace: Duration::from_millis(u64::from(c.grace_ms)),
        }
    }
}

/// Why a run is being cancelled: the twelve reasons of UWP, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CancellationReason {
    /// The app asked: it unregistered the task and wanted its runs cancelled, or cancelled this one.
    Abort,
    /// The host is about to stop. Save state; the activation runs again when the host is back.
    Terminating,
    /// The user's session ends.
    LoggingOff,
    /// The package is being replaced by another version.
    ServicingUpdate,
    /// The run makes no progress and waits for nothing that could let it make some.
    IdleTask,
    /// The package is being removed.
    Uninstall,
    /// A condition of the registration no longer holds, and it asked to be cancelled on that.
    ConditionLoss,
    /// A policy of the host; [`Cancellation::policy`] says which.
    SystemPolicy,
    /// Quiet hours began.
    QuietHoursEntered,
    /// The run's wall-clock or CPU budget is spent; [`Cancellation::policy`] says which.
    ExecutionTimeExceeded,
    /// The host needs the resources that this run holds.
    ResourceRevocation,
    /// The machine saves energy.
    EnergySaver,
}

impl CancellationReason {
    /// The name as the contract spells it, the same in logs and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Abort => "abort",
            Self::Terminating => "terminating",
            Self::LoggingOff => "logging-off",
            Self::ServicingUpdate => "servicing-update",
            Self::IdleTask => "idle-task",
            Self::Uninstall => "uninstall",
            Self::ConditionLoss => "condition-loss",
            Self::SystemPolicy => "system-policy",
            Self::QuietHoursEntered => "quiet-hours-entered",
            Self::ExecutionTimeExceeded => "execution-time-exceeded",
            Self::ResourceRevocation => "resource-revocation",
            Self::EnergySaver => "energy-saver",
        }
    }
}

/// As [`as_str`](Self::as_str).
impl fmt::Display for CancellationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<wit::CancellationReason> for CancellationReason {
    fn from(reason: wit::CancellationReason) -> Self {
        use wit::CancellationReason as Wit;
        match reason {
            Wit::Abort => Self::Abort,
            Wit::Terminating => Self::Terminating,
            Wit::LoggingOff => Self::LoggingOff,
            Wit::ServicingUpdate => Self::ServicingUpdate,
            Wit::IdleTask => Self::IdleTask,
            Wit::Uninstall => Self::Uninstall,
            Wit::ConditionLoss => Self::ConditionLoss,
            Wit::SystemPolicy => Self::SystemPolicy,
            Wit::QuietHoursEntered => Self::QuietHoursEntered,
            Wit::ExecutionTimeExceeded => Self::ExecutionTimeExceeded,
            Wit::ResourceRevocation => Self::ResourceRevocation,
            Wit::EnergySaver => Self::EnergySaver,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_reason_policy_and_detail() {
        let c: Cancellation = wit::Cancellation {
            reason: wit::CancellationReason::ExecutionTimeExceeded,
            policy: "wall".into(),
            detail: "25000 ms allowed".into(),
            grace_ms: 5000,
        }
        .into();
        assert_eq!(c.to_string(), "execution-time-exceeded (wall): 25000 ms allowed");
        assert_eq!(c.grace, Duration::from_secs(5));
    }
}
