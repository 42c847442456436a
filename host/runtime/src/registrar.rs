//! Registering and unregistering, for the embedding program and for guests alike.
//!
//! What is wrong is found before anything is kept (UWP-006): a registration is judged, its source opened, its
//! record made durable, and only then can it be listed and fire. Registrations of one app are made and
//! removed one after the other, so that what was judged still holds when it is kept; and each is done to its
//! end, whether or not whoever asked still waits.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use dormouse_core::event::EventKind;
use dormouse_core::registration::{EntryPoint, NAME_LEN_MAX, RegistrationContext, RegistrationRecord};
use dormouse_core::{
    AccessStatus, AppId, Cancellation, CancellationReason, Condition, Registration, RegistrationError,
    RegistrationId, StoreError, TaskBuilder, Timestamp,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::drive::cell::RunCell;
use crate::drive::persist;
use crate::host::{HostError, IfExists};
use crate::shared::{Known, Shared};
use crate::source;

/// A registration that was made, or found.
pub(crate) struct Made {
    pub(crate) known: Arc<Known>,
    pub(crate) contradictions: Vec<(Condition, Condition)>,
    pub(crate) access: AccessStatus,
}

/// So many apps register at once. Two that share a turn wait for each other, and nothing else.
const TURNS: usize = 64;

/// Whose turn it is to register or unregister, by app.
pub(crate) struct Turns([Arc<Mutex<()>>; TURNS]);

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Arc::default()))
    }
}

impl Turns {
    /// Waits for the turn of `app`.
    pub(crate) async fn of(&self, app: &AppId) -> OwnedMutexGuard<()> {
        let mut hasher = DefaultHasher::new();
        app.hash(&mut hasher);
        let turn = usize::try_from(hasher.finish() % TURNS as u64).unwrap_or_default();
        let [first, ..] = &self.0;
        self.0.get(turn).unwrap_or(first).clone().lock_owned().await
    }
}

/// What a registration of `app` is judged by. With `except`, as if that one were not there.
fn with_context<R>(
    shared: &Shared,
    app: &AppId,
    except: Option<RegistrationId>,
    use_it: impl FnOnce(&RegistrationContext<'_>) -> R,
) -> R {
    let (installed, application, registered) = {
        let state = shared.state();
        let application = state.registrations.application(app).find(|id| Some(*id) != except);
        let replaced = except.is_some_and(|id| state.registrations.contains(id));
        let registered = state.registrations.count(app) - usize::from(replaced);
        (state.apps.get(app).cloned(), application, registered)
    };
    let installed = installed.as_ref();
    use_it(&RegistrationContext {
        entry_points: installed.map(|app| app.entry_points.as_slice()),
        app: installed.is_some_and(|app| app.lifecycle.is_some()),
        directories: installed.map(|app| app.directories.as_slice()).unwrap_or_default(),
        listen: installed.map(|app| app.listen.as_slice()).unwrap_or_default(),
        application,
        registered,
        registered_max: shared.config.registrations_per_app,
        timers: shared.config.timers,
        limits_max: &shared.config.limits_max,
    })
}

/// Whether what is registered would be registered today: its app may have been replaced by another version.
///
/// # Errors
///
/// [`RegistrationError`] names what the app does not have any more.
pub(crate) fn fits(shared: &Shared, registration: &Registration) -> Result<(), RegistrationError> {
    with_context(shared, &registration.app, Some(registration.id), |context| registration.check(context))
}

/// See [`Host::validate`](crate::Host::validate).
pub(crate) fn validate(
    shared: &Shared,
    app: &AppId,
    builder: &TaskBuilder,
) -> Result<Vec<(Condition, Condition)>, RegistrationError> {
    // As it would be judged if it were registered in the place of what it would replace.
    let replaces = {
        let state = shared.state();
        let named = state.registrations.named(app, builder.group_id(), builder.name());
        named.map(|known| known.registration.id)
    };
    with_context(shared, app, replaces, |context| builder.validate(app, context))
}

/// See [`Host::register`](crate::Host::register).
pub(crate) async fn register(
    shared: &Arc<Shared>,
    app: AppId,
    builder: TaskBuilder,
    if_exists: IfExists,
) -> Result<Made, HostError> {
    let mine = Arc::clone(shared);
    let done = persist::to_the_end(shared, async move {
        let turn = mine.turns.of(&app).await;
        let same_name = mine.state().registrations.named(&app, builder.group_id(), builder.name()).cloned();
        let same_name = same_name.filter(|_| if_exists != IfExists::AllowDuplicate);
        let id = match &same_name {
            Some(existing) => existing.registration.id,
            None => RegistrationId::from_uuid(mine.ids.fresh()),
        };
        let name: String = builder.name().chars().take(NAME_LEN_MAX).collect();
        let before = same_name.as_ref().map(|known| known.record());
        let made = make(&mine, &app, id, builder, same_name, if_exists).await;
        if let Err(error) = &made {
            mine.emit(id, || EventKind::RegistrationFailed { app, name, error: with_causes(error) });
            undo(&mine, id, before, turn, error);
        }
        made
    });
    done.await.unwrap_or(Err(HostError::Stopping))
}

async fn make(
    shared: &Arc<Shared>,
    app: &AppId,
    id: RegistrationId,
    builder: TaskBuilder,
    same_name: Option<Arc<Known>>,
    if_exists: IfExists,
) -> Result<Made, HostError> {
    let now = shared.clock.wall();
    let (contradictions, registration) = with_context(shared, app, Some(id), |context| {
        let contradictions = builder.validate(app, context)?;
        Ok::<_, RegistrationError>((contradictions, builder.build(id, app.clone(), now, context)?))
    })?;
    let access = shared.access(&shared.state(), app);
    let record = match &same_name {
        None => RegistrationRecord::new(registration, now),
        Some(known) if if_exists == IfExists::Keep => {
            return Ok(Made { known: known.clone(), contradictions, access });
        }
        Some(_) if if_exists == IfExists::Error => {
            return Err(HostError::Exists { app: app.clone(), name: registration.name, id });
        }
        Some(known) => {
            let record = in_place_of(known, registration, now);
            if record.registration == known.registration {
                return Ok(Made { known: known.clone(), contradictions, access });
            }
            record
        }
    };
    let mut known = know(shared, record.clone())?;
    let mut other_trigger = false;
    if let Some(before) = &same_name {
        // What runs goes on, and counts.
        known.going = before.going.clone();
        if before.registration.trigger == known.registration.trigger {
            known.fired = before.fired.clone();
        }
        other_trigger = before.registration.trigger != known.registration.trigger;
    }
    let known = Arc::new(known);
    let opened = source::open(shared, &known.registration)?;
    shared.store.save_registration(record).await?;
    for (one, other) in &contradictions {
        tracing::warn!(registration = %id, "`{one}` and `{other}` never hold together: it will never run");
    }
    let name = known.registration.name.clone();
    if other_trigger {
        shared.unaccepted.forget(id);
    }
    shared.state().registrations.insert(known.clone());
    shared.emit(id, || EventKind::Registered { name });
    source::adopt(shared, id, opened).wait().await;
    shared.wake.timer.notify_one();
    shared.wake.something_waits();
    Ok(Made { known, contradictions, access })
}

/// An error says that nothing changed, and nobody knows that of a save that had no answer: it is undone, before the
/// next turn of the app.
fn undo(
    shared: &Arc<Shared>,
    id: RegistrationId,
    before: Option<RegistrationRecord>,
    turn: OwnedMutexGuard<()>,
    error: &HostError,
) {
    if !matches!(error, HostError::Store(StoreError::Unavailable(_))) {
        return;
    }
    let mine = shared.clone();
    drop(persist::to_the_end(shared, async move {
        let as_it_was = || async {
            match &before {
                Some(record) => mine.store.save_registration(record.clone()).await,
                None => mine.store.remove_registration(id, mine.clock.wall()).await.map(drop),
            }
        };
        persist::retrying(&mine, id, "undo a registration", as_it_was).await;
        drop(turn);
    }));
}

/// Registers what the host itself wants of an app: its update task, which the manifest need not declare triggers for.
/// Only for triggers without a source.
pub(crate) async fn register_of_host(
    shared: &Arc<Shared>,
    app: AppId,
    builder: TaskBuilder,
) -> Result<RegistrationId, HostError> {
    let mine = Arc::clone(shared);
    let done = persist::to_the_end(shared, async move {
        let turn = mine.turns.of(&app).await;
        let (id, now) = (RegistrationId::from_uuid(mine.ids.fresh()), mine.clock.wall());
        let registration = with_context(&mine, &app, None, |context| {
            let known = context.entry_points.unwrap_or_default();
            let any: Vec<EntryPoint> = known.iter().map(|known| EntryPoint::any(&known.name)).collect();
            let context = RegistrationContext { entry_points: Some(&any), ..*context };
            builder.build(id, app.clone(), now, &context)
        })?;
        let record = RegistrationRecord::new(registration, now);
        let known = Arc::new(know(&mine, record.clone())?);
        if let Err(error) = mine.store.save_registration(record).await.map_err(HostError::Store) {
            undo(&mine, id, None, turn, &error);
            return Err(error);
        }
        let name = known.registration.name.clone();
        mine.state().registrations.insert(known);
        mine.emit(id, || EventKind::Registered { name });
        Ok(id)
    });
    done.await.unwrap_or(Err(HostError::Stopping))
}

/// The record of what is registered in the place of `known`.
fn in_place_of(known: &Known, mut registration: Registration, now: Timestamp) -> RegistrationRecord {
    let before = &known.registration;
    if before.trigger != registration.trigger {
        return RegistrationRecord::new(registration, now);
    }
    // The schedule goes on from where it began, and what was missed stays known.
    registration.registered_at = before.registered_at;
    RegistrationRecord { registration, ..known.record() }
}

/// What this host makes of a stored registration.
///
/// # Errors
///
/// Its schedule is not understood, or not any more.
pub(crate) fn know(shared: &Shared, record: RegistrationRecord) -> Result<Known, HostError> {
    let registration = &record.registration;
    let id = registration.id;
    let schedule = registration.schedule().map_err(|source| HostError::Schedule { id, source })?;
    let pace = shared.config.timers.pace(registration);
    Ok(Known::new(record, schedule, pace))
}

/// See [`Host::unregister`](crate::Host::unregister).
pub(crate) async fn unregister(
    shared: &Arc<Shared>,
    id: RegistrationId,
    cancel: bool,
) -> Result<bool, HostError> {
    let mine = Arc::clone(shared);
    let done = persist::to_the_end(shared, async move {
        let Some(runs) = remove(&mine, id).await? else { return Ok(false) };
        for cell in runs.into_iter().filter(|_| cancel) {
            cell.cancel(Cancellation::new(CancellationReason::Abort, "unregister", ""));
        }
        Ok(true)
    });
    done.await.unwrap_or(Err(HostError::Stopping))
}

/// Removes a registration; answers what runs of it, or none if there was none.
async fn remove(shared: &Arc<Shared>, id: RegistrationId) -> Result<Option<Vec<Arc<RunCell>>>, HostError> {
    let app = shared.state().registrations.get(id).map(|known| known.registration.app.clone());
    let Some(app) = app else { return Ok(None) };
    let _turn = shared.turns.of(&app).await;
    if !shared.state().registrations.contains(id) {
        return Ok(None);
    }
    let removed = shared.store.remove_registration(id, shared.clock.wall()).await?;
    let runs = {
        let mut state = shared.state();
        state.registrations.remove(id);
        // The waiters see their channel closed, look, and find it withdrawn. Which that is nobody knows if this repeats a
        // removal whose answer was lost: those of all others look once more as well.
        state.look_again();
        state.running.values().filter(|cell| cell.known.registration.id == id).cloned().collect()
    };
    shared.unaccepted.forget(id);
    source::close(shared, id).wait().await;
    let withdrawn = u32::try_from(removed.withdrawn.len()).unwrap_or(u32::MAX);
    shared.emit(id, || EventKind::Unregistered { withdrawn });
    Ok(Some(runs))
}

/// The registrations of `app` that are in `group`, or in none, in the order of their making.
pub(crate) fn listed(shared: &Shared, app: &AppId, group: Option<&str>) -> Vec<RegistrationRecord> {
    let state = shared.state();
    let of_app = state.registrations.of_app(app);
    of_app.filter(|known| known.registration.group.as_deref() == group).map(|known| known.record()).collect()
}

/// The groups of `app` that are not empty, in order.
pub(crate) fn groups(shared: &Shared, app: &AppId) -> Vec<String> {
    let state = shared.state();
    let of_app = state.registrations.of_app(app);
    let groups: std::collections::BTreeSet<&String> =
        of_app.filter_map(|known| known.registration.group.as_ref()).collect();
    groups.into_iter().cloned().collect()
}

/// An error and what caused it, in one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
