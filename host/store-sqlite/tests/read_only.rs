//! A store is looked at, whoever has it and wherever it is, and nothing is made or changed by that.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use dormouse_core::StoreError;
use dormouse_core::store::Store;
use dormouse_core::store::exercise::fixture::{at, prune_all, record, registration};
use dormouse_store_sqlite::{OpenError, SqliteStore};
use futures::executor::block_on;

mod lived;

use lived::{live, runs};

fn open(directory: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(directory).unwrap())
}

fn look(directory: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open_read_only(directory).unwrap())
}

fn files(directory: &Path) -> BTreeSet<(String, Vec<u8>)> {
    let files = std::fs::read_dir(directory).unwrap().map(Result::unwrap);
    files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap())).collect()
}

#[test]
fn a_store_that_nobody_has_is_read_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    live(&open(directory.path()), 1);
    let before = files(directory.path());
    let looking = look(directory.path());
    assert_eq!(runs(&looking), 5);
    assert_eq!(files(directory.path()), before);
    drop(looking);
    assert_eq!(files(directory.path()), before);
}

#[test]
fn a_store_that_a_host_has_is_read_as_it_changes() {
    let directory = tempfile::tempdir().unwrap();
    let host = open(directory.path());
    live(&host, 1);
    let looking = look(directory.path());
    for n in 1..4 {
        assert_eq!(runs(&looking), usize::try_from(n * 5).unwrap());
        live(&host, n * 5 + 1);
    }
    drop(host);
    assert_eq!(runs(&looking), 20, "when the host has stopped");
}

#[test]
fn a_host_that_comes_and_goes_while_somebody_looks_is_seen() {
    let directory = tempfile::tempdir().unwrap();
    live(&open(directory.path()), 1);
    let looking = look(directory.path());
    assert_eq!(runs(&looking), 5);
    let host = open(directory.path());
    live(&host, 6);
    assert_eq!(runs(&looking), 10, "while it is there");
    drop(host);
    drop(looking);

    let looking = look(directory.path());
    assert_eq!(runs(&looking), 10);
    live(&open(directory.path()), 11);
    assert_eq!(runs(&looking), 15, "when it has been there and is gone");
}

#[test]
fn what_would_write_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    live(&open(directory.path()), 1);
    let before = files(directory.path());
    let store = look(directory.path());
    let prune = prune_all(at(9), 9);
    block_on(async {
        for answer in [
            store.save_registration(record(2)).await,
            store.remove_registration(registration(1), at(1)).await.map(drop),
            store.prune(prune).await.map(drop),
            store.commit_cursor("reader", Default::default()).await,
        ] {
            let error = answer.unwrap_err();
            let told = matches!(&error, StoreError::Unavailable(why) if why == "opened for reading only");
            assert!(told, "{error:?}");
        }
    });
    assert_eq!(files(directory.path()), before);
}

fn refused(directory: &Path) -> OpenError {
    let before = files(directory);
    let error = SqliteStore::open_read_only(directory).unwrap_err();
    assert_eq!(files(directory), before, "nothing is made or changed");
    error
}

#[test]
fn what_cannot_be_read_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let error = refused(directory.path());
    assert!(matches!(error, OpenError::Missing { .. }), "{error:?}");
    assert!(error.to_string().contains("start the host once"), "{error}");

    live(&open(directory.path()), 1);
    let path = directory.path().join(SqliteStore::FILE_NAME);
    for (version, expected) in [(2, "older dormouse"), (7, "newer dormouse")] {
        let conn = rusqlite::Connection::open(&path).unwrap();
        conn.pragma_update(None, "user_version", version).unwrap();
        drop(conn);
        let error = refused(directory.path());
        assert!(error.to_string().contains(expected), "{error}");
        let typed = matches!(error, OpenError::Older { found: 2, known: 6, .. } | OpenError::Newer { .. });
        assert!(typed, "{error:?}");
    }
}

#[test]
fn a_log_without_its_index_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let host = open(directory.path());
    live(&host, 1);
    let left = tempfile::tempdir().unwrap();
    for name in ["dormouse.db", "dormouse.db-wal"] {
        std::fs::copy(directory.path().join(name), left.path().join(name)).unwrap();
    }
    let error = refused(left.path());
    assert!(matches!(error, OpenError::NoIndex { .. }), "{error:?}");
    std::fs::copy(directory.path().join("dormouse.db-shm"), left.path().join("dormouse.db-shm")).unwrap();
    let before = files(left.path());
    assert_eq!(runs(&look(left.path())), 5, "with all three, it is read as a host that fell left it");
    let (after, index) = (files(left.path()), "dormouse.db-shm");
    assert_eq!(after.len(), 3);
    let changed: Vec<_> = after.difference(&before).map(|(name, _)| name.as_str()).collect();
    assert!(changed.iter().all(|name| *name == index), "nothing is written but the index: {changed:?}");
}
