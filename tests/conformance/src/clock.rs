//! Real time: for patience and for reports, and for nothing that is judged.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What time it is, since some moment.
pub(crate) fn now() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}
