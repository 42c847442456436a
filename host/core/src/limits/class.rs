//! Classes: what a run is for, and the one table of figures.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Limits, LimitsError};
use crate::trigger::TriggerKind;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const MINUTE: Duration = Duration::from_secs(60);

/// What a run is for, which decides its limits (the figures are UWP's where it names any).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// 25 s and 5 s grace (UWP-099).
    Default,
    /// 10 min: application triggers (UWP-100).
    Long,
    /// 10 min, of which each minute 400 ms of CPU, and a call of WASI every 5 s (UWP-101, UWP-102).
    DeviceUse,
    /// 30 min: maintenance (UWP-101).
    Maintenance,
    /// Without limits of wall-clock time and idleness once a deferral was taken; 10 min before. Memory, CPU and energy are
    /// as limited as they were. Only where the host grants it (UWP-103).
    Unlimited,
}

impl Class {
    /// All of them, by what they give, least first.
    pub const ALL: [Self; 5] =
        [Self::Default, Self::DeviceUse, Self::Long, Self::Maintenance, Self::Unlimited];

    /// The class that a trigger kind picks when no level names one.
    #[must_use]
    pub const fn for_trigger(kind: TriggerKind) -> Self {
        match kind {
            TriggerKind::Application => Self::Long,
            TriggerKind::Maintenance => Self::Maintenance,
            TriggerKind::Time
            | TriggerKind::Cron
            | TriggerKind::System
            | TriggerKind::Filesystem
            | TriggerKind::Socket
            | TriggerKind::Signal
            | TriggerKind::Message => Self::Default,
        }
    }

    /// Its name in manifests, logs and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Long => "long",
            Self::DeviceUse => "device-use",
            Self::Maintenance => "maintenance",
            Self::Unlimited => "unlimited",
        }
    }

    /// Its limits.
    #[must_use]
    pub const fn limits(self) -> Limits {
        let base = Limits {
            wall: Duration::from_secs(25),
            cpu: Duration::from_secs(10),
            cpu_per_minute: Duration::MAX,
            grace: Duration::from_secs(5),
            grace_cpu: Duration::from_secs(1),
            idle: Duration::from_secs(10),
            io_every: Duration::MAX,
            memory_bytes: 64 * MIB,
            instances: 32,
            deferrals: 64,
            output_bytes: MIB,
            hostcall_bytes: 16 * MIB,
            random_bytes: 64 * KIB,
            handles: 1024,
            http_fields_bytes: 64 * KIB,
            progress_every: Duration::from_millis(100),
            untimed: false,
        };
        let ten_minutes = MINUTE.saturating_mul(10);
        let five_minutes = MINUTE.saturating_mul(5);
        match self {
            Self::Default => base,
            Self::Long => Limits { wall: ten_minutes, cpu: five_minutes, ..base },
            Self::DeviceUse => Limits {
                wall: ten_minutes,
                cpu_per_minute: Duration::from_millis(400),
                io_every: Duration::from_secs(5),
                ..base
            },
            Self::Maintenance => Limits { wall: MINUTE.saturating_mul(30), cpu: ten_minutes, ..base },
            Self::Unlimited => Limits { wall: ten_minutes, cpu: Duration::MAX, untimed: true, ..base },
        }
    }
}

impl Limits {
    /// What a host allows unless told otherwise: a day of wall-clock time when asked for, memory up to what one slot of
    /// the pool holds, and no class [`Unlimited`](Class::Unlimited).
    #[must_use]
    pub const fn host_max() -> Self {
        Self {
            wall: MINUTE.saturating_mul(24 * 60),
            cpu: MINUTE.saturating_mul(60),
            cpu_per_minute: Duration::MAX,
            grace: MINUTE,
            grace_cpu: MINUTE,
            idle: MINUTE.saturating_mul(24 * 60),
            io_every: Duration::MAX,
            memory_bytes: 512 * MIB,
            instances: 32,
            deferrals: 1024,
            output_bytes: 16 * MIB,
            hostcall_bytes: 128 * MIB,
            random_bytes: 16 * MIB,
            handles: 64 * 1024,
            http_fields_bytes: MIB,
            progress_every: Duration::from_millis(10),
            untimed: false,
        }
    }

    /// More than any machine has: for whoever checks what another allows.
    #[must_use]
    pub const fn unbounded() -> Self {
        Self {
            wall: Duration::MAX,
            cpu: Duration::MAX,
            cpu_per_minute: Duration::MAX,
            grace: Duration::MAX,
            grace_cpu: Duration::MAX,
            idle: Duration::MAX,
            io_every: Duration::MAX,
            memory_bytes: u64::MAX,
            instances: u32::MAX,
            deferrals: u32::MAX,
            output_bytes: u64::MAX,
            hostcall_bytes: u64::MAX,
            random_bytes: u64::MAX,
            handles: u32::MAX,
            http_fields_bytes: u64::MAX,
            progress_every: Duration::ZERO,
            untimed: true,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Class {
    type Err = LimitsError;

    fn from_str(text: &str) -> Result<Self, LimitsError> {
        Self::ALL
            .into_iter()
            .find(|class| class.as_str() == text)
            .ok_or_else(|| LimitsError::unknown_class(text))
    }
}
