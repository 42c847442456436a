//! The handle of those who ask.

use std::fmt;
use std::sync::Arc;

use dormouse_core::provider::{ChangeNotice, SignalSink};
use dormouse_core::{Clock, Condition, ConditionProvider, Holds, SignalSource, WorkCost};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::board::Board;
use crate::config::SystemConfig;
use crate::error::SystemError;
use crate::report::Report;
use crate::{machine, settle};

/// This machine, followed for as long as a handle of it lives.
///
/// Clones are the same machine; several hosts may share one.
#[derive(Clone)]
pub struct System(Arc<Inner>);

struct Inner {
    board: Arc<Board>,
    /// Those who follow. Dropping the set ends them.
    _followers: JoinSet<()>,
}

impl System {
    /// Begins to follow the machine, on the tokio runtime that this is called in. All waits are on `clock`, which
    /// should be the host's.
    ///
    /// Returns at once; everything is unknown until it was looked for, see [`System::ready`].
    ///
    /// # Errors
    ///
    /// There is no runtime, or the address of the system bus is none.
    pub fn start(config: &SystemConfig, clock: Arc<dyn Clock>) -> Result<Self, SystemError> {
        let runtime = Handle::try_current().map_err(|_| SystemError::NoRuntime)?;
        let board = Arc::new(Board::default());
        let mut followers = JoinSet::new();
        followers.spawn_on(settle::run(board.clone(), clock.clone()), &runtime);
        machine::start(config, &board, &clock, |follower| {
            followers.spawn_on(follower, &runtime);
        })?;
        Ok(Self(Arc::new(Inner { board, _followers: followers })))
    }

    /// Waits until everything was looked for once: what is unknown then is not on this machine, or not yet.
    /// Events are raised from then on. A service that hangs holds this up for ten seconds.
    pub async fn ready(&self) {
        // The sender lives as long as this handle.
        let _ = self.0.board.ready().wait_for(|ready| *ready).await;
    }

    /// What was found on this machine, and what was not, now.
    #[must_use]
    pub fn report(&self) -> Report {
        self.0.board.report()
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System").field("report", &self.report()).finish_non_exhaustive()
    }
}

impl ConditionProvider for System {
    fn holds(&self, condition: &Condition) -> Holds {
        self.0.board.answers().holds(condition)
    }

    /// The worse of two, as far as they are known.
    ///
    /// By pressure: low below 20 % of stalls on processors, memory or disks in the last ten seconds, whichever is
    /// worst, medium below 60 %, else high; a band is left 5 % below where it begins. By power: low on external
    /// power; on a battery medium, and high while it is known that nobody is present.
    fn work_cost(&self) -> Option<WorkCost> {
        self.0.board.answers().cost
    }

    /// It is when all that could run waited for memory in 10 % of the last ten seconds, until that is less than 5 %.
    fn memory_is_short(&self) -> Option<bool> {
        self.0.board.answers().memory_is_short
    }

    fn subscribe(&self, notice: ChangeNotice) {
        self.0.board.subscribe(notice);
    }
}

impl SignalSource for System {
    /// Never fails. What happens before [`System::ready`] is no event: it is how the machine was found.
    fn start(&self, sink: SignalSink) -> Result<(), String> {
        self.0.board.raise_into(sink);
        Ok(())
    }
}
