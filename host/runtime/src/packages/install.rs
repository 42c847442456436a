//! Installing and updating.

use std::collections::BTreeSet;
use std::sync::Arc;

use dormouse_core::app::{AppRecord, PackageRecord, Unfinished};
use dormouse_core::{AppId, AppLimitsRequest, station};
use dormouse_package::{Installed, Manifest, Source};

use super::{
    Dropped, InstallError, InstallOptions, Installation, PackageInfo, Packages, digest, follow, grant,
};
use crate::app::{App, AppComponent};
use crate::component::Component;
use crate::drive::persist;
use crate::drive::quota::of_package;
use crate::host::{Host, access};

impl Host {
    /// Installs a package: reads and checks all of it, compiles its components, opens what it is granted, and makes
    /// the registrations of its manifest. Durable when it answers; nothing is left of it if it fails.
    ///
    /// # Errors
    ///
    /// [`InstallError`]; with [`InstallError::ConsentNeeded`] it lists what the package asks for.
    pub async fn install_package(
        &self,
        source: Source,
        options: InstallOptions,
    ) -> Result<Installation, InstallError> {
        self.to_the_end(source, options, false).await
    }

    /// Replaces an installed package by another version of it. What runs of it is told `servicing-update` and has its
    /// grace (UWP-089); registrations are kept where the new version can have them; `servicing-complete` fires for
    /// those who wait for it (UWP-050), and the manifest's update task runs (UWP-051). With the contents that are
    /// installed already, nothing happens.
    ///
    /// # Errors
    ///
    /// [`InstallError`]; with [`InstallError::ConsentNeeded`] it lists what the new version newly asks for.
    pub async fn update_package(
        &self,
        source: Source,
        options: InstallOptions,
    ) -> Result<Installation, InstallError> {
        self.to_the_end(source, options, true).await
    }

    /// The installed packages, by name.
    #[must_use]
    pub fn packages(&self) -> Vec<PackageInfo> {
        let state = self.inner.shared.state();
        let mut all: Vec<PackageInfo> = state
            .records
            .values()
            .filter_map(|record| {
                let package = record.package.as_ref()?;
                Some(PackageInfo {
                    app: record.app.clone(),
                    version: package.version.clone(),
                    digest: package.digest.clone(),
                    access: record.access,
                    granted: package.granted.clone(),
                    activations: package.activations.clone(),
                    registrations: state.registrations.count(&record.app),
                    loaded: state.is_installed(&record.app),
                })
            })
            .collect();
        all.sort_by(|a, b| a.app.cmp(&b.app));
        all
    }

    /// Once it was polled it is done to its end, whether or not somebody waits for that: a package that is the
    /// installed one in the store is so here as well.
    async fn to_the_end(
        &self,
        source: Source,
        options: InstallOptions,
        update: bool,
    ) -> Result<Installation, InstallError> {
        self.inner.shared.writable()?;
        let host = self.clone();
        let done =
            persist::to_the_end(
                &self.inner.shared,
                async move { host.take_in(source, options, update).await },
            );
        done.await.unwrap_or(Err(InstallError::Stopping))
    }

    async fn take_in(
        &self,
        source: Source,
        options: InstallOptions,
        update: bool,
    ) -> Result<Installation, InstallError> {
        let packages = self.inner.packages.clone().ok_or(InstallError::NoPackages)?;
        let _one_at_a_time = packages.changing.lock().await;
        let repository = packages.repository.clone();
        let staged = blocking(move || repository.stage(source)).await??;
        let app = staged.manifest().name.clone();
        let version = staged.manifest().version.to_string();
        if let Some(meant) = options.only.clone().filter(|meant| *meant != app) {
            return Err(InstallError::OtherApp { meant, found: app });
        }
        let before = self.package_record(&app, update)?;
        if let Some(package) = &before
            && digest(package) == Some(staged.digest())
        {
            return Ok(unchanged(app, version));
        }

        // Of what was installed when the maximum was larger, a start of the host takes what is within.
        let config = &self.inner.shared.config;
        staged.manifest().limits.check(&config.limits_max)?;
        staged.manifest().app_limits.check(&config.app_limits_max)?;
        if let (Some(asked), Some(host)) = (staged.manifest().quota, config.quota_default)
            && !asked.is_within(&host)
        {
            return Err(InstallError::Quota { asked, host });
        }

        let old = match &before {
            Some(package) => packages.manifest_of(&app, package).await?,
            None => None,
        };
        let given = AppLimitsRequest::none().over(&config.app_limits_default, &config.app_limits_max);
        let difference = staged.manifest().difference(old.as_ref(), &given);
        if !options.consent.covers(&difference) {
            return Err(InstallError::ConsentNeeded { app, version, difference });
        }
        if let Some(package) = &before
            && !options.allow_downgrade
            && old.as_ref().is_some_and(|old| staged.manifest().version < old.version)
        {
            let installed = package.version.clone();
            return Err(InstallError::Downgrade { app, installed, offered: version });
        }
        let granted_before = before.as_ref().map(|package| package.granted.clone()).unwrap_or_default();
        let granted = grant::decide(&staged.manifest().capabilities, &granted_before, &options)?;
        // Opened before anything changes: a directory that is gone is told now.
        let grants = grant::open(&granted.record)?;

        let repository = packages.repository.clone();
        station::pass("install.staged");
        let installed = Arc::new(blocking(move || repository.commit(staged)).await??);
        station::pass("install.committed");
        let loaded = packages.compile(self, &installed).await;
        let loaded = match loaded {
            Ok(loaded) => loaded.grants(grants),
            Err(error) => {
                packages.forget(&installed).await;
                return Err(error);
            }
        };
        let from = before.as_ref().map(|package| package.version.clone());
        let unfinished = match &from {
            Some(from) => Unfinished::Updating { from: from.clone() },
            None => Unfinished::Installing,
        };
        let shared = &self.inner.shared;
        // Whoever decides about its access meanwhile does so before this or after it.
        let turn = shared.turns.of(&app).await;
        let (access, earlier) = {
            let state = shared.state();
            (shared.access(&state, &app), state.records.get(&app).cloned())
        };
        let package = PackageRecord {
            version: version.clone(),
            digest: installed.digest().to_string(),
            unfinished: Some(unfinished),
            granted: granted.record,
            quota: installed.manifest().quota,
            app_limits: installed.manifest().app_limits,
            activations: installed.manifest().activations(),
        };
        // What was decided about the app holds, whatever package it is of.
        let decided = earlier.clone().unwrap_or_else(|| AppRecord::new(app.clone(), access));
        let record = AppRecord { access, package: Some(package), ..decided };
        // From here on it is the installed one.
        if let Err(error) = shared.store.save_app(record.clone()).await {
            // The record may name the new files. As long as that is not undone they stay: a later start sweeps them.
            if access::undone(shared, &app, earlier, &error).await {
                packages.forget(&installed).await;
            }
            return Err(error.into());
        }
        station::pass("install.recorded");
        shared.state().records.insert(app.clone(), record.clone());
        drop(turn);
        let followed = follow::up(self, record, loaded, installed.manifest(), old.as_ref()).await;
        let followed = followed.map_err(InstallError::Follow)?;
        if let Some(old) = before.as_ref().and_then(digest) {
            packages.remove(&app, old).await;
        }
        let manifest = installed.manifest();
        let contradictions = manifest.contradictions.iter();
        Ok(Installation {
            app,
            version,
            from,
            unchanged: false,
            newly_taken: manifest.newly_taken(old.as_ref()),
            not_granted: granted.missing,
            registered: followed.registered,
            dropped: followed.dropped,
            update_task: followed.update_task,
            contradictions: contradictions
                .map(|c| (c.registration.clone(), c.one.clone(), c.other.clone()))
                .collect(),
        })
    }

    /// What is installed under this name, if that is as it should be for an update or an installation.
    fn package_record(&self, app: &AppId, update: bool) -> Result<Option<PackageRecord>, InstallError> {
        let state = self.inner.shared.state();
        let package = state.records.get(app).and_then(|record| record.package.clone());
        match package {
            Some(package) if update => Ok(Some(package)),
            Some(package) => {
                Err(InstallError::AlreadyInstalled { app: app.clone(), version: package.version })
            }
            None if state.apps.contains_key(app) => Err(InstallError::Embedded { app: app.clone() }),
            None if update => Err(InstallError::NotInstalled { app: app.clone() }),
            None => Ok(None),
        }
    }
}

fn unchanged(app: AppId, version: String) -> Installation {
    Installation {
        app,
        from: Some(version.clone()),
        version,
        unchanged: true,
        newly_taken: BTreeSet::new(),
        not_granted: Vec::new(),
        registered: Vec::new(),
        dropped: Vec::<Dropped>::new(),
        update_task: None,
        contradictions: Vec::new(),
    }
}

impl Packages {
    /// The app of a package: its components compiled, or found compiled. Without grants.
    pub(super) async fn compile(&self, host: &Host, installed: &Arc<Installed>) -> Result<App, InstallError> {
        let manifest = installed.manifest();
        let config = &host.inner.shared.config;
        let mut app = App::new(manifest.name.clone())
            .limits(manifest.limits.cut(&config.limits_max))
            .app_limits(manifest.app_limits.cut(&config.app_limits_max));
        app.quota = of_package(config, manifest.quota);
        for (name, entry_point) in &manifest.entry_points {
            let (package, entry) = (installed.clone(), name.clone());
            let bytes = blocking(move || package.component(&entry)).await??;
            let loaded = Component::load(host.engine(), &self.compiler, self.cache.as_ref(), bytes).await;
            let component =
                loaded.map_err(|source| InstallError::Component { entry_point: name.clone(), source })?;
            app = app.entry_point(name, component).declares(name, entry_point.triggers.clone());
        }
        if let Some(declared) = manifest.app() {
            let package = installed.clone();
            let bytes = blocking(move || package.app_component()).await??;
            // It is there, as the manifest names it.
            if let Some(bytes) = bytes {
                let loaded =
                    AppComponent::load(host.engine(), &self.compiler, self.cache.as_ref(), bytes).await;
                let component = loaded.map_err(InstallError::AppComponent)?;
                let component = component
                    .activations(declared.activations.iter().copied())
                    .prelaunch(declared.prelaunch)
                    .memory(declared.memory);
                app = app.app(component);
            }
        }
        Ok(app)
    }

    /// The manifest of the version that is installed; none if its files are damaged, which an update mends.
    async fn manifest_of(
        &self,
        app: &AppId,
        package: &PackageRecord,
    ) -> Result<Option<Manifest>, InstallError> {
        let Some(digest) = digest(package) else { return Ok(None) };
        let (repository, app) = (self.repository.clone(), app.clone());
        let found = blocking(move || repository.installed(&app, &digest)).await?;
        Ok(found.ok().flatten().map(|installed| installed.manifest().clone()))
    }

    /// Takes back what was not installed in the end.
    async fn forget(&self, installed: &Installed) {
        self.remove(&installed.manifest().name, installed.digest()).await;
    }

    /// Removes the files of a package. What cannot be removed now is swept at the next start.
    pub(super) async fn remove(&self, app: &AppId, digest: dormouse_package::Digest) {
        let (repository, app) = (self.repository.clone(), app.clone());
        if let Ok(Err(error)) = blocking(move || repository.remove(&app, &digest)).await {
            tracing::warn!(%error, "the files of a package were not removed; trying again at the next start");
        }
    }
}

/// Disks are waited for elsewhere than on the host's own threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, InstallError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| InstallError::Stopping)
}
