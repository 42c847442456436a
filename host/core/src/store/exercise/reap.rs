//! Leases are taken away from nodes that are gone.

use std::sync::Arc;

use crate::activation::{ActivationState, Claim};
use crate::ids::ActivationId;
use crate::outcome::{Outcome, Receipt};
use crate::store::{Counts, Reap, Reaped, Store};

use super::fixture::{
    activation, at, claim, completed, ended, history, node, register, registration, running, stored, waiting,
};

async fn reap(store: &Arc<dyn Store>, by_node: Option<u128>, ended_before: i64, limit: usize) -> Vec<Reaped> {
    let ask = Reap { node: by_node.map(node), fell: true, ended_before: at(ended_before) };
    store.reap(ask, at(7777), limit).await.expect("the store works")
}

fn ids(reaped: &[Reaped]) -> Vec<ActivationId> {
    reaped.iter().map(|reaped| reaped.activation.id).collect()
}

/// Claims activation `n` of registration 1 for `by`, until `until`.
async fn leased(store: &Arc<dyn Store>, n: u128, by: u128, until: i64) {
    waiting(store, n, 1, 1).await;
    let claim = Claim { node: node(by), until: at(until), ..claim(n, 1) };
    store.claim(activation(n), claim).await.expect("the store works").expect("it waits");
}

pub(super) async fn takes_leases_that_ended(store: Arc<dyn Store>) {
    register(&store, 1).await;
    leased(&store, 1, 1, 100).await;
    leased(&store, 2, 1, 200).await;
    waiting(&store, 3, 1, 1).await;
    completed(&store, 4, 1, 1).await;
    assert!(reap(&store, None, 100, 9).await.is_empty(), "a lease holds until its end");
    assert_eq!(ids(&reap(&store, None, 101, 9).await), [1].map(activation));
    assert!(reap(&store, None, 101, 9).await.is_empty(), "once");
    assert_eq!(
        store.counts(registration(1)).await.expect("the store works"),
        Counts { waiting: 2, running: 1 }
    );
}

pub(super) async fn takes_all_leases_of_a_node(store: Arc<dyn Store>) {
    register(&store, 1).await;
    leased(&store, 1, 1, 900).await;
    leased(&store, 2, 2, 300).await;
    leased(&store, 3, 2, 50).await;
    leased(&store, 4, 1, 500).await;
    assert_eq!(ids(&reap(&store, Some(1), 100, 9).await), [3, 4, 1].map(activation), "and all that ended");
    assert!(reap(&store, Some(1), 100, 9).await.is_empty());
    assert_eq!(ids(&reap(&store, Some(2), 0, 9).await), [2].map(activation));
}

pub(super) async fn takes_no_more_than_asked_the_earliest_first(store: Arc<dyn Store>) {
    register(&store, 1).await;
    for (n, until) in [(1, 30), (2, 10), (3, 20), (4, 10)] {
        leased(&store, n, 1, until).await;
    }
    assert_eq!(ids(&reap(&store, None, 100, 3).await), [2, 4, 3].map(activation));
    assert_eq!(ids(&reap(&store, None, 100, 3).await), [1].map(activation));
}

pub(super) async fn spares_a_lease_that_was_renewed(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 1).await;
    store.renew(&[(activation(1), lease.fence)], at(6000)).await.expect("the store works");
    assert!(reap(&store, None, 5999, 9).await.is_empty());
    assert_eq!(reap(&store, None, 6001, 9).await.len(), 1);
}

pub(super) async fn records_an_interrupted_run(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 1).await;
    let reaped = reap(&store, None, 5000, 9).await;
    let [Reaped { activation: waits, run }] = &reaped[..] else { panic!("one is reaped, not {reaped:?}") };

    assert_eq!(waits.state, ActivationState::Pending);
    assert_eq!((waits.failures, waits.interruptions, waits.fence), (0, 1, lease.fence), "the fence stays");
    assert_eq!(stored(&store, 1).await, *waits);

    let mut expected = ended(&lease, Outcome::Interrupted);
    expected.started_at = at(1);
    expected.ended_at = at(7777);
    expected.receipt = Receipt::default();
    assert_eq!(*run, expected);
    assert_eq!(history(&store).await, [expected]);
    assert!(store.completions(Default::default(), 9).await.expect("the store works").is_empty());
}

async fn crashes(store: &Arc<dyn Store>) -> Vec<u32> {
    let records = store.registrations().await.expect("the store works");
    records.into_iter().map(|record| record.crashes).collect()
}

pub(super) async fn of_a_node_counts_a_crash_of_each_registration_once(store: Arc<dyn Store>) {
    for n in 1..=4 {
        register(&store, n).await;
    }
    for (n, of, by, until) in [(1, 1, 1, 900), (2, 1, 1, 900), (3, 2, 1, 50), (4, 3, 2, 50), (5, 4, 2, 900)] {
        waiting(&store, n, of, 1).await;
        let claim = Claim { node: node(by), until: at(until), ..claim(n, 1) };
        store.claim(activation(n), claim).await.expect("the store works").expect("it waits");
    }
    assert_eq!(reap(&store, Some(1), 100, 9).await.len(), 4);
    assert_eq!(crashes(&store).await, [1, 1, 0, 0], "of another node that a lease ended says nothing");
    assert!(reap(&store, Some(1), 100, 9).await.is_empty());
    assert_eq!(crashes(&store).await, [1, 1, 0, 0], "where nothing ran nothing fell");

    store.claim(activation(1), claim(11, 2)).await.expect("the store works").expect("it waits");
    reap(&store, Some(1), 0, 9).await;
    assert_eq!(crashes(&store).await, [2, 1, 0, 0]);
}

pub(super) async fn of_leases_that_ended_counts_no_crash(store: Arc<dyn Store>) {
    register(&store, 1).await;
    leased(&store, 1, 1, 50).await;
    assert_eq!(reap(&store, None, 100, 9).await.len(), 1);
    assert_eq!(crashes(&store).await, [0]);

    store.claim(activation(1), claim(11, 200)).await.expect("the store works").expect("it waits");
    let handed_back = Reap { node: Some(node(1)), fell: false, ended_before: at(0) };
    assert_eq!(store.reap(handed_back, at(201), 9).await.expect("the store works").len(), 1);
    assert_eq!(crashes(&store).await, [0], "nor do those of a node that stopped");
}

pub(super) async fn of_a_node_after_the_registration_is_removed_counts_nothing(store: Arc<dyn Store>) {
    register(&store, 1).await;
    leased(&store, 1, 1, 900).await;
    store.remove_registration(registration(1), at(2)).await.expect("the store works");
    assert_eq!(reap(&store, Some(1), 0, 9).await.len(), 1);
    assert!(crashes(&store).await.is_empty());
    register(&store, 1).await;
    assert_eq!(crashes(&store).await, [0]);
}

pub(super) async fn of_a_node_is_forgiven_and_saving_forgives_nothing(store: Arc<dyn Store>) {
    register(&store, 1).await;
    register(&store, 2).await;
    leased(&store, 1, 1, 900).await;
    running(&store, 2, 2, 1).await;
    reap(&store, Some(1), 0, 9).await;
    register(&store, 1).await;
    assert_eq!(crashes(&store).await, [1, 1], "saving it again changes nothing");
    store.forgive(registration(1)).await.expect("the store works");
    assert_eq!(crashes(&store).await, [0, 1]);
    for n in [1, 9] {
        store.forgive(registration(n)).await.expect("what has no crashes, or is not there, is no error");
    }
    assert_eq!(crashes(&store).await, [0, 1]);
}
