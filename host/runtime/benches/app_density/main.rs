//! How many suspended apps one host holds, what each costs in memory, and that it costs nothing else.
//!
//! The baseline is what any host has to pay: an instance of the same component on bare wasmtime, on an engine tuned as
//! ours (see `bare.rs`), on which the same handlers were called, so that the guest touched the same pages. The figure
//! beside it is an app that was installed, launched, seen, hidden and suspended by a `Host`, which keeps what it was in a
//! `MemoryStore`. All live side by side in one process to its end. The first of either do not count. All are of one
//! component: its code is there once.
//!
//! What is resident is told apart as the kernel lists it: pages of linear memories that the guest wrote; pages of their
//! image that it only read, which are in the figure and in memory once for all; its stack; and the rest, which is the
//! heap of the host and the guest's tables.
//!
//! Memories are memory maps, of which Linux gives a process 65,530 unless told otherwise. That is too few for pools of so
//! many: the engine then has each memory from the system, and stacks that take no map for their guards (see
//! `engine/stacks.rs`). What it says of itself is printed.
//!
//! When all are suspended nothing goes on: for some seconds the CPU time of the process is taken, and how often any guest
//! was polled.
//!
//! `cargo bench -p dormouse --bench app_density`; `-- --quick` for a look. It takes some 100 KiB of memory for each app.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock, and sleeps")]

mod bare;

use std::time::{Duration, Instant};

use dormouse::core::app::lifecycle::AppState;
use dormouse::{App, AppComponent, AppHandle, AppId, AppPolicy, Engine, EngineConfig, Host, Launch};
use dormouse_bench::measure::{is_quick, process_cpu};
use dormouse_bench::resident::{Resident, give_back};

use bare::Bare;

/// Slots of the engine that are for tasks.
const SLOTS: u32 = 16;

/// So many of either do not count: they take what is made once, and what compiling left of pages that are in use.
const FIRST: u32 = 200;

fn main() {
    let (apps, instances, idle) = if is_quick() {
        (1_000, 200, Duration::from_secs(2))
    } else {
        (10_000, 500, Duration::from_secs(10))
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let bytes = std::fs::read(test_artifacts::APP_HEARS_EVERYTHING).unwrap();
    let bare = Bare::new(&bytes, instances + FIRST);
    let mut subject = runtime.block_on(Subject::new(&bytes, apps));

    let mut held = Vec::with_capacity((instances + FIRST) as usize);
    let mut instantiate = async |count: u32| {
        for _ in 0..count {
            held.push(bare.suspended().await);
        }
    };
    give_back();
    runtime.block_on(instantiate(FIRST));
    let before = Resident::now();
    runtime.block_on(instantiate(instances));
    let raw = Resident::now() - before;

    runtime.block_on(async {
        subject.install(FIRST);
        subject.suspend_all().await;
    });
    let before = Resident::now();
    subject.install(apps - FIRST);
    let installed = Resident::now() - before;
    let begun = Instant::now();
    runtime.block_on(subject.suspend_all());
    let took = begun.elapsed();
    let suspended = Resident::now();

    let counted = apps - FIRST;
    println!(
        "{apps} apps suspended on one host, beside {} bare instances of the same component; {} memory maps",
        instances + FIRST,
        suspended.maps,
    );
    println!("{:?}", subject.host.engine().allocator());
    println!(
        "launched, seen, hidden and suspended: {:.0} us each, one after the other",
        each_us(took, counted)
    );
    println!("\nKiB resident for each, of {counted} apps and {instances} bare instances");
    println!(
        "{:<30} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "", "all", "memory", "image", "stack", "rest", "ratio"
    );
    let base = f64::from(instances) / raw.all() as f64;
    let row = |name: &str, of: Resident, count: u32| {
        let kib = |bytes: u64| bytes as f64 / 1024.0 / f64::from(count);
        println!(
            "{name:<30} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>8.2}",
            kib(of.all()),
            kib(of.memory),
            kib(of.image),
            kib(of.stacks),
            kib(of.rest),
            of.all() as f64 / f64::from(count) * base
        );
    };
    row("bare wasmtime, instantiated", raw, instances);
    row("an app, suspended", suspended - before, counted);
    row("  of it once it is installed", installed, counted);

    subject.all_suspended();
    let (polls, cpu) = (subject.host.stats().polls, process_cpu());
    std::thread::sleep(idle);
    let (polls, cpu) = (subject.host.stats().polls - polls, process_cpu() - cpu);
    println!(
        "all suspended, for {idle:?}: {:.2} ms of CPU of the whole process, {polls} polls of guests",
        cpu.as_secs_f64() * 1e3
    );
    assert_eq!(polls, 0, "nobody is polled while all are suspended");
    drop(held);
}

fn each_us(took: Duration, count: u32) -> f64 {
    took.as_secs_f64() * 1e6 / f64::from(count)
}

struct Subject {
    host: Host,
    component: AppComponent,
    apps: Vec<AppHandle>,
    /// How many of them are suspended.
    suspended: usize,
}

impl Subject {
    async fn new(bytes: &[u8], apps: u32) -> Self {
        let engine = Engine::new(&EngineConfig { slots: apps + SLOTS, ..EngineConfig::default() }).unwrap();
        let component = AppComponent::compile(&engine, bytes).unwrap();
        let policy = AppPolicy { suspend_after: Duration::ZERO, ..AppPolicy::DEFAULT };
        let builder = Host::builder().engine(engine).slots(SLOTS).apps_max(apps).app_policy(policy);
        let host = builder.start().await.unwrap();
        Self { host, component, apps: Vec::with_capacity(apps as usize), suspended: 0 }
    }

    fn install(&mut self, count: u32) {
        for _ in 0..count {
            let id = AppId::new(format!("app-{}", self.apps.len())).unwrap();
            self.host.install(App::new(id.clone()).app(self.component.clone())).unwrap();
            self.apps.push(self.host.app(&id).unwrap());
        }
    }

    /// Those that are installed and were not launched yet.
    async fn suspend_all(&mut self) {
        for app in &self.apps[self.suspended..] {
            drop(app.launch(Launch::default()).await.unwrap());
            let mut seen = app.watch();
            seen.wait_for(|view| view.state == AppState::Suspended).await.unwrap();
        }
        self.suspended = self.apps.len();
    }

    fn all_suspended(&self) {
        let views = self.host.app_views();
        let suspended = views.iter().filter(|view| view.state == AppState::Suspended).count();
        assert_eq!((suspended, views.len()), (self.apps.len(), self.apps.len()));
    }
}
