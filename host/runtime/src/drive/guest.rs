//! A guest: polled, billed, told, paused and taken down from here.
//!
//! The guest is one future. It is polled on a guest thread; each poll is billed to the run and to its app's
//! quota; after each the machine is asked what follows. A guest that never yields is interrupted at every
//! tick of the epoch and comes back here, so that all rules are applied in one place. Taking a guest down is
//! dropping the future, from outside it: nothing in the guest, and nothing that it waits for, is asked.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use dormouse_core::clock::BoxSleep;
use dormouse_core::outcome::Outcome;
use dormouse_core::{Clock, Instant, TrapKind};
use futures::task::waker_ref;

use super::cell::{RunCell, Status, Watch};
use super::turn::{arm, turn};
use crate::component::Component;
use crate::sandbox::{self, Sandbox, SandboxSpec};

/// How much a guest may compute before it goes on in the slow lane: two ticks. Waiting in between earns nothing, or
/// whoever sleeps for no time at all would stay.
const QUICK_CPU: Duration = Duration::from_millis(2);

/// A guest that is driven. It may be moved from one task to another between two polls.
pub(super) struct Guest {
    cell: Arc<RunCell>,
    clock: Arc<dyn Clock>,
    sandbox: Option<Sandbox>,
    watch: Watch,
    timer: Option<(Instant, BoxSleep)>,
    /// It waits for something that is not ours: a file, a socket.
    is_elsewhere: bool,
}

impl Guest {
    pub(super) fn new(cell: &Arc<RunCell>, component: Component, spec: SandboxSpec) -> Self {
        let (cell, clock) = (cell.clone(), cell.shared.clock.clone());
        let (meter, usage) = (cell.meter.clone(), cell.usage.clone());
        let sandbox = sandbox::start(&component, spec, clock.clone(), cell.clone(), meter, usage);
        Self {
            cell,
            clock,
            sandbox: Some(sandbox),
            watch: Watch::over(component),
            timer: None,
            is_elsewhere: false,
        }
    }

    /// It computes, and belongs into the slow lane.
    pub(super) fn computes(&self) -> bool {
        self.cell.meter.used() >= QUICK_CPU
    }

    /// Ready when it has ended. The sandbox is gone then.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        self.cell.driver.register(cx.waker());
        // Others of the app may have spent its quota meanwhile.
        self.cell.charge(Duration::ZERO);
        let paused = match self.cell.status() {
            Status::Ended(outcome) => {
                self.sandbox = None;
                return Poll::Ready(outcome);
            }
            Status::Running { paused, .. } => paused && self.cell.is_held(),
        };
        if paused {
            // Whatever else it waits for: it does not go on before it is resumed.
            self.set_elsewhere(false);
        } else {
            self.turn();
        }
        let cell = &self.cell;
        let used = cell.meter.used();
        cell.input(|machine, now| machine.tick(now, used));
        cell.tell_progress(false);
        match cell.status() {
            Status::Ended(outcome) => {
                if let Some(sandbox) = &mut self.sandbox
                    && !matches!(outcome, Outcome::Canceled { forced: true, .. })
                {
                    last_words(sandbox, cell);
                    cell.charge(cell.meter.used().saturating_sub(used));
                }
                // Here the sandbox goes: before anyone hears of the end.
                self.sandbox = None;
                Poll::Ready(outcome)
            }
            Status::Running { timeout, .. } => {
                arm(&mut self.timer, timeout, &*self.clock, cx);
                Poll::Pending
            }
        }
    }

    /// The guest has a turn, and is charged for it.
    fn turn(&mut self) {
        let Some(sandbox) = &mut self.sandbox else { return };
        let cell = &self.cell;
        let before = cell.meter.used();
        cell.asks_for_more.store(false, Ordering::Relaxed);
        let waker = waker_ref(cell);
        let polled = poll(sandbox, cell, &mut Context::from_waker(&waker));
        if let Poll::Ready(ended) = polled {
            self.sandbox = None;
            match ended {
                // `returned` and `nothing_left` have been said; an end without either is a bug of ours.
                Ok(()) => cell.trapped(TrapKind::Other, "the guest ended without an answer".to_owned()),
                Err(trap) => cell.trapped(trap.kind, trap.told(&cell.limits)),
            }
        }
        let used = cell.meter.used();
        cell.charge(used.saturating_sub(before));
        if self.sandbox.is_some() {
            cell.gave_way(&mut self.watch);
        }
        let is_elsewhere = self.sandbox.is_some() && !cell.waits_for_us();
        self.set_elsewhere(is_elsewhere);
    }

    fn set_elsewhere(&mut self, elsewhere: bool) {
        self.cell.shared.seen.is_elsewhere(&mut self.is_elsewhere, elsewhere);
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.set_elsewhere(false);
    }
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

/// One turn of a run's guest.
fn poll(guest: &mut Sandbox, cell: &RunCell, cx: &mut Context<'_>) -> Poll<Result<(), sandbox::GuestTrap>> {
    turn(guest, &cell.shared, &cell.meter, &cell.usage, cx).map(Result::flatten)
}
