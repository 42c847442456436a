//! The records that outlive a run.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::activation::After;
use crate::ids::{ActivationId, AppId, Fence, RegistrationId, RunId};
use crate::outcome::{Outcome, Receipt};
use crate::retry::RetryPolicy;
use crate::time::Timestamp;

/// One attempt, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run: the instance id that the guest saw (UWP-116).
    pub run: RunId,
    /// The activation that it was an attempt at.
    pub activation: ActivationId,
    /// The registration.
    pub registration: RegistrationId,
    /// The app.
    pub app: AppId,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// The fence that it held.
    pub fence: Fence,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// What it used.
    pub receipt: Receipt,
}

/// What a run wrote, as far as it is kept: head and tail of each stream, with a mark where something was dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOutput {
    /// To standard output.
    pub stdout: Vec<u8>,
    /// To standard error.
    pub stderr: Vec<u8>,
}

impl RunOutput {
    /// It wrote nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.stdout.is_empty() && self.stderr.is_empty()
    }
}

/// How far a subscriber has read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscriber {
    /// Its name.
    pub name: String,
    /// It has read everything up to here.
    pub cursor: Cursor,
}

/// A place in the journal of completions. Grows; says nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub u64);

/// The durable record of how an activation ended: at most one for each (UWP-117).
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// Its place in the journal.
    pub cursor: Cursor,
    /// How many firings the activation stood for.
    pub coalesced: u32,
    /// Its last run. Shared: it is kept by some and told to others.
    pub run: Arc<RunRecord>,
}

impl Completion {
    /// UWP's `CheckResult` (UWP-115).
    ///
    /// # Errors
    ///
    /// The outcome, unless the activation succeeded.
    pub fn check_result(&self) -> Result<(), &Outcome> {
        if self.run.outcome.is_success() { Ok(()) } else { Err(&self.run.outcome) }
    }
}

/// What follows a run that ended with `outcome`, of an activation with `failures` failed runs before it.
///
/// | outcome | follows |
/// | --- | --- |
/// | succeeded | the end |
/// | failed, trapped, deferral-abandoned, canceled for `execution-time-exceeded` | a retry, if `policy` leaves one; else the end |
/// | canceled because the app that it was in was ended by force | the same: what ended the app may have been this run |
/// | canceled because the host stops, interrupted | another attempt, which costs no retry |
/// | canceled for any other reason, as the close of the app that it was in | the end: somebody wanted it to stop |
#[must_use]
pub fn after(outcome: &Outcome, failures: u32, policy: &RetryPolicy, now: Timestamp, seed: u64) -> After {
    let retry_after = match outcome {
        Outcome::Interrupted => return After::Again,
        Outcome::Canceled { cancellation, .. } if cancellation.is_of_host() => return After::Again,
        Outcome::Failed(failure) => failure.retry_after,
        failure if failure.is_failure() => None,
        _ => return After::End,
    };
    match policy.next(failures.saturating_add(1), retry_after, seed) {
        Some(wait) => After::Retry { not_before: now + wait },
        None => After::End,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Cancellation, CancellationReason, TaskFailure, TrapKind};
    use std::time::Duration;

    fn canceled(reason: CancellationReason) -> Outcome {
        Outcome::Canceled { cancellation: Cancellation::new(reason, "test", ""), forced: true }
    }

    #[test]
    fn only_failures_are_retried_and_only_as_often_as_the_policy_says() {
        let policy = RetryPolicy::exponential(2).expect("a valid policy");
        let now = Timestamp::from_millis(1);
        let failed = Outcome::Failed(TaskFailure { message: String::new(), retry_after: None });
        let trapped = Outcome::Trapped { kind: TrapKind::Unreachable, message: String::new() };
        for failure in [
            &failed,
            &trapped,
            &Outcome::DeferralAbandoned { open: 1 },
            &canceled(CancellationReason::ExecutionTimeExceeded),
        ] {
            assert!(matches!(after(failure, 0, &policy, now, 7), After::Retry { .. }), "{failure}");
            assert_eq!(after(failure, 1, &policy, now, 7), After::End, "{failure}");
        }
        for end in [&Outcome::Succeeded, &canceled(CancellationReason::Abort)] {
            assert_eq!(after(end, 0, &policy, now, 7), After::End, "{end}");
        }
    }

    #[test]
    fn the_hosts_own_end_costs_no_attempt() {
        let now = Timestamp::from_millis(1);
        for outcome in [Outcome::Interrupted, canceled(CancellationReason::Terminating)] {
            assert_eq!(after(&outcome, 99, &RetryPolicy::none(), now, 7), After::Again, "{outcome}");
        }
    }

    #[test]
    fn a_guests_own_wish_for_a_later_moment_is_kept() {
        let policy = RetryPolicy::exponential(2).expect("a valid policy");
        let hour = Duration::from_secs(3600);
        let failed = Outcome::Failed(TaskFailure { message: String::new(), retry_after: Some(hour) });
        let now = Timestamp::from_millis(1);
        assert_eq!(after(&failed, 0, &policy, now, 7), After::Retry { not_before: now + hour });
    }
}
