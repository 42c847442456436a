//! Whom a sandbox serves: one run, or an app with any number of runs in it.

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime::{Error, Result};

use super::port::{AppPort, RunPort};
use crate::lifecycle::port::SessionPort;

/// Runs of which an app's guest may have handles at once, those that are over among them. With each goes what came with it:
/// 256 KiB at most.
pub(crate) const RUNS_HELD_MAX: usize = 256;

/// Whom a sandbox serves.
pub(crate) enum Serves {
    /// One run. What a handle to it says is nothing, as there is no other.
    Run(Arc<dyn RunPort>),
    /// An app, and the runs that entered it, by the numbers that handles to them carry.
    App {
        /// The app.
        session: Arc<dyn SessionPort>,
        /// The runs of which the guest has a handle.
        runs: HashMap<u32, Entered>,
    },
}

/// A run that entered an app.
pub(crate) struct Entered {
    run: Arc<dyn RunPort>,
    /// Handles of the guest's to it, and to its deferrals.
    handles: u32,
}

impl Serves {
    /// An app that no run has entered.
    pub(crate) fn app_of(session: Arc<dyn SessionPort>) -> Self {
        Self::App { session, runs: HashMap::new() }
    }

    /// The app that the guest belongs to.
    pub(super) fn app(&self) -> Arc<dyn AppPort> {
        match self {
            Self::Run(run) => Arc::clone(run) as Arc<dyn AppPort>,
            Self::App { session, .. } => Arc::clone(session) as Arc<dyn AppPort>,
        }
    }

    /// The run of this number.
    ///
    /// # Errors
    ///
    /// There is none: all handles to it were dropped.
    pub(super) fn run(&self, number: u32) -> Result<&dyn RunPort> {
        match self {
            Self::Run(run) => Ok(&**run),
            Self::App { runs, .. } => match runs.get(&number) {
                Some(entered) => Ok(&*entered.run),
                None => Err(Error::msg("a handle to a run that is not there")),
            },
        }
    }

    /// The app, whose guest asks of its life.
    ///
    /// # Errors
    ///
    /// It serves a run: a guest that could ask was refused when it was installed.
    pub(crate) fn session(&self) -> Result<&Arc<dyn SessionPort>> {
        match self {
            Self::App { session, .. } => Ok(session),
            Self::Run(_) => Err(Error::msg("a task has no life of its own to ask of")),
        }
    }

    /// A run enters under this number, and the guest is given a handle to it. False if it has as many as it may have: a
    /// guest that drops none keeps what came with each run, whose memory is the host's.
    #[must_use]
    pub(crate) fn enter(&mut self, number: u32, run: Arc<dyn RunPort>) -> bool {
        let Self::App { runs, .. } = self else { return false };
        let enters = runs.len() < RUNS_HELD_MAX;
        if enters {
            runs.insert(number, Entered { run, handles: 1 });
        }
        enters
    }

    /// The guest has one handle more of this number.
    pub(crate) fn given(&mut self, number: u32) {
        if let Self::App { runs, .. } = self
            && let Some(entered) = runs.get_mut(&number)
        {
            entered.handles = entered.handles.saturating_add(1);
        }
    }

    /// The guest has one less. With the last one the run is forgotten.
    pub(crate) fn given_back(&mut self, number: u32) {
        let Self::App { runs, .. } = self else { return };
        let Some(entered) = runs.get_mut(&number) else { return };
        entered.handles = entered.handles.saturating_sub(1);
        if entered.handles == 0 {
            runs.remove(&number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::testing::FakePort;

    #[test]
    fn a_run_in_an_app_is_known_by_its_number_until_its_last_handle_is_gone() {
        let mut app = Serves::app_of(Arc::new(FakePort::default()));
        assert!(app.run(1).is_err() && app.session().is_ok());
        assert!(app.enter(1, Arc::new(FakePort::default())));
        app.given(1);
        app.given_back(1);
        assert!(app.run(1).is_ok() && app.run(2).is_err());
        app.given_back(1);
        assert!(app.run(1).is_err());
        app.given_back(1);
        app.given(1);
        assert!(app.run(1).is_err(), "what is gone does not come back");
    }

    #[test]
    fn a_guest_that_lets_go_of_no_run_is_given_no_more() {
        let mut app = Serves::app_of(Arc::new(FakePort::default()));
        let enters = |app: &mut Serves, number| app.enter(number, Arc::new(FakePort::default()));
        let all = u32::try_from(RUNS_HELD_MAX).expect("a small number");
        assert!((0..all).all(|number| enters(&mut app, number)));
        assert!(!enters(&mut app, all) && app.run(all).is_err());
        app.given_back(0);
        assert!(enters(&mut app, all));
    }

    #[test]
    fn a_task_has_one_run_and_no_life() {
        let mut task = Serves::Run(Arc::new(FakePort::default()));
        task.given_back(0);
        assert!(task.run(0).is_ok() && task.session().is_err());
    }
}
