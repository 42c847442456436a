//! What a host counts, for its operator. Nothing here is counted on the way of a run that goes well.

use std::sync::atomic::{AtomicU64, Ordering};

use dormouse_core::event::EventKind;
use dormouse_core::{Ending, RegistrationId};

use super::{Latencies, Shared};

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
    pub(crate) told: Latencies,
    pub(crate) ended: Latencies,
    pub(crate) freed: Latencies,
    pub(crate) released: Latencies,
}

impl Figures {
    /// A run has ended, and somebody had asked for it if there is an ending.
    pub(crate) fn ended(&self, ending: Option<Ending>) {
        let Some(Ending { told, ended, freed }) = ending else { return };
        if let Some(told) = told {
            self.told.add(told);
        }
        self.ended.add(ended);
        self.freed.add(freed);
    }
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
