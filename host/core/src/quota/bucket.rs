//! A quota at work: what each run takes out of it, what some are guaranteed beside it, and when it is to be stored.

use std::time::Duration;

use super::{Covers, Quota, QuotaPolicy, QuotaState};
use crate::time::{Instant, Timestamp};
use crate::trigger::TriggerKind;

/// CPU time that each run of some kinds of trigger may use although the quota of its app is spent (UWP-106). It is
/// the run's own: nobody else's is less for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reserve {
    /// The kinds.
    pub kinds: Vec<TriggerKind>,
    /// For each run.
    pub cpu: Duration,
}

impl Reserve {
    /// For nobody.
    #[must_use]
    pub const fn none() -> Self {
        Self { kinds: Vec::new(), cpu: Duration::ZERO }
    }

    /// Windows 8 names the kinds, control channels and push notifications, and no figure: a second here.
    #[must_use]
    pub fn uwp8() -> Self {
        Self { kinds: vec![TriggerKind::Socket, TriggerKind::Message], cpu: Duration::from_secs(1) }
    }

    /// What a run has that a trigger of `kind` started.
    #[must_use]
    pub fn of(&self, kind: TriggerKind) -> Duration {
        if self.kinds.contains(&kind) { self.cpu } else { Duration::ZERO }
    }
}

/// The most that cancelled runs may use beyond the allowance of a window, whatever that is: what the default class has
/// for its grace (UWP-082).
const OVERDRAFT_MAX: Duration = Duration::from_secs(1);

/// The most CPU time that is spent before a bucket is stored, whatever its allowance.
const UNSAVED_MAX: Duration = Duration::from_secs(5);

/// The quota of an app, with how much of what was spent the store has not been told.
#[derive(Clone, Debug)]
pub struct Bucket {
    quota: Quota,
    unsaved: Duration,
}

/// What follows from a charge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Charged {
    /// Whether the run may go on.
    pub covers: Covers,
    /// Whether it may if it was cancelled: those may [overdraw](overdraft).
    pub covers_grace: bool,
    /// Whether the store is to be told, unless it has been said before.
    pub save: Option<Save>,
}

/// When the store is to be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Save {
    /// Now: the bucket ran out, or a fall would forgive too much.
    Now,
    /// Sometime soon: it knew all until now.
    Soon,
}

impl Bucket {
    /// A bucket of which the store knows all.
    #[must_use]
    pub const fn new(quota: Quota) -> Self {
        Self::restored(quota, Duration::ZERO)
    }

    /// A bucket of which the store has not been told `unsaved`.
    #[must_use]
    pub const fn restored(quota: Quota, unsaved: Duration) -> Self {
        Self { quota, unsaved }
    }

    /// The quota.
    #[must_use]
    pub const fn quota(&self) -> &Quota {
        &self.quota
    }

    /// From `now` on the allowance is another one.
    pub fn set_policy(&mut self, policy: QuotaPolicy, now: Instant) {
        self.quota = self.quota.with_policy(policy, now);
    }

    /// Charges a run for `cpu`: the bucket, and, for what that does not hold, first the run's own `reserve`. May be
    /// asked with none, for others may have spent what was left.
    pub fn charge(&mut self, cpu: Duration, reserve: &mut Duration, now: Instant) -> Charged {
        let left = self.quota.left(now);
        let reserved = cpu.saturating_sub(left).min(*reserve);
        *reserve = reserve.saturating_sub(reserved);
        let billed = cpu.saturating_sub(reserved);
        let first = self.unsaved.is_zero() && !billed.is_zero();
        if !billed.is_zero() {
            self.quota.spend(now, billed);
            self.unsaved = self.unsaved.saturating_add(billed);
        }
        let verdict = self.quota.verdict(now);
        let ran_out = !left.is_zero() && matches!(verdict, Covers::From(_));
        let covers = match verdict {
            Covers::From(_) if !reserve.is_zero() => Covers::Yes { left: *reserve },
            verdict => verdict,
        };
        let policy = self.quota.policy();
        Charged {
            covers,
            covers_grace: !reserve.is_zero() || self.quota.owed(now) < overdraft(policy),
            save: match first {
                _ if ran_out || self.unsaved >= unsaved_max(policy) => Some(Save::Now),
                true => Some(Save::Soon),
                false => None,
            },
        }
    }

    /// What the store has not been told, and what it is to be told.
    #[must_use]
    pub fn unsaved(&self, wall: Timestamp, now: Instant) -> (Duration, QuotaState) {
        (self.unsaved, self.quota.save(wall, now))
    }

    /// The store has been told of `spent`.
    pub fn saved(&mut self, spent: Duration) {
        self.unsaved = self.unsaved.saturating_sub(spent);
    }
}

/// By how much all cancelled runs of an app together may overdraw its quota in a window: a second, and no more than its
/// allowance. It is owed, so that the next windows are so much shorter.
#[must_use]
pub fn overdraft(policy: QuotaPolicy) -> Duration {
    policy.cpu().min(OVERDRAFT_MAX)
}

/// How much CPU time is spent before a bucket is stored, if it does not run out before: a quarter of the allowance, 5 s
/// at most. A host that falls forgives its apps this much, and what they use while a write is under way, and nothing of
/// what they were paused for.
#[must_use]
pub fn unsaved_max(policy: QuotaPolicy) -> Duration {
    (policy.cpu() / 4).min(UNSAVED_MAX)
}
