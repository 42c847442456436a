//! Who looks at the store whenever something is told, and at all of it in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use dormouse::{ActivationId, Completion, EventKind, Observer, Store};
use dormouse_core::activation::ActivationState;
use dormouse_core::store::RunFilter;
use dormouse_core::{Cursor, Event};
use futures::FutureExt as _;

/// Notes what is told before it is in the store. It does not panic: what tells may be a task of its own, whose end nobody
/// would hear of.
pub(super) struct Auditor {
    store: Arc<dyn Store>,
    violations: Arc<Mutex<Vec<String>>>,
}

impl Auditor {
    pub(super) fn new(store: Arc<dyn Store>, violations: Arc<Mutex<Vec<String>>>) -> Self {
        Self { store, violations }
    }

    /// Whether what `event` says is so in the store.
    fn is_so(&self, event: &Event) -> bool {
        let stored = |id: ActivationId| now(self.store.activation(id));
        match event.kind {
            EventKind::Fired { activation, .. }
            | EventKind::Duplicate { activation }
            | EventKind::Redriven { activation, .. }
            | EventKind::Retrying { activation, .. } => stored(activation).is_some(),
            EventKind::Started { activation, run, attempt } => matches!(
                stored(activation).map(|a| (a.attempt(), a.state)),
                Some((n, ActivationState::Running(running))) if n == attempt && running.run == run
            ),
            EventKind::Completed { activation, success } => {
                let completion = now(self.store.completion(activation));
                completion.map(|completion| completion.run.outcome.is_success()) == Some(success)
            }
            EventKind::Registered { .. } => is_registered(&*self.store, event),
            EventKind::Unregistered { .. } => !is_registered(&*self.store, event),
            _ => true,
        }
    }
}

fn is_registered(store: &dyn Store, event: &Event) -> bool {
    now(store.registrations()).iter().any(|record| record.registration.id == event.registration)
}

/// The store in memory answers at once.
fn now<T>(answer: impl Future<Output = Result<T, dormouse_core::StoreError>>) -> T {
    answer.now_or_never().expect("the store in memory does not wait").unwrap()
}

impl Observer for Auditor {
    fn observe(&self, event: &Event) {
        if !self.is_so(event) {
            self.violations.lock().unwrap().push(format!("told before it is durable: {event:?}"));
        }
    }
}

/// What was answered to whoever fired and subscribed.
#[derive(Default)]
pub(super) struct Witness {
    pub(super) accepted: BTreeSet<ActivationId>,
    told: BTreeMap<Cursor, ActivationId>,
    pub(super) violations: Arc<Mutex<Vec<String>>>,
}

impl Witness {
    pub(super) fn told(&mut self, completion: &Completion) {
        let before = self.told.insert(completion.cursor, completion.run.activation);
        let same = before.is_none_or(|activation| activation == completion.run.activation);
        assert!(same, "one place in the journal held two completions");
    }

    /// Holds it against what the store has in the end.
    pub(super) fn audit(&self, store: &dyn Store, case: &str) {
        let violations = self.violations.lock().unwrap();
        assert!(violations.is_empty(), "{case}: {violations:#?}");
        let journal = now(store.completions(Cursor(0), 10_000));
        let mut ended = BTreeMap::new();
        for completion in &journal {
            let before = ended.insert(completion.run.activation, completion.cursor);
            assert_eq!(before, None, "{case}: two completions of one activation");
        }
        for activation in &self.accepted {
            assert!(ended.contains_key(activation), "{case}: {activation} was accepted and lost");
        }
        let runs = now(store.runs(RunFilter::default(), 10_000));
        let fences: BTreeSet<_> =
            runs.iter().map(|listed| (listed.run.activation, listed.run.fence)).collect();
        assert_eq!(fences.len(), runs.len(), "{case}: two runs under one fence");
        let occurrences: Vec<_> = ended
            .keys()
            .filter_map(|id| now(store.activation(*id)))
            .filter_map(|activation| activation.scheduled_for)
            .collect();
        let distinct: BTreeSet<_> = occurrences.iter().collect();
        assert_eq!(distinct.len(), occurrences.len(), "{case}: an occurrence ran as two activations");
        assert!(!occurrences.is_empty(), "{case}: the timer never fired");
        // A subscriber begins at the end of the journal: from there on it has heard of everything.
        if let Some((first, _)) = self.told.first_key_value() {
            let missed: Vec<_> =
                journal.iter().filter(|c| c.cursor >= *first && !self.told.contains_key(&c.cursor)).collect();
            assert!(missed.is_empty(), "{case}: the subscriber was not told of {missed:?}");
        }
    }
}
