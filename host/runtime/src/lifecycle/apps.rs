//! The apps of a host: one session for each that was ever wanted, and places for so many instances.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dormouse_core::AppId;
use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::lifecycle::{AppState, End, Leave, Wanted};
use dormouse_core::app::policy::AppPolicy;
use dormouse_core::app::reclaim::{self, Candidate};
use futures::future::BoxFuture;
use tokio::sync::Notify;

use super::error::AppError;
use super::inner::{Because, Shut};
use super::session::{Activated, Session};
use crate::app::AppComponent;
use crate::drive::run::gone;
use crate::shared::Shared;

/// All apps that have a life of their own.
pub(crate) struct Apps {
    /// Instances that there may be at once.
    max: u32,
    inner: Mutex<Inner>,
    /// A place is free, or an app may give way.
    freed: Notify,
}

#[derive(Default)]
struct Inner {
    sessions: HashMap<AppId, Arc<Session>>,
    taken: u32,
    /// Instances so far.
    instances: u64,
    /// Nothing begins any more.
    stopping: bool,
}

/// The right to one instance. It is back when this is dropped.
pub(crate) struct Place(Arc<Apps>);

impl Drop for Place {
    fn drop(&mut self) {
        let mut inner = self.0.inner();
        inner.taken = inner.taken.saturating_sub(1);
        drop(inner);
        self.0.freed.notify_waiters();
    }
}

/// How long one waits for a place, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Not at all: it is there, or it is not.
    None,
    /// For an app that is suspended, and is ended for it.
    Short,
    /// Until there is one.
    Long,
}

impl Apps {
    pub(crate) fn new(max: u32) -> Arc<Self> {
        Arc::new(Self { max, inner: Mutex::default(), freed: Notify::new() })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Each change is one step: what is in it stays whole through a panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an app is and may hold now.
    ///
    /// # Errors
    ///
    /// It is not installed, or has no life of its own.
    pub(crate) fn of_it(&self, shared: &Shared, app: &AppId) -> Result<(AppComponent, AppPolicy), AppError> {
        let installed = shared.state().apps.get(app).cloned();
        let installed = installed.ok_or_else(|| AppError::NotInstalled { app: app.clone() })?;
        let component =
            installed.lifecycle.clone().ok_or_else(|| AppError::NoLifecycle { app: app.clone() })?;
        let policy = shared.config.app_policy.of_app(component.memory, shared.config.limits_max.memory_bytes);
        Ok((component, policy))
    }

    /// The session of an app that has a life of its own.
    ///
    /// # Errors
    ///
    /// It is not installed, or has none; the host has stopped.
    pub(crate) fn session(&self, shared: &Arc<Shared>, app: &AppId) -> Result<Arc<Session>, AppError> {
        let (_, policy) = self.of_it(shared, app)?;
        let mut inner = self.inner();
        if let Some(session) = inner.sessions.get(app) {
            return Ok(session.clone());
        }
        if inner.stopping {
            return Err(AppError::Stopping);
        }
        let session = Session::new(shared.clone(), app.clone(), policy);
        inner.sessions.insert(app.clone(), session.clone());
        Ok(session)
    }

    /// The session of an app, if it has one already.
    pub(crate) fn known(&self, app: &AppId) -> Option<Arc<Session>> {
        self.inner().sessions.get(app).cloned()
    }

    /// All that there are.
    pub(crate) fn sessions(&self) -> Vec<Arc<Session>> {
        self.inner().sessions.values().cloned().collect()
    }

    /// Another instance begins: its number.
    pub(super) fn number(&self) -> u64 {
        let mut inner = self.inner();
        inner.instances += 1;
        inner.instances
    }

    /// Places that are taken.
    pub(crate) fn taken(&self) -> u32 {
        self.inner().taken
    }

    /// Those that a suspended app has, which gives way.
    pub(crate) fn suspended(&self) -> u32 {
        let is_so = |session: &&Arc<Session>| session.inner().machine.state() == AppState::Suspended;
        u32::try_from(self.sessions().iter().filter(is_so).count()).unwrap_or(u32::MAX)
    }

    /// An app was suspended, and may be ended for another.
    pub(super) fn may_give_way(&self) {
        self.freed.notify_waiters();
    }

    fn take(self: &Arc<Self>) -> Option<Place> {
        let mut inner = self.inner();
        if inner.taken >= self.max {
            return None;
        }
        inner.taken += 1;
        Some(Place(self.clone()))
    }

    /// A place for an instance of `session`; none if it has one.
    ///
    /// # Errors
    ///
    /// [`AppError::TooMany`], unless it waits as long as there is none.
    pub(super) async fn place(
        self: &Arc<Self>,
        session: &Session,
        patience: Patience,
    ) -> Result<Option<Place>, AppError> {
        loop {
            // Enabled before the look: what is freed in between is not missed.
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable();
            if session.inner().place.is_some() {
                return Ok(None);
            }
            if let Some(place) = self.take() {
                return Ok(Some(place));
            }
            let victim = match patience {
                Patience::None => None,
                Patience::Short | Patience::Long => self.give_up_one(true),
            };
            match (victim, patience) {
                (Some(ended), _) => ended.await,
                (None, Patience::Long) => freed.await,
                (None, Patience::None | Patience::Short) => {
                    return Err(AppError::TooMany { max: self.max });
                }
            }
        }
    }

    /// Ends the app that is worth least, for its memory or its place; none if there is none. With `suspended_only` none
    /// that is not. What it answers is ready when the app's memory is free.
    pub(crate) fn give_up_one(&self, suspended_only: bool) -> Option<BoxFuture<'static, ()>> {
        let candidates: Vec<(Arc<Session>, Candidate)> = self
            .sessions()
            .into_iter()
            .filter_map(|session| {
                let candidate = session.candidate()?;
                Some((session, candidate))
            })
            .collect();
        let worth: Vec<Candidate> = candidates.iter().map(|(_, candidate)| *candidate).collect();
        let place = reclaim::first(&worth, suspended_only)?;
        let (session, candidate) = candidates.get(place)?;
        // It may have been wanted since the look: then it is asked for again.
        let ends = session.input(|inner, now| {
            let still = match inner.machine.state() {
                AppState::Suspended => candidate.suspended,
                _ => !suspended_only && inner.machine.is_reclaimable(),
            };
            if still {
                tracing::warn!(
                    app = %session.app, suspended = candidate.suspended, memory_bytes = candidate.memory_bytes,
                    "an app is given up"
                );
                let outputs = inner.machine.terminate(now.at);
                inner.decide(outputs, Because::Ends(End::Reclaimed), now);
            }
            inner.ends
        });
        let session = session.clone();
        Some(Box::pin(async move {
            session.has_ended(ends).await;
            session.settled().await;
        }))
    }
}

impl Session {
    /// Asks for an activation, with a place if it needs one.
    ///
    /// # Errors
    ///
    /// [`AppError`].
    pub(super) async fn activated(
        self: &Arc<Self>,
        activation: &AppActivation,
        wanted: Wanted,
        seen: bool,
        patience: Patience,
    ) -> Result<Activated, AppError> {
        let shared = &self.shared;
        self.load().await?;
        loop {
            let mut place = shared.apps.place(self, patience).await?;
            let (_, policy) = shared.apps.of_it(shared, &self.app)?;
            if let Some(asked) = self.ask(activation, wanted, seen, &mut place, policy)? {
                return Ok(asked);
            }
        }
    }

    /// What there is to end of it.
    fn candidate(&self) -> Option<Candidate> {
        let inner = self.inner();
        if !inner.machine.is_reclaimable() || inner.machine.is_ending() {
            return None;
        }
        Some(Candidate {
            suspended: inner.machine.state() == AppState::Suspended,
            prelaunched: inner.machine.is_prelaunched(),
            level: inner.machine.memory_level(),
            seen: inner.last_seen,
            memory_bytes: inner.life.as_ref().map_or(0, |life| life.usage.memory_bytes()),
        })
    }

    /// Waits until all is done that is to be done about it, or its instance is another one.
    async fn settled(&self) {
        loop {
            let mut news = std::pin::pin!(self.news.notified());
            news.as_mut().enable();
            let rests = {
                let inner = self.inner();
                inner.place.is_none() || inner.life.is_some() || inner.machine.state() != AppState::NotRunning
            };
            if rests {
                return;
            }
            news.await;
        }
    }

    /// It is to end for good, or for now. Answers the number of that end.
    fn leave(&self, leave: Leave, shut: Option<Shut>) -> u64 {
        let end = match leave {
            Leave::Uninstalled => End::Uninstalled,
            Leave::LoggedOff => End::LoggedOff,
        };
        self.input(|inner, now| {
            inner.close(shut);
            let outputs = inner.machine.leave(leave, now.at);
            inner.decide(outputs, Because::Ends(end), now);
            inner.coming_end()
        })
    }

    /// It is suspended and ended, because its host stops or its package is replaced. Answers the number of that end.
    fn stop(&self, force: bool, shut: Option<Shut>) -> u64 {
        let ends = self.input(|inner, now| {
            inner.close(shut);
            let outputs = if force { inner.machine.terminate(now.at) } else { inner.machine.stop(now.at) };
            inner.decide(outputs, Because::Ends(End::HostStopped), now);
            inner.coming_end()
        });
        // What waits for the store does not any more for ever.
        self.news.notify_waiters();
        ends
    }

    /// Waits until so many instances of it have ended, and their memory is free.
    async fn has_ended(&self, ends: u64) {
        let mut seen = self.seen.subscribe();
        // An error is that the session is gone, which this is of.
        let _ = seen.wait_for(|seen| seen.ended >= ends).await;
    }

    /// Waits until it is not there, and all is done about that that ever will be.
    async fn rests(&self) {
        loop {
            let mut news = std::pin::pin!(self.news.notified());
            news.as_mut().enable();
            let rests = {
                let inner = self.inner();
                !inner.has_actor || inner.is_abandoned()
            };
            if rests {
                return;
            }
            news.await;
        }
    }
}

/// The host stops: apps are suspended and ended, or with `force` ended at once. Answers when they are.
pub(crate) async fn stop(shared: &Shared, force: bool) {
    let sessions = {
        let mut inner = shared.apps.inner();
        inner.stopping = true;
        inner.sessions.values().cloned().collect::<Vec<_>>()
    };
    for session in &sessions {
        session.stop(force, Some(Shut::Stopping));
    }
    for session in &sessions {
        session.rests().await;
    }
}

/// The package of an app was replaced: its instance is suspended and ended, and what is launched from now on is of the new
/// one. Answers when it has ended.
pub(crate) async fn replaced(shared: &Shared, app: &AppId) {
    if let Some(session) = shared.apps.known(app) {
        if let Ok((_, policy)) = shared.apps.of_it(shared, app) {
            // Also of what waits already, and begins anew behind its end.
            session.inner().machine.settle(policy);
        }
        let ends = session.stop(false, None);
        session.has_ended(ends).await;
    }
}

/// An app was removed, and what ran of it has ended: so does it. Answers when it has.
pub(crate) async fn removed(shared: &Shared, app: &AppId) {
    let session = shared.apps.inner().sessions.remove(app);
    if let Some(session) = session {
        session.leave(Leave::Uninstalled, Some(Shut::Gone));
        session.rests().await;
        // What the store keeps of it goes with the app: nothing is written behind that.
        drop(session.writing.lock().await);
    }
}

/// See [`Host::end_session`](crate::Host::end_session).
pub(super) async fn end_session(shared: &Shared) {
    let running: Vec<_> = shared.state().running.values().cloned().collect();
    if let Some(cancellation) = End::LoggedOff.cancellation("") {
        for cell in &running {
            cell.cancel(cancellation.clone());
        }
    }
    let sessions = shared.apps.sessions();
    let ends: Vec<u64> = sessions.iter().map(|session| session.leave(Leave::LoggedOff, None)).collect();
    for (session, ends) in sessions.iter().zip(ends) {
        session.has_ended(ends).await;
    }
    gone(shared, &running).await;
}

/// The last handle to the host was dropped: nothing is done any more, as if it had fallen.
pub(crate) fn abandon(shared: &Shared) {
    let sessions = {
        let mut inner = shared.apps.inner();
        inner.stopping = true;
        std::mem::take(&mut inner.sessions)
    };
    for session in sessions.into_values() {
        // Each of these holds the host, which holds them: taken apart here, or none would ever be dropped.
        let held = session.input(|inner, _| inner.abandon());
        drop(held);
        session.publish();
    }
}
