//! The life of an app: where it is.

use dormouse_core::app::lifecycle::{AppState, End, ExtensionReason};
use dormouse_core::app::memory::MemoryLevel;
use dormouse_core::app::policy::AppPolicy;
use dormouse_core::app::previous::{AppStateRecord, Kept, PreviousExecutionState};
use dormouse_core::{AppId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Moment;
use super::words::{AppStateWord, EndWord, ExtensionWord, KeptWord, MemoryLevelWord, PreviousWord};

/// Where in its life an app is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppStateView {
    /// The app.
    #[schema(value_type = String)]
    pub app: AppId,
    /// Where it is.
    #[schema(value_type = AppStateWord)]
    pub state: AppState,
    /// Which instance of it this is, counted since the host began; 0 before the first.
    pub session: u64,
    /// Since when it is there; none where no host runs, of an app that was never launched.
    pub since: Option<Moment>,
    /// How many want to see it.
    pub leases: u32,
    /// It was prelaunched, and nobody has launched it since.
    pub prelaunched: bool,
    /// Background tasks in its instance.
    pub runs: u32,
    /// Background tasks that wait for it.
    pub waiting_runs: u32,
    /// What its extended execution is for, if it has one.
    #[schema(value_type = Option<ExtensionWord>)]
    pub extension: Option<ExtensionReason>,
    /// What it holds.
    pub memory_bytes: u64,
    /// What it may hold.
    pub memory_limit_bytes: u64,
    /// How much of that it holds.
    #[schema(value_type = MemoryLevelWord)]
    pub memory_level: MemoryLevel,
    /// The handler that is under way, if one is.
    pub calling: Option<String>,
    /// What is kept of it, if it was ever launched.
    #[schema(value_type = Option<KeptWord>)]
    pub kept: Option<Kept>,
    /// How its last instance ended, as far as this host has seen one end.
    pub last_end: Option<AppEndView>,
    /// What it is told that it was, if it is launched now.
    #[schema(value_type = PreviousWord)]
    pub next_previous: PreviousExecutionState,
}

/// How an instance of an app ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppEndView {
    /// Why.
    #[schema(value_type = EndWord)]
    pub end: String,
    /// The handler that did not return in time, if that is why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// What is to be said of it, for people; empty if that is all.
    pub message: String,
}

impl AppEndView {
    fn of(end: End, message: &str) -> Self {
        let handler = match end {
            End::Hung { handler } => Some(handler.as_str().to_owned()),
            _ => None,
        };
        Self { end: end.as_str().to_owned(), handler, message: message.to_owned() }
    }
}

impl AppStateView {
    /// Of an app that is not there, as its last host left it.
    pub(crate) fn kept(record: &AppStateRecord, now: Timestamp) -> Self {
        Self {
            app: record.app.clone(),
            state: AppState::NotRunning,
            session: 0,
            since: record.kept.is_some().then(|| record.at.into()),
            leases: 0,
            prelaunched: false,
            runs: 0,
            waiting_runs: 0,
            extension: None,
            memory_bytes: 0,
            memory_limit_bytes: 0,
            memory_level: MemoryLevel::Low,
            calling: None,
            kept: record.kept,
            last_end: None,
            next_previous: record.previous(now, AppPolicy::DEFAULT.closed),
        }
    }
}

impl From<&dormouse::AppView> for AppStateView {
    fn from(seen: &dormouse::AppView) -> Self {
        Self {
            app: seen.app.clone(),
            state: seen.state,
            session: seen.session,
            since: Some(seen.since.into()),
            leases: seen.leases,
            prelaunched: seen.prelaunched,
            runs: seen.runs,
            waiting_runs: seen.waiting_runs,
            extension: seen.extension,
            memory_bytes: seen.memory_bytes,
            memory_limit_bytes: seen.memory_limit,
            memory_level: seen.memory_level,
            calling: seen.calling.clone(),
            kept: seen.kept,
            last_end: seen.last_end.as_ref().map(|(end, message)| AppEndView::of(*end, message)),
            next_previous: seen.next_previous,
        }
    }
}

#[cfg(test)]
mod tests {
    use dormouse_core::app::lifecycle::HandlerName;

    use super::*;

    #[test]
    fn an_end_names_the_handler_that_hung() {
        let end = AppEndView::of(End::Hung { handler: HandlerName::Suspending }, "");
        assert_eq!((end.end.as_str(), end.handler.as_deref()), ("hung", Some("suspending")));
        assert_eq!(AppEndView::of(End::Closed, "").handler, None);
    }
}
