//! What happens to an app.

use super::{AppMachine, AppState, End, Launched, Output, Pending, Ticket, Wanted};
use crate::app::activation::ARGUMENTS_LEN_MAX;
use crate::app::policy::AppPolicy;
use crate::app::previous::PreviousExecutionState;
use crate::outcome::CancellationReason;
use crate::time::Instant;

/// Why an app is not restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestartError {
    /// It is being restarted already, or ended, or was restarted a moment ago.
    #[error("the app is being restarted already, or ended, or was restarted a moment ago")]
    Pending,
    /// Nobody sees it.
    #[error("only an app in the foreground may be restarted")]
    NotInForeground,
    /// It passes more along than a launch may carry; the machine knows nothing of that.
    #[error("a restart may pass along {ARGUMENTS_LEN_MAX} bytes of arguments")]
    TooLong,
}

/// An activation that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// By which it is known.
    pub ticket: Ticket,
    /// What for.
    pub wanted: Wanted,
    /// Somebody wants to see the app from then on. Of a prelaunch it is nothing.
    pub seen: bool,
    /// What is kept of the app ([`AppStateRecord::previous`](crate::app::previous::AppStateRecord::previous)): it counts
    /// only if there is no instance, or none that was activated.
    pub last: PreviousExecutionState,
}

impl AppMachine {
    /// Somebody activates it.
    pub fn activate(&mut self, asked: Asked, now: Instant) -> Vec<Output> {
        self.input(now, |app, _| {
            if app.launched == Launched::Never {
                app.last = asked.last;
            }
            let while_suspended = matches!(app.state, AppState::Suspending | AppState::Suspended);
            if asked.wanted != Wanted::Prelaunch {
                // Whoever asks for it has come back to it.
                app.held = false;
                app.visible |= asked.seen;
            }
            app.pending.push_back(Pending { ticket: asked.ticket, wanted: asked.wanted, while_suspended });
        })
    }

    /// Somebody wants to see it. It is seen once its state says so. Of an app that is not there this is nothing: it has to
    /// be launched.
    pub fn show(&mut self, now: Instant) -> Vec<Output> {
        self.input(now, |app, _| {
            if app.state != AppState::NotRunning {
                (app.visible, app.held) = (true, false);
            }
        })
    }

    /// Nobody sees it any more.
    pub fn hide(&mut self, now: Instant) -> Vec<Output> {
        self.input(now, |app, _| app.visible = false)
    }

    /// It is to be suspended without delay and whoever sees it, as by a locked screen. Background tasks in it and an
    /// extended execution hold that up (UWP-127, UWP-140). Until it is resumed, shown or activated.
    pub fn suspend(&mut self, now: Instant) -> Vec<Output> {
        self.input(now, |app, _| app.held = app.state != AppState::NotRunning)
    }

    /// It is resumed, as by a screen that is unlocked: who saw it before sees it again. One that nobody sees is suspended
    /// again after a while.
    pub fn resume(&mut self, now: Instant) -> Vec<Output> {
        self.input(now, |app, _| (app.held, app.wake) = (false, app.state == AppState::Suspended))
    }

    /// Its user closes it: it is suspended, and ended (UWP-137).
    pub fn close(&mut self, now: Instant) -> Vec<Output> {
        self.wind_up(End::Closed, now)
    }

    /// Its host stops, or its package is replaced: it is suspended, and ended. What waits for it begins it anew, unless it is
    /// [shut](Self::shut).
    pub fn stop(&mut self, now: Instant) -> Vec<Output> {
        self.wind_up(End::HostStopped, now)
    }

    /// From its next instance on, this is its policy.
    pub const fn settle(&mut self, policy: AppPolicy) {
        self.next_policy = policy;
    }

    /// From now on nothing of it begins: its host stops. What is there goes on until something ends it; however that
    /// is, what waits for it is dropped then.
    pub const fn shut(&mut self) {
        self.shut = true;
    }

    fn wind_up(&mut self, end: End, now: Instant) -> Vec<Output> {
        self.input(now, |app, out| {
            if app.state == AppState::NotRunning || app.leaving.is_some() {
                return;
            }
            app.visible &= end != End::Closed;
            app.cancel_runs(CancellationReason::Terminating, out);
            // Whatever else it was to become afterwards.
            app.then = Some(end);
        })
    }

    /// What it holds is needed: it is ended, and is not told (UWP-133, UWP-095). Which app that is, is for
    /// [`reclaim`](crate::app::reclaim) to say.
    pub fn terminate(&mut self, now: Instant) -> Vec<Output> {
        let end = if self.state == AppState::Suspended { End::Reclaimed } else { End::Terminated };
        self.end_at_once(end, now)
    }

    /// The store did not keep that it is activated: it is ended, and is still to be told what it was before.
    pub fn not_kept(&mut self, now: Instant) -> Vec<Output> {
        let mut out = Vec::new();
        if self.state != AppState::NotRunning {
            self.end_as(self.leaving.unwrap_or(End::Terminated), Some(self.last), now, &mut out);
        }
        out
    }

    /// The guest trapped.
    pub fn crashed(&mut self, now: Instant) -> Vec<Output> {
        self.end_at_once(End::Crashed, now)
    }

    /// What the host tells it beside its state did not return in time.
    pub fn hung(&mut self, handler: super::end::HandlerName, now: Instant) -> Vec<Output> {
        self.end_at_once(End::Hung { handler }, now)
    }

    fn end_at_once(&mut self, end: End, now: Instant) -> Vec<Output> {
        let mut out = Vec::new();
        if self.state != AppState::NotRunning {
            // Of what ends it already, the reason stands.
            self.end(self.leaving.unwrap_or(end), now, &mut out);
        }
        out
    }

    /// It is removed, or the session ends: its background tasks are cancelled, and it is ended when they are.
    pub fn leave(&mut self, end: Leave, now: Instant) -> Vec<Output> {
        self.input(now, |app, out| {
            let (end, reason) = match end {
                Leave::Uninstalled => (End::Uninstalled, CancellationReason::Uninstall),
                Leave::LoggedOff => (End::LoggedOff, CancellationReason::LoggingOff),
            };
            if app.state == AppState::NotRunning {
                app.cancel_runs(reason, out);
            } else if app.leaving.is_none() {
                app.cancel_runs(reason, out);
                app.leaving = Some(end);
            }
        })
    }

    /// The guest asks to be restarted; `ticket` stands for the launch that follows (UWP-143).
    ///
    /// # Errors
    ///
    /// [`RestartError`]: nobody sees it, it is ended already, or it follows a restart of less than
    /// [`AppPolicy::restart`](crate::app::policy::AppPolicy::restart) ago.
    pub fn request_restart(&mut self, ticket: Ticket, now: Instant) -> Result<Vec<Output>, RestartError> {
        if self.is_ending() {
            return Err(RestartError::Pending);
        }
        if self.state != AppState::Foreground {
            return Err(RestartError::NotInForeground);
        }
        if self.restarted.is_some_and(|at| now < at + self.policy.restart) {
            // Or one that always asks would be begun as fast as the machine can.
            return Err(RestartError::Pending);
        }
        self.restart = Some(ticket);
        Ok(self.wind_up(End::Restarted, now))
    }

    // ---- background tasks ----------------------------------------------------------------------------

    /// A background task is to run in it (UWP-122).
    pub fn run_waits(&mut self, now: Instant) -> Vec<Output> {
        self.input(now, |app, _| app.waiting_runs = app.waiting_runs.saturating_add(1))
    }

    /// One that waited for it does not any more.
    pub fn run_withdrawn(&mut self, now: Instant) -> Vec<Output> {
        self.input(now, |app, _| app.waiting_runs = app.waiting_runs.saturating_sub(1))
    }

    /// One that entered it has ended by itself.
    pub fn run_ended(&mut self, now: Instant) -> Vec<Output> {
        self.input(now, |app, _| app.runs = app.runs.saturating_sub(1))
    }

    /// One that entered it had to be ended by force: so is the app (UWP-086). One that is on its way to its end goes there,
    /// and saves what it has.
    pub fn run_killed(&mut self, now: Instant) -> Vec<Output> {
        match (self.runs, self.then, self.leaving) {
            (0, ..) => Vec::new(),
            (_, Some(_), None) => self.run_ended(now),
            _ => self.end_at_once(End::TaskKilled, now),
        }
    }

    fn cancel_runs(&mut self, reason: CancellationReason, out: &mut Vec<Output>) {
        if self.runs > 0 || self.waiting_runs > 0 {
            out.push(Output::CancelRuns(reason));
            // Or those that wait would begin anew what they are cancelled with.
            self.waiting_runs = 0;
        }
    }

    fn input(&mut self, now: Instant, change: impl FnOnce(&mut Self, &mut Vec<Output>)) -> Vec<Output> {
        let mut out = Vec::new();
        change(self, &mut out);
        self.advance(now, &mut out);
        out
    }
}

/// Why an app goes for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// It is removed.
    Uninstalled,
    /// The session ends.
    LoggedOff,
}
