//! What becomes of the background tasks in an app that ends.
//!
//! | the app ends by | they are | and then |
//! | --- | --- | --- |
//! | a trap, a handler that hangs, missing the deadline of `suspending` | trapped | fail, as their retry policy says |
//! | a task that had to be killed, or its memory | canceled, `terminating`, policy `app-ended` | the same: what ended it may have been any of them |
//! | its user, who closes it; a restart | canceled, `terminating`, policy `app-closed` | are over: another attempt would bring back what somebody closed |
//! | a host that stops | canceled, `terminating`, policy `shutdown` | run again, and that costs no attempt |
//! | its removal, the end of the session | canceled, `uninstall`, `logging-off` | are over |

use super::lifecycle::End;
use crate::outcome::{Cancellation, CancellationReason};

impl Cancellation {
    /// The policy by which an app that is ended by force takes its runs along.
    pub const APP_ENDED: &str = "app-ended";
    /// The policy by which an app that is closed lets go of its runs.
    pub const APP_CLOSED: &str = "app-closed";

    /// Whether it counts as a failure of the run that its app took it along: an app that is ended again and again by its
    /// own tasks does not run them for ever.
    #[must_use]
    pub fn is_app_ended(&self) -> bool {
        self.reason == CancellationReason::Terminating && self.policy == Self::APP_ENDED
    }

    /// Whether a run is over only because its host stops, and is to run again.
    #[must_use]
    pub fn is_of_host(&self) -> bool {
        self.reason == CancellationReason::Terminating
            && self.policy != Self::APP_ENDED
            && self.policy != Self::APP_CLOSED
    }
}

impl End {
    /// How runs in an app that ended so are cancelled; none if they trapped with it.
    #[must_use]
    pub fn cancellation(self, detail: impl Into<String>) -> Option<Cancellation> {
        let (reason, policy) = match self {
            Self::Crashed | Self::Hung { .. } | Self::SuspendFailed => return None,
            Self::TaskKilled | Self::Terminated | Self::OverLimit => {
                (CancellationReason::Terminating, Cancellation::APP_ENDED)
            }
            Self::Closed | Self::Restarted | Self::Reclaimed => {
                (CancellationReason::Terminating, Cancellation::APP_CLOSED)
            }
            Self::HostStopped => (CancellationReason::Terminating, "shutdown"),
            Self::Uninstalled => (CancellationReason::Uninstall, "uninstall"),
            Self::LoggedOff => (CancellationReason::LoggingOff, "session"),
        };
        Some(Cancellation::new(reason, policy, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::After;
    use crate::app::lifecycle::HandlerName;
    use crate::completion::after;
    use crate::outcome::{Outcome, TrapKind};
    use crate::retry::RetryPolicy;
    use crate::time::Timestamp;

    /// What follows of a run in an app that ends by `end`, of which `failures` attempts failed before, of two.
    fn follows(end: End, failures: u32) -> (bool, After) {
        let outcome = match end.cancellation("") {
            Some(cancellation) => Outcome::Canceled { cancellation, forced: true },
            None => Outcome::Trapped { kind: TrapKind::Other, message: String::new() },
        };
        let policy = RetryPolicy::exponential(2).expect("a valid policy");
        (outcome.is_failure(), after(&outcome, failures, &policy, Timestamp::EPOCH, 7))
    }

    #[test]
    fn uwp_086_an_app_that_is_ended_by_force_fails_its_runs_as_often_as_their_policy_says() {
        let hung = End::Hung { handler: HandlerName::Resuming };
        for end in [End::Crashed, hung, End::SuspendFailed, End::TaskKilled, End::Terminated, End::OverLimit]
        {
            assert!(matches!(follows(end, 0), (true, After::Retry { .. })), "{end}");
            assert_eq!(follows(end, 1), (true, After::End), "{end}: it is not repeated for ever");
        }
    }

    #[test]
    fn what_somebody_wanted_to_end_does_not_run_again_but_for_its_host() {
        for end in [End::Closed, End::Restarted, End::Reclaimed, End::Uninstalled, End::LoggedOff] {
            assert_eq!(follows(end, 0), (false, After::End), "{end}");
        }
        assert_eq!(follows(End::HostStopped, 99), (false, After::Again));
    }

    #[test]
    fn a_policy_of_that_name_says_nothing_of_another_reason() {
        let cancellation = Cancellation::new(CancellationReason::Abort, Cancellation::APP_ENDED, "");
        assert!(!cancellation.is_app_ended());
        assert!(!Outcome::Canceled { cancellation, forced: false }.is_failure());
    }
}
