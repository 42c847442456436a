//! What the lock guards, with the steps that keep it whole, and what concerns registrations and apps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use foldhash::HashMap;

use super::history::History;
use super::index::{Index, Place};
use super::parts::Parts;
use super::settings;
use super::webhooks::Webhooks;
use crate::activation::{Activation, ActivationState};
use crate::app::AppRecord;
use crate::app::previous::AppStateRecord;
use crate::completion::Cursor;
use crate::explain::RefusalRecord;
use crate::ids::{ActivationId, AppId, RegistrationId};
use crate::overlap::Refusal;
use crate::quota::QuotaState;
use crate::registration::RegistrationRecord;
use crate::store::{Removed, steps};
use crate::time::Timestamp;

/// An activation with what only the store needs to know of it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) activation: Activation,
    /// Keys of firings that were counted into it: the newest [`COALESCED_KEYS_MAX`](crate::store::COALESCED_KEYS_MAX).
    pub(super) coalesced_keys: VecDeque<String>,
}

impl Entry {
    pub(super) const fn new(activation: Activation) -> Self {
        Self { activation, coalesced_keys: VecDeque::new() }
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) history_max: usize,
    apps: BTreeMap<AppId, AppRecord>,
    app_states: BTreeMap<AppId, AppStateRecord>,
    quotas: BTreeMap<AppId, QuotaState>,
    pub(super) settings: BTreeMap<AppId, settings::Kept>,
    pub(super) registrations: BTreeMap<RegistrationId, RegistrationRecord>,
    /// Firings of registrations that started nothing: a few reasons for each.
    refusals: HashMap<RegistrationId, Vec<RefusalRecord>>,
    /// Boxed: hundreds of bytes, which a map would move about.
    pub(super) activations: Parts<ActivationId, Box<Entry>>,
    pub(super) index: Index,
    /// Activations that ended and that somebody may want to run again, by their end.
    pub(super) dead: BTreeSet<(Timestamp, ActivationId)>,
    /// Activations that were withdrawn, by that moment.
    pub(super) withdrawn: BTreeSet<(Timestamp, ActivationId)>,
    pub(super) history: History,
    pub(super) cursors: BTreeMap<String, Cursor>,
    pub(super) webhooks: Webhooks,
}

impl State {
    pub(super) fn new(history_max: usize) -> Self {
        Self { history_max, ..Self::default() }
    }

    pub(super) fn save_registration(&mut self, mut record: RegistrationRecord) {
        let id = record.registration.id;
        if let Some(earlier) = self.registrations.get(&id) {
            steps::keep(&mut record, earlier);
        }
        self.registrations.insert(id, record);
    }

    pub(super) fn remove_registration(&mut self, id: RegistrationId, at: Timestamp) -> Removed {
        self.registrations.remove(&id);
        self.refusals.remove(&id);
        let of =
            |activation: &ActivationId| self.activations.get(activation).map(|e| e.activation.registration);
        self.dead.retain(|(_, dead)| of(dead) != Some(id));
        let waiting: Vec<_> =
            self.index.lane(id).into_iter().flat_map(|lane| &lane.waiting).map(|(_, id)| *id).collect();
        let withdrawn = waiting.into_iter().filter(|id| self.withdraw(*id, at)).collect();
        Removed { withdrawn }
    }

    fn withdraw(&mut self, id: ActivationId, at: Timestamp) -> bool {
        let withdrawn = self.step(id, |activation| activation.withdraw(at).ok()).is_some();
        if withdrawn {
            self.withdrawn.insert((at, id));
            if self.withdrawn.len() > self.history_max
                && let Some((_, oldest)) = self.withdrawn.first().copied()
            {
                drop(self.forget(oldest));
            }
        }
        withdrawn
    }

    pub(super) fn forgive(&mut self, id: RegistrationId) {
        if let Some(record) = self.registrations.get_mut(&id) {
            record.crashes = 0;
        }
    }

    pub(super) fn note_refusal(&mut self, id: RegistrationId, reason: Refusal, at: Timestamp) {
        if self.registrations.contains_key(&id) {
            steps::count_refusal(self.refusals.entry(id).or_default(), reason, at);
        }
    }

    pub(super) fn refusals(&self, id: RegistrationId) -> Vec<RefusalRecord> {
        let mut refusals = self.refusals.get(&id).cloned().unwrap_or_default();
        refusals.sort_by_key(|refusal| std::cmp::Reverse(refusal.last_at));
        refusals
    }

    pub(super) fn save_app(&mut self, record: AppRecord) {
        self.apps.insert(record.app.clone(), record);
    }

    pub(super) fn forget_app(&mut self, app: &AppId) {
        self.apps.remove(app);
    }

    pub(super) fn remove_app(&mut self, app: &AppId, at: Timestamp) -> Removed {
        self.forget_app(app);
        self.quotas.remove(app);
        self.settings.remove(app);
        self.app_states.remove(app);
        let of_app = self.registrations.values().filter(|record| record.registration.app == *app);
        let ids: Vec<_> = of_app.map(|record| record.registration.id).collect();
        let withdrawn = ids.into_iter().flat_map(|id| self.remove_registration(id, at).withdrawn).collect();
        Removed { withdrawn }
    }

    pub(super) fn apps(&self) -> Vec<AppRecord> {
        self.apps.values().cloned().collect()
    }

    pub(super) fn put_app_state(&mut self, record: AppStateRecord) {
        self.app_states.insert(record.app.clone(), record);
    }

    pub(super) fn app_state(&self, app: &AppId) -> Option<AppStateRecord> {
        self.app_states.get(app).cloned()
    }

    pub(super) fn save_quotas(&mut self, quotas: &[(AppId, QuotaState)]) {
        self.quotas.extend(quotas.iter().cloned());
    }

    pub(super) fn quotas(&self) -> Vec<(AppId, QuotaState)> {
        self.quotas.iter().map(|(app, state)| (app.clone(), *state)).collect()
    }

    pub(super) fn registrations(&self) -> Vec<RegistrationRecord> {
        self.registrations.values().cloned().collect()
    }

    pub(super) fn advance_watermark(&mut self, id: RegistrationId, to: Timestamp) {
        if let Some(record) = self.registrations.get_mut(&id) {
            steps::advance(record, to);
        }
    }

    /// Applies one transition and keeps the index true. None if there is no such activation, or if the
    /// transition refuses, which changes nothing.
    pub(super) fn step<T>(
        &mut self,
        id: ActivationId,
        transition: impl FnOnce(&mut Activation) -> Option<T>,
    ) -> Option<T> {
        let entry = self.activations.get_mut(&id)?;
        let registration = entry.activation.registration;
        let before = Place::of(&entry.activation);
        let answer = transition(&mut entry.activation)?;
        let after = Place::of(&entry.activation);
        self.index.leave(registration, id, before);
        self.index.enter(registration, id, after);
        if let Some(at) = steps::died_at(&entry.activation, self.registrations.contains_key(&registration)) {
            self.dead.insert((at, id));
        }
        Some(answer)
    }

    /// Lets go of an activation that is over, with its keys.
    pub(super) fn forget(&mut self, id: ActivationId) -> Option<Box<Entry>> {
        let entry = self.activations.remove(&id)?;
        let Entry { activation, coalesced_keys } = &*entry;
        let own = (!is_its_own(&activation.key, id)).then_some(&activation.key);
        self.index.forget(activation.registration, own.into_iter().chain(coalesced_keys));
        match activation.state {
            ActivationState::Ended { at, .. } => self.dead.remove(&(at, id)),
            ActivationState::Withdrawn { at } => self.withdrawn.remove(&(at, id)),
            ActivationState::Pending | ActivationState::Running(_) => false,
        };
        Some(entry)
    }
}

/// Whether the key of an activation is nothing but its id.
pub(super) fn is_its_own(key: &str, id: ActivationId) -> bool {
    let mut text = uuid::Uuid::encode_buffer();
    key == id.as_uuid().hyphenated().encode_lower(&mut text)
}

#[cfg(test)]
impl State {
    /// How many activations, keys and runs are kept.
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.activations.len(), self.index.keys(), self.history.len())
    }
}
