//! A program that runs, and how it ended.

use std::io;
use std::sync::{Arc, Weak};

use dormouse_core::{
    ActivationId, Cancellation, CancellationReason, Outcome, Receipt, RunId, RunRecord, TrapKind,
};
use tokio::task::JoinHandle;

use super::{CommandError, Streams};
use crate::drive::intake::Fired;
use crate::host::{self, Host};

/// Whose decision it is to stop a program.
const OPERATOR: &str = "operator";

/// A program that runs. Dropping it takes its sandbox away.
#[derive(Debug)]
pub struct Running {
    host: Host,
    activation: ActivationId,
    streams: Arc<Streams>,
    stdout: JoinHandle<io::Result<()>>,
    stderr: JoinHandle<io::Result<()>>,
}

/// Stops a program, while somebody else waits for its end. Does not keep it running.
#[derive(Clone)]
pub struct Stopper(Weak<host::Inner>);

/// How a program ended, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// It exited with this code. 0 is success.
    Code(i32),
    /// It reached a limit: of time, of CPU time, of memory or of something else. The outcome says which.
    Limit,
    /// It trapped.
    Trapped,
    /// Somebody stopped it.
    Stopped,
}

/// How a program ended, and what it used.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// In a word.
    pub exit: Exit,
    /// What it exited with, also when it was to end: many programs end by themselves in their grace. None if it did not
    /// exit.
    pub code: Option<i32>,
    /// In full.
    pub outcome: Outcome,
    /// What it used.
    pub receipt: Receipt,
    /// Why standard output did not take all that was written to it; none if it did.
    pub stdout_error: Option<io::Error>,
    /// Likewise, for standard error.
    pub stderr_error: Option<io::Error>,
}

impl Running {
    pub(super) fn new(
        host: Host,
        fired: Fired,
        streams: Arc<Streams>,
        stdout: JoinHandle<io::Result<()>>,
        stderr: JoinHandle<io::Result<()>>,
    ) -> Result<Self, CommandError> {
        match fired {
            Fired::Refused(refusal) => Err(CommandError::Refused(refusal)),
            Fired::Accepted(activation) | Fired::Coalesced(activation) | Fired::Duplicate(activation) => {
                Ok(Self { host, activation, streams, stdout, stderr })
            }
        }
    }

    /// What stops it.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::downgrade(&self.host.inner))
    }

    /// Waits until it has ended, and all that it wrote is passed on or refused by who was to take it. A reader who takes
    /// nothing is waited for.
    ///
    /// # Errors
    ///
    /// [`CommandError::Host`]: its host has stopped.
    pub async fn ended(self) -> Result<Ended, CommandError> {
        let completion = self.host.completed(self.activation).await?;
        // The sandbox is gone: nobody writes any more.
        self.streams.stdout.close();
        self.streams.stderr.close();
        let RunRecord { outcome, receipt, .. } = Arc::unwrap_or_clone(completion.run);
        let code = self.streams.code();
        Ok(Ended {
            exit: exit(&outcome, &receipt, code),
            code,
            outcome,
            receipt,
            stdout_error: passed_on(self.stdout).await,
            stderr_error: passed_on(self.stderr).await,
        })
    }
}

/// What did not come through; a panic of a writer of the embedder's is the embedder's.
async fn passed_on(passing: JoinHandle<io::Result<()>>) -> Option<io::Error> {
    match passing.await {
        Ok(passed) => passed.err(),
        Err(error) => Some(io::Error::other(error)),
    }
}

fn exit(outcome: &Outcome, receipt: &Receipt, code: Option<i32>) -> Exit {
    match outcome {
        Outcome::Succeeded => Exit::Code(0),
        Outcome::Failed(_) => Exit::Code(code.unwrap_or(1)),
        // Most programs give up when they get no memory, by what looks like any other trap.
        Outcome::Trapped { kind: TrapKind::Limit, .. } => Exit::Limit,
        Outcome::Trapped { .. } if receipt.memory_refusals > 0 => Exit::Limit,
        Outcome::Trapped { .. } | Outcome::DeferralAbandoned { .. } => Exit::Trapped,
        Outcome::Canceled { cancellation, .. } if cancellation.policy == OPERATOR => Exit::Stopped,
        Outcome::Canceled { .. } => Exit::Limit,
        Outcome::Interrupted => Exit::Stopped,
    }
}

impl Stopper {
    /// Cancels it: it has its grace to end by itself, of which it is not told. Answers whether it runs.
    pub fn cancel(&self, why: impl Into<String>) -> bool {
        self.with_run(|host, run| host.cancel(run, stopped(why)))
    }

    /// Takes its sandbox away at once. Answers whether it ran.
    pub fn kill(&self, why: impl Into<String>) -> bool {
        self.with_run(|host, run| host.kill(run, stopped(why)))
    }

    /// The one run that there is, if it has not ended.
    fn with_run(&self, stop: impl FnOnce(&Host, RunId) -> bool) -> bool {
        let Some(host) = self.0.upgrade().map(|inner| Host { inner }) else { return false };
        let running = host.running();
        running.first().is_some_and(|(run, _, _)| stop(&host, *run))
    }
}

impl std::fmt::Debug for Stopper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stopper")
    }
}

fn stopped(why: impl Into<String>) -> Cancellation {
    Cancellation::new(CancellationReason::Abort, OPERATOR, why)
}
