//! What is not over yet.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use dormouse_core::event::Event;
use dormouse_core::{ActivationId, AppId, RegistrationId, RunId, Timestamp};
use opentelemetry::trace;
use opentelemetry_sdk::trace::SpanEvents;

use super::{attributes, span};
use crate::stats::Stats;

/// The most events that one span has.
const EVENTS_MAX: usize = 128;

/// The events of one span.
#[derive(Debug, Default)]
pub(super) struct Log(SpanEvents);

impl Log {
    pub(super) fn add(&mut self, event: &Event) {
        if self.0.events.len() >= EVENTS_MAX {
            self.0.dropped_count = self.0.dropped_count.saturating_add(1);
            return;
        }
        let attributes = attributes::event(&event.kind);
        self.0.events.push(trace::Event::new(event.kind.name(), span::time(event.at), attributes, 0));
    }

    pub(super) fn take(self) -> SpanEvents {
        self.0
    }
}

/// A run that goes on.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) id: RunId,
    pub(super) attempt: u32,
    pub(super) start: Timestamp,
    pub(super) log: Log,
}

impl Run {
    pub(super) fn new(id: RunId, attempt: u32, start: Timestamp) -> Self {
        Self { id, attempt, start, log: Log::default() }
    }
}

/// An activation that is not complete.
#[derive(Debug)]
pub(super) struct Activation {
    pub(super) id: ActivationId,
    pub(super) registration: RegistrationId,
    pub(super) app: Option<AppId>,
    pub(super) start: Timestamp,
    pub(super) coalesced: u32,
    pub(super) attempts: u32,
    pub(super) outcome: Option<&'static str>,
    pub(super) redriven_from: Option<ActivationId>,
    pub(super) run: Option<Run>,
    pub(super) log: Log,
    /// Its place in the order of what was opened.
    place: u64,
}

impl Activation {
    /// One that is heard of at `at`, and began when its id was made.
    pub(super) fn new(id: ActivationId, registration: RegistrationId, at: Timestamp) -> Self {
        let start = made_at(id).filter(|made| *made <= at).unwrap_or(at);
        Self {
            id,
            registration,
            app: None,
            start,
            coalesced: 1,
            attempts: 0,
            outcome: None,
            redriven_from: None,
            run: None,
            log: Log::default(),
            place: 0,
        }
    }
}

/// The moment that is in an id that sorts by time.
fn made_at(id: ActivationId) -> Option<Timestamp> {
    let uuid = id.as_uuid();
    let (seconds, nanos) = uuid.get_timestamp().filter(|_| uuid.get_version_num() == 7)?.to_unix();
    Some(Timestamp::EPOCH + Duration::new(seconds, nanos))
}

/// Activations that are not complete, and their runs.
pub(super) struct Open {
    max: usize,
    stats: Arc<Stats>,
    activations: HashMap<ActivationId, Activation>,
    runs: HashMap<RunId, ActivationId>,
    order: BTreeMap<u64, ActivationId>,
    next: u64,
}

impl Open {
    pub(super) fn new(max: usize, stats: Arc<Stats>) -> Self {
        Self {
            max,
            stats,
            activations: HashMap::new(),
            runs: HashMap::new(),
            order: BTreeMap::new(),
            next: 0,
        }
    }

    pub(super) fn get(&mut self, id: ActivationId) -> Option<&mut Activation> {
        self.activations.get_mut(&id)
    }

    /// The activation `id`, made if there is none; the oldest is forgotten for it if there are too many.
    pub(super) fn entry(&mut self, id: ActivationId, made: impl FnOnce() -> Activation) -> &mut Activation {
        if !self.activations.contains_key(&id) {
            while self.activations.len() >= self.max.max(1) {
                let Some((_, oldest)) = self.order.first_key_value() else { break };
                self.remove(*oldest);
                self.stats.activations_forgotten.add(1);
            }
        }
        self.activations.entry(id).or_insert_with(|| {
            let place = self.next;
            self.next += 1;
            self.order.insert(place, id);
            Activation { place, ..made() }
        })
    }

    pub(super) fn remove(&mut self, id: ActivationId) -> Option<Activation> {
        let removed = self.activations.remove(&id)?;
        self.order.remove(&removed.place);
        if let Some(run) = &removed.run {
            self.runs.remove(&run.id);
        }
        Some(removed)
    }

    /// Those of `registration` that do not run, in the order in which they were heard of.
    pub(super) fn remove_waiting(&mut self, registration: RegistrationId) -> Vec<Activation> {
        let waits = |one: &Activation| one.registration == registration && one.run.is_none();
        let ids: Vec<_> =
            self.order.values().filter(|id| self.activations.get(id).is_some_and(waits)).copied().collect();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    pub(super) fn start(&mut self, id: ActivationId, run: Run) {
        let Some(activation) = self.activations.get_mut(&id) else { return };
        self.runs.insert(run.id, id);
        activation.run = Some(run);
    }

    pub(super) fn activation_of(&self, run: RunId) -> Option<ActivationId> {
        self.runs.get(&run).copied()
    }

    pub(super) fn run(&mut self, run: RunId) -> Option<&mut Run> {
        let id = self.activation_of(run)?;
        self.activations.get_mut(&id)?.run.as_mut()
    }

    /// Takes `run` out of the activation `id`, if it goes on.
    pub(super) fn end(&mut self, id: ActivationId, run: RunId) -> Option<Run> {
        self.runs.remove(&run)?;
        self.activations.get_mut(&id)?.run.take_if(|open| open.id == run)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn open(max: usize, activations: u128) -> Open {
        let mut open = Open::new(max, Arc::default());
        for n in 0..activations {
            let (id, at) = (ActivationId::from_uuid(Uuid::from_u128(n)), Timestamp::EPOCH);
            let registration = RegistrationId::from_uuid(Uuid::from_u128(n % 2));
            open.entry(id, || Activation::new(id, registration, at));
            open.start(id, Run::new(RunId::from_uuid(Uuid::from_u128(n)), 1, at));
        }
        open
    }

    fn kept(open: &Open) -> [usize; 3] {
        [open.activations.len(), open.runs.len(), open.order.len()]
    }

    #[test]
    fn nothing_is_kept_of_what_is_forgotten() {
        let open = open(3, 10);
        assert_eq!(kept(&open), [3, 3, 3]);
        assert_eq!(open.stats.activations_forgotten.get(), 7);
    }

    #[test]
    fn nothing_is_kept_of_what_is_over() {
        let mut open = open(10, 4);
        let number = Uuid::from_u128(0);
        assert!(open.end(ActivationId::from_uuid(number), RunId::from_uuid(number)).is_some());
        assert_eq!(kept(&open), [4, 3, 4]);
        assert_eq!(open.remove_waiting(RegistrationId::from_uuid(number)).len(), 1, "the others run");
        assert_eq!(kept(&open), [3, 3, 3]);
        for n in 1..4 {
            open.remove(ActivationId::from_uuid(Uuid::from_u128(n)));
        }
        assert_eq!(kept(&open), [0; 3]);
    }
}
