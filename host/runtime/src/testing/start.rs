//! A rig is made, and a test run on it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dormouse_core::clock::SimClock;
use dormouse_core::event::{Event, RecordingObserver};
use dormouse_core::ids::SequentialIds;
use dormouse_core::{AppEvent, FixedProvider, MemoryStore, ScriptedSource, Store};
use tokio::sync::Notify;

use super::gate::{Gate, RigClock, look_again_and_again, real_since};
use super::{CPU_PER_INTERRUPT, Rig, WALL_PER_INTERRUPT};
use crate::builder::HostBuilder;
use crate::engine::{Engine, EngineConfig};
use crate::host::Host;

/// Between two interruptions of a guest, in real time: long, so that a guest that does not spin is hardly
/// ever interrupted. A test may bring an engine of its own.
const TICK: Duration = Duration::from_millis(10);

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
            let rig_clock = RigClock { sim: clock.clone(), gate: gate.clone(), origin };
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
}
