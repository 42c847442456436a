//! Where activations are found by what they wait for.

use std::collections::BTreeSet;

use foldhash::HashMap;
use std::ops::Bound;

use uuid::Uuid;

use crate::activation::{Activation, ActivationState};
use crate::ids::{ActivationId, RegistrationId};
use crate::time::Timestamp;

/// Where an activation stands in the index.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Waiting { fired_at: Timestamp, not_before: Timestamp },
    Running { until: Timestamp },
    Over,
}

impl Place {
    pub(super) const fn of(activation: &Activation) -> Self {
        match &activation.state {
            ActivationState::Pending => {
                Self::Waiting { fired_at: activation.fired_at, not_before: activation.not_before }
            }
            ActivationState::Running(running) => Self::Running { until: running.until },
            ActivationState::Ended { .. } | ActivationState::Withdrawn { .. } => Self::Over,
        }
    }
}

/// What is known of one registration's activations; outlives the registration for as long as they are kept.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// By firing.
    pub(super) waiting: BTreeSet<(Timestamp, ActivationId)>,
    pub(super) running: u32,
    /// Firings that were taken in, by key. One whose key is its own id, as most are, is found by that.
    pub(super) keys: HashMap<String, ActivationId>,
}

#[derive(Debug, Default)]
pub(super) struct Index {
    lanes: HashMap<RegistrationId, Lane>,
    /// All that wait, by firing.
    waiting: BTreeSet<(Timestamp, ActivationId)>,
    /// All that wait, by the moment before which they must not run.
    backoffs: BTreeSet<(Timestamp, ActivationId)>,
    /// All that run, by the end of their lease.
    leases: BTreeSet<(Timestamp, ActivationId)>,
}

impl Index {
    pub(super) fn lane(&self, registration: RegistrationId) -> Option<&Lane> {
        self.lanes.get(&registration)
    }

    pub(super) fn lane_mut(&mut self, registration: RegistrationId) -> &mut Lane {
        self.lanes.entry(registration).or_default()
    }

    pub(super) fn enter(&mut self, registration: RegistrationId, id: ActivationId, place: Place) {
        match place {
            Place::Waiting { fired_at, not_before } => {
                self.waiting.insert((fired_at, id));
                self.backoffs.insert((not_before, id));
                self.lane_mut(registration).waiting.insert((fired_at, id));
            }
            Place::Running { until } => {
                self.leases.insert((until, id));
                self.lane_mut(registration).running += 1;
            }
            Place::Over => {}
        }
    }

    pub(super) fn leave(&mut self, registration: RegistrationId, id: ActivationId, place: Place) {
        match place {
            Place::Waiting { fired_at, not_before } => {
                self.waiting.remove(&(fired_at, id));
                self.backoffs.remove(&(not_before, id));
                self.lane_mut(registration).waiting.remove(&(fired_at, id));
            }
            Place::Running { until } => {
                self.leases.remove(&(until, id));
                self.lane_mut(registration).running -= 1;
            }
            Place::Over => {}
        }
    }

    /// Forgets the keys of an activation that is no longer kept.
    pub(super) fn forget<'a>(
        &mut self,
        registration: RegistrationId,
        keys: impl IntoIterator<Item = &'a String>,
    ) {
        let lane = self.lane_mut(registration);
        for key in keys {
            lane.keys.remove(key);
        }
        if lane.keys.is_empty() && lane.waiting.is_empty() && lane.running == 0 {
            self.lanes.remove(&registration);
        }
    }

    /// Those that wait, by firing, after `after`.
    pub(super) fn waiting_after(
        &self,
        after: Option<(Timestamp, ActivationId)>,
    ) -> impl Iterator<Item = ActivationId> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.waiting.range((from, Bound::Unbounded)).map(|(_, id)| *id)
    }

    /// The first backoff that is over after `now`.
    pub(super) fn backoff_after(&self, now: Timestamp) -> Option<Timestamp> {
        let last = (now, ActivationId::from_uuid(Uuid::max()));
        self.backoffs.range((Bound::Excluded(last), Bound::Unbounded)).next().map(|(at, _)| *at)
    }

    /// Those that run, the earliest end of a lease first.
    pub(super) fn leases(&self) -> impl Iterator<Item = (Timestamp, ActivationId)> {
        self.leases.iter().copied()
    }
}

impl Index {
    /// How many wait, and how many run.
    pub(super) fn totals(&self) -> (u64, u64) {
        (self.waiting.len() as u64, self.leases.len() as u64)
    }
}

#[cfg(test)]
impl Index {
    pub(super) fn keys(&self) -> usize {
        self.lanes.values().map(|lane| lane.keys.len()).sum()
    }
}
