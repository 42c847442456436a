//! Apps and registrations.

use std::sync::Arc;

use dormouse_core::event::EventKind;
use dormouse_core::quota::Quota;
use dormouse_core::registration::{RegistrationContext, RegistrationRecord, RegistrationStatus};
use dormouse_core::{
    AppId, Cancellation, CancellationReason, Condition, Registration, RegistrationError, RegistrationId,
    TaskBuilder, Trigger,
};

use super::{Host, HostError, IfExists, Registered};
use crate::app::{App, InstalledApp};
use crate::drive::cell::RunCell;
use crate::sandbox::grants::Access;
use crate::shared::Known;
use crate::source::filesystem;

impl Host {
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
}
