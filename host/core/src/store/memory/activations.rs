//! Firings, claims and leases.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::history::Kept;
use super::index::Place;
use super::state::{Entry, State, is_its_own};
use crate::activation::{Activation, ActivationState, Claim, Firing, Lease};
use crate::ids::{ActivationId, Fence, RegistrationId};
use crate::overlap::{Decision, Refusal};
use crate::registration::RegistrationStatus;
use crate::store::{COALESCED_KEYS_MAX, Counts, Enqueue, Enqueued, Reap, Reaped, StoreError, steps};
use crate::time::Timestamp;

impl State {
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
        let lane = self.index.lane(firing.registration);
        let known = lane.and_then(|lane| lane.keys.get(&firing.key)).copied();
        let known = known.or_else(|| self.own(&firing));
        let Some(record) = self.registrations.get_mut(&firing.registration) else {
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

    /// The activation of a firing that has no key but its own, and comes again.
    fn own(&self, firing: &Firing) -> Option<ActivationId> {
        let activation = &self.activations.get(&firing.id)?.activation;
        let is_it = activation.registration == firing.registration && activation.key == firing.key;
        is_it.then_some(firing.id)
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
        self.take_in(activation);
        Ok(answer)
    }

    /// Puts an activation with a fresh id to the others.
    pub(super) fn take_in(&mut self, activation: Activation) {
        let id = activation.id;
        if !is_its_own(&activation.key, id) {
            self.index.lane_mut(activation.registration).keys.insert(activation.key.clone(), id);
        }
        self.index.enter(activation.registration, id, Place::of(&activation));
        self.activations.insert(id, Box::new(Entry::new(activation)));
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
        found.filter(|activation| activation.earliest(now) <= now).take(limit).cloned().collect()
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
        let holder = |id: &ActivationId| match self.activations.get(id).map(|entry| &entry.activation.state) {
            Some(ActivationState::Running(running)) => Some(running.node),
            _ => None,
        };
        let taken: Vec<_> = self
            .index
            .leases()
            .take_while(|(until, _)| ask.node.is_some() || *until < ask.ended_before)
            .map(|(until, id)| (id, holder(&id), until < ask.ended_before))
            .filter(|(_, holder, has_ended)| *has_ended || (ask.node.is_some() && *holder == ask.node))
            .take(limit)
            .collect();
        let (mut reaped, mut fell) = (vec![], BTreeSet::new());
        for (id, holder, _) in taken {
            let Some(one) = self.interrupt(id, now) else { continue };
            if holder.is_some_and(|holder| steps::is_crash(&ask, holder))
                && fell.insert(one.activation.registration)
            {
                self.registrations.get_mut(&one.activation.registration).map(steps::count_crash);
            }
            reaped.push(one);
        }
        reaped
    }

    fn interrupt(&mut self, id: ActivationId, now: Timestamp) -> Option<Reaped> {
        let entry = self.activations.get(&id)?;
        let registered = self.registrations.contains_key(&entry.activation.registration);
        let coalesced = (!registered).then_some(entry.activation.coalesced);
        let reaped = steps::interrupt(entry.activation.clone(), registered, now).ok()?;
        self.step(id, |activation| {
            *activation = reaped.activation.clone();
            Some(())
        })?;
        drop(self.record(Kept {
            run: Arc::new(reaped.run.clone()),
            coalesced,
            accepted: false,
            output: None,
        }));
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
