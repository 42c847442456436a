//! Changes that a run was told and did not accept: they are told again (UWP-054).
//!
//! What is kept is the batch of each activation that ended without its changes having been accepted. The next
//! run of the registration is told them before its own; when it accepts, it accepts them as well. Nothing of this
//! is written: what a run accepted is on its record, so that after a restart the batches are found again
//! by going back over the runs.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use dormouse_core::activation::{Activation, ActivationState};
use dormouse_core::store::{RunFilter, StoreError};
use dormouse_core::trigger::STORAGE_CHANGES_MAX;
use dormouse_core::{
    ActivationId, Cursor, Registration, RegistrationId, RunRecord, StorageChange, Store, TriggerDetails,
};
use uuid::Uuid;

/// Runs that are gone back over after a restart. If none of so many accepted, or of those that retention left, what was
/// before them is told as lost.
const RUNS_LOOKED_AT: usize = 64;

/// What is unaccepted, of the registrations of a host.
#[derive(Default)]
pub(crate) struct Unaccepted(Mutex<HashMap<RegistrationId, Batches>>);

#[derive(Default)]
struct Batches {
    /// Oldest first; never more than [`STORAGE_CHANGES_MAX`] changes in all.
    ended: Vec<Batch>,
    /// Activations that are attempted again, although an attempt accepted.
    accepted: HashSet<ActivationId>,
}

struct Batch {
    activation: ActivationId,
    changes: Vec<StorageChange>,
}

/// What a run is told in the place of what came with its firing.
pub(crate) struct Told {
    pub(crate) changes: Vec<StorageChange>,
    /// Whose batches are among them, beside its own.
    earlier: Vec<ActivationId>,
}

impl Unaccepted {
    fn map(&self) -> MutexGuard<'_, HashMap<RegistrationId, Batches>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The registration is gone, or watches something else.
    pub(crate) fn forget(&self, id: RegistrationId) {
        self.map().remove(&id);
    }

    /// What a run of `activation` is told. None if that is what came with its firing.
    pub(crate) fn told(&self, activation: &Activation) -> Option<Told> {
        let TriggerDetails::StorageChanges(own) = &activation.details else { return None };
        let map = self.map();
        let batches = map.get(&activation.registration)?;
        let own = if batches.accepted.contains(&activation.id) { Vec::new() } else { own.clone() };
        let earlier = batches.ended.iter().map(|batch| batch.activation).collect();
        let all = batches.ended.iter().map(|batch| batch.changes.clone()).chain([own]);
        Some(Told { changes: all.reduce(joined).unwrap_or_default(), earlier })
    }

    /// A run of `activation` ended, and its record is durable. With `over`, its activation ended as well.
    pub(crate) fn ended(&self, activation: &Activation, told: Option<&Told>, accepted: bool, over: bool) {
        let TriggerDetails::StorageChanges(own) = &activation.details else { return };
        let mut map = self.map();
        let batches = map.entry(activation.registration).or_default();
        if accepted {
            let earlier = told.map(|told| told.earlier.as_slice()).unwrap_or_default();
            batches.ended.retain(|batch| !earlier.contains(&batch.activation));
            batches.accepted.insert(activation.id);
        }
        // An attempt that accepted speaks for those that follow it.
        if over && !batches.accepted.remove(&activation.id) {
            batches.keep(Batch { activation: activation.id, changes: own.clone() });
        }
        if batches.ended.is_empty() && batches.accepted.is_empty() {
            map.remove(&activation.registration);
        }
    }

    /// Finds again, after a restart, what `registration` had.
    ///
    /// # Errors
    ///
    /// The store's.
    pub(crate) async fn find(
        &self,
        store: &dyn Store,
        registration: &Registration,
    ) -> Result<(), StoreError> {
        let filter = RunFilter { registration: Some(registration.id), ..RunFilter::default() };
        let listed = store.runs(filter, RUNS_LOOKED_AT).await?;
        let mut runs: Vec<RunRecord> = listed.into_iter().map(|listed| listed.run).collect();
        let accepted_some = runs.iter().any(|run| run.receipt.changes_accepted);
        let listed = runs.len();
        // What was watched under an earlier trigger is not what is watched now.
        runs.retain(|run| run.started_at >= registration.registered_at);
        let mut batches = Batches::default();
        // None of those that are there is the first for sure, if retention took any.
        let more = listed == RUNS_LOOKED_AT || store.floor().await? > Cursor::default();
        if more && !accepted_some && runs.len() == listed {
            batches.keep(Batch {
                activation: ActivationId::from_uuid(Uuid::nil()),
                changes: vec![StorageChange::lost()],
            });
        }
        let (unaccepted, accepted) = sorted(&runs);
        for id in unaccepted {
            let activation = store.activation(id).await?;
            // One that has not ended is told its own when it is attempted again.
            if let Some(Activation { state: ActivationState::Ended { .. }, details, .. }) = activation
                && let TriggerDetails::StorageChanges(changes) = details
            {
                batches.keep(Batch { activation: id, changes });
            }
        }
        for id in accepted {
            let over =
                store.activation(id).await?.is_none_or(|a| matches!(a.state, ActivationState::Ended { .. }));
            if !over {
                batches.accepted.insert(id);
            }
        }
        if !(batches.ended.is_empty() && batches.accepted.is_empty()) {
            self.map().insert(registration.id, batches);
        }
        Ok(())
    }
}

impl Batches {
    fn keep(&mut self, batch: Batch) {
        let Batch { activation, changes } = batch;
        let all: usize = self.ended.iter().map(|batch| batch.changes.len()).sum();
        if all + changes.len() > STORAGE_CHANGES_MAX {
            self.ended = vec![Batch { activation, changes: vec![StorageChange::lost()] }];
        } else {
            self.ended.push(Batch { activation, changes });
        }
    }
}

/// One list of two, or the mark that stands for too many.
fn joined(earlier: Vec<StorageChange>, later: Vec<StorageChange>) -> Vec<StorageChange> {
    let both = TriggerDetails::StorageChanges(earlier).coalesced_with(TriggerDetails::StorageChanges(later));
    match both {
        TriggerDetails::StorageChanges(changes) => changes,
        _ => Vec::new(),
    }
}

/// Of `runs`, the newest first: the activations whose changes no run accepted, oldest first, and those of which a
/// run accepted its own. A run that accepted was told, and accepted, what had ended before it started.
fn sorted(runs: &[RunRecord]) -> (Vec<ActivationId>, HashSet<ActivationId>) {
    let accepting = runs.iter().filter(|run| run.receipt.changes_accepted);
    let accepted: HashSet<_> = accepting.map(|run| run.activation).collect();
    let (mut unaccepted, mut seen, mut covered) = (Vec::new(), accepted.clone(), None);
    for run in runs {
        if run.receipt.changes_accepted {
            covered = covered.max(Some(run.started_at));
        } else if covered.is_none_or(|from| run.ended_at > from) && seen.insert(run.activation) {
            unaccepted.push(run.activation);
        }
    }
    unaccepted.reverse();
    (unaccepted, accepted)
}
