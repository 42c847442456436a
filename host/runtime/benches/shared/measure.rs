//! What benches measure with.

#![allow(dead_code, reason = "no bench needs all of it")]

use std::cmp::Ordering;
use std::time::Duration;

/// A look is enough: a tenth of the work, or less.
pub(crate) fn is_quick() -> bool {
    std::env::args().any(|arg| arg == "--quick" || arg == "--test")
}

/// What to measure, if not everything.
pub(crate) fn only() -> Option<String> {
    std::env::args().skip_while(|arg| arg != "--only").nth(1)
}

/// CPU time of this process, all threads together.
pub(crate) fn process_cpu() -> Duration {
    let spec = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(spec.tv_sec.try_into().unwrap(), spec.tv_nsec.try_into().unwrap())
}

pub(crate) fn median<T: Copy + PartialOrd>(figures: &[T]) -> T {
    percentile(figures, 50)
}

/// The figure that so many percent of all do not exceed.
pub(crate) fn percentile<T: Copy + PartialOrd>(figures: &[T], percent: usize) -> T {
    let mut sorted = figures.to_vec();
    sorted.sort_by(|one, other| one.partial_cmp(other).unwrap_or(Ordering::Equal));
    sorted[((sorted.len() - 1) * percent).div_ceil(100)]
}
