//! May an app run in the background? UWP's `BackgroundExecutionManager`.

use std::sync::Arc;

use dormouse_core::{AccessStatus, AppId, AppRecord, StoreError};

use super::{Host, HostError};
use crate::drive::persist;
use crate::shared::{NOBODY, Shared};

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
    let decided = app.clone();
    change(
        shared,
        app,
        move |record| {
            record.access = decide(record.access);
            record.access
        },
        move |shared, access| {
            tracing::info!(app = %decided, %access, "access to the background");
            shared.wake.something_waits();
            shared.wake.conditions_changed();
        },
    )
    .await
}

/// Keeps what `change` makes of the record of an app, or, if there is none, of one that says what holds anyway: that is
/// decided now. Then does what follows from it, unless the record was such before. Answers what `change` does.
pub(super) async fn change<T: Copy + Send + 'static>(
    shared: &Arc<Shared>,
    app: &AppId,
    change: impl FnOnce(&mut AppRecord) -> T + Send + 'static,
    then: impl FnOnce(&Shared, T) + Send + 'static,
) -> Result<T, HostError> {
    shared.writable()?;
    let (mine, app) = (shared.clone(), app.clone());
    let done = persist::to_the_end(shared, async move {
        // One at a time: two that begin with the same record would undo each other's change of it.
        let turn = mine.turns.of(&app).await;
        let (access, earlier) = {
            let state = mine.state();
            (mine.access(&state, &app), state.records.get(&app).cloned())
        };
        let mut record = earlier.clone().unwrap_or_else(|| AppRecord::new(app.clone(), access));
        let changed = change(&mut record);
        if earlier.as_ref() == Some(&record) {
            return Ok(changed);
        }
        if let Err(error) = mine.store.save_app(record.clone()).await {
            let (own, told) = (mine.clone(), error.clone());
            // Whoever decides next waits for that; whoever decided this hears of it now.
            drop(persist::to_the_end(&mine, async move {
                undone(&own, &app, earlier, &told).await;
                drop(turn);
            }));
            return Err(error.into());
        }
        mine.state().records.insert(app, record);
        then(&mine, changed);
        Ok(changed)
    });
    done.await.unwrap_or(Err(HostError::Stopping))
}

/// An error says that nothing changed, and nobody knows that of a record whose writing had no answer: what was there
/// `earlier` is written again, and what was not there is removed, alone: what the app keeps is not the record's. Under the turn of the app. Answers whether the record is as it was.
pub(crate) async fn undone(
    shared: &Arc<Shared>,
    app: &AppId,
    earlier: Option<AppRecord>,
    error: &StoreError,
) -> bool {
    if !matches!(error, StoreError::Unavailable(_)) {
        return true;
    }
    let as_it_was = || async {
        match &earlier {
            Some(record) => shared.store.save_app(record.clone()).await,
            None => shared.store.forget_app(app).await,
        }
    };
    persist::retrying(shared, NOBODY, "undo the change of an app", as_it_was).await.is_some()
}
