//! Every so often.

use std::time::Duration;

use crate::time::Timestamp;

/// Fires `period` after it was registered, and then, unless it is one-shot, every `period` (UWP-038).
///
/// The n-th occurrence is `start + n * period`, n from 1: the first is never early, and no lateness of one firing
/// moves the next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TimeSchedule {
    start: Timestamp,
    /// Whole microseconds, at least one, so that a sum of periods is exact.
    period_us: i64,
    one_shot: bool,
}

impl TimeSchedule {
    /// A schedule registered at `start`. A `period` is rounded down to whole microseconds.
    ///
    /// Profiles have floors of their own (UWP-036); this is only what the arithmetic needs.
    ///
    /// # Errors
    ///
    /// [`PeriodError`] if the period is shorter than a microsecond or longer than a [`Timestamp`] can hold.
    pub fn new(start: Timestamp, period: Duration, one_shot: bool) -> Result<Self, PeriodError> {
        match i64::try_from(period.as_micros()) {
            Ok(period_us) if period_us > 0 => Ok(Self { start, period_us, one_shot }),
            _ => Err(PeriodError { period }),
        }
    }

    /// When it was registered; not itself an occurrence.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// From the registration to the first occurrence, and from each to the next.
    #[must_use]
    pub fn period(&self) -> Duration {
        Duration::from_micros(self.period_us.unsigned_abs())
    }

    /// Whether the first occurrence is the only one.
    #[must_use]
    pub fn one_shot(&self) -> bool {
        self.one_shot
    }

    /// The first occurrence later than `t`; none if there will be no more.
    #[must_use]
    pub fn next_after(&self, t: Timestamp) -> Option<Timestamp> {
        let n = self.passed(t) + 1;
        if self.one_shot && n > 1 { None } else { self.nth(n) }
    }

    /// The newest occurrence in `(after, until]`, and how many there are, saturating.
    pub(super) fn newest(&self, after: Timestamp, until: Timestamp) -> Option<(Timestamp, u32)> {
        let last = if self.one_shot { 1 } else { i128::MAX };
        let from = self.passed(after).min(last);
        let to = self.passed(until).min(last);
        if to <= from {
            return None;
        }
        Some((self.nth(to)?, u32::try_from(to - from).unwrap_or(u32::MAX)))
    }

    /// How many periods have passed at `t`. Wide, so that no difference of two timestamps overflows.
    fn passed(&self, t: Timestamp) -> i128 {
        let since = i128::from(t.as_micros()) - i128::from(self.start.as_micros());
        since.max(0) / i128::from(self.period_us)
    }

    fn nth(&self, n: i128) -> Option<Timestamp> {
        let micros = i128::from(self.start.as_micros()) + n * i128::from(self.period_us);
        i64::try_from(micros).ok().map(Timestamp::from_micros)
    }
}

/// A period that no time schedule can have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a period of {period:?} is not between a microsecond and 292,000 years")]
pub struct PeriodError {
    period: Duration,
}

impl PeriodError {
    /// What was asked for.
    #[must_use]
    pub fn period(&self) -> Duration {
        self.period
    }
}
