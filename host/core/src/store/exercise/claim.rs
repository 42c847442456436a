//! Who may run an activation, from when, and for how long.

use std::sync::Arc;

use futures::executor::block_on;

use crate::activation::{ActivationState, After, Claim};
use crate::ids::Fence;
use crate::overlap::Overlap;
use crate::store::{Enqueue, Enqueued, Finish, Store};
use crate::time::Timestamp;

use super::fixture::{
    QUEUE, activation, ask, at, claim, completed, ended, enqueue, failed, finish, firing, node, race,
    register, registration, run, running, stored, waiting,
};

pub(super) async fn at_enqueue_waits_behind_what_waits(store: Arc<dyn Store>) {
    register(&store, 1).await;
    register(&store, 2).await;
    let claimed = |n, of| Enqueue { claim: Some(claim(n, 9)), ..ask(firing(n, of, 9), QUEUE) };
    let Enqueued::Claimed(lease) = enqueue(&store, claimed(1, 1)).await else {
        panic!("nothing waits or runs: it is claimed")
    };
    assert_eq!((lease.run, lease.fence), (run(1), Fence(1)));
    assert_eq!(stored(&store, 1).await, lease.activation);
    assert!(matches!(lease.activation.state, ActivationState::Running(_)));

    assert!(matches!(enqueue(&store, claimed(2, 1)).await, Enqueued::Waiting(_)), "one runs");
    waiting(&store, 3, 2, 1).await;
    assert!(matches!(enqueue(&store, claimed(4, 2)).await, Enqueued::Waiting(_)), "one waits");

    let late = Enqueue { claim: Some(claim(5, 8)), ..ask(firing(5, 3, 9), QUEUE) };
    register(&store, 3).await;
    let claimed = matches!(enqueue(&store, late).await, Enqueued::Claimed(_));
    assert!(claimed, "the clock was set back between the firing and the claim");
}

pub(super) async fn at_enqueue_answers_again(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let ask = Enqueue { claim: Some(claim(1, 1)), ..ask(firing(1, 1, 1), Overlap::Refuse) };
    let first = enqueue(&store, ask.clone()).await;
    assert!(matches!(first, Enqueued::Claimed(_)));
    assert_eq!(enqueue(&store, ask.clone()).await, first, "whoever lost the answer gets it again");
    let other = Enqueue { claim: Some(claim(2, 1)), ..ask };
    assert_eq!(enqueue(&store, other).await, Enqueued::Duplicate(activation(1)), "nobody else does");
}

pub(super) async fn is_given_to_one_of_two(store: Arc<dyn Store>) {
    register(&store, 1).await;
    waiting(&store, 1, 1, 1).await;
    let of = |n| Claim { node: node(n), ..claim(n, 1) };
    let first = store.claim(activation(1), of(1)).await.expect("the store works");
    assert!(first.is_some());
    assert_eq!(store.claim(activation(1), of(2)).await.expect("the store works"), None);
}

pub(super) async fn raced_by_sixteen_has_one_winner(store: Arc<dyn Store>) {
    register(&store, 1).await;
    for n in 1..=20 {
        waiting(&store, n, 1, 1).await;
        let leases = race(|contender| {
            let claim = Claim { run: run(n * 100 + contender), node: node(contender), ..claim(0, 1) };
            block_on(store.claim(activation(n), claim)).expect("the store works")
        });
        let leases: Vec<_> = leases.into_iter().flatten().collect();
        assert_eq!(leases.len(), 1, "of sixteen, one gets it");
        assert_eq!(stored(&store, n).await, leases[0].activation);
    }
}

pub(super) async fn answers_again(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 1).await;
    let again = store.claim(activation(1), claim(1, 1)).await.expect("the store works");
    assert_eq!(again, Some(lease));
}

pub(super) async fn waits_for_the_backoff(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 1).await;
    let retry = Finish::new(ended(&lease, failed()), After::Retry { not_before: at(50) });
    finish(&store, retry).await;
    assert_eq!(store.claim(activation(1), claim(2, 49)).await.expect("the store works"), None);
    let second = store.claim(activation(1), claim(2, 50)).await.expect("the store works");
    assert_eq!(second.map(|lease| (lease.fence, lease.activation.attempt())), Some((Fence(2), 2)));
}

pub(super) async fn is_not_held_up_by_a_clock_that_was_set_back(store: Arc<dyn Store>) {
    register(&store, 1).await;
    waiting(&store, 1, 1, 5000).await;
    let page = store.pending(at(10), None, 10).await.expect("the store works");
    assert_eq!(page.iter().map(|a| a.id).collect::<Vec<_>>(), [activation(1)]);
    assert!(store.claim(activation(1), claim(1, 10)).await.expect("the store works").is_some());
}

pub(super) async fn waits_for_no_backoff_that_began_behind_a_clock_that_was_set_back(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 5000).await;
    let failed = Finish::new(ended(&lease, failed()), After::Retry { not_before: at(9000) });
    let began = failed.run.ended_at;
    finish(&store, failed).await;
    let pending = async |now| store.pending(now, None, 10).await.expect("the store works").len();
    assert_eq!(pending(began).await, 0);
    assert_eq!(pending(began - std::time::Duration::from_millis(1)).await, 1);
    assert!(store.claim(activation(1), claim(2, 10)).await.expect("the store works").is_some());
}

pub(super) async fn of_what_is_unknown_or_over_is_none(store: Arc<dyn Store>) {
    register(&store, 1).await;
    assert_eq!(store.claim(activation(1), claim(1, 1)).await.expect("the store works"), None);
    completed(&store, 1, 1, 1).await;
    assert_eq!(store.claim(activation(1), claim(2, 1)).await.expect("the store works"), None);
}

pub(super) async fn pending_is_in_order_of_firing_and_pages(store: Arc<dyn Store>) {
    register(&store, 1).await;
    register(&store, 2).await;
    for (n, of, millis) in [(5, 1, 3), (1, 2, 7), (4, 2, 3), (3, 1, 1), (2, 1, 9)] {
        waiting(&store, n, of, millis).await;
    }
    running(&store, 6, 2, 0).await;
    let everything = store.pending(at(100), None, 100).await.expect("the store works");
    let expected = [3, 4, 5, 1, 2].map(activation);
    assert_eq!(everything.iter().map(|a| a.id).collect::<Vec<_>>(), expected);

    let (mut after, mut paged) = (None, vec![]);
    loop {
        let page = store.pending(at(100), after, 2).await.expect("the store works");
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some((last.fired_at, last.id));
        paged.extend(page);
    }
    assert_eq!(paged, everything);
    assert!(store.pending(at(100), None, 0).await.expect("the store works").is_empty());
}

pub(super) async fn pending_leaves_out_backoffs_and_tells_the_next(store: Arc<dyn Store>) {
    register(&store, 1).await;
    assert_eq!(store.next_backoff(Timestamp::EPOCH).await.expect("the store works"), None);
    for (n, not_before) in [(1, 40), (2, 30)] {
        let lease = running(&store, n, 1, 1).await;
        let retry = Finish::new(ended(&lease, failed()), After::Retry { not_before: at(not_before) });
        finish(&store, retry).await;
    }
    waiting(&store, 3, 1, 2).await;
    let pending = |now| {
        let store = Arc::clone(&store);
        async move {
            let page = store.pending(at(now), None, 10).await.expect("the store works");
            page.into_iter().map(|a| a.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(pending(29).await, [3].map(activation));
    assert_eq!(pending(30).await, [2, 3].map(activation));
    assert_eq!(pending(40).await, [1, 2, 3].map(activation));
    for (now, next) in [(29, Some(at(30))), (30, Some(at(40))), (40, None)] {
        assert_eq!(store.next_backoff(at(now)).await.expect("the store works"), next, "after {now}");
    }
}

pub(super) async fn waiting_is_of_one_registration_and_lists_backoffs_too(store: Arc<dyn Store>) {
    register(&store, 1).await;
    register(&store, 2).await;
    let lease = running(&store, 1, 1, 5).await;
    let retry = Finish::new(ended(&lease, failed()), After::Retry { not_before: at(9_000_000) });
    finish(&store, retry).await;
    for (n, of, millis) in [(2, 1, 7), (3, 1, 1), (4, 2, 1)] {
        waiting(&store, n, of, millis).await;
    }
    running(&store, 5, 1, 2).await;
    completed(&store, 6, 1, 2).await;
    let waiting = |of, limit| {
        let store = Arc::clone(&store);
        async move {
            let found = store.waiting(registration(of), limit).await.expect("the store works");
            found.into_iter().map(|a| a.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(waiting(1, 10).await, [3, 1, 2].map(activation), "by firing, the one in its backoff too");
    assert_eq!(waiting(1, 2).await, [3, 1].map(activation));
    assert_eq!(waiting(2, 10).await, [4].map(activation));
    assert!(waiting(3, 10).await.is_empty());
    let found = store.waiting(registration(2), 1).await.expect("the store works");
    assert_eq!(found, [stored(&store, 4).await], "as it is stored, with what came with it");
}

pub(super) async fn renew_extends_what_is_held_and_names_what_is_lost(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let held = running(&store, 1, 1, 1).await;
    waiting(&store, 2, 1, 1).await;
    completed(&store, 3, 1, 1).await;
    let stale = running(&store, 4, 1, 1).await;
    let asked = [
        (activation(1), held.fence),
        (activation(2), Fence(0)),
        (activation(3), Fence(1)),
        (activation(4), Fence(stale.fence.0 + 1)),
        (activation(5), Fence(1)),
    ];
    let lost = store.renew(&asked, at(9000)).await.expect("the store works");
    assert_eq!(lost, [2, 3, 4, 5].map(activation));
    let until = |state| match state {
        ActivationState::Running(running) => running.until,
        other => panic!("{other:?} holds no lease"),
    };
    assert_eq!(until(stored(&store, 1).await.state), at(9000));
    assert_eq!(until(stored(&store, 4).await.state), at(1001), "a lost lease is not extended");
}
