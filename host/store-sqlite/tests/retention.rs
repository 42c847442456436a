//! What is over is let go of beside everything else.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dormouse_core::completion::Cursor;
use dormouse_core::overlap::Overlap;
use dormouse_core::store::exercise::fixture::{
    ask, at, claim, completed, firing, prune_all, register, succeeded,
};
use dormouse_core::store::{Enqueue, Enqueued, Finished, Prune, RunFilter, Store};
use dormouse_store_sqlite::SqliteStore;
use futures::executor::block_on;
use futures::future::join_all;

/// All but the newest twenty, in steps of seven.
const PRUNE: Prune = Prune { keep_runs: 20, ..prune_all(at(0), 7) };

fn open() -> (Arc<SqliteStore>, Arc<dyn Store>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(directory.path()).unwrap());
    (Arc::clone(&store), store, directory)
}

#[test]
fn letting_go_fails_no_command_and_takes_nothing_that_is_kept() {
    let (sqlite, store, _directory) = open();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let pruning = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                block_on(store.prune(PRUNE)).unwrap();
            }
        });
        block_on(async {
            register(&store, 1).await;
            let client = async |client: u128| {
                for n in 0..100 {
                    let n = n * 8 + client + 1;
                    let overlap = Overlap::Parallel { max: 100 };
                    let asked = Enqueue { claim: Some(claim(n, 1)), ..ask(firing(n, 1, 1), overlap) };
                    let Enqueued::Claimed(lease) = store.enqueue(asked).await.unwrap() else {
                        panic!("nothing waits, so it is claimed")
                    };
                    let Finished::Completed(end) = store.finish(succeeded(&lease)).await.unwrap() else {
                        panic!("the lease holds")
                    };
                    store.commit_cursor("reader", Cursor(end.cursor.0 / 2)).await.unwrap();
                }
            };
            join_all((0..8).map(client)).await;
            assert_eq!(store.head().await.unwrap(), Cursor(800));
            let read = store.cursor("reader").await.unwrap().unwrap();
            let unread = store.completions(read, 999).await.unwrap();
            assert_eq!(unread.len() as u64, 800 - read.0, "what was not read is kept");
            store.remove_subscriber("reader").await.unwrap();
        });
        done.store(true, Ordering::Relaxed);
        pruning.join().unwrap();
    });
    block_on(async {
        while store.prune(PRUNE).await.unwrap().more {}
        assert_eq!(store.runs(RunFilter::default(), 999).await.unwrap().len(), 20);
        assert_eq!(store.floor().await.unwrap(), Cursor(780));
        let stats = sqlite.stats();
        assert_eq!((stats.pruned_runs, stats.pruned_activations), (780, 780));
    });
}

#[test]
fn a_place_is_given_once_though_all_were_let_go_of_and_the_store_was_closed() {
    let (sqlite, store, directory) = open();
    block_on(async {
        register(&store, 1).await;
        assert_eq!(completed(&store, 1, 1, 1).await.cursor, Cursor(1));
        assert_eq!(completed(&store, 2, 1, 1).await.cursor, Cursor(2));
        let pruned = store.prune(Prune { keep_runs: 0, ..PRUNE }).await.unwrap();
        assert_eq!((pruned.runs, pruned.activations, pruned.more), (2, 2, false));
    });
    drop((sqlite, store));
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(directory.path()).unwrap());
    block_on(async {
        assert_eq!(store.head().await.unwrap(), Cursor(2));
        assert_eq!(completed(&store, 3, 1, 1).await.cursor, Cursor(3));
    });
}
