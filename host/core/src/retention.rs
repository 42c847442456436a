//! How long what is over is kept.

mod lived;

use std::time::Duration;

use crate::store::Prune;
use crate::time::Timestamp;

pub use lived::{Lived, Look};

/// How long, and how much, of what is over is kept: whichever ends first.
///
/// With a run goes what it wrote, and with the run that ended an activation the activation itself: what it carried, its
/// place among the dead letters, and the keys of its firings, which would be taken in again. Dead letters go by their
/// age only, however many runs there are. What was recorded in this life of the host is as old as its monotonic clock
/// says, whatever the wall clock shows ([`Lived`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Runs are kept this long after their end.
    pub age: Duration,
    /// And no more than so many of the newest, but for dead letters.
    pub runs: u64,
    /// What a subscriber has not read yet is kept this long, whatever the other two say; at least [`Retention::age`]
    /// counts.
    pub unread_age: Duration,
    /// Between two looks at what is to go; the first is a minute after a start at the latest.
    pub every: Duration,
}

impl Retention {
    /// Thirty days and a million runs; ninety days for subscribers that are away. An hour between two looks.
    pub const DEFAULT: Self = Self {
        age: Duration::from_secs(30 * 24 * 60 * 60),
        runs: 1_000_000,
        unread_age: Duration::from_secs(90 * 24 * 60 * 60),
        every: Duration::from_secs(60 * 60),
    };

    /// What to let go of at `now`, `limit` at a time, where the wall clock is to be trusted.
    #[must_use]
    pub fn prune(&self, now: Timestamp, limit: usize) -> Prune {
        Prune {
            ended_before: now - self.age,
            spare_after: None,
            keep_runs: self.runs,
            unread_before: now - self.unread_age.max(self.age),
            spare_unread_after: None,
            withdrawn_before: now - self.age,
            limit,
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[test]
    fn what_is_older_than_its_age_is_let_go_of() {
        let now = Timestamp::EPOCH + 100 * DAY;
        let asked = Retention::default().prune(now, 7);
        let expected = Prune {
            ended_before: Timestamp::EPOCH + 70 * DAY,
            spare_after: None,
            keep_runs: 1_000_000,
            unread_before: Timestamp::EPOCH + 10 * DAY,
            spare_unread_after: None,
            withdrawn_before: Timestamp::EPOCH + 70 * DAY,
            limit: 7,
        };
        assert_eq!(asked, expected);
    }

    #[test]
    fn what_was_not_read_is_never_let_go_of_before_what_was() {
        let retention = Retention { unread_age: DAY, ..Retention::DEFAULT };
        let asked = retention.prune(Timestamp::EPOCH + 100 * DAY, 1);
        assert_eq!(asked.unread_before, asked.ended_before);
    }

    #[test]
    fn what_is_kept_for_ever_is_never_let_go_of() {
        let for_ever =
            Retention { age: Duration::MAX, runs: u64::MAX, unread_age: Duration::MAX, every: DAY };
        let asked = for_ever.prune(Timestamp::EPOCH, 1);
        assert!(asked.ended_before < Timestamp::EPOCH - 10_000 * 365 * DAY, "{:?}", asked.ended_before);
        assert_eq!(asked.unread_before, asked.ended_before);
    }
}
