//! Durable runs: one `enqueue` with a claim, and one `finish`, each on the disk before the next.
//!
//! `cargo bench -p dormouse-store-sqlite --bench store` prints runs a second for 1, 16 and 256 clients at once, and
//! what one wait for the disk costs; `synchronous=NORMAL` is what could be had by waiting less. The memory store does
//! the same in the same process, as the price of everything but the disk and SQLite. Set `TMPDIR` to measure another
//! disk. A quiet disk and one in a slow spell differ by a factor of three to five.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark tells how long things took"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use divan::Bencher;
use divan::counter::ItemsCount;
use dormouse_core::MemoryStore;
use dormouse_core::store::exercise::fixture::{ask, claim, firing, register, succeeded};
use dormouse_core::store::{Enqueue, Enqueued, Store};
use dormouse_core::{Overlap, TriggerDetails};
use dormouse_store_sqlite::{SqliteStore, Synchronous};
use futures::executor::block_on;
use futures::future::join_all;

mod disk;

fn main() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (median, p99) = disk::fdatasync(directory.path());
    println!("fdatasync of 4 KiB appended: median {median:.0?}, p99 {p99:.0?}");
    divan::main();
}

const CLIENTS: [u64; 3] = [1, 16, 256];

/// Runs in one sample for `clients`: about a tenth of a second's worth.
const fn runs(clients: u64) -> u64 {
    if clients == 1 { 256 } else { 2048 }
}

static NEXT: AtomicU64 = AtomicU64::new(1);

async fn one_run(store: &Arc<dyn Store>) {
    let n = u128::from(NEXT.fetch_add(1, Ordering::Relaxed));
    let mut firing = firing(n, 1, 1);
    firing.details = TriggerDetails::None;
    let ask = Enqueue { claim: Some(claim(n, 1)), ..ask(firing, Overlap::Parallel { max: 1000 }) };
    let Enqueued::Claimed(lease) = store.enqueue(ask).await.expect("the store works") else {
        panic!("nothing waits, so it is claimed")
    };
    store.finish(succeeded(&lease)).await.expect("the store works");
}

fn measure(bencher: Bencher<'_, '_>, store: Arc<dyn Store>, clients: u64) {
    block_on(register(&store, 1));
    bencher.counter(ItemsCount::new(runs(clients))).bench_local(|| {
        block_on(async {
            let client = async || {
                for _ in 0..runs(clients) / clients {
                    one_run(&store).await;
                }
            };
            join_all((0..clients).map(|_| client())).await;
        });
    });
}

fn sqlite(bencher: Bencher<'_, '_>, clients: u64, synchronous: Synchronous) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = SqliteStore::open_with(directory.path(), synchronous).expect("an empty directory");
    measure(bencher, Arc::new(store), clients);
}

#[divan::bench(args = CLIENTS, sample_count = 20, sample_size = 1)]
fn full(bencher: Bencher<'_, '_>, clients: u64) {
    sqlite(bencher, clients, Synchronous::Full);
}

#[divan::bench(args = CLIENTS, sample_count = 20, sample_size = 1)]
fn normal(bencher: Bencher<'_, '_>, clients: u64) {
    sqlite(bencher, clients, Synchronous::Normal);
}

#[divan::bench(args = CLIENTS, sample_count = 20, sample_size = 1)]
fn memory(bencher: Bencher<'_, '_>, clients: u64) {
    measure(bencher, Arc::new(MemoryStore::new()), clients);
}
