//! Firings are taken in once, with what is done along with them.

use std::sync::Arc;

use crate::overlap::{Overlap, Refusal};
use crate::registration::RegistrationStatus;
use crate::store::{COALESCED_KEYS_MAX, Counts, Enqueue, Enqueued, Store};
use crate::trigger::{Message, StorageChange, StorageChangeKind, TriggerDetails};

use super::fixture::{
    QUEUE, activation, ask, at, claim, completed, enqueue, firing, register, registration, stored,
};

pub(super) async fn of_one_key_happens_once(store: Arc<dyn Store>) {
    register(&store, 1).await;
    register(&store, 2).await;
    let first = enqueue(&store, ask(firing(7, 1, 5), QUEUE)).await;
    assert_eq!(first, Enqueued::Waiting(Box::new(firing(7, 1, 5).into_activation())));

    let mut repeated = firing(8, 1, 6);
    repeated.key = "7".to_owned();
    assert_eq!(enqueue(&store, ask(repeated.clone(), QUEUE)).await, Enqueued::Duplicate(activation(7)));
    assert_eq!(stored(&store, 7).await, firing(7, 1, 5).into_activation(), "nothing changed");
    assert_eq!(store.activation(activation(8)).await.expect("the store works"), None);

    repeated.registration = registration(2);
    let other = enqueue(&store, ask(repeated, QUEUE)).await;
    assert!(matches!(other, Enqueued::Waiting(_)), "another registration's key is another key: {other:?}");

    completed(&store, 9, 1, 20).await;
    let mut late = firing(10, 1, 21);
    late.key = "9".to_owned();
    assert_eq!(
        enqueue(&store, ask(late, QUEUE)).await,
        Enqueued::Duplicate(activation(9)),
        "once it is over, too"
    );
}

pub(super) async fn of_a_coalesced_key_happens_once(store: Arc<dyn Store>) {
    register(&store, 1).await;
    enqueue(&store, ask(firing(1, 1, 1), Overlap::Coalesce)).await;
    let second = ask(firing(2, 1, 2), Overlap::Coalesce);
    let Enqueued::Coalesced(merged) = enqueue(&store, second.clone()).await else {
        panic!("the second firing is coalesced")
    };
    assert_eq!(enqueue(&store, second).await, Enqueued::Duplicate(activation(1)));
    assert_eq!(stored(&store, 1).await, *merged, "it was counted once");
}

pub(super) async fn forgets_the_oldest_of_many_coalesced_keys(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let coalesced_max = COALESCED_KEYS_MAX as u128;
    for n in 0..=coalesced_max + 1 {
        enqueue(&store, ask(firing(n, 1, 1), Overlap::Coalesce)).await;
    }
    for known in [0, 2, coalesced_max + 1] {
        let again = enqueue(&store, ask(firing(known, 1, 1), Overlap::Coalesce)).await;
        assert_eq!(again, Enqueued::Duplicate(activation(0)), "key {known}");
    }
    let again = enqueue(&store, ask(firing(1, 1, 1), Overlap::Coalesce)).await;
    assert!(matches!(again, Enqueued::Coalesced(_)), "the oldest is not known any more: {again:?}");
}

pub(super) async fn keeps_what_came_with_the_firing(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let change = StorageChange { kind: StorageChangeKind::Renamed, path: "/pictures/ä\n.png".to_owned() };
    let message = Message {
        topic: "doorbell".to_owned(),
        content_type: "application/octet-stream".to_owned(),
        body: vec![0, 255, 10],
    };
    let all = [
        TriggerDetails::None,
        TriggerDetails::Application(vec![]),
        TriggerDetails::Application((0..=255).collect()),
        TriggerDetails::StorageChanges(vec![change, StorageChange::lost()]),
        TriggerDetails::Message(message),
    ];
    for (n, details) in (1..).zip(all) {
        let mut fired = firing(n, 1, 3);
        fired.details = details;
        fired.stands_for = 3;
        fired.scheduled_for = Some(at(2));
        enqueue(&store, ask(fired.clone(), QUEUE)).await;
        assert_eq!(stored(&store, n).await, fired.into_activation());
    }
}

pub(super) async fn for_an_unknown_registration_is_refused(store: Arc<dyn Store>) {
    let refused = enqueue(&store, ask(firing(1, 1, 1), QUEUE)).await;
    assert_eq!(refused, Enqueued::Refused(Refusal::NotRegistered));
    assert_eq!(store.activation(activation(1)).await.expect("the store works"), None);
}

async fn status(store: &Arc<dyn Store>) -> RegistrationStatus {
    store.registrations().await.expect("the store works")[0].status
}

pub(super) async fn spends_a_one_shot_registration(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let shot = Enqueue { spend: true, ..ask(firing(1, 1, 1), QUEUE) };
    assert!(matches!(enqueue(&store, shot.clone()).await, Enqueued::Waiting(_)));
    assert_eq!(status(&store).await, RegistrationStatus::Spent);
    assert_eq!(
        enqueue(&store, shot).await,
        Enqueued::Duplicate(activation(1)),
        "a repetition is no second shot"
    );
    let second = enqueue(&store, ask(firing(2, 1, 2), QUEUE)).await;
    assert_eq!(second, Enqueued::Refused(Refusal::Spent), "UWP-035");
    assert_eq!(
        store.counts(registration(1)).await.expect("the store works"),
        Counts { waiting: 1, running: 0 }
    );
}

pub(super) async fn refused_spends_nothing(store: Arc<dyn Store>) {
    register(&store, 1).await;
    enqueue(&store, ask(firing(1, 1, 1), Overlap::Refuse)).await;
    let refused = enqueue(&store, Enqueue { spend: true, ..ask(firing(2, 1, 2), Overlap::Refuse) }).await;
    assert_eq!(refused, Enqueued::Refused(Refusal::CurrentlyRunning));
    assert_eq!(status(&store).await, RegistrationStatus::Active);
}

pub(super) async fn sets_the_watermark_whatever_the_answer(store: Arc<dyn Store>) {
    let watermark = || async { store.registrations().await.expect("the store works")[0].watermark };
    let marked = |n, overlap, to| Enqueue { watermark: Some(at(to)), ..ask(firing(n, 1, 1), overlap) };
    register(&store, 1).await;

    let taken = Enqueue { claim: Some(claim(1, 1)), ..marked(1, QUEUE, 10) };
    assert!(matches!(enqueue(&store, taken).await, Enqueued::Claimed(_)));
    assert_eq!(watermark().await, at(10));

    assert!(matches!(enqueue(&store, marked(2, Overlap::Refuse, 20)).await, Enqueued::Refused(_)));
    assert_eq!(watermark().await, at(20), "a firing that is refused is dealt with");

    assert!(matches!(enqueue(&store, marked(1, QUEUE, 30)).await, Enqueued::Duplicate(_)));
    assert_eq!(watermark().await, at(30), "and so is one that is repeated");

    assert!(matches!(enqueue(&store, marked(3, QUEUE, 5)).await, Enqueued::Waiting(_)));
    assert_eq!(watermark().await, at(30), "it never goes back");

    assert!(matches!(enqueue(&store, marked(4, Overlap::Coalesce, 40)).await, Enqueued::Coalesced(_)));
    assert_eq!(watermark().await, at(40));
}

pub(super) async fn with_an_id_in_use_is_an_error_and_changes_nothing(store: Arc<dyn Store>) {
    register(&store, 1).await;
    enqueue(&store, ask(firing(1, 1, 1), QUEUE)).await;
    let mut other = firing(1, 1, 2);
    other.key = "other".to_owned();
    assert!(store.enqueue(ask(other, QUEUE)).await.is_err());
    assert_eq!(stored(&store, 1).await, firing(1, 1, 1).into_activation());
    assert_eq!(
        store.counts(registration(1)).await.expect("the store works"),
        Counts { waiting: 1, running: 0 }
    );
}
