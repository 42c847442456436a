//! Durations and dates as they cross the boundary.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Whole milliseconds, rounded up, so that a wait is never shorter than asked.
pub(crate) fn round_up(duration: Duration) -> u128 {
    duration.as_nanos().div_ceil(1_000_000)
}

/// As [`round_up`], cut to what a `u32` holds (49 days).
pub(crate) fn to_wire(duration: Duration) -> u32 {
    u32::try_from(round_up(duration)).unwrap_or(u32::MAX)
}

/// A date in milliseconds since the Unix epoch. What no clock can show becomes the epoch itself.
pub(crate) fn date(ms: f64) -> SystemTime {
    UNIX_EPOCH.checked_add(duration(ms)).unwrap_or(UNIX_EPOCH)
}

/// A time that may be longer than the 49 days of a `u32`. A cast from float saturates, and NaN becomes 0.
pub(crate) fn duration(ms: f64) -> Duration {
    Duration::from_millis(ms as u64)
}

/// The next slice of a wait of `left` milliseconds, as much as one call can carry.
pub(crate) fn slice(left: u128) -> u32 {
    u32::try_from(left).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_waits_shorter_than_asked() {
        assert_eq!(round_up(Duration::ZERO), 0);
        assert_eq!(round_up(Duration::from_nanos(1)), 1);
        assert_eq!(round_up(Duration::from_micros(1500)), 2);
        assert_eq!(round_up(Duration::from_millis(7)), 7);
    }

    #[test]
    fn a_long_delay_is_cut_and_does_not_wrap() {
        assert_eq!(to_wire(Duration::from_millis(u64::from(u32::MAX) + 1)), u32::MAX);
        assert_eq!(to_wire(Duration::MAX), u32::MAX);
    }

    #[test]
    fn a_long_wait_is_sliced_without_loss() {
        let mut left = round_up(Duration::from_millis(u64::from(u32::MAX) + 5));
        let mut slices = Vec::new();
        while left > 0 {
            let ms = slice(left);
            slices.push(ms);
            left -= u128::from(ms);
        }
        assert_eq!(slices, [u32::MAX, 5]);
    }

    #[test]
    fn odd_dates_become_the_epoch() {
        assert_eq!(date(f64::NAN), UNIX_EPOCH);
        assert_eq!(date(-1.0), UNIX_EPOCH);
        assert_eq!(date(1500.0), UNIX_EPOCH + Duration::from_millis(1500));
    }
}
