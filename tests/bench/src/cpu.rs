//! CPU time, of all threads together.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time that this process has used, user and system, all threads.
///
/// # Panics
///
/// On a system whose clock is before its beginning.
#[must_use]
pub fn process_cpu() -> Duration {
    let spec = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(spec.tv_sec.try_into().unwrap(), spec.tv_nsec.try_into().unwrap())
}
