//! Removing a package.

use std::sync::Arc;

use dormouse_core::app::{AppRecord, Unfinished};
use dormouse_core::event::EventKind;
use dormouse_core::{AppId, Cancellation, CancellationReason};

use super::install::blocking;
use super::{InstallError, Packages, digest};
use crate::drive::{persist, quota};
use crate::host::Host;
use crate::lifecycle;
use crate::shared::Known;
use crate::source;

impl Host {
    /// Removes a package with its registrations, its settings and its local folder (UWP-024). What runs of it is told
    /// `uninstall` and has its grace (UWP-090); what waits does not run. Directories that it was granted stay as they
    /// are. Once this has begun it is not undone: what an end of the process leaves is removed at the next start.
    ///
    /// # Errors
    ///
    /// [`InstallError::NotInstalled`]; [`InstallError::Store`] and [`InstallError::LocalFolder`], after which it may be
    /// asked for again.
    pub async fn uninstall_package(&self, app: &AppId) -> Result<(), InstallError> {
        self.inner.shared.writable()?;
        let (host, app) = (self.clone(), app.clone());
        let done = persist::to_the_end(&self.inner.shared, async move { host.uninstall(&app).await });
        done.await.unwrap_or(Err(InstallError::Stopping))
    }

    async fn uninstall(&self, app: &AppId) -> Result<(), InstallError> {
        let packages = self.inner.packages.clone().ok_or(InstallError::NoPackages)?;
        let _one_at_a_time = packages.changing.lock().await;
        let shared = &self.inner.shared;
        let turn = shared.turns.of(app).await;
        let record = shared.state().records.get(app).filter(|record| record.package.is_some()).cloned();
        let Some(mut record) = record else { return Err(InstallError::NotInstalled { app: app.clone() }) };
        if let Some(package) = &mut record.package {
            package.unfinished = Some(Unfinished::Uninstalling);
        }
        shared.store.save_app(record.clone()).await?;
        // From here on it is not installed any more: nothing of it starts.
        let running = self.running_of(app);
        {
            let mut state = shared.state();
            state.records.insert(app.clone(), record.clone());
            state.uninstall(app);
        }
        let registrations = self.forget_registrations(app);
        // What was being registered is forgotten with the rest, and what comes now finds no app.
        drop(turn);
        for known in &registrations {
            shared.unaccepted.forget(known.registration.id);
            source::close(shared, known.registration.id).wait().await;
        }
        let detail = format!("app `{app}` is being removed");
        self.end(&running, &Cancellation::new(CancellationReason::Uninstall, "uninstall", detail)).await;
        lifecycle::removed(shared, app).await;
        for known in &registrations {
            let waited = shared.store.counts(known.registration.id).await?.waiting;
            shared.emit(known.registration.id, || EventKind::Unregistered { withdrawn: waited });
        }
        self.remove_rest(&packages, &record).await
    }

    /// The registrations of an app are found no more; the store keeps them until the last step.
    pub(super) fn forget_registrations(&self, app: &AppId) -> Vec<Arc<Known>> {
        let mut state = self.inner.shared.state();
        let ids: Vec<_> = state.registrations.of_app(app).map(|known| known.registration.id).collect();
        ids.into_iter().filter_map(|id| state.registrations.remove(id)).collect()
    }

    /// Removes what is left of an app whose removal has begun: its folder, its files, and at last its record.
    pub(super) async fn remove_rest(
        &self,
        packages: &Arc<Packages>,
        record: &AppRecord,
    ) -> Result<(), InstallError> {
        let app = &record.app;
        let (inner, gone) = (self.inner.clone(), app.clone());
        blocking(move || match &inner.folders {
            Some(folders) => folders.remove(&gone),
            None => Ok(()),
        })
        .await?
        .map_err(|source| InstallError::LocalFolder { app: app.clone(), source })?;
        if let Some(digest) = record.package.as_ref().and_then(digest) {
            packages.remove(app, digest).await;
        }
        let shared = &self.inner.shared;
        // What it has used is not written behind its back.
        let saving = shared.saving_quotas.lock().await;
        lifecycle::detach(shared, app).await?;
        let removed = shared.store.remove_app(app, shared.clock.wall()).await?;
        drop(saving);
        {
            let mut state = shared.state();
            state.records.remove(app);
            // Another may have been installed under its name meanwhile: that one keeps its allowance.
            if !state.apps.contains_key(app) {
                state.uninstall(app);
            }
            for activation in &removed.withdrawn {
                // The waiters see their channel closed, look, and find it withdrawn.
                state.awaited.remove(activation);
            }
        }
        // What its operator decided went with its record.
        quota::settle(shared, app);
        Ok(())
    }
}
