//! When is enough, and how did it go: pure arithmetic over events.

use std::collections::{HashMap, HashSet};

use dormouse::core::event::{Event, EventKind};
use dormouse::{ActivationId, Outcome, RegistrationId};

use crate::exit::Exit;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// When what was pending has ended, and so many requests of our own.
    Requests(u32),
    /// When so many activations have ended; never if none.
    Activations(Option<u32>),
    /// When what was pending has ended.
    Resumed,
}

/// Counts activations that end.
#[derive(Debug)]
pub(super) struct Tally {
    goal: Goal,
    /// What this command registered; none if it only resumes.
    registration: Option<RegistrationId>,
    /// What an earlier command left, and has not ended.
    pending: HashSet<ActivationId>,
    /// Of our own registration, what ended and was not pending.
    ended: u32,
    /// Of our own registration, what ended and was.
    resumed: u32,
    /// How the last run of an activation that has not ended yet went.
    last: HashMap<ActivationId, Verdict>,
    worst: Verdict,
}

/// From best to worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    #[default]
    Succeeded,
    Canceled,
    Failed,
}

impl From<&Outcome> for Verdict {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::Canceled { .. } => Self::Canceled,
            Outcome::Failed(_)
            | Outcome::Trapped { .. }
            | Outcome::DeferralAbandoned { .. }
            | Outcome::Interrupted => Self::Failed,
        }
    }
}

impl Tally {
    pub(super) fn new(goal: Goal, pending: impl IntoIterator<Item = ActivationId>) -> Self {
        Self {
            goal,
            registration: None,
            pending: pending.into_iter().collect(),
            ended: 0,
            resumed: 0,
            last: HashMap::new(),
            worst: Verdict::Succeeded,
        }
    }

    /// Counts the activations of this registration as well.
    pub(super) fn follow(&mut self, registration: RegistrationId) {
        self.registration = Some(registration);
    }

    pub(super) fn event(&mut self, event: &Event) {
        let ours = self.registration == Some(event.registration);
        match &event.kind {
            EventKind::Ended { activation, outcome, .. } if ours || self.pending.contains(activation) => {
                self.last.insert(*activation, outcome.into());
            }
            EventKind::Completed { activation, success } => {
                let was_pending = self.pending.remove(activation);
                if !was_pending && !ours {
                    return;
                }
                match (was_pending, ours) {
                    (true, true) => self.resumed = self.resumed.saturating_add(1),
                    (true, false) => {}
                    (false, _) => self.ended = self.ended.saturating_add(1),
                }
                let unseen = if *success { Verdict::Succeeded } else { Verdict::Failed };
                self.worst = self.worst.max(self.last.remove(activation).unwrap_or(unseen));
            }
            _ => {}
        }
    }

    pub(super) fn is_reached(&self) -> bool {
        match self.goal {
            Goal::Requests(n) => self.pending.is_empty() && self.ended >= n,
            Goal::Activations(Some(n)) => self.ended.saturating_add(self.resumed) >= n,
            Goal::Activations(None) => false,
            Goal::Resumed => self.pending.is_empty(),
        }
    }

    /// The worst of what ended.
    pub(super) const fn exit(&self) -> Exit {
        match self.worst {
            Verdict::Succeeded => Exit::Success,
            Verdict::Canceled => Exit::Canceled,
            Verdict::Failed => Exit::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use dormouse::core::{TaskFailure, Timestamp};
    use dormouse::{Cancellation, CancellationReason, Receipt, RunId};
    use uuid::Uuid;

    use super::*;

    const OURS: u128 = 1;
    const OTHER: u128 = 2;

    fn id(n: u128) -> ActivationId {
        ActivationId::from_uuid(Uuid::from_u128(n))
    }

    fn end(tally: &mut Tally, registration: u128, n: u128, outcome: Outcome, completed: bool) {
        let registration = RegistrationId::from_uuid(Uuid::from_u128(registration));
        let success = outcome.is_success();
        let activation = id(n);
        let run = RunId::from_uuid(Uuid::from_u128(n));
        let receipt = Box::new(Receipt::default());
        let ended = EventKind::Ended { activation, run, attempt: 1, outcome, receipt };
        tally.event(&Event { at: Timestamp::EPOCH, registration, kind: ended });
        if completed {
            let kind = EventKind::Completed { activation, success };
            tally.event(&Event { at: Timestamp::EPOCH, registration, kind });
        }
    }

    fn ours(goal: Goal, pending: &[u128]) -> Tally {
        let mut tally = Tally::new(goal, pending.iter().copied().map(id));
        tally.follow(RegistrationId::from_uuid(Uuid::from_u128(OURS)));
        tally
    }

    fn failed() -> Outcome {
        Outcome::Failed(TaskFailure { message: String::new(), retry_after: None })
    }

    fn canceled() -> Outcome {
        let cancellation = Cancellation::new(CancellationReason::ExecutionTimeExceeded, "cpu", "");
        Outcome::Canceled { cancellation, forced: false }
    }

    #[test]
    fn requests_wait_for_what_was_pending_too() {
        let mut tally = ours(Goal::Requests(1), &[7, 8]);
        end(&mut tally, OURS, 7, Outcome::Succeeded, true);
        end(&mut tally, OURS, 1, Outcome::Succeeded, true);
        assert!(!tally.is_reached());
        end(&mut tally, OTHER, 8, Outcome::Succeeded, true);
        assert!(tally.is_reached());
    }

    #[test]
    fn a_trigger_counts_all_of_its_own_and_nothing_else() {
        let mut tally = ours(Goal::Activations(Some(2)), &[7]);
        end(&mut tally, OTHER, 3, failed(), true);
        end(&mut tally, OURS, 7, Outcome::Succeeded, true);
        assert!(!tally.is_reached());
        end(&mut tally, OURS, 1, Outcome::Succeeded, true);
        assert!(tally.is_reached());
        assert_eq!(tally.exit(), Exit::Success);
    }

    #[test]
    fn nothing_to_resume_is_reached_at_once_and_no_count_never() {
        assert!(Tally::new(Goal::Resumed, []).is_reached());
        let mut tally = ours(Goal::Activations(None), &[]);
        end(&mut tally, OURS, 1, Outcome::Succeeded, true);
        assert!(!tally.is_reached());
    }

    #[test]
    fn the_last_attempt_counts_and_the_worst_activation_decides() {
        let mut tally = ours(Goal::Requests(3), &[]);
        end(&mut tally, OURS, 1, failed(), false);
        end(&mut tally, OURS, 1, Outcome::Succeeded, true);
        assert_eq!(tally.exit(), Exit::Success);
        end(&mut tally, OURS, 2, canceled(), true);
        assert_eq!(tally.exit(), Exit::Canceled);
        end(&mut tally, OURS, 3, failed(), true);
        assert_eq!(tally.exit(), Exit::Failed);
        end(&mut tally, OURS, 4, canceled(), true);
        assert_eq!(tally.exit(), Exit::Failed);
    }
}
