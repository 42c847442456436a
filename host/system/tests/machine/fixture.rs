//! A [`System`] on simulated time that finds nothing unless a test puts it there.

mod bus;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dormouse_core::{ConditionProvider, Holds, Signal, SignalSource, SimClock, SystemEvent};
use dormouse_system::{System, SystemConfig};
use tempfile::TempDir;

pub(crate) use bus::{Bus, Mock};

/// Beyond this a fact that is waited for does not come.
const DEADLINE: Duration = Duration::from_secs(60);

/// How often a fact that is waited for is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// How much simulated time passes with each look, where time passes.
const STEP: Duration = Duration::from_millis(100);

pub(crate) struct Rig {
    pub(crate) clock: SimClock,
    pub(crate) system: System,
    events: Arc<Mutex<Vec<SystemEvent>>>,
    notices: Arc<AtomicUsize>,
}

/// Folders with nothing in them, and the configuration that names them. There is no bus.
pub(crate) fn nowhere() -> (TempDir, SystemConfig) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut config = SystemConfig::default();
    config.bus = Some(format!("unix:path={}", at("no-bus").display()));
    config.localtime = at("localtime");
    config.power_supply = at("power_supply");
    config.pressure = at("pressure");
    (folder, config)
}

impl Rig {
    /// A system that has looked for everything.
    pub(crate) async fn start(config: &SystemConfig) -> Self {
        Self::start_on(config, SimClock::new()).await
    }

    /// The same, on a clock that shows the right time.
    pub(crate) async fn start_on(config: &SystemConfig, clock: SimClock) -> Self {
        let system = System::start(config, Arc::new(clock.clone())).unwrap();
        let rig = Self { clock, system, events: Arc::default(), notices: Arc::default() };
        let events = rig.events.clone();
        let sink = move |signal| match signal {
            Signal::System(event) => events.lock().unwrap().push(event),
            other => panic!("{other:?} is none of the machine's"),
        };
        SignalSource::start(&rig.system, Arc::new(sink)).unwrap();
        let notices = rig.notices.clone();
        rig.system.subscribe(Box::new(move || {
            notices.fetch_add(1, Ordering::SeqCst);
        }));
        rig.system.ready().await;
        rig
    }

    /// What is known of `condition`, as it is written in manifests.
    pub(crate) fn holds(&self, condition: &str) -> Holds {
        self.system.holds(&condition.parse().unwrap())
    }

    /// Waits until `condition` is known to be so; no simulated time passes.
    pub(crate) async fn until(&self, condition: &str, holds: Holds) {
        let what = format!("{condition} to be {holds}");
        self.wait(&what, || self.holds(condition) == holds).await;
    }

    /// The same, and lets simulated time pass meanwhile.
    pub(crate) async fn until_later(&self, condition: &str, holds: Holds) {
        let what = format!("{condition} to be {holds}");
        self.wait(&what, || {
            self.clock.advance(STEP);
            self.holds(condition) == holds
        })
        .await;
    }

    /// Lets simulated time pass until these are all the events since the last call, in this order.
    pub(crate) async fn until_events(&self, expected: &[SystemEvent]) {
        self.wait(&format!("{expected:?}"), || {
            self.clock.advance(STEP);
            self.events.lock().unwrap().len() >= expected.len()
        })
        .await;
        assert_eq!(self.take_events(), expected);
    }

    /// Lets three seconds of simulated time pass, and whatever comes of that happen: a burst is over by then.
    pub(crate) async fn settle(&self) {
        let mut steps = 30;
        self.wait("time to pass", || {
            self.clock.advance(STEP);
            steps -= 1;
            steps == 0
        })
        .await;
    }

    /// The events since the last call.
    pub(crate) fn take_events(&self) -> Vec<SystemEvent> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    /// How often a change of an answer was noticed.
    pub(crate) fn notices(&self) -> usize {
        self.notices.load(Ordering::SeqCst)
    }

    /// Waits for a fact.
    pub(crate) async fn wait(&self, what: &str, fact: impl FnMut() -> bool) {
        wait(&format!("{what}; {:?}; {}", self.events.lock().unwrap(), self.system.report()), fact).await;
    }
}

/// Waits for a fact.
pub(crate) async fn wait(what: &str, mut fact: impl FnMut() -> bool) {
    let started = started();
    while !fact() {
        pause(started, what).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "processes and the kernel take real time")]
pub(crate) fn started() -> Instant {
    Instant::now()
}

/// Until it is worth to look again for `what`, which was waited for since `started`.
#[expect(clippy::disallowed_methods, reason = "processes and the kernel take real time")]
pub(crate) async fn pause(started: Instant, what: &str) {
    assert!(started.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
    tokio::time::sleep(LOOK).await;
}

/// Writes a file, and the folders that it is in.
pub(crate) fn write(path: impl AsRef<Path>, text: &str) {
    let path = path.as_ref();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
