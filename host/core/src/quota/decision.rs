//! Whose word holds about an app's quota.

use std::fmt;

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
