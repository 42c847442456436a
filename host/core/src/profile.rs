//! Profiles: a host's defaults for what differs from one generation of UWP to the other, as one table.
//!
//! | | [`default`](Profile::Default) | [`uwp`](Profile::Uwp) | [`uwp8`](Profile::Uwp8) |
//! | --- | --- | --- | --- |
//! | timers (UWP-036 to 039) | from 1 s to 366 days, to the moment | from 15 min to 30 days, on ticks of 15 min | as `uwp` |
//! | CPU quota of an app (UWP-104, UWP-105) | none | none | 2 s in 15 min |
//! | reserve (UWP-106) | none | none | 1 s for each run of a `socket` or `message` trigger |
//! | an app's life, and what it may hold (UWP-108, UWP-109) | [`AppPolicy::DEFAULT`] | [`AppPolicy::UWP`] | as `uwp` |
//! | access that nobody decided about (UWP-028) | `allowed-subject-to-policy` | `unspecified` | `unspecified` |
//!
//! The limits of a run are those of its [class](crate::limits::Class) in all of them: its figures are UWP's (UWP-099 to
//! 103). UWP as of Windows 10 has no CPU quota any more.

use std::fmt;
use std::str::FromStr;

use crate::access::AccessStatus;
use crate::app::policy::AppPolicy;
use crate::quota::{QuotaPolicy, Reserve};
use crate::registration::TimerProfile;

/// Whose rules a host keeps where nothing else is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A server's.
    #[default]
    Default,
    /// Windows 10's.
    Uwp,
    /// Windows 8's, for an app on the lock screen.
    Uwp8,
}

/// What a profile says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileFigures {
    /// What time triggers are allowed.
    pub timers: TimerProfile,
    /// The CPU quota of each app.
    pub quota: Option<QuotaPolicy>,
    /// What runs of some kinds have beside it.
    pub reserve: Reserve,
    /// How long each part of an app's life may last, and what it may hold.
    pub app: AppPolicy,
    /// The access of apps that nobody decided about.
    pub access: AccessStatus,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 3] = [Self::Default, Self::Uwp, Self::Uwp8];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Uwp => "uwp",
            Self::Uwp8 => "uwp8",
        }
    }

    /// What it says: the table of the [module](self).
    #[must_use]
    pub fn figures(self) -> ProfileFigures {
        let uwp = ProfileFigures {
            timers: TimerProfile::UWP,
            quota: None,
            reserve: Reserve::none(),
            app: AppPolicy::UWP,
            access: AccessStatus::Unspecified,
        };
        match self {
            Self::Default => ProfileFigures {
                timers: TimerProfile::DEFAULT,
                app: AppPolicy::DEFAULT,
                access: AccessStatus::AllowedSubjectToPolicy,
                ..uwp
            },
            Self::Uwp => uwp,
            Self::Uwp8 => ProfileFigures { quota: Some(QuotaPolicy::UWP8), reserve: Reserve::uwp8(), ..uwp },
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no profile: write default, uwp or uwp8")]
pub struct UnknownProfile(String);

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        let found = Self::ALL.into_iter().find(|profile| profile.as_str() == text);
        found.ok_or_else(|| UnknownProfile(text.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::trigger::TriggerKind;

    #[test]
    fn windows_8_gives_two_seconds_in_fifteen_minutes_and_its_critical_kinds_more() {
        let uwp8 = Profile::Uwp8.figures();
        let quota = uwp8.quota.expect("it has one");
        assert_eq!((quota.cpu(), quota.window()), (Duration::from_secs(2), Duration::from_secs(900)));
        assert_eq!(uwp8.reserve.kinds, [TriggerKind::Socket, TriggerKind::Message]);
        assert_eq!(uwp8.timers, TimerProfile::UWP);
        let uwp = Profile::Uwp.figures();
        assert_eq!(ProfileFigures { quota: None, reserve: Reserve::none(), ..uwp8 }, uwp);
        assert_eq!(uwp.access, AccessStatus::Unspecified);
        let default = Profile::Default.figures();
        assert_eq!((default.quota, default.timers), (None, TimerProfile::DEFAULT));
        assert_eq!(default.access, AccessStatus::AllowedSubjectToPolicy);
    }

    #[test]
    fn only_uwp_ends_an_app_for_what_it_holds_in_the_background() {
        assert_eq!(Profile::Default.figures().app, AppPolicy::DEFAULT);
        for profile in [Profile::Uwp, Profile::Uwp8] {
            let app = profile.figures().app;
            assert!(app.background_bytes < app.foreground_bytes && app.over_limit < Duration::MAX);
        }
    }

    #[test]
    fn they_are_read_by_their_names_and_nothing_else_is() {
        for profile in Profile::ALL {
            assert_eq!(profile.as_str().parse(), Ok(profile));
        }
        let error = "windows".parse::<Profile>().unwrap_err();
        assert_eq!(error.to_string(), "\"windows\" is no profile: write default, uwp or uwp8");
    }
}
