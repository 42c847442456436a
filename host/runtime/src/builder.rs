//! How a host is put together.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use cap_std::fs::Dir;
use dormouse_core::provider::SignalSink;
use dormouse_core::{
    AccessStatus, Clock, ConditionProvider, IdSource, Limits, MemoryStore, NodeId, Observer, SignalSource,
    Store, StoreError, TimerProfile, Trigger,
};
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::clock::TokioClock;
use crate::drive::{self, gate, reap};
use crate::engine::{Allocator, Engine, EngineConfig, EngineError};
use crate::folders::Folders;
use crate::guests::Guests;
use crate::host::{Host, HostError, Inner, signal_from_source};
use crate::packages::{InstallError, PackageConfig, Packages, load_all};
use crate::registrar;
use crate::shared::{Config, Shared};

/// Builds a [`Host`].
pub struct HostBuilder {
    store: Option<Arc<dyn Store>>,
    clock: Option<Arc<dyn Clock>>,
    ids: Option<Arc<dyn IdSource>>,
    engine: Option<Engine>,
    observers: Vec<Arc<dyn Observer>>,
    providers: Vec<Arc<dyn ConditionProvider>>,
    sources: Vec<Arc<dyn SignalSource>>,
    folders: Option<Folders>,
    packages: Option<PackageConfig>,
    node: Option<NodeId>,
    limits_max: Limits,
    slots: Option<u32>,
    slots_per_app: u32,
    guest_threads: Option<usize>,
    timers: TimerProfile,
    registrations_per_app: usize,
    access_default: AccessStatus,
    lease: Duration,
    guests_inline: bool,
    idle: bool,
}

impl std::fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostBuilder").field("slots", &self.slots).finish_non_exhaustive()
    }
}

/// Why a host did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// It was started outside a tokio runtime.
    #[error(
        "a host runs its timers and stores on the tokio runtime that it is started on; start it inside one"
    )]
    NoRuntime,
    /// The engine could not be made.
    #[error("the engine could not be made")]
    Engine(#[source] EngineError),
    /// The threads for guests could not be made.
    #[error("the threads for guests could not be started")]
    Threads(#[source] io::Error),
    /// The store did not answer.
    #[error("the store could not be read")]
    Store(#[source] StoreError),
    /// A registration in the store is not understood.
    #[error("a stored registration is not understood")]
    Registration(#[source] Box<HostError>),
    /// A signal source did not start.
    #[error("a signal source did not start: {0}")]
    Source(String),
    /// More runs at once than the engine's pools hold: an exhausted pool would be an error in the middle of a
    /// run, a taken slot is only a wait.
    #[error(
        "`slots` is {slots}, and the engine's pools hold {pool}; make the engine with more, or ask for fewer"
    )]
    PoolTooSmall {
        /// What was asked for.
        slots: u32,
        /// What there is.
        pool: u32,
    },
    /// The packages could not be read.
    #[error("the installed packages could not be read")]
    Packages(#[source] Box<InstallError>),
    /// The configuration makes no sense.
    #[error("`{field}` must be at least {min}")]
    TooSmall {
        /// Which.
        field: &'static str,
        /// The least that it may be.
        min: &'static str,
    },
}

impl HostBuilder {
    pub(crate) fn new() -> Self {
        Self {
            store: None,
            clock: None,
            ids: None,
            engine: None,
            observers: Vec::new(),
            providers: Vec::new(),
            sources: Vec::new(),
            folders: None,
            packages: None,
            node: None,
            limits_max: Limits::host_max(),
            slots: None,
            slots_per_app: 4,
            guest_threads: None,
            timers: TimerProfile::DEFAULT,
            registrations_per_app: REGISTRATIONS_PER_APP,
            access_default: AccessStatus::AllowedSubjectToPolicy,
            lease: Duration::from_secs(30),
            guests_inline: false,
            idle: false,
        }
    }

    /// Where everything is kept. By default in memory: nothing outlives the program.
    #[must_use]
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// As [`HostBuilder::store`], for a store that is shared.
    #[must_use]
    pub fn shared_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// The time. By default the machine's.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Where ids come from. By default time-ordered random ones (RFC 9562, version 7).
    #[must_use]
    pub fn ids(mut self, ids: impl IdSource) -> Self {
        self.ids = Some(Arc::new(ids));
        self
    }

    /// An engine to run on, so that components compiled with it can be installed, and several hosts can
    /// share it. By default one of its own, with as many slots as [`HostBuilder::slots`] and a reserve.
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = Some(engine);
        self
    }

    /// Somebody who sees every event. May be called more than once.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.push(observer);
        self
    }

    /// Somebody who knows whether conditions hold. May be called more than once: the first that knows decides.
    #[must_use]
    pub fn conditions(mut self, provider: Arc<dyn ConditionProvider>) -> Self {
        self.providers.push(provider);
        self
    }

    /// Somebody who raises signals. May be called more than once.
    #[must_use]
    pub fn source(mut self, source: Arc<dyn SignalSource>) -> Self {
        self.sources.push(source);
        self
    }

    /// The directory in which each app has its folders `local` and `temp`, which its tasks see as `/local`
    /// and `/temp`. Without it they have neither.
    #[must_use]
    pub fn app_folders(mut self, dir: Dir) -> Self {
        self.folders = Some(Folders(dir));
        self
    }

    /// Where packages are kept, and how they are compiled. Without it the host has the apps that the program
    /// installs, and no others.
    #[must_use]
    pub fn packages(mut self, config: PackageConfig) -> Self {
        self.packages = Some(config);
        self
    }

    /// Who this host is to its store. A host that is started again on the same store with the same node
    /// takes up at once what it left; with another, when the leases of the first have ended. By default
    /// fixed, which is right for a store that one host at a time uses.
    #[must_use]
    pub const fn node(mut self, node: NodeId) -> Self {
        self.node = Some(node);
        self
    }

    /// The most that any registration may be given.
    #[must_use]
    pub const fn limits_max(mut self, limits: Limits) -> Self {
        self.limits_max = limits;
        self
    }

    /// Runs at once. Default: four for each core.
    #[must_use]
    pub const fn slots(mut self, slots: u32) -> Self {
        self.slots = Some(slots);
        self
    }

    /// Runs at once of one app. Default: 4.
    #[must_use]
    pub const fn slots_per_app(mut self, slots: u32) -> Self {
        self.slots_per_app = slots;
        self
    }

    /// Threads that do nothing but run guests. Default: one for each core.
    #[must_use]
    pub const fn guest_threads(mut self, threads: usize) -> Self {
        self.guest_threads = Some(threads);
        self
    }

    /// What time triggers are allowed, and how exactly they are kept. Default: from 1 s, to the moment;
    /// [`TimerProfile::UWP`] is UWP's.
    #[must_use]
    pub const fn timers(mut self, timers: TimerProfile) -> Self {
        self.timers = timers;
        self
    }

    /// How many registrations one app may have. Default: 1000.
    #[must_use]
    pub const fn registrations_per_app(mut self, registrations: usize) -> Self {
        self.registrations_per_app = registrations;
        self
    }

    /// What holds for apps whose access to the background nobody decided about. Default:
    /// `allowed-subject-to-policy`, since who installs an app wants it to run; with `unspecified` nothing of
    /// it runs before access was requested or granted (UWP-028).
    #[must_use]
    pub const fn access_default(mut self, access: AccessStatus) -> Self {
        self.access_default = access;
        self
    }

    /// How long a claim holds without renewal. Default: 30 s. Short leases find what a crashed node left
    /// sooner, and cost more writes.
    #[must_use]
    pub const fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Has the host start nothing by itself: no time passes for its registrations, its sources are silent, and what
    /// waits goes on waiting. For programs that look at what is registered, or change it, and leave the running to
    /// another. What is fired by a call of this host's methods runs all the same.
    #[must_use]
    pub const fn idle(mut self) -> Self {
        self.idle = true;
        self
    }

    /// Polls guests on the control runtime, which the deterministic rig drives by hand.
    #[cfg(feature = "test-util")]
    pub(crate) const fn guests_inline(mut self) -> Self {
        self.guests_inline = true;
        self
    }

    /// Starts the host on the present tokio runtime: reads the store, takes up what an earlier host of this
    /// node left, starts sources and loops. Registrations of apps that are not installed yet wait.
    ///
    /// # Errors
    ///
    /// [`StartError`] says which part, and what to do.
    ///
    /// # Panics
    ///
    /// If the runtime has no timers or no I/O and the clock is the machine's: build it with `enable_all`.
    pub async fn start(self) -> Result<Host, StartError> {
        let control = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let slots = self.slots.unwrap_or_else(|| u32::try_from(cores * 4).unwrap_or(u32::MAX));
        for (field, ok, min) in [
            ("slots", slots > 0, "1"),
            ("slots_per_app", self.slots_per_app > 0, "1"),
            ("guest_threads", self.guest_threads != Some(0), "1"),
            ("lease", self.lease >= Duration::from_secs(1), "1s"),
            ("timers.period_min", self.timers.period_min >= Duration::from_millis(1), "1ms"),
        ] {
            if !ok {
                return Err(StartError::TooSmall { field, min });
            }
        }
        let engine = match self.engine {
            Some(engine) => engine,
            None => {
                Engine::new(&EngineConfig { slots, ..EngineConfig::default() }).map_err(StartError::Engine)?
            }
        };
        if let Allocator::Pool { slots: pool, .. } = *engine.allocator()
            && slots > pool
        {
            return Err(StartError::PoolTooSmall { slots, pool });
        }
        let guests = if self.guests_inline {
            Guests::none()
        } else {
            Guests::start(self.guest_threads.unwrap_or(cores)).map_err(StartError::Threads)?
        };
        let guest_handle = guests.handle().unwrap_or_else(|| control.clone());
        let config = Config {
            node: self.node.unwrap_or_else(|| NodeId::from_uuid(Uuid::from_u128(THE_ONLY_NODE))),
            limits_max: self.limits_max,
            slots,
            slots_per_app: self.slots_per_app,
            timers: self.timers,
            registrations_per_app: self.registrations_per_app,
            access_default: self.access_default,
            lease: self.lease,
            blocking_inline: self.guests_inline,
        };
        let shared = Arc::new(Shared::new(
            config,
            self.store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
            self.clock.unwrap_or_else(|| Arc::new(TokioClock::new(control.clone()))),
            self.ids.unwrap_or_else(|| Arc::new(TimeOrdered)),
            engine,
            self.observers,
            self.providers,
            guest_handle,
            control,
        ));
        let packages = self.packages.map(Packages::open).transpose().map_err(package_error)?.map(Arc::new);
        let host = Host {
            inner: Arc::new(Inner {
                shared: shared.clone(),
                folders: self.folders,
                packages: packages.clone(),
                _guests: guests,
            }),
        };
        for record in shared.store.apps().await.map_err(StartError::Store)? {
            shared.state().records.insert(record.app.clone(), record);
        }
        for record in shared.store.registrations().await.map_err(StartError::Store)? {
            let known =
                registrar::know(&shared, record).map_err(|e| StartError::Registration(Box::new(e)))?;
            if let Trigger::Filesystem(_) = &known.registration.trigger {
                let found = shared.unaccepted.find(&*shared.store, &known.registration).await;
                found.map_err(StartError::Store)?;
            }
            shared.state().registrations.insert(Arc::new(known));
        }
        reap::own(&shared).await.map_err(StartError::Store)?;
        gate::subscribe(&shared);
        if let Some(packages) = &packages {
            let loaded = load_all(&host, packages).await;
            loaded.map_err(|error| StartError::Packages(Box::new(error)))?;
        }
        if self.idle {
            return Ok(host);
        }
        drive::start(&shared);
        for source in &self.sources {
            source.start(sink(&shared)).map_err(StartError::Source)?;
        }
        shared.keep_sources(self.sources);
        Ok(host)
    }
}

/// Registrations of one app, unless told otherwise: a thousand times what an app of one's own needs, and no
/// burden if a hostile one makes them.
const REGISTRATIONS_PER_APP: usize = 1_000;

/// The node of a store that one host at a time uses: an arbitrary constant.
const THE_ONLY_NODE: u128 = 0x0d02_3005_e000_4000_8000_0000_0000_0001;

fn sink(shared: &Arc<Shared>) -> SignalSink {
    let weak = Arc::downgrade(shared);
    Arc::new(move |signal| {
        if let Some(shared) = weak.upgrade() {
            let control = shared.control.clone();
            control.spawn(signal_from_source(shared, signal));
        }
    })
}

fn package_error(error: dormouse_package::RepositoryError) -> StartError {
    StartError::Packages(Box::new(error.into()))
}

/// Ids that sort by the time of their making.
struct TimeOrdered;

impl IdSource for TimeOrdered {
    fn fresh(&self) -> Uuid {
        Uuid::now_v7()
    }
}
