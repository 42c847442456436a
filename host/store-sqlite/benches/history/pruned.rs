//! Retention beside a load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dormouse_core::activation::Firing;
use dormouse_core::store::exercise::fixture::{claim, prune_all, record, succeeded};
use dormouse_core::store::{ActivationStore, Enqueue, Enqueued, History, Prune, RegistrationStore};
use dormouse_core::{ActivationId, Overlap, TriggerDetails};
use dormouse_store_sqlite::SqliteStore;
use futures::executor::block_on;
use futures::future::join_all;
use uuid::Uuid;

use crate::made::Made;
use crate::percentile;

/// Clients at once, and runs of each in one measurement.
const CLIENTS: u128 = 16;
const RUNS: u128 = 500;

/// Commands that were timed.
async fn load(store: &SqliteStore, round: u128) -> Vec<Duration> {
    let registration = record(7).registration;
    let client = async |client: u128| {
        let mut took = vec![];
        for n in 0..RUNS {
            let n = ((round * CLIENTS + client) * RUNS + n) << 64;
            let firing = Firing {
                id: ActivationId::from_uuid(Uuid::from_u128(n)),
                registration: registration.id,
                app: registration.app.clone(),
                key: n.to_string(),
                details: TriggerDetails::None,
                stands_for: 1,
                scheduled_for: None,
                // Far later than what is let go of.
                fired_at: dormouse_core::Timestamp::from_millis(1 << 50),
            };
            let claim = Some(claim(n, 1 << 50));
            let overlap = Overlap::Parallel { max: 1000 };
            let begun = Instant::now();
            let ask = Enqueue { firing, overlap, claim, watermark: None, spend: false };
            let Enqueued::Claimed(lease) = store.enqueue(ask).await.expect("the store works") else {
                panic!("nothing waits, so it is claimed")
            };
            let taken_in = Instant::now();
            store.finish(succeeded(&lease)).await.expect("the store works");
            took.extend([taken_in - begun, taken_in.elapsed()]);
        }
        took
    };
    join_all((0..CLIENTS).map(client)).await.into_iter().flatten().collect()
}

fn told(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let (p50, p99) = (percentile(&took, 50), percentile(&took, 99));
    let max = took.last().copied().unwrap_or_default();
    println!("{what:<58} {:>10} {p50:>10.1?} {p99:>10.1?} (max {max:.1?})", "");
}

pub(crate) fn measure(store: &Arc<SqliteStore>, made: &Made) {
    block_on(store.save_registration(record(7))).expect("the store works");
    block_on(load(store, 1));
    told("a command of 16 clients", block_on(load(store, 2)));
    told("a command of 16 clients, again", block_on(load(store, 3)));
    for (round, limit) in [(4, 500), (5, 100)] {
        let ended_before = made.newest();
        let ask = Prune { keep_runs: u64::MAX, ..prune_all(ended_before, limit) };
        let step = || {
            let begun = Instant::now();
            block_on(store.prune(ask)).expect("the store works");
            begun.elapsed()
        };
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let pruning = scope.spawn(|| {
                let mut took = vec![];
                while !done.load(Ordering::Relaxed) {
                    took.push(step());
                }
                took
            });
            let beside = block_on(load(store, round));
            done.store(true, Ordering::Relaxed);
            told(&format!("a command of 16 clients, beside steps of {limit} on end"), beside);
            told(&format!("a step of {limit} runs, beside that"), pruning.join().expect("no panic"));
        });
        told(&format!("a step of {limit} runs, alone"), (0..20).map(|_| step()).collect());
    }
    let stats = store.stats();
    println!(
        "{} runs let go of; {} commands in {} commits, {:.0?} on average, {:.1?} at most; log {:.0} MB",
        stats.pruned_runs,
        stats.commands,
        stats.commits,
        stats.commit_time / u32::try_from(stats.commits).unwrap_or(u32::MAX),
        stats.commit_time_max,
        store.wal_len() as f64 / 1e6,
    );
}
