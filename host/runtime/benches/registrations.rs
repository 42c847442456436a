//! What many registered timers cost: each holds 10, 1,000 or 100,000 of them, of which ten are due with every tick.
//!
//! A host of each size is made in one process, on `MemoryStore` and simulated time, and they take turns in short
//! batches. What is compared is CPU time of the whole process, all threads together, as in `whole_run`; each figure is
//! the median over the batches, and the ratio is that to the host with ten of them, measured in the same batch.
//!
//! | figure | is |
//! | --- | --- |
//! | register | one more registration with a time trigger, made durable |
//! | unregister | its removal |
//! | tick | ten timers that are due, each taken in as a firing that is counted into one that waits: nothing runs |
//! | idle day | a day of simulated time in which nothing is due, retention's look every hour among its cost; with the wake-ups of the timers' loop |
//! | start | a host on a store with all of them, and the installation of their app |
//!
//! `cargo bench -p dormouse --bench registrations`; `-- --quick` for a look.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dormouse::core::clock::BoxSleep;
use dormouse::core::{Instant, SimClock, Timestamp};
use dormouse::{
    App, AppId, Clock, Component, Condition, Engine, EngineConfig, Event, EventKind, Host, IfExists,
    MemoryStore, Observer, Store, TaskBuilder, TimeTrigger, Trigger,
};
use dormouse_bench::measure::{is_quick, median, process_cpu};
use tokio::runtime::Runtime;

const SIZES: [usize; 3] = [10, 1_000, 100_000];

/// Timers that are due with each tick.
const DUE: u64 = 10;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Of the timers that are not due.
const FAR: Duration = Duration::from_secs(366 * 24 * 60 * 60);

fn main() {
    let (batches, each) = if is_quick() { (3, 16) } else { (30, 64) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let engine = Engine::new(&EngineConfig::default()).unwrap();
    let component =
        Component::compile(&engine, &std::fs::read(test_artifacts::RUN_RETURNS_OK).unwrap()).unwrap();

    let mut rows = Vec::new();
    let mut subjects = SIZES.map(|size| {
        let before = resident_bytes();
        let subject = runtime.block_on(Subject::new(size, &engine, &component));
        let bytes = resident_bytes().saturating_sub(before) / size as u64;
        (subject, bytes)
    });
    for (name, work) in WORK {
        if name == IDLE {
            for (subject, _) in &mut subjects {
                runtime.block_on(subject.quieten());
            }
        }
        let mut figures = [const { Vec::new() }; SIZES.len()];
        // The first batch warms caches and does not count.
        for batch in 0..=batches {
            for ((subject, _), all) in subjects.iter().zip(&mut figures) {
                let cost = work(subject, &runtime, each);
                if batch > 0 {
                    all.push(cost);
                }
            }
        }
        rows.push((name, figures));
    }

    println!(
        "CPU time in us, median of {batches} batches of {each}; ratio to {} timers in the same batch",
        SIZES[0]
    );
    println!("{:<14}{}", "", SIZES.map(|size| format!("{size:>12} {:>8}", "ratio")).concat());
    for (name, figures) in &rows {
        print!("{name:<14}");
        for all in figures {
            let ratios: Vec<f64> = all.iter().zip(&figures[0]).map(|(one, base)| one / base).collect();
            print!("{:>12.1} {:>8.2}", median(all), median(&ratios));
        }
        println!();
    }
    for (size, (subject, bytes)) in SIZES.iter().zip(&subjects) {
        let wakes = runtime.block_on(subject.wakes_in(DAY));
        let started = runtime.block_on(subject.start_again(&engine, &component));
        println!(
            "{size:>7} timers: {bytes} bytes resident for each, host and store together; {wakes} wake-ups on an idle day; start in {:.1} ms of CPU, {:.2} us for each",
            started.as_secs_f64() * 1e3,
            started.as_secs_f64() * 1e6 / *size as f64,
        );
    }
}

/// The last of them: from here on nothing is due.
const IDLE: &str = "idle day";

/// Microseconds of CPU time for one of so many.
type Work = fn(&Subject, &Runtime, usize) -> f64;

const WORK: [(&str, Work); 4] = [
    ("register", |subject, runtime, each| {
        let (cost, made) = cpu(|| runtime.block_on(subject.register_more(each)));
        runtime.block_on(subject.unregister(made));
        cost / each as f64
    }),
    ("unregister", |subject, runtime, each| {
        let made = runtime.block_on(subject.register_more(each));
        cpu(|| runtime.block_on(subject.unregister(made))).0 / each as f64
    }),
    ("tick", |subject, runtime, each| cpu(|| runtime.block_on(subject.ticks(each))).0 / each as f64),
    (IDLE, |subject, runtime, _| cpu(|| runtime.block_on(subject.wakes_in(DAY))).0),
];

fn cpu<R>(work: impl FnOnce() -> R) -> (f64, R) {
    let before = process_cpu();
    let answer = work();
    ((process_cpu() - before).as_secs_f64() * 1e6, answer)
}

/// Of this process; nothing where there is no `/proc`.
fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident: u64 = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    resident * rustix::param::page_size() as u64
}

/// Counts what the timers' loop does: it is the only one that waits for the wall clock.
#[derive(Clone)]
struct Counting {
    sim: SimClock,
    waits: Arc<AtomicU64>,
}

impl Clock for Counting {
    fn wall(&self) -> Timestamp {
        self.sim.wall()
    }

    fn now(&self) -> Instant {
        self.sim.now()
    }

    fn sleep_until(&self, deadline: Instant) -> BoxSleep {
        self.sim.sleep_until(deadline)
    }

    fn sleep_until_wall(&self, at: Timestamp) -> BoxSleep {
        self.waits.fetch_add(1, Ordering::Relaxed);
        self.sim.sleep_until_wall(at)
    }

    fn thread_cpu(&self) -> Duration {
        self.sim.thread_cpu()
    }
}

#[derive(Default)]
struct Firings(AtomicU64);

impl Observer for Firings {
    fn observe(&self, event: &Event) {
        if matches!(event.kind, EventKind::Fired { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Subject {
    host: Host,
    store: Arc<dyn Store>,
    clock: Counting,
    firings: Arc<Firings>,
    due: Vec<dormouse::RegistrationId>,
    /// How many have been given.
    names: AtomicU64,
}

impl Subject {
    async fn new(size: usize, engine: &Engine, component: &Component) -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::with_history(1_000));
        let clock = Counting { sim: SimClock::new(), waits: Arc::default() };
        let firings = Arc::new(Firings::default());
        let host = start(engine, component, &store, &clock, &firings).await;
        let mut subject = Self { host, store, clock, firings, due: Vec::new(), names: AtomicU64::new(0) };
        for _ in 0..DUE {
            subject.due.push(subject.register(MINUTE).await);
        }
        subject.register_more(size - subject.due.len()).await;
        subject
    }

    async fn register(&self, period: Duration) -> dormouse::RegistrationId {
        // Nobody knows whether a user is present: what is fired waits.
        let task = TaskBuilder::new(format!("timer-{}", self.names.fetch_add(1, Ordering::Relaxed)))
            .entry_point("main")
            .trigger(Trigger::Time(TimeTrigger::periodic(period)))
            .condition(Condition::UserPresent);
        self.host.register(&app(), task, IfExists::AllowDuplicate).await.unwrap().id
    }

    async fn register_more(&self, count: usize) -> Vec<dormouse::RegistrationId> {
        let mut made = Vec::with_capacity(count);
        for _ in 0..count {
            made.push(self.register(FAR).await);
        }
        made
    }

    async fn unregister(&self, ids: Vec<dormouse::RegistrationId>) {
        for id in ids {
            assert!(self.host.unregister(id, false).await.unwrap());
        }
    }

    /// Lets the timers that are often due come due, so many times. Asserts that each is fired.
    async fn ticks(&self, count: usize) {
        for _ in 0..count {
            let expected = self.firings.0.load(Ordering::Relaxed) + DUE;
            self.clock.sim.advance(MINUTE);
            while self.firings.0.load(Ordering::Relaxed) < expected {
                tokio::task::yield_now().await;
            }
            // The loop goes back to sleep before the next tick.
            settle().await;
            assert_eq!(self.firings.0.load(Ordering::Relaxed), expected);
        }
    }

    /// Has timers that are never due in the place of those that are.
    async fn quieten(&mut self) {
        let due = std::mem::take(&mut self.due);
        self.register_more(due.len()).await;
        self.unregister(due).await;
        settle().await;
    }

    /// How often the timers' loop begins to wait anew while `span` passes.
    async fn wakes_in(&self, span: Duration) -> u64 {
        let before = self.clock.waits.load(Ordering::Relaxed);
        for _ in 0..24 {
            self.clock.sim.advance(span / 24);
            settle().await;
        }
        self.clock.waits.load(Ordering::Relaxed) - before
    }

    /// CPU time of another host's start on the same store.
    async fn start_again(&self, engine: &Engine, component: &Component) -> Duration {
        let before = process_cpu();
        let host = start(engine, component, &self.store, &self.clock, &Arc::default()).await;
        let spent = process_cpu() - before;
        assert_eq!(host.registrations().len(), self.host.registrations().len());
        spent
    }
}

async fn start(
    engine: &Engine,
    component: &Component,
    store: &Arc<dyn Store>,
    clock: &Counting,
    firings: &Arc<Firings>,
) -> Host {
    let builder = Host::builder()
        .engine(engine.clone())
        .shared_store(store.clone())
        .clock(clock.clone())
        .observer(firings.clone())
        .guest_threads(1)
        .registrations_per_app(1_000_000);
    let host = builder.start().await.unwrap();
    host.install(App::new(app()).entry_point("main", component.clone())).unwrap();
    host
}

fn app() -> AppId {
    AppId::new("bench").unwrap()
}

/// Lets everything run that can.
async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}
