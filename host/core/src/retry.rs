//! Whether a failed activation is tried again, and when.
//!
//! A failure is the task's own: it returned an error, trapped, or overran its limits. An interruption is the host's
//! (shutdown, crash, a lost lease) and costs no attempt; it does not come here.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How often a failed activation is tried, and how long it waits before each new attempt.
///
/// The n-th wait is `initial * factor^(n-1)`, at most `max`, of which up to the share `jitter` is taken off at random,
/// so that what failed together does not come back together.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(try_from = "RawPolicy", into = "RawPolicy")]
pub struct RetryPolicy {
    max_attempts: u32,
    initial: Duration,
    max: Duration,
    factor: f64,
    jitter: f64,
}

// Both floats are finite: validated on every way in.
impl Eq for RetryPolicy {}

impl RetryPolicy {
    /// The most attempts that can be asked for.
    pub const ATTEMPTS_MAX: u32 = 1_000;

    /// The longest wait that a policy can ask for: thirty days, after which nobody remembers why.
    pub const DELAY_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);

    /// The largest factor; at this one the third wait is a hundred times the first.
    pub const FACTOR_MAX: f64 = 10.0;

    /// The longest wait that a task can ask for: what fits its `retry-after-ms`, nearly fifty days.
    pub const RETRY_AFTER_MAX: Duration = Duration::from_millis(u32::MAX as u64);

    /// One attempt and no other. The default.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            max_attempts: 1,
            initial: Duration::from_secs(1),
            max: Duration::from_secs(15 * 60),
            factor: 2.0,
            jitter: 0.5,
        }
    }

    /// Up to `max_attempts`, after waits of 1 s, 2 s, 4 s, ... 15 min, each shortened by up to half of it.
    ///
    /// # Errors
    ///
    /// [`RetryPolicyError::Attempts`]
    pub fn exponential(max_attempts: u32) -> Result<Self, RetryPolicyError> {
        let Self { initial, max, factor, jitter, .. } = Self::none();
        Self::new(max_attempts, initial, max, factor, jitter)
    }

    /// A policy of one's own. `max_attempts` counts the first attempt too; waits are rounded down to microseconds;
    /// `jitter` is a share, from 0 to 1.
    ///
    /// # Errors
    ///
    /// [`RetryPolicyError`], for the first argument that is out of its range.
    pub fn new(
        max_attempts: u32,
        initial: Duration,
        max: Duration,
        factor: f64,
        jitter: f64,
    ) -> Result<Self, RetryPolicyError> {
        if !(1..=Self::ATTEMPTS_MAX).contains(&max_attempts) {
            return Err(RetryPolicyError::Attempts { max_attempts });
        }
        if !(Duration::from_millis(1)..=Self::DELAY_MAX).contains(&initial) {
            return Err(RetryPolicyError::Initial { initial });
        }
        if !(initial..=Self::DELAY_MAX).contains(&max) {
            return Err(RetryPolicyError::Max { max });
        }
        let [initial, max] = [initial, max].map(|span| Duration::from_micros(micros(span)));
        if !(1.0..=Self::FACTOR_MAX).contains(&factor) {
            return Err(RetryPolicyError::Factor { factor });
        }
        if !(0.0..=1.0).contains(&jitter) {
            return Err(RetryPolicyError::Jitter { jitter });
        }
        Ok(Self { max_attempts, initial, max, factor, jitter })
    }

    /// How many failures end the activation, at least 1.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// The first wait, before jitter.
    #[must_use]
    pub fn initial(&self) -> Duration {
        self.initial
    }

    /// The longest wait, unless a task asks for a longer one.
    #[must_use]
    pub fn max(&self) -> Duration {
        self.max
    }

    /// How much longer each wait is than the one before.
    #[must_use]
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// The share of a wait that may be taken off.
    #[must_use]
    pub fn jitter(&self) -> f64 {
        self.jitter
    }

    /// How long to wait before the next attempt, after `failures_so_far` failures, the latest included; none if
    /// there is no next attempt.
    ///
    /// `retry_after` is what the task asked for: the wait is not shorter, even where that is longer than the policy's
    /// own maximum (but see [`RetryPolicy::RETRY_AFTER_MAX`]). The same `seed` (say, from the activation's id) gives
    /// the same wait; failures of one activation jitter apart.
    #[must_use]
    pub fn next(&self, failures_so_far: u32, retry_after: Option<Duration>, seed: u64) -> Option<Duration> {
        if failures_so_far >= self.max_attempts {
            return None;
        }
        // At most 999, and 10^999 is infinity, which the ceiling takes care of.
        let exponent = i32::try_from(failures_so_far.saturating_sub(1)).unwrap_or(i32::MAX);
        let full = (self.initial.as_secs_f64() * self.factor.powi(exponent)).min(self.max.as_secs_f64());
        let random = unit(splitmix64(seed ^ u64::from(failures_so_far)));
        let wait = Duration::from_secs_f64(full * (1.0 - self.jitter * random)).min(self.max);
        let asked = retry_after.unwrap_or(Duration::ZERO).min(Self::RETRY_AFTER_MAX);
        Some(wait.max(asked))
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::none()
    }
}

/// One step of Steele, Lea and Flood's `SplittableRandom`: every bit of the seed moves every bit of the result.
fn splitmix64(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// From 0 to just below 1: the upper 53 bits, which are as many as a float has.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// A retry policy that makes no sense.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RetryPolicyError {
    /// None, or too many.
    #[error("{max_attempts} attempts are not between 1 and {}", RetryPolicy::ATTEMPTS_MAX)]
    Attempts {
        /// What was asked for.
        max_attempts: u32,
    },
    /// The first wait is too short or too long.
    #[error("a first wait of {initial:?} is not between 1 ms and 30 days")]
    Initial {
        /// What was asked for.
        initial: Duration,
    },
    /// The longest wait is shorter than the first, or too long.
    #[error("a longest wait of {max:?} is not between the first wait and 30 days")]
    Max {
        /// What was asked for.
        max: Duration,
    },
    /// The factor would make waits shorter, or explode, or is no number.
    #[error("a factor of {factor} is not between 1 and {}", RetryPolicy::FACTOR_MAX)]
    Factor {
        /// What was asked for.
        factor: f64,
    },
    /// The jitter is no share.
    #[error("a jitter of {jitter} is not between 0 and 1")]
    Jitter {
        /// What was asked for.
        jitter: f64,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPolicy {
    max_attempts: u32,
    initial_us: u64,
    max_us: u64,
    factor: f64,
    jitter: f64,
}

impl TryFrom<RawPolicy> for RetryPolicy {
    type Error = RetryPolicyError;

    fn try_from(raw: RawPolicy) -> Result<Self, Self::Error> {
        let RawPolicy { max_attempts, initial_us, max_us, factor, jitter } = raw;
        Self::new(
            max_attempts,
            Duration::from_micros(initial_us),
            Duration::from_micros(max_us),
            factor,
            jitter,
        )
    }
}

impl From<RetryPolicy> for RawPolicy {
    fn from(policy: RetryPolicy) -> Self {
        let RetryPolicy { max_attempts, initial, max, factor, jitter } = policy;
        Self { max_attempts, initial_us: micros(initial), max_us: micros(max), factor, jitter }
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
