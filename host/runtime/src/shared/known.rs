//! A registration, as its host keeps it in memory.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dormouse_core::registration::{RegistrationRecord, RegistrationStatus};
use dormouse_core::schedule::{Pace, Schedule, next_due};
use dormouse_core::{ActivationId, Recurrence, Registration, Timestamp, Trigger};
use foldhash::HashSet;

/// A registration as this host knows it.
pub(crate) struct Known {
    pub(crate) registration: Registration,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) pace: Pace,
    pub(crate) watermark: Mutex<Timestamp>,
    /// Shared with what it was registered in the place of, if that had the same trigger.
    pub(crate) fired: Arc<Fired>,
    /// Shared with what it was registered in the place of, which may still run.
    pub(crate) going: Arc<Going>,
}

/// What its trigger has done.
#[derive(Default)]
pub(crate) struct Fired {
    pub(crate) spent: AtomicBool,
    /// It has fired in this life of the host. Told only of what is to fire once in each (UWP-052).
    pub(crate) here: AtomicBool,
}

/// What goes on of it, and what became of that.
#[derive(Default)]
pub(crate) struct Going {
    /// Runs under way.
    pub(crate) runs: AtomicU32,
    /// How often in a row the host fell while there was one.
    pub(crate) crashes: AtomicU32,
    /// Those of its activations that were cut off and have not ended a run by themselves since: one of them may be what
    /// the host fell over. Looked at only while there are `crashes`.
    suspects: Mutex<HashSet<ActivationId>>,
    /// The last run was over at once.
    brief: AtomicBool,
}

impl Going {
    /// Whether the next run is likely to be over at once.
    pub(crate) fn is_brief(&self) -> bool {
        self.brief.load(Ordering::Relaxed)
    }

    /// Whether a run was over at once.
    pub(crate) fn was_brief(&self, is_so: bool) {
        if self.is_brief() != is_so {
            self.brief.store(is_so, Ordering::Relaxed);
        }
    }
}

impl Known {
    pub(crate) fn new(record: RegistrationRecord, schedule: Option<Schedule>, pace: Pace) -> Self {
        Self {
            schedule,
            pace,
            watermark: Mutex::new(record.watermark),
            fired: Arc::new(Fired {
                spent: AtomicBool::new(record.status == RegistrationStatus::Spent),
                ..Fired::default()
            }),
            going: Arc::new(Going { crashes: AtomicU32::new(record.crashes), ..Going::default() }),
            registration: record.registration,
        }
    }

    /// As it would be stored now.
    pub(crate) fn record(&self) -> RegistrationRecord {
        RegistrationRecord {
            registration: self.registration.clone(),
            status: if self.is_spent() { RegistrationStatus::Spent } else { RegistrationStatus::Active },
            watermark: self.watermark(),
            crashes: self.going.crashes.load(Ordering::Acquire),
        }
    }

    /// When its schedule has to be looked at; none if it has none, or fires no more.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let schedule = self.schedule.as_ref().filter(|_| !self.is_spent())?;
        next_due(schedule, self.pace, self.watermark())
    }

    pub(crate) fn watermark(&self) -> Timestamp {
        *self.watermark.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn advance(&self, to: Timestamp) {
        let mut watermark = self.watermark.lock().unwrap_or_else(PoisonError::into_inner);
        *watermark = to.max(*watermark);
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.fired.spent.load(Ordering::Acquire)
    }

    /// The crashes for which it is in quarantine, if `after` of them are enough; never if that is 0.
    pub(crate) fn quarantined(&self, after: u32) -> Option<u32> {
        let crashes = self.going.crashes.load(Ordering::Acquire);
        (after > 0 && crashes >= after).then_some(crashes)
    }

    pub(crate) fn suspects(&self) -> MutexGuard<'_, HashSet<ActivationId>> {
        self.going.suspects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is to fire once in each life of the host (UWP-052).
    pub(crate) fn once_here(&self) -> bool {
        matches!(&self.registration.trigger, Trigger::Signal(signal) if signal.recurrence == Recurrence::Once)
    }

    /// Whether it is, and has in this one.
    pub(crate) fn spent_here(&self) -> bool {
        self.fired.here.load(Ordering::Acquire)
    }
}
