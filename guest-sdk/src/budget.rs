//! What a run may use, has used, and costs.

use std::time::Duration;

use crate::bindings::dormouse::background::types as wit;

/// What a run has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// CPU time until cancellation.
    pub cpu: Duration,
    /// Wall-clock time until cancellation. Time spent paused does not count.
    pub wall: Duration,
    /// Bytes by which the run's memories and tables, taken together, may still grow.
    pub memory_bytes: u64,
    /// CPU time until the app's quota for the present window is spent and the run is paused; none if
    /// the app has no quota.
    pub quota_cpu: Option<Duration>,
}

impl From<wit::Budget> for Budget {
    fn from(budget: wit::Budget) -> Self {
        let ms = |ms: u32| Duration::from_millis(u64::from(ms));
        Self {
            cpu: ms(budget.cpu_ms),
            wall: ms(budget.wall_ms),
            // A cast from float saturates, and NaN becomes 0.
            memory_bytes: budget.memory_bytes as u64,
            quota_cpu: budget.quota_cpu_ms.map(ms),
        }
    }
}

/// Which pauses to count (UWP-080).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ThrottleCounter {
    /// All of them.
    All,
    /// Those made by the CPU quota.
    Cpu,
    /// Those made by a network quota.
    Network,
}

impl From<ThrottleCounter> for wit::ThrottleCounter {
    fn from(counter: ThrottleCounter) -> Self {
        match counter {
            ThrottleCounter::All => Self::All,
            ThrottleCounter::Cpu => Self::Cpu,
            ThrottleCounter::Network => Self::Network,
        }
    }
}

/// What background work costs at present: a hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WorkCost {
    /// Do what you came for.
    Low,
    /// Do what cannot wait.
    Medium,
    /// Do little and return.
    High,
}

impl From<wit::WorkCost> for WorkCost {
    fn from(cost: wit::WorkCost) -> Self {
        match cost {
            wit::WorkCost::Low => Self::Low,
            wit::WorkCost::Medium => Self::Medium,
            wit::WorkCost::High => Self::High,
        }
    }
}
