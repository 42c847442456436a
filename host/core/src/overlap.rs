//! What a firing becomes when its registration is already waiting or running (UWP-053 to 058).

use serde::{Deserialize, Serialize};

/// The most activations that ever wait for one registration, whatever its policy.
pub const WAITING_MAX: u32 = 100_000;

/// A registration's policy for firings that come while it is busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "policy")]
pub enum Overlap {
    /// At most one activation waits; further firings are counted into it (UWP-058).
    Coalesce,
    /// Each firing is an activation of its own; at most `max` wait, more are refused.
    Queue {
        /// How many may wait.
        max: u32,
    },
    /// At most one activation waits; a further firing replaces what it carries (UWP-055).
    KeepLatest,
    /// A firing is refused while the registration waits or runs (UWP-044).
    Refuse,
    /// Up to `max` runs at once, each of one firing (UWP-057); further firings wait.
    Parallel {
        /// How many may run at once.
        max: u32,
    },
}

/// Why a firing started nothing (UWP-146). Recorded, and told to whoever asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Refusal {
    /// The registration waits or runs, and its overlap policy is `refuse` (UWP-044).
    #[error("it is running or about to run, and its overlap policy is `refuse`")]
    CurrentlyRunning,
    /// As many activations wait as the policy allows.
    #[error("as many activations wait as its overlap policy allows")]
    QueueFull,
    /// The one-shot registration has fired (UWP-035).
    #[error("it fires once only, and has fired")]
    Spent,
    /// It fires once in each life of the host, and has fired in this one (UWP-052).
    #[error("it fires once in each life of the host, and has fired in this one")]
    SpentThisSession,
    /// Nobody decided whether its app may run in the background (UWP-028).
    #[error("nobody decided whether its app may run in the background: have access requested or granted")]
    AccessUnspecified,
    /// The host's policy denies its app (UWP-029).
    #[error("the host's policy does not let its app run in the background")]
    DeniedByPolicy,
    /// A person denied its app (UWP-029).
    #[error("its app was denied access to the background")]
    DeniedByUser,
    /// An application trigger was requested while a policy stands against it (UWP-045).
    #[error("the machine saves energy, and its app is subject to policy")]
    DisabledByPolicy,
    /// An application trigger was requested by a task (UWP-046).
    #[error("a task cannot request an application trigger; have the app do it")]
    RequestedByTask,
    /// The host fell several times in a row while a run of it was under way.
    #[error("it is in quarantine: the host fell again and again while it ran; release it once it is mended")]
    Quarantined,
    /// There is no such registration.
    #[error("there is no such registration")]
    NotRegistered,
    /// The host is stopping.
    #[error("the host is stopping")]
    Stopping,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::CurrentlyRunning,
        Self::QueueFull,
        Self::Spent,
        Self::SpentThisSession,
        Self::AccessUnspecified,
        Self::DeniedByPolicy,
        Self::DeniedByUser,
        Self::DisabledByPolicy,
        Self::RequestedByTask,
        Self::Quarantined,
        Self::NotRegistered,
        Self::Stopping,
    ];

    /// Its name in stores and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CurrentlyRunning => "currently-running",
            Self::QueueFull => "queue-full",
            Self::Spent => "spent",
            Self::SpentThisSession => "spent-this-session",
            Self::AccessUnspecified => "access-unspecified",
            Self::DeniedByPolicy => "denied-by-policy",
            Self::DeniedByUser => "denied-by-user",
            Self::DisabledByPolicy => "disabled-by-policy",
            Self::RequestedByTask => "requested-by-task",
            Self::Quarantined => "quarantined",
            Self::NotRegistered => "not-registered",
            Self::Stopping => "stopping",
        }
    }
}

/// What to do with a firing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Make it an activation.
    Insert,
    /// Count it into the activation that waits, and merge what it carries.
    Coalesce,
    /// Count it into the activation that waits, and replace what that carries.
    Replace,
    /// Start nothing.
    Refuse(Refusal),
}

impl Overlap {
    /// How many runs of the registration there may be at once.
    #[must_use]
    pub const fn runs_max(self) -> u32 {
        match self {
            Self::Parallel { max } => max,
            Self::Coalesce | Self::Queue { .. } | Self::KeepLatest | Self::Refuse => 1,
        }
    }

    /// What a firing becomes while `waiting` activations of its registration wait and `running` run.
    ///
    /// Stores call this inside the transaction that counts.
    #[must_use]
    pub const fn decide(self, waiting: u32, running: u32) -> Decision {
        match self {
            Self::Coalesce if waiting > 0 => Decision::Coalesce,
            Self::KeepLatest if waiting > 0 => Decision::Replace,
            Self::Queue { max } if waiting >= max => Decision::Refuse(Refusal::QueueFull),
            Self::Refuse if waiting > 0 || running > 0 => Decision::Refuse(Refusal::CurrentlyRunning),
            _ if waiting >= WAITING_MAX => Decision::Refuse(Refusal::QueueFull),
            _ => Decision::Insert,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_decides_by_what_waits_and_runs() {
        use Decision::{Coalesce, Insert, Replace};
        let refused = Decision::Refuse(Refusal::CurrentlyRunning);
        let full = Decision::Refuse(Refusal::QueueFull);
        #[rustfmt::skip]
        let table = [
            // policy                      idle    running  waiting   both
            (Overlap::Coalesce,            [Insert, Insert,  Coalesce, Coalesce]),
            (Overlap::KeepLatest,          [Insert, Insert,  Replace,  Replace]),
            (Overlap::Refuse,              [Insert, refused, refused,  refused]),
            (Overlap::Queue { max: 1 },    [Insert, Insert,  full,     full]),
            (Overlap::Queue { max: 2 },    [Insert, Insert,  Insert,   Insert]),
            (Overlap::Parallel { max: 2 }, [Insert, Insert,  Insert,   Insert]),
        ];
        for (policy, expected) in table {
            let got =
                [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(waiting, running)| policy.decide(waiting, running));
            assert_eq!(got, expected, "{policy:?}");
        }
    }

    #[test]
    fn each_refusal_is_written_by_its_name_and_no_other() {
        let names: std::collections::BTreeSet<_> = Refusal::ALL.map(Refusal::as_str).into();
        assert_eq!(names.len(), Refusal::ALL.len());
        for refusal in Refusal::ALL {
            assert_eq!(serde_json::to_value(refusal).unwrap(), refusal.as_str());
        }
    }

    #[test]
    fn no_policy_lets_more_wait_than_the_bound() {
        for policy in [Overlap::Queue { max: u32::MAX }, Overlap::Parallel { max: u32::MAX }] {
            assert_eq!(policy.decide(WAITING_MAX, 0), Decision::Refuse(Refusal::QueueFull));
        }
    }
}
