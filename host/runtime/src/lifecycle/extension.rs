//! Handles of a guest to its extended executions: there is one at a time, and those that are over stay so.

use dormouse_core::app::event::AppEventKind;
use dormouse_core::app::lifecycle::{AppMachine, RevokedReason};

use super::session::Session;

/// What handles there are.
#[derive(Default)]
pub(super) struct Extended {
    last: u32,
    current: Option<u32>,
    /// Why those that are over were revoked, as far as they were: the last one.
    revoked: Option<(u32, RevokedReason)>,
}

impl Extended {
    /// One was granted: its handle.
    pub(super) const fn granted(&mut self) -> u32 {
        self.last = self.last.wrapping_add(1);
        self.current = Some(self.last);
        self.last
    }

    /// Whether a handle is to the one that there is.
    pub(super) fn is_current(&self, id: u32) -> bool {
        self.current == Some(id)
    }

    /// The one that there is was revoked.
    pub(super) fn revoke(&mut self, reason: RevokedReason) {
        self.revoked = self.current.map(|id| (id, reason)).or(self.revoked);
    }

    /// There is none any more.
    pub(super) const fn over(&mut self) {
        self.current = None;
    }

    /// Why the one of a handle was revoked, if it was.
    pub(super) fn revoked(&self, id: u32, machine: &AppMachine) -> Option<RevokedReason> {
        if self.is_current(id)
            && let Some(reason) = machine.revoked()
        {
            return Some(reason);
        }
        self.revoked.filter(|(of, _)| *of == id).map(|(_, reason)| reason)
    }
}

impl Session {
    /// Tells of its extended execution, and wakes whoever waits for news of it.
    pub(super) fn tell_of_extension(&self, kind: AppEventKind) {
        let number = self.inner().number;
        self.emit(number, || kind);
        self.news.notify_waiters();
    }
}
