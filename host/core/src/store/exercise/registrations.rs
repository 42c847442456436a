//! Registrations, and what becomes of their activations without them.

use std::sync::Arc;
use std::time::Duration;

use crate::activation::{ActivationState, After};
use crate::completion::Cursor;
use crate::outcome::Outcome;
use crate::overlap::{Overlap, Refusal};
use crate::registration::RegistrationStatus;
use crate::store::{Counts, Enqueued, Finish, Finished, Reap, Removed, Store};
use crate::trigger::{TimeTrigger, Trigger};

use super::fixture::{
    QUEUE, activation, ask, at, completed, ended, enqueue, failed, finish, firing, history, record, register,
    registration, running, stored, succeeded, waiting,
};

pub(super) async fn are_listed_by_id_as_they_were_saved(store: Arc<dyn Store>) {
    assert!(store.registrations().await.expect("the store works").is_empty());
    let mut first = record(1);
    first.registration.trigger = Trigger::Time(TimeTrigger::periodic(Duration::from_secs(900)));
    let (second, third) = (record(2), record(3));
    for record in [&third, &first, &second] {
        store.save_registration(record.clone()).await.expect("the store works");
    }
    assert_eq!(store.registrations().await.expect("the store works"), [first.clone(), second, third.clone()]);

    first.registration.name = "renamed".to_owned();
    first.registration.overlap = Overlap::Refuse;
    first.status = RegistrationStatus::Spent;
    first.watermark = at(7);
    store.save_registration(first.clone()).await.expect("the store works");
    store.remove_registration(registration(2), at(1)).await.expect("the store works");
    assert_eq!(store.registrations().await.expect("the store works"), [first.clone(), third]);

    let status = || async { store.registrations().await.expect("the store works")[0].status };
    first.status = RegistrationStatus::Active;
    store.save_registration(first.clone()).await.expect("the store works");
    assert_eq!(status().await, RegistrationStatus::Spent, "an older record does not take that back");
    first.registration.trigger = Trigger::Application;
    store.save_registration(first).await.expect("the store works");
    assert_eq!(status().await, RegistrationStatus::Active, "another trigger is not spent");
}

pub(super) async fn watermark_never_goes_back(store: Arc<dyn Store>) {
    let watermark = || async { store.registrations().await.expect("the store works")[0].watermark };
    register(&store, 1).await;
    for (to, then) in [(50, 50), (20, 50), (51, 51)] {
        store.advance_watermark(registration(1), at(to)).await.expect("the store works");
        assert_eq!(watermark().await, at(then));
    }
    register(&store, 1).await;
    assert_eq!(watermark().await, at(51), "not by saving an older record either");
    store.advance_watermark(registration(9), at(1)).await.expect("unknown is no error");
    assert_eq!(store.registrations().await.expect("the store works").len(), 1);
}

pub(super) async fn removal_withdraws_what_waits_only(store: Arc<dyn Store>) {
    register(&store, 1).await;
    register(&store, 2).await;
    let over = completed(&store, 1, 1, 1).await;
    let runs = running(&store, 2, 1, 2).await;
    waiting(&store, 4, 1, 3).await;
    waiting(&store, 3, 1, 4).await;
    let other = waiting(&store, 5, 2, 5).await;

    let removed = store.remove_registration(registration(1), at(60)).await.expect("the store works");
    assert_eq!(removed, Removed { withdrawn: [4, 3].map(activation).to_vec() }, "UWP-023");
    for n in [3, 4] {
        assert_eq!(stored(&store, n).await.state, ActivationState::Withdrawn { at: at(60) });
    }
    assert_eq!(stored(&store, 2).await, runs.activation, "what runs goes on: UWP-021");
    assert_eq!(
        store.counts(registration(1)).await.expect("the store works"),
        Counts { waiting: 0, running: 1 }
    );
    assert_eq!(store.pending(at(100), None, 9).await.expect("the store works"), [other]);
    let fired = enqueue(&store, ask(firing(6, 1, 6), QUEUE)).await;
    assert_eq!(fired, Enqueued::Refused(Refusal::NotRegistered));

    let Finished::Completed(completion) = finish(&store, succeeded(&runs)).await else {
        panic!("it ends as ever")
    };
    let journal = store.completions(Cursor(0), 9).await.expect("the store works");
    assert_eq!(journal, [over, completion], "history stays, and what was withdrawn has no completion");
}

pub(super) async fn removal_leaves_no_next_attempt(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let leases = [running(&store, 1, 1, 1).await, running(&store, 2, 1, 2).await];
    store.remove_registration(registration(1), at(3)).await.expect("the store works");
    let after = [After::Retry { not_before: at(50) }, After::Again];
    for (lease, after) in leases.iter().zip(after) {
        let last = Finish::new(ended(lease, failed()), after);
        let answer = finish(&store, last.clone()).await;
        let Finished::Completed(completion) = &answer else { panic!("UWP-023: it ends, not {answer:?}") };
        assert_eq!(completion.run, last.run);
        assert_eq!(finish(&store, last).await, answer);
    }
    assert_eq!(store.counts(registration(1)).await.expect("the store works"), Counts::default());
}

pub(super) async fn removal_ends_what_is_reaped(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 1).await;
    store.remove_registration(registration(1), at(3)).await.expect("the store works");
    let ask = Reap { node: None, fell: true, ended_before: at(5000) };
    let reaped = store.reap(ask, at(6000), 9).await.expect("the store works");
    assert_eq!(reaped.len(), 1);
    let state = ActivationState::Ended { outcome: Outcome::Interrupted, at: at(6000) };
    assert_eq!(reaped[0].activation.state, state);
    assert_eq!(stored(&store, 1).await, reaped[0].activation);
    let journal = store.completions(Cursor(0), 9).await.expect("the store works");
    assert_eq!(journal.iter().map(|c| &*c.run).collect::<Vec<_>>(), [&reaped[0].run]);
    assert_eq!(finish(&store, succeeded(&lease)).await, Finished::LeaseLost);
    assert_eq!(history(&store).await.len(), 1);
}

pub(super) async fn removal_of_nothing_is_no_error(store: Arc<dyn Store>) {
    let removed = store.remove_registration(registration(1), at(1)).await.expect("the store works");
    assert_eq!(removed, Removed::default());
    register(&store, 1).await;
    waiting(&store, 1, 1, 1).await;
    store.remove_registration(registration(1), at(2)).await.expect("the store works");
    let again = store.remove_registration(registration(1), at(3)).await.expect("the store works");
    assert_eq!(again, Removed::default());
    assert_eq!(stored(&store, 1).await.state, ActivationState::Withdrawn { at: at(2) }, "once");
}

pub(super) async fn counts_are_of_one_registration(store: Arc<dyn Store>) {
    register(&store, 1).await;
    register(&store, 2).await;
    running(&store, 1, 1, 1).await;
    waiting(&store, 2, 1, 1).await;
    waiting(&store, 3, 1, 1).await;
    waiting(&store, 4, 2, 1).await;
    completed(&store, 5, 2, 1).await;
    let expected = [(1, 2, 1), (2, 1, 0), (3, 0, 0)];
    for (n, waiting, running) in expected {
        let counts = store.counts(registration(n)).await.expect("the store works");
        assert_eq!(counts, Counts { waiting, running }, "registration {n}");
    }
    let several = [3, 1, 2, 1].map(registration);
    let counts = store.counts_of(&several).await.expect("the store works");
    let expected = [2, 0, 1, 0].map(|n: usize| expected[n]);
    assert_eq!(counts, expected.map(|(_, waiting, running)| Counts { waiting, running }), "in their order");
    assert!(store.counts_of(&[]).await.expect("the store works").is_empty());
}
