//! What a host finds when it starts.

use std::sync::Arc;

use cap_std::fs::Dir;
use dormouse_core::AppId;
use dormouse_core::app::{AppRecord, PackageRecord, Unfinished};
use foldhash::HashSet;

use super::install::blocking;
use super::{InstallError, Packages, digest, follow, grant};
use crate::host::Host;
use crate::registrar::with_causes;

/// Goes on with what an earlier host left unfinished, sweeps what is not installed, and loads what is. A package that
/// cannot be loaded is told and left out: what waits of it waits until it is installed again.
///
/// # Errors
///
/// [`InstallError::Repository`]: the repository cannot be read at all.
pub(crate) async fn load_all(host: &Host, packages: &Arc<Packages>) -> Result<(), InstallError> {
    let _one_at_a_time = packages.changing.lock().await;
    let records: Vec<AppRecord> = host.inner.shared.state().records.values().cloned().collect();
    let installed = records.iter().filter_map(|record| Some((&record.app, record.package.as_ref()?)));
    let keep: Vec<_> = installed.filter_map(|(app, package)| Some((app.clone(), digest(package)?))).collect();
    let repository = packages.repository.clone();
    let swept = blocking(move || repository.sweep(&keep)).await??;
    for (app, digest) in swept {
        tracing::info!(%app, %digest, "files of a package that is not installed were removed");
    }
    for record in records {
        let Some(package) = &record.package else { continue };
        let app = record.app.clone();
        let done = if package.unfinished == Some(Unfinished::Uninstalling) {
            host.forget_registrations(&app);
            host.remove_rest(packages, &record).await
        } else {
            load(host, packages, record).await
        };
        if let Err(error) = done {
            tracing::error!(%app, error = with_causes(&error), "an installed package is not as it should be");
        }
    }
    Ok(())
}

/// Which of these packages' files are there, by their name alone: nothing of them is read.
///
/// # Errors
///
/// [`InstallError::Stopping`].
pub(crate) async fn found(
    directory: Dir,
    packages: Vec<(AppId, PackageRecord)>,
) -> Result<HashSet<AppId>, InstallError> {
    let there = move |(app, package): (AppId, PackageRecord)| {
        let gone = package.unfinished == Some(Unfinished::Uninstalling);
        let digest = digest(&package).filter(|_| !gone)?;
        directory.is_dir(format!("{app}/{digest}")).then_some(app)
    };
    blocking(move || packages.into_iter().filter_map(there).collect()).await
}

async fn load(host: &Host, packages: &Arc<Packages>, record: AppRecord) -> Result<(), InstallError> {
    let Some(package) = &record.package else { return Ok(()) };
    let not_found = || InstallError::NotInstalled { app: record.app.clone() };
    let digest = digest(package).ok_or_else(not_found)?;
    let (repository, app) = (packages.repository.clone(), record.app.clone());
    let installed = blocking(move || repository.installed(&app, &digest)).await??.ok_or_else(not_found)?;
    let grants = grant::open(&package.granted)?;
    let installed = Arc::new(installed);
    let app = packages.compile(host, &installed).await?.grants(grants);
    let followed = follow::up(host, record, app, installed.manifest(), None).await;
    followed.map_err(InstallError::Follow)?;
    Ok(())
}
