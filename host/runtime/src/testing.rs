//! A host on simulated time, for tests of tasks, of embedders and of Dormouse itself.
//!
//! Everything runs on the one thread of the test: the host's loops, its timers, and the guests. Time stands
//! still while anything can run. When nothing can, it jumps to the next moment that something waits for, but
//! only while the test is waiting for something itself, and not beyond what it waits for. So a test of a
//! 25-second limit takes a millisecond, and takes it always.
//!
//! ```no_run
//! use dormouse::testing::Rig;
//! use dormouse::{TaskBuilder, Trigger};
//!
//! # fn component() -> Vec<u8> { Vec::new() }
//! Rig::run(async |rig| {
//!     let task = rig.install(&component());
//!     let id = rig.register(TaskBuilder::new("t").entry_point(task).trigger(Trigger::Application)).await;
//!     let completion = rig.fire(id, "hello").await;
//!     assert!(completion.run.outcome.is_success());
//! });
//! ```
//!
//! A guest that spins is interrupted at the engine's ticks, as always; each interruption lets simulated time
//! and simulated CPU time pass. What is real all the same: sockets, files, and WASI's own clocks. A guest
//! waits in simulated time with the contract's `sleep`. While a guest waits for a file or a socket, and for
//! nothing of the contract's, time stands still for up to half a second of real time.

mod apps;
mod gate;
mod names;

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dormouse_core::clock::SimClock;
use dormouse_core::event::{Event, EventKind, RecordingObserver};
use dormouse_core::ids::SequentialIds;
use dormouse_core::outcome::Outcome;
use dormouse_core::{
    ActivationId, AppEvent, AppId, Clock, Completion, FixedProvider, Instant, MemoryStore, Message,
    RegistrationId, RunId, ScriptedSource, Store, TaskBuilder, Timestamp,
};
use tokio::sync::Notify;

use crate::app::App;
use crate::builder::HostBuilder;
use crate::component::Component;
use crate::drive::intake::Fired;
use crate::engine::{Engine, EngineConfig};
use crate::host::{Host, IfExists};
use crate::sandbox::grants::Grants;
use gate::{Gate, RigClock, look_again_and_again, real_since};
use names::name_of;

/// A test that waits for something that does not happen fails after this much simulated time.
const PATIENCE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Simulated time that passes when a guest that spins is interrupted.
pub const WALL_PER_INTERRUPT: Duration = Duration::from_millis(100);

/// Simulated CPU time that passes when a guest that spins is interrupted.
pub const CPU_PER_INTERRUPT: Duration = Duration::from_millis(100);

/// The app that [`Rig::install`] installs.
pub const APP: &str = "test";

/// The entry point that [`Rig::install`] gives it.
pub const ENTRY_POINT: &str = "main";

/// A host on [`SimClock`], [`MemoryStore`], scripts and a recorder.
pub struct Rig {
    /// The host.
    pub host: Host,
    /// Its clock.
    pub clock: SimClock,
    /// What happened.
    pub events: Arc<RecordingObserver>,
    /// Its conditions: all unknown, but what the test sets.
    pub conditions: Arc<FixedProvider>,
    /// Its signals.
    pub source: Arc<ScriptedSource>,
    /// Its store.
    pub store: Arc<dyn Store>,
    gate: Arc<Gate>,
    news: Arc<Notify>,
}

/// Between two interruptions of a guest, in real time: long, so that a guest that does not spin is hardly
/// ever interrupted.
const TICK: Duration = Duration::from_millis(10);

impl std::fmt::Debug for Rig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rig").field("now", &self.clock.wall()).finish_non_exhaustive()
    }
}

/// Wakes the test at each event.
struct News(Arc<Notify>);

impl dormouse_core::Observer for News {
    fn observe(&self, _: &Event) {
        self.0.notify_waiters();
    }

    fn observe_app(&self, _: &AppEvent) {
        self.0.notify_waiters();
    }
}

/// One engine for all rigs of a process: making one costs more than most tests.
fn engine() -> Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let config = EngineConfig { tick: TICK, ..EngineConfig::default() };
    let make = || Engine::new(&config).expect("an engine with the default configuration");
    ENGINE.get_or_init(make).clone()
}

fn as_nanos(at: Instant) -> u64 {
    u64::try_from(at.since_origin().as_nanos()).unwrap_or(u64::MAX)
}

impl Rig {
    /// Runs `test` on a rig.
    ///
    /// # Panics
    ///
    /// When the test does; when no runtime or host can be made.
    pub fn run<R>(test: impl AsyncFnOnce(&Rig) -> R) -> R {
        Self::run_with(|builder| builder, test)
    }

    /// As [`Rig::run`], on a host that `configure` had a say in.
    ///
    /// # Panics
    ///
    /// As [`Rig::run`].
    pub fn run_with<R>(
        configure: impl FnOnce(HostBuilder) -> HostBuilder,
        test: impl AsyncFnOnce(&Rig) -> R,
    ) -> R {
        Self::run_on(Arc::new(MemoryStore::new()), SimClock::new(), configure, test)
    }

    /// As [`Rig::run_with`], on a store and a clock that outlive the rig: for what a restart finds.
    ///
    /// # Panics
    ///
    /// As [`Rig::run`].
    pub fn run_on<R>(
        store: Arc<dyn Store>,
        clock: SimClock,
        configure: impl FnOnce(HostBuilder) -> HostBuilder,
        test: impl AsyncFnOnce(&Rig) -> R,
    ) -> R {
        clock.set_spin(WALL_PER_INTERRUPT, CPU_PER_INTERRUPT);
        let gate = Arc::new(Gate::default());
        #[expect(
            clippy::disallowed_methods,
            reason = "only to tell a wait for a real file from a wait for ever"
        )]
        let origin = std::time::Instant::now();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            // The test itself is looked at between any two turns of a guest.
            .event_interval(1)
            .on_thread_park({
                // Called when nothing can run: the only moment at which simulated time may pass.
                let (clock, gate) = (clock.clone(), gate.clone());
                move || gate.idle(&clock, real_since(origin))
            })
            .build()
            .expect("a runtime for the rig");
        runtime.block_on(async {
            let news = Arc::new(Notify::new());
            let events = Arc::new(RecordingObserver::new());
            let conditions = Arc::new(FixedProvider::new());
            let source = Arc::new(ScriptedSource::new());
            let rig_clock = RigClock { sim: clock.clone(), gate: gate.clone(), origin, spun: TICK / 4 };
            let looking = look_again_and_again();
            let builder = Host::builder()
                .shared_store(store.clone())
                .clock(rig_clock)
                .ids(SequentialIds::new())
                .engine(engine())
                .observer(events.clone())
                .observer(Arc::new(News(news.clone())))
                .conditions(conditions.clone())
                .source(source.clone())
                .guests_inline();
            let host = configure(builder).start().await.expect("a host");
            // Set once: the gate was made for this host.
            let _ = gate.host.set(Arc::downgrade(&host.inner.shared));
            let rig = Rig { host, clock, events, conditions, source, store, gate, news };
            let answer = test(&rig).await;
            looking.abort();
            answer
        })
    }

    /// Compiles `component` on the rig's engine.
    ///
    /// # Panics
    ///
    /// If it is not a task.
    #[must_use]
    pub fn component(&self, component: &[u8]) -> Component {
        Component::compile(self.host.engine(), component).expect("a task")
    }

    /// Installs `component` as the entry point [`ENTRY_POINT`] of app [`APP`], without grants. Answers the
    /// entry point's name.
    ///
    /// # Panics
    ///
    /// If it is not a task.
    pub fn install(&self, component: &[u8]) -> &'static str {
        self.install_with(component, Grants::default())
    }

    /// As [`Rig::install`], with grants.
    ///
    /// # Panics
    ///
    /// If it is not a task.
    pub fn install_with(&self, component: &[u8], grants: Grants) -> &'static str {
        let app = App::new(Self::app()).entry_point(ENTRY_POINT, self.component(component)).grants(grants);
        self.host.install(app).expect("the app installs");
        ENTRY_POINT
    }

    /// The id of app [`APP`].
    ///
    /// # Panics
    ///
    /// Never: the name is valid.
    #[must_use]
    pub fn app() -> AppId {
        AppId::new(APP).expect("a valid name")
    }

    /// Registers a task of app [`APP`].
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn register(&self, builder: TaskBuilder) -> RegistrationId {
        let made = self.host.register(&Self::app(), builder, IfExists::AllowDuplicate).await;
        made.expect("the registration is valid").id
    }

    /// Fires an application trigger and waits for its end.
    ///
    /// # Panics
    ///
    /// If the firing is refused.
    pub async fn fire(&self, id: RegistrationId, arguments: impl Into<Vec<u8>>) -> Completion {
        let activation = self.request(id, arguments).await;
        self.completed(activation).await
    }

    /// Fires an application trigger; answers its activation, which may still wait.
    ///
    /// # Panics
    ///
    /// If the firing is refused.
    pub async fn request(&self, id: RegistrationId, arguments: impl Into<Vec<u8>>) -> ActivationId {
        match self.host.request(id, arguments).await {
            Ok(fired) => fired.activation().unwrap_or_else(|| panic!("the firing came to {fired:?}")),
            Err(error) => panic!("the firing was not taken: {error}"),
        }
    }

    /// Raises a signal.
    ///
    /// # Panics
    ///
    /// If it is not taken.
    pub async fn signal(&self, topic: &str, body: impl Into<Vec<u8>>) -> Vec<(RegistrationId, Fired)> {
        let message = Message {
            topic: topic.to_owned(),
            content_type: "application/octet-stream".to_owned(),
            body: body.into(),
        };
        self.host.signal(message).await.expect("the signal is taken")
    }

    /// Waits for an activation to end, letting time pass.
    ///
    /// # Panics
    ///
    /// If it is withdrawn.
    pub async fn completed(&self, id: ActivationId) -> Completion {
        self.patiently("the activation to end", async {
            self.host.completed(id).await.expect("the activation ends")
        })
        .await
    }

    /// Lets `span` pass: everything that is to happen in it happens, in order.
    pub async fn advance(&self, span: Duration) {
        let until = self.clock.now() + span;
        self.with_horizon(until, self.clock.sleep_until(until)).await;
        self.settle().await;
    }

    /// Waits until nothing can happen any more without time passing.
    pub async fn settle(&self) {
        let settled = self.gate.settled.notified();
        self.gate.settling.store(true, Ordering::Relaxed);
        settled.await;
    }

    /// Waits for an event that `is` it, from now on or before, letting time pass. Answers it.
    ///
    /// # Panics
    ///
    /// If it does not happen within more than a year of simulated time.
    pub async fn until(&self, what: &str, is: impl Fn(&Event) -> bool) -> Event {
        self.patiently(what, async {
            loop {
                let mut news = std::pin::pin!(self.news.notified());
                news.as_mut().enable();
                if let Some(event) = self.events.events().into_iter().find(|event| is(event)) {
                    return event;
                }
                news.await;
            }
        })
        .await
    }

    /// Lets up to `span` pass, and no more than that once there are more events than `seen`. Answers whether there are.
    pub async fn news(&self, seen: usize, span: Duration) -> bool {
        let until = self.clock.now() + span;
        let more = async {
            loop {
                let mut news = std::pin::pin!(self.news.notified());
                news.as_mut().enable();
                if self.events.len() > seen {
                    return true;
                }
                news.await;
            }
        };
        self.with_horizon(until, async {
            tokio::select! {
                biased;
                yes = more => yes,
                () = self.clock.sleep_until(until) => false,
            }
        })
        .await
    }

    /// Waits until a run of `id` has started; answers which.
    pub async fn started(&self, id: RegistrationId) -> RunId {
        let event = self
            .until("a run to start", |e| e.registration == id && matches!(e.kind, EventKind::Started { .. }))
            .await;
        match event.kind {
            EventKind::Started { run, .. } => run,
            _ => unreachable!("it was just matched"),
        }
    }

    /// The outcome of every run that ended, in order.
    #[must_use]
    pub fn outcomes(&self) -> Vec<Outcome> {
        let ended = |event: Event| match event.kind {
            EventKind::Ended { outcome, .. } => Some(outcome),
            _ => None,
        };
        self.events.events().into_iter().filter_map(ended).collect()
    }

    /// What guests wrote to standard output, all runs one after the other.
    #[must_use]
    pub fn stdout(&self) -> String {
        let written = |event: Event| match event.kind {
            EventKind::Output { stream: dormouse_core::Stream::Stdout, text, .. } => Some(text),
            _ => None,
        };
        self.events.events().into_iter().filter_map(written).collect()
    }

    /// The names of the events of one registration, in order: what a test of order compares.
    #[must_use]
    pub fn log(&self, id: RegistrationId) -> Vec<String> {
        let events = self.events.events();
        events.iter().filter(|e| e.registration == id).map(|e| name_of(&e.kind)).collect()
    }

    /// How often the loop that follows schedules woke, ever.
    #[must_use]
    pub fn timer_wakes(&self) -> u64 {
        self.host.inner.shared.seen.timer_wakes.load(Ordering::Relaxed)
    }

    /// How many schedules it looked at, ever: those that were due, not those that there are.
    #[must_use]
    pub fn timers_looked_at(&self) -> u64 {
        self.host.inner.shared.seen.timers_looked_at.load(Ordering::Relaxed)
    }

    async fn patiently<R>(&self, what: &str, future: impl Future<Output = R>) -> R {
        let deadline = self.clock.now() + PATIENCE;
        let waited = self.with_horizon(deadline, async {
            tokio::select! {
                biased;
                answer = future => Some(answer),
                () = self.clock.sleep_until(deadline) => None,
            }
        });
        match waited.await {
            Some(answer) => answer,
            None => {
                panic!("waited {PATIENCE:?} of simulated time for {what}; saw {:#?}", self.events.events())
            }
        }
    }

    async fn with_horizon<R>(&self, until: Instant, future: impl Future<Output = R>) -> R {
        let before = self.gate.horizon.swap(as_nanos(until), Ordering::Relaxed);
        let answer = future.await;
        self.gate.horizon.store(before, Ordering::Relaxed);
        answer
    }

    /// The time on the wall.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.wall()
    }
}
