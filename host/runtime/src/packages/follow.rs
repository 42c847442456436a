//! What follows the moment at which a package became the installed one. Done again from the start by the next host if
//! this one ends in between: every step finds what it did before.

use std::collections::BTreeSet;

use dormouse_core::app::{AppRecord, Unfinished};
use dormouse_core::{
    AppId, Cancellation, CancellationReason, Refusal, RegistrationId, SystemEvent, SystemTrigger,
    TaskBuilder, Trigger, TriggerDetails, station,
};
use dormouse_package::Manifest;

use super::Dropped;
use crate::app::App;
use crate::drive::cell::RunCell;
use crate::drive::intake::{self, FireError, Fired, Incoming};
use crate::drive::run::gone;
use crate::host::{Host, HostError, IfExists};
use crate::lifecycle;
use crate::registrar;

/// The group of the registration that runs an update task: the app did not make it, and does not see it among its own.
const UPDATE_GROUP: &str = "dormouse.update-task";

#[derive(Default)]
pub(super) struct Followed {
    pub(super) registered: Vec<RegistrationId>,
    pub(super) dropped: Vec<Dropped>,
    pub(super) update_task: Option<RegistrationId>,
}

/// Puts `app` in its place, has what runs of the version before end, makes registrations anew, and tells of the
/// update. `old` is the manifest of the version before, if it is known.
pub(super) async fn up(
    host: &Host,
    mut record: AppRecord,
    app: App,
    manifest: &Manifest,
    old: Option<&Manifest>,
) -> Result<Followed, HostError> {
    let id = record.app.clone();
    let Some(package) = &mut record.package else { return Ok(Followed::default()) };
    let unfinished = package.unfinished.take();
    // Captured before the app is replaced: what starts from now on is of the new version.
    let running = host.running_of(&id);
    host.install(app)?;
    let mut followed = Followed::default();
    if let Some(Unfinished::Updating { from }) = &unfinished {
        let detail = format!("version {from} is being replaced by {}", package.version);
        let cancellation = Cancellation::new(CancellationReason::ServicingUpdate, "update", detail);
        host.end(&running, &cancellation).await;
        // Its own instance saves what it has, and is not of this version any more.
        lifecycle::replaced(&host.inner.shared, &id).await;
        followed.dropped = drop_what_does_not_fit(host, &id, manifest, old).await?;
    }
    if unfinished.is_some() {
        for builder in &manifest.registrations {
            let made = host.register(&id, builder.clone(), IfExists::ReplaceIfDifferent).await?;
            followed.registered.push(made.id);
        }
        station::pass("install.registered");
    }
    if let Some(Unfinished::Updating { from }) = &unfinished {
        followed.update_task = update_task(host, &id, manifest, from, &package.digest).await?;
        servicing_complete(host, &id, &package.digest).await?;
    }
    if unfinished.is_some() {
        // Access and quota and the like may have been decided meanwhile, and are not this record's to say.
        let shared = &host.inner.shared;
        let _turn = shared.turns.of(&id).await;
        let decided = shared.state().records.get(&id).cloned();
        if let Some(decided) = decided {
            record = AppRecord { package: record.package, ..decided };
        }
        shared.store.save_app(record.clone()).await?;
        shared.state().records.insert(id, record);
    }
    Ok(followed)
}

/// Removes registrations that the version before made in its manifest and this one does not, and those that this one
/// cannot run. The app's own are kept where it can.
async fn drop_what_does_not_fit(
    host: &Host,
    app: &AppId,
    manifest: &Manifest,
    old: Option<&Manifest>,
) -> Result<Vec<Dropped>, HostError> {
    let key = |builder: &TaskBuilder| (builder.group_id().map(str::to_owned), builder.name().to_owned());
    let made: BTreeSet<_> = manifest.registrations.iter().map(key).collect();
    let made_before: BTreeSet<_> = old.into_iter().flat_map(|old| &old.registrations).map(key).collect();
    let registrations: Vec<_> = {
        let state = host.inner.shared.state();
        state.registrations.of_app(app).map(|known| known.registration.clone()).collect()
    };
    let mut dropped = Vec::new();
    for registration in registrations {
        let key = (registration.group.clone(), registration.name.clone());
        if made.contains(&key) || registration.group.as_deref() == Some(UPDATE_GROUP) {
            continue;
        }
        let reason = if made_before.contains(&key) {
            "the manifest does not make it any more".to_owned()
        } else {
            match registrar::fits(&host.inner.shared, &registration) {
                Ok(()) => continue,
                Err(error) => error.to_string(),
            }
        };
        host.unregister(registration.id, false).await?;
        tracing::warn!(%app, registration = %registration.id, name = registration.name, reason, "an update removed a registration");
        dropped.push(Dropped { id: registration.id, name: registration.name, reason });
    }
    Ok(dropped)
}

/// Registers the manifest's update task for the one `servicing-complete` that follows. It is the same however often
/// this is done for one update, and another for the next.
async fn update_task(
    host: &Host,
    app: &AppId,
    manifest: &Manifest,
    from: &str,
    digest: &str,
) -> Result<Option<RegistrationId>, HostError> {
    let known = host.inner.shared.state().registrations.named(app, Some(UPDATE_GROUP), UPDATE_GROUP).cloned();
    let Some(entry_point) = &manifest.update_task else {
        if let Some(known) = known {
            host.unregister(known.registration.id, false).await?;
        }
        return Ok(None);
    };
    let builder = TaskBuilder::new(UPDATE_GROUP)
        .group(UPDATE_GROUP)
        .entry_point(entry_point)
        .trigger(Trigger::System(SystemTrigger::once(SystemEvent::ServicingComplete)))
        .env("DORMOUSE_UPDATED_FROM", from)
        .env("DORMOUSE_UPDATED_TO", manifest.version.to_string())
        .env("DORMOUSE_PACKAGE_DIGEST", digest);
    if let Some(known) = known {
        let of_this_update = known
            .registration
            .env
            .iter()
            .any(|(name, value)| name == "DORMOUSE_PACKAGE_DIGEST" && value == digest);
        if of_this_update {
            return Ok(Some(known.registration.id));
        }
        host.unregister(known.registration.id, false).await?;
    }
    Ok(Some(registrar::register_of_host(&host.inner.shared, app.clone(), builder).await?))
}

/// Fires `servicing-complete` for one app, once for each version that is installed.
async fn servicing_complete(host: &Host, app: &AppId, digest: &str) -> Result<(), HostError> {
    let waiting: Vec<RegistrationId> = {
        let state = host.inner.shared.state();
        let known = state.registrations.on_event(SystemEvent::ServicingComplete);
        known.filter(|known| known.registration.app == *app).map(|known| known.registration.id).collect()
    };
    for id in waiting {
        let incoming = Incoming {
            key: Some(format!("{}:{digest}", SystemEvent::ServicingComplete)),
            ..Incoming::new(TriggerDetails::None)
        };
        match intake::fire(&host.inner.shared, id, incoming).await {
            Ok(Fired::Refused(Refusal::Stopping)) => return Err(HostError::Stopping),
            Err(FireError::Store(error)) => return Err(error.into()),
            Err(FireError::ReadOnly) => return Err(HostError::ReadOnly),
            // Nothing comes with it, its key is ours, and it is no request.
            Ok(_) | Err(FireError::Payload(_) | FireError::Key { .. } | FireError::NotApplication { .. }) => {
            }
        }
    }
    Ok(())
}

impl Host {
    /// What runs here of an app.
    pub(super) fn running_of(&self, app: &AppId) -> Vec<std::sync::Arc<RunCell>> {
        let state = self.inner.shared.state();
        state.running.values().filter(|cell| cell.known.registration.app == *app).cloned().collect()
    }

    /// Cancels runs, and waits until their sandboxes are gone: no longer than the longest grace.
    pub(super) async fn end(&self, running: &[std::sync::Arc<RunCell>], cancellation: &Cancellation) {
        for cell in running {
            cell.cancel(cancellation.clone());
        }
        gone(&self.inner.shared, running).await;
    }
}
