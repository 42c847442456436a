//! What something costs: time by the clock on the wall, and CPU time.

use std::time::{Duration, Instant};

use anyhow::ensure;
use nix::sys::resource::{UsageWho, getrusage};

/// How far a moment may be off, where a peer or its timers know whole milliseconds.
pub(crate) const COARSE: Duration = Duration::from_millis(2);

/// What something has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// By the clock on the wall.
    pub wall: Duration,
    /// CPU time of this process and of its children that have been waited for.
    pub cpu: Duration,
}

/// Where counting began.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    begun: Instant,
    cpu: Duration,
}

impl Meter {
    /// Begins to count.
    #[must_use]
    pub fn start() -> Self {
        let cpu = cpu();
        Self { begun: Instant::now(), cpu }
    }

    /// What it has cost since.
    #[must_use]
    pub fn cost(&self) -> Cost {
        Cost { wall: self.begun.elapsed(), cpu: cpu().saturating_sub(self.cpu) }
    }
}

fn cpu() -> Duration {
    [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN]
        .into_iter()
        .filter_map(|who| getrusage(who).ok())
        .flat_map(|usage| [usage.user_time(), usage.system_time()])
        .map(|time| {
            Duration::new(
                time.tv_sec().try_into().unwrap_or(0),
                u32::try_from(time.tv_usec()).unwrap_or(0) * 1000,
            )
        })
        .sum()
}

/// As figures have it: 584 years are enough.
#[must_use]
pub fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds from the moment at which something was due to the one at which it began, both since 1970. What is early by
/// no more than 2 ms counts as on time, since some know whole milliseconds only.
///
/// # Errors
///
/// It began earlier than that: the figure would be of something else, or of clocks that disagree.
pub fn lateness(due: Duration, began: Duration) -> anyhow::Result<u64> {
    let early = due.saturating_sub(began);
    ensure!(early <= COARSE, "a job ran {early:?} before it was due");
    Ok(nanoseconds(began.saturating_sub(due)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_early_by_more_than_a_clock_is_off_is_no_figure() {
        let due = Duration::from_secs(1);
        let began = |micros| lateness(due, Duration::from_micros(micros));
        assert_eq!(began(1_000_250).unwrap(), 250_000);
        assert_eq!(began(998_000).unwrap(), 0);
        assert_eq!(began(997_999).unwrap_err().to_string(), "a job ran 2.001ms before it was due");
    }
}
