//! What was answered is on the disk, batches share commits, and one bad command harms no other.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use dormouse_core::AccessStatus;
use dormouse_core::app::AppRecord;
use dormouse_core::completion::Cursor;
use dormouse_core::overlap::{Overlap, Refusal};
use dormouse_core::store::exercise::fixture::{
    QUEUE, activation, app, ask, at, completed, firing, register, registration, running, stored, succeeded,
};
use dormouse_core::store::{Counts, Enqueued, Finished, RunFilter, Store};
use dormouse_store_sqlite::SqliteStore;
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::join_all;

fn open(directory: &Path) -> (Arc<SqliteStore>, Arc<dyn Store>) {
    let store = Arc::new(SqliteStore::open(directory).unwrap());
    (Arc::clone(&store), store)
}

#[test]
fn a_store_that_is_opened_again_has_everything() {
    block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let (sqlite, store) = open(directory.path());
        register(&store, 1).await;
        let completion = completed(&store, 1, 1, 1).await;
        let lease = running(&store, 2, 1, 2).await;
        let waiting = store.enqueue(ask(firing(3, 1, 3), QUEUE)).await.unwrap();
        store.advance_watermark(registration(1), at(77)).await.unwrap();
        store.commit_cursor("mail", Cursor(1)).await.unwrap();
        let installed = AppRecord::new(app(), AccessStatus::AlwaysAllowed);
        store.save_app(installed.clone()).await.unwrap();
        store.note_refusal(registration(1), Refusal::DeniedByUser, at(5)).await.unwrap();
        let refusals = store.refusals(registration(1)).await.unwrap();
        let registrations = store.registrations().await.unwrap();
        drop((sqlite, store));

        let (_sqlite, store) = open(directory.path());
        assert_eq!(store.registrations().await.unwrap(), registrations);
        assert_eq!(store.apps().await.unwrap(), [installed]);
        assert_eq!(store.refusals(registration(1)).await.unwrap(), refusals);
        assert_eq!(refusals.len(), 1);
        assert_eq!(store.completions(Cursor(0), 9).await.unwrap(), std::slice::from_ref(&completion));
        assert_eq!(stored(&store, 2).await, lease.activation);
        assert_eq!(Enqueued::Waiting(Box::new(stored(&store, 3).await)), waiting);
        assert_eq!(store.counts(registration(1)).await.unwrap(), Counts { waiting: 1, running: 1 });
        assert_eq!(store.cursor("mail").await.unwrap(), Some(Cursor(1)));
        let Finished::Completed(next) = store.finish(succeeded(&lease)).await.unwrap() else {
            panic!("the lease holds")
        };
        assert!(next.cursor > completion.cursor, "the journal goes on where it was");
    });
}

/// Copies the files as they are: what a killed process leaves.
fn copy_files(from: &Path, to: &Path) {
    for name in ["dormouse.db", "dormouse.db-wal"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

#[test]
fn a_process_that_is_killed_loses_nothing_that_was_answered() {
    block_on(async {
        let (directory, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (_sqlite, store) = open(directory.path());
        register(&store, 1).await;
        let mut answered = vec![];
        for n in 1..=50 {
            answered.push(completed(&store, n, 1, 1).await);
        }
        let lease = running(&store, 51, 1, 2).await;
        copy_files(directory.path(), left.path());

        let (_sqlite, after) = open(left.path());
        assert_eq!(after.completions(Cursor(0), 99).await.unwrap(), answered);
        assert_eq!(stored(&after, 51).await, lease.activation);
    });
}

#[test]
fn a_log_that_was_cut_anywhere_leaves_a_beginning_of_what_happened() {
    block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let (_sqlite, store) = open(directory.path());
        register(&store, 1).await;
        let mut all = vec![];
        for n in 1..=12 {
            all.push(completed(&store, n, 1, 1).await.run);
        }
        let log = std::fs::metadata(directory.path().join("dormouse.db-wal")).unwrap().len();
        let mut seen = std::collections::BTreeSet::new();
        for cut in (0..8).map(|eighth| log * eighth / 8 + 13) {
            let left = tempfile::tempdir().unwrap();
            copy_files(directory.path(), left.path());
            let file = std::fs::OpenOptions::new().write(true).open(left.path().join("dormouse.db-wal"));
            file.unwrap().set_len(cut).unwrap();

            let (_sqlite, after) = open(left.path());
            let runs = after.runs(RunFilter::default(), 99).await.unwrap();
            let runs: Vec<_> = runs.into_iter().rev().map(|listed| listed.run).collect();
            assert!(runs.iter().eq(all[..runs.len()].iter().map(|run| &**run)), "cut at {cut} of {log}");
            let journal = after.completions(Cursor(0), 99).await.unwrap();
            assert_eq!(journal.len(), runs.len(), "run and completion are written as one");
            seen.insert(runs.len());
        }
        assert!(seen.len() > 3, "the cuts fall into different places: {seen:?}");
    });
}

/// Holds the file's write lock, so that commands gather.
fn hold(store: &SqliteStore) -> rusqlite::Connection {
    let conn = rusqlite::Connection::open(store.path()).unwrap();
    conn.execute_batch("begin immediate").unwrap();
    conn
}

#[test]
fn commands_that_wait_share_a_commit() {
    block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let (sqlite, store) = open(directory.path());
        register(&store, 1).await;
        let before = sqlite.stats();

        let held = hold(&sqlite);
        let mut all = join_all((1..=256).map(|n| store.enqueue(ask(firing(n, 1, 1), QUEUE))));
        assert!((&mut all).now_or_never().is_none(), "nothing is answered before it is on the disk");
        held.execute_batch("rollback").unwrap();
        for answer in all.await {
            assert!(matches!(answer.unwrap(), Enqueued::Waiting(_)));
        }
        let after = sqlite.stats();
        assert_eq!(after.commands - before.commands, 256);
        assert!(after.largest_batch >= 128, "{after:?}");
        // The first may have been taken alone; all others were there when the writer looked again.
        assert!(after.commits - before.commits <= 2, "{after:?} after {before:?}");
    });
}

#[test]
fn a_lone_command_has_a_commit_of_its_own() {
    block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let (sqlite, store) = open(directory.path());
        register(&store, 1).await;
        let before = sqlite.stats();
        for n in 1..=20 {
            store.enqueue(ask(firing(n, 1, 1), QUEUE)).await.unwrap();
        }
        let after = sqlite.stats();
        // It waits for no others: there are none that would come.
        assert_eq!((after.commands - before.commands, after.commits - before.commits), (20, 20));
        assert_eq!(after.largest_batch, 1);
        assert!(after.commit_time > before.commit_time && after.commit_time_max <= after.commit_time);
        assert!(sqlite.wal_len() > 0 && sqlite.database_len() > 0);
    });
}

#[test]
fn a_refusal_is_counted_by_name_in_the_commit_of_its_firing() {
    block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let (sqlite, store) = open(directory.path());
        register(&store, 1).await;
        running(&store, 1, 1, 1).await;
        let before = sqlite.stats();
        let refused = store.enqueue(ask(firing(2, 1, 2), Overlap::Refuse)).await.unwrap();
        assert_eq!(refused, Enqueued::Refused(Refusal::CurrentlyRunning));
        assert_eq!(sqlite.stats().commits - before.commits, 1);

        let conn = rusqlite::Connection::open(sqlite.path()).unwrap();
        let sql = "select reason, count, first_at, last_at from refusal";
        let row = conn.query_row(sql, [], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, i64>(3)?,
            ))
        });
        assert_eq!(row.unwrap(), ("currently-running".to_owned(), 1, 2000, 2000));
    });
}

#[test]
fn a_command_at_fault_fails_alone() {
    block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let (sqlite, store) = open(directory.path());
        register(&store, 1).await;

        let held = hold(&sqlite);
        let mut all = join_all((0..32).map(|n| {
            let mut firing = firing(n, 1, 1);
            if n == 20 {
                firing.id = activation(10);
            }
            store.enqueue(ask(firing, QUEUE))
        }));
        assert!((&mut all).now_or_never().is_none());
        held.execute_batch("rollback").unwrap();
        for (n, answer) in all.await.into_iter().enumerate() {
            assert_eq!(answer.is_err(), n == 20, "command {n}: {answer:?}");
        }
        assert_eq!(store.counts(registration(1)).await.unwrap(), Counts { waiting: 31, running: 0 });
        let pending = store.pending(at(9), None, 99).await.unwrap();
        assert_eq!(pending.len(), 31);
        let queue = |max| Overlap::Queue { max };
        let full = store.enqueue(ask(firing(99, 1, 1), queue(31))).await.unwrap();
        assert!(matches!(full, Enqueued::Refused(_)), "the writer counts as the file does: {full:?}");
        let fits = store.enqueue(ask(firing(99, 1, 1), queue(32))).await.unwrap();
        assert!(matches!(fits, Enqueued::Waiting(_)), "and no command twice: {fits:?}");
    });
}

#[test]
fn a_caller_that_goes_away_takes_nothing_back() {
    block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let (sqlite, store) = open(directory.path());
        register(&store, 1).await;
        let held = hold(&sqlite);
        let mut asked = store.enqueue(ask(firing(1, 1, 1), QUEUE));
        assert!((&mut asked).now_or_never().is_none());
        drop(asked);
        held.execute_batch("rollback").unwrap();
        let second = store.enqueue(ask(firing(2, 1, 1), QUEUE)).await.unwrap();
        assert!(matches!(second, Enqueued::Waiting(_)));
        assert_eq!(stored(&store, 1).await.id, activation(1));
    });
}
