//! Whose word holds about an app's quota.

use std::fmt;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::QuotaPolicy;

/// What an operator decided about the quota of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaDecision {
    /// It has none, whatever the app or the host says.
    Off,
    /// It has this one.
    Limited(QuotaPolicy),
}

impl QuotaPolicy {
    /// Whether it is no looser than `other`: no more CPU time in one window, and no larger share of all time.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let times = |cpu: &Self, window: &Self| cpu.cpu().as_micros() * window.window().as_micros();
        self.cpu() <= other.cpu() && times(self, other) <= times(other, self)
    }
}

/// Written as it is read: `2s/15m`.
impl fmt::Display for QuotaPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [cpu, window] = [self.cpu(), self.window()]
            .map(|span| SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX));
        write!(f, "{cpu:#}/{window:#}")
    }
}

/// Who set a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaSource {
    /// An operator, for this app.
    Operator,
    /// Whoever installed the app.
    App,
    /// The host, for all apps.
    Host,
}

impl QuotaSource {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::App => "app",
            Self::Host => "host",
        }
    }
}

impl fmt::Display for QuotaSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The quota that an app has, and who set it: the first of operator, app and host who said anything.
#[must_use]
pub fn resolve(
    operator: Option<QuotaDecision>,
    app: Option<QuotaPolicy>,
    host: Option<QuotaPolicy>,
) -> Option<(QuotaPolicy, QuotaSource)> {
    match operator {
        Some(QuotaDecision::Off) => None,
        Some(QuotaDecision::Limited(policy)) => Some((policy, QuotaSource::Operator)),
        None => app
            .map(|policy| (policy, QuotaSource::App))
            .or_else(|| host.map(|policy| (policy, QuotaSource::Host))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn quota(cpu_ms: u64, window_ms: u64) -> QuotaPolicy {
        QuotaPolicy::new(Duration::from_millis(cpu_ms), Duration::from_millis(window_ms)).unwrap()
    }

    #[test]
    fn a_quota_is_looser_by_what_it_gives_at_once_or_by_its_share() {
        let host = quota(2_000, 900_000);
        for (cpu_ms, window_ms, within) in [
            (2_000, 900_000, true),
            (1_000, 450_000, true),
            (2_000, 900_001, true),
            // More at once, though no more in the long run.
            (4_000, 1_800_000, false),
            // As much at once, and oftener.
            (2_000, 899_999, false),
            (1, 449, false),
        ] {
            assert_eq!(quota(cpu_ms, window_ms).is_within(&host), within, "{cpu_ms} in {window_ms}");
        }
        let longest = QuotaPolicy::new(QuotaPolicy::SPAN_MAX, QuotaPolicy::SPAN_MAX).unwrap();
        assert!(longest.is_within(&longest) && !longest.is_within(&host));
    }

    #[test]
    fn a_quota_is_written_as_people_write_it() {
        assert_eq!(QuotaPolicy::UWP8.to_string(), "2s/15m");
        assert_eq!(quota(1_500, 3_600_000).to_string(), "1s 500ms/1h");
    }
}
