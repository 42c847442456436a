//! What an app holds, and its limit.

use super::{AppMachine, AppState, Handler, MemoryChange, MemoryLevel, Output};
use crate::time::Instant;

#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    pub(super) used: u64,
    pub(super) limit: u64,
    /// The level that the guest was told of.
    pub(super) told: MemoryLevel,
    /// Since when it is above its limit.
    pub(super) over_since: Option<Instant>,
}

impl Memory {
    pub(super) const fn new() -> Self {
        Self { used: 0, limit: 0, told: MemoryLevel::Low, over_since: None }
    }
}

impl AppMachine {
    /// Its memories and tables hold `bytes` now.
    ///
    /// Call it after each poll of the guest in which they grew.
    pub fn memory_used(&mut self, bytes: u64, now: Instant) -> Vec<Output> {
        let mut out = Vec::new();
        self.memory.used = bytes;
        self.notice_memory(now, &mut out);
        out
    }

    pub(super) fn set_limit(&mut self, limit: u64, out: &mut Vec<Output>) {
        if self.memory.limit != limit {
            self.memory.limit = limit;
            out.push(Output::Limit(limit));
        }
    }

    /// Tells of a level that was left, unless it is telling so already: then that is looked at when it has.
    pub(super) fn notice_memory(&mut self, now: Instant, out: &mut Vec<Output>) {
        let level = self.memory_level();
        self.memory.over_since = match level {
            MemoryLevel::OverLimit => self.memory.over_since.or(Some(now)),
            _ => None,
        };
        let runs = matches!(self.state, AppState::Background | AppState::Foreground);
        // That it is resumed is what it hears first.
        let resumes = self.calling().is_some_and(|handler| matches!(handler, Handler::Resuming { .. }));
        if self.notice.is_some() || !runs || resumes {
            return;
        }
        let Some(change) = MemoryChange::between(self.memory.told, level) else { return };
        self.memory.told = level;
        let (used, limit) = (self.memory.used, self.memory.limit);
        let handler = Handler::MemoryUsageChanged { change, level, used, limit };
        self.notice = Some(self.begin(handler, now, out));
    }
}
