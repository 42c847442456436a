//! Apps and registrations.

use std::sync::Arc;

use dormouse_core::registration::RegistrationRecord;
use dormouse_core::{AppId, Condition, RegistrationError, RegistrationId, TaskBuilder};

use super::{Host, HostError, IfExists, Registered, app_limits};
use crate::app::{App, InstalledApp};
use crate::drive::quota::settle;
use crate::lifecycle;
use crate::registrar::{self, Made};
use crate::shared::Known;
use crate::source;

impl Host {
    /// Installs an app, or replaces the one of the same name. Opens its directories; what waits for it may
    /// run from now on.
    ///
    /// # Errors
    ///
    /// [`HostError::Limits`] and [`HostError::AppLimits`] if it asks for more than the host's maximum; [`HostError::Folders`] if `/local` and `/temp`
    /// cannot be made; [`HostError::Watch`] and
    /// [`HostError::Listen`] if a folder that a stored registration watches cannot be, or nothing can listen at
    /// its address: of several, the first. The app is installed then, and its other registrations fire.
    pub fn install(&self, app: App) -> Result<(), HostError> {
        let shared = self.shared();
        shared.writable()?;
        app.limits.check(&shared.config.limits_max)?;
        app.app_limits.check(&shared.config.app_limits_max)?;
        let id = app.id.clone();
        let mut grants = match &app.asked {
            Some(asked) => app.grants.effective(asked),
            None => app.grants.clone(),
        };
        if let Some(folders) = &self.inner.folders {
            let (first, limits) = {
                let state = shared.state();
                let limits = app_limits::allowed(&shared.config, state.records.get(&id), &app.app_limits);
                // Its runs may be using `temp` if it is being replaced.
                (!state.apps.contains_key(&id), limits)
            };
            let own = folders
                .open(&id, first, limits)
                .map_err(|source| HostError::Folders { app: id.clone(), source })?;
            grants = grants.with_own_folders(own)?;
        }
        let has_life = app.lifecycle.is_some();
        let registered: Vec<Arc<Known>> = {
            let mut state = shared.state();
            state.install(InstalledApp::new(app, grants));
            state.registrations.arm_app(&id);
            state.registrations.of_app(&id).cloned().collect()
        };
        settle(shared, &id);
        app_limits::settle(&self.inner, &id);
        if has_life {
            lifecycle::attach(shared, &id);
        }
        let mut sources = Ok(());
        for known in registered {
            let registration = &known.registration;
            match source::open(shared, registration) {
                Ok(opened) => drop(source::adopt(shared, registration.id, opened)),
                Err(error) => {
                    // What it was granted before it may not be granted now.
                    drop(source::close(shared, registration.id));
                    sources = sources.and(Err(error));
                }
            }
        }
        shared.wake.something_waits();
        shared.wake.timer.notify_one();
        sources
    }

    /// Whether `builder` would register for `app`, in the place of one of the same group and name if there is
    /// one, without doing so (UWP-026). Answers pairs of conditions that can never hold together.
    ///
    /// # Errors
    ///
    /// [`RegistrationError`] names the field.
    pub fn validate(
        &self,
        app: &AppId,
        builder: &TaskBuilder,
    ) -> Result<Vec<(Condition, Condition)>, RegistrationError> {
        registrar::validate(self.shared(), app, builder)
    }

    /// Registers a task of `app`. Durable when it answers; survives the program (UWP-019, UWP-020). Once it
    /// has been polled it is done to its end, whether or not somebody waits for that.
    ///
    /// # Errors
    ///
    /// [`HostError::Registration`] names the field, and nothing is registered (UWP-006);
    /// [`HostError::Exists`] under [`IfExists::Error`]; [`HostError::Watch`], [`HostError::Listen`],
    /// [`HostError::Store`]: what was registered before goes on as it was. Each is an event as well (UWP-007).
    pub async fn register(
        &self,
        app: &AppId,
        builder: TaskBuilder,
        if_exists: IfExists,
    ) -> Result<Registered, HostError> {
        self.shared().writable()?;
        let made = registrar::register(self.shared(), app.clone(), builder, if_exists).await?;
        let Made { known, contradictions, access } = made;
        Ok(Registered { id: known.registration.id, contradictions, access })
    }

    /// Removes a registration; what waits of it does not run (UWP-023). With `cancel`, what runs of it is
    /// cancelled with `abort` (UWP-022); else it finishes (UWP-021). Answers whether there was one.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`]: it may still be there.
    pub async fn unregister(&self, id: RegistrationId, cancel: bool) -> Result<bool, HostError> {
        self.shared().writable()?;
        registrar::unregister(self.shared(), id, cancel).await
    }

    /// All registrations, in the order of their making.
    #[must_use]
    pub fn registrations(&self) -> Vec<RegistrationRecord> {
        let mut all: Vec<RegistrationRecord> =
            self.shared().state().registrations.all().map(|known| known.record()).collect();
        all.sort_by_key(|record| (record.registration.registered_at, record.registration.id));
        all
    }

    /// One registration.
    #[must_use]
    pub fn registration(&self, id: RegistrationId) -> Option<RegistrationRecord> {
        self.shared().state().registrations.get(id).map(|known| known.record())
    }

    /// The registrations of `app` that are in no group, in the order of their making (UWP-016).
    #[must_use]
    pub fn tasks(&self, app: &AppId) -> Vec<RegistrationRecord> {
        registrar::listed(self.shared(), app, None)
    }

    /// The groups of `app` that are not empty, in order.
    #[must_use]
    pub fn groups(&self, app: &AppId) -> Vec<String> {
        registrar::groups(self.shared(), app)
    }

    /// The registrations of one group of `app`, in the order of their making; none if there is no such group
    /// (UWP-017).
    #[must_use]
    pub fn group_tasks(&self, app: &AppId, group: &str) -> Vec<RegistrationRecord> {
        registrar::listed(self.shared(), app, Some(group))
    }
}
