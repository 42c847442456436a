//! One run, from its claim to the record of its end.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use dormouse_core::activation::Lease;
use dormouse_core::event::EventKind;
use dormouse_core::outcome::Outcome;
use dormouse_core::{Timestamp, TrapKind};
use tracing::Instrument;

use super::cell::{Brought, RunCell, Terms};
use super::finish::finish;
use super::guest::Guest;
use super::here::{begin_here, may_begin_here};
use super::in_process;
use crate::app::InstalledApp;
use crate::component::Component;
use crate::lifecycle::Session;
use crate::meter::BRIEF;
use crate::sandbox::SandboxSpec;
use crate::shared::{Known, Permit, Shared};

/// Starts a claimed activation on a guest thread. One that is likely to be over at once, as the last run of its
/// registration was, has its first turn here and now: waking another thread for it would take longer than it does. If it
/// is not over then, it goes on where guests do, and so does the next one from its beginning.
pub(crate) fn start(shared: &Arc<Shared>, known: &Arc<Known>, lease: Lease, permit: Permit) {
    let brought = Brought::with(shared, &lease.activation);
    let (cell, app, stopping) = {
        // One look: whoever replaces or removes the app finds this run, or this run finds that done.
        let mut state = shared.state();
        let installed = state.installed(&known.registration.app);
        let terms = Terms::new(&shared.config, &known.registration, installed.as_ref());
        let cell = RunCell::new(shared.clone(), known.clone(), lease, brought, terms);
        state.running.insert(cell.lease.activation.id, cell.clone());
        (cell, installed.map(|(app, _)| app), state.stopping)
    };
    // A stop that came between the claim and here has told everyone but this run.
    if stopping {
        cell.cancel(super::shutdown::terminating());
    }
    let prepared = prepare(&cell, app.as_deref());
    let is_here = prepared.is_ok() && may_begin_here(shared, known);
    let (activation, run, attempt) = (cell.lease.activation.id, cell.run(), cell.lease.activation.attempt());
    cell.emit(|| EventKind::Started { activation, run, attempt });
    let span = tracing::debug_span!(
        "run", app = %known.registration.app, registration = %known.registration.id, %activation, %run, attempt,
        fence = cell.lease.fence.0, node = %shared.config.node,
    );
    tracing::debug!(parent: &span, "a run starts");
    let driven = drive(cell, prepared, permit, !is_here);
    // Nobody listens, most often: then the run costs nothing more.
    match (span.is_disabled(), is_here) {
        (true, true) => begin_here(shared, driven),
        (true, false) => shared.guests.spawn(driven),
        (false, true) => begin_here(shared, driven.instrument(span)),
        (false, false) => shared.guests.spawn(driven.instrument(span)),
    }
}

/// Where a run goes on.
#[expect(clippy::large_enum_variant, reason = "there is one for each run, and it is taken apart at once")]
enum Prepared {
    /// In a sandbox of its own.
    Alone(Component, SandboxSpec),
    /// In its app's instance (UWP-120).
    InApp(Arc<Session>),
}

fn prepare(cell: &RunCell, app: Option<&InstalledApp>) -> Result<Prepared, String> {
    let registration = &cell.known.registration;
    let app = app.ok_or_else(|| format!("app `{}` is not installed", registration.app))?;
    let Some(entry_point) = &registration.entry_point else {
        let session = cell.shared.apps.session(&cell.shared, &app.id);
        return session.map(Prepared::InApp).map_err(|error| error.to_string());
    };
    let component = app
        .components
        .get(entry_point)
        .ok_or_else(|| format!("app `{}` has no entry point {entry_point:?}", app.id))?;
    let spec = SandboxSpec {
        limits: cell.limits.clone(),
        grants: app.grants.clone(),
        env: registration.env.clone(),
        args: registration.args.clone(),
        blocking_inline: cell.shared.config.blocking_inline,
    };
    Ok(Prepared::Alone(component.clone(), spec))
}

/// `is_guests`: on a thread for guests.
async fn drive(cell: Arc<RunCell>, prepared: Result<Prepared, String>, permit: Permit, is_guests: bool) {
    let started_at = cell.shared.clock.wall();
    let outcome = match prepared {
        Ok(Prepared::InApp(session)) => in_process::drive(&cell, &session, !is_guests).await,
        Ok(Prepared::Alone(component, spec)) => {
            let mut guest = Guest::new(&cell, component, spec);
            match quickly(&cell, &mut guest, is_guests).await {
                Quickly::Over(outcome) => outcome,
                Quickly::GoesOn => {
                    let elsewhere = drive_on(cell.clone(), guest, started_at, permit);
                    return cell.shared.guests.spawn(elsewhere.in_current_span());
                }
                Quickly::Computes => {
                    let slowly = drive_slowly(cell.clone(), guest, started_at, permit);
                    return cell.shared.guests.spawn_slow(slowly.in_current_span());
                }
            }
        }
        Err(message) => Outcome::Trapped { kind: TrapKind::Start, message },
    };
    over(&cell, started_at, outcome, permit).await;
}

/// How a run has done that began.
enum Quickly {
    Over(Outcome),
    /// It is not over, and is not on a thread for guests.
    GoesOn,
    /// It belongs into the slow lane.
    Computes,
}

/// Polls a guest from its beginning for as long as it belongs where it is, and notes how it has done for the next run: one
/// that ends in its first turn, and is brief. One tick is the longest that a guest which is said to be and is not keeps a
/// thread of the embedder's.
async fn quickly(cell: &RunCell, guest: &mut Guest, is_guests: bool) -> Quickly {
    let two = cell.shared.guests.are_two();
    let mut turns = 0_u32;
    let done = poll_fn(|cx| {
        turns = turns.saturating_add(1);
        match guest.poll(cx) {
            Poll::Ready(outcome) => Poll::Ready(Quickly::Over(outcome)),
            Poll::Pending if !is_guests => Poll::Ready(Quickly::GoesOn),
            Poll::Pending if two && guest.computes() => Poll::Ready(Quickly::Computes),
            Poll::Pending => Poll::Pending,
        }
    });
    let done = done.await;
    let over = matches!(done, Quickly::Over(_));
    cell.known.going.was_brief(over && turns == 1 && cell.meter.used() < BRIEF);
    done
}

/// The rest of a run that began where it was asked for.
async fn drive_on(cell: Arc<RunCell>, mut guest: Guest, started_at: Timestamp, permit: Permit) {
    match quickly(&cell, &mut guest, true).await {
        Quickly::Over(outcome) => {
            drop(guest);
            // Not in one turn.
            cell.known.going.was_brief(false);
            over(&cell, started_at, outcome, permit).await;
        }
        Quickly::GoesOn | Quickly::Computes => {
            let slowly = drive_slowly(cell.clone(), guest, started_at, permit);
            cell.shared.guests.spawn_slow(slowly.in_current_span());
        }
    }
}

/// The rest of a run that computes. It stays in the slow lane, whatever it does: runs are short.
async fn drive_slowly(cell: Arc<RunCell>, mut guest: Guest, started_at: Timestamp, permit: Permit) {
    let outcome = poll_fn(|cx| guest.poll(cx)).await;
    drop(guest);
    over(&cell, started_at, outcome, permit).await;
}

/// The sandbox is gone.
async fn over(cell: &RunCell, started_at: Timestamp, outcome: Outcome, mut permit: Permit) {
    cell.let_go();
    {
        let mut state = cell.shared.state();
        state.running.remove(&cell.lease.activation.id);
        state.ending.insert(cell.lease.activation.id, cell.lease.fence);
        permit.release_slot_in(&mut state);
    }
    cell.shared.wake.run_over();
    permit.poke();
    cell.freed();
    cell.tell_progress(true);
    cell.tell_rest();
    finish(cell, started_at, outcome, &mut permit).await;
}

/// Waits until the sandboxes of these runs are gone: no longer than their graces, if they were told to end.
pub(crate) async fn gone(shared: &Shared, running: &[Arc<RunCell>]) {
    // Counted before the look: a run that goes on then sees it when it ends.
    let _counted = Counted::new(&shared.wake.awaiting_ends);
    loop {
        let mut ended = std::pin::pin!(shared.wake.ends.notified());
        ended.as_mut().enable();
        let going_on = {
            let state = shared.state();
            running.iter().any(|cell| {
                let now = state.running.get(&cell.lease.activation.id);
                now.is_some_and(|now| Arc::ptr_eq(now, cell))
            })
        };
        if !going_on {
            return;
        }
        ended.await;
    }
}

/// One of those who wait, for as long as it lives.
struct Counted<'a>(&'a AtomicU32);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;
