//! What the lock guards: each command as a plain function.

use std::collections::{BTreeMap, VecDeque};

use foldhash::HashMap;

use crate::activation::{Activation, ActivationState, Claim, Firing, Lease};
use crate::app::AppRecord;
use crate::completion::{Completion, Cursor, RunRecord};
use crate::explain::RefusalRecord;
use crate::ids::{ActivationId, AppId, Fence, RegistrationId};
use crate::overlap::{Decision, Refusal};
use crate::registration::{RegistrationRecord, RegistrationStatus};
use crate::store::{
    COALESCED_KEYS_MAX, Counts, Enqueue, Enqueued, Finish, Finished, Reap, Reaped, Removed, RunFilter,
    StoreError, steps,
};
use crate::time::Timestamp;

use super::history::History;
use super::index::{Index, Place};

/// An activation with what only the store needs to know of it.
#[derive(Debug)]
struct Entry {
    activation: Activation,
    /// Keys of firings that were counted into it: the newest [`COALESCED_KEYS_MAX`].
    coalesced_keys: VecDeque<String>,
    /// Its newest run in the history.
    last_run: Option<Cursor>,
}

impl Entry {
    const fn new(activation: Activation) -> Self {
        Self { activation, coalesced_keys: VecDeque::new(), last_run: None }
    }
}

#[derive(Debug)]
pub(super) struct State {
    history_max: usize,
    apps: BTreeMap<AppId, AppRecord>,
    registrations: BTreeMap<RegistrationId, RegistrationRecord>,
    /// Firings of registrations that started nothing: a few reasons for each.
    refusals: HashMap<RegistrationId, Vec<RefusalRecord>>,
    activations: HashMap<ActivationId, Entry>,
    index: Index,
    /// Those that are over, in the order in which they ended.
    over: VecDeque<ActivationId>,
    history: History,
    cursors: BTreeMap<String, Cursor>,
}

// ---- registrations -----------------------------------------------------------------------------------

impl State {
    pub(super) fn new(history_max: usize) -> Self {
        Self {
            history_max,
            apps: BTreeMap::new(),
            registrations: BTreeMap::new(),
            refusals: HashMap::default(),
            activations: HashMap::default(),
            index: Index::default(),
            over: VecDeque::new(),
            history: History::new(history_max),
            cursors: BTreeMap::new(),
        }
    }

    pub(super) fn save_registration(&mut self, mut record: RegistrationRecord) {
        let id = record.registration.id;
        if let Some(earlier) = self.registrations.get(&id) {
            steps::advance(&mut record, earlier.watermark);
        }
        self.registrations.insert(id, record);
    }

    pub(super) fn remove_registration(&mut self, id: RegistrationId, at: Timestamp) -> Removed {
        self.registrations.remove(&id);
        self.refusals.remove(&id);
        let waiting: Vec<_> =
            self.index.lane(id).into_iter().flat_map(|lane| &lane.waiting).map(|(_, id)| *id).collect();
        let withdrawn = waiting
            .into_iter()
            .filter(|id| self.step(*id, |activation| activation.withdraw(at).ok()).is_some())
            .collect();
        Removed { withdrawn }
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

    pub(super) fn remove_app(&mut self, app: &AppId, at: Timestamp) -> Removed {
        self.apps.remove(app);
        let of_app = self.registrations.values().filter(|record| record.registration.app == *app);
        let ids: Vec<_> = of_app.map(|record| record.registration.id).collect();
        let withdrawn = ids.into_iter().flat_map(|id| self.remove_registration(id, at).withdrawn).collect();
        Removed { withdrawn }
    }

    pub(super) fn apps(&self) -> Vec<AppRecord> {
        self.apps.values().cloned().collect()
    }

    pub(super) fn registrations(&self) -> Vec<RegistrationRecord> {
        self.registrations.values().cloned().collect()
    }

    pub(super) fn advance_watermark(&mut self, id: RegistrationId, to: Timestamp) {
        if let Some(record) = self.registrations.get_mut(&id) {
            steps::advance(record, to);
        }
    }
}

// ---- activations -------------------------------------------------------------------------------------

impl State {
    /// Applies one transition and keeps the index true. None if there is no such activation, or if the
    /// transition refuses, which changes nothing.
    fn step<T>(
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
        if matches!((before, after), (Place::Waiting { .. } | Place::Running { .. }, Place::Over)) {
            self.over.push_back(id);
            self.forget_oldest();
        }
        Some(answer)
    }

    fn forget_oldest(&mut self) {
        if self.over.len() <= self.history_max {
            return;
        }
        if let Some(entry) = self.over.pop_front().and_then(|id| self.activations.remove(&id)) {
            let keys = std::iter::once(&entry.activation.key).chain(&entry.coalesced_keys);
            self.index.forget(entry.activation.registration, keys);
        }
    }

    pub(super) fn enqueue(&mut self, ask: Enqueue) -> Result<Enqueued, StoreError> {
        let (id, at) = (ask.firing.registration, ask.firing.fired_at);
        let answer = self.decide(ask)?;
        if let Enqueued::Refused(reason) = answer {
            self.note_refusal(id, reason, at);
        }
        Ok(answer)
    }

    fn decide(&mut self, ask: Enqueue) -> Result<Enqueued, StoreError> {
        let Enqueue { firing, overlap, claim, watermark, spend } = ask;
        let record = self.registrations.get_mut(&firing.registration);
        let lane = self.index.lane(firing.registration);
        let known = lane.and_then(|lane| lane.keys.get(&firing.key)).copied();
        let Some(record) = record else {
            return Ok(match known {
                Some(id) => self.enqueued_before(id, claim),
                None => Enqueued::Refused(Refusal::NotRegistered),
            });
        };
        if let Some(watermark) = watermark {
            steps::advance(record, watermark);
        }
        if let Some(id) = known {
            if spend {
                steps::spend(record);
            }
            return Ok(self.enqueued_before(id, claim));
        }
        if record.status == RegistrationStatus::Spent {
            return Ok(Enqueued::Refused(Refusal::Spent));
        }
        let Counts { waiting, running } = self.counts(firing.registration);
        let at_once = claim.filter(|_| waiting == 0 && running < overlap.runs_max());
        let registration = firing.registration;
        let answer = match overlap.decide(waiting, running) {
            Decision::Refuse(why) => return Ok(Enqueued::Refused(why)),
            Decision::Insert => self.insert(firing, at_once)?,
            Decision::Coalesce => self.coalesce(firing, false)?,
            Decision::Replace => self.coalesce(firing, true)?,
        };
        if spend && let Some(record) = self.registrations.get_mut(&registration) {
            steps::spend(record);
        }
        Ok(answer)
    }

    fn enqueued_before(&self, id: ActivationId, claim: Option<Claim>) -> Enqueued {
        let entry = self.activations.get(&id);
        match entry.zip(claim).and_then(|(entry, claim)| steps::lease_again(&entry.activation, &claim)) {
            Some(lease) => Enqueued::Claimed(Box::new(lease)),
            None => Enqueued::Duplicate(id),
        }
    }

    fn insert(&mut self, firing: Firing, claim: Option<Claim>) -> Result<Enqueued, StoreError> {
        let mut activation = firing.into_activation();
        let id = activation.id;
        if self.activations.contains_key(&id) {
            return Err(steps::id_in_use(id));
        }
        let answer = match claim.and_then(|claim| activation.claim(&claim).ok()) {
            Some(lease) => Enqueued::Claimed(Box::new(lease)),
            None => Enqueued::Waiting(Box::new(activation.clone())),
        };
        self.index.lane_mut(activation.registration).keys.insert(activation.key.clone(), id);
        self.index.enter(activation.registration, id, Place::of(&activation));
        self.activations.insert(id, Entry::new(activation));
        Ok(answer)
    }

    /// Counts a firing into the newest activation that waits.
    fn coalesce(&mut self, firing: Firing, replace: bool) -> Result<Enqueued, StoreError> {
        let lane = self.index.lane_mut(firing.registration);
        let into = lane.waiting.last().and_then(|(_, id)| self.activations.get_mut(id));
        let Some(entry) = into else {
            return Err(StoreError::Corrupt("an activation that waits is not there".to_owned()));
        };
        lane.keys.insert(firing.key.clone(), entry.activation.id);
        entry.coalesced_keys.push_back(firing.key.clone());
        if entry.coalesced_keys.len() > COALESCED_KEYS_MAX
            && let Some(oldest) = entry.coalesced_keys.pop_front()
        {
            lane.keys.remove(&oldest);
        }
        entry.activation.coalesce(firing, replace).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        Ok(Enqueued::Coalesced(Box::new(entry.activation.clone())))
    }

    pub(super) fn pending(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, ActivationId)>,
        limit: usize,
    ) -> Vec<Activation> {
        let waiting = self.index.waiting_after(after);
        let found = waiting.filter_map(|id| self.activations.get(&id)).map(|entry| &entry.activation);
        found.filter(|activation| activation.not_before <= now).take(limit).cloned().collect()
    }

    pub(super) fn next_backoff(&self, now: Timestamp) -> Option<Timestamp> {
        self.index.backoff_after(now)
    }

    pub(super) fn claim(&mut self, id: ActivationId, claim: &Claim) -> Option<Lease> {
        if let Some(lease) = steps::lease_again(&self.activations.get(&id)?.activation, claim) {
            return Some(lease);
        }
        self.step(id, |activation| activation.claim(claim).ok())
    }

    pub(super) fn renew(&mut self, held: &[(ActivationId, Fence)], until: Timestamp) -> Vec<ActivationId> {
        let ids = held.iter();
        let lost = ids.filter(|(id, fence)| {
            self.step(*id, |activation| activation.renew(*fence, until).ok()).is_none()
        });
        lost.map(|(id, _)| *id).collect()
    }

    pub(super) fn reap(&mut self, ask: Reap, now: Timestamp, limit: usize) -> Vec<Reaped> {
        let is_of_node = |id: &ActivationId| {
            let state = self.activations.get(id).map(|entry| &entry.activation.state);
            matches!(state, Some(ActivationState::Running(running)) if Some(running.node) == ask.node)
        };
        let taken: Vec<_> = self
            .index
            .leases()
            .take_while(|(until, _)| ask.node.is_some() || *until < ask.ended_before)
            .filter(|(until, id)| *until < ask.ended_before || is_of_node(id))
            .map(|(_, id)| id)
            .take(limit)
            .collect();
        taken.into_iter().filter_map(|id| self.interrupt(id, now)).collect()
    }

    fn interrupt(&mut self, id: ActivationId, now: Timestamp) -> Option<Reaped> {
        let entry = self.activations.get(&id)?;
        let registered = self.registrations.contains_key(&entry.activation.registration);
        let coalesced = (!registered).then_some(entry.activation.coalesced);
        let reaped = steps::interrupt(entry.activation.clone(), registered, now).ok()?;
        self.record(reaped.run.clone(), coalesced, false);
        self.step(id, |activation| {
            *activation = reaped.activation.clone();
            Some(())
        })?;
        Some(reaped)
    }

    pub(super) fn activation(&self, id: ActivationId) -> Option<Activation> {
        self.activations.get(&id).map(|entry| entry.activation.clone())
    }

    pub(super) fn waiting(&self, id: RegistrationId, limit: usize) -> Vec<Activation> {
        let waiting = self.index.lane(id).into_iter().flat_map(|lane| &lane.waiting).take(limit);
        waiting.filter_map(|(_, id)| self.activation(*id)).collect()
    }

    pub(super) fn counts(&self, id: RegistrationId) -> Counts {
        self.index.lane(id).map_or_else(Counts::default, |lane| Counts {
            waiting: u32::try_from(lane.waiting.len()).unwrap_or(u32::MAX),
            running: lane.running,
        })
    }
}

// ---- runs and the journal ----------------------------------------------------------------------------

impl State {
    /// Appends a run to the history, before the step that may make the store forget its activation.
    fn record(&mut self, run: RunRecord, coalesced: Option<u32>, accepted: bool) -> Option<Cursor> {
        let entry = self.activations.get_mut(&run.activation)?;
        let place = self.history.append(run, coalesced, accepted, entry.last_run);
        entry.last_run = Some(place);
        Some(place)
    }

    pub(super) fn finish(&mut self, finish: Finish) -> Finished {
        let Finish { run, after } = finish;
        let Some(entry) = self.activations.get(&run.activation) else { return Finished::LeaseLost };
        let (last_run, coalesced) = (entry.last_run, entry.activation.coalesced);
        let after = steps::after_run(after, self.registrations.contains_key(&entry.activation.registration));
        let accepted = self.step(run.activation, |activation| {
            activation.complete(run.fence, &run.outcome, &after, run.ended_at).ok()?;
            Some(matches!(activation.state, ActivationState::Pending))
        });
        let Some(again) = accepted else {
            return self.finished_before(last_run, &run);
        };
        if again {
            self.record(run, None, true);
            return Finished::Pending;
        }
        let cursor = self.history.append(run.clone(), Some(coalesced), true, last_run);
        if let Some(entry) = self.activations.get_mut(&run.activation) {
            entry.last_run = Some(cursor);
        }
        Finished::Completed(Completion { cursor, coalesced, run })
    }

    /// The answer to a finish whose lease is gone: what it was when it was accepted, if it was.
    fn finished_before(&self, last_run: Option<Cursor>, run: &RunRecord) -> Finished {
        match self.history.find(last_run, run.run, run.fence) {
            Some((_, kept)) if !kept.accepted => Finished::LeaseLost,
            Some((cursor, kept)) => match kept.coalesced {
                Some(coalesced) => {
                    Finished::Completed(Completion { cursor, coalesced, run: kept.run.clone() })
                }
                None => Finished::Pending,
            },
            None => Finished::LeaseLost,
        }
    }

    pub(super) fn runs(&self, filter: RunFilter, limit: usize) -> Vec<RunRecord> {
        let of_registration = |run: &&RunRecord| {
            filter.registration.is_none_or(|registration| run.registration == registration)
        };
        match filter.activation {
            Some(id) => {
                let last = self.activations.get(&id).and_then(|entry| entry.last_run);
                let runs = self.history.of_activation(last).map(|(_, kept)| &kept.run);
                runs.filter(of_registration).take(limit).cloned().collect()
            }
            None => self.history.newest_first().filter(of_registration).take(limit).cloned().collect(),
        }
    }

    pub(super) fn completions(&self, after: Cursor, limit: usize) -> Vec<Completion> {
        self.history.completions(after).take(limit).collect()
    }

    pub(super) fn completion(&self, id: ActivationId) -> Option<Completion> {
        let (cursor, kept) = self.history.of_activation(self.activations.get(&id)?.last_run).next()?;
        Some(Completion { cursor, coalesced: kept.coalesced?, run: kept.run.clone() })
    }

    pub(super) const fn head(&self) -> Cursor {
        self.history.head()
    }

    pub(super) fn cursor(&self, subscriber: &str) -> Option<Cursor> {
        self.cursors.get(subscriber).copied()
    }

    pub(super) fn commit_cursor(&mut self, subscriber: &str, cursor: Cursor) {
        match self.cursors.get_mut(subscriber) {
            Some(known) => *known = cursor.max(*known),
            None => {
                self.cursors.insert(subscriber.to_owned(), cursor);
            }
        }
    }
}

#[cfg(test)]
impl State {
    /// How many activations, keys and runs are kept.
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.activations.len(), self.index.keys(), self.history.newest_first().count())
    }
}
