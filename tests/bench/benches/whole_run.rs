//! A whole isolated run, from trigger to recorded completion, against bare wasmtime.
//!
//! The baseline is what any host has to pay for isolation: a new `Store` with a WASI context, an instance
//! from an `InstancePre`, one call of `run`, and the drop of all of it, on an engine configured as ours (see
//! `src/bare.rs`). The figures beside it are the same run through a `Host`: the firing made durable, conditions,
//! admission, a lease, limits, metering, events, the receipt, the completion, and somebody who waits for it.
//!
//! What is compared is CPU time of the whole process for each run, all threads together: wall-clock time
//! would hide what other threads do, and these machines are shared. Baseline and candidates take turns in
//! short batches; each figure is the median over the batches, and the ratio is that of two neighbours.
//!
//! Background work usually has nobody who waits for each run: the bursts fire and look at the end of the last
//! one. "Awaited" has a task that waits for each completion before it fires again, which costs the wake-up of
//! another thread for each run, on this side and on that.
//!
//! `cargo bench -p dormouse-bench --bench whole_run`; `-- --quick` for a look, `-- --only memory` for a profiler.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::sync::Arc;

use dormouse::{EngineConfig, MemoryStore};
use dormouse_bench::measure::{is_quick, median, only, process_cpu};
use dormouse_bench::{BURST, Bare, CLIENTS, Subject};
use dormouse_store_sqlite::SqliteStore;

fn main() {
    // For a profiler, which should see one of them only.
    let only = only();
    let (batches, runs) = if is_quick() { (5, 320) } else { (40, 1600) };
    let bytes = std::fs::read(test_artifacts::RUN_RETURNS_OK).unwrap();

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let bare = Bare::new(&bytes, None);
    let engine = EngineConfig::default();
    let folder = tempfile::tempdir().unwrap();
    let memory = Arc::new(MemoryStore::with_history(1000));
    let memory = runtime.block_on(Subject::new(&engine, &bytes, memory, |builder| builder));
    let sqlite = Arc::new(SqliteStore::open(folder.path()).unwrap());
    let sqlite = runtime.block_on(Subject::new(&engine, &bytes, sqlite, |builder| builder));

    let mut figures = [const { Vec::new() }; 5];
    // The first batch warms pools, caches and branch predictors, and does not count.
    for batch in 0..=batches {
        let measure = |name: &str, work: &dyn Fn()| {
            let wanted = only.as_deref().is_none_or(|only| only == name);
            if wanted { cpu_per_run(runs, work) } else { f64::NAN }
        };
        let round = [
            measure("bare", &|| runtime.block_on(bare.runs(runs))),
            measure("memory", &|| runtime.block_on(memory.bursts(runs))),
            measure("memory-awaited", &|| runtime.block_on(memory.awaited(runs))),
            measure("sqlite", &|| runtime.block_on(sqlite.bursts(runs))),
            measure("sqlite-awaited", &|| runtime.block_on(sqlite.awaited(runs))),
        ];
        if batch > 0 {
            for (all, one) in figures.iter_mut().zip(round) {
                all.push(one);
            }
        }
    }

    println!(
        "CPU time per run, {batches} batches of {runs} runs; bursts of {BURST}, {CLIENTS} waiting tasks"
    );
    println!("allocator: {:?}", memory.host.engine().allocator());
    println!("{:<34} {:>10} {:>10} {:>10} {:>8}", "", "min us", "median us", "max us", "ratio");
    let names = [
        "bare wasmtime",
        "Host, MemoryStore, bursts",
        "Host, MemoryStore, awaited",
        "Host, SqliteStore, bursts",
        "Host, SqliteStore, awaited",
    ];
    let bare = &figures[0];
    for (name, all) in names.iter().zip(&figures) {
        let ratios: Vec<f64> = all.iter().zip(bare).map(|(one, base)| one / base).collect();
        let mut sorted = all.clone();
        sorted.sort_by(f64::total_cmp);
        println!(
            "{name:<34} {:>10.1} {:>10.1} {:>10.1} {:>8.2}",
            sorted[0],
            median(all),
            sorted[sorted.len() - 1],
            median(&ratios),
        );
    }
}

/// Microseconds of CPU time of this process, for each of `runs`.
fn cpu_per_run(runs: usize, work: &dyn Fn()) -> f64 {
    let before = process_cpu();
    work();
    (process_cpu() - before).as_secs_f64() * 1e6 / runs as f64
}
