//! What must hold before an activation may start.
//!
//! Conditions are judged after the trigger has fired (UWP-061) and are and-ed. While one of them does not hold the
//! activation is latched, durably; it starts as soon as all hold at once (UWP-062). A condition that becomes true
//! starts nothing by itself (UWP-063).

mod name;
mod time_window;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use name::{CUSTOM_NAME_BYTES_MAX, ConditionName};
pub use time_window::{TimeWindow, TimeWindowError};

/// How many conditions a registration may have. Far more than make sense together; bounds what is judged again on
/// every change of every condition.
pub const CONDITIONS_MAX: usize = 16;

/// Something about the machine that a registration can wait for.
///
/// Written as one word everywhere, in manifests, stores and logs: `internet-available`, `battery-above:30`,
/// `time-window:22:00-06:00@Europe/Berlin`, `custom:NAME`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Condition {
    /// Somebody is at the machine.
    UserPresent,
    /// Nobody is.
    UserNotPresent,
    /// The internet can be reached.
    InternetAvailable,
    /// It cannot.
    InternetNotAvailable,
    /// A session is connected.
    SessionConnected,
    /// None is.
    SessionDisconnected,
    /// There is a connection that costs nothing by volume.
    FreeNetworkAvailable,
    /// Background work costs little or something, but not much (UWP-069).
    BackgroundWorkCostNotHigh,
    /// The machine does not run on a battery. Every maintenance trigger has it of itself (UWP-040).
    ExternalPower,
    /// The machine is not in a low-power mode. Every app that is subject to policy has it of itself (UWP-030).
    EnergySaverOff,
    /// It is between two times of the day, in a time zone. The host's own clock knows.
    TimeWindow(TimeWindow),
    /// The processors are wanted by more than they can run for less than this share of the time, in percent.
    LoadBelow(Percent),
    /// The battery holds more than this, in percent; or there is none.
    BatteryAbove(Percent),
    /// A condition that the embedder provides.
    Custom(ConditionName),
}

/// A share, in percent: 0 to 100.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Percent(u8);

impl Percent {
    /// The share of `percent` in a hundred; none above 100.
    #[must_use]
    pub const fn new(percent: u8) -> Option<Self> {
        if percent <= 100 { Some(Self(percent)) } else { None }
    }

    /// 0 to 100.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The conditions that have a name of their own.
const NAMED: [(Condition, &str); 10] = [
    (Condition::UserPresent, "user-present"),
    (Condition::UserNotPresent, "user-not-present"),
    (Condition::InternetAvailable, "internet-available"),
    (Condition::InternetNotAvailable, "internet-not-available"),
    (Condition::SessionConnected, "session-connected"),
    (Condition::SessionDisconnected, "session-disconnected"),
    (Condition::FreeNetworkAvailable, "free-network-available"),
    (Condition::BackgroundWorkCostNotHigh, "background-work-cost-not-high"),
    (Condition::ExternalPower, "external-power"),
    (Condition::EnergySaverOff, "energy-saver-off"),
];

const CUSTOM: &str = "custom:";
const TIME_WINDOW: &str = "time-window:";
const LOAD_BELOW: &str = "load-below:";
const BATTERY_ABOVE: &str = "battery-above:";

/// Every way in which a condition is written, with what it says: for help texts.
pub const SPELLINGS: [(&str, &str); 14] = [
    ("user-present", "somebody is at the machine"),
    ("user-not-present", "nobody is"),
    ("internet-available", "the internet can be reached"),
    ("internet-not-available", "it cannot"),
    ("session-connected", "a session is connected"),
    ("session-disconnected", "none is"),
    ("free-network-available", "there is a connection that costs nothing by volume"),
    ("background-work-cost-not-high", "the work cost is low or medium"),
    ("external-power", "the machine does not run on a battery"),
    ("energy-saver-off", "the machine is not in a low-power mode"),
    ("time-window:HH:MM-HH:MM[@ZONE]", "it is between two times of the day; in UTC without a zone"),
    ("load-below:PERCENT", "processors are short for less than this share of the time"),
    ("battery-above:PERCENT", "the battery holds more than this, or there is none"),
    ("custom:NAME", "as the embedding program says"),
];

/// The pairs that can never hold at once.
const OPPOSITES: [(Condition, Condition); 3] = [
    (Condition::UserPresent, Condition::UserNotPresent),
    (Condition::InternetAvailable, Condition::InternetNotAvailable),
    (Condition::SessionConnected, Condition::SessionDisconnected),
];

/// What a provider knows about a condition.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// It holds.
    Met,
    /// It does not.
    Unmet,
    /// No provider knows. Counts as unmet, and says so.
    Unknown,
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Met => "met",
            Self::Unmet => "unmet",
            Self::Unknown => "unknown",
        })
    }
}

/// Whether an activation may start, as far as its conditions go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// All hold.
    Start,
    /// Not all do: keep the activation until they do.
    Latch {
        /// Those that do not hold, in the registration's order; at least one.
        blocking: Vec<Blocking>,
    },
}

/// A condition that keeps an activation from starting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Blocking {
    /// Which.
    pub condition: Condition,
    /// [`Holds::Unmet`] or [`Holds::Unknown`].
    pub holds: Holds,
}

/// `internet-available is unmet`
impl fmt::Display for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.condition, self.holds)
    }
}

/// Judges conditions by what is known of each. The answer names all that block, not only the first.
pub fn judge(known: impl IntoIterator<Item = (Condition, Holds)>) -> Judgement {
    let unmet = known.into_iter().filter(|(_, holds)| *holds != Holds::Met);
    let blocking: Vec<_> = unmet.map(|(condition, holds)| Blocking { condition, holds }).collect();
    if blocking.is_empty() { Judgement::Start } else { Judgement::Latch { blocking } }
}

/// The pairs in `conditions` that can never hold at once, so that the registration never starts a run.
///
/// Legal all the same, and only worth a warning (UWP-064). Nothing is known of custom conditions.
#[must_use]
pub fn contradictions(conditions: &[Condition]) -> Vec<(Condition, Condition)> {
    OPPOSITES
        .into_iter()
        .filter(|(one, other)| conditions.contains(one) && conditions.contains(other))
        .collect()
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserPresent => "user-present",
            Self::UserNotPresent => "user-not-present",
            Self::InternetAvailable => "internet-available",
            Self::InternetNotAvailable => "internet-not-available",
            Self::SessionConnected => "session-connected",
            Self::SessionDisconnected => "session-disconnected",
            Self::FreeNetworkAvailable => "free-network-available",
            Self::BackgroundWorkCostNotHigh => "background-work-cost-not-high",
            Self::ExternalPower => "external-power",
            Self::EnergySaverOff => "energy-saver-off",
            Self::TimeWindow(window) => return write!(f, "{TIME_WINDOW}{window}"),
            Self::LoadBelow(percent) => return write!(f, "{LOAD_BELOW}{percent}"),
            Self::BatteryAbove(percent) => return write!(f, "{BATTERY_ABOVE}{percent}"),
            Self::Custom(name) => return write!(f, "{CUSTOM}{name}"),
        })
    }
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(name) = text.strip_prefix(CUSTOM) {
            return Ok(Self::Custom(name.parse()?));
        }
        if let Some(window) = text.strip_prefix(TIME_WINDOW) {
            return Ok(Self::TimeWindow(window.parse()?));
        }
        if let Some(share) = text.strip_prefix(LOAD_BELOW) {
            return Ok(Self::LoadBelow(percent(share, 1, 100)?));
        }
        if let Some(share) = text.strip_prefix(BATTERY_ABOVE) {
            return Ok(Self::BatteryAbove(percent(share, 0, 99)?));
        }
        let named = NAMED.into_iter().find(|(_, name)| *name == text);
        named
            .map(|(condition, _)| condition)
            .ok_or_else(|| ConditionError::Unknown { text: name::excerpt(text) })
    }
}

impl TryFrom<String> for Condition {
    type Error = ConditionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        condition.to_string()
    }
}

fn percent(text: &str, min: u8, max: u8) -> Result<Percent, ConditionError> {
    let share = text.parse().ok().filter(|share| (min..=max).contains(share)).and_then(Percent::new);
    share.ok_or_else(|| ConditionError::Percent { text: name::excerpt(text), min, max })
}

/// A text that is no condition.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConditionError {
    /// None of the known words.
    #[error("`{text}` is no condition; a condition of one's own is written `custom:NAME`")]
    Unknown {
        /// What was written, shortened.
        text: String,
    },
    /// A share that is none, or that would always or never hold.
    #[error("`{text}` is no percentage: write a whole number from {min} to {max}")]
    Percent {
        /// What was written, shortened.
        text: String,
        /// The least.
        min: u8,
        /// The most.
        max: u8,
    },
    /// A time window that is none.
    #[error(transparent)]
    TimeWindow(#[from] TimeWindowError),
    /// A custom condition's name is empty, too long, or has other characters than names have.
    #[error(
        "`{name}` cannot name a condition: 1 to {CUSTOM_NAME_BYTES_MAX} characters out of a-z, 0-9, `-`, `_` and `.`"
    )]
    Name {
        /// What was written, shortened.
        name: String,
    },
}

#[cfg(test)]
mod tests;
