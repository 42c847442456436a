//! Runs that ended: listed, found, with what they wrote.

use std::sync::Arc;

use crate::activation::After;
use crate::completion::{Completion, RunOutput, RunRecord};
use crate::ids::Fence;
use crate::outcome::{CancellationReason, Outcome, OutcomeKind};
use crate::store::{Finish, Finished, ListedRun, Reap, RunFilter, RunPlace, Store};

use super::fixture::{
    QUEUE, activation, app, ask, at, canceled, claim, completed, ended, enqueue, failed, finish, firing,
    other_app, over, register, register_other, registration, resumed, retried, run, running, succeeded,
};

async fn listed(store: &Arc<dyn Store>, filter: RunFilter, limit: usize) -> Vec<ListedRun> {
    store.runs(filter, limit).await.expect("the store works")
}

fn as_listed(completion: &Completion) -> ListedRun {
    ListedRun { place: completion.cursor, run: RunRecord::clone(&completion.run) }
}

pub(super) async fn is_in_order_of_ends_whatever_the_clock_did(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let mut runs = vec![];
    for (n, millis) in [(1, 50), (2, 30), (3, 40)] {
        runs.push(as_listed(&completed(&store, n, 1, millis).await));
    }
    assert!(runs.is_sorted_by(|a, b| a.place < b.place), "places are in the order of recording: {runs:?}");
    let newest_first = [0, 2, 1].map(|n| runs[n].clone());
    assert_eq!(listed(&store, RunFilter::default(), 9).await, newest_first);
    assert_eq!(listed(&store, RunFilter::default(), 2).await, newest_first[..2]);
    assert!(listed(&store, RunFilter::default(), 0).await.is_empty());
}

/// Runs of three registrations; that of run `n` ends at `n`.
async fn filled(store: &Arc<dyn Store>) {
    register(store, 1).await;
    register(store, 2).await;
    register_other(store, 3).await;
    over(store, 14, 2, 14, Outcome::Trapped { kind: crate::TrapKind::Table, message: String::new() }).await;
    retried(store, 9, 1, 9).await;
    resumed(store, 9, 19, 19).await;
    let theirs = crate::activation::Firing { app: other_app(), ..firing(24, 3, 24) };
    enqueue(store, ask(theirs, QUEUE)).await;
    resumed(store, 24, 24, 24).await;
    over(store, 29, 1, 29, canceled(CancellationReason::Abort)).await;
    running(store, 35, 2, 35).await;
    let reap = Reap { node: None, fell: true, ended_before: at(9_000) };
    assert_eq!(store.reap(reap, at(36), 9).await.expect("the store works").len(), 1);
    running(store, 99, 1, 99).await;
}

pub(super) async fn is_filtered(store: Arc<dyn Store>) {
    filled(&store).await;
    let all = RunFilter::default;
    let of = |n| RunFilter { registration: Some(registration(n)), ..all() };
    let of_activation = |n| RunFilter { activation: Some(activation(n)), ..all() };
    let ended = |outcome| RunFilter { outcome: Some(outcome), ..all() };
    let within = |since, until| RunFilter { since: Some(at(since)), until: Some(at(until)), ..all() };
    for (filter, expected) in [
        (all(), &[35, 29, 24, 19, 14, 9][..]),
        (of(1), &[29, 19, 9]),
        (of(2), &[35, 14]),
        (of(9), &[]),
        (of_activation(9), &[19, 9]),
        (of_activation(99), &[]),
        (of_activation(98), &[]),
        (RunFilter { app: Some(app()), ..all() }, &[35, 29, 19, 14, 9]),
        (RunFilter { app: Some(other_app()), ..all() }, &[24]),
        (ended(OutcomeKind::Succeeded), &[24, 19]),
        (ended(OutcomeKind::Failed), &[9]),
        (ended(OutcomeKind::Canceled), &[29]),
        (ended(OutcomeKind::Trapped), &[14]),
        (ended(OutcomeKind::DeferralAbandoned), &[]),
        (ended(OutcomeKind::Interrupted), &[35]),
        (RunFilter { since: Some(at(25)), ..all() }, &[35, 29, 24]),
        (RunFilter { until: Some(at(25)), ..all() }, &[19, 14, 9]),
        (within(15, 25), &[19, 14]),
        (within(15, 16), &[14]),
        (within(15, 15), &[]),
        (within(25, 15), &[]),
        (RunFilter { activation: Some(activation(9)), ..of(1) }, &[19, 9]),
        (RunFilter { activation: Some(activation(9)), ..of(2) }, &[]),
        (RunFilter { outcome: Some(OutcomeKind::Failed), ..of(1) }, &[9]),
        (RunFilter { outcome: Some(OutcomeKind::Failed), ..of(2) }, &[]),
        (RunFilter { app: Some(other_app()), ..of(1) }, &[]),
        (RunFilter { app: Some(app()), outcome: Some(OutcomeKind::Succeeded), ..within(0, 99) }, &[19]),
        (RunFilter { registration: Some(registration(1)), ..within(11, 30) }, &[19]),
        (RunFilter { activation: Some(activation(9)), ..within(11, 30) }, &[19]),
        (RunFilter { activation: Some(activation(9)), ..within(0, 20) }, &[9]),
    ] {
        let found = listed(&store, filter.clone(), 99).await;
        let found: Vec<_> = found.into_iter().map(|listed| listed.run.run).collect();
        let expected: Vec<_> = expected.iter().map(|n| run(*n)).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}

pub(super) async fn counts_the_runs_of_an_app(store: Arc<dyn Store>) {
    let count = async |app, most| store.count_runs(&app, most).await.expect("the store works");
    assert_eq!(count(app(), 9).await, 0);
    filled(&store).await;
    for (most, counted) in [(9, 5), (5, 5), (4, 4), (0, 0), (u64::MAX, 5)] {
        assert_eq!(count(app(), most).await, counted, "of {most}");
    }
    assert_eq!(count(other_app(), 9).await, 1);
}

async fn paged(store: &Arc<dyn Store>, filter: &RunFilter) -> Vec<ListedRun> {
    let (mut before, mut read) = (None, vec![]);
    loop {
        let page = listed(store, RunFilter { before, ..filter.clone() }, 2).await;
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break read };
        before = Some(last.place());
        read.extend(page);
    }
}

pub(super) async fn pages_through_runs_of_the_same_moment(store: Arc<dyn Store>) {
    register(&store, 1).await;
    register(&store, 2).await;
    let mut runs = vec![];
    for (n, of) in [(5, 1), (3, 2), (9, 1), (1, 2), (7, 1)] {
        runs.insert(0, as_listed(&completed(&store, n, of, 1).await));
    }
    assert_eq!(paged(&store, &RunFilter::default()).await, runs);
    let of = RunFilter { registration: Some(registration(1)), ..RunFilter::default() };
    assert_eq!(paged(&store, &of).await, [0, 2, 4].map(|n| runs[n].clone()));
    let before = Some(RunPlace { ended_at: at(2), place: runs[1].place });
    let of_one = RunFilter { activation: Some(activation(9)), before, ..RunFilter::default() };
    assert_eq!(listed(&store, of_one, 9).await, runs[2..3]);
    let until = RunFilter { until: Some(at(2)), before, ..RunFilter::default() };
    assert!(listed(&store, until, 9).await.is_empty(), "both bounds hold");
}

pub(super) async fn pages_through_the_attempts_at_one_activation(store: Arc<dyn Store>) {
    register(&store, 1).await;
    retried(&store, 1, 1, 1).await;
    for (n, ended_at) in [(2, 9), (3, 2), (4, 5)] {
        let lease =
            store.claim(activation(1), claim(n, 2)).await.expect("the store works").expect("it waits");
        let attempt = RunRecord { ended_at: at(ended_at), ..ended(&lease, failed()) };
        let retry = Finish::new(attempt, After::Retry { not_before: at(2) });
        assert_eq!(finish(&store, retry).await, Finished::Pending);
    }
    completed(&store, 9, 1, 1).await;
    let of_one = RunFilter { activation: Some(activation(1)), ..RunFilter::default() };
    let runs = paged(&store, &of_one).await;
    assert_eq!(runs.iter().map(|listed| listed.run.run).collect::<Vec<_>>(), [2, 4, 3, 1].map(run));
}

pub(super) async fn finds_a_run_by_its_id(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let found = |n| {
        let store = Arc::clone(&store);
        async move { store.run(run(n)).await.expect("the store works") }
    };
    let first = completed(&store, 1, 1, 1).await;
    let attempt = retried(&store, 2, 1, 2).await;
    assert_eq!(found(1).await, Some(as_listed(&first)), "a completion's place is that in the journal");
    let second = found(2).await.expect("an attempt that was not the last is found too");
    assert!(second.run == attempt && second.place > first.cursor, "{second:?}");
    assert_eq!(found(3).await, None, "it was never");
    running(&store, 4, 1, 3).await;
    assert_eq!(found(4).await, None, "it goes on");
}

fn written(stdout: &[u8], stderr: &[u8]) -> RunOutput {
    RunOutput { stdout: stdout.to_vec(), stderr: stderr.to_vec() }
}

fn writes(run: impl Into<Arc<RunRecord>>, after: After, output: RunOutput) -> Finish {
    Finish { output: Some(Arc::new(output)), ..Finish::new(run, after) }
}

pub(super) async fn keeps_what_a_run_wrote(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let output = |n| {
        let store = Arc::clone(&store);
        async move { store.output(run(n)).await.expect("the store works") }
    };
    let all_bytes: Vec<u8> = (0..=255).collect();
    let lease = running(&store, 1, 1, 1).await;
    assert_eq!(output(1).await, None, "it goes on");
    let retry = After::Retry { not_before: at(2) };
    let attempt = writes(ended(&lease, failed()), retry, written(b"", b"no feed\n"));
    finish(&store, attempt).await;
    let lease = store.claim(activation(1), claim(2, 2)).await.expect("the store works").expect("it waits");
    let last = writes(ended(&lease, Outcome::Succeeded), After::End, written(&all_bytes, b""));
    finish(&store, last).await;
    assert_eq!(output(1).await, Some(written(b"", b"no feed\n")), "of an attempt that was not the last, too");
    assert_eq!(output(2).await, Some(written(&all_bytes, b"")));

    let lease = running(&store, 3, 1, 1).await;
    finish(&store, writes(ended(&lease, Outcome::Succeeded), After::End, RunOutput::default())).await;
    completed(&store, 4, 1, 1).await;
    assert_eq!((output(3).await, output(4).await), (None, None), "these wrote nothing");
    assert_eq!(output(9).await, None, "it was never");
}

pub(super) async fn keeps_nothing_that_was_written_without_a_lease(store: Arc<dyn Store>) {
    register(&store, 1).await;
    let lease = running(&store, 1, 1, 1).await;
    let mut stale = writes(succeeded(&lease).run, After::End, written(b"stale", b""));
    Arc::make_mut(&mut stale.run).fence = Fence(7);
    assert_eq!(finish(&store, stale).await, Finished::LeaseLost);
    assert_eq!(store.output(run(1)).await.expect("the store works"), None);

    for text in [b"first", b"again"] {
        finish(&store, writes(succeeded(&lease).run, After::End, written(text, b""))).await;
    }
    let kept = store.output(run(1)).await.expect("the store works");
    assert_eq!(kept, Some(written(b"first", b"")), "what was accepted");
}
