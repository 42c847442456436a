//! What must hold before an activation may start.
//!
//! Conditions are judged after the trigger has fired (UWP-061) and are and-ed. While one of them does not hold the
//! activation is latched, durably; it starts as soon as all hold at once (UWP-062). A condition that becomes true
//! starts nothing by itself (UWP-063).

mod name;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use name::{CUSTOM_NAME_BYTES_MAX, ConditionName};

/// How many conditions a registration may have. Far more than make sense together; bounds what is judged again on
/// every change of every condition.
pub const CONDITIONS_MAX: usize = 16;

/// Something about the machine that a registration can wait for.
///
/// Written as one word everywhere, in manifests, stores and logs: `internet-available`, `custom:NAME`.
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
    /// A condition that the embedder provides.
    Custom(ConditionName),
}

/// The conditions that have a name of their own.
const NAMED: [(Condition, &str); 8] = [
    (Condition::UserPresent, "user-present"),
    (Condition::UserNotPresent, "user-not-present"),
    (Condition::InternetAvailable, "internet-available"),
    (Condition::InternetNotAvailable, "internet-not-available"),
    (Condition::SessionConnected, "session-connected"),
    (Condition::SessionDisconnected, "session-disconnected"),
    (Condition::FreeNetworkAvailable, "free-network-available"),
    (Condition::BackgroundWorkCostNotHigh, "background-work-cost-not-high"),
];

const CUSTOM: &str = "custom:";

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

/// Judges all of `conditions`, each asked of `holds` once, in order, even after one does not hold: the answer names
/// all that block.
pub fn judge(conditions: &[Condition], mut holds: impl FnMut(&Condition) -> Holds) -> Judgement {
    let blocking: Vec<_> = conditions
        .iter()
        .filter_map(|condition| match holds(condition) {
            Holds::Met => None,
            holds => Some(Blocking { condition: condition.clone(), holds }),
        })
        .collect();
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
