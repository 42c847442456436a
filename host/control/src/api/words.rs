//! What the document says of the words that core's own enums are written as.
//!
//! Core knows nothing of documents; each type here is only ever named as the schema of a field.

use dormouse_core::app::activation::ActivationKind;
use dormouse_core::app::lifecycle::{AppState, ExtensionReason};
use dormouse_core::app::memory::MemoryLevel;
use dormouse_core::app::previous::{Kept, PreviousExecutionState};
use dormouse_core::condition::Holds;
use dormouse_core::event::Stream;
use dormouse_core::explain::AppWait;
use dormouse_core::outcome::OutcomeKind;
use dormouse_core::quota::QuotaSource;
use dormouse_core::registration::RegistrationStatus;
use dormouse_core::{AccessStatus, CancellationReason, Class, TriggerKind};
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// What `words` are written as.
fn written(words: impl IntoIterator<Item = impl Serialize>) -> Vec<serde_json::Value> {
    words.into_iter().filter_map(|word| serde_json::to_value(word).ok()).collect()
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $text:literal, [$($word:expr),* $(,)?];)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let each: [Vec<serde_json::Value>; _] = [$(written($word)),*];
                let words = each.concat();
                let object = ObjectBuilder::new().schema_type(Type::String).description(Some($text));
                if words.is_empty() { object.into() } else { object.enum_values(Some(words)).into() }
            }
        }

        impl ToSchema for $name {}
    )*};
}

words! {
    /// [`AccessStatus`]
    AccessWord: "What the operator decided about an app", [AccessStatus::ALL];
    /// [`OutcomeKind`]
    OutcomeWord: "How a run ended", [OutcomeKind::ALL];
    /// [`TriggerKind`]
    TriggerWord: "A kind of trigger", [TriggerKind::ALL];
    /// [`Holds`]
    HoldsWord: "Whether a condition holds; `unknown` counts as `unmet`", [[Holds::Met, Holds::Unmet, Holds::Unknown]];
    /// [`Stream`]
    StreamWord: "Which stream a guest wrote to", [[Stream::Stdout, Stream::Stderr]];
    /// [`RegistrationStatus`]
    StatusWord: "Whether a registration still fires", [[RegistrationStatus::Active, RegistrationStatus::Spent]];
    /// [`Class`]
    ClassWord: "What a run is for, which decides its limits", [Class::ALL];
    /// [`QuotaSource`]
    QuotaSourceWord: "Who set a quota", [[QuotaSource::Operator, QuotaSource::App, QuotaSource::Host]];
    /// [`CancellationReason`]
    CancellationWord: "Why a run was cancelled: UWP's twelve", [[
        CancellationReason::Abort,
        CancellationReason::Terminating,
        CancellationReason::LoggingOff,
        CancellationReason::ServicingUpdate,
        CancellationReason::IdleTask,
        CancellationReason::Uninstall,
        CancellationReason::ConditionLoss,
        CancellationReason::SystemPolicy,
        CancellationReason::QuietHoursEntered,
        CancellationReason::ExecutionTimeExceeded,
        CancellationReason::ResourceRevocation,
        CancellationReason::EnergySaver,
    ]];
    /// [`AppState`]
    AppStateWord: "Where in its life an app is", [[
        AppState::NotRunning,
        AppState::Background,
        AppState::Foreground,
        AppState::Suspending,
        AppState::Suspended,
    ]];
    /// [`ActivationKind`]
    ActivationWord: "A kind of activation of an app", [ActivationKind::ALL];
    /// [`AppWait`]
    AppWaitWord: "What a run waits for that is to go on in its app", [[AppWait::Place, AppWait::Ready]];
    /// [`Kept`]
    KeptWord: "What is kept of an app", [[Kept::Running, Kept::NotRunning, Kept::Terminated, Kept::ClosedByUser]];
    /// [`PreviousExecutionState`]
    PreviousWord: "What an app is told that it was: UWP's five", [[
        PreviousExecutionState::NotRunning,
        PreviousExecutionState::Running,
        PreviousExecutionState::Suspended,
        PreviousExecutionState::Terminated,
        PreviousExecutionState::ClosedByUser,
    ]];
    /// [`ExtensionReason`]
    ExtensionWord: "What an extended execution is for", [[ExtensionReason::Unspecified, ExtensionReason::SavingData]];
    /// [`MemoryLevel`]
    MemoryLevelWord: "How much of its limit an app holds: less than half, than four fifths, not more than it, or more", [[
        MemoryLevel::Low,
        MemoryLevel::Medium,
        MemoryLevel::High,
        MemoryLevel::OverLimit,
    ]];
    /// [`dormouse_core::app::lifecycle::End`], to which versions may add.
    EndWord: "Why an instance of an app ended: `closed`, `reclaimed`, `crashed`, `hung` and others", [];
    /// [`dormouse_core::Refusal`], to which versions may add.
    RefusalWord: "Why a firing started nothing: `currently-running`, `queue-full`, `spent`, `quarantined` and others", [];
    /// [`dormouse_core::Condition`]
    ConditionWord: "A condition: `internet-available`, `battery-above:30`, `time-window:22:00-06:00@Europe/Berlin`, `custom:NAME`", [];
}

/// [`dormouse_core::Overlap`].
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "policy")]
#[schema(as = Overlap)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum OverlapObject {
    /// At most one activation waits; further firings are counted into it.
    Coalesce,
    /// Each firing is an activation of its own; at most `max` wait.
    Queue {
        /// How many may wait.
        max: u32,
    },
    /// At most one activation waits; a further firing replaces what it carries.
    KeepLatest,
    /// A firing is refused while the registration waits or runs.
    Refuse,
    /// Up to `max` runs at once, each of one firing.
    Parallel {
        /// How many may run at once.
        max: u32,
    },
}
