//! Runs: how they ended, what they used, what they wrote.

use dormouse_core::outcome::{Outcome, Receipt};
use dormouse_core::store::ListedRun;
use dormouse_core::{
    ActivationId, AppId, CancellationReason, Ending, RegistrationId, RunId, RunOutput, Stop,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Moment;
use super::moment::ms;
use super::words::CancellationWord;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum OutcomeView {
    /// `run` answered ok and every deferral is complete.
    Succeeded,
    /// `run` answered an error.
    Failed {
        /// What the guest said.
        message: String,
        /// It wishes to be run again, not before this long from then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<f64>,
    },
    /// It was cancelled.
    Canceled {
        /// The class of reason.
        #[schema(value_type = CancellationWord)]
        reason: CancellationReason,
        /// Which rule decided.
        policy: String,
        /// What the rule allows and what was seen.
        detail: String,
        /// It did not end within its grace and lost its sandbox.
        forced: bool,
    },
    /// The guest trapped.
    Trapped {
        /// What the trap was.
        trap: String,
        /// What the runtime says of it.
        message: String,
    },
    /// `run` returned with deferrals open that nothing could complete any more.
    DeferralAbandoned {
        /// How many.
        open: u32,
    },
    /// The host ended, or lost its lease, during the run.
    Interrupted,
}

impl From<&Outcome> for OutcomeView {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::Failed(failure) => {
                Self::Failed { message: failure.message.clone(), retry_after_ms: failure.retry_after.map(ms) }
            }
            Outcome::Canceled { cancellation, forced } => Self::Canceled {
                reason: cancellation.reason,
                policy: cancellation.policy.clone(),
                detail: cancellation.detail.clone(),
                forced: *forced,
            },
            Outcome::Trapped { kind, message } => {
                Self::Trapped { trap: kind.to_string(), message: message.clone() }
            }
            Outcome::DeferralAbandoned { open } => Self::DeferralAbandoned { open: *open },
            Outcome::Interrupted => Self::Interrupted,
        }
    }
}

impl OutcomeView {
    /// Its word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Canceled { .. } => "canceled",
            Self::Trapped { .. } => "trapped",
            Self::DeferralAbandoned { .. } => "deferral-abandoned",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What one run used, and how it went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptView {
    /// From the firing, or from the end of the attempt before, to the start.
    pub queue_wait_ms: f64,
    /// From start to end.
    pub wall_ms: f64,
    /// Of that, what it spent paused.
    pub paused_ms: f64,
    /// How often it was paused.
    pub pauses: u32,
    /// CPU time of the thread that ran the guest, while it did.
    pub cpu_ms: f64,
    /// The most that its memories and tables held together.
    pub peak_memory_bytes: u64,
    /// How often a growth of memory or table was refused.
    pub memory_refusals: u32,
    /// Written to standard output.
    pub stdout_bytes: u64,
    /// Written to standard error.
    pub stderr_bytes: u64,
    /// Of both, what was dropped because the limit was reached.
    pub output_dropped_bytes: u64,
    /// How many deferrals it took.
    pub deferrals: u32,
    /// The progress last set.
    pub progress: Option<u32>,
    /// How often it asked for something that was not granted.
    pub denials: u32,
    /// Calls of the guest to the host.
    #[serde(default)]
    pub host_calls: u64,
    /// Which rule stopped it; none if none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopView>,
    /// How its end went; none if nobody asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<EndingView>,
}

/// How the end of a run went that somebody asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EndingView {
    /// From the request until the guest heard of it; none if it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_ms: Option<f64>,
    /// From the request to the end.
    pub ended_ms: f64,
    /// From there until sandbox, memory and slot were free.
    pub freed_ms: f64,
}

impl From<&Ending> for EndingView {
    fn from(ending: &Ending) -> Self {
        Self { told_ms: ending.told.map(ms), ended_ms: ms(ending.ended), freed_ms: ms(ending.freed) }
    }
}

/// Which rule stopped a run, with its figures if it has any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StopView {
    /// The class of reason.
    #[schema(value_type = CancellationWord)]
    pub reason: CancellationReason,
    /// The rule.
    pub policy: String,
    /// What it allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold_ms: Option<f64>,
    /// What was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_ms: Option<f64>,
}

impl From<&Stop> for StopView {
    fn from(stop: &Stop) -> Self {
        Self {
            reason: stop.reason,
            policy: stop.policy.clone(),
            threshold_ms: stop.threshold.map(ms),
            observed_ms: stop.observed.map(ms),
        }
    }
}

impl From<&Receipt> for ReceiptView {
    fn from(receipt: &Receipt) -> Self {
        Self {
            queue_wait_ms: ms(receipt.queue_wait),
            wall_ms: ms(receipt.wall),
            paused_ms: ms(receipt.paused),
            pauses: receipt.suspended_count,
            cpu_ms: ms(receipt.cpu),
            peak_memory_bytes: receipt.peak_memory_bytes,
            memory_refusals: receipt.memory_refusals,
            stdout_bytes: receipt.stdout_bytes,
            stderr_bytes: receipt.stderr_bytes,
            output_dropped_bytes: receipt.output_dropped_bytes,
            deferrals: receipt.deferrals,
            progress: receipt.progress,
            denials: receipt.denials,
            host_calls: receipt.host_calls,
            stop: receipt.stop.as_ref().map(Into::into),
            ending: receipt.ending.as_ref().map(Into::into),
        }
    }
}

/// A run that ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunView {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    pub run: RunId,
    /// What it was an attempt at.
    #[schema(value_type = uuid::Uuid)]
    pub activation: ActivationId,
    /// The registration.
    #[schema(value_type = uuid::Uuid)]
    pub registration: RegistrationId,
    /// The app.
    #[schema(value_type = String)]
    pub app: AppId,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// When it started.
    pub started_at: Moment,
    /// When it ended.
    pub ended_at: Moment,
    /// How.
    #[serde(flatten)]
    pub outcome: OutcomeView,
    /// How, in one line for people.
    pub text: String,
    /// What it used.
    pub receipt: ReceiptView,
}

impl From<&dormouse_core::RunRecord> for RunView {
    fn from(run: &dormouse_core::RunRecord) -> Self {
        Self {
            run: run.run,
            activation: run.activation,
            registration: run.registration,
            app: run.app.clone(),
            attempt: run.attempt,
            started_at: run.started_at.into(),
            ended_at: run.ended_at.into(),
            outcome: (&run.outcome).into(),
            text: run.outcome.to_string(),
            receipt: (&run.receipt).into(),
        }
    }
}

impl From<&ListedRun> for RunView {
    fn from(listed: &ListedRun) -> Self {
        (&listed.run).into()
    }
}

/// A run that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunningView {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    pub run: RunId,
    /// What it is an attempt at.
    #[schema(value_type = uuid::Uuid)]
    pub activation: ActivationId,
    /// The registration.
    #[schema(value_type = uuid::Uuid)]
    pub registration: RegistrationId,
    /// The app; none if its registration was removed meanwhile.
    #[schema(value_type = Option<String>)]
    pub app: Option<AppId>,
    /// The registration's name; likewise.
    pub name: Option<String>,
}

/// A run, whether it ended or goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum RunOrRunning {
    /// It ended.
    Ended(Box<RunView>),
    /// It goes on.
    Running(RunningView),
}

/// What a run wrote, as far as it is kept: head and tail of each stream, with a mark where something was dropped.
/// Bytes that are not UTF-8 are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputView {
    /// To standard output.
    pub stdout: String,
    /// To standard error.
    pub stderr: String,
}

impl From<&RunOutput> for OutputView {
    fn from(output: &RunOutput) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// How to cancel a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CancelRequest {
    /// Without grace: its sandbox is taken away at once.
    pub kill: bool,
    /// Why, for whoever reads the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A run was told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CanceledView {
    /// Which.
    #[schema(value_type = uuid::Uuid)]
    pub run: RunId,
    /// Without grace.
    pub kill: bool,
}
