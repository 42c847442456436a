//! What is the memory store's own. All else is in the suite.

use std::sync::Arc;

use futures::executor::block_on;

use crate::activation::Firing;
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
fn a_firing_that_has_no_key_but_its_id_is_known_by_that() {
    block_on(async {
        let (memory, store) = with_history(1);
        register(&store, 1).await;
        let own = |n| Firing { key: activation(n).to_string(), ..firing(n, 1, 1) };
        for n in 1..=2 {
            enqueue(&store, ask(own(n), QUEUE)).await;
        }
        let again = async |n| enqueue(&store, ask(own(n), QUEUE)).await;
        assert_eq!(again(1).await, Enqueued::Duplicate(activation(1)));
        let first = store.claim(activation(1), claim(1, 1)).await.unwrap().unwrap();
        let second = store.claim(activation(2), claim(2, 1)).await.unwrap().unwrap();
        finish(&store, succeeded(&first)).await;
        assert_eq!(again(1).await, Enqueued::Duplicate(activation(1)), "it is over, and kept");
        finish(&store, succeeded(&second)).await;
        // The first one is forgotten, and what knows of the other is still there.
        assert_eq!(memory.state().sizes(), (1, 0, 1));
        assert_eq!(again(2).await, Enqueued::Duplicate(activation(2)));
        let counts = store.counts(registration(1)).await.unwrap();
        assert_eq!((counts.waiting, counts.running), (0, 0));
    });
}

#[test]
fn what_runs_is_counted_when_all_that_was_before_it_is_forgotten() {
    block_on(async {
        let (_, store) = with_history(1);
        register(&store, 1).await;
        let own = |n| Firing { key: activation(n).to_string(), ..firing(n, 1, 1) };
        let mut leases = vec![];
        for n in 1..=3 {
            enqueue(&store, ask(own(n), QUEUE)).await;
            leases.push(store.claim(activation(n), claim(n, 1)).await.unwrap().unwrap());
        }
        for lease in &leases[..2] {
            finish(&store, succeeded(lease)).await;
        }
        assert_eq!(store.activation(activation(1)).await.unwrap(), None);
        assert_eq!(store.counts(registration(1)).await.unwrap().running, 1);
        assert!(matches!(finish(&store, succeeded(&leases[2])).await, Finished::Completed(_)));
        assert_eq!(store.counts(registration(1)).await.unwrap().running, 0);
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
