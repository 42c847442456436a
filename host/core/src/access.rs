//! May an app run in the background at all? UWP's `BackgroundExecutionManager`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::overlap::Refusal;

/// What the operator decided about an app. Reported when it registers, enforced when it fires (UWP-028 to 031).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessStatus {
    /// Nothing yet: its firings start nothing (UWP-028).
    #[default]
    Unspecified,
    /// It runs in a low-power mode too (UWP-030).
    AlwaysAllowed,
    /// It runs unless a policy of the host stands against it: in a low-power mode it waits.
    AllowedSubjectToPolicy,
    /// The host's policy refuses it.
    DeniedByPolicy,
    /// A person refused it.
    DeniedByUser,
}

impl AccessStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Unspecified,
        Self::AlwaysAllowed,
        Self::AllowedSubjectToPolicy,
        Self::DeniedByPolicy,
        Self::DeniedByUser,
    ];

    /// Its name in manifests, stores and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::AlwaysAllowed => "always-allowed",
            Self::AllowedSubjectToPolicy => "allowed-subject-to-policy",
            Self::DeniedByPolicy => "denied-by-policy",
            Self::DeniedByUser => "denied-by-user",
        }
    }

    /// Why its firings start nothing; none if they may.
    #[must_use]
    pub const fn refusal(self) -> Option<Refusal> {
        match self {
            Self::AlwaysAllowed | Self::AllowedSubjectToPolicy => None,
            Self::Unspecified => Some(Refusal::AccessUnspecified),
            Self::DeniedByPolicy => Some(Refusal::DeniedByPolicy),
            Self::DeniedByUser => Some(Refusal::DeniedByUser),
        }
    }

    /// What the status becomes when the app itself asks for access: a decision stays, and where there is none
    /// the host's policy decides.
    #[must_use]
    pub const fn requested(self) -> Self {
        match self {
            Self::Unspecified => Self::AllowedSubjectToPolicy,
            decided => decided,
        }
    }
}

impl fmt::Display for AccessStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no access status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no access status: write unspecified, always-allowed, allowed-subject-to-policy, denied-by-policy or denied-by-user"
)]
pub struct UnknownAccessStatus(String);

impl FromStr for AccessStatus {
    type Err = UnknownAccessStatus;

    fn from_str(text: &str) -> Result<Self, UnknownAccessStatus> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or_else(|| UnknownAccessStatus(text.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_allowed_ones_start_anything_and_the_others_are_told_apart() {
        let refusals = AccessStatus::ALL.map(AccessStatus::refusal);
        let expected = [
            Some(Refusal::AccessUnspecified),
            None,
            None,
            Some(Refusal::DeniedByPolicy),
            Some(Refusal::DeniedByUser),
        ];
        assert_eq!(refusals, expected);
    }

    #[test]
    fn an_app_cannot_ask_itself_out_of_a_denial() {
        for status in AccessStatus::ALL {
            let asked = status.requested();
            if status == AccessStatus::Unspecified {
                assert_eq!(asked, AccessStatus::AllowedSubjectToPolicy);
            } else {
                assert_eq!(asked, status);
            }
            assert_eq!(status.as_str().parse(), Ok(status));
        }
    }
}
