//! One run, driven: the guest is polled, billed, told, paused and taken down from here.
//!
//! The guest is one future. It is polled on a guest thread; each poll is billed to the run and to its app's
//! quota; after each the machine is asked what follows. A guest that never yields is interrupted at every
//! tick of the epoch and comes back here, so that all rules are applied in one place. Taking a guest down is
//! dropping the future, from outside it: nothing in the guest, and nothing that it waits for, is asked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use dormouse_core::activation::Lease;
use dormouse_core::clock::BoxSleep;
use dormouse_core::event::EventKind;
use dormouse_core::outcome::Outcome;
use dormouse_core::{Instant, Limits, TrapKind};
use futures::task::waker_ref;
use tracing::Instrument;

use super::cell::{RunCell, Status, Watch};
use super::finish::finish;
use crate::component::Component;
use crate::sandbox::{self, Sandbox, SandboxSpec};
use crate::shared::{Known, Permit, Shared};

/// Starts a claimed activation on a guest thread.
pub(crate) fn start(shared: &Arc<Shared>, known: &Arc<Known>, lease: Lease, permit: Permit) {
    let cell = RunCell::new(shared.clone(), known.clone(), lease);
    let prepared = prepare(shared, known, &cell.limits);
    {
        let mut state = shared.state();
        state.running.insert(cell.lease.activation.id, cell.clone());
        // A stop that came between the claim and here has told everyone but this run.
        if state.stopping {
            drop(state);
            cell.cancel(super::shutdown::terminating());
        }
    }
    let (activation, run, attempt) = (cell.lease.activation.id, cell.run(), cell.lease.activation.attempt());
    cell.emit(|| EventKind::Started { activation, run, attempt });
    let span = tracing::debug_span!(
        "run", app = %known.registration.app, registration = %known.registration.id, %activation, %run, attempt,
        fence = cell.lease.fence.0, node = %shared.config.node,
    );
    tracing::debug!(parent: &span, "a run starts");
    let driven = drive(cell, prepared, permit);
    // Nobody listens, most often: then the run costs nothing more.
    if span.is_disabled() {
        shared.guests.spawn(driven);
    } else {
        shared.guests.spawn(driven.instrument(span));
    }
}

fn prepare(shared: &Shared, known: &Known, limits: &Limits) -> Result<(Component, SandboxSpec), String> {
    let registration = &known.registration;
    let state = shared.state();
    let app = state
        .apps
        .get(&registration.app)
        .ok_or_else(|| format!("app `{}` is not installed", registration.app))?;
    let component = app
        .components
        .get(registration.runs_as())
        .ok_or_else(|| format!("app `{}` has no entry point {:?}", app.id, registration.runs_as()))?;
    let spec = SandboxSpec {
        limits: limits.clone(),
        grants: app.grants.clone(),
        env: registration.env.clone(),
        args: registration.args.clone(),
        blocking_inline: shared.config.blocking_inline,
    };
    Ok((component.clone(), spec))
}

async fn drive(cell: Arc<RunCell>, prepared: Result<(Component, SandboxSpec), String>, mut permit: Permit) {
    let started_at = cell.shared.clock.wall();
    let outcome = match prepared {
        Ok((component, spec)) => guest(&cell, &component, spec).await,
        Err(message) => Outcome::Trapped { kind: TrapKind::Start, message },
    };
    // The sandbox is gone.
    cell.let_go();
    cell.shared.state().running.remove(&cell.lease.activation.id);
    cell.shared.wake.run_over();
    permit.release_slot();
    cell.freed();
    cell.tell_progress(true);
    cell.tell_rest();
    finish(&cell, started_at, outcome).await;
}

/// Runs the guest to its end; the sandbox is gone when this returns.
async fn guest(cell: &Arc<RunCell>, component: &Component, spec: SandboxSpec) -> Outcome {
    let clock = cell.shared.clock.clone();
    let mut guest = Some(sandbox::start(
        component,
        spec,
        clock.clone(),
        cell.clone(),
        cell.meter.clone(),
        cell.usage.clone(),
    ));
    let mut watch = Watch::over(component);
    let mut timer: Option<(Instant, BoxSleep)> = None;
    let mut elsewhere = Elsewhere { count: &cell.shared.seen.elsewhere, set: false };
    std::future::poll_fn(move |cx| {
        cell.driver.register(cx.waker());
        // Others of the app may have spent its quota meanwhile.
        cell.charge(Duration::ZERO);
        let paused = match cell.status() {
            Status::Ended(outcome) => {
                guest = None;
                return Poll::Ready(outcome);
            }
            Status::Running { paused, .. } => paused,
        };
        if let (false, Some(future)) = (paused, &mut guest) {
            let before = cell.meter.used();
            cell.asks_for_more.store(false, Ordering::Relaxed);
            let waker = waker_ref(cell);
            let polled = poll(future, cell, &mut Context::from_waker(&waker));
            if let Poll::Ready(ended) = polled {
                guest = None;
                match ended {
                    // `returned` and `nothing_left` have been said; an end without either is a bug of ours.
                    Ok(()) => cell.trapped(TrapKind::Other, "the guest ended without an answer".to_owned()),
                    Err(trap) => cell.trapped(trap.kind, trap.told(&cell.limits)),
                }
            }
            let used = cell.meter.used();
            cell.charge(used.saturating_sub(before));
            if guest.is_some() {
                cell.gave_way(&mut watch);
            }
            elsewhere.set(guest.is_some() && !cell.waits_for_us());
        }
        let used = cell.meter.used();
        cell.input(|machine, now| machine.tick(now, used));
        cell.tell_progress(false);
        match cell.status() {
            Status::Ended(outcome) => {
                if let Some(future) = &mut guest
                    && !matches!(outcome, Outcome::Canceled { forced: true, .. })
                {
                    last_words(future, cell);
                }
                // Here the sandbox goes: before anyone hears of the end.
                guest = None;
                Poll::Ready(outcome)
            }
            Status::Running { timeout, .. } => {
                arm(&mut timer, timeout, &*clock, cx);
                Poll::Pending
            }
        }
    })
    .await
}

/// What a guest that ended by itself may still do: finish the turn it was in. It is polled a few times more,
/// without waiting for anything, so that what it prints behind its last `complete` is not lost. Nothing else
/// is accepted from it.
fn last_words(guest: &mut Sandbox, cell: &RunCell) {
    const TURNS: u32 = 8;
    let mut nobody = Context::from_waker(Waker::noop());
    for _ in 0..TURNS {
        if poll(guest, cell, &mut nobody).is_ready() {
            return;
        }
    }
}

/// One turn of the guest: billed, and interrupted at the next tick if it does not give way.
fn poll(guest: &mut Sandbox, cell: &RunCell, cx: &mut Context<'_>) -> Poll<Result<(), sandbox::GuestTrap>> {
    // Sockets and timers that the guest makes belong to the control runtime: this thread drives none.
    let _in_control = cell.shared.control.enter();
    let _ticking = cell.shared.engine.enter();
    cell.shared.seen.polls.fetch_add(1, Ordering::Relaxed);
    cell.usage.set_at_rest(false);
    let _polling = cell.meter.begin();
    // A panic in a host function, or in the engine, is the end of this run and of nothing else.
    let polled = catch_unwind(AssertUnwindSafe(|| guest.as_mut().poll(cx)));
    polled.unwrap_or_else(|_| Poll::Ready(Err(sandbox::GuestTrap::of_a_panic())))
}

/// Marks, while it is set, that a guest waits for something that is not ours: a file, a socket.
struct Elsewhere<'a> {
    count: &'a AtomicU32,
    set: bool,
}

impl Elsewhere<'_> {
    fn set(&mut self, elsewhere: bool) {
        match (std::mem::replace(&mut self.set, elsewhere), elsewhere) {
            (false, true) => {
                self.count.fetch_add(1, Ordering::Relaxed);
            }
            (true, false) => {
                self.count.fetch_sub(1, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}

impl Drop for Elsewhere<'_> {
    fn drop(&mut self) {
        self.set(false);
    }
}

/// Has `cx` woken at `timeout`. A run that ends in its first poll arms nothing.
fn arm(
    timer: &mut Option<(Instant, BoxSleep)>,
    timeout: Option<Instant>,
    clock: &dyn dormouse_core::Clock,
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
