//! What a host counts, for its operator. Nothing here is counted on the way of a run that goes well.

use std::sync::atomic::{AtomicU64, Ordering};

use dormouse_core::RegistrationId;
use dormouse_core::event::EventKind;

use super::Shared;

/// Something that is counted from the start of the host on.
#[derive(Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// See the [module](self). [`HostStats`](crate::HostStats) says what each is.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) renewals: Count,
    pub(crate) renewals_failed: Count,
    /// Renewals that failed since one was done, or the start.
    pub(crate) renewals_failed_in_a_row: AtomicU64,
    pub(crate) leases_lost: Count,
    pub(crate) stale_ends: Count,
    pub(crate) reaped: Count,
    pub(crate) pruned_runs: Count,
    pub(crate) pruned_activations: Count,
    pub(crate) prunes_failed: Count,
    pub(crate) faults_given_up: Count,
}

impl Shared {
    /// Tells a fault, and counts it if it is given up.
    pub(crate) fn fault(
        &self,
        registration: RegistrationId,
        given_up: bool,
        message: impl FnOnce() -> String,
    ) {
        if given_up {
            self.figures.faults_given_up.add(1);
        }
        self.emit(registration, || EventKind::Fault { message: message(), given_up });
    }
}
