//! Background tasks in an app: they wait for it, enter it, and leave it or end with it.

use std::sync::Arc;
use std::time::Duration;

use dormouse_core::TrapKind;
use dormouse_core::app::lifecycle::{AppState, End};
use dormouse_core::explain::AppWait;
use dormouse_core::outcome::bounded_message;

use super::apps::Patience;
use super::error::AppError;
use super::inner::Because;
use super::session::Session;
use crate::drive::cell::RunCell;

/// A run that goes on in an app, or waits for that.
#[derive(Clone)]
pub(super) struct Inside {
    /// By which the sandbox knows it.
    pub(super) number: u32,
    pub(super) cell: Arc<RunCell>,
}

impl Session {
    /// A number for a run that is to go on in it.
    pub(crate) fn number_run(&self) -> u32 {
        let mut inner = self.inner();
        // 0 stands for the only run of a sandbox.
        inner.last_run = inner.last_run.checked_add(1).unwrap_or(1);
        inner.last_run
    }

    /// Has a run wait for the app, once there is a place for that. `here`: what follows is done before this answers, as far as
    /// it can be.
    ///
    /// # Errors
    ///
    /// [`AppError`]: it never enters it.
    pub(crate) async fn join(
        self: Arc<Self>,
        number: u32,
        cell: Arc<RunCell>,
        here: bool,
    ) -> Result<(), AppError> {
        let shared = &self.shared;
        self.load().await?;
        loop {
            let mut place = shared.apps.place(&self, Patience::Long).await?;
            let (_, policy) = shared.apps.of_it(shared, &self.app)?;
            let joined = self.input_at(here, |inner, now| {
                inner.open()?;
                if !inner.takes(&mut place) {
                    return Ok::<_, AppError>(false);
                }
                inner.machine.settle(policy);
                inner.waiting.push_back(Inside { number, cell: cell.clone() });
                let outputs = inner.machine.run_waits(now.at);
                inner.decide(outputs, Because::Nothing, now);
                Ok(true)
            })?;
            if joined {
                return Ok(());
            }
        }
    }

    /// A run does not wait for it any more; false if it did not.
    pub(crate) fn withdraw(&self, number: u32) -> bool {
        self.input(|inner, now| {
            let Some(place) = inner.waiting.iter().position(|run| run.number == number) else { return false };
            inner.waiting.remove(place);
            let outputs = inner.machine.run_withdrawn(now.at);
            inner.decide(outputs, Because::Nothing, now);
            true
        })
    }

    /// A run has ended. One that entered the guest and has not returned, or whose deferrals are open, is still about in it:
    /// then the app ends with it (UWP-086). `here`: as with [`Session::join`].
    pub(crate) fn left(&self, number: u32, is_over: bool, here: bool) {
        if self.withdraw(number) {
            return;
        }
        self.input_at(here, |inner, now| {
            if inner.entered.remove(&number).is_none() {
                // It ended with its app, or never came so far.
                return;
            }
            // One that was to enter, and was not passed on yet, is not in the guest.
            let is_inside = inner.held.contains(&number);
            let (outputs, because) = if is_over || !is_inside {
                inner.held.remove(&number);
                (inner.machine.run_ended(now.at), Because::Nothing)
            } else {
                (inner.machine.run_killed(now.at), Because::Ends(End::TaskKilled))
            };
            inner.decide(outputs, because, now);
        });
    }

    /// Whether a run has the app to itself.
    pub(crate) fn is_alone_in_it(&self, number: u32) -> bool {
        let inner = self.inner();
        inner.waiting.is_empty() && inner.entered.len() == 1 && inner.entered.contains_key(&number)
    }

    /// Waits until nothing of a run is in the instance any more.
    pub(crate) async fn let_go(&self, number: u32) {
        loop {
            let mut news = std::pin::pin!(self.news.notified());
            news.as_mut().enable();
            if !self.inner().held.contains(&number) {
                return;
            }
            news.await;
        }
    }

    /// What keeps a run out of it; none if it has entered.
    pub(crate) fn keeps_out(&self, run: &RunCell) -> Option<AppWait> {
        let inner = self.inner();
        if inner.entered.values().any(|inside| std::ptr::eq(&*inside.cell, run)) {
            return None;
        }
        let waits = inner.waiting.iter().any(|inside| std::ptr::eq(&*inside.cell, run));
        Some(if waits { AppWait::Ready } else { AppWait::Place })
    }

    /// Where in its life it is.
    pub(crate) fn state(&self) -> AppState {
        self.inner().machine.state()
    }

    /// Whether what its runs use is charged to the app's quota: work in the background is (UWP-104).
    pub(crate) fn charges_runs(&self) -> bool {
        self.state() != AppState::Foreground
    }

    /// A quota holds one of its runs, or does not any more.
    pub(crate) fn held_up(&self) {
        self.actor.wake();
    }

    /// Whether a quota holds it: in the background, if it holds one of its runs, and nothing is under way that has a
    /// deadline of its own.
    pub(super) fn is_paused(&self) -> bool {
        let runs: Vec<Arc<RunCell>> = {
            let inner = self.inner();
            if inner.machine.state() != AppState::Background || inner.is_called() {
                return false;
            }
            inner.entered.values().map(|run| run.cell.clone()).collect()
        };
        runs.iter().any(|cell| cell.is_paused())
    }

    /// A handler of its guest, or a run in it, is under way.
    pub(super) fn is_at_work(&self) -> bool {
        let inner = self.inner();
        inner.is_called() || !inner.entered.is_empty()
    }

    /// Has what drives its runs look again.
    pub(super) fn wake_runs(&self) {
        let runs: Vec<Arc<RunCell>> = self.inner().entered.values().map(|run| run.cell.clone()).collect();
        for cell in runs {
            cell.driver.wake();
        }
    }

    /// Its guest used so much: the runs in it have equal shares (UWP-104).
    pub(super) fn bill(&self, cpu: Duration) {
        if cpu.is_zero() {
            return;
        }
        let runs: Vec<Arc<RunCell>> = self.inner().entered.values().map(|run| run.cell.clone()).collect();
        let share = cpu / u32::try_from(runs.len()).unwrap_or(u32::MAX).max(1);
        for cell in runs {
            cell.meter.add(share);
            cell.driver.wake();
        }
    }
}

/// Ends the runs that were in an app which ended.
pub(super) fn end(runs: &[Inside], end: End, message: &str, trap: Option<&(TrapKind, String)>) {
    for Inside { cell, .. } in runs {
        match (end.cancellation(message), trap) {
            (_, Some((kind, said))) => cell.trapped(*kind, bounded_message(format!("its app ended: {said}"))),
            (Some(cancellation), None) => cell.kill(cancellation),
            (None, None) => {
                let said = bounded_message(format!("its app was ended ({end}): {message}"));
                cell.trapped(TrapKind::Other, said);
            }
        }
    }
}
