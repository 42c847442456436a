//! How much sooner an app is there that is suspended, or was launched ahead, than one that has to begin anew.
//!
//! One app is launched, hidden, suspended, resumed, suspended, shown and ended, again and again; another one, which makes
//! ready what its first screen needs before it is seen, is launched as it is, ended, launched ahead of its user, and
//! launched. So what is compared is measured in turns. Each ratio is to the same app that has to begin anew: it was ended
//! while it ran, or was suspended, its component is compiled, and the engine's pools are warm.
//!
//! "Resumed" is from the call until the guest's `resuming` has returned, as the host's observer hears it, and held against
//! the same for `launched`; "suspended" is until it is so, held against that too. All others are from the call until
//! whoever asked has the app in the foreground, by the clock on the wall. A launch is told to the store before the guest
//! runs, durably; to resume an app needs no disk.
//!
//! `cargo bench -p dormouse --bench app_speed`; `-- --quick` for a look. Set `TMPDIR` to measure another disk.

#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock, and makes a temporary folder")]

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dormouse::core::app::lifecycle::HandlerName;
use dormouse::core::{AppEvent, AppEventKind};
use dormouse::{
    App, AppComponent, AppHandle, AppId, Event, Grants, Host, Launch, MemoryStore, Observer, Prelaunched,
    Store,
};
use dormouse_bench::measure::{is_quick, percentile};
use dormouse_store_sqlite::SqliteStore;

/// What the app that makes ready computes for that, in its own unit.
const WORK: &str = "1600";

fn main() {
    let rounds = if is_quick() { 20 } else { 500 };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let stores: [(&str, Arc<dyn Store>); 2] = [
        ("MemoryStore", Arc::new(MemoryStore::new())),
        ("SqliteStore, FULL", Arc::new(SqliteStore::open(folder.path()).unwrap())),
    ];
    println!("{rounds} times each, in us; ratio to the same app that has to begin anew");
    for (name, store) in stores {
        let subject = runtime.block_on(Subject::new(store));
        let mut figures = Figures::default();
        runtime.block_on(async {
            // The first round warms the pools, and does not count.
            subject.round(&mut Figures::default()).await;
            for _ in 0..rounds {
                subject.round(&mut figures).await;
            }
        });
        println!("\n{name:<42} {:>8} {:>8} {:>10} {:>8}", "p50", "p99", "ratio p50", "p99");
        figures.print();
    }
}

/// What was measured.
#[derive(Default)]
struct Figures {
    launched: Vec<Duration>,
    resumed: Vec<Duration>,
    seen: Vec<Duration>,
    shown: Vec<Duration>,
    suspended: Vec<Duration>,
    seen_with_work: Vec<Duration>,
    seen_prepared: Vec<Duration>,
}

impl Figures {
    fn print(&self) {
        for (anew, name, back, other) in [
            (
                "anew, until `launched` has returned",
                "resumed: `resuming` has returned",
                &self.resumed,
                &self.launched,
            ),
            ("anew, until it is seen", "shown, when it was suspended", &self.shown, &self.seen),
            (
                "with work, anew, until it is seen",
                "with work, prelaunched",
                &self.seen_prepared,
                &self.seen_with_work,
            ),
        ] {
            print(anew, other, other);
            print(name, back, other);
        }
        print("suspended, by its host", &self.suspended, &self.launched);
    }
}

fn print(name: &str, all: &[Duration], base: &[Duration]) {
    let us = |of: &[Duration], percent| percentile(of, percent).as_secs_f64() * 1e6;
    let ratio = |percent| us(all, percent) / us(base, percent);
    println!("{name:<42} {:>8.0} {:>8.0} {:>10.3} {:>8.3}", us(all, 50), us(all, 99), ratio(50), ratio(99));
}

/// Hears when a handler that brings an app back has returned.
struct Returns(Mutex<Sender<(HandlerName, Instant)>>);

impl Observer for Returns {
    fn observe(&self, _: &Event) {}

    fn observe_app(&self, event: &AppEvent) {
        if let AppEventKind::Returned { handler, .. } = event.kind
            && matches!(handler, HandlerName::Launched | HandlerName::Resuming)
        {
            self.0.lock().unwrap().send((handler, Instant::now())).unwrap();
        }
    }
}

struct Subject {
    /// Keeps a number, and restores it.
    app: AppHandle,
    /// Has work to do before it is seen.
    with_work: AppHandle,
    returns: Mutex<Receiver<(HandlerName, Instant)>>,
}

impl Subject {
    async fn new(store: Arc<dyn Store>) -> Self {
        let (told, returns) = channel();
        let builder = Host::builder().shared_store(store).observer(Arc::new(Returns(Mutex::new(told))));
        let host = builder.start().await.unwrap();
        let install = |name: &str, program: &str, grants| {
            let id = AppId::new(name).unwrap();
            let component = AppComponent::compile(host.engine(), &std::fs::read(program).unwrap()).unwrap();
            let app = App::new(id.clone()).app(component.prelaunch(true)).grants(grants);
            host.install(app).unwrap();
            host.app(&id).unwrap()
        };
        let work = Grants::none().with_env("WORK", WORK).unwrap();
        let app = install("keeps-state", test_artifacts::APP_KEEPS_STATE, Grants::none());
        let with_work = install("with-work", test_artifacts::APP_PRELAUNCHES, work);
        Self { app, with_work, returns: Mutex::new(returns) }
    }

    async fn round(&self, figures: &mut Figures) {
        let begun = Instant::now();
        let lease = self.app.launch(Launch::default()).await.unwrap();
        figures.seen.push(begun.elapsed());
        figures.launched.push(self.returned(HandlerName::Launched) - begun);
        drop(lease);
        self.suspend(figures).await;

        let begun = Instant::now();
        self.app.resume().await.unwrap();
        figures.resumed.push(self.returned(HandlerName::Resuming) - begun);
        self.suspend(figures).await;

        let begun = Instant::now();
        let lease = self.app.show().await.unwrap();
        figures.shown.push(begun.elapsed());
        drop(lease);
        self.app.terminate().await.unwrap();

        figures.seen_with_work.push(self.launch_with_work().await);
        assert_eq!(self.with_work.prelaunch().await.unwrap(), Prelaunched::Yes);
        self.with_work.suspend().await.unwrap();
        figures.seen_prepared.push(self.launch_with_work().await);
        // What was not asked for is not to be taken for an answer in the next round.
        while self.returns.lock().unwrap().try_recv().is_ok() {}
    }

    async fn suspend(&self, figures: &mut Figures) {
        let begun = Instant::now();
        self.app.suspend().await.unwrap();
        figures.suspended.push(begun.elapsed());
    }

    /// From the call until it is seen. It is ended behind that.
    async fn launch_with_work(&self) -> Duration {
        let begun = Instant::now();
        let lease = self.with_work.launch(Launch::default()).await.unwrap();
        let took = begun.elapsed();
        drop(lease);
        self.with_work.terminate().await.unwrap();
        took
    }

    /// When it did.
    fn returned(&self, handler: HandlerName) -> Instant {
        let returns = self.returns.lock().unwrap();
        let (heard, at) = returns.recv_timeout(Duration::from_secs(60)).expect("nothing happens any more");
        assert_eq!(heard, handler);
        at
    }
}
