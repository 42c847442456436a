//! The registrations of a host, found by whatever a firing or a request names them with.
//!
//! Everything here costs O(log n) in the number of registrations, and what it answers: a machine with a hundred
//! thousand timers takes a signal as fast as one with ten.

mod timers;

use std::collections::BTreeSet;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use dormouse_core::{AppId, RegistrationId, SystemEvent, Timestamp, Trigger, TriggerKind};
use foldhash::HashMap;
use foldhash::fast::RandomState;
use uuid::Uuid;

use crate::shared::Known;

use timers::Timers;

/// The order of making, which is the order of listing and of firing.
type Place = (Timestamp, RegistrationId);

/// What group and name come to, and a place. Not the names themselves, which are at hand with their registrations and
/// would be there twice.
type Named = (u64, Place);

/// Before every place.
const FIRST: Place = (Timestamp::from_micros(i64::MIN), RegistrationId::from_uuid(Uuid::nil()));

/// See the [module](self).
#[derive(Default)]
pub(crate) struct Registry {
    by_id: HashMap<RegistrationId, Arc<Known>>,
    by_app: HashMap<AppId, OfApp>,
    by_topic: HashMap<String, BTreeSet<Place>>,
    by_event: HashMap<SystemEvent, BTreeSet<Place>>,
    timers: Timers,
    /// Of this process alone: nobody can choose names that all come to one.
    names: RandomState,
}

#[derive(Default)]
struct OfApp {
    all: BTreeSet<Place>,
    /// Names are not unique: each has the places of all that bear it, in one set for all names, since a set for
    /// each would take more memory than all else in here.
    by_name: BTreeSet<Named>,
    application: BTreeSet<Place>,
}

impl Registry {
    pub(crate) fn get(&self, id: RegistrationId) -> Option<&Arc<Known>> {
        self.by_id.get(&id)
    }

    pub(crate) fn contains(&self, id: RegistrationId) -> bool {
        self.by_id.contains_key(&id)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Known>> {
        self.by_id.values()
    }

    /// The registrations of an app, in the order of their making.
    pub(crate) fn of_app(&self, app: &AppId) -> impl Iterator<Item = &Arc<Known>> {
        let all = self.by_app.get(app).into_iter().flat_map(|of| &of.all);
        all.filter_map(|(_, id)| self.by_id.get(id))
    }

    /// How many an app has.
    pub(crate) fn count(&self, app: &AppId) -> usize {
        self.by_app.get(app).map_or(0, |of| of.all.len())
    }

    /// The oldest of a group and name.
    pub(crate) fn named(&self, app: &AppId, group: Option<&str>, name: &str) -> Option<&Arc<Known>> {
        let key = self.key(group, name);
        let of_key =
            self.by_app.get(app)?.by_name.range((key, FIRST)..).take_while(|(other, _)| *other == key);
        let mut of_key = of_key.filter_map(|(_, (_, id))| self.by_id.get(id));
        // Others may come to the same.
        of_key.find(|known| known.registration.group.as_deref() == group && known.registration.name == name)
    }

    fn key(&self, group: Option<&str>, name: &str) -> u64 {
        self.names.hash_one((group, name))
    }

    /// Those of an app with an application trigger.
    pub(crate) fn application(&self, app: &AppId) -> impl Iterator<Item = RegistrationId> {
        self.by_app.get(app).into_iter().flat_map(|of| &of.application).map(|(_, id)| *id)
    }

    /// Those with a signal or message trigger on `topic`, in the order of their making.
    pub(crate) fn on_topic(&self, topic: &str) -> impl Iterator<Item = &Arc<Known>> {
        let places = self.by_topic.get(topic).into_iter().flatten();
        places.filter_map(|(_, id)| self.by_id.get(id))
    }

    /// Those with a system trigger on `event`, in the order of their making.
    pub(crate) fn on_event(&self, event: SystemEvent) -> impl Iterator<Item = &Arc<Known>> {
        let places = self.by_event.get(&event).into_iter().flatten();
        places.filter_map(|(_, id)| self.by_id.get(id))
    }

    /// Adds it, in the place of the one with the same id.
    pub(crate) fn insert(&mut self, known: Arc<Known>) {
        let registration = &known.registration;
        self.remove(registration.id);
        let place = (registration.registered_at, registration.id);
        let name = self.key(registration.group.as_deref(), &registration.name);
        let of = self.by_app.entry(registration.app.clone()).or_default();
        of.all.insert(place);
        of.by_name.insert((name, place));
        if registration.trigger.kind() == TriggerKind::Application {
            of.application.insert(place);
        }
        match &registration.trigger {
            Trigger::System(system) => {
                self.by_event.entry(system.event).or_default().insert(place);
            }
            trigger => {
                if let Some(topic) = topic(trigger) {
                    self.by_topic.entry(topic.to_owned()).or_default().insert(place);
                }
            }
        }
        self.timers.set(registration.id, known.next_due());
        self.by_id.insert(registration.id, known);
    }

    /// When the earliest schedule is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    /// Those whose schedule is due at `now`, the earliest first, up to `limit`. They are not due any more, until they
    /// are armed again.
    pub(crate) fn take_due(&mut self, now: Timestamp, limit: usize) -> Vec<Arc<Known>> {
        let ids = self.timers.take_due(now, limit);
        ids.into_iter().filter_map(|id| self.by_id.get(&id).cloned()).collect()
    }

    /// Has `known` be due at `at`, unless another has come in its place, or it was removed.
    pub(crate) fn arm(&mut self, known: &Arc<Known>, at: Option<Timestamp>) {
        let id = known.registration.id;
        if self.by_id.get(&id).is_some_and(|current| Arc::ptr_eq(current, known)) {
            self.timers.set(id, at);
        }
    }

    /// Has everything of `app` be due when its schedule says.
    pub(crate) fn arm_app(&mut self, app: &AppId) {
        for (_, id) in self.by_app.get(app).into_iter().flat_map(|of| &of.all) {
            if let Some(known) = self.by_id.get(id) {
                self.timers.set(*id, known.next_due());
            }
        }
    }

    /// Removes it; answers what was there.
    pub(crate) fn remove(&mut self, id: RegistrationId) -> Option<Arc<Known>> {
        let known = self.by_id.remove(&id)?;
        self.timers.set(id, None);
        let registration = &known.registration;
        let place = (registration.registered_at, id);
        let name = self.key(registration.group.as_deref(), &registration.name);
        if let Some(of) = self.by_app.get_mut(&registration.app) {
            of.all.remove(&place);
            of.application.remove(&place);
            of.by_name.remove(&(name, place));
            if of.all.is_empty() {
                self.by_app.remove(&registration.app);
            }
        }
        match &registration.trigger {
            Trigger::System(system) => forget(&mut self.by_event, &system.event, &place),
            trigger => {
                if let Some(topic) = topic(trigger) {
                    forget(&mut self.by_topic, topic, &place);
                }
            }
        }
        Some(known)
    }
}

fn topic(trigger: &Trigger) -> Option<&str> {
    match trigger {
        Trigger::Signal(signal) => Some(&signal.topic),
        Trigger::Message(message) => Some(&message.topic),
        _ => None,
    }
}

/// Takes `place` out of the set at `key`, and the set with the last of it.
fn forget<K, Q>(sets: &mut HashMap<K, BTreeSet<Place>>, key: &Q, place: &Place)
where
    K: std::borrow::Borrow<Q> + std::hash::Hash + Eq,
    Q: std::hash::Hash + Eq + ?Sized,
{
    if let Some(set) = sets.get_mut(key) {
        set.remove(place);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
