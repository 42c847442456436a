//! What is the memory store's own. All else is in the suite.

use std::sync::Arc;

use futures::executor::block_on;

use crate::overlap::Overlap;
use crate::store::exercise::fixture::{
    QUEUE, activation, ask, completed, enqueue, finish, firing, register, running, succeeded, waiting,
};
use crate::store::{Enqueued, Finished, Journal, MemoryStore, RunFilter, Store};

mod suite {
    crate::exercise_store!((crate::store::MemoryStore::new(), ()));
}

fn with_history(history_max: usize) -> (Arc<MemoryStore>, Arc<dyn Store>) {
    let store = Arc::new(MemoryStore::with_history(history_max));
    (Arc::clone(&store), store)
}

#[test]
fn history_is_bounded_and_the_newest_is_kept() {
    block_on(async {
        let (memory, store) = with_history(3);
        register(&store, 1).await;
        let mut written = vec![];
        for n in 1..=10 {
            written.push(completed(&store, n, 1, 1).await);
        }
        assert_eq!(store.completions(Default::default(), 99).await.unwrap(), written[7..]);
        assert_eq!(store.completions(written[8].cursor, 99).await.unwrap(), written[9..]);
        assert_eq!(store.runs(RunFilter::default(), 99).await.unwrap().len(), 3);
        assert_eq!(store.activation(activation(7)).await.unwrap(), None);
        assert!(store.activation(activation(8)).await.unwrap().is_some());
        let state = memory.state();
        assert_eq!(state.sizes(), (3, 3, 3), "activations, keys and runs");
    });
}

#[test]
fn what_waits_or_runs_is_never_dropped() {
    block_on(async {
        let (_, store) = with_history(2);
        register(&store, 1).await;
        let held = running(&store, 100, 1, 1).await;
        waiting(&store, 101, 1, 1).await;
        for n in 1..=10 {
            completed(&store, n, 1, 1).await;
        }
        assert_eq!(store.activation(activation(100)).await.unwrap(), Some(held.activation.clone()));
        let again = enqueue(&store, ask(firing(101, 1, 1), QUEUE)).await;
        assert_eq!(again, Enqueued::Duplicate(activation(101)));
        assert!(matches!(finish(&store, succeeded(&held)).await, Finished::Completed(_)));
    });
}

#[test]
fn an_activation_that_is_forgotten_takes_its_coalesced_keys_along() {
    block_on(async {
        let (memory, store) = with_history(1);
        register(&store, 1).await;
        for n in 1..=5 {
            enqueue(&store, ask(firing(n, 1, 1), Overlap::Coalesce)).await;
        }
        let claim = crate::store::exercise::fixture::claim(1, 1);
        let lease = store.claim(activation(1), claim).await.unwrap().unwrap();
        finish(&store, succeeded(&lease)).await;
        assert_eq!(memory.state().sizes(), (1, 5, 1));
        completed(&store, 9, 1, 1).await;
        assert_eq!(memory.state().sizes(), (1, 1, 1));
        assert_eq!(memory.head().await.unwrap().0, 2);
    });
}
