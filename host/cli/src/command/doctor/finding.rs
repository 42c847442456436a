//! What was found, and how it is to be taken.

use serde::Serialize;

/// How a finding is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// Not there, which many machines can do without.
    Absent,
    /// Worth a look.
    Warn,
    /// A host cannot run like this.
    Bad,
}

impl Level {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Absent => "absent",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) what: String,
    pub(super) level: Level,
    pub(super) found: String,
    /// What that means, and what to do about it if something is to be done. One line.
    pub(super) means: String,
}

impl Finding {
    pub(super) fn new(
        what: impl Into<String>,
        level: Level,
        found: impl Into<String>,
        means: impl Into<String>,
    ) -> Self {
        Self { what: what.into(), level, found: found.into(), means: means.into() }
    }
}
