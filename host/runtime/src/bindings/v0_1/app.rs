//! World `app`: what an app exports and asks of its life beside what a task has, from and to our own types.
//!
//! What a task has is the very same: a run is one type, whether it has a sandbox of its own or is in an app's.

use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::lifecycle::{AppState, ExtensionError, ExtensionReason, RestartError, RevokedReason};
use dormouse_core::app::memory::{MemoryChange, MemoryLevel};
use dormouse_core::app::previous::PreviousExecutionState;
use dormouse_core::outcome::bounded_message;
use dormouse_core::{Completion, Outcome};

use super::bytes;
use crate::subscribe::Progress;

/// A handle of the guest's to a transition: the number of the call that it was given in.
#[expect(unreachable_pub, reason = "generated code re-exports it")]
#[derive(Debug)]
pub struct Transition;

/// A deferral of a transition: the same number.
#[expect(unreachable_pub, reason = "generated code re-exports it")]
#[derive(Debug)]
pub struct TransitionDeferral;

/// A handle of the guest's to an extended execution: which one it is.
#[expect(unreachable_pub, reason = "generated code re-exports it")]
#[derive(Debug)]
pub struct Extension;

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "app",
        imports: { default: trappable },
        exports: { default: async },
        with: {
            "dormouse:background/types": crate::bindings::v0_1::asynchronous::dormouse::background::types,
            "dormouse:background/instance": crate::bindings::v0_1::asynchronous::dormouse::background::instance,
            "dormouse:background/registration": crate::bindings::v0_1::asynchronous::dormouse::background::registration,
            "dormouse:background/sockets": crate::bindings::v0_1::asynchronous::dormouse::background::sockets,
            "dormouse:background/waiting": crate::bindings::v0_1::asynchronous::dormouse::background::waiting,
            "dormouse:background/transitions.transition": crate::bindings::v0_1::app::Transition,
            "dormouse:background/transitions.transition-deferral": crate::bindings::v0_1::app::TransitionDeferral,
            "dormouse:background/app-control.extended-execution": crate::bindings::v0_1::app::Extension,
        },
    });
}

pub(crate) use generated::dormouse::background::{app_control, app_types, app_waiting, transitions};
pub(crate) use generated::exports::dormouse::background::{lifecycle, task_events};
pub(crate) use generated::{App, AppPre};

/// A launch, as the guest is told of it.
pub(crate) fn launch(
    arguments: String,
    previous: PreviousExecutionState,
    prelaunch: bool,
) -> app_types::LaunchArgs {
    app_types::LaunchArgs { arguments, previous: previous.into(), prelaunch }
}

/// An activation that is no launch, as the guest is told of it; none if it is one.
pub(crate) fn activated(
    activation: AppActivation,
    previous: PreviousExecutionState,
) -> Option<app_types::ActivatedArgs> {
    use app_types::ActivationKind as Kind;
    let kind = match activation {
        AppActivation::File { paths } => Kind::File(paths),
        AppActivation::Protocol { uri } => Kind::Protocol(uri),
        AppActivation::Share { items } => Kind::Share(
            items
                .into_iter()
                .map(|item| app_types::Item {
                    name: item.name,
                    content_type: item.content_type,
                    body: item.body,
                })
                .collect(),
        ),
        AppActivation::Timer { name } => Kind::Timer(name),
        AppActivation::Message { message } => Kind::Message(message.into()),
        AppActivation::CommandLine { arguments, directory } => {
            Kind::CommandLine(app_types::CommandLine { arguments, directory })
        }
        AppActivation::Custom { name, body } => Kind::Custom(app_types::CustomActivation { name, body }),
        // A launch, or a kind that was added to the core and not to this version of the contract.
        _ => return None,
    };
    Some(app_types::ActivatedArgs { kind, previous: previous.into() })
}

/// What an app holds, what it may hold, and how much of it that is.
pub(crate) fn app_memory((used, limit, level): (u64, u64, MemoryLevel)) -> app_control::AppMemory {
    app_control::AppMemory { used_bytes: bytes(used), limit_bytes: bytes(limit), level: level.into() }
}

/// A new limit, as the guest is told of it.
pub(crate) fn memory_limit(old: u64, new: u64) -> app_types::MemoryLimit {
    app_types::MemoryLimit { old_bytes: bytes(old), new_bytes: bytes(new) }
}

/// Another level, as the guest is told of it.
pub(crate) fn memory_usage(
    change: MemoryChange,
    level: MemoryLevel,
    used: u64,
    limit: u64,
) -> app_types::MemoryUsage {
    app_types::MemoryUsage {
        change: change.into(),
        level: level.into(),
        used_bytes: bytes(used),
        limit_bytes: bytes(limit),
    }
}

/// The end of a task, as its app is told of it. `name` is its registration's, if that is still there.
pub(crate) fn completion(completion: Completion, name: String) -> task_events::TaskCompletion {
    let run = completion.run;
    task_events::TaskCompletion {
        instance_id: run.run.to_string(),
        registration_id: run.registration.to_string(),
        name,
        succeeded: run.outcome.is_success(),
        outcome: run.outcome.kind().as_str().to_owned(),
        coalesced: completion.coalesced,
        ended_at_ms: run.ended_at.as_millis_f64(),
        message: what_went_wrong(&run.outcome),
    }
}

/// For people, and without what `outcome` says already.
fn what_went_wrong(outcome: &Outcome) -> String {
    bounded_message(match outcome {
        Outcome::Succeeded | Outcome::Interrupted => String::new(),
        Outcome::Failed(failure) => failure.message.clone(),
        Outcome::Canceled { cancellation, .. } => cancellation.to_string(),
        Outcome::Trapped { message, .. } => message.clone(),
        Outcome::DeferralAbandoned { open } => format!("{open} deferrals were never completed"),
    })
}

/// How far a task is, as its app is told of it.
pub(crate) fn progress(progress: Progress) -> task_events::TaskProgress {
    task_events::TaskProgress {
        instance_id: progress.run.to_string(),
        registration_id: progress.registration.to_string(),
        value: progress.value,
    }
}

impl From<PreviousExecutionState> for app_types::PreviousExecutionState {
    fn from(previous: PreviousExecutionState) -> Self {
        match previous {
            PreviousExecutionState::NotRunning => Self::NotRunning,
            PreviousExecutionState::Running => Self::Running,
            PreviousExecutionState::Suspended => Self::Suspended,
            PreviousExecutionState::Terminated => Self::Terminated,
            PreviousExecutionState::ClosedByUser => Self::ClosedByUser,
        }
    }
}

impl From<MemoryLevel> for app_types::MemoryLevel {
    fn from(level: MemoryLevel) -> Self {
        match level {
            MemoryLevel::Low => Self::Low,
            MemoryLevel::Medium => Self::Medium,
            MemoryLevel::High => Self::High,
            MemoryLevel::OverLimit => Self::OverLimit,
        }
    }
}

impl From<MemoryChange> for app_types::MemoryChange {
    fn from(change: MemoryChange) -> Self {
        match change {
            MemoryChange::Increased => Self::Increased,
            MemoryChange::Decreased => Self::Decreased,
        }
    }
}

impl From<AppState> for app_control::AppState {
    fn from(state: AppState) -> Self {
        match state {
            AppState::Foreground => Self::Foreground,
            // In the last turn of a guest that is being suspended.
            AppState::Suspending | AppState::Suspended => Self::Suspending,
            AppState::Background | AppState::NotRunning => Self::Background,
        }
    }
}

impl From<app_control::ExtensionReason> for ExtensionReason {
    fn from(reason: app_control::ExtensionReason) -> Self {
        match reason {
            app_control::ExtensionReason::Unspecified => Self::Unspecified,
            app_control::ExtensionReason::SavingData => Self::SavingData,
        }
    }
}

impl From<ExtensionError> for app_control::ExtensionError {
    fn from(error: ExtensionError) -> Self {
        match error {
            ExtensionError::Exists => Self::Exists,
            ExtensionError::Suspending => Self::Suspending,
            ExtensionError::Denied => Self::DeniedByPolicy,
        }
    }
}

impl From<RevokedReason> for app_control::RevokedReason {
    fn from(reason: RevokedReason) -> Self {
        match reason {
            RevokedReason::Resumed => Self::Resumed,
            RevokedReason::SystemPolicy => Self::SystemPolicy,
        }
    }
}

impl From<RestartError> for app_control::RestartError {
    fn from(error: RestartError) -> Self {
        match error {
            RestartError::Pending => Self::Pending,
            RestartError::NotInForeground => Self::NotInForeground,
            RestartError::TooLong => Self::TooLong,
        }
    }
}
