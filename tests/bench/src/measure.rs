//! What benches measure with.

use std::cmp::Ordering;
use std::time::Duration;

/// A look is enough: a tenth of the work, or less.
#[must_use]
pub fn is_quick() -> bool {
    std::env::args().any(|arg| arg == "--quick" || arg == "--test")
}

/// What to measure, if not everything.
#[must_use]
pub fn only() -> Option<String> {
    std::env::args().skip_while(|arg| arg != "--only").nth(1)
}

/// CPU time of this process, user and system, all threads together.
///
/// # Panics
///
/// Where that clock is before its beginning.
#[must_use]
pub fn process_cpu() -> Duration {
    let spec = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(spec.tv_sec.try_into().unwrap(), spec.tv_nsec.try_into().unwrap())
}

/// The figure that half of all do not exceed.
///
/// # Panics
///
/// Of no figures.
pub fn median<T: Copy + PartialOrd>(figures: &[T]) -> T {
    percentile(figures, 50)
}

/// The figure that so many percent of all do not exceed.
///
/// # Panics
///
/// Of no figures.
pub fn percentile<T: Copy + PartialOrd>(figures: &[T], percent: usize) -> T {
    per_mille(figures, percent * 10)
}

/// The figure that so many of a thousand do not exceed.
///
/// # Panics
///
/// Of no figures.
pub fn per_mille<T: Copy + PartialOrd>(figures: &[T], of_thousand: usize) -> T {
    let mut sorted = figures.to_vec();
    sorted.sort_by(|one, other| one.partial_cmp(other).unwrap_or(Ordering::Equal));
    sorted[((sorted.len() - 1) * of_thousand).div_ceil(1000)]
}
