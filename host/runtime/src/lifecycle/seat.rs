//! Who polls an app's actor: its task, most often; or, for a moment, a thread that has an input for it and would otherwise
//! have to wake another one, which takes longer than most tasks do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll};

use futures::task::{ArcWake, AtomicWaker, waker_ref};

use super::actor::{Actor, Next};
use crate::drive::turn::is_inside;

/// How often a thread polls it that has an input for it: once to do what that asks for, once to see that nothing follows.
const POLLS: u32 = 4;

/// An actor, between its beginning and its rest.
pub(super) struct Seat {
    /// None when it rests.
    actor: Mutex<Option<Actor>>,
    bell: Arc<Bell>,
    /// It goes on in the slow lane, and has no turn on the thread of whoever asks for one.
    is_slow: AtomicBool,
}

/// What wakes the actor.
#[derive(Default)]
struct Bell {
    task: AtomicWaker,
    rang: AtomicBool,
    /// Whoever polls it hears that it rang, and its task need not be woken.
    is_heard: AtomicBool,
}

impl ArcWake for Bell {
    fn wake_by_ref(bell: &Arc<Self>) {
        bell.ring();
    }
}

impl Bell {
    /// Sequentially consistent on both sides: either this sees that nobody hears it, or who hears it last sees that it rang.
    fn ring(&self) {
        self.rang.store(true, Ordering::SeqCst);
        if !self.is_heard.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}

impl Seat {
    pub(super) fn new(actor: Actor) -> Arc<Self> {
        let (bell, is_slow) = (Arc::default(), AtomicBool::new(false));
        Arc::new(Self { actor: Mutex::new(Some(actor)), bell, is_slow })
    }

    fn try_actor(&self) -> Option<MutexGuard<'_, Option<Actor>>> {
        match self.actor.try_lock() {
            Ok(actor) => Some(actor),
            // It fell while it was polled, and is polled on: its machine is whole.
            Err(TryLockError::Poisoned(actor)) => Some(actor.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// As its task.
    fn poll(&self, cx: &mut Context<'_>, slowly: bool) -> Poll<Next> {
        self.bell.task.register(cx.waker());
        self.is_slow.store(slowly, Ordering::SeqCst);
        let Some(mut seated) = self.try_actor() else {
            // Whoever polls it now wakes this when he is done.
            self.bell.ring();
            return Poll::Pending;
        };
        let Some(actor) = &mut *seated else { return Poll::Ready(None) };
        let waker = waker_ref(&self.bell);
        let next = actor.poll(&mut Context::from_waker(&waker), slowly);
        if let Poll::Ready(None) = next {
            *seated = None;
        }
        next
    }

    /// From a thread that has an input for it, if nobody else polls it; else its task is woken. Never from inside of a guest,
    /// on whose bill and stack that would be.
    pub(super) fn poll_here(&self) {
        let bell = &self.bell;
        if is_inside() || self.is_slow.load(Ordering::SeqCst) {
            return bell.ring();
        }
        let Some(mut seated) = self.try_actor() else { return bell.ring() };
        bell.is_heard.store(true, Ordering::SeqCst);
        let _heard = Heard(bell);
        let waker = waker_ref(&self.bell);
        for _ in 0..POLLS {
            bell.rang.store(false, Ordering::SeqCst);
            let Some(actor) = &mut *seated else { break };
            match actor.poll(&mut Context::from_waker(&waker), false) {
                Poll::Ready(None) => *seated = None,
                // Its lane is for its task to change.
                Poll::Ready(Some(_)) => {}
                Poll::Pending if !bell.rang.load(Ordering::SeqCst) => return,
                Poll::Pending => continue,
            }
            break;
        }
        bell.rang.store(true, Ordering::SeqCst);
    }

    /// Its task is gone, and nobody polls it any more.
    fn vacate(&self) {
        let mut seated = self.actor.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = seated.take();
        drop(seated);
        drop(gone);
    }
}

/// A thread polls it that has an input for it. What rings from here on, its task is woken for.
struct Heard<'a>(&'a Bell);

impl Drop for Heard<'_> {
    fn drop(&mut self) {
        self.0.is_heard.store(false, Ordering::SeqCst);
        if self.0.rang.load(Ordering::SeqCst) {
            self.0.task.wake();
        }
    }
}

/// The right of a task to poll it. It takes the actor along when it goes, by its own end or with its runtime.
pub(super) struct Tenure(Arc<Seat>);

impl Tenure {
    pub(super) fn of(seat: Arc<Seat>) -> Self {
        Self(seat)
    }

    pub(super) fn poll(&self, cx: &mut Context<'_>, slowly: bool) -> Poll<Next> {
        self.0.poll(cx, slowly)
    }
}

impl Drop for Tenure {
    fn drop(&mut self) {
        self.0.vacate();
    }
}
