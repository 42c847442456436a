//! A run whose guest is its app's own instance (UWP-120): its limits, its charges and its end, and nothing of a sandbox.
//!
//! Idleness and deferrals that nobody can complete are not judged: whose futures are left in an instance that several share
//! is not to be known. Its budgets are what ends it (UWP-077).

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use dormouse_core::clock::BoxSleep;
use dormouse_core::outcome::Outcome;
use dormouse_core::{Instant, TrapKind};

use super::cell::{RunCell, Status};
use super::shutdown::terminating;
use super::turn::arm;
use crate::lifecycle::{AppError, Session};
use crate::meter::BRIEF;
use crate::registrar::with_causes;

/// Drives it to its end. When it answers, nothing of the run is in the app any more. `here`: the app has its turn where the
/// run was asked for.
pub(super) async fn drive(cell: &Arc<RunCell>, session: &Arc<Session>, mut here: bool) -> Outcome {
    let number = session.number_run();
    let outcome = {
        let joining: Joining = Box::pin(session.clone().join(number, cell.clone(), here));
        let (joining, charged, is_held, timer) = (Some(joining), Duration::ZERO, false, None);
        let mut run = InApp { cell, session, number, joining, charged, is_held, timer };
        let outcome = poll_fn(|cx| {
            let polled = run.poll(cx);
            // From its next turn on it is not where it was asked for.
            here &= polled.is_ready();
            polled
        });
        outcome.await
    };
    // Where several are in it, one turn serves them all, and comes as cheap to each.
    cell.known.going.was_brief(cell.meter.used() < BRIEF && session.is_alone_in_it(number));
    session.left(number, cell.is_out(), here);
    session.let_go(number).await;
    outcome
}

type Joining = Pin<Box<dyn Future<Output = Result<(), AppError>> + Send>>;

struct InApp<'a> {
    cell: &'a Arc<RunCell>,
    session: &'a Arc<Session>,
    number: u32,
    /// Waits for a place for its app.
    joining: Option<Joining>,
    /// What it has used, as far as that was looked at.
    charged: Duration,
    /// A quota holds it.
    is_held: bool,
    timer: Option<(Instant, BoxSleep)>,
}

impl InApp<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        let cell = self.cell;
        cell.driver.register(cx.waker());
        self.join(cx);
        let used = cell.meter.used();
        if self.session.charges_runs() {
            cell.charge(used.saturating_sub(self.charged));
        } else if cell.is_paused() {
            // What is seen is not background work.
            cell.input(|machine, now| machine.requota(None, now));
        }
        self.charged = used;
        cell.input(|machine, now| machine.tick(now, used));
        cell.tell_progress(false);
        match cell.status() {
            Status::Ended(outcome) => Poll::Ready(outcome),
            Status::Running { paused, timeout } => {
                let is_held = paused && cell.is_held();
                if std::mem::replace(&mut self.is_held, is_held) != is_held {
                    self.session.held_up();
                }
                arm(&mut self.timer, timeout, &*cell.shared.clock, cx);
                Poll::Pending
            }
        }
    }

    /// Waits for its app, until it is cancelled: then it has nobody to tell, and is over.
    fn join(&mut self, cx: &mut Context<'_>) {
        let cell = self.cell;
        if let Some(cancellation) = cell.cancelled_by()
            && (self.joining.take().is_some() || self.session.withdraw(self.number))
        {
            return cell.kill(cancellation);
        }
        let Some(joining) = &mut self.joining else { return };
        let Poll::Ready(joined) = joining.as_mut().poll(cx) else { return };
        self.joining = None;
        match joined {
            Ok(()) => {}
            Err(AppError::Stopping) => cell.kill(terminating()),
            Err(error) => cell.trapped(TrapKind::Start, with_causes(&error)),
        }
    }
}
