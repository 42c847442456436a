//! How much of its limit an app holds (UWP-108).

use serde::{Deserialize, Serialize};

/// How much of its limit an app holds: UWP's four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryLevel {
    /// Less than half.
    #[default]
    Low,
    /// Less than four fifths.
    Medium,
    /// Not more than the limit.
    High,
    /// More: the limit was lowered below what it holds.
    OverLimit,
}

impl MemoryLevel {
    /// The level of an app that holds `used` of `limit` bytes.
    #[must_use]
    pub const fn of(used: u64, limit: u64) -> Self {
        let (used, limit) = (used as u128, limit as u128);
        if used > limit {
            Self::OverLimit
        } else if used * 5 >= limit * 4 && used > 0 {
            Self::High
        } else if used * 2 >= limit && used > 0 {
            Self::Medium
        } else {
            Self::Low
        }
    }

    /// Its name in the contract, logs and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::OverLimit => "over-limit",
        }
    }
}

/// Which way a level was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryChange {
    /// Upwards.
    Increased,
    /// Downwards.
    Decreased,
}

impl MemoryChange {
    /// The way from one level to another; none if they are the same.
    #[must_use]
    pub fn between(before: MemoryLevel, after: MemoryLevel) -> Option<Self> {
        match after.cmp(&before) {
            std::cmp::Ordering::Less => Some(Self::Decreased),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(Self::Increased),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MemoryLevel::{High, Low, Medium, OverLimit};
    use super::*;

    #[test]
    fn a_level_begins_at_its_share_of_the_limit() {
        for (used, level) in
            [(0, Low), (49, Low), (50, Medium), (79, Medium), (80, High), (100, High), (101, OverLimit)]
        {
            assert_eq!(MemoryLevel::of(used, 100), level, "{used} of 100");
        }
        assert_eq!(MemoryLevel::of(0, 0), Low);
        assert_eq!(MemoryLevel::of(1, 0), OverLimit);
        assert_eq!(MemoryLevel::of(u64::MAX, u64::MAX), High);
    }

    #[test]
    fn uwp_108_up_and_down_are_told_apart() {
        assert_eq!(MemoryChange::between(Low, High), Some(MemoryChange::Increased));
        assert_eq!(MemoryChange::between(OverLimit, Medium), Some(MemoryChange::Decreased));
        assert_eq!(MemoryChange::between(High, High), None);
    }
}
