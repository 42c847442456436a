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
    left_behind: Option<QuotaState>,
}

impl Allowance {
    fn held(&self) -> MutexGuard<'_, Held> {
        // Each change is one step: what is in it stays whole through a panic.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store says that so much was used.
    pub(crate) fn found(&self, state: QuotaState) {
        self.held().left_behind = Some(state);
    }

    /// From now on the quota is this one. What was used of the one before stays used.
    pub(crate) fn set(&self, quota: Option<(QuotaPolicy, QuotaSource)>, wall: Timestamp, now: Instant) {
        let mut held = self.held();
        let before = held.quota.take();
        match (quota, before) {
            (None, Some((bucket, _))) => held.left_behind = Some(bucket.unsaved(wall, now).1),
            (None, None) => {}
            (Some((policy, set_by)), Some((mut bucket, _))) => {
                bucket.set_policy(policy, now);
                held.quota = Some((bucket, set_by));
            }
            (Some((policy, set_by)), None) => {
                let quota = match held.left_behind.take() {
                    Some(state) => Quota::restore(policy, state, wall, now),
                    None => Quota::new(policy, now),
                };
                held.quota = Some((Bucket::new(quota), set_by));
            }
        }
        self.limited.store(held.quota.is_some(), Ordering::Release);
    }

    /// Charges a run that has `reserve` left beside it; none if there is no quota.
    pub(crate) fn charge(&self, cpu: Duration, reserve: &mut Duration, now: Instant) -> Option<Charged> {
        if !self.limited.load(Ordering::Acquire) {
            return None;
        }
        let mut held = self.held();
        held.quota.as_mut().map(|(bucket, _)| bucket.charge(cpu, reserve, now))
    }

    /// The quota as it is, and who set it; none if there is none.
    pub(crate) fn quota(&self) -> Option<(Quota, QuotaSource)> {
        self.held().quota.as_ref().map(|(bucket, set_by)| (bucket.quota().clone(), *set_by))
    }

    /// What was spent that the store does not know of, and what it is to be told; none if it knows all.
    pub(crate) fn unsaved(&self, wall: Timestamp, now: Instant) -> Option<(Duration, QuotaState)> {
        let held = self.held();
        held.quota.as_ref().map(|(bucket, _)| bucket.unsaved(wall, now)).filter(|(spent, _)| !spent.is_zero())
    }

    /// The store was told of `spent`.
    pub(crate) fn saved(&self, spent: Duration) {
        if let Some((bucket, _)) = &mut self.held().quota {
            bucket.saved(spent);
        }
    }
}
