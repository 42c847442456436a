//! What a firing becomes while its registration waits or runs.

use std::sync::Arc;

use crate::activation::Firing;
use crate::overlap::{Overlap, Refusal};
use crate::store::{Counts, Enqueue, Enqueued, Store};
use crate::trigger::{StorageChange, StorageChangeKind, TriggerDetails};

use super::fixture::{
    activation, ask, at, claim, enqueue, finish, firing, register, registration, running, stored, succeeded,
    waiting,
};

fn changed(n: u128, millis: i64, path: &str) -> Firing {
    let change = StorageChange { kind: StorageChangeKind::Created, path: path.to_owned() };
    Firing {
        details: TriggerDetails::StorageChanges(vec![change]),
        scheduled_for: Some(at(millis)),
        ..firing(n, 1, millis)
    }
}

fn paths(details: &TriggerDetails) -> Vec<&str> {
    match details {
        TriggerDetails::StorageChanges(changes) => changes.iter().map(|c| c.path.as_str()).collect(),
        other => panic!("{other:?} lists no changes"),
    }
}

async fn counts(store: &Arc<dyn Store>) -> Counts {
    store.counts(registration(1)).await.expect("the store works")
}

pub(super) async fn coalesce_merges_into_what_waits(store: Arc<dyn Store>) {
    register(&store, 1).await;
    running(&store, 1, 1, 1).await;
    assert!(matches!(
        enqueue(&store, ask(changed(2, 2, "a"), Overlap::Coalesce)).await,
        Enqueued::Waiting(_)
    ));
    let later = Firing { stands_for: 4, ..changed(3, 3, "b") };
    let Enqueued::Coalesced(merged) = enqueue(&store, ask(later, Overlap::Coalesce)).await else {
        panic!("it is counted into what waits")
    };
    assert_eq!((merged.id, merged.coalesced), (activation(2), 5), "UWP-058");
    assert_eq!(paths(&merged.details), ["a", "b"]);
    assert_eq!((merged.fired_at, merged.scheduled_for), (at(2), Some(at(3))));
    assert_eq!(stored(&store, 2).await, *merged);
    assert_eq!(counts(&store).await, Counts { waiting: 1, running: 1 });
}

pub(super) async fn keep_latest_replaces_what_waits(store: Arc<dyn Store>) {
    register(&store, 1).await;
    enqueue(&store, ask(changed(1, 1, "a"), Overlap::KeepLatest)).await;
    let Enqueued::Coalesced(merged) = enqueue(&store, ask(changed(2, 2, "b"), Overlap::KeepLatest)).await
    else {
        panic!("it replaces what waits")
    };
    assert_eq!((merged.id, merged.coalesced), (activation(1), 2));
    assert_eq!(paths(&merged.details), ["b"], "UWP-055");
    assert_eq!(stored(&store, 1).await, *merged);
}

pub(super) async fn queue_refuses_above_its_bound(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let queue = Overlap::Queue { max: 2 };
    for n in [1, 2] {
        assert!(matches!(enqueue(&store, ask(firing(n, 1, 1), queue)).await, Enqueued::Waiting(_)));
    }
    let full = Enqueued::Refused(Refusal::QueueFull);
    assert_eq!(enqueue(&store, ask(firing(3, 1, 1), queue)).await, full);
    assert_eq!(store.activation(activation(3)).await.expect("the store works"), None);
    store.claim(activation(1), claim(1, 1)).await.expect("the store works").expect("it waits");
    assert!(matches!(enqueue(&store, ask(firing(3, 1, 1), queue)).await, Enqueued::Waiting(_)));
    assert_eq!(counts(&store).await, Counts { waiting: 2, running: 1 });
}

pub(super) async fn refuse_refuses_while_waiting_or_running(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let refused = Enqueued::Refused(Refusal::CurrentlyRunning);
    assert!(matches!(enqueue(&store, ask(firing(1, 1, 1), Overlap::Refuse)).await, Enqueued::Waiting(_)));
    assert_eq!(enqueue(&store, ask(firing(2, 1, 1), Overlap::Refuse)).await, refused, "while it waits");
    let lease = store.claim(activation(1), claim(1, 1)).await.expect("the store works").expect("it waits");
    assert_eq!(
        enqueue(&store, ask(firing(2, 1, 1), Overlap::Refuse)).await,
        refused,
        "while it runs: UWP-044"
    );
    finish(&store, succeeded(&lease)).await;
    assert!(matches!(enqueue(&store, ask(firing(2, 1, 1), Overlap::Refuse)).await, Enqueued::Waiting(_)));
}

pub(super) async fn parallel_claims_up_to_its_bound(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let parallel =
        |n| Enqueue { claim: Some(claim(n, 1)), ..ask(firing(n, 1, 1), Overlap::Parallel { max: 2 }) };
    for n in [1, 2] {
        assert!(matches!(enqueue(&store, parallel(n)).await, Enqueued::Claimed(_)), "UWP-057");
    }
    for n in [3, 4] {
        assert!(matches!(enqueue(&store, parallel(n)).await, Enqueued::Waiting(_)));
    }
    assert_eq!(counts(&store).await, Counts { waiting: 2, running: 2 });
}

/// A policy that changed from a queue leaves several that wait.
pub(super) async fn of_several_that_wait_the_newest_is_coalesced_into(store: Arc<dyn Store>) {
    register(&store, 1).await;
    waiting(&store, 9, 1, 1).await;
    waiting(&store, 1, 1, 3).await;
    waiting(&store, 2, 1, 2).await;
    let Enqueued::Coalesced(merged) = enqueue(&store, ask(firing(4, 1, 4), Overlap::Coalesce)).await else {
        panic!("it is counted into what waits")
    };
    assert_eq!(merged.id, activation(1));
}
