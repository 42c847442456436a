//! What is over and old is let go of.

use std::sync::Arc;

use crate::activation::{After, Lease};
use crate::completion::{Cursor, RunOutput};
use crate::ids::RunId;
use crate::overlap::Overlap;
use crate::store::{DeadLetterFilter, Enqueued, Finish, Finished, Prune, Pruned, Store};

use super::fixture::{
    QUEUE, activation, ask, at, claim, completed, ended, enqueue, failed, finish, firing, history, over,
    prune_all, register, registration, resumed, retried, run, running, stored, succeeded, waiting,
};

/// Everything that ended before `millis`, but nothing that somebody has not read.
const fn before(millis: i64) -> Prune {
    Prune { keep_runs: u64::MAX, unread_before: at(0), ..prune_all(at(millis), 99) }
}

/// All but the newest `keep_runs`, however old they are.
const fn but(keep_runs: u64) -> Prune {
    Prune { keep_runs, ..before(0) }
}

async fn prune(store: &Arc<dyn Store>, ask: Prune) -> Pruned {
    store.prune(ask).await.expect("the store works")
}

/// So many runs, and as many activations with them.
const fn pruned(runs: u64, activations: u64) -> Pruned {
    Pruned { runs, activations, more: false }
}

/// The runs that are kept, the one that ended last first.
async fn kept(store: &Arc<dyn Store>) -> Vec<RunId> {
    history(store).await.into_iter().map(|run| run.run).collect()
}

async fn floor(store: &Arc<dyn Store>) -> Cursor {
    store.floor().await.expect("the store works")
}

async fn waits_again(store: &Arc<dyn Store>, lease: &Lease) {
    let retry = Finish::new(ended(lease, failed()), After::Retry { not_before: at(1) });
    assert_eq!(finish(store, retry).await, Finished::Pending);
}

pub(super) async fn of_what_is_old_takes_all_that_belongs_to_it(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 10).await;
    let output = RunOutput { stdout: b"x".to_vec(), ..RunOutput::default() };
    let first = Finish { output: Some(Arc::new(output)), ..succeeded(&lease) };
    finish(&store, first.clone()).await;
    completed(&store, 2, 1, 20).await;
    completed(&store, 3, 1, 30).await;

    assert_eq!(prune(&store, before(11)).await, Pruned::default(), "it ended at 11");
    assert_eq!(prune(&store, before(21)).await, pruned(1, 1));
    assert_eq!(prune(&store, before(21)).await, Pruned::default(), "repeating it is no error");
    assert_eq!(kept(&store).await, [3, 2].map(run));
    assert_eq!(store.run(run(1)).await.expect("the store works"), None);
    assert_eq!(store.output(run(1)).await.expect("the store works"), None);
    assert_eq!(store.activation(activation(1)).await.expect("the store works"), None);
    assert_eq!(store.completion(activation(1)).await.expect("the store works"), None);
    let journal = store.completions(Cursor(0), 9).await.expect("the store works");
    assert_eq!(journal.into_iter().map(|c| c.run.run).collect::<Vec<_>>(), [2, 3].map(run));
    assert_eq!(
        finish(&store, first).await,
        Finished::LeaseLost,
        "nobody knows any more that it was accepted"
    );
}

pub(super) async fn forgets_keys(store: Arc<dyn Store>) {
    register(&store, 1).await;
    enqueue(&store, ask(firing(1, 1, 1), QUEUE)).await;
    let counted = enqueue(&store, ask(firing(2, 1, 2), Overlap::Coalesce)).await;
    assert!(matches!(counted, Enqueued::Coalesced(_)));
    resumed(&store, 1, 1, 3).await;
    completed(&store, 3, 1, 9).await;
    assert_eq!(prune(&store, before(9)).await, pruned(1, 1));
    for (n, known) in [(1, false), (2, false), (3, true)] {
        let again = enqueue(&store, ask(firing(n, 1, 20), QUEUE)).await;
        match again {
            Enqueued::Duplicate(_) => assert!(known, "key {n} is not forgotten"),
            Enqueued::Waiting(taken) => {
                assert!(!known && *taken == firing(n, 1, 20).into_activation(), "{taken:?}");
                assert_eq!(stored(&store, n).await, *taken);
            }
            other => panic!("firing {n} became {other:?}"),
        }
    }
}

pub(super) async fn keeps_so_many_of_the_newest(store: Arc<dyn Store>) {
    register(&store, 1).await;
    for (n, millis) in [(1, 40), (2, 10), (3, 30), (4, 20)] {
        completed(&store, n, 1, millis).await;
    }
    assert_eq!(prune(&store, but(4)).await, Pruned::default());
    assert_eq!(prune(&store, but(2)).await, pruned(2, 2));
    assert_eq!(kept(&store).await, [1, 3].map(run), "those that ended last, whenever they were recorded");
    assert_eq!(prune(&store, Prune { ended_before: at(41), ..but(1) }).await, pruned(1, 1), "and by age");
    assert_eq!(prune(&store, but(0)).await, pruned(1, 1));
    assert!(kept(&store).await.is_empty());
}

pub(super) async fn spares_what_a_subscriber_has_not_read(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let mut cursors = vec![];
    for (n, millis) in [(1, 10), (2, 20), (3, 30)] {
        retried(&store, n, 1, 1).await;
        cursors.push(resumed(&store, n, 10 + n, millis).await.cursor);
    }
    store.commit_cursor("mail", cursors[0]).await.expect("the store works");
    store.commit_cursor("log", cursors[2]).await.expect("the store works");

    let all = before(1000);
    assert_eq!(prune(&store, all).await, pruned(4, 1), "three were no completions, and one is read");
    assert_eq!(kept(&store).await, [13, 12].map(run));
    assert!(store.activation(activation(2)).await.expect("the store works").is_some());
    assert_eq!(prune(&store, Prune { ended_before: at(0), keep_runs: 0, ..all }).await, Pruned::default());
    assert_eq!(floor(&store).await, cursors[0]);

    let unread = Prune { unread_before: at(30), ..all };
    assert_eq!(prune(&store, unread).await, pruned(1, 1), "what was unread for so long goes all the same");
    assert_eq!((kept(&store).await, floor(&store).await), (vec![run(13)], cursors[1]));
    assert_eq!(prune(&store, unread).await, Pruned::default());

    store.commit_cursor("slow", Cursor(0)).await.expect("the store works");
    store.commit_cursor("mail", cursors[2]).await.expect("the store works");
    assert_eq!(prune(&store, unread).await, Pruned::default(), "whoever is last counts");
    store.remove_subscriber("slow").await.expect("the store works");
    assert_eq!(prune(&store, all).await, pruned(1, 1), "nothing is kept for whoever is gone");
}

pub(super) async fn takes_no_more_than_asked_the_oldest_first(store: Arc<dyn Store>) {
    register(&store, 1).await;
    register(&store, 2).await;
    for (n, millis) in [(1, 50), (2, 30), (3, 10), (4, 20), (5, 40)] {
        completed(&store, n, 1, millis).await;
    }
    for n in [6, 7, 8] {
        waiting(&store, n, 2, 1).await;
    }
    store.remove_registration(registration(2), at(60)).await.expect("the store works");
    let ask = Prune { limit: 2, ..before(1000) };
    assert_eq!(prune(&store, Prune { limit: 0, ..ask }).await, Pruned { more: true, ..Pruned::default() });

    let first = prune(&store, ask).await;
    assert!(first.more && first.runs <= 2 && first.activations <= 2, "{first:?}");
    let (mut runs, mut activations) = (first.runs, first.activations);
    while let step = prune(&store, ask).await
        && step != Pruned::default()
    {
        assert!(step.runs + step.activations > 0 && step.runs <= 2 && step.activations <= 2, "{step:?}");
        runs += step.runs;
        activations += step.activations;
        if !step.more {
            break;
        }
    }
    assert_eq!((runs, activations), (5, 8));
    assert_eq!(prune(&store, ask).await, Pruned::default());
}

pub(super) async fn begins_with_the_oldest(store: Arc<dyn Store>) {
    register(&store, 1).await;
    for (n, millis) in [(1, 50), (2, 30), (3, 10), (4, 20), (5, 40)] {
        completed(&store, n, 1, millis).await;
    }
    let step = prune(&store, Prune { limit: 2, ..before(1000) }).await;
    assert_eq!(step, Pruned { more: true, ..pruned(2, 2) });
    assert_eq!(kept(&store).await, [1, 5, 2].map(run));
}

/// What must stay is old, and more than one step is long.
pub(super) async fn is_not_held_up_by_what_stays(store: Arc<dyn Store>) {
    register(&store, 1).await;
    for n in 1..=3 {
        retried(&store, n, 1, 1).await;
    }
    let read = completed(&store, 4, 1, 90).await;
    store.commit_cursor("mail", read.cursor).await.expect("the store works");
    for n in 5..=7 {
        completed(&store, n, 1, 2).await;
    }
    let ask = Prune { limit: 1, ..before(1000) };
    let step = prune(&store, ask).await;
    assert_eq!((step.runs, step.activations), (1, 1));
    assert_eq!(kept(&store).await, [7, 6, 5, 3, 2, 1].map(run));
}

pub(super) async fn spares_what_is_not_over(store: Arc<dyn Store>) {
    register(&store, 1).await;
    waits_again(&store, &running(&store, 1, 1, 1).await).await;
    waits_again(&store, &running(&store, 2, 1, 1).await).await;
    let second = store.claim(activation(2), claim(12, 2)).await.expect("the store works").expect("it waits");
    let (waits, runs) = (stored(&store, 1).await, stored(&store, 2).await);

    let all = Prune { keep_runs: 0, ..before(1000) };
    assert_eq!(prune(&store, all).await, Pruned::default());
    assert_eq!(kept(&store).await, [2, 1].map(run));
    assert_eq!((stored(&store, 1).await, stored(&store, 2).await), (waits, runs));
    let again = enqueue(&store, ask(firing(1, 1, 9), QUEUE)).await;
    assert_eq!(again, Enqueued::Duplicate(activation(1)));

    assert!(matches!(finish(&store, succeeded(&second)).await, Finished::Completed(_)));
    assert_eq!(prune(&store, all).await, pruned(2, 1));
    assert_eq!(kept(&store).await, [1].map(run));
}

pub(super) async fn takes_what_was_withdrawn_by_its_age(store: Arc<dyn Store>) {
    register(&store, 1).await;
    retried(&store, 1, 1, 1).await;
    waiting(&store, 2, 1, 1).await;
    store.remove_registration(registration(1), at(60)).await.expect("the store works");
    register(&store, 1).await;
    assert_eq!(prune(&store, Prune { keep_runs: 0, ..before(60) }).await, pruned(1, 0), "its run is older");
    let again = enqueue(&store, ask(firing(2, 1, 70), QUEUE)).await;
    assert_eq!(again, Enqueued::Duplicate(activation(2)), "it was withdrawn at 60");
    let earlier = Prune { withdrawn_before: at(60), ..before(61) };
    assert_eq!(prune(&store, earlier).await, Pruned::default(), "they have a moment of their own");
    assert_eq!(prune(&store, before(61)).await, pruned(0, 2));
    assert_eq!(prune(&store, before(61)).await, Pruned::default());
    assert_eq!(floor(&store).await, Cursor(0), "there was no completion");
    let again = enqueue(&store, ask(firing(2, 1, 70), QUEUE)).await;
    assert!(matches!(again, Enqueued::Waiting(_)), "{again:?}");
}

pub(super) async fn moves_the_floor_over_completions_only(store: Arc<dyn Store>) {
    register(&store, 1).await;
    assert_eq!(floor(&store).await, Cursor(0));
    retried(&store, 1, 1, 1).await;
    retried(&store, 2, 1, 1).await;
    let second = resumed(&store, 2, 12, 20).await;
    assert_eq!(prune(&store, before(20)).await, pruned(1, 0), "an attempt that was not the last");
    assert_eq!(floor(&store).await, Cursor(0));
    let first = resumed(&store, 1, 11, 30).await;

    assert_eq!(prune(&store, before(25)).await, pruned(2, 1));
    assert_eq!(floor(&store).await, second.cursor);
    let rest = store.completions(second.cursor, 9).await.expect("the store works");
    assert_eq!(rest.iter().collect::<Vec<_>>(), [&first], "nothing is missing behind it");
    assert_eq!(prune(&store, before(1000)).await, pruned(1, 1));
    assert_eq!(floor(&store).await, first.cursor);
    let head = store.head().await.expect("the store works");
    assert_eq!(head, first.cursor, "the journal's end stays where it is");
    assert!(completed(&store, 3, 1, 40).await.cursor > head, "and it goes on from there");
    assert_eq!(floor(&store).await, first.cursor);
}

pub(super) async fn takes_dead_letters_too(store: Arc<dyn Store>) {
    register(&store, 1).await;
    over(&store, 1, 1, 10, failed()).await;
    over(&store, 2, 1, 20, failed()).await;
    assert_eq!(prune(&store, before(15)).await, pruned(1, 1));
    let letters = store.dead_letters(DeadLetterFilter::default(), 9).await.expect("the store works");
    assert_eq!(letters, [stored(&store, 2).await]);
    assert_eq!(store.totals().await.expect("the store works").dead_letters, 1);
}

pub(super) async fn spares_dead_letters_until_they_are_old(store: Arc<dyn Store>) {
    register(&store, 1).await;
    over(&store, 1, 1, 10, failed()).await;
    over(&store, 2, 1, 20, failed()).await;
    completed(&store, 3, 1, 30).await;
    completed(&store, 4, 1, 40).await;
    assert!(store.discard(activation(2)).await.expect("the store works"));
    assert_eq!(prune(&store, but(2)).await, pruned(1, 1), "one that was discarded is none any more");
    assert_eq!(prune(&store, but(0)).await, pruned(2, 2));
    assert_eq!(kept(&store).await, [1].map(run), "however many there are");
    assert_eq!(prune(&store, but(0)).await, Pruned::default());
    assert_eq!(prune(&store, before(15)).await, pruned(1, 1));
}

/// What was recorded last has the oldest moments: the clock was set.
pub(super) async fn spares_what_was_recorded_behind_a_place(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let known = completed(&store, 1, 1, 90).await.cursor;
    completed(&store, 2, 1, 10).await;
    retried(&store, 3, 1, 1).await;
    resumed(&store, 3, 13, 20).await;
    let spare = Prune { spare_after: Some(known), ..before(1000) };
    assert_eq!(prune(&store, spare).await, pruned(1, 1));
    assert_eq!(prune(&store, spare).await, Pruned::default());
    assert_eq!(kept(&store).await.len(), 3);
    let too_many = Prune { keep_runs: 2, ..spare };
    assert_eq!(prune(&store, too_many).await.runs, 1, "there may not be more, all the same");
    assert_eq!(prune(&store, before(1000)).await.runs, 2);
}

pub(super) async fn spares_what_is_unread_behind_a_place(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let first = completed(&store, 1, 1, 10).await.cursor;
    completed(&store, 2, 1, 20).await;
    store.commit_cursor("mail", Cursor(0)).await.expect("the store works");
    let unread = prune_all(at(1000), 99);
    let spare = Prune { spare_unread_after: Some(first), ..unread };
    assert_eq!(prune(&store, spare).await, pruned(1, 1));
    assert_eq!(kept(&store).await, [2].map(run));
    assert_eq!(prune(&store, unread).await, pruned(1, 1));
}
