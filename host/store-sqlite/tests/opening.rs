//! What is wrong with a file is told in words that help, and the file is left as it is.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dormouse_core::StoreError;
use dormouse_core::store::exercise::fixture::{completed, register, registration};
use dormouse_core::store::{AppStore, RegistrationStore, Store};
use dormouse_store_sqlite::{OpenError, SqliteStore, holder};
use futures::executor::block_on;
use tempfile::TempDir;

fn database(directory: &TempDir) -> PathBuf {
    directory.path().join(SqliteStore::FILE_NAME)
}

/// A directory whose database has this content, made by `make`.
fn with(make: impl FnOnce(&Path)) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    make(&database(&directory));
    directory
}

fn refused(directory: &TempDir) -> OpenError {
    let before = std::fs::read(database(directory)).unwrap();
    let error = SqliteStore::open(directory.path()).expect_err("it must not open");
    assert!(error.to_string().contains(database(directory).to_str().unwrap()), "it names the file: {error}");
    assert_eq!(std::fs::read(database(directory)).unwrap(), before, "the file is left as it is");
    error
}

/// A store with some history, closed.
fn used() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(directory.path()).unwrap());
    block_on(async {
        register(&store, 1).await;
        for n in 1..=60 {
            completed(&store, n, 1, 1).await;
        }
    });
    directory
}

#[test]
fn nothing_and_an_empty_file_become_a_store() {
    let directory = with(|path| std::fs::write(path, "").unwrap());
    let store = SqliteStore::open(directory.path()).unwrap();
    assert!(block_on(store.registrations()).unwrap().is_empty());
}

#[test]
fn a_file_of_an_earlier_schema_is_brought_up_to_date() {
    // Schema 0: marked as ours, and nothing in it yet.
    let directory = with(|path| {
        let conn = rusqlite::Connection::open(path).unwrap();
        conn.execute_batch("pragma application_id = 0x646f726d; vacuum").unwrap();
    });
    assert!(std::fs::metadata(database(&directory)).unwrap().len() > 0);
    let store = SqliteStore::open(directory.path()).unwrap();
    assert!(block_on(store.registrations()).unwrap().is_empty());
    drop(store);
    let conn = rusqlite::Connection::open(database(&directory)).unwrap();
    let version: i32 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 6);
}

#[test]
fn a_newer_schema_is_refused() {
    for newer in [7, 9] {
        let directory = used();
        let conn = rusqlite::Connection::open(database(&directory)).unwrap();
        conn.pragma_update(None, "user_version", newer).unwrap();
        conn.execute_batch("pragma wal_checkpoint(truncate)").unwrap();
        drop(conn);
        let error = refused(&directory);
        assert!(matches!(error, OpenError::Newer { found, known: 6, .. } if found == newer), "{error:?}");
        let told = format!("newer dormouse (schema {newer}, this one knows up to 6)");
        assert!(error.to_string().contains(&told), "{error}");
    }
}

#[test]
fn a_database_of_another_program_is_refused() {
    for (pragma, id) in [("", 0), ("pragma application_id = 0x0f055112;", 0x0f05_5112)] {
        let directory = with(|path| {
            let conn = rusqlite::Connection::open(path).unwrap();
            conn.execute_batch(&format!("{pragma} create table bookmark (url text)")).unwrap();
        });
        let error = refused(&directory);
        assert!(
            matches!(error, OpenError::Foreign { application_id, .. } if application_id == id),
            "{error:?}"
        );
    }
}

#[test]
fn what_is_no_database_is_refused() {
    let garbage: Vec<u8> = (0..10_000u32).map(|n| ((n * 7919) >> 3) as u8).collect();
    for content in [&garbage[..], b"hello", &[0; 4096]] {
        let error = refused(&with(|path| std::fs::write(path, content).unwrap()));
        assert!(matches!(error, OpenError::NotADatabase { .. }), "{error:?}");
    }
}

#[test]
fn a_file_cut_short_is_refused() {
    let bytes = std::fs::read(database(&used())).unwrap();
    for len in [17, 60, 4096, 20_000] {
        let error = refused(&with(|path| std::fs::write(path, &bytes[..len]).unwrap()));
        let expected = matches!(error, OpenError::NotADatabase { .. } | OpenError::Corrupt { .. });
        assert!(expected, "cut to {len}: {error:?}");
    }
}

#[test]
fn a_damaged_page_is_found_when_the_file_is_opened() {
    let whole = used();
    let bytes = std::fs::read(database(&whole)).unwrap();
    for page in 1..bytes.len() / 4096 {
        let mut damaged = bytes.clone();
        for byte in &mut damaged[page * 4096..page * 4096 + 12] {
            *byte ^= 0x5a;
        }
        let error = refused(&with(|path| std::fs::write(path, damaged).unwrap()));
        assert!(matches!(error, OpenError::Corrupt { .. }), "page {page}: {error:?}");
        assert!(error.to_string().contains("restore it from a backup"), "{error}");
    }
}

#[test]
fn a_value_that_means_nothing_is_told_when_it_is_read() {
    let directory = used();
    let store = SqliteStore::open(directory.path()).unwrap();
    let conn = rusqlite::Connection::open(store.path()).unwrap();
    conn.execute_batch("update registration set body = '{'").unwrap();
    let error = block_on(store.registrations()).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");

    conn.execute_batch("insert into app values ('org.example.feeds', '[]')").unwrap();
    let error = block_on(store.apps()).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");

    for (reason, count) in [("no-reason", 1), ("spent", -1)] {
        let sql = "insert into refusal select id, ?1, ?2, 0, 0 from registration";
        conn.execute("delete from refusal", []).unwrap();
        conn.execute(sql, (reason, count)).unwrap();
        let error = block_on(store.refusals(registration(1))).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    }
}

#[test]
fn a_second_process_is_told_who_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let first = SqliteStore::open(directory.path()).unwrap();
    let error = SqliteStore::open(directory.path()).unwrap_err();
    let id = std::process::id();
    assert!(matches!(error, OpenError::Locked { holder: Some(holder), .. } if holder == id), "{error:?}");
    assert!(error.to_string().contains(&format!("by process {id}")), "{error}");
    drop(first);
    SqliteStore::open(directory.path()).expect("it is free again");
}

#[test]
fn the_holder_of_a_directory_is_known_for_as_long_as_it_holds_it() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(holder(directory.path()), None, "there is no lock");
    let store = SqliteStore::open(directory.path()).unwrap();
    for _ in 0..2 {
        assert_eq!(holder(directory.path()), Some(std::process::id()));
    }
    let looking = SqliteStore::open_read_only(directory.path()).unwrap();
    drop(store);
    assert_eq!(holder(directory.path()), None, "who only looks holds nothing");
    drop(looking);
    let written = std::fs::read_to_string(directory.path().join("dormouse.lock")).unwrap();
    assert_eq!(
        written.lines().next(),
        Some(std::process::id().to_string().as_str()),
        "its id is still there"
    );
}

#[test]
fn a_host_starts_though_others_look_who_holds_the_directory() {
    let directory = tempfile::tempdir().unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let _ = holder(directory.path());
            }
        });
        let opened: Vec<_> = (0..50).map(|_| SqliteStore::open(directory.path()).map(drop)).collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    });
}

#[test]
fn a_directory_that_is_not_there_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let error = SqliteStore::open(&directory.path().join("nowhere")).unwrap_err();
    assert!(matches!(error, OpenError::Io { .. }), "{error:?}");
}

#[cfg(unix)]
#[test]
fn the_file_and_its_log_are_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let _store = SqliteStore::open(directory.path()).unwrap();
    for name in ["dormouse.db", "dormouse.db-wal", "dormouse.db-shm", "dormouse.lock"] {
        let mode = std::fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
