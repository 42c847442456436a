//! May an app run in the background? UWP's `BackgroundExecutionManager`.

use std::sync::Arc;

use dormouse_core::{AccessStatus, AppId, AppRecord};

use super::{Host, HostError};
use crate::drive::persist;
use crate::shared::Shared;

impl Host {
    /// Decides about an app, as its operator; whether it is installed or not, and until something else is
    /// decided. Durable when it answers.
    ///
    /// From then on its firings start something or do not (UWP-029, UWP-030), and what waits of it is looked at
    /// again: what waits while access is denied starts when access is given. What runs goes on when access is
    /// taken away, to its end (UWP-031): [`Host::cancel`] ends it. Two decisions reach what runs:
    /// `denied-by-policy` cancels it with `system-policy`, and an app that becomes subject to policy while the
    /// machine saves energy is cancelled with `energy-saver`.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`]: nothing was decided.
    pub async fn set_access(&self, app: &AppId, access: AccessStatus) -> Result<(), HostError> {
        decide(self.shared(), app, move |_| access).await.map(|_| ())
    }

    /// Asks for access on behalf of an app, as the app itself does (UWP-028). What was decided stays; where
    /// nothing was, the app is allowed subject to policy. Answers what holds now.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`]: what held before holds.
    pub async fn request_access(&self, app: &AppId) -> Result<AccessStatus, HostError> {
        request(self.shared(), app).await
    }

    /// Gives the access of an app up: nothing is decided about it any more, and its firings start nothing
    /// until it is requested or decided anew, whatever holds by default for apps that nobody ever decided
    /// about (UWP-031). What runs goes on to its end.
    ///
    /// # Errors
    ///
    /// [`HostError::Store`]: what held before holds.
    pub async fn remove_access(&self, app: &AppId) -> Result<(), HostError> {
        remove(self.shared(), app).await
    }

    /// What was decided about an app, or what holds where nobody did.
    #[must_use]
    pub fn access_status(&self, app: &AppId) -> AccessStatus {
        status(self.shared(), app)
    }
}

/// See [`Host::request_access`].
pub(crate) async fn request(shared: &Arc<Shared>, app: &AppId) -> Result<AccessStatus, HostError> {
    decide(shared, app, AccessStatus::requested).await
}

/// See [`Host::remove_access`].
pub(crate) async fn remove(shared: &Arc<Shared>, app: &AppId) -> Result<(), HostError> {
    decide(shared, app, |_| AccessStatus::Unspecified).await.map(|_| ())
}

/// See [`Host::access_status`].
pub(crate) fn status(shared: &Shared, app: &AppId) -> AccessStatus {
    shared.access(&shared.state(), app)
}

/// Keeps what `decide` makes of what held before.
async fn decide(
    shared: &Arc<Shared>,
    app: &AppId,
    decide: impl FnOnce(AccessStatus) -> AccessStatus + Send + 'static,
) -> Result<AccessStatus, HostError> {
    shared.writable()?;
    let (mine, app) = (shared.clone(), app.clone());
    let done = persist::to_the_end(shared, async move {
        // One at a time: two that begin with the same record would undo each other's change of it.
        let _turn = mine.turns.of(&app).await;
        let (before, record) = {
            let state = mine.state();
            (mine.access(&state, &app), state.records.get(&app).cloned())
        };
        let access = decide(before);
        // A status that holds by default only is kept as well: it was decided now.
        if record.as_ref().is_some_and(|record| record.access == access) {
            return Ok(access);
        }
        let record = match record {
            Some(record) => AppRecord { access, ..record },
            None => AppRecord { app: app.clone(), access, package: None },
        };
        mine.store.save_app(record.clone()).await?;
        mine.state().records.insert(app.clone(), record);
        tracing::info!(%app, %before, %access, "access to the background");
        mine.wake.something_waits();
        mine.wake.conditions_changed();
        Ok(access)
    });
    done.await.unwrap_or(Err(HostError::Stopping))
}
