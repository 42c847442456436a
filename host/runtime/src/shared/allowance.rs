//! What is left of an app's quota, shared by all its runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dormouse_core::quota::{Bucket, Charged, Quota, QuotaSource, QuotaState};
use dormouse_core::{Instant, QuotaPolicy, Timestamp};

/// An app's quota, if it has one. There is one of these for each app that is installed, so that a quota which is set
/// reaches what runs already.
#[derive(Default)]
pub(crate) struct Allowance {
    /// Whether there is a quota: without one no lock is taken to charge it.
    limited: AtomicBool,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    quota: Option<(Bucket, QuotaSource)>,
    /// What was used when it had one last: in the life before this one, or before it was taken away.
    left_behind: Option<LeftBehind>,
}

#[derive(Clone, Copy)]
struct LeftBehind {
    state: QuotaState,
    /// What of it the store has not been told.
    unsaved: Duration,
}

impl Allowance {
    fn held(&self) -> MutexGuard<'_, Held> {
        // Each change is one step: what is in it stays whole through a panic.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store says that so much was used.
    pub(crate) fn found(&self, state: QuotaState) {
        self.held().left_behind = Some(LeftBehind { state, unsaved: Duration::ZERO });
    }

    /// From now on the quota is this one. What was used of the one before stays used.
    pub(crate) fn set(&self, quota: Option<(QuotaPolicy, QuotaSource)>, wall: Timestamp, now: Instant) {
        let mut held = self.held();
        let before = held.quota.take();
        match (quota, before) {
            (None, Some((bucket, _))) => {
                let (unsaved, state) = bucket.unsaved(wall, now);
                held.left_behind = Some(LeftBehind { state, unsaved });
            }
            (None, None) => {}
            (Some((policy, set_by)), Some((mut bucket, _))) => {
                bucket.set_policy(policy, now);
                held.quota = Some((bucket, set_by));
            }
            (Some((policy, set_by)), None) => {
                let bucket = match held.left_behind.take() {
                    Some(LeftBehind { state, unsaved }) => {
                        Bucket::restored(Quota::restore(policy, state, wall, now), unsaved)
                    }
                    None => Bucket::new(Quota::new(policy, now)),
                };
                held.quota = Some((bucket, set_by));
            }
        }
        self.limited.store(held.quota.is_some(), Ordering::Release);
    }

    /// Whether there is a quota: without one nothing need be charged.
    pub(crate) fn is_limited(&self) -> bool {
        self.limited.load(Ordering::Acquire)
    }

    /// Charges a run that has `reserve` left beside it; none if there is no quota.
    pub(crate) fn charge(&self, cpu: Duration, reserve: &mut Duration, now: Instant) -> Option<Charged> {
        let mut held = self.held();
        held.quota.as_mut().map(|(bucket, _)| bucket.charge(cpu, reserve, now))
    }

    /// The quota as it is, and who set it; none if there is none.
    pub(crate) fn quota(&self) -> Option<(Quota, QuotaSource)> {
        self.held().quota.as_ref().map(|(bucket, set_by)| (bucket.quota().clone(), *set_by))
    }

    /// What was spent that the store does not know of, and what it is to be told; none if it knows all. What was used of a
    /// quota that was taken away is told as well: another may be set.
    pub(crate) fn unsaved(&self, wall: Timestamp, now: Instant) -> Option<(Duration, QuotaState)> {
        let held = self.held();
        let (unsaved, state) = match (&held.quota, held.left_behind) {
            (Some((bucket, _)), _) => bucket.unsaved(wall, now),
            (None, Some(left)) => (left.unsaved, left.state),
            (None, None) => return None,
        };
        (!unsaved.is_zero()).then_some((unsaved, state))
    }

    /// The store was told of `spent`.
    pub(crate) fn saved(&self, spent: Duration) {
        let mut held = self.held();
        let Held { quota, left_behind } = &mut *held;
        match (quota, left_behind) {
            (Some((bucket, _)), _) => bucket.saved(spent),
            (None, Some(left)) => left.unsaved = left.unsaved.saturating_sub(spent),
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_the_store_was_not_told_is_not_lost_when_the_quota_is_taken_away_and_set_again() {
        let (wall, now) = (Timestamp::EPOCH, Instant::ORIGIN);
        let allowance = Allowance::default();
        let policy = QuotaPolicy::new(SECOND * 40, SECOND * 900).expect("it is valid");
        let limited = Some((policy, QuotaSource::Operator));
        let unsaved = |allowance: &Allowance| {
            allowance.unsaved(wall, now).map(|(unsaved, state)| (unsaved, state.spent_us))
        };
        allowance.set(limited, wall, now);
        let mut reserve = Duration::ZERO;
        allowance.charge(SECOND * 3, &mut reserve, now);
        allowance.set(None, wall, now);
        assert_eq!(unsaved(&allowance), Some((SECOND * 3, 3_000_000)));
        // A write that was under way when the quota was taken away.
        allowance.saved(SECOND);
        assert_eq!(unsaved(&allowance), Some((SECOND * 2, 3_000_000)));
        allowance.set(limited, wall, now);
        assert_eq!(unsaved(&allowance), Some((SECOND * 2, 3_000_000)));
        allowance.saved(SECOND * 2);
        assert_eq!(unsaved(&allowance), None);
        allowance.set(None, wall, now);
        assert_eq!(unsaved(&allowance), None, "it knows all");
    }
}
