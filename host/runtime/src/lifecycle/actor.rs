//! What does what is to be done about one app: one task, on the threads that run guests; or who has an input for it, see
//! [`seat`](super::seat).
//!
//! It does what the machine said, in order; it polls the instance when that was woken, and bills it; it tells the machine
//! that time passed. While the app is suspended it has no timer, and what wakes the guest does not wake it. It ends when the
//! app is not there and nothing is to be done, and the next input starts another: an app that is not running costs no task.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use dormouse_core::app::lifecycle::AppState;
use dormouse_core::clock::BoxSleep;
use dormouse_core::outcome::bounded_message;
use dormouse_core::{Clock, Instant};
use futures::channel::mpsc;
use futures::task::waker_ref;

use super::calls::Command;
use super::inner::Because;
use super::instance::Instance;
use super::keep::Keeping;
use super::life::Life;
use super::seat::{Seat, Tenure};
use super::session::Session;
use crate::drive::turn::{arm, turn};
use crate::guests::Lanes;

/// How much a guest may compute without waiting before it goes on in the slow lane. It comes back when it waits: an app
/// lives too long to be punished for ever.
const QUICK_CPU: Duration = Duration::from_millis(5);

/// Starts the actor of a session that has none.
pub(super) fn start(session: Arc<Session>) {
    let (computes, is_elsewhere) = (Duration::ZERO, false);
    let lanes = session.shared.guests.clone();
    let actor =
        Actor { session: session.clone(), alive: None, keeping: None, timer: None, computes, is_elsewhere };
    let seat = Seat::new(actor);
    session.inner().seat = Some(seat.clone());
    go_on(lanes, Tenure::of(seat), false);
}

/// In which lane it goes on; none if it is over.
pub(super) type Next = Option<bool>;

fn go_on(lanes: Lanes, tenure: Tenure, slowly: bool) {
    let after = lanes.clone();
    let goes_on = async move {
        if let Some(slowly) = poll_fn(|cx| tenure.poll(cx, slowly)).await {
            go_on(after, tenure, slowly);
        }
    };
    if slowly { lanes.spawn_slow(goes_on) } else { lanes.spawn(goes_on) }
}

/// See the [module](self).
pub(super) struct Actor {
    pub(super) session: Arc<Session>,
    pub(super) alive: Option<Alive>,
    /// The store is told something, since when, and what follows waits.
    pub(super) keeping: Option<(Keeping, Instant)>,
    timer: Option<(Instant, BoxSleep)>,
    /// CPU time since it waited last.
    computes: Duration,
    /// Its guest waits for something that is not ours: a file, a socket.
    is_elsewhere: bool,
}

/// An instance.
pub(super) struct Alive {
    pub(super) life: Arc<Life>,
    /// None once it trapped.
    pub(super) instance: Option<Instance>,
    pub(super) commands: mpsc::UnboundedSender<Command>,
}

impl Actor {
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, slowly: bool) -> Poll<Next> {
        self.session.actor.register(cx.waker());
        if self.session.inner().is_abandoned() {
            self.alive = None;
            return Poll::Ready(None);
        }
        self.perform(cx);
        let was_polled = self.keeping.is_none() && self.turn();
        self.tick();
        self.perform(cx);
        self.set_elsewhere(self.waits_elsewhere());
        // Behind all that was done. While the store is asked nothing of it is polled, and no time of its own passes.
        let timeout = if self.keeping.is_some() { None } else { self.session.inner().next_timeout() };
        let clock: Arc<dyn Clock> = self.session.shared.clock.clone();
        arm(&mut self.timer, timeout, &*clock, cx);
        if self.rests() {
            return Poll::Ready(None);
        }
        if was_polled && self.session.shared.guests.are_two() {
            if self.computes >= QUICK_CPU && !slowly {
                return Poll::Ready(Some(true));
            }
            if self.computes.is_zero() && slowly {
                return Poll::Ready(Some(false));
            }
        }
        if self.is_due() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// The guest is to have a turn that nothing else wakes it for.
    fn is_due(&self) -> bool {
        let Some(Alive { life, instance: Some(_), .. }) = &self.alive else { return false };
        self.keeping.is_none()
            && !life.frozen.load(Ordering::SeqCst)
            && life.woken.load(Ordering::SeqCst)
            && !self.session.is_paused()
    }

    /// Has the guest a turn, if it was woken; answers whether it had one.
    fn turn(&mut self) -> bool {
        if !self.is_due() {
            return false;
        }
        let Some(Alive { life, instance: alive, .. }) = &mut self.alive else { return false };
        let Some(instance) = alive else { return false };
        life.woken.store(false, Ordering::SeqCst);
        let before = life.meter.used();
        let polled = {
            let waker = waker_ref(life);
            turn(instance, &self.session.shared, &life.meter, &life.usage, &mut Context::from_waker(&waker))
        };
        let cpu = life.meter.used().saturating_sub(before);
        if let Poll::Ready(trap) = polled {
            *alive = None;
            let trap = trap.unwrap_or_else(|trap| trap);
            let said = (trap.kind, bounded_message(life.said_at_last(trap.told(&life.limits))));
            life.feed(|inner, now| inner.crash(said, now));
        }
        self.session.bill(cpu);
        let waits = !life.woken.load(Ordering::SeqCst);
        self.computes = if waits { Duration::ZERO } else { self.computes + cpu };
        true
    }

    /// Time passed, and the guest may hold more than before.
    fn tick(&self) {
        let held = self.alive.as_ref().filter(|alive| alive.instance.is_some());
        let held = held.map(|alive| (alive.life.ends, alive.life.usage.memory_bytes()));
        let now = self.session.now();
        let mut inner = self.session.inner();
        if let Some((ends, bytes)) = held
            && inner.ends == ends
            && inner.holds != bytes
        {
            inner.holds = bytes;
            let outputs = inner.machine.memory_used(bytes, now.at);
            inner.decide(outputs, Because::Nothing, now);
        }
        if self.keeping.is_none() {
            inner.tick(now);
        }
    }

    /// Nothing but a file or a socket gets its guest on, as far as that is to be known.
    fn waits_elsewhere(&self) -> bool {
        let Some(Alive { life, instance: Some(_), .. }) = &self.alive else { return false };
        if self.keeping.is_some() || life.frozen.load(Ordering::SeqCst) || self.session.is_paused() {
            // Whatever else it waits for: it does not go on.
            return false;
        }
        !life.usage.is_at_rest() || (life.waits_unseen && self.session.is_at_work())
    }

    fn set_elsewhere(&mut self, elsewhere: bool) {
        self.session.shared.seen.is_elsewhere(&mut self.is_elsewhere, elsewhere);
    }

    /// Nothing is there, and nothing is to be done: then the next input finds no actor.
    fn rests(&self) -> bool {
        if self.alive.is_some() || self.keeping.is_some() {
            return false;
        }
        let place = {
            let mut inner = self.session.inner();
            if !inner.todo.is_empty() || inner.machine.state() != AppState::NotRunning {
                return false;
            }
            inner.has_actor = false;
            inner.place.take()
        };
        drop(place);
        self.session.news.notify_waiters();
        true
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.set_elsewhere(false);
    }
}
