//! How a host is put together.

mod apps;
mod error;
mod quota;
mod start;

use std::sync::Arc;
use std::time::Duration;

use cap_std::fs::Dir;
use dormouse_core::app::policy::AppPolicy;
use dormouse_core::quota::Reserve;
use dormouse_core::{
    AccessStatus, AppLimits, AppLimitsRequest, Clock, ConditionProvider, IdSource, Limits, LimitsRequest,
    NodeId, Observer, QuotaPolicy, Retention, SignalSource, Store, TimerProfile,
};

use crate::engine::Engine;
use crate::folders::Folders;
use crate::packages::PackageConfig;

pub use error::StartError;

/// Builds a [`Host`](crate::Host).
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
    limits_default: LimitsRequest,
    app_limits_max: AppLimits,
    app_limits_default: AppLimitsRequest,
    quota_default: Option<QuotaPolicy>,
    quota_reserve: Reserve,
    wasm_stack: Option<usize>,
    slots: Option<u32>,
    slots_per_app: u32,
    apps_max: Option<u32>,
    app_policy: AppPolicy,
    guest_threads: Option<usize>,
    timers: TimerProfile,
    registrations_per_app: usize,
    access_default: AccessStatus,
    lease: Duration,
    quarantine_after: u32,
    retention: Option<Retention>,
    keep_output: usize,
    guests_inline: bool,
    idle: bool,
    read_only: bool,
}

impl std::fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostBuilder").field("slots", &self.slots).finish_non_exhaustive()
    }
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
            limits_default: LimitsRequest::default(),
            app_limits_max: AppLimits::HOST_MAX,
            app_limits_default: AppLimitsRequest::none(),
            quota_default: None,
            quota_reserve: Reserve::none(),
            wasm_stack: None,
            slots: None,
            slots_per_app: 4,
            apps_max: None,
            app_policy: AppPolicy::DEFAULT,
            guest_threads: None,
            timers: TimerProfile::DEFAULT,
            registrations_per_app: REGISTRATIONS_PER_APP,
            access_default: AccessStatus::AllowedSubjectToPolicy,
            lease: Duration::from_secs(30),
            quarantine_after: QUARANTINE_AFTER,
            retention: Some(Retention::DEFAULT),
            keep_output: KEEP_OUTPUT,
            guests_inline: false,
            idle: false,
            read_only: false,
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
        self.folders = Some(Folders::new(dir));
        self
    }

    /// What apps may keep in their folders and settings where they ask for nothing: before [`AppLimits::DEFAULT`],
    /// which is all there is by default.
    #[must_use]
    pub const fn app_limits_default(mut self, limits: AppLimitsRequest) -> Self {
        self.app_limits_default = limits;
        self
    }

    /// The most that any app may keep, whoever asks for it. Default: [`AppLimits::HOST_MAX`].
    #[must_use]
    pub const fn app_limits_max(mut self, limits: AppLimits) -> Self {
        self.app_limits_max = limits;
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

    /// The most that any run may be given, whoever asks for it. Default: [`Limits::host_max`].
    #[must_use]
    pub const fn limits_max(mut self, limits: Limits) -> Self {
        self.limits_max = limits;
        self
    }

    /// What runs are given where neither their registration nor their app asks for anything: before the table of
    /// classes, which is all there is by default.
    #[must_use]
    pub const fn limits_default(mut self, limits: LimitsRequest) -> Self {
        self.limits_default = limits;
        self
    }

    /// Bytes of stack for the code of guests, of all of them: deeper recursion traps. Default: 512 KiB. Says nothing of an
    /// engine that was given with [`HostBuilder::engine`].
    #[must_use]
    pub const fn wasm_stack(mut self, bytes: usize) -> Self {
        self.wasm_stack = Some(bytes);
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

    /// At so many crashes in a row a registration is in quarantine: the host fell again and again while a run of it was
    /// under way, and nothing of it starts until [`Host::release`](crate::Host::release). Default: 5; with 0 never.
    #[must_use]
    pub const fn quarantine_after(mut self, crashes: u32) -> Self {
        self.quarantine_after = crashes;
        self
    }

    /// How long what is over is kept. Default: [`Retention::DEFAULT`]; with none nothing is let go of.
    #[must_use]
    pub const fn retention(mut self, retention: Option<Retention>) -> Self {
        self.retention = retention;
        self
    }

    /// How many bytes of each of the two streams of a run are kept when it is over, head and tail. Never more than its
    /// own limit has kept of them. Of an app as many of its last instance, while the host lives. Default: 64 KiB; with 0
    /// nothing is kept.
    #[must_use]
    pub const fn keep_output(mut self, bytes: usize) -> Self {
        self.keep_output = bytes;
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

    /// Has the host only answer questions: nothing is written, nothing starts, packages are looked at and not loaded,
    /// and no folder is made. What would change something is refused. It says what its store held when it was started,
    /// which may be in use by another host meanwhile. As [`HostBuilder::idle`] otherwise.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self.idle()
    }

    /// Polls guests on the control runtime, which the deterministic rig drives by hand.
    #[cfg(feature = "test-util")]
    pub(crate) const fn guests_inline(mut self) -> Self {
        self.guests_inline = true;
        self
    }
}

/// Registrations of one app, unless told otherwise: a thousand times what an app of one's own needs, and no
/// burden if a hostile one makes them.
const REGISTRATIONS_PER_APP: usize = 1_000;

/// Crashes in a row that nobody is the cause of: a machine that loses its power again and again.
const QUARANTINE_AFTER: u32 = 5;

/// As much as a person reads.
const KEEP_OUTPUT: usize = 64 * 1024;
