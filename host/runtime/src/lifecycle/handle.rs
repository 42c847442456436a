//! What a program that embeds Dormouse holds of an app, and what it may ask of it.

use std::fmt;
use std::sync::Arc;

use dormouse_core::app::activation::{ActivationKind, AppActivation};
use dormouse_core::app::lifecycle::{AppState, End, Output, Wanted};
use dormouse_core::{AppId, RunOutput};
use tokio::sync::watch;

use super::apps::Patience;
use super::error::AppError;
use super::inner::{Because, Inner, Now};
use super::lease::VisibilityLease;
use super::session::{Activated, Session};
use super::view::AppView;
use crate::host::Host;

/// A launch, with what it passes along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch {
    /// What the app is given. Empty: nothing but that it is wanted; one that is there is only brought to the front
    /// (UWP-131).
    pub arguments: String,
}

/// What came of a prelaunch (UWP-139).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prelaunched {
    /// It was launched, and is being suspended.
    Yes,
    /// Neither it nor its manifest agreed to that.
    NotOptedIn,
    /// It is there already.
    Running,
    /// The machine runs short of memory.
    ShortOfMemory,
    /// All places for apps are taken.
    NoPlace,
}

/// An app that has a life of its own. Clones are the same app.
#[derive(Clone)]
pub struct AppHandle {
    host: Host,
    session: Arc<Session>,
}

impl fmt::Debug for AppHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppHandle").field("app", &self.session.app).finish_non_exhaustive()
    }
}

impl Host {
    /// An app that has a life of its own, to launch it and to look at it.
    ///
    /// # Errors
    ///
    /// [`AppError::NotInstalled`], [`AppError::NoLifecycle`]; [`AppError::Stopping`] if the host has stopped.
    pub fn app(&self, app: &AppId) -> Result<AppHandle, AppError> {
        let shared = &self.inner.shared;
        shared.writable()?;
        let session = shared.apps.session(shared, app)?;
        Ok(AppHandle { host: self.clone(), session })
    }

    /// How all apps are that were wanted since the host began, by name.
    #[must_use]
    pub fn app_views(&self) -> Vec<AppView> {
        let mut views: Vec<AppView> =
            self.inner.shared.apps.sessions().iter().map(|session| session.view()).collect();
        views.sort_unstable_by(|one, other| one.app.cmp(&other.app));
        views
    }

    /// How an app is; none if nobody has wanted it since the host began.
    #[must_use]
    pub fn app_view(&self, app: &AppId) -> Option<AppView> {
        self.inner.shared.apps.known(app).map(|session| session.view())
    }

    /// The session of the machine's user ends: everything that runs is cancelled with `logging-off`, and apps are ended
    /// once nothing runs in them any more. Answers when they are. The host goes on.
    pub async fn end_session(&self) {
        super::apps::end_session(&self.inner.shared).await;
    }
}

impl AppHandle {
    /// Which app.
    #[must_use]
    pub fn id(&self) -> &AppId {
        &self.session.app
    }

    /// Launches it, or brings it to the front. Answers when it is in the foreground; it stays there while the lease lives.
    /// Dropping the future hides it again.
    ///
    /// If it is hidden, or suspended by [`AppHandle::suspend`], before it gets there, the lease is answered all the same.
    ///
    /// # Errors
    ///
    /// [`AppError`]: of [`AppError::Ended`], the app is not there.
    pub async fn launch(&self, launch: Launch) -> Result<VisibilityLease, AppError> {
        self.activate(AppActivation::Launch { arguments: launch.arguments }).await
    }

    /// As [`AppHandle::launch`], for whatever its manifest says that it takes.
    ///
    /// # Errors
    ///
    /// [`AppError`].
    pub async fn activate(&self, activation: AppActivation) -> Result<VisibilityLease, AppError> {
        let wanted = wanted(&activation);
        let Activated { answer, lease, decided } = self.ask(&activation, wanted, true).await?;
        let lease = lease.map(|lease| VisibilityLease::new(self.session.clone(), lease));
        answer.await.unwrap_or(Err(AppError::Stopping))?;
        self.in_sight(lease.ok_or(AppError::Stopping)?, decided).await
    }

    /// As [`AppHandle::activate`], but nobody wants to see it. Answers when its handler has returned.
    ///
    /// # Errors
    ///
    /// [`AppError`].
    pub async fn activate_hidden(&self, activation: AppActivation) -> Result<(), AppError> {
        let wanted = wanted(&activation);
        let asked = self.ask(&activation, wanted, false).await?;
        asked.answer.await.unwrap_or(Err(AppError::Stopping))
    }

    /// Launches it before anybody asks for it, if it agreed to that and there is room; it is suspended afterwards
    /// (UWP-139). Answers when its handler has returned.
    ///
    /// # Errors
    ///
    /// [`AppError`].
    pub async fn prelaunch(&self) -> Result<Prelaunched, AppError> {
        super::prelaunch::prelaunch(&self.session).await
    }

    /// Wants to see it, without launching it. Answers as [`AppHandle::launch`].
    ///
    /// # Errors
    ///
    /// [`AppError::NotRunning`] if it is not there; [`AppError::Ended`].
    pub async fn show(&self) -> Result<VisibilityLease, AppError> {
        let shown = self.session.input(|inner, now| {
            inner.open()?;
            inner.is_there()?;
            let lease = inner.new_lease();
            inner.wanted_back += 1;
            let outputs = inner.machine.show(now.at);
            inner.decide(outputs, Because::Nothing, now);
            Ok::<_, AppError>((lease, inner.decided))
        });
        let (lease, decided) = shown?;
        self.in_sight(VisibilityLease::new(self.session.clone(), lease), decided).await
    }

    /// Drops a lease of it, if there is one. Answers when it is out of sight, unless somebody else wants to see it.
    ///
    /// # Errors
    ///
    /// [`AppError::NotRunning`]; [`AppError::Ended`] if it ended instead. The lease is dropped all the same.
    pub async fn hide(&self, lease: Option<VisibilityLease>) -> Result<AppView, AppError> {
        // Asked before: it may end of being hidden.
        let ends = {
            let inner = self.session.inner();
            inner.is_there()?;
            inner.ends
        };
        drop(lease);
        let decided = self.session.inner().decided;
        let is_so = |seen: &AppView| seen.leases > 0 || seen.state != AppState::Foreground;
        self.unless_ended(ends, |seen| seen.performed >= decided && is_so(seen)).await
    }

    /// Has it suspended, whoever sees it, as by a locked screen. Background tasks in it and an extended execution hold that
    /// up (UWP-127, UWP-140). It stays so until it is resumed, shown or activated. Answers when it is suspended, or
    /// somebody wanted it back meanwhile.
    ///
    /// # Errors
    ///
    /// [`AppError::NotRunning`]; [`AppError::Ended`] if it ended instead.
    pub async fn suspend(&self) -> Result<AppView, AppError> {
        let (ends, decided, wanted) = self.session.input(|inner, now| {
            inner.is_there()?;
            let ends = inner.ends;
            let outputs = inner.machine.suspend(now.at);
            inner.decide(outputs, Because::Nothing, now);
            Ok::<_, AppError>((ends, inner.decided, inner.wanted_back))
        })?;
        // More often than then: what is seen may be of before.
        let is_so = |seen: &AppView| seen.state == AppState::Suspended || seen.wanted_back > wanted;
        self.unless_ended(ends, |seen| seen.performed >= decided && is_so(seen)).await
    }

    /// Resumes it, as by a screen that is unlocked: who saw it before sees it again. One that nobody sees is suspended again
    /// after a while. Answers when it runs; in the foreground, if somebody sees it.
    ///
    /// # Errors
    ///
    /// [`AppError::NotRunning`]; [`AppError::Ended`] if it ended instead.
    pub async fn resume(&self) -> Result<AppView, AppError> {
        let (ends, decided) = self.session.input(|inner, now| {
            inner.open()?;
            inner.is_there()?;
            let ends = inner.ends;
            inner.wanted_back += 1;
            let outputs = inner.machine.resume(now.at);
            inner.decide(outputs, Because::Nothing, now);
            Ok::<_, AppError>((ends, inner.decided))
        })?;
        let is_so = |seen: &AppView| match seen.state {
            AppState::Background => seen.leases == 0,
            AppState::NotRunning | AppState::Suspending => false,
            AppState::Foreground | AppState::Suspended => true,
        };
        self.unless_ended(ends, |seen| seen.performed >= decided && is_so(seen)).await
    }

    /// Closes it, as its user does: background tasks in it are cancelled, it is suspended, and ended (UWP-137). Answers
    /// when it has ended; `last_end` of the answer says whether by that, or on the way there.
    ///
    /// # Errors
    ///
    /// [`AppError::NotRunning`].
    pub async fn close(&self) -> Result<AppView, AppError> {
        self.end(End::Closed, |inner, now| inner.machine.close(now.at)).await
    }

    /// Ends it at once, without telling it: what the host does when memory is short. If it was suspended it counts as
    /// `terminated`, and is to restore what it saved (UWP-133). Answers when it has ended.
    ///
    /// # Errors
    ///
    /// [`AppError::NotRunning`].
    pub async fn terminate(&self) -> Result<AppView, AppError> {
        self.end(End::Terminated, |inner, now| inner.machine.terminate(now.at)).await
    }

    /// How it is. What is kept of it from before the host began is in it once anything was asked of the app, or
    /// [`AppHandle::look`] was called.
    #[must_use]
    pub fn view(&self) -> AppView {
        self.session.view()
    }

    /// How it is, with what is kept of it from before the host began.
    ///
    /// # Errors
    ///
    /// [`AppError::Store`].
    pub async fn look(&self) -> Result<AppView, AppError> {
        self.session.load().await?;
        Ok(self.session.view())
    }

    /// What its instance has written so far; of one that is not there, what its last one since the host began had, as much
    /// as [`HostBuilder::keep_output`](crate::HostBuilder::keep_output) keeps. Head and tail, with a mark where something is
    /// missing.
    #[must_use]
    pub fn output(&self) -> RunOutput {
        self.session.output()
    }

    /// How it is, each time that changes: its state, who sees it, its ends.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<AppView> {
        self.session.seen.subscribe()
    }

    async fn ask(
        &self,
        activation: &AppActivation,
        wanted: Wanted,
        seen: bool,
    ) -> Result<Activated, AppError> {
        let session = &self.session;
        let shared = &self.host.inner.shared;
        activation.check()?;
        let (app, _) = shared.apps.of_it(shared, &session.app)?;
        let kind = activation.kind();
        if kind != ActivationKind::Launch && !app.activations.contains(&kind) {
            return Err(AppError::NotDeclared { app: session.app.clone(), kind });
        }
        session.activated(activation, wanted, seen, Patience::Short).await
    }

    async fn end(
        &self,
        end: End,
        input: impl FnOnce(&mut Inner, Now) -> Vec<Output>,
    ) -> Result<AppView, AppError> {
        let ends = self.session.input(|inner, now| {
            inner.is_there()?;
            let ends = inner.ends;
            let outputs = input(inner, now);
            inner.decide(outputs, Because::Ends(end), now);
            Ok::<_, AppError>(ends)
        })?;
        Ok(self.until(|seen| seen.ended > ends).await)
    }

    /// Waits until it is in the foreground, or suspended all the same.
    async fn in_sight(&self, lease: VisibilityLease, decided: u64) -> Result<VisibilityLease, AppError> {
        let is_so = |state| matches!(state, AppState::Foreground | AppState::Suspended);
        self.until(|seen| !lease.is_valid() || (seen.performed >= decided && is_so(seen.state))).await;
        match lease.end() {
            Some((end, message)) => Err(AppError::Ended { end, message }),
            None => Ok(lease),
        }
    }

    /// Waits until it `is` so. Its state does not say whether it ended before: another instance may have begun at once.
    ///
    /// # Errors
    ///
    /// [`AppError::Ended`], of the instance behind so many `ends`.
    async fn unless_ended(&self, ends: u64, is: impl Fn(&AppView) -> bool) -> Result<AppView, AppError> {
        let seen = self.until(|seen| seen.ended > ends || is(seen)).await;
        match &seen.last_end {
            Some((end, message)) if seen.ended > ends => {
                Err(AppError::Ended { end: *end, message: message.clone() })
            }
            _ => Ok(seen),
        }
    }

    async fn until(&self, is: impl FnMut(&AppView) -> bool) -> AppView {
        let mut seen = self.session.seen.subscribe();
        match seen.wait_for(is).await {
            Ok(view) => view.clone(),
            // The session is gone, which this holds.
            Err(_) => self.session.view(),
        }
    }
}

/// What the machine is to know of it.
fn wanted(activation: &AppActivation) -> Wanted {
    match activation {
        activation if activation.is_plain() => Wanted::Plain,
        AppActivation::Launch { .. } => Wanted::Launch,
        _ => Wanted::Other,
    }
}
