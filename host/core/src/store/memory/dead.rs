//! Dead letters, and how much there is of everything.

use super::state::State;
use crate::activation::Activation;
use crate::ids::ActivationId;
use crate::store::{DeadLetterFilter, Redriven, StoreError, Totals, steps};
use crate::time::Timestamp;

impl State {
    pub(super) fn dead_letters(&self, filter: &DeadLetterFilter, limit: usize) -> Vec<Activation> {
        let DeadLetterFilter { registration, app, before } = filter;
        let behind = self.dead.iter().rev().filter(|place| before.is_none_or(|before| **place < before));
        let letters = behind.filter_map(|(_, id)| self.activations.get(id)).map(|entry| &entry.activation);
        letters
            .filter(|letter| registration.is_none_or(|registration| letter.registration == registration))
            .filter(|letter| app.as_ref().is_none_or(|app| letter.app == *app))
            .take(limit)
            .cloned()
            .collect()
    }

    pub(super) fn redrive(
        &mut self,
        id: ActivationId,
        fresh: ActivationId,
        at: Timestamp,
    ) -> Result<Redriven, StoreError> {
        let Some(letter) = self.activations.get(&id).map(|entry| &entry.activation) else {
            return Ok(Redriven::NotDead);
        };
        let made =
            self.index.lane(letter.registration).and_then(|lane| lane.keys.get(&steps::redrive_key(id)));
        if let Some(made) = made.and_then(|made| self.activation(*made)) {
            return Ok(Redriven::Activation(Box::new(made)));
        }
        let registered = self.registrations.contains_key(&letter.registration);
        let listed = self.is_dead(id);
        let waiting = self.counts(letter.registration).waiting;
        if let Some(why) = steps::not_redriven(letter, registered, listed, waiting) {
            return Ok(why);
        }
        let activation = steps::redriven(letter, fresh, at);
        if self.activations.contains_key(&fresh) {
            return Err(steps::id_in_use(fresh));
        }
        self.take_in(activation.clone());
        self.discard(id);
        Ok(Redriven::Activation(Box::new(activation)))
    }

    /// Whether it is a dead letter, and on the list.
    pub(super) fn is_dead(&self, id: ActivationId) -> bool {
        let entry = self.activations.get(&id);
        let died_at = entry.and_then(|entry| steps::died_at(&entry.activation, true));
        died_at.is_some_and(|died_at| self.dead.contains(&(died_at, id)))
    }

    pub(super) fn discard(&mut self, id: ActivationId) -> bool {
        let entry = self.activations.get(&id);
        let died_at = entry.and_then(|entry| steps::died_at(&entry.activation, true));
        died_at.is_some_and(|died_at| self.dead.remove(&(died_at, id)))
    }

    pub(super) fn totals(&self) -> Totals {
        let (waiting, running) = self.index.totals();
        Totals { waiting, running, dead_letters: self.dead.len() as u64 }
    }
}
