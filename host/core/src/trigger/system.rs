//! What happens to a machine: the system triggers of UWP that a machine of this day can see.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Something that happens to the machine or its session; UWP's `SystemTriggerType`, without those that only an
/// embedder can know of: these come as signals on topics of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SystemEvent {
    /// The internet can be reached, and could not before: an edge, not a level.
    InternetAvailable,
    /// Connectivity or its cost changed. Noisy; a source makes one of a burst.
    NetworkStateChange,
    /// Somebody came to the machine.
    UserPresent,
    /// Whoever was at the machine is gone.
    UserAway,
    /// A session was connected.
    SessionConnected,
    /// Local time shifted: another zone with another offset, or daylight saving (UWP-048).
    TimeZoneChange,
    /// The state of the battery changed: not present, discharging, idle, charging.
    PowerStateChange,
    /// What background work costs changed.
    BackgroundWorkCostChange,
    /// The app was updated (UWP-050). Raised by the host itself, for that app alone.
    ServicingComplete,
}

impl SystemEvent {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::InternetAvailable,
        Self::NetworkStateChange,
        Self::UserPresent,
        Self::UserAway,
        Self::SessionConnected,
        Self::TimeZoneChange,
        Self::PowerStateChange,
        Self::BackgroundWorkCostChange,
        Self::ServicingComplete,
    ];

    /// Its name in manifests, logs and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InternetAvailable => "internet-available",
            Self::NetworkStateChange => "network-state-change",
            Self::UserPresent => "user-present",
            Self::UserAway => "user-away",
            Self::SessionConnected => "session-connected",
            Self::TimeZoneChange => "time-zone-change",
            Self::PowerStateChange => "power-state-change",
            Self::BackgroundWorkCostChange => "background-work-cost-change",
            Self::ServicingComplete => "servicing-complete",
        }
    }
}

impl fmt::Display for SystemEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no system event of this version (UWP-060).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown system event {0:?}: this version knows {known}{advice}",
    known = known(),
    advice = super::catalog::advice(.0)
)]
pub struct UnknownSystemEvent(String);

fn known() -> String {
    SystemEvent::ALL.map(SystemEvent::as_str).join(", ")
}

impl FromStr for SystemEvent {
    type Err = UnknownSystemEvent;

    fn from_str(name: &str) -> Result<Self, UnknownSystemEvent> {
        Self::ALL
            .into_iter()
            .find(|event| event.as_str() == name)
            .ok_or_else(|| UnknownSystemEvent(name.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_read_back_from_its_name_and_nothing_else_is() {
        for event in SystemEvent::ALL {
            assert_eq!(event.as_str().parse(), Ok(event));
        }
        let error = "sms-received".parse::<SystemEvent>().unwrap_err();
        assert!(error.to_string().contains("unknown system event \"sms-received\""), "{error}");
    }
}
