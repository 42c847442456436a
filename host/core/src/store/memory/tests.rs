//! What is the memory store's own. All else is in the suite.

use std::sync::Arc;

use futures::executor::block_on;

use crate::overlap::{Overlap, WAITING_MAX};
use crate::store::exercise::fixture::{
    QUEUE, activation, ask, at, claim, completed, enqueue, failed, finish, firing, history, over, register,
    registration, running, succeeded, waiting,
};
use crate::store::{Enqueued, Finished, Journal, MemoryStore, Redriven, Store};

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
        assert_eq!(history(&store).await.len(), 3);
        assert_eq!(store.activation(activation(7)).await.unwrap(), None);
        assert!(store.activation(activation(8)).await.unwrap().is_some());
        assert_eq!(store.floor().await.unwrap(), written[6].cursor, "whoever read less has missed something");
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
        let lease = store.claim(activation(1), claim(1, 1)).await.unwrap().unwrap();
        finish(&store, succeeded(&lease)).await;
        assert_eq!(memory.state().sizes(), (1, 5, 1));
        completed(&store, 9, 1, 1).await;
        assert_eq!(memory.state().sizes(), (1, 1, 1));
        assert_eq!(memory.head().await.unwrap().0, 2);
    });
}

#[test]
fn of_what_was_withdrawn_the_newest_are_kept() {
    block_on(async {
        let (memory, store) = with_history(2);
        register(&store, 1).await;
        for n in 1..=5 {
            waiting(&store, n, 1, 1).await;
        }
        store.remove_registration(registration(1), at(9)).await.unwrap();
        assert_eq!(memory.state().sizes(), (2, 2, 0));
    });
}

#[test]
fn a_dead_letter_is_not_redriven_while_as_many_wait_as_ever_may() {
    block_on(async {
        let (_, store) = with_history(9);
        register(&store, 1).await;
        over(&store, 0, 1, 1, failed()).await;
        for n in 1..=u128::from(WAITING_MAX) {
            enqueue(&store, ask(firing(n, 1, 1), Overlap::Queue { max: u32::MAX })).await;
        }
        let redriven = || store.redrive(activation(0), activation(u128::MAX), at(2));
        assert_eq!(redriven().await.unwrap(), Redriven::Full);
        store.claim(activation(1), claim(1, 1)).await.unwrap().unwrap();
        assert!(matches!(redriven().await.unwrap(), Redriven::Activation(_)));
    });
}
