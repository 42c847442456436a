//! How much CPU time an app may use per window (UWP-104, UWP-105).
//!
//! A bucket of CPU time, shared by all runs of an app and refilled *wholly at the end of each window*, as Windows 8
//! did it (2 CPU-seconds per 15 minutes), not drop by drop: a task gets its allowance in one piece, and whoever is
//! paused knows until when.
//!
//! ```text
//!  left ┤█▆▃                █▇▅▂               █
//!       │   ▁ paused           ▁  paused       │
//!       └───────────────────┴──────────────────┴──▶
//!       origin            + window           + 2 windows
//! ```
//!
//! CPU time is measured after it was used, so a run can use more than was left. What is too much is owed: the next
//! window begins with so much less, and those after it, until all is paid. Over any number of windows an app gets their
//! allowances, what its cancelled runs may overdraw, once, and a slice of each run that is under way.
//!
//! # Cancelled runs
//!
//! A run that was cancelled is not paused: it is to end. What it uses in its grace is charged like all else, and where the
//! bucket is empty all cancelled runs of the app together may [overdraw](overdraft) it by a little, which is owed. When
//! that is used up as well, a grace is over: nobody computes for nothing by having himself cancelled.
//!
//! # Time
//!
//! While the host runs, windows are counted in monotonic time: no change of the machine's clock refills a bucket or
//! blocks one. Only over a restart is the wall clock needed ([`Quota::save`], [`Quota::restore`]). Over a restart, and into
//! another policy, a debt of one window's allowance is taken along at most: a wrong clock or a stricter policy costs an app
//! one window, not a day.
//!
//! # Durability
//!
//! A restart refills nothing. A bucket is stored when it runs out, when the host stops, and in between once so much was
//! spent that a fall would forgive too much ([`unsaved_max`]), or a while after anything was: by CPU time that was used,
//! never by run.

mod bucket;
mod decision;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::{Instant, Timestamp};

pub use bucket::{Bucket, Charged, Reserve, Save, overdraft, unsaved_max};
pub use decision::{QuotaDecision, QuotaSource, resolve};

/// An allowance of CPU time per window of time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "RawPolicy", into = "RawPolicy")]
pub struct QuotaPolicy {
    cpu: Duration,
    window: Duration,
}

impl QuotaPolicy {
    /// Windows 8, app on the lock screen: 2 CPU-seconds per 15 minutes.
    pub const UWP8: Self = Self { cpu: Duration::from_secs(2), window: Duration::from_secs(15 * 60) };

    /// At most `cpu` of CPU time, of all cores together, per `window`. Both are rounded down to microseconds.
    ///
    /// # Errors
    ///
    /// [`QuotaPolicyError`] if one of them is then zero, or longer than [`QuotaPolicy::SPAN_MAX`].
    pub fn new(cpu: Duration, window: Duration) -> Result<Self, QuotaPolicyError> {
        let whole = |span: Duration, error: QuotaPolicyError| {
            let micros = u64::try_from(span.min(Self::SPAN_MAX).as_micros()).unwrap_or(u64::MAX);
            if micros == 0 || span > Self::SPAN_MAX { Err(error) } else { Ok(Duration::from_micros(micros)) }
        };
        Ok(Self {
            cpu: whole(cpu, QuotaPolicyError::Cpu { cpu })?,
            window: whole(window, QuotaPolicyError::Window { window })?,
        })
    }

    /// The longest window and the largest allowance: a hundred days. Larger is a mistake, and would make sums
    /// overflow one day.
    pub const SPAN_MAX: Duration = Duration::from_secs(100 * 24 * 60 * 60);

    /// The allowance of a window.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        self.cpu
    }

    /// From one refill to the next.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.window
    }
}

/// An allowance that makes no sense.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuotaPolicyError {
    /// The CPU time is zero or too long.
    #[error("a CPU quota of {cpu:?} is not between a microsecond and 100 days")]
    Cpu {
        /// What was asked for.
        cpu: Duration,
    },
    /// The window is zero or too long.
    #[error("a quota window of {window:?} is not between a microsecond and 100 days")]
    Window {
        /// What was asked for.
        window: Duration,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPolicy {
    cpu_us: u64,
    window_us: u64,
}

impl TryFrom<RawPolicy> for QuotaPolicy {
    type Error = QuotaPolicyError;

    fn try_from(raw: RawPolicy) -> Result<Self, Self::Error> {
        Self::new(Duration::from_micros(raw.cpu_us), Duration::from_micros(raw.window_us))
    }
}

impl From<QuotaPolicy> for RawPolicy {
    fn from(policy: QuotaPolicy) -> Self {
        Self { cpu_us: micros(policy.cpu), window_us: micros(policy.window) }
    }
}

/// What an app has used of its allowance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quota {
    policy: QuotaPolicy,
    /// When the window ends that `spent` belongs to. Its start may be before the origin of monotonic time, and so
    /// have no [`Instant`].
    refill: Instant,
    /// Used in it, debt of earlier windows included.
    spent: Duration,
}

/// Whether a quota covers any more work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Covers {
    /// Yes, so much.
    Yes {
        /// More than zero.
        left: Duration,
    },
    /// Not before this moment; then something is left, unless it has been spent by others.
    From(Instant),
}

/// A quota as it is stored: in wall time, the only time that outlives the host.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaState {
    /// When the window began.
    pub window_start: Timestamp,
    /// Used in it, debt included, in microseconds.
    pub spent_us: u64,
}

impl Quota {
    /// A full bucket; the first window begins at `now`, and all others a whole number of windows later.
    #[must_use]
    pub fn new(policy: QuotaPolicy, now: Instant) -> Self {
        Self { policy, refill: now + policy.window, spent: Duration::ZERO }
    }

    /// The bucket as it was stored, under `policy`, which may be another than then.
    ///
    /// If the clock has been set back to before the stored window, that window is taken to begin now: what was
    /// spent stays spent, for a window at most. A clock set ahead refills. A debt of one allowance is taken along at most.
    #[must_use]
    pub fn restore(policy: QuotaPolicy, state: QuotaState, wall: Timestamp, now: Instant) -> Self {
        let age = wall.since(state.window_start);
        let spent = Duration::from_micros(state.spent_us).min(policy.cpu.saturating_mul(2));
        let refills = windows_in(age, policy.window);
        let into_window = age.saturating_sub(times(policy.window, refills));
        let refill = now + policy.window.saturating_sub(into_window);
        Self { policy, refill, spent: debt_after(spent, policy, refills) }
    }

    /// The same bucket under another policy from `now` on: what was spent in its window stays spent, and is a debt of one
    /// allowance at most.
    #[must_use]
    pub fn with_policy(&self, policy: QuotaPolicy, now: Instant) -> Self {
        if policy == self.policy {
            return self.clone();
        }
        // How far into its window it is is all that counts: any wall clock that stands still would do.
        Self::restore(policy, self.save(Timestamp::EPOCH, now), Timestamp::EPOCH, now)
    }

    /// The bucket for storing.
    #[must_use]
    pub fn save(&self, wall: Timestamp, now: Instant) -> QuotaState {
        let current = self.at(now);
        let age = micros(self.policy.window.saturating_sub(current.refill.since(now)));
        QuotaState {
            window_start: Timestamp::from_micros(wall.as_micros().saturating_sub_unsigned(age)),
            spent_us: micros(current.spent),
        }
    }

    /// The allowance.
    #[must_use]
    pub fn policy(&self) -> QuotaPolicy {
        self.policy
    }

    /// Takes `cpu` out of the bucket of the window that `now` is in, whether or not so much is left.
    pub fn spend(&mut self, now: Instant, cpu: Duration) {
        *self = self.at(now);
        self.spent = self.spent.saturating_add(cpu);
    }

    /// What is left at `now`; zero when a run has to pause.
    #[must_use]
    pub fn left(&self, now: Instant) -> Duration {
        self.policy.cpu.saturating_sub(self.at(now).spent)
    }

    /// What was used until `now` beyond the allowance of its window.
    #[must_use]
    pub fn owed(&self, now: Instant) -> Duration {
        self.at(now).spent.saturating_sub(self.policy.cpu)
    }

    /// Whether there is anything left at `now`, and if not, from when on there is: the next refill, if that pays for all
    /// that is owed.
    #[must_use]
    pub fn verdict(&self, now: Instant) -> Covers {
        let current = self.at(now);
        let left = self.policy.cpu.saturating_sub(current.spent);
        if !left.is_zero() {
            return Covers::Yes { left };
        }
        // It is spent, so there is one at least; the last of them leaves something.
        let refills = current.spent.as_nanos() / self.policy.cpu.as_nanos();
        Covers::From(current.refill + times(self.policy.window, refills.saturating_sub(1)))
    }

    /// This bucket with all refills until `now`.
    fn at(&self, now: Instant) -> Self {
        if now < self.refill {
            return self.clone();
        }
        let refills = 1 + windows_in(now.since(self.refill), self.policy.window);
        Self {
            policy: self.policy,
            refill: self.refill + times(self.policy.window, refills),
            spent: debt_after(self.spent, self.policy, refills),
        }
    }
}

/// What `spent` leaves to be paid after so many refills.
fn debt_after(spent: Duration, policy: QuotaPolicy, refills: u128) -> Duration {
    spent.saturating_sub(times(policy.cpu, refills))
}

fn windows_in(span: Duration, window: Duration) -> u128 {
    span.as_nanos() / window.as_nanos()
}

/// So many times `span`.
fn times(span: Duration, count: u128) -> Duration {
    let nanos = span.as_nanos().saturating_mul(count);
    let seconds = u64::try_from(nanos / 1_000_000_000).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).saturating_add(Duration::from_nanos((nanos % 1_000_000_000) as u64))
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
