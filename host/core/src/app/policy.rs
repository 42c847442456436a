//! How long each part of an app's life may last, as one table.
//!
//! | | [`DEFAULT`](AppPolicy::DEFAULT) | [`UWP`](AppPolicy::UWP) |
//! | --- | --- | --- |
//! | in the background until it is suspended (UWP-127) | 10 s | 10 s |
//! | `launched`, `activated` | 15 s | 15 s |
//! | `suspending` (UWP-128, UWP-129) | 5 s | 5 s |
//! | `resuming`, `leaving-background`, `entered-background` | 5 s | 5 s |
//! | what is told beside these | 5 s | 5 s |
//! | extended executions in the background, from when it was seen last | 10 min | 10 min |
//! | one for saving data, within `suspending` | 15 s | 15 s |
//! | what it has left once it was revoked (UWP-142) | 1 s | 1 s |
//! | a user who closes an app and launches it within this begins anew (UWP-135) | 10 s | 10 s |
//! | from one restart that an app asks for to the next (UWP-143) | 10 s | 10 s |
//! | memory in the foreground, in the background | 256 MiB each | 256 MiB, 128 MiB |
//! | above its limit in the background until it is ended | never | 5 s |
//!
//! Windows names neither the figures for memory nor the time above them. A linear memory cannot shrink, so that an app
//! which was large once is above a lower limit for good: where nobody asks for UWP's rule, both limits are one.

use std::time::Duration;

use serde::{Deserialize, Serialize};

const MIB: u64 = 1024 * 1024;

/// How long each part of an app's life may last, and what it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppPolicy {
    /// How long an app is in the background, with nothing to do there, until it is suspended.
    pub suspend_after: Duration,
    /// How long `launched` and `activated` may take.
    pub launch: Duration,
    /// How long `suspending` may take, its deferrals among it.
    pub suspending: Duration,
    /// How long `resuming` may take, and `leaving-background` and `entered-background` with their deferrals.
    pub transition: Duration,
    /// How long `memory-usage-changed`, `memory-limit-changing` and the task events may take.
    pub notice: Duration,
    /// How long after it was seen, or activated, an app may have extended executions in the background.
    pub extension: Duration,
    /// How long one for saving data lasts at most once the app is about to be suspended.
    pub saving: Duration,
    /// What an extended execution has left once it was revoked.
    pub revoked: Duration,
    /// An app that is launched again so soon after its user closed it begins anew.
    pub closed: Duration,
    /// How long ago its last restart has to be when an app asks for another.
    pub restart: Duration,
    /// Bytes that it may have in the foreground.
    pub foreground_bytes: u64,
    /// Bytes that it may have in the background.
    pub background_bytes: u64,
    /// How long it may hold more than that in the background; [`Duration::MAX`]: for ever.
    pub over_limit: Duration,
}

impl AppPolicy {
    /// A server's.
    pub const DEFAULT: Self = Self {
        suspend_after: Duration::from_secs(10),
        launch: Duration::from_secs(15),
        suspending: Duration::from_secs(5),
        transition: Duration::from_secs(5),
        notice: Duration::from_secs(5),
        extension: Duration::from_secs(600),
        saving: Duration::from_secs(15),
        revoked: Duration::from_secs(1),
        closed: Duration::from_secs(10),
        restart: Duration::from_secs(10),
        foreground_bytes: 256 * MIB,
        background_bytes: 256 * MIB,
        over_limit: Duration::MAX,
    };

    /// Windows 10's.
    pub const UWP: Self =
        Self { background_bytes: 128 * MIB, over_limit: Duration::from_secs(5), ..Self::DEFAULT };
}

/// What an app asks to hold. Of what it does not name it has the host's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryAsked {
    /// Bytes in the foreground.
    pub foreground: Option<u64>,
    /// Bytes in the background.
    pub background: Option<u64>,
}

impl AppPolicy {
    /// As it is for an app that asks to hold so much, on a host that gives one at most `max` bytes. In the background it has
    /// no more than in the foreground; where the policy makes no difference between them, naming one names both.
    #[must_use]
    pub fn of_app(self, asked: MemoryAsked, max: u64) -> Self {
        let foreground_bytes = asked.foreground.unwrap_or(self.foreground_bytes).min(max);
        let theirs = if self.background_bytes < self.foreground_bytes {
            self.background_bytes
        } else {
            foreground_bytes
        };
        let background_bytes = asked.background.unwrap_or(theirs).min(foreground_bytes);
        Self { foreground_bytes, background_bytes, ..self }
    }
}

impl Default for AppPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_has_what_it_asks_for_up_to_the_hosts_maximum() {
        let given = |policy: AppPolicy, foreground, background| {
            let given = policy.of_app(MemoryAsked { foreground, background }, 1024 * MIB);
            (given.foreground_bytes / MIB, given.background_bytes / MIB)
        };
        for (policy, nothing, more, less) in [
            (AppPolicy::DEFAULT, (256, 256), (512, 512), (64, 64)),
            (AppPolicy::UWP, (256, 128), (512, 128), (64, 64)),
        ] {
            assert_eq!(given(policy, None, None), nothing);
            assert_eq!(given(policy, Some(512 * MIB), None), more);
            assert_eq!(given(policy, Some(64 * MIB), None), less);
            assert_eq!(given(policy, None, Some(32 * MIB)), (256, 32));
            assert_eq!(given(policy, None, Some(512 * MIB)), (256, 256), "no more than in the foreground");
            assert_eq!(given(policy, Some(u64::MAX), Some(u64::MAX)), (1024, 1024));
        }
        let small = AppPolicy::DEFAULT.of_app(MemoryAsked::default(), MIB);
        assert_eq!((small.foreground_bytes, small.background_bytes), (MIB, MIB));
        assert_eq!(
            AppPolicy { foreground_bytes: 0, background_bytes: 0, ..small },
            AppPolicy { foreground_bytes: 0, background_bytes: 0, ..AppPolicy::DEFAULT }
        );
    }
}
