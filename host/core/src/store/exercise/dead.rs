//! Activations that nobody got to succeed.

use std::sync::Arc;

use crate::activation::{Activation, ActivationState, After, Firing};
use crate::ids::{ActivationId, RegistrationId};
use crate::outcome::{CancellationReason, Outcome, TrapKind};
use crate::overlap::Overlap;
use crate::registration::{RegistrationRecord, RegistrationStatus};
use crate::store::{Counts, DeadLetterFilter, Enqueue, Finish, Reap, Redriven, Store, Totals};

use super::fixture::{
    QUEUE, activation, app, ask, at, canceled, claim, completed, ended, enqueue, failed, finish, firing,
    other_app, over, record, register, register_other, registration, resumed, retried, running, stored,
    waiting,
};

async fn listed(store: &Arc<dyn Store>, filter: DeadLetterFilter, limit: usize) -> Vec<ActivationId> {
    let letters = store.dead_letters(filter, limit).await.expect("the store works");
    letters.into_iter().map(|letter| letter.id).collect()
}

async fn all(store: &Arc<dyn Store>) -> Vec<ActivationId> {
    listed(store, DeadLetterFilter::default(), 99).await
}

async fn redrive(store: &Arc<dyn Store>, n: u128, fresh: u128, millis: i64) -> Redriven {
    store.redrive(activation(n), activation(fresh), at(millis)).await.expect("the store works")
}

/// [`redrive`], and answers the activation.
async fn redriven(store: &Arc<dyn Store>, n: u128, fresh: u128, millis: i64) -> Activation {
    match redrive(store, n, fresh, millis).await {
        Redriven::Activation(activation) => *activation,
        other => panic!("dead letter {n} became {other:?}"),
    }
}

async fn counts(store: &Arc<dyn Store>, id: RegistrationId) -> Counts {
    store.counts(id).await.expect("the store works")
}

pub(super) async fn letters_are_what_ended_with_a_failure(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let trapped = Outcome::Trapped { kind: TrapKind::Limit, message: String::new() };
    for (n, outcome) in (1..).zip([
        failed(),
        trapped,
        Outcome::DeferralAbandoned { open: 1 },
        canceled(CancellationReason::ExecutionTimeExceeded),
        canceled(CancellationReason::Abort),
        canceled(CancellationReason::ServicingUpdate),
        Outcome::Succeeded,
        Outcome::Interrupted,
    ]) {
        over(&store, n, 1, 1, outcome).await;
    }
    retried(&store, 20, 1, 1).await;
    retried(&store, 21, 1, 1).await;
    resumed(&store, 21, 31, 2).await;
    running(&store, 22, 1, 1).await;
    waiting(&store, 23, 1, 1).await;
    assert_eq!(all(&store).await, [4, 3, 2, 1].map(activation));

    let letters = store.dead_letters(DeadLetterFilter::default(), 1).await.expect("the store works");
    assert_eq!(letters, [stored(&store, 4).await], "as it is stored, with what came with it");
    let totals = store.totals().await.expect("the store works");
    assert_eq!(totals, Totals { waiting: 2, running: 1, dead_letters: 4 });
}

pub(super) async fn letters_are_filtered_and_page(store: Arc<dyn Store>) {
    register(&store, 1).await;
    register(&store, 2).await;
    register_other(&store, 3).await;
    for (n, of, millis) in [(5, 1, 9), (1, 2, 4), (4, 1, 4), (3, 2, 4), (2, 1, 1)] {
        over(&store, n, of, millis, failed()).await;
    }
    enqueue(&store, ask(Firing { app: other_app(), ..firing(6, 3, 3) }, QUEUE)).await;
    let lease = store.claim(activation(6), claim(6, 3)).await.expect("the store works").expect("it waits");
    finish(&store, Finish::new(ended(&lease, failed()), After::End)).await;

    let everything = [5, 4, 3, 1, 6, 2].map(activation);
    assert_eq!(all(&store).await, everything, "the one that ended last first, then by id");
    let of = |n| DeadLetterFilter { registration: Some(registration(n)), ..DeadLetterFilter::default() };
    assert_eq!(listed(&store, of(1), 99).await, [5, 4, 2].map(activation));
    assert_eq!(listed(&store, of(9), 99).await, []);
    let of_app = |app| DeadLetterFilter { app: Some(app), ..DeadLetterFilter::default() };
    assert_eq!(listed(&store, of_app(other_app()), 99).await, [6].map(activation));
    assert_eq!(listed(&store, of_app(app()), 2).await, everything[..2]);
    assert_eq!(listed(&store, DeadLetterFilter { app: Some(app()), ..of(3) }, 99).await, []);
    let before = Some((at(5), activation(4)));
    assert_eq!(listed(&store, DeadLetterFilter { before, ..of(2) }, 99).await, [3, 1].map(activation));

    let (mut before, mut paged) = (None, vec![]);
    loop {
        let filter = DeadLetterFilter { before, ..DeadLetterFilter::default() };
        let page = store.dead_letters(filter, 2).await.expect("the store works");
        assert!(page.len() <= 2);
        let Some(Activation { id, state: ActivationState::Ended { at, .. }, .. }) = page.last() else {
            break;
        };
        before = Some((*at, *id));
        paged.extend(page.iter().map(|letter| letter.id));
    }
    assert_eq!(paged, everything);
}

pub(super) async fn letters_of_registrations_that_are_gone_are_none(store: Arc<dyn Store>) {
    register(&store, 1).await;
    register(&store, 2).await;
    over(&store, 1, 1, 1, failed()).await;
    over(&store, 2, 2, 1, failed()).await;
    let late = running(&store, 3, 1, 1).await;
    store.remove_registration(registration(1), at(60)).await.expect("the store works");
    assert_eq!(all(&store).await, [2].map(activation));
    finish(&store, Finish::new(ended(&late, failed()), After::End)).await;
    assert_eq!(all(&store).await, [2].map(activation), "what ends without its registration is none either");
    for n in [1, 3] {
        assert_eq!(redrive(&store, n, 90, 61).await, Redriven::NotRegistered);
        assert!(!store.discard(activation(n)).await.expect("the store works"));
    }

    register(&store, 1).await;
    assert_eq!(all(&store).await, [2].map(activation), "they do not come back");
    assert_eq!(redrive(&store, 1, 90, 62).await, Redriven::NotDead);
    store.remove_app(&app(), at(70)).await.expect("the store works");
    assert_eq!(all(&store).await, []);
    assert_eq!(store.totals().await.expect("the store works"), Totals::default());
}

pub(super) async fn letter_is_redriven_once(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let fired = Firing { stands_for: 3, scheduled_for: Some(at(1)), ..firing(1, 1, 2) };
    enqueue(&store, ask(fired.clone(), QUEUE)).await;
    let lease = store.claim(activation(1), claim(1, 2)).await.expect("the store works").expect("it waits");
    finish(&store, Finish::new(ended(&lease, failed()), After::Retry { not_before: at(3) })).await;
    let lease = store.claim(activation(1), claim(2, 3)).await.expect("the store works").expect("it waits");
    let last = finish(&store, Finish::new(ended(&lease, failed()), After::End)).await;
    let dead = stored(&store, 1).await;

    let fresh = redriven(&store, 1, 50, 60).await;
    let expected = Firing { id: activation(50), key: fresh.key.clone(), fired_at: at(60), ..fired };
    assert_eq!(fresh, expected.into_activation(), "it carries the same, with all its attempts before it");
    assert_eq!(stored(&store, 50).await, fresh);
    let waits = store.waiting(registration(1), 9).await.expect("the store works");
    assert_eq!(waits.iter().collect::<Vec<_>>(), [&fresh]);
    assert_eq!(all(&store).await, []);
    assert_eq!(stored(&store, 1).await, dead, "what happened stays");
    assert_eq!(finish(&store, Finish::new(ended(&lease, failed()), After::End)).await, last);

    assert_eq!(redriven(&store, 1, 51, 61).await, fresh, "repeating it makes no second");
    assert_eq!(store.activation(activation(51)).await.expect("the store works"), None);
    assert!(!store.discard(activation(1)).await.expect("the store works"), "it is off the list");

    let lease = store.claim(activation(50), claim(3, 62)).await.expect("the store works").expect("it waits");
    finish(&store, Finish::new(ended(&lease, failed()), After::End)).await;
    assert_eq!(redriven(&store, 1, 52, 63).await.id, activation(50), "nor when that is over");
    assert_eq!(all(&store).await, [50].map(activation), "it failed again");
    assert_eq!(redriven(&store, 50, 53, 64).await.id, activation(53));
    assert_eq!(all(&store).await, []);
}

pub(super) async fn letter_of_a_spent_one_shot_is_redriven(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let shot = Enqueue { spend: true, claim: Some(claim(1, 1)), ..ask(firing(1, 1, 1), QUEUE) };
    let crate::store::Enqueued::Claimed(lease) = enqueue(&store, shot).await else { panic!("nothing runs") };
    finish(&store, Finish::new(ended(&lease, failed()), After::End)).await;
    redriven(&store, 1, 2, 5).await;
    assert_eq!(resumed(&store, 2, 2, 6).await.run.outcome, Outcome::Succeeded);
    let records = store.registrations().await.expect("the store works");
    assert_eq!(records[0].status, RegistrationStatus::Spent, "it does not fire again");
    assert_eq!(records[0].watermark, at(0), "and no occurrence of its schedule is dealt with");
}

pub(super) async fn letter_is_redriven_whatever_the_overlap_policy(store: Arc<dyn Store>) {
    for (n, overlap) in [(1, Overlap::Refuse), (2, Overlap::Coalesce), (3, Overlap::Queue { max: 1 })] {
        let mut record: RegistrationRecord = record(n);
        record.registration.overlap = overlap;
        store.save_registration(record).await.expect("the store works");
        over(&store, 10 + n, n, 1, failed()).await;
        running(&store, 20 + n, n, 2).await;
        let waits = waiting(&store, 30 + n, n, 3).await;
        let fresh = redriven(&store, 10 + n, 40 + n, 4).await;
        assert_eq!((fresh.id, fresh.coalesced), (activation(40 + n), 1), "{overlap:?}");
        assert_eq!(stored(&store, 30 + n).await, waits, "{overlap:?}");
        assert_eq!(counts(&store, registration(n)).await, Counts { waiting: 2, running: 1 }, "{overlap:?}");
        assert!(store.refusals(registration(n)).await.expect("the store works").is_empty(), "{overlap:?}");
    }
}

pub(super) async fn nothing_but_a_letter_is_redriven(store: Arc<dyn Store>) {
    register(&store, 1).await;
    completed(&store, 1, 1, 1).await;
    over(&store, 2, 1, 1, canceled(CancellationReason::Abort)).await;
    over(&store, 3, 1, 1, failed()).await;
    assert!(store.discard(activation(3)).await.expect("the store works"));
    running(&store, 4, 1, 1).await;
    retried(&store, 5, 1, 1).await;
    let before = counts(&store, registration(1)).await;
    for n in [1, 2, 3, 4, 5, 99] {
        assert_eq!(redrive(&store, n, 50, 9).await, Redriven::NotDead, "activation {n}");
    }
    assert_eq!(counts(&store, registration(1)).await, before);
    assert_eq!(store.activation(activation(50)).await.expect("the store works"), None);
}

pub(super) async fn letter_is_redriven_by_a_fresh_id_only(store: Arc<dyn Store>) {
    register(&store, 1).await;
    over(&store, 1, 1, 1, failed()).await;
    let other = waiting(&store, 2, 1, 1).await;
    assert!(store.redrive(activation(1), activation(2), at(9)).await.is_err());
    assert_eq!(stored(&store, 2).await, other);
    assert_eq!(all(&store).await, [1].map(activation), "it is still there to be redriven");
    redriven(&store, 1, 3, 9).await;
}

pub(super) async fn letter_is_discarded_once(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let completion = over(&store, 1, 1, 1, failed()).await;
    over(&store, 2, 1, 1, failed()).await;
    completed(&store, 3, 1, 1).await;
    for (n, was_there) in [(1, true), (1, false), (3, false), (9, false)] {
        assert_eq!(store.discard(activation(n)).await.expect("the store works"), was_there, "activation {n}");
    }
    assert_eq!(all(&store).await, [2].map(activation));
    assert_eq!(store.totals().await.expect("the store works").dead_letters, 1);
    let kept = store.completion(activation(1)).await.expect("the store works");
    assert_eq!(kept, Some(completion), "what happened stays");
}

pub(super) async fn letters_and_all_else_are_counted(store: Arc<dyn Store>) {
    assert_eq!(store.totals().await.expect("the store works"), Totals::default());
    register(&store, 1).await;
    register(&store, 2).await;
    waiting(&store, 1, 1, 1).await;
    waiting(&store, 2, 2, 1).await;
    retried(&store, 3, 2, 1).await;
    running(&store, 4, 1, 1).await;
    over(&store, 5, 2, 1, failed()).await;
    completed(&store, 6, 2, 1).await;
    let totals = || async { store.totals().await.expect("the store works") };
    assert_eq!(totals().await, Totals { waiting: 3, running: 1, dead_letters: 1 });
    redriven(&store, 5, 7, 2).await;
    assert_eq!(totals().await, Totals { waiting: 4, running: 1, dead_letters: 0 });
    let reap = Reap { node: None, fell: true, ended_before: at(9_000) };
    assert_eq!(store.reap(reap, at(9_000), 9).await.expect("the store works").len(), 1);
    assert_eq!(totals().await, Totals { waiting: 5, running: 0, dead_letters: 0 });
    store.remove_registration(registration(2), at(9)).await.expect("the store works");
    assert_eq!(totals().await, Totals { waiting: 2, running: 0, dead_letters: 0 });
}
