//! The right to run.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Known, Shared, State};

/// The right to one run's slots. Acquired in [`Shared::reserve`](super::Shared::reserve) only; it travels with the run and gives them
/// back when it is dropped, however the run ends.
pub(crate) struct Permit {
    pub(super) shared: Arc<Shared>,
    pub(super) known: Arc<Known>,
    pub(super) slot_held: bool,
    pub(super) run_held: bool,
}

impl Permit {
    /// The sandbox is gone: its slot may be taken while the end of the run is still being written.
    pub(crate) fn release_slot(&mut self) {
        if !std::mem::take(&mut self.slot_held) {
            return;
        }
        self.vacate(&mut self.shared.state());
        self.poke();
    }

    /// As [`Permit::release_slot`], for who holds the lock, and calls [`Permit::poke`] without it.
    pub(crate) fn release_slot_in(&mut self, state: &mut State) {
        if std::mem::take(&mut self.slot_held) {
            self.vacate(state);
        }
    }

    fn vacate(&self, state: &mut State) {
        state.host_runs = state.host_runs.saturating_sub(1);
        if let Some(runs) = state.app_runs.get_mut(&self.known.registration.app) {
            *runs = runs.saturating_sub(1);
        }
    }

    /// The end of the run is recorded: its registration may begin another one, and does so for whoever fires it on hearing
    /// of that end.
    pub(crate) fn release_run(&mut self) {
        if !std::mem::take(&mut self.run_held) {
            return;
        }
        // In this order, as the dispatcher sets `backlog` before it looks at `runs`: one of the two sees the other.
        self.known.going.runs.fetch_sub(1, Ordering::SeqCst);
        self.poke();
    }

    /// Has the dispatcher look, if anything waits.
    pub(crate) fn poke(&self) {
        if self.shared.wake.backlog.load(Ordering::SeqCst) {
            self.shared.wake.dispatch.notify_one();
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.release_slot();
        self.release_run();
        if self.shared.in_flight.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shared.wake.ended.notify_waiters();
        }
    }
}
