//! The end of a run: accepted once, from whoever holds the newest fence.

use std::sync::Arc;

use futures::executor::block_on;

use crate::activation::{ActivationState, After, Lease};
use crate::ids::Fence;
use crate::outcome::Outcome;
use crate::store::{Counts, Finish, Finished, Reap, Store};
use crate::time::Timestamp;

use super::fixture::{
    activation, at, claim, ended, failed, finish, history, race, register, registration, run, running,
    stored, succeeded,
};

async fn reclaimed(store: &Arc<dyn Store>, n: u128, millis: i64) -> Lease {
    let lease = store.claim(activation(1), claim(n, millis)).await.expect("the store works");
    lease.expect("it waits")
}

pub(super) async fn ends_with_a_completion(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 1).await;
    let record = ended(&lease, failed());
    let answer = finish(&store, Finish::new(record.clone(), After::End)).await;
    let Finished::Completed(completion) = answer else { panic!("it ends, not {answer:?}") };
    assert_eq!((&*completion.run, completion.coalesced), (&record, 1));
    assert_eq!(
        stored(&store, 1).await.state,
        ActivationState::Ended { outcome: failed(), at: record.ended_at }
    );
    assert_eq!(store.completions(Default::default(), 9).await.expect("the store works"), [completion]);
    assert_eq!(store.counts(registration(1)).await.expect("the store works"), Counts::default());
}

pub(super) async fn retry_waits_and_counts_a_failure(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 1).await;
    let after = After::Retry { not_before: at(70) };
    let answer = finish(&store, Finish::new(ended(&lease, failed()), after)).await;
    assert_eq!(answer, Finished::Pending);
    let waits = stored(&store, 1).await;
    assert_eq!(waits.state, ActivationState::Pending);
    assert_eq!((waits.failures, waits.interruptions, waits.not_before), (1, 0, at(70)));
    assert!(store.completions(Default::default(), 9).await.expect("the store works").is_empty());
    assert_eq!(
        store.counts(registration(1)).await.expect("the store works"),
        Counts { waiting: 1, running: 0 }
    );
}

pub(super) async fn again_waits_and_counts_an_interruption(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 1).await;
    let cut_off = Finish::new(ended(&lease, Outcome::Interrupted), After::Again);
    assert_eq!(finish(&store, cut_off).await, Finished::Pending);
    let waits = stored(&store, 1).await;
    assert_eq!((waits.failures, waits.interruptions, waits.not_before), (0, 1, Timestamp::EPOCH));
    assert_eq!(reclaimed(&store, 2, 5).await.fence, Fence(2));
}

pub(super) async fn answers_again(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 1).await;
    let first = finish(&store, succeeded(&lease)).await;
    assert!(matches!(first, Finished::Completed(_)));
    assert_eq!(finish(&store, succeeded(&lease)).await, first, "the same completion at the same place");
    assert_eq!(store.completions(Default::default(), 9).await.expect("the store works").len(), 1);
    assert_eq!(history(&store).await.len(), 1);

    let mut other = succeeded(&lease);
    Arc::make_mut(&mut other.run).fence = Fence(2);
    assert_eq!(finish(&store, other).await, Finished::LeaseLost, "nobody ever held that fence");
}

pub(super) async fn of_a_retry_answers_again_during_the_next_attempt(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 1).await;
    let retry = Finish::new(ended(&lease, failed()), After::Retry { not_before: at(2) });
    finish(&store, retry.clone()).await;
    assert_eq!(finish(&store, retry.clone()).await, Finished::Pending);
    let second = reclaimed(&store, 2, 5).await;
    assert_eq!(finish(&store, retry.clone()).await, Finished::Pending, "what it was when it was accepted");
    assert_eq!(stored(&store, 1).await, second.activation, "and it does not touch the next attempt");
    finish(&store, succeeded(&second)).await;
    assert_eq!(finish(&store, retry).await, Finished::Pending);
}

pub(super) async fn with_a_stale_fence_is_refused(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let late = running(&store, 1, 1, 1).await;
    let reaped = store.reap(Reap { node: None, fell: true, ended_before: at(5000) }, at(5000), 9).await;
    assert_eq!(reaped.expect("the store works").len(), 1);
    assert_eq!(finish(&store, succeeded(&late)).await, Finished::LeaseLost, "it was taken away");
    let second = reclaimed(&store, 2, 6000).await;
    assert_eq!(finish(&store, succeeded(&late)).await, Finished::LeaseLost, "another runs");
    assert_eq!(stored(&store, 1).await, second.activation);
    let accepted = finish(&store, succeeded(&second)).await;
    assert!(matches!(accepted, Finished::Completed(_)));
    assert_eq!(finish(&store, succeeded(&late)).await, Finished::LeaseLost, "another ended it");
    assert_eq!(store.completions(Default::default(), 9).await.expect("the store works").len(), 1, "UWP-117");
}

pub(super) async fn of_another_run_with_an_old_fence_is_refused(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 1).await;
    let retry = Finish::new(ended(&lease, failed()), After::Retry { not_before: at(2) });
    finish(&store, retry).await;
    reclaimed(&store, 2, 5).await;
    let mut forged = succeeded(&lease);
    Arc::make_mut(&mut forged.run).run = run(77);
    assert_eq!(finish(&store, forged).await, Finished::LeaseLost);
    let mut unknown = succeeded(&lease);
    Arc::make_mut(&mut unknown.run).activation = activation(77);
    assert_eq!(finish(&store, unknown).await, Finished::LeaseLost);
}

/// Sixteen that all believe to hold the lease, each with another outcome to tell.
pub(super) async fn raced_by_sixteen_is_accepted_once(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 1).await;
    let answers = race(|contender| {
        let mut tale = succeeded(&lease);
        Arc::make_mut(&mut tale.run).run = run(100 + contender);
        block_on(store.finish(tale)).expect("the store works")
    });
    let accepted = answers.iter().filter(|answer| matches!(answer, Finished::Completed(_))).count();
    assert_eq!(accepted, 1);
    assert_eq!(store.completions(Default::default(), 99).await.expect("the store works").len(), 1);
}
