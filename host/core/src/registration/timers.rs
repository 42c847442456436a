//! The bounds of time triggers, and how exactly they are kept.

use std::time::Duration;

use super::Registration;
use crate::schedule::Pace;
use crate::trigger::TriggerKind;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a host allows time and maintenance triggers, and how exactly it keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerProfile {
    /// The shortest period (UWP-036).
    pub period_min: Duration,
    /// The longest (UWP-037).
    pub period_max: Duration,
    /// Occurrences are put off to the next multiple of this since the epoch, so that due timers of all apps
    /// fire together and the machine sleeps in between (UWP-038, UWP-039); zero to fire at once.
    pub tick: Duration,
}

impl TimerProfile {
    /// For servers: from one second to 366 days, to the moment.
    pub const DEFAULT: Self = Self {
        period_min: Duration::from_secs(1),
        period_max: Duration::from_secs(366 * 24 * 60 * 60),
        tick: Duration::ZERO,
    };

    /// UWP's, for machines that run on a battery: from 15 minutes to less than 30 days, on ticks of 15
    /// minutes.
    pub const UWP: Self = Self {
        period_min: Duration::from_secs(15 * 60),
        period_max: Duration::from_secs(30 * DAY.as_secs() - MINUTE.as_secs()),
        tick: Duration::from_secs(15 * 60),
    };

    /// How exactly `registration` is kept. What the calendar names is not put onto ticks: who writes `0 7 * * *` means
    /// seven o'clock.
    #[must_use]
    pub fn pace(&self, registration: &Registration) -> Pace {
        let tick = match registration.trigger.kind() {
            TriggerKind::Time | TriggerKind::Maintenance => self.tick,
            _ => Duration::ZERO,
        };
        Pace::new(registration.id, registration.trigger.jitter(), tick)
    }
}

impl Default for TimerProfile {
    fn default() -> Self {
        Self::DEFAULT
    }
}
