//! A long history: what it costs to look at, and to let go of.
//!
//! `cargo bench -p dormouse-store-sqlite --bench history` makes a database with ten million runs, of a month, in
//! `TMPDIR`, which takes some minutes and gigabytes, and prints what lists of it take, and what becomes of the load
//! when retention works beside it. `DORMOUSE_BENCH_ROWS` is another number of runs.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark tells how long things took"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use dormouse_core::OutcomeKind;
use dormouse_core::store::{DeadLetterFilter, RunFilter, Store};
use dormouse_store_sqlite::SqliteStore;
use futures::executor::block_on;

#[path = "../disk/mod.rs"]
mod disk;
mod made;
mod pruned;

use made::{Made, app, id, registration};

fn main() {
    let rows =
        std::env::var("DORMOUSE_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(10_000_000);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (median, p99) = disk::fdatasync(directory.path());
    println!("fdatasync of 4 KiB appended: median {median:.0?}, p99 {p99:.0?}");
    let begun = Instant::now();
    let made = made::make(directory.path(), rows);
    let begun_opening = Instant::now();
    let store = Arc::new(SqliteStore::open(directory.path()).expect("it was just made"));
    println!(
        "{rows} runs in {:.1} GB, made in {:.0?}, opened in {:.1?}",
        store.database_len() as f64 / 1e9,
        begun_opening - begun,
        begun_opening.elapsed(),
    );
    let dynamic: Arc<dyn Store> = store.clone();
    println!(
        "{:<58} {:>10} {:>10} {:>10}",
        "of the newest 50, where not said otherwise", "first", "p50", "p99"
    );
    block_on(lists(&dynamic, &made));
    pruned::measure(&store, &made);
}

/// How often each is asked.
const SAMPLES: u64 = 200;

/// Asks `SAMPLES` times, and prints what it took.
async fn time<T>(what: &str, mut ask: impl AsyncFnMut(u64) -> T) {
    let mut took = Vec::new();
    for n in 0..SAMPLES {
        let begun = Instant::now();
        std::hint::black_box(ask(n).await);
        took.push(begun.elapsed());
    }
    let first = took[0];
    took.sort_unstable();
    println!("{what:<58} {first:>10.1?} {:>10.1?} {:>10.1?}", percentile(&took, 50), percentile(&took, 99));
}

/// Of what is sorted.
fn percentile(took: &[Duration], percent: usize) -> Duration {
    took[(took.len() * percent / 100).min(took.len() - 1)]
}

async fn lists(store: &Arc<dyn Store>, made: &Made) {
    let all = RunFilter::default;
    let hour_ago = made.newest() - Duration::from_secs(3600);
    let list = async |filter: RunFilter| store.runs(filter, 50).await.expect("the store works");
    // Another one each time, spread over all.
    let some = |n: u64| 2 + n * 37 % 990;
    let of = |n| RunFilter { registration: Some(registration(n)), ..all() };
    let failed = Some(OutcomeKind::Failed);
    let place = |n: u64| made.rows * (n % 97 + 1) / 100;

    time("runs", async |_| list(all()).await).await;
    time("runs, a page somewhere in the middle", async |n| {
        let before = Some(made.place(place(n)));
        list(RunFilter { before, ..all() }).await
    })
    .await;
    time("runs, 1000 of them", async |_| store.runs(all(), 1000).await.expect("the store works")).await;
    time("of a registration", async |n| list(of(some(n))).await).await;
    time("of an app", async |n| list(RunFilter { app: Some(app(n % 20)), ..all() }).await).await;
    time("since an hour", async |_| list(RunFilter { since: Some(hour_ago), ..all() }).await).await;
    time("of an hour, a week ago", async |n| {
        let until = Some(made.newest() - Duration::from_secs(7 * 24 * 3600 + n * 60));
        list(RunFilter { since: until.map(|until| until - Duration::from_secs(3600)), until, ..all() }).await
    })
    .await;
    time("since an hour, of a registration with a third of all", async |_| {
        list(RunFilter { since: Some(hour_ago), ..of(1) }).await
    })
    .await;
    time("failures", async |_| list(RunFilter { outcome: failed, ..all() }).await).await;
    time("failures of a registration with a third of all", async |_| {
        list(RunFilter { outcome: failed, ..of(1) }).await
    })
    .await;
    time("traps, of which there are none, of an app", async |n| {
        let outcome = Some(OutcomeKind::Trapped);
        list(RunFilter { outcome, app: Some(app(n % 20)), ..all() }).await
    })
    .await;
    time("of a registration and an app that is not its own", async |n| {
        list(RunFilter { app: Some(app(1 + n % 19)), ..of(1) }).await
    })
    .await;
    time("a run by its id", async |n| store.run(id(place(n))).await.expect("the store works")).await;
    time("dead letters", async |_| {
        store.dead_letters(DeadLetterFilter::default(), 50).await.expect("it works")
    })
    .await;
    time("dead letters of an app", async |n| {
        let filter = DeadLetterFilter { app: Some(app(n % 20)), ..DeadLetterFilter::default() };
        store.dead_letters(filter, 50).await.expect("the store works")
    })
    .await;
    time("dead letters of a registration", async |n| {
        let filter =
            DeadLetterFilter { registration: Some(registration(some(n))), ..DeadLetterFilter::default() };
        store.dead_letters(filter, 50).await.expect("the store works")
    })
    .await;
    time("a registration: counts, refusals, 20 runs", async |n| {
        let id = registration(some(n));
        let counts = store.counts(id).await.expect("the store works");
        let refusals = store.refusals(id).await.expect("the store works");
        (counts, refusals, store.runs(of(some(n)), 20).await.expect("the store works"))
    })
    .await;
    time("totals", async |_| store.totals().await.expect("the store works")).await;
}
