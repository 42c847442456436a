//! Registrations, beside more and more others.
//!
//! `cargo bench -p dormouse-store-sqlite --bench registrations` times what a host reads when it starts, and
//! one registration that is saved, alone in its commit: that must not grow with how many there are.

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use dormouse_core::store::exercise::fixture::{record, register};
use dormouse_core::store::{RegistrationStore, Store};
use dormouse_store_sqlite::SqliteStore;
use futures::executor::block_on;
use futures::future::join_all;
use tempfile::TempDir;

fn main() {
    divan::main();
}

const OTHERS: [u64; 3] = [100, 10_000, 100_000];

/// A store that was opened with `others` registrations in it, and where it is.
fn opened(others: u64) -> (Arc<dyn Store>, TempDir) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = SqliteStore::open(directory.path()).expect("an empty directory");
    let all = block_on(join_all((1..=others).map(|n| store.save_registration(record(n.into())))));
    all.into_iter().collect::<Result<(), _>>().expect("the store works");
    drop(store);
    (Arc::new(SqliteStore::open(directory.path()).expect("it was closed")), directory)
}

#[divan::bench(args = OTHERS, sample_count = 10, sample_size = 1)]
fn list(bencher: Bencher<'_, '_>, others: u64) {
    let (store, _directory) = opened(others);
    bencher
        .counter(ItemsCount::new(others))
        .bench_local(|| block_on(store.registrations()).expect("the store works").len());
}

#[divan::bench(args = OTHERS, sample_count = 50, sample_size = 1)]
fn save(bencher: Bencher<'_, '_>, others: u64) {
    let (store, _directory) = opened(others);
    let mut next = others;
    bencher.bench_local(|| {
        next += 1;
        block_on(register(&store, next.into()));
    });
}
