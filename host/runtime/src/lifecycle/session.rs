//! One app, as it is seen from all sides: its guest's imports, its actor, its runs, and whoever wants something of it.
//!
//! The rules are [`AppMachine`]'s. This is the lock around it. Every input takes the lock, asks the machine, and appends what
//! that answers to what is to be done; only the [actor](super::actor) does any of it, one after the other. So what happens,
//! happens in the machine's order, from whatever thread the inputs came.
//!
//! The lock is never held while that of the host's state or of a run is taken, nor the other way round.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use dormouse_core::app::activation::AppActivation;
use dormouse_core::app::event::AppEventKind;
use dormouse_core::app::lifecycle::{Asked, Wanted};
use dormouse_core::app::policy::AppPolicy;
use dormouse_core::{AppId, StoreError};
use futures::task::AtomicWaker;
use tokio::sync::{Mutex as AsyncMutex, Notify, OnceCell, oneshot, watch};

use super::actor;
use super::apps::Place;
use super::error::AppError;
use super::inner::{Asking, Because, Inner, Now};
use super::lease::Sight;
use super::seat::Seat;
use super::view::AppView;
use crate::shared::Shared;

/// An app that has a life of its own. There is one of these for each that was wanted since the host began.
pub(crate) struct Session {
    me: Weak<Self>,
    pub(crate) app: AppId,
    pub(crate) shared: Arc<Shared>,
    inner: Mutex<Inner>,
    /// Wakes the actor.
    pub(super) actor: AtomicWaker,
    /// How it is, each time that is another.
    pub(super) seen: watch::Sender<AppView>,
    /// A run was let go of, or something is said about an extended execution.
    pub(super) news: Notify,
    /// What the store knows of it was read.
    loaded: OnceCell<()>,
    /// Whose turn it is to write that.
    pub(super) writing: AsyncMutex<()>,
    /// Whose turn it is to tell it of its tasks: one instance behind the other.
    pub(super) tells: AsyncMutex<()>,
}

/// An activation that was asked for.
pub(super) struct Activated {
    pub(super) answer: oneshot::Receiver<Result<(), AppError>>,
    pub(super) lease: Option<(u64, Arc<Sight>)>,
    /// The last change of its state that follows at once.
    pub(super) decided: u64,
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>, app: AppId, policy: AppPolicy) -> Arc<Self> {
        let at = shared.clock.wall();
        let inner = Inner::new(app.clone(), policy, at);
        let seen = watch::Sender::new(inner.view(at));
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            app,
            shared,
            inner: Mutex::new(inner),
            actor: AtomicWaker::new(),
            seen,
            news: Notify::new(),
            loaded: OnceCell::new(),
            writing: AsyncMutex::default(),
            tells: AsyncMutex::default(),
        })
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        // The machine stays whole through a panic: each input is applied before anything can fail.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Now {
        Now { at: self.shared.clock.now(), wall: self.shared.clock.wall() }
    }

    pub(super) fn emit(&self, number: u64, kind: impl FnOnce() -> AppEventKind) {
        self.shared.emit_app(&self.app, number, kind);
    }

    /// Feeds it one input, and has what follows done.
    pub(super) fn input<R>(&self, input: impl FnOnce(&mut Inner, Now) -> R) -> R {
        let (answer, begins, _) = self.fed(input);
        if !self.begins(begins) {
            self.actor.wake();
        }
        answer
    }

    /// As [`Session::input`]. If `here`, what follows is done before this answers, as far as that waits for nothing, and
    /// nobody else is at it. Not while anything is locked.
    pub(super) fn input_at<R>(&self, here: bool, input: impl FnOnce(&mut Inner, Now) -> R) -> R {
        let (answer, begins, seat) = self.fed(input);
        if !self.begins(begins) {
            match seat.filter(|_| here) {
                Some(seat) => seat.poll_here(),
                None => self.actor.wake(),
            }
        }
        answer
    }

    /// Answers also whether an actor begins by it, and where the one is that there is.
    fn fed<R>(&self, input: impl FnOnce(&mut Inner, Now) -> R) -> (R, bool, Option<Arc<Seat>>) {
        let mut inner = self.inner();
        let now = self.now();
        let answer = input(&mut inner, now);
        let begins = !inner.todo.is_empty() && !inner.has_actor && !inner.is_abandoned();
        inner.has_actor |= begins;
        (answer, begins, inner.seat.clone())
    }

    fn begins(&self, begins: bool) -> bool {
        let begins = self.me.upgrade().filter(|_| begins);
        begins.map(actor::start).is_some()
    }

    /// Reads what the store knows of it, once.
    ///
    /// # Errors
    ///
    /// The store's. It may be called again.
    pub(super) async fn load(&self) -> Result<(), StoreError> {
        let read = || async {
            if let Some(record) = self.shared.store.app_state(&self.app).await? {
                let mut inner = self.inner();
                (inner.kept, inner.written) = ((record.kept, record.at), (record.kept, record.at));
                inner.prelaunch = record.prelaunch;
                drop(inner);
                self.publish();
            }
            Ok(())
        };
        self.loaded.get_or_try_init(read).await.copied()
    }

    /// Asks for an activation, of which `policy` is the app's now. None if it needs a place first.
    ///
    /// # Errors
    ///
    /// It is shut, or has enough to do.
    pub(super) fn ask(
        self: &Arc<Self>,
        activation: &AppActivation,
        wanted: Wanted,
        seen: bool,
        place: &mut Option<Place>,
        policy: AppPolicy,
    ) -> Result<Option<Activated>, AppError> {
        self.input(|inner, now| {
            inner.open()?;
            inner.takes_one_more()?;
            if !inner.takes(place) {
                return Ok(None);
            }
            inner.machine.settle(policy);
            let last = inner.previous(now.wall);
            let lease = seen.then(|| inner.new_lease());
            let (tell, answer) = oneshot::channel();
            let ticket = inner.ticket(Asking {
                kind: activation.kind(),
                activation: Some(activation.clone()),
                answer: Some(tell),
                lease: lease.as_ref().map(|(id, _)| *id),
            });
            inner.wanted_back += u64::from(wanted != Wanted::Prelaunch);
            let outputs = inner.machine.activate(Asked { ticket, wanted, seen, last }, now.at);
            inner.decide(outputs, Because::Nothing, now);
            Ok(Some(Activated { answer, lease, decided: inner.decided }))
        })
    }

    /// Somebody does not want to see it any more.
    pub(super) fn unlease(&self, lease: u64) {
        let hidden = self.input(|inner, now| {
            let was_seen = inner.leases.remove(&lease).is_some();
            if was_seen && inner.leases.is_empty() {
                let outputs = inner.machine.hide(now.at);
                inner.decide(outputs, Because::Nothing, now);
            }
            was_seen
        });
        if hidden {
            self.publish();
        }
    }

    /// Tells how it is, to those who watch.
    pub(super) fn publish(&self) {
        // As one: an older look must not be put over a newer one. Nobody who has the lock takes this one.
        self.seen.send_modify(|seen| *seen = self.view());
        self.news.notify_waiters();
    }

    /// How it is.
    pub(super) fn view(&self) -> AppView {
        self.inner().view(self.shared.clock.wall())
    }
}
