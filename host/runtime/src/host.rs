//! The host: what a program that embeds Dormouse holds.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use dormouse_core::activation::Activation;
use dormouse_core::completion::RunRecord;
use dormouse_core::event::EventKind;
use dormouse_core::quota::Quota;
use dormouse_core::registration::{
    RegistrationContext, RegistrationRecord, RegistrationStatus, ScheduleError,
};
use dormouse_core::store::RunFilter;
use dormouse_core::{
    ActivationId, AppId, Cancellation, CancellationReason, Completion, Condition, Message, Registration,
    RegistrationError, RegistrationId, RunId, StorageChange, StoreError, TaskBuilder, Trigger,
    TriggerDetails,
};
use tokio::sync::oneshot;

use crate::app::{App, InstalledApp};
use crate::builder::{Folders, Guests, HostBuilder};
use crate::drive::cell::RunCell;
use crate::drive::intake::{self, FireError, Fired, Incoming};
use crate::drive::{persist, shutdown};
use crate::engine::Engine;
use crate::sandbox::grants::{Access, GrantError};
use crate::shared::{Known, Shared};
use crate::source::filesystem;
use crate::subscribe::{SubscribeError, Subscription};

/// Runs background tasks. A handle: clones are the same host.
///
/// Dropping the last handle stops the host as a crash would: what ran is run again by the next host on the
/// same store. [`Host::shutdown`] stops it politely.
#[derive(Clone)]
pub struct Host {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) folders: Option<Folders>,
    pub(crate) _guests: Guests,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The loops hold `shared`; this is what ends them.
        self.shared.wake.stop.send_replace(true);
        self.shared.watchers.clear();
        // Each run holds `shared`, which holds the run: taken apart here, or neither would ever be dropped.
        let running = {
            let mut state = self.shared.state();
            state.stopping = true;
            std::mem::take(&mut state.running)
        };
        drop(running);
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("node", &self.inner.shared.config.node).finish_non_exhaustive()
    }
}

/// What to do when an app has a registration of the same name. Names are labels, not keys (UWP-003): this is
/// a convenience for programs that register at every start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfExists {
    /// Leave it if it says the same; else replace what it says, at once, and keep its id (UWP-027).
    #[default]
    ReplaceIfDifferent,
    /// Leave it as it is.
    Keep,
    /// Refuse.
    Error,
    /// Make another one (UWP-004).
    AllowDuplicate,
}

/// A registration that was made, or found.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// Its id.
    pub id: RegistrationId,
    /// Conditions that can never hold together: legal, but it will never run (UWP-064).
    pub contradictions: Vec<(Condition, Condition)>,
}

/// Why a host did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The registration is not valid.
    #[error("the registration is not valid")]
    Registration(#[from] RegistrationError),
    /// One of that name exists.
    #[error(
        "app `{app}` has a registration named {name:?} already, {id}; unregister it or choose what to do if one exists"
    )]
    Exists {
        /// The app.
        app: AppId,
        /// The name.
        name: String,
        /// The one that exists.
        id: RegistrationId,
    },
    /// A grant of the app.
    #[error("the app's grants cannot be given")]
    Grant(#[from] GrantError),
    /// The app's folders.
    #[error("the folders of app `{app}` cannot be opened")]
    Folders {
        /// The app.
        app: AppId,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A schedule in the store.
    #[error("registration {id} cannot be followed")]
    Schedule {
        /// Which.
        id: RegistrationId,
        /// Why.
        #[source]
        source: ScheduleError,
    },
    /// A folder cannot be watched.
    #[error("directory {directory:?} cannot be watched")]
    Watch {
        /// The guest path.
        directory: String,
        /// Why.
        #[source]
        source: notify::Error,
    },
    /// The store.
    #[error("the store did not do it")]
    Store(#[from] StoreError),
    /// There is no such activation.
    #[error("there is no activation {0}")]
    NoActivation(ActivationId),
    /// It ended without a run: its registration was removed.
    #[error("activation {0} was withdrawn: its registration was removed while it waited")]
    Withdrawn(ActivationId),
    /// The host is stopping.
    #[error("the host is stopping")]
    Stopping,
}

impl Host {
    /// Begins to build a host.
    #[must_use]
    pub fn builder() -> HostBuilder {
        HostBuilder::new()
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    /// The engine, to compile components with.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.shared().engine
    }

    // ---- apps ----------------------------------------------------------------------------------------

    /// Installs an app, or replaces the one of the same name. Opens its directories; what waits for it may
    /// run from now on.
    ///
    /// # Errors
    ///
    /// [`HostError::Folders`] if `/local` and `/temp` cannot be made, [`HostError::Watch`] if a folder that
    /// a stored registration watches cannot be.
    pub fn install(&self, app: App) -> Result<(), HostError> {
        let shared = self.shared();
        let id = app.id.clone();
        let mut grants = match &app.asked {
            Some(asked) => app.grants.effective(asked),
            None => app.grants.clone(),
        };
        if let Some(folders) = &self.inner.folders {
            // Its runs may be using `temp` if it is being replaced.
            let first = !shared.state().apps.contains_key(&id);
            let own =
                folders.open(&id, first).map_err(|source| HostError::Folders { app: id.clone(), source })?;
            grants = grants.with_directory(own.local, "/local", Access::ReadWrite)?.with_directory(
                own.temp,
                "/temp",
                Access::ReadWrite,
            )?;
        }
        let now = shared.clock.now();
        let watching: Vec<Arc<Known>> = {
            let mut state = shared.state();
            match app.quota {
                // What was spent of the same quota stays spent.
                Some(policy) if state.quotas.get(&id).is_some_and(|q| q.policy() == policy) => {}
                Some(policy) => {
                    state.quotas.insert(id.clone(), Quota::new(policy, now));
                }
                None => {
                    state.quotas.remove(&id);
                }
            }
            state.apps.insert(id.clone(), Arc::new(InstalledApp::new(app, grants)));
            state.registrations.values().filter(|k| k.registration.app == id).cloned().collect()
        };
        for known in watching {
            self.watch(&known)?;
        }
        shared.wake.something_waits();
        shared.wake.timer.notify_one();
        Ok(())
    }

    fn watch(&self, known: &Known) -> Result<(), HostError> {
        let Trigger::Filesystem(trigger) = &known.registration.trigger else { return Ok(()) };
        let shared = self.shared();
        let app = shared.state().apps.get(&known.registration.app).cloned();
        let Some(folder) = app.as_ref().and_then(|app| app.grants.directory(&trigger.directory)) else {
            let granted = self.granted_directories(&known.registration.app);
            let directory = trigger.directory.clone();
            return Err(RegistrationError::DirectoryNotGranted { directory, granted }.into());
        };
        filesystem::watch(shared, known.registration.id, trigger, folder)
            .map_err(|source| HostError::Watch { directory: trigger.directory.clone(), source })
    }

    fn granted_directories(&self, app: &AppId) -> Vec<String> {
        let state = self.shared().state();
        let app = state.apps.get(app);
        app.map(|app| app.grants.directories().map(|(path, _)| path.to_owned()).collect()).unwrap_or_default()
    }

    // ---- registrations -------------------------------------------------------------------------------

    /// Whether `builder` would register for `app`, without doing so (UWP-026). Answers pairs of conditions
    /// that can never hold together.
    ///
    /// # Errors
    ///
    /// [`RegistrationError`] names the field.
    pub fn validate(
        &self,
        app: &AppId,
        builder: &TaskBuilder,
    ) -> Result<Vec<(Condition, Condition)>, RegistrationError> {
        self.with_context(app, None, |context| builder.validate(app, context))
    }

    fn with_context<R>(
        &self,
        app: &AppId,
        except: Option<RegistrationId>,
        use_it: impl FnOnce(&RegistrationContext<'_>) -> R,
    ) -> R {
        let directories = self.granted_directories(app);
        let shared = self.shared();
        let (installed, existing) = {
            let state = shared.state();
            let existing: Vec<Registration> = state
                .registrations
                .values()
                .map(|known| &known.registration)
                .filter(|r| r.app == *app && Some(r.id) != except)
                .cloned()
                .collect();
            (state.apps.get(app).cloned(), existing)
        };
        use_it(&RegistrationContext {
            entry_points: installed.as_ref().map(|app| app.entry_points.as_slice()),
            directories: &directories,
            existing: &existing,
            period_min: shared.config.period_min,
            limits_max: &shared.config.limits_max,
        })
    }

    /// Registers a task of `app`. Durable when it answers; survives the program (UWP-019, UWP-020).
    ///
    /// # Errors
    ///
    /// [`HostError::Registration`] names the field, and nothing is registered (UWP-006);
    /// [`HostError::Exists`] under [`IfExists::Error`]; [`HostError::Watch`], [`HostError::Store`].
    pub async fn register(
        &self,
        app: &AppId,
        builder: TaskBuilder,
        if_exists: IfExists,
    ) -> Result<Registered, HostError> {
        let shared = self.shared();
        let same_name = if if_exists == IfExists::AllowDuplicate {
            None
        } else {
            let state = shared.state();
            state
                .registrations
                .values()
                .find(|known| known.registration.app == *app && known.registration.name == builder.name())
                .cloned()
        };
        let id = match &same_name {
            Some(existing) => existing.registration.id,
            None => RegistrationId::from_uuid(shared.ids.fresh()),
        };
        let now = shared.clock.wall();
        let contradictions = self.with_context(app, Some(id), |context| builder.validate(app, context))?;
        let mut registration =
            self.with_context(app, Some(id), |context| builder.build(id, app.clone(), now, context))?;
        let mut watermark = now;
        let mut status = RegistrationStatus::Active;
        if let Some(existing) = same_name {
            let before = &existing.registration;
            match if_exists {
                IfExists::Keep => return Ok(Registered { id, contradictions }),
                IfExists::Error => {
                    let (app, name) = (app.clone(), registration.name);
                    return Err(HostError::Exists { app, name, id });
                }
                IfExists::ReplaceIfDifferent | IfExists::AllowDuplicate => {}
            }
            if before.trigger == registration.trigger {
                // The schedule goes on from where it began, and what was missed stays known.
                registration.registered_at = before.registered_at;
                watermark = existing.watermark();
                if existing.is_spent() {
                    status = RegistrationStatus::Spent;
                }
            }
            if *before == registration {
                return Ok(Registered { id, contradictions });
            }
        }
        let record = RegistrationRecord { registration, status, watermark };
        let known = Arc::new(self.know(record.clone())?);
        shared.watchers.remove(id);
        self.watch(&known)?;
        if let Err(error) = shared.store.save_registration(record).await {
            shared.watchers.remove(id);
            return Err(error.into());
        }
        let name = known.registration.name.clone();
        shared.state().registrations.insert(id, known);
        shared.emit(id, || EventKind::Registered { name });
        shared.wake.timer.notify_one();
        shared.wake.something_waits();
        Ok(Registered { id, contradictions })
    }

    pub(crate) fn know(&self, record: RegistrationRecord) -> Result<Known, HostError> {
        let id = record.registration.id;
        let schedule = record.registration.schedule().map_err(|source| HostError::Schedule { id, source })?;
        let limits = record
            .registration
            .limits
            .resolve(record.registration.trigger.kind(), &self.shared().config.limits_max)
            .map_err(RegistrationError::Limits)?;
        Ok(Known::new(record, schedule, limits))
    }

    /// Removes a registration; what waits of it does not run (UWP-023). With `cancel`, what runs of it is
    /// cancelled with `abort` (UWP-022); else it finishes (UWP-021). Answers whether there was one.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`]: it may still be there.
    pub async fn unregister(&self, id: RegistrationId, cancel: bool) -> Result<bool, HostError> {
        let shared = self.shared();
        if !shared.state().registrations.contains_key(&id) {
            return Ok(false);
        }
        let removed = shared.store.remove_registration(id, shared.clock.wall()).await?;
        let cells: Vec<Arc<RunCell>> = {
            let mut state = shared.state();
            state.registrations.remove(&id);
            for activation in &removed.withdrawn {
                // The waiters see their channel closed, look, and find it withdrawn.
                state.awaited.remove(activation);
            }
            state.running.values().filter(|cell| cell.known.registration.id == id).cloned().collect()
        };
        shared.watchers.remove(id);
        let withdrawn = u32::try_from(removed.withdrawn.len()).unwrap_or(u32::MAX);
        shared.emit(id, || EventKind::Unregistered { withdrawn });
        if cancel {
            for cell in cells {
                cell.cancel(Cancellation::new(CancellationReason::Abort, "unregister", ""));
            }
        }
        Ok(true)
    }

    /// All registrations, in the order of their making.
    #[must_use]
    pub fn registrations(&self) -> Vec<RegistrationRecord> {
        let state = self.shared().state();
        let mut all: Vec<RegistrationRecord> = state
            .registrations
            .values()
            .map(|known| RegistrationRecord {
                registration: known.registration.clone(),
                status: if known.is_spent() { RegistrationStatus::Spent } else { RegistrationStatus::Active },
                watermark: known.watermark(),
            })
            .collect();
        all.sort_by_key(|record| (record.registration.registered_at, record.registration.id));
        all
    }

    // ---- firings -------------------------------------------------------------------------------------

    /// Fires an application trigger with `arguments`, which the task gets unchanged (UWP-043). Answers when
    /// the firing is durable; `Refused(CurrentlyRunning)` while it runs, unless its overlap policy says
    /// otherwise (UWP-044).
    ///
    /// # Errors
    ///
    /// [`FireError`]: the firing was not taken.
    pub async fn request(
        &self,
        id: RegistrationId,
        arguments: impl Into<Vec<u8>>,
    ) -> Result<Fired, FireError> {
        let details = TriggerDetails::Application(arguments.into());
        intake::fire(self.shared(), id, Incoming::new(details)).await
    }

    /// As [`Host::request`], once for each `key`: a caller that does not know whether it was heard says it
    /// again with the same key.
    ///
    /// # Errors
    ///
    /// As [`Host::request`].
    pub async fn request_once(
        &self,
        id: RegistrationId,
        key: impl Into<String>,
        arguments: impl Into<Vec<u8>>,
    ) -> Result<Fired, FireError> {
        let details = TriggerDetails::Application(arguments.into());
        let incoming = Incoming { key: Some(key.into()), ..Incoming::new(details) };
        intake::fire(self.shared(), id, incoming).await
    }

    /// Raises a signal: fires every registration on its topic (UWP-005, UWP-032). Answers what each firing
    /// came to.
    ///
    /// # Errors
    ///
    /// [`FireError`] of the first that was not taken; those before it were.
    pub async fn signal(&self, message: Message) -> Result<Vec<(RegistrationId, Fired)>, FireError> {
        signal(self.shared(), message).await
    }

    /// Tells a registration with a filesystem trigger of changes that something other than the host's own
    /// watcher saw. Paths are guest paths.
    ///
    /// # Errors
    ///
    /// [`FireError`]: the firing was not taken.
    pub async fn storage_changes(
        &self,
        id: RegistrationId,
        changes: Vec<StorageChange>,
    ) -> Result<Fired, FireError> {
        intake::fire(self.shared(), id, Incoming::new(TriggerDetails::StorageChanges(changes))).await
    }

    // ---- runs ----------------------------------------------------------------------------------------

    /// Waits for an activation to end, and answers its completion.
    ///
    /// # Errors
    ///
    /// [`HostError::NoActivation`], [`HostError::Withdrawn`], [`HostError::Store`], [`HostError::Stopping`].
    pub async fn completed(&self, id: ActivationId) -> Result<Completion, HostError> {
        use dormouse_core::ActivationState;
        let shared = self.shared();
        loop {
            // Registered before the look: an end in between is not missed.
            let (tx, rx) = oneshot::channel();
            let runs_here = {
                let mut state = shared.state();
                if let Some(completion) = state.recent.get(id) {
                    return Ok(completion.clone());
                }
                if *shared.wake.stop.borrow() {
                    return Err(HostError::Stopping);
                }
                let waiting = state.awaited.entry(id).or_default();
                // Those who gave up waiting are forgotten by the next who begins to.
                waiting.retain(|waiter| !waiter.is_closed());
                waiting.push(tx);
                state.running.contains_key(&id)
            };
            if runs_here {
                if let Ok(completion) = rx.await {
                    return Ok(completion);
                }
                continue;
            }
            match shared.store.activation(id).await?.map(|a| a.state) {
                None => {
                    shared.state().awaited.remove(&id);
                    return Err(HostError::NoActivation(id));
                }
                Some(ActivationState::Withdrawn { .. }) => return Err(HostError::Withdrawn(id)),
                Some(ActivationState::Ended { .. }) => {
                    shared.state().awaited.remove(&id);
                    return self.completion_of(id).await;
                }
                Some(ActivationState::Pending | ActivationState::Running(_)) => {}
            }
            if let Ok(completion) = rx.await {
                return Ok(completion);
            }
        }
    }

    async fn completion_of(&self, id: ActivationId) -> Result<Completion, HostError> {
        let completion = self.shared().store.completion(id).await?;
        completion.ok_or(HostError::NoActivation(id))
    }

    /// Cancels a run: it is told, and has its grace. The registration stays. Answers whether it runs here.
    pub fn cancel(&self, run: RunId, cancellation: Cancellation) -> bool {
        self.cell(run).map(|cell| cell.cancel(cancellation)).is_some()
    }

    /// Takes a run's sandbox away at once, without grace. Answers whether it runs here.
    pub fn kill(&self, run: RunId, cancellation: Cancellation) -> bool {
        self.cell(run).map(|cell| cell.kill(cancellation)).is_some()
    }

    /// As many run as there are slots: looking at each is no search.
    fn cell(&self, run: RunId) -> Option<Arc<RunCell>> {
        self.shared().state().running.values().find(|cell| cell.run() == run).cloned()
    }

    /// Runs that are going on here, with their activation and registration.
    #[must_use]
    pub fn running(&self) -> Vec<(RunId, ActivationId, RegistrationId)> {
        let state = self.shared().state();
        let of = |cell: &Arc<RunCell>| (cell.run(), cell.lease.activation.id, cell.known.registration.id);
        let mut all: Vec<_> = state.running.values().map(of).collect();
        all.sort_unstable();
        all
    }

    /// What a run that is going on here has written so far: as much of it as is kept, head and tail, with a
    /// mark where something was dropped.
    #[must_use]
    pub fn output_of(&self, run: RunId, stream: dormouse_core::Stream) -> Option<Vec<u8>> {
        let cell = self.cell(run)?;
        Some(cell.usage.output(stream).kept())
    }

    /// One activation.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`].
    pub async fn activation(&self, id: ActivationId) -> Result<Option<Activation>, HostError> {
        Ok(self.shared().store.activation(id).await?)
    }

    /// Up to `limit` runs that ended, the newest first.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`].
    pub async fn runs(&self, filter: RunFilter, limit: usize) -> Result<Vec<RunRecord>, HostError> {
        Ok(self.shared().store.runs(filter, limit).await?)
    }

    /// Subscribes `name` to progress and completions. See [`Subscription`].
    ///
    /// # Errors
    ///
    /// [`SubscribeError`].
    pub async fn subscribe(&self, name: impl Into<String>) -> Result<Subscription, SubscribeError> {
        Subscription::open(self.shared().clone(), name.into()).await
    }

    // ---- the end -------------------------------------------------------------------------------------

    /// Stops: takes nothing more in, tells what runs (`terminating`), waits for each run's grace, and
    /// returns when every sandbox is gone and every end is written. What was cut off runs again on the next
    /// host on the same store, and no attempt is charged for it. With `force`, without the grace; may be
    /// called while a polite stop is under way.
    pub async fn shutdown(&self, force: bool) {
        shutdown::stop(self.shared(), force).await;
    }
}

pub(crate) async fn signal(
    shared: &Arc<Shared>,
    message: Message,
) -> Result<Vec<(RegistrationId, Fired)>, FireError> {
    let mut on_topic: Vec<(dormouse_core::Timestamp, RegistrationId)> = {
        let state = shared.state();
        state
            .registrations
            .values()
            .filter(|known| match &known.registration.trigger {
                Trigger::Signal(signal) => {
                    signal.topic == message.topic && !known.spent.load(Ordering::Acquire)
                }
                _ => false,
            })
            .map(|known| (known.registration.registered_at, known.registration.id))
            .collect()
    };
    on_topic.sort_unstable();
    // All at once, so that a store can make one commit of them.
    let firings = on_topic.into_iter().map(|(_, id)| {
        let incoming = Incoming::new(TriggerDetails::Message(message.clone()));
        async move { (id, intake::fire(shared, id, incoming).await) }
    });
    let fired = futures::future::join_all(firings).await;
    fired.into_iter().map(|(id, fired)| Ok((id, fired?))).collect()
}

/// Signals of a source: nobody waits for an answer, so a failure is told as a fault and the signal tried
/// again until the store takes it.
pub(crate) async fn signal_from_source(shared: Arc<Shared>, message: Message) {
    let nobody = RegistrationId::from_uuid(uuid::Uuid::nil());
    let attempt = || async {
        match signal(&shared, message.clone()).await {
            Ok(fired) => Ok(fired),
            Err(FireError::Store(error)) => Err(error),
            Err(FireError::Payload(error)) => {
                tracing::warn!(%error, topic = %message.topic, "a signal was refused");
                Ok(Vec::new())
            }
        }
    };
    persist::retrying(&shared, nobody, "record a signal", attempt).await;
}
