//! A whole isolated run, from trigger to recorded completion, against bare wasmtime.
//!
//! The baseline is what any host has to pay for isolation: a new `Store` with a WASI context, an instance
//! from an `InstancePre`, one call of `run`, and the drop of all of it, on an engine configured as ours (see
//! `bare.rs`). The figures beside it are the same run through a `Host`: the firing made durable, conditions,
//! admission, a lease, limits, metering, events, the receipt, the completion, and somebody who waits for it.
//!
//! What is compared is CPU time of the whole process for each run, all threads together: wall-clock time
//! would hide what other threads do, and these machines are shared. Baseline and candidates take turns in
//! short batches; each figure is the median over the batches, and the ratio is that of two neighbours.
//!
//! `cargo bench -p dormouse --bench whole_run`; `-- --quick` for a look.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]
#![expect(clippy::disallowed_methods, reason = "a bench spawns, and makes a temporary folder")]

mod bare;

use std::time::Duration;

use dormouse::{
    App, AppId, Component, Engine, EngineConfig, Host, IfExists, MemoryStore, Overlap, RegistrationId, Store,
    TaskBuilder, Trigger,
};
use dormouse_store_sqlite::SqliteStore;

/// Requests under way at once, through the host.
const CLIENTS: usize = 16;

fn main() {
    let quick = std::env::args().any(|arg| arg == "--quick" || arg == "--test");
    let (batches, runs) = if quick { (5, 320) } else { (60, 1600) };
    let bytes = std::fs::read(test_artifacts::RUN_RETURNS_OK).unwrap();

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let bare = bare::Bare::new(&bytes);
    let folder = tempfile::tempdir().unwrap();
    let memory = runtime.block_on(Subject::new(&bytes, MemoryStore::new()));
    let sqlite = runtime.block_on(Subject::new(&bytes, SqliteStore::open(folder.path()).unwrap()));

    let mut figures = [const { Vec::new() }; 3];
    // The first batch warms pools, caches and branch predictors, and does not count.
    for batch in 0..=batches {
        let round = [
            cpu_per_run(runs, || runtime.block_on(bare.runs(runs))),
            cpu_per_run(runs, || runtime.block_on(memory.runs(runs))),
            cpu_per_run(runs, || runtime.block_on(sqlite.runs(runs))),
        ];
        if batch > 0 {
            for (all, one) in figures.iter_mut().zip(round) {
                all.push(one);
            }
        }
    }

    println!("CPU time per run, {batches} batches of {runs} runs, {CLIENTS} requests under way at once");
    println!("allocator: {:?}", memory.host.engine().allocator());
    println!("{:<34} {:>10} {:>10} {:>10} {:>8}", "", "min us", "median us", "max us", "ratio");
    let [bare, memory, sqlite] = figures;
    for (name, all) in [
        ("bare wasmtime", &bare),
        ("Host, MemoryStore", &memory),
        ("Host, SqliteStore (commit + fsync)", &sqlite),
    ] {
        let ratios: Vec<f64> = all.iter().zip(&bare).map(|(one, base)| one / base).collect();
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

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Microseconds of CPU time of this process, for each of `runs`.
fn cpu_per_run(runs: usize, work: impl FnOnce()) -> f64 {
    let before = process_cpu();
    work();
    (process_cpu() - before).as_secs_f64() * 1e6 / runs as f64
}

fn process_cpu() -> Duration {
    let spec = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(spec.tv_sec.try_into().unwrap(), spec.tv_nsec.try_into().unwrap())
}

struct Subject {
    host: Host,
    id: RegistrationId,
}

impl Subject {
    async fn new(bytes: &[u8], store: impl Store) -> Self {
        let engine = Engine::new(&EngineConfig::default()).unwrap();
        let builder =
            Host::builder().engine(engine).store(store).slots(64).slots_per_app(64).guest_threads(1);
        let host = builder.start().await.unwrap();
        let app = AppId::new("bench").unwrap();
        let component = Component::compile(host.engine(), bytes).unwrap();
        host.install(App::new(app.clone()).entry_point("main", component)).unwrap();
        let task = TaskBuilder::new("bench")
            .entry_point("main")
            .trigger(Trigger::Application)
            .overlap(Overlap::Parallel { max: 64 });
        let id = host.register(&app, task, IfExists::Error).await.unwrap().id;
        Self { host, id }
    }

    async fn runs(&self, runs: usize) {
        let clients = (0..CLIENTS).map(|_| {
            let (host, id) = (self.host.clone(), self.id);
            tokio::spawn(async move {
                for _ in 0..runs / CLIENTS {
                    let fired = host.request(id, []).await.unwrap();
                    let completion = host.completed(fired.activation().unwrap()).await.unwrap();
                    assert!(completion.run.outcome.is_success());
                }
            })
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
    }
}
