//! What an observer sees of an app: one event at each station, in the order in which things happened.

use serde::{Deserialize, Serialize};

use super::activation::ActivationKind;
use super::lifecycle::{AppState, End, ExtensionError, ExtensionReason, HandlerName, RevokedReason};
use super::memory::{MemoryChange, MemoryLevel};
use super::previous::PreviousExecutionState;
use crate::event::Stream;
use crate::ids::{AppId, RunId};
use crate::time::Timestamp;

/// Something happened to an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppEvent {
    /// When.
    pub at: Timestamp,
    /// To which.
    pub app: AppId,
    /// To which instance of it, counted since the host began; 0 before the first.
    pub session: u64,
    /// What.
    #[serde(flatten)]
    pub kind: AppEventKind,
}

/// What happened to an app.
///
/// `call` tells calls of one instance apart; those of `task-events`, of which there is one at a time, have 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
#[non_exhaustive]
pub enum AppEventKind {
    /// Its state is another one.
    StateChanged {
        /// What it was.
        from: AppState,
        /// What it is.
        to: AppState,
    },
    /// A handler was called.
    Called {
        /// Which.
        handler: HandlerName,
        /// The call.
        call: u32,
    },
    /// A handler returned.
    Returned {
        /// Which.
        handler: HandlerName,
        /// The call.
        call: u32,
        /// Milliseconds since it was called.
        took_ms: u64,
    },
    /// The guest took a deferral of a transition.
    DeferralTaken {
        /// The call that it is of.
        call: u32,
        /// How many are open now.
        open: u32,
    },
    /// The guest completed a deferral of a transition.
    DeferralCompleted {
        /// The call that it is of.
        call: u32,
        /// How many are open now.
        open: u32,
    },
    /// Somebody activates it: what follows is for that.
    Activated {
        /// What for.
        activation: ActivationKind,
        /// What it was.
        previous: PreviousExecutionState,
    },
    /// An activation is dealt with.
    Settled {
        /// What it was for.
        activation: ActivationKind,
    },
    /// Something that was asked of it was refused.
    Refused {
        /// What.
        what: String,
        /// Why.
        error: String,
    },
    /// It has an extended execution.
    ExtensionGranted {
        /// What for.
        reason: ExtensionReason,
        /// In its own words.
        description: String,
    },
    /// It asked for an extended execution, and has none.
    ExtensionDenied {
        /// What for.
        reason: ExtensionReason,
        /// Why not.
        error: ExtensionError,
    },
    /// Its extended execution is revoked: it has a moment left.
    ExtensionRevoked {
        /// Why.
        reason: RevokedReason,
    },
    /// It has no extended execution any more.
    ExtensionOver,
    /// What it holds left one level for another (UWP-108).
    MemoryLevel {
        /// Up or down.
        change: MemoryChange,
        /// The level that it is at.
        level: MemoryLevel,
        /// Bytes that it holds.
        used: u64,
        /// Bytes that it may hold.
        limit: u64,
    },
    /// It may hold more now, or less (UWP-109).
    MemoryLimit {
        /// Bytes that it could hold.
        old: u64,
        /// Bytes that it may hold now.
        new: u64,
    },
    /// A growth of its memory was refused.
    MemoryRefused {
        /// Bytes that it would have held.
        wanted: u64,
        /// Bytes that it may hold.
        limit: u64,
    },
    /// It asked for something that was not granted.
    Denied {
        /// What, and what would grant it.
        what: String,
    },
    /// It wrote. Bytes that are not UTF-8 are replaced.
    Output {
        /// Where.
        stream: Stream,
        /// What.
        text: String,
    },
    /// A background task entered it. One that it has no room for, as it holds too many that are over, is refused there: its
    /// handler is not called, and the attempt has failed.
    RunEntered {
        /// Which.
        run: RunId,
    },
    /// The instance ended, and its memory is free.
    Ended {
        /// Why.
        #[serde(flatten)]
        end: End,
        /// What is to be said of it, for people; empty if that is all.
        message: String,
    },
    /// Something that the app needs failed: the store, its completions.
    Fault {
        /// What, and what follows.
        message: String,
    },
}

impl AppEventKind {
    /// Its name: the tag that it is written with.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::StateChanged { .. } => "state-changed",
            Self::Called { .. } => "called",
            Self::Returned { .. } => "returned",
            Self::DeferralTaken { .. } => "deferral-taken",
            Self::DeferralCompleted { .. } => "deferral-completed",
            Self::Activated { .. } => "activated",
            Self::Settled { .. } => "settled",
            Self::Refused { .. } => "refused",
            Self::ExtensionGranted { .. } => "extension-granted",
            Self::ExtensionDenied { .. } => "extension-denied",
            Self::ExtensionRevoked { .. } => "extension-revoked",
            Self::ExtensionOver => "extension-over",
            Self::MemoryLevel { .. } => "memory-level",
            Self::MemoryLimit { .. } => "memory-limit",
            Self::MemoryRefused { .. } => "memory-refused",
            Self::Denied { .. } => "denied",
            Self::Output { .. } => "output",
            Self::RunEntered { .. } => "run-entered",
            Self::Ended { .. } => "ended",
            Self::Fault { .. } => "fault",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::iter::successors;

    use serde_json::json;

    use super::*;

    /// One of each kind, in order: an event that is new has no place in the chain, and this does not compile.
    fn next(kind: &AppEventKind) -> Option<AppEventKind> {
        use AppEventKind as Kind;
        let text = String::new;
        Some(match kind {
            Kind::StateChanged { .. } => Kind::Called { handler: HandlerName::Launched, call: 1 },
            Kind::Called { .. } => Kind::Returned { handler: HandlerName::TaskEvents, call: 0, took_ms: 2 },
            Kind::Returned { .. } => Kind::DeferralTaken { call: 1, open: 1 },
            Kind::DeferralTaken { .. } => Kind::DeferralCompleted { call: 1, open: 0 },
            Kind::DeferralCompleted { .. } => {
                let previous = PreviousExecutionState::Terminated;
                Kind::Activated { activation: ActivationKind::CommandLine, previous }
            }
            Kind::Activated { .. } => Kind::Settled { activation: ActivationKind::Launch },
            Kind::Settled { .. } => Kind::Refused { what: text(), error: text() },
            Kind::Refused { .. } => {
                Kind::ExtensionGranted { reason: ExtensionReason::SavingData, description: text() }
            }
            Kind::ExtensionGranted { .. } => {
                Kind::ExtensionDenied { reason: ExtensionReason::Unspecified, error: ExtensionError::Denied }
            }
            Kind::ExtensionDenied { .. } => Kind::ExtensionRevoked { reason: RevokedReason::SystemPolicy },
            Kind::ExtensionRevoked { .. } => Kind::ExtensionOver,
            Kind::ExtensionOver => Kind::MemoryLevel {
                change: MemoryChange::Increased,
                level: MemoryLevel::OverLimit,
                used: 3,
                limit: 2,
            },
            Kind::MemoryLevel { .. } => Kind::MemoryLimit { old: 2, new: 1 },
            Kind::MemoryLimit { .. } => Kind::MemoryRefused { wanted: 2, limit: 1 },
            Kind::MemoryRefused { .. } => Kind::Denied { what: text() },
            Kind::Denied { .. } => Kind::Output { stream: Stream::Stdout, text: text() },
            Kind::Output { .. } => Kind::RunEntered { run: RunId::from_uuid(uuid::Uuid::from_u128(8)) },
            Kind::RunEntered { .. } => Kind::Ended { end: End::Closed, message: text() },
            Kind::Ended { end: End::Closed, .. } => {
                let handler = HandlerName::MemoryLimitChanging;
                Kind::Ended { end: End::Hung { handler }, message: text() }
            }
            Kind::Ended { .. } => Kind::Fault { message: text() },
            Kind::Fault { .. } => return None,
        })
    }

    fn of(kind: AppEventKind) -> AppEvent {
        let app = AppId::new("app").expect("a name");
        AppEvent { at: Timestamp::EPOCH, app, session: 1, kind }
    }

    #[test]
    fn each_event_is_written_by_its_name_and_read_back() {
        let first = AppEventKind::StateChanged { from: AppState::NotRunning, to: AppState::Background };
        for kind in successors(Some(first), next) {
            let event = of(kind);
            let json = serde_json::to_value(&event).expect("it can be written");
            assert_eq!(json["event"], event.kind.name());
            assert_eq!((&json["app"], &json["session"]), (&json!("app"), &json!(1)));
            assert_eq!(serde_json::from_value::<AppEvent>(json).expect("it is what was written"), event);
        }
    }

    #[test]
    fn an_end_is_told_with_the_handler_that_hung() {
        let handler = HandlerName::LeavingBackground;
        let event = of(AppEventKind::Ended { end: End::Hung { handler }, message: String::new() });
        let json = serde_json::to_value(&event).expect("it can be written");
        assert_eq!((&json["end"], &json["handler"]), (&json!("hung"), &json!("leaving-background")));
    }
}
