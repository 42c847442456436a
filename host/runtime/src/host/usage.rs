//! What an app keeps and spends, in one view.

use dormouse_core::settings::SettingsSum;
use dormouse_core::{AppId, AppLimits};

use super::{Host, HostError, QuotaView, app_limits};
use crate::folders::Sum;

/// Runs that are kept of an app are counted up to so many.
const RUNS_COUNTED_MAX: u64 = 100_000;

/// What an app keeps and spends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppUsage {
    /// The app.
    pub app: AppId,
    /// What is left of its allowance of CPU time; none if it has none.
    pub quota: Option<QuotaView>,
    /// What it may keep.
    pub limits: AppLimits,
    /// What it keeps in `/local` and `/temp`.
    pub folders: FoldersUsed,
    /// What it keeps as settings.
    pub settings: SettingsSum,
    /// How many registrations it has.
    pub registrations: usize,
    /// Runs of it that go on here.
    pub running: usize,
    /// Runs that ended and are kept, up to 100,000: there may be more.
    pub runs: u64,
}

/// What an app keeps in its folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FoldersUsed {
    /// The host has no place for folders.
    Nowhere,
    /// So much.
    Counted {
        /// The length of all files together, in bytes.
        bytes: u64,
        /// Files, directories and links.
        entries: u64,
    },
    /// More entries than it may have: they are not counted to the end.
    TooMany,
}

impl Host {
    /// What an app keeps and spends; none if it is not installed here. Waits for a disk and the store, and counts files:
    /// not to be asked all the time.
    ///
    /// # Errors
    ///
    /// [`HostError::Folders`] if its folders cannot be looked through; [`HostError::Store`], [`HostError::Stopping`].
    pub async fn usage(&self, app: &AppId) -> Result<Option<AppUsage>, HostError> {
        let shared = self.shared();
        let (limits, registrations, running) = {
            let state = shared.state();
            let Some(limits) = app_limits::of(shared, &state, app) else { return Ok(None) };
            let of_app = state.running.values().filter(|cell| cell.known.registration.app == *app);
            (limits, state.registrations.count(app), of_app.count())
        };
        Ok(Some(AppUsage {
            app: app.clone(),
            quota: self.quota(app),
            folders: self.folders_used(app, limits).await?,
            settings: shared.store.settings_sum(app).await?,
            runs: shared.store.count_runs(app, RUNS_COUNTED_MAX).await?,
            limits,
            registrations,
            running,
        }))
    }

    async fn folders_used(&self, app: &AppId, limits: AppLimits) -> Result<FoldersUsed, HostError> {
        if self.inner.folders.is_none() {
            return Ok(FoldersUsed::Nowhere);
        }
        let (inner, of) = (self.inner.clone(), app.clone());
        let used = tokio::task::spawn_blocking(move || match &inner.folders {
            Some(folders) => folders.used(&of, limits.folder_entries),
            None => Ok(None),
        });
        match used.await.map_err(|_| HostError::Stopping)? {
            Ok(Some(Sum { bytes, entries })) => Ok(FoldersUsed::Counted { bytes, entries }),
            Ok(None) => Ok(FoldersUsed::TooMany),
            Err(source) => Err(HostError::Folders { app: app.clone(), source }),
        }
    }
}
