//! The suite that every store passes, on SQLite.

use dormouse_store_sqlite::SqliteStore;

fn fresh() -> (SqliteStore, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    (SqliteStore::open(directory.path()).expect("an empty directory"), directory)
}

dormouse_core::exercise_store!(fresh());
