//! How runs end, and what they leave behind.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Why a run was cancelled: UWP's twelve, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CancellationReason {
    /// The app asked.
    Abort,
    /// The host stops.
    Terminating,
    /// The user's session ends.
    LoggingOff,
    /// The package is being replaced.
    ServicingUpdate,
    /// The run does nothing.
    IdleTask,
    /// The package is being removed.
    Uninstall,
    /// A condition no longer holds.
    ConditionLoss,
    /// A policy of the host.
    SystemPolicy,
    /// Quiet hours began; kept so that the list is whole.
    QuietHoursEntered,
    /// A time budget is spent.
    ExecutionTimeExceeded,
    /// The host needs the resources.
    ResourceRevocation,
    /// The machine saves energy.
    EnergySaver,
}

impl CancellationReason {
    /// Its name in the contract, logs and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
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

impl fmt::Display for CancellationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A cancellation, explained: never only "system policy".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// The class of reason.
    pub reason: CancellationReason,
    /// Which rule decided: `wall`, `cpu`, `idle`, `operator`, `shutdown`, `condition`, `unregister`, `app-ended`, ...
    pub policy: String,
    /// What the rule allows and what was seen.
    pub detail: String,
}

impl Cancellation {
    /// A cancellation for `reason`, decided by `policy`.
    #[must_use]
    pub fn new(reason: CancellationReason, policy: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { reason, policy: policy.into(), detail: detail.into() }
    }
}

impl fmt::Display for Cancellation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (policy {}", self.reason, self.policy)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        f.write_str(")")
    }
}

/// What the guest said of its failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskFailure {
    /// For people. Cut to [`MESSAGE_LEN_MAX`].
    pub message: String,
    /// The guest's wish to be run again, not before this long from now.
    pub retry_after: Option<Duration>,
}

/// The longest text from a guest that is kept in a record, in bytes.
pub const MESSAGE_LEN_MAX: usize = 4096;

/// Cuts `text` to [`MESSAGE_LEN_MAX`] at a character boundary.
#[must_use]
pub fn bounded_message(mut text: String) -> String {
    if text.len() > MESSAGE_LEN_MAX {
        let mut end = MESSAGE_LEN_MAX;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

/// What a trap was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TrapKind {
    /// The guest executed `unreachable`: a panic or an abort, in most languages.
    Unreachable,
    /// The guest's stack is full.
    StackOverflow,
    /// An access outside a linear memory.
    MemoryOutOfBounds,
    /// An access outside a table, or a bad indirect call.
    Table,
    /// Division by zero, or an overflow in arithmetic that traps.
    Arithmetic,
    /// A limit on memories, tables, instances, handles, randomness or bytes across the boundary.
    Limit,
    /// The sandbox could not be made.
    Start,
    /// Any other.
    Other,
}

impl fmt::Display for TrapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "unreachable",
            Self::StackOverflow => "stack-overflow",
            Self::MemoryOutOfBounds => "memory-out-of-bounds",
            Self::Table => "table",
            Self::Arithmetic => "arithmetic",
            Self::Limit => "limit",
            Self::Start => "start",
            Self::Other => "other",
        })
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Outcome {
    /// `run` answered ok and every deferral is complete.
    Succeeded,
    /// `run` answered an error.
    Failed(TaskFailure),
    /// It was cancelled.
    Canceled {
        /// Why.
        cancellation: Cancellation,
        /// It did not end within its grace and lost its sandbox (UWP-083); else it ended by itself (UWP-082).
        forced: bool,
    },
    /// The guest trapped.
    Trapped {
        /// What the trap was.
        kind: TrapKind,
        /// What the runtime says of it.
        message: String,
    },
    /// `run` returned, deferrals were open, and nothing was left that could complete them.
    DeferralAbandoned {
        /// How many.
        open: u32,
    },
    /// The host died, or lost its lease, during the run. The activation runs again.
    Interrupted,
}

impl Outcome {
    /// UWP's `CheckResult`: quiet for success only (UWP-115).
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Succeeded)
    }

    /// Whether the task did not do what it was to do: what a retry policy counts, and what is a dead letter when no
    /// attempt is left. A run that somebody wanted to stop is none, and neither is one that its host cut off.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Failed(_) | Self::Trapped { .. } | Self::DeferralAbandoned { .. } => true,
            Self::Canceled { cancellation, .. } => {
                cancellation.reason == CancellationReason::ExecutionTimeExceeded
                    || cancellation.is_app_ended()
            }
            Self::Succeeded | Self::Interrupted => false,
        }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> OutcomeKind {
        match self {
            Self::Succeeded => OutcomeKind::Succeeded,
            Self::Failed(_) => OutcomeKind::Failed,
            Self::Canceled { .. } => OutcomeKind::Canceled,
            Self::Trapped { .. } => OutcomeKind::Trapped,
            Self::DeferralAbandoned { .. } => OutcomeKind::DeferralAbandoned,
            Self::Interrupted => OutcomeKind::Interrupted,
        }
    }

    /// Its name in logs and on the command line.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.kind().as_str()
    }
}

/// An outcome without what comes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    /// [`Outcome::Succeeded`].
    Succeeded,
    /// [`Outcome::Failed`].
    Failed,
    /// [`Outcome::Canceled`].
    Canceled,
    /// [`Outcome::Trapped`].
    Trapped,
    /// [`Outcome::DeferralAbandoned`].
    DeferralAbandoned,
    /// [`Outcome::Interrupted`].
    Interrupted,
}

impl OutcomeKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Succeeded,
        Self::Failed,
        Self::Canceled,
        Self::Trapped,
        Self::DeferralAbandoned,
        Self::Interrupted,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Trapped => "trapped",
            Self::DeferralAbandoned => "deferral-abandoned",
            Self::Interrupted => "interrupted",
        }
    }
}

/// There is no such kind of outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no outcome: write succeeded, failed, canceled, trapped, deferral-abandoned or interrupted")]
pub struct UnknownOutcome(String);

impl FromStr for OutcomeKind {
    type Err = UnknownOutcome;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == s)
            .ok_or_else(|| UnknownOutcome(s.chars().take(64).collect()))
    }
}

/// The outcome in one line, for people.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Succeeded | Self::Interrupted => f.write_str(self.as_str()),
            Self::Failed(failure) => {
                write!(f, "failed: {}", failure.message)?;
                match failure.retry_after {
                    Some(after) => write!(f, " (retry after {after:?})"),
                    None => Ok(()),
                }
            }
            Self::Canceled { cancellation, forced } => {
                write!(f, "canceled {}: {cancellation}", if *forced { "forced" } else { "clean" })
            }
            Self::Trapped { kind, message } => write!(f, "trapped ({kind}): {message}"),
            Self::DeferralAbandoned { open } => write!(
                f,
                "deferral-abandoned: {open} open, and nothing left in the guest that could complete them"
            ),
        }
    }
}

/// Which rule stopped a run, with its figures if it has any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The class of reason.
    pub reason: CancellationReason,
    /// The rule: see [`Cancellation::policy`].
    pub policy: String,
    /// What the rule allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Duration>,
    /// What was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Duration>,
}

impl Stop {
    /// By a rule that has no figures.
    #[must_use]
    pub fn by(cancellation: &Cancellation) -> Self {
        let Cancellation { reason, policy, .. } = cancellation;
        Self { reason: *reason, policy: policy.clone(), threshold: None, observed: None }
    }
}

/// How the end of a run went that somebody asked for: a rule, an operator, the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// From the request until the guest heard of it; none if it never did.
    pub told: Option<Duration>,
    /// From the request to its end: by itself, or decided by a kill.
    pub ended: Duration,
    /// From there until its sandbox, its memory and its slot were free.
    pub freed: Duration,
}

/// What one run used, and how it went: kept with its outcome. In JSON, what is as by default is left out, and spans are
/// nanoseconds: there is one of these for each run that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Receipt {
    /// From the firing, or from the end of the attempt before, to the start of this run.
    #[serde(with = "nanos", skip_serializing_if = "Duration::is_zero")]
    pub queue_wait: Duration,
    /// From start to end.
    #[serde(with = "nanos", skip_serializing_if = "Duration::is_zero")]
    pub wall: Duration,
    /// Of [`Receipt::wall`], what the run spent paused.
    #[serde(with = "nanos", skip_serializing_if = "Duration::is_zero")]
    pub paused: Duration,
    /// How often it was paused.
    #[serde(skip_serializing_if = "is_default")]
    pub suspended_count: u32,
    /// CPU time of the thread that ran the guest, while it did.
    #[serde(with = "nanos", skip_serializing_if = "Duration::is_zero")]
    pub cpu: Duration,
    /// The most bytes that its memories and tables held together.
    #[serde(skip_serializing_if = "is_default")]
    pub peak_memory_bytes: u64,
    /// How often a growth of memory or table was refused.
    #[serde(skip_serializing_if = "is_default")]
    pub memory_refusals: u32,
    /// Bytes written to standard output.
    #[serde(skip_serializing_if = "is_default")]
    pub stdout_bytes: u64,
    /// Bytes written to standard error.
    #[serde(skip_serializing_if = "is_default")]
    pub stderr_bytes: u64,
    /// Of both, what was dropped because the limit was reached.
    #[serde(skip_serializing_if = "is_default")]
    pub output_dropped_bytes: u64,
    /// How many deferrals it took.
    #[serde(skip_serializing_if = "is_default")]
    pub deferrals: u32,
    /// The progress last set.
    #[serde(skip_serializing_if = "is_default")]
    pub progress: Option<u32>,
    /// How often it asked for something that was not granted.
    #[serde(skip_serializing_if = "is_default")]
    pub denials: u32,
    /// Calls of the guest to the host: of our imports, and of WASI. One of WASI 0.3 that waits counts each time that it
    /// goes on.
    #[serde(skip_serializing_if = "is_default")]
    pub host_calls: u64,
    /// Which rule stopped it; none if none did.
    #[serde(skip_serializing_if = "is_default")]
    pub stop: Option<Stop>,
    /// How its end went; none if nobody asked for it.
    #[serde(skip_serializing_if = "is_default")]
    pub ending: Option<Ending>,
    /// The storage changes that came with the firing, if any did, are dealt with: it succeeded, or accepted
    /// them (UWP-054).
    #[serde(skip_serializing_if = "is_default")]
    pub changes_accepted: bool,
}

/// A span as a number of nanoseconds. What earlier versions wrote, seconds and nanoseconds by name, is read as well.
mod nanos {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Span {
        Nanos(u64),
        Parts(Duration),
    }

    /// A span of more than 584 years is cut to that.
    pub(super) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Ok(match Span::deserialize(deserializer)? {
            Span::Nanos(nanos) => Duration::from_nanos(nanos),
            Span::Parts(span) => span,
        })
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests;
