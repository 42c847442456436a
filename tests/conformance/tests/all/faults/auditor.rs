//! Who looks at the store whenever something is told, and at all of it in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dormouse::{ActivationId, Completion, EventKind, Observer, Store};
use dormouse_core::activation::ActivationState;
use dormouse_core::store::RunFilter;
use dormouse_core::{Cursor, Event};
use futures::FutureExt as _;

/// Panics when something is told that is not in the store.
pub(super) struct Auditor(Arc<dyn Store>);

impl Auditor {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }
}

/// The store in memory answers at once.
fn now<T>(answer: impl Future<Output = Result<T, dormouse_core::StoreError>>) -> T {
    answer.now_or_never().expect("the store in memory does not wait").unwrap()
}

impl Observer for Auditor {
    fn observe(&self, event: &Event) {
        let stored = |id: ActivationId| now(self.0.activation(id));
        match event.kind {
            EventKind::Fired { activation, .. } | EventKind::Duplicate { activation } => {
                assert!(stored(activation).is_some(), "told before it is durable: {event:?}");
            }
            EventKind::Started { activation, run, attempt } => {
                let state = stored(activation).map(|a| (a.attempt(), a.state));
                let is_it = matches!(
                    &state,
                    Some((n, ActivationState::Running(running))) if *n == attempt && running.run == run
                );
                assert!(is_it, "started without a lease: {event:?}, {state:?}");
            }
            EventKind::Retrying { activation, .. } => {
                let state = stored(activation).map(|a| a.state);
                assert_ne!(state, None, "told before it is durable: {event:?}");
            }
            EventKind::Completed { activation, success } => {
                let completion = now(self.0.completion(activation));
                let same = completion.map(|completion| completion.run.outcome.is_success());
                assert_eq!(same, Some(success), "told before it is durable: {event:?}");
            }
            _ => {}
        }
    }
}

/// What was answered to whoever fired and subscribed.
#[derive(Default)]
pub(super) struct Witness {
    pub(super) accepted: BTreeSet<ActivationId>,
    told: BTreeMap<Cursor, ActivationId>,
}

impl Witness {
    pub(super) fn told(&mut self, completion: &Completion) {
        let before = self.told.insert(completion.cursor, completion.run.activation);
        let same = before.is_none_or(|activation| activation == completion.run.activation);
        assert!(same, "one place in the journal held two completions");
    }

    /// Holds it against what the store has in the end.
    pub(super) fn audit(&self, store: &dyn Store, case: &str) {
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
