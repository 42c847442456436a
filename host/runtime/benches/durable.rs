//! Durable runs by the clock on the wall: how many a second, and how long from the request to the guest.
//!
//! `cargo bench -p dormouse --bench durable`; `-- --quick` for a look, `-- --only 256` for a profiler: that many clients on
//! the first store. Set `TMPDIR` to measure another disk.
//!
//! A durable run is a request that is answered when its activation is on the disk, a whole isolated run, and a
//! completion that is on the disk. As many clients as named each fire and wait for the end, again and again. Beside
//! the figures stands what the disk asks for one `fdatasync`, measured in the same minute: with one client it is most
//! of a run, and with many it is shared. The memory store is the same without any disk.
//!
//! The latency is that of a lone request on an idle host, from the call to the first thing that the guest asks of its
//! host: it includes the commit, the hand-over to a guest's thread, and a new sandbox.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]
#![expect(
    clippy::disallowed_methods,
    reason = "a bench spawns, reads the clock, and makes a temporary folder"
)]

use std::fs::File;
use std::io::Write as _;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dormouse::{
    App, AppId, Component, Event, EventKind, Host, IfExists, MemoryStore, Observer, Overlap, RegistrationId,
    Store, TaskBuilder, Trigger,
};
use dormouse_bench::measure::{is_quick, median, only, percentile, process_cpu};
use dormouse_store_sqlite::{SqliteStore, Synchronous};

const CLIENTS: [usize; 3] = [1, 16, 256];

fn main() {
    let (rounds, span, latencies) =
        if is_quick() { (1, Duration::from_millis(300), 50) } else { (5, Duration::from_secs(1), 1000) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let program = std::fs::read(test_artifacts::RUN_RETURNS_OK).unwrap();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let sqlite = |n: usize, synchronous| -> Arc<dyn Store> {
        Arc::new(SqliteStore::open_with(folders[n].path(), synchronous).unwrap())
    };
    let subjects = [
        ("SqliteStore, FULL", sqlite(0, Synchronous::Full)),
        ("SqliteStore, NORMAL", sqlite(1, Synchronous::Normal)),
        ("MemoryStore", Arc::new(MemoryStore::with_history(10_000))),
    ]
    .map(|(name, store)| (name, runtime.block_on(Subject::new(&program, store))));

    if let Some(clients) = only() {
        let (rate, cpu) = runtime.block_on(subjects[0].1.runs(clients.parse().unwrap(), span * 10));
        println!("{rate:.0} runs a second, {cpu:.1} us of CPU each");
        return;
    }
    println!("durable runs a second, median of {rounds} interleaved rounds of {span:?} (CPU us a run)");
    println!("{:<22} {:>20} {:>20} {:>20}", "clients", CLIENTS[0], CLIENTS[1], CLIENTS[2]);
    let mut figures = vec![vec![Vec::new(); CLIENTS.len()]; subjects.len()];
    let mut syncs = Vec::new();
    for _ in 0..rounds {
        syncs.extend(fdatasyncs(folders[0].path(), 50));
        for (of, (_, subject)) in figures.iter_mut().zip(&subjects) {
            for (all, clients) in of.iter_mut().zip(CLIENTS) {
                all.push(runtime.block_on(subject.runs(clients, span)));
            }
        }
    }
    for ((name, _), of) in subjects.iter().zip(figures) {
        let cells = of.into_iter().map(|all| {
            let (rate, cpu): (Vec<f64>, Vec<f64>) = all.into_iter().unzip();
            format!("{:.0} ({:.1})", median(&rate), median(&cpu))
        });
        println!("{name:<22} {}", cells.map(|cell| format!("{cell:>20}")).collect::<Vec<_>>().join(" "));
    }
    let us = |at: usize, all: &[f64]| percentile(all, at) * 1e6;
    println!("fdatasync of 4 KiB appended: p50 {:.0} us, p99 {:.0} us", us(50, &syncs), us(99, &syncs));

    println!("\nfrom a lone request to the first call of the guest, {latencies} requests");
    for (name, subject) in &subjects {
        let all = runtime.block_on(subject.latencies(latencies));
        println!("{name:<22} p50 {:>6.0} us, p99 {:>6.0} us", us(50, &all), us(99, &all));
    }
}

/// Seconds that one `fdatasync` behind an append takes, `count` times.
fn fdatasyncs(directory: &std::path::Path, count: usize) -> Vec<f64> {
    let mut file = File::create(directory.join("synced")).unwrap();
    let one = |_| {
        file.write_all(&[7; 4096]).unwrap();
        let begun = Instant::now();
        file.sync_data().unwrap();
        begun.elapsed().as_secs_f64()
    };
    (0..count).map(one).collect()
}

/// Hears when a guest takes a deferral, which the one whose latency is measured does before anything else.
struct FirstCall(Mutex<Sender<Instant>>);

impl Observer for FirstCall {
    fn observe(&self, event: &Event) {
        if matches!(event.kind, EventKind::DeferralTaken { .. }) {
            self.0.lock().unwrap().send(Instant::now()).unwrap();
        }
    }
}

struct Subject {
    host: Host,
    runs: RegistrationId,
    deferral: RegistrationId,
    calls: Mutex<Receiver<Instant>>,
}

impl Subject {
    async fn new(program: &[u8], store: Arc<dyn Store>) -> Self {
        let (told, calls) = channel();
        let host = Host::builder()
            .shared_store(store)
            .observer(Arc::new(FirstCall(Mutex::new(told))))
            .slots(256)
            .slots_per_app(256)
            .start()
            .await
            .unwrap();
        let deferral = std::fs::read(test_artifacts::DEFERRAL_COMPLETED_BEFORE_RETURN).unwrap();
        let [runs, deferral] =
            [register(&host, "runs", program).await, register(&host, "deferral", &deferral).await];
        Self { host, runs, deferral, calls: Mutex::new(calls) }
    }

    /// Runs a second, and microseconds of CPU time for each, with so many who fire and wait.
    async fn runs(&self, clients: usize, span: Duration) -> (f64, f64) {
        let (begun, cpu) = (Instant::now(), process_cpu());
        let clients = (0..clients).map(|_| {
            let (host, id) = (self.host.clone(), self.runs);
            tokio::spawn(async move {
                let mut runs = 0_u32;
                while begun.elapsed() < span {
                    let fired = host.request(id, []).await.unwrap();
                    let completion = host.completed(fired.activation().unwrap()).await.unwrap();
                    assert!(completion.run.outcome.is_success());
                    runs += 1;
                }
                runs
            })
        });
        let mut runs = 0;
        for client in clients.collect::<Vec<_>>() {
            runs += client.await.unwrap();
        }
        let cpu = (process_cpu() - cpu).as_secs_f64();
        (f64::from(runs) / begun.elapsed().as_secs_f64(), cpu * 1e6 / f64::from(runs))
    }

    async fn latencies(&self, count: usize) -> Vec<f64> {
        let mut all = Vec::with_capacity(count);
        for _ in 0..count {
            let begun = Instant::now();
            let fired = self.host.request(self.deferral, []).await.unwrap();
            self.host.completed(fired.activation().unwrap()).await.unwrap();
            let calls = self.calls.lock().unwrap();
            all.push((calls.try_recv().unwrap() - begun).as_secs_f64());
            // It takes another one later.
            while calls.try_recv().is_ok() {}
        }
        all
    }
}

async fn register(host: &Host, name: &str, program: &[u8]) -> RegistrationId {
    let app = AppId::new(name).unwrap();
    let component = Component::compile(host.engine(), program).unwrap();
    host.install(App::new(app.clone()).entry_point("main", component)).unwrap();
    let task = TaskBuilder::new(name)
        .entry_point("main")
        .trigger(Trigger::Application)
        .overlap(Overlap::Parallel { max: 256 });
    host.register(&app, task, IfExists::Error).await.unwrap().id
}
