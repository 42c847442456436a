//! When a time or cron trigger fires, and what to make of the firings that were missed.
//!
//! A [`Schedule`] is a pure function from a moment to the next one: it holds no clock and no memory. What has
//! already been handled is one number kept by the caller, the *watermark*: the newest occurrence that was fired or
//! given up. [`due`] takes the watermark and the present and says what to fire, which watermark to keep, and when to
//! ask again. A [`Pace`] puts occurrences off, by jitter and onto ticks, without renaming them:
//!
//! ```text
//!        watermark                          now
//!  ──┬────────┬────────┬────────┬────────┬───┼────┬──▶
//!    handled           └── missed or due ┘        └ next
//! ```
//!
//! Nothing at or below the watermark is ever fired again, so a clock that is set back repeats nothing; a clock that
//! jumps ahead looks like downtime and is treated by [`Misfire`]. Whoever makes an occurrence durable uses
//! (registration, [`Occurrence::key`]) as the key that makes it happen at most once, over restarts and nodes.

mod cron;
mod due;
mod interval;
mod pace;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

pub use cron::{CronError, CronErrorKind, CronSchedule, EXPRESSION_BYTES_MAX, TIME_ZONE_BYTES_MAX};
pub use due::{Due, DueOccurrence, Misfire, SKIP_GRACE, due};
pub use interval::{PeriodError, TimeSchedule};
pub use pace::{Pace, next_due};

/// How many missed occurrences of a cron schedule are counted one by one; the count then stays here.
///
/// A cron schedule can only be counted by walking it, and a machine that slept for a year must not spend its first
/// second awake on a number that only people read.
pub const CRON_COUNT_MAX: u32 = 1_000;

/// When a trigger fires by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Schedule {
    /// Every so often, counted from the registration; or once.
    Time(TimeSchedule),
    /// At the wall times that a cron expression names.
    Cron(CronSchedule),
}

impl Schedule {
    /// The first occurrence later than `t`; none if there will be no more.
    #[must_use]
    pub fn next_after(&self, t: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Time(time) => time.next_after(t),
            Self::Cron(cron) => cron.next_after(t),
        }
    }

    /// The newest occurrence in `(after, until]` and how many there are in it; none if there is none.
    ///
    /// The cost does not grow with the span: exact and constant for a time schedule; for a cron schedule at most
    /// [`CRON_COUNT_MAX`] steps, where the count stops.
    pub(crate) fn newest(&self, after: Timestamp, until: Timestamp) -> Option<(Timestamp, u32)> {
        match self {
            Self::Time(time) => time.newest(after, until),
            Self::Cron(cron) => {
                let mut newest = cron.next_after(after).filter(|t| *t <= until)?;
                let mut count = 1;
                while let Some(t) = cron.next_after(newest).filter(|t| *t <= until) {
                    if count == CRON_COUNT_MAX {
                        return Some((newest_between(cron, t, until), count));
                    }
                    newest = t;
                    count += 1;
                }
                Some((newest, count))
            }
        }
    }
}

/// The newest occurrence up to `until`, given one (`found`) that is not later.
///
/// By bisection: `next_after(m) <= until` is true below the newest occurrence and false from it on.
fn newest_between(cron: &CronSchedule, mut found: Timestamp, until: Timestamp) -> Timestamp {
    let mut above = until;
    while found < above {
        let middle = found.saturating_add(above.since(found) / 2);
        match cron.next_after(middle).filter(|t| *t <= until) {
            Some(t) => found = t,
            // `middle == found` only if a microsecond is left between them: then `found` is the newest.
            None if middle == found => break,
            None => above = middle,
        }
    }
    found
}

impl From<TimeSchedule> for Schedule {
    fn from(time: TimeSchedule) -> Self {
        Self::Time(time)
    }
}

impl From<CronSchedule> for Schedule {
    fn from(cron: CronSchedule) -> Self {
        Self::Cron(cron)
    }
}

/// One moment that a schedule names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Occurrence {
    /// The moment as the schedule names it, however late it is fired.
    pub scheduled_for: Timestamp,
}

impl Occurrence {
    /// The occurrence's name within its registration: [`Occurrence::scheduled_for`] in RFC 3339, UTC.
    ///
    /// The same on every node and after every restart.
    #[must_use]
    pub fn key(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Occurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.scheduled_for, f)
    }
}

#[cfg(test)]
mod tests;
