//! How an app is, to those who look.

use dormouse_core::app::lifecycle::{AppState, End, ExtensionReason};
use dormouse_core::app::memory::MemoryLevel;
use dormouse_core::app::previous::{Kept, PreviousExecutionState};
use dormouse_core::{AppId, Timestamp};

use super::inner::Inner;

/// How an app is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppView {
    /// Which.
    pub app: AppId,
    /// Where in its life it is.
    pub state: AppState,
    /// Which instance of it this is, counted since the host began; 0 before the first.
    pub session: u64,
    /// Since when it is in that state.
    pub since: Timestamp,
    /// How many want to see it.
    pub leases: u32,
    /// It was launched before anybody asked for it, and nobody has asked since.
    pub prelaunched: bool,
    /// Background tasks in its instance.
    pub runs: u32,
    /// Background tasks that wait for it.
    pub waiting_runs: u32,
    /// What its extended execution is for, if it has one.
    pub extension: Option<ExtensionReason>,
    /// Bytes that its memories and tables hold.
    pub memory_bytes: u64,
    /// Bytes that they may hold.
    pub memory_limit: u64,
    /// How much of that it holds.
    pub memory_level: MemoryLevel,
    /// The handler that is under way, if one is, beside those of tasks and notices.
    pub calling: Option<String>,
    /// What is kept of it; none if it was never launched, or nobody has looked yet. An instance in which only tasks ran
    /// leaves it as it was.
    pub kept: Option<Kept>,
    /// How its last instance ended, and what is to be said of that; none if none has since the host began.
    pub last_end: Option<(End, String)>,
    /// What it would be told that it was, if somebody launched it now.
    pub next_previous: PreviousExecutionState,
    /// Changes of its state, and ends of its instances, that were told.
    pub(super) performed: u64,
    pub(super) ended: u64,
    /// How often somebody wanted it back.
    pub(super) wanted_back: u64,
}

impl Inner {
    pub(super) fn view(&self, wall: Timestamp) -> AppView {
        let machine = &self.machine;
        // Its end is told before its state, which waits for the store.
        let state = if self.life.is_some() { self.shown } else { AppState::NotRunning };
        let next_previous = match state {
            AppState::NotRunning => self.previous(wall),
            // In an instance in which only tasks ran it is told what is kept.
            _ if !machine.is_activated() => self.previous(wall),
            AppState::Suspending | AppState::Suspended => PreviousExecutionState::Suspended,
            AppState::Background | AppState::Foreground => PreviousExecutionState::Running,
        };
        AppView {
            app: self.app.clone(),
            state,
            session: self.number,
            since: self.since,
            leases: u32::try_from(self.leases.len()).unwrap_or(u32::MAX),
            prelaunched: machine.is_prelaunched(),
            runs: machine.runs(),
            waiting_runs: u32::try_from(self.waiting.len()).unwrap_or(u32::MAX),
            extension: machine.extension(),
            memory_bytes: self.life.as_ref().map_or(0, |life| life.usage.memory_bytes()),
            memory_limit: machine.memory_limit(),
            memory_level: machine.memory_level(),
            calling: machine.calling().map(|handler| handler.name().to_owned()),
            kept: self.kept.0,
            last_end: self.last_end.clone(),
            next_previous,
            performed: self.performed,
            ended: self.ended,
            wanted_back: self.wanted_back,
        }
    }
}
