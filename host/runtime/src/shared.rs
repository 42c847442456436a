//! What every part of a host shares: the seams it was built with, and one mutex with what it knows.
//!
//! The mutex is a `std` one, held for a few map operations and never across an await, a guest or an
//! observer. The truth about activations is in the store; what is here can be rebuilt from it.

mod allowance;
mod figures;
mod known;
mod latency;
mod permit;
mod pulse;
mod seen;
mod state;
mod writes;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dormouse_core::admission::{Admission, AdmissionRequest, Slots, admit};
use dormouse_core::app::policy::AppPolicy;
use dormouse_core::condition::Judgement;
use dormouse_core::event::{Event, EventKind};
use dormouse_core::quota::Reserve;
use dormouse_core::{
    AccessStatus, AppEvent, AppEventKind, AppId, AppLimits, AppLimitsRequest, Clock, Condition,
    ConditionProvider, Holds, IdSource, Limits, LimitsRequest, NodeId, Observer, QuotaPolicy, Registration,
    RegistrationId, Retention, SignalSource, Store, TimerProfile, Timestamp, WorkCost,
};
use tokio::runtime::Handle;
use tokio::sync::{Mutex as AsyncMutex, Notify, broadcast, watch};
use uuid::Uuid;

use crate::engine::Engine;
use crate::guests::Lanes;
use crate::lifecycle::Apps;
use crate::registrar::Turns;
use crate::source::filesystem::{Unaccepted, Watchers};
use crate::source::socket::Sockets;
use crate::subscribe::Progress;

pub(crate) use allowance::Allowance;
pub(crate) use figures::Figures;
pub(crate) use known::Known;
pub(crate) use latency::Latencies;
pub use latency::Latency;
pub(crate) use permit::Permit;
pub(crate) use pulse::{Pulse, Pulses};
pub(crate) use seen::Seen;
pub(crate) use state::State;
pub(crate) use writes::Writes;

/// What a host is built with and never changes.
pub(crate) struct Config {
    pub(crate) node: NodeId,
    pub(crate) limits_max: Limits,
    pub(crate) limits_default: LimitsRequest,
    pub(crate) app_limits_max: AppLimits,
    pub(crate) app_limits_default: AppLimitsRequest,
    /// The quota of apps that nobody set one for.
    pub(crate) quota_default: Option<QuotaPolicy>,
    pub(crate) quota_reserve: Reserve,
    /// Runs at once, below the pool's size: an exhausted pool is an error, a taken slot is a wait.
    pub(crate) slots: u32,
    pub(crate) slots_per_app: u32,
    /// Instances of apps at once.
    pub(crate) apps_max: u32,
    pub(crate) app_policy: AppPolicy,
    pub(crate) timers: TimerProfile,
    pub(crate) registrations_per_app: usize,
    /// What holds for apps that nobody decided about.
    pub(crate) access_default: AccessStatus,
    pub(crate) lease: Duration,
    /// At so many crashes in a row a registration is in quarantine; never at 0.
    pub(crate) quarantine_after: u32,
    pub(crate) retention: Option<Retention>,
    /// Bytes of each stream of a run that are kept when it is over.
    pub(crate) keep_output: usize,
    /// It only answers questions.
    pub(crate) read_only: bool,
    /// File system calls of guests run on the guest's own thread: for the deterministic rig only.
    pub(crate) blocking_inline: bool,
}

pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) engine: Engine,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
    pub(crate) providers: Vec<Arc<dyn ConditionProvider>>,
    /// Where guests are polled.
    pub(crate) guests: Lanes,
    /// Where everything else happens: timers, sockets, stores.
    pub(crate) control: Handle,
    pub(crate) apps: Arc<Apps>,
    pub(crate) watchers: Watchers,
    pub(crate) unaccepted: Unaccepted,
    pub(crate) sockets: Sockets,
    pub(crate) wake: Wakeups,
    /// Whose turn it is to register or unregister.
    pub(crate) turns: Turns,
    /// Whose turn it is to tell the store what apps have used.
    pub(crate) saving_quotas: AsyncMutex<()>,
    /// Permits that are out: runs whose end is not written yet among them.
    pub(crate) in_flight: AtomicU32,
    pub(crate) started_at: Timestamp,
    pub(crate) figures: Figures,
    pub(crate) pulses: Pulses,
    pub(crate) writes: Writes,
    /// What the deterministic rig has to know of guests.
    pub(crate) seen: Seen,
    sources: Mutex<Vec<Arc<dyn SignalSource>>>,
    state: Mutex<State>,
}

/// Wake-ups carry no data: whoever is woken looks at the store.
pub(crate) struct Wakeups {
    /// Something may be ready to run.
    pub(crate) dispatch: Notify,
    /// The set of schedules changed.
    pub(crate) timer: Notify,
    /// Conditions may have changed.
    pub(crate) conditions: Notify,
    /// How often they have.
    changes: AtomicU64,
    /// Memory may be short, or not any more.
    pub(crate) memory: Notify,
    /// So much was used of a quota that the store is to be told.
    pub(crate) quotas: Notify,
    /// Something was used of a quota of which the store knew all.
    pub(crate) spent: Notify,
    /// A sandbox is gone. Told to those who wait only: nothing is kept for who comes later.
    pub(crate) ends: Notify,
    /// How many wait for that. Without any, the end of a run costs a look at this.
    pub(crate) awaiting_ends: AtomicU32,
    /// Nothing is in flight any more.
    pub(crate) ended: Notify,
    /// The journal grew.
    pub(crate) journal: watch::Sender<()>,
    /// A run's progress changed.
    pub(crate) progress: broadcast::Sender<Progress>,
    /// The host stops.
    pub(crate) stop: watch::Sender<bool>,
    /// Something waits in the store, or the dispatcher is looking whether anything does. Spares the end of a
    /// run a wake-up when nothing does.
    pub(crate) backlog: AtomicBool,
}

/// Progress updates that a subscriber may be behind before it misses some: the last value is what counts.
const PROGRESS_KEPT: usize = 256;

impl Wakeups {
    pub(crate) fn new() -> Self {
        Self {
            dispatch: Notify::new(),
            timer: Notify::new(),
            conditions: Notify::new(),
            memory: Notify::new(),
            quotas: Notify::new(),
            spent: Notify::new(),
            changes: AtomicU64::new(0),
            ends: Notify::new(),
            awaiting_ends: AtomicU32::new(0),
            ended: Notify::new(),
            journal: watch::Sender::new(()),
            progress: broadcast::Sender::new(PROGRESS_KEPT),
            stop: watch::Sender::new(false),
            backlog: AtomicBool::new(true),
        }
    }

    /// Conditions, or an app's access, may have changed: have what waits and what runs looked at.
    pub(crate) fn conditions_changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.conditions.notify_one();
        self.memory.notify_one();
    }

    /// How often [`Wakeups::conditions_changed`] was called: whoever judges by conditions reads this before,
    /// and sees later whether anything changed meanwhile.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// A run was taken out of those that go on.
    pub(crate) fn run_over(&self) {
        if self.awaiting_ends.load(Ordering::SeqCst) > 0 {
            self.ends.notify_waiters();
        }
    }

    /// Something waits: have the dispatcher look.
    pub(crate) fn something_waits(&self) {
        self.backlog.store(true, Ordering::SeqCst);
        self.dispatch.notify_one();
    }
}

/// What concerns no registration is told of this one, which there is not.
pub(crate) const NOBODY: RegistrationId = RegistrationId::from_uuid(Uuid::nil());

/// The host only answers questions. Each kind of error says it in the words of its own.
pub(crate) struct ReadOnly;

impl Shared {
    #[expect(clippy::too_many_arguments, reason = "called once, by the builder that holds all of these")]
    pub(crate) fn new(
        config: Config,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        engine: Engine,
        observers: Vec<Arc<dyn Observer>>,
        providers: Vec<Arc<dyn ConditionProvider>>,
        guests: Lanes,
        control: Handle,
    ) -> Self {
        Self {
            started_at: clock.wall(),
            figures: Figures::default(),
            pulses: Pulses::default(),
            writes: Writes::default(),
            apps: Apps::new(config.apps_max),
            config,
            store,
            clock,
            ids,
            engine,
            observers,
            providers,
            guests,
            control,
            watchers: Watchers::default(),
            unaccepted: Unaccepted::default(),
            sockets: Sockets::default(),
            wake: Wakeups::new(),
            turns: Turns::default(),
            saving_quotas: AsyncMutex::default(),
            in_flight: AtomicU32::new(0),
            seen: Seen::default(),
            sources: Mutex::default(),
            state: Mutex::default(),
        }
    }

    /// A source is stopped by being dropped: here it lives as long as the host.
    pub(crate) fn keep_sources(&self, sources: Vec<Arc<dyn SignalSource>>) {
        *self.sources.lock().unwrap_or_else(PoisonError::into_inner) = sources;
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A panic while it was held is a bug that was reported; what is in it stays whole all the same, as
        // every change is one map operation.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asked before anything is changed.
    pub(crate) const fn writable(&self) -> Result<(), ReadOnly> {
        if self.config.read_only { Err(ReadOnly) } else { Ok(()) }
    }

    /// Tells the observers. Costs nothing when there are none.
    pub(crate) fn emit(&self, registration: RegistrationId, kind: impl FnOnce() -> EventKind) {
        if self.observers.is_empty() {
            return;
        }
        let event = Event { at: self.clock.wall(), registration, kind: kind() };
        for observer in &self.observers {
            observer.observe(&event);
        }
    }

    /// Tells the observers of an app's instance, as [`Shared::emit`].
    pub(crate) fn emit_app(&self, app: &AppId, session: u64, kind: impl FnOnce() -> AppEventKind) {
        if self.observers.is_empty() {
            return;
        }
        let event = AppEvent { at: self.clock.wall(), app: app.clone(), session, kind: kind() };
        for observer in &self.observers {
            observer.observe_app(&event);
        }
    }

    /// What the providers know of a condition: the first that knows it decides.
    pub(crate) fn holds(&self, condition: &Condition) -> Holds {
        self.providers
            .iter()
            .map(|provider| provider.holds(condition))
            .find(|holds| *holds != Holds::Unknown)
            .unwrap_or_else(|| match condition {
                Condition::BackgroundWorkCostNotHigh => match self.work_cost() {
                    Some(WorkCost::High) => Holds::Unmet,
                    Some(WorkCost::Low | WorkCost::Medium) => Holds::Met,
                    None => Holds::Unknown,
                },
                Condition::TimeWindow(window) => match window.contains(self.clock.wall()) {
                    Some(true) => Holds::Met,
                    Some(false) => Holds::Unmet,
                    None => Holds::Unknown,
                },
                _ => Holds::Unknown,
            })
    }

    /// What background work costs, as far as a provider knows.
    pub(crate) fn work_cost(&self) -> Option<WorkCost> {
        self.providers.iter().find_map(|provider| provider.work_cost())
    }

    /// Whether the machine runs short of memory, as far as a provider knows.
    pub(crate) fn memory_is_short(&self) -> bool {
        self.providers.iter().find_map(|provider| provider.memory_is_short()).unwrap_or_default()
    }

    /// Whether the conditions of a registration hold now, if its app's access is `access`.
    pub(crate) fn judge(&self, registration: &Registration, access: AccessStatus) -> Judgement {
        registration.judge(access, |condition| self.holds(condition))
    }

    /// What the operator decided about an app, or what holds where nobody did.
    pub(crate) fn access(&self, state: &State, app: &AppId) -> AccessStatus {
        match state.records.get(app) {
            Some(record) => record.access,
            None => self.config.access_default,
        }
    }

    /// Whether a run of `known` would be admitted; reserves nothing.
    pub(crate) fn admission(
        &self,
        state: &State,
        known: &Known,
        now: Timestamp,
        not_before: Timestamp,
    ) -> Admission {
        admit(&AdmissionRequest {
            now,
            not_before,
            registration: Slots {
                used: known.going.runs.load(Ordering::SeqCst),
                max: known.registration.overlap.runs_max(),
            },
            app: Slots {
                used: state.app_runs.get(&known.registration.app).copied().unwrap_or(0),
                max: self.config.slots_per_app,
            },
            host: Slots { used: state.host_runs, max: self.config.slots },
        })
    }

    /// Reserves the slots for one run of `known`, if admission grants them.
    pub(crate) fn reserve(
        self: &Arc<Self>,
        state: &mut State,
        known: &Arc<Known>,
        now: Timestamp,
        not_before: Timestamp,
    ) -> Result<Permit, Admission> {
        let app = &known.registration.app;
        match self.admission(state, known, now, not_before) {
            Admission::Run => {
                state.host_runs += 1;
                // `get_mut` first: the common case clones no name.
                match state.app_runs.get_mut(app) {
                    Some(runs) => *runs += 1,
                    None => {
                        state.app_runs.insert(app.clone(), 1);
                    }
                }
                known.going.runs.fetch_add(1, Ordering::SeqCst);
                self.in_flight.fetch_add(1, Ordering::AcqRel);
                Ok(Permit { shared: self.clone(), known: known.clone(), slot_held: true, run_held: true })
            }
            wait @ Admission::Wait { .. } => Err(wait),
        }
    }
}
