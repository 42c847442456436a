//! What apps may keep in their folders and settings, and what their operator decided about that.

use dormouse_core::{AppId, AppLimits, AppLimitsRequest, AppRecord};

use super::access::change;
use super::{Host, HostError, Inner};
use crate::shared::{Config, Shared, State};

impl Host {
    /// What an app may keep; none if it is not installed here.
    #[must_use]
    pub fn app_limits(&self, app: &AppId) -> Option<AppLimits> {
        of(self.shared(), &self.shared().state(), app)
    }

    /// What the operator decided about how much an app may keep: nothing, most often.
    #[must_use]
    pub fn app_limits_decision(&self, app: &AppId) -> AppLimitsRequest {
        let state = self.shared().state();
        state.records.get(app).map(|record| record.app_limits).unwrap_or_default()
    }

    /// Decides how much an app may keep, as its operator; whether it is installed or not, and until something else is
    /// decided, or it is removed. What this leaves open is as who installed it asks, or as the host has it. Durable when
    /// it answers.
    ///
    /// It holds at once, also for what runs. What is kept already stays, and does not grow while it is more. The access
    /// of an app that nobody decided about is kept with it, as it holds now.
    ///
    /// # Errors
    ///
    /// [`HostError::AppLimits`] if it is more than the host's maximum, [`HostError::Store`]: nothing was decided;
    /// [`HostError::ReadOnly`].
    pub async fn set_app_limits(&self, app: &AppId, limits: AppLimitsRequest) -> Result<(), HostError> {
        limits.check(&self.shared().config.app_limits_max)?;
        let (inner, settled) = (self.inner.clone(), app.clone());
        change(
            self.shared(),
            app,
            move |record| record.app_limits = limits,
            move |_, ()| {
                tracing::info!(app = %settled, ?limits, "app limits");
                settle(&inner, &settled);
            },
        )
        .await
    }
}

/// What an app may keep that asks for `own`, if this is kept of it.
pub(crate) fn allowed(config: &Config, record: Option<&AppRecord>, own: &AppLimitsRequest) -> AppLimits {
    let asked = record.map_or(*own, |record| record.app_limits.or(own));
    asked.over(&config.app_limits_default, &config.app_limits_max)
}

/// See [`Host::app_limits`].
pub(crate) fn of(shared: &Shared, state: &State, app: &AppId) -> Option<AppLimits> {
    let record = state.records.get(app);
    let own = match state.apps.get(app) {
        Some(installed) => installed.app_limits,
        // A host that only answers questions loads nothing.
        None if state.found.contains(app) => record?.package.as_ref()?.app_limits,
        None => return None,
    };
    Some(allowed(&shared.config, record, &own))
}

/// Has the folders of an app hold what it may keep now.
pub(super) fn settle(inner: &Inner, app: &AppId) {
    let Some(folders) = &inner.folders else { return };
    // Under the lock: of two who do this the later tells what is so in the end. It waits for no disk.
    let state = inner.shared.state();
    if let Some(limits) = of(&inner.shared, &state, app) {
        folders.limit(app, limits);
    }
}
