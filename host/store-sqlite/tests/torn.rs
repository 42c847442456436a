//! What a machine leaves that stops at any moment is a beginning of what happened, and whole.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dormouse_core::activation::{ActivationState, After};
use dormouse_core::completion::Cursor;
use dormouse_core::overlap::Overlap;
use dormouse_core::store::exercise::fixture::{
    QUEUE, activation, app, ask, at, claim, ended, failed, firing, register, registration, succeeded,
};
use dormouse_core::store::{Enqueued, Finish, Finished, ListedRun, RunFilter, Store};
use dormouse_core::time::Timestamp;
use dormouse_store_sqlite::SqliteStore;
use futures::executor::block_on;
use futures::future::join_all;
use proptest::prelude::*;

const CLIENTS: u128 = 8;

/// Enqueues and finishes until it is told to stop: of four activations one needs two attempts. Counts the completions
/// that were answered.
async fn live(store: &Arc<dyn Store>, stop: &AtomicBool, answered: &AtomicU64) {
    for n in 1..4 {
        register(store, n).await;
    }
    let client = async |client: u128| {
        let mut n = client;
        while !stop.load(Ordering::Relaxed) {
            let mut asked = ask(firing(n, 1 + n % 3, 1), Overlap::Parallel { max: 100 });
            asked.claim = Some(claim(n, 1));
            let mut lease = match store.enqueue(asked).await.unwrap() {
                Enqueued::Claimed(lease) => *lease,
                // An attempt of another waits.
                _ => store.claim(activation(n), claim(n, 1)).await.unwrap().unwrap(),
            };
            if n.is_multiple_of(4) {
                let again = Finish::new(ended(&lease, failed()), After::Retry { not_before: at(1) });
                assert_eq!(store.finish(again).await.unwrap(), Finished::Pending);
                lease = store.claim(activation(n), claim(n + (1 << 64), 1)).await.unwrap().unwrap();
            }
            let finished = store.finish(succeeded(&lease)).await.unwrap();
            assert!(matches!(finished, Finished::Completed(_)), "{finished:?}");
            answered.fetch_add(1, Ordering::SeqCst);
            n += CLIENTS;
        }
    };
    join_all((0..CLIENTS).map(client)).await;
}

fn copy(from: &Path, to: &Path) {
    for name in ["dormouse.db", "dormouse.db-wal", "dormouse.db-shm"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

/// All that must hold of a store at any moment. Answers its runs, in the order in which they were recorded.
async fn assert_whole(store: &Arc<dyn Store>) -> Vec<ListedRun> {
    let mut runs = store.runs(RunFilter::default(), 1_000_000).await.unwrap();
    runs.sort_by_key(|listed| listed.place);
    let places: Vec<_> = runs.iter().map(|listed| listed.place.0).collect();
    assert_eq!(places, (1..=runs.len() as u64).collect::<Vec<_>>(), "none is missing before the last");

    let completions = store.completions(Cursor(0), 1_000_000).await.unwrap();
    let mut ends = BTreeMap::new();
    for completion in &completions {
        let id = completion.run.activation;
        assert_eq!(ends.insert(id, completion.run.run), None, "{id} ended twice");
        let activation = store.activation(id).await.unwrap().unwrap();
        let outcome = completion.run.outcome.clone();
        assert_eq!(activation.state, ActivationState::Ended { outcome, at: completion.run.ended_at });
    }
    assert_eq!(store.head().await.unwrap(), completions.last().map_or(Cursor(0), |last| last.cursor));

    let attempts = runs.iter().filter(|listed| !ends.contains_key(&listed.run.activation));
    for listed in attempts {
        let activation = store.activation(listed.run.activation).await.unwrap().unwrap();
        assert_eq!(activation.failures, 1);
        assert!(matches!(activation.state, ActivationState::Pending | ActivationState::Running(_)));
    }
    let totals = store.totals().await.unwrap();
    let (mut waiting, mut running) = (0, 0);
    for n in 1..4 {
        let counts = store.counts(registration(n)).await.unwrap();
        assert_eq!(store.waiting(registration(n), 1_000_000).await.unwrap().len(), counts.waiting as usize);
        (waiting, running) = (waiting + u64::from(counts.waiting), running + u64::from(counts.running));
    }
    assert_eq!((totals.waiting, totals.running), (waiting, running));
    for filter in [
        RunFilter { app: Some(app()), ..RunFilter::default() },
        RunFilter { since: Some(Timestamp::EPOCH), ..RunFilter::default() },
    ] {
        assert_eq!(
            store.runs(filter, 1_000_000).await.unwrap().len(),
            runs.len(),
            "each index has all of them"
        );
    }
    runs
}

/// Keeps the log growing and the file as it was at first: copies of both, one after the other, belong together then,
/// as they do after a crash.
fn keep_the_log(store: &SqliteStore) -> rusqlite::Connection {
    let conn = rusqlite::Connection::open(store.path()).unwrap();
    conn.execute_batch("begin; select count(*) from sqlite_schema").unwrap();
    conn
}

#[test]
fn a_copy_at_any_moment_is_whole_and_has_what_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(directory.path()).unwrap();
    let _kept = keep_the_log(&sqlite);
    let store: Arc<dyn Store> = Arc::new(sqlite);
    let (stop, answered) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let living = scope.spawn(|| block_on(live(&store, &stop, &answered)));
        let mut seen = vec![];
        while seen.len() < 12 && !living.is_finished() {
            // Each is of another moment: there is more in the store than there was.
            let before = answered.load(Ordering::SeqCst);
            if before <= seen.last().copied().unwrap_or(0) {
                std::thread::yield_now();
                continue;
            }
            let left = tempfile::tempdir().unwrap();
            copy(directory.path(), left.path());
            let after: Arc<dyn Store> = Arc::new(SqliteStore::open(left.path()).unwrap());
            block_on(assert_whole(&after));
            let completions = block_on(after.completions(Cursor(0), 1_000_000)).unwrap().len() as u64;
            assert!(completions >= before, "{before} were answered, and {completions} are there");
            seen.push(completions);
        }
        stop.store(true, Ordering::Relaxed);
        living.join().unwrap();
        assert_eq!(seen.len(), 12);
    });
}

/// A store that was left in the middle of its work, and its runs.
fn left() -> &'static (tempfile::TempDir, Vec<ListedRun>) {
    static LEFT: std::sync::OnceLock<(tempfile::TempDir, Vec<ListedRun>)> = std::sync::OnceLock::new();
    LEFT.get_or_init(|| {
        let (directory, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let sqlite = SqliteStore::open(directory.path()).unwrap();
        let _kept = keep_the_log(&sqlite);
        let store: Arc<dyn Store> = Arc::new(sqlite);
        let (stop, answered) = (AtomicBool::new(false), AtomicU64::new(0));
        std::thread::scope(|scope| {
            let living = scope.spawn(|| block_on(live(&store, &stop, &answered)));
            while answered.load(Ordering::SeqCst) < 300 && !living.is_finished() {
                std::thread::yield_now();
            }
            copy(directory.path(), left.path());
            stop.store(true, Ordering::Relaxed);
            living.join().unwrap();
        });
        let whole = tempfile::tempdir().unwrap();
        copy(left.path(), whole.path());
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(whole.path()).unwrap());
        let runs = block_on(assert_whole(&store));
        assert!(runs.len() >= 300);
        (left, runs)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_that_was_cut_anywhere_is_a_beginning(cut in 0.0..1.0_f64, garbage in 0u8..3) {
        let (directory, runs) = left();
        let torn = tempfile::tempdir().unwrap();
        copy(directory.path(), torn.path());
        let path = torn.path().join("dormouse.db-wal");
        let mut log = std::fs::read(&path).unwrap();
        let len = log.len();
        log.truncate((len as f64 * cut) as usize);
        // What a disk may have at the end of a file that was growing.
        log.extend(std::iter::repeat_n(garbage.wrapping_mul(0x5a), usize::from(garbage) * 3000));
        std::fs::write(&path, log).unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(torn.path()).unwrap());
        let beginning = block_on(async {
            let beginning = assert_whole(&store).await;
            // And it goes on from there.
            register(&store, 1).await;
            let enqueued = store.enqueue(ask(firing(1 << 100, 1, 1), QUEUE)).await.unwrap();
            assert!(matches!(enqueued, Enqueued::Waiting(_)), "{enqueued:?}");
            beginning
        });
        prop_assert_eq!(&beginning[..], &runs[..beginning.len()]);
    }
}
