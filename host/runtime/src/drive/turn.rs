//! One turn of a guest, whoever it serves.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use dormouse_core::clock::BoxSleep;
use dormouse_core::{Clock, Instant};

use crate::meter::Meter;
use crate::sandbox::GuestTrap;
use crate::sandbox::usage::Usage;
use crate::shared::Shared;

/// One turn of the guest: billed, and interrupted at the next tick if it does not give way. A panic in a host function, or
/// in the engine, is a trap of this guest and of nothing else.
pub(crate) fn turn<T>(
    guest: &mut Pin<Box<dyn Future<Output = T> + Send>>,
    shared: &Shared,
    meter: &Meter,
    usage: &Usage,
    cx: &mut Context<'_>,
) -> Poll<Result<T, GuestTrap>> {
    let _inside = Inside::new();
    // Sockets and timers that the guest makes belong to the control runtime: this thread drives none.
    let _in_control = shared.control.enter();
    let _ticking = shared.engine.enter();
    shared.seen.polls.fetch_add(1, Ordering::Relaxed);
    usage.set_at_rest(false);
    let _polling = meter.begin();
    match catch_unwind(AssertUnwindSafe(|| guest.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Ok),
        Err(_) => Poll::Ready(Err(GuestTrap::of_a_panic())),
    }
}

thread_local! {
    /// Whether this thread polls a guest.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether a guest has its turn on this thread: what it causes is not to be in its turn, on its bill and on its stack.
pub(crate) fn is_inside() -> bool {
    INSIDE.get()
}

struct Inside {
    before: bool,
}

impl Inside {
    fn new() -> Self {
        Self { before: INSIDE.replace(true) }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(self.before);
    }
}

/// Has `cx` woken at `timeout`. What ends in its first poll arms nothing.
pub(crate) fn arm(
    timer: &mut Option<(Instant, BoxSleep)>,
    timeout: Option<Instant>,
    clock: &dyn Clock,
    cx: &mut Context<'_>,
) {
    let Some(at) = timeout else {
        *timer = None;
        return;
    };
    if timer.as_ref().is_none_or(|(armed, _)| *armed != at) {
        *timer = Some((at, clock.sleep_until(at)));
    }
    if let Some((_, sleep)) = timer
        && sleep.as_mut().poll(cx).is_ready()
    {
        *timer = None;
        cx.waker().wake_by_ref();
    }
}
